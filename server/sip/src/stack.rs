//! The whole core as one value: bytes, orders and time go in; bytes, events and a deadline come out.

mod answer;
mod request;
mod shed;

use std::sync::Arc;

use patchbay_kernel::Tick;

use crate::{
    api::{Cmd, Event, LegId, Output, RequestId},
    chance::Chance,
    config::StackConfig,
    flow::FlowId,
    io::{Io, Timer},
    outside::Sent,
    session::Session,
    slot::{Key, Slots},
    stats::Stats,
    tx::{Clients, Fate, Servers, id::DirectMap},
    verdict::{Verdict, verdict},
    wire::{
        frame::{Frame, frame},
        message::{Message, Method},
    },
};

/// The SIP core. Drain it with [`Self::poll`] after every input and call [`Self::timeout`] at [`Self::next_timeout`].
#[derive(Debug)]
pub struct Stack {
    pub(crate) config: StackConfig,
    pub(crate) chance: Chance,
    pub(crate) io: Io,
    pub(crate) clients: Clients,
    pub(crate) servers: Servers,
    pub(crate) sessions: Slots<Session>,
    /// Legs that the owner named.
    pub(crate) dialled: DirectMap<LegId, Key>,
    /// Requests of ours outside of sessions.
    pub(crate) sent: DirectMap<RequestId, Sent>,
}

impl Stack {
    /// A stack that knows nobody yet. `seed` must be unguessable in production: tags, branches and table keys come from it.
    pub fn new(config: StackConfig, seed: [u8; 32]) -> Self {
        Self {
            config,
            chance: Chance::new(seed),
            io: Io::new(),
            clients: Clients::new(),
            servers: Servers::new(&seed),
            sessions: Slots::new(),
            dialled: DirectMap::default(),
            sent: DirectMap::default(),
        }
    }

    /// One UDP datagram, one WebSocket message or one framed message of a stream.
    pub fn datagram(&mut self, flow: FlowId, bytes: &[u8], now: Tick) {
        self.io.now = now;
        if bytes.iter().all(|byte| matches!(byte, b'\r' | b'\n' | 0)) {
            // Keep-alive. Over a connection four bytes want two back (RFC 5626 section 4.4.1).
            if flow.net().reliable() && bytes == b"\r\n\r\n" {
                self.io.out.push_back(Output::Send { flow, bytes: Arc::from(*b"\r\n") });
            }
            return;
        }
        self.io.counters.received += 1;
        match Message::parse(bytes) {
            Some(message) => self.message(message, flow),
            None => self.io.counters.dropped += 1,
        }
    }

    /// Bytes of a TCP or TLS connection that were not consumed yet. Returns how many are consumed now; what is left comes
    /// again with more behind it. A stream that cannot be framed is closed.
    pub fn stream(&mut self, flow: FlowId, bytes: &[u8], now: Tick) -> usize {
        let mut at = 0;
        while at < bytes.len() {
            match frame(&bytes[at..]) {
                Frame::Need => break,
                Frame::Message(length) | Frame::KeepAlive(length) => {
                    self.datagram(flow, &bytes[at..at + length], now);
                    at += length;
                }
                Frame::Close => {
                    self.io.counters.dropped += 1;
                    self.io.out.push_back(Output::Close { flow });
                    return bytes.len();
                }
            }
        }
        at
    }

    /// A connection is there. Nothing is kept of it: it is known by what it says.
    pub fn flow_up(&mut self, _flow: FlowId, now: Tick) {
        self.io.now = now;
    }

    /// A connection is gone, or never came to be. Its unanswered requests fail, its ringing legs end; an established session
    /// over a WebSocket gets [`StackConfig::flow_grace`] to come back over another one.
    pub fn flow_down(&mut self, flow: FlowId, now: Tick) {
        self.io.now = now;
        for owner in self.clients.flow_down(flow) {
            self.unanswered(owner, 503);
        }
        for (session, tx) in self.servers.flow_down(flow) {
            self.lost_server(session, tx);
        }
        let riding: Vec<Key> = self.sessions.iter().filter(|(_, it)| it.rides(flow)).map(|(key, _)| key).collect();
        for key in riding {
            self.lost_flow(key);
        }
        self.io.event(Event::FlowDown { flow });
    }

    /// An order of the owner.
    pub fn command(&mut self, cmd: Cmd, now: Tick) {
        self.io.now = now;
        match cmd {
            Cmd::Dial { leg, to, from, extra, sdp, auth } => self.dial(leg, to, &from, &extra, &sdp, auth),
            Cmd::Ring { leg, code, sdp, extra } => self.ring(leg, code, sdp, extra),
            Cmd::Answer { leg, sdp, extra } => self.answer(leg, sdp.as_deref(), &extra),
            Cmd::Refuse { leg, code, extra } => self.refuse(leg, code, &extra),
            Cmd::Hangup { leg, code, extra } => self.hangup(leg, code, extra),
            Cmd::Offer { leg, sdp } => self.offer(leg, &Method::Invite, &sdp),
            Cmd::Update { leg, sdp } => self.offer(leg, &Method::Update, &sdp),
            Cmd::Accept { leg, sdp } => self.accept(leg, sdp.as_deref()),
            Cmd::Prove { leg, auth } => self.proves(leg, auth),
            Cmd::Reject { leg, code } => self.reject(leg, code),
            Cmd::Info { leg, content_type, body } => self.info(leg, &content_type, &body),
            Cmd::Refer { leg, refer_to } => self.refer(leg, &refer_to),
            Cmd::Notify { leg, code } => self.notify(leg, code),
            Cmd::Tell { request, to, from, to_address, dialog, extra, body } => {
                self.tell_outside(request, to, (&from, &to_address), dialog, &extra, (&body.0, &body.1));
            }
            Cmd::Send { request, method, to, from, to_address, dialog, extra, auth } => {
                let heads = (from.as_str(), to_address.as_str());
                self.send_outside(request, &method, to, heads, dialog, &extra, auth);
            }
            Cmd::Respond { request, code, extra } => self.respond_outside(request, code, &extra),
        }
    }

    /// Does what is due.
    pub fn timeout(&mut self, now: Tick) {
        self.io.now = now;
        while let Some(timer) = self.io.timers.due(now) {
            match timer {
                Timer::Client(key) => {
                    if let Some(owner) = self.clients.wake(&mut self.io, key) {
                        self.unanswered(owner, 408);
                    }
                }
                Timer::Server(key) => {
                    if let Fate::NoAck(session, tx) = self.servers.wake(&mut self.io, key) {
                        self.never_acked(session, tx);
                    }
                }
                Timer::Session(key) => self.wake_session(key),
            }
        }
    }

    /// The next output.
    pub fn poll(&mut self) -> Option<Output> {
        self.io.out.pop_front()
    }

    /// When [`Self::timeout`] must be called at the latest.
    pub fn next_timeout(&self) -> Option<Tick> {
        self.io.timers.next()
    }

    /// What it holds and did.
    pub fn stats(&self) -> Stats {
        Stats {
            legs: self.sessions.len(),
            client_transactions: self.clients.len(),
            server_transactions: self.servers.len(),
            requests: self.sent.len(),
            table: self.servers.table_len() + self.dialled.len(),
            timers: self.io.timers.len(),
            counters: self.io.counters.clone(),
        }
    }

    fn message(&mut self, message: Message, flow: FlowId) {
        let message = Arc::new(message);
        match verdict(&message) {
            Verdict::Pass if message.method().is_some() => self.request(message, flow),
            Verdict::Pass => self.response(message),
            Verdict::Drop => self.io.counters.dropped += 1,
            Verdict::Reply(code, extra) => self.reply_without_state(&message, flow, code, &extra),
        }
    }
}
