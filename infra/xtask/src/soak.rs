//! `cargo xtask soak [--minutes N] [--calls C] [--opus K] [--built] [--binary PATH]`: the release binary under `C` relayed calls at once, each a
//! minute long, for `N` minutes; every call is heard at both ends. One line a minute, a table of verdicts, one JSON line.
//!
//! `--built` takes the release binaries as they lie there, without building them, `--binary` another server than that. Both are
//! copied first: a build beside the soak does not touch them.

mod judge;
pub mod metrics;
mod watch;

use std::{
    io::{BufRead as _, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use serde_json::Value;

use crate::{
    bench::{
        process::{self, Owned},
        scene::{self, Server},
    },
    report,
};
use metrics::Metrics;

/// From the start of one call in a place to the start of the next.
const CALL_SECONDS: u32 = 60;
/// Calls before the first look: pools and caches fill with them.
const WARM_CALLS: u32 = 8;
const WARM_SECONDS: u32 = 5;
/// Below the UDP ports that the system gives to everybody else, the load among them.
const RTP: [(&str, &str); 2] = [("PATCHBAY_MEDIA__RTP_FIRST", "16384"), ("PATCHBAY_MEDIA__RTP_LAST", "32766")];
/// How long anything of a call may linger: 64 * T1 of RFC 3261 section 17, UDP ports that drain, with some air.
const LINGER: Duration = Duration::from_secs(90);

/// What is asked for.
struct Orders {
    minutes: u32,
    calls: u32,
    opus: u32,
    binary: PathBuf,
}

/// What the load and the server said about the whole run.
struct Run {
    orders: Orders,
    load: Value,
    watched: watch::Watched,
    before: Metrics,
    after: Metrics,
    rest: Duration,
    records: u64,
    answered: u64,
    memory_idle_mib: f64,
    memory_after_mib: f64,
    log: String,
}

/// Runs it; `Ok(true)` when everything holds.
///
/// # Errors
/// When the arguments cannot be read, something cannot be built or started, or the load ends early.
pub fn soak(args: &[String]) -> Result<bool, String> {
    let (mut orders, mut built) =
        (Orders { minutes: 60, calls: 100, opus: 20, binary: process::binary("patchbay") }, false);
    let mut args = args.iter();
    while let Some(arg) = args.next() {
        let mut number =
            || args.next().and_then(|text: &String| text.parse().ok()).ok_or_else(|| format!("{arg}: a number"));
        match arg.as_str() {
            "--minutes" => orders.minutes = number()?,
            "--calls" => orders.calls = number()?,
            "--opus" => orders.opus = number()?,
            "--built" => built = true,
            "--binary" => orders.binary = args.next().ok_or("--binary: a path")?.into(),
            other => return Err(format!("{other}: unknown; --minutes N --calls C --opus K --built --binary PATH")),
        }
    }
    if !built {
        process::build_release()?;
    }
    let folder = process::folder("soak")?;
    let outcome = run(orders, &folder);
    let _ = std::fs::remove_dir_all(&folder);
    let run = outcome?;
    let rows = judge::rows(&run);
    for row in &rows {
        report::line(&row.to_string());
    }
    let holds = rows.iter().all(|row| row.holds != Some(false));
    report::line(&judge::json(&run, &rows, holds).to_string());
    Ok(holds)
}

fn copied(from: &Path, folder: &Path) -> Result<PathBuf, String> {
    let to = folder.join(from.file_name().unwrap_or_default());
    std::fs::copy(from, &to).map_err(|why| format!("{}: {why}", from.display()))?;
    Ok(to)
}

fn run(orders: Orders, folder: &Path) -> Result<Run, String> {
    let binary = copied(&orders.binary, folder)?;
    let tool = copied(&process::example("soak_load"), folder)?;
    let server = Server::start_with(&binary, &RTP)?;
    let far = process::free();
    let caller = scene::trunk(&server, ("127.0.0.1", far), orders.calls + 20)?;
    std::thread::sleep(Duration::from_secs(1));
    let load = |calls: u32, opus: u32, rounds: u32, seconds: u32| {
        Load::start(&tool, &server, far, &caller, [calls, opus, rounds, seconds])
    };
    load(WARM_CALLS, WARM_CALLS / 4, 1, WARM_SECONDS)?.end(Duration::from_secs(60))?;
    let (_, before) = rest(&server, None)?;
    let memory_idle_mib = watch::memory_mib(server.id());
    report::line(&format!(
        "{} calls at once ({} between Opus and G.711) for {} minutes; idle: {memory_idle_mib:.1} MiB",
        orders.calls, orders.opus, orders.minutes
    ));
    let mut load = load(orders.calls, orders.opus, orders.minutes, CALL_SECONDS)?;
    let watched = watch::watch(&server, &mut load, orders.minutes)?;
    let said = load.end(Duration::from_secs(u64::from(CALL_SECONDS) + 60))?;
    let (rest, after) = rest(&server, Some(&before))?;
    // Before the records are asked for, which takes memory too.
    let memory_after_mib = watch::memory_mib(server.id());
    let (records, answered) = scene::records(&server)?;
    let warm = u64::from(WARM_CALLS);
    let log = server.log();
    Ok(Run {
        orders,
        load: said,
        watched,
        before,
        after,
        rest,
        records: records.saturating_sub(warm),
        answered: answered.saturating_sub(warm),
        memory_idle_mib,
        memory_after_mib,
        log,
    })
}

/// Waits until nothing of a call lingers, or everything is as it was; for how long, and the last look.
///
/// # Errors
/// When the server says no figures.
pub fn rest(server: &Server, base: Option<&Metrics>) -> Result<(Duration, Metrics), String> {
    let began = Instant::now();
    loop {
        let now = Metrics::read(&server.http)?;
        if began.elapsed() >= LINGER || now.left_over(base).is_empty() {
            return Ok((began.elapsed(), now));
        }
        std::thread::sleep(Duration::from_secs(1));
    }
}

/// The load generator and the last that it said.
pub struct Load {
    process: Owned,
    said: Arc<Mutex<Value>>,
}

impl Load {
    fn start(
        tool: &Path,
        server: &Server,
        far: u16,
        caller: &scene::Caller,
        numbers: [u32; 4],
    ) -> Result<Self, String> {
        let mut child = Command::new(tool)
            .args([&server.sip.to_string(), &far.to_string(), &caller.username, &caller.password])
            .args(numbers.map(|number| number.to_string()))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|why| format!("the load: {why}"))?;
        let said = Arc::new(Mutex::new(Value::Null));
        listen(&mut child, said.clone());
        Ok(Self { process: Owned(child), said })
    }

    /// Its last figures; null before the first.
    pub fn said(&self) -> Value {
        self.said.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Whether it still runs.
    pub fn runs(&mut self) -> bool {
        matches!(self.process.0.try_wait(), Ok(None))
    }

    /// Process id.
    pub fn id(&self) -> u32 {
        self.process.0.id()
    }

    fn end(mut self, patience: Duration) -> Result<Value, String> {
        let began = Instant::now();
        while self.runs() {
            if began.elapsed() > patience {
                return Err(format!("the load does not end; its last words: {}", self.said()));
            }
            std::thread::sleep(Duration::from_millis(100));
        }
        // The last line may still be on its way through the pipe.
        while self.said()["done"] != true && began.elapsed() <= patience {
            std::thread::sleep(Duration::from_millis(20));
        }
        let said = self.said();
        if said["done"] == true { Ok(said) } else { Err(format!("the load ended early; its last words: {said}")) }
    }
}

fn listen(child: &mut Child, said: Arc<Mutex<Value>>) {
    let Some(output) = child.stdout.take() else { return };
    std::thread::spawn(move || {
        for line in BufReader::new(output).lines().map_while(Result::ok) {
            if let Ok(figures) = serde_json::from_str(&line) {
                *said.lock().unwrap_or_else(PoisonError::into_inner) = figures;
            }
        }
    });
}
