//! What is kept of a call's way through its flows.

use serde::{Deserialize, Serialize};

/// One visit of one node.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema), schema(as = FlowPathStep))]
pub struct PathStep {
    /// Which flow.
    pub flow: String,
    /// Which version of it; 0: a draft.
    pub version: u32,
    /// Which node.
    pub node: String,
    /// Its kind.
    pub kind: String,
    /// What people call it.
    pub label: String,
    /// Milliseconds since the first node was entered.
    pub entered_ms: u64,
    /// Milliseconds spent there.
    pub stayed_ms: u64,
    /// Keys pressed there; a dot for each where they are secret.
    #[serde(default)]
    pub keys: String,
    /// The exit that was taken; `None` where the call ended or still is.
    #[serde(default)]
    pub exit: Option<String>,
}
