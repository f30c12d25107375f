//! One `patchbay serve` in a folder of its own, on free ports of loopback.

use std::{
    collections::BTreeMap,
    fs::File,
    net::SocketAddr,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::OnceLock,
    time::Duration,
};

use crate::{Api, process};

/// Where its rows are.
#[derive(Clone, Debug)]
pub enum Store {
    /// In its folder.
    Sqlite,
    /// `postgres://...`, the owner's address.
    Postgres(String),
}

/// A running server. It and its folder are gone when it goes out of scope.
pub struct Server {
    process: process::Owned,
    settings: BTreeMap<String, String>,
    arguments: Vec<String>,
    folder: PathBuf,
    http: u16,
    sip: u16,
    tls: u16,
}

impl Server {
    /// Starts one and waits until it is ready. `demo` brings simulated gateways.
    pub async fn start(store: Store, demo: bool) -> Self {
        Self::start_with(store, demo, &[]).await
    }

    /// The same with further settings, as `("MEDIA__WORKERS", "1")`.
    ///
    /// # Panics
    /// When it does not become ready in 30 s; its log is printed.
    pub async fn start_with(store: Store, demo: bool, more: &[(&str, &str)]) -> Self {
        let folder = fresh_folder();
        let (http, sip, tls) = (process::free_tcp_port(), process::free_both(), process::free_tcp_port());
        let mut settings = BTreeMap::from([
            ("PATCHBAY_HTTP".to_owned(), format!("127.0.0.1:{http}")),
            ("PATCHBAY_DATA_FOLDER".to_owned(), folder.display().to_string()),
            ("PATCHBAY_SIP__LISTEN".to_owned(), format!("127.0.0.1:{sip}")),
            ("PATCHBAY_SIP__TLS".to_owned(), format!("127.0.0.1:{tls}")),
            ("PATCHBAY_LOG".to_owned(), "info".to_owned()),
        ]);
        let first = rtp_range();
        settings.insert("PATCHBAY_MEDIA__RTP_FIRST".into(), first.to_string());
        settings.insert("PATCHBAY_MEDIA__RTP_LAST".into(), (first + RTP_PORTS - 2).to_string());
        if let Store::Postgres(url) = store {
            settings.insert("PATCHBAY_DATABASE_URL".into(), url);
        }
        for (name, value) in more {
            settings.insert(format!("PATCHBAY_{name}"), (*value).to_owned());
        }
        let arguments: Vec<String> = if demo { vec!["serve".into(), "--demo".into()] } else { vec!["serve".into()] };
        let process = spawn(&settings, &arguments, &folder);
        let mut server = Self { process, settings, arguments, folder, http, sip, tls };
        server.wait_ready().await;
        server
    }

    async fn wait_ready(&mut self) {
        let url = format!("{}/health/ready", self.url());
        for _ in 0..1_500 {
            assert!(self.process.is_running(), "the server ended while starting:\n{}", self.log());
            if reqwest::get(&url).await.is_ok_and(|answer| answer.status().is_success()) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!("the server did not become ready:\n{}", self.log());
    }

    /// `http://127.0.0.1:..`.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.http)
    }
    /// UDP and TCP port of SIP.
    pub const fn sip(&self) -> u16 {
        self.sip
    }
    /// TCP port of SIP over TLS.
    pub const fn tls(&self) -> u16 {
        self.tls
    }
    /// Where phones and gateways reach it.
    ///
    /// # Panics
    /// Never: a setting of ours is an address.
    pub fn sip_address(&self) -> SocketAddr {
        self.settings["PATCHBAY_SIP__LISTEN"].parse().expect("it was made from a number of ours or given by the test")
    }
    /// A client that is not signed in.
    pub fn api(&self) -> Api {
        Api::new(&self.url())
    }
    /// Its process.
    pub const fn process(&mut self) -> &mut process::Owned {
        &mut self.process
    }
    /// Its folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }
    /// Everything it printed.
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.folder.join("server.log")).unwrap_or_default()
    }

    /// The operator's first password, as it was printed.
    ///
    /// # Panics
    /// When it was not printed.
    pub fn operator_password(&self) -> String {
        let log = self.log();
        let line = log.lines().find(|line| line.contains("operator password:")).expect("the first start prints it");
        line.rsplit("operator password:").next().unwrap_or_default().trim().to_owned()
    }

    /// The platform operator, who has replaced the first password as a start that is no demo demands. Once per server.
    pub async fn operator(&self) -> Api {
        let (first, own) = (self.operator_password(), "a longer horse 77");
        let api = self.api();
        let change = serde_json::json!({"current": first, "new": own});
        api.operator(&first).await.post("/v1/operator/password", change).await;
        api.operator(own).await
    }

    /// `kill -9`.
    ///
    /// # Panics
    /// When it cannot be killed.
    pub fn crash(&mut self) {
        self.process.kill().expect("the server can be killed");
    }

    /// `kill -9`, then the same again in the same folder.
    ///
    /// # Panics
    /// When it cannot be killed or does not come back.
    pub async fn crash_and_restart(&mut self) {
        self.crash();
        self.restart().await;
    }

    /// Stops it as an administrator does, then the same again in the same folder.
    ///
    /// # Panics
    /// When it does not end in 30 s or does not come back.
    pub async fn restart_in_place(&mut self) {
        let exit = self.process.terminate(Duration::from_secs(30)).await;
        assert!(exit.is_some_and(|exit| exit.success()), "it ends when asked to");
        self.restart().await;
    }

    /// Starts again in the same folder.
    pub async fn restart(&mut self) {
        self.process = spawn(&self.settings, &self.arguments, &self.folder);
        self.wait_ready().await;
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("---- the server's log\n{}", tail(&self.log(), 80));
        }
        let _ = self.process.kill();
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

/// UDP ports of one server's RTP range.
const RTP_PORTS: u32 = 600;

/// Each server of a test run takes a range of its own, below the numbers that the system gives to everybody else.
fn rtp_range() -> u32 {
    static NEXT: std::sync::atomic::AtomicU32 = std::sync::atomic::AtomicU32::new(0);
    let number = NEXT.fetch_add(1, std::sync::atomic::Ordering::Relaxed) + std::process::id() * 7;
    10_000 + number % 37 * RTP_PORTS
}

fn tail(text: &str, lines: usize) -> String {
    let all: Vec<&str> = text.lines().collect();
    all[all.len().saturating_sub(lines)..].join("\n")
}

fn spawn(settings: &BTreeMap<String, String>, arguments: &[String], folder: &Path) -> process::Owned {
    let log = File::options().create(true).append(true).open(folder.join("server.log")).expect("the folder is ours");
    let errors = log.try_clone().expect("a file can be opened twice");
    let mut command = Command::new(binary());
    // The server reads every variable of this name; those around the test are the test's.
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("PATCHBAY_")) {
        command.env_remove(name);
    }
    let child = command
        .args(arguments)
        .envs(settings)
        .current_dir(folder)
        .stdin(Stdio::null())
        .stdout(log)
        .stderr(errors)
        .spawn()
        .expect("the binary starts");
    process::Owned::new(child)
}

fn fresh_folder() -> PathBuf {
    static NEXT: std::sync::atomic::AtomicU32 = std::sync::atomic::AtomicU32::new(0);
    let number = NEXT.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
    let folder = std::env::temp_dir().join(format!("patchbay-it-{}-{number}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("the temporary folder can be written");
    folder
}

/// The binary under test: `PATCHBAY_BIN`, or the one that cargo builds now.
///
/// # Panics
/// When it cannot be built.
pub fn binary() -> PathBuf {
    static BINARY: OnceLock<PathBuf> = OnceLock::new();
    BINARY
        .get_or_init(|| {
            if let Some(path) = std::env::var_os("PATCHBAY_BIN") {
                return path.into();
            }
            let built = Command::new(env!("CARGO")).args(["build", "--quiet", "--package", "patchbay-node"]).status();
            assert!(built.is_ok_and(|status| status.success()), "the binary does not build");
            // This test's own file lies in <target>/debug/deps.
            let here = std::env::current_exe().expect("a process knows its file");
            here.ancestors().nth(2).expect("a test lies in deps").join("patchbay")
        })
        .clone()
}
