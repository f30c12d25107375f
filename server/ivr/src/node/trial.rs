//! One node with a caller at it, for the tests of the nodes.

use std::{collections::BTreeMap, sync::Arc};

use patchbay_kernel::{Tick, Wall, time::Span};
use serde_json::{Value as Json, json};

use crate::{
    check,
    graph::{Bundle, Graph},
    io::{Effect, Facts, Input, Now, Outcome, Ticket},
    run::{Run, Waiting},
    sound::{Heard, Key},
    zone,
};

/// A flow of the node alone, every needed exit of which leads to its end. Variables: `account` (text), `count` (number).
pub struct Trial {
    kind: String,
    settings: Json,
    wired: Vec<String>,
    run: Run,
    now: Now,
    /// Everything ordered so far.
    pub effects: Vec<Effect>,
}

impl Trial {
    /// A caller arrives, at noon on a Monday.
    pub fn of(kind: &str, settings: Json) -> Self {
        Self::at("2026-03-02T12:00:00Z", kind, settings)
    }

    /// A caller arrives at this moment.
    pub fn at(moment: &str, kind: &str, settings: Json) -> Self {
        let now = Now { tick: Tick::ZERO, wall: zone::moment_of(moment).unwrap() };
        let run = begin(kind, &settings, &[], now);
        let mut trial = Self { kind: kind.into(), settings, wired: vec![], run, now, effects: vec![] };
        trial.drain();
        trial
    }

    /// What the check says of it, codes alone.
    pub fn codes(kind: &str, settings: Json) -> Vec<String> {
        let mut json = graph(kind, &settings, &[]);
        json["nodes"]["it"]["exits"] = json!({});
        let code = |finding: check::Finding| serde_json::to_value(finding.code).unwrap().as_str().unwrap().to_owned();
        check::check(&Graph::read(&json).unwrap()).into_iter().map(code).collect()
    }

    /// Begins again with an open exit that leads somewhere.
    pub fn wire(&mut self, exit: &str) {
        self.wired.push(exit.into());
        let playing = self.run.waiting();
        self.run = begin(&self.kind, &self.settings, &self.wired, self.now);
        self.effects.clear();
        self.drain();
        // As far as it was: what has been heard is heard again.
        if matches!(playing, Some(Waiting::Others(_))) && matches!(self.run.waiting(), Some(Waiting::Play(_))) {
            self.play_ended();
        }
    }

    pub fn key(&mut self, key: char) {
        self.feed(Input::Key(Key::new(key).unwrap()));
    }
    pub fn play_ended(&mut self) {
        let Some(Waiting::Play(ticket)) = self.run.waiting() else { panic!("nothing plays: {:?}", self.effects) };
        self.feed(Input::PlayEnded(ticket));
    }
    pub fn job(&mut self, input: impl FnOnce(Ticket) -> Input) {
        let Some(Waiting::Others(ticket)) = self.run.waiting() else { panic!("nobody is asked: {:?}", self.effects) };
        self.feed(input(ticket));
    }
    /// Time passes.
    pub fn after(&mut self, seconds: u64) {
        self.now = Now {
            tick: self.now.tick + Span::secs(seconds),
            wall: Wall(self.now.wall.0 + i64::try_from(seconds).unwrap() * 1_000_000),
        };
        self.feed(Input::Deadline);
    }

    fn feed(&mut self, input: Input) {
        self.run.handle(input, self.now);
        self.drain();
    }
    fn drain(&mut self) {
        while let Some(effect) = self.run.poll() {
            self.effects.push(effect);
        }
    }

    /// The exit by which the node was left.
    pub fn left_by(&self) -> Option<&str> {
        self.run.path().iter().find(|step| step.node == "it").and_then(|step| step.exit.as_deref())
    }
    pub fn outcome(&self) -> Option<Outcome> {
        self.run.outcome()
    }
    pub fn keys(&self) -> String {
        self.run.path().iter().find(|step| step.node == "it").map(|step| step.keys.clone()).unwrap_or_default()
    }
    pub fn variable(&self, name: &str) -> String {
        self.run.variables().get(name).unwrap().text()
    }
    /// What was heard: texts as they are, prompts as `<id>`.
    pub fn said(&self) -> Vec<String> {
        let heard = self.effects.iter().filter_map(|effect| match effect {
            Effect::Play(_, heard) => Some(heard),
            _ => None,
        });
        heard
            .flatten()
            .map(|one| match one {
                Heard::Prompt { prompt, .. } => format!("<{prompt}>"),
                Heard::Text { text, .. } => text.clone(),
                Heard::Beep => "<beep>".into(),
            })
            .collect()
    }
    /// How the flow ends after the node.
    pub const fn end() -> Effect {
        Effect::End(Outcome::HungUp)
    }
}

fn begin(kind: &str, settings: &Json, wired: &[String], now: Now) -> Run {
    let graph = Graph::read(&graph(kind, settings, wired)).unwrap();
    let facts = Facts { caller: "+14155550100".into(), caller_name: None, called: "+14155550199".into() };
    Run::begin(Arc::new(Bundle::of("flow", 1, graph)), &facts, now)
}

fn graph(kind: &str, settings: &Json, wired: &[String]) -> Json {
    let node = super::Kind::read(kind, settings.clone()).unwrap();
    let needed = node.node().exits().into_iter().filter(|exit| exit.needed).map(|exit| exit.name.into_owned());
    let exits: BTreeMap<String, &str> = needed.chain(wired.iter().cloned()).map(|exit| (exit, "end")).collect();
    let it = json!({"kind": kind, "settings": settings, "exits": exits});
    json!({
        "schema": 1, "start": "it", "zone": "UTC", "languages": ["zh-Hans"],
        "variables": [{"name": "account"}, {"name": "count", "kind": "number"}],
        "nodes": {"it": it, "end": {"kind": "hangup"}}
    })
}
