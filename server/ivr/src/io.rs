//! What a flow is told and what it wants done: the whole of its surface.

use patchbay_kernel::{Tick, Wall};
use serde::{Deserialize, Serialize};

use crate::sound::{Heard, Key};

/// Both times, read once per input.
#[derive(Clone, Copy, Debug)]
pub struct Now {
    /// For deadlines and durations.
    pub tick: Tick,
    /// For opening hours.
    pub wall: Wall,
}

/// What is known of the call before it begins.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Facts {
    /// The caller's number; empty when withheld.
    pub caller: String,
    /// The caller's name, where known.
    pub caller_name: Option<String>,
    /// The number that was dialled.
    pub called: String,
}

/// Joins an effect that takes time with the input that ends it; an input with an old ticket is of no effect.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Ticket(pub u32);

/// What must be done. Drain with [`crate::Run::poll`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Answer the caller; comes once, before anything that an unanswered caller could not hear or say.
    Answer,
    /// Play these one after another, then say [`Input::PlayEnded`].
    Play(Ticket, Vec<Heard>),
    /// Stop what is playing; no `PlayEnded` is needed.
    StopPlaying,
    /// Send a request, then say [`Input::Fetched`].
    Fetch(Ticket, Request),
    /// Wait in a queue, then say [`Input::Queued`]; [`Input::Joined`] when somebody takes the caller.
    Enqueue(Ticket, Wait),
    /// Leave the queue.
    LeaveQueue(Ticket),
    /// Ring somebody, then say [`Input::Rang`]; [`Input::Joined`] when somebody answers.
    Ring(Ticket, Ringing),
    /// Stop ringing.
    StopRinging(Ticket),
    /// Record a message after the greeting, then say [`Input::Recorded`]; a pause of `silence_s` ends it too.
    Record(Ticket, Message),
    /// Stop recording and keep what there is; [`Input::Recorded`] follows.
    StopRecording(Ticket),
    /// Promise a call back.
    CallBack {
        /// Whom to call.
        number: String,
        /// The queue that calls back; empty: the company.
        queue: String,
    },
    /// An answer to a question of a survey.
    Survey {
        /// Which question.
        question: String,
        /// The key that was pressed.
        score: u8,
    },
    /// Whether the caller agreed to be recorded.
    Consent(bool),
    /// While on, nothing that is recorded may hold what the caller keys: a card number comes.
    Sensitive(bool),
    /// The flow is over and nothing comes after it. The call ends too, unless it was [`Outcome::Transferred`].
    End(Outcome),
}

/// A request to a server of the company. The shell guards where it goes.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Request {
    /// `GET` or `POST`.
    pub method: &'static str,
    /// Whole URL, variables filled in.
    pub url: String,
    /// Header names and values.
    pub headers: Vec<(String, String)>,
    /// JSON, for `POST`.
    pub body: Option<String>,
    /// Seconds until it counts as failed.
    pub timeout_s: u32,
    /// Seconds for which the same request of the same flow may be answered from memory; 0: never.
    pub cache_s: u32,
}

/// Waiting in a queue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wait {
    /// Which queue.
    pub queue: String,
    /// A head start in seconds over those who came before.
    pub priority_s: u32,
    /// Seconds after which the queue gives the caller back; 0: as the queue is set.
    pub max_wait_s: u32,
}

/// Who is rung.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Target {
    /// The devices of a seat.
    Seat {
        /// Its id.
        seat: String,
    },
    /// Everybody of a team.
    Team {
        /// Its id.
        team: String,
    },
    /// Whoever has this extension; may mention `{{variables}}`.
    Extension {
        /// Digits.
        extension: String,
    },
    /// A number outside; may mention `{{variables}}`.
    Number {
        /// As dialled.
        number: String,
    },
}

/// What a caller hears while somebody is rung.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Hears {
    /// A ringing tone.
    #[default]
    Ringback,
    /// The company's music.
    Music,
}

/// Ringing somebody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ringing {
    /// All of them at once; the first to answer wins.
    pub targets: Vec<Target>,
    /// For how long.
    pub seconds: u32,
    /// What the caller hears meanwhile.
    pub hears: Hears,
    /// Whether the flow is over when somebody answers.
    pub for_good: bool,
}

/// A message in a voicemail box.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// Whose box.
    pub mailbox: Target,
    /// Longest message in seconds.
    pub max_s: u32,
    /// Seconds of silence that end it.
    pub silence_s: u32,
}

/// What happened. Feed it with [`crate::Run::handle`], then drain [`crate::Run::poll`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Input {
    /// A key of the caller.
    Key(Key),
    /// Everything of a [`Effect::Play`] was heard.
    PlayEnded(Ticket),
    /// An answer to a request, or none.
    Fetched(Ticket, Answer),
    /// Somebody talks with the caller now.
    Joined(Ticket),
    /// Ringing came to an end.
    Rang(Ticket, RingEnd),
    /// Waiting came to an end.
    Queued(Ticket, QueueEnd),
    /// A message was kept, so many seconds long; 0: nothing was said.
    Recorded(Ticket, u32),
    /// The caller hung up.
    HungUp,
    /// Time has come; see [`crate::Run::deadline`].
    Deadline,
}

/// An answer to a request.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Answer {
    /// HTTP status; `None` when there was no answer.
    pub status: Option<u16>,
    /// What it said; not more than the shell permits.
    pub body: String,
}

/// How ringing ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema), schema(as = FlowRingEnd))]
#[serde(rename_all = "snake_case")]
pub enum RingEnd {
    /// Nobody answered.
    NoAnswer,
    /// Everybody is busy.
    Busy,
    /// There is nobody of that name, or the call could not be placed.
    Failed,
    /// They talked; the other side hung up and the caller stayed.
    Over,
}

/// How waiting ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema), schema(as = FlowQueueEnd))]
#[serde(rename_all = "snake_case")]
pub enum QueueEnd {
    /// The queue takes no more callers.
    Full,
    /// The longest wait is over.
    TimedOut,
    /// Nobody works in it now.
    Nobody,
    /// They talked; the agent hung up and the caller stayed.
    Over,
    /// The queue could not be reached.
    Failed,
}

/// How a flow came to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema), schema(as = FlowOutcome))]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// The flow hung up.
    HungUp,
    /// The caller hung up.
    CallerHungUp,
    /// The caller talked with somebody, and that was all.
    Talked,
    /// The caller was handed over and does not come back.
    Transferred,
    /// An exit led nowhere.
    DeadEnd,
    /// A limit of steps, keys or time was reached.
    LimitReached,
}
