//! Waits in a queue until an agent takes the caller.

use serde::{Deserialize, Serialize};

use super::{By, Exit, NodeKind};
use crate::{
    check::About,
    io::{Input, Outcome, QueueEnd, Wait},
    sound::{Key, Sound},
    visit::{Step, Visit},
};

/// Settings of waiting.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Queue {
    /// Which queue.
    queue: String,
    /// Said before waiting begins.
    prompt: Option<Sound>,
    /// A head start in seconds over those who came before.
    priority_s: u32,
    /// Longest wait in seconds; 0: as the queue is set.
    max_wait_s: u32,
    /// The key with which a caller leaves by the exit `key`; empty: none.
    out_key: String,
}

/// Longest wait of all, for a queue that never gives the caller back.
const MAX_WAIT_S: u32 = 2 * 3600;

impl NodeKind for Queue {
    fn exits(&self) -> Vec<Exit> {
        let key = (!self.out_key.is_empty()).then(|| Exit::needed("key", By::Caller));
        let ends = [
            Exit::needed("timed_out", By::Others),
            Exit::needed("full", By::Flow),
            Exit::needed("nobody", By::Flow),
            Exit::open("after", By::Others),
        ];
        key.into_iter().chain(ends).collect()
    }

    fn check(&self, about: &mut About<'_>) {
        about.chosen("queue", &self.queue);
        about.maybe_sound("prompt", self.prompt.as_ref());
        about.within("priority_s", self.priority_s, 0..=3600);
        about.within("max_wait_s", self.max_wait_s, 0..=MAX_WAIT_S);
        let mut keys = self.out_key.chars();
        about.holds("out_key", keys.next().is_none_or(|key| Key::new(key).is_some()) && keys.next().is_none());
    }

    fn enter(&self, visit: &mut Visit<'_>) -> Step {
        if !visit.play(&self.prompt) {
            self.wait(visit);
        }
        Step::Stay
    }

    fn on(&self, visit: &mut Visit<'_>, input: &Input) -> Step {
        match input {
            Input::PlayEnded(_) => {
                self.wait(visit);
                Step::Stay
            }
            Input::Key(key) if self.out_key.starts_with(key.as_char()) => {
                visit.leave_queue();
                Step::leave("key")
            }
            Input::Queued(_, end) => self.given_back(visit, *end),
            Input::Deadline => {
                visit.leave_queue();
                Step::leave("timed_out")
            }
            _ => Step::Stay,
        }
    }

    fn sounds(&self) -> Vec<Sound> {
        self.prompt.iter().cloned().collect()
    }

    fn references(&self) -> Vec<(&'static str, &str)> {
        let queue = (!self.queue.is_empty()).then_some(("queue", self.queue.as_str()));
        super::prompts(&self.prompt).into_iter().chain(queue).collect()
    }
}

impl Queue {
    fn wait(&self, visit: &mut Visit<'_>) {
        let (priority_s, max_wait_s) = (self.priority_s.min(3600), self.max_wait_s.min(MAX_WAIT_S));
        visit.enqueue(Wait { queue: self.queue.clone(), priority_s, max_wait_s });
        // The queue ends the wait; a little later the flow does.
        visit.wake_in(if max_wait_s == 0 { MAX_WAIT_S } else { max_wait_s + 5 });
    }

    fn given_back(&self, visit: &Visit<'_>, end: QueueEnd) -> Step {
        match end {
            QueueEnd::Full => Step::leave("full"),
            QueueEnd::TimedOut => Step::leave("timed_out"),
            QueueEnd::Nobody | QueueEnd::Failed => Step::leave("nobody"),
            QueueEnd::Over if visit.is_wired("after") => Step::leave("after"),
            QueueEnd::Over => Step::End(Outcome::Talked),
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::{
        io::{Effect, Input, Outcome, QueueEnd},
        node::trial::Trial,
    };
    use serde_json::json;

    fn waiting() -> Trial {
        Trial::of("queue", json!({"queue": "q1", "max_wait_s": 60, "out_key": "*", "priority_s": 30}))
    }

    #[test]
    fn every_end_of_waiting_has_its_exit() {
        for (end, exit) in
            [(QueueEnd::Full, "full"), (QueueEnd::TimedOut, "timed_out"), (QueueEnd::Nobody, "nobody"), (QueueEnd::Failed, "nobody")]
        {
            let mut trial = waiting();
            trial.job(|ticket| Input::Queued(ticket, end));
            assert_eq!(trial.left_by(), Some(exit));
        }
    }

    #[test]
    fn a_caller_leaves_by_key() {
        let mut trial = waiting();
        trial.key('1');
        assert_eq!(trial.left_by(), None);
        trial.key('*');
        assert_eq!(trial.left_by(), Some("key"));
        assert!(trial.effects.iter().any(|effect| matches!(effect, Effect::LeaveQueue(_))));
    }

    #[test]
    fn a_talk_ends_the_flow_unless_something_comes_after_it() {
        let mut over = waiting();
        over.job(Input::Joined);
        over.key('*');
        assert_eq!(over.left_by(), None, "keys of a talk are the talk's");
        over.after(7_200);
        over.job(|ticket| Input::Queued(ticket, QueueEnd::Over));
        assert_eq!(over.outcome(), Some(Outcome::Talked));
        let mut after = waiting();
        after.wire("after");
        after.job(Input::Joined);
        after.job(|ticket| Input::Queued(ticket, QueueEnd::Over));
        assert_eq!(after.left_by(), Some("after"));
    }

    #[test]
    fn a_queue_that_never_answers_is_left() {
        let mut trial = waiting();
        trial.after(65);
        assert_eq!(trial.left_by(), Some("timed_out"));
    }
}
