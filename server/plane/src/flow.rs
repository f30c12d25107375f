//! A call in a flow: what it runs, and what is kept of it.

use std::sync::Arc;

use kernel::{CallId, NumberId, QueueId, SeatId, TenantId, Wall};
use patchbay_ivr::{Bundle, Outcome, PathStep};
use patchbay_kernel as kernel;
use serde::{Deserialize, Serialize};

use crate::route::Codec;

/// A flow that answers a call.
#[derive(Clone, Debug)]
pub struct FlowTarget {
    /// What the company calls it.
    pub name: String,
    /// The flow and all that it may come to, as they were when the call began: what is published meanwhile changes nothing.
    pub bundle: Arc<Bundle>,
}

/// Somebody is to be rung for the caller of a flow.
#[derive(Clone, Debug)]
pub struct RingAsk {
    /// Whose call it is.
    pub tenant: TenantId,
    /// Which.
    pub call: CallId,
    /// The company's number that was called: a number outside sees this one.
    pub number: Option<NumberId>,
    /// All of them at once.
    pub targets: Vec<patchbay_ivr::Target>,
    /// Codecs of the caller, best first: what both speak needs no transcoding.
    pub codecs: Vec<Codec>,
}

/// Samples that somebody is played: mono, 8 kHz, shared by all who hear them.
pub type Samples = Arc<[i16]>;

/// What is kept of a call's way through its flows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FlowRecord {
    /// The flow at which it began.
    pub flow: String,
    /// What it was called then.
    pub name: String,
    /// Node by node.
    pub path: Vec<PathStep>,
    /// How it came to its end.
    pub outcome: Option<Outcome>,
    /// Answers to the questions of surveys, in order.
    #[serde(default)]
    pub answers: Vec<SurveyAnswer>,
    /// Whether the caller agreed to be recorded, where that was asked.
    #[serde(default)]
    pub consent: Option<bool>,
    /// Calls back that were promised.
    #[serde(default)]
    pub callbacks: Vec<CallBackPromise>,
}

/// An answer to a question of a survey.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SurveyAnswer {
    /// Which question.
    pub question: String,
    /// The key that was pressed.
    pub score: u8,
    /// Where the caller had waited before, last.
    #[serde(default)]
    pub queue: Option<QueueId>,
    /// With whom the caller had talked before, last.
    #[serde(default)]
    pub seat: Option<SeatId>,
}

/// A call back that was promised.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CallBackPromise {
    /// Whom to call.
    pub number: String,
    /// The queue that calls back; empty: the company.
    pub queue: String,
    /// Since when the caller waits for that queue: their place in it.
    #[serde(default)]
    pub since: Option<Wall>,
}
