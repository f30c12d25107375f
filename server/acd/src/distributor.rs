//! Distributes the calls of one company: all its queues and all its agents, as one pure machine.
//!
//! Whoever owns it tells it what happens ([`Distributor::enter`], [`Distributor::told`], ..), lets time act ([`Distributor::tick`])
//! when [`Distributor::deadline`] has come, and drains [`Distributor::poll`]. It promises: a call has at most one open offer, an
//! agent at most one, whatever is told late, twice or not at all. An offer that is taken back stays open until the call's side says
//! that nothing rings any more, or until [`CLOSE_WITHIN`] is over. An answer is a fact: it counts even when its offer was taken back.
//! Never here: sockets, rows, clocks, media.

mod choose;
mod company;
mod desk;
mod story;
mod wait;

use std::collections::{BTreeMap, VecDeque};

use kernel::{CallId, MemberId, QueueId, ReasonCodeId, SeatId, Tick, time::Span};
use patchbay_kernel as kernel;

use crate::{
    agent::{self, Miss},
    estimate::Announcer,
    pace::Pace,
    skill::Skills,
};
use company::{Numbers, Plan};
use desk::Desk;
use wait::{Guest, Line, Stage};

pub use choose::{AgentNow, Board, QueueNow, WaitingNow};
pub use company::{Asked, Company, Person, QueueRules, Wish};
pub use story::{Census, Counted, NotThem, Outcome, PassedOver, Turn, TurnKind, Visit};

/// What the call's side may take, beyond the ring time, to say how an offer ended; and to stop ringing when it is taken back.
pub const CLOSE_WITHIN: Span = Span::secs(2);

/// What an agent does.
pub type State = agent::State<CallId, Option<ReasonCodeId>>;

/// One offer of one call to one agent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OfferId(pub u64);

/// Somebody who comes to a queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Which call.
    pub call: CallId,
    /// Which queue.
    pub queue: QueueId,
    /// Head start over those who came before.
    pub priority: Span,
    /// Longest wait that whoever sends them allows.
    pub max_wait: Option<Span>,
    /// The agent they know.
    pub knows: Option<MemberId>,
    /// When they came: the place in the queue.
    pub since: Tick,
}

/// What the call's side tells of an offer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Told {
    /// The agent's phone rings.
    Ringing,
    /// The agent has answered.
    Answered,
    /// It came to nothing, and nothing rings any more.
    Missed(Miss),
    /// They have talked; the agent is no longer on the call.
    TalkOver,
    /// They talk, and the agent's phone is gone without a word; the caller is kept for them.
    Lost,
    /// It is back.
    Back,
    /// It did not come back in time: the caller waits again, before everybody else.
    Requeue,
}

/// Why a queue gives a caller back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// It takes no more callers.
    Full,
    /// The longest wait is over.
    TimedOut,
    /// Nobody works in it now.
    Nobody,
    /// It is no more.
    Failed,
}

/// What an agent wants of the time after a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WrapUp {
    /// What came of this call is written down.
    Disposed(CallId),
    /// Done.
    Done,
    /// So much longer, from now.
    Extend(Span),
}

/// What an agent does now, for the rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    /// Who.
    pub member: MemberId,
    /// Where.
    pub seat: SeatId,
    /// What.
    pub state: State,
    /// Since when.
    pub since: Tick,
    /// When it ends by itself, of a wrap-up.
    pub until: Option<Tick>,
    /// The wish that it follows, see [`Person::wished_at`].
    pub wished_at: i64,
}

/// What the owner must do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Ring this seat for this call, at most so long.
    Offer {
        /// Which call.
        call: CallId,
        /// Name of the offer.
        offer: OfferId,
        /// Who.
        agent: MemberId,
        /// Where.
        seat: SeatId,
        /// How long.
        ring: Span,
    },
    /// Stop ringing, and say so with [`Told::Missed`].
    Withdraw {
        /// Which call.
        call: CallId,
        /// Which offer.
        offer: OfferId,
    },
    /// Tell the caller where they stand.
    Say {
        /// Which call.
        call: CallId,
        /// From 1.
        position: Option<u32>,
        /// How long it will take.
        wait: Option<Span>,
    },
    /// The caller waits in this queue now, and hears its music.
    In {
        /// Which call.
        call: CallId,
        /// Which queue.
        queue: QueueId,
    },
    /// The caller is the queue's no longer.
    Back {
        /// Which call.
        call: CallId,
        /// Why.
        end: End,
    },
    /// An agent's state changed.
    Agent(Standing),
    /// A stay in a queue is over.
    Over(Box<Visit>),
    /// A state outlived its maximum age and was ended: for the repair journal.
    Repaired {
        /// Whose.
        agent: MemberId,
        /// Of which call.
        call: CallId,
    },
}

/// The machine.
#[derive(Debug, Default)]
pub struct Distributor {
    numbers: Numbers,
    needs: Vec<Skills>,
    lines: BTreeMap<QueueId, Line>,
    desks: BTreeMap<MemberId, Desk>,
    seats: BTreeMap<SeatId, MemberId>,
    guests: BTreeMap<CallId, Guest>,
    pace: Pace,
    announcer: Announcer<CallId>,
    /// How often agents came or went.
    turnover: u64,
    next_offer: u64,
    /// Nothing is offered before.
    open: bool,
    out: VecDeque<Effect>,
}

impl Distributor {
    /// Without queues, agents or callers. Offers are numbered from `first_offer`, so that nobody takes one of an earlier life for
    /// one of this.
    pub fn new(first_offer: u64) -> Self {
        Self { next_offer: first_offer, ..Self::default() }
    }

    /// From now on callers are offered: what was up before this life has been told ([`Self::resume`], [`Self::took`]).
    pub fn open(&mut self, now: Tick) {
        self.open = true;
        self.settle(now);
    }

    /// Nothing is offered any more until [`Self::open`]: it is not known who distributes.
    pub fn close(&mut self) {
        self.open = false;
    }

    /// The company as it is set up now.
    pub fn set_company(&mut self, company: &Company, now: Tick) {
        self.numbers = Numbers::of(company);
        let (plans, needs) = self.numbers.plans(company);
        if self.needs != needs {
            self.pace.forget_arrivals();
            self.needs = needs;
        }
        self.set_lines(&plans, now);
        self.set_people(company, &plans, now);
        self.settle(now);
    }

    /// Lets time act.
    pub fn tick(&mut self, now: Tick) {
        self.settle(now);
    }

    /// The next thing to do.
    pub fn poll(&mut self) -> Option<Effect> {
        self.out.pop_front()
    }

    /// Whether nobody waits, talks or is signed in: it may be put away.
    pub fn is_idle(&self) -> bool {
        self.guests.is_empty() && self.desks.values().all(|desk| desk.agent.state() == State::Offline)
    }

    /// When [`Self::tick`] has something to do.
    pub fn deadline(&self, now: Tick) -> Option<Tick> {
        let desks = self.desks.values().filter_map(Desk::deadline);
        let waiting = self.guests.values().any(|guest| matches!(guest.stage, Stage::Waiting));
        // A reserve ends while somebody is free and somebody waits: look again soon.
        let soon = (waiting && self.desks.values().any(Desk::is_free)).then(|| now + Span::secs(1));
        let guests = self.guests.values().filter_map(|guest| guest.deadline(&self.lines));
        let lines = self.lines.values().filter_map(|line| line.deadline(now));
        desks.chain(soon).chain(guests).chain(lines).min()
    }

    /// All that follows from what was told and from the time.
    fn settle(&mut self, now: Tick) {
        self.desks_due(now);
        self.offers_due(now);
        if self.open {
            self.waits_due(now);
            self.distribute(now);
            self.announce(now);
        }
        self.tell_standings();
    }

    fn plan(&self, queue: QueueId) -> Option<&Plan> {
        self.lines.get(&queue).map(|line| &line.plan)
    }
}
