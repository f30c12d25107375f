//! INVITEs of a thousand strangers a second beside good calls (`safety.md` F18): none of the good ones is lost.

use std::{
    net::{Ipv4Addr, SocketAddr, UdpSocket},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};

use patchbay_testkit::Call;
use patchbay_tests::{
    Store,
    story::{ABROAD, Scene, both_hear},
};

use crate::raw::{answers, percentile, resident};

const MIB: u64 = 1024 * 1024;
/// Good calls that stay up while the next one comes up.
const AT_ONCE: usize = 1;
/// Addresses that the flood comes from.
const SOURCES: usize = 1_000;

/// Strangers that dial as fast as they are told to, from a thread of their own.
struct Flood {
    stop: Arc<AtomicBool>,
    sent: Arc<AtomicU64>,
    thread: std::thread::JoinHandle<()>,
}

impl Flood {
    fn start(server: SocketAddr, per_s: u64) -> Self {
        let (stop, sent) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
        let (stopped, counted) = (stop.clone(), sent.clone());
        let thread = std::thread::spawn(move || flood(server, per_s, &stopped, &counted));
        Self { stop, sent, thread }
    }

    fn end(self) -> u64 {
        self.stop.store(true, Relaxed);
        self.thread.join().unwrap();
        self.sent.load(Relaxed)
    }
}

fn flood(server: SocketAddr, per_s: u64, stop: &AtomicBool, sent: &AtomicU64) {
    let sockets: Vec<UdpSocket> = (0..SOURCES)
        .map(|n| {
            let [high, low] = u16::try_from(n + 1).unwrap().to_be_bytes();
            let socket = UdpSocket::bind((Ipv4Addr::new(127, 60, high, low), 0)).unwrap();
            socket.set_nonblocking(true).unwrap();
            socket
        })
        .collect();
    let (began, mut n) = (Instant::now(), 0_u64);
    while !stop.load(Relaxed) {
        let due = u64::try_from(began.elapsed().as_micros()).unwrap() * per_s / 1_000_000;
        while n < due {
            let source = usize::try_from(n).unwrap() % SOURCES;
            let text = format!(
                "INVITE sip:+14155550100@patchbay.local SIP/2.0\r\nVia: SIP/2.0/UDP flood.invalid;branch=z9hG4bKf{n};rport\r\n\
                From: <sip:{n}@flood.invalid>;tag={n}\r\nTo: <sip:+14155550100@patchbay.local>\r\nCall-ID: flood{n}\r\n\
                CSeq: 1 INVITE\r\nMax-Forwards: 70\r\nContact: <sip:f@flood.invalid>\r\nContent-Length: 0\r\n\r\n"
            );
            let _ = sockets[source].send_to(text.as_bytes(), server);
            n += 1;
        }
        sent.store(n, Relaxed);
        std::thread::sleep(Duration::from_millis(2));
    }
}

/// Both ends know that a call is over, and why: it was not lost before.
async fn over((ours, mut theirs): (Call, Call)) {
    ours.hang_up();
    assert_eq!(theirs.ended().await, patchbay_sip::End::Bye, "a call was lost");
}

/// Good calls one after the other while strangers flood: all come up, all are heard, in time.
#[expect(clippy::print_stdout, reason = "figures for whoever runs it by hand")]
async fn good_calls_beside(per_s: u64, seconds: u64, calls: u32) {
    let mut scene = Scene::sip_trunk(Store::Sqlite, 10).await;
    let (sip, process) = (scene.server.sip_address(), scene.server.process().id());
    let quiet = percentile(&mut answers(sip, 100, Duration::from_millis(5)).await, 99);
    let before = resident(process);
    let began = Instant::now();
    let flood = Flood::start(sip, per_s);
    let (mut up, mut set_up, mut most) = (Vec::new(), Vec::new(), 0);
    for n in 0..calls {
        let due = Duration::from_secs(seconds) * n / calls;
        tokio::time::sleep(due.saturating_sub(began.elapsed())).await;
        let dialled = Instant::now();
        up.push(scene.talk(ABROAD).await);
        set_up.push(dialled.elapsed());
        most = most.max(resident(process));
        // A company whose address is not verified holds few calls at once: the oldest has lasted long enough.
        if up.len() > AT_ONCE {
            over(up.remove(0)).await;
        }
    }
    let newest = up.len() - 1;
    both_hear(&up[newest].0, &up[newest].1).await;
    tokio::time::sleep(Duration::from_secs(seconds).saturating_sub(began.elapsed())).await;
    let (lasted, sent) = (began.elapsed(), flood.end());
    most = most.max(resident(process));

    let back = Instant::now();
    let normal = Duration::from_millis(50).max(quiet * 5);
    while percentile(&mut answers(sip, 50, Duration::from_millis(2)).await, 99) > normal {
        assert!(back.elapsed() < Duration::from_secs(10), "not back to normal 10 s after the flood");
    }
    let back = back.elapsed();
    both_hear(&up[newest].0, &up[newest].1).await;
    for call in up {
        over(call).await;
    }
    let rate = sent * 1_000 / u64::try_from(lasted.as_millis()).unwrap();
    let (p50, p99) = (percentile(&mut set_up, 50), percentile(&mut set_up, 99));
    let grown = most.saturating_sub(before);
    println!(
        "{rate} INVITE/s of strangers for {lasted:?}: {calls} calls up in {p50:?} (p50), {p99:?} (p99); {} MiB more; normal after {back:?}",
        grown / MIB
    );
    assert!(p99 <= Duration::from_secs(1), "set-up p99 {p99:?}");
    assert!(grown < 200 * MIB, "{} MiB more", grown / MIB);
    assert!(rate >= per_s / 2, "the flood was only {rate}/s");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_flood_of_strangers_takes_no_good_call() {
    good_calls_beside(4_000, 6, 10).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "the gate itself: a minute, and a release build in PATCHBAY_BIN"]
async fn twenty_thousand_a_second_for_a_minute_beside_fifty_calls() {
    good_calls_beside(20_000, 60, 50).await;
}
