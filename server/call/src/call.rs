//! The back-to-back call: caller, branches, bridge, deadlines.

use std::collections::VecDeque;

use patchbay_kernel::{Blame, EndCause, Tick, time::Span};

use crate::{
    branch::{CalledLeg, Progress, most_telling},
    fetch::Presence,
    hold::Holder,
    io::{Effect, Input, LegInput},
    park::Parked,
    regain::Lost,
    seek::Seek,
    shape::{EarlyMedia, LegNo, Shape},
    timeline::MomentKind,
};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    Admitting,
    Recording,
    Ringing,
    Talking(LegNo),
    Closed,
}

/// One call. Drive it with [`Self::handle`]; after every input drain [`Self::poll`] and re-arm [`Self::deadline`].
#[derive(Debug)]
#[must_use = "an undriven call rings for ever"]
pub struct Call {
    pub(crate) shape: Shape,
    pub(crate) state: State,
    pub(crate) stage: usize,
    /// How many legs there were when this stage began.
    stage_from: usize,
    pub(crate) caller: Presence,
    pub(crate) legs: Vec<CalledLeg>,
    pub(crate) ring_until: Option<Tick>,
    talk_until: Option<Tick>,
    answered_at: Option<Tick>,
    caller_rings: bool,
    early_from: Option<LegNo>,
    pub(crate) away: Option<LegNo>,
    pub(crate) holds: Vec<(LegNo, Holder)>,
    pub(crate) silent: Vec<(LegNo, u64)>,
    /// Whose devices are gone without a word.
    pub(crate) lost: Vec<Lost>,
    /// Who has parked the other one.
    pub(crate) parked: Option<Parked>,
    limit_hit: Option<String>,
    /// Somebody is rung for a party of the caller's.
    pub(crate) seek: Option<Seek>,
    /// Who has the caller back when the one who talks with it leaves.
    pub(crate) host: Option<LegNo>,
    pub(crate) out: VecDeque<Effect>,
}

impl Call {
    /// A call that has just arrived. Its first effects are waiting in [`Self::poll`].
    pub fn new(shape: Shape) -> Self {
        let out = VecDeque::from([Effect::Note { leg: None, kind: MomentKind::Started }, Effect::Admit]);
        Self {
            caller: Presence::of(&shape),
            shape,
            state: State::Admitting,
            stage: 0,
            stage_from: 0,
            legs: Vec::new(),
            ring_until: None,
            talk_until: None,
            answered_at: None,
            caller_rings: false,
            early_from: None,
            away: None,
            holds: Vec::new(),
            silent: Vec::new(),
            lost: Vec::new(),
            parked: None,
            limit_hit: None,
            seek: None,
            host: None,
            out,
        }
    }

    /// The next thing to do.
    pub fn poll(&mut self) -> Option<Effect> {
        self.out.pop_front()
    }

    /// When [`Input::Deadline`] is wanted.
    pub fn deadline(&self) -> Option<Tick> {
        let silent = self.legs.iter().filter(|leg| !leg.is_gone()).filter_map(|leg| leg.silent_at);
        let seek = self.seek.as_ref().map(|seek| seek.until);
        silent
            .chain(self.ring_until)
            .chain(self.talk_until)
            .chain(seek)
            .chain(self.lost_until())
            .chain(self.parked_until())
            .min()
    }

    /// When it was answered.
    pub fn answered_at(&self) -> Option<Tick> {
        self.answered_at
    }

    /// Whether everything is over and [`Effect::Close`] has been given out.
    pub fn is_closed(&self) -> bool {
        self.state == State::Closed && self.out.is_empty()
    }

    /// Feed one input.
    pub fn handle(&mut self, input: Input, now: Tick) {
        if self.state == State::Closed {
            return;
        }
        match input {
            Input::Admitted => self.admitted(),
            Input::NotAdmitted { label, cause } => self.not_admitted(label, cause),
            Input::StartRecorded => self.start_recorded(now),
            Input::StartNotRecorded if self.state == State::Recording => self.refuse(EndCause::Internal, None, None),
            Input::StartNotRecorded => {}
            Input::Leg(no, _) if self.away == Some(no) => {}
            Input::Leg(LegNo::CALLER, _) if self.awaits_caller() => {}
            Input::Leg(no, LegInput::Away) => self.goes_away(no),
            Input::Leg(no, LegInput::Replaced) => self.replaced(no, now),
            // Nobody is there.
            Input::Leg(no, LegInput::Lost { .. } | LegInput::Held | LegInput::PutOnHold) if self.is_parked(no) => {}
            Input::Leg(no, LegInput::Lost { silent_ms }) => self.loses(no, Span::ms(silent_ms), now),
            Input::Leg(no, LegInput::Parked { slot }) => self.parks(no, slot, now),
            Input::Leg(no, LegInput::Regained) if self.is_parked(no) => self.is_picked_up(no),
            Input::Leg(no, LegInput::Regained) => self.regains(no, true, now),
            Input::Leg(no, LegInput::Audible) if self.is_lost(no) => self.regains(no, false, now),
            // It is known already, and its place is kept.
            Input::Leg(no, LegInput::Silent { .. } | LegInput::Unheard { .. }) if self.is_lost(no) => {}
            Input::Leg(no, LegInput::Ended { cause: Some(EndCause::FlowLost) }) if self.is_lost(no) => {}
            Input::Leg(LegNo::CALLER, what) => self.caller_did(what),
            Input::Leg(leg, what) => self.called_did(leg, what, now),
            Input::Seek { by, stages, within, for_good } => self.begin_seek(by, stages, (within, for_good), now),
            Input::StopSeeking => self.stop_seeking(),
            Input::HangUp(cause) => self.hang_up(cause),
            Input::Deadline => self.time_has_come(now),
        }
    }

    fn admitted(&mut self) {
        if self.state == State::Admitting {
            self.state = State::Recording;
            self.out.push_back(Effect::RecordStart);
        }
    }

    fn not_admitted(&mut self, label: String, cause: EndCause) {
        if self.state == State::Admitting {
            self.note(None, MomentKind::LimitHit { label: label.clone() });
            self.refuse(cause, None, Some(label));
        }
    }

    fn start_recorded(&mut self, now: Tick) {
        if self.state == State::Recording {
            self.state = State::Ringing;
            self.ring_until = Some(now + self.shape.ring_timeout);
            self.try_stage(now);
        }
    }

    pub(crate) fn try_stage(&mut self, now: Tick) {
        self.stage_from = self.legs.len();
        let stage = self.shape.stages.get(self.stage).cloned().unwrap_or_default();
        if stage.is_empty() {
            return self.nobody_came(EndCause::Unreachable, None, None);
        }
        for (at, branch) in stage.into_iter().enumerate() {
            let no = LegNo(u16::try_from(self.legs.len() + 1).unwrap_or(u16::MAX));
            let (progress, silent_at) = if branch.needs_slot {
                (Progress::Reserving, None)
            } else {
                (Progress::Dialled, branch.silent_after.map(|after| now + after))
            };
            let place = (self.stage, at);
            self.legs.push(CalledLeg { no, place, branch, progress, silent_at, failure: None });
            self.out.push_back(if branch.needs_slot {
                Effect::TakeSlot { leg: no, stage: self.stage, branch: at }
            } else {
                Effect::Dial { leg: no, stage: self.stage, branch: at }
            });
        }
    }

    fn called_did(&mut self, no: LegNo, what: LegInput, now: Tick) {
        let Some(at) = self.legs.iter().position(|leg| leg.no == no) else { return };
        if self.legs[at].is_gone() {
            return;
        }
        if let LegInput::Failed { cause, .. } | LegInput::Ended { cause: Some(cause) } = what
            && self.host == Some(no)
        {
            return self.host_left(at, cause);
        }
        if matches!(what, LegInput::Ended { .. }) && self.host == Some(no) {
            return self.host_left(at, self.ordinary(no));
        }
        match what {
            LegInput::SlotGranted => self.slot_granted(at, now),
            LegInput::SlotRefused { label, cause } => {
                if self.legs[at].progress == Progress::Reserving {
                    self.note(Some(no), MomentKind::LimitHit { label: label.clone() });
                    self.limit_hit = Some(label);
                    self.leg_failed(at, cause, None, now);
                }
            }
            LegInput::Progress { audio } => self.called_rings(at, audio),
            LegInput::Answered => self.called_answered(at, now),
            LegInput::Failed { cause, sip_status } => {
                if self.legs[at].progress != Progress::Up {
                    self.leg_failed(at, cause, sip_status, now);
                } else {
                    self.party_left(no, Some(cause));
                }
            }
            LegInput::Ended { cause } => {
                if self.legs[at].progress == Progress::Up {
                    self.party_left(no, cause);
                } else {
                    self.leg_failed(at, cause.unwrap_or(EndCause::Unreachable), None, now);
                }
            }
            LegInput::Held
            | LegInput::Resumed
            | LegInput::PutOnHold
            | LegInput::TakenOffHold
            | LegInput::Digit(_)
            | LegInput::FirstAudio => self.in_talk(no, what),
            LegInput::Silent { .. } | LegInput::Audible => self.audio_heard(no, &what),
            LegInput::Unheard { .. } | LegInput::HeardAgain => self.audio_reaches(no, &what),
            LegInput::Away
            | LegInput::Replaced
            | LegInput::Lost { .. }
            | LegInput::Regained
            | LegInput::Parked { .. } => {}
        }
    }

    fn slot_granted(&mut self, at: usize, now: Tick) {
        let leg = &mut self.legs[at];
        if leg.progress != Progress::Reserving {
            return;
        }
        leg.progress = Progress::Dialled;
        leg.silent_at = leg.branch.silent_after.map(|after| now + after);
        let (no, (stage, branch)) = (leg.no, leg.place);
        self.out.push_back(Effect::Dial { leg: no, stage, branch });
    }

    fn called_rings(&mut self, at: usize, audio: bool) {
        let leg = &mut self.legs[at];
        if !matches!(leg.progress, Progress::Dialled | Progress::Ringing) {
            return;
        }
        let (no, first) = (leg.no, leg.progress == Progress::Dialled);
        leg.progress = Progress::Ringing;
        leg.silent_at = None;
        if first {
            self.note(Some(no), MomentKind::Ringing);
        }
        if self.awaits_caller() || self.state != State::Ringing {
            return;
        }
        let by = self.seek.as_ref().map(|seek| seek.by);
        let alone = self.legs.iter().filter(|leg| !leg.is_gone() && Some(leg.no) != by).count() == 1;
        let pass = audio && alone && self.shape.early_media == EarlyMedia::PassThrough;
        if pass && self.early_from.is_none() {
            self.early_from = Some(no);
            self.caller_rings = true;
            self.note(Some(no), MomentKind::EarlyMedia);
            self.out.push_back(Effect::RingCaller { audio: Some(no), ringback: false });
        } else if !self.caller_rings {
            self.caller_rings = true;
            // Who was dialled by us talks already: its device rings no more.
            let ringback = self.shape.early_media == EarlyMedia::OwnRingback || self.caller != Presence::Calls;
            self.out.push_back(Effect::RingCaller { audio: None, ringback });
        }
    }

    pub(crate) fn called_answered(&mut self, at: usize, now: Tick) {
        let no = self.legs[at].no;
        if !self.legs[at].is_on_the_wire() {
            return;
        }
        if matches!(self.state, State::Talking(_)) && self.is_sought(at) {
            return self.joins(at);
        }
        if self.state != State::Ringing {
            return;
        }
        self.legs[at].progress = Progress::Up;
        self.legs[at].silent_at = None;
        if self.awaits_caller() {
            return self.caller_came(at, now);
        }
        self.state = State::Talking(no);
        self.answered_at = Some(now);
        self.ring_until = None;
        self.talk_until = Some(now + self.shape.max_talk);
        self.note(Some(no), MomentKind::Answered);
        self.out.push_back(Effect::AnswerCaller { leg: no });
        self.settle(no);
    }

    fn leg_failed(&mut self, at: usize, cause: EndCause, sip_status: Option<u16>, now: Tick) {
        let leg = &mut self.legs[at];
        let no = leg.no;
        let holds_slot = leg.branch.needs_slot && leg.progress != Progress::Reserving;
        leg.failure = Some((cause, sip_status));
        self.gone(at);
        if self.early_from == Some(no) {
            self.early_from = None;
        }
        self.note(Some(no), MomentKind::LegEnded { cause, sip_status });
        if holds_slot {
            self.out.push_back(Effect::GiveSlotBack { leg: no });
        }
        if !self.is_ringing() {
            return;
        }
        if at < self.stage_from {
            return self.seeker_failed(no, cause, sip_status);
        }
        if cause == EndCause::Declined {
            // A person said no: other devices of the same seat stop ringing (RFC 3261 section 16.7, a 6xx ends the search).
            let from = self.stage_from;
            self.drop_called(|at, _| at >= from, EndCause::Declined);
        }
        if self.legs[self.stage_from..].iter().all(CalledLeg::is_gone) {
            self.stage_failed(now);
        }
    }

    fn stage_failed(&mut self, now: Tick) {
        let size = self.shape.stages.get(self.stage).map_or(0, Vec::len);
        let tried = &self.legs[self.legs.len() - size..];
        let (cause, sip_status) = most_telling(tried.iter().filter_map(|leg| leg.failure));
        if cause.may_fail_over() && self.stage + 1 < self.stages_for_now() {
            self.stage += 1;
            self.note(None, MomentKind::FailedOver);
            self.try_stage(now);
        } else {
            let detail = if cause == EndCause::Congested { self.limit_hit.clone() } else { None };
            self.nobody_came(cause, sip_status, detail);
        }
    }

    fn nobody_came(&mut self, cause: EndCause, sip_status: Option<u16>, detail: Option<String>) {
        if self.seek.is_some() {
            return self.sought_in_vain(cause);
        }
        self.refuse(cause, sip_status, detail);
    }

    fn caller_did(&mut self, what: LegInput) {
        match what {
            LegInput::Ended { cause } => match self.state {
                State::Talking(_) => self.party_left(LegNo::CALLER, cause),
                State::Admitting | State::Recording | State::Ringing => {
                    let usual =
                        if self.shape.called_first { EndCause::CalleeHungUp } else { EndCause::CallerCancelled };
                    let cause = cause.unwrap_or(usual);
                    self.close(cause, self.blame_of(LegNo::CALLER, cause), None, None);
                }
                State::Closed => {}
            },
            LegInput::Failed { cause, sip_status } => self.close(cause, cause.blame(), sip_status, None),
            LegInput::Held
            | LegInput::Resumed
            | LegInput::PutOnHold
            | LegInput::TakenOffHold
            | LegInput::Digit(_)
            | LegInput::FirstAudio => self.in_talk(LegNo::CALLER, what),
            LegInput::Silent { .. } | LegInput::Audible => self.audio_heard(LegNo::CALLER, &what),
            LegInput::Unheard { .. } | LegInput::HeardAgain => self.audio_reaches(LegNo::CALLER, &what),
            LegInput::SlotGranted
            | LegInput::SlotRefused { .. }
            | LegInput::Progress { .. }
            | LegInput::Answered
            | LegInput::Away
            | LegInput::Replaced
            | LegInput::Lost { .. }
            | LegInput::Regained
            | LegInput::Parked { .. } => {}
        }
    }

    pub(crate) fn party_left(&mut self, no: LegNo, cause: Option<EndCause>) {
        if self.has_back(no, cause) {
            return;
        }
        let cause = cause.unwrap_or(self.ordinary(no));
        if let Some(at) = self.legs.iter().position(|leg| leg.no == no) {
            self.gone(at);
        }
        self.note(Some(no), MomentKind::LegEnded { cause, sip_status: None });
        if no != LegNo::CALLER && self.away != Some(LegNo::CALLER) {
            self.out.push_back(Effect::HangUpLeg { leg: LegNo::CALLER, cause });
        }
        self.close(cause, self.blame_of(no, cause), None, None);
    }

    /// A lost connection is the doing of the side that had it; for every other cause the table knows.
    fn blame_of(&self, no: LegNo, cause: EndCause) -> Blame {
        if cause != EndCause::FlowLost {
            return cause.blame();
        }
        let carrier = if no == LegNo::CALLER {
            self.shape.carrier_calls
        } else {
            self.legs.iter().any(|leg| leg.no == no && leg.branch.carrier)
        };
        if carrier { Blame::Carrier } else { self.ordinary(no).blame() }
    }

    pub(crate) fn hang_up(&mut self, cause: EndCause) {
        match self.state {
            State::Talking(_) => {
                if self.away != Some(LegNo::CALLER) {
                    self.out.push_back(Effect::HangUpLeg { leg: LegNo::CALLER, cause });
                }
                self.close(cause, cause.blame(), None, None);
            }
            State::Admitting | State::Recording | State::Ringing => self.refuse(cause, None, None),
            State::Closed => {}
        }
    }

    fn time_has_come(&mut self, now: Tick) {
        let due = |at: Option<Tick>| at.is_some_and(|at| at <= now);
        if due(self.talk_until) {
            return self.hang_up(EndCause::TooLong);
        }
        if due(self.ring_until) {
            self.ring_until = None;
            return self.refuse(self.silence_of(0), None, None);
        }
        if due(self.seek.as_ref().map(|seek| seek.until)) {
            self.seek_is_late();
        }
        self.lost_are_due(now);
        self.parked_is_due(now);
        for at in 0..self.legs.len() {
            if self.is_ringing() && !self.legs[at].is_gone() && due(self.legs[at].silent_at) {
                let (no, carrier) = (self.legs[at].no, self.legs[at].branch.carrier);
                let cause = if carrier { EndCause::CarrierSilent } else { EndCause::Unreachable };
                self.legs[at].silent_at = None;
                self.out.push_back(Effect::HangUpLeg { leg: no, cause });
                self.leg_failed(at, cause, None, now);
            }
        }
    }

    pub(crate) fn refuse(&mut self, cause: EndCause, sip_status: Option<u16>, detail: Option<String>) {
        match self.caller {
            Presence::Calls => {
                self.out.push_back(Effect::RefuseCaller { cause, sip_status, detail: detail.clone() });
            }
            Presence::Awaited => {}
            Presence::Came { .. } => self.out.push_back(Effect::HangUpLeg { leg: LegNo::CALLER, cause }),
        }
        self.close(cause, cause.blame(), sip_status, detail);
    }

    pub(crate) fn drop_called_except(&mut self, keep: &[LegNo], cause: EndCause) {
        self.drop_called(|_, no| !keep.contains(&no), cause);
    }

    /// Ends every leg of which `goes` says so by its place and number.
    pub(crate) fn drop_called(&mut self, goes: impl Fn(usize, LegNo) -> bool, cause: EndCause) {
        for at in 0..self.legs.len() {
            let leg = &self.legs[at];
            if !goes(at, leg.no) || leg.is_gone() {
                continue;
            }
            let (no, slot) = (leg.no, leg.branch.needs_slot && leg.progress != Progress::Reserving);
            if leg.is_on_the_wire() {
                self.out.push_back(Effect::HangUpLeg { leg: no, cause });
            }
            if slot {
                self.out.push_back(Effect::GiveSlotBack { leg: no });
            }
            self.gone(at);
            self.note(Some(no), MomentKind::LegEnded { cause, sip_status: None });
        }
    }

    /// A leg is no part of the call any more. With it go its hold and its silence: a phone that held while it rang would else
    /// silence the call that another one answered.
    pub(crate) fn gone(&mut self, at: usize) {
        let no = self.legs[at].no;
        self.legs[at].progress = Progress::Gone;
        self.forget_audio(no);
    }

    fn close(&mut self, cause: EndCause, blame: Blame, sip_status: Option<u16>, detail: Option<String>) {
        if self.state == State::Closed {
            return;
        }
        self.drop_called_except(&[], cause);
        (self.seek, self.host) = (None, None);
        self.lost.clear();
        self.parked = None;
        self.state = State::Closed;
        self.ring_until = None;
        self.talk_until = None;
        self.note(None, MomentKind::Ended { cause });
        self.out.push_back(Effect::Close { cause, blame, sip_status, detail });
    }

    pub(crate) fn note(&mut self, leg: Option<LegNo>, kind: MomentKind) {
        self.out.push_back(Effect::Note { leg, kind });
    }
}

/// The longest a call may take to be closed after its last leg ended; for the shell's own watchdog.
pub const CLOSE_WITHIN: Span = Span::secs(5);
