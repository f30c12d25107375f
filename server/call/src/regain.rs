//! A party whose device is gone without a word: its place is kept for a while, and the device that comes back has it again.
//!
//! The other party hears nothing for a moment, then music. A device that hangs up says so in the same moment in which its audio
//! ends, so that nothing is told before it had the time to.

use patchbay_kernel::{EndCause, Tick, time::Span};

use crate::{
    call::{Call, State},
    io::Effect,
    shape::LegNo,
    timeline::MomentKind,
};

/// How long a place is kept.
pub const GRACE: Span = Span::secs(20);
/// From the end of audio until it is taken for a loss: a hang-up that is on its way arrives within this time.
const TOLD_AFTER: Span = Span::ms(400);
/// Until the other party hears music.
const COMFORT_AFTER: Span = Span::secs(2);
/// How often the device is rung again.
const RECALL_EVERY: Span = Span::secs(3);

/// A party that is away.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Lost {
    pub no: LegNo,
    since: Tick,
    told: bool,
    comforted: bool,
    recall_at: Tick,
}

impl Lost {
    const fn until(&self) -> Tick {
        Tick(self.since.0 + GRACE.0)
    }

    fn deadline(&self) -> Tick {
        let tell = (!self.told).then(|| self.since + TOLD_AFTER);
        tell.into_iter().chain([self.recall_at, self.until()]).min().unwrap_or(self.recall_at)
    }
}

impl Call {
    /// Whether the place of this party would be kept if its device were gone: it talks.
    pub fn may_be_lost(&self, no: LegNo) -> bool {
        self.has(no) && !self.is_parked(no)
    }

    /// Whether this party's device is gone and its place is kept.
    pub fn is_lost(&self, no: LegNo) -> bool {
        self.lost.iter().any(|lost| lost.no == no)
    }

    /// Whether audio may not flow: somebody holds, or is not there.
    pub fn is_parted(&self) -> bool {
        self.is_held() || !self.lost.is_empty() || self.parked.is_some()
    }

    pub(crate) fn lost_until(&self) -> Option<Tick> {
        self.lost.iter().map(Lost::deadline).min()
    }

    /// The device is gone, and has been silent for so long.
    pub(crate) fn loses(&mut self, no: LegNo, silent: Span, now: Tick) {
        if !self.may_be_lost(no) || self.is_lost(no) {
            return;
        }
        let since = Tick(now.0.saturating_sub(silent.0));
        self.silent.retain(|(leg, _)| *leg != no);
        self.lost.push(Lost { no, since, told: false, comforted: false, recall_at: (since + COMFORT_AFTER).max(now) });
        self.out.push_back(Effect::Lose { leg: no });
        self.lost_are_due(now);
    }

    /// Its audio is back, or (`anew`) another leg has its place.
    pub(crate) fn regains(&mut self, no: LegNo, anew: bool, now: Tick) {
        if !self.has(no) {
            return;
        }
        if let Some(at) = self.lost.iter().position(|lost| lost.no == no) {
            let lost = self.lost.remove(at);
            if !lost.told {
                self.note(Some(no), MomentKind::Lost);
            }
            self.note(Some(no), MomentKind::Regained { for_ms: now.since(lost.since).as_ms() });
        } else if !anew {
            return;
        }
        self.silent.retain(|(leg, _)| *leg != no);
        self.out.push_back(Effect::Regain { leg: no, anew });
    }

    /// Time has passed for those who are away.
    pub(crate) fn lost_are_due(&mut self, now: Tick) {
        for at in (0..self.lost.len()).rev() {
            let Some(lost) = self.lost.get(at).copied() else { continue };
            if !lost.told && lost.since + TOLD_AFTER <= now {
                self.lost[at].told = true;
                self.note(Some(lost.no), MomentKind::Lost);
            }
            if lost.until() <= now {
                self.lost.remove(at);
                self.is_given_up(lost.no);
                continue;
            }
            if lost.recall_at <= now {
                self.lost[at].recall_at = now + RECALL_EVERY;
                if !lost.comforted && !self.is_held_by(lost.no) {
                    self.out.push_back(Effect::Comfort { leg: lost.no });
                }
                self.lost[at].comforted = true;
                self.out.push_back(Effect::Recall { leg: lost.no });
            }
        }
    }

    /// It has not come back in time.
    fn is_given_up(&mut self, no: LegNo) {
        if !matches!(self.state, State::Talking(_)) {
            return;
        }
        self.out.push_back(Effect::HangUpLeg { leg: no, cause: EndCause::FlowLost });
        self.party_left(no, Some(EndCause::FlowLost));
    }
}
