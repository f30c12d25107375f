//! A running release server with a trunk gateway and a seat that may call through it.

use std::{
    fs::File,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use serde_json::{Value, json};

use super::{
    http::Http,
    process::{self, Owned},
};

/// A server of one run.
pub struct Server {
    pub process: Owned,
    pub http: Http,
    pub sip: u16,
    /// From the start of the process to the first "ready".
    pub ready_in: Duration,
    folder: PathBuf,
}

impl Server {
    /// Starts one on SQLite in a folder of its own.
    ///
    /// # Errors
    /// When it does not become ready in 30 s.
    pub fn start() -> Result<Self, String> {
        Self::start_with(&process::binary("patchbay"), &[])
    }

    /// The same with this binary and further settings, as `("PATCHBAY_MEDIA__WORKERS", "1")`.
    ///
    /// # Errors
    /// When it does not become ready in 30 s.
    pub fn start_with(binary: &Path, more: &[(&str, &str)]) -> Result<Self, String> {
        let folder = process::folder("server")?;
        let (http, sip) = (process::free(), process::free());
        let log = File::create(folder.join("server.log")).map_err(|why| why.to_string())?;
        let errors = log.try_clone().map_err(|why| why.to_string())?;
        let started = Instant::now();
        let child = Command::new(binary)
            .arg("serve")
            .env("PATCHBAY_HTTP", format!("127.0.0.1:{http}"))
            .env("PATCHBAY_DATA_FOLDER", &folder)
            .env("PATCHBAY_SIP__LISTEN", format!("127.0.0.1:{sip}"))
            // One phone stands for all that a node serves.
            .env("PATCHBAY_SIP__PHONE_CALLS_PER_S", "0")
            .env("PATCHBAY_SIP__COMPANY_CALLS_PER_S", "0")
            .env("PATCHBAY_MEDIA__RTP_FIRST", "20000")
            .env("PATCHBAY_MEDIA__RTP_LAST", "59998")
            .env("PATCHBAY_LOG", "warn")
            .envs(more.iter().copied())
            .current_dir(&folder)
            .stdin(Stdio::null())
            .stdout(log)
            .stderr(errors)
            .spawn()
            .map_err(|why| why.to_string())?;
        let mut server = Self {
            process: Owned(child),
            http: Http::new(&format!("127.0.0.1:{http}")),
            sip,
            ready_in: Duration::ZERO,
            folder,
        };
        while started.elapsed() < Duration::from_secs(30) {
            if server.http.ask("GET", "/health/ready", None).is_ok_and(|(status, _)| status == 200) {
                server.ready_in = started.elapsed();
                return Ok(server);
            }
            std::thread::sleep(Duration::from_millis(2));
        }
        Err(format!("the server did not become ready: {}", server.log()))
    }

    /// What it printed.
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.folder.join("server.log")).unwrap_or_default()
    }

    /// Process id.
    pub fn id(&self) -> u32 {
        self.process.0.id()
    }

    fn operator_password(&self) -> Result<Value, String> {
        let log = self.log();
        let line = log.lines().find_map(|line| line.split("operator password:").nth(1));
        line.map(|word| json!(word.trim())).ok_or_else(|| "no operator password was printed".into())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

/// Who may call in a scene.
pub struct Caller {
    pub username: String,
    pub password: String,
}

/// Who owns the company of a scene.
const OWNER: (&str, &str) = ("b@bench.example", "correct horse 42");

/// The owner of the scene's company, signed in anew.
///
/// # Errors
/// The server's own words.
pub fn owner(server: &Server) -> Result<Http, String> {
    let session = server.http.post("/v1/sign-in", &json!({"email": OWNER.0, "password": OWNER.1}))?;
    Ok(server.http.signed(&session["access_token"]))
}

/// Calls of the company that have a record, and those among them that were answered.
///
/// # Errors
/// The server's own words.
pub fn records(server: &Server) -> Result<(u64, u64), String> {
    let owner = owner(server)?;
    let (mut ended, mut answered, mut path) = (0, 0, "/v1/calls?limit=250".to_owned());
    loop {
        let page = owner.get(&path)?;
        for call in page["items"].as_array().ok_or("calls without items")? {
            ended += u64::from(call["ended_at"].is_string());
            answered += u64::from(call["answered_at"].is_string());
        }
        match page["next_cursor"].as_str() {
            Some(cursor) => path = format!("/v1/calls?limit=250&cursor={cursor}"),
            None => return Ok((ended, answered)),
        }
    }
}

/// A trunk gateway at `far` (host, UDP port) for `channels` calls, and a seat whose phone may call through it.
///
/// # Errors
/// The server's own words.
pub fn trunk(server: &Server, far: (&str, u16), channels: u32) -> Result<Caller, String> {
    let open = &server.http;
    let body = json!({"email": "operator@patchbay.local", "password": server.operator_password()?});
    let first = open.signed(&open.post("/v1/operator/sign-in", &body)?["access_token"]);
    // The first password opens only the change of itself.
    let chosen = "a much longer phrase 7";
    first.post("/v1/operator/password", &json!({"current": body["password"], "new": chosen}))?;
    let body = json!({"email": "operator@patchbay.local", "password": chosen});
    let operator = open.signed(&open.post("/v1/operator/sign-in", &body)?["access_token"]);
    let site = operator.post("/v1/operator/sites", &json!({"name": "Rack", "country": "US"}))?;
    let price = json!({"micros": 0, "currency": "USD"});
    let made = operator.post(
        "/v1/operator/gateways",
        &json!({"site": site["id"], "label": "Trunk", "profile": "generic_sip_trunk", "connection": "ip_peer", "gateway_ports": 1,
            "channels": channels, "host": far.0, "udp_port": far.1, "transport": "udp", "monthly": price, "rental": "shared"}),
    )?;
    let gateway_port = &made["gateway"]["gateway_ports"][0]["id"];
    let numbers = operator.post(
        "/v1/operator/numbers",
        &json!({"first": "+14155550100", "count": 1, "gateway_port": gateway_port, "kind": "local", "monthly": price}),
    )?;
    let number = numbers[0]["id"].as_str().unwrap_or_default().to_owned();
    let session = open.post(
        "/v1/sign-up",
        &json!({"company": "Bench", "name": "B", "email": OWNER.0, "password": OWNER.1, "country": "US"}),
    )?;
    let tenant = session["me"]["company"]["id"].as_str().unwrap_or_default();
    operator.patch(&format!("/v1/operator/tenants/{tenant}"), &json!({"max_calls": channels}))?;
    let links = operator.ask("GET", "/v1/operator/pending-links", None)?.1;
    if let Some(token) = links[0]["link"].as_str().and_then(|link| link.split("token=").nth(1)) {
        open.post("/v1/email-check", &json!({"token": token}))?;
    }
    let owner = open.signed(&session["access_token"]);
    owner.post(&format!("/v1/numbers/{number}/claim"), &json!({}))?;
    let seat = owner.post("/v1/seats", &json!({}))?;
    let seat = seat["id"].as_str().unwrap_or_default();
    owner.patch(&format!("/v1/seats/{seat}"), &json!({"displayed_numbers": [number]}))?;
    let device = owner.post(&format!("/v1/seats/{seat}/devices"), &json!({"label": "Load"}))?;
    let word = |name: &str| device[name].as_str().unwrap_or_default().to_owned();
    Ok(Caller { username: word("username"), password: word("password") })
}
