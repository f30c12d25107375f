//! Peers that stall in every way at once, and a good one beside them.

use std::{
    net::{Ipv4Addr, SocketAddr},
    time::Duration,
};

use crate::{
    abuse::{answer_all, ask, options},
    support::{pipe::pipe, start},
};
use futures::SinkExt;
use patchbay_signaling::{Limits, Signaling, WebSocketFrame};
use tokio::{
    io::AsyncWriteExt,
    net::{TcpSocket, TcpStream, UdpSocket},
};

/// Sockets that say nothing: as many as a test process may have beside the server's ends of them.
const IDLE: u32 = 1_500;

async fn connect_from(source: Ipv4Addr, to: SocketAddr, window: Option<u32>) -> std::io::Result<TcpStream> {
    let socket = TcpSocket::new_v4()?;
    socket.bind((source, 0).into())?;
    if let Some(bytes) = window {
        socket.set_recv_buffer_size(bytes)?;
    }
    socket.connect(to).await
}

/// 127.2.x.y: thirty connections each.
fn source(n: u32) -> Ipv4Addr {
    let [_, _, high, low] = (n / 30).to_be_bytes();
    Ipv4Addr::new(127, 2, high, low.max(1))
}

/// The 99th of a hundred answers, by time, for so long.
async fn p99(server: &Signaling, rounds: usize) -> Duration {
    let good = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let mut took = Vec::new();
    for n in 0..rounds {
        took.push(ask(&good, server.udp_addr(), n).await.expect("an answer beside the attack"));
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    took.sort_unstable();
    took[rounds * 99 / 100]
}

async fn idle(server: &Signaling) -> Vec<TcpStream> {
    let mut kept = Vec::new();
    for n in 0..IDLE {
        // Every third begins a TLS handshake that it never ends.
        let to = if n % 3 == 0 { server.tls_addr().unwrap() } else { server.tcp_addr() };
        if let Ok(mut stream) = connect_from(source(n), to, None).await {
            if n % 3 == 0 {
                let _ = stream.write_all(&[0x16, 3, 1, 2, 0, 1, 0, 1, 0xfc, 3, 3]).await;
            }
            kept.push(stream);
        }
    }
    kept
}

/// One byte at a time, from fifty connections.
async fn dribble(server: SocketAddr) {
    let mut streams = Vec::new();
    for n in 0..50 {
        streams.push(connect_from(Ipv4Addr::new(127, 3, 0, n + 1), server, None).await.unwrap());
    }
    for byte in options(1, "TCP", server).bytes().cycle() {
        for stream in &mut streams {
            let _ = stream.write_all(&[byte]).await;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// Asks and asks and reads nothing.
async fn never_reads(server: SocketAddr) {
    let mut stream = connect_from(Ipv4Addr::new(127, 4, 0, 1), server, Some(4_096)).await.unwrap();
    let here = stream.local_addr().unwrap();
    for n in 0.. {
        if stream.write_all(options(n, "TCP", here).as_bytes()).await.is_err() {
            return;
        }
    }
}

async fn page_never_reads(server: &Signaling) {
    let (mut page, socket) = pipe();
    server.websocket(socket, "127.0.0.1:9".parse().unwrap());
    for n in 0.. {
        let text = options(n, "WS", "127.0.0.1:9".parse().unwrap());
        if page.send(WebSocketFrame::Message(text.into_bytes())).await.is_err() {
            return;
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_good_peer_notices_nothing_of_those_that_stall() {
    let limits = Limits {
        write_within: Duration::from_secs(1),
        first_message_within: Duration::from_secs(4),
        message_within: Duration::from_secs(4),
        strange_connections: 1_000,
        ..Limits::default()
    };
    let server = answer_all(start(limits).await, 8 * 1_024);
    server.know_sources(vec!["127.0.0.1".parse().unwrap()]);
    let quiet = p99(&server, 100).await;
    let here = server.clone();
    let attack = [
        tokio::spawn(dribble(server.tcp_addr())),
        tokio::spawn(never_reads(server.tcp_addr())),
        tokio::spawn(async move { page_never_reads(&here).await }),
    ];
    let kept = idle(&server).await;
    let attacked = p99(&server, 300).await;
    // A tenth of what a caller notices; a stall of the shell would be seconds.
    let bound = Duration::from_millis(100).max(quiet * 10);
    assert!(attacked < bound, "p99 {attacked:?} beside the attack, {quiet:?} without it");
    let stats = server.stats();
    assert!(stats.connections <= 1_100, "{stats:?}");
    assert!(stats.strangers_closed >= 300, "the oldest strangers made room: {stats:?}");
    tokio::time::sleep(Duration::from_secs(5)).await;
    for task in attack {
        task.abort();
    }
    let stats = server.stats();
    assert!(stats.queues_overflown + stats.writes_timed_out >= 2, "{stats:?}");
    assert!(stats.reads_timed_out >= 500, "{stats:?}");
    drop(kept);
    for _ in 0..50 {
        tokio::time::sleep(Duration::from_millis(100)).await;
        if server.stats().connections == 0 {
            return;
        }
    }
    panic!("places are not given back: {:?}", server.stats());
}
