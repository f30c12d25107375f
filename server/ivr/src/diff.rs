//! What changed from one version of a flow to the next.

use serde::{Deserialize, Serialize};

use crate::graph::Graph;

/// Nodes by name; what moved on the canvas alone has not changed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema), schema(as = FlowDifference))]
pub struct Difference {
    /// New nodes.
    pub added: Vec<String>,
    /// Nodes with other settings, exits or labels.
    pub changed: Vec<String>,
    /// Nodes that are gone.
    pub removed: Vec<String>,
    /// Whether start, languages, zone or variables changed.
    pub settings: bool,
}

impl Difference {
    /// From one graph to the next; from nothing everything is new.
    pub fn between(old: Option<&Graph>, new: &Graph) -> Self {
        let Some(old) = old else {
            return Self {
                added: new.nodes.keys().map(ToString::to_string).collect(),
                settings: true,
                ..Self::default()
            };
        };
        let mut difference = Self {
            settings: (&old.start, &old.language, &old.languages, &old.zone, &old.variables)
                != (&new.start, &new.language, &new.languages, &new.zone, &new.variables),
            ..Self::default()
        };
        for (name, node) in &new.nodes {
            match old.nodes.get(name) {
                None => difference.added.push(name.to_string()),
                Some(was) if (&was.kind, &was.label, &was.exits) != (&node.kind, &node.label, &node.exits) => {
                    difference.changed.push(name.to_string());
                }
                Some(_) => {}
            }
        }
        difference.removed =
            old.nodes.keys().filter(|name| !new.nodes.contains_key(*name)).map(ToString::to_string).collect();
        difference
    }

    /// Whether nothing changed.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn graph(nodes: serde_json::Value) -> Graph {
        Graph::read(&json!({"schema": 1, "start": "a", "nodes": nodes})).unwrap()
    }

    #[test]
    fn nodes_are_added_changed_and_removed_and_moving_is_nothing() {
        let old = graph(
            json!({"a": {"kind": "start", "exits": {"next": "b"}}, "b": {"kind": "hangup"}, "c": {"kind": "leave"}}),
        );
        let new = graph(
            json!({"a": {"kind": "start", "exits": {"next": "d"}}, "d": {"kind": "leave"}, "c": {"kind": "leave", "place": {"x": 5, "y": 5}}}),
        );
        let difference = Difference::between(Some(&old), &new);
        assert_eq!(
            difference,
            Difference {
                added: vec!["d".into()],
                changed: vec!["a".into()],
                removed: vec!["b".into()],
                settings: false,
            }
        );
        assert!(Difference::between(Some(&new), &new).is_empty());
    }
}
