//! Message-waiting lamps: a scripted SIP peer subscribes and is told, one that never asks is told all the same.

use std::{net::SocketAddr, time::Duration};

use patchbay_plane::{Principal, Switch, Waiting};
use patchbay_sip::{ClientAuth, Cmd, Event, Message, Method, Name, digest};
use tokio::net::UdpSocket;

use crate::support::{PASSWORD, World};

/// Request line, headers and body.
fn whole(message: &Message) -> String {
    let line = message.method().map(|method| format!("{} {}\r\n", method.as_str(), message.request_uri()));
    let headers: String = message.headers().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
    line.unwrap_or_default() + &headers + &String::from_utf8_lossy(message.body())
}

/// A telephone written by hand, subscribed or about to be.
struct Lamp {
    socket: UdpSocket,
    here: SocketAddr,
    switch: SocketAddr,
    cseq: u32,
    /// To of the dialog, once it has our tag.
    to: String,
}

impl Lamp {
    async fn new(world: &World) -> Self {
        let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        let here = socket.local_addr().unwrap();
        Self { socket, here, switch: world.signaling.udp_addr(), cseq: 0, to: "<sip:101@pbx.test>".into() }
    }

    async fn send(&mut self, event: &str, expires: u32, proof: &str) {
        self.cseq += 1;
        let (here, cseq, to) = (self.here, self.cseq, &self.to);
        let text = format!(
            "SUBSCRIBE sip:101@pbx.test SIP/2.0\r\nVia: SIP/2.0/UDP {here};branch=z9hG4bKl{cseq};rport\r\n\
            From: <sip:101@pbx.test>;tag=lamp\r\nTo: {to}\r\nCall-ID: lamp-{here}\r\nCSeq: {cseq} SUBSCRIBE\r\n\
            Max-Forwards: 70\r\nContact: <sip:101@{here}>\r\nEvent: {event}\r\nExpires: {expires}\r\n\
            Accept: application/simple-message-summary\r\n{proof}Content-Length: 0\r\n\r\n"
        );
        self.socket.send_to(text.as_bytes(), self.switch).await.unwrap();
    }

    async fn next(&self) -> Message {
        let mut buffer = vec![0; 8_192];
        let got = tokio::time::timeout(Duration::from_secs(8), self.socket.recv_from(&mut buffer)).await;
        let (length, _) = got.expect("something in time").unwrap();
        Message::parse(&buffer[..length]).unwrap()
    }

    async fn final_answer(&self) -> Message {
        loop {
            let message = self.next().await;
            if message.status().is_some_and(|status| status >= 200) {
                return message;
            }
        }
    }

    /// Subscribes, proving who it is; the answer.
    async fn subscribes(&mut self, expires: u32, password: &str) -> Message {
        self.send("message-summary", expires, "").await;
        let asked = self.final_answer().await;
        if asked.status() != Some(401) {
            return asked;
        }
        let auth = ClientAuth { username: "101".into(), password: password.into(), realm: None };
        // The nonce is that of the second: a proof is good once.
        let cnonce = format!("c{}", self.cseq);
        let challenges = asked.all(Name::WwwAuthenticate);
        let proof = digest::answer(challenges, &auth, ("SUBSCRIBE", "sip:101@pbx.test"), &cnonce).unwrap();
        self.send("message-summary", expires, &format!("Authorization: {proof}\r\n")).await;
        let answer = self.final_answer().await;
        if answer.status() == Some(200) {
            self.to = answer.get_text(Name::To).unwrap().into_owned();
        }
        answer
    }

    /// The next NOTIFY, answered: its headers and body as text.
    async fn news(&self, answer: u16) -> String {
        let message = self.next().await;
        assert_eq!(message.method(), Some(&Method::Notify), "{message:?}");
        let text = |name| message.get_text(name).unwrap().into_owned();
        assert_eq!(text(Name::CallId), format!("lamp-{}", self.here));
        assert_eq!((text(Name::From), text(Name::To)), (self.to.clone(), "<sip:101@pbx.test>;tag=lamp".to_owned()));
        let head = format!(
            "SIP/2.0 {answer} So\r\nVia: {}\r\nFrom: {}\r\nTo: {}\r\nCall-ID: {}\r\nCSeq: {}\r\nContent-Length: 0\r\n\r\n",
            text(Name::Via),
            text(Name::From),
            text(Name::To),
            text(Name::CallId),
            text(Name::CSeq)
        );
        self.socket.send_to(head.as_bytes(), self.switch).await.unwrap();
        format!("{}\n{}", text(Name::CSeq), whole(&message))
    }

    async fn is_quiet(&self) -> bool {
        let mut buffer = vec![0; 8_192];
        tokio::time::timeout(Duration::from_millis(700), self.socket.recv_from(&mut buffer)).await.is_err()
    }
}

fn wait(world: &World, new: u32, old: u32) {
    *world.book.waiting.lock().unwrap() = Waiting { new, old };
    let credential = world.book.credential_of("101");
    let Principal::Device { tenant, seat, .. } = credential.principal else { panic!("a device") };
    world.exchange.messages_changed(tenant, seat);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_telephone_that_subscribes_is_told_at_once_and_of_every_change() {
    let world = World::start().await;
    let _phone = world.idle_phone("101").await;
    let mut lamp = Lamp::new(&world).await;
    lamp.send("presence", 600, "").await;
    let refused = lamp.final_answer().await;
    assert_eq!(refused.status(), Some(489));
    assert!(whole(&refused).contains("Allow-Events: message-summary"));
    assert_eq!(lamp.subscribes(600, "guess").await.status(), Some(401));
    assert_eq!(lamp.subscribes(20, PASSWORD).await.status(), Some(423), "too often");
    let taken = lamp.subscribes(600, PASSWORD).await;
    assert_eq!(taken.status(), Some(200));
    assert_eq!(taken.get_text(Name::Expires).unwrap(), "600");
    assert!(taken.get(Name::Contact).is_some() && lamp.to.contains(";tag="));
    let first = lamp.news(200).await;
    assert!(
        first.contains("Subscription-State: active;expires=") && first.contains("Event: message-summary"),
        "{first}"
    );
    assert!(first.contains("Messages-Waiting: no") && first.contains("Voice-Message: 0/0 (0/0)"), "{first}");
    assert!(first.contains("Content-Type: application/simple-message-summary"), "{first}");
    wait(&world, 2, 1);
    let second = lamp.news(200).await;
    assert!(second.contains("Messages-Waiting: yes\r\nMessage-Account: sip:101@pbx.test\r\nVoice-Message: 2/1 (0/0)"));
    assert!(second.starts_with("2 NOTIFY"), "{second}");
    // A refresh in the same dialog is told again, the end of it for the last time.
    assert_eq!(lamp.subscribes(300, PASSWORD).await.status(), Some(200));
    assert!(lamp.news(200).await.starts_with("3 NOTIFY"));
    assert_eq!(lamp.subscribes(0, PASSWORD).await.status(), Some(200));
    assert!(lamp.news(200).await.contains("Subscription-State: terminated"));
    wait(&world, 3, 1);
    assert!(lamp.is_quiet().await, "it is told no more");
    assert_eq!(lamp.subscribes(300, PASSWORD).await.status(), Some(481), "a dialog that is over");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_does_not_take_the_news_is_told_no_more() {
    let world = World::start().await;
    let _phone = world.idle_phone("101").await;
    let mut lamp = Lamp::new(&world).await;
    assert_eq!(lamp.subscribes(600, PASSWORD).await.status(), Some(200));
    lamp.news(481).await;
    tokio::time::sleep(Duration::from_millis(300)).await;
    wait(&world, 1, 0);
    assert!(lamp.is_quiet().await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_telephone_that_never_asks_is_told_unless_it_does_not_want_that() {
    let world = World::start().await;
    let mut phone = world.phone("101").await;
    let mut told = async |answer: u16| {
        let news = phone.wait_for(Duration::from_secs(5), |event| match event {
            Event::Request { request, message, .. } => Some((*request, message.clone())),
            _ => None,
        });
        let (request, message) = news.await?;
        phone.signaling.command(Cmd::Respond { request, code: answer, extra: Vec::new() });
        Some(whole(&message))
    };
    wait(&world, 1, 0);
    let news = told(200).await.expect("news");
    assert!(news.starts_with("NOTIFY sip:101@") && news.contains("Voice-Message: 1/0 (0/0)"), "{news}");
    wait(&world, 0, 1);
    assert!(told(489).await.expect("the lamp goes out").contains("Messages-Waiting: no"));
    tokio::time::sleep(Duration::from_millis(300)).await;
    wait(&world, 1, 1);
    assert!(told(200).await.is_none(), "it said that it does not understand");
    // It registers anew: what waits is told unasked.
    phone.register(PASSWORD, 0).await.unwrap();
    phone.register(PASSWORD, 300).await.unwrap();
    let news = phone.wait_for(Duration::from_secs(6), |event| match event {
        Event::Request { message, .. } => Some(message.clone()),
        _ => None,
    });
    assert!(whole(&news.await.expect("news")).contains("Messages-Waiting: yes"));
}
