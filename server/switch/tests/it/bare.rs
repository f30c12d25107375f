//! What our own stack never sends as a phone: offers in the ACK, challenges of a thief, requests by hand.

use std::{net::SocketAddr, time::Duration};

use patchbay_kernel::{CallId, EndCause, GatewayId, LegId};
use patchbay_media::{Engine, LegOpen, MediaLegKind, MediaPolicy, Play};
use patchbay_plane::{Codec, Destination, LiveState, SrtpMode, Switch, route::TrunkAuth};
use patchbay_signaling::Limits;
use patchbay_sip::{Cmd, Message, Name};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpSocket, UdpSocket},
};

use crate::support::{PASSWORD, Phone, World, device, engines, id, line, plan, trunk};

/// One dialog written by hand.
struct Hand {
    socket: UdpSocket,
    here: SocketAddr,
    switch: SocketAddr,
    to: String,
    target: String,
}

impl Hand {
    async fn new(switch: SocketAddr) -> Self {
        let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        let here = socket.local_addr().unwrap();
        Self { socket, here, switch, to: "<sip:101@pbx.test>".into(), target: "sip:101@pbx.test".into() }
    }

    async fn send(&self, method: &str, cseq: u32, sdp: &str) {
        let kind = if sdp.is_empty() { "" } else { "Content-Type: application/sdp\r\n" };
        let (here, to, target) = (self.here, &self.to, &self.target);
        let text = format!(
            "{method} {target} SIP/2.0\r\nVia: SIP/2.0/UDP {here};branch=z9hG4bKh{method}{cseq};rport\r\n\
            From: <sip:gw@pbx.test>;tag=h\r\nTo: {to}\r\nCall-ID: hand-{here}\r\nCSeq: {cseq} {method}\r\n\
            Max-Forwards: 70\r\nContact: <sip:gw@{here}>\r\n{kind}Content-Length: {}\r\n\r\n{sdp}",
            sdp.len()
        );
        self.socket.send_to(text.as_bytes(), self.switch).await.unwrap();
    }

    /// The next final answer; requests that come in between are answered with 200.
    async fn answer(&mut self) -> Message {
        let mut buffer = vec![0; 8_192];
        loop {
            let got = tokio::time::timeout(Duration::from_secs(5), self.socket.recv_from(&mut buffer)).await;
            let (length, _) = got.expect("an answer in time").unwrap();
            let message = Message::parse(&buffer[..length]).unwrap();
            if message.status().is_some_and(|status| status >= 200) {
                self.to = message.get_text(Name::To).unwrap().into_owned();
                if let Some(contact) = message.get(Name::Contact).and_then(patchbay_sip::Address::parse) {
                    self.target = contact.uri_text;
                }
                return message;
            }
        }
    }
}

async fn media() -> (Engine, LegId, MediaPolicy) {
    let (_, _, engine, _) = engines(Limits::default()).await;
    let (leg, call) = (id(LegId::new), id(CallId::new));
    let kind = MediaLegKind::gateway(SrtpMode::Off, true);
    engine.leg_open(LegOpen { leg, call, kind, near: None }).await.unwrap();
    (engine, leg, MediaPolicy::new(vec![Codec::Pcma, Codec::Pcmu]))
}

fn body(message: &Message) -> String {
    String::from_utf8(message.sdp().expect("a description").to_vec()).unwrap()
}

async fn hears(engine: &Engine, leg: LegId, hz: u16) -> bool {
    for _ in 0..60 {
        if engine.hear(leg, hz).await.is_some_and(|it| it.share > 0.5 && it.level_dbfs > -45.0) {
            return true;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    false
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_invite_without_an_offer_gets_ours_and_the_ack_answers_it() {
    let world = World::start().await;
    let mut seat = world.phone("101").await;
    let mut hand = Hand::new(world.signaling.udp_addr()).await;
    world.book.peer(id(GatewayId::new), hand.here, 0);
    world.reload().await;
    let tenant = world.tenant;
    world.book.route_by(move |ask| Ok(plan(tenant, ask, vec![vec![device("101")]])));
    let (engine, leg, policy) = media().await;
    hand.send("INVITE", 1, "").await;
    let incoming = seat.incoming().await;
    seat.ring(&incoming);
    let near = seat.answer(&incoming).await;
    let ok = hand.answer().await;
    assert_eq!(ok.status(), Some(200));
    let mine = engine.leg_answer(leg, &body(&ok), &policy).await.unwrap();
    hand.send("ACK", 1, &mine).await;
    seat.sing(&near, 600).await;
    engine.play(leg, Play::Tone { hz: 1_400 }).await.unwrap();
    assert!(hears(&engine, leg, 600).await && seat.hears(&near, 1_400).await, "audio both ways");
    // A re-INVITE without an offer, whose ACK holds.
    hand.send("INVITE", 2, "").await;
    let ok = hand.answer().await;
    let mine = engine.leg_answer(leg, &body(&ok), &policy).await.unwrap();
    assert!(mine.contains("a=sendrecv"));
    hand.send("ACK", 2, &mine.replace("a=sendrecv", "a=sendonly")).await;
    assert!(seat.hears_not(&near, 1_400).await, "held");
    assert_eq!(world.exchange.live(None)[0].state, LiveState::Held);
    hand.send("BYE", 3, "").await;
    assert_eq!(hand.answer().await.status(), Some(200));
    seat.ended(near.sip).await;
    assert_eq!(world.news.record().await.cause, EndCause::CallerHungUp);
    world.is_clean().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_digest_goes_to_the_agreed_realm_once_and_never_to_another() {
    let world = World::start().await;
    let mut seat = world.phone("101").await;
    let (mut gateway, gateway_id) = world.gateway().await;
    let (tenant, mut out) = (world.tenant, trunk(gateway_id, gateway.addr()));
    out.auth = Some(TrunkAuth {
        username: "acct".into(),
        password: patchbay_kernel::Secret::new("pw".into()),
        realm: Some("carrier".into()),
    });
    world.book.route_by(move |ask| Ok(plan(tenant, ask, vec![vec![line(out.clone())]])));
    let challenge = |realm: &str| {
        vec![(
            "WWW-Authenticate".to_owned(),
            format!("Digest realm=\"{realm}\", nonce=\"n\", algorithm=MD5, qop=\"auth\""),
        )]
    };
    let call = seat.dial("+14155550132").await;
    let incoming = gateway.incoming().await;
    gateway.signaling.command(Cmd::Refuse { leg: incoming.sip, code: 401, extra: challenge("thief") });
    assert_eq!(seat.refused(&call).await.0, 502, "the seat never sees the carrier's challenge");
    world.is_clean().await;
    let call = seat.dial("+14155550132").await;
    let incoming = gateway.incoming().await;
    assert!(incoming.message.get(Name::Authorization).is_none());
    gateway.signaling.command(Cmd::Refuse { leg: incoming.sip, code: 401, extra: challenge("carrier") });
    let incoming = gateway.incoming().await;
    let proof = incoming.message.get_text(Name::Authorization).expect("a proof for the agreed realm").into_owned();
    assert!(proof.contains("username=\"acct\"") && proof.contains("realm=\"carrier\""), "{proof}");
    gateway.signaling.command(Cmd::Refuse { leg: incoming.sip, code: 401, extra: challenge("carrier") });
    assert_eq!(seat.refused(&call).await.0, 502, "asked twice, answered once");
    world.is_clean().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_gateway_that_speaks_tcp_is_called_over_one_connection() {
    let world = World::start().await;
    let mut seat = world.phone("101").await;
    let mut gateway = Phone::start("gateway", world.signaling.udp_addr()).await;
    let at = gateway.signaling.tcp_addr();
    let (tenant, mut out) = (world.tenant, trunk(id(GatewayId::new), at));
    out.destination = Destination::Address { host: at.ip().to_string(), udp_port: at.port(), transport: "tcp".into() };
    world.book.route_by(move |ask| Ok(plan(tenant, ask, vec![vec![line(out.clone())]])));
    for _ in 0..2 {
        let call = seat.dial("+14155550132").await;
        let incoming = gateway.incoming().await;
        assert!(incoming.message.request_uri().ends_with(";transport=tcp"));
        let far = gateway.answer(&incoming).await;
        seat.answered(&call).await;
        gateway.hang_up(&far);
        seat.ended(call.sip).await;
        world.is_clean().await;
    }
    assert_eq!(world.signaling.stats().connections, 1);
}

/// Who gets what without a proof, with a stale one, with a wrong one: the whole table, over UDP and TCP.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_method_is_open_that_should_not_be() {
    let world = World::start().await;
    let _phone = world.idle_phone("101").await;
    let proofs = |method: &str| {
        let auth = |password: &str| patchbay_sip::ClientAuth {
            username: "101".into(),
            password: password.into(),
            realm: None,
        };
        let stale: &[u8] = b"Digest realm=\"pbx.test\", nonce=\"000000000001abcdef\", algorithm=MD5, qop=\"auth\"";
        let made = |password| {
            patchbay_sip::digest::answer([stale].into_iter(), &auth(password), (method, "sip:101@pbx.test"), "c")
        };
        [None, made(PASSWORD), made("guess")]
    };
    let table: [(&str, u16); 11] = [
        ("INVITE", 401),
        ("REGISTER", 401),
        ("OPTIONS", 200),
        ("MESSAGE", 405),
        ("SUBSCRIBE", 489),
        ("PUBLISH", 489),
        ("NOTIFY", 481),
        ("INFO", 481),
        ("BYE", 481),
        ("UPDATE", 481),
        ("FROBNICATE", 501),
    ];
    let mut n = 0;
    for (method, wanted) in table {
        for proof in proofs(method) {
            for over in ["UDP", "TCP"] {
                n += 1;
                let header = proof.as_ref().map_or(String::new(), |it| format!("Authorization: {it}\r\n"));
                let got = once(&world, over, method, n, &header).await;
                assert_eq!(got, wanted, "{method} over {over} with {header:?}");
            }
        }
    }
    assert!(world.book.asked.lock().unwrap().is_empty(), "nobody got as far as a route");
    assert_eq!(world.exchange.contacts("101"), 0);
}

/// Sends one request and gives the final status.
async fn once(world: &World, over: &str, method: &str, n: u32, header: &str) -> u16 {
    let text = |here: SocketAddr| {
        let event = if matches!(method, "SUBSCRIBE" | "NOTIFY" | "PUBLISH") { "Event: presence\r\n" } else { "" };
        format!(
            "{method} sip:101@pbx.test SIP/2.0\r\nVia: SIP/2.0/{over} {here};branch=z9hG4bKt{n};rport\r\n\
            From: <sip:101@pbx.test>;tag=t{n}\r\nTo: <sip:101@pbx.test>\r\nCall-ID: table{n}\r\nCSeq: 1 {method}\r\n\
            Max-Forwards: 70\r\nContact: <sip:101@{here}>\r\n{event}{header}Content-Length: 0\r\n\r\n"
        )
    };
    // Each from another address: one that earns nothing but refusals is not heard any more.
    let source = SocketAddr::from(([127, 0, 1, u8::try_from(n).unwrap()], 0));
    let mut buffer = vec![0; 8_192];
    let mut filled = 0;
    let status = |bytes: &[u8]| Message::parse(bytes).and_then(|it| it.status()).filter(|it| *it >= 200);
    let reading = async {
        if over == "UDP" {
            let socket = UdpSocket::bind(source).await.unwrap();
            socket.send_to(text(socket.local_addr().unwrap()).as_bytes(), world.signaling.udp_addr()).await.unwrap();
            loop {
                let (length, _) = socket.recv_from(&mut buffer).await.unwrap();
                if let Some(status) = status(&buffer[..length]) {
                    return status;
                }
            }
        }
        let socket = TcpSocket::new_v4().unwrap();
        socket.bind(source).unwrap();
        let mut stream = socket.connect(world.signaling.tcp_addr()).await.unwrap();
        stream.write_all(text(stream.local_addr().unwrap()).as_bytes()).await.unwrap();
        loop {
            filled += stream.read(&mut buffer[filled..]).await.unwrap();
            let at = buffer[..filled].windows(12).position(|it| it.starts_with(b"SIP/2.0 ") && it[8] != b'1');
            if let Some(status) = at.and_then(|at| status(&buffer[at..filled])) {
                return status;
            }
        }
    };
    // Guesses beyond the tenth are answered three seconds late.
    tokio::time::timeout(Duration::from_secs(6), reading).await.expect("an answer")
}
