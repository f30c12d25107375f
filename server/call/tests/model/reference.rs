//! How a call must go, said as plainly as possible: who is where, and what one event may lead to.

use std::collections::{BTreeMap, BTreeSet};

use patchbay_call::{EarlyMedia, Effect, Input, LegInput, LegNo, Quiet, Shape};
use patchbay_kernel::{Blame, EndCause, Tick};

use crate::seek::Wanted;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    Asks,
    Writes,
    Rings,
    Talks(LegNo),
    Over,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    WaitsForLine,
    Dialled,
    Rings,
    Talks,
    Gone,
}

/// Where the caller is: it called, or we dial it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Caller {
    Calls,
    Awaited,
    Fetched { line: bool },
}

#[derive(Clone, Debug)]
pub struct Leg {
    pub place: Place,
    pub line: bool,
    carrier: bool,
    pub silent_until: Option<Tick>,
    failed: Option<(EndCause, Option<u16>)>,
}

/// The call as it should be.
pub struct Reference {
    pub shape: Shape,
    pub phase: Phase,
    caller: Caller,
    pub stage: usize,
    /// Legs before this stage.
    before: usize,
    pub legs: Vec<Leg>,
    /// Somebody is looked for.
    pub wanted: Option<Wanted>,
    /// Who has the caller back when the one who talks leaves.
    pub waits: Option<LegNo>,
    ring_until: Option<Tick>,
    talk_until: Option<Tick>,
    told_ringing: bool,
    early: Option<LegNo>,
    /// With whether it is by an order.
    holders: BTreeSet<(LegNo, bool)>,
    silent: BTreeMap<LegNo, u64>,
    away: Option<LegNo>,
    full: Option<String>,
    pub now: Tick,
}

type Failure = (EndCause, Option<u16>);

impl Reference {
    pub fn new(shape: Shape) -> Self {
        Self {
            caller: if shape.first_stages > 0 { Caller::Awaited } else { Caller::Calls },
            shape,
            phase: Phase::Asks,
            stage: 0,
            before: 0,
            legs: Vec::new(),
            wanted: None,
            waits: None,
            ring_until: None,
            talk_until: None,
            told_ringing: false,
            early: None,
            holders: BTreeSet::new(),
            silent: BTreeMap::new(),
            away: None,
            full: None,
            now: Tick::ZERO,
        }
    }

    /// For the test of the judge: a reference that is wrong.
    pub fn is_over(&mut self) {
        self.phase = Phase::Over;
    }

    fn numbered(&self) -> impl Iterator<Item = (LegNo, &Leg)> {
        self.legs.iter().enumerate().map(|(at, leg)| (LegNo(at as u16 + 1), leg))
    }

    pub fn is_awaited(&self) -> bool {
        self.caller == Caller::Awaited
    }

    fn anybody_rings(&self) -> bool {
        self.phase == Phase::Rings || self.wanted.is_some()
    }

    /// Called legs that are part of the call.
    pub fn alive(&self) -> BTreeSet<LegNo> {
        self.numbered().filter(|(_, leg)| leg.place != Place::Gone).map(|(no, _)| no).collect()
    }

    /// Those that have a SIP session.
    pub fn on_the_wire(&self) -> BTreeSet<LegNo> {
        let has = |place| matches!(place, Place::Dialled | Place::Rings | Place::Talks);
        self.numbered().filter(|(_, leg)| has(leg.place)).map(|(no, _)| no).collect()
    }

    /// Who was transferred out of the call.
    pub fn away(&self) -> Option<LegNo> {
        self.away
    }

    /// Whether the caller came over a line that it still has.
    pub fn caller_has_line(&self) -> bool {
        self.caller == (Caller::Fetched { line: true }) && self.away != Some(LegNo::CALLER)
    }

    /// Whether somebody who is in the call holds it.
    pub fn is_held(&self) -> bool {
        let alive = self.alive();
        self.phase != Phase::Over && self.holders.iter().any(|(leg, _)| *leg == LegNo::CALLER || alive.contains(leg))
    }

    /// What must follow from this, in any order.
    pub fn step(&mut self, input: &Input, now: Tick) -> Vec<Effect> {
        self.now = now;
        match (self.phase, input) {
            (Phase::Over, _) => Vec::new(),
            (Phase::Asks, Input::Admitted) => {
                self.phase = Phase::Writes;
                vec![Effect::RecordStart]
            }
            (Phase::Asks, Input::NotAdmitted { label, cause }) => self.refuse((*cause, None), Some(label.clone())),
            (Phase::Writes, Input::StartRecorded) => {
                self.phase = Phase::Rings;
                self.ring_until = Some(now + self.shape.ring_timeout);
                self.begin_stage()
            }
            (Phase::Writes, Input::StartNotRecorded) => self.refuse((EndCause::Internal, None), None),
            (_, Input::Leg(no, deed)) if self.away != Some(*no) => self.party(*no, deed),
            (Phase::Talks(_), Input::HangUp(cause)) => self.part(*cause),
            (_, Input::HangUp(cause)) => self.refuse((*cause, None), None),
            (_, Input::Deadline) => self.time(),
            (_, Input::Seek { by, stages, within, for_good }) => self.seeks(*by, stages, *within, *for_good),
            (_, Input::StopSeeking) => self.stops_seeking(),
            _ => Vec::new(),
        }
    }

    fn party(&mut self, no: LegNo, deed: &LegInput) -> Vec<Effect> {
        if no == LegNo::CALLER && self.caller == Caller::Awaited {
            return Vec::new();
        }
        let place = self.place(no);
        if place == Some(Place::Gone) || (place.is_none() && no != LegNo::CALLER) {
            return Vec::new();
        }
        let talks = matches!(self.phase, Phase::Talks(winner) if no == LegNo::CALLER || no == winner);
        if self.waits == Some(no) && matches!(deed, LegInput::Failed { .. } | LegInput::Ended { .. }) {
            return self.waiter_left(no);
        }
        match deed {
            LegInput::Away if talks && self.away.is_none() => self.leaves_the_rest(no),
            LegInput::Replaced => self.replaced(no, talks),
            LegInput::Held => self.holds(no, false),
            LegInput::PutOnHold => self.holds(no, true),
            LegInput::Resumed => self.lets_go(no, false),
            LegInput::TakenOffHold => self.lets_go(no, true),
            LegInput::Digit(digit) if talks => vec![Effect::PassDigit { to: self.other(no), digit: *digit }],
            LegInput::FirstAudio => {
                self.silent.remove(&no);
                Vec::new()
            }
            LegInput::Silent { .. } | LegInput::Audible => self.audio(no, deed),
            LegInput::Failed { cause, sip_status } if no == LegNo::CALLER => {
                self.close((*cause, *sip_status), None, cause.blame())
            }
            LegInput::Ended { cause } if no == LegNo::CALLER => self.caller_leaves(*cause),
            LegInput::Failed { cause, .. } if talks => self.called_leaves(no, Some(*cause)),
            LegInput::Ended { cause } if talks => self.called_leaves(no, *cause),
            LegInput::Failed { cause, sip_status } => self.fails(no, (*cause, *sip_status)),
            LegInput::Ended { cause } => self.fails(no, (cause.unwrap_or(EndCause::Unreachable), None)),
            LegInput::SlotRefused { label, cause } if place == Some(Place::WaitsForLine) => {
                self.full = Some(label.clone());
                self.fails(no, (*cause, None))
            }
            LegInput::SlotGranted if place == Some(Place::WaitsForLine) => self.dialled(no),
            LegInput::Progress { audio } if matches!(place, Some(Place::Dialled | Place::Rings)) => {
                self.rings(no, *audio)
            }
            LegInput::Answered
                if matches!(place, Some(Place::Dialled | Place::Rings))
                    && (self.phase == Phase::Rings || self.is_wanted(no)) =>
            {
                self.answers(no)
            }
            _ => Vec::new(),
        }
    }

    fn is_holding(&self, no: LegNo) -> bool {
        [false, true].into_iter().any(|by_order| self.holders.contains(&(no, by_order)))
    }

    fn holds(&mut self, no: LegNo, by_order: bool) -> Vec<Effect> {
        let before = self.is_holding(no);
        self.holders.insert((no, by_order));
        if before { Vec::new() } else { vec![Effect::Hold { leg: no }] }
    }

    fn lets_go(&mut self, no: LegNo, by_order: bool) -> Vec<Effect> {
        let over = self.holders.remove(&(no, by_order)) && !self.is_holding(no);
        if over { vec![Effect::Unhold { leg: no }] } else { Vec::new() }
    }

    /// Whether it held, and does so no more.
    fn forget_holds(&mut self, no: LegNo) -> bool {
        let held = self.is_holding(no);
        self.holders.retain(|(leg, _)| *leg != no);
        held
    }

    fn place(&self, no: LegNo) -> Option<Place> {
        usize::from(no.0).checked_sub(1).and_then(|at| self.legs.get(at)).map(|leg| leg.place)
    }

    pub fn leg(&mut self, no: LegNo) -> &mut Leg {
        &mut self.legs[usize::from(no.0) - 1]
    }

    fn other(&self, no: LegNo) -> LegNo {
        match self.phase {
            Phase::Talks(winner) if no == LegNo::CALLER => winner,
            _ => LegNo::CALLER,
        }
    }

    /// A leg is no part of the call any more, nor is its hold or its silence.
    pub fn gone(&mut self, no: LegNo) {
        self.leg(no).place = Place::Gone;
        self.forget_holds(no);
        self.silent.remove(&no);
    }

    pub fn begin_stage(&mut self) -> Vec<Effect> {
        let stage = self.shape.stages.get(self.stage).cloned().unwrap_or_default();
        self.before = self.legs.len();
        if stage.is_empty() {
            return self.nobody((EndCause::Unreachable, None), None);
        }
        let mut effects = Vec::new();
        for (at, branch) in stage.iter().enumerate() {
            let leg = LegNo(self.legs.len() as u16 + 1);
            let waits = branch.needs_slot;
            self.legs.push(Leg {
                place: if waits { Place::WaitsForLine } else { Place::Dialled },
                line: waits,
                carrier: branch.carrier,
                silent_until: branch.silent_after.filter(|_| !waits).map(|after| self.now + after),
                failed: None,
            });
            let (stage, branch) = (self.stage, at);
            effects.push(if waits {
                Effect::TakeSlot { leg, stage, branch }
            } else {
                Effect::Dial { leg, stage, branch }
            });
        }
        effects
    }

    fn dialled(&mut self, no: LegNo) -> Vec<Effect> {
        let (stage, branch) = (self.stage, usize::from(no.0) - 1 - self.before);
        let after = self.shape.stages[stage][branch].silent_after;
        let until = after.map(|after| self.now + after);
        let leg = self.leg(no);
        (leg.place, leg.silent_until) = (Place::Dialled, until);
        vec![Effect::Dial { leg: no, stage, branch }]
    }

    fn rings(&mut self, no: LegNo, audio: bool) -> Vec<Effect> {
        let leg = self.leg(no);
        (leg.place, leg.silent_until) = (Place::Rings, None);
        if self.caller == Caller::Awaited || self.phase != Phase::Rings {
            return Vec::new();
        }
        let by = self.wanted.map(|wanted| wanted.by);
        let alone = self.alive().into_iter().filter(|leg| Some(*leg) != by).count() == 1;
        if audio && alone && self.shape.early_media == EarlyMedia::PassThrough && self.early.is_none() {
            (self.early, self.told_ringing) = (Some(no), true);
            return vec![Effect::RingCaller { audio: Some(no), ringback: false }];
        }
        if std::mem::replace(&mut self.told_ringing, true) {
            return Vec::new();
        }
        let hears_us = self.shape.early_media == EarlyMedia::OwnRingback || self.caller != Caller::Calls;
        vec![Effect::RingCaller { audio: None, ringback: hears_us }]
    }

    fn answers(&mut self, no: LegNo) -> Vec<Effect> {
        if self.caller == Caller::Awaited {
            return self.comes(no);
        }
        let leg = self.leg(no);
        (leg.place, leg.silent_until) = (Place::Talks, None);
        let answered = self.phase != Phase::Rings;
        self.phase = Phase::Talks(no);
        let mut effects = if answered {
            vec![Effect::JoinCaller { leg: no }]
        } else {
            self.ring_until = None;
            self.talk_until = Some(self.now + self.shape.max_talk);
            vec![Effect::AnswerCaller { leg: no }]
        };
        effects.extend(self.settles(no));
        effects
    }

    /// Who answers for the caller's place is the caller; the others there are given up, and the called party is dialled.
    fn comes(&mut self, no: LegNo) -> Vec<Effect> {
        let (line, carrier) = (self.leg(no).line, self.leg(no).carrier);
        self.caller = Caller::Fetched { line };
        self.shape.carrier_calls = carrier;
        self.gone(no);
        let mut effects = vec![Effect::TakeCaller { leg: no }];
        effects.extend(self.give_up_if(|_| true, EndCause::CallerCancelled));
        self.stage = self.shape.first_stages;
        self.ring_until = Some(self.now + self.shape.ring_timeout);
        effects.extend(self.begin_stage());
        effects
    }

    /// Those of whom it is so are hung up, and their lines are free.
    pub fn give_up_if(&mut self, goes: impl Fn(LegNo) -> bool, cause: EndCause) -> Vec<Effect> {
        let mut effects = Vec::new();
        for no in self.alive().into_iter().filter(|no| goes(*no)) {
            let leg = self.leg(no);
            let (line, waits) = (leg.line, leg.place == Place::WaitsForLine);
            if !waits {
                effects.push(Effect::HangUpLeg { leg: no, cause });
            }
            if line && !waits {
                effects.push(Effect::GiveSlotBack { leg: no });
            }
            self.gone(no);
        }
        effects
    }

    fn fails(&mut self, no: LegNo, failure: Failure) -> Vec<Effect> {
        let leg = self.leg(no);
        let slot = leg.line && leg.place != Place::WaitsForLine;
        leg.failed = Some(failure);
        self.gone(no);
        if self.early == Some(no) {
            self.early = None;
        }
        let mut effects: Vec<Effect> = slot.then_some(Effect::GiveSlotBack { leg: no }).into_iter().collect();
        if !self.anybody_rings() {
            return effects;
        }
        if usize::from(no.0) <= self.before {
            if self.wanted.is_some_and(|wanted| wanted.by == no) {
                effects.extend(self.stops_seeking());
            }
            if self.phase == Phase::Rings && self.alive().is_empty() {
                effects.extend(self.refuse(failure, None));
            }
            return effects;
        }
        if failure.0 == EndCause::Declined {
            effects.extend(self.give_up_from(self.before, EndCause::Declined));
        }
        if self.legs[self.before..].iter().all(|leg| leg.place == Place::Gone) {
            effects.extend(self.stage_failed());
        }
        effects
    }

    fn stage_failed(&mut self) -> Vec<Effect> {
        let tried = self.before;
        let last = if self.caller == Caller::Awaited { self.shape.first_stages } else { self.shape.stages.len() };
        // A person's decision tells the caller most, then what is known of the number, then of lines, then of machines.
        let order = [
            &[EndCause::Declined][..],
            &[EndCause::Busy],
            &[EndCause::NoAnswer],
            &[EndCause::NotFound, EndCause::BadNumber],
            &[EndCause::Congested],
            &[EndCause::NoCommonMedia],
        ];
        let rank = |cause: EndCause| match cause {
            EndCause::Unreachable => order.len() + 1,
            _ => order.iter().position(|causes| causes.contains(&cause)).unwrap_or(order.len()),
        };
        let failures = self.legs[tried..].iter().filter_map(|leg| leg.failed);
        let most = failures.min_by_key(|(cause, _)| rank(*cause)).unwrap_or((EndCause::Unreachable, None));
        if most.0.may_fail_over() && self.stage + 1 < last {
            self.stage += 1;
            return self.begin_stage();
        }
        let detail = self.full.clone().filter(|_| most.0 == EndCause::Congested);
        self.nobody(most, detail)
    }

    /// Nobody can be had: for who looks for somebody, or at all.
    fn nobody(&mut self, failure: Failure, detail: Option<String>) -> Vec<Effect> {
        self.in_vain(failure.0).unwrap_or_else(|| self.refuse(failure, detail))
    }

    fn refuse(&mut self, (cause, sip_status): Failure, detail: Option<String>) -> Vec<Effect> {
        let mut effects = match self.caller {
            Caller::Calls => vec![Effect::RefuseCaller { cause, sip_status, detail: detail.clone() }],
            Caller::Awaited => Vec::new(),
            Caller::Fetched { .. } => vec![Effect::HangUpLeg { leg: LegNo::CALLER, cause }],
        };
        effects.extend(self.close((cause, sip_status), detail, cause.blame()));
        effects
    }

    fn close(&mut self, (cause, sip_status): Failure, detail: Option<String>, blame: Blame) -> Vec<Effect> {
        let mut effects = self.give_up_if(|_| true, cause);
        (self.wanted, self.waits) = (None, None);
        self.phase = Phase::Over;
        effects.push(Effect::Close { cause, blame, sip_status, detail });
        effects
    }

    /// The platform parts the two.
    fn part(&mut self, cause: EndCause) -> Vec<Effect> {
        let mut effects = self.caller_is_hung_up(cause);
        effects.extend(self.close((cause, None), None, cause.blame()));
        effects
    }

    fn caller_is_hung_up(&self, cause: EndCause) -> Vec<Effect> {
        let there = self.away != Some(LegNo::CALLER);
        there.then_some(Effect::HangUpLeg { leg: LegNo::CALLER, cause }).into_iter().collect()
    }

    fn caller_leaves(&mut self, cause: Option<EndCause>) -> Vec<Effect> {
        let usual = match (self.phase, self.shape.called_first) {
            (_, true) => EndCause::CalleeHungUp,
            (Phase::Talks(_), false) => EndCause::CallerHungUp,
            (_, false) => EndCause::CallerCancelled,
        };
        let cause = cause.unwrap_or(usual);
        let blame = match cause {
            EndCause::FlowLost if self.shape.carrier_calls => Blame::Carrier,
            EndCause::FlowLost => usual_blame(LegNo::CALLER, self.shape.called_first),
            other => other.blame(),
        };
        self.close((cause, None), None, blame)
    }

    fn called_leaves(&mut self, no: LegNo, cause: Option<EndCause>) -> Vec<Effect> {
        if let Some(effects) = self.comes_back(no, cause == Some(EndCause::FlowLost)) {
            return effects;
        }
        let cause = cause.unwrap_or(usual_cause(no, self.shape.called_first));
        let blame = match cause {
            EndCause::FlowLost if self.leg(no).carrier => Blame::Carrier,
            EndCause::FlowLost => usual_blame(no, self.shape.called_first),
            other => other.blame(),
        };
        self.gone(no);
        let mut effects = self.caller_is_hung_up(cause);
        effects.extend(self.close((cause, None), None, blame));
        effects
    }

    /// A transfer: one leaves, the other talks on with somebody else.
    fn leaves_the_rest(&mut self, no: LegNo) -> Vec<Effect> {
        let mut effects = self.stops_seeking();
        self.away = Some(no);
        self.forget_holds(no);
        self.silent.remove(&no);
        let cause = usual_cause(no, self.shape.called_first);
        effects.extend(self.waits_no_more(cause));
        effects.push(Effect::HangUpLeg { leg: no, cause });
        if no == LegNo::CALLER && self.caller == (Caller::Fetched { line: true }) {
            effects.push(Effect::GiveSlotBack { leg: no });
        }
        if no != LegNo::CALLER {
            if self.leg(no).line {
                effects.push(Effect::GiveSlotBack { leg: no });
            }
            self.gone(no);
        }
        effects
    }

    /// Somebody takes the place of a party; of one that rings, by answering.
    fn replaced(&mut self, no: LegNo, talks: bool) -> Vec<Effect> {
        let rings = self.phase == Phase::Rings && matches!(self.place(no), Some(Place::Dialled | Place::Rings));
        let cause = match (talks, rings) {
            (true, _) => usual_cause(no, self.shape.called_first),
            (_, true) => EndCause::CallerCancelled,
            _ => return Vec::new(),
        };
        let mut effects = vec![Effect::Replace { leg: no, cause }];
        if self.forget_holds(no) {
            effects.push(Effect::Unhold { leg: no });
        }
        self.silent.remove(&no);
        if rings {
            effects.extend(self.answers(no));
        }
        effects
    }

    fn audio(&mut self, no: LegNo, deed: &LegInput) -> Vec<Effect> {
        self.silent.remove(&no);
        let Phase::Talks(winner) = self.phase else { return Vec::new() };
        let LegInput::Silent { for_ms, why } = deed else { return Vec::new() };
        if *why == Quiet::Paused || self.is_held() {
            return Vec::new();
        }
        self.silent.insert(no, *for_ms);
        let silence = |leg| self.silent.get(&leg).copied().unwrap_or(0);
        let (caller, called, limits) = (silence(LegNo::CALLER), silence(winner), self.shape.media);
        let both = caller >= limits.both.as_ms() && called >= limits.both.as_ms();
        let one = caller >= limits.one.as_ms() || called >= limits.one.as_ms();
        if both || one { self.part(EndCause::MediaTimeout) } else { Vec::new() }
    }

    /// What it is called when nobody of the legs after these answers in time.
    fn silence_after(&self, before: usize) -> EndCause {
        let alive = || self.legs[before..].iter().filter(|leg| leg.place != Place::Gone);
        let rang = alive().any(|leg| leg.place == Place::Rings);
        if alive().any(|leg| leg.carrier) && !rang { EndCause::CarrierSilent } else { EndCause::NoAnswer }
    }

    fn time(&mut self) -> Vec<Effect> {
        let now = self.now;
        let due = |at: Option<Tick>| at.is_some_and(|at| at <= now);
        if due(self.talk_until) {
            return self.part(EndCause::TooLong);
        }
        if due(self.ring_until) {
            return self.refuse((self.silence_after(0), None), None);
        }
        let mut effects = Vec::new();
        if let Some(wanted) = self.wanted.filter(|wanted| wanted.until <= now) {
            effects.extend(self.in_vain(self.silence_after(wanted.before)).unwrap_or_default());
        }
        for no in self.on_the_wire() {
            if !self.anybody_rings() || self.place(no) == Some(Place::Gone) || !due(self.leg(no).silent_until) {
                continue;
            }
            let cause = if self.leg(no).carrier { EndCause::CarrierSilent } else { EndCause::Unreachable };
            effects.push(Effect::HangUpLeg { leg: no, cause });
            effects.extend(self.fails(no, (cause, None)));
        }
        effects
    }
}

/// Who hangs up, as people name the two sides: where the called party is dialled first, it is in the caller's place.
pub fn usual_cause(no: LegNo, called_first: bool) -> EndCause {
    let caller = (no == LegNo::CALLER) != called_first;
    if caller { EndCause::CallerHungUp } else { EndCause::CalleeHungUp }
}

fn usual_blame(no: LegNo, called_first: bool) -> Blame {
    let caller = (no == LegNo::CALLER) != called_first;
    if caller { Blame::Caller } else { Blame::Callee }
}
