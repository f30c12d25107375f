//! Chooses the language from here on.

use serde::{Deserialize, Serialize};

use super::{Exit, NodeKind};
use crate::{
    check::{About, Code},
    sound::Language as Tag,
    visit::{Step, Visit},
};

/// Settings of a language switch.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Language {
    /// Which.
    language: Option<Tag>,
}

impl NodeKind for Language {
    fn exits(&self) -> Vec<Exit> {
        Exit::next()
    }
    fn check(&self, about: &mut About<'_>) {
        match &self.language {
            Some(language) => about.language("language", language),
            None => about.find(Code::MissingSetting, Some("language"), None),
        }
    }
    fn enter(&self, visit: &mut Visit<'_>) -> Step {
        if let Some(language) = &self.language {
            visit.speak(language);
        }
        Step::next()
    }
}

#[cfg(test)]
mod tests {
    use crate::node::trial::Trial;
    use serde_json::json;

    #[test]
    fn the_language_is_a_variable_too() {
        let trial = Trial::of("language", json!({"language": "zh-Hans"}));
        assert_eq!((trial.variable("call.language"), trial.left_by()), ("zh-Hans".into(), Some("next")));
        assert!(Trial::codes("language", json!({"language": "fr"})).contains(&"bad_setting".to_owned()));
    }
}
