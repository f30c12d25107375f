//! Sockets that hold the server up: idle ones by the thousand, one byte a second, readers that stop; a good peer notices nothing.

use std::{
    net::{Ipv4Addr, SocketAddr},
    time::Duration,
};

use patchbay_tests::{Server, Store, story::Scene};
use tokio::{
    io::AsyncWriteExt,
    net::{TcpSocket, TcpStream},
    task::JoinSet,
};

use crate::raw::{Wire, answers, percentile, resident};

const MIB: u64 = 1024 * 1024;

async fn connect(source: Ipv4Addr, to: SocketAddr, small: bool) -> Option<TcpStream> {
    let socket = TcpSocket::new_v4().ok()?;
    socket.bind((source, 0).into()).ok()?;
    if small {
        socket.set_recv_buffer_size(4_096).ok()?;
    }
    socket.connect(to).await.ok()
}

/// 127.`net`.x.y, fifty connections each.
fn source(net: u8, n: u32) -> Ipv4Addr {
    let [_, _, high, low] = (n / 50 + 1).to_be_bytes();
    Ipv4Addr::new(127, net, high, low)
}

struct Targets {
    sip: SocketAddr,
    tls: SocketAddr,
    http: SocketAddr,
}

fn targets(server: &Server) -> Targets {
    let http = server.url().trim_start_matches("http://").parse().unwrap();
    Targets { sip: server.sip_address(), tls: SocketAddr::from(([127, 0, 0, 1], server.tls())), http }
}

/// Connections that begin something and say no more: SIP, TLS and HTTP in turn.
async fn idle(targets: &Targets, count: u32) -> Vec<TcpStream> {
    let mut kept = Vec::new();
    for n in 0..count {
        let (to, beginning): (_, &[u8]) = match n % 4 {
            0 => (targets.sip, b""),
            1 => (targets.sip, b"INVITE sip:x@patchbay.local SIP/2.0\r\nVia: "),
            2 => (targets.tls, &[0x16, 3, 1, 2, 0, 1, 0, 1, 0xfc, 3, 3]),
            _ => (targets.http, b"GET /sip?ticket=x HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\n"),
        };
        if let Some(mut stream) = connect(source(40, n), to, false).await {
            let _ = stream.write_all(beginning).await;
            kept.push(stream);
        }
    }
    kept
}

/// One byte, a hundred connections, again and again.
async fn dribble(to: SocketAddr, text: Vec<u8>, net: u8) {
    let mut streams = Vec::new();
    for n in 0..100 {
        streams.extend(connect(source(net, n), to, false).await);
    }
    for byte in text.iter().cycle() {
        for stream in &mut streams {
            let _ = stream.write_all(&[*byte]).await;
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

/// Asks without end and reads nothing.
async fn never_reads(to: SocketAddr, text: Vec<u8>, net: u8) {
    loop {
        let Some(mut stream) = connect(source(net, 0), to, true).await else { return };
        while stream.write_all(&text).await.is_ok() {
            tokio::task::yield_now().await;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

/// A good peer's calls while all this goes on.
#[expect(clippy::print_stdout, reason = "figures for whoever runs it by hand")]
async fn the_good_notice_nothing(sockets: u32) {
    let mut scene = Scene::sip_trunk(Store::Sqlite, 10).await;
    let (to, sip) = (targets(&scene.server), scene.server.sip_address());
    let process = scene.server.process().id();
    let quiet = percentile(&mut answers(sip, 200, Duration::from_millis(5)).await, 99);
    let before = resident(process);
    let options = Wire::tcp(Ipv4Addr::new(127, 44, 0, 1), sip).await.options(1).into_bytes();
    let request = b"GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n".to_vec();
    let mut attack = JoinSet::new();
    attack.spawn(dribble(to.sip, options.clone(), 41));
    attack.spawn(dribble(to.http, request.clone(), 42));
    attack.spawn(never_reads(to.sip, options, 43));
    attack.spawn(never_reads(to.http, request, 45));
    let kept = idle(&to, sockets).await;
    let attacked = percentile(&mut answers(sip, 400, Duration::from_millis(5)).await, 99);
    let mut set_up = Vec::new();
    for _ in 0..5 {
        let began = tokio::time::Instant::now();
        let (ours, mut theirs) = scene.talk(patchbay_tests::story::ABROAD).await;
        set_up.push(began.elapsed());
        ours.hang_up();
        theirs.ended().await;
    }
    let api = scene.company.owner.get("/v1/company").await;
    assert!(api["id"].is_string());
    let grown = resident(process).saturating_sub(before);
    attack.shutdown().await;
    let bound = Duration::from_millis(150).max(quiet * 10);
    assert!(attacked < bound, "OPTIONS p99 {attacked:?} beside the attack, {quiet:?} without it");
    let slowest = percentile(&mut set_up, 100);
    assert!(slowest < Duration::from_secs(1), "a call was set up in {slowest:?}");
    assert!(grown < 200 * MIB, "{} MiB more for {} sockets", grown / MIB, kept.len());
    println!(
        "{sockets} sockets: OPTIONS p99 {attacked:?} (quiet {quiet:?}), calls up in {slowest:?} at most, {} MiB more",
        grown / MIB
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_thousand_idle_sockets_and_a_few_that_stall() {
    the_good_notice_nothing(2_000).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "a minute long; run it by name"]
async fn ten_thousand_idle_sockets_and_a_few_that_stall() {
    the_good_notice_nothing(10_000).await;
}
