//! What one company hears on its sockets and its webhooks while another is at work.

use patchbay_control::{live::News, webhooks::courier::Courier};
use patchbay_kernel::{CallId, TenantId};
use patchbay_plane::{CallEvent, CallEventKind};
use serde_json::{Value, json};

use crate::{
    live::{Socket, next, open, serve},
    rig::Rig,
    webhooks::{Mood, Receiver, carry},
    whole_company::{Company, company, stock},
};

on_both!(a_company_hears_nothing_of_another);

/// A company that does a little of everything, and a call of it.
async fn at_work(rig: &Rig, number: &str, gateway_port: &str) -> Company {
    let it = company(rig, "Borage", number, gateway_port).await;
    let seat = format!("/v1/seats/{}", it.seat);
    rig.patch(&seat, &it.owner, json!({ "label": "Another" })).await.is(200);
    rig.patch("/v1/company", &it.owner, json!({ "name": "Borage and Sons" })).await.is(200);
    rig.delete(&format!("/v1/devices/{}", it.device), &it.owner).await.is(204);
    let tenant: TenantId = it.tenant.parse().unwrap();
    let (call, at) = (CallId::new(rig.stamp().now, rig.stamp().chance.as_mut()), rig.stamp().now);
    let seat = Some(it.seat.parse().unwrap());
    rig.feed.tell(News::Call(CallEvent { call, tenant, seat, at, kind: CallEventKind::Ringing }));
    it
}

/// Frames up to the event of this thing.
async fn until(socket: &mut Socket, entity_id: &str) -> Vec<String> {
    let mut heard = Vec::new();
    loop {
        let frame = next(socket).await;
        assert_ne!(frame, Value::Null, "closed after {heard:?}");
        let last = frame["event"]["entity_id"] == entity_id;
        heard.push(frame.to_string());
        if last {
            return heard;
        }
    }
}

async fn a_company_hears_nothing_of_another(rig: Rig) {
    let operator = rig.operator().await;
    let (_, ports, numbers) = stock(&rig, &operator).await;
    let a = company(&rig, "Aster", &numbers[0], &ports[0]).await;
    let receiver = Receiver::start(Mood::Says(204)).await;
    let everything = json!({ "url": receiver.url, "kinds": ["*"] });
    rig.post("/v1/webhooks", &a.owner, everything).await.is(201);
    let url = serve(&rig).await;
    let mut socket = open(&rig, &url, &a.owner, None).await;
    next(&mut socket).await;
    let b = at_work(&rig, &numbers[1], &ports[1]).await;
    let mark = rig.post("/v1/seats", &a.owner, json!({})).await.is(201).id();
    let mut heard = until(&mut socket, &mark).await;
    // From the beginning, out of the log.
    let mut again = open(&rig, &url, &a.owner, Some(0)).await;
    heard.extend(until(&mut again, &mark).await);
    carry(&rig, &Courier::new(rig.control.app())).await;
    let sent = receiver.all();
    assert!(sent.iter().any(|one| one.body.contains(&mark)), "its own is sent");
    heard.extend(sent.into_iter().map(|one| one.body));
    for theirs in b.things().into_iter().chain(["borage.example.com", "Borage"]) {
        assert!(!heard.iter().any(|text| text.contains(theirs)), "heard of another company's {theirs}");
    }
    // And the other, whose log begins at one as well, of the first.
    let mut socket = open(&rig, &url, &b.owner, Some(0)).await;
    let mark = rig.post("/v1/seats", &b.owner, json!({})).await.is(201).id();
    let heard = until(&mut socket, &mark).await;
    assert!(a.things().into_iter().all(|theirs| !heard.iter().any(|text| text.contains(theirs))));
}

#[cfg(debug_assertions)]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn row_security_alone_keeps_a_company_unheard() {
    let Some(cluster) = patchbay_testkit::postgres() else { return };
    let rig = Rig::new(&cluster.database().await).await;
    rig.db.forget_filters();
    a_company_hears_nothing_of_another(rig).await;
}
