//! Hands the caller over for good.

use serde::{Deserialize, Serialize};

use super::{By, Exit, NodeKind};
use crate::{
    check::{About, Code},
    io::{Hears, Input, Outcome, Ringing, Target},
    visit::{Step, Visit},
};

/// Settings of a transfer.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Transfer {
    /// To whom.
    to: Option<Target>,
}

/// How long somebody is rung.
const SECONDS: u32 = 60;

impl NodeKind for Transfer {
    fn exits(&self) -> Vec<Exit> {
        vec![Exit::needed("failed", By::Others)]
    }
    fn check(&self, about: &mut About<'_>) {
        match &self.to {
            Some(to) => super::check_target(about, "to", to),
            None => about.find(Code::MissingSetting, Some("to"), None),
        }
    }
    fn enter(&self, visit: &mut Visit<'_>) -> Step {
        let Some(to) = &self.to else { return Step::leave("failed") };
        let targets = vec![super::filled(to, visit)];
        visit.ring(Ringing { targets, seconds: SECONDS, hears: Hears::Ringback, for_good: true });
        Step::Stay
    }
    fn on(&self, visit: &mut Visit<'_>, input: &Input) -> Step {
        match input {
            Input::Joined(_) => Step::End(Outcome::Transferred),
            Input::Rang(..) => Step::leave("failed"),
            Input::Deadline => {
                visit.stop_ringing();
                Step::leave("failed")
            }
            _ => Step::Stay,
        }
    }
    fn references(&self) -> Vec<(&'static str, &str)> {
        self.to.iter().filter_map(super::referred).filter(|(_, id)| !id.is_empty()).collect()
    }
}

#[cfg(test)]
mod tests {
    use crate::{
        io::{Input, Outcome, RingEnd},
        node::trial::Trial,
    };
    use serde_json::json;

    #[test]
    fn whoever_answers_has_the_caller_for_good() {
        let to = json!({"to": {"kind": "number", "number": "+4930123"}});
        let mut there = Trial::of("transfer", to.clone());
        there.job(Input::Joined);
        assert_eq!(there.outcome(), Some(Outcome::Transferred));
        let mut nobody = Trial::of("transfer", to);
        nobody.job(|ticket| Input::Rang(ticket, RingEnd::Busy));
        assert_eq!(nobody.left_by(), Some("failed"));
    }
}
