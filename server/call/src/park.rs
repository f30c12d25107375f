//! A party parks the other one: it leaves, the other one hears music, and whoever picks up has its place. Who parked is asked for
//! it again after a while.

use patchbay_kernel::{Tick, time::Span};

use crate::{call::Call, io::Effect, shape::LegNo, timeline::MomentKind};

/// Who parked is rung again after this time, and again each time that it has not answered.
pub const BACK_AFTER: Span = Span::secs(120);

/// A place that is free for whoever picks up.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Parked {
    pub no: LegNo,
    back_at: Tick,
}

impl Call {
    /// Whether this party has parked the other one.
    pub fn is_parked(&self, no: LegNo) -> bool {
        self.parked.is_some_and(|parked| parked.no == no)
    }

    pub(crate) fn parked_until(&self) -> Option<Tick> {
        self.parked.map(|parked| parked.back_at)
    }

    /// The party leaves, its place stays.
    pub(crate) fn parks(&mut self, no: LegNo, slot: u16, now: Tick) {
        if !self.has(no) || self.parked.is_some() {
            return;
        }
        self.stop_seeking();
        self.forget_audio(no);
        self.note(Some(no), MomentKind::Parked { slot });
        self.parked = Some(Parked { no, back_at: now + BACK_AFTER });
        self.out.push_back(Effect::Park { leg: no });
    }

    /// Somebody has answered for the place.
    pub(crate) fn is_picked_up(&mut self, no: LegNo) {
        if self.is_parked(no) {
            self.parked = None;
            self.out.push_back(Effect::Regain { leg: no, anew: true });
            self.note(Some(no), MomentKind::PickedUp);
        }
    }

    /// Time has passed for the one who waits.
    pub(crate) fn parked_is_due(&mut self, now: Tick) {
        if let Some(parked) = self.parked.as_mut().filter(|parked| parked.back_at <= now) {
            parked.back_at = now + BACK_AFTER;
            let leg = parked.no;
            self.out.push_back(Effect::Recall { leg });
        }
    }
}
