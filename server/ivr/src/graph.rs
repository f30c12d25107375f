//! A drawn flow: nodes, edges, variables. Its JSON form is what the editor saves; see `infra/docs/flows.md`.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt, iter,
    str::FromStr,
};

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use crate::{
    limits::{MAX_NODES, MAX_VARIABLES},
    node::Kind,
    sound::{Heard, Language, Sound},
    value::Variable,
};

/// The version of the JSON form that this code reads and writes.
pub const SCHEMA: u32 = 1;

/// The name of a node within its flow: lower-case letters, digits, `_` and `-`, at most 40.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct NodeName(Box<str>);

/// Text that cannot name a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a node name (a-z, 0-9, _ and -, at most 40)")]
pub struct NotANodeName;

impl NodeName {
    /// As written.
    pub fn as_str(&self) -> &str {
        &self.0
    }
    /// What the first node of a new flow is called.
    pub fn start() -> Self {
        Self("start".into())
    }
}

impl FromStr for NodeName {
    type Err = NotANodeName;
    fn from_str(text: &str) -> Result<Self, NotANodeName> {
        let fits = (1..=40).contains(&text.len())
            && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'_' | b'-'));
        fits.then(|| Self(text.into())).ok_or(NotANodeName)
    }
}

impl fmt::Display for NodeName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for NodeName {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        String::deserialize(from)?.parse().map_err(serde::de::Error::custom)
    }
}

/// Where a node lies on the canvas.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Place {
    /// To the right.
    pub x: i32,
    /// Downwards.
    pub y: i32,
}

/// One node: what it is, and where each way out of it leads.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    /// Kind with its settings.
    pub kind: Kind,
    /// What people call it; empty: its kind.
    pub label: String,
    /// Where it is drawn.
    pub place: Place,
    /// Names of exits and the nodes that they lead to.
    pub exits: BTreeMap<String, NodeName>,
}

/// A flow. A draft may be unfinished in any way that [`crate::check`] can name.
#[derive(Clone, Debug, PartialEq)]
pub struct Graph {
    /// The node at which a call begins.
    pub start: NodeName,
    /// The language in which a call begins.
    pub language: Language,
    /// Every language that texts should be written in; the first one is not repeated.
    pub languages: Vec<Language>,
    /// IANA time zone of opening hours and holidays.
    pub zone: String,
    /// Variables.
    pub variables: Vec<Variable>,
    /// Nodes by name.
    pub nodes: BTreeMap<NodeName, Node>,
}

/// Why JSON is not a flow, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unreadable {
    /// JSON pointer (RFC 6901) into what was given.
    pub at: String,
    /// In words.
    pub why: String,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Form {
    schema: u32,
    start: NodeName,
    #[serde(default)]
    language: Language,
    #[serde(default)]
    languages: Vec<Language>,
    #[serde(default = "utc")]
    zone: String,
    #[serde(default)]
    variables: Vec<Variable>,
    nodes: BTreeMap<String, Json>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct NodeForm {
    kind: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    label: String,
    #[serde(default)]
    place: Place,
    #[serde(default = "empty")]
    settings: Json,
    #[serde(default)]
    exits: BTreeMap<String, NodeName>,
}

impl Graph {
    /// Reads the JSON form.
    ///
    /// # Errors
    /// Every node that cannot be read, with its place; or what is wrong with the whole.
    pub fn read(json: &Json) -> Result<Self, Vec<Unreadable>> {
        let whole = |at: &str, why: String| vec![Unreadable { at: at.into(), why }];
        let form = Form::deserialize(json).map_err(|why| whole("", why.to_string()))?;
        if form.schema != SCHEMA {
            return Err(whole("/schema", format!("this server reads schema {SCHEMA}")));
        }
        if form.nodes.len() > MAX_NODES {
            return Err(whole("/nodes", format!("at most {MAX_NODES} nodes")));
        }
        if form.variables.len() > MAX_VARIABLES {
            return Err(whole("/variables", format!("at most {MAX_VARIABLES} variables")));
        }
        let (mut nodes, mut unreadable) = (BTreeMap::new(), Vec::new());
        for (name, node) in form.nodes {
            match name.parse::<NodeName>().map_err(|why| why.to_string()).and_then(|name| Ok((name, node_of(node)?))) {
                Ok((name, node)) => {
                    nodes.insert(name, node);
                }
                Err(why) => unreadable.push(Unreadable { at: format!("/nodes/{name}"), why }),
            }
        }
        if !unreadable.is_empty() {
            return Err(unreadable);
        }
        let Form { start, language, languages, zone, variables, .. } = form;
        Ok(Self { start, language, languages, zone, variables, nodes })
    }

    /// Writes the JSON form.
    pub fn write(&self) -> Json {
        let nodes = self.nodes.iter().map(|(name, node)| {
            let form = NodeForm {
                kind: node.kind.code().into(),
                label: node.label.clone(),
                place: node.place,
                settings: node.kind.settings(),
                exits: node.exits.clone(),
            };
            (name.to_string(), serde_json::to_value(form).unwrap_or_default())
        });
        let form = Form {
            schema: SCHEMA,
            start: self.start.clone(),
            language: self.language.clone(),
            languages: self.languages.clone(),
            zone: self.zone.clone(),
            variables: self.variables.clone(),
            nodes: nodes.collect(),
        };
        serde_json::to_value(form).unwrap_or_default()
    }

    /// Flows that this one enters or goes to.
    pub fn other_flows(&self) -> impl Iterator<Item = (&NodeName, &str)> {
        self.nodes.iter().filter_map(|(name, node)| Some((name, node.kind.node().other_flow()?)))
    }
}

impl Serialize for Graph {
    fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        self.write().serialize(to)
    }
}

impl<'de> Deserialize<'de> for Graph {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        Self::read(&Json::deserialize(from)?).map_err(|unreadable| {
            let first = unreadable.into_iter().next();
            serde::de::Error::custom(first.map_or_else(String::new, |one| format!("{}: {}", one.at, one.why)))
        })
    }
}

fn node_of(json: Json) -> Result<Node, String> {
    let form = NodeForm::deserialize(json).map_err(|why| why.to_string())?;
    if form.label.chars().count() > 80 {
        return Err("a label has at most 80 characters".into());
    }
    let kind = Kind::read(&form.kind, form.settings)?;
    Ok(Node { kind, label: form.label, place: form.place, exits: form.exits })
}

fn utc() -> String {
    "UTC".into()
}

fn empty() -> Json {
    Json::Object(serde_json::Map::new())
}

/// One version of a flow.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Edition {
    /// Its number; 0: a draft.
    pub version: u32,
    /// What was drawn.
    pub graph: Graph,
}

/// A flow with every flow that it may enter: all that a call will need.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Bundle {
    /// The flow at which the call begins.
    pub flow: String,
    /// Flows by id, that one among them.
    pub flows: BTreeMap<String, Edition>,
}

impl Bundle {
    /// A flow alone.
    pub fn of(flow: &str, version: u32, graph: Graph) -> Self {
        Self { flow: flow.into(), flows: BTreeMap::from([(flow.to_owned(), Edition { version, graph })]) }
    }

    /// All that a call may hear whatever happens in it, each once: what names a variable is known only to the call itself.
    pub fn sounds(&self) -> BTreeSet<Heard> {
        let of = |graph: &Graph| {
            let all: Vec<Sound> = graph.nodes.values().flat_map(|node| node.kind.node().sounds()).collect();
            let languages: Vec<&Language> = iter::once(&graph.language).chain(&graph.languages).collect();
            let heard = |sound: &Sound| languages.iter().filter_map(|it| known(sound, it, &graph.language)).collect();
            all.iter().flat_map(|sound| -> Vec<Heard> { heard(sound) }).collect::<Vec<_>>()
        };
        self.flows.values().flat_map(|edition| of(&edition.graph)).collect()
    }
}

/// What a caller of this language hears of a sound; `None`: nothing, or a call must say first.
fn known(sound: &Sound, language: &Language, first: &Language) -> Option<Heard> {
    match sound {
        sound if sound.is_silent() => None,
        Sound::Prompt { prompt } => Some(Heard::Prompt { prompt: prompt.clone(), language: language.clone() }),
        Sound::Text { text, voice } => {
            let (language, text) = Sound::text_for(text, language, first)?;
            let heard = Heard::Text { text: text.to_owned(), language: language.clone(), voice: voice.clone() };
            (!text.contains("{{")).then_some(heard)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_flow_survives_its_json() {
        let json = json!({
            "schema": 1, "start": "in", "language": "zh-Hans", "languages": ["en"], "zone": "Asia/Shanghai",
            "variables": [{"name": "account", "kind": "text"}],
            "nodes": {
                "in": {"kind": "start", "exits": {"next": "bye"}, "place": {"x": 10, "y": -4}},
                "bye": {"kind": "hangup", "label": "Goodbye", "settings": {}},
            }
        });
        let graph = Graph::read(&json).unwrap();
        assert_eq!(Graph::read(&graph.write()).unwrap(), graph);
        assert_eq!(graph.nodes.len(), 2);
    }

    #[test]
    fn what_callers_will_hear_is_known_before_they_call() {
        let graph = json!({"schema": 1, "start": "in", "language": "en", "languages": ["zh-Hans"], "nodes": {
            "in": {"kind": "menu", "settings": {"prompt": {"kind": "prompt", "prompt": "prm_1"}, "choices": [{"keys": "1"}],
                "wrong_prompt": {"kind": "text", "text": {"en": "Again", "zh-Hans": "再试"}}}},
            "say": {"kind": "say", "settings": {"text": {"en": "Your number is {{call.caller}}"}}},
        }});
        let heard = Bundle::of("f", 1, Graph::read(&graph).unwrap()).sounds();
        let text =
            |text: &str, tag: &str| Heard::Text { text: text.into(), language: tag.parse().unwrap(), voice: None };
        let prompt = |tag: &str| Heard::Prompt { prompt: "prm_1".into(), language: tag.parse().unwrap() };
        let all = [prompt("en"), prompt("zh-Hans"), text("Again", "en"), text("再试", "zh-Hans")];
        assert_eq!(heard, all.into_iter().collect());
    }

    #[test]
    fn what_cannot_be_read_is_named_with_its_place() {
        let json = json!({"schema": 1, "start": "in", "nodes": {
            "in": {"kind": "start", "settings": {"speed": 3}},
            "Ünode": {"kind": "hangup"},
            "odd": {"kind": "teleport"},
        }});
        let at: Vec<String> = Graph::read(&json).unwrap_err().into_iter().map(|one| one.at).collect();
        assert_eq!(at, ["/nodes/in", "/nodes/odd", "/nodes/Ünode"]);
        assert_eq!(Graph::read(&json!({"schema": 2, "start": "in", "nodes": {}})).unwrap_err()[0].at, "/schema");
        assert!(Graph::read(&json!([])).is_err());
    }
}
