//! Enters another flow and comes back.

use serde::{Deserialize, Serialize};

use super::{By, Exit, NodeKind};
use crate::{
    check::About,
    visit::{Step, Visit},
};

/// Settings of a subflow.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Subflow {
    /// Its id. The version that is published when a call begins is the one that runs.
    flow: String,
}

impl NodeKind for Subflow {
    fn exits(&self) -> Vec<Exit> {
        vec![Exit::needed("done", By::Flow), Exit::needed("failed", By::Flow)]
    }
    fn check(&self, about: &mut About<'_>) {
        about.chosen("flow", &self.flow);
    }
    fn enter(&self, _visit: &mut Visit<'_>) -> Step {
        if self.flow.is_empty() { Step::leave("failed") } else { Step::Enter(self.flow.clone()) }
    }
    fn other_flow(&self) -> Option<&str> {
        (!self.flow.is_empty()).then_some(self.flow.as_str())
    }
}

#[cfg(test)]
mod tests {
    use crate::node::trial::Trial;
    use serde_json::json;

    #[test]
    fn a_flow_that_is_not_there_fails() {
        assert_eq!(Trial::of("subflow", json!({"flow": "gone"})).left_by(), Some("failed"));
        assert_eq!(Trial::of("subflow", json!({})).left_by(), Some("failed"));
    }
}
