//! `signalling.memory` and `call.memory`: what an established call takes in the SIP core, in the whole server without and with
//! audio, and a page that waits for calls; and what of it is given back.

use std::{
    process::{Command, Stdio},
    time::Duration,
};

use super::{
    Against, Figure, Options, clean, process,
    process::Owned,
    scene::{self, Server},
    signalling,
    sipp::Load,
    websocket,
};
use crate::soak;

const CORE: &str = "signalling.memory";
const WHOLE: &str = "call.memory";
const GATE_CALL: (f64, f64) = (15.0, 6.0);
const GATE_PAGE: (f64, f64) = (40.0, 20.0);
const GATE_QUIET: (f64, f64) = (120.0, 40.0);
const GATE_RELAYED: (f64, f64) = (250.0, 80.0);
/// Part of the growth that may still be held after the drain, in percent.
const GATE_KEPT: (f64, f64) = (25.0, 10.0);
/// Calls held at once.
const CALLS: u32 = 1_000;
const RATE: u32 = 100;
const HOLD_MS: u32 = 20_000;
/// Relayed calls at once: they take processors too.
const RELAYED: u32 = 150;
const RELAYED_SECONDS: u32 = 30;
/// Pages that wait.
const PAGES: u32 = 400;

pub fn run(options: &Options) -> Vec<Figure> {
    if !process::installed("sipp") {
        return vec![Figure::missing(WHOLE, "KB", GATE_QUIET, "sipp is not installed".into())];
    }
    let mut runs = [const { Vec::new() }; 6];
    for _ in 0..options.runs {
        match held().and_then(|held| Ok((held, relayed()?, pages()?))) {
            Ok((held, relayed, page)) => {
                let figures = [held.core, page, held.whole, held.kept, relayed.0, relayed.1];
                runs.iter_mut().zip(figures).for_each(|(runs, figure)| runs.push(figure));
            }
            Err(why) => return vec![Figure::missing(WHOLE, "KB", GATE_QUIET, why)],
        }
    }
    let quiet = format!(
        "per call, signalling only: {CALLS} calls up without audio, UDP ports open, record begun; RustPBX recorded: 252 KiB"
    );
    let relayed = format!("per call, relayed: {RELAYED} calls with audio both ways; RustPBX recorded: 519 KiB");
    let kept = |which: &str| {
        format!("of the growth by {which} calls, still held after the drain; RustPBX recorded: all of it")
    };
    let named = [
        (
            CORE,
            "KB",
            GATE_CALL,
            "per established call in the SIP core: two legs, each as large as one of the far end on the same core"
                .to_owned(),
        ),
        (CORE, "KB", GATE_PAGE, format!("per idle WebSocket of a seat: {PAGES} pages")),
        (WHOLE, "KB", GATE_QUIET, quiet),
        (WHOLE, "% kept", GATE_KEPT, kept("silent")),
        (WHOLE, "KB", GATE_RELAYED, relayed),
        (WHOLE, "% kept", GATE_KEPT, kept("relayed")),
    ];
    let figures = named.into_iter().zip(runs);
    figures
        .map(|((id, unit, (gate, goal), note), runs)| {
            Figure::of((id, unit), &runs, None, (Against::Ours, gate, goal), note)
        })
        .collect()
}

struct Held {
    /// KB per call in the SIP core and in the whole server.
    core: f64,
    whole: f64,
    /// Percent of the growth that is still held after the drain.
    kept: f64,
}

fn kb(pid: u32) -> f64 {
    process::memory_kb(pid) as f64
}

fn held() -> Result<Held, String> {
    let server = Server::start_with(&process::binary("patchbay"), &clean::MANY_UDP_PORTS)?;
    let far = signalling::far_end()?;
    let caller = scene::trunk(&server, ("127.0.0.1", far.1), CALLS + 100)?;
    std::thread::sleep(Duration::from_secs(1));
    let load = |seconds, hold_ms| {
        let account = (caller.username.as_str(), caller.password.as_str());
        let scenario = "caller-with-digest.xml";
        let to = server.sip;
        let told = Load { scenario, to, service: "+14155550177", rate: RATE, seconds, hold_ms, account }.run()?;
        if told.failed == 0 { Ok(()) } else { Err(format!("calls failed: {told:?}")) }
    };
    // Pools and caches fill.
    load(1, 100)?;
    soak::rest(&server, None)?;
    let (idle, far_idle) = (kb(server.id()), kb(far.0.0.id()));
    let (up, far_up) = std::thread::scope(|scope| {
        let calls = scope.spawn(|| load(CALLS / RATE, HOLD_MS));
        std::thread::sleep(Duration::from_secs(u64::from(CALLS / RATE) + 3));
        let seen = (kb(server.id()), kb(far.0.0.id()));
        calls.join().map_err(|_| "the load ended in a panic".to_owned())?.map(|()| seen)
    })?;
    soak::rest(&server, None)?;
    let kept = kb(server.id()) - idle;
    let calls = f64::from(CALLS);
    Ok(Held {
        core: 2.0 * (far_up - far_idle) / calls,
        whole: (up - idle) / calls,
        kept: kept * 100.0 / (up - idle).max(1.0),
    })
}

/// KB per relayed call, and the percent of the growth that is still held after the drain.
fn relayed() -> Result<(f64, f64), String> {
    let server = Server::start()?;
    let far = process::free();
    let caller = scene::trunk(&server, ("127.0.0.1", far), RELAYED + 20)?;
    std::thread::sleep(Duration::from_secs(1));
    let load = |calls: u32, rounds: u32, seconds: u32| {
        Command::new(process::example("soak_load"))
            .args([&server.sip.to_string(), &far.to_string(), &caller.username, &caller.password])
            .args([calls, 0, rounds, seconds].map(|number| number.to_string()))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .spawn()
            .map(Owned)
            .map_err(|why| format!("the load: {why}"))
    };
    let end = |mut load: Owned| load.0.wait().map_err(|why| why.to_string());
    end(load(10, 1, 4)?)?;
    soak::rest(&server, None)?;
    let idle = kb(server.id());
    // In the second round all of them are up at once.
    let running = load(RELAYED, 2, RELAYED_SECONDS)?;
    std::thread::sleep(Duration::from_secs(u64::from(RELAYED_SECONDS)));
    let mut up: f64 = 0.0;
    for _ in 0..RELAYED_SECONDS - 2 {
        std::thread::sleep(Duration::from_secs(1));
        up = up.max(kb(server.id()));
    }
    end(running)?;
    soak::rest(&server, None)?;
    let kept = kb(server.id()) - idle;
    Ok(((up - idle) / f64::from(RELAYED), kept * 100.0 / (up - idle).max(1.0)))
}

/// KB per page that waits.
fn pages() -> Result<f64, String> {
    let server = Server::start()?;
    let far = process::free();
    scene::trunk(&server, ("127.0.0.1", far), 30)?;
    let owner = scene::owner(&server)?;
    let member = owner.get("/v1/me")?["member"].clone();
    owner.post("/v1/seats", &serde_json::json!({"label": "Page", "member": member}))?;
    let open = |count: u32| (0..count).map(|_| websocket::open(&server, &owner)).collect::<Result<Vec<_>, _>>();
    let warm = open(20)?;
    std::thread::sleep(Duration::from_secs(1));
    let idle = kb(server.id());
    let pages = open(PAGES)?;
    std::thread::sleep(Duration::from_secs(1));
    let up = kb(server.id());
    drop((warm, pages));
    Ok((up - idle) / f64::from(PAGES))
}
