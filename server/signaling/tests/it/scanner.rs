//! Strangers who try doors, and crowds of them.

use std::{net::SocketAddr, time::Duration};

use crate::{
    abuse::{answer_all, answer_with, ask, options},
    support::start,
};
use patchbay_signaling::Limits;
use tokio::{net::UdpSocket, time::timeout};

/// Sends and tells the status of the answer, or that there was none.
async fn status(socket: &UdpSocket, server: SocketAddr, text: &str) -> Option<String> {
    socket.send_to(text.as_bytes(), server).await.unwrap();
    let mut buffer = vec![0; 4_096];
    let (length, _) = timeout(Duration::from_millis(150), socket.recv_from(&mut buffer)).await.ok()?.ok()?;
    Some(String::from_utf8_lossy(&buffer[..length]).into_owned())
}

fn message(n: usize, at: SocketAddr) -> String {
    options(n, "UDP", at).replace("OPTIONS", "MESSAGE")
}

#[tokio::test]
async fn whoever_earns_nothing_but_refusals_is_not_heard_any_more() {
    let server = answer_with(start(Limits::default()).await, 403, 1);
    let thief = UdpSocket::bind("127.0.0.7:0").await.unwrap();
    let here = thief.local_addr().unwrap();
    let mut answers = 0;
    for n in 0..40 {
        answers += usize::from(status(&thief, server.udp_addr(), &message(n, here)).await.is_some());
    }
    assert!((30..=36).contains(&answers), "three points each, a hundred in all: {answers}");
    assert!(server.stats().silenced >= 4, "{:?}", server.stats());
    // Nor over a connection.
    let socket = tokio::net::TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.7:0".parse().unwrap()).unwrap();
    let mut stream = socket.connect(server.tcp_addr()).await.unwrap();
    let text = options(1, "TCP", stream.local_addr().unwrap());
    tokio::io::AsyncWriteExt::write_all(&mut stream, text.as_bytes()).await.unwrap();
    let read = timeout(Duration::from_secs(2), tokio::io::AsyncReadExt::read(&mut stream, &mut [0; 64])).await;
    assert!(matches!(read, Ok(Ok(0) | Err(_))), "the connection is closed without a word: {read:?}");
    // Others are.
    let other = UdpSocket::bind("127.0.0.8:0").await.unwrap();
    let text = message(1, other.local_addr().unwrap());
    assert!(status(&other, server.udp_addr(), &text).await.unwrap().starts_with("SIP/2.0 403 "));
}

#[tokio::test]
async fn a_gateway_and_whoever_was_let_in_are_always_heard() {
    let server = answer_with(start(Limits::default()).await, 403, 1);
    server.know_sources(vec!["127.0.0.7".parse().unwrap()]);
    let gateway = UdpSocket::bind("127.0.0.7:0").await.unwrap();
    let here = gateway.local_addr().unwrap();
    for n in 0..120 {
        assert!(status(&gateway, server.udp_addr(), &message(n, here)).await.is_some(), "message {n}");
    }
}

#[tokio::test]
async fn a_crowd_of_strangers_is_told_to_come_later_and_the_known_are_served() {
    let limits = Limits { strangers: (5, 20), ..Limits::default() };
    let server = answer_all(start(limits).await, 1);
    server.know_sources(vec!["127.0.0.1".parse().unwrap()]);
    let (mut served, mut sent_away) = (0, 0);
    for n in 0..60_u8 {
        let stranger = UdpSocket::bind((std::net::Ipv4Addr::new(127, 1, 0, n + 1), 0)).await.unwrap();
        let text = options(1, "UDP", stranger.local_addr().unwrap());
        let answer = status(&stranger, server.udp_addr(), &text).await.expect("an answer");
        if answer.starts_with("SIP/2.0 503 ") {
            let wait = answer.lines().find_map(|line| line.strip_prefix("Retry-After: ")).unwrap();
            assert!((5..=20).contains(&wait.parse::<u32>().unwrap()), "{wait}");
            sent_away += 1;
        } else {
            assert!(answer.starts_with("SIP/2.0 200 "), "{answer}");
            served += 1;
        }
    }
    assert!((20..=40).contains(&served) && sent_away >= 20, "{served} served, {sent_away} sent away");
    let gateway = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    for n in 0..50 {
        assert!(ask(&gateway, server.udp_addr(), n).await.is_some());
    }
    assert_eq!(server.stats().shed, sent_away);
}
