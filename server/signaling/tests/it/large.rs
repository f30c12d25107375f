//! Requests too large for a datagram (RFC 3261 section 18.1.1).

use std::time::Duration;

use crate::support::{End, start};
use patchbay_signaling::Limits;
use patchbay_sip::{Cmd, Event, FlowId, LegId, Net, Route};
use tokio::{net::UdpSocket, time::timeout};

fn dial_at_length(end: &End, flow: FlowId, uri: &str) -> LegId {
    let leg = end.signaling.new_leg();
    end.signaling.command(Cmd::Dial {
        leg,
        to: Route { request_uri: uri.into(), flow, routes: Vec::new() },
        from: "<sip:a@pbx.test>".into(),
        extra: vec![("X-Story".into(), "x".repeat(1_500))],
        sdp: b"v=0\r\no=a\r\n".to_vec(),
        auth: None,
    });
    leg
}

#[tokio::test]
async fn they_go_over_tcp_and_so_do_their_cancel_and_their_answers() {
    let (mut a, mut b) = (start(Limits::default()).await, start(Limits::default()).await);
    let peer = b.signaling.udp_addr();
    let leg = dial_at_length(&a, a.signaling.open(Net::Udp, peer, None), &format!("sip:b@{peer}"));
    let arrived = match b.next().await {
        Event::Invite { leg, flow: FlowId::Stream(_, Net::Tcp, _), message, .. } => {
            assert_eq!(message.body(), b"v=0\r\no=a\r\n");
            leg
        }
        other => panic!("an INVITE over TCP, not {other:?}"),
    };
    b.signaling.command(Cmd::Ring { leg: arrived, code: 180, sdp: None, extra: Vec::new() });
    assert!(matches!(a.next().await, Event::Progress { leg: it, code: 180, .. } if it == leg));
    a.signaling.command(Cmd::Hangup { leg, code: None, extra: Vec::new() });
    assert!(matches!(b.next().await, Event::Ended { leg, .. } if leg == arrived), "the CANCEL took the same way");
    assert_eq!((a.signaling.stats().datagrams_out, a.signaling.stats().connections), (0, 1));
}

#[tokio::test]
async fn a_peer_without_tcp_gets_its_datagrams() {
    let a = start(Limits::default()).await;
    let far = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let peer = far.local_addr().unwrap();
    let mut buffer = vec![0; 4_096];
    for _ in 0..2 {
        dial_at_length(&a, a.signaling.open(Net::Udp, peer, None), &format!("sip:b@{peer}"));
        let (length, _) = timeout(Duration::from_secs(3), far.recv_from(&mut buffer)).await.unwrap().unwrap();
        let text = String::from_utf8_lossy(&buffer[..length]).into_owned();
        assert!(length > 1_500 && text.contains("Via: SIP/2.0/UDP "), "{text}");
    }
}
