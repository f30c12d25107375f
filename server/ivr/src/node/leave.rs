//! Goes to another flow for good, or back to the flow that entered this one.

use serde::{Deserialize, Serialize};

use super::{Exit, NodeKind};
use crate::{
    check::About,
    visit::{Step, Visit},
};

/// Settings of leaving.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Leave {
    /// The flow to go to; empty: back.
    flow: String,
}

impl NodeKind for Leave {
    fn exits(&self) -> Vec<Exit> {
        vec![]
    }
    fn check(&self, _about: &mut About<'_>) {}
    fn enter(&self, _visit: &mut Visit<'_>) -> Step {
        if self.flow.is_empty() { Step::Return } else { Step::Goto(self.flow.clone()) }
    }
    fn other_flow(&self) -> Option<&str> {
        (!self.flow.is_empty()).then_some(self.flow.as_str())
    }
}

#[cfg(test)]
mod tests {
    use crate::{io::Outcome, node::trial::Trial};
    use serde_json::json;

    #[test]
    fn back_from_the_outermost_flow_is_the_end() {
        assert_eq!(Trial::of("leave", json!({})).outcome(), Some(Outcome::HungUp));
        assert_eq!(Trial::of("leave", json!({"flow": "gone"})).outcome(), Some(Outcome::DeadEnd));
    }
}
