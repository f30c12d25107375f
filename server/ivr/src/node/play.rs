//! Plays sounds, one after another.

use serde::{Deserialize, Serialize};

use super::{Exit, NodeKind};
use crate::{
    check::{About, Code},
    io::Input,
    sound::Sound,
    visit::{Step, Visit},
};

/// Settings of a play.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Play {
    /// What is played.
    sounds: Vec<Sound>,
    /// Whether any key ends it.
    interrupt: bool,
}

impl Default for Play {
    fn default() -> Self {
        Self { sounds: vec![], interrupt: true }
    }
}

impl NodeKind for Play {
    fn exits(&self) -> Vec<Exit> {
        Exit::next()
    }
    fn check(&self, about: &mut About<'_>) {
        if self.sounds.is_empty() {
            about.find(Code::MissingPrompt, Some("sounds"), None);
        }
        about.holds("sounds", self.sounds.len() <= 20);
        for (at, sound) in self.sounds.iter().enumerate() {
            about.sound(&format!("sounds/{at}"), Some(sound));
        }
    }
    fn enter(&self, visit: &mut Visit<'_>) -> Step {
        if visit.play(&self.sounds) { Step::Stay } else { Step::next() }
    }
    fn on(&self, _visit: &mut Visit<'_>, input: &Input) -> Step {
        match input {
            Input::PlayEnded(_) => Step::next(),
            Input::Key(_) if self.interrupt => Step::next(),
            _ => Step::Stay,
        }
    }
    fn sounds(&self) -> Vec<Sound> {
        self.sounds.clone()
    }
    fn references(&self) -> Vec<(&'static str, &str)> {
        super::prompts(&self.sounds)
    }
}

#[cfg(test)]
mod tests {
    use crate::{io::Effect, node::trial::Trial};
    use serde_json::json;

    #[test]
    fn a_key_ends_it_unless_it_must_be_heard() {
        let sounds = json!([{"kind": "prompt", "prompt": "p1"}, {"kind": "text", "text": {"en": "Hello"}}]);
        let mut heard = Trial::of("play", json!({"sounds": sounds}));
        assert_eq!(heard.said(), ["<p1>", "Hello"]);
        heard.key('5');
        assert_eq!(heard.left_by(), Some("next"));
        assert!(heard.effects.contains(&Effect::StopPlaying));
        let mut must = Trial::of("play", json!({"sounds": sounds, "interrupt": false}));
        must.key('5');
        assert_eq!(must.left_by(), None);
        must.play_ended();
        assert_eq!(must.left_by(), Some("next"));
    }

    #[test]
    fn nothing_to_hear_takes_no_time_and_a_prompt_that_never_ends_is_cut() {
        assert_eq!(Trial::of("play", json!({})).left_by(), Some("next"));
        let mut stuck = Trial::of("play", json!({"sounds": [{"kind": "prompt", "prompt": "p"}]}));
        stuck.after(600);
        assert_eq!(stuck.left_by(), Some("next"));
    }
}
