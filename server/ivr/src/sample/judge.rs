//! A sample call and whether the flow passes it.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{Script, Trace, What, play};
use crate::{graph::Bundle, io::Outcome};

/// A call that a flow must take as is told here before it is published.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema), schema(as = FlowSample))]
#[serde(default, deny_unknown_fields)]
pub struct Sample {
    /// What people call it; 1 to 80 characters, unlike every other of the flow.
    pub name: String,
    /// The call.
    pub script: Script,
    /// What must come of it.
    pub expect: Expect,
}

/// What must come of a call. What is left out is not judged.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema), schema(as = FlowExpect))]
#[serde(default, deny_unknown_fields)]
pub struct Expect {
    /// Nodes that are visited in this order; others may lie between.
    pub visits: Vec<String>,
    /// The node where the caller is at the end.
    pub ends_at: Option<String>,
    /// How the flow ended.
    pub outcome: Option<Outcome>,
    /// Words that are spoken, in this order.
    pub says: Vec<String>,
}

/// Why a flow does not pass.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema), schema(as = FlowFault))]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Fault {
    /// An act of the script did not fit: nobody had asked for it, or the call was over.
    Misfit {
        /// Which act, from 0.
        act: usize,
    },
    /// A node was not visited, or not in this order.
    NotVisited {
        /// Which.
        node: String,
    },
    /// The caller ended elsewhere.
    EndsElsewhere {
        /// Where.
        node: String,
    },
    /// The flow ended otherwise, or goes on.
    OtherOutcome {
        /// How; `None`: it goes on.
        outcome: Option<Outcome>,
    },
    /// These words were not spoken.
    NotSaid {
        /// Which.
        words: String,
    },
}

impl Sample {
    /// Plays it and judges.
    pub fn judge(&self, bundle: Arc<Bundle>) -> (Trace, Vec<Fault>) {
        let trace = play(bundle, &self.script);
        let faults = self.expect.faults(&trace);
        (trace, faults)
    }
}

impl Expect {
    fn faults(&self, trace: &Trace) -> Vec<Fault> {
        let mut faults: Vec<Fault> = trace.misfit.map(|act| Fault::Misfit { act }).into_iter().collect();
        let mut path = trace.path.iter();
        if let Some(node) = self.visits.iter().find(|wanted| !path.any(|step| step.node == **wanted)) {
            faults.push(Fault::NotVisited { node: node.clone() });
        }
        if self.ends_at.as_ref().is_some_and(|wanted| *wanted != trace.node) {
            faults.push(Fault::EndsElsewhere { node: trace.node.clone() });
        }
        if self.outcome.is_some() && self.outcome != trace.outcome {
            faults.push(Fault::OtherOutcome { outcome: trace.outcome });
        }
        let mut said = trace.events.iter().filter_map(|event| match &event.what {
            What::Says { text, .. } => Some(text),
            _ => None,
        });
        if let Some(words) = self.says.iter().find(|words| !said.any(|text| text.contains(words.as_str()))) {
            faults.push(Fault::NotSaid { words: words.clone() });
        }
        faults
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::Graph;
    use serde_json::json;

    #[test]
    fn a_flow_passes_or_says_why_not() {
        let graph = json!({"schema": 1, "start": "start", "nodes": {
            "start": {"kind": "start", "exits": {"next": "hi"}},
            "hi": {"kind": "say", "settings": {"text": {"en": "Welcome to Example"}}, "exits": {"next": "bye"}},
            "bye": {"kind": "hangup"},
        }});
        let bundle = Arc::new(Bundle::of("flow", 1, Graph::read(&graph).unwrap()));
        let sample = |expect: serde_json::Value| -> Sample {
            serde_json::from_value(json!({"name": "x", "script": {"acts": [{"do": "listen"}]}, "expect": expect}))
                .unwrap()
        };
        let good = json!({"visits": ["start", "bye"], "ends_at": "bye", "outcome": "hung_up", "says": ["Welcome"]});
        assert_eq!(sample(good).judge(bundle.clone()).1, []);
        let bad =
            json!({"visits": ["bye", "hi"], "ends_at": "hi", "outcome": "talked", "says": ["Welcome", "Welcome"]});
        assert_eq!(
            sample(bad).judge(bundle).1,
            [
                Fault::NotVisited { node: "hi".into() },
                Fault::EndsElsewhere { node: "bye".into() },
                Fault::OtherOutcome { outcome: Some(Outcome::HungUp) },
                Fault::NotSaid { words: "Welcome".into() },
            ]
        );
    }
}
