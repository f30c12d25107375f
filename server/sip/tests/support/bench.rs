//! One stack on the bench: messages are handed to it by hand, its clock goes by hand.

use std::net::SocketAddr;

use patchbay_kernel::{Tick, time::Span};
use patchbay_sip::{Cmd, Event, FlowId, LegId, Message, Name, Net, Output, Route, Stack, StackConfig};

pub const PEER: &str = "192.0.2.7:5060";
pub const SDP: &str =
    "v=0\r\no=- 1 1 IN IP4 192.0.2.7\r\ns=-\r\nc=IN IP4 192.0.2.7\r\nt=0 0\r\nm=audio 4000 RTP/AVP 0\r\n";

pub struct Bench {
    pub stack: Stack,
    pub now: Tick,
    pub start: Tick,
    /// When, whereto, what was sent and not yet looked at.
    pub sent: Vec<(u64, FlowId, Message)>,
    /// Every message as bytes.
    pub raw: Vec<Vec<u8>>,
    pub events: Vec<Event>,
    pub closed: Vec<FlowId>,
}

pub fn udp(address: &str) -> FlowId {
    FlowId::Udp(address.parse::<SocketAddr>().unwrap())
}

pub fn ws(number: u64) -> FlowId {
    FlowId::Stream(number, Net::Ws, "198.51.100.4:40000".parse().unwrap())
}

impl Bench {
    pub fn new() -> Self {
        let start = Tick::from_ms(1_000);
        Self {
            stack: Stack::new(StackConfig::new("pbx.test", "203.0.113.1"), [9; 32]),
            now: start,
            start,
            sent: Vec::new(),
            raw: Vec::new(),
            events: Vec::new(),
            closed: Vec::new(),
        }
    }

    fn drain(&mut self) {
        while let Some(output) = self.stack.poll() {
            match output {
                Output::Send { flow, bytes } => {
                    let message = Message::parse(&bytes).expect("we write SIP");
                    self.raw.push(bytes.to_vec());
                    self.sent.push((self.now.since(self.start).as_ms(), flow, message));
                }
                Output::Event(event) => self.events.push(event),
                Output::Close { flow } => self.closed.push(flow),
            }
        }
    }

    pub fn hear(&mut self, flow: FlowId, text: &str) {
        self.stack.datagram(flow, text.as_bytes(), self.now);
        self.drain();
    }

    pub fn order(&mut self, cmd: Cmd) {
        self.stack.command(cmd, self.now);
        self.drain();
    }

    pub fn down(&mut self, flow: FlowId) {
        self.stack.flow_down(flow, self.now);
        self.drain();
    }

    /// Lets this time pass, timer by timer.
    pub fn pass(&mut self, ms: u64) {
        let end = self.now + Span::ms(ms);
        while let Some(at) = self.stack.next_timeout().filter(|at| *at <= end) {
            self.now = self.now.max(at);
            self.stack.timeout(self.now);
            self.drain();
        }
        self.now = end;
    }

    /// Time since the start, milliseconds.
    pub fn clock(&self) -> u64 {
        self.now.since(self.start).as_ms()
    }

    /// What was sent since the last look: start lines.
    pub fn lines(&mut self) -> Vec<String> {
        self.sent.drain(..).map(|(_, _, message)| line(&message)).collect()
    }

    /// The same, with the time of each.
    pub fn schedule(&mut self) -> Vec<u64> {
        self.sent.drain(..).map(|(at, _, _)| at).collect()
    }

    /// The one message that was sent since the last look.
    pub fn only(&mut self) -> Message {
        let mut sent: Vec<_> = self.sent.drain(..).collect();
        assert_eq!(sent.len(), 1, "{:?}", sent.iter().map(|(_, _, message)| line(message)).collect::<Vec<_>>());
        sent.remove(0).2
    }

    /// The one event since the last look.
    pub fn event(&mut self) -> Event {
        let mut events: Vec<_> = self.events.drain(..).collect();
        assert_eq!(events.len(), 1, "{events:?}");
        events.remove(0)
    }

    /// Nothing may be left after the longest timer.
    pub fn ends_empty(mut self) {
        self.pass(400_000);
        assert!(self.stack.stats().is_idle(), "{:?}", self.stack.stats());
    }

    pub fn dial(&mut self, leg: u64, flow: FlowId, uri: &str) {
        let to = Route { request_uri: uri.into(), flow, routes: Vec::new() };
        let from = "\"Ann\" <sip:100@pbx.test>".into();
        self.order(Cmd::Dial { leg: LegId(leg), to, from, extra: Vec::new(), sdp: SDP.into(), auth: None });
    }

    /// A call that came in over `flow` and was answered and acknowledged; returns its leg and the To with our tag.
    pub fn answered_in(&mut self, flow: FlowId) -> (LegId, String) {
        self.hear(flow, &invite(""));
        let Event::Invite { leg, .. } = self.event() else { panic!("no call") };
        self.order(Cmd::Answer { leg, sdp: Some(SDP.into()), extra: Vec::new() });
        let to = header(&self.sent.last().unwrap().2, Name::To);
        self.hear(flow, &request("ACK", 1, "ack", &to, "", ""));
        assert!(matches!(self.event(), Event::Acked { sdp: None, .. }));
        self.sent.clear();
        (leg, to)
    }

    /// A call that went out over `flow` and was answered; returns the INVITE.
    pub fn answered_out(&mut self, leg: u64, flow: FlowId, contact: &str) -> Message {
        self.dial(leg, flow, "sip:bob@192.0.2.7");
        let invite = self.only();
        self.hear(flow, &response(&invite, "200 OK", "b1", &format!("Contact: <{contact}>\r\n"), SDP));
        assert!(matches!(self.event(), Event::Answered { sdp: Some(_), .. }));
        assert_eq!(self.lines(), [format!("ACK {contact}")]);
        invite
    }
}

pub fn line(message: &Message) -> String {
    match message.method() {
        Some(method) => format!("{} {}", method.as_str(), message.request_uri()),
        None => format!("{} {}", message.status().unwrap(), message.cseq().unwrap().1.as_str()),
    }
}

pub fn header(message: &Message, name: Name) -> String {
    message.get_text(name).unwrap_or_default().into_owned()
}

/// An INVITE from the peer, Call-ID `c1`, number 1, with these further headers.
pub fn invite(extra: &str) -> String {
    request("INVITE", 1, "inv", "<sip:100@pbx.test>", &format!("Contact: <sip:bob@192.0.2.7>\r\n{extra}"), SDP)
}

/// A request of the peer with this number, branch and To.
pub fn request(method: &str, cseq: u32, branch: &str, to: &str, extra: &str, body: &str) -> String {
    let kind = if body.is_empty() || extra.contains("Content-Type") { "" } else { "Content-Type: application/sdp\r\n" };
    format!(
        "{method} sip:100@pbx.test SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.7;branch=z9hG4bK{branch}\r\nMax-Forwards: 70\r\n\
         From: <sip:bob@192.0.2.7>;tag=b1\r\nTo: {to}\r\nCall-ID: c1\r\nCSeq: {cseq} {method}\r\n{extra}{kind}\
         Content-Length: {}\r\n\r\n{body}",
        body.len()
    )
}

/// The peer's response to a request of ours.
pub fn response(request: &Message, status: &str, tag: &str, extra: &str, body: &str) -> String {
    let to = header(request, Name::To);
    let tag = if to.contains(";tag=") || tag.is_empty() { String::new() } else { format!(";tag={tag}") };
    let kind = if body.is_empty() { "" } else { "Content-Type: application/sdp\r\n" };
    format!(
        "SIP/2.0 {status}\r\nVia: {}\r\nFrom: {}\r\nTo: {to}{tag}\r\nCall-ID: {}\r\nCSeq: {}\r\n{extra}{kind}\
         Content-Length: {}\r\n\r\n{body}",
        header(request, Name::Via),
        header(request, Name::From),
        header(request, Name::CallId),
        header(request, Name::CSeq),
        body.len()
    )
}
