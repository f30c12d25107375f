//! Offers keys, one or several digits each, and extensions to dial directly.

use serde::{Deserialize, Serialize};

use super::{By, Exit, NodeKind};
use crate::{
    check::{About, Code},
    io::Input,
    sound::{Key, Sound},
    visit::{Step, Visit},
};

/// Settings of a menu.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Menu {
    /// What is offered.
    prompt: Option<Sound>,
    /// Said before the prompt when nothing was pressed.
    silent_prompt: Option<Sound>,
    /// Said before the prompt when something else was pressed.
    wrong_prompt: Option<Sound>,
    /// The choices; the exit of each is its keys.
    choices: Vec<Choice>,
    /// Length of extensions that may be dialled here; 0: none. The exit `extension` sets `call.extension`.
    extension_digits: u8,
    /// Seconds to wait after the prompt.
    wait_s: u32,
    /// Seconds to wait for another digit.
    between_s: u32,
    /// How often it asks.
    tries: u8,
}

/// One choice.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Choice {
    /// One to eight keys, `#` and `*` among them.
    keys: String,
    /// What people call it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    label: String,
}

impl Default for Menu {
    fn default() -> Self {
        Self {
            prompt: None,
            silent_prompt: None,
            wrong_prompt: None,
            choices: vec![],
            extension_digits: 0,
            wait_s: 5,
            between_s: 2,
            tries: 3,
        }
    }
}

/// What keys so far mean.
#[derive(Debug, PartialEq, Eq)]
enum Meaning {
    /// This exit.
    Exit(String),
    /// An extension.
    Extension,
    /// This, or more to come.
    Perhaps,
    /// Nothing, and nothing that comes will change it.
    Wrong,
}

impl NodeKind for Menu {
    fn exits(&self) -> Vec<Exit> {
        let choices = self.choices.iter().map(|choice| Exit::needed(choice.keys.clone(), By::Caller));
        let extension = (self.extension_digits > 0).then(|| Exit::needed("extension", By::Caller));
        let silent = [Exit::needed("no_input", By::Flow), Exit::open("wrong", By::Caller)];
        choices.chain(extension).chain(silent).collect()
    }

    fn check(&self, about: &mut About<'_>) {
        about.sound("prompt", self.prompt.as_ref());
        about.maybe_sound("silent_prompt", self.silent_prompt.as_ref());
        about.maybe_sound("wrong_prompt", self.wrong_prompt.as_ref());
        about.within("wait_s", self.wait_s, 1..=60);
        about.within("between_s", self.between_s, 1..=30);
        about.within("tries", self.tries, 1..=9);
        about.within("extension_digits", self.extension_digits, 0..=8);
        about.holds("choices", self.choices.len() <= 100);
        if self.choices.is_empty() && self.extension_digits == 0 {
            about.find(Code::MissingSetting, Some("choices"), None);
        }
        for (at, choice) in self.choices.iter().enumerate() {
            let field = format!("choices/{at}/keys");
            let fits = (1..=8).contains(&choice.keys.len()) && choice.keys.chars().all(|key| Key::new(key).is_some());
            about.holds(&field, fits);
            if self.choices[..at].iter().any(|other| other.keys == choice.keys) {
                about.find(Code::DuplicateChoice, Some(&field), Some(&choice.keys));
            }
        }
    }

    fn enter(&self, visit: &mut Visit<'_>) -> Step {
        visit.memory().tries = 1;
        self.ask(visit, None)
    }

    fn on(&self, visit: &mut Visit<'_>, input: &Input) -> Step {
        match input {
            Input::Key(key) => {
                visit.stop_playing();
                visit.memory().keys.push(key.as_char());
                let keys = visit.memory().keys.clone();
                match self.meaning(&keys) {
                    Meaning::Perhaps => {
                        visit.wake_in(self.between_s.clamp(1, 30));
                        Step::Stay
                    }
                    meaning => self.decide(visit, meaning),
                }
            }
            Input::PlayEnded(_) => {
                visit.wake_in(self.wait_s.clamp(1, 60));
                Step::Stay
            }
            Input::Deadline if visit.memory().keys.is_empty() => {
                self.again(visit, "no_input", self.silent_prompt.as_ref())
            }
            Input::Deadline => {
                let keys = visit.memory().keys.clone();
                let meaning = if self.is_choice(&keys) { Meaning::Exit(keys) } else { Meaning::Wrong };
                self.decide(visit, meaning)
            }
            _ => Step::Stay,
        }
    }

    fn sounds(&self) -> Vec<Sound> {
        self.prompt.iter().chain(&self.silent_prompt).chain(&self.wrong_prompt).cloned().collect()
    }

    fn references(&self) -> Vec<(&'static str, &str)> {
        super::prompts(self.prompt.iter().chain(&self.silent_prompt).chain(&self.wrong_prompt))
    }
}

impl Menu {
    fn is_choice(&self, keys: &str) -> bool {
        self.choices.iter().any(|choice| choice.keys == keys)
    }

    fn meaning(&self, keys: &str) -> Meaning {
        let longer = self.choices.iter().any(|choice| choice.keys.len() > keys.len() && choice.keys.starts_with(keys));
        let digits = keys.bytes().all(|key| key.is_ascii_digit());
        let extension = usize::from(self.extension_digits);
        let dialling = extension > 0 && digits && keys.len() < extension;
        match (self.is_choice(keys), longer || dialling) {
            (true, false) => Meaning::Exit(keys.to_owned()),
            (_, true) => Meaning::Perhaps,
            (false, false) if extension > 0 && digits && keys.len() == extension => Meaning::Extension,
            (false, false) => Meaning::Wrong,
        }
    }

    fn decide(&self, visit: &mut Visit<'_>, meaning: Meaning) -> Step {
        match meaning {
            Meaning::Exit(keys) => Step::leave(keys),
            Meaning::Extension => {
                let keys = visit.memory().keys.clone();
                visit.set("call.extension", &keys);
                Step::leave("extension")
            }
            Meaning::Wrong | Meaning::Perhaps => {
                let exit = if visit.is_wired("wrong") { "wrong" } else { "no_input" };
                self.again(visit, exit, self.wrong_prompt.as_ref())
            }
        }
    }

    fn again(&self, visit: &mut Visit<'_>, exit: &'static str, first: Option<&Sound>) -> Step {
        if visit.memory().tries >= self.tries {
            return Step::leave(exit);
        }
        visit.memory().tries += 1;
        self.ask(visit, first)
    }

    fn ask(&self, visit: &mut Visit<'_>, first: Option<&Sound>) -> Step {
        visit.memory().keys.clear();
        if !visit.play(first.into_iter().chain(&self.prompt)) {
            visit.answer();
            visit.wake_in(self.wait_s.clamp(1, 60));
        }
        Step::Stay
    }
}

#[cfg(test)]
mod tests {
    use crate::node::trial::Trial;
    use serde_json::{Value, json};

    fn menu(more: Value) -> Trial {
        let mut settings = json!({
            "prompt": {"kind": "text", "text": {"en": "Press 1, or 12."}},
            "silent_prompt": {"kind": "text", "text": {"en": "Nothing came."}},
            "wrong_prompt": {"kind": "text", "text": {"en": "No such key."}},
            "choices": [{"keys": "1"}, {"keys": "12"}, {"keys": "2"}], "tries": 2
        });
        settings.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        Trial::of("menu", settings)
    }

    #[test]
    fn a_key_that_can_mean_one_thing_only_is_taken_at_once() {
        let mut taken = menu(json!({}));
        taken.key('2');
        assert_eq!(taken.left_by(), Some("2"));
    }

    #[test]
    fn a_key_that_may_go_on_waits_for_more() {
        let mut long = menu(json!({}));
        long.key('1');
        assert_eq!(long.left_by(), None);
        long.key('2');
        assert_eq!(long.left_by(), Some("12"));
        let mut short = menu(json!({}));
        short.key('1');
        short.after(2);
        assert_eq!(short.left_by(), Some("1"));
    }

    #[test]
    fn silence_and_wrong_keys_are_told_apart_and_tried_again() {
        let mut silent = menu(json!({}));
        silent.play_ended();
        silent.after(5);
        assert_eq!(silent.said(), ["Press 1, or 12.", "Nothing came.", "Press 1, or 12."]);
        silent.key('9');
        assert_eq!(silent.left_by(), Some("no_input"), "two tries were all");
        let mut wrong = menu(json!({"tries": 1}));
        wrong.wire("wrong");
        wrong.key('9');
        assert_eq!(wrong.left_by(), Some("wrong"));
    }

    #[test]
    fn an_extension_is_dialled_directly() {
        let mut dialled = menu(json!({"extension_digits": 3}));
        for key in ['2', '0', '1'] {
            dialled.key(key);
        }
        assert_eq!(dialled.left_by(), Some("extension"));
        assert_eq!(dialled.variable("call.extension"), "201");
        let mut choice = menu(json!({"extension_digits": 3}));
        choice.key('2');
        choice.after(2);
        assert_eq!(choice.left_by(), Some("2"), "an extension may begin with it, but none came");
    }

    #[test]
    fn the_check_sees_what_is_missing_and_what_is_twice() {
        let codes = Trial::codes("menu", json!({"choices": [{"keys": "1"}, {"keys": "1"}, {"keys": "x"}], "tries": 0}));
        for code in ["missing_prompt", "duplicate_choice", "bad_setting", "dangling_exit"] {
            assert!(codes.contains(&code.to_owned()), "{code} in {codes:?}");
        }
    }
}
