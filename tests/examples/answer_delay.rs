//! What the server adds between INVITE and 200, digest and media included: the same call through it and directly.
//!
//! `answer_delay SIP_PORT FAR_PORT USERNAME PASSWORD` prints `{"added_ms":..,"through_ms":..,"direct_ms":..}`, medians.

use std::{
    net::SocketAddr,
    time::{Duration, Instant},
};

use patchbay_sip::{ClientAuth, Cmd, Event, FlowId, Route};
use patchbay_tests::peer::Peer;
use serde_json::json;

const CALLS: usize = 100;
const SDP: &str = "v=0\r\no=a 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 40000 RTP/AVP 0 8\r\n\
                   a=rtpmap:0 PCMU/8000\r\na=rtpmap:8 PCMA/8000\r\n";
const ANSWER: &str = "v=0\r\no=b 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 40002 RTP/AVP 0\r\n\
                      a=rtpmap:0 PCMU/8000\r\n";

fn loopback(udp_port: u16) -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], udp_port))
}

#[tokio::main]
async fn main() {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let [sip, far, username, password] = words.as_slice() else {
        panic!("answer_delay SIP_PORT FAR_PORT USERNAME PASSWORD");
    };
    let (sip, far): (u16, u16) = (sip.parse().expect("a UDP port"), far.parse().expect("a UDP port"));
    let called = Peer::start(loopback(far)).await;
    tokio::spawn(answer_everything(called));
    let mut caller = Peer::start(loopback(0)).await;
    let auth = ClientAuth { username: username.clone(), password: password.clone(), realm: None };
    let mut direct = Vec::new();
    let mut through = Vec::new();
    for _ in 0..CALLS {
        direct.push(one(&mut caller, loopback(far), None).await);
        through.push(one(&mut caller, loopback(sip), Some(auth.clone())).await);
    }
    let (direct, through) = (median(direct), median(through));
    let said = json!({"added_ms": through - direct, "through_ms": through, "direct_ms": direct, "calls": CALLS});
    use std::io::Write as _;
    writeln!(std::io::stdout(), "{said}").expect("somebody reads");
}

async fn answer_everything(mut called: Peer) {
    while let Some(event) = called.events.recv().await {
        match event {
            Event::Invite { leg, .. } => {
                let sdp = Some(ANSWER.as_bytes().to_vec());
                called.signaling.command(Cmd::Answer { leg, sdp, extra: Vec::new() });
            }
            Event::Request { request, .. } => {
                called.signaling.command(Cmd::Respond { request, code: 200, extra: Vec::new() });
            }
            _ => {}
        }
    }
}

/// Milliseconds from INVITE to 200.
async fn one(caller: &mut Peer, to: SocketAddr, auth: Option<ClientAuth>) -> f64 {
    let leg = caller.signaling.new_leg();
    let started = Instant::now();
    caller.signaling.command(Cmd::Dial {
        leg,
        to: Route { request_uri: format!("sip:+14155550177@{to}"), flow: FlowId::Udp(to), routes: Vec::new() },
        from: format!("<sip:load@{}>", caller.signaling.udp_addr()),
        extra: Vec::new(),
        sdp: SDP.as_bytes().to_vec(),
        auth,
    });
    let took = loop {
        match tokio::time::timeout(Duration::from_secs(5), caller.events.recv()).await.expect("an answer in time") {
            Some(Event::Answered { leg: answered, .. }) if answered == leg => break started.elapsed(),
            Some(Event::Refused { leg: refused, code, .. }) if refused == leg => panic!("refused with {code}"),
            Some(_) => {}
            None => panic!("the signalling ended"),
        }
    };
    tokio::time::sleep(Duration::from_millis(40)).await;
    caller.signaling.command(Cmd::Hangup { leg, code: None, extra: Vec::new() });
    tokio::time::sleep(Duration::from_millis(40)).await;
    took.as_secs_f64() * 1_000.0
}

fn median(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures[figures.len() / 2]
}
