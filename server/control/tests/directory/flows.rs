//! Numbers that lead into flows, and what their callers hear.

use patchbay_codec::wav;
use patchbay_control::{
    flows::row::{flow, flow_version},
    inventory::numbers::row::{Column, Entity},
    prompts::row::{prompt, prompt_audio},
};
use patchbay_ivr::{Heard, Target as Wanted};
use patchbay_kernel::{EndCause, FlowId, PromptId, SeededEntropy, Uuid, Wall, id::uuid_v7};
use patchbay_plane::{Codec, Directory as _, FlowTarget, RingAsk, RoutePlan, Stage, Target};
use patchbay_sound::{Blobs as _, Folder};
use sea_orm::{ActiveValue::Set, ColumnTrait, sea_query::Expr};
use serde_json::{Value, json};

use crate::scene::{Scene, new_call, stamp};

on_both!(
    a_number_leads_into_the_flow_that_is_live,
    callers_of_a_flow_hear_prompts_and_speech,
    whom_a_flow_rings_is_found,
);

const NUMBER: &str = "+14155550200";

fn id(seed: u64) -> Uuid {
    uuid_v7(Wall::from_unix_ms(1_764_000_000_000), &mut SeededEntropy::new(seed))
}

impl Scene {
    /// A flow of the first company with these versions, the last one live; none: a draft alone.
    async fn flow(&self, seed: u64, name: &str, versions: &[Value]) -> FlowId {
        let tx = self.db.tenant(self.a.tenant, stamp()).await.unwrap();
        let user = self.a.seats[0].user;
        let live = i32::try_from(versions.len()).ok().filter(|live| *live > 0);
        tx.insert(flow::ActiveModel {
            id: Set(id(seed)),
            name: Set(name.into()),
            draft: Set(json!({"schema": 1, "start": "in", "nodes": {}})),
            samples: Set(json!([])),
            revision: Set(1),
            changed_by: Set(user),
            changed_at: Set(tx.at()),
            live: Set(live),
            versions: Set(live.unwrap_or(0)),
            created_at: Set(tx.at()),
            ..Default::default()
        })
        .await
        .unwrap();
        for (at, graph) in versions.iter().enumerate() {
            let version = flow_version::ActiveModel {
                id: Set(id(seed * 100 + at as u64)),
                flow_id: Set(id(seed)),
                number: Set(i32::try_from(at + 1).unwrap()),
                graph: Set(graph.clone()),
                note: Set(String::new()),
                difference: Set(json!({})),
                published_by: Set(user),
                published_at: Set(tx.at()),
                ..Default::default()
            };
            tx.insert(version).await.unwrap();
        }
        tx.commit().await.unwrap();
        FlowId::from_uuid(id(seed))
    }

    async fn bind(&self, flow: FlowId) {
        let tx = self.db.tenant(self.a.tenant, stamp()).await.unwrap();
        let set = vec![(Column::FlowId, Expr::value(flow.uuid()))];
        assert_eq!(tx.update_many::<Entity>(set, Column::E164.eq(NUMBER)).await.unwrap(), 1);
        tx.commit().await.unwrap();
    }

    async fn called(&self) -> RoutePlan {
        self.arrive(self.falcon.0, None, NUMBER, "+442079460018").await.unwrap()
    }
}

fn only(plan: &RoutePlan) -> &FlowTarget {
    match &plan.stages[0].targets[..] {
        [Target::Flow(flow)] => flow,
        other => panic!("{other:?}"),
    }
}

fn graph(nodes: Value) -> Value {
    json!({"schema": 1, "start": "in", "nodes": nodes})
}

async fn a_number_leads_into_the_flow_that_is_live(scene: Scene) {
    let hangs_up = graph(json!({"in": {"kind": "hangup"}}));
    let closed = scene.flow(1, "Closed", std::slice::from_ref(&hangs_up)).await;
    let enters = graph(json!({"in": {"kind": "leave", "settings": {"flow": closed}}}));
    let front = scene.flow(2, "Front door", &[hangs_up, enters]).await;
    let draft = scene.flow(3, "Draft", &[]).await;
    scene.lead(scene.a.tenant, NUMBER, Some(scene.a.seats[0].seat)).await;
    scene.bind(draft).await;
    assert!(matches!(scene.called().await.stages[0].targets[0], Target::Device(_)), "a draft answers nobody");
    scene.bind(front).await;
    let plan = scene.called().await;
    assert_eq!((plan.called.seat, plan.called.number.as_str()), (None, NUMBER));
    let target = only(&plan);
    assert_eq!((target.name.as_str(), target.bundle.flow.clone()), ("Front door", front.to_string()));
    let versions: Vec<u32> = target.bundle.flows.values().map(|edition| edition.version).collect();
    assert_eq!((target.bundle.flows.len(), versions.iter().sum::<u32>()), (2, 3), "it and the one that it goes to");
    assert_eq!(target.bundle.flows[&front.to_string()].version, 2);
    // Another company cannot be sent there, and nobody to a draft.
    let to = |tenant, flow| scene.directory.flow(tenant, flow);
    assert_eq!(to(scene.a.tenant, front).await.unwrap().bundle.flow, front.to_string());
    assert_eq!(to(scene.b.tenant, front).await.unwrap_err().cause, EndCause::NotFound);
    assert_eq!(to(scene.a.tenant, draft).await.unwrap_err().cause, EndCause::NotFound);
    // A number that leads nowhere else is answered by its flow all the same.
    scene.lead(scene.a.tenant, NUMBER, None).await;
    assert_eq!(only(&scene.called().await).name, "Front door");
}

async fn callers_of_a_flow_hear_prompts_and_speech(scene: Scene) {
    let (owner, audio) = (id(31), id(32));
    let tx = scene.db.tenant(scene.a.tenant, stamp()).await.unwrap();
    let at = tx.at();
    let row = prompt::ActiveModel {
        id: Set(owner),
        name: Set("Greeting".into()),
        created_at: Set(at),
        updated_at: Set(at),
        removed_at: Set(None),
        ..Default::default()
    };
    tx.insert(row).await.unwrap();
    let sound = prompt_audio::ActiveModel {
        id: Set(audio),
        prompt_id: Set(owner),
        language: Set("zh-Hans".into()),
        source: Set("upload".into()),
        spoken_text: Set(None),
        voice: Set(None),
        format: Set("wav".into()),
        duration_ms: Set(100),
        bytes: Set(1_600),
        gain_db: Set(0.0),
        wave: Set(json!([])),
        created_at: Set(at),
        ..Default::default()
    };
    tx.insert(sound).await.unwrap();
    tx.commit().await.unwrap();
    let blobs = Folder::new(std::env::temp_dir().join(format!("patchbay-sounds-{}", std::process::id())));
    let samples: Vec<i16> = (0..800).collect();
    let name = format!("prompts/{}/{audio}/8k.wav", scene.a.tenant.uuid());
    blobs.put(&name, wav::write_as(&samples, 8_000, 1)).await.unwrap();
    let heard = |language: &str| Heard::Prompt {
        prompt: PromptId::from_uuid(owner).to_string(),
        language: language.parse().unwrap(),
    };
    for language in ["zh-Hans", "zh-Hant", "en"] {
        let found = scene.directory.sound(scene.a.tenant, &heard(language)).await.unwrap();
        assert_eq!(found.as_deref(), Some(&samples[..]), "{language}: whatever sound it has");
    }
    let other = scene.directory.sound(scene.b.tenant, &heard("en")).await.unwrap();
    assert!(other.is_none(), "another company's prompt is none");
    // What was heard is in memory: the file may go.
    blobs.remove(&name).await.unwrap();
    assert!(scene.directory.sound(scene.a.tenant, &heard("en")).await.unwrap().is_some());
    let says = Heard::Text { text: "Good morning".into(), language: "en".parse().unwrap(), voice: None };
    // Where no program speaks, that is an error of its own and no silence taken for a sound.
    match scene.directory.sound(scene.a.tenant, &says).await {
        Ok(found) => assert!(found.unwrap().len() > 2_000, "more than a quarter of a second"),
        Err(why) => assert!(why.0.contains("no_voice"), "{why}"),
    }
}

async fn whom_a_flow_rings_is_found(scene: Scene) {
    let number = Some(scene.number_id(NUMBER).await);
    let found = async |tenant, targets: Vec<Wanted>| {
        let ask = RingAsk { tenant, call: new_call(), number, targets, codecs: vec![Codec::Pcma] };
        scene.directory.ring_plan(ask).await
    };
    let names = |plan: Vec<Stage>| -> Vec<Vec<String>> {
        let name = |target: &Target| match target {
            Target::Device(device) => device.username.clone(),
            Target::Trunk(trunk) => format!("{} shows {}", trunk.request_user, trunk.from_user),
            other => panic!("{other:?}"),
        };
        plan.iter().map(|stage| stage.targets.iter().map(name).collect()).collect()
    };
    let (a, b) = (scene.a.tenant, scene.b.tenant);
    let seat = Wanted::Seat { seat: scene.a.seats[0].seat.to_string() };
    let extension = |text: &str| Wanted::Extension { extension: text.into() };
    let both = found(a, vec![seat.clone(), extension("102")]).await.unwrap();
    assert!(matches!(&both[0].targets[0], Target::Device(device) if device.codecs == [Codec::Pcma, Codec::Opus]));
    let devices = ["aster-101-browser", "aster-101-sip_phone", "aster-102-browser", "aster-102-sip_phone"];
    assert_eq!(names(both), [devices], "all at once");
    assert_eq!(found(b, vec![seat]).await.unwrap_err().cause, EndCause::NotFound, "another company's seat is none");
    let nobody = found(a, vec![extension("999")]).await.unwrap_err();
    assert_eq!((nobody.cause, nobody.text.as_str()), (EndCause::NotFound, "There is no extension 999"));
    assert_eq!(names(found(a, vec![extension("999"), extension("101")]).await.unwrap()), [&devices[..2]]);
    let outside = |text: &str| Wanted::Number { number: text.into() };
    let out = names(found(a, vec![outside("+442079460018")]).await.unwrap());
    assert!(out.len() > 1 && out.iter().all(|stage| stage.len() == 1), "one way after the other: {out:?}");
    assert!(out[0][0].ends_with("shows +14155550200"), "the number that was called: {out:?}");
    let mixed = names(found(a, vec![extension("101"), outside("+442079460018")]).await.unwrap());
    assert_eq!(
        (mixed.len(), mixed[0].len()),
        (1, 3),
        "with others it rings at once, on the first way alone: {mixed:?}"
    );
    assert_eq!(found(a, vec![outside("911")]).await.unwrap_err().cause, EndCause::Forbidden);
    assert_eq!(found(a, vec![outside("nobody")]).await.unwrap_err().cause, EndCause::BadNumber);
}
