//! Calls are kept: opened durably, closed once, orphans too.

use patchbay_control::calls::row::call;
use patchbay_kernel::{Blame, CallId, EndCause, NodeId, SeatId, TenantId, Uuid, Wall};
use patchbay_plane::{CallEvent, CallEventKind, CallRecord, CallStarted, Direction, Sink as _};
use patchbay_tenancy::outbox::event;

use crate::scene::{Scene, new_call, stamp};

on_both!(
    a_call_is_opened_and_closed_once,
    a_record_without_a_start_is_whole,
    a_rush_of_calls_is_written_once_each,
    steps_of_a_call_are_in_the_log_in_order,
    test_calls_leave_no_row,
    a_dead_node_s_calls_get_one_record_each,
    an_earlier_life_s_calls_are_closed_at_the_start,
);

fn started(tenant: TenantId, seat: Option<SeatId>) -> CallStarted {
    CallStarted {
        call: new_call(),
        tenant,
        direction: Direction::Outbound,
        caller: "101".into(),
        caller_name: Some("Agent".into()),
        called: "+12125550123".into(),
        displayed: Some("+14155550101".into()),
        seat,
        number: None,
        gateway: None,
        gateway_port: None,
        at: Wall::from_unix_ms(1_764_072_000_000),
    }
}

fn record(started: CallStarted) -> CallRecord {
    let at = started.at;
    CallRecord {
        started,
        ringing_at: Some(at.plus_ms(500)),
        answered_at: Some(at.plus_s(3)),
        ended_at: at.plus_s(63),
        talk_ms: 60_000,
        cause: EndCause::CalleeHungUp,
        blame: Blame::Callee,
        sip_status: None,
        detail: None,
        legs: Vec::new(),
        timeline: Vec::new(),
        flow: None,
    }
}

async fn row(scene: &Scene, tenant: TenantId, id: CallId) -> Option<call::Model> {
    let tx = scene.db.tenant_read(tenant, stamp()).await.unwrap();
    tx.find_whole::<call::Entity>(id.uuid()).await.unwrap()
}

async fn ended_events(scene: &Scene, tenant: TenantId) -> u64 {
    let tx = scene.db.tenant_read(tenant, stamp()).await.unwrap();
    tx.select::<event::Entity>().is(event::Column::Kind, "call.ended").count().await.unwrap()
}

async fn a_call_is_opened_and_closed_once(scene: Scene) {
    let tenant = scene.a.tenant;
    let start = started(tenant, Some(scene.a.seats[0].seat));
    scene.directory.call_started(&start).await.unwrap();
    scene.directory.call_started(&start).await.expect("told twice is no error");
    let open = row(&scene, tenant, start.call).await.unwrap();
    assert_eq!((open.state.as_str(), open.direction.as_str(), open.node_epoch), ("open", "outbound", 1));
    assert_eq!(open.node_id, scene.node.uuid());
    assert!(row(&scene, scene.b.tenant, start.call).await.is_none());
    let mut feed = scene.db.feed();
    let record = record(start);
    scene.directory.call_ended(&record).await.unwrap();
    let mut late = record.clone();
    late.talk_ms = 1;
    scene.directory.call_ended(&late).await.unwrap();
    let ended = row(&scene, tenant, record.started.call).await.unwrap();
    assert_eq!(
        (ended.state.as_str(), ended.talk_ms, ended.cause.as_deref()),
        ("ended", 60_000, Some("callee_hung_up"))
    );
    assert_eq!((ended.blame.as_deref(), ended.ended_at), (Some("callee"), Some(record.ended_at.to_offset())));
    let kept: CallRecord = serde_json::from_value(ended.record.unwrap()).unwrap();
    assert_eq!(kept, record);
    assert_eq!(ended_events(&scene, tenant).await, 1);
    let told = feed.try_recv().unwrap();
    assert_eq!((told.kind.as_str(), told.body["talk_ms"].as_i64()), ("call.ended", Some(60_000)));
}

/// Many at once, of two companies, some told twice and one that the store cannot take: each of the others once.
async fn a_rush_of_calls_is_written_once_each(scene: Scene) {
    let company = |n: usize| if n.is_multiple_of(3) { scene.b.tenant } else { scene.a.tenant };
    let all: Vec<CallStarted> = (0..150).map(|n| started(company(n), None)).collect();
    let mut told: Vec<CallStarted> = all.iter().chain(&all[..20]).cloned().collect();
    told.push(started(TenantId::from_uuid(Uuid::nil()), None));
    let opened = told.iter().map(|start| scene.directory.call_started(start));
    let opened = futures::future::join_all(opened).await;
    assert!(opened[..170].iter().all(Result::is_ok), "one bad row costs only itself");
    assert!(opened[170].is_err(), "there is no such company");
    let ends: Vec<CallRecord> = all.iter().chain(&all[..20]).map(|start| record(start.clone())).collect();
    let closed = ends.iter().map(|record| scene.directory.call_ended(record));
    assert!(futures::future::join_all(closed).await.iter().all(Result::is_ok));
    for start in &all {
        assert_eq!(row(&scene, start.tenant, start.call).await.unwrap().state, "ended");
    }
    assert_eq!(ended_events(&scene, scene.a.tenant).await, 100);
    assert_eq!(ended_events(&scene, scene.b.tenant).await, 50);
    let tx = scene.db.tenant_read(scene.a.tenant, stamp()).await.unwrap();
    let mut numbers: Vec<i64> = tx.select::<event::Entity>().all().await.unwrap().iter().map(|row| row.seq).collect();
    numbers.sort_unstable();
    assert!(numbers.windows(2).all(|pair| pair[0] + 1 == pair[1]), "no number twice, none left out");
}

async fn a_record_without_a_start_is_whole(scene: Scene) {
    let record = record(started(scene.a.tenant, None));
    scene.directory.call_ended(&record).await.unwrap();
    let row = row(&scene, scene.a.tenant, record.started.call).await.unwrap();
    assert_eq!((row.state.as_str(), row.called.as_str(), row.talk_ms), ("ended", "+12125550123", 60_000));
    assert_eq!(ended_events(&scene, scene.a.tenant).await, 1);
}

async fn test_calls_leave_no_row(scene: Scene) {
    let mut start = started(TenantId::from_uuid(Uuid::nil()), None);
    start.direction = Direction::Test;
    scene.directory.call_started(&start).await.unwrap();
    scene.directory.call_ended(&record(start)).await.unwrap();
}

async fn a_dead_node_s_calls_get_one_record_each(scene: Scene) {
    let doomed = NodeId::from_uuid(Uuid::from_u128(78));
    scene.node(doomed, 1, true).await;
    let dying = scene.other_directory(doomed, 1).await;
    let calls: Vec<_> = (0..12).map(|_| started(scene.a.tenant, None)).collect();
    for start in &calls {
        dying.call_started(start).await.unwrap();
    }
    let alive = started(scene.a.tenant, None);
    scene.directory.call_started(&alive).await.unwrap();
    drop(dying);
    let third = NodeId::from_uuid(Uuid::from_u128(79));
    scene.node(third, 1, true).await;
    let early = scene.other_directory(third, 1).await;
    assert_eq!(ended_events(&scene, scene.a.tenant).await, 0, "the lease still runs");
    drop(early);
    scene.node(doomed, 1, false).await;
    // Two nodes notice at once.
    let (left, right) = tokio::join!(scene.other_directory(third, 2), scene.other_directory(scene.node, 1));
    assert_eq!(ended_events(&scene, scene.a.tenant).await, 12);
    for start in &calls {
        let row = row(&scene, scene.a.tenant, start.call).await.unwrap();
        assert_eq!((row.cause.as_deref(), row.blame.as_deref()), (Some("node_lost"), Some("us")));
        let kept: CallRecord = serde_json::from_value(row.record.unwrap()).unwrap();
        assert_eq!(kept.started, *start);
    }
    assert_eq!(row(&scene, scene.a.tenant, alive.call).await.unwrap().state, "open", "calls of the living go on");
    drop((left, right));
}

async fn an_earlier_life_s_calls_are_closed_at_the_start(scene: Scene) {
    let start = started(scene.a.tenant, None);
    scene.directory.call_started(&start).await.unwrap();
    scene.node(scene.node, 2, true).await;
    let _next = scene.other_directory(scene.node, 2).await;
    assert_eq!(row(&scene, scene.a.tenant, start.call).await.unwrap().cause.as_deref(), Some("node_lost"));
}

async fn steps_of_a_call_are_in_the_log_in_order(scene: Scene) {
    let tenant = scene.a.tenant;
    let start = started(tenant, Some(scene.a.seats[0].seat));
    let step = |start: &CallStarted, kind| CallEvent { call: start.call, tenant, seat: start.seat, at: start.at, kind };
    let mut feed = scene.db.feed();
    scene.directory.call_started(&start).await.unwrap();
    assert_eq!(feed.try_recv().unwrap().kind, "call.started", "in the log when the start is");
    scene.directory.call_started(&start).await.unwrap();
    for kind in [CallEventKind::Ringing, CallEventKind::Answered, CallEventKind::Held, CallEventKind::Resumed] {
        scene.directory.call_event(step(&start, kind));
    }
    // Told by nobody who opened a call: a test call, or one that is over.
    let test = CallStarted { direction: Direction::Test, ..started(tenant, None) };
    scene.directory.call_started(&test).await.unwrap();
    scene.directory.call_event(step(&test, CallEventKind::Ringing));
    scene.directory.call_event(step(&started(tenant, None), CallEventKind::Ringing));
    scene.directory.call_ended(&record(start.clone())).await.unwrap();
    scene.directory.call_event(step(&start, CallEventKind::Ended(EndCause::CalleeHungUp)));
    scene.directory.call_event(step(&start, CallEventKind::Held));
    tokio::time::sleep(std::time::Duration::from_millis(400)).await;
    let tx = scene.db.tenant_read(tenant, stamp()).await.unwrap();
    let log = tx.select::<event::Entity>().is(event::Column::Entity, "call");
    let log = log.order_by(event::Column::Seq, sea_orm::Order::Asc).all().await.unwrap();
    let kinds: Vec<&str> = log.iter().map(|row| row.kind.as_str()).collect();
    assert_eq!(kinds, ["call.started", "call.ringing", "call.answered", "call.held", "call.resumed", "call.ended"]);
    assert!(log.iter().all(|row| row.entity_id == start.call.to_string()));
    assert_eq!(log[2].body["caller"], "101");
    let seqs: Vec<i64> = log.iter().map(|row| row.seq).collect();
    assert_eq!(seqs, (seqs[0]..seqs[0] + 6).collect::<Vec<_>>());
}
