//! Another phone or line takes the place of a party (RFC 3891): the other party talks on and hears nothing of it.

use patchbay_kernel::{EndCause, Tick};

use crate::{
    branch::Progress,
    call::{Call, State},
    io::Effect,
    shape::LegNo,
    timeline::MomentKind,
};

impl Call {
    /// Whether somebody may take this party's place: it talks, or it was dialled and has not answered yet.
    pub fn may_be_replaced(&self, no: LegNo) -> bool {
        match self.state {
            State::Talking(winner) => self.away != Some(no) && (no == LegNo::CALLER || no == winner),
            State::Ringing => {
                let waits = |progress| matches!(progress, Progress::Dialled | Progress::Ringing);
                self.legs.iter().any(|leg| leg.no == no && waits(leg.progress))
            }
            State::Admitting | State::Recording | State::Closed => false,
        }
    }

    /// Who takes the place of a leg that rings has answered it.
    pub(crate) fn replaced(&mut self, no: LegNo, now: Tick) {
        if !self.may_be_replaced(no) {
            return;
        }
        let rings = self.state == State::Ringing;
        let cause = match (rings, no) {
            (true, _) => EndCause::CallerCancelled,
            (false, no) => self.ordinary(no),
        };
        let held = self.is_held_by(no);
        self.forget_audio(no);
        self.note(Some(no), MomentKind::LegEnded { cause, sip_status: None });
        self.out.push_back(Effect::Replace { leg: no, cause });
        if held {
            self.note(Some(no), MomentKind::Resumed);
            self.out.push_back(Effect::Unhold { leg: no });
        }
        if rings && let Some(at) = self.legs.iter().position(|leg| leg.no == no) {
            self.called_answered(at, now);
        }
    }
}
