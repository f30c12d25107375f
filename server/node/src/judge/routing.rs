//! The routing protocol, version 1, over `patchbay_acd` as the distributor uses it.

use std::collections::{HashMap, HashSet};

use patchbay_acd::{
    Announcer, Busy, Floor, Idle, Kind, Pace, Rules, SkillId, Skills, Waiting, assign::head_start, decide, estimate,
};
use patchbay_kernel::time::{Span, Tick};
use serde_json::Value;

use super::wire::{Head, Hello, Levels, Name, OK, State, Stop, Whose};

/// What was agreed at the beginning.
struct Agreed {
    skills: HashMap<String, SkillId>,
    /// By skill: a caller needs just that one.
    needs: Vec<Skills>,
    /// What each class is worth.
    classes: HashMap<i64, Span>,
}

/// One conversation.
#[derive(Default)]
pub struct Routing {
    agreed: Option<Agreed>,
    rules: Rules,
    pace: Pace,
    announcer: Announcer<i64>,
    /// How often agents came or went.
    agents_changed: u64,
}

/// The state of a line, checked and in the words of the crate.
struct Scene {
    now: Tick,
    idle: Vec<(i64, Skills, Span)>,
    busy: Vec<(Skills, Span)>,
    waiting: Vec<Waiting<'static, i64, i64>>,
}

fn malformed<T>(why: impl Into<String>) -> Result<T, Stop> {
    Err(Stop::Malformed(why.into()))
}

/// Seconds as a span; a rounding error below zero is zero.
fn span(seconds: f64) -> Result<Span, Stop> {
    if !(-0.001..1e9).contains(&seconds) {
        return malformed(format!("{seconds}: not a number of seconds"));
    }
    Ok(Span((seconds.max(0.0) * 1e6) as u64))
}

impl Agreed {
    fn new(hello: Hello) -> Result<Self, Stop> {
        if hello.v != 1 {
            return malformed(format!("version {}: this is version 1", hello.v));
        }
        span(hello.sl_s)?;
        if hello.skills.len() > 256 {
            return malformed("more than 256 skills");
        }
        let skills: HashMap<String, SkillId> =
            hello.skills.iter().zip(0u8..=255).map(|(name, at)| (name.clone(), SkillId(at))).collect();
        if skills.len() < hello.skills.len() {
            return malformed("a skill is named twice");
        }
        let needs = (0u8..=255).take(skills.len()).map(|at| Skills::new([(SkillId(at), 1)])).collect();
        let mut ranked = hello.classes;
        ranked.sort_unstable();
        ranked.dedup();
        let classes = ranked.iter().enumerate().map(|(at, class)| (*class, head_start(at, ranked.len()))).collect();
        Ok(Self { skills, needs, classes })
    }

    fn skill(&self, Name(name): &Name<'_>) -> Result<SkillId, Stop> {
        match self.skills.get(name.as_ref()) {
            Some(skill) => Ok(*skill),
            None => malformed(format!("{name}: no skill of the hello line")),
        }
    }

    fn held(&self, Levels(levels): &Levels<'_>) -> Result<Skills, Stop> {
        let pairs: Result<Vec<_>, Stop> = levels.iter().map(|(name, level)| Ok((self.skill(name)?, *level))).collect();
        Ok(Skills::new(pairs?))
    }

    fn class(&self, class: i64) -> Result<Span, Stop> {
        match self.classes.get(&class) {
            Some(head_start) => Ok(*head_start),
            None => malformed(format!("{class}: no class of the hello line")),
        }
    }

    fn caller(&self, call: i64, skill: &Name<'_>, class: i64, waited: f64) -> Result<Waiting<'static, i64, i64>, Stop> {
        Ok(Waiting {
            call,
            needs: usize::from(self.skill(skill)?.0),
            waited: span(waited)?,
            head_start: self.class(class)?,
            sticky: None,
            missed_by: &[],
        })
    }

    fn scene(&self, state: &State<'_>) -> Result<Scene, Stop> {
        let (mut agents, mut calls) = (HashSet::new(), HashSet::new());
        let mut idle = Vec::with_capacity(state.idle.len());
        for (agent, levels, idle_for) in &state.idle {
            if !agents.insert(*agent) {
                return malformed(format!("agent {agent} stands there twice"));
            }
            idle.push((*agent, self.held(levels)?, span(*idle_for)?));
        }
        let mut busy = Vec::with_capacity(state.busy.len());
        for (agent, levels, for_so_long) in &state.busy {
            if !agents.insert(*agent) {
                return malformed(format!("agent {agent} stands there twice"));
            }
            busy.push((self.held(levels)?, span(*for_so_long)?));
        }
        let mut waiting = Vec::with_capacity(state.waiting.len());
        for (call, skill, class, waited) in &state.waiting {
            if !calls.insert(*call) {
                return malformed(format!("call {call} stands there twice"));
            }
            waiting.push(self.caller(*call, skill, *class, *waited)?);
        }
        Ok(Scene { now: Tick::ZERO + span(state.t)?, idle, busy, waiting })
    }
}

impl Routing {
    /// The answer to one line.
    ///
    /// # Errors
    /// When it was the last one, or cannot be read.
    pub fn ask(&mut self, line: &[u8]) -> Result<String, Stop> {
        let head: Head<'_> = serde_json::from_slice(line)?;
        match head.kind.as_ref() {
            "hello" => {
                let hello: Hello = serde_json::from_slice(line)?;
                *self = Self { agreed: Some(Agreed::new(hello)?), ..Self::default() };
                Ok(OK.to_owned())
            }
            "route" => self.route(&serde_json::from_slice(line)?),
            "ewt" => self.wait(&serde_json::from_slice(line)?, &serde_json::from_slice(line)?),
            "end" => Err(Stop::End),
            other => malformed(format!("{other}: no type of line")),
        }
    }

    fn route(&mut self, state: &State<'_>) -> Result<String, Stop> {
        let scene = self.see(state)?;
        let Some(agreed) = &self.agreed else { return malformed("hello comes first") };
        let decision = scene.with_floor(&agreed.needs, |floor| decide(floor, &self.rules));
        let Some((agent, call)) = decision.pair else { return Ok(r#"{"pair":null}"#.to_owned()) };
        self.pace.served(decision.why.waited);
        self.announcer.forget(call);
        Ok(format!(r#"{{"pair":[{agent},{call}]}}"#))
    }

    fn wait(&mut self, state: &State<'_>, whose: &Whose<'_>) -> Result<String, Stop> {
        let scene = self.see(state)?;
        let Some(agreed) = &self.agreed else { return malformed("hello comes first") };
        let listed = scene.waiting.iter().find(|waiting| waiting.call == whose.call).copied();
        let me = match listed {
            Some(listed) => listed,
            None => agreed.caller(whose.call, &whose.skill, whose.class, 0.0)?,
        };
        let wait = scene.with_floor(&agreed.needs, |floor| estimate(floor, &me, &self.pace, &self.rules, scene.now));
        let said = self.announcer.say(whose.call, wait, self.agents_changed);
        Ok(format!(r#"{{"ewt":{:.1}}}"#, said.0 as f64 / 1e6))
    }

    /// Learns what happened and reads what is.
    fn see(&mut self, state: &State<'_>) -> Result<Scene, Stop> {
        let Some(agreed) = &self.agreed else { return malformed("hello comes first") };
        let scene = agreed.scene(state)?;
        for event in &state.ev {
            let number = |at: usize| event.get(at).and_then(Value::as_f64);
            let is_id = |at: usize| event.get(at).is_some_and(Value::is_i64);
            match (event.first().and_then(Value::as_str), event.len()) {
                (Some("arr"), 4) if is_id(1) && is_id(3) => {
                    let skill = event[2].as_str().unwrap_or_default();
                    let head_start = agreed.class(event[3].as_i64().unwrap_or_default())?;
                    let needs = usize::from(agreed.skill(&Name(skill.into()))?.0);
                    self.pace.arrived(Kind { needs, head_start }, scene.now);
                }
                (Some("done"), 3) if is_id(1) && number(2).is_some() => {
                    self.pace.ended(span(number(2).unwrap_or_default())?);
                }
                (Some("aband"), 3) if is_id(1) && number(2).is_some() => {
                    self.pace.gave_up(span(number(2).unwrap_or_default())?);
                    self.announcer.forget(event[1].as_i64().unwrap_or_default());
                }
                (Some("in" | "out"), 2) if is_id(1) => self.agents_changed += 1,
                _ => return malformed(format!("{}: no event", Value::from(event.clone()))),
            }
        }
        Ok(scene)
    }
}

impl Scene {
    fn with_floor<T>(&self, needs: &[Skills], f: impl FnOnce(&Floor<'_, i64, i64>) -> T) -> T {
        let idle =
            self.idle.iter().map(|(agent, skills, idle_for)| Idle { agent: *agent, skills, idle_for: *idle_for });
        let (idle, busy) = (
            idle.collect::<Vec<_>>(),
            self.busy.iter().map(|(skills, since)| Busy { skills, for_so_long: *since }).collect::<Vec<_>>(),
        );
        f(&Floor { needs, idle: &idle, busy: &busy, waiting: &self.waiting })
    }
}
