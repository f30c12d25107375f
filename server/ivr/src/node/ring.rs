//! Rings a seat, a team, an extension or an outside number, and takes the caller back when nobody answers.

use serde::{Deserialize, Serialize};

use super::{By, Exit, NodeKind};
use crate::{
    check::{About, Code},
    io::{Hears, Input, Outcome, RingEnd, Ringing, Target},
    visit::{Step, Visit},
};

/// Settings of ringing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Ring {
    /// All of them at once; the first to answer wins.
    targets: Vec<Target>,
    /// For how long.
    seconds: u32,
    /// What the caller hears.
    hears: Hears,
}

impl Default for Ring {
    fn default() -> Self {
        Self { targets: vec![], seconds: 25, hears: Hears::Ringback }
    }
}

impl NodeKind for Ring {
    fn exits(&self) -> Vec<Exit> {
        vec![
            Exit::needed("no_answer", By::Others),
            Exit::open("busy", By::Others),
            Exit::open("failed", By::Flow),
            Exit::open("after", By::Others),
        ]
    }

    fn check(&self, about: &mut About<'_>) {
        if self.targets.is_empty() {
            about.find(Code::MissingSetting, Some("targets"), None);
        }
        about.holds("targets", self.targets.len() <= 20);
        for (at, target) in self.targets.iter().enumerate() {
            super::check_target(about, &format!("targets/{at}"), target);
        }
        about.within("seconds", self.seconds, 5..=120);
    }

    fn enter(&self, visit: &mut Visit<'_>) -> Step {
        let targets: Vec<Target> = self.targets.iter().map(|target| super::filled(target, visit)).collect();
        if targets.is_empty() {
            return Self::end(visit, RingEnd::Failed);
        }
        visit.ring(Ringing { targets, seconds: self.seconds.clamp(5, 120), hears: self.hears, for_good: false });
        Step::Stay
    }

    fn on(&self, visit: &mut Visit<'_>, input: &Input) -> Step {
        match input {
            Input::Rang(_, end) => Self::end(visit, *end),
            Input::Deadline => {
                visit.stop_ringing();
                Self::end(visit, RingEnd::NoAnswer)
            }
            _ => Step::Stay,
        }
    }

    fn references(&self) -> Vec<(&'static str, &str)> {
        self.targets.iter().filter_map(super::referred).filter(|(_, id)| !id.is_empty()).collect()
    }
}

impl Ring {
    fn end(visit: &Visit<'_>, end: RingEnd) -> Step {
        match end {
            RingEnd::Busy if visit.is_wired("busy") => Step::leave("busy"),
            RingEnd::Failed if visit.is_wired("failed") => Step::leave("failed"),
            RingEnd::NoAnswer | RingEnd::Busy | RingEnd::Failed => Step::leave("no_answer"),
            RingEnd::Over if visit.is_wired("after") => Step::leave("after"),
            RingEnd::Over => Step::End(Outcome::Talked),
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::{
        io::{Effect, Input, Outcome, RingEnd, Target},
        node::trial::Trial,
    };
    use serde_json::json;

    fn ringing(more: &str) -> Trial {
        Trial::of("ring", json!({"targets": [{"kind": "extension", "extension": "{{count}}"}], "seconds": 20, "hears": more}))
    }

    #[test]
    fn variables_say_who_is_rung_and_music_needs_an_answer() {
        let quiet = ringing("ringback");
        let [Effect::Ring(_, ring)] = &quiet.effects[..] else { panic!("{:?}", quiet.effects) };
        assert_eq!(ring.targets, [Target::Extension { extension: "0".into() }]);
        assert_eq!(ringing("music").effects[0], Effect::Answer);
    }

    #[test]
    fn nobody_answering_leads_on() {
        for (end, wired, exit) in [
            (RingEnd::NoAnswer, "busy", "no_answer"),
            (RingEnd::Busy, "busy", "busy"),
            (RingEnd::Busy, "failed", "no_answer"),
            (RingEnd::Failed, "failed", "failed"),
            (RingEnd::Over, "after", "after"),
        ] {
            let mut trial = ringing("ringback");
            trial.wire(wired);
            trial.job(|ticket| Input::Rang(ticket, end));
            assert_eq!(trial.left_by(), Some(exit), "{end:?}");
        }
        let mut forgotten = ringing("ringback");
        forgotten.after(25);
        assert_eq!(forgotten.left_by(), Some("no_answer"));
        let mut talked = ringing("ringback");
        talked.job(Input::Joined);
        talked.job(|ticket| Input::Rang(ticket, RingEnd::Over));
        assert_eq!(talked.outcome(), Some(Outcome::Talked));
    }
}
