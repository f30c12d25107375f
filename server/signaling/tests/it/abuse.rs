//! Peers that stall, dribble, flood and talk nonsense.

use std::{net::SocketAddr, time::Duration};

use crate::support::{End, call, start};
use patchbay_signaling::{Limits, Signaling};
use patchbay_sip::{Cmd, Event, Net};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpSocket, TcpStream, UdpSocket},
    time::timeout,
};

pub fn options(n: usize, via: &str, at: SocketAddr) -> String {
    format!(
        "OPTIONS sip:x@pbx.test SIP/2.0\r\nVia: SIP/2.0/{via} {at};branch=z9hG4bKopt{n};rport\r\n\
        From: <sip:t@pbx.test>;tag=t\r\nTo: <sip:x@pbx.test>\r\nCall-ID: opt{n}{at}\r\nCSeq: {n} OPTIONS\r\n\
        Max-Forwards: 70\r\nContent-Length: 0\r\n\r\n"
    )
}

/// Answers every request with 200 and a header of so many bytes.
pub fn answer_all(end: End, weight: usize) -> Signaling {
    answer_with(end, 200, weight)
}

/// Answers every request with this status and a header of so many bytes.
pub fn answer_with(mut end: End, code: u16, weight: usize) -> Signaling {
    let signaling = end.signaling.clone();
    tokio::spawn(async move {
        while let Some(event) = end.events.recv().await {
            if let Event::Request { request, .. } = event {
                let extra = vec![("X-Weight".to_owned(), "x".repeat(weight))];
                end.signaling.command(Cmd::Respond { request, code, extra });
            }
        }
    });
    signaling
}

/// Sends OPTIONS by UDP and waits for the answer.
pub async fn ask(socket: &UdpSocket, server: SocketAddr, n: usize) -> Option<Duration> {
    let clock = crate::support::SystemClock::start();
    let text = options(n, "UDP", socket.local_addr().unwrap());
    socket.send_to(text.as_bytes(), server).await.unwrap();
    let mut buffer = vec![0; 65_536];
    let (length, _) = timeout(Duration::from_secs(2), socket.recv_from(&mut buffer)).await.ok()?.ok()?;
    assert!(buffer[..length].starts_with(b"SIP/2.0 200"), "{}", String::from_utf8_lossy(&buffer[..length]));
    Some(Duration::from_micros(patchbay_kernel::Clock::tick(&clock).0))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reader_that_stops_reading_delays_nobody_and_is_closed() {
    let limits = Limits {
        queue_bytes: 256 * 1024,
        write_within: Duration::from_millis(800),
        messages_per_s: 5_000,
        burst: 5_000,
        ..Limits::default()
    };
    let server = answer_all(start(limits).await, 16 * 1024);
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(4_096).unwrap();
    let mut stalled = socket.connect(server.tcp_addr()).await.unwrap();
    let here = stalled.local_addr().unwrap();
    let flood = tokio::spawn(async move {
        for n in 0..2_000 {
            if stalled.write_all(options(n, "TCP", here).as_bytes()).await.is_err() {
                break;
            }
        }
        stalled
    });
    let other = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let mut slowest = Duration::ZERO;
    for n in 0..100 {
        let took = ask(&other, server.udp_addr(), n).await.expect("an answer while another peer stalls");
        slowest = slowest.max(took);
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert!(slowest < Duration::from_millis(400), "the slowest answer took {slowest:?}");
    let _stalled = timeout(Duration::from_secs(5), flood).await.unwrap().unwrap();
    for _ in 0..60 {
        let stats = server.stats();
        if stats.connections == 0 && stats.queues_overflown + stats.writes_timed_out > 0 {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("the stalled connection is still there: {:?}", server.stats());
}

#[tokio::test]
async fn garbage_kills_nothing() {
    let (mut a, mut b) = (start(Limits::default()).await, start(Limits::default()).await);
    // A stranger that talks nonsense would not be heard any more.
    b.signaling.know_sources(vec!["127.0.0.1".parse().unwrap()]);
    let mut chance = patchbay_kernel::SeededEntropy::new(11);
    let udp = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let seed = options(1, "UDP", udp.local_addr().unwrap()).into_bytes();
    for _ in 0..300 {
        let mut bytes = seed.clone();
        for _ in 0..20 {
            let at = patchbay_kernel::Entropy::below(&mut chance, bytes.len() as u64) as usize;
            bytes[at] = patchbay_kernel::Entropy::next_u64(&mut chance) as u8;
        }
        udp.send_to(&bytes, b.signaling.udp_addr()).await.unwrap();
        if let Ok(mut stream) = TcpStream::connect(b.signaling.tcp_addr()).await {
            let _ = stream.write_all(&bytes).await;
        }
    }
    udp.send_to(&[], b.signaling.udp_addr()).await.unwrap();
    tokio::time::sleep(Duration::from_millis(100)).await;
    while b.events.try_recv().is_ok() {}
    assert_eq!(b.signaling.stats().panics, 0);
    let flow = a.signaling.open(Net::Udp, b.signaling.udp_addr(), None);
    let uri = format!("sip:b@{}", b.signaling.udp_addr());
    call(&mut a, &mut b, flow, &uri).await;
}

#[tokio::test]
async fn whoever_dribbles_or_says_nothing_is_closed() {
    let limits = Limits {
        message_within: Duration::from_millis(300),
        first_message_within: Duration::from_millis(300),
        ..Limits::default()
    };
    let server = answer_all(start(limits).await, 1);
    let mut silent = TcpStream::connect(server.tcp_addr()).await.unwrap();
    let mut silent_tls = TcpStream::connect(server.tls_addr().unwrap()).await.unwrap();
    let mut slow = TcpStream::connect(server.tcp_addr()).await.unwrap();
    for byte in options(1, "TCP", slow.local_addr().unwrap()).bytes() {
        if slow.write_all(&[byte]).await.is_err() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    let mut buffer = [0; 64];
    for stream in [&mut silent, &mut silent_tls, &mut slow] {
        let read = timeout(Duration::from_secs(2), stream.read(&mut buffer)).await.expect("closed in time");
        assert!(matches!(read, Ok(0) | Err(_)), "closed, not {read:?}");
    }
    assert_eq!(server.stats().reads_timed_out, 3);
}

#[tokio::test]
async fn pings_are_answered_and_one_source_has_so_many_connections() {
    let server = answer_all(start(Limits { connections_per_source: 3, ..Limits::default() }).await, 1);
    let mut kept = Vec::new();
    for _ in 0..3 {
        let mut stream = TcpStream::connect(server.tcp_addr()).await.unwrap();
        stream.write_all(b"\r\n\r\n").await.unwrap();
        let mut pong = [0; 2];
        timeout(Duration::from_secs(2), stream.read_exact(&mut pong)).await.unwrap().unwrap();
        assert_eq!(&pong, b"\r\n");
        kept.push(stream);
    }
    let mut fourth = TcpStream::connect(server.tcp_addr()).await.unwrap();
    let read = timeout(Duration::from_secs(2), fourth.read(&mut [0; 8])).await.unwrap();
    assert!(matches!(read, Ok(0) | Err(_)));
    assert_eq!((server.stats().connections, server.stats().connections_refused), (3, 1));
    kept.pop();
    tokio::time::sleep(Duration::from_millis(50)).await;
    let mut again = TcpStream::connect(server.tcp_addr()).await.unwrap();
    again.write_all(b"\r\n\r\n").await.unwrap();
    assert_eq!(timeout(Duration::from_secs(2), again.read(&mut [0; 8])).await.unwrap().unwrap(), 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_flood_from_one_source_is_dropped_and_another_is_served() {
    let server = answer_all(start(Limits { messages_per_s: 50, burst: 100, ..Limits::default() }).await, 1);
    let flood = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    for n in 0..3_000 {
        let text = options(n, "UDP", flood.local_addr().unwrap());
        flood.send_to(text.as_bytes(), server.udp_addr()).await.unwrap();
    }
    let other = UdpSocket::bind("127.0.0.2:0").await.unwrap();
    assert!(ask(&other, server.udp_addr(), 1).await.is_some(), "another source is served");
    let stats = server.stats();
    assert!(stats.rate_dropped > 2_000, "{stats:?}");
    server.know_sources(vec!["127.0.0.1".parse().unwrap()]);
    let known = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    tokio::time::sleep(Duration::from_millis(200)).await;
    for n in 0..500 {
        assert!(ask(&known, server.udp_addr(), n).await.is_some(), "a known source may send more");
    }
}
