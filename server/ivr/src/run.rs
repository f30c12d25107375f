//! The walk of one call through its flows.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::Arc,
};

use patchbay_kernel::{Tick, time::Span};

use crate::{
    graph::{Bundle, Edition, Node, NodeName},
    io::{Effect, Facts, Input, Now, Outcome, Ticket},
    limits::{MAX_DEPTH, MAX_KEYS, MAX_STEPS, MAX_STEPS_AT_ONCE, MAX_TIME},
    path::PathStep,
    sound::Language,
    value::Value,
    variables::Variables,
    visit::{Desk, Memory, Step, Visit},
};

/// One call in its flows.
///
/// Units: deadlines in [`Tick`]. Errors: none; whatever is wrong with a flow ends the call with an [`Outcome`].
/// Limits: [`crate::limits`]; a run whose inputs are deadlines alone ends by itself.
#[must_use = "an undriven run never speaks"]
#[derive(Debug)]
pub struct Run {
    bundle: Arc<Bundle>,
    at: At,
    /// Flows that were entered from others, outermost first.
    frames: Vec<At>,
    memory: Memory,
    desk: Desk,
    path: Vec<PathStep>,
    began: Tick,
    give_up: Tick,
    joined: Option<Tick>,
    keys: usize,
    ended: Option<Outcome>,
}

/// A place in a flow.
#[derive(Clone, Debug)]
struct At {
    flow: String,
    node: NodeName,
    /// Which step of the path tells of it.
    step: usize,
}

/// What a call waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Waiting {
    /// Something to have been played.
    Play(Ticket),
    /// Others to have done something.
    Others(Ticket),
    /// The caller.
    Caller,
}

impl Run {
    /// The caller arrives at the start of the bundle's flow.
    pub fn begin(bundle: Arc<Bundle>, facts: &Facts, now: Now) -> Self {
        let edition = bundle.flows.get(&bundle.flow);
        let language = edition.map(|edition| edition.graph.language.clone()).unwrap_or_default();
        let variables = Variables::given(facts, &language);
        let start = edition.map(|edition| edition.graph.start.clone());
        let mut run = Self {
            at: At { flow: bundle.flow.clone(), node: NodeName::start(), step: 0 },
            bundle,
            frames: vec![],
            memory: Memory::default(),
            desk: Desk { variables, language, tickets: 0, answered: false, out: VecDeque::new() },
            path: vec![],
            began: now.tick,
            give_up: now.tick + MAX_TIME,
            joined: None,
            keys: 0,
            ended: None,
        };
        match start {
            Some(start) => {
                let step = run.arrive(start, now);
                run.follow(step, now);
            }
            None => run.end(Outcome::DeadEnd, now),
        }
        run
    }

    /// Feed one input. Drain [`Self::poll`] before the next.
    pub fn handle(&mut self, input: Input, now: Now) {
        if self.ended.is_some() {
            return;
        }
        let Some(input) = self.accept(input, now) else { return };
        let step = self.visit(now, |node, visit| node.kind.node().on(visit, &input));
        self.follow(step, now);
    }

    /// What must be done next.
    pub fn poll(&mut self) -> Option<Effect> {
        self.desk.out.pop_front()
    }

    /// When to say [`Input::Deadline`].
    pub fn deadline(&self) -> Option<Tick> {
        let running = self.ended.is_none() && self.joined.is_none();
        running.then(|| self.memory.deadline.map_or(self.give_up, |own| own.min(self.give_up)))
    }

    /// The way so far; the step that the caller is at counts its time only when it is left.
    pub fn path(&self) -> &[PathStep] {
        &self.path
    }

    /// How it ended; `None` while it goes on.
    pub const fn outcome(&self) -> Option<Outcome> {
        self.ended
    }

    /// Flow and node where the caller is.
    pub fn position(&self) -> (&str, &NodeName) {
        (&self.at.flow, &self.at.node)
    }

    /// What it waits for; `None` when it is over.
    pub fn waiting(&self) -> Option<Waiting> {
        if self.ended.is_some() {
            return None;
        }
        let others = self.memory.job.map(Waiting::Others);
        Some(self.memory.play.map(Waiting::Play).or(others).unwrap_or(Waiting::Caller))
    }

    /// Whether the caller talks with somebody now.
    pub const fn is_joined(&self) -> bool {
        self.joined.is_some()
    }

    /// Whether keys that are pressed now must not be seen by anybody.
    pub fn is_secret(&self) -> bool {
        self.node().is_some_and(|node| node.kind.node().is_secret())
    }

    /// In which the caller is spoken to from here on.
    pub const fn language(&self) -> &Language {
        &self.desk.language
    }

    /// Variables and their values, sorted by name.
    pub fn variables(&self) -> &BTreeMap<String, Value> {
        self.desk.variables.all()
    }

    /// The input as the node is to see it; `None` where it is of no effect or has ended the run.
    fn accept(&mut self, input: Input, now: Now) -> Option<Input> {
        match &input {
            Input::HungUp => {
                self.end(Outcome::CallerHungUp, now);
                return None;
            }
            Input::Key(key) => {
                if self.joined.is_some() {
                    return None;
                }
                self.keys += 1;
                if self.keys > MAX_KEYS {
                    self.end(Outcome::LimitReached, now);
                    return None;
                }
                self.note_key(key.as_char());
            }
            Input::PlayEnded(ticket) => {
                if self.memory.play != Some(*ticket) {
                    return None;
                }
                self.memory.play = None;
                self.memory.deadline = None;
            }
            Input::Joined(ticket) => {
                if self.memory.job != Some(*ticket) || self.joined.is_some() {
                    return None;
                }
                self.memory.deadline = None;
                self.joined = Some(now.tick);
            }
            Input::Fetched(ticket, _)
            | Input::Rang(ticket, _)
            | Input::Queued(ticket, _)
            | Input::Recorded(ticket, _) => {
                if self.memory.job != Some(*ticket) {
                    return None;
                }
                self.memory.job = None;
                self.memory.deadline = None;
                self.part(now);
            }
            Input::Deadline => return self.time(now),
        }
        Some(input)
    }

    fn time(&mut self, now: Now) -> Option<Input> {
        if self.joined.is_some() {
            return None;
        }
        if now.tick >= self.give_up {
            self.end(Outcome::LimitReached, now);
            return None;
        }
        if self.memory.deadline.is_none_or(|own| own > now.tick) {
            return None;
        }
        self.memory.deadline = None;
        match self.memory.play.take() {
            Some(ticket) => {
                self.desk.out.push_back(Effect::StopPlaying);
                Some(Input::PlayEnded(ticket))
            }
            None => Some(Input::Deadline),
        }
    }

    /// Time with people is not the flow's.
    fn part(&mut self, now: Now) {
        if let Some(joined) = self.joined.take() {
            let Span(talk) = now.tick.since(joined);
            self.give_up = self.give_up + Span(talk);
        }
    }

    fn note_key(&mut self, key: char) {
        let secret = self.is_secret();
        if let Some(step) = self.path.get_mut(self.at.step) {
            step.keys.push(if secret { '•' } else { key });
        }
    }

    /// Goes on until the caller stays somewhere or the flow is over.
    fn follow(&mut self, mut step: Step, now: Now) {
        for _ in 0..MAX_STEPS_AT_ONCE {
            step = match step {
                Step::Stay => return,
                Step::End(outcome) => return self.end(outcome, now),
                Step::Leave(exit) => {
                    self.close(Some(&exit), now);
                    let next = self.node().and_then(|node| node.exits.get(exit.as_ref()).cloned());
                    match next {
                        Some(next) => self.arrive(next, now),
                        None => return self.end(Outcome::DeadEnd, now),
                    }
                }
                Step::Enter(flow) if self.frames.len() < MAX_DEPTH => match self.start_of(&flow) {
                    Some(start) => {
                        self.close(None, now);
                        self.frames.push(self.at.clone());
                        self.at.flow = flow;
                        self.arrive(start, now)
                    }
                    None => Step::leave("failed"),
                },
                Step::Enter(_) => return self.end(Outcome::LimitReached, now),
                Step::Goto(flow) => {
                    self.close(None, now);
                    let Some(start) = self.start_of(&flow) else { return self.end(Outcome::DeadEnd, now) };
                    self.frames.clear();
                    self.at.flow = flow;
                    self.arrive(start, now)
                }
                Step::Return => {
                    self.close(None, now);
                    let Some(frame) = self.frames.pop() else { return self.end(Outcome::HungUp, now) };
                    self.at = frame;
                    Step::leave("done")
                }
            };
            if self.ended.is_some() {
                return;
            }
        }
        self.end(Outcome::LimitReached, now);
    }

    /// The caller comes to this node of the flow that it is in.
    fn arrive(&mut self, node: NodeName, now: Now) -> Step {
        if self.path.len() >= MAX_STEPS {
            return Step::End(Outcome::LimitReached);
        }
        self.at.node = node;
        self.memory = Memory::default();
        let Some(edition) = self.bundle.flows.get(&self.at.flow) else { return Step::End(Outcome::DeadEnd) };
        let Some(node) = edition.graph.nodes.get(&self.at.node) else { return Step::End(Outcome::DeadEnd) };
        if edition.graph.start == self.at.node {
            self.desk.variables.declare(&edition.graph.variables);
        }
        self.at.step = self.path.len();
        self.path.push(PathStep {
            flow: self.at.flow.clone(),
            version: edition.version,
            node: self.at.node.to_string(),
            kind: node.kind.code().into(),
            label: node.label.clone(),
            entered_ms: now.tick.since(self.began).as_ms(),
            stayed_ms: 0,
            keys: String::new(),
            exit: None,
        });
        self.visit(now, |node, visit| node.kind.node().enter(visit))
    }

    fn visit(&mut self, now: Now, does: impl FnOnce(&Node, &mut Visit<'_>) -> Step) -> Step {
        let bundle = self.bundle.clone();
        let Some((edition, node)) = find(&bundle, &self.at) else { return Step::End(Outcome::DeadEnd) };
        let graph = &edition.graph;
        let mut visit = Visit {
            now,
            memory: &mut self.memory,
            desk: &mut self.desk,
            zone: &graph.zone,
            first: &graph.language,
            exits: &node.exits,
        };
        let step = does(node, &mut visit);
        if step != Step::Stay {
            visit.stop_playing();
        }
        step
    }

    fn close(&mut self, exit: Option<&str>, now: Now) {
        let at_ms = now.tick.since(self.began).as_ms();
        if let Some(step) = self.path.get_mut(self.at.step) {
            if step.stayed_ms == 0 {
                step.stayed_ms = at_ms.saturating_sub(step.entered_ms);
            }
            step.exit = exit.map(str::to_owned);
        }
    }

    fn end(&mut self, outcome: Outcome, now: Now) {
        self.part(now);
        if self.path.get(self.at.step).is_some_and(|step| step.exit.is_none()) {
            self.close(None, now);
        }
        if self.memory.play.take().is_some() {
            self.desk.out.push_back(Effect::StopPlaying);
        }
        self.memory = Memory::default();
        self.ended = Some(outcome);
        self.desk.out.push_back(Effect::End(outcome));
    }

    fn node(&self) -> Option<&Node> {
        find(&self.bundle, &self.at).map(|(_, node)| node)
    }

    fn start_of(&self, flow: &str) -> Option<NodeName> {
        self.bundle.flows.get(flow).map(|edition| edition.graph.start.clone())
    }
}

fn find<'a>(bundle: &'a Bundle, at: &At) -> Option<(&'a Edition, &'a Node)> {
    let edition = bundle.flows.get(&at.flow)?;
    Some((edition, edition.graph.nodes.get(&at.node)?))
}
