//! Client transactions: INVITE (RFC 3261 section 17.1.1, RFC 6026 section 8.4) and all others (section 17.1.2).

use std::sync::Arc;

use patchbay_kernel::{Tick, time::Span};

use super::derive::derived;
use crate::{
    api::RequestId,
    flow::FlowId,
    io::{Alarm, Io, Timer},
    slot::{Key, Slots},
    timer::{GIVE_UP, T1, T2, TIMER_C},
    wire::{
        address::Address,
        message::{Message, Method},
        name::Name,
        via::Via,
    },
};

/// Who hears of a client transaction's end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Owner {
    /// The INVITE that makes a session.
    Invite(Key),
    /// A re-INVITE of a session.
    Change(Key),
    /// Any other request inside a session.
    Within(Key),
    /// A REFER inside a session.
    Refer(Key),
    /// A request inside a session whose failure changes nothing: PRACK, NOTIFY.
    Told(Key),
    /// The BYE of a session.
    Bye(Key),
    /// A request outside of sessions.
    Request(RequestId),
    /// Nobody any more.
    Nobody,
}

/// A transaction to be.
pub(crate) struct New {
    pub owner: Owner,
    pub method: Method,
    pub flow: FlowId,
    /// Drawn by the stack; without it a response cannot be forged from outside the path.
    pub random: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Calling,
    Proceeding,
    Completed,
    Accepted,
}

#[derive(Debug)]
enum Cancel {
    No,
    /// Waits for the first provisional answer (RFC 3261 section 9.1).
    Wanted(Vec<(String, String)>),
    Sent(Key),
}

#[derive(Debug)]
pub(crate) struct Client {
    pub owner: Owner,
    pub flow: FlowId,
    pub request: Arc<[u8]>,
    method: Method,
    random: u32,
    state: State,
    interval: Span,
    repeat_at: Option<Tick>,
    give_up: Tick,
    alarm: Alarm,
    /// To tag, way and bytes of each ACK; repeated with each repeat of the answer.
    acks: Vec<(String, FlowId, Arc<[u8]>)>,
    cancel: Cancel,
}

/// What a response means for the owner.
pub(crate) enum Heard {
    /// Nothing.
    Absorbed,
    /// 1xx to an INVITE.
    Provisional(Owner, Key),
    /// 2xx to an INVITE with a To tag not seen before; it must be acknowledged with [`Clients::acknowledge`].
    Success(Owner, Key),
    /// Any other final answer, with the request it answers.
    Final(Owner, Arc<[u8]>),
}

/// All client transactions.
#[derive(Debug)]
pub(crate) struct Clients {
    slots: Slots<Client>,
}

/// The branch of the transaction at this place.
fn branch(key: Key, random: u32) -> String {
    format!("z9hG4bK{:x}.{:x}.{random:08x}", key.slot, key.generation)
}

fn read_branch(branch: &str) -> Option<(Key, u32)> {
    let mut parts = branch.strip_prefix("z9hG4bK")?.split('.').map(|part| u32::from_str_radix(part, 16).ok());
    let key = Key { slot: parts.next()??, generation: parts.next()?? };
    let random = parts.next()??;
    parts.next().is_none().then_some((key, random))
}

impl Clients {
    pub const fn new() -> Self {
        Self { slots: Slots::new() }
    }

    pub fn len(&self) -> usize {
        self.slots.len()
    }

    pub fn get(&self, key: Key) -> Option<&Client> {
        self.slots.get(key)
    }

    /// Sends the request that `make` writes around the branch it is given.
    pub fn start(&mut self, io: &mut Io, new: New, make: impl FnOnce(&str) -> Vec<u8>) -> Key {
        let New { owner, method, flow, random } = new;
        let now = io.now;
        let key = self.slots.insert_with(|key| Client {
            owner,
            flow,
            request: make(&branch(key, random)).into(),
            method,
            random,
            state: State::Calling,
            interval: T1,
            repeat_at: (!flow.net().reliable()).then(|| now + T1),
            give_up: now + GIVE_UP,
            alarm: Alarm::default(),
            acks: Vec::new(),
            cancel: Cancel::No,
        });
        let client = self.slots.get_mut(key).expect("it was just put there");
        io.send(flow, client.request.clone());
        client.rearm(io, key);
        key
    }

    /// A response of the network.
    pub fn response(&mut self, io: &mut Io, message: &Message) -> Heard {
        self.find(message).map_or(Heard::Absorbed, |(key, status)| self.heard(io, key, status, message))
    }

    /// The transaction that this response is for. More than one Via means that it is not for us (RFC 3261 section 8.1.3.3).
    fn find(&mut self, message: &Message) -> Option<(Key, u16)> {
        let mut vias = message.list(Name::Via);
        let via = vias.next().and_then(Via::parse)?;
        if vias.next().is_some() {
            return None;
        }
        let (key, random) = read_branch(via.branch()?)?;
        let (_, method) = message.cseq()?;
        let client = self.slots.get(key).filter(|client| client.random == random)?;
        if method == Method::Cancel && client.method == Method::Invite {
            // A CANCEL carries the branch of its INVITE.
            if let Cancel::Sent(cancel) = client.cancel
                && message.status()? >= 200
            {
                self.slots.remove(cancel);
            }
            return None;
        }
        (client.method == method).then_some((key, message.status()?))
    }

    fn heard(&mut self, io: &mut Io, key: Key, status: u16, message: &Message) -> Heard {
        let Some(client) = self.slots.get_mut(key) else { return Heard::Absorbed };
        if client.method == Method::Invite {
            return match (status, client.state) {
                (100..200, State::Calling | State::Proceeding) => self.provisional(io, key),
                (200..300, State::Calling | State::Proceeding | State::Accepted) => self.success(io, key, message),
                (300.., State::Calling | State::Proceeding) => self.failure(io, key, message),
                (300.., State::Completed) => {
                    client.repeat_acks(io, "");
                    Heard::Absorbed
                }
                _ => Heard::Absorbed,
            };
        }
        if status < 200 {
            if client.state == State::Calling {
                client.state = State::Proceeding;
                client.interval = T2;
            }
            return Heard::Absorbed;
        }
        // Timer K only serves to absorb repeats; a response without transaction is absorbed just as well.
        let client = self.slots.remove(key).expect("it is there");
        Heard::Final(client.owner, client.request)
    }

    fn provisional(&mut self, io: &mut Io, key: Key) -> Heard {
        let client = self.slots.get_mut(key).expect("the caller looked");
        client.state = State::Proceeding;
        client.repeat_at = None;
        let owner = client.owner;
        if let Cancel::Wanted(extra) = std::mem::replace(&mut client.cancel, Cancel::No) {
            self.send_cancel(io, key, &extra);
        } else if !matches!(client.cancel, Cancel::Sent(_)) {
            client.give_up = io.now + TIMER_C;
            client.rearm(io, key);
        }
        Heard::Provisional(owner, key)
    }

    fn success(&mut self, io: &mut Io, key: Key, message: &Message) -> Heard {
        self.drop_cancel(key);
        let client = self.slots.get_mut(key).expect("the caller looked");
        if client.state != State::Accepted {
            client.state = State::Accepted;
            client.repeat_at = None;
            client.give_up = io.now + GIVE_UP;
            client.rearm(io, key);
        }
        let tag = to_tag(message);
        if client.acks.iter().any(|(known, ..)| *known == tag) {
            client.repeat_acks(io, &tag);
            return Heard::Absorbed;
        }
        // A hostile far end could fork without end.
        if client.acks.len() >= 16 { Heard::Absorbed } else { Heard::Success(client.owner, key) }
    }

    fn failure(&mut self, io: &mut Io, key: Key, message: &Message) -> Heard {
        self.drop_cancel(key);
        let client = self.slots.get_mut(key).expect("the caller looked");
        let ack = derived(&client.request, &Method::Ack, message.get(Name::To), &[]);
        io.send(client.flow, ack.clone());
        let request = std::mem::replace(&mut client.request, Arc::from([]));
        let owner = std::mem::replace(&mut client.owner, Owner::Nobody);
        if client.flow.net().reliable() {
            self.slots.remove(key);
        } else {
            client.state = State::Completed;
            client.acks = vec![(String::new(), client.flow, ack)];
            client.repeat_at = None;
            client.give_up = io.now + GIVE_UP;
            client.rearm(io, key);
        }
        Heard::Final(owner, request)
    }

    /// Sends the ACK of a 2xx and keeps it for its repeats.
    pub fn acknowledge(&mut self, io: &mut Io, key: Key, tag: &str, flow: FlowId, ack: Vec<u8>) {
        let ack: Arc<[u8]> = ack.into();
        io.send(flow, ack.clone());
        if let Some(client) = self.slots.get_mut(key) {
            client.acks.push((tag.to_owned(), flow, ack));
        }
    }

    /// The owner is gone; an INVITE that still rings is cancelled.
    pub fn abandon(&mut self, io: &mut Io, key: Key, extra: Vec<(String, String)>) {
        let Some(client) = self.slots.get_mut(key) else { return };
        client.owner = Owner::Nobody;
        match (client.state, &client.cancel) {
            (State::Calling, Cancel::No) if client.method == Method::Invite => client.cancel = Cancel::Wanted(extra),
            (State::Proceeding, Cancel::No) if client.method == Method::Invite => self.send_cancel(io, key, &extra),
            _ => {}
        }
    }

    fn send_cancel(&mut self, io: &mut Io, key: Key, extra: &[(String, String)]) {
        let client = self.slots.get_mut(key).expect("the caller looked");
        let bytes = derived(&client.request, &Method::Cancel, None, extra);
        let new = New { owner: Owner::Nobody, method: Method::Cancel, flow: client.flow, random: !client.random };
        // RFC 3261 section 9.1: 64 * T1 after the CANCEL the INVITE is over, answered or not.
        client.give_up = io.now + GIVE_UP;
        client.rearm(io, key);
        let cancel = self.start(io, new, |_| bytes.to_vec());
        self.slots.get_mut(key).expect("still there").cancel = Cancel::Sent(cancel);
    }

    /// The final answer makes a CANCEL pointless.
    fn drop_cancel(&mut self, key: Key) {
        if let Some(Client { cancel, .. }) = self.slots.get_mut(key)
            && let Cancel::Sent(cancel) = std::mem::replace(cancel, Cancel::No)
        {
            self.slots.remove(cancel);
        }
    }

    /// A timer came due. `Some`: no final answer came in time.
    pub fn wake(&mut self, io: &mut Io, key: Key) -> Option<Owner> {
        let client = self.slots.get_mut(key)?;
        if !client.alarm.due(io, Timer::Client(key)) {
            return None;
        }
        if client.give_up <= io.now {
            let waiting = matches!(client.state, State::Calling | State::Proceeding);
            let ringing = waiting && client.state == State::Proceeding && client.method == Method::Invite;
            let owner = client.owner;
            if ringing && matches!(client.cancel, Cancel::No) {
                // Timer C: it rang for too long.
                self.abandon(io, key, Vec::new());
            } else {
                self.drop_cancel(key);
                self.slots.remove(key);
            }
            return waiting.then_some(owner);
        }
        if client.repeat_at.is_some_and(|at| at <= io.now) {
            io.resend(client.flow, client.request.clone());
            let doubled = Span(client.interval.0 * 2);
            client.interval = if client.method == Method::Invite { doubled } else { doubled.min(T2) };
            client.repeat_at = Some(io.now + client.interval);
        }
        client.rearm(io, key);
        None
    }

    /// The flow broke: its transactions are over. Who waited for an answer?
    pub fn flow_down(&mut self, flow: FlowId) -> Vec<Owner> {
        let gone: Vec<Key> = self.slots.iter().filter(|(_, client)| client.flow == flow).map(|(key, _)| key).collect();
        gone.into_iter()
            .filter_map(|key| self.slots.remove(key))
            .filter(|client| matches!(client.state, State::Calling | State::Proceeding))
            .map(|client| client.owner)
            .collect()
    }
}

impl Client {
    fn rearm(&mut self, io: &mut Io, key: Key) {
        let at = self.repeat_at.map_or(self.give_up, |repeat| repeat.min(self.give_up));
        self.alarm.set(&mut io.timers, at, Timer::Client(key));
    }

    fn repeat_acks(&self, io: &mut Io, tag: &str) {
        io.counters.absorbed += 1;
        if let Some((_, flow, ack)) = self.acks.iter().find(|(known, ..)| known == tag) {
            io.resend(*flow, ack.clone());
        }
    }
}

/// The To tag of a response, empty when there is none.
pub(crate) fn to_tag(message: &Message) -> String {
    message.get(Name::To).and_then(Address::parse).and_then(|to| to.tag().map(str::to_owned)).unwrap_or_default()
}
