//! Decides by variables: the first case whose every condition holds.

use serde::{Deserialize, Serialize};

use super::{By, Exit, NodeKind};
use crate::{
    check::{About, Code},
    template::Escape,
    visit::{Step, Visit},
};

/// Settings of a branch.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Branch {
    /// Cases in order; the exit of each is its name.
    cases: Vec<Case>,
}

/// One case.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    /// Name of its exit.
    name: String,
    /// All of these must hold.
    all: Vec<Condition>,
}

/// One condition.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Condition {
    variable: String,
    is: Relation,
    /// What it is compared with; may mention `{{variables}}`. Not read where nothing is compared.
    #[serde(default)]
    value: String,
}

/// How two values are compared: numbers as numbers where both are, else as text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Relation {
    Equal,
    Different,
    BeginsWith,
    Contains,
    Below,
    Above,
    Empty,
    NotEmpty,
}

impl NodeKind for Branch {
    fn exits(&self) -> Vec<Exit> {
        let cases = self.cases.iter().map(|case| Exit::needed(case.name.clone(), By::Flow));
        cases.chain([Exit::needed("otherwise", By::Flow)]).collect()
    }
    fn check(&self, about: &mut About<'_>) {
        if self.cases.is_empty() {
            about.find(Code::MissingSetting, Some("cases"), None);
        }
        about.holds("cases", self.cases.len() <= 50);
        for (at, case) in self.cases.iter().enumerate() {
            let field = format!("cases/{at}");
            about.holds(&format!("{field}/name"), (1..=40).contains(&case.name.len()) && case.name != "otherwise");
            if self.cases[..at].iter().any(|other| other.name == case.name) {
                about.find(Code::DuplicateChoice, Some(&format!("{field}/name")), Some(&case.name));
            }
            about.holds(&format!("{field}/all"), (1..=20).contains(&case.all.len()));
            for (of, condition) in case.all.iter().enumerate() {
                about.readable(&format!("{field}/all/{of}/variable"), &condition.variable);
                about.text(&format!("{field}/all/{of}/value"), &condition.value);
            }
        }
    }
    fn enter(&self, visit: &mut Visit<'_>) -> Step {
        let case = self.cases.iter().find(|case| case.all.iter().all(|condition| condition.holds(visit)));
        Step::leave(case.map_or_else(|| "otherwise".to_owned(), |case| case.name.clone()))
    }
}

impl Condition {
    fn holds(&self, visit: &Visit<'_>) -> bool {
        let (left, right) = (visit.text(&self.variable), visit.fill(&self.value, Escape::None));
        let order = match (left.trim().parse::<i64>(), right.trim().parse::<i64>()) {
            (Ok(left), Ok(right)) => left.cmp(&right),
            _ => left.cmp(&right),
        };
        match self.is {
            // As text: an account 007 is not an account 7.
            Relation::Equal => left == right,
            Relation::Different => left != right,
            Relation::BeginsWith => left.starts_with(&right),
            Relation::Contains => left.contains(&right),
            Relation::Below => order.is_lt(),
            Relation::Above => order.is_gt(),
            Relation::Empty => left.is_empty(),
            Relation::NotEmpty => !left.is_empty(),
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::node::trial::Trial;
    use serde_json::json;

    fn goes(is: &str, value: &str) -> String {
        let settings = json!({"cases": [{"name": "yes", "all": [{"variable": "call.caller", "is": is, "value": value}]}]});
        Trial::of("branch", settings).left_by().unwrap().to_owned()
    }

    #[test]
    fn a_case_is_taken_when_its_conditions_hold() {
        for (is, value) in [
            ("equal", "+14155550100"),
            ("different", "+1"),
            ("begins_with", "+1415"),
            ("contains", "555"),
            ("not_empty", ""),
            ("equal", "{{call.caller}}"),
            ("above", "9"),
            ("below", "+99999999999"),
        ] {
            assert_eq!(goes(is, value), "yes", "{is} {value}");
        }
        for (is, value) in [("equal", "4155550100"), ("begins_with", "+86"), ("empty", "")] {
            assert_eq!(goes(is, value), "otherwise", "{is} {value}");
        }
    }

    #[test]
    fn the_check_sees_variables_that_nobody_declared() {
        let settings = json!({"cases": [{"name": "a", "all": [{"variable": "nobody", "is": "empty"}]}]});
        assert!(Trial::codes("branch", settings).contains(&"unknown_variable".to_owned()));
    }
}
