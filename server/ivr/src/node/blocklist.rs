//! Sorts out unwanted callers.

use serde::{Deserialize, Serialize};

use super::{By, Exit, NodeKind};
use crate::{
    check::{About, Code},
    visit::{Step, Visit},
};

/// Settings of a blocklist.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Blocklist {
    /// Numbers (`+14155550100`), or beginnings of numbers that end in `*` (`+1900*`).
    numbers: Vec<String>,
    /// Whether callers who withhold their number are unwanted too.
    withheld: bool,
}

impl NodeKind for Blocklist {
    fn exits(&self) -> Vec<Exit> {
        vec![Exit::needed("allowed", By::Flow), Exit::needed("blocked", By::Flow)]
    }
    fn check(&self, about: &mut About<'_>) {
        if self.numbers.is_empty() && !self.withheld {
            about.find(Code::MissingSetting, Some("numbers"), None);
        }
        about.holds("numbers", self.numbers.len() <= 5_000);
        for (at, number) in self.numbers.iter().enumerate() {
            let digits = number.strip_suffix('*').unwrap_or(number);
            let digits = digits.strip_prefix('+').unwrap_or(digits);
            let fits = (1..=20).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit());
            about.holds(&format!("numbers/{at}"), fits);
        }
    }
    fn enter(&self, visit: &mut Visit<'_>) -> Step {
        let caller = visit.text("call.caller");
        let listed = self.numbers.iter().any(|number| match number.strip_suffix('*') {
            Some(beginning) => caller.starts_with(beginning),
            None => caller == *number,
        });
        let blocked = if caller.is_empty() { self.withheld } else { listed };
        Step::leave(if blocked { "blocked" } else { "allowed" })
    }
}

#[cfg(test)]
mod tests {
    use crate::node::trial::Trial;
    use serde_json::json;

    #[test]
    fn numbers_and_beginnings_are_blocked() {
        for (settings, exit) in [
            (json!({"numbers": ["+14155550100"]}), "blocked"),
            (json!({"numbers": ["+1415*"]}), "blocked"),
            (json!({"numbers": ["+1415"]}), "allowed"),
            (json!({"withheld": true}), "allowed"),
        ] {
            assert_eq!(Trial::of("blocklist", settings.clone()).left_by(), Some(exit), "{settings}");
        }
    }
}
