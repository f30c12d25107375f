//! Mutants: torture messages and real traffic, bent at random, thrown at whole cores.

use std::path::Path;

use patchbay_kernel::{Entropy, SeededEntropy, Tick, time::Span};
use patchbay_sip::{
    ClientAuth, Cmd, Event, FlowId, LegId, Net, Output, RequestId, Route, Stack, StackConfig, wire::frame::frame,
};

/// Pieces that have broken parsers before.
const PIECES: &[&[u8]] = &[
    b"\r\n",
    b"\r\n\r\n",
    b";",
    b";;",
    b",",
    b"<",
    b">",
    b"\"",
    b"\\",
    b"%",
    b"%0",
    b"%00",
    b"@",
    b":",
    b" ",
    b"\t",
    b"\0",
    b"=",
    b"sip:",
    b"tel:",
    b"tag=",
    b";tag=0.0.0000000000000000",
    b"branch=z9hG4bK0.0.00000000",
    b"z9hG4bK",
    b"INVITE ",
    b"ACK ",
    b"CANCEL ",
    b"BYE ",
    b"SIP/2.0 ",
    b"SIP/2.0 200 OK\r\n",
    b"-1",
    b"4294967296",
    b"99999999999999999999",
    b"\xff\xfe",
    b"Content-Length: 0\r\n",
    b"l: 70000\r\n",
    b"Via: SIP/2.0/UDP h;branch=z9hG4bKx\r\n",
    b"Record-Route: <sip:a;lr>\r\n",
    b"Contact: *\r\n",
    b"To: <sip:a@b>;tag=1\r\n",
    b"[::1]",
    b"[",
    b"]",
    b"Require: x\r\n",
    b"Route: <sip:[>\r\n",
    b"WWW-Authenticate: Digest realm=\"r\", nonce=\"n\"\r\n",
    b"Digest ",
    b"1 INVITE",
    b"Supported: 100rel, timer, replaces\r\n",
    b"Require: 100rel\r\nRSeq: 1\r\n",
    b"RSeq: 4294967295\r\n",
    b"RAck: 1 1 INVITE\r\n",
    b"Session-Expires: 90;refresher=uas\r\n",
    b"x: 4294967295\r\n",
    b"Min-SE: 99999\r\n",
    b"Allow: UPDATE\r\n",
    b"Refer-To: <sip:a@b?Replaces=c%3Bto-tag%3D0.0.0%3Bfrom-tag%3D1>\r\n",
    b"Refer-Sub: false\r\n",
    b"Replaces: c;to-tag=0.0.0000000000000000;from-tag=1\r\n",
    b"Event: refer\r\nSubscription-State: terminated\r\n",
    b"SIP/2.0 200 OK",
    b"PRACK ",
    b"UPDATE ",
    b"REFER ",
    b"NOTIFY ",
    b"SIP/2.0 183 Early\r\n",
    b"SIP/2.0 491 Glare\r\n",
    b"SIP/2.0 422 Short\r\n",
    b"2147483648 BYE",
];

/// Messages to bend that are kept.
const MOST: usize = 400;
const SDP: &[u8] = b"v=0\r\n";

pub struct Fuzzer {
    chance: SeededEntropy,
    corpus: Vec<Vec<u8>>,
    /// How many of them are the vectors.
    vectors: usize,
    stacks: Vec<Stack>,
    now: Tick,
    legs: Vec<LegId>,
    requests: Vec<RequestId>,
    next: u64,
    pub inputs: u64,
}

impl Fuzzer {
    pub fn new(seed: u64) -> Self {
        let mut corpus = Vec::new();
        for folder in ["rfc4475", "rfc5118"] {
            let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/vectors").join(folder);
            let mut files: Vec<_> =
                std::fs::read_dir(path).expect("vectors").map(|file| file.expect("a file").path()).collect();
            files.sort();
            corpus.extend(files.into_iter().map(|file| std::fs::read(file).expect("a vector")));
        }
        let stacks = (0..3).map(|node| Stack::new(StackConfig::new("f.test", "10.0.0.1"), [node; 32])).collect();
        let (legs, requests) = (Vec::new(), Vec::new());
        Self {
            chance: SeededEntropy::new(seed),
            vectors: corpus.len(),
            corpus,
            stacks,
            now: Tick::from_ms(1),
            legs,
            requests,
            next: 0,
            inputs: 0,
        }
    }

    fn below(&mut self, bound: usize) -> usize {
        self.chance.below(bound as u64) as usize
    }

    /// One input to every core; what the cores say joins the corpus.
    pub fn step(&mut self) {
        self.inputs += 1;
        if self.below(4) == 0 {
            self.order();
        }
        let pick = self.below(self.corpus.len());
        let mut bytes = self.corpus[pick].clone();
        for _ in 0..self.below(5) {
            self.bend(&mut bytes);
        }
        let flow = self.flow();
        let _ = frame(&bytes);
        for node in 0..self.stacks.len() {
            if flow.net() == Net::Tcp && self.below(4) == 0 {
                self.stacks[node].stream(flow, &bytes, self.now);
            } else {
                self.stacks[node].datagram(flow, &bytes, self.now);
            }
            self.drain(node);
        }
        if self.below(8) == 0 {
            self.now = self.now + Span::ms(self.chance.below(3_000));
            for node in 0..self.stacks.len() {
                self.stacks[node].timeout(self.now);
                self.drain(node);
            }
        }
        if self.below(200) == 0 {
            let node = self.below(self.stacks.len());
            self.stacks[node].flow_down(flow, self.now);
            self.drain(node);
        }
    }

    /// Every session is given up and time runs out: `Some` says what stays behind.
    pub fn left_over(&mut self) -> Option<String> {
        for leg in std::mem::take(&mut self.legs) {
            for node in 0..self.stacks.len() {
                self.stacks[node].command(Cmd::Hangup { leg, code: None, extra: Vec::new() }, self.now);
                self.drain(node);
            }
        }
        for _ in 0..2_000 {
            let Some(next) = self.stacks.iter().filter_map(Stack::next_timeout).min() else { break };
            self.now = self.now.max(next);
            for node in 0..self.stacks.len() {
                self.stacks[node].timeout(self.now + Span::secs(1));
                self.drain(node);
            }
            self.now = self.now + Span::secs(1);
        }
        self.stacks.iter().map(Stack::stats).find(|stats| !stats.is_idle()).map(|stats| format!("{stats:?}"))
    }

    fn flow(&mut self) -> FlowId {
        let peer = "10.0.0.2:5060".parse().expect("an address");
        match self.below(4) {
            0 => FlowId::Stream(1, Net::Tcp, peer),
            1 => FlowId::Stream(2, Net::Ws, peer),
            _ => FlowId::Udp(peer),
        }
    }

    fn bend(&mut self, bytes: &mut Vec<u8>) {
        if bytes.is_empty() {
            return;
        }
        let at = self.below(bytes.len());
        match self.below(7) {
            0 => bytes[at] = self.below(256) as u8,
            1 => bytes[at] ^= 1 << self.below(8),
            2 => bytes.truncate(at),
            3 => {
                let end = (at + self.below(40)).min(bytes.len());
                bytes.drain(at..end);
            }
            4 => {
                let end = (at + self.below(200)).min(bytes.len());
                let part = bytes[at..end].to_vec();
                let to = self.below(bytes.len());
                bytes.splice(to..to, part);
            }
            5 => {
                let other = self.below(self.corpus.len());
                let other = &self.corpus[other];
                let from = (self.chance.next_u64() as usize) % (other.len() + 1);
                let tail = other[from..].to_vec();
                bytes.truncate(at);
                bytes.extend_from_slice(&tail);
            }
            _ => {
                let piece = PIECES[self.below(PIECES.len())];
                bytes.splice(at..at, piece.iter().copied());
            }
        }
        bytes.truncate(70_000);
    }

    fn drain(&mut self, node: usize) {
        while let Some(output) = self.stacks[node].poll() {
            match output {
                Output::Send { bytes, .. } => {
                    self.learn(bytes.to_vec());
                    if self.below(3) == 0 {
                        // What a peer might answer to a request of ours.
                        let code = self.below(600) + 100;
                        self.learn(respond(&bytes, code));
                    }
                }
                Output::Event(Event::Invite { leg, .. }) => self.legs.push(leg),
                Output::Event(Event::Request { request, .. } | Event::Refer { request, .. }) => {
                    self.requests.push(request)
                }
                Output::Event(_) | Output::Close { .. } => {}
            }
        }
        if self.legs.len() > 3_000 {
            let old: Vec<LegId> = self.legs.drain(..1_500).collect();
            for leg in old {
                for stack in &mut self.stacks {
                    stack.command(Cmd::Hangup { leg, code: None, extra: Vec::new() }, self.now);
                }
            }
        }
    }

    /// The vectors stay, what was learned makes room for what is new.
    fn learn(&mut self, bytes: Vec<u8>) {
        if self.corpus.len() < MOST {
            return self.corpus.push(bytes);
        }
        let at = self.vectors + self.below(MOST - self.vectors);
        self.corpus[at] = bytes;
    }

    fn order(&mut self) {
        let node = self.below(self.stacks.len());
        self.next += 1;
        let flow = self.flow();
        let to = Route { request_uri: "sip:b@10.0.0.2".into(), flow, routes: vec!["<sip:10.0.0.2;lr>".into()] };
        let auth = Some(ClientAuth { username: "u".into(), password: "p".into(), realm: None });
        let pick = self.below(self.legs.len().max(1));
        let leg = self.legs.get(pick).copied().unwrap_or(LegId(1));
        let extra = Vec::new();
        // Without an offer of ours the peer makes one.
        let sdp = if self.below(4) == 0 { Vec::new() } else { SDP.to_vec() };
        let cmd = match self.below(16) {
            0 => {
                self.legs.push(LegId(self.next));
                let from = "<sip:a@f.test>".into();
                Cmd::Dial { leg: LegId(self.next), to, from, extra, sdp, auth }
            }
            11 => Cmd::Ring { leg, code: 183, sdp: Some(SDP.to_vec()), extra },
            12 => Cmd::Update { leg, sdp },
            13 => Cmd::Refer { leg, refer_to: "<sip:c@f.test>".into() },
            14 => Cmd::Notify { leg, code: 200 },
            1 => Cmd::Ring { leg, code: 180, sdp: None, extra },
            2 | 3 => Cmd::Answer { leg, sdp: Some(SDP.to_vec()), extra },
            4 => Cmd::Refuse { leg, code: 486, extra },
            5 => Cmd::Hangup { leg, code: None, extra },
            6 => Cmd::Offer { leg, sdp },
            7 => Cmd::Accept { leg, sdp: Some(SDP.to_vec()) },
            8 => Cmd::Info { leg, content_type: "text/plain".into(), body: b"x".to_vec() },
            9 => {
                let (from, to_address) = ("<sip:a@f.test>".into(), "<sip:b@f.test>".into());
                let request = RequestId(self.next);
                Cmd::Send { request, method: "OPTIONS".into(), to, from, to_address, dialog: None, extra, auth }
            }
            _ => match self.requests.pop() {
                Some(request) => Cmd::Respond { request, code: 200, extra },
                None => Cmd::Reject { leg, code: 488 },
            },
        };
        self.stacks[node].command(cmd, self.now);
        self.drain(node);
    }
}

/// A response to this request, by text surgery.
fn respond(request: &[u8], code: usize) -> Vec<u8> {
    let text = String::from_utf8_lossy(request);
    let Some((_, rest)) = text.split_once("\r\n") else { return Vec::new() };
    format!("SIP/2.0 {code} Mutant\r\n{}", rest.replacen("\r\nTo: ", "\r\nContact: <sip:m@10.0.0.2>\r\nTo: ", 1))
        .into_bytes()
}
