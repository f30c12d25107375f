//! A phone or gateway: signalling and media of its own, driven line by line.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use patchbay_kernel::{CallId, LegId};
use patchbay_media::{Engine, LegOpen, MediaEvent, MediaEventKind, MediaLegKind, MediaPolicy, Play};
use patchbay_plane::{Codec, SrtpMode};
use patchbay_signaling::{Limits, Signaling};
use patchbay_sip::{ClientAuth, Cmd, Event, FlowId, LegId as SipLeg, Message, Route};
use tokio::{sync::mpsc::UnboundedReceiver, time::timeout};

use super::{DOMAIN, PASSWORD, engines, id};

pub struct Phone {
    pub name: String,
    pub signaling: Signaling,
    pub engine: Engine,
    pub flow: FlowId,
    /// Encryption of the audio legs that it opens from now on.
    pub srtp: SrtpMode,
    events: UnboundedReceiver<Event>,
    media_events: UnboundedReceiver<MediaEvent>,
    seen: Vec<Event>,
}

/// One call as the phone has it.
pub struct Talk {
    pub sip: SipLeg,
    pub leg: LegId,
    /// The description that the phone gave last.
    pub mine: String,
}

/// A call that arrived.
pub struct Incoming {
    pub sip: SipLeg,
    pub message: Arc<Message>,
}

impl Phone {
    pub async fn start(name: &str, switch: SocketAddr) -> Self {
        let (signaling, events, engine, media_events) = engines(Limits::default()).await;
        Self {
            name: name.to_owned(),
            signaling,
            engine,
            flow: FlowId::Udp(switch),
            srtp: SrtpMode::Off,
            events,
            media_events,
            seen: Vec::new(),
        }
    }

    pub fn addr(&self) -> SocketAddr {
        self.signaling.udp_addr()
    }

    /// Waits at most so long for the first event of which `pick` makes something; the others are kept for later.
    pub async fn wait_for<T>(&mut self, within: Duration, pick: impl Fn(&Event) -> Option<T>) -> Option<T> {
        if let Some(at) = self.seen.iter().position(|event| pick(event).is_some()) {
            return pick(&self.seen.remove(at));
        }
        let found = async {
            loop {
                let event = self.events.recv().await.expect("the signalling of a phone lives");
                match pick(&event) {
                    Some(found) => return found,
                    None => self.seen.push(event),
                }
            }
        };
        timeout(within, found).await.ok()
    }

    pub async fn wait<T>(&mut self, what: &str, pick: impl Fn(&Event) -> Option<T>) -> T {
        match self.wait_for(Duration::from_secs(8), pick).await {
            Some(found) => found,
            None => panic!("{}: {what} did not come; seen: {:?}", self.name, self.seen),
        }
    }

    fn auth(&self, password: &str) -> Option<ClientAuth> {
        Some(ClientAuth { username: self.name.clone(), password: password.to_owned(), realm: Some(DOMAIN.into()) })
    }

    /// Registers; the status when it is refused.
    pub async fn register(&mut self, password: &str, expires: u32) -> Result<(), u16> {
        let user = self.name.clone();
        self.register_as(&user, password, expires).await.0
    }

    pub async fn register_as(
        &mut self,
        user: &str,
        password: &str,
        expires: u32,
    ) -> (Result<(), u16>, Option<Arc<Message>>) {
        let request = self.signaling.new_request();
        let address = format!("<sip:{user}@{DOMAIN}>");
        self.signaling.command(Cmd::Send {
            request,
            method: "REGISTER".into(),
            to: Route { request_uri: format!("sip:{DOMAIN}"), flow: self.flow, routes: Vec::new() },
            from: address.clone(),
            to_address: address,
            dialog: None,
            extra: vec![
                ("Contact".into(), format!("<sip:{user}@{}>", self.addr())),
                ("Expires".into(), expires.to_string()),
            ],
            auth: self.auth(password),
        });
        let (code, message) = self
            .wait("the answer to REGISTER", |event| match event {
                Event::Reply { request: it, code, message } if *it == request => Some((*code, message.clone())),
                _ => None,
            })
            .await;
        (if code == 200 { Ok(()) } else { Err(code) }, message)
    }

    pub async fn open(&self) -> LegId {
        let (leg, call) = (id(LegId::new), id(CallId::new));
        let kind = MediaLegKind::gateway(self.srtp, true);
        self.engine.leg_open(LegOpen { leg, call, kind, near: None }).await.unwrap();
        leg
    }

    /// Places a call to this user part.
    pub async fn dial(&mut self, user: &str) -> Talk {
        let leg = self.open().await;
        let mine = self.engine.leg_offer(leg, &policy()).await.unwrap();
        let sip = self.dial_with(user, mine.clone().into_bytes());
        Talk { sip, leg, mine }
    }

    /// Places a call with this offer, or none.
    pub fn dial_with(&self, user: &str, sdp: Vec<u8>) -> SipLeg {
        let sip = self.signaling.new_leg();
        let auth = if self.name == "gateway" { None } else { self.auth(PASSWORD) };
        self.signaling.command(Cmd::Dial {
            leg: sip,
            to: Route { request_uri: format!("sip:{user}@{DOMAIN}"), flow: self.flow, routes: Vec::new() },
            from: format!("\"Ada\" <sip:{}@{DOMAIN}>", self.name),
            extra: Vec::new(),
            sdp,
            auth,
        });
        sip
    }

    pub async fn rings(&mut self, talk: &Talk) -> (u16, Option<Vec<u8>>) {
        let sip = talk.sip;
        self.wait("ringing", |event| match event {
            Event::Progress { leg, code, sdp } if *leg == sip => Some((*code, sdp.clone())),
            _ => None,
        })
        .await
    }

    /// The call is answered; takes the description. Gives the whole answer.
    pub async fn answered(&mut self, talk: &Talk) -> Arc<Message> {
        let sip = talk.sip;
        let (sdp, message) = self
            .wait("the answer", |event| match event {
                Event::Answered { leg, sdp, message } if *leg == sip => Some((sdp.clone(), message.clone())),
                _ => None,
            })
            .await;
        let sdp = String::from_utf8(sdp.expect("the answer carries a description")).unwrap();
        self.engine.leg_accept(talk.leg, &sdp).await.unwrap();
        message
    }

    /// The call is refused: status, and the Reason header.
    pub async fn refused(&mut self, talk: &Talk) -> (u16, String) {
        self.leg_refused(talk.sip).await
    }

    pub async fn leg_refused(&mut self, sip: SipLeg) -> (u16, String) {
        self.leg_refused_with(sip, "Reason").await
    }

    /// The call is refused: status, and this header, empty where absent.
    pub async fn leg_refused_with(&mut self, sip: SipLeg, header: &str) -> (u16, String) {
        self.wait("the refusal", |event| match event {
            Event::Refused { leg, code, message } if *leg == sip => {
                let value = message.as_ref().and_then(|it| it.other(header)).map(|it| it.into_owned());
                Some((*code, value.unwrap_or_default()))
            }
            _ => None,
        })
        .await
    }

    /// A call arrives.
    pub async fn incoming(&mut self) -> Incoming {
        self.wait("an INVITE", |event| match event {
            Event::Invite { leg, message, .. } => Some(Incoming { sip: *leg, message: message.clone() }),
            _ => None,
        })
        .await
    }

    pub fn ring(&self, incoming: &Incoming) {
        self.signaling.command(Cmd::Ring { leg: incoming.sip, code: 180, sdp: None, extra: Vec::new() });
    }

    pub fn refuse(&self, incoming: &Incoming, code: u16) {
        self.signaling.command(Cmd::Refuse { leg: incoming.sip, code, extra: Vec::new() });
    }

    /// Opens media for a call that arrived, without answering it.
    pub async fn take(&self, incoming: &Incoming) -> Talk {
        let leg = self.open().await;
        let offer = String::from_utf8(incoming.message.sdp().expect("the INVITE carries an offer").to_vec()).unwrap();
        let mine = self.engine.leg_answer(leg, &offer, &policy()).await.unwrap();
        Talk { sip: incoming.sip, leg, mine }
    }

    pub fn say_yes(&self, talk: &Talk) {
        let sdp = Some(talk.mine.clone().into_bytes());
        self.signaling.command(Cmd::Answer { leg: talk.sip, sdp, extra: Vec::new() });
    }

    /// Answers and waits for the ACK.
    pub async fn answer(&mut self, incoming: &Incoming) -> Talk {
        let talk = self.take(incoming).await;
        self.say_yes(&talk);
        let sip = talk.sip;
        self.wait("the ACK", |event| matches!(event, Event::Acked { leg, .. } if *leg == sip).then_some(())).await;
        talk
    }

    pub fn hang_up(&self, talk: &Talk) {
        self.signaling.command(Cmd::Hangup { leg: talk.sip, code: None, extra: Vec::new() });
    }

    /// The other side ended it: how, and the Reason header.
    pub async fn ended(&mut self, sip: SipLeg) -> (patchbay_sip::End, String) {
        self.wait("the end", |event| match event {
            Event::Ended { leg, how, reason } if *leg == sip => Some((*how, reason.clone().unwrap_or_default())),
            _ => None,
        })
        .await
    }

    /// Asks for another direction: `sendonly` holds, `sendrecv` resumes.
    pub async fn turn(&mut self, talk: &mut Talk, direction: &str) {
        let old = ["a=sendrecv", "a=sendonly", "a=inactive"].into_iter().find(|it| talk.mine.contains(it));
        let old = old.expect("the description has a direction");
        talk.mine = talk.mine.replace(old, &format!("a={direction}"));
        self.signaling.command(Cmd::Offer { leg: talk.sip, sdp: talk.mine.clone().into_bytes() });
        let sip = talk.sip;
        self.wait("the answer to a re-INVITE", |event| match event {
            Event::Accepted { leg, .. } if *leg == sip => Some(()),
            Event::Rejected { leg, code } if *leg == sip => panic!("the re-INVITE was refused with {code}"),
            _ => None,
        })
        .await;
    }

    /// Sends a tone until told otherwise.
    pub async fn sing(&self, talk: &Talk, hz: u16) {
        self.engine.play(talk.leg, Play::Tone { hz }).await.unwrap();
    }

    /// Whether that tone is heard within three seconds.
    pub async fn hears(&self, talk: &Talk, hz: u16) -> bool {
        for _ in 0..60 {
            if self.engine.hear(talk.leg, hz).await.is_some_and(|it| it.share > 0.5 && it.level_dbfs > -45.0) {
                return true;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        false
    }

    /// Whether nothing of that tone is heard any more, within three seconds.
    pub async fn hears_not(&self, talk: &Talk, hz: u16) -> bool {
        for _ in 0..60 {
            tokio::time::sleep(Duration::from_millis(50)).await;
            if self.engine.hear(talk.leg, hz).await.is_none_or(|it| it.share < 0.3 || it.level_dbfs < -50.0) {
                return true;
            }
        }
        false
    }

    /// The next digit by RFC 4733.
    pub async fn digit(&mut self) -> char {
        self.digit_within(Duration::from_secs(5)).await.expect("a digit")
    }

    pub async fn digit_within(&mut self, within: Duration) -> Option<char> {
        let next = async {
            loop {
                let event = self.media_events.recv().await.expect("the engine of a phone lives");
                if let MediaEventKind::Dtmf { digit, .. } = event.kind {
                    return digit;
                }
            }
        };
        timeout(within, next).await.ok()
    }

    /// The next INFO: its body.
    pub async fn info(&mut self) -> String {
        self.wait("an INFO", |event| match event {
            Event::Info { body, .. } => Some(String::from_utf8_lossy(body).into_owned()),
            _ => None,
        })
        .await
    }

    pub fn send_info(&self, talk: &Talk, body: &str) {
        let content_type = "application/dtmf-relay".into();
        self.signaling.command(Cmd::Info { leg: talk.sip, content_type, body: body.as_bytes().to_vec() });
    }
}

pub fn policy() -> MediaPolicy {
    MediaPolicy::new(vec![Codec::Pcmu, Codec::Pcma])
}

/// Both hear each other.
pub async fn talk((a, on_a): (&Phone, &Talk), (b, on_b): (&Phone, &Talk)) {
    a.sing(on_a, 600).await;
    b.sing(on_b, 1_400).await;
    assert!(b.hears(on_b, 600).await, "{} hears {}", b.name, a.name);
    assert!(a.hears(on_a, 1_400).await, "{} hears {}", a.name, b.name);
}
