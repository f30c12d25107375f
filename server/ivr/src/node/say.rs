//! Speaks a text with variables in it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Exit, NodeKind};
use crate::{
    check::About,
    io::Input,
    sound::{Language, Sound},
    visit::{Step, Visit},
};

/// Settings of a say.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Say {
    /// The text of each language; may mention `{{variables}}`.
    text: BTreeMap<Language, String>,
    /// A voice other than the company's own.
    voice: Option<String>,
    /// Whether any key ends it.
    interrupt: bool,
}

impl Default for Say {
    fn default() -> Self {
        Self { text: BTreeMap::new(), voice: None, interrupt: true }
    }
}

impl Say {
    fn sound(&self) -> Sound {
        Sound::Text { text: self.text.clone(), voice: self.voice.clone() }
    }
}

impl NodeKind for Say {
    fn exits(&self) -> Vec<Exit> {
        Exit::next()
    }
    fn check(&self, about: &mut About<'_>) {
        about.sound("", Some(&self.sound()));
    }
    fn enter(&self, visit: &mut Visit<'_>) -> Step {
        if visit.play([&self.sound()]) { Step::Stay } else { Step::next() }
    }
    fn on(&self, _visit: &mut Visit<'_>, input: &Input) -> Step {
        match input {
            Input::PlayEnded(_) => Step::next(),
            Input::Key(_) if self.interrupt => Step::next(),
            _ => Step::Stay,
        }
    }
    fn sounds(&self) -> Vec<Sound> {
        vec![self.sound()]
    }
}

#[cfg(test)]
mod tests {
    use crate::node::trial::Trial;
    use serde_json::json;

    #[test]
    fn it_says_what_variables_hold() {
        let mut said = Trial::of("say", json!({"text": {"en": "You call from {{call.caller}}."}}));
        assert_eq!(said.said(), ["You call from +14155550100."]);
        said.play_ended();
        assert_eq!(said.left_by(), Some("next"));
    }
}
