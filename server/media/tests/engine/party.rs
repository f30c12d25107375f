//! A phone of a few lines: says a tone from one UDP port, keeps all it hears. Independent of the engine's own RTP code.

use std::{
    net::{SocketAddr, UdpSocket},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicU16, Ordering::Relaxed},
    },
    thread::JoinHandle,
    time::{Duration, Instant},
};

use patchbay_codec::{CodecId, FRAME, measure, tone::Sine};

/// One RTP packet as it came.
#[derive(Clone, Debug)]
pub struct Heard {
    pub payload_type: u8,
    pub marker: bool,
    pub sequence: u16,
    pub timestamp: u32,
    pub ssrc: u32,
    pub payload: Vec<u8>,
    pub from: SocketAddr,
}

pub struct Party {
    pub socket: Arc<UdpSocket>,
    pub address: SocketAddr,
    codec: CodecId,
    target: Arc<Mutex<Option<SocketAddr>>>,
    talking: Arc<AtomicBool>,
    hz: Arc<AtomicU16>,
    heard: Arc<Mutex<Vec<Heard>>>,
    reports: Arc<Mutex<Vec<Vec<u8>>>>,
    /// The UDP port after the one for RTP, where reports go that are not multiplexed: held, so that no stranger of a test gets it.
    _control: UdpSocket,
    stop: Arc<AtomicBool>,
    threads: Vec<JoinHandle<()>>,
}

/// Two UDP ports in a row.
fn neighbours() -> (UdpSocket, UdpSocket) {
    loop {
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        let after = socket.local_addr().unwrap().port().saturating_add(1);
        if let Ok(control) = UdpSocket::bind(("127.0.0.1", after)) {
            return (socket, control);
        }
    }
}

impl Party {
    /// Silent until told where to and to talk.
    pub fn new(codec: CodecId) -> Self {
        let (socket, control) = neighbours();
        let socket = Arc::new(socket);
        socket.set_read_timeout(Some(Duration::from_millis(20))).unwrap();
        let mut party = Self {
            address: socket.local_addr().unwrap(),
            socket,
            codec,
            target: Arc::default(),
            talking: Arc::default(),
            hz: Arc::new(AtomicU16::new(440)),
            heard: Arc::default(),
            reports: Arc::default(),
            _control: control,
            stop: Arc::default(),
            threads: Vec::new(),
        };
        party.threads = vec![party.speaker(), party.listener()];
        party
    }

    fn speaker(&self) -> JoinHandle<()> {
        let (socket, stop, talking, hz) =
            (self.socket.clone(), self.stop.clone(), self.talking.clone(), self.hz.clone());
        let (target, codec) = (self.target.clone(), self.codec);
        std::thread::spawn(move || {
            let spec = codec.spec();
            let mut encoder = spec.encoder();
            let (mut sequence, mut timestamp, mut now_hz) = (65_500u16, 77u32, hz.load(Relaxed));
            let mut sine = Sine::new(now_hz, -10.0);
            let mut due = Instant::now();
            while !stop.load(Relaxed) {
                due += Duration::from_millis(20);
                std::thread::sleep(due.saturating_duration_since(Instant::now()));
                timestamp = timestamp.wrapping_add(spec.step());
                if now_hz != hz.load(Relaxed) {
                    now_hz = hz.load(Relaxed);
                    sine = Sine::new(now_hz, -10.0);
                }
                let to = *target.lock().unwrap();
                let (true, Some(to)) = (talking.load(Relaxed), to) else { continue };
                let mut samples = [0; FRAME];
                sine.fill(&mut samples);
                let mut payload = Vec::new();
                encoder.encode(&samples, &mut payload);
                sequence = sequence.wrapping_add(1);
                let packet = rtp(spec.payload_type, sequence, timestamp, 0x1234_5678, &payload);
                socket.send_to(&packet, to).unwrap();
            }
        })
    }

    fn listener(&self) -> JoinHandle<()> {
        let (socket, stop, heard) = (self.socket.clone(), self.stop.clone(), self.heard.clone());
        let reports = self.reports.clone();
        std::thread::spawn(move || {
            let mut buffer = [0; 2_048];
            while !stop.load(Relaxed) {
                let Ok((length, from)) = socket.recv_from(&mut buffer) else { continue };
                let bytes = &buffer[..length];
                if matches!(bytes[1], 192..=223) {
                    reports.lock().unwrap().push(bytes.to_vec());
                    continue;
                }
                heard.lock().unwrap().push(Heard {
                    payload_type: bytes[1] & 0x7f,
                    marker: bytes[1] & 0x80 != 0,
                    sequence: u16::from_be_bytes([bytes[2], bytes[3]]),
                    timestamp: u32::from_be_bytes([bytes[4], bytes[5], bytes[6], bytes[7]]),
                    ssrc: u32::from_be_bytes([bytes[8], bytes[9], bytes[10], bytes[11]]),
                    payload: bytes[12..].to_vec(),
                    from,
                });
            }
        })
    }

    /// Talks to this address from now on, at this frequency.
    pub fn talk(&self, to: SocketAddr, hz: u16) {
        *self.target.lock().unwrap() = Some(to);
        self.hz.store(hz, Relaxed);
        self.talking.store(true, Relaxed);
    }
    pub fn hush(&self) {
        self.talking.store(false, Relaxed);
    }
    /// Everything heard since the last call.
    pub fn take(&self) -> Vec<Heard> {
        std::mem::take(&mut *self.heard.lock().unwrap())
    }
    /// Every report since the last call.
    pub fn take_reports(&self) -> Vec<Vec<u8>> {
        std::mem::take(&mut *self.reports.lock().unwrap())
    }
    /// An offer or answer with these formats, such as `0 101`; `more` are lines of the audio description.
    pub fn description(&self, formats: &str, more: &str) -> String {
        describe(self.address, "RTP/AVP", formats, more)
    }
    /// As [`Self::share`], the middle one of all looks of 100 ms: a stalled machine spoils some, a wrong stream all.
    pub fn usual(&self, heard: &[Heard], hz: u16) -> f32 {
        let samples = self.samples(heard);
        let mut looks: Vec<f32> = samples.chunks_exact(LOOK).map(|look| measure::share(look, hz)).collect();
        looks.sort_by(f32::total_cmp);
        looks[looks.len() / 2]
    }
    /// The audio of what was heard.
    pub fn samples(&self, heard: &[Heard]) -> Vec<i16> {
        let mut decoder = self.codec.spec().decoder();
        let mut samples = Vec::new();
        for packet in heard.iter().filter(|packet| packet.payload_type == self.codec.spec().payload_type) {
            decoder.decode(&packet.payload, &mut samples);
        }
        samples
    }
    /// Share of energy at this frequency in what was heard. The first 100 ms do not count where there is enough: a codec
    /// with a memory needs them, and must be given them.
    pub fn share(&self, heard: &[Heard], hz: u16) -> f32 {
        let samples = self.samples(heard);
        let settling = if samples.len() >= 10 * FRAME { 5 * FRAME } else { 0 };
        share(&samples[settling..], hz)
    }
}

impl Drop for Party {
    fn drop(&mut self) {
        self.stop.store(true, Relaxed);
        for thread in self.threads.drain(..) {
            drop(thread.join());
        }
    }
}

/// Share of the energy that is at this frequency, by looks of 100 ms: where a stalled machine cost a frame the tone goes on
/// with another phase, which is no other tone.
pub fn share(samples: &[i16], hz: u16) -> f32 {
    let energy = |look: &[i16]| look.iter().map(|sample| f64::from(*sample).powi(2)).sum::<f64>();
    let whole = samples.len() / LOOK * LOOK;
    let looks = samples[..if whole == 0 { samples.len() } else { whole }].chunks(LOOK);
    let (at, all) = looks.fold((0.0, 0.0), |(at, all), look| {
        let energy = energy(look);
        (at + f64::from(measure::share(look, hz)) * energy, all + energy)
    });
    if all > 0.0 { (at / all) as f32 } else { 0.0 }
}

/// Samples of 100 ms.
const LOOK: usize = 800;

pub fn describe(address: SocketAddr, profile: &str, formats: &str, more: &str) -> String {
    let (host, udp_port) = (address.ip(), address.port());
    let maps: String = formats
        .split(' ')
        .map(|format| match format {
            "0" => "a=rtpmap:0 PCMU/8000\r\n".to_owned(),
            "8" => "a=rtpmap:8 PCMA/8000\r\n".to_owned(),
            "111" => "a=rtpmap:111 opus/48000/2\r\n".to_owned(),
            event => format!("a=rtpmap:{event} telephone-event/8000\r\na=fmtp:{event} 0-15\r\n"),
        })
        .collect();
    format!(
        "v=0\r\no=- 1 1 IN IP4 {host}\r\ns=-\r\nc=IN IP4 {host}\r\nt=0 0\r\nm=audio {udp_port} {profile} {formats}\r\n{maps}{more}"
    )
}

/// The address that a description of ours announces.
pub fn announced(description: &str) -> SocketAddr {
    let host = description.lines().find_map(|line| line.strip_prefix("c=IN IP4 ")).unwrap().trim();
    let media = description.lines().find_map(|line| line.strip_prefix("m=audio ")).unwrap();
    let udp_port = media.split(' ').next().unwrap();
    format!("{host}:{udp_port}").parse().unwrap()
}

pub fn rtp(payload_type: u8, sequence: u16, timestamp: u32, ssrc: u32, payload: &[u8]) -> Vec<u8> {
    let mut packet = vec![0x80, payload_type];
    packet.extend(sequence.to_be_bytes());
    packet.extend(timestamp.to_be_bytes());
    packet.extend(ssrc.to_be_bytes());
    packet.extend(payload);
    packet
}
