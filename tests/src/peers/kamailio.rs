//! Kamailio 5.6 as a carrier: a registrar that wants digests, a proxy that records its route.

use std::{
    net::SocketAddr,
    process::{Command, Stdio},
    time::Duration,
};

use super::Folder;
use crate::process::Owned;

/// A running Kamailio.
pub struct Kamailio {
    process: Owned,
    folder: Folder,
    /// Its UDP and TCP port.
    pub sip: u16,
}

/// The account that the carrier knows.
#[derive(Clone, Copy, Debug)]
pub struct Account {
    /// User name.
    pub username: &'static str,
    /// Password.
    pub password: &'static str,
    /// Digest realm.
    pub realm: &'static str,
}

/// What a carrier does beyond the ordinary.
#[derive(Clone, Copy, Debug, Default)]
pub struct Ways {
    /// Calls ring here too (RFC 3261 section 16.7).
    pub forks_to: Option<SocketAddr>,
    /// Requests inside a session must be proven too.
    pub distrusts: bool,
}

impl Kamailio {
    /// A carrier at `address`: registers `account` after a digest, asks for one on INVITEs but of `beyond`, and sends calls for
    /// anybody who is not registered to `beyond`, staying in the path by Record-Route.
    ///
    /// # Panics
    /// When Kamailio cannot be started.
    pub fn carrier(address: &str, sip: u16, account: Account, beyond: SocketAddr, ways: Ways) -> Self {
        let folder = Folder::fresh("kamailio");
        let config = folder.write("carrier.cfg", &carrier(address, sip, account, beyond, ways));
        let log = std::fs::File::create(folder.file("out.log")).expect("our own folder can be written");
        let errors = log.try_clone().expect("a file can be opened twice");
        // -DD: stays in the foreground; -Y: a folder of its own for run-time files.
        let child = Command::new("kamailio")
            .args(["-DD", "-E", "-f"])
            .arg(config)
            .arg("-Y")
            .arg(folder.file(""))
            .args(["-m", "32", "-M", "4"])
            .stdin(Stdio::null())
            .stdout(log)
            .stderr(errors)
            .spawn()
            .expect("kamailio is installed");
        Self { process: Owned::new(child), folder, sip }
    }

    /// Waits until it answers.
    ///
    /// # Panics
    /// When it ends or stays silent for ten seconds; its log is printed.
    pub async fn ready(&mut self, address: &str) {
        let probe = tokio::net::UdpSocket::bind((address, 0)).await.expect("loopback");
        let from = probe.local_addr().expect("bound");
        let text = format!(
            "OPTIONS sip:{address}:{} SIP/2.0\r\nVia: SIP/2.0/UDP {from};branch=z9hG4bKprobe{};rport\r\nFrom: <sip:t@t>;tag=1\r\n\
             To: <sip:{address}>\r\nCall-ID: probe@{from}\r\nCSeq: 1 OPTIONS\r\nMax-Forwards: 5\r\nContent-Length: 0\r\n\r\n",
            self.sip,
            from.port()
        );
        for _ in 0..100 {
            assert!(self.process.is_running(), "kamailio ended: {}", self.log());
            let _ = probe.send_to(text.as_bytes(), (address, self.sip)).await;
            let mut bytes = [0; 2_048];
            if tokio::time::timeout(Duration::from_millis(100), probe.recv(&mut bytes)).await.is_ok() {
                return;
            }
        }
        panic!("kamailio did not answer: {}", self.log());
    }

    /// What it printed.
    pub fn log(&self) -> String {
        self.folder.read("out.log")
    }

    /// Ends it with its children.
    pub async fn stop(mut self) {
        let _ = self.process.terminate(Duration::from_secs(5)).await;
    }
}

impl Drop for Kamailio {
    fn drop(&mut self) {
        // Its main process ends its children on SIGTERM; a kill would leave them behind.
        if !self.process.is_running() {
            return;
        }
        let _ = Command::new("kill").arg(self.process.id().to_string()).status();
        std::thread::sleep(Duration::from_millis(300));
    }
}

fn carrier(address: &str, sip: u16, account: Account, beyond: SocketAddr, ways: Ways) -> String {
    let Account { username, password, realm } = account;
    let from = beyond.port();
    let asks = format!(
        r#"if (!pv_proxy_authenticate("{realm}", "{password}", "0")) {{ proxy_challenge("{realm}", "1"); exit; }}
    consume_credentials();"#
    );
    let inside = if ways.distrusts {
        format!(r#"if (is_method("INVITE|UPDATE|BYE") && $sp != {from}) {{ {asks} }}"#)
    } else {
        String::new()
    };
    let branch = ways.forks_to.map(|at| format!(r#"if (is_method("INVITE")) append_branch("sip:fork@{at}");"#));
    let branch = branch.unwrap_or_default();
    format!(
        r#"#!KAMAILIO
debug=1
log_stderror=yes
fork=yes
children=2
tcp_children=2
auto_aliases=no
listen=udp:{address}:{sip}
listen=tcp:{address}:{sip}
loadmodule "corex.so"
loadmodule "tm.so"
loadmodule "sl.so"
loadmodule "rr.so"
loadmodule "pv.so"
loadmodule "maxfwd.so"
loadmodule "textops.so"
loadmodule "siputils.so"
loadmodule "usrloc.so"
loadmodule "registrar.so"
loadmodule "auth.so"
modparam("usrloc", "db_mode", 0)
modparam("rr", "enable_full_lr", 1)
modparam("auth", "nonce_expire", 60)
request_route {{
  if (!mf_process_maxfwd_header("10")) {{ sl_send_reply("483", "Too Many Hops"); exit; }}
  if (is_method("OPTIONS") && uri == myself && $rU == $null) {{ sl_send_reply("200", "OK"); exit; }}
  if (has_totag()) {{
    {inside}
    if (loose_route()) {{ t_relay(); exit; }}
    if (is_method("ACK")) {{ if (t_check_trans()) t_relay(); exit; }}
    sl_send_reply("404", "Not here");
    exit;
  }}
  if (is_method("CANCEL")) {{ if (t_check_trans()) t_relay(); exit; }}
  t_check_trans();
  if (is_method("REGISTER")) {{
    if (!pv_www_authenticate("{realm}", "{password}", "0")) {{ www_challenge("{realm}", "1"); exit; }}
    if ($au != "{username}") {{ sl_send_reply("403", "Wrong account"); exit; }}
    save("location");
    exit;
  }}
  if (is_method("INVITE") && $sp != {from}) {{
    {asks}
  }}
  record_route();
  if (is_method("INVITE") && $sp == {from}) {{
    $var(dialled) = $rU;
    $rU = "{username}";
    if (!lookup("location")) {{ sl_send_reply("480", "Not registered"); exit; }}
    append_hf("P-Called-Party-ID: <sip:$var(dialled)@{realm}>\r\n");
    t_relay();
    exit;
  }}
  # A branch inherits the destination that is set when it is made.
  {branch}
  $du = "sip:{beyond}";
  t_relay();
}}
"#
    )
}
