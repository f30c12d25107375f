//! What is wrong with a drawn flow, said without running it. A flow with a finding of [`Severity::Error`] is not published.

use std::{collections::BTreeSet, ops::RangeInclusive};

use serde::{Deserialize, Serialize};

use crate::{
    graph::{Graph, Node, NodeName},
    node::By,
    sound::{Language, Sound},
    template,
    value::{GIVEN, ValueKind, is_name},
    zone,
};

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema), schema(as = FlowSeverity))]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Callers would suffer: not published.
    Error,
    /// Worth a look.
    Warning,
}

/// What is wrong, stable for programs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema), schema(as = FlowFindingCode))]
#[serde(rename_all = "snake_case")]
pub enum Code {
    /// `start` names no node of kind `start`, or there is a second one.
    NoStart,
    /// Nothing leads to the node.
    Unreachable,
    /// An exit that must lead somewhere does not.
    DanglingExit,
    /// An exit leads to a node that is not there.
    LostExit,
    /// The node has no exit of this name.
    StrayExit,
    /// Nothing would be heard.
    MissingPrompt,
    /// A text is not written in every language of the flow.
    MissingLanguage,
    /// A way round on which no caller and nobody else does anything.
    LoopWithoutInput,
    /// No variable of this name is declared.
    UnknownVariable,
    /// A variable is of another kind than is needed here.
    WrongKind,
    /// A variable's name or first value does not fit, or two have one name.
    BadVariable,
    /// A setting was not made.
    MissingSetting,
    /// A setting is out of its range or form.
    BadSetting,
    /// The same choice twice.
    DuplicateChoice,
    /// `{{` without `}}`.
    BadTemplate,
    /// There is no such time zone.
    UnknownZone,
    /// It refers to something that the company does not have.
    UnknownReference,
    /// Flows that enter each other in a circle.
    FlowCircle,
    /// A flow that has no published version is entered from here.
    UnpublishedFlow,
}

impl Code {
    /// How bad that is.
    pub const fn severity(self) -> Severity {
        match self {
            Self::Unreachable | Self::StrayExit | Self::MissingLanguage => Severity::Warning,
            _ => Severity::Error,
        }
    }
}

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema), schema(as = FlowFinding))]
pub struct Finding {
    /// How bad.
    pub severity: Severity,
    /// What.
    pub code: Code,
    /// At which node; `None`: the whole flow.
    pub node: Option<String>,
    /// Which setting or exit, as a path within the node's settings (`keys/0/keys`) or `exits/NAME`.
    pub field: Option<String>,
    /// What it is about: the name that is unknown, the language that is missing.
    pub detail: Option<String>,
}

/// Everything that can be said of a flow alone, worst first, then by node.
pub fn check(graph: &Graph) -> Vec<Finding> {
    let mut findings = Vec::new();
    whole(graph, &mut findings);
    for (name, node) in &graph.nodes {
        let mut about = About { graph, node: Some(name), findings: &mut findings };
        node.kind.node().check(&mut about);
        exits(name, node, &mut about);
    }
    let reached = reachable(graph);
    for name in graph.nodes.keys().filter(|name| !reached.contains(name)) {
        About { graph, node: Some(name), findings: &mut findings }.find(Code::Unreachable, None, None);
    }
    for name in graph.nodes.keys().filter(|name| turns_by_itself(graph, name)) {
        About { graph, node: Some(name), findings: &mut findings }.find(Code::LoopWithoutInput, None, None);
    }
    findings.sort();
    findings.dedup();
    findings
}

/// Whether nothing stands in the way of publishing.
pub fn is_sound(findings: &[Finding]) -> bool {
    findings.iter().all(|finding| finding.severity != Severity::Error)
}

fn whole(graph: &Graph, findings: &mut Vec<Finding>) {
    let mut about = About { graph, node: None, findings };
    let is_start = |node: &Node| node.kind.code() == "start";
    if !graph.nodes.get(&graph.start).is_some_and(is_start) || graph.nodes.values().filter(|n| is_start(n)).count() > 1
    {
        about.find(Code::NoStart, Some("start"), Some(graph.start.as_str()));
    }
    about.zone("zone", &graph.zone);
    let mut names = BTreeSet::new();
    for variable in &graph.variables {
        let fits = variable.initial.as_ref().is_none_or(|value| value.kind() == variable.kind);
        if !is_name(&variable.name) || !fits || !names.insert(&variable.name) {
            about.find(Code::BadVariable, Some("variables"), Some(&variable.name));
        }
    }
}

fn exits(name: &NodeName, node: &Node, about: &mut About<'_>) {
    let exits = node.kind.node().exits();
    for exit in exits.iter().filter(|exit| exit.needed && !node.exits.contains_key(exit.name.as_ref())) {
        about.find(Code::DanglingExit, Some(&format!("exits/{}", exit.name)), Some(&exit.name));
    }
    for (exit, to) in &node.exits {
        let field = format!("exits/{exit}");
        if !about.graph.nodes.contains_key(to) {
            about.find(Code::LostExit, Some(&field), Some(to.as_str()));
        }
        if !exits.iter().any(|one| one.name == exit.as_str()) {
            about.find(Code::StrayExit, Some(&field), Some(exit));
        }
        let into_start = about.graph.nodes.get(to).is_some_and(|to| to.kind.code() == "start");
        if into_start && name != to {
            about.find(Code::BadSetting, Some(&field), Some(to.as_str()));
        }
    }
}

fn reachable(graph: &Graph) -> BTreeSet<&NodeName> {
    let mut reached = BTreeSet::new();
    let mut open: Vec<&NodeName> = graph.nodes.get_key_value(&graph.start).map(|(name, _)| name).into_iter().collect();
    while let Some(name) = open.pop() {
        if reached.insert(name)
            && let Some(node) = graph.nodes.get(name)
        {
            open.extend(node.exits.values().filter_map(|to| graph.nodes.get_key_value(to)).map(|(name, _)| name));
        }
    }
    reached
}

/// Whether a call can come from this node to itself again by exits that nobody takes.
fn turns_by_itself(graph: &Graph, origin: &NodeName) -> bool {
    let onward = |name: &NodeName| -> Vec<&NodeName> {
        let Some(node) = graph.nodes.get(name) else { return vec![] };
        let alone = node.kind.node().exits().into_iter().filter(|exit| exit.by == By::Flow);
        alone.filter_map(|exit| node.exits.get(exit.name.as_ref())).collect()
    };
    let (mut seen, mut open) = (BTreeSet::new(), onward(origin));
    while let Some(name) = open.pop() {
        if name == origin {
            return true;
        }
        if seen.insert(name) {
            open.extend(onward(name));
        }
    }
    false
}

/// Where findings about one node are told.
pub struct About<'a> {
    graph: &'a Graph,
    node: Option<&'a NodeName>,
    findings: &'a mut Vec<Finding>,
}

impl About<'_> {
    /// Tells of one.
    pub fn find(&mut self, code: Code, field: Option<&str>, detail: Option<&str>) {
        self.findings.push(Finding {
            severity: code.severity(),
            code,
            node: self.node.map(ToString::to_string),
            field: field.map(str::to_owned),
            detail: detail.map(str::to_owned),
        });
    }

    /// A sound that must be there.
    pub fn sound(&mut self, field: &str, sound: Option<&Sound>) {
        match sound {
            Some(sound) if !sound.is_silent() => self.some_sound(field, sound),
            _ => self.find(Code::MissingPrompt, Some(field), None),
        }
    }

    /// A sound that may be absent.
    pub fn maybe_sound(&mut self, field: &str, sound: Option<&Sound>) {
        if let Some(sound) = sound.filter(|sound| !sound.is_silent()) {
            self.some_sound(field, sound);
        }
    }

    fn some_sound(&mut self, field: &str, sound: &Sound) {
        let Sound::Text { text, .. } = sound else { return };
        let graph = self.graph;
        let languages: BTreeSet<&Language> = [&graph.language].into_iter().chain(&graph.languages).collect();
        for language in languages {
            if text.get(language).is_none_or(|text| text.trim().is_empty()) {
                self.find(Code::MissingLanguage, Some(field), Some(language.as_str()));
            }
        }
        for (language, text) in text {
            let field = format!("{field}/text/{}", language.as_str());
            self.text(&field, text);
            if text.chars().count() > template::MAX_FILLED {
                self.find(Code::BadSetting, Some(&field), None);
            }
        }
    }

    /// Text with variables in it.
    pub fn text(&mut self, field: &str, text: &str) {
        match template::names(text) {
            Ok(names) => names.into_iter().for_each(|name| self.readable(field, name)),
            Err(rest) => self.find(Code::BadTemplate, Some(field), Some(rest)),
        }
    }

    /// Text with variables in it that must not be empty.
    pub fn needed_text(&mut self, field: &str, text: &str) {
        if text.trim().is_empty() { self.find(Code::MissingSetting, Some(field), None) } else { self.text(field, text) }
    }

    /// A variable that is read.
    pub fn readable(&mut self, field: &str, name: &str) {
        if !GIVEN.contains(&name) && self.declared(name).is_none() {
            self.find(Code::UnknownVariable, Some(field), Some(name));
        }
    }

    /// A variable that is set; its kind, where it is declared.
    pub fn settable(&mut self, field: &str, name: &str) -> Option<ValueKind> {
        if name.is_empty() {
            self.find(Code::MissingSetting, Some(field), None);
            return None;
        }
        let kind = self.declared(name);
        if kind.is_none() {
            self.find(Code::UnknownVariable, Some(field), Some(name));
        }
        kind
    }

    /// A name of something that must have been chosen.
    pub fn chosen(&mut self, field: &str, id: &str) {
        if id.is_empty() {
            self.find(Code::MissingSetting, Some(field), None);
        }
    }

    /// A number in its range.
    pub fn within<N: PartialOrd>(&mut self, field: &str, number: N, range: RangeInclusive<N>) {
        if !range.contains(&number) {
            self.find(Code::BadSetting, Some(field), None);
        }
    }

    /// A setting that must hold.
    pub fn holds(&mut self, field: &str, holds: bool) {
        if !holds {
            self.find(Code::BadSetting, Some(field), None);
        }
    }

    /// A time zone.
    pub fn zone(&mut self, field: &str, name: &str) {
        if !zone::is_zone(name) {
            self.find(Code::UnknownZone, Some(field), Some(name));
        }
    }

    /// Whether the flow speaks this language.
    pub fn language(&mut self, field: &str, language: &Language) {
        if *language != self.graph.language && !self.graph.languages.contains(language) {
            self.find(Code::BadSetting, Some(field), Some(language.as_str()));
        }
    }

    fn declared(&self, name: &str) -> Option<ValueKind> {
        self.graph.variables.iter().find(|variable| variable.name == name).map(|variable| variable.kind)
    }
}
