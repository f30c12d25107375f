//! Recordings as the company meets them: ordered and by policy, heard through links, held, forgotten, failed.

use patchbay_codec::{measure, tone::Sine};
use patchbay_control::recordings::keeper;
use patchbay_kernel::{CallId, QueueId, RecordingId, TenantId};
use patchbay_plane::{Keep, KeepAsk, RecordingEnd, RecordingFault, RecordingOut};
use serde_json::{Value, json};

use crate::rig::{Rig, token};

on_both!(
    a_call_is_recorded_on_demand_and_heard_through_a_link,
    policy_decides_what_is_recorded,
    a_player_asks_for_parts,
    a_store_that_takes_nothing_is_the_end_of_recordings_alone,
    a_recording_that_fails_says_so,
    old_recordings_are_forgotten_unless_they_are_held,
);

struct Company {
    owner: String,
    tenant: TenantId,
    seat: String,
}

async fn company(rig: &Rig) -> Company {
    let owner = token(&rig.sign_up("Aster").await);
    let tenant = rig.get("/v1/company", &owner).await.id().parse().unwrap();
    let seat = rig.post("/v1/seats", &owner, json!({})).await.is(201).id();
    Company { owner, tenant, seat }
}

impl Company {
    /// A call that talks.
    async fn call(&self, rig: &Rig) -> String {
        let call = rig.call(&self.tenant.to_string(), Some(&self.seat)).await;
        rig.switch.talks(&self.tenant.to_string(), &call);
        call
    }
    async fn order(&self, rig: &Rig, call: &str, order: &str) -> crate::rig::Answer {
        rig.post(&format!("/v1/calls/{call}/recording"), &self.owner, json!({ "order": order })).await
    }
    /// What the switch gets for this call.
    async fn keep(&self, rig: &Rig, call: &str, why: Keep) -> Option<(RecordingId, Box<dyn RecordingOut>)> {
        let ask = KeepAsk { tenant: self.tenant, call: call.parse::<CallId>().unwrap(), why };
        rig.control.keeper().keep(ask).await.unwrap()
    }
    async fn wish(&self, rig: &Rig, mode: &str, days: i64, queues: &[&str]) -> crate::rig::Answer {
        let body = json!({ "mode": mode, "keep_days": days, "voicemail_keep_days": 30, "queues": queues });
        rig.send("PUT", "/v1/recording-policy", &self.owner, Some(body), &[]).await
    }
    async fn listed(&self, rig: &Rig, call: &str) -> Vec<Value> {
        let list = rig.get(&format!("/v1/recordings?call={call}"), &self.owner).await.is(200).json;
        list["items"].as_array().unwrap().clone()
    }
}

/// The customer on the left says 440 Hz, the agent on the right 1000 Hz.
fn talk(seconds: usize) -> Vec<i16> {
    let (mut left, mut right) = (vec![0; seconds * 8_000], vec![0; seconds * 8_000]);
    Sine::new(440, -12.0).fill(&mut left);
    Sine::new(1_000, -12.0).fill(&mut right);
    left.into_iter().zip(right).flat_map(|(left, right)| [left, right]).collect()
}

fn whole(ms: u64) -> RecordingEnd {
    RecordingEnd { ms, ..RecordingEnd::default() }
}

/// What the only recorder of the fake switch was told to keep.
async fn said(rig: &Rig, seconds: usize) {
    let (_, _, mut out) = rig.switch.recorders.lock().unwrap().pop().unwrap();
    let told = tokio::task::spawn_blocking(move || {
        for piece in talk(seconds).chunks(4_000) {
            out.write(piece).unwrap();
        }
        out.end(whole(seconds as u64 * 1_000));
    });
    told.await.unwrap();
    keeper::settle(rig.control.app()).await;
}

async fn a_call_is_recorded_on_demand_and_heard_through_a_link(rig: Rig) {
    let company = company(&rig).await;
    let owner = &company.owner;
    let call = company.call(&rig).await;
    company.order(&rig, &call, "pause").await.is(409);
    let begun = company.order(&rig, &call, "start").await.is(200);
    assert_eq!((begun.json["state"].as_str(), begun.json["call"].as_str()), (Some("recording"), Some(call.as_str())));
    assert_eq!(company.order(&rig, &call, "start").await.is(409).code(), "recording_running");
    let id = begun.id();
    let path = format!("/v1/recordings/{id}");
    for (order, paused) in [("pause", true), ("resume", false), ("stop", false)] {
        assert_eq!(company.order(&rig, &call, order).await.is(200).json["paused"], paused);
    }
    assert_eq!(*rig.switch.record_orders.lock().unwrap(), ["Pause", "Resume", "Stop"]);
    rig.send("POST", &format!("{path}/play"), owner, None, &[]).await.is(409);
    rig.send("DELETE", &path, owner, None, &[]).await.is(409);
    said(&rig, 3).await;
    let listed = company.listed(&rig, &call).await;
    assert_eq!((listed.len(), listed[0]["state"].as_str()), (1, Some("ready")));
    assert_eq!(listed[0]["duration_ms"], 3_000);
    assert_eq!(listed[0]["wave"].as_array().unwrap().len(), 48);
    let link = rig.send("POST", &format!("{path}/play"), owner, None, &[]).await.is(200).json;
    let url = link["url"].as_str().unwrap().to_owned();
    let (status, kind, bytes) = rig.bytes("GET", &url, "", None).await;
    assert_eq!((status, kind.as_str()), (200, "audio/wav"));
    assert_eq!((bytes.len(), u16::from_le_bytes([bytes[22], bytes[23]])), (44 + 3 * 32_000, 2));
    let samples: Vec<i16> = bytes[44..].chunks_exact(2).map(|pair| i16::from_le_bytes([pair[0], pair[1]])).collect();
    for (side, hz, other) in [(0, 440, 1_000), (1, 1_000, 440)] {
        let heard: Vec<i16> = samples.iter().skip(side).step_by(2).copied().collect();
        assert!(measure::share(&heard, hz) > 0.99 && measure::share(&heard, other) < 0.001, "side {side}");
    }
    // Who listened is known, and a link is good for this recording, unbent, for two minutes.
    let audit = rig.get("/v1/audit?limit=1", owner).await.is(200).json;
    assert_eq!(
        (audit["items"][0]["action"].as_str(), audit["items"][0]["entity_id"].as_str()),
        (Some("recording.played"), Some(id.as_str()))
    );
    let other = company.call(&rig).await;
    let second = company.order(&rig, &other, "start").await.is(200).id();
    for bad in [url.replace(&id, &second), format!("{}x", &url[..url.len() - 1]), format!("{path}/audio?ticket=")] {
        assert_eq!(rig.get(&bad, "").await.is(403).code(), "ticket_invalid", "{bad}");
    }
    rig.clock.pass_s(121);
    rig.get(&url, "").await.is(403);
    let kinds = rig.get("/v1/events?kind=recording.*&limit=20", owner).await.is(200).text;
    for kind in ["started", "paused", "resumed", "stopped", "ready"] {
        assert!(kinds.contains(&format!("recording.{kind}")), "{kind}: {kinds}");
    }
    let agent = token(&rig.join(owner, "agent@aster.example.com", "agent").await);
    rig.get("/v1/recordings", &agent).await.is(403);
}

async fn a_player_asks_for_parts(rig: Rig) {
    let company = company(&rig).await;
    let call = company.call(&rig).await;
    let id = company.order(&rig, &call, "start").await.is(200).id();
    said(&rig, 3).await;
    let play = format!("/v1/recordings/{id}/play");
    let link = rig.send("POST", &play, &company.owner, None, &[]).await.is(200).json;
    let url = link["url"].as_str().unwrap();
    let (_, _, whole) = rig.bytes("GET", url, "", None).await;
    for (asked, wanted) in [
        ("bytes=0-43", 0..44),
        ("bytes=30-40000", 30..40_001),
        ("bytes=64044-", 64_044..96_044),
        ("bytes=-5", 96_039..96_044),
    ] {
        let (status, part) = rig.part(url, asked).await;
        assert_eq!(status, 206, "{asked}");
        assert!(part == whole[wanted], "{asked}");
    }
    assert_eq!(rig.part(url, "bytes=96044-").await.0, 416);
    // A file that somebody cut says so before it sounds.
    let at = rig.control.app().blobs.as_ref();
    let name = format!("recordings/{}/{}.sealed", company.tenant.uuid(), id.parse::<RecordingId>().unwrap().uuid());
    let bytes = at.get(&name).await.unwrap();
    at.put(&name, bytes[..4 + 2 * 16_016].to_vec()).await.unwrap();
    assert_eq!(rig.get(url, "").await.is(409).code(), "recording_damaged");
    at.remove(&name).await.unwrap();
    assert_eq!(rig.get(url, "").await.is(409).code(), "recording_damaged");
}

async fn policy_decides_what_is_recorded(rig: Rig) {
    let company = company(&rig).await;
    let owner = &company.owner;
    let policy = rig.get("/v1/recording-policy", owner).await.is(200).json;
    assert_eq!(policy, json!({ "mode": "on_demand", "keep_days": 90, "voicemail_keep_days": 30, "queues": [] }));
    company.wish(&rig, "always", 5_000, &[]).await.is(422);
    company.wish(&rig, "on_demand", 30, &["que_00000000000000000000000000"]).await.is(422);
    let queue = rig.post("/v1/queues", owner, json!({ "name": "Sales" })).await.is(201).id();
    let other = rig.post("/v1/queues", owner, json!({ "name": "Support" })).await.is(201).id();
    let named = |queue: &str| Keep::Queue(queue.parse::<QueueId>().unwrap());
    let first = company.call(&rig).await;
    for why in [Keep::Answered, named(&queue)] {
        assert!(company.keep(&rig, &first, why).await.is_none(), "not without an order");
    }
    // On demand, and always for one queue.
    company.wish(&rig, "on_demand", 30, &[&queue]).await.is(200);
    for why in [Keep::Answered, named(&other)] {
        assert!(company.keep(&rig, &first, why).await.is_none());
    }
    let kept = company.keep(&rig, &first, named(&queue)).await.unwrap();
    assert!(company.keep(&rig, &first, named(&queue)).await.is_none(), "once");
    assert_eq!(company.listed(&rig, &first).await[0]["begun_by"], "queue");
    assert_eq!(company.order(&rig, &first, "stop").await.is(409).code(), "recording_required");
    company.order(&rig, &first, "pause").await.is(200);
    kept.1.end(whole(0));
    // Always.
    company.wish(&rig, "always", 30, &[]).await.is(200);
    let second = company.call(&rig).await;
    let kept = company.keep(&rig, &second, Keep::Answered).await.unwrap();
    assert_eq!(company.listed(&rig, &second).await[0]["begun_by"], "policy");
    assert_eq!(company.order(&rig, &second, "stop").await.is(409).code(), "recording_required");
    // A call that ends before its recording begins.
    drop(kept);
    keeper::settle(rig.control.app()).await;
    assert_eq!(company.listed(&rig, &second).await[0]["fault"], "call_over");
    company.wish(&rig, "never", 30, &[&queue]).await.is(200);
    let third = company.call(&rig).await;
    for why in [Keep::Answered, named(&queue)] {
        assert!(company.keep(&rig, &third, why).await.is_none());
    }
    assert_eq!(company.order(&rig, &third, "start").await.is(409).code(), "recording_off");
    assert!(company.listed(&rig, &third).await.is_empty());
    // Another company's call is none of its.
    let foreign = rig.sign_up("Birch").await;
    let birch = rig.get("/v1/company", &token(&foreign)).await.id();
    let theirs = rig.call(&birch, None).await;
    company.wish(&rig, "always", 30, &[]).await.is(200);
    assert!(company.keep(&rig, &theirs, Keep::Answered).await.is_none());
    // Each has a key of its own, which lies sealed.
    let birch: TenantId = birch.parse().unwrap();
    let put = json!({ "mode": "always", "keep_days": 1, "voicemail_keep_days": 1, "queues": [] });
    rig.send("PUT", "/v1/recording-policy", &token(&foreign), Some(put), &[]).await.is(200);
    let ask = KeepAsk { tenant: birch, call: theirs.parse().unwrap(), why: Keep::Answered };
    rig.control.keeper().keep(ask).await.unwrap().unwrap().1.end(whole(0));
    keeper::settle(rig.control.app()).await;
    let mut keys = Vec::new();
    for tenant in [company.tenant, birch] {
        let tx = rig.db.tenant_read(tenant, rig.stamp()).await.unwrap();
        keys.extend(tx.select::<patchbay_control::recordings::row::recording_key::Entity>().all().await.unwrap());
    }
    assert_eq!(keys.len(), 2, "one for all recordings of a company");
    assert_ne!(keys[0].key_sealed, keys[1].key_sealed);
}

async fn a_recording_that_fails_says_so(rig: Rig) {
    let company = company(&rig).await;
    let call = company.call(&rig).await;
    let id = company.order(&rig, &call, "start").await.is(200).id();
    let (_, _, mut out) = rig.switch.recorders.lock().unwrap().pop().unwrap();
    out.write(&talk(2)).unwrap();
    out.end(RecordingEnd { ms: 2_000, lost: 3, fault: Some(RecordingFault::StoreSlow) });
    keeper::settle(rig.control.app()).await;
    let listed = company.listed(&rig, &call).await;
    assert_eq!((listed[0]["state"].as_str(), listed[0]["lost"].as_i64()), (Some("failed"), Some(3)));
    assert_eq!(listed[0]["fault"], "store_slow");
    rig.send("POST", &format!("/v1/recordings/{id}/play"), &company.owner, None, &[]).await.is(409);
    let told = rig.get("/v1/events?kind=recording.failed", &company.owner).await.is(200).json;
    assert_eq!(told["items"][0]["body"]["reason"], "store_slow");
    // A call that nobody knows, and one whose node is gone.
    let gone = rig.call(&company.tenant.to_string(), None).await;
    assert_eq!(company.order(&rig, &gone, "start").await.is(409).code(), "call_over");
    keeper::settle(rig.control.app()).await;
    assert_eq!(company.listed(&rig, &gone).await[0]["state"], "failed");
    let lost = company.call(&rig).await;
    company.order(&rig, &lost, "start").await.is(200);
    rig.clock.pass_s(300);
    keeper::forget(rig.control.app()).await.unwrap();
    assert_eq!(company.listed(&rig, &lost).await[0]["fault"], "node_lost", "its call is over and nobody writes it");
}

async fn a_store_that_takes_nothing_is_the_end_of_recordings_alone(rig: Rig) {
    let company = company(&rig).await;
    company.wish(&rig, "always", 30, &[]).await.is(200);
    let (blobs, folder) = (rig.control.app().blobs.as_ref(), format!("recordings/{}", company.tenant.uuid()));
    let call = company.call(&rig).await;
    let (id, mut out) = company.keep(&rig, &call, Keep::Answered).await.unwrap();
    out.write(&talk(2)).unwrap();
    let part = format!("{folder}/{}.part", id.uuid());
    let written = blobs.get(&part).await.unwrap();
    assert!(written.len() > 16_000 && written.starts_with(b"PBR1"), "seconds that are over lie there");
    drop(out);
    assert!(blobs.get(&part).await.is_err(), "what will never be whole is taken away");
    // A file where the folder should be: nothing can be begun.
    blobs.remove(&folder).await.unwrap();
    blobs.put(&folder, vec![1]).await.unwrap();
    let second = company.call(&rig).await;
    assert!(company.keep(&rig, &second, Keep::Answered).await.is_none(), "the switch has nothing to do");
    keeper::settle(rig.control.app()).await;
    let listed = company.listed(&rig, &second).await;
    assert_eq!((listed[0]["state"].as_str(), listed[0]["fault"].as_str()), (Some("failed"), Some("store_failed")));
    let told = rig.get("/v1/events?kind=recording.failed", &company.owner).await.is(200).text;
    assert!(told.contains("store_failed") && told.contains("call_over"), "{told}");
}

async fn old_recordings_are_forgotten_unless_they_are_held(rig: Rig) {
    let company = company(&rig).await;
    let mut ids = Vec::new();
    for _ in 0..3 {
        let call = company.call(&rig).await;
        ids.push(company.order(&rig, &call, "start").await.is(200).id());
        said(&rig, 1).await;
    }
    let hold = format!("/v1/recordings/{}", ids[0]);
    assert_eq!(rig.patch(&hold, &company.owner, json!({ "legal_hold": true })).await.is(200).json["legal_hold"], true);
    assert_eq!(rig.send("DELETE", &hold, &company.owner, None, &[]).await.is(409).code(), "legal_hold");
    rig.send("DELETE", &format!("/v1/recordings/{}", ids[1]), &company.owner, None, &[]).await.is(204);
    rig.clock.pass_s(89 * 86_400);
    keeper::forget(rig.control.app()).await.unwrap();
    let owner = token(&rig.sign_in("owner@aster.example.com", crate::rig::PASSWORD).await);
    rig.get(&format!("/v1/recordings/{}", ids[2]), &owner).await.is(200);
    rig.clock.pass_s(2 * 86_400);
    keeper::forget(rig.control.app()).await.unwrap();
    let owner = token(&rig.sign_in("owner@aster.example.com", crate::rig::PASSWORD).await);
    rig.get(&format!("/v1/recordings/{}", ids[2]), &owner).await.is(404);
    rig.get(&hold, &owner).await.is(200);
    let link = rig.send("POST", &format!("{hold}/play"), &owner, None, &[]).await.is(200).json;
    assert_eq!(rig.bytes("GET", link["url"].as_str().unwrap(), "", None).await.0, 200, "and can still be heard");
    let told = rig.get("/v1/events?kind=recording.removed", &owner).await.is(200).json;
    let reasons: Vec<&str> =
        told["items"].as_array().unwrap().iter().map(|it| it["body"]["reason"].as_str().unwrap()).collect();
    assert_eq!(reasons, ["removed", "age"]);
}
