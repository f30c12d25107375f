//! Keys of programs: what they open, and when they stop.

use std::num::NonZeroU32;

use patchbay_access::Role;
use patchbay_control::{LimitSettings, operator::FirstPassword, programs::uses};
use serde_json::{Value, json};

use crate::rig::{Rig, token};

on_both!(
    a_key_opens_its_scopes_and_is_shown_once,
    a_key_cannot_exceed_its_creator,
    nobody_comes_by_more_through_a_key_than_the_key_may,
    a_key_ends_with_its_time_its_person_and_its_revocation,
    a_key_comes_from_its_networks_alone,
    a_replaced_secret_works_for_a_while,
    a_key_is_renewed_by_whoever_answers_for_it,
    the_last_use_of_a_key_is_known,
    what_is_wrong_with_a_key_is_told_by_field,
    quotas_count_what_there_is,
    a_suspended_company_s_key_looks_no_more_than_its_people,
);

/// A key with these scopes: its secret and its id.
async fn key(rig: &Rig, by: &str, scopes: &[&str]) -> (String, String) {
    shown(&rig.post("/v1/api-keys", by, json!({ "name": "CRM", "scopes": scopes })).await.is(201).json)
}

fn shown(json: &Value) -> (String, String) {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    (text(&json["secret"]), text(&json["key"]["id"]))
}

async fn a_key_opens_its_scopes_and_is_shown_once(rig: Rig) {
    let owner = token(&rig.sign_up("Aster").await);
    let (secret, id) = key(&rig, &owner, &["seats:read", "seats:write"]).await;
    assert!(secret.starts_with("pb_key_") && secret.len() == 57, "{secret}");
    rig.post("/v1/seats", &secret, json!({ "label": "By a program" })).await.is(201);
    assert_eq!(rig.get("/v1/seats", &secret).await.is(200).json[0]["label"], "By a program");
    assert_eq!(rig.get("/v1/calls", &secret).await.is(403).code(), "scope_missing");
    assert_eq!(rig.get("/v1/me", &secret).await.is(403).code(), "person_required");
    assert_eq!(rig.get("/v1/softphone", &secret).await.is(403).code(), "person_required");
    assert_eq!(rig.get("/v1/api-keys", &secret).await.is(403).code(), "person_required");
    assert_eq!(rig.get("/v1/operator/sites", &secret).await.is(401).code(), "unauthenticated");
    let own = rig.get("/v1/api-keys/current", &secret).await.is(200).json;
    assert_eq!((own["id"].as_str(), &own["scopes"]), (Some(id.as_str()), &json!(["seats:read", "seats:write"])));
    let list = rig.get("/v1/api-keys", &owner).await.is(200);
    let hidden = &secret["pb_key_".len() + 12..];
    assert!(!list.text.contains(hidden), "the secret half of a key is never shown again");
    assert_eq!(list.json["items"][0]["prefix"], secret[.."pb_key_".len() + 12], "the other half tells keys apart");
    let events = rig.get("/v1/events", &owner).await.is(200);
    assert!(events.text.contains("api_key.created") && !events.text.contains(hidden));
    let mut bent = secret.clone();
    bent.replace_range(10..11, if &secret[10..11] == "a" { "b" } else { "a" });
    assert_eq!(rig.get("/v1/seats", &bent).await.is(401).code(), "key_unknown");
    let other = token(&rig.sign_up("Borage").await);
    assert_eq!(rig.get("/v1/api-keys", &other).await.is(200).json["items"], json!([]));
}

async fn a_key_cannot_exceed_its_creator(rig: Rig) {
    let owner = token(&rig.sign_up("Aster").await);
    let admin = rig.join(&owner, "ada@example.com", "admin").await;
    let ask =
        json!({ "name": "Too much", "scopes": ["seats:read", "api_keys:write", "softphone:operate", "seats:fly"] });
    let refused = rig.post("/v1/api-keys", &owner, ask).await.is(422).json;
    let codes: Vec<&str> = refused["errors"].as_array().unwrap().iter().map(|e| e["code"].as_str().unwrap()).collect();
    assert_eq!(codes, ["people_only", "people_only", "unknown"]);
    let (secret, id) = key(&rig, &token(&admin), &["seats:read", "seats:write", "members:write", "calls:read"]).await;
    rig.post("/v1/seats", &secret, json!({})).await.is(201);
    let member = admin.json["me"]["member"].as_str().unwrap();
    let owner_member = rig.get("/v1/me", &owner).await.json["member"].as_str().unwrap().to_owned();
    let takeover = rig.patch(&format!("/v1/members/{member}"), &secret, json!({ "role": "owner" })).await;
    assert_eq!(takeover.is(403).code(), "forbidden", "an admin's key makes no owners");
    rig.delete(&format!("/v1/members/{owner_member}"), &secret).await.is(403);
    rig.patch(&format!("/v1/members/{member}"), &owner, json!({ "role": "supervisor" })).await.is(200);
    rig.get("/v1/seats", &secret).await.is(200);
    assert_eq!(rig.post("/v1/seats", &secret, json!({})).await.is(403).code(), "scope_missing", "at once");
    let seen = rig.get(&format!("/v1/api-keys/{id}"), &owner).await.is(200).json;
    assert_eq!(seen["idle_scopes"], json!(["seats:write", "members:write"]));
    rig.patch(&format!("/v1/members/{member}"), &owner, json!({ "role": "agent" })).await.is(200);
    rig.call(rig.get("/v1/company", &owner).await.json["id"].as_str().unwrap(), None).await;
    let calls = rig.get("/v1/calls", &secret).await.is(200).json;
    assert_eq!(calls["items"], json!([]), "an agent's key sees what the agent sees");
}

async fn nobody_comes_by_more_through_a_key_than_the_key_may(rig: Rig) {
    let owner = token(&rig.sign_up("Aster").await);
    let agent = rig.join(&owner, "ada@example.com", "agent").await;
    let member = format!("/v1/members/{}", agent.json["me"]["member"].as_str().unwrap());
    let invite = |role: &str| json!({ "email": format!("{role}@example.com"), "role": role });
    let (narrow, _) = key(&rig, &owner, &["members:write", "invitations:write"]).await;
    for role in ["owner", "admin", "supervisor"] {
        assert_eq!(rig.patch(&member, &narrow, json!({ "role": role })).await.is(403).code(), "person_required");
        assert_eq!(rig.post("/v1/invitations", &narrow, invite(role)).await.is(403).code(), "person_required");
    }
    assert_eq!(rig.post("/v1/invitations", &narrow, invite("agent")).await.is(403).code(), "person_required");
    rig.patch(&member, &narrow, json!({ "state": "suspended" })).await.is(200);
    rig.patch(&member, &narrow, json!({ "state": "active" })).await.is(200);
    let all = Role::Owner.permissions().filter(|one| one.is_for_programs()).map(|one| one.to_string());
    let (wide, _) = key(&rig, &owner, &all.collect::<Vec<_>>().iter().map(String::as_str).collect::<Vec<_>>()).await;
    rig.post("/v1/invitations", &wide, invite("agent")).await.is(201);
    rig.patch(&member, &wide, json!({ "role": "supervisor" })).await.is(200);
    for role in ["owner", "admin"] {
        assert_eq!(rig.patch(&member, &wide, json!({ "role": role })).await.is(403).code(), "person_required");
        assert_eq!(rig.post("/v1/invitations", &wide, invite(role)).await.is(403).code(), "person_required");
    }
}

async fn a_key_ends_with_its_time_its_person_and_its_revocation(rig: Rig) {
    let owner = token(&rig.sign_up("Aster").await);
    let ask = json!({ "name": "Short", "scopes": ["seats:read"], "expires_at": "2025-11-24T17:00:00Z" });
    let (short, _) = shown(&rig.post("/v1/api-keys", &owner, ask).await.is(201).json);
    rig.get("/v1/seats", &short).await.is(200);
    let admin = rig.join(&owner, "ada@example.com", "admin").await;
    let (orphan, orphan_id) = key(&rig, &token(&admin), &["seats:read"]).await;
    let (gone, gone_id) = key(&rig, &owner, &["seats:read"]).await;
    rig.delete(&format!("/v1/api-keys/{gone_id}"), &owner).await.is(204);
    rig.delete(&format!("/v1/api-keys/{gone_id}"), &owner).await.is(404);
    assert_eq!(rig.get("/v1/seats", &gone).await.is(401).code(), "key_revoked");
    let member = admin.json["me"]["member"].as_str().unwrap();
    rig.delete(&format!("/v1/members/{member}"), &owner).await.is(204);
    assert_eq!(rig.get("/v1/seats", &orphan).await.is(401).code(), "key_orphaned");
    assert_eq!(rig.get(&format!("/v1/api-keys/{orphan_id}"), &owner).await.json["state"], "orphaned");
    let taken = json!({ "take_over": true });
    assert_eq!(rig.patch(&format!("/v1/api-keys/{orphan_id}"), &owner, taken).await.is(200).json["state"], "active");
    rig.get("/v1/seats", &orphan).await.is(200);
    rig.clock.pass_s(2 * 3_600);
    assert_eq!(rig.get("/v1/seats", &short).await.is(401).code(), "key_expired");
    let again = rig.sign_in("owner@aster.example.com", crate::rig::PASSWORD).await;
    let list = rig.get("/v1/api-keys", &token(&again)).await.is(200).json;
    assert_eq!(list["items"].as_array().unwrap().len(), 2, "revoked ones are listed on request");
    let list = rig.get("/v1/api-keys?revoked=true&limit=2", &token(&again)).await.is(200).json;
    let next = format!("/v1/api-keys?revoked=true&limit=2&cursor={}", list["next_cursor"].as_str().unwrap());
    let rest = rig.get(&next, &token(&again)).await.is(200).json;
    let both = list["items"].as_array().unwrap().iter().chain(rest["items"].as_array().unwrap());
    let mut states: Vec<&str> = both.map(|one| one["state"].as_str().unwrap()).collect();
    states.sort_unstable();
    assert_eq!((states, &rest["next_cursor"]), (vec!["active", "expired", "revoked"], &json!(null)));
}

async fn a_key_comes_from_its_networks_alone(rig: Rig) {
    let owner = token(&rig.sign_up("Aster").await);
    let ask = json!({ "name": "Office", "scopes": ["seats:read"], "networks": ["203.0.113.77/24", "2001:db8::/48"] });
    let made = rig.post("/v1/api-keys", &owner, ask).await.is(201).json;
    assert_eq!(made["key"]["networks"], json!(["203.0.113.0/24", "2001:db8::/48"]));
    let (secret, id) = shown(&made);
    let from = async |address: &str| rig.send_from(address, "GET", "/v1/seats", &secret, None, &[]).await;
    from("203.0.113.9").await.is(200);
    from("2001:db8::7").await.is(200);
    assert_eq!(from("203.0.114.9").await.is(403).code(), "address_refused");
    let lied = [("x-forwarded-for", "203.0.113.9")];
    rig.send_from("198.51.100.1", "GET", "/v1/seats", &secret, None, &lied).await.is(403);
    rig.patch(&format!("/v1/api-keys/{id}"), &owner, json!({ "networks": [] })).await.is(200);
    from("203.0.114.9").await.is(200);
}

async fn a_replaced_secret_works_for_a_while(rig: Rig) {
    let owner = token(&rig.sign_up("Aster").await);
    let (old, id) = key(&rig, &owner, &["seats:read"]).await;
    let rotate = format!("/v1/api-keys/{id}/rotate");
    let made = rig.post(&rotate, &owner, json!({ "old_works_for_s": 300 })).await.is(201).json;
    let (new, same) = shown(&made);
    assert_eq!(same, id);
    assert_eq!(made["key"]["secrets"].as_array().unwrap().len(), 2);
    rig.get("/v1/seats", &old).await.is(200);
    rig.get("/v1/seats", &new).await.is(200);
    let told = rig.get("/v1/api-keys/current", &old).await.is(200).json;
    assert!(told["secret_ends_at"].is_string(), "the old one knows that it ends: {told}");
    assert_eq!(rig.post(&rotate, &owner, json!({})).await.is(409).code(), "rotation_running");
    rig.clock.pass_s(300);
    assert_eq!(rig.get("/v1/seats", &old).await.is(401).code(), "key_rotated");
    rig.get("/v1/seats", &new).await.is(200);
    let (newest, _) = shown(&rig.post(&rotate, &owner, json!({})).await.is(201).json);
    rig.get("/v1/seats", &new).await.is(200);
    let ended = rig.delete(&format!("/v1/api-keys/{id}/old-secret"), &owner).await.is(200).json;
    assert_eq!(ended["secrets"].as_array().unwrap().len(), 1);
    assert_eq!(rig.get("/v1/seats", &new).await.is(401).code(), "key_rotated");
    rig.get("/v1/seats", &newest).await.is(200);
    rig.post(&rotate, &owner, json!({ "old_works_for_s": -1 })).await.is(422);
}

async fn a_key_is_renewed_by_whoever_answers_for_it(rig: Rig) {
    let owner = token(&rig.sign_up("Aster").await);
    let admin = token(&rig.join(&owner, "ada@example.com", "admin").await);
    let (secret, id) = key(&rig, &owner, &["seats:read", "members:write"]).await;
    let path = format!("/v1/api-keys/{id}");
    let refused = rig.post(&format!("{path}/rotate"), &admin, json!({})).await.is(409);
    assert_eq!(refused.code(), "take_over_first", "an admin does not come by an owner's rights");
    let wider = rig.patch(&path, &admin, json!({ "scopes": ["seats:read", "calls:read"] })).await.is(422);
    assert_eq!(wider.json["errors"][0]["code"], "take_over_first");
    let narrower = rig.patch(&path, &admin, json!({ "scopes": ["seats:read"], "name": "Less" })).await.is(200).json;
    assert_eq!((&narrower["scopes"], narrower["name"].as_str()), (&json!(["seats:read"]), Some("Less")));
    let both = json!({ "take_over": true, "scopes": ["seats:read", "calls:read"] });
    let taken = rig.patch(&path, &admin, both).await.is(200).json;
    assert_eq!(
        (&taken["scopes"], taken["created_by"].as_str()),
        (&json!(["seats:read", "calls:read"]), Some("Mia Member"))
    );
    rig.get("/v1/calls", &secret).await.is(200);
    rig.post(&format!("{path}/rotate"), &admin, json!({})).await.is(201);
    rig.delete(&path, &owner).await.is(204);
}

async fn the_last_use_of_a_key_is_known(rig: Rig) {
    let owner = token(&rig.sign_up("Aster").await);
    let (secret, id) = key(&rig, &owner, &["seats:read"]).await;
    let path = format!("/v1/api-keys/{id}");
    assert_eq!(rig.get(&path, &owner).await.is(200).json["last_used_at"], json!(null));
    rig.send_from("203.0.113.9", "GET", "/v1/seats", &secret, None, &[]).await.is(200);
    uses::keep(rig.control.app()).await.unwrap();
    let seen = rig.get(&path, &owner).await.is(200).json;
    assert_eq!(seen["last_used_from"], "203.0.113.9");
    assert!(seen["last_used_at"].is_string() && seen["secrets"][0]["last_used_at"].is_string(), "{seen}");
    rig.get("/v1/seats", "pb_key_nonsense").await.is(401);
    uses::keep(rig.control.app()).await.unwrap();
    assert_eq!(rig.get(&path, &owner).await.is(200).json, seen, "a refused request is no use");
}

async fn what_is_wrong_with_a_key_is_told_by_field(rig: Rig) {
    let owner = token(&rig.sign_up("Aster").await);
    let ask = json!({ "name": " ", "scopes": [], "networks": ["10.0.0.0/40"], "expires_at": "2020-01-01T00:00:00Z" });
    let refused = rig.post("/v1/api-keys", &owner, ask).await.is(422).json;
    let fields: Vec<&str> =
        refused["errors"].as_array().unwrap().iter().map(|e| e["field"].as_str().unwrap()).collect();
    assert_eq!(fields, ["name", "scopes", "networks", "expires_at"]);
    let (_, id) = key(&rig, &owner, &["seats:read"]).await;
    let path = format!("/v1/api-keys/{id}");
    rig.patch(&path, &owner, json!({ "scopes": [] })).await.is(422);
    let ends = rig.patch(&path, &owner, json!({ "expires_at": "2030-01-01T00:00:00Z" })).await.is(200).json;
    assert_eq!(ends["expires_at"], "2030-01-01T00:00:00Z");
    let kept = rig.patch(&path, &owner, json!({ "name": "Other" })).await.is(200).json;
    assert_eq!(kept["expires_at"], "2030-01-01T00:00:00Z", "what is absent stays");
    assert_eq!(rig.patch(&path, &owner, json!({ "expires_at": null })).await.is(200).json["expires_at"], json!(null));
}

async fn quotas_count_what_there_is(rig: Rig) {
    let owner = token(&rig.sign_up("Aster").await);
    rig.post("/v1/seats", &owner, json!({})).await.is(201);
    let (secret, _) = key(&rig, &owner, &["capacity:read"]).await;
    let list = rig.get("/v1/quotas", &secret).await.is(200).json;
    let of = |kind: &str| {
        let found = list.as_array().unwrap().iter().find(|one| one["kind"] == kind).unwrap();
        (found["used"].as_i64().unwrap(), found["limit"].as_i64())
    };
    assert_eq!([of("seats"), of("members"), of("api_keys")], [(1, Some(50)), (1, None), (1, Some(100))]);
    assert_eq!((of("program_requests").0, of("calls").0), (1, 0), "this very request is the one");
}

async fn a_suspended_company_s_key_looks_no_more_than_its_people(rig: Rig) {
    let session = rig.sign_up("Aster").await;
    let owner = token(&session);
    let (secret, _) = key(&rig, &owner, &["seats:read", "seats:write"]).await;
    let tenant = session.json["me"]["company"]["id"].as_str().unwrap();
    let suspend = json!({ "state": "suspended" });
    rig.patch(&format!("/v1/operator/tenants/{tenant}"), &rig.operator().await, suspend).await.is(200);
    rig.get("/v1/seats", &secret).await.is(200);
    assert_eq!(rig.post("/v1/seats", &secret, json!({})).await.is(403).code(), "suspended");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_busy_key_is_told_what_is_left_and_then_to_wait() {
    let file = patchbay_testkit::sqlite().await;
    let a_minute = |n| NonZeroU32::new(n).unwrap();
    let limits = LimitSettings { program: a_minute(60), company_programs: a_minute(120), ..LimitSettings::default() };
    let rig = Rig::with(&file.url(), limits, FirstPassword::Keeps).await;
    let owner = token(&rig.sign_up("Aster").await);
    let (secret, _) = key(&rig, &owner, &["seats:read"]).await;
    let header = |answer: &crate::rig::Answer, name: &str| answer.headers[name].to_str().unwrap().to_owned();
    let first = rig.get("/v1/seats", &secret).await.is(200);
    assert_eq!(header(&first, "ratelimit-policy"), r#""key";q=60;w=60, "company";q=120;w=60"#);
    assert_eq!(header(&first, "ratelimit"), r#""key";r=59;t=1, "company";r=119;t=1"#);
    let refused = rig.get("/v1/calls", &secret).await.is(403);
    assert_eq!(header(&refused, "ratelimit"), r#""key";r=58;t=2, "company";r=118;t=1"#, "a refusal counts too");
    for _ in 0..58 {
        rig.get("/v1/seats", &secret).await.is(200);
    }
    let over = rig.get("/v1/seats", &secret).await.is(429);
    assert_eq!((over.code(), header(&over, "retry-after").as_str()), ("rate_limited", "2"));
    assert!(header(&over, "ratelimit").starts_with(r#""key";r=0;t=60"#), "{}", header(&over, "ratelimit"));
    let (second, _) = key(&rig, &owner, &["seats:read"]).await;
    for _ in 0..60 {
        rig.get("/v1/seats", &second).await.is(200);
    }
    let (third, _) = key(&rig, &owner, &["seats:read"]).await;
    assert_eq!(rig.get("/v1/seats", &third).await.is(429).code(), "rate_limited", "the company's is used up");
    let person = rig.get("/v1/seats", &owner).await.is(200);
    assert!(!person.headers.contains_key("ratelimit"), "people do not wait for programs");
    rig.clock.pass_s(2);
    rig.get("/v1/seats", &secret).await.is(200);
}
