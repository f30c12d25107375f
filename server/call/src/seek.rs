//! A party that answers for the company, such as its flow, looks for somebody who takes the caller: others are rung while it stays
//! the caller's party, the first to answer takes its place, and unless it was for good it has the caller back when that one leaves.

use patchbay_kernel::{EndCause, Tick, time::Span};

use crate::{
    branch::{CalledLeg, Progress},
    call::{Call, State},
    io::Effect,
    shape::{Branch, LegNo},
    timeline::MomentKind,
};

/// Others are rung for a party.
#[derive(Debug)]
pub(crate) struct Seek {
    /// For whom.
    pub by: LegNo,
    /// The first leg that was dialled for it.
    from: usize,
    /// Then it was in vain.
    pub until: Tick,
    /// It leaves when somebody answers.
    for_good: bool,
}

impl Call {
    /// Rings these, stage by stage, for the party `by`.
    pub(crate) fn begin_seek(
        &mut self,
        by: LegNo,
        stages: Vec<Vec<Branch>>,
        (within, for_good): (Span, bool),
        now: Tick,
    ) {
        let here = self.legs.iter().any(|leg| leg.no == by && leg.is_on_the_wire());
        let its_turn = match self.state {
            State::Ringing => !self.awaits_caller(),
            State::Talking(winner) => winner == by && self.away.is_none(),
            State::Admitting | State::Recording | State::Closed => false,
        };
        if !here || !its_turn || self.seek.is_some() {
            return self.out.push_back(Effect::SoughtInVain { cause: EndCause::Internal });
        }
        self.seek = Some(Seek { by, from: self.legs.len(), until: now + within, for_good });
        self.stage = self.shape.stages.len();
        self.shape.stages.extend(stages);
        self.try_stage(now);
    }

    /// Nobody is rung any more; nothing comes of it.
    pub(crate) fn stop_seeking(&mut self) {
        if let Some(seek) = self.seek.take() {
            self.drop_called(|at, _| at >= seek.from, EndCause::CallerCancelled);
        }
    }

    /// All who were rung refused, failed or did not answer.
    pub(crate) fn sought_in_vain(&mut self, cause: EndCause) {
        if let Some(seek) = self.seek.take() {
            self.drop_called(|at, _| at >= seek.from, cause);
            self.out.push_back(Effect::SoughtInVain { cause });
        }
    }

    /// A leg failed that was there before those who are rung now: nobody needs to come for it any more.
    pub(crate) fn seeker_failed(&mut self, no: LegNo, cause: EndCause, sip_status: Option<u16>) {
        if self.seek.as_ref().is_some_and(|seek| seek.by == no) {
            self.stop_seeking();
        }
        if self.state == State::Ringing && self.legs.iter().all(CalledLeg::is_gone) {
            self.refuse(cause, sip_status, None);
        }
    }

    /// Whether this leg is rung for another party.
    pub(crate) fn is_sought(&self, at: usize) -> bool {
        self.seek.as_ref().is_some_and(|seek| at >= seek.from)
    }

    /// Whether anybody is rung now, for the caller or for a party of the caller's.
    pub(crate) fn is_ringing(&self) -> bool {
        self.state == State::Ringing || self.seek.is_some()
    }

    /// The longest ringing is over: who was rung, and what to call it.
    pub(crate) fn silence_of(&self, from: usize) -> EndCause {
        let legs = &self.legs[from.min(self.legs.len())..];
        let rang = legs.iter().any(|leg| leg.progress == Progress::Ringing);
        let carrier = legs.iter().any(|leg| leg.branch.carrier && !leg.is_gone());
        if carrier && !rang { EndCause::CarrierSilent } else { EndCause::NoAnswer }
    }

    /// The time for it is over.
    pub(crate) fn seek_is_late(&mut self) {
        if let Some(from) = self.seek.as_ref().map(|seek| seek.from) {
            self.sought_in_vain(self.silence_of(from));
        }
    }

    /// Who was rung for a party that talks with the caller has answered.
    pub(crate) fn joins(&mut self, at: usize) {
        let no = self.legs[at].no;
        self.legs[at].progress = Progress::Up;
        self.legs[at].silent_at = None;
        self.state = State::Talking(no);
        self.note(Some(no), MomentKind::Answered);
        self.out.push_back(Effect::JoinCaller { leg: no });
        self.settle(no);
    }

    /// Somebody talks with the caller: the others are given up, but not a party that wants the caller back.
    pub(crate) fn settle(&mut self, winner: LegNo) {
        match self.seek.take() {
            // It has answered itself, and others are still rung for it.
            Some(seek) if seek.by == winner => {
                let from = seek.from;
                self.seek = Some(seek);
                self.drop_called(|at, no| at < from && no != winner, EndCause::CallerCancelled);
            }
            Some(seek) if !seek.for_good => {
                self.host = Some(seek.by);
                // It need not say anything while it waits.
                for leg in self.legs.iter_mut().filter(|leg| leg.no == seek.by) {
                    leg.silent_at = None;
                }
                self.drop_called_except(&[winner, seek.by], EndCause::CallerCancelled);
            }
            Some(seek) => {
                let (by, cause) = (seek.by, self.ordinary(seek.by));
                self.drop_called(|_, no| no == by, cause);
                self.drop_called_except(&[winner], EndCause::CallerCancelled);
            }
            None => self.drop_called_except(&[winner], EndCause::CallerCancelled),
        }
    }

    /// The party that waits for the caller is not to have it back.
    pub(crate) fn drop_host(&mut self, cause: EndCause) {
        if let Some(host) = self.host.take() {
            self.drop_called(|_, no| no == host, cause);
        }
    }

    /// The party that waits for the caller has left by itself.
    pub(crate) fn host_left(&mut self, at: usize, cause: EndCause) {
        let (no, slot) = (self.legs[at].no, self.legs[at].branch.needs_slot);
        self.host = None;
        self.gone(at);
        self.note(Some(no), MomentKind::LegEnded { cause, sip_status: None });
        if slot {
            self.out.push_back(Effect::GiveSlotBack { leg: no });
        }
    }

    /// The one who talked with the caller has left: whether somebody has the caller back.
    pub(crate) fn has_back(&mut self, no: LegNo, cause: Option<EndCause>) -> bool {
        if self.state != State::Talking(no) || self.away.is_some() {
            return false;
        }
        let Some(host) = self.host.take() else { return false };
        let cause = cause.unwrap_or_else(|| self.ordinary(no));
        for leg in &mut self.legs {
            if leg.no == host {
                leg.progress = Progress::Up;
            }
        }
        let Some(at) = self.legs.iter().position(|leg| leg.no == no) else { return false };
        let slot = self.legs[at].branch.needs_slot;
        self.gone(at);
        self.state = State::Talking(host);
        self.note(Some(no), MomentKind::LegEnded { cause, sip_status: None });
        if slot {
            self.out.push_back(Effect::GiveSlotBack { leg: no });
        }
        self.out.push_back(Effect::Returned { leg: no, lost: cause == EndCause::FlowLost });
        true
    }
}
