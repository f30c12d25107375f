//! What is told of a stay in a queue: who was offered the caller and why, who was not and why not, and how it ended.

use kernel::{CallId, MemberId, QueueId, Tick, time::Span};
use patchbay_kernel as kernel;
use serde::{Deserialize, Serialize};

use crate::{
    agent::Miss,
    explain::{Explanation, Lost, Passed},
};

/// Turns that are kept of one stay; later ones are only counted.
const TURNS_MOST: usize = 24;

/// How a stay in a queue ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// An agent took the caller.
    Answered,
    /// The caller left.
    Abandoned,
    /// Waited as long as the queue, or the flow, allows.
    TimedOut,
    /// The queue was full.
    Full,
    /// Nobody worked in it.
    Nobody,
    /// Went on to the overflow queue.
    Overflowed,
    /// The queue was removed, or could not go on.
    Failed,
}

/// What the agents of a queue did at one moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Census {
    /// Ready, with nothing else to do.
    pub ready: u32,
    /// Being rung.
    pub offered: u32,
    /// Talking.
    pub on_call: u32,
    /// Writing up.
    pub wrap_up: u32,
    /// Taking no calls.
    pub not_ready: u32,
    /// Their phone is gone for a moment.
    pub reconnecting: u32,
    /// Not signed in.
    pub offline: u32,
}

/// Why one idle agent did not get the caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NotThem {
    /// Who.
    pub agent: MemberId,
    /// Why.
    pub why: Lost,
}

/// A caller with a higher score who was passed over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PassedOver {
    /// Which call.
    pub call: CallId,
    /// Why.
    pub why: Passed,
}

/// How many idle agents lost for one reason.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counted {
    /// The reason.
    pub why: Lost,
    /// How many.
    pub count: usize,
}

/// One thing that happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum TurnKind {
    /// An agent was offered the caller.
    Offered {
        /// Who.
        agent: MemberId,
        /// Milliseconds of waiting, head starts added: what won.
        score_ms: u64,
        /// The agent was the one that the caller knows.
        known: bool,
        /// Idle agents of the queue who did not get the caller, the first few of each reason.
        others: Vec<NotThem>,
        /// How many for each reason.
        counts: Vec<Counted>,
        /// Callers before this one who had to be passed over, the first few.
        passed: Vec<PassedOver>,
        /// What the agents of the queue did.
        census: Census,
    },
    /// The agent did not take the caller.
    Missed {
        /// Who.
        agent: MemberId,
        /// Why.
        why: Miss,
    },
    /// The agent took the caller.
    Answered {
        /// Who.
        agent: MemberId,
    },
    /// What the agents of the queue did when the caller left without one.
    Left {
        /// That.
        census: Census,
    },
}

/// Something that happened, and when.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Turn {
    /// Milliseconds since the stay began.
    pub at_ms: u64,
    /// What.
    #[serde(flatten)]
    pub kind: TurnKind,
}

/// One stay of a call in one queue, over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Visit {
    /// Which call.
    pub call: CallId,
    /// In which queue.
    pub queue: QueueId,
    /// From when.
    pub entered: Tick,
    /// Until when.
    pub left: Tick,
    /// How long it waited in all, former queues included.
    pub waited: Span,
    /// How it ended.
    pub outcome: Outcome,
    /// Who took the caller.
    pub agent: Option<MemberId>,
    /// Where the caller went on to.
    pub next: Option<QueueId>,
    /// What happened.
    pub turns: Vec<Turn>,
    /// Turns that were not kept.
    pub turns_lost: u32,
}

/// Of a stay that goes on.
#[derive(Clone, Debug, Default)]
pub(super) struct Story {
    turns: Vec<Turn>,
    lost: u32,
}

impl Story {
    pub fn add(&mut self, entered: Tick, kind: TurnKind, now: Tick) {
        if self.turns.len() >= TURNS_MOST {
            self.lost += 1;
            return;
        }
        self.turns.push(Turn { at_ms: now.since(entered).as_ms(), kind });
    }

    pub fn take(&mut self) -> (Vec<Turn>, u32) {
        (std::mem::take(&mut self.turns), std::mem::take(&mut self.lost))
    }
}

/// The explanation of a decision, without those who do not work in the queue.
pub(super) fn offered(
    agent: MemberId,
    why: &Explanation<MemberId, CallId>,
    strangers: usize,
    census: Census,
) -> TurnKind {
    let count = |one: &Lost| {
        let strange = if *one == Lost::LacksSkill { strangers } else { 0 };
        Counted { why: *one, count: why.count(*one).saturating_sub(strange) }
    };
    TurnKind::Offered {
        agent,
        score_ms: why.score / 1_000,
        known: why.known,
        others: why.lost.iter().map(|(agent, why)| NotThem { agent: *agent, why: *why }).collect(),
        counts: Lost::ALL.iter().map(count).filter(|one| one.count > 0).collect(),
        passed: why.passed.iter().map(|(call, why)| PassedOver { call: *call, why: *why }).collect(),
        census,
    }
}
