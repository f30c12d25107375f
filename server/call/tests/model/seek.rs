//! How looking for somebody for a party of the call must go, said as plainly as possible.

use patchbay_call::{Branch, Effect, LegNo};
use patchbay_kernel::{EndCause, Tick, time::Span};

use crate::reference::{Phase, Place, Reference, usual_cause};

/// Somebody is looked for.
#[derive(Clone, Copy, Debug)]
pub struct Wanted {
    pub by: LegNo,
    /// Legs before those that are rung for it.
    pub before: usize,
    pub until: Tick,
    pub for_good: bool,
}

impl Reference {
    pub fn seeks(&mut self, by: LegNo, stages: &[Vec<Branch>], within: Span, for_good: bool) -> Vec<Effect> {
        let on_the_wire = self.on_the_wire().contains(&by);
        let turn = match self.phase {
            Phase::Rings => !self.is_awaited(),
            Phase::Talks(winner) => winner == by && self.away().is_none(),
            _ => false,
        };
        if !on_the_wire || !turn || self.wanted.is_some() {
            return vec![Effect::SoughtInVain { cause: EndCause::Internal }];
        }
        self.wanted = Some(Wanted { by, before: self.legs.len(), until: self.now + within, for_good });
        self.stage = self.shape.stages.len();
        self.shape.stages.extend(stages.iter().cloned());
        self.begin_stage()
    }

    pub fn stops_seeking(&mut self) -> Vec<Effect> {
        match self.wanted.take() {
            Some(wanted) => self.give_up_from(wanted.before, EndCause::CallerCancelled),
            None => Vec::new(),
        }
    }

    /// The end of what cannot be had: of looking for somebody, or of the call.
    pub fn in_vain(&mut self, cause: EndCause) -> Option<Vec<Effect>> {
        let wanted = self.wanted.take()?;
        let mut effects = self.give_up_from(wanted.before, cause);
        effects.push(Effect::SoughtInVain { cause });
        Some(effects)
    }

    pub fn give_up_from(&mut self, before: usize, cause: EndCause) -> Vec<Effect> {
        self.give_up_if(|no| usize::from(no.0) > before, cause)
    }

    pub fn is_wanted(&self, no: LegNo) -> bool {
        self.wanted.is_some_and(|wanted| usize::from(no.0) > wanted.before)
    }

    /// Somebody talks with the caller now.
    pub fn settles(&mut self, winner: LegNo) -> Vec<Effect> {
        let cause = EndCause::CallerCancelled;
        match self.wanted {
            Some(wanted) if wanted.by == winner => {
                self.give_up_if(|no| no != winner && usize::from(no.0) <= wanted.before, cause)
            }
            Some(wanted) if !wanted.for_good => {
                (self.wanted, self.waits) = (None, Some(wanted.by));
                self.leg(wanted.by).silent_until = None;
                self.give_up_if(|no| no != winner && no != wanted.by, cause)
            }
            Some(wanted) => {
                self.wanted = None;
                let mut effects =
                    self.give_up_if(|no| no == wanted.by, usual_cause(wanted.by, self.shape.called_first));
                effects.extend(self.give_up_if(|no| no != winner, cause));
                effects
            }
            None => self.give_up_if(|no| no != winner, cause),
        }
    }

    /// Nobody has the caller back.
    pub fn waits_no_more(&mut self, cause: EndCause) -> Vec<Effect> {
        match self.waits.take() {
            Some(waits) => self.give_up_if(|no| no == waits, cause),
            None => Vec::new(),
        }
    }

    pub fn waiter_left(&mut self, no: LegNo) -> Vec<Effect> {
        self.waits = None;
        let line = self.leg(no).line;
        self.gone(no);
        line.then_some(Effect::GiveSlotBack { leg: no }).into_iter().collect()
    }

    /// The one who talks leaves: the one who waits has the caller back.
    pub fn comes_back(&mut self, no: LegNo, lost: bool) -> Option<Vec<Effect>> {
        if self.away().is_some() {
            return None;
        }
        let waits = self.waits.take()?;
        self.leg(waits).place = Place::Talks;
        let line = self.leg(no).line;
        self.gone(no);
        self.phase = Phase::Talks(waits);
        let mut effects = vec![Effect::Returned { leg: no, lost }];
        effects.extend(line.then_some(Effect::GiveSlotBack { leg: no }));
        Some(effects)
    }
}
