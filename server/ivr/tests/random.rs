//! Any flow and any caller: the walk ends within its limits and never panics.
//!
//! `RANDOM_FLOWS=100000 cargo test -p patchbay-ivr --release --test random` plays the long run.

use std::sync::Arc;

use patchbay_ivr::{
    Bundle, Graph, Run,
    check::check,
    graph::Edition,
    io::{Answer, Effect, Facts, Input, Now, QueueEnd, RingEnd, Ticket},
    limits::{MAX_STEPS, MAX_TIME},
    node::Kind,
    sound::Key,
};
use patchbay_kernel::{Entropy, SeededEntropy, Tick, Wall, time::Span};
use serde_json::{Value as Json, json};

/// How many, unless told otherwise.
const FLOWS: u64 = 1_500;

#[test]
fn random_flows_end_within_their_limits() {
    let flows = std::env::var("RANDOM_FLOWS").ok().and_then(|text| text.parse().ok()).unwrap_or(FLOWS);
    let mut kinds = std::collections::BTreeSet::new();
    let mut ended = std::collections::BTreeMap::new();
    for seed in 0..flows {
        let mut dice = Dice(SeededEntropy::new(seed));
        let bundle = Arc::new(bundle(&mut dice));
        for edition in bundle.flows.values() {
            check(&edition.graph);
            assert_eq!(Graph::read(&edition.graph.write()).as_ref(), Ok(&edition.graph), "seed {seed}");
        }
        let run = walk(bundle, &mut dice, seed);
        kinds.extend(run.path().iter().map(|step| step.kind.clone()));
        *ended.entry(format!("{:?}", run.outcome())).or_insert(0_u64) += 1;
    }
    assert_eq!(kinds.len(), Kind::ALL.len(), "every kind was visited: {kinds:?}");
    for outcome in ["HungUp", "CallerHungUp", "Talked", "Transferred", "DeadEnd", "LimitReached"] {
        assert!(ended.contains_key(&format!("Some({outcome})")), "{outcome} never came: {ended:?}");
    }
}

/// Random inputs for a while, then nothing but time.
fn walk(bundle: Arc<Bundle>, dice: &mut Dice, seed: u64) -> Run {
    let facts = Facts { caller: dice.pick(&["+14155550100", "", "+8610"]).into(), ..Facts::default() };
    let mut now = Now { tick: Tick::ZERO, wall: Wall::from_unix_ms(dice.below(4_000_000_000_000) as i64) };
    let mut run = Run::begin(bundle, &facts, now);
    let (mut jobs, mut plays, mut ends) = (vec![Ticket(0)], vec![Ticket(0)], 0);
    let mut drain = |run: &mut Run, jobs: &mut Vec<Ticket>, plays: &mut Vec<Ticket>| {
        while let Some(effect) = run.poll() {
            assert_eq!(ends, 0, "seed {seed}: something came after the end: {effect:?}");
            match effect {
                Effect::Play(ticket, _) => plays.push(ticket),
                Effect::Fetch(ticket, _)
                | Effect::Enqueue(ticket, _)
                | Effect::Ring(ticket, _)
                | Effect::Record(ticket, _) => jobs.push(ticket),
                Effect::End(_) => ends += 1,
                _ => {}
            }
        }
    };
    drain(&mut run, &mut jobs, &mut plays);
    let mut joined = Span(0);
    for _ in 0..dice.below(60) {
        let passed = Span::ms(dice.below(30_000));
        if run.is_joined() {
            joined = Span(joined.0 + passed.0);
        }
        now = Now { tick: now.tick + passed, wall: now.wall.plus_ms(passed.as_ms() as i64) };
        run.handle(input(dice, &jobs, &plays), now);
        drain(&mut run, &mut jobs, &mut plays);
    }
    if run.is_joined() {
        run.handle(Input::Rang(jobs[jobs.len() - 1], RingEnd::Over), now);
        run.handle(Input::HungUp, now);
        drain(&mut run, &mut jobs, &mut plays);
    }
    let mut rounds = 0;
    while run.outcome().is_none() {
        let due = run.deadline().unwrap_or_else(|| panic!("seed {seed}: waits for ever"));
        now = Now { tick: now.tick.max(due), wall: now.wall };
        run.handle(Input::Deadline, now);
        drain(&mut run, &mut jobs, &mut plays);
        rounds += 1;
        assert!(rounds <= 20 * MAX_STEPS, "seed {seed}: {rounds} deadlines");
    }
    assert!(run.path().len() <= MAX_STEPS, "seed {seed}");
    let spent = Span(now.tick.since(Tick::ZERO).0.saturating_sub(joined.0));
    assert!(spent <= Span(MAX_TIME.0 + Span::secs(60 * 30).0), "seed {seed}: {} s", spent.as_ms() / 1000);
    assert_eq!(ends, 1, "seed {seed}");
    run.handle(Input::Deadline, now);
    assert_eq!(run.poll(), None, "seed {seed}");
    run
}

fn input(dice: &mut Dice, jobs: &[Ticket], plays: &[Ticket]) -> Input {
    // Mostly the newest, sometimes one that is long over.
    let job = if dice.below(8) == 0 { jobs[dice.below(jobs.len() as u64) as usize] } else { jobs[jobs.len() - 1] };
    let play = if dice.below(8) == 0 { plays[dice.below(plays.len() as u64) as usize] } else { plays[plays.len() - 1] };
    match dice.below(40) {
        0..10 => Input::Key(Key::new(dice.pick(&['1', '2', '0', '#', '*', '9'])).expect("a key")),
        10..22 => Input::PlayEnded(play),
        22..27 => Input::Deadline,
        27..30 => {
            let bodies = ["", "{}", r#"{"a": {"b": 7}}"#, "[", r#"{"a": "x"}"#];
            let status = dice.pick(&[None, Some(200), Some(204), Some(500)]);
            Input::Fetched(job, Answer { status, body: dice.pick(&bodies).into() })
        }
        30..32 => Input::Joined(job),
        32..35 => Input::Rang(job, dice.pick(&[RingEnd::NoAnswer, RingEnd::Busy, RingEnd::Failed, RingEnd::Over])),
        35..37 => {
            let ends = [QueueEnd::Full, QueueEnd::TimedOut, QueueEnd::Nobody, QueueEnd::Over, QueueEnd::Failed];
            Input::Queued(job, dice.pick(&ends))
        }
        37..39 => Input::Recorded(job, dice.below(20) as u32),
        _ => {
            if dice.below(4) == 0 {
                Input::HungUp
            } else {
                Input::Deadline
            }
        }
    }
}

fn bundle(dice: &mut Dice) -> Bundle {
    let names = ["f1", "f2", "f3"];
    let flows = names[..1 + dice.below(3) as usize].iter();
    let flows = flows.map(|name| ((*name).to_owned(), Edition { version: 1, graph: graph(dice) })).collect();
    Bundle { flow: "f1".into(), flows }
}

fn graph(dice: &mut Dice) -> Graph {
    let count = 1 + dice.below(14);
    let name = |at: u64| format!("n{at}");
    let mut nodes = serde_json::Map::new();
    for at in 0..count {
        let kind = dice.pick(Kind::ALL);
        let settings = settings(kind, dice);
        let read = Kind::read(kind, settings.clone()).unwrap_or_else(|why| panic!("{kind} {settings}: {why}"));
        let mut exits = serde_json::Map::new();
        for exit in read.node().exits() {
            if dice.below(20) > 0 {
                // Now and then to a node that is not there.
                let beyond = u64::from(dice.below(20) == 0);
                exits.insert(exit.name.into_owned(), name(dice.below(count + beyond)).into());
            }
        }
        nodes.insert(name(at), json!({"kind": kind, "settings": settings, "exits": exits}));
    }
    let json = json!({
        "schema": 1, "start": "n0", "zone": dice.pick(&["UTC", "Asia/Shanghai", "America/New_York", "No/Where"]),
        "languages": ["zh-Hans"], "nodes": nodes,
        "variables": [{"name": "a"}, {"name": "n", "kind": "number", "initial": 3}, {"name": "y", "kind": "yes_no"}],
    });
    Graph::read(&json).unwrap_or_else(|why| panic!("{json}: {why:?}"))
}

fn sound(dice: &mut Dice) -> Json {
    match dice.below(4) {
        0 => Json::Null,
        1 => json!({"kind": "prompt", "prompt": "p"}),
        2 => json!({"kind": "text", "text": {"en": "Hello {{a}} {{call.caller}} {{", "zh-Hans": "您好"}}),
        _ => json!({"kind": "text", "text": {}}),
    }
}

fn target(dice: &mut Dice) -> Json {
    match dice.below(4) {
        0 => json!({"kind": "seat", "seat": "s"}),
        1 => json!({"kind": "team", "team": "t"}),
        2 => json!({"kind": "extension", "extension": "{{call.extension}}"}),
        _ => json!({"kind": "number", "number": "+49{{n}}"}),
    }
}

/// Settings as an editor may save them, good and bad.
fn settings(kind: &str, dice: &mut Dice) -> Json {
    let small = |dice: &mut Dice| dice.pick(&[0, 1, 2, 5, 200]);
    let key = |dice: &mut Dice| dice.pick(&["", "1", "#", "12", "x"]);
    let variable = |dice: &mut Dice| dice.pick(&["a", "n", "y", "gone", "", "call.caller"]);
    match kind {
        "play" => {
            json!({"sounds": [json!({"kind": "prompt", "prompt": dice.pick(&["", "p"])})], "interrupt": dice.below(2) == 0})
        }
        "say" => json!({"text": {"en": "{{y}} {{n}} {{gone}}"}}),
        "menu" => {
            json!({"prompt": sound(dice), "wrong_prompt": sound(dice), "wait_s": small(dice), "between_s": small(dice),
            "tries": small(dice), "extension_digits": small(dice),
            "choices": [{"keys": key(dice)}, {"keys": dice.pick(&["2", "22", "*9"])}]})
        }
        "gather" => json!({"prompt": sound(dice), "variable": variable(dice), "min": small(dice), "max": small(dice),
            "end_key": key(dice), "wait_s": small(dice), "between_s": small(dice), "tries": small(dice),
            "secret": dice.below(2) == 0,
            "check": dice.pick(&[json!({"kind": "any"}), json!({"kind": "luhn"}), json!({"kind": "pattern", "pattern": "NX"})])}),
        "hours" => json!({"zone": dice.pick(&["", "UTC", "x"]), "open": [
            {"days": ["monday", "friday", "sunday"], "from": dice.pick(&["09:00", "9", "22:00"]), "to": dice.pick(&["17:00", "24:00", "x"])}]}),
        "holidays" => json!({"days": [{"date": dice.pick(&["2026-12-25", "x"]), "yearly": true}]}),
        "branch" => json!({"cases": [{"name": "yes", "all": [
            {"variable": variable(dice), "is": dice.pick(&["equal", "below", "contains", "empty"]), "value": "{{n}}"}]}]}),
        "set" => json!({"changes": [{"do": "set", "variable": variable(dice), "value": "{{a}}{{a}}7"},
            {"do": "add", "variable": variable(dice), "amount": i64::MAX}]}),
        "http" => json!({"url": dice.pick(&["", "https://a.example/{{a}}"]), "timeout_s": small(dice),
            "read": [{"at": dice.pick(&["/a/b", "", "/a"]), "variable": variable(dice)}]}),
        "queue" => {
            json!({"queue": "q", "prompt": sound(dice), "max_wait_s": dice.pick(&[0, 30, 999_999]), "out_key": key(dice)})
        }
        "ring" => {
            json!({"targets": (0..dice.below(3)).map(|_| target(dice)).collect::<Vec<_>>(), "seconds": small(dice),
            "hears": dice.pick(&["music", "ringback"])})
        }
        "transfer" => json!({"to": target(dice)}),
        "voicemail" => {
            json!({"mailbox": target(dice), "greeting": sound(dice), "max_s": small(dice), "end_key": key(dice)})
        }
        "callback" => json!({"prompt": sound(dice), "accept_key": key(dice), "wait_s": small(dice)}),
        "survey" => {
            json!({"questions": [{"name": "q", "prompt": sound(dice)}, {"name": "r", "min": 9, "max": 3}], "tries": small(dice)})
        }
        "consent" => json!({"prompt": sound(dice), "yes_key": key(dice), "silence_agrees": dice.below(2) == 0}),
        "subflow" | "leave" => json!({"flow": dice.pick(&["", "f1", "f2", "f3", "gone"])}),
        "language" => json!({"language": dice.pick(&[json!("zh-Hans"), json!("fr"), Json::Null])}),
        "blocklist" => json!({"numbers": ["+1415*"], "withheld": dice.below(2) == 0}),
        "hangup" => json!({"prompt": sound(dice)}),
        "start" => json!({"answer": dice.below(2) == 0}),
        other => panic!("{other} has no random settings"),
    }
}

struct Dice(SeededEntropy);

impl Dice {
    fn below(&mut self, bound: u64) -> u64 {
        self.0.below(bound)
    }
    fn pick<T: Clone>(&mut self, from: &[T]) -> T {
        from[self.0.below(from.len() as u64) as usize].clone()
    }
}
