//! A call played against a flow without a telephone: the simulator's steps and the sample calls that a flow must pass.
//!
//! Time is the script's own: what plays is over after as long as it would take to hear, and a flow that waits is left waiting.

use std::{collections::BTreeMap, sync::Arc};

use patchbay_kernel::{Tick, Wall, time::Span};
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use crate::{
    graph::Bundle,
    io::{Answer, Effect, Facts, Input, Now, Outcome, QueueEnd, RingEnd},
    path::PathStep,
    run::{Run, Waiting},
    sound::{Heard, Key},
    value::Value,
    zone,
};

mod event;
mod judge;

pub use event::{Happening, What};
pub use judge::{Expect, Fault, Sample};

/// The most that a script may do.
pub const MAX_ACTS: usize = 500;

/// A call as a script.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema), schema(as = FlowScript))]
#[serde(default, deny_unknown_fields)]
pub struct Script {
    /// The caller's number; empty: withheld.
    pub caller: String,
    /// The number that is dialled.
    pub called: String,
    /// When the call comes, RFC 3339; 1970 where empty.
    pub at: String,
    /// What happens, in order.
    pub acts: Vec<Act>,
}

/// One thing that happens.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema), schema(as = FlowAct))]
#[serde(tag = "do", rename_all = "snake_case", deny_unknown_fields)]
pub enum Act {
    /// The caller presses keys, a quarter of a second each, without waiting for what plays.
    Keys {
        /// `0` to `9`, `*`, `#`.
        keys: String,
    },
    /// The caller hears everything and says nothing until the flow gives up waiting for this once.
    Silence,
    /// Time passes.
    Wait {
        /// Seconds.
        seconds: u32,
    },
    /// The caller listens until nothing plays.
    Listen,
    /// The server that was asked answers.
    Answer {
        /// HTTP status; 0: no answer.
        status: u16,
        /// What it says.
        #[serde(default)]
        body: Json,
    },
    /// Whoever rings or waits is taken: they talk.
    Join,
    /// Ringing ends.
    Ring {
        /// How.
        end: RingEnd,
    },
    /// Waiting in a queue ends.
    Queue {
        /// How.
        end: QueueEnd,
    },
    /// The caller leaves a message.
    Message {
        /// Seconds of it; 0: nothing is said.
        seconds: u32,
    },
    /// The caller hangs up.
    HangUp,
}

/// What became of a script.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema), schema(as = FlowTrace))]
pub struct Trace {
    /// What happened, in order.
    pub events: Vec<Happening>,
    /// The way through the flows.
    pub path: Vec<PathStep>,
    /// The node where the caller is or was last.
    pub node: String,
    /// The flow of that node.
    pub flow: String,
    /// How it ended; `None` while the flow waits.
    pub outcome: Option<Outcome>,
    /// For what it waits.
    pub waiting: Option<WaitingFor>,
    /// Milliseconds since the call came.
    pub at_ms: u64,
    /// Variables, by name.
    pub variables: BTreeMap<String, Value>,
    /// The first act that did not fit: nobody was asked what it answers, or the call was over.
    pub misfit: Option<usize>,
}

/// For what a flow waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema), schema(as = FlowWaitingFor))]
#[serde(rename_all = "snake_case")]
pub enum WaitingFor {
    /// Something plays.
    Play,
    /// Keys.
    Keys,
    /// A server.
    Answer,
    /// Somebody who is rung.
    Ring,
    /// An agent of a queue.
    Queue,
    /// A message.
    Message,
    /// A talk to be over.
    Talk,
}

/// Plays the script.
pub fn play(bundle: Arc<Bundle>, script: &Script) -> Trace {
    let facts = Facts { caller: script.caller.clone(), caller_name: None, called: script.called.clone() };
    let now = Now { tick: Tick::ZERO, wall: zone::moment_of(&script.at).unwrap_or_default() };
    let run = Run::begin(bundle, &facts, now);
    let mut stage = Stage { run, now, playing_until: None, asked: None, events: vec![] };
    stage.drain();
    let misfit = script.acts.iter().take(MAX_ACTS).position(|act| !stage.act(act));
    stage.trace(misfit)
}

/// A running script.
struct Stage {
    run: Run,
    now: Now,
    playing_until: Option<Tick>,
    /// What others were asked last.
    asked: Option<WaitingFor>,
    events: Vec<Happening>,
}

impl Stage {
    /// Does one; `false` where it does not fit.
    fn act(&mut self, act: &Act) -> bool {
        if self.run.outcome().is_some() {
            return false;
        }
        match act {
            Act::Keys { keys } => keys.chars().all(|key| self.key(key)),
            Act::Listen => self.listen(),
            Act::Silence => {
                self.listen();
                if self.run.waiting() != Some(Waiting::Caller) {
                    return self.run.outcome().is_some();
                }
                if let Some(deadline) = self.run.deadline() {
                    self.pass_until(deadline);
                }
                true
            }
            Act::Wait { seconds } => {
                self.pass_until(self.now.tick + Span::secs(u64::from(*seconds)));
                true
            }
            Act::HangUp => {
                self.feed(Input::HungUp);
                true
            }
            Act::Answer { status, body } => {
                let status = (*status > 0).then_some(*status);
                let body = if body.is_null() { String::new() } else { body.to_string() };
                self.others(&[WaitingFor::Answer], |ticket| Input::Fetched(ticket, Answer { status, body }))
            }
            Act::Join => self.others(&[WaitingFor::Ring, WaitingFor::Queue], Input::Joined),
            Act::Ring { end } => self.others(&[WaitingFor::Ring], |ticket| Input::Rang(ticket, *end)),
            Act::Queue { end } => self.others(&[WaitingFor::Queue], |ticket| Input::Queued(ticket, *end)),
            Act::Message { seconds } => self.others(&[WaitingFor::Message], |ticket| Input::Recorded(ticket, *seconds)),
        }
    }

    fn key(&mut self, key: char) -> bool {
        let Some(key) = Key::new(key) else { return false };
        if self.run.outcome().is_some() {
            return false;
        }
        self.pass_until(self.now.tick + Span::ms(250));
        self.note(What::Key { key: key.as_char().to_string() });
        self.feed(Input::Key(key));
        true
    }

    fn others(&mut self, asked: &[WaitingFor], input: impl FnOnce(crate::Ticket) -> Input) -> bool {
        self.listen();
        let (Some(Waiting::Others(ticket)), Some(for_what)) = (self.run.waiting(), self.asked) else { return false };
        if !asked.contains(&for_what) {
            return false;
        }
        self.feed(input(ticket));
        true
    }

    /// Until nothing plays.
    fn listen(&mut self) -> bool {
        while let Some(until) = self.playing_until {
            self.pass_until(until);
        }
        true
    }

    fn pass_until(&mut self, end: Tick) {
        loop {
            let due = [self.playing_until, self.run.deadline()].into_iter().flatten().min().filter(|due| *due <= end);
            let Some(due) = due else { break };
            self.advance(due);
            let play_is_over = self.playing_until.is_some_and(|until| until <= self.now.tick);
            match self.run.waiting() {
                Some(Waiting::Play(ticket)) if play_is_over => {
                    self.playing_until = None;
                    self.feed(Input::PlayEnded(ticket));
                }
                _ => {
                    self.playing_until = self.playing_until.filter(|_| !play_is_over);
                    self.feed(Input::Deadline);
                }
            }
        }
        self.advance(end);
    }

    fn advance(&mut self, to: Tick) {
        let Span(passed) = to.since(self.now.tick);
        let micros = i64::try_from(passed).unwrap_or(i64::MAX);
        self.now = Now { tick: self.now.tick.max(to), wall: Wall(self.now.wall.0.saturating_add(micros)) };
    }

    fn feed(&mut self, input: Input) {
        self.run.handle(input, self.now);
        self.drain();
    }

    fn drain(&mut self) {
        while let Some(effect) = self.run.poll() {
            match &effect {
                Effect::Play(_, heard) => self.playing_until = Some(self.now.tick + length(heard)),
                Effect::StopPlaying | Effect::End(_) => self.playing_until = None,
                Effect::Fetch(..) => self.asked = Some(WaitingFor::Answer),
                Effect::Enqueue(..) => self.asked = Some(WaitingFor::Queue),
                Effect::Ring(..) => self.asked = Some(WaitingFor::Ring),
                Effect::Record(..) => self.asked = Some(WaitingFor::Message),
                _ => {}
            }
            for what in What::of(effect) {
                self.note(what);
            }
        }
    }

    fn note(&mut self, what: What) {
        let node = self.run.position().1.to_string();
        self.events.push(Happening { at_ms: self.now.tick.as_ms(), node, what });
    }

    fn trace(self, misfit: Option<usize>) -> Trace {
        let (flow, node) = self.run.position();
        let waiting = self.run.waiting().and_then(|waiting| match waiting {
            Waiting::Play(_) => Some(WaitingFor::Play),
            Waiting::Caller => Some(WaitingFor::Keys),
            Waiting::Others(_) if self.run.is_joined() => Some(WaitingFor::Talk),
            Waiting::Others(_) => self.asked,
        });
        Trace {
            path: self.run.path().to_vec(),
            node: node.to_string(),
            flow: flow.to_owned(),
            outcome: self.run.outcome(),
            waiting,
            at_ms: self.now.tick.as_ms(),
            variables: self.run.variables().clone(),
            misfit,
            events: self.events,
        }
    }
}

/// About as long as it takes to hear: a word takes a third of a second, a Chinese character nearly as long, a prompt three.
fn length(heard: &[Heard]) -> Span {
    let ms = heard.iter().map(|one| match one {
        Heard::Prompt { .. } => 3_000,
        Heard::Beep => 500,
        Heard::Text { text, .. } => {
            let (wide, words) = (text.chars().filter(|one| *one > '\u{2e80}').count(), text.split_whitespace().count());
            400 + 250 * wide as u64 + 350 * words as u64
        }
    });
    Span::ms(ms.sum())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::Graph;
    use serde_json::json;

    fn flow() -> Arc<Bundle> {
        let say = |text: &str| json!({"kind": "text", "text": {"en": text}});
        let graph = json!({"schema": 1, "start": "start", "nodes": {
            "start": {"kind": "start", "exits": {"next": "menu"}},
            "menu": {"kind": "menu", "settings": {"prompt": say("Press one for sales"), "choices": [{"keys": "1"}], "tries": 2},
                     "exits": {"1": "sales", "no_input": "bye"}},
            "sales": {"kind": "ring", "settings": {"targets": [{"kind": "extension", "extension": "201"}]},
                      "exits": {"no_answer": "bye"}},
            "bye": {"kind": "hangup", "settings": {"prompt": say("Goodbye")}},
        }});
        Arc::new(Bundle::of("flow", 3, Graph::read(&graph).unwrap()))
    }

    fn trace(acts: Json) -> Trace {
        play(flow(), &Script { acts: serde_json::from_value(acts).unwrap(), ..Script::default() })
    }

    fn nodes(trace: &Trace) -> Vec<&str> {
        trace.path.iter().map(|step| step.node.as_str()).collect()
    }

    #[test]
    fn keys_lead_on_and_others_answer() {
        let done = trace(json!([{"do": "keys", "keys": "1"}, {"do": "ring", "end": "no_answer"}, {"do": "listen"}]));
        assert_eq!((nodes(&done), done.misfit), (vec!["start", "menu", "sales", "bye"], None));
        assert_eq!((done.outcome, done.path[1].keys.as_str()), (Some(Outcome::HungUp), "1"));
        assert!(
            done.events.iter().any(|event| event.what == What::Says { text: "Goodbye".into(), language: "en".into() })
        );
    }

    #[test]
    fn silence_is_waited_for_as_often_as_the_flow_asks() {
        let once = trace(json!([{"do": "silence"}]));
        assert_eq!((once.node.as_str(), once.waiting), ("menu", Some(WaitingFor::Play)));
        let twice = trace(json!([{"do": "silence"}, {"do": "silence"}]));
        assert_eq!(twice.node, "bye");
        assert!(twice.path[1].stayed_ms > 10_000, "{:?}", twice.path);
    }

    #[test]
    fn an_act_that_nobody_asked_for_does_not_fit() {
        let misfit = trace(json!([{"do": "listen"}, {"do": "answer", "status": 200}, {"do": "keys", "keys": "1"}]));
        assert_eq!((misfit.misfit, misfit.node.as_str()), (Some(1), "menu"));
        let over = trace(json!([{"do": "hang_up"}, {"do": "keys", "keys": "1"}]));
        assert_eq!((over.misfit, over.outcome), (Some(1), Some(Outcome::CallerHungUp)));
    }
}
