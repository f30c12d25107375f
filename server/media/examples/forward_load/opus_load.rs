//! Calls between Opus and PCMU through the engine, and the same coding by libopus alone: how many a core carries at 70 %.

use std::{
    net::{SocketAddr, UdpSocket},
    time::{Duration, Instant},
};

use opus::{Application, Bitrate, Channels};
use patchbay_codec::g711::Law;
use patchbay_plane::{Codec, SrtpMode};

use crate::{Subject, memory_kb, ours::Ours, peer};

/// Wideband, as browsers speak.
const RATE: u32 = 16_000;
const FRAME: usize = RATE as usize / 50;
/// Frames of the text that is said again and again.
const TEXT: usize = 150;
const WARM_UP: u64 = 50;
const FRAMES: u64 = 300;
/// How full a core may be.
const SHARE: f64 = 0.7;

/// Something like speech: a voice with harmonics and rests, over a little noise.
fn text() -> Vec<Vec<i16>> {
    let mut noise = 1u32;
    let sample = |at: usize, noise: &mut u32| {
        let t = at as f64 / f64::from(RATE);
        let pitch = 120.0 + 40.0 * (t * 2.1).sin();
        let voice: f64 =
            (1..=12).map(|n| (t * pitch * f64::from(n) * std::f64::consts::TAU).sin() / f64::from(n)).sum();
        let loud = (t * 4.3 * std::f64::consts::PI).sin().max(0.0);
        *noise = noise.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (voice * loud * 6_000.0 + f64::from(*noise >> 24) - 128.0) as i16
    };
    (0..TEXT).map(|frame| (0..FRAME).map(|at| sample(frame * FRAME + at, &mut noise)).collect()).collect()
}

fn encoder() -> Result<opus::Encoder, String> {
    let mut encoder = opus::Encoder::new(RATE, Channels::Mono, Application::Voip).map_err(|e| e.to_string())?;
    encoder.set_complexity(5).map_err(|e| e.to_string())?;
    encoder.set_bitrate(Bitrate::Bits(24_000)).map_err(|e| e.to_string())?;
    Ok(encoder)
}

/// What the Opus party and the PCMU party say.
fn said() -> Result<[Vec<Vec<u8>>; 2], String> {
    let mut encoder = encoder()?;
    let text = text();
    let opus =
        text.iter().map(|frame| encoder.encode_vec(frame, 400).map_err(|e| e.to_string())).collect::<Result<_, _>>()?;
    let narrow = |frame: &Vec<i16>| frame.iter().step_by(2).map(|sample| Law::Mu.encode(*sample)).collect();
    Ok([opus, text.iter().map(narrow).collect()])
}

/// CPU nanoseconds of one second of a call by libopus alone: 50 frames decoded and 50 encoded at 16 kHz.
fn alone(opus: &[Vec<u8>]) -> Result<f64, String> {
    let (mut encoder, text) = (encoder()?, text());
    let mut decoder = opus::Decoder::new(RATE, Channels::Mono).map_err(|e| e.to_string())?;
    let (mut samples, mut packet) = ([0; FRAME * 6], [0; 400]);
    let me = std::process::id();
    let name = std::fs::read_to_string("/proc/thread-self/comm").unwrap_or_default();
    let cpu = || crate::threads_cpu_ns(me, |thread| thread == name.trim());
    let before = cpu();
    for round in 0..TEXT * 4 {
        decoder.decode(&opus[round % TEXT], &mut samples, false).map_err(|e| e.to_string())?;
        encoder.encode(&text[round % TEXT], &mut packet).map_err(|e| e.to_string())?;
    }
    Ok((cpu() - before) as f64 * 50.0 / (TEXT * 4) as f64)
}

struct End {
    socket: UdpSocket,
    to: SocketAddr,
    payload_type: u8,
    step: u32,
}

impl End {
    fn send(&self, number: u64, payload: &[u8]) -> bool {
        let mut packet = vec![0x80, self.payload_type];
        packet.extend((number as u16).to_be_bytes());
        packet.extend((number as u32).wrapping_mul(self.step).to_be_bytes());
        packet.extend(u32::from(self.to.port()).to_be_bytes());
        packet.extend(payload);
        self.socket.send_to(&packet, self.to).is_ok()
    }

    /// Audio packets that came.
    fn drain(&self) -> u64 {
        let mut buffer = [0; 2_048];
        let mut came = 0;
        while self.socket.recv(&mut buffer).is_ok() {
            came += u64::from(buffer[1] & 0x7f == self.payload_type);
        }
        came
    }
}

fn join(subject: &mut Ours) -> Result<[End; 2], String> {
    let call = subject.call();
    let mut side = |codec: Codec, payload_type: u8, step: u32, map: &str| {
        let socket = UdpSocket::bind("127.0.0.1:0").map_err(|e| e.to_string())?;
        socket.set_nonblocking(true).map_err(|e| e.to_string())?;
        let udp_port = socket.local_addr().map_err(|e| e.to_string())?.port();
        let offer = peer::description(udp_port, "RTP/AVP", "a=rtcp-mux\r\n").replace("RTP/AVP 0", map);
        let (leg, answer) = subject.answer(call, SrtpMode::Off, &offer, codec)?;
        Ok::<_, String>((leg, End { socket, to: peer::read(&answer)?.subject, payload_type, step }))
    };
    let (a, opus) = side(Codec::Opus, 111, 960, "RTP/AVP 111\r\na=rtpmap:111 opus/48000/2")?;
    let (b, pcmu) = side(Codec::Pcmu, 0, 160, "RTP/AVP 0")?;
    subject.bridge(a, b)?;
    Ok([opus, pcmu])
}

/// Loads the engine for six seconds and counts from the second on.
pub fn measure(calls: usize) -> Result<String, String> {
    let [opus, pcmu] = said()?;
    let alone = alone(&opus)?;
    let mut subject = Ours::start()?;
    let before = memory_kb(std::process::id());
    let ends: Vec<[End; 2]> = (0..calls).map(|_| join(&mut subject)).collect::<Result<_, _>>()?;
    let start = Instant::now();
    let (mut cpu, mut sent, mut came) = (0, 0u64, 0u64);
    for frame in 0..WARM_UP + FRAMES {
        if frame == WARM_UP {
            (cpu, sent, came) = (subject.cpu_ns(), 0, 0);
        }
        // A twentieth of the calls in each millisecond.
        for slice in 0..20 {
            let due = Duration::from_millis(frame * 20 + slice);
            std::thread::sleep(due.saturating_sub(start.elapsed()));
            for (at, [a, b]) in ends.iter().enumerate().filter(|(at, _)| *at as u64 % 20 == slice) {
                let text = (frame as usize + at) % TEXT;
                sent += u64::from(a.send(frame, &opus[text])) + u64::from(b.send(frame, &pcmu[text]));
                came += a.drain() + b.drain();
            }
        }
    }
    let used = (subject.cpu_ns() - cpu) as f64 / calls as f64 / (FRAMES as f64 / 50.0);
    let lost = sent.saturating_sub(came) as f64 / sent as f64;
    if lost > 0.02 {
        return Err(format!("{:.1} % of the frames did not come out", lost * 100.0));
    }
    let memory = memory_kb(std::process::id()).saturating_sub(before) as f64 / calls as f64;
    let carries = |nanoseconds: f64| SHARE * 1e9 / nanoseconds;
    Ok(format!(
        "{{\"calls\":{calls},\"calls_per_core\":{:.1},\"libopus_alone\":{:.1},\"lost_share\":{lost:.6},\"kb_per_call\":{memory:.1}}}",
        carries(used),
        carries(alone)
    ))
}
