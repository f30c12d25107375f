//! One leg that is being rung or talks.

use patchbay_kernel::{EndCause, Tick};

use crate::shape::{Branch, LegNo};

/// How far a leg has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// Waiting for a channel slot.
    Reserving,
    /// Dialled, nothing heard yet.
    Dialled,
    /// The far side rings or sends early audio.
    Ringing,
    /// Answered and joined to the caller.
    Up,
    /// Over.
    Gone,
}

/// A leg of the called side.
#[derive(Clone, Debug)]
pub(crate) struct CalledLeg {
    pub no: LegNo,
    /// Its stage, and its place there.
    pub place: (usize, usize),
    pub branch: Branch,
    pub progress: Progress,
    pub silent_at: Option<Tick>,
    pub failure: Option<(EndCause, Option<u16>)>,
}

impl CalledLeg {
    pub fn is_gone(&self) -> bool {
        self.progress == Progress::Gone
    }

    /// Whether SIP knows of it, so that ending it takes a message.
    pub fn is_on_the_wire(&self) -> bool {
        matches!(self.progress, Progress::Dialled | Progress::Ringing | Progress::Up)
    }
}

/// Of several failures of one stage, the one that tells the caller most. A person's decision beats a machine's trouble:
/// declined, then busy, then no answer, then the rest in the order in which they came.
pub(crate) fn most_telling(failures: impl Iterator<Item = (EndCause, Option<u16>)>) -> (EndCause, Option<u16>) {
    let rank = |cause: EndCause| match cause {
        EndCause::Declined => 0,
        EndCause::Busy => 1,
        EndCause::NoAnswer => 2,
        EndCause::NotFound | EndCause::BadNumber => 3,
        EndCause::Congested => 4,
        EndCause::NoCommonMedia => 5,
        EndCause::Unreachable => 7,
        _ => 6,
    };
    failures.min_by_key(|(cause, _)| rank(*cause)).unwrap_or((EndCause::Unreachable, None))
}
