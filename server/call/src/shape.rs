//! What a call will look like, decided before it begins.

use patchbay_kernel::time::Span;

/// A leg inside one call: 0 is the caller, the others are counted as they are dialled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LegNo(pub u16);

impl LegNo {
    /// The party that dialled.
    pub const CALLER: Self = Self(0);
}

/// What the caller hears before the answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum EarlyMedia {
    /// The far end's own early audio if it sends any, else our ringback signal.
    #[default]
    PassThrough,
    /// Always our ringback.
    OwnRingback,
    /// No audio at all: the caller's device rings by itself.
    None,
}

/// One thing to ring.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Branch {
    /// It occupies a line: a channel slot must be granted before it is dialled.
    pub needs_slot: bool,
    /// It goes to a carrier: its failures are the carrier's, and another line may be tried.
    pub carrier: bool,
    /// Without any answer at all for this long the next stage is tried.
    pub silent_after: Option<Span>,
}

/// When silence ends a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MediaLimits {
    /// Both sides silent.
    pub both: Span,
    /// One side silent.
    pub one: Span,
}

impl Default for MediaLimits {
    fn default() -> Self {
        Self { both: Span::secs(30), one: Span::secs(300) }
    }
}

/// The whole plan of one call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shape {
    /// The caller is a carrier: what breaks on its side is the carrier's.
    pub carrier_calls: bool,
    /// Tried in order; branches of one stage ring together.
    pub stages: Vec<Vec<Branch>>,
    /// So many of the leading stages are dialled for the caller's own place: nobody called us, we place the call. The first of
    /// them to answer is the caller from then on, and the rest of the stages is dialled for it. 0: the caller has called.
    pub first_stages: usize,
    /// Of a call that we place: the called party is dialled first, so that who is [`LegNo::CALLER`] here is the one whom people
    /// call the called party.
    pub called_first: bool,
    /// Longest ringing before `no_answer`.
    pub ring_timeout: Span,
    /// Longest talk before `too_long`.
    pub max_talk: Span,
    /// Audio before the answer.
    pub early_media: EarlyMedia,
    /// Silence limits.
    pub media: MediaLimits,
}
