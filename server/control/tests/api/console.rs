//! The operators' console: companies found, suspended and limited; support with a reason and an end; jobs given up; numbers from a
//! file; and what an INVITE would find.

use std::sync::Arc;

use patchbay_control::{
    directory::{Directory, DirectoryParts},
    prompts::studio::Studio,
};
use patchbay_kernel::{NodeId, SeededEntropy, Uuid};
use patchbay_tenancy::Sealer;
use serde_json::{Value, json};

use crate::{
    fakes::NoSlots,
    rig::{DOMAIN, PASSWORD, Rig, token},
};

on_both!(
    companies_are_found_and_looked_at,
    nobody_of_a_suspended_company_comes_in,
    limits_hold,
    support_is_a_visit_with_a_reason,
    support_leaves_nothing_behind,
    a_visit_is_over_after_half_an_hour,
    dead_jobs_are_retried_or_struck,
    numbers_come_from_a_file_and_go_again,
    an_invite_finds_its_way_or_says_why_not,
    number_rules_are_tried_before_they_count,
    the_sip_of_a_gateway_is_caught,
);

async fn tenant_of(rig: &Rig, owner: &str) -> String {
    rig.get("/v1/company", owner).await.is(200).id()
}

async fn companies_are_found_and_looked_at(rig: Rig) {
    let operator = rig.operator().await;
    let owner = token(&rig.sign_up("Aster").await);
    for name in ["Borage", "Clover", "Asphodel"] {
        rig.clock.pass_s(1);
        rig.sign_up(name).await;
    }
    let names = |page: &Value| {
        let items = page["items"].as_array().unwrap().iter();
        items.map(|one| one["name"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let all = rig.get("/v1/operator/tenants?limit=3", &operator).await.is(200).json;
    assert_eq!(names(&all), ["Asphodel", "Clover", "Borage"], "newest first");
    let next = format!("/v1/operator/tenants?limit=3&cursor={}", all["next_cursor"].as_str().unwrap());
    assert_eq!(names(&rig.get(&next, &operator).await.is(200).json), ["Aster"]);
    let some = rig.get("/v1/operator/tenants?search=AS", &operator).await.is(200).json;
    assert_eq!(names(&some), ["Asphodel", "Aster"]);
    let tenant = tenant_of(&rig, &owner).await;
    let one = rig.get(&format!("/v1/operator/tenants?search={tenant}"), &operator).await.is(200).json;
    assert_eq!(names(&one), ["Aster"]);
    assert_eq!(names(&rig.get("/v1/operator/tenants?search=%25", &operator).await.is(200).json).len(), 4);
    let detail = rig.get(&format!("/v1/operator/tenants/{tenant}"), &operator).await.is(200).json;
    assert_eq!((&detail["people"][0]["role"], &detail["people"][0]["name"]), (&json!("owner"), &json!("Olga Owner")));
    assert_eq!(detail["limits"].as_array().unwrap().len(), 5);
    rig.get("/v1/operator/tenants?state=suspended", &operator).await.is(200);
}

async fn nobody_of_a_suspended_company_comes_in(rig: Rig) {
    let operator = rig.operator().await;
    let session = rig.sign_up("Aster").await;
    let (owner, cookie) = (token(&session), session.cookie());
    let tenant = tenant_of(&rig, &owner).await;
    let call = rig.switch.ring(&tenant);
    let path = format!("/v1/operator/tenants/{tenant}");
    let why = "Invoice 12 is not paid";
    rig.patch(&path, &operator, json!({ "state": "suspended", "reason": why })).await.is(200);
    assert!(rig.switch.ended.lock().unwrap().is_empty(), "calls that are up may end by themselves");
    let refused = rig.sign_in("owner@aster.example.com", PASSWORD).await;
    assert_eq!((refused.status, refused.code()), (403, "company_suspended"));
    let page = [("cookie", cookie.as_str()), ("x-patchbay", "1")];
    let refused = rig.send("POST", "/v1/session/refresh", "", None, &page).await;
    assert_eq!((refused.status, refused.code()), (403, "company_suspended"));
    assert_eq!(rig.post("/v1/seats", &owner, json!({})).await.is(403).code(), "suspended");
    let line = rig.get("/v1/audit?action=company.suspended", &owner).await.is(200).json["items"][0].clone();
    assert_eq!((&line["body"]["reason"], &line["actor"]["kind"]), (&json!(why), &json!("operator")));
    assert_eq!(line["actor"]["name"], Value::Null, "who of the operators is theirs to know");
    rig.patch(&path, &operator, json!({ "state": "active" })).await.is(200);
    rig.sign_in("owner@aster.example.com", PASSWORD).await.is(200);
    rig.patch(&path, &operator, json!({ "state": "suspended", "end_calls": true })).await.is(200);
    assert_eq!(*rig.switch.ended.lock().unwrap(), [call]);
}

async fn limits_hold(rig: Rig) {
    let operator = rig.operator().await;
    let owner = token(&rig.sign_up("Aster").await);
    let path = format!("/v1/operator/tenants/{}", tenant_of(&rig, &owner).await);
    let limits = json!({ "limits": { "seats": 1, "members": 1, "api_keys": 0, "numbers": 0, "gateway_ports": 0 } });
    rig.patch(&path, &operator, limits).await.is(200);
    rig.post("/v1/seats", &owner, json!({})).await.is(201);
    assert_eq!(rig.post("/v1/seats", &owner, json!({})).await.is(409).code(), "limit_reached");
    let key = json!({ "name": "One", "scopes": ["seats:read"] });
    assert_eq!(rig.post("/v1/api-keys", &owner, key).await.is(409).code(), "limit_reached");
    let somebody = json!({ "email": "mia@example.com", "role": "agent" });
    assert_eq!(rig.post("/v1/invitations", &owner, somebody).await.is(409).code(), "limit_reached");
    let quotas = rig.get("/v1/quotas", &owner).await.is(200).json;
    let seats = quotas.as_array().unwrap().iter().find(|one| one["kind"] == "seats").unwrap().clone();
    assert_eq!((&seats["used"], &seats["limit"]), (&json!(1), &json!(1)));
    rig.patch(&path, &operator, json!({ "limits": { "seats": null } })).await.is(200);
    rig.post("/v1/seats", &owner, json!({})).await.is(201);
    for bad in [json!({ "limits": { "cars": 1 } }), json!({ "limits": { "seats": -1 } }), json!({ "max_calls": 0 })] {
        assert_eq!(rig.patch(&path, &operator, bad).await.is(422).code(), "validation");
    }
}

struct Visit {
    id: String,
    token: String,
}

async fn visit(rig: &Rig, operator: &str, owner: &str) -> Visit {
    let user = rig.get("/v1/me", owner).await.json["user"]["id"].clone();
    let path = format!("/v1/operator/tenants/{}/support", tenant_of(rig, owner).await);
    let ask = json!({ "user": user, "reason": "Ticket 7: a number does not ring" });
    let opened = rig.post(&path, operator, ask).await.is(200).json;
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    Visit { id: text(&opened["support"]["id"]), token: text(&opened["session"]["access_token"]) }
}

async fn support_is_a_visit_with_a_reason(rig: Rig) {
    let operator = rig.operator().await;
    let owner = token(&rig.sign_up("Aster").await);
    let tenant = tenant_of(&rig, &owner).await;
    let user = rig.get("/v1/me", &owner).await.json["user"]["id"].clone();
    let path = format!("/v1/operator/tenants/{tenant}/support");
    let bare = rig.post(&path, &operator, json!({ "user": user, "reason": "x" })).await.is(422);
    assert_eq!(bare.json["errors"][0]["field"], "reason");
    let other = token(&rig.sign_up("Borage").await);
    let stranger = rig.get("/v1/me", &other).await.json["user"]["id"].clone();
    rig.post(&path, &operator, json!({ "user": stranger, "reason": "long enough" })).await.is(422);
    let visit = visit(&rig, &operator, &owner).await;
    let me = rig.get("/v1/me", &visit.token).await.is(200).json;
    assert_eq!((&me["company"]["id"], &me["user"]["id"]), (&json!(tenant), &user));
    assert_eq!(me["support"]["reason"], "Ticket 7: a number does not ring");
    let seat = rig.post("/v1/seats", &visit.token, json!({ "label": "By support" })).await.is(201).id();
    let line = rig.get(&format!("/v1/audit?entity_id={seat}"), &owner).await.is(200).json["items"][0].clone();
    assert_eq!((&line["actor"]["kind"], &line["actor"]["acting_as"]), (&json!("operator"), &user));
    assert_eq!(line["from"]["session"], json!(visit.id));
    rig.post(&format!("/v1/operator/support/{}/end", visit.id), &operator, json!({})).await.is(204);
    rig.get("/v1/me", &visit.token).await.is(401);
    for (log, by) in [("/v1/audit", &owner), ("/v1/operator/audit", &operator)] {
        for action in ["support.entered", "support.left"] {
            let found = rig.get(&format!("{log}?action={action}"), by).await.is(200).json;
            assert_eq!(found["items"].as_array().unwrap().len(), 1, "{action} in {log}");
        }
    }
    let list = rig.get(&path, &operator).await.is(200).json;
    assert_eq!(
        (list[0]["on"].as_bool(), list[0]["reason"].as_str()),
        (Some(false), Some("Ticket 7: a number does not ring"))
    );
}

async fn support_leaves_nothing_behind(rig: Rig) {
    let operator = rig.operator().await;
    let session = rig.sign_up("Aster").await;
    let owner = token(&session);
    let visit = visit(&rig, &operator, &owner).await;
    let member = session.json["me"]["member"].as_str().unwrap();
    let tenant = tenant_of(&rig, &owner).await;
    let seat = rig.post("/v1/seats", &owner, json!({ "label": "Desk" })).await.is(201).id();
    let phone = rig.post(&format!("/v1/seats/{seat}/devices"), &owner, json!({ "label": "Phone" })).await.is(201).json;
    let phone = phone["device"]["id"].as_str().unwrap();
    for (method, path, body) in [
        ("POST", "/v1/api-keys".to_owned(), json!({ "name": "Back door", "scopes": ["seats:read"] })),
        ("POST", "/v1/invitations".into(), json!({ "email": "me@operator.example.com", "role": "owner" })),
        ("PATCH", format!("/v1/members/{member}"), json!({ "role": "agent" })),
        ("POST", "/v1/softphone/ticket".into(), Value::Null),
        ("POST", format!("/v1/seats/{seat}/devices"), json!({ "label": "Back door" })),
        ("POST", format!("/v1/devices/{phone}/credentials"), json!({})),
        ("POST", "/v1/roles".into(), json!({ "name": "Back door", "scope": "all", "permissions": ["seats:read"] })),
        ("PATCH", "/v1/me".into(), json!({ "name": "Somebody" })),
        ("POST", "/v1/me/password".into(), json!({ "current": PASSWORD, "new": "another long one" })),
        ("POST", "/v1/session/switch".into(), json!({ "tenant": tenant })),
    ] {
        let body = Some(body).filter(|body| !body.is_null());
        let answer = rig.send(method, &path, &visit.token, body, &[]).await;
        assert_eq!((answer.status, answer.code()), (403, "support_limited"), "{path}: {}", answer.text);
    }
    assert!(rig.get("/v1/operator/overview", &visit.token).await.status == 401, "it is no operator's token");
}

async fn a_visit_is_over_after_half_an_hour(rig: Rig) {
    let operator = rig.operator().await;
    let owner = token(&rig.sign_up("Aster").await);
    let first = visit(&rig, &operator, &owner).await;
    rig.clock.pass_s(540);
    let path = format!("/v1/operator/support/{}/session", first.id);
    let operator = rig.operator().await;
    let again = token_of(&rig.send("POST", &path, &operator, None, &[]).await.is(200).json);
    rig.clock.pass_s(540);
    rig.get("/v1/me", &again).await.is(200);
    rig.clock.pass_s(721);
    let operator = rig.operator().await;
    rig.get("/v1/me", &again).await.is(401);
    assert_eq!(rig.send("POST", &path, &operator, None, &[]).await.is(410).code(), "support_over");
    // And with the operator's own session.
    let owner = token(&rig.sign_in("owner@aster.example.com", PASSWORD).await.is(200));
    let session = rig
        .post("/v1/operator/sign-in", "", json!({ "email": crate::rig::OPERATOR, "password": rig.operator_password }))
        .await;
    let second = visit(&rig, &token(&session), &owner).await;
    rig.get("/v1/me", &second.token).await.is(200);
    let page = [("cookie", session.cookie()), ("x-patchbay", "1".to_owned())];
    let page: Vec<(&str, &str)> = page.iter().map(|(name, value)| (*name, value.as_str())).collect();
    rig.send("POST", "/v1/operator/sign-out", "", None, &page).await.is(204);
    rig.get("/v1/me", &second.token).await.is(401);
}

fn token_of(opened: &Value) -> String {
    opened["session"]["access_token"].as_str().unwrap().to_owned()
}

async fn dead_jobs_are_retried_or_struck(rig: Rig) {
    let operator = rig.operator().await;
    let one = rig.dead_job().await;
    rig.clock.pass_s(1);
    let two = rig.dead_job().await;
    let dead = rig.get("/v1/operator/jobs?state=dead", &operator).await.is(200);
    assert!(!dead.text.contains("canary"), "what a job needs is not shown");
    let ids: Vec<&str> = dead.json["items"].as_array().unwrap().iter().map(|job| job["id"].as_str().unwrap()).collect();
    assert_eq!(ids, [two.as_str(), one.as_str()]);
    assert_eq!(dead.json["items"][0]["last_error"], "no such mailbox");
    assert_eq!(rig.get("/v1/operator/jobs/figures", &operator).await.is(200).json["dead"], 2);
    rig.post(&format!("/v1/operator/jobs/{one}/retry"), &operator, json!({})).await.is(204);
    rig.delete(&format!("/v1/operator/jobs/{two}"), &operator).await.is(204);
    rig.delete(&format!("/v1/operator/jobs/{two}"), &operator).await.is(404);
    let left = rig.get("/v1/operator/jobs", &operator).await.is(200).json;
    assert_eq!((left["items"].as_array().unwrap().len(), left["items"][0]["state"].as_str()), (1, Some("waiting")));
}

async fn a_gateway(rig: &Rig, operator: &str, label: &str, connection: Value) -> Value {
    let sites = rig.get("/v1/operator/sites", operator).await.is(200).json;
    let site = match sites[0]["id"].as_str() {
        Some(site) => site.to_owned(),
        None => rig.post("/v1/operator/sites", operator, json!({ "name": "Lab", "country": "US" })).await.is(201).id(),
    };
    let mut ask = json!({ "site": site, "label": label, "profile": "falcon_e1", "gateway_ports": 2, "rental": "shared",
        "monthly": { "micros": 0, "currency": "USD" } });
    for (name, value) in connection.as_object().unwrap() {
        ask[name] = value.clone();
    }
    rig.post("/v1/operator/gateways", operator, ask).await.is(201).json
}

async fn numbers_come_from_a_file_and_go_again(rig: Rig) {
    let operator = rig.operator().await;
    a_gateway(&rig, &operator, "Falcon", json!({ "connection": "ip_peer", "host": "192.0.2.7" })).await;
    let good = "number,gateway,gateway_port,kind,monthly\n+14155550100,Falcon,1,local,2.50\n+14155550101,Falcon,2,,\n";
    let bad = format!("{good}+1415555,Nobody,1,fax,-1\n+14155550100,Falcon,1,local,1\n");
    let path = "/v1/operator/number-imports";
    let look = rig.file(&format!("{path}/preview"), &operator, &bad).await.is(200).json;
    assert_eq!((&look["total"], &look["good"]), (&json!(4), &json!(2)));
    assert_eq!((&look["rows"][0]["line"], look["rows"][1]["errors"][0]["code"].as_str()), (&json!(4), Some("twice")));
    let refused = rig.file(path, &operator, &bad).await.is(422);
    assert!(refused.text.contains("Line 4"), "{}", refused.text);
    assert_eq!(rig.get("/v1/operator/numbers", &operator).await.is(200).json["items"], json!([]), "all or none");
    rig.file(path, &operator, "no head\n").await.is(422);
    assert_eq!(rig.post(path, &operator, json!({})).await.is(415).code(), "unsupported_media_type");
    let big = format!("number\n{}", "+14155550100\n".repeat(90_000));
    assert_eq!(rig.file(path, &operator, &big).await.is(413).code(), "too_large");
    let named = format!("{path}?name=block.csv&skip_bad=true");
    let made = rig.file(&named, &operator, &bad).await.is(201).json;
    assert_eq!((&made["name"], &made["numbers"], &made["untouched"]), (&json!("block.csv"), &json!(2), &json!(true)));
    let again = rig.file(path, &operator, good).await.is(422);
    assert!(again.text.contains("number_exists"), "{}", again.text);
    let undo = format!("{path}/{}", made["id"].as_str().unwrap());
    rig.delete(&undo, &operator).await.is(204);
    rig.delete(&undo, &operator).await.is(404);
    assert_eq!(rig.get("/v1/operator/numbers", &operator).await.is(200).json["items"], json!([]));
    rig.clock.pass_s(1);
    let made = rig.file(path, &operator, good).await.is(201).json;
    let owner = token(&rig.sign_up("Aster").await);
    let number = rig.get("/v1/operator/numbers", &operator).await.is(200).json["items"][0]["id"].clone();
    let claim = format!("/v1/numbers/{}/claim", number.as_str().unwrap());
    rig.send("POST", &claim, &owner, None, &[]).await.is(201);
    let undo = format!("{path}/{}", made["id"].as_str().unwrap());
    assert_eq!(rig.delete(&undo, &operator).await.is(409).code(), "import_touched");
    let list = rig.get(path, &operator).await.is(200).json;
    assert_eq!((&list[0]["untouched"], list[1]["undone_at"].is_string()), (&json!(false), true));
}

async fn directed(rig: &Rig) {
    let parts = DirectoryParts {
        database: rig.db.clone(),
        capacity: Arc::new(NoSlots),
        sealer: Arc::new(Sealer::new(&[7; 32])),
        feed: rig.feed.clone(),
        clock: rig.clock.clone(),
        entropy: Arc::new(|| Box::new(SeededEntropy::new(77))),
        sip_domain: DOMAIN.into(),
        studio: Studio::of(rig.control.app()),
        till: Some(patchbay_control::money::Till::of(rig.control.app())),
        node: NodeId::from_uuid(Uuid::from_u128(5)),
        node_epoch: 1,
    };
    rig.control.directed_by(Directory::start(parts).await.unwrap());
}

async fn an_invite_finds_its_way_or_says_why_not(rig: Rig) {
    let operator = rig.operator().await;
    let ask = |source: &str, called: &str| {
        json!({ "source": source, "request_uri": format!("sip:{called}@sip.example.com"),
        "from": "sip:+12125550123@192.0.2.7" })
    };
    assert_eq!(rig.post("/v1/operator/match", &operator, ask("192.0.2.7", "x")).await.is(503).code(), "busy");
    directed(&rig).await;
    let falcon = a_gateway(&rig, &operator, "Falcon", json!({ "connection": "ip_peer", "host": "192.0.2.7" })).await;
    let falcon = falcon["gateway"]["id"].as_str().unwrap().to_owned();
    let heron = a_gateway(&rig, &operator, "Heron", json!({ "connection": "ip_peer", "host": "192.0.2.8" })).await;
    let heron = heron["gateway"]["id"].as_str().unwrap().to_owned();
    rig.switch.peer(&falcon, "192.0.2.7:5060");
    rig.switch.peer(&heron, "192.0.2.8:5060");
    let csv = "number,gateway,gateway_port\n+14155550100,Falcon,2\n+14155550101,Heron,1\n";
    rig.file("/v1/operator/number-imports", &operator, csv).await.is(201);
    let find = async |source: &str, called: &str| {
        rig.post("/v1/operator/match", &operator, ask(source, called)).await.is(200).json
    };
    let nobody = find("203.0.113.9", "+14155550100").await;
    assert_eq!((&nobody["gateway"], &nobody["outcome"]["sip_code"]), (&Value::Null, &json!(401)));
    assert!(nobody["sources"].as_array().unwrap().iter().all(|one| one["nearness"] == "elsewhere"), "{nobody}");
    let free = find("192.0.2.7", "+14155550100").await;
    assert_eq!((&free["gateway"], &free["called"]), (&json!(falcon), &json!("+14155550100")));
    assert!(free["outcome"]["text"].as_str().unwrap().contains("not assigned"), "{free}");
    let far = find("192.0.2.7", "+14155550101").await;
    assert!(far["outcome"]["text"].as_str().unwrap().contains("does not live on Falcon"), "{far}");
    assert_eq!((&far["home"]["gateway"], &far["home"]["gateway_label"]), (&json!(heron), &json!("Heron")), "{far}");
    let owner = token(&rig.sign_up("Aster").await);
    let stock = rig.get("/v1/operator/numbers", &operator).await.is(200).json;
    let number = stock["items"][0]["id"].as_str().unwrap();
    rig.send("POST", &format!("/v1/numbers/{number}/claim"), &owner, None, &[]).await.is(201);
    let seat = rig.post("/v1/seats", &owner, json!({})).await.is(201).id();
    rig.post(&format!("/v1/seats/{seat}/devices"), &owner, json!({ "label": "Phone" })).await.is(201);
    let nowhere = find("192.0.2.7", "+14155550100").await;
    assert!(nowhere["outcome"]["text"].as_str().unwrap().contains("leads nowhere"), "{nowhere}");
    assert_eq!(nowhere["company"], "Aster");
    let there = json!({ "destination_kind": "seat", "destination_seat": seat });
    rig.patch(&format!("/v1/numbers/{number}"), &owner, there).await.is(200);
    let found = find("192.0.2.7:5060", "+14155550100").await;
    assert_eq!((&found["outcome"]["accepted"], &found["outcome"]["seat"]), (&json!(true), &json!(seat)), "{found}");
    assert_eq!(found["outcome"]["rings"].as_array().unwrap().len(), 1);
    let ports = found["gateway_ports"].as_array().unwrap();
    let chosen: Vec<bool> = ports.iter().map(|port| port["chosen"].as_bool().unwrap()).collect();
    assert_eq!(chosen, [false, true], "the number lives on the second: {found}");
    assert_eq!((&found["sources"][0]["chosen"], &found["sources"][0]["nearness"]), (&json!(true), &json!("exact")));
    assert_eq!((&found["sources"][0]["reason"], &ports[1]["reason"]), (&json!("exact"), &json!("number")));
    assert_eq!((&ports[1]["lives_here"], &ports[0]["reason"]), (&json!(true), &json!("other_number")), "{found}");
    let path = format!("/v1/operator/tenants/{}", tenant_of(&rig, &owner).await);
    rig.patch(&path, &operator, json!({ "state": "suspended" })).await.is(200);
    let refused = find("192.0.2.7", "+14155550100").await;
    assert_eq!((&refused["outcome"]["cause"], &refused["outcome"]["sip_code"]), (&json!("suspended"), &json!(403)));
    let wrong = rig.post("/v1/operator/match", &operator, ask("nowhere", "x")).await.is(422);
    assert_eq!(wrong.json["errors"][0]["field"], "source");
}

async fn number_rules_are_tried_before_they_count(rig: Rig) {
    let operator = rig.operator().await;
    directed(&rig).await;
    let falcon = a_gateway(&rig, &operator, "Falcon", json!({ "connection": "ip_peer", "host": "192.0.2.7" })).await;
    let port = format!("/v1/operator/gateway-ports/{}", falcon["gateway"]["gateway_ports"][0]["id"].as_str().unwrap());
    let preview = format!("{port}/preview");
    let ask = json!({ "called": "(212) 555-0123", "displayed": "+14155550100" });
    let plain = rig.post(&preview, &operator, ask.clone()).await.is(200).json;
    assert_eq!(plain["understood"], "+12125550123");
    assert!(plain["request_uri"].as_str().unwrap().starts_with("sip:+12125550123"), "{plain}");
    assert!(plain["from"].as_str().unwrap().contains("sip:+14155550100@"), "{plain}");
    let rules = json!({ "numbers": "national_bare", "displayed_numbers": "digits",
        "called": [{ "starts": "212", "strip": 3, "prepend": "0*" }] });
    let mut tried = ask.clone();
    tried["rules"] = rules.clone();
    let shown = rig.post(&preview, &operator, tried).await.is(200).json;
    assert!(shown["request_uri"].as_str().unwrap().starts_with("sip:0*5550123"), "{shown}");
    assert!(shown["from"].as_str().unwrap().contains("sip:14155550100@"), "{shown}");
    assert_eq!(rig.post(&preview, &operator, ask.clone()).await.is(200).json, plain, "a trial keeps nothing");
    let kept = json!({ "rules": rules, "priority": 3, "weight": 2, "cost_micros": 12_000, "inbound_reserve": 4 });
    let kept = rig.patch(&port, &operator, kept).await.is(200).json;
    assert_eq!((&kept["priority"], &kept["weight"], &kept["inbound_reserve"]), (&json!(3), &json!(2), &json!(4)));
    assert_eq!((&kept["cost"]["micros"], &kept["rules"]["called"][0]["prepend"]), (&json!(12_000), &json!("0*")));
    assert_eq!(rig.post(&preview, &operator, ask).await.is(200).json, shown);
    for bad in [
        json!({ "rules": { "called": [{ "prepend": "sip:" }] } }),
        json!({ "inbound_reserve": 30 }),
        json!({ "priority": 100 }),
        json!({ "weight": 0 }),
    ] {
        assert_eq!(rig.patch(&port, &operator, bad).await.is(422).code(), "validation");
    }
    let gateway = format!("/v1/operator/gateways/{}", falcon["gateway"]["id"].as_str().unwrap());
    let limits = json!({ "calls_per_second": 3, "max_calls": 20 });
    let limited = rig.patch(&gateway, &operator, limits).await.is(200).json;
    assert_eq!((&limited["calls_per_second"], &limited["max_calls"]), (&json!(3), &json!(20)));
    let free = rig.patch(&gateway, &operator, json!({ "max_calls": 0 })).await.is(200).json;
    assert!(free["max_calls"].is_null() && free["circuit"].is_null());
    let bad = rig.post(&preview, &operator, json!({ "called": "sales" })).await.is(422);
    assert_eq!(bad.json["errors"][0]["field"], "called");
}

async fn the_sip_of_a_gateway_is_caught(rig: Rig) {
    let operator = rig.operator().await;
    let falcon = a_gateway(&rig, &operator, "Falcon", json!({ "connection": "ip_peer", "host": "192.0.2.7" })).await;
    let id = falcon["gateway"]["id"].as_str().unwrap().to_owned();
    let path = format!("/v1/operator/gateways/{id}/capture");
    assert_eq!(rig.get(&path, &operator).await.is(503).code(), "busy", "nothing watches yet");
    let eye = Arc::new(crate::fakes::Eye::default());
    rig.control.observe(eye.clone());
    let none = rig.get(&path, &operator).await.is(200).json;
    assert_eq!((&none["running"], &none["until"]), (&json!(false), &Value::Null));
    rig.get(&format!("{path}/file"), &operator).await.is(404);
    rig.send("DELETE", &path, &operator, None, &[]).await.is(404);
    for minutes in [0, 61] {
        rig.post(&path, &operator, json!({ "minutes": minutes })).await.is(422);
    }
    let begun = rig.post(&path, &operator, json!({ "minutes": 10 })).await.is(200).json;
    assert_eq!(begun["running"], true);
    let passing = patchbay_ladder::Passing {
        at: rig.control.app().now(),
        ours: false,
        transport: "udp",
        peer: "192.0.2.7:5060".parse().unwrap(),
        bytes: b"OPTIONS sip:us SIP/2.0\r\nAuthorization: Digest response=\"f00\"\r\n\r\n",
    };
    eye.captures.lock().unwrap().message(passing, "198.51.100.1:5060".parse().unwrap());
    assert_eq!(rig.get(&path, &operator).await.is(200).json["packets"], 1);
    let file = rig.get(&format!("{path}/file"), &operator).await.is(200);
    assert_eq!(file.headers["content-type"], "application/vnd.tcpdump.pcap");
    assert!(file.text.contains("OPTIONS sip:us") && !file.text.contains("f00"));
    rig.send("DELETE", &path, &operator, None, &[]).await.is(200);
    let log = rig.get("/v1/operator/audit?limit=3", &operator).await.is(200).json;
    let lines: Vec<&str> = log["items"].as_array().unwrap().iter().map(|one| one["action"].as_str().unwrap()).collect();
    assert!(lines.iter().all(|line| line.contains("capture")), "{lines:?}");
}
