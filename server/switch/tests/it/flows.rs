//! Flows that answer: prompts that are tones at the caller's ear, keys, time, the end, and the way that is kept.

use std::{f64::consts::TAU, sync::Arc, time::Duration};

use patchbay_ivr::{Bundle, Graph, Heard, Outcome};
use patchbay_kernel::{Blame, EndCause};
use patchbay_plane::{CallRecord, Direction, FlowTarget, MomentKind, RouteAsk, RoutePlan, Target};
use serde_json::{Value, json};

use crate::support::{Phone, World, phone::Talk, plan};

/// A prompt that is a tone of this frequency.
pub fn prompt(hz: u16) -> Value {
    json!({"kind": "prompt", "prompt": format!("prm_{hz}")})
}

impl World {
    /// Prompts of these frequencies are at hand, so many milliseconds long.
    pub fn prompts(&self, all: &[u16], ms: usize) {
        for hz in all {
            let sample = |at: usize| ((TAU * f64::from(*hz) * at as f64 / 8_000.0).sin() * 8_000.0) as i16;
            let heard = Heard::Prompt { prompt: format!("prm_{hz}"), language: "en".parse().unwrap() };
            self.book.sounds.lock().unwrap().insert(heard, (0..ms * 8).map(sample).collect());
        }
    }

    /// A number that leads into this flow, and a gateway that calls it.
    pub async fn led_into(&self, nodes: Value) -> Phone {
        self.led_into_with(json!([]), nodes).await
    }

    /// The same with variables.
    pub async fn led_into_with(&self, variables: Value, nodes: Value) -> Phone {
        let graph = json!({"schema": 1, "start": "in", "variables": variables, "nodes": nodes});
        let flow = target("Front door", ("flow_1", 3), &graph);
        let tenant = self.tenant;
        self.book.route_by(move |ask| Ok(inbound(plan(tenant, ask, vec![vec![flow.clone()]]), ask)));
        self.gateway().await.0
    }
}

fn inbound(mut plan: RoutePlan, _: &RouteAsk) -> RoutePlan {
    plan.direction = Direction::Inbound;
    plan.caller.number = "+14155550777".into();
    plan
}

pub fn flow(nodes: Value) -> Target {
    target("Front door", ("flow_1", 3), &json!({"schema": 1, "start": "in", "nodes": nodes}))
}

pub fn target(name: &str, (id, version): (&str, u32), graph: &Value) -> Target {
    let bundle = Bundle::of(id, version, Graph::read(graph).unwrap());
    Target::Flow(FlowTarget { name: name.into(), bundle: Arc::new(bundle) })
}

/// A menu of a tone; 1 leads to another tone.
pub fn menu(more: Value) -> Value {
    let mut settings = json!({"prompt": prompt(700), "wrong_prompt": prompt(500), "choices": [{"keys": "1"}],
        "wait_s": 1, "tries": 2});
    settings.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    json!({
        "in": {"kind": "start", "exits": {"next": "menu"}},
        "menu": {"kind": "menu", "label": "Main menu", "settings": settings, "exits": {"1": "sales", "no_input": "bye"}},
        "sales": {"kind": "play", "settings": {"sounds": [prompt(1_100)]}, "exits": {"next": "bye"}},
        "bye": {"kind": "hangup"},
    })
}

pub async fn dialled(gateway: &mut Phone) -> Talk {
    let talk = gateway.dial("+14155550132").await;
    gateway.answered(&talk).await;
    talk
}

pub async fn presses(gateway: &Phone, talk: &Talk, key: char) {
    gateway.engine.send_digit(talk.leg, key, 160).await.unwrap();
}

/// Nodes, the keys pressed there and the exit that was taken.
pub fn way(record: &CallRecord) -> Vec<(&str, &str, Option<&str>)> {
    let path = &record.flow.as_ref().expect("the way is in the record").path;
    path.iter().map(|step| (step.node.as_str(), step.keys.as_str(), step.exit.as_deref())).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_caller_hears_the_prompt_presses_a_key_and_hears_the_next() {
    let world = World::start().await;
    world.prompts(&[700, 1_100], 1_500);
    let mut gateway = world.led_into(menu(json!({}))).await;
    let talk = dialled(&mut gateway).await;
    assert!(gateway.hears(&talk, 700).await, "the menu");
    presses(&gateway, &talk, '1').await;
    assert!(gateway.hears(&talk, 1_100).await, "what is behind the key");
    gateway.ended(talk.sip).await;
    let record = world.news.record().await;
    assert_eq!((record.cause, record.blame), (EndCause::CalleeHungUp, Blame::Callee));
    assert!(record.answered_at.is_some() && record.talk_ms > 1_000);
    assert_eq!(
        way(&record),
        [("in", "", Some("next")), ("menu", "1", Some("1")), ("sales", "", Some("next")), ("bye", "", None)]
    );
    let kept = record.flow.as_ref().unwrap();
    assert_eq!((kept.flow.as_str(), kept.name.as_str()), ("flow_1", "Front door"));
    assert_eq!(kept.outcome, Some(Outcome::HungUp));
    assert_eq!((kept.path[1].version, kept.path[1].label.as_str()), (3, "Main menu"));
    assert!(kept.path[2].stayed_ms >= 1_400, "the tone was played to its end: {:?}", kept.path[2]);
    world.is_clean().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_wrong_key_is_told_so_and_silence_is_asked_again() {
    let world = World::start().await;
    world.prompts(&[500, 700], 800);
    let mut gateway = world.led_into(menu(json!({}))).await;
    let talk = dialled(&mut gateway).await;
    assert!(gateway.hears(&talk, 700).await);
    presses(&gateway, &talk, '9').await;
    assert!(gateway.hears(&talk, 500).await, "not a choice");
    assert!(gateway.hears(&talk, 700).await, "and what the choices are");
    // Nothing more is pressed: the second try is the last.
    gateway.ended(talk.sip).await;
    let record = world.news.record().await;
    assert_eq!(way(&record)[1], ("menu", "9", Some("no_input")));
    let stayed = record.flow.as_ref().unwrap().path[1].stayed_ms;
    assert!((2_000..12_000).contains(&stayed), "{stayed}");
    world.is_clean().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn digits_by_info_are_keys_too() {
    let world = World::start().await;
    world.prompts(&[700, 1_100], 1_200);
    let mut gateway = world.led_into(menu(json!({}))).await;
    let talk = dialled(&mut gateway).await;
    assert!(gateway.hears(&talk, 700).await);
    gateway.send_info(&talk, "Signal=1\r\nDuration=160\r\n");
    assert!(gateway.hears(&talk, 1_100).await);
    gateway.hang_up(&talk);
    let record = world.news.record().await;
    assert_eq!(record.cause, EndCause::CallerHungUp);
    let kept = record.flow.as_ref().unwrap();
    assert_eq!((kept.outcome, kept.path.last().unwrap().node.as_str()), (Some(Outcome::CallerHungUp), "sales"));
    world.is_clean().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_caller_who_hangs_up_during_a_prompt_leaves_nothing_behind() {
    let world = World::start().await;
    world.prompts(&[700], 10_000);
    let mut gateway = world.led_into(menu(json!({}))).await;
    let talk = dialled(&mut gateway).await;
    assert!(gateway.hears(&talk, 700).await);
    gateway.hang_up(&talk);
    let record = world.news.record().await;
    assert_eq!((record.cause, way(&record).len()), (EndCause::CallerHungUp, 2));
    assert_eq!(way(&record)[1], ("menu", "", None));
    world.is_clean().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_flow_that_leads_nowhere_or_turns_in_a_circle_ends_the_call() {
    let world = World::start().await;
    world.prompts(&[700], 300);
    // A published flow has no such exit; one that was drawn anew beneath a call may.
    let nowhere = json!({"in": {"kind": "start", "exits": {"next": "say"}},
        "say": {"kind": "play", "settings": {"sounds": [prompt(700)]}}});
    let mut gateway = world.led_into(nowhere).await;
    let talk = dialled(&mut gateway).await;
    gateway.ended(talk.sip).await;
    let record = world.news.record().await;
    assert_eq!((record.cause, record.blame), (EndCause::FlowFailed, Blame::Tenant));
    assert_eq!(record.flow.as_ref().unwrap().outcome, Some(Outcome::DeadEnd));

    world.news.records.lock().unwrap().clear();
    let circle = json!({"in": {"kind": "start", "exits": {"next": "set"}},
        "set": {"kind": "set", "settings": {"changes": []}, "exits": {"next": "again"}},
        "again": {"kind": "set", "settings": {"changes": []}, "exits": {"next": "set"}}});
    let flow = flow(circle);
    let tenant = world.tenant;
    world.book.route_by(move |ask| Ok(inbound(plan(tenant, ask, vec![vec![flow.clone()]]), ask)));
    let talk = gateway.dial("+14155550132").await;
    let (code, reason) = gateway.refused(&talk).await;
    assert_eq!(code, 480, "{reason}");
    let record = world.news.record().await;
    assert_eq!(record.cause, EndCause::FlowFailed);
    assert_eq!(record.flow.as_ref().unwrap().outcome, Some(Outcome::LimitReached));
    assert!(record.answered_at.is_none());
    world.is_clean().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_prompt_without_a_sound_is_no_silence_for_ever() {
    let world = World::start().await;
    let mut gateway = world.led_into(menu(json!({"tries": 1}))).await;
    let talk = dialled(&mut gateway).await;
    tokio::time::timeout(Duration::from_secs(4), gateway.ended(talk.sip)).await.expect("it goes on without");
    assert_eq!(way(&world.news.record().await)[1], ("menu", "", Some("no_input")));
    world.is_clean().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_unwanted_caller_is_refused_and_never_answered() {
    let world = World::start().await;
    let nodes = json!({
        "in": {"kind": "start", "exits": {"next": "list"}},
        "list": {"kind": "blocklist", "settings": {"numbers": ["+1415555*"]}, "exits": {"allowed": "bye", "blocked": "bye"}},
        "bye": {"kind": "hangup"},
    });
    let mut gateway = world.led_into(nodes).await;
    let talk = gateway.dial("+14155550132").await;
    assert_eq!(gateway.refused(&talk).await.0, 603);
    let record = world.news.record().await;
    assert_eq!((record.cause, record.answered_at), (EndCause::Declined, None));
    assert_eq!(way(&record)[1], ("list", "", Some("blocked")));
    world.is_clean().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_keyed_in_secret_is_nowhere_and_answers_of_a_survey_are_kept() {
    let world = World::start().await;
    world.prompts(&[700, 900], 600);
    let nodes = json!({
        "in": {"kind": "start", "exits": {"next": "ask"}},
        "ask": {"kind": "consent", "settings": {"prompt": prompt(700)}, "exits": {"given": "card", "refused": "bye"}},
        "card": {"kind": "gather", "settings": {"prompt": prompt(900), "variable": "card", "min": 2, "max": 2, "secret": true},
            "exits": {"ok": "rate", "no_input": "bye"}},
        "rate": {"kind": "survey", "settings": {"questions": [{"name": "friendly", "prompt": prompt(700)}]},
            "exits": {"done": "bye"}},
        "bye": {"kind": "hangup"},
    });
    let graph = json!({"schema": 1, "start": "in", "variables": [{"name": "card"}], "nodes": nodes});
    let bundle = Arc::new(Bundle::of("flow_2", 1, Graph::read(&graph).unwrap()));
    let flow = Target::Flow(FlowTarget { name: "Cards".into(), bundle });
    let tenant = world.tenant;
    world.book.route_by(move |ask| Ok(inbound(plan(tenant, ask, vec![vec![flow.clone()]]), ask)));
    let (mut gateway, _) = world.gateway().await;
    let talk = dialled(&mut gateway).await;
    for (hears, keys) in [(700, "1"), (900, "42"), (700, "4")] {
        assert!(gateway.hears(&talk, hears).await, "{hears}");
        for key in keys.chars() {
            presses(&gateway, &talk, key).await;
            tokio::time::sleep(Duration::from_millis(300)).await;
        }
    }
    gateway.ended(talk.sip).await;
    let record = world.news.record().await;
    let kept = record.flow.as_ref().unwrap();
    assert_eq!(kept.consent, Some(true));
    assert_eq!((kept.answers[0].question.as_str(), kept.answers[0].score), ("friendly", 4));
    assert_eq!(way(&record)[2], ("card", "••", Some("ok")));
    let digits: String = record
        .timeline
        .iter()
        .filter_map(|moment| if let MomentKind::Digit { digit } = moment.kind { Some(digit) } else { None })
        .collect();
    assert_eq!(digits, "1••4");
    world.is_clean().await;
}
