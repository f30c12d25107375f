//! Generator and sink on one thread: in each millisecond a twentieth of the calls sends, then whatever came is opened.

use std::{
    net::{SocketAddr, UdpSocket},
    time::{Duration, Instant},
};

use rtc_srtp::{context::Context, protection_profile::ProtectionProfile};
use rustix::{
    event::{Timespec, epoll},
    thread::{CpuSet, sched_setaffinity},
};

use crate::Subject;

const WARM_UP: Duration = Duration::from_secs(2);
const WINDOW: Duration = Duration::from_secs(4);
const PACKETS_A_SECOND: usize = 50;
/// Time of sending in front, the rest by rule, so that the sink can tell a changed packet.
const PAYLOAD: usize = 160;

/// What came out.
pub struct Measured {
    pub us_per_packet: f64,
    pub packets: u64,
    pub lost_share: f64,
    pub wrong: u64,
    pub p50_us: u64,
    pub p99_us: u64,
    /// Resident memory that each call took, from before it was joined to after the traffic.
    pub kb_per_call: f64,
}

struct End {
    socket: UdpSocket,
    to: SocketAddr,
    seal: Option<Context>,
    open: Option<Context>,
    sequence: u16,
}

fn context(key: &[u8]) -> Result<Context, String> {
    let provider = rtc_crypto::default_provider().map_err(|e| e.to_string())?;
    let (key, salt) = key.split_at_checked(16).ok_or("a key that is too short")?;
    Context::new(key, salt, ProtectionProfile::Aes128CmHmacSha1_80, None, None, provider.crypto())
        .map_err(|e| e.to_string())
}

fn socket() -> Result<(UdpSocket, u16), String> {
    let socket = UdpSocket::bind("127.0.0.1:0").map_err(|e| e.to_string())?;
    socket.set_nonblocking(true).map_err(|e| e.to_string())?;
    let udp_port = socket.local_addr().map_err(|e| e.to_string())?.port();
    Ok((socket, udp_port))
}

fn key(call: usize) -> [u8; 30] {
    std::array::from_fn(|at| (at as u8).wrapping_mul(7).wrapping_add(call as u8))
}

/// Both ends of every call, before anybody knows where to send: what the generator itself needs is there when memory is read.
fn ends(calls: usize) -> Result<Vec<End>, String> {
    let mut ends = Vec::with_capacity(calls * 2);
    for call in 0..calls {
        for sealed in [false, true] {
            let (socket, udp_port) = socket()?;
            let context = || sealed.then(|| context(&key(call))).transpose();
            let to = SocketAddr::from(([127, 0, 0, 1], udp_port));
            ends.push(End { socket, to, seal: context()?, open: context()?, sequence: 1 });
        }
    }
    Ok(ends)
}

/// Joins every call at the subject.
fn join(subject: &mut dyn Subject, ends: &mut [End]) -> Result<(), String> {
    for (call, [plain, sealed]) in ends.as_chunks_mut().0.iter_mut().enumerate() {
        let (towards_plain, towards_sealed) = subject.join(plain.to.port(), sealed.to.port(), &key(call))?;
        plain.to = towards_plain.subject;
        (sealed.to, sealed.open) = (towards_sealed.subject, Some(context(&towards_sealed.seals_with)?));
    }
    Ok(())
}

impl End {
    fn send(&mut self, index: usize, since: u64) -> bool {
        self.sequence = self.sequence.wrapping_add(1);
        let mut packet = vec![0x80, 0];
        packet.extend(self.sequence.to_be_bytes());
        packet.extend((u32::from(self.sequence) * 160).to_be_bytes());
        packet.extend((index as u32 + 1).to_be_bytes());
        packet.extend(since.to_be_bytes());
        packet.resize(12 + PAYLOAD, index as u8);
        let sealed = match &mut self.seal {
            Some(context) => context.encrypt_rtp(&packet).map(|bytes| bytes.to_vec()).unwrap_or_default(),
            None => packet,
        };
        self.socket.send_to(&sealed, self.to).is_ok()
    }

    /// `Ok`: when it was sent, in nanoseconds; `Err`: it did not open or was changed; `None`: nothing there, or RTCP.
    fn receive(&mut self, index: usize) -> Option<Result<u64, ()>> {
        let mut buffer = [0; 2_048];
        let (length, _) = self.socket.recv_from(&mut buffer).ok()?;
        if matches!(buffer[1], 192..=223) {
            return self.receive(index);
        }
        let plain = match &mut self.open {
            Some(context) => context.decrypt_rtp(&buffer[..length]).map(|bytes| bytes.to_vec()).unwrap_or_default(),
            None => buffer[..length].to_vec(),
        };
        let from = (index ^ 1) as u8;
        let whole = plain.len() == 12 + PAYLOAD && plain[20..].iter().all(|byte| *byte == from);
        Some(if whole { Ok(u64::from_be_bytes(plain[12..20].try_into().unwrap_or_default())) } else { Err(()) })
    }
}

/// Joins the calls, loads them and measures for four seconds after two.
pub fn measure(subject: &mut dyn Subject, calls: usize) -> Result<Measured, String> {
    let mut ends = ends(calls)?;
    let mut latency = vec![1u64; calls * 2 * PACKETS_A_SECOND * (WARM_UP + WINDOW).as_secs() as usize];
    latency.clear();
    let memory_before = subject.memory_kb();
    join(subject, &mut ends)?;
    let poll = epoll::create(epoll::CreateFlags::CLOEXEC).map_err(|e| e.to_string())?;
    for (index, end) in ends.iter().enumerate() {
        let data = epoll::EventData::new_u64(index as u64);
        epoll::add(&poll, &end.socket, data, epoll::EventFlags::IN).map_err(|e| e.to_string())?;
    }
    let mut set = CpuSet::new();
    set.set(1);
    // With one processor both share it.
    let _ = sched_setaffinity(None, &set);
    let start = Instant::now();
    let (mut sent, mut came, mut wrong) = (0u64, 0u64, 0u64);
    let mut begun: Option<(u64, Instant)> = None;
    let mut found: Vec<epoll::Event> = Vec::with_capacity(1_024);
    let mut slice = 0u64;
    loop {
        let passed = start.elapsed();
        if begun.is_none() && passed >= WARM_UP {
            begun = Some((subject.cpu_ns(), Instant::now()));
            (sent, came) = (0, 0);
        }
        if begun.is_some_and(|(_, at)| at.elapsed() >= WINDOW) {
            break;
        }
        while Duration::from_millis(slice) <= passed {
            for call in (0..calls).filter(|call| *call as u64 % 20 == slice % 20) {
                for index in [2 * call, 2 * call + 1] {
                    sent += u64::from(ends[index].send(index, start.elapsed().as_nanos() as u64));
                }
            }
            slice += 1;
        }
        found.clear();
        let rest = Duration::from_millis(slice).saturating_sub(start.elapsed());
        let patience = Timespec { tv_sec: 0, tv_nsec: i64::from(rest.subsec_nanos()) };
        // An interrupted wait finds nothing.
        let _ = epoll::wait(&poll, rustix::buffer::spare_capacity(&mut found), Some(&patience));
        for event in &found {
            let data = event.data;
            let index = data.u64() as usize;
            while let Some(packet) = ends[index].receive(index) {
                came += 1;
                match packet {
                    Ok(at) if begun.is_some() => latency.push(start.elapsed().as_nanos() as u64 - at),
                    Ok(_) => {}
                    Err(()) => wrong += 1,
                }
            }
        }
    }
    let (cpu_before, _) = begun.ok_or("nothing measured")?;
    let used = subject.cpu_ns() - cpu_before;
    let kb_per_call = subject.memory_kb().saturating_sub(memory_before) as f64 / calls as f64;
    latency.sort_unstable();
    let at = |share: f64| latency.get((latency.len() as f64 * share) as usize).map_or(0, |ns| ns / 1_000);
    Ok(Measured {
        us_per_packet: used as f64 / 1_000.0 / came.max(1) as f64,
        packets: came,
        lost_share: sent.saturating_sub(came) as f64 / sent.max(1) as f64,
        wrong,
        p50_us: at(0.5),
        p99_us: at(0.99),
        kb_per_call,
    })
}
