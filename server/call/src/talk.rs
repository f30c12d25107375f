//! What happens while two parties talk: hold, digits, silence.

use patchbay_kernel::EndCause;

use crate::{
    call::{Call, Effect, LegInput, State},
    shape::LegNo,
    timeline::MomentKind,
};

impl Call {
    pub(crate) fn in_talk(&mut self, no: LegNo, what: LegInput) {
        match what {
            LegInput::Held if !self.holds.contains(&no) => {
                self.holds.push(no);
                self.note(Some(no), MomentKind::Held);
                self.out.push_back(Effect::Hold { leg: no });
            }
            LegInput::Resumed if self.holds.contains(&no) => {
                self.holds.retain(|leg| *leg != no);
                self.note(Some(no), MomentKind::Resumed);
                self.out.push_back(Effect::Unhold { leg: no });
            }
            LegInput::Digit(digit) => {
                self.note(Some(no), MomentKind::Digit { digit });
                if let State::Talking(winner) = self.state {
                    let to = if no == LegNo::CALLER { winner } else { LegNo::CALLER };
                    self.out.push_back(Effect::PassDigit { to, digit });
                }
            }
            LegInput::FirstAudio => self.note(Some(no), MomentKind::FirstAudio),
            LegInput::Held
            | LegInput::Resumed
            | LegInput::SlotGranted
            | LegInput::SlotRefused { .. }
            | LegInput::Progress { .. }
            | LegInput::Answered
            | LegInput::Failed { .. }
            | LegInput::Ended { .. }
            | LegInput::Silent { .. }
            | LegInput::Audible => {}
        }
    }

    pub(crate) fn audio_heard(&mut self, no: LegNo, what: &LegInput) {
        self.silent.retain(|(leg, _)| *leg != no);
        let LegInput::Silent { for_ms } = what else { return };
        let State::Talking(winner) = self.state else { return };
        self.silent.push((no, *for_ms));
        self.note(Some(no), MomentKind::Silent { for_ms: *for_ms });
        // A held party sends nothing, and that is no fault (safety: hold and mute are understood).
        if self.is_held() {
            return;
        }
        let silent_ms = |leg| self.silent.iter().find(|(no, _)| *no == leg).map_or(0, |(_, ms)| *ms);
        let (caller, called) = (silent_ms(LegNo::CALLER), silent_ms(winner));
        let limits = self.shape.media;
        if caller.min(called) >= limits.both.as_ms() || caller.max(called) >= limits.one.as_ms() {
            self.hang_up(EndCause::MediaTimeout);
        }
    }
}
