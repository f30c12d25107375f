//! Hangs up.

use serde::{Deserialize, Serialize};

use super::{Exit, NodeKind};
use crate::{
    check::About,
    io::{Input, Outcome},
    sound::Sound,
    visit::{Step, Visit},
};

/// Settings of hanging up.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Hangup {
    /// Said first.
    prompt: Option<Sound>,
}

impl NodeKind for Hangup {
    fn exits(&self) -> Vec<Exit> {
        vec![]
    }
    fn check(&self, about: &mut About<'_>) {
        about.maybe_sound("prompt", self.prompt.as_ref());
    }
    fn enter(&self, visit: &mut Visit<'_>) -> Step {
        if visit.play(&self.prompt) { Step::Stay } else { Step::End(Outcome::HungUp) }
    }
    fn on(&self, _visit: &mut Visit<'_>, input: &Input) -> Step {
        if matches!(input, Input::PlayEnded(_)) { Step::End(Outcome::HungUp) } else { Step::Stay }
    }
    fn sounds(&self) -> Vec<Sound> {
        self.prompt.iter().cloned().collect()
    }
    fn references(&self) -> Vec<(&'static str, &str)> {
        super::prompts(&self.prompt)
    }
}

#[cfg(test)]
mod tests {
    use crate::{io::Outcome, node::trial::Trial};
    use serde_json::json;

    #[test]
    fn the_last_word_is_heard_first() {
        let mut trial = Trial::of("hangup", json!({"prompt": {"kind": "text", "text": {"en": "Bye."}}}));
        assert_eq!((trial.said(), trial.outcome()), (vec!["Bye.".to_owned()], None));
        trial.play_ended();
        assert_eq!(trial.outcome(), Some(Outcome::HungUp));
        assert_eq!(Trial::of("hangup", json!({})).outcome(), Some(Outcome::HungUp));
    }
}
