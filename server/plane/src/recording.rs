//! What is said in a call, handed from the media to whoever keeps it.

use std::fmt;

use kernel::{CallId, QueueId, RecordingId, TenantId};
use patchbay_kernel as kernel;

use crate::{Later, PlaneError};

/// On which of the two channels a party is heard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Channel {
    /// The customer's side.
    Left,
    /// The agent's side.
    Right,
}

/// Why a recording is not whole. None of them is ever the end of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RecordingFault {
    /// The store has no room left.
    StoreFull,
    /// The store fails in another way.
    StoreFailed,
    /// The store takes less than is said.
    StoreSlow,
    /// The call was over before the recording began.
    CallOver,
    /// The caller has refused to be recorded.
    Refused,
    /// The call is being recorded already.
    Already,
    /// The recorder itself is at fault, or stopped.
    Recorder,
    /// A caller was to leave a message and said nothing.
    Empty,
}

impl RecordingFault {
    /// As stored and sent.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::StoreFull => "store_full",
            Self::StoreFailed => "store_failed",
            Self::StoreSlow => "store_slow",
            Self::CallOver => "call_over",
            Self::Refused => "caller_refused",
            Self::Already => "recorded_already",
            Self::Recorder => "recorder_failed",
            Self::Empty => "nothing_said",
        }
    }
}

/// How a recording ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RecordingEnd {
    /// Its length, pauses included, in milliseconds.
    pub ms: u64,
    /// Packets that were heard in the call and did not get into it.
    pub lost: u64,
    /// Why it is incomplete; `None`: it is whole.
    pub fault: Option<RecordingFault>,
}

impl RecordingEnd {
    /// A recording that failed before anything was heard.
    pub fn failed(fault: RecordingFault) -> Self {
        Self { fault: Some(fault), ..Self::default() }
    }
}

/// Where a recording goes. Lives on a thread of its own, where it may wait for a disk; the call knows nothing of it.
pub trait RecordingOut: Send {
    /// The next samples at 8 kHz, left and right in turn; a pause is silence. An error ends the recording, not the call.
    ///
    /// # Errors
    /// As the store fails.
    fn write(&mut self, stereo: &[i16]) -> Result<(), RecordingFault>;
    /// Nothing more comes.
    fn end(self: Box<Self>, how: RecordingEnd);
}

/// What is to be done about recording a call.
pub enum RecordOrder {
    /// Begin; with a recording that runs already, this one fails at once.
    Begin(Box<dyn RecordingOut>),
    /// From now on it is silent.
    Pause,
    /// From now on it hears again.
    Resume,
    /// End it.
    Stop,
}

impl fmt::Debug for RecordOrder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Begin(_) => "Begin",
            Self::Pause => "Pause",
            Self::Resume => "Resume",
            Self::Stop => "Stop",
        })
    }
}

/// Why a call might be kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keep {
    /// It was answered.
    Answered,
    /// It waits in this queue, or an agent of it answered.
    Queue(QueueId),
}

/// Whether a call is to be kept now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeepAsk {
    /// Whose call it is.
    pub tenant: TenantId,
    /// Which.
    pub call: CallId,
    /// Why it is asked.
    pub why: Keep,
}

/// A caller leaves a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MessageAsk {
    /// Whose call it is.
    pub tenant: TenantId,
    /// Which.
    pub call: CallId,
    /// Whose box: a seat's, a team's, or whoever has an extension.
    pub mailbox: patchbay_ivr::Target,
}

/// Messages in the boxes of whoever sits at a seat: the seat's own and those of their teams.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Waiting {
    /// Nobody has heard them yet.
    pub new: u32,
    /// They were heard and are there.
    pub old: u32,
}

/// A recording that has been written down, and where its sound goes. `out` that is dropped tells that nothing came.
pub type Kept = (RecordingId, Box<dyn RecordingOut>);

/// Says which calls are recorded and takes what they say.
pub trait Keeper: Send + Sync {
    /// Where this call's sound goes; `None`: it is not recorded, or is already.
    fn keep(&self, ask: KeepAsk) -> Later<'_, Result<Option<Kept>, PlaneError>>;
    /// Where a message that the caller leaves goes; `None`: that box is not there.
    fn message(&self, ask: MessageAsk) -> Later<'_, Result<Option<Kept>, PlaneError>>;
}
