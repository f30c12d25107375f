//! How long a server keeps an INVITE: from the one that goes in to the one that comes out, both ends in this process.
//!
//! `invite_delay SIP_PORT FAR_PORT USERNAME PASSWORD RATE SECONDS` prints `{"p50_ms":..,"p99_ms":..,"calls":..,"lost":..}`.
//! With the user name `-` the first INVITE counts, else the one that proves the password.

use std::{
    collections::VecDeque,
    net::{SocketAddr, UdpSocket},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};

use patchbay_kernel::Tick;
use patchbay_sip::{ClientAuth, Cmd, Event, FlowId, LegId, Output, Route, Stack, StackConfig};
use serde_json::json;

/// The first number that is called; the next call calls the next number.
const FIRST: u64 = 14_155_560_000;
const HOLD: Duration = Duration::from_millis(500);
/// After the last call: what is late may still come.
const LATE: Duration = Duration::from_secs(3);
const SDP: &str = "v=0\r\no=a 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 9 RTP/AVP 0\r\n\
                   a=rtpmap:0 PCMU/8000\r\n";

/// When each call's INVITE went in and came out, microseconds; 0: not yet.
struct Calls {
    began: Instant,
    times: Vec<(AtomicU64, AtomicU64)>,
}

impl Calls {
    fn now(&self) -> u64 {
        u64::try_from(self.began.elapsed().as_micros()).unwrap_or(u64::MAX)
    }

    /// The call that these bytes name by the number they call.
    fn of(&self, bytes: &[u8]) -> Option<&(AtomicU64, AtomicU64)> {
        let line = std::str::from_utf8(bytes.split(|byte| *byte == b'\r').next()?).ok()?;
        let number: u64 = line.split_once("sip:+")?.1.split_once('@')?.0.parse().ok()?;
        self.times.get(usize::try_from(number.checked_sub(FIRST)?).ok()?)
    }
}

/// One end: a socket and the SIP core.
struct Node {
    socket: UdpSocket,
    stack: Stack,
    calls: Arc<Calls>,
    buffer: Vec<u8>,
}

impl Node {
    fn open(listen: SocketAddr, calls: Arc<Calls>, seed: u8) -> Self {
        let socket = UdpSocket::bind(listen).expect("the address is free");
        let here = socket.local_addr().expect("it is bound");
        let stack = Stack::new(StackConfig::new("load.example", &here.to_string()), [seed; 32]);
        Self { socket, stack, calls, buffer: vec![0; 65_536] }
    }

    fn now(&self) -> Tick {
        Tick(self.calls.now())
    }

    /// Waits for at most so long for a datagram and gives it to the core; what the core wants to tell.
    fn turn(&mut self, most: Duration, heard: impl Fn(&Calls, &[u8]), said: impl Fn(&Calls, &[u8])) -> Vec<Event> {
        let due = self.stack.next_timeout().map_or(1_000_000, |at| at.since(self.now()).0);
        let wait = Duration::from_micros(due).min(most).max(Duration::from_micros(100));
        self.socket.set_read_timeout(Some(wait)).expect("a time-out above zero");
        if let Ok((length, peer)) = self.socket.recv_from(&mut self.buffer) {
            heard(&self.calls, &self.buffer[..length]);
            let now = self.now();
            self.stack.datagram(FlowId::Udp(peer), &self.buffer[..length], now);
        }
        let now = self.now();
        self.stack.timeout(now);
        let mut events = Vec::new();
        while let Some(output) = self.stack.poll() {
            match output {
                Output::Send { flow, bytes } => {
                    said(&self.calls, &bytes);
                    let _ = self.socket.send_to(&bytes, flow.peer());
                }
                Output::Event(event) => events.push(event),
                Output::Close { .. } => {}
            }
        }
        events
    }
}

/// The time of the first INVITE only.
fn stamp(time: &AtomicU64, now: u64) {
    let _ = time.compare_exchange(0, now, Relaxed, Relaxed);
}

fn far(mut node: Node) {
    loop {
        let came = |calls: &Calls, bytes: &[u8]| {
            if bytes.starts_with(b"INVITE ")
                && let Some((_, out)) = calls.of(bytes)
            {
                stamp(out, calls.now());
            }
        };
        for event in node.turn(Duration::from_secs(1), came, |_, _| {}) {
            let now = node.now();
            match event {
                Event::Invite { leg, .. } => {
                    let sdp = Some(SDP.as_bytes().to_vec());
                    node.stack.command(Cmd::Answer { leg, sdp, extra: Vec::new() }, now);
                }
                Event::Request { request, .. } => {
                    node.stack.command(Cmd::Respond { request, code: 200, extra: Vec::new() }, now);
                }
                _ => {}
            }
        }
    }
}

fn call(mut node: Node, server: SocketAddr, account: Option<&ClientAuth>, rate: u32) {
    let (mut next, mut up) = (0_usize, VecDeque::new());
    let proves = account.is_some();
    let goes = |calls: &Calls, bytes: &[u8]| {
        let counts = !proves || bytes.windows(14).any(|word| word.eq_ignore_ascii_case(b"authorization:"));
        if bytes.starts_with(b"INVITE ")
            && counts
            && let Some((into, _)) = calls.of(bytes)
        {
            stamp(into, calls.now());
        }
    };
    let all = node.calls.times.len();
    let last = Duration::from_secs(1) * u32::try_from(all).unwrap_or(u32::MAX) / rate + HOLD + LATE;
    while node.calls.began.elapsed() < last {
        let due = |call: usize| Duration::from_secs(1) * u32::try_from(call).unwrap_or(u32::MAX) / rate;
        let now = node.now();
        while next < all && node.calls.began.elapsed() >= due(next) {
            let request_uri = format!("sip:+{}@{server}", FIRST + next as u64);
            let leg = LegId(next as u64 + 1);
            let to = Route { request_uri, flow: FlowId::Udp(server), routes: Vec::new() };
            let (from, sdp, auth) = ("<sip:load@127.0.0.1>".to_owned(), SDP.as_bytes().to_vec(), account.cloned());
            node.stack.command(Cmd::Dial { leg, to, from, extra: Vec::new(), sdp, auth }, now);
            next += 1;
        }
        while up.front().is_some_and(|(at, _)| *at <= Instant::now()) {
            if let Some((_, leg)) = up.pop_front() {
                node.stack.command(Cmd::Hangup { leg, code: None, extra: Vec::new() }, now);
            }
        }
        let wait = if next < all { due(next).saturating_sub(node.calls.began.elapsed()) } else { HOLD };
        for event in node.turn(wait, |_, _| {}, goes) {
            if let Event::Answered { leg, .. } = event {
                up.push_back((Instant::now() + HOLD, leg));
            }
        }
    }
}

fn main() {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let [sip, far_port, username, password, rate, seconds] = words.as_slice() else {
        panic!("invite_delay SIP_PORT FAR_PORT USERNAME PASSWORD RATE SECONDS");
    };
    let number = |text: &str| text.parse::<u32>().expect("a number");
    let loopback = |udp_port: u32| SocketAddr::from(([127, 0, 0, 1], u16::try_from(udp_port).expect("a UDP port")));
    let (rate, seconds) = (number(rate), number(seconds));
    let times = (0..rate * seconds).map(|_| (AtomicU64::new(0), AtomicU64::new(0))).collect();
    let calls = Arc::new(Calls { began: Instant::now(), times });
    let called = Node::open(loopback(number(far_port)), calls.clone(), 1);
    std::thread::spawn(move || far(called));
    let account =
        (username != "-").then(|| ClientAuth { username: username.clone(), password: password.clone(), realm: None });
    call(Node::open(loopback(0), calls.clone(), 2), loopback(number(sip)), account.as_ref(), rate);
    let pairs = calls.times.iter().map(|(into, out)| (into.load(Relaxed), out.load(Relaxed)));
    let mut delays: Vec<u64> =
        pairs.filter(|(into, out)| *into > 0 && out >= into).map(|(into, out)| out - into).collect();
    delays.sort_unstable();
    let at = |percent: usize| delays.get(delays.len().saturating_sub(1) * percent / 100).map(|us| *us as f64 / 1_000.0);
    let (all, came) = (calls.times.len(), delays.len());
    let said = json!({"p50_ms": at(50), "p99_ms": at(99), "most_ms": at(100), "calls": all, "lost": all - came});
    use std::io::Write as _;
    writeln!(std::io::stdout(), "{said}").expect("somebody reads");
}
