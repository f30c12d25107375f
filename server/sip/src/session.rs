//! INVITE sessions: how a leg rings, is answered, changes and ends.

mod change;
mod early;
mod end;
mod glare;
mod incoming;
mod outgoing;
mod prove;
mod refresh;
mod reliable;
mod transfer;
mod within;

use patchbay_kernel::Tick;

use crate::{
    api::LegId,
    dialog::Dialog,
    digest::ClientAuth,
    flow::FlowId,
    io::{Alarm, Io, Timer},
    slot::Key,
    timer::FAR,
};

pub(crate) use early::Early;
use glare::Again;
use refresh::SessionTimer;
use reliable::Reliable;
use transfer::Referral;

/// One INVITE session.
#[derive(Debug)]
pub(crate) struct Session {
    /// Its name towards the owner.
    pub id: LegId,
    /// Whether the owner still wants to hear of it.
    pub open: bool,
    /// Our tag.
    pub tag: Box<str>,
    pub state: State,
    /// From the INVITE on when it came in, from the 2xx on when it went out.
    pub dialog: Option<Dialog>,
    /// Our 2xx that waits for its ACK.
    pub unacked: Option<Unacked>,
    /// A re-INVITE, UPDATE or PRACK with an offer under way.
    pub change: Change,
    /// An offer of ours that waits for a better moment.
    again: Option<Box<Again>>,
    /// A 2xx whose offer the owner must answer before it is acknowledged.
    pub ack_due: Option<Box<AckDue>>,
    /// Reliable provisional answers of ours.
    reliable: Option<Box<Reliable>>,
    /// The agreed session timer.
    timer: Option<SessionTimer>,
    /// The description that we gave last, where a refresh needs it.
    described: Option<Box<[u8]>>,
    /// The transfer that the peer asked for.
    referral: Option<Box<Referral>>,
    /// A REFER of ours is under way.
    referring: bool,
    /// For challenges. The realm is the agreed one, or the one that asked for the INVITE's: no other is answered.
    auth: Option<Box<ClientAuth>>,
    /// When the last provisional answer is repeated.
    pub ring_again: Option<Tick>,
    alarm: Alarm,
}

#[derive(Debug)]
pub(crate) enum State {
    /// Came in, not answered.
    Ringing { tx: Key },
    /// Went out, not answered. Those who ring, so that their requests are known. `raised`: 422 has been obeyed.
    Calling { tx: Key, flow: FlowId, early: Vec<Early>, raised: bool },
    /// Answered. `lost`: until when it may stay without its flow.
    Up { lost: Option<Tick> },
    /// BYE is sent, or waits for the ACK with these headers.
    Ending { bye: Option<Vec<(String, String)>> },
}

#[derive(Debug)]
pub(crate) struct Unacked {
    pub tx: Key,
    /// Number of the INVITE, and of its ACK.
    pub cseq: u32,
    /// The owner waits for the ACK's session description.
    pub offered: bool,
    /// It is the INVITE that made the session.
    pub first: bool,
}

#[derive(Debug)]
pub(crate) enum Change {
    No,
    /// The peer's, not answered yet.
    Theirs {
        tx: Key,
        cseq: u32,
        invite: bool,
        offered: bool,
        peer: Box<str>,
        target: Option<String>,
    },
    /// Ours, not answered yet; refused for glare so often.
    Ours {
        tx: Key,
        tries: u8,
        refresh: bool,
    },
}

#[derive(Debug)]
pub(crate) struct AckDue {
    pub tx: Key,
    pub tag: String,
    pub number: u32,
}

impl Session {
    pub fn new(id: LegId, tag: String, state: State, dialog: Option<Dialog>) -> Self {
        Self {
            id,
            open: true,
            tag: tag.into(),
            state,
            dialog,
            unacked: None,
            change: Change::No,
            again: None,
            ack_due: None,
            reliable: None,
            timer: None,
            described: None,
            referral: None,
            referring: false,
            auth: None,
            ring_again: None,
            alarm: Alarm::default(),
        }
    }

    /// Wakes it when the first of its deadlines comes. A far one is approached in steps: entries of the queue are never taken
    /// out, and those of sessions that end before must not pile up.
    pub fn rearm(&mut self, io: &mut Io, key: Key) {
        let again = self.again.as_ref().map(|again| again.at);
        let (one, other) = match self.state {
            State::Ringing { .. } => (self.ring_again, self.reliable.as_ref().and_then(|reliable| reliable.wakes_at())),
            State::Up { lost } => (lost, self.timer.as_ref().map(SessionTimer::wakes_at)),
            State::Calling { .. } | State::Ending { .. } => (None, None),
        };
        match [one, other, again].into_iter().flatten().min() {
            Some(at) => self.alarm.set(&mut io.timers, at.min(io.now + FAR), Timer::Session(key)),
            None => self.alarm.off(),
        }
    }

    pub fn due(&mut self, io: &mut Io, key: Key) -> bool {
        self.alarm.due(io, Timer::Session(key))
    }

    /// Whether a description went reliably before the answer, and nothing of it is open.
    pub fn is_settled(&self) -> bool {
        self.reliable.as_ref().is_some_and(|reliable| reliable.is_settled())
    }

    /// The dialog with the peer of this tag, early or not.
    pub fn dialog_with(&mut self, tag: &str) -> Option<&mut Dialog> {
        match (&mut self.dialog, &mut self.state) {
            (Some(dialog), _) => Some(dialog),
            (None, State::Calling { early, .. }) => early.iter_mut().find(|it| it.tag == tag)?.dialog_mut(),
            (None, _) => None,
        }
    }

    /// Whether its requests go over this flow.
    pub fn rides(&self, flow: FlowId) -> bool {
        self.dialog.as_ref().is_some_and(|dialog| dialog.flow == flow)
    }
}

/// Our tag: the session's place, and what nobody can guess.
pub(crate) fn write_tag(key: Key, random: u64) -> String {
    format!("{:x}.{:x}.{random:016x}", key.slot, key.generation)
}

/// The place in a tag of ours.
pub(crate) fn read_tag(tag: &str) -> Option<Key> {
    let mut parts = tag.split('.').map(|part| u32::from_str_radix(part, 16).ok());
    Some(Key { slot: parts.next()??, generation: parts.next()?? })
}
