//! The live feed over a real WebSocket.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use futures::StreamExt;
use patchbay_control::live::News;
use patchbay_kernel::{CallId, Entropy as _, SeatId, SeededEntropy, TenantId};
use patchbay_plane::{CallEvent, CallEventKind};
use patchbay_tenancy::many::Happening;
use serde_json::{Value, json};
use tokio::net::{TcpListener, TcpStream};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async, tungstenite::Message};

use crate::rig::{Rig, token};

on_both!(
    a_feed_tells_and_resumes,
    a_reader_killed_fifty_times_misses_nothing_and_sees_nothing_twice,
    a_feed_shows_the_topics_that_were_asked_for,
    a_reader_that_was_away_too_long_is_told_where_to_read,
    a_feed_is_one_company_s_and_an_agent_s_own_seat_s,
    a_feed_needs_a_ticket_and_a_session
);

pub type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

pub async fn serve(rig: &Rig) -> String {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    let service = rig.router.clone().into_make_service_with_connect_info::<std::net::SocketAddr>();
    tokio::spawn(async move { axum::serve(listener, service).await });
    format!("ws://{address}/v1/live")
}

pub async fn open(rig: &Rig, url: &str, who: &str, after: Option<i64>) -> Socket {
    open_with(rig, url, who, &after.map(|after| format!("&after={after}")).unwrap_or_default()).await
}

async fn open_with(rig: &Rig, url: &str, who: &str, more: &str) -> Socket {
    let ticket = rig.send("POST", "/v1/live/ticket", who, None, &[]).await.is(201).json;
    let url = format!("{url}?ticket={}{more}", ticket["ticket"].as_str().unwrap());
    connect_async(url).await.unwrap().0
}

/// The next frame that is no snapshot; `Null` when the feed was closed.
pub async fn next(socket: &mut Socket) -> Value {
    loop {
        let frame = any(socket).await;
        if frame["type"] != "snapshot" {
            return frame;
        }
    }
}

/// The next frame; `Null` when the feed was closed.
async fn any(socket: &mut Socket) -> Value {
    loop {
        let frame = tokio::time::timeout(Duration::from_secs(10), socket.next()).await.expect("a frame within 10 s");
        match frame {
            Some(Ok(Message::Text(text))) => return serde_json::from_str(&text).unwrap(),
            Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
            _ => return Value::Null,
        }
    }
}

async fn a_feed_tells_and_resumes(rig: Rig) {
    let owner = token(&rig.sign_up("Aster").await);
    let url = serve(&rig).await;
    let mut feed = open(&rig, &url, &owner, None).await;
    let hello = next(&mut feed).await;
    let seq = hello["seq"].as_i64().unwrap();
    assert_eq!(hello["type"], "hello");
    let seat = rig.post("/v1/seats", &owner, json!({})).await.is(201).id();
    let event = next(&mut feed).await;
    assert_eq!(
        (event["event"]["kind"].as_str(), event["event"]["entity_id"].as_str()),
        (Some("seat.created"), Some(&*seat))
    );
    assert_eq!(event["event"]["seq"].as_i64(), Some(seq + 1));
    drop(feed);
    rig.post("/v1/seats", &owner, json!({})).await.is(201);
    rig.post("/v1/seats", &owner, json!({})).await.is(201);
    let mut again = open(&rig, &url, &owner, Some(seq + 1)).await;
    assert_eq!(next(&mut again).await["seq"].as_i64(), Some(seq + 3));
    assert_eq!(next(&mut again).await["event"]["seq"].as_i64(), Some(seq + 2));
    assert_eq!(next(&mut again).await["event"]["seq"].as_i64(), Some(seq + 3));
    let mut lost = open(&rig, &url, &owner, Some(seq + 1_000)).await;
    next(&mut lost).await;
    assert_eq!(next(&mut lost).await["type"], "resync", "a place that is not in this log");
}

async fn a_feed_is_one_company_s_and_an_agent_s_own_seat_s(rig: Rig) {
    let session = rig.sign_up("Aster").await;
    let (owner, tenant) = (token(&session), session.json["me"]["company"]["id"].as_str().unwrap().to_owned());
    let other = token(&rig.sign_up("Borage").await);
    let agent = rig.join(&owner, "ana@example.com", "agent").await;
    let own = rig.post("/v1/seats", &owner, json!({ "member": agent.json["me"]["member"] })).await.is(201).id();
    let url = serve(&rig).await;
    let mut feed = open(&rig, &url, &token(&agent), None).await;
    next(&mut feed).await;
    rig.post("/v1/seats", &other, json!({})).await.is(201);
    let colleague = rig.post("/v1/seats", &owner, json!({})).await.is(201).id();
    let step = |seat: &str| {
        let event = CallEvent {
            call: CallId::new(rig.control.app().now(), rig.control.app().chance().as_mut()),
            tenant: tenant.parse::<TenantId>().unwrap(),
            seat: Some(seat.parse::<SeatId>().unwrap()),
            at: rig.control.app().now(),
            kind: CallEventKind::Ringing,
        };
        rig.feed.tell(News::Call(event));
    };
    step(&colleague);
    step(&own);
    let ring = next(&mut feed).await;
    let about = (ring["type"].as_str(), ring["kind"].as_str(), ring["call"]["seat"].as_str());
    assert_eq!(
        about,
        (Some("call"), Some("ringing"), Some(own.as_str())),
        "the first thing an agent hears is their own"
    );
    let call = rig.call(&tenant, Some(&own)).await;
    assert_eq!(next(&mut feed).await["event"]["entity_id"], call);
}

async fn a_feed_needs_a_ticket_and_a_session(rig: Rig) {
    let session = rig.sign_up("Aster").await;
    let owner = token(&session);
    let url = serve(&rig).await;
    assert!(connect_async(format!("{url}?ticket=made-up")).await.is_err());
    let ticket = rig.send("POST", "/v1/live/ticket", &owner, None, &[]).await.is(201).json;
    let once = format!("{url}?ticket={}", ticket["ticket"].as_str().unwrap());
    let mut feed = connect_async(&once).await.unwrap().0;
    assert!(connect_async(&once).await.is_err(), "used");
    next(&mut feed).await;
    let cookie = session.cookie();
    rig.send("POST", "/v1/sign-out", "", None, &[("cookie", cookie.as_str()), ("x-patchbay", "1")]).await.is(204);
    rig.call(session.json["me"]["company"]["id"].as_str().unwrap(), None).await;
    let agent = rig.sign_in("owner@aster.example.com", crate::rig::PASSWORD).await.is(200);
    rig.post("/v1/seats", &token(&agent), json!({})).await.is(201);
    let mut last = next(&mut feed).await;
    if last["event"]["kind"] == "call.ended" {
        last = next(&mut feed).await;
    }
    assert_eq!(last, Value::Null, "a feed ends with its session when who sits where is looked at again");
}

/// One event of a company, as a call would write it.
async fn happen(rig: &Rig, tenant: &str) -> i64 {
    let mut tx = rig.db.tenant(tenant.parse().unwrap(), rig.stamp()).await.unwrap();
    tx.happened("member.removed", "member", "mem_x", json!({})).await.unwrap();
    tx.commit_aside().await.unwrap()[0].seq
}

async fn a_reader_killed_fifty_times_misses_nothing_and_sees_nothing_twice(rig: Rig) {
    let session = rig.sign_up("Aster").await;
    let (owner, tenant) = (token(&session), session.json["me"]["company"]["id"].as_str().unwrap().to_owned());
    let noise = rig.sign_up("Borage").await.json["me"]["company"]["id"].as_str().unwrap().to_owned();
    let url = serve(&rig).await;
    let rig = Arc::new(rig);
    let over = Arc::new(AtomicBool::new(false));
    let writers: Vec<_> = [&tenant, &tenant, &tenant, &noise]
        .into_iter()
        .map(|whose| {
            let (rig, over, whose) = (Arc::clone(&rig), Arc::clone(&over), whose.clone());
            tokio::spawn(async move {
                let mut last = 0;
                while !over.load(Ordering::Relaxed) {
                    last = happen(&rig, &whose).await;
                    tokio::time::sleep(Duration::from_millis(1)).await;
                }
                last
            })
        })
        .collect();
    let mut chance = SeededEntropy::new(20_261_130);
    let mut seen: Vec<i64> = vec![1];
    for _ in 0..50 {
        let mut feed = open(&rig, &url, &owner, seen.last().copied()).await;
        let (frames, ms) = (chance.next_u64() % 12, chance.next_u64() % 40);
        let deadline = tokio::time::Instant::now() + Duration::from_millis(ms);
        for _ in 0..frames {
            let Ok(frame) = tokio::time::timeout_at(deadline, next(&mut feed)).await else { break };
            seen.extend(frame["event"]["seq"].as_i64());
            assert_ne!(frame["type"], "resync");
        }
        // What waits in the socket, or is being sent, dies with it.
        drop(feed);
    }
    over.store(true, Ordering::Relaxed);
    let mut end = 0;
    for (at, writer) in writers.into_iter().enumerate() {
        let last = writer.await.unwrap();
        end = if at < 3 { end.max(last) } else { end };
    }
    let mut feed = open(&rig, &url, &owner, seen.last().copied()).await;
    while seen.last() != Some(&end) {
        seen.extend(next(&mut feed).await["event"]["seq"].as_i64());
    }
    assert!(end > 80, "only {end} events");
    assert_eq!(seen, (1..=end).collect::<Vec<_>>(), "each once, in order");
}

async fn a_feed_shows_the_topics_that_were_asked_for(rig: Rig) {
    let session = rig.sign_up("Aster").await;
    let (owner, tenant) = (token(&session), session.json["me"]["company"]["id"].as_str().unwrap().to_owned());
    let url = serve(&rig).await;
    let mut all = open(&rig, &url, &owner, None).await;
    assert_eq!(any(&mut all).await["type"], "hello");
    assert_eq!(any(&mut all).await, json!({ "type": "snapshot", "calls": [] }));
    let mut calls = open_with(&rig, &url, &owner, "&topics=call.*").await;
    assert_eq!(any(&mut calls).await["type"], "hello");
    rig.post("/v1/seats", &owner, json!({})).await.is(201);
    let call = rig.call(&tenant, None).await;
    assert_eq!(any(&mut calls).await["event"]["entity_id"], call, "no snapshot, no seat");
    let ticket = rig.send("POST", "/v1/live/ticket", &owner, None, &[]).await.json;
    let url = format!("{url}?ticket={}&topics=chairs", ticket["ticket"].as_str().unwrap());
    assert!(connect_async(url).await.is_err(), "no such topic");
}

async fn a_reader_that_was_away_too_long_is_told_where_to_read(rig: Rig) {
    let session = rig.sign_up("Aster").await;
    let (owner, tenant) = (token(&session), session.json["me"]["company"]["id"].as_str().unwrap().to_owned());
    let url = serve(&rig).await;
    let many = Happening { kind: "member.removed", entity_id: "mem_x".into(), body: json!({}) };
    let mut tx = rig.db.tenant(tenant.parse().unwrap(), rig.stamp()).await.unwrap();
    tx.happened_all(vec![many; 2_500]).await.unwrap();
    tx.commit_aside().await.unwrap();
    let mut near = open(&rig, &url, &owner, Some(1_000)).await;
    next(&mut near).await;
    for seq in 1_001..=2_501 {
        assert_eq!(next(&mut near).await["event"]["seq"], seq);
    }
    let mut far = open(&rig, &url, &owner, Some(1)).await;
    next(&mut far).await;
    assert_eq!(next(&mut far).await, json!({ "type": "resync", "seq": 2_501 }));
    happen(&rig, &tenant).await;
    assert_eq!(next(&mut far).await["event"]["seq"], 2_502, "and it goes on");
    let log = rig.get("/v1/events?after=1&limit=2", &owner).await.is(200).json;
    assert_eq!(log["items"][1]["seq"], 3, "what lies between is in the log");
}
