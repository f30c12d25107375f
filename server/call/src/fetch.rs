//! A call that we place: the caller's place is dialled too. Who answers there first takes it, and then the other party is dialled.

use patchbay_kernel::{EndCause, Tick};

use crate::{
    call::Call,
    io::Effect,
    shape::{LegNo, Shape},
    timeline::MomentKind,
};

/// Where the caller is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Presence {
    /// It called us.
    Calls,
    /// It is being dialled.
    Awaited,
    /// We dialled it and it answered.
    Came {
        /// It came over a line, whose slot it holds.
        slot: bool,
    },
}

impl Presence {
    pub const fn of(shape: &Shape) -> Self {
        if shape.first_stages > 0 { Self::Awaited } else { Self::Calls }
    }
}

impl Call {
    /// Whether the caller's own place is still being dialled.
    pub fn awaits_caller(&self) -> bool {
        self.caller == Presence::Awaited
    }

    /// Whether it was us who dialled the caller, and it has answered.
    pub const fn has_fetched_caller(&self) -> bool {
        matches!(self.caller, Presence::Came { .. })
    }

    /// How many stages may be tried for whoever is dialled now.
    pub(crate) fn stages_for_now(&self) -> usize {
        if self.awaits_caller() { self.shape.first_stages } else { self.shape.stages.len() }
    }

    /// Why a party leaves that leaves in order.
    pub fn ordinary_end(&self, no: LegNo) -> EndCause {
        self.ordinary(no)
    }

    /// The cause of an ordinary hang-up of this party, as people name the two sides.
    pub(crate) fn ordinary(&self, no: LegNo) -> EndCause {
        let is_caller = (no == LegNo::CALLER) != self.shape.called_first;
        if is_caller { EndCause::CallerHungUp } else { EndCause::CalleeHungUp }
    }

    /// The leg answered for the caller's place: it is the caller now, and the other party is dialled.
    pub(crate) fn caller_came(&mut self, at: usize, now: Tick) {
        let (no, branch) = (self.legs[at].no, self.legs[at].branch);
        self.gone(at);
        self.caller = Presence::Came { slot: branch.needs_slot };
        self.shape.carrier_calls = branch.carrier;
        self.note(Some(no), MomentKind::FirstAnswered);
        self.out.push_back(Effect::TakeCaller { leg: no });
        self.drop_called_except(&[], EndCause::CallerCancelled);
        self.stage = self.shape.first_stages;
        self.ring_until = Some(now + self.shape.ring_timeout);
        self.try_stage(now);
    }
}
