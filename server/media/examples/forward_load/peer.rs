//! rtpengine in user space with one thread, told what to do by its `ng` protocol; and the descriptions that both subjects get.

use std::{
    net::UdpSocket,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use base64::{Engine as _, engine::general_purpose::STANDARD};

use crate::{Side, Subject, memory_kb, threads_cpu_ns};

/// UDP port of the `ng` protocol.
const NG: u16 = 9_922;

pub struct Rtpengine {
    child: Child,
    ng: UdpSocket,
    calls: u32,
}

/// A party's description.
pub fn description(udp_port: u16, profile: &str, more: &str) -> String {
    format!(
        "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio {udp_port} {profile} 0\r\n\
         a=rtpmap:0 PCMU/8000\r\na=sendrecv\r\n{more}"
    )
}

/// Where a description wants audio, and the key of its AES_CM_128_HMAC_SHA1_80 line.
pub fn read(description: &str) -> Result<Side, String> {
    let media = description.lines().find_map(|line| line.strip_prefix("m=audio "));
    let udp_port: u16 =
        media.and_then(|line| line.split(' ').next()?.parse().ok()).ok_or(format!("no audio in {description}"))?;
    let line = crypto(description).unwrap_or_default();
    let inline = line.split("inline:").nth(1).and_then(|rest| rest.split(['|', ' ']).next()).unwrap_or_default();
    let seals_with = STANDARD.decode(inline).map_err(|e| e.to_string())?;
    Ok(Side { subject: ([127, 0, 0, 1], udp_port).into(), seals_with })
}

fn crypto(description: &str) -> Option<&str> {
    description.lines().find(|line| line.starts_with("a=crypto:") && line.contains("AES_CM_128_HMAC_SHA1_80"))
}

impl Rtpengine {
    pub fn start() -> Result<Self, String> {
        let child = Command::new("taskset")
            .args(["-c", "0", "rtpengine", "--config-file=none", "--foreground", "--log-stderr", "--log-level=2"])
            .args(["--table=-1", "--interface=127.0.0.1", "--num-threads=1", "--port-min=18000", "--port-max=31999"])
            .arg(format!("--listen-ng=127.0.0.1:{NG}"))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .map_err(|e| e.to_string())?;
        let ng = UdpSocket::bind("127.0.0.1:0").map_err(|e| e.to_string())?;
        ng.set_read_timeout(Some(Duration::from_millis(500))).map_err(|e| e.to_string())?;
        let mut engine = Self { child, ng, calls: 0 };
        let started = Instant::now();
        while engine.ask(&[("command", "ping")]).is_err() {
            if started.elapsed() > Duration::from_secs(10) {
                return Err("rtpengine does not answer".to_owned());
            }
            std::thread::sleep(Duration::from_millis(100));
        }
        Ok(engine)
    }

    /// One command; the `sdp` of the answer, empty when it has none.
    fn ask(&mut self, pairs: &[(&str, &str)]) -> Result<String, String> {
        self.calls += 1;
        let string = |text: &str| format!("{}:{text}", text.len());
        let body: String = pairs.iter().map(|(key, value)| string(key) + &string(value)).collect();
        let message = format!("c{} d{body}e", self.calls);
        self.ng.send_to(message.as_bytes(), ("127.0.0.1", NG)).map_err(|e| e.to_string())?;
        let mut buffer = [0; 16_384];
        let length = self.ng.recv(&mut buffer).map_err(|e| e.to_string())?;
        let answer = String::from_utf8_lossy(&buffer[..length]).into_owned();
        if answer.contains("6:result5:error") {
            return Err(answer);
        }
        let Some((_, rest)) = answer.split_once("3:sdp") else { return Ok(String::new()) };
        let (length, text) = rest.split_once(':').ok_or("bencode")?;
        let length: usize = length.parse().map_err(|_| "bencode")?;
        Ok(text.get(..length).ok_or("bencode")?.to_owned())
    }
}

impl Subject for Rtpengine {
    fn join(&mut self, plain: u16, sealed: u16, key: &[u8]) -> Result<(Side, Side), String> {
        let call = format!("call-{plain}");
        let offer = description(plain, "RTP/AVP", "a=rtcp-mux\r\n");
        let common = [("call-id", call.as_str()), ("from-tag", "a"), ("ICE", "remove")];
        let mut ask = common.to_vec();
        ask.extend([("command", "offer"), ("sdp", &offer), ("transport-protocol", "RTP/SAVP"), ("DTLS", "off")]);
        let offered = self.ask(&ask)?;
        let towards_sealed = read(&offered)?;
        let line = crypto(&offered).ok_or("rtpengine offers no AES_CM_128_HMAC_SHA1_80")?;
        let tag = line["a=crypto:".len()..].split(' ').next().unwrap_or("1");
        let own = format!("a=crypto:{tag} AES_CM_128_HMAC_SHA1_80 inline:{}\r\na=rtcp-mux\r\n", STANDARD.encode(key));
        let answer = description(sealed, "RTP/SAVP", &own);
        let mut ask = common.to_vec();
        ask.extend([("command", "answer"), ("to-tag", "b"), ("sdp", &answer), ("transport-protocol", "RTP/AVP")]);
        let answered = self.ask(&ask)?;
        Ok((read(&answered)?, towards_sealed))
    }

    fn memory_kb(&self) -> u64 {
        memory_kb(self.child.id())
    }

    fn cpu_ns(&self) -> u64 {
        threads_cpu_ns(self.child.id(), |_| true)
    }
}

impl Drop for Rtpengine {
    fn drop(&mut self) {
        // It may have ended by itself.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}
