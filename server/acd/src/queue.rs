//! The callers who wait in one queue: their place, what they need as time goes by, and when they are moved on.
//!
//! A class is a head start in seconds, never a strict order: somebody important overtakes, and whoever has waited long enough is
//! not overtaken any more. A caller whose agent did not answer keeps the place, because the place is the moment of arrival.

use std::collections::BTreeMap;

use patchbay_kernel::time::{Span, Tick};

use crate::{
    assign::{Key, Sticky, Waiting},
    skill::Skills,
};

/// One step of what a queue asks of an agent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// From this waiting time on.
    pub after: Span,
    /// The least that is needed; later steps usually need less.
    pub needs: Skills,
}

/// Where a caller goes that the queue cannot keep.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Overflow {
    /// The queue was full when they came.
    Full,
    /// They waited as long as the queue allows.
    TooLong,
    /// Nobody works in the queue and it was told not to wait then.
    NobodyThere,
}

/// How a queue treats its callers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// At least one, the first from the start on.
    pub steps: Vec<Step>,
    /// Most callers at once; `None` is no limit.
    pub max_length: Option<usize>,
    /// Longest wait; `None` is no limit.
    pub max_wait: Option<Span>,
    /// How long a caller waits for the agent they know before anybody may take them.
    pub sticky_hold: Span,
}

impl Settings {
    /// Needs these skills for ever, without limits.
    pub fn needing(needs: Skills) -> Self {
        let steps = vec![Step { after: Span::default(), needs }];
        Self { steps, max_length: None, max_wait: None, sticky_hold: Span::default() }
    }

    /// The step that holds after so long a wait.
    pub fn step(&self, waited: Span) -> usize {
        self.steps.iter().rposition(|step| step.after <= waited).unwrap_or(0)
    }
}

/// Somebody who waits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller<A> {
    /// When they came. Keeps the place over an offer that came to nothing and over a change of queue.
    pub since: Tick,
    /// What their class is worth.
    pub head_start: Span,
    /// The agent they know.
    pub sticky: Option<A>,
    /// Who did not take this call, so that it is not offered to them again while somebody else is there.
    pub missed_by: Vec<A>,
    /// Being offered to somebody, hence not to be offered again.
    offered: bool,
}

impl<A> Caller<A> {
    /// Somebody who came at `since`.
    pub const fn new(since: Tick, head_start: Span) -> Self {
        Self { since, head_start, sticky: None, missed_by: Vec::new(), offered: false }
    }

    /// Prefers this agent.
    #[must_use]
    pub fn knows(mut self, agent: A) -> Self {
        self.sticky = Some(agent);
        self
    }
}

/// A caller whom time moves on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Due<C> {
    /// Who.
    pub call: C,
    /// Why.
    pub why: Overflow,
}

/// One queue.
#[derive(Clone, Debug)]
pub struct Queue<A, C> {
    settings: Settings,
    callers: BTreeMap<C, Caller<A>>,
}

impl<A: Key, C: Key> Queue<A, C> {
    /// An empty one.
    pub const fn new(settings: Settings) -> Self {
        Self { settings, callers: BTreeMap::new() }
    }

    /// Its settings.
    pub const fn settings(&self) -> &Settings {
        &self.settings
    }

    /// New settings; who waits stays.
    pub fn change(&mut self, settings: Settings) {
        self.settings = settings;
    }

    /// How many wait, those being offered included.
    pub fn len(&self) -> usize {
        self.callers.len()
    }

    /// Whether nobody waits.
    pub fn is_empty(&self) -> bool {
        self.callers.is_empty()
    }

    /// One caller.
    pub fn caller(&self, call: C) -> Option<&Caller<A>> {
        self.callers.get(&call)
    }

    /// Takes a caller in.
    ///
    /// # Errors
    /// [`Overflow::Full`] when the queue is; the caller is not in it then.
    pub fn enter(&mut self, call: C, caller: Caller<A>) -> Result<(), Overflow> {
        if self.settings.max_length.is_some_and(|most| self.callers.len() >= most) {
            return Err(Overflow::Full);
        }
        self.callers.insert(call, caller);
        Ok(())
    }

    /// The caller hung up, was answered, or was moved on.
    pub fn leave(&mut self, call: C) -> Option<Caller<A>> {
        self.callers.remove(&call)
    }

    /// Marks a caller as being offered; false when there is none such or it is being offered already.
    pub fn offer(&mut self, call: C) -> bool {
        match self.callers.get_mut(&call) {
            Some(caller) if !caller.offered => {
                caller.offered = true;
                true
            }
            _ => false,
        }
    }

    /// The offer to `agent` came to nothing: the caller waits on at the old place.
    pub fn offer_failed(&mut self, call: C, agent: A) {
        if let Some(caller) = self.callers.get_mut(&call) {
            caller.offered = false;
            if !caller.missed_by.contains(&agent) {
                caller.missed_by.push(agent);
            }
        }
    }

    /// Who has to be moved on at `now`, longest wait first. They stay in the queue until [`Self::leave`]; who is being offered
    /// stays in any case.
    pub fn overdue(&self, now: Tick) -> Vec<Due<C>> {
        let Some(longest) = self.settings.max_wait else { return Vec::new() };
        let mut due: Vec<_> = self
            .callers
            .iter()
            .filter(|(_, caller)| !caller.offered && now.since(caller.since) >= longest)
            .map(|(call, caller)| (caller.since, *call))
            .collect();
        due.sort_unstable();
        due.into_iter().map(|(_, call)| Due { call, why: Overflow::TooLong }).collect()
    }

    /// When time next changes something for somebody: a step of relaxation, the end of waiting for a known agent, the longest wait.
    pub fn deadline(&self, now: Tick) -> Option<Tick> {
        let changes = self.settings.steps.iter().map(|step| step.after);
        let changes: Vec<Span> = changes.chain(self.settings.max_wait).chain([self.settings.sticky_hold]).collect();
        let waiting = self.callers.values().filter(|caller| !caller.offered);
        waiting.flat_map(|caller| changes.iter().map(|after| caller.since + *after)).filter(|at| *at > now).min()
    }

    /// Everybody who may be offered, as [`crate::decide`] wants them. `needs` is where the first step of this queue stands in the
    /// table of needs; the other steps follow it.
    pub fn waiting(&self, needs: usize, now: Tick) -> impl Iterator<Item = Waiting<'_, A, C>> + '_ {
        self.callers.iter().filter(|(_, caller)| !caller.offered).map(move |(call, caller)| {
            let waited = now.since(caller.since);
            Waiting {
                call: *call,
                needs: needs + self.settings.step(waited),
                waited,
                head_start: caller.head_start,
                sticky: caller.sticky.map(|agent| Sticky { agent, hold: self.settings.sticky_hold }),
                missed_by: &caller.missed_by,
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::skill::SkillId;

    fn at(seconds: u64) -> Tick {
        Tick::ZERO + Span::secs(seconds)
    }

    fn relaxing() -> Settings {
        let needs = |level| Skills::new([(SkillId(1), level)]);
        Settings {
            steps: vec![
                Step { after: Span::default(), needs: needs(3) },
                Step { after: Span::secs(30), needs: needs(2) },
                Step { after: Span::secs(60), needs: Skills::default() },
            ],
            max_length: Some(2),
            max_wait: Some(Span::secs(300)),
            sticky_hold: Span::secs(10),
        }
    }

    #[test]
    fn what_is_needed_relaxes_with_the_wait() {
        let mut queue: Queue<u8, u8> = Queue::new(relaxing());
        queue.enter(1, Caller::new(at(0), Span::default())).unwrap();
        let needs = |queue: &Queue<u8, u8>, now| queue.waiting(10, now).next().unwrap().needs;
        assert_eq!([at(29), at(30), at(75)].map(|now| needs(&queue, now)), [10, 11, 12]);
    }

    #[test]
    fn a_full_queue_takes_nobody_and_says_so() {
        let mut queue: Queue<u8, u8> = Queue::new(relaxing());
        queue.enter(1, Caller::new(at(0), Span::default())).unwrap();
        queue.enter(2, Caller::new(at(0), Span::default())).unwrap();
        assert_eq!(queue.enter(3, Caller::new(at(1), Span::default())), Err(Overflow::Full));
        queue.leave(1);
        assert_eq!(queue.enter(3, Caller::new(at(1), Span::default())), Ok(()));
    }

    #[test]
    fn who_waited_too_long_is_moved_on_unless_a_phone_rings_for_them() {
        let mut queue: Queue<u8, u8> = Queue::new(relaxing());
        queue.enter(1, Caller::new(at(0), Span::default())).unwrap();
        queue.enter(2, Caller::new(at(5), Span::default())).unwrap();
        assert!(queue.offer(1));
        assert_eq!(queue.overdue(at(400)), [Due { call: 2, why: Overflow::TooLong }]);
        queue.offer_failed(1, 9);
        assert_eq!(queue.overdue(at(400)).len(), 2);
        assert_eq!(queue.overdue(at(400))[0].call, 1, "the longest wait comes first");
    }

    #[test]
    fn an_offer_that_failed_costs_no_place_and_is_not_repeated() {
        let mut queue: Queue<u8, u8> = Queue::new(relaxing());
        queue.enter(1, Caller::new(at(0), Span::default())).unwrap();
        assert!(queue.offer(1) && !queue.offer(1), "never two offers at once");
        assert_eq!(queue.waiting(0, at(20)).count(), 0);
        queue.offer_failed(1, 7);
        let waiting = queue.waiting(0, at(20)).next().unwrap();
        assert_eq!((waiting.waited, waiting.missed_by), (Span::secs(20), &[7][..]));
    }

    #[test]
    fn the_deadline_is_the_next_thing_that_time_changes() {
        let mut queue: Queue<u8, u8> = Queue::new(relaxing());
        assert_eq!(queue.deadline(at(0)), None);
        queue.enter(1, Caller::new(at(0), Span::default()).knows(4)).unwrap();
        let due = [0, 10, 30, 60, 300].map(|second| queue.deadline(at(second)));
        assert_eq!(due, [Some(at(10)), Some(at(30)), Some(at(60)), Some(at(300)), None]);
    }
}
