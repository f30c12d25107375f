//! Asks whether the call may be recorded.

use serde::{Deserialize, Serialize};

use super::{By, Exit, NodeKind};
use crate::{
    check::About,
    io::{Effect, Input},
    sound::{Key, Sound},
    visit::{Step, Visit},
};

/// Settings of the question.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Consent {
    /// What is asked or announced.
    prompt: Option<Sound>,
    /// The key that agrees; empty: none is needed.
    yes_key: String,
    /// The key that refuses; empty: none.
    no_key: String,
    /// Whether silence agrees.
    silence_agrees: bool,
    /// Seconds to wait after the prompt.
    wait_s: u32,
}

impl Default for Consent {
    fn default() -> Self {
        Self { prompt: None, yes_key: "1".into(), no_key: "2".into(), silence_agrees: false, wait_s: 4 }
    }
}

impl NodeKind for Consent {
    fn exits(&self) -> Vec<Exit> {
        vec![Exit::needed("given", By::Flow), Exit::needed("refused", By::Flow)]
    }
    fn check(&self, about: &mut About<'_>) {
        about.sound("prompt", self.prompt.as_ref());
        about.within("wait_s", self.wait_s, 1..=60);
        let key = |text: &str| {
            let mut keys = text.chars();
            keys.next().is_none_or(|key| Key::new(key).is_some()) && keys.next().is_none()
        };
        about.holds("yes_key", key(&self.yes_key) && (self.silence_agrees || !self.yes_key.is_empty()));
        about.holds("no_key", key(&self.no_key) && (self.no_key.is_empty() || self.no_key != self.yes_key));
    }
    fn enter(&self, visit: &mut Visit<'_>) -> Step {
        if !visit.play(&self.prompt) {
            visit.answer();
            visit.wake_in(self.wait_s.clamp(1, 60));
        }
        Step::Stay
    }
    fn on(&self, visit: &mut Visit<'_>, input: &Input) -> Step {
        match input {
            Input::Key(key) if self.yes_key.starts_with(key.as_char()) => Self::say(visit, true),
            Input::Key(key) if self.no_key.starts_with(key.as_char()) => Self::say(visit, false),
            Input::PlayEnded(_) => {
                visit.wake_in(self.wait_s.clamp(1, 60));
                Step::Stay
            }
            Input::Deadline => Self::say(visit, self.silence_agrees),
            _ => Step::Stay,
        }
    }
    fn sounds(&self) -> Vec<Sound> {
        self.prompt.iter().cloned().collect()
    }
    fn references(&self) -> Vec<(&'static str, &str)> {
        super::prompts(&self.prompt)
    }
}

impl Consent {
    fn say(visit: &mut Visit<'_>, given: bool) -> Step {
        visit.order(Effect::Consent(given));
        Step::leave(if given { "given" } else { "refused" })
    }
}

#[cfg(test)]
mod tests {
    use crate::{io::Effect, node::trial::Trial};
    use serde_json::json;

    #[test]
    fn silence_agrees_only_where_that_was_said() {
        for (settings, keys, given) in [
            (json!({}), "1", true),
            (json!({}), "2", false),
            (json!({}), "", false),
            (json!({"silence_agrees": true}), "", true),
            (json!({"silence_agrees": true}), "92", false),
        ] {
            let mut trial = Trial::of("consent", settings);
            keys.chars().for_each(|key| trial.key(key));
            trial.after(4);
            assert_eq!(trial.left_by(), Some(if given { "given" } else { "refused" }));
            assert!(trial.effects.contains(&Effect::Consent(given)));
        }
    }
}
