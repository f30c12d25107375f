//! The DTLS handshake of one browser leg: who begins, whose certificate is believed, when the keys are let go.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use dimpl::{Config, Dtls, DtlsCertificate, Output, SrtpProfile};
use patchbay_sdp::Security;

use super::{
    certificate::{self, Certificate, Fingerprint},
    ice::Credentials,
    srtp::{Profile, SrtpKeys},
};

/// First repeat of a lost flight; each further one doubles.
const FLIGHT_RTO: Duration = Duration::from_millis(150);
/// A handshake that takes longer has failed.
const GIVE_UP: Duration = Duration::from_secs(20);
/// Above the largest record that dimpl writes at its default MTU.
const RECORD: usize = 2_048;
/// Never spin on a deadline that has passed already.
const SHORTEST_WAIT: Duration = Duration::from_millis(5);

/// What a step of the handshake brought.
pub enum Step {
    /// A datagram for the browser.
    Send(Vec<u8>),
    /// The certificate is the announced one and both sides have finished.
    Keys(Box<SrtpKeys>),
    /// close_notify: the page was left.
    PeerClosed,
    /// It will never be. In words.
    Failed(String),
}

/// What every handshake of a process shares.
pub struct DtlsSettings {
    config: Arc<Config>,
    certificate: Certificate,
}

impl DtlsSettings {
    /// With a fresh certificate. Errors in words.
    pub fn new() -> Result<Self, String> {
        let config = Config::builder()
            .use_server_cookie(false)
            .flight_start_rto(FLIGHT_RTO)
            .flight_retries(8)
            .handshake_timeout(GIVE_UP)
            .build()
            .map_err(|e| e.to_string())?;
        Ok(Self { config: Arc::new(config), certificate: Certificate::generate()? })
    }
    /// What a browser leg's descriptions say of protection.
    pub fn security(&self, credentials: &Credentials) -> Security {
        let Credentials { ufrag, password, .. } = credentials;
        Security::Dtls { ufrag: ufrag.clone(), pwd: password.clone(), fingerprint: self.certificate.fingerprint }
    }
    fn endpoint(&self, active: bool, now: Instant) -> Dtls {
        let certificate = DtlsCertificate {
            certificate: self.certificate.certificate.clone(),
            private_key: self.certificate.private_key.clone(),
        };
        let mut dtls = Dtls::new_auto(self.config.clone(), certificate, now);
        if active {
            dtls.set_active(true);
        }
        dtls
    }
}

/// One handshake, and the association that remains of it to hear a close_notify and to repeat the last flight.
pub struct Handshake {
    dtls: Dtls,
    active: bool,
    started: bool,
    finished: bool,
    over: bool,
    announced: Vec<Fingerprint>,
    shown: Option<Fingerprint>,
    keys: Option<Box<SrtpKeys>>,
    deadline: Option<Instant>,
}

impl Handshake {
    /// A handshake that has sent nothing yet. `active`: we are the DTLS client.
    pub fn new(settings: &DtlsSettings, active: bool, now: Instant) -> Self {
        Self {
            dtls: settings.endpoint(active, now),
            active,
            started: false,
            finished: false,
            over: false,
            announced: Vec::new(),
            shown: None,
            keys: None,
            deadline: None,
        }
    }
    /// Whether we are the DTLS client.
    pub const fn is_active(&self) -> bool {
        self.active
    }
    /// Whether anything was exchanged yet; until then the role can still be changed by making a new one.
    pub const fn has_started(&self) -> bool {
        self.started
    }
    /// When [`Self::timeout`] wants to be called.
    pub const fn deadline(&self) -> Option<Instant> {
        self.deadline
    }

    /// The fingerprints of the browser's description; keys are held back until one of them was shown.
    pub fn expect(&mut self, announced: &[Fingerprint], steps: &mut Vec<Step>) {
        self.announced = announced.to_vec();
        self.release(steps);
    }

    /// The browser's address is proven: the active side sends its first flight.
    pub fn start(&mut self, now: Instant, steps: &mut Vec<Step>) {
        if !self.started && self.active {
            self.started = true;
            self.timeout(now, steps);
        }
    }

    /// A datagram from a proven address.
    pub fn datagram(&mut self, datagram: &[u8], now: Instant, steps: &mut Vec<Step>) {
        if self.over || (self.active && !self.started) {
            return;
        }
        self.started = true;
        // dimpl measures with the time of the last handle_timeout.
        let result = self.dtls.handle_timeout(now).and_then(|()| {
            self.drain(now, steps);
            self.dtls.handle_packet(datagram)
        });
        self.settle(result, now, steps);
    }

    /// Time has passed.
    pub fn timeout(&mut self, now: Instant, steps: &mut Vec<Step>) {
        if self.started && !self.over {
            let result = self.dtls.handle_timeout(now);
            self.settle(result, now, steps);
        }
    }

    /// Says goodbye to the browser.
    pub fn close(&mut self, now: Instant, steps: &mut Vec<Step>) {
        if self.finished && !self.over && self.dtls.close().is_ok() {
            self.drain(now, steps);
        }
        self.over = true;
    }

    fn settle(&mut self, result: Result<(), dimpl::Error>, now: Instant, steps: &mut Vec<Step>) {
        self.drain(now, steps);
        if let Err(error) = result
            && !self.over
        {
            self.fail(error.to_string(), steps);
        }
    }

    fn drain(&mut self, now: Instant, steps: &mut Vec<Step>) {
        let mut buffer = [0u8; RECORD];
        loop {
            match self.dtls.poll_output(&mut buffer) {
                Output::Packet(bytes) => steps.push(Step::Send(bytes.to_vec())),
                Output::Timeout(at) => {
                    self.deadline = Some(at.max(now + SHORTEST_WAIT));
                    break;
                }
                Output::PeerCert(der) => self.shown = Some(certificate::digest(der)),
                Output::KeyingMaterial(block, profile) => {
                    self.keys = known(profile)
                        .and_then(|profile| SrtpKeys::from_exporter(profile, &block, self.active))
                        .map(Box::new);
                }
                Output::Connected => self.finished = true,
                Output::CloseNotify => {
                    self.over = true;
                    steps.push(Step::PeerClosed);
                }
                Output::BufferTooSmall { needed } => {
                    self.fail(format!("a record of {needed} bytes"), steps);
                    break;
                }
                _ => {}
            }
        }
        self.release(steps);
    }

    /// Lets the keys go once the handshake is finished by the holder of an announced certificate (RFC 8122 section 6.2).
    fn release(&mut self, steps: &mut Vec<Step>) {
        if self.over || self.announced.is_empty() {
            return;
        }
        let Some(shown) = self.shown else { return };
        if !self.announced.contains(&shown) {
            self.fail("the certificate is not the announced one".to_owned(), steps);
        } else if self.finished
            && let Some(keys) = self.keys.take()
        {
            steps.push(Step::Keys(keys));
        }
    }

    fn fail(&mut self, why: String, steps: &mut Vec<Step>) {
        self.over = true;
        self.keys = None;
        self.deadline = None;
        steps.push(Step::Failed(why));
    }
}

const fn known(profile: SrtpProfile) -> Option<Profile> {
    match profile {
        SrtpProfile::AES128_CM_SHA1_80 => Some(Profile::Aes128CmSha1_80),
        SrtpProfile::AEAD_AES_128_GCM => Some(Profile::AeadAes128Gcm),
        SrtpProfile::AEAD_AES_256_GCM => Some(Profile::AeadAes256Gcm),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Wire {
        now: Instant,
        dropped: Option<usize>,
        sent: usize,
    }

    fn deliver(wire: &mut Wire, from: Vec<Step>, to: &mut Handshake, keys: &mut Option<SrtpKeys>) -> Vec<Step> {
        let mut back = Vec::new();
        for step in from {
            match step {
                Step::Send(bytes) => {
                    let lost = wire.dropped == Some(wire.sent);
                    wire.sent += 1;
                    if !lost {
                        to.datagram(&bytes, wire.now, &mut back);
                    }
                }
                Step::Keys(made) => *keys = Some(*made),
                Step::Failed(why) => panic!("{why}"),
                Step::PeerClosed => panic!("closed"),
            }
        }
        back
    }

    /// Runs a handshake with datagram number `dropped` lost; the number of datagrams and the virtual time it took.
    fn run(dropped: Option<usize>) -> (usize, Duration) {
        let (ours, theirs) = (DtlsSettings::new().unwrap(), DtlsSettings::new().unwrap());
        let start = Instant::now();
        let mut wire = Wire { now: start, dropped, sent: 0 };
        let (mut a, mut b) = (Handshake::new(&ours, true, start), Handshake::new(&theirs, false, start));
        let (mut to_b, mut to_a) = (Vec::new(), Vec::new());
        a.expect(&[theirs.certificate.fingerprint], &mut to_b);
        b.expect(&[ours.certificate.fingerprint], &mut to_a);
        a.start(wire.now, &mut to_b);
        let (mut keys_a, mut keys_b) = (None, None);
        for _ in 0..4_000 {
            to_a.extend(deliver(&mut wire, std::mem::take(&mut to_b), &mut b, &mut keys_a));
            to_b.extend(deliver(&mut wire, std::mem::take(&mut to_a), &mut a, &mut keys_b));
            if let (Some(a), Some(b)) = (&keys_a, &keys_b) {
                assert!(a.local == b.remote && a.remote == b.local, "both sides hold the same keys");
                return (wire.sent, wire.now - start);
            }
            if to_a.is_empty() && to_b.is_empty() {
                wire.now += Duration::from_millis(5);
                a.timeout(wire.now, &mut to_b);
                b.timeout(wire.now, &mut to_a);
            }
        }
        panic!("no keys after 20 s with datagram {dropped:?} lost");
    }

    #[test]
    fn each_datagram_may_be_lost_in_turn() {
        let (datagrams, _) = run(None);
        assert!(datagrams >= 3);
        for lost in 0..datagrams {
            let (_, took) = run(Some(lost));
            assert!(took < Duration::from_secs(2), "datagram {lost} lost: {took:?}");
        }
    }

    #[test]
    fn another_certificate_than_the_announced_one_gives_no_keys() {
        let (ours, theirs) = (DtlsSettings::new().unwrap(), DtlsSettings::new().unwrap());
        let now = Instant::now();
        let (mut a, mut b) = (Handshake::new(&ours, true, now), Handshake::new(&theirs, false, now));
        let (mut to_b, mut to_a) = (Vec::new(), Vec::new());
        a.expect(&[[7; 32]], &mut to_b);
        b.expect(&[ours.certificate.fingerprint], &mut to_a);
        a.start(now, &mut to_b);
        let mut failed = false;
        for _ in 0..20 {
            for step in std::mem::take(&mut to_b) {
                match step {
                    Step::Send(bytes) => b.datagram(&bytes, now, &mut to_a),
                    Step::Keys(_) => panic!("keys to a stranger"),
                    Step::Failed(_) => failed = true,
                    Step::PeerClosed => {}
                }
            }
            for step in std::mem::take(&mut to_a) {
                if let Step::Send(bytes) = step {
                    a.datagram(&bytes, now, &mut to_b);
                }
            }
        }
        assert!(failed);
    }
}
