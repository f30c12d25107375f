//! Sets variables.

use serde::{Deserialize, Serialize};

use super::{Exit, NodeKind};
use crate::{
    check::{About, Code},
    template::Escape,
    value::ValueKind,
    visit::{Step, Visit},
};

/// Settings of a set.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Set {
    /// In this order.
    changes: Vec<Change>,
}

/// One change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "snake_case", deny_unknown_fields)]
enum Change {
    /// To this text, read as the variable's kind; may mention `{{variables}}`.
    Set { variable: String, value: String },
    /// A number more, or less.
    Add { variable: String, amount: i64 },
}

impl NodeKind for Set {
    fn exits(&self) -> Vec<Exit> {
        Exit::next()
    }
    fn check(&self, about: &mut About<'_>) {
        if self.changes.is_empty() {
            about.find(Code::MissingSetting, Some("changes"), None);
        }
        about.holds("changes", self.changes.len() <= 50);
        for (at, change) in self.changes.iter().enumerate() {
            let field = format!("changes/{at}/variable");
            match change {
                Change::Set { variable, value } => {
                    let kind = about.settable(&field, variable);
                    about.text(&format!("changes/{at}/value"), value);
                    let number = value.contains("{{") || value.trim().parse::<i64>().is_ok();
                    about.holds(&format!("changes/{at}/value"), kind != Some(ValueKind::Number) || number);
                }
                Change::Add { variable, .. } => {
                    if about.settable(&field, variable).is_some_and(|kind| kind != ValueKind::Number) {
                        about.find(Code::WrongKind, Some(&field), Some(variable));
                    }
                }
            }
        }
    }
    fn enter(&self, visit: &mut Visit<'_>) -> Step {
        for change in &self.changes {
            match change {
                Change::Set { variable, value } => {
                    let value = visit.fill(value, Escape::None);
                    visit.set(variable, &value);
                }
                Change::Add { variable, amount } => visit.add(variable, *amount),
            }
        }
        Step::next()
    }
}

#[cfg(test)]
mod tests {
    use crate::node::trial::Trial;
    use serde_json::json;

    #[test]
    fn values_keep_the_kind_of_their_variable() {
        let changes = json!({"changes": [
            {"do": "set", "variable": "count", "value": "41"},
            {"do": "add", "variable": "count", "amount": 1},
            {"do": "set", "variable": "account", "value": "no {{count}}"},
            {"do": "add", "variable": "account", "amount": 5},
        ]});
        let set = Trial::of("set", changes.clone());
        assert_eq!((set.variable("count"), set.variable("account")), ("42".into(), "no 42".into()));
        assert!(Trial::codes("set", changes).contains(&"wrong_kind".to_owned()));
    }

    #[test]
    fn what_every_call_is_given_is_not_set() {
        let codes = Trial::codes("set", json!({"changes": [{"do": "set", "variable": "call.caller", "value": "+1"}]}));
        assert!(codes.contains(&"unknown_variable".to_owned()));
    }
}
