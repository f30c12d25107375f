//! A browser of a few lines for tests: checks by STUN, DTLS and SRTP, on one socket and one thread. It shares none of the
//! engine's code, only the crates below it.

use std::{
    net::{SocketAddr, UdpSocket},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    thread::JoinHandle,
    time::{Duration, Instant},
};

use dimpl::{Config, Dtls, DtlsCertificate, Output};
use rtc_srtp::{
    context::Context,
    option::{srtcp_replay_protection, srtp_replay_protection},
    protection_profile::ProtectionProfile,
};
use rtc_stun::{
    attributes::{ATTR_USE_CANDIDATE, ATTR_USERNAME, RawAttribute},
    fingerprint::FINGERPRINT,
    integrity::MessageIntegrity,
    message::{BINDING_REQUEST, BINDING_SUCCESS, Message, Setter, TransactionId},
    textattrs::TextAttribute,
};
use sha2::{Digest, Sha256};

/// What the test sees and steers.
#[derive(Default)]
pub struct Shared {
    /// When the keys were there.
    pub connected: Option<Instant>,
    /// Plain RTP packets heard.
    pub heard: Vec<Vec<u8>>,
    /// When the last of them came, and the longest time between two.
    pub last: Option<Instant>,
    pub longest: Duration,
    /// Plain RTCP packets heard.
    pub reports: Vec<Vec<u8>>,
    /// Checks of ours that were answered.
    pub answers: usize,
    /// DTLS datagrams that came.
    pub dtls_in: usize,
    /// Where the engine is and how it is to be asked: address, its fragment and password, ours.
    pub remote: Option<Remote>,
    /// Payload to send each 20 ms.
    pub say: Option<Vec<u8>>,
    /// Say goodbye.
    pub close: bool,
    /// Move to a fresh socket.
    pub rebind: bool,
}

/// The engine as its description tells it.
#[derive(Clone, Debug)]
pub struct Remote {
    pub address: SocketAddr,
    pub ufrag: String,
    pub password: String,
    pub mine: String,
}

pub struct Peer {
    pub shared: Arc<Mutex<Shared>>,
    certificate: DtlsCertificate,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

pub fn line<'a>(text: &'a str, name: &str) -> &'a str {
    text.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_else(|| panic!("{name} in {text}")).trim()
}

impl Remote {
    pub fn read(description: &str, mine: &str) -> Self {
        let candidate: Vec<&str> = line(description, "a=candidate:").split(' ').collect();
        Self {
            address: format!("{}:{}", candidate[4], candidate[5]).parse().unwrap(),
            ufrag: line(description, "a=ice-ufrag:").to_owned(),
            password: line(description, "a=ice-pwd:").to_owned(),
            mine: mine.to_owned(),
        }
    }
}

impl Peer {
    pub fn new() -> Self {
        let made = rcgen::generate_simple_self_signed(vec!["peer.invalid".to_owned()]).unwrap();
        let certificate =
            DtlsCertificate { certificate: made.cert.der().to_vec(), private_key: made.signing_key.serialize_der() };
        Self { shared: Arc::default(), certificate, stop: Arc::default(), thread: None }
    }

    /// A description as Chromium writes it, without candidates.
    pub fn description(&self, ufrag: &str, setup: &str) -> String {
        let hash: Vec<String> =
            Sha256::digest(&self.certificate.certificate).iter().map(|byte| format!("{byte:02X}")).collect();
        let hash = hash.join(":");
        format!(
            "v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE 0\r\na=extmap-allow-mixed\r\n\
             m=audio 9 UDP/TLS/RTP/SAVPF 111 63 9 0 8 13 110 126\r\nc=IN IP4 0.0.0.0\r\na=rtcp:9 IN IP4 0.0.0.0\r\n\
             a=ice-ufrag:{ufrag}\r\na=ice-pwd:aaaaaaaaaaaaaaaaaaaaaaaa\r\na=ice-options:trickle\r\n\
             a=fingerprint:sha-256 {hash}\r\na=setup:{setup}\r\na=mid:0\r\na=sendrecv\r\na=rtcp-mux\r\n\
             a=rtpmap:111 opus/48000/2\r\na=rtpmap:63 red/48000/2\r\na=rtpmap:9 G722/8000\r\na=rtpmap:0 PCMU/8000\r\n\
             a=rtpmap:8 PCMA/8000\r\na=rtpmap:13 CN/8000\r\na=rtpmap:110 telephone-event/48000\r\n\
             a=rtpmap:126 telephone-event/8000\r\n"
        )
    }

    /// Begins: checks at once, DTLS as client when `active`.
    pub fn start(&mut self, remote: Remote, active: bool) {
        self.shared.lock().unwrap().remote = Some(remote);
        let mut run = Run::new(self.shared.clone(), self.certificate.clone(), active);
        let stop = self.stop.clone();
        self.thread = Some(std::thread::spawn(move || {
            while !stop.load(Relaxed) {
                run.turn();
            }
        }));
    }

    pub fn is_connected(&self) -> bool {
        self.shared.lock().unwrap().connected.is_some()
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        self.stop.store(true, Relaxed);
        if let Some(thread) = self.thread.take() {
            drop(thread.join());
        }
    }
}

struct Run {
    shared: Arc<Mutex<Shared>>,
    socket: UdpSocket,
    dtls: Dtls,
    active: bool,
    writable: bool,
    deadline: Option<Instant>,
    send: Option<Context>,
    receive: Option<Context>,
    next_check: Instant,
    next_frame: Instant,
    checks: u32,
    sequence: u16,
}

fn socket() -> UdpSocket {
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    socket.set_read_timeout(Some(Duration::from_millis(2))).unwrap();
    socket
}

impl Run {
    fn new(shared: Arc<Mutex<Shared>>, certificate: DtlsCertificate, active: bool) -> Self {
        let config =
            Config::builder().use_server_cookie(false).flight_start_rto(Duration::from_millis(50)).build().unwrap();
        let now = Instant::now();
        let mut dtls = Dtls::new_auto(Arc::new(config), certificate, now);
        dtls.set_active(active);
        Self {
            shared,
            socket: socket(),
            dtls,
            active,
            writable: false,
            deadline: None,
            send: None,
            receive: None,
            next_check: now,
            next_frame: now,
            checks: 0,
            sequence: 500,
        }
    }

    fn turn(&mut self) {
        let shared = self.shared.clone();
        let (remote, say, close, rebind) = {
            let mut shared = shared.lock().unwrap();
            let close = std::mem::take(&mut shared.close);
            (shared.remote.clone().unwrap(), shared.say.clone(), close, std::mem::take(&mut shared.rebind))
        };
        if rebind {
            self.socket = socket();
            self.next_check = Instant::now();
        }
        let now = Instant::now();
        if self.next_check <= now {
            self.next_check = now + Duration::from_millis(50);
            self.checks += 1;
            // A browser nominates with its second check.
            self.check(&remote, self.checks > 1);
        }
        if self.deadline.is_some_and(|due| due <= now) {
            self.dtls.handle_timeout(now).unwrap();
            self.drain(&remote);
        }
        if close {
            self.dtls.close().unwrap();
            self.drain(&remote);
        }
        if self.next_frame <= now {
            self.next_frame += Duration::from_millis(20);
            if let (Some(payload), Some(context)) = (say, &mut self.send) {
                self.sequence = self.sequence.wrapping_add(1);
                let mut packet = vec![0x80, 0];
                packet.extend(self.sequence.to_be_bytes());
                packet.extend((u32::from(self.sequence) * 160).to_be_bytes());
                packet.extend(0xb0b0_0001u32.to_be_bytes());
                packet.extend(payload);
                let sealed = context.encrypt_rtp(&packet).unwrap();
                self.socket.send_to(&sealed, remote.address).unwrap();
            }
        }
        let mut buffer = [0; 2_048];
        if let Ok((length, _)) = self.socket.recv_from(&mut buffer) {
            self.datagram(&buffer[..length], &remote);
        }
    }

    fn check(&self, remote: &Remote, nominate: bool) {
        let provider = rtc_crypto::default_provider().unwrap();
        let mut request = Message::new();
        let mut setters: Vec<Box<dyn Setter + '_>> = vec![
            Box::new(TransactionId::new()),
            Box::new(BINDING_REQUEST),
            Box::new(TextAttribute::new(ATTR_USERNAME, format!("{}:{}", remote.ufrag, remote.mine))),
        ];
        if nominate {
            setters.push(Box::new(RawAttribute { typ: ATTR_USE_CANDIDATE, length: 0, value: Vec::new() }));
        }
        setters.push(Box::new(MessageIntegrity::new_short_term_integrity_with_provider(
            remote.password.clone(),
            provider.crypto(),
        )));
        setters.push(Box::new(FINGERPRINT));
        request.build(&setters).unwrap();
        self.socket.send_to(&request.raw, remote.address).unwrap();
    }

    fn datagram(&mut self, datagram: &[u8], remote: &Remote) {
        match datagram[0] {
            0..=3 => {
                let mut answer = Message::new();
                answer.unmarshal_binary(datagram).unwrap();
                if answer.typ == BINDING_SUCCESS {
                    self.shared.lock().unwrap().answers += 1;
                }
                if answer.typ == BINDING_SUCCESS && !self.writable {
                    self.writable = true;
                    if self.active {
                        self.dtls.handle_timeout(Instant::now()).unwrap();
                        self.drain(remote);
                    }
                }
            }
            20..=63 => {
                self.shared.lock().unwrap().dtls_in += 1;
                self.dtls.handle_timeout(Instant::now()).unwrap();
                self.drain(remote);
                self.dtls.handle_packet(datagram).unwrap();
                self.drain(remote);
            }
            _ => self.media(datagram),
        }
    }

    fn media(&mut self, datagram: &[u8]) {
        let Some(context) = &mut self.receive else { return };
        let control = matches!(datagram[1], 192..=223);
        let plain = if control { context.decrypt_rtcp(datagram) } else { context.decrypt_rtp(datagram) };
        let Ok(plain) = plain else { return };
        let mut shared = self.shared.lock().unwrap();
        if control {
            shared.reports.push(plain.to_vec());
        } else {
            shared.heard.push(plain.to_vec());
            let now = Instant::now();
            if let Some(before) = shared.last.replace(now) {
                shared.longest = shared.longest.max(now - before);
            }
        }
    }

    fn drain(&mut self, remote: &Remote) {
        let mut buffer = [0; 2_048];
        loop {
            match self.dtls.poll_output(&mut buffer) {
                Output::Packet(bytes) => drop(self.socket.send_to(bytes, remote.address)),
                Output::Timeout(at) => {
                    self.deadline = Some(at.max(Instant::now() + Duration::from_millis(2)));
                    return;
                }
                Output::KeyingMaterial(block, profile) => {
                    let profile = match profile {
                        dimpl::SrtpProfile::AES128_CM_SHA1_80 => ProtectionProfile::Aes128CmHmacSha1_80,
                        dimpl::SrtpProfile::AEAD_AES_128_GCM => ProtectionProfile::AeadAes128Gcm,
                        _ => ProtectionProfile::AeadAes256Gcm,
                    };
                    let mut config = rtc_srtp::config::Config { profile, ..Default::default() };
                    let block = &block[..config.keying_material_len()];
                    config.set_session_keys_from_keying_material(block, self.active).unwrap();
                    let provider = rtc_crypto::default_provider().unwrap();
                    let keys = &config.keys;
                    let make = |key: &[u8], salt: &[u8]| {
                        let (rtp, rtcp) = (srtp_replay_protection(64), srtcp_replay_protection(64));
                        Context::new(key, salt, profile, Some(rtp), Some(rtcp), provider.crypto()).unwrap()
                    };
                    self.send = Some(make(&keys.local_master_key, &keys.local_master_salt));
                    self.receive = Some(make(&keys.remote_master_key, &keys.remote_master_salt));
                    self.shared.lock().unwrap().connected = Some(Instant::now());
                }
                _ => {}
            }
        }
    }
}
