//! The live feed over a real WebSocket.

use std::time::Duration;

use futures::StreamExt;
use patchbay_control::live::News;
use patchbay_kernel::{CallId, SeatId, TenantId};
use patchbay_plane::{CallEvent, CallEventKind};
use serde_json::{Value, json};
use tokio::net::{TcpListener, TcpStream};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async, tungstenite::Message};

use crate::rig::{Rig, token};

on_both!(
    a_feed_tells_and_resumes,
    a_feed_is_one_company_s_and_an_agent_s_own_seat_s,
    a_feed_needs_a_ticket_and_a_session
);

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

async fn serve(rig: &Rig) -> String {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    let service = rig.router.clone().into_make_service_with_connect_info::<std::net::SocketAddr>();
    tokio::spawn(async move { axum::serve(listener, service).await });
    format!("ws://{address}/v1/live")
}

async fn open(rig: &Rig, url: &str, who: &str, after: Option<i64>) -> Socket {
    let ticket = rig.send("POST", "/v1/live/ticket", who, None, &[]).await.is(201).json;
    let after = after.map(|after| format!("&after={after}")).unwrap_or_default();
    let url = format!("{url}?ticket={}{after}", ticket["ticket"].as_str().unwrap());
    connect_async(url).await.unwrap().0
}

/// The next frame; `Null` when the feed was closed.
async fn next(socket: &mut Socket) -> Value {
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
