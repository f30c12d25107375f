//! Two ends call each other over every transport.

use crate::support::{End, call, pipe::pipe, start, start_with, tls};
use patchbay_signaling::Limits;
use patchbay_sip::{Event, Net};

async fn pair() -> (End, End) {
    (start(Limits::default()).await, start(Limits::default()).await)
}

#[tokio::test]
async fn over_udp() {
    let (mut a, mut b) = pair().await;
    let peer = b.signaling.udp_addr();
    let flow = a.signaling.open(Net::Udp, peer, None);
    call(&mut a, &mut b, flow, &format!("sip:b@{peer}")).await;
}

#[tokio::test]
async fn over_tcp_and_the_connection_is_used_again() {
    let (mut a, mut b) = pair().await;
    let peer = b.signaling.tcp_addr();
    for _ in 0..3 {
        let flow = a.signaling.open(Net::Tcp, peer, None);
        call(&mut a, &mut b, flow, &format!("sip:b@{peer};transport=tcp")).await;
    }
    assert_eq!((a.signaling.stats().connections, b.signaling.stats().connections), (1, 1));
}

#[tokio::test]
async fn over_tls_with_a_certificate_that_is_believed() {
    let (server, client) = tls();
    let mut a = start_with(Limits::default(), server.clone(), client.clone()).await;
    let mut b = start_with(Limits::default(), server, client).await;
    let peer = b.signaling.tls_addr().unwrap();
    let flow = a.signaling.open(Net::Tls, peer, Some("localhost".into()));
    call(&mut a, &mut b, flow, &format!("sip:b@{peer};transport=tls")).await;
}

#[tokio::test]
async fn a_foreign_certificate_is_refused_and_the_call_fails_at_once() {
    let (mut a, b) = pair().await;
    let peer = b.signaling.tls_addr().unwrap();
    let flow = a.signaling.open(Net::Tls, peer, Some("localhost".into()));
    let dialled = a.dial(flow, &format!("sip:b@{peer};transport=tls"));
    assert!(matches!(a.next().await, Event::Refused { leg, code: 503, message: None } if leg == dialled));
    assert!(matches!(a.next().await, Event::FlowDown { flow: down } if down == flow));
}

#[tokio::test]
async fn over_a_websocket() {
    let (mut a, mut b) = pair().await;
    let (here, there) = pipe();
    let peer = "127.0.0.1:9".parse().unwrap();
    let flow = a.signaling.websocket(here, peer);
    b.signaling.websocket(there, peer);
    call(&mut a, &mut b, flow, "sip:b@page.invalid;transport=ws").await;
    a.signaling.close(flow);
    loop {
        if let Event::FlowDown { flow: down } = a.next().await {
            assert_eq!(down, flow);
            break;
        }
    }
    assert!(matches!(b.next().await, Event::FlowDown { .. }));
}

#[tokio::test]
async fn a_connection_that_nobody_takes_fails_the_call() {
    let mut a = start(Limits::default()).await;
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let flow = a.signaling.open(Net::Tcp, closed, None);
    let dialled = a.dial(flow, &format!("sip:b@{closed};transport=tcp"));
    assert!(matches!(a.next().await, Event::Refused { leg, code: 503, message: None } if leg == dialled));
    assert!(matches!(a.next().await, Event::FlowDown { flow: down } if down == flow));
}

#[tokio::test]
async fn stopping_sends_what_is_due_and_frees_the_addresses() {
    let (mut a, mut b) = pair().await;
    let peer = b.signaling.udp_addr();
    a.dial(a.signaling.open(Net::Udp, peer, None), &format!("sip:b@{peer}"));
    a.signaling.stop().await;
    assert!(matches!(b.next().await, Event::Invite { .. }), "the order given before the stop was carried out");
    let (tcp, udp) = (a.signaling.tcp_addr(), a.signaling.udp_addr());
    assert!(a.events.recv().await.is_none());
    tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    std::net::UdpSocket::bind(udp).unwrap();
    std::net::TcpListener::bind(tcp).unwrap();
}
