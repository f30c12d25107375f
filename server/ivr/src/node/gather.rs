//! Takes digits: an account, a card, a date.

use serde::{Deserialize, Serialize};

use super::{By, Exit, NodeKind};
use crate::{
    check::{About, Code},
    io::{Effect, Input},
    sound::{Key, Sound},
    value::ValueKind,
    visit::{Step, Visit},
};

/// Settings of a gather.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Gather {
    /// What is asked for.
    prompt: Option<Sound>,
    /// Said before the prompt when nothing was keyed.
    silent_prompt: Option<Sound>,
    /// Said before the prompt when what was keyed does not fit.
    wrong_prompt: Option<Sound>,
    /// Where the digits go.
    variable: String,
    /// Fewest digits.
    min: u8,
    /// Most digits; that many end it.
    max: u8,
    /// The key that ends it and is not kept; empty: none.
    end_key: String,
    /// What else must hold.
    check: Digits,
    /// Seconds to wait after the prompt.
    wait_s: u32,
    /// Seconds to wait for another digit.
    between_s: u32,
    /// How often it asks.
    tries: u8,
    /// Nobody may see the digits: neither the path nor a recording holds them.
    secret: bool,
}

/// A rule for digits.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
enum Digits {
    /// None but their number.
    #[default]
    Any,
    /// The check digit of cards. Source: ISO/IEC 7812-1 annex B.
    Luhn,
    /// A pattern as dial plans have it: `X` any digit, `Z` 1 to 9, `N` 2 to 9, other characters themselves.
    Pattern {
        /// The pattern.
        pattern: String,
    },
}

impl Default for Gather {
    fn default() -> Self {
        Self {
            prompt: None,
            silent_prompt: None,
            wrong_prompt: None,
            variable: String::new(),
            min: 1,
            max: 20,
            end_key: "#".into(),
            check: Digits::Any,
            wait_s: 8,
            between_s: 4,
            tries: 3,
            secret: false,
        }
    }
}

impl NodeKind for Gather {
    fn exits(&self) -> Vec<Exit> {
        vec![
            Exit::needed("ok", By::Caller),
            Exit::needed("no_input", By::Flow),
            Exit::open("wrong", By::Caller),
        ]
    }

    fn check(&self, about: &mut About<'_>) {
        about.sound("prompt", self.prompt.as_ref());
        about.maybe_sound("silent_prompt", self.silent_prompt.as_ref());
        about.maybe_sound("wrong_prompt", self.wrong_prompt.as_ref());
        if about.settable("variable", &self.variable) == Some(ValueKind::YesNo) {
            about.find(Code::WrongKind, Some("variable"), Some(&self.variable));
        }
        about.within("min", self.min, 1..=self.max.max(1));
        about.within("max", self.max, 1..=40);
        let mut end = self.end_key.chars();
        let fits = end.next().is_none_or(|key| Key::new(key).is_some()) && end.next().is_none();
        about.holds("end_key", fits);
        about.within("wait_s", self.wait_s, 1..=60);
        about.within("between_s", self.between_s, 1..=30);
        about.within("tries", self.tries, 1..=9);
        if let Digits::Pattern { pattern } = &self.check {
            let fits = (1..=40).contains(&pattern.len())
                && pattern.chars().all(|one| matches!(one, 'X' | 'Z' | 'N') || Key::new(one).is_some());
            about.holds("check/pattern", fits);
        }
    }

    fn enter(&self, visit: &mut Visit<'_>) -> Step {
        if self.secret {
            visit.order(Effect::Sensitive(true));
        }
        visit.memory().tries = 1;
        let step = self.ask(visit, None);
        self.leaving(visit, step)
    }

    fn on(&self, visit: &mut Visit<'_>, input: &Input) -> Step {
        let step = match input {
            Input::Key(key) => {
                visit.stop_playing();
                if self.end_key.starts_with(key.as_char()) {
                    self.decide(visit)
                } else {
                    visit.memory().keys.push(key.as_char());
                    if visit.memory().keys.len() >= usize::from(self.max.clamp(1, 40)) {
                        self.decide(visit)
                    } else {
                        visit.wake_in(self.between_s.clamp(1, 30));
                        Step::Stay
                    }
                }
            }
            Input::PlayEnded(_) => {
                visit.wake_in(self.wait_s.clamp(1, 60));
                Step::Stay
            }
            Input::Deadline => self.decide(visit),
            _ => Step::Stay,
        };
        self.leaving(visit, step)
    }

    fn is_secret(&self) -> bool {
        self.secret
    }

    fn sounds(&self) -> Vec<Sound> {
        self.prompt.iter().chain(&self.silent_prompt).chain(&self.wrong_prompt).cloned().collect()
    }

    fn references(&self) -> Vec<(&'static str, &str)> {
        super::prompts(self.prompt.iter().chain(&self.silent_prompt).chain(&self.wrong_prompt))
    }
}

impl Gather {
    fn decide(&self, visit: &mut Visit<'_>) -> Step {
        let keys = visit.memory().keys.clone();
        if keys.is_empty() {
            return self.again(visit, "no_input", self.silent_prompt.as_ref());
        }
        if keys.len() >= usize::from(self.min) && self.check.fit(&keys) {
            visit.set(&self.variable, &keys);
            return Step::leave("ok");
        }
        let exit = if visit.is_wired("wrong") { "wrong" } else { "no_input" };
        self.again(visit, exit, self.wrong_prompt.as_ref())
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

    fn leaving(&self, visit: &mut Visit<'_>, step: Step) -> Step {
        if self.secret && step != Step::Stay {
            visit.order(Effect::Sensitive(false));
        }
        step
    }
}

impl Digits {
    fn fit(&self, keys: &str) -> bool {
        match self {
            Self::Any => true,
            Self::Luhn => luhn(keys),
            Self::Pattern { pattern } => {
                pattern.len() == keys.len()
                    && pattern.chars().zip(keys.chars()).all(|(rule, key)| match rule {
                        'X' => key.is_ascii_digit(),
                        'Z' => ('1'..='9').contains(&key),
                        'N' => ('2'..='9').contains(&key),
                        same => same == key,
                    })
            }
        }
    }
}

fn luhn(keys: &str) -> bool {
    let digits: Option<Vec<u32>> = keys.chars().rev().map(|key| key.to_digit(10)).collect();
    digits.is_some_and(|digits| {
        let sum: u32 = digits
            .iter()
            .enumerate()
            .map(|(at, digit)| if at % 2 == 1 { (digit * 2) / 10 + (digit * 2) % 10 } else { *digit })
            .sum();
        sum.is_multiple_of(10)
    })
}

#[cfg(test)]
mod tests {
    use crate::{io::Effect, node::trial::Trial};
    use serde_json::json;

    fn keyed(settings: serde_json::Value, keys: &str) -> Trial {
        let mut trial = Trial::of("gather", settings);
        keys.chars().for_each(|key| trial.key(key));
        trial
    }

    #[test]
    fn digits_end_by_key_by_number_or_by_time() {
        let settings = json!({"variable": "account", "min": 2, "max": 4, "tries": 1});
        let by_key = keyed(settings.clone(), "12#");
        assert_eq!((by_key.left_by(), by_key.variable("account")), (Some("ok"), "12".into()));
        assert_eq!(keyed(settings.clone(), "1234").variable("account"), "1234");
        let mut by_time = keyed(settings.clone(), "123");
        by_time.after(4);
        assert_eq!(by_time.left_by(), Some("ok"));
        assert_eq!(keyed(settings.clone(), "1#").left_by(), Some("no_input"), "too few");
        let mut silent = keyed(settings, "");
        silent.after(8);
        assert_eq!(silent.left_by(), Some("no_input"));
    }

    #[test]
    fn a_card_number_must_have_its_check_digit() {
        let settings = json!({"variable": "account", "check": {"kind": "luhn"}, "tries": 2});
        assert_eq!(keyed(settings.clone(), "4539578763621486#").left_by(), Some("ok"));
        assert_eq!(keyed(settings.clone(), "4539578763621487#").left_by(), None, "one more try");
        assert_eq!(keyed(settings, "45*9#").left_by(), None);
    }

    #[test]
    fn a_pattern_is_read_as_dial_plans_have_it() {
        let settings = json!({"variable": "account", "check": {"kind": "pattern", "pattern": "0NXZ"}, "tries": 1});
        assert_eq!(keyed(settings.clone(), "0201#").left_by(), Some("ok"));
        for wrong in ["0101#", "1201#", "0200#", "02011#"] {
            assert_eq!(keyed(settings.clone(), wrong).left_by(), Some("no_input"), "{wrong}");
        }
    }

    #[test]
    fn secret_digits_are_neither_kept_in_the_path_nor_recorded() {
        let trial = keyed(json!({"variable": "account", "secret": true}), "77#");
        assert_eq!(trial.keys(), "•••");
        assert!(trial.effects.contains(&Effect::Sensitive(true)) && trial.effects.contains(&Effect::Sensitive(false)));
        assert_eq!(trial.variable("account"), "77");
    }
}
