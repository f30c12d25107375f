//! Where a call begins.

use serde::{Deserialize, Serialize};

use super::{Exit, NodeKind};
use crate::{
    check::About,
    visit::{Step, Visit},
};

/// Settings of a start.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Start {
    /// Answer at once, rather than when there is something to hear.
    answer: bool,
}

impl NodeKind for Start {
    fn exits(&self) -> Vec<Exit> {
        Exit::next()
    }
    fn check(&self, _about: &mut About<'_>) {}
    fn enter(&self, visit: &mut Visit<'_>) -> Step {
        if self.answer {
            visit.answer();
        }
        Step::next()
    }
}

#[cfg(test)]
mod tests {
    use crate::{io::Effect, node::trial::Trial};

    #[test]
    fn it_answers_at_once_only_when_told_to() {
        assert_eq!(Trial::of("start", serde_json::json!({})).effects, [Trial::end()]);
        let at_once = Trial::of("start", serde_json::json!({"answer": true}));
        assert_eq!(at_once.effects, [Effect::Answer, Trial::end()]);
        assert_eq!(at_once.left_by(), Some("next"));
    }
}
