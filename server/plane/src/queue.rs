//! What the queues of a company need to know, and what they tell.

use std::collections::BTreeMap;

use acd::distributor::{Company, State, Visit};
use kernel::{CallId, CallbackId, DeviceId, EndCause, MemberId, PromptId, QueueId, SeatId, TenantId, Wall};
use patchbay_acd as acd;
use patchbay_kernel as kernel;

/// Everything that decides who gets which caller of a company, as it is stored now.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct QueueFloor {
    /// Queues and people. Whether somebody can be reached is as stored; see [`Self::devices`].
    pub company: Company,
    /// What else is to be known of each queue.
    pub sheets: BTreeMap<QueueId, QueueSheet>,
    /// Devices of the people's seats.
    pub devices: Vec<FloorDevice>,
    /// Calls back that are to be offered now, the oldest place first.
    pub callbacks: Vec<CallbackDue>,
}

/// A call back that a queue has promised and that is due.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallbackDue {
    /// Which.
    pub id: CallbackId,
    /// The queue that keeps it.
    pub queue: QueueId,
    /// Whom to call, as it is dialled.
    pub number: String,
    /// Since when the caller waits: their place.
    pub asked: Wall,
}

/// How a call back goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CallbackStep {
    /// An agent's phone rings for it.
    Offered {
        /// Whose.
        seat: SeatId,
        /// The call that it will be.
        call: CallId,
    },
    /// The agent did not take it: it waits at its place.
    Missed,
    /// The agent accepted, and the customer is dialled.
    Calling {
        /// Who.
        seat: SeatId,
        /// The call.
        call: CallId,
    },
    /// They talked, and that was all.
    Reached {
        /// Who.
        seat: SeatId,
        /// The call.
        call: CallId,
    },
    /// The customer was not reached.
    Failed {
        /// Whose try it was.
        seat: SeatId,
        /// The call.
        call: CallId,
        /// Why.
        cause: EndCause,
    },
}

/// What callers of a queue are given.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct QueueSheet {
    /// Its name.
    pub name: String,
    /// What they hear; `None`: the usual music.
    pub music: Option<PromptId>,
}

/// A device that rings for somebody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FloorDevice {
    /// Of which seat.
    pub seat: SeatId,
    /// Which.
    pub device: DeviceId,
    /// SIP user name.
    pub username: String,
    /// Contacts as stored: what other nodes know.
    pub contacts: u32,
}

/// What the queues of a company tell. In order, and none is lost while the process lives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum QueueNews {
    /// An agent's state changed.
    Agent(AgentNews),
    /// A caller's stay in a queue is over.
    Visit(Box<QueueVisit>),
    /// An agent's state outlived its maximum age and was ended.
    Repaired {
        /// Company.
        tenant: TenantId,
        /// Whose.
        member: MemberId,
        /// Of which call.
        call: CallId,
    },
    /// Who waits, or who does what, is different from a moment ago.
    Moved {
        /// Company.
        tenant: TenantId,
    },
}

impl QueueNews {
    /// Whose news it is.
    pub const fn tenant(&self) -> TenantId {
        match self {
            Self::Agent(news) => news.tenant,
            Self::Visit(visit) => visit.tenant,
            Self::Repaired { tenant, .. } | Self::Moved { tenant } => *tenant,
        }
    }
}

/// What an agent does now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AgentNews {
    /// Company.
    pub tenant: TenantId,
    /// Who.
    pub member: MemberId,
    /// Where.
    pub seat: SeatId,
    /// What.
    pub state: State,
    /// Since when.
    pub since: Wall,
    /// When it ends by itself, of a wrap-up.
    pub until: Option<Wall>,
    /// The wish that it follows, in microseconds on the wall. A newer wish is not to be overwritten.
    pub wished_at: i64,
}

/// A stay in a queue, for the books.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueueVisit {
    /// Company.
    pub tenant: TenantId,
    /// The caller's number.
    pub caller: String,
    /// From when.
    pub entered: Wall,
    /// Until when.
    pub left: Wall,
    /// What happened.
    pub visit: Visit,
}

/// How it stands in the queues of a company.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct QueueBoard {
    /// Each queue.
    pub queues: Vec<QueueLine>,
    /// Everybody who is looked after.
    pub agents: Vec<AgentLine>,
}

/// One queue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueueLine {
    /// Which.
    pub queue: QueueId,
    /// Those who wait, first come first.
    pub waiting: Vec<WaitingLine>,
    /// How many of its callers talk with an agent.
    pub talking: u32,
    /// Milliseconds that somebody who came now would wait; `None`: nobody is there to take them.
    pub estimate_ms: Option<u64>,
}

/// One caller who waits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WaitingLine {
    /// Which call.
    pub call: CallId,
    /// The caller's number.
    pub caller: String,
    /// Since when.
    pub since: Wall,
    /// Whose phone rings for them.
    pub offered_to: Option<MemberId>,
}

/// One agent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AgentLine {
    /// Who.
    pub member: MemberId,
    /// What.
    pub state: State,
    /// Since when.
    pub since: Wall,
    /// When a wrap-up ends by itself.
    pub until: Option<Wall>,
}
