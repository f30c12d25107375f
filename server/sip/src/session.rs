//! INVITE sessions: how a leg rings, is answered, changes and ends.

mod change;
mod end;
mod incoming;
mod outgoing;
mod within;

use patchbay_kernel::{Tick, time::Span};

use crate::{
    api::LegId,
    dialog::Dialog,
    digest::ClientAuth,
    flow::FlowId,
    io::{Alarm, Io, Timer},
    slot::Key,
};

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
    /// A re-INVITE or UPDATE under way.
    pub change: Change,
    alarm: Alarm,
}

#[derive(Debug)]
pub(crate) enum State {
    /// Came in, not answered.
    Ringing { tx: Key },
    /// Went out, not answered. Tags of those who ring, so that their requests are known.
    Calling { tx: Key, flow: FlowId, early: Vec<String>, auth: Option<Box<ClientAuth>> },
    /// Answered. `lost`: when its flow broke.
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
        target: Option<String>,
    },
    /// Ours, not answered yet.
    Ours(Key),
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
            alarm: Alarm::default(),
        }
    }

    pub fn wake_in(&mut self, io: &mut Io, span: Span, key: Key) {
        self.alarm.set(&mut io.timers, io.now + span, Timer::Session(key));
    }

    pub fn due(&mut self, io: &mut Io, key: Key) -> bool {
        self.alarm.due(io, Timer::Session(key))
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
