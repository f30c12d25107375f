//! What the queues are distributed by, and what they tell.

use patchbay_control::{
    agents::row::{agent_state, agent_time},
    live::News,
    queues::{
        row::{agent_skill, queue, queue_member, queue_skill, queue_visit, skill},
        shapes::usual,
    },
    seats::row::seat,
};
use patchbay_kernel::{CallId, MemberId, QueueId, Tick, Uuid, Wall, time::Span};
use patchbay_plane::{
    AgentNews, Directory as _, QueueNews, QueueVisit, Sink as _,
    acd::{
        agent::{Miss, Reason},
        distributor::{Outcome, State, Turn, TurnKind, Visit, Wish},
    },
};
use sea_orm::{ActiveValue::Set, IntoActiveModel};

use crate::scene::{Scene, eventually, new_call, stamp};

on_both!(
    the_floor_is_what_is_set,
    states_are_written_in_order_and_a_newer_wish_is_kept,
    a_stay_is_kept_and_who_talked_is_known_again,
);

async fn member_of(scene: &Scene, seat: usize) -> MemberId {
    let tx = scene.db.tenant_read(scene.a.tenant, stamp()).await.unwrap();
    let row = tx.find_whole::<seat::Entity>(scene.a.seats[seat].seat.uuid()).await.unwrap().unwrap();
    MemberId::from_uuid(row.member_id.unwrap())
}

async fn sign_in(scene: &Scene, member: MemberId, wish: &str, at: Wall) {
    let tx = scene.db.tenant(scene.a.tenant, stamp()).await.unwrap();
    let row = agent_state::ActiveModel {
        id: Set(member.uuid()),
        state: Set(wish.into()),
        since: Set(at.to_offset()),
        wish: Set(wish.into()),
        wished_at: Set(Some(at.to_offset())),
        ..Default::default()
    };
    tx.insert(row).await.unwrap();
    tx.commit().await.unwrap();
}

async fn make_queue(scene: &Scene, name: &str, members: &[MemberId]) -> QueueId {
    let tx = scene.db.tenant(scene.a.tenant, stamp()).await.unwrap();
    let id = tx.new_id();
    let row = queue::ActiveModel {
        id: Set(id),
        name: Set(name.into()),
        music_prompt: Set(Some(patchbay_kernel::PromptId::from_uuid(Uuid::from_u128(5)).to_string())),
        created_at: Set(tx.at()),
        ..usual()
    };
    tx.insert(row).await.unwrap();
    for member in members {
        let row = queue_member::ActiveModel {
            id: Set(tx.new_id()),
            queue_id: Set(id),
            member_id: Set(member.uuid()),
            ..Default::default()
        };
        tx.insert(row).await.unwrap();
    }
    tx.commit().await.unwrap();
    QueueId::from_uuid(id)
}

async fn state_of(scene: &Scene, member: MemberId) -> agent_state::Model {
    let tx = scene.db.tenant_read(scene.a.tenant, stamp()).await.unwrap();
    tx.find::<agent_state::Entity>(member.uuid()).await.unwrap().unwrap()
}

async fn the_floor_is_what_is_set(scene: Scene) {
    assert!(scene.directory.queue_companies().await.unwrap().is_empty());
    let (ann, bob) = (member_of(&scene, 0).await, member_of(&scene, 1).await);
    let at = Wall(1_764_072_000_000_123);
    sign_in(&scene, ann, "ready", at).await;
    assert_eq!(scene.directory.queue_companies().await.unwrap(), [scene.a.tenant]);
    let sales = make_queue(&scene, "Sales", &[ann, bob]).await;
    let tx = scene.db.tenant(scene.a.tenant, stamp()).await.unwrap();
    let german = tx.new_id();
    let row = skill::ActiveModel {
        id: Set(german),
        name: Set("German".into()),
        created_at: Set(tx.at()),
        ..Default::default()
    };
    tx.insert(row).await.unwrap();
    for (after_s, level) in [(0, 3), (30, 0)] {
        let row = queue_skill::ActiveModel {
            id: Set(tx.new_id()),
            queue_id: Set(sales.uuid()),
            skill_id: Set(german),
            after_s: Set(after_s),
            level: Set(level),
            ..Default::default()
        };
        tx.insert(row).await.unwrap();
    }
    let held = agent_skill::ActiveModel {
        id: Set(tx.new_id()),
        skill_id: Set(german),
        member_id: Set(ann.uuid()),
        level: Set(4),
        ..Default::default()
    };
    tx.insert(held).await.unwrap();
    tx.commit().await.unwrap();
    let floor = scene.directory.queue_floor(scene.a.tenant).await.unwrap();
    let rules = &floor.company.queues[0];
    assert_eq!((rules.queue, rules.ring, rules.wrap_up), (sales, Span::secs(20), Span::secs(30)));
    assert_eq!(rules.skills.iter().map(|ask| (ask.after, ask.level)).collect::<Vec<_>>().len(), 2);
    assert_eq!(rules.members.len(), 2);
    assert_eq!(floor.sheets[&sales].music, Some(patchbay_kernel::PromptId::from_uuid(Uuid::from_u128(5))));
    let [person] = &floor.company.people[..] else { panic!("only who ever signed in: {floor:?}") };
    assert_eq!((person.member, person.seat, person.wish), (ann, scene.a.seats[0].seat, Wish::Ready));
    assert_eq!((person.wished_at, person.reachable, person.skills[0].1), (at.0, false, 4));
    assert_eq!(floor.devices.len(), 2, "of the seats of those at work");
    let into = scene.directory.queue(scene.a.tenant, sales).await.unwrap();
    assert_eq!((into.name.as_str(), into.bundle.flow.as_str()), ("Sales", sales.to_string().as_str()));
    let graph = &into.bundle.flows[&sales.to_string()].graph;
    let wrong = patchbay_ivr::check::check(graph);
    assert!(patchbay_ivr::check::is_sound(&wrong), "{wrong:?}");
    assert!(scene.directory.queue(scene.b.tenant, sales).await.is_err(), "a queue of another company is none");
    let other = scene.directory.queue_floor(scene.b.tenant).await.unwrap();
    assert!(other.company.queues.is_empty() && other.devices.is_empty());
}

async fn states_are_written_in_order_and_a_newer_wish_is_kept(scene: Scene) {
    let ann = member_of(&scene, 0).await;
    let began = Wall(1_764_072_000_000_000);
    sign_in(&scene, ann, "ready", began).await;
    let call = new_call();
    let mut console = scene.feed.listen();
    let tell = |state: State, after_s: i64, until: Option<Wall>| {
        scene.directory.queue_news(QueueNews::Agent(AgentNews {
            tenant: scene.a.tenant,
            member: ann,
            seat: scene.a.seats[0].seat,
            state,
            since: began.plus_s(after_s),
            until,
            wished_at: began.0,
        }));
    };
    tell(State::Offered(call), 10, None);
    tell(State::OnCall(call), 14, None);
    tell(State::WrapUp(call), 74, Some(began.plus_s(104)));
    scene.directory.queue_news(QueueNews::Moved { tenant: scene.a.tenant });
    let row = eventually(|| async { Some(state_of(&scene, ann).await).filter(|row| row.state == "wrap_up") }).await;
    assert_eq!((row.call_id, row.wish.as_str()), (Some(call.uuid()), "ready"));
    assert_eq!(row.until.map(Wall::from_offset), Some(began.plus_s(104)));
    let tx = scene.db.tenant_read(scene.a.tenant, stamp()).await.unwrap();
    let mut times: Vec<(String, i64)> = (tx.select::<agent_time::Entity>().all().await.unwrap().iter())
        .map(|row| (row.state.clone(), (row.until - row.since).whole_seconds()))
        .collect();
    times.sort();
    assert_eq!(times, [("offered".into(), 4), ("on_call".into(), 60), ("ready".into(), 10)]);
    drop(tx);
    assert_eq!(*console.recv().await.unwrap(), News::Queues(scene.a.tenant));
    // They wish for a break while the wrap-up ends.
    let tx = scene.db.tenant(scene.a.tenant, stamp()).await.unwrap();
    let mut row = state_of(&scene, ann).await.into_active_model();
    (row.wish, row.wished_at) = (Set("not_ready".into()), Set(Some(began.plus_s(103).to_offset())));
    tx.update(row).await.unwrap();
    tx.commit().await.unwrap();
    tell(State::Ready, 104, None);
    let row = eventually(|| async { Some(state_of(&scene, ann).await).filter(|row| row.state == "ready") }).await;
    assert_eq!((row.wish.as_str(), row.call_id), ("not_ready", None), "what is wished is still to be followed");
    let floor = scene.directory.queue_floor(scene.a.tenant).await.unwrap();
    assert_eq!(floor.company.people[0].wish, Wish::NotReady(None));
    scene.directory.queue_news(QueueNews::Agent(AgentNews {
        tenant: scene.a.tenant,
        member: ann,
        seat: scene.a.seats[0].seat,
        state: State::NotReady(Reason::Missed),
        since: began.plus_s(130),
        until: None,
        wished_at: began.plus_s(103).0,
    }));
    let row = eventually(|| async { Some(state_of(&scene, ann).await).filter(|row| row.state == "not_ready") }).await;
    assert_eq!((row.cause.as_deref(), row.wish.as_str()), (Some("missed"), "not_ready"));
}

async fn a_stay_is_kept_and_who_talked_is_known_again(scene: Scene) {
    let ann = member_of(&scene, 0).await;
    let sales = make_queue(&scene, "Sales", &[ann]).await;
    let now = stamp().now;
    let stay = |caller: &str, call: CallId, agent: Option<MemberId>, minutes_ago: i64| {
        let left = now.plus_s(-60 * minutes_ago);
        let turns = vec![
            Turn { at_ms: 3, kind: TurnKind::Missed { agent: ann, why: Miss::NoAnswer } },
            Turn { at_ms: 4_000, kind: TurnKind::Answered { agent: ann } },
        ];
        let outcome = if agent.is_some() { Outcome::Answered } else { Outcome::Abandoned };
        let visit = Visit {
            call,
            queue: sales,
            entered: Tick::ZERO,
            left: Tick::ZERO,
            waited: Span::secs(4),
            outcome,
            agent,
            next: None,
            turns,
            turns_lost: 0,
        };
        let visit = QueueVisit { tenant: scene.a.tenant, caller: caller.into(), entered: left.plus_s(-4), left, visit };
        scene.directory.queue_news(QueueNews::Visit(Box::new(visit)));
    };
    let call = new_call();
    stay("+14155550100", call, Some(ann), 5);
    stay("+14155550101", new_call(), None, 5);
    stay("+14155550102", new_call(), Some(ann), 60 * 24 * 40);
    let known = |caller: &'static str| {
        let scene = &scene;
        async move { scene.directory.known_agent(scene.a.tenant, caller).await.unwrap() }
    };
    eventually(|| known("+14155550100")).await;
    let rows = eventually(|| async {
        let tx = scene.db.tenant_read(scene.a.tenant, stamp()).await.unwrap();
        let rows = tx.select::<queue_visit::Entity>().all().await.unwrap();
        (rows.len() == 3).then_some(rows)
    })
    .await;
    let row = rows.iter().find(|row| row.call_id == call.uuid()).unwrap();
    assert_eq!((row.outcome.as_str(), row.queue_name.as_str(), row.level_s), ("answered", "Sales", 20));
    assert_eq!(row.turns[0]["kind"], "missed");
    assert_eq!(serde_json::from_value::<Vec<Turn>>(row.turns.clone()).unwrap().len(), 2, "and is read again");
    assert_eq!(known("+14155550100").await, Some(ann));
    assert_eq!(known("+14155550101").await, None, "nobody took them");
    assert_eq!(known("+14155550102").await, None, "too long ago");
    assert_eq!(scene.directory.known_agent(scene.b.tenant, "+14155550100").await.unwrap(), None);
}
