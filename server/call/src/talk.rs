//! What happens while two parties talk: hold, digits, silence.

use patchbay_kernel::EndCause;

use crate::{
    branch::Progress,
    call::{Call, State},
    fetch::Presence,
    hold::Holder,
    io::{Effect, LegInput},
    shape::LegNo,
    timeline::{MomentKind, Quiet},
};

/// A silence this long belongs into the call's story; a shorter one is a pause of the network.
const TELLING_MS: u64 = 5_000;

impl Call {
    pub(crate) fn in_talk(&mut self, no: LegNo, what: LegInput) {
        match what {
            LegInput::Held => self.hold(no, Holder::Device),
            LegInput::Resumed => self.unhold(no, Holder::Device),
            LegInput::PutOnHold => self.hold(no, Holder::Order),
            LegInput::TakenOffHold => self.unhold(no, Holder::Order),
            LegInput::Digit(digit) => {
                self.note(Some(no), MomentKind::Digit { digit });
                if let State::Talking(winner) = self.state
                    && (no == LegNo::CALLER || no == winner)
                {
                    let to = if no == LegNo::CALLER { winner } else { LegNo::CALLER };
                    self.out.push_back(Effect::PassDigit { to, digit });
                }
            }
            LegInput::FirstAudio => {
                self.silent.retain(|(leg, _)| *leg != no);
                self.note(Some(no), MomentKind::FirstAudio);
            }
            LegInput::Away
            | LegInput::Replaced
            | LegInput::Lost { .. }
            | LegInput::Regained
            | LegInput::Parked { .. }
            | LegInput::SlotGranted
            | LegInput::SlotRefused { .. }
            | LegInput::Progress { .. }
            | LegInput::Answered
            | LegInput::Failed { .. }
            | LegInput::Ended { .. }
            | LegInput::Silent { .. }
            | LegInput::Audible
            | LegInput::Unheard { .. }
            | LegInput::HeardAgain => {}
        }
    }

    /// One of the two leaves by a transfer; the call lives on with the other, which ends it by hanging up.
    pub(crate) fn goes_away(&mut self, no: LegNo) {
        let State::Talking(winner) = self.state else { return };
        if self.away.is_some() || (no != LegNo::CALLER && no != winner) {
            return;
        }
        self.stop_seeking();
        self.away = Some(no);
        self.forget_audio(no);
        let cause = self.ordinary(no);
        // The caller, or who talked with it, is somebody else's from now on.
        self.drop_host(cause);
        self.note(Some(no), MomentKind::LegEnded { cause, sip_status: None });
        self.out.push_back(Effect::HangUpLeg { leg: no, cause });
        if no == LegNo::CALLER && self.caller == (Presence::Came { slot: true }) {
            self.out.push_back(Effect::GiveSlotBack { leg: no });
        }
        if let Some(leg) = self.legs.iter_mut().find(|leg| leg.no == no) {
            leg.progress = Progress::Gone;
            if leg.branch.needs_slot {
                self.out.push_back(Effect::GiveSlotBack { leg: no });
            }
        }
    }

    /// Whether this party talks and has not been transferred out of the call.
    pub fn has(&self, no: LegNo) -> bool {
        matches!(self.state, State::Talking(winner) if no == LegNo::CALLER || no == winner) && self.away != Some(no)
    }

    /// What was known of a party's audio: it has none any more, or a newcomer in its place begins anew.
    pub(crate) fn forget_audio(&mut self, no: LegNo) {
        self.holds.retain(|(leg, _)| *leg != no);
        self.silent.retain(|(leg, _)| *leg != no);
        self.lost.retain(|lost| lost.no != no);
        self.parked = self.parked.filter(|parked| parked.no != no);
    }

    /// Silence of a party, and its end. Told once for each spell, and only while the call is up and nobody holds it.
    pub(crate) fn audio_heard(&mut self, no: LegNo, what: &LegInput) {
        let before = self.silent_ms(no);
        self.silent.retain(|(leg, _)| *leg != no);
        let State::Talking(winner) = self.state else { return };
        let (for_ms, why) = match what {
            // A party that holds, is held or is muted sends nothing, and that is no fault (safety: hold, mute and DTX).
            LegInput::Silent { why: Quiet::Paused, .. } => return,
            LegInput::Silent { .. } if self.is_held() => return,
            LegInput::Silent { for_ms, why } => (*for_ms, *why),
            _ if before >= TELLING_MS => return self.note(Some(no), MomentKind::Audible),
            _ => return,
        };
        self.silent.push((no, for_ms));
        if before < TELLING_MS && for_ms >= TELLING_MS {
            self.note(Some(no), MomentKind::Silent { for_ms, why });
        }
        let (caller, called) = (self.silent_ms(LegNo::CALLER), self.silent_ms(winner));
        let limits = self.shape.media;
        if caller.min(called) >= limits.both.as_ms() || caller.max(called) >= limits.one.as_ms() {
            self.hang_up(EndCause::MediaTimeout);
        }
    }

    /// Whether our audio reaches a party. Only while the call is up and nobody holds it: else there is none.
    pub(crate) fn audio_reaches(&mut self, no: LegNo, what: &LegInput) {
        if !matches!(self.state, State::Talking(_)) || self.is_held() {
            return;
        }
        match what {
            LegInput::Unheard { for_ms, why } => {
                self.note(Some(no), MomentKind::Unheard { for_ms: *for_ms, why: *why });
            }
            _ => self.note(Some(no), MomentKind::HeardAgain),
        }
    }

    fn silent_ms(&self, no: LegNo) -> u64 {
        self.silent.iter().find(|(leg, _)| *leg == no).map_or(0, |(_, ms)| *ms)
    }
}
