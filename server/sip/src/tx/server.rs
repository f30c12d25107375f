//! Server transactions: INVITE (RFC 3261 section 17.2.1, RFC 6026 section 8.7) and all others (section 17.2.2).

use std::sync::Arc;

use patchbay_kernel::{Tick, time::Span};

use super::id::{DirectMap, Ids, TxId};
use crate::{
    flow::FlowId,
    io::{Alarm, Io, Timer},
    slot::{Key, Slots},
    timer::{GIVE_UP, T1, T2, T4},
    wire::message::{Message, Method},
};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Proceeding,
    Completed,
    Confirmed,
    Accepted,
}

#[derive(Debug)]
pub(crate) struct Server {
    id: TxId,
    /// Where the same request, come by another way, is recognised.
    merged: Option<TxId>,
    /// Where it came from.
    pub source: FlowId,
    /// Where answers go.
    pub reply: FlowId,
    /// Kept until the final answer.
    pub request: Option<Arc<Message>>,
    invite: bool,
    /// The session it belongs to.
    pub session: Option<Key>,
    state: State,
    last: Option<Arc<[u8]>>,
    interval: Span,
    repeat_at: Option<Tick>,
    give_up: Option<Tick>,
    alarm: Alarm,
}

/// What a timer means for the session.
pub(crate) enum Fate {
    Nothing,
    /// A 2xx was never acknowledged.
    NoAck(Key, Key),
}

/// All server transactions and their table.
#[derive(Debug)]
pub(crate) struct Servers {
    slots: Slots<Server>,
    table: DirectMap<TxId, Key>,
    pub ids: Ids,
}

impl Servers {
    pub fn new(seed: &[u8; 32]) -> Self {
        Self { slots: Slots::new(), table: DirectMap::default(), ids: Ids::new(seed) }
    }

    pub fn len(&self) -> usize {
        self.slots.len()
    }

    pub fn table_len(&self) -> usize {
        self.table.len()
    }

    pub fn get(&self, key: Key) -> Option<&Server> {
        self.slots.get(key)
    }

    pub fn find(&self, id: TxId) -> Option<Key> {
        self.table.get(&id).copied()
    }

    /// By the lower 63 bits of its name towards the owner.
    pub fn by_name(&self, name: u64) -> Option<Key> {
        self.slots.named(name)
    }

    pub fn start(
        &mut self,
        io: &mut Io,
        (id, merged): (TxId, Option<TxId>),
        (source, reply): (FlowId, FlowId),
        request: Arc<Message>,
        session: Option<Key>,
    ) -> Key {
        let invite = request.method() == Some(&Method::Invite);
        let key = self.slots.insert(Server {
            id,
            merged,
            source,
            reply,
            request: Some(request),
            invite,
            session,
            state: State::Proceeding,
            last: None,
            interval: T1,
            repeat_at: None,
            give_up: None,
            alarm: Alarm::default(),
        });
        self.table.insert(id, key);
        if let Some(merged) = merged {
            self.table.insert(merged, key);
        }
        if !invite {
            // Nobody waits for an answer any longer after that.
            let server = self.slots.get_mut(key).expect("it was just put there");
            server.give_up = Some(io.now + GIVE_UP);
            server.rearm(io, key);
        }
        key
    }

    pub fn set_session(&mut self, key: Key, session: Key) {
        if let Some(server) = self.slots.get_mut(key) {
            server.session = Some(session);
        }
    }

    /// The same request again: the last answer again.
    pub fn repeated(&mut self, io: &mut Io, key: Key) {
        io.counters.absorbed += 1;
        if let Some(server) = self.slots.get(key)
            && let Some(last) = &server.last
            && server.state != State::Confirmed
        {
            io.resend(server.reply, last.clone());
        }
    }

    /// An ACK with the branch of the INVITE. False: it is not for a failure of ours.
    pub fn acknowledged(&mut self, io: &mut Io, key: Key) -> bool {
        let Some(server) = self.slots.get_mut(key) else { return false };
        match server.state {
            State::Completed => {
                server.state = State::Confirmed;
                server.repeat_at = None;
                server.last = None;
                server.give_up = Some(io.now + if server.reply.net().reliable() { Span(0) } else { T4 });
                server.rearm(io, key);
                true
            }
            State::Confirmed => true,
            State::Proceeding | State::Accepted => false,
        }
    }

    /// The ACK of a 2xx came: no more repeats.
    pub fn hush(&mut self, key: Key) {
        if let Some(server) = self.slots.get_mut(key) {
            server.repeat_at = None;
        }
    }

    /// Sends an answer. A second final answer is ignored.
    pub fn respond(&mut self, io: &mut Io, key: Key, code: u16, bytes: Vec<u8>) {
        let Some(server) = self.slots.get_mut(key).filter(|server| server.state == State::Proceeding) else { return };
        let bytes: Arc<[u8]> = bytes.into();
        io.send(server.reply, bytes.clone());
        server.last = Some(bytes);
        if code < 200 {
            return;
        }
        server.request = None;
        let reliable = server.reply.net().reliable();
        if !server.invite && reliable {
            return self.remove(key);
        }
        server.give_up = Some(io.now + GIVE_UP);
        server.state = if server.invite && code < 300 { State::Accepted } else { State::Completed };
        // A 2xx is repeated over any transport: the hops behind it may be datagrams (RFC 3261 section 13.3.1.4).
        if server.invite && (code < 300 || !reliable) {
            server.repeat_at = Some(io.now + T1);
        }
        server.rearm(io, key);
        if code >= 300
            && let Some(merged) = server.merged.take()
        {
            self.table.remove(&merged);
        }
    }

    /// The last answer as it went out.
    pub fn last(&self, key: Key) -> Option<Arc<[u8]>> {
        self.slots.get(key)?.last.clone()
    }

    /// The last provisional answer once more (RFC 3261 section 13.3.1: every minute, so that proxies do not give up).
    pub fn ring_again(&mut self, io: &mut Io, key: Key) {
        if let Some(server) = self.slots.get(key)
            && let Some(last) = &server.last
        {
            io.resend(server.reply, last.clone());
        }
    }

    pub fn wake(&mut self, io: &mut Io, key: Key) -> Fate {
        let Some(server) = self.slots.get_mut(key) else { return Fate::Nothing };
        if !server.alarm.due(io, Timer::Server(key)) {
            return Fate::Nothing;
        }
        if server.give_up.is_some_and(|at| at <= io.now) {
            let unheard = server.state == State::Accepted && server.repeat_at.is_some();
            let session = server.session.filter(|_| unheard);
            self.remove(key);
            return session.map_or(Fate::Nothing, |session| Fate::NoAck(session, key));
        }
        if server.repeat_at.is_some_and(|at| at <= io.now) {
            if let Some(last) = &server.last {
                io.resend(server.reply, last.clone());
            }
            server.interval = Span(server.interval.0 * 2).min(T2);
            server.repeat_at = Some(io.now + server.interval);
        }
        server.rearm(io, key);
        Fate::Nothing
    }

    /// The flow broke. Which sessions lost an unfinished transaction, and which one?
    pub fn flow_down(&mut self, flow: FlowId) -> Vec<(Key, Key)> {
        let gone: Vec<Key> = self.slots.iter().filter(|(_, server)| server.reply == flow).map(|(key, _)| key).collect();
        let mut sessions = Vec::new();
        for key in gone {
            if let Some(session) = self.slots.get(key).and_then(|server| server.session) {
                sessions.push((session, key));
            }
            self.remove(key);
        }
        sessions
    }

    fn remove(&mut self, key: Key) {
        if let Some(server) = self.slots.remove(key) {
            self.table.remove(&server.id);
            if let Some(merged) = server.merged {
                self.table.remove(&merged);
            }
        }
    }
}

impl Server {
    /// A tag of ours for answers outside of dialogs: the same for every repeat.
    pub fn plain_tag(&self) -> String {
        format!("{:016x}", (self.id.0 >> 64) as u64)
    }

    fn rearm(&mut self, io: &mut Io, key: Key) {
        let at = [self.repeat_at, self.give_up].into_iter().flatten().min();
        match at {
            Some(at) => self.alarm.set(&mut io.timers, at, Timer::Server(key)),
            None => self.alarm.off(),
        }
    }
}
