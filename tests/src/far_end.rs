//! A far end for browser tests: a gateway known by its address, told by JSON lines on its input, telling on its output.
//!
//! `patchbay-far-end UDP_PORT`. Orders: `on_call`, `call`, `hang_up`, `digit`, `hold`, `listen`, `watch`, `hole`. Events: `ready`, `incoming`,
//! `ringing`, `answered`, `refused`, `ended`, `digit`, `heard`, `hole`.

use std::{net::SocketAddr, time::Duration};

use patchbay_sip::{Address, Cmd, End, Event, FlowId, LegId, Message, Name, Route};
use patchbay_tests::{
    peer::{self, Peer},
    voice::{Speech, Voice},
};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncBufReadExt as _, BufReader},
    sync::mpsc,
};

struct FarEnd {
    peer: Peer,
    /// What to do with the next call that comes in.
    plan: Value,
    call: Option<(LegId, Option<Voice>)>,
    said: mpsc::UnboundedSender<Said>,
}

enum Said {
    Order(Value),
    Digit(char),
    AnswerNow(LegId, Vec<u8>),
    Measure(u16, usize),
}

fn tell(event: &Value) {
    use std::io::Write as _;
    let mut out = std::io::stdout().lock();
    // The test that reads us may be gone already.
    let _ = writeln!(out, "{event}").and_then(|()| out.flush());
}

#[tokio::main]
async fn main() {
    let udp_port: u16 = std::env::args().nth(1).and_then(|text| text.parse().ok()).expect("patchbay-far-end UDP_PORT");
    let peer = Peer::start(SocketAddr::from(([127, 0, 0, 1], udp_port))).await;
    let (said, mut heard) = mpsc::unbounded_channel();
    let orders = said.clone();
    tokio::spawn(async move {
        let mut lines = BufReader::new(tokio::io::stdin()).lines();
        while let Ok(Some(line)) = lines.next_line().await {
            if let Ok(order) = serde_json::from_str(&line) {
                let _ = orders.send(Said::Order(order));
            }
        }
        // The test has ended.
        std::process::exit(0);
    });
    let mut far = FarEnd { peer, plan: json!({"what": "answer", "after_ms": 200, "tone": 440}), call: None, said };
    tell(&json!({"event": "ready"}));
    loop {
        tokio::select! {
            Some(event) = far.peer.events.recv() => far.hear(event).await,
            Some(said) = heard.recv() => far.obey(said).await,
        }
    }
}

fn speech(order: &Value) -> Speech {
    match order["tone"].as_u64() {
        Some(hz) => Speech::Tone(u16::try_from(hz).unwrap_or(440)),
        None if order["echo"] == true => Speech::Echo,
        None => Speech::Quiet,
    }
}

impl FarEnd {
    async fn voice(&self, order: &Value) -> Voice {
        let (voice, mut keys) = peer::voice(speech(order)).await;
        let said = self.said.clone();
        tokio::spawn(async move {
            while let Some(digit) = keys.recv().await {
                let _ = said.send(Said::Digit(digit));
            }
        });
        voice
    }

    async fn hear(&mut self, event: Event) {
        let ours = self.call.as_ref().map(|(leg, _)| *leg);
        match event {
            Event::Invite { leg, message, .. } => self.called(leg, &message).await,
            Event::Progress { code, .. } => tell(&json!({"event": "ringing", "code": code})),
            Event::Answered { leg, sdp, .. } if ours == Some(leg) => {
                if let Some((_, Some(voice))) = &mut self.call {
                    let _ = voice.accept(&String::from_utf8_lossy(&sdp.unwrap_or_default()));
                }
                tell(&json!({"event": "answered"}));
            }
            Event::Refused { code, .. } => {
                self.call = None;
                tell(&json!({"event": "refused", "code": code}));
            }
            Event::Ended { how, .. } => {
                self.call = None;
                tell(&json!({"event": "ended", "cancelled": how == End::Cancel}));
            }
            Event::Offer { leg, sdp } => self.offered(leg, sdp),
            Event::Accepted { sdp: Some(sdp), .. } => {
                if let Some((_, Some(voice))) = &mut self.call {
                    let _ = voice.accept(&String::from_utf8_lossy(&sdp));
                }
            }
            Event::Info { body, .. } => {
                let text = String::from_utf8_lossy(&body).into_owned();
                let digit =
                    text.lines().find_map(|line| line.split_once('=')).map(|(_, value)| value.trim().to_owned());
                tell(&json!({"event": "digit", "digit": digit, "how": "info"}));
            }
            Event::Request { request, .. } | Event::Refer { request, .. } => {
                self.peer.signaling.command(Cmd::Respond { request, code: 200, extra: Vec::new() });
            }
            _ => {}
        }
    }

    async fn called(&mut self, leg: LegId, message: &Message) {
        let uri = |name| message.get(name).and_then(Address::parse).map(|address| address.uri_text);
        tell(&json!({"event": "incoming", "from": uri(Name::From), "to": message.request_uri(),
            "call_ref": message.other("X-Call-Ref")}));
        let refuse = |code| Cmd::Refuse { leg, code, extra: Vec::new() };
        let order = match self.plan["what"].as_str() {
            Some("busy") => refuse(486),
            Some("no_answer") => refuse(480),
            Some("congested") => {
                Cmd::Refuse { leg, code: 503, extra: vec![("Reason".into(), "Q.850;cause=34".into())] }
            }
            Some("decline") => refuse(603),
            _ => Cmd::Ring { leg, code: 180, sdp: None, extra: Vec::new() },
        };
        self.peer.signaling.command(order);
        self.call = Some((leg, None));
        if self.plan["what"] == "answer" {
            let (said, offer) = (self.said.clone(), message.sdp().unwrap_or_default().to_vec());
            let wait = Duration::from_millis(self.plan["after_ms"].as_u64().unwrap_or(200));
            tokio::spawn(async move {
                tokio::time::sleep(wait).await;
                let _ = said.send(Said::AnswerNow(leg, offer));
            });
        }
    }

    fn offered(&mut self, leg: LegId, sdp: Option<Vec<u8>>) {
        let Some((_, Some(voice))) = &mut self.call else { return };
        let answer = match sdp {
            Some(offer) => voice.answer(&String::from_utf8_lossy(&offer)),
            None => Ok(voice.offer(false)),
        };
        self.peer.signaling.command(match answer {
            Ok(sdp) => Cmd::Accept { leg, sdp: Some(sdp.into_bytes()) },
            Err(_) => Cmd::Reject { leg, code: 488 },
        });
    }

    async fn obey(&mut self, said: Said) {
        match said {
            Said::Digit(digit) => tell(&json!({"event": "digit", "digit": digit, "how": "rfc4733"})),
            Said::Measure(hz, ms) => {
                if let Some((_, Some(voice))) = &self.call {
                    let heard = voice.heard(hz, ms);
                    tell(&json!({"event": "heard", "share": heard.share, "level_dbfs": heard.level_dbfs}));
                } else {
                    tell(&json!({"event": "heard", "share": 0.0, "level_dbfs": -96.0}));
                }
            }
            Said::AnswerNow(leg, offer) => self.answer(leg, &offer).await,
            Said::Order(order) => self.order(order).await,
        }
    }

    async fn answer(&mut self, leg: LegId, offer: &[u8]) {
        if self.call.as_ref().is_none_or(|(current, _)| *current != leg) {
            return;
        }
        let mut voice = self.voice(&self.plan.clone()).await;
        match voice.answer(&String::from_utf8_lossy(offer)) {
            Ok(sdp) => {
                self.peer.signaling.command(Cmd::Answer { leg, sdp: Some(sdp.into_bytes()), extra: Vec::new() });
                self.call = Some((leg, Some(voice)));
                tell(&json!({"event": "answered"}));
            }
            Err(why) => {
                self.peer.signaling.command(Cmd::Refuse { leg, code: 488, extra: Vec::new() });
                tell(&json!({"event": "refused", "code": 488, "why": why.to_string()}));
            }
        }
    }

    async fn order(&mut self, order: Value) {
        match order["do"].as_str() {
            Some("on_call") => self.plan = order,
            Some("call") => self.place(&order).await,
            Some("hang_up") => {
                if let Some((leg, _)) = self.call.take() {
                    self.peer.signaling.command(Cmd::Hangup { leg, code: None, extra: Vec::new() });
                }
            }
            Some("digit") => self.digit(&order),
            Some("hold") => {
                if let Some((leg, Some(voice))) = &mut self.call {
                    let sdp = voice.offer(order["on"] == true).into_bytes();
                    self.peer.signaling.command(Cmd::Offer { leg: *leg, sdp });
                }
            }
            Some("watch") => {
                let hz = order["hz"].as_u64().and_then(|hz| u16::try_from(hz).ok()).unwrap_or(1_000);
                if let Some((_, Some(voice))) = &self.call {
                    voice.watch(hz);
                }
            }
            Some("hole") => {
                let longest = self.call.as_ref().and_then(|(_, voice)| voice.as_ref()?.longest_hole_ms());
                tell(&json!({"event": "hole", "ms": longest}));
            }
            Some("listen") => {
                let hz = order["hz"].as_u64().and_then(|hz| u16::try_from(hz).ok()).unwrap_or(1_000);
                let ms = order["ms"].as_u64().unwrap_or(500);
                if let Some((_, Some(voice))) = &self.call {
                    voice.listen_anew();
                }
                let said = self.said.clone();
                tokio::spawn(async move {
                    tokio::time::sleep(Duration::from_millis(ms + 40)).await;
                    let _ = said.send(Said::Measure(hz, usize::try_from(ms).unwrap_or(500)));
                });
            }
            _ => tell(&json!({"event": "not_understood", "order": order})),
        }
    }

    async fn place(&mut self, order: &Value) {
        let mut voice = self.voice(order).await;
        let (leg, sdp) = (self.peer.signaling.new_leg(), voice.offer(false).into_bytes());
        let uri = order["to"].as_str().unwrap_or_default();
        let place = uri.rsplit('@').next().and_then(|host| host.parse().ok());
        let flow = FlowId::Udp(place.expect("to: sip:user@address:UDP port"));
        let from = order["from"].as_str().unwrap_or("anonymous");
        let name = order["name"].as_str().unwrap_or_default();
        self.peer.signaling.command(Cmd::Dial {
            leg,
            to: Route { request_uri: uri.to_owned(), flow, routes: Vec::new() },
            from: format!("\"{name}\" <sip:{from}@{}>", self.peer.signaling.udp_addr()),
            extra: Vec::new(),
            sdp,
            auth: None,
        });
        self.call = Some((leg, Some(voice)));
    }

    fn digit(&self, order: &Value) {
        let digit = order["digit"].as_str().unwrap_or_default();
        let Some((leg, voice)) = &self.call else { return };
        if order["how"] == "info" {
            let body = format!("Signal={digit}\r\nDuration=100\r\n").into_bytes();
            let content_type = "application/dtmf-relay".into();
            self.peer.signaling.command(Cmd::Info { leg: *leg, content_type, body });
        } else if let Some(voice) = voice {
            voice.press(digit);
        }
    }
}
