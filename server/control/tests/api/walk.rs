//! Every operation of the document meets everybody who has no business there. An operation that this file does not know fails it.

use std::collections::BTreeMap;

use patchbay_access::Role;
use serde_json::{Value, json};

use crate::{
    rig::Rig,
    whole_company::{Company, company, stock},
};

on_both!(nobody_gets_where_they_do_not_belong, another_company_s_ids_in_bodies_are_unknown);

pub struct Operation {
    pub id: String,
    pub method: String,
    pub path: String,
    /// `user` or `operator`; `None` is public.
    pub realm: Option<String>,
    scope: Option<String>,
    /// Scope with which a key may do it; `Some("")` needs none.
    key: Option<String>,
    /// A seat token may do it.
    seat_token: bool,
    pub has_body: bool,
    /// It has pages.
    pub lists: bool,
}

pub fn operations() -> Vec<Operation> {
    let document: Value = serde_json::from_str(&patchbay_control::openapi()).unwrap();
    let mut all = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let id = operation["operationId"].as_str().unwrap().to_owned();
            let security = operation["security"].as_array().unwrap_or_else(|| panic!("{id} says nothing of security"));
            let ways = || security.iter().flat_map(|way| way.as_object().unwrap());
            let scope_of = |realm: &str| {
                let found = ways().find(|(name, _)| *name == realm);
                found.map(|(_, scopes)| scopes[0].as_str().unwrap_or_default().to_owned())
            };
            all.push(Operation {
                method: method.to_uppercase(),
                path: path.clone(),
                realm: ways().next().map(|(realm, _)| realm.clone()),
                scope: scope_of("user").filter(|scope| !scope.is_empty()),
                key: scope_of("api_key"),
                seat_token: scope_of("seat_token").is_some(),
                has_body: operation.get("requestBody").is_some(),
                lists: operation["parameters"]
                    .as_array()
                    .is_some_and(|all| all.iter().any(|one| one["name"] == "limit")),
                id,
            });
        }
    }
    all
}

/// Every scope that some operation takes from a key.
pub fn key_scopes() -> Vec<String> {
    let mut all: Vec<String> = operations().into_iter().filter_map(|operation| operation.key).collect();
    all.retain(|scope| !scope.is_empty());
    all.sort();
    all.dedup();
    all
}

/// Operations on what is in the shop: what is another company's cannot be had, and that it is there is no secret.
pub const TAKES_STOCK: [&str; 3] = ["number_claim", "number_hold", "gateway_port_rent"];

/// A path with ids that are well formed and nobody's, for operations that are refused before they are looked at.
pub fn anywhere(path: &str) -> String {
    let nothing = "0".repeat(26);
    path.replace("{id}", &format!("seat_{nothing}")).replace("{step}", "mic_test").replace("{language}", "en")
}

pub fn body_of(operation: &str) -> Value {
    match operation {
        "sign_up" | "sign_in" | "operator_sign_in" | "email_check" | "invitation_accept" => json!({}),
        "me_patch" => json!({ "name": "Somebody" }),
        "me_password" | "operator_password" => json!({ "current": "not this one", "new": "another long one" }),
        "single_sign_on_find" => json!({ "who": "nobody@elsewhere.example.com" }),
        "single_sign_on_start" => json!({ "realm": "nobody" }),
        "single_sign_on_set" => {
            json!({ "issuer": "http://127.0.0.1:9", "client_id": "x", "domains": ["x.example.com"] })
        }
        "session_switch" => json!({ "tenant": format!("ten_{}", "0".repeat(26)) }),
        "company_patch" | "member_patch" | "seat_patch" | "number_patch" => json!({}),
        "invitation_create" => json!({ "email": "x@elsewhere.example.com", "role": "agent" }),
        "number_check_create" => {
            json!({ "number": "+14155550190", "kind": "local", "gateway_port": format!("gwp_{}", "0".repeat(26)) })
        }
        "number_check_call" => json!({}),
        "company_site_create" => json!({ "name": "Office", "country": "US" }),
        "company_site_patch" | "own_gateway_patch" => json!({}),
        "own_gateway_create" => {
            json!({ "site": format!("site_{}", "0".repeat(26)), "label": "Box", "profile": "kestrel_fxo",
                "connection": "registers_with_us", "gateway_ports": 4 })
        }
        "caller_rule_create" => json!({ "pattern": "anonymous", "list": "block" }),
        "callback_close" => json!({ "outcome": "done" }),
        "call_record" => json!({ "order": "start" }),
        "recording_patch" | "voicemail_patch" => json!({}),
        "recording_policy_put" => {
            json!({ "mode": "on_demand", "keep_days": 90, "voicemail_keep_days": 30, "queues": [] })
        }
        "prompt_create" => json!({ "name": "New" }),
        "prompt_patch" | "speech_put" | "prompt_audio_put" => json!({}),
        "prompt_speak" => json!({ "text": "x" }),
        "speech_preview" => json!({ "text": "x", "language": "en" }),
        "department_create" | "team_create" | "flow_create" => json!({ "name": "New" }),
        "flow_publish" => json!({ "revision": 1 }),
        "flow_patch" => json!({ "name": "Other" }),
        "flow_simulate" => json!({ "script": { "acts": [{ "do": "listen" }] } }),
        "my_agent_state" | "agent_state" => json!({ "state": "offline" }),
        "my_wrap_up" => json!({ "done": true }),
        "queue_create" | "skill_create" | "reason_code_create" | "disposition_create" => json!({ "name": "New" }),
        "spend_caps_put" => json!({ "company": { "international": true, "premium": false } }),
        "queue_patch" | "skill_patch" | "reason_code_patch" | "disposition_patch" => json!({}),
        "role_create" => json!({ "name": "New", "permissions": ["seats:read"], "scope": "own" }),
        "department_patch" | "team_patch" | "role_patch" => json!({}),
        "password_reset_ask" => json!({ "email": "nobody@elsewhere.example.com" }),
        "password_reset" => json!({ "token": "x", "password": "a long enough one" }),
        "second_factor_begin" | "operator_second_factor_begin" => json!({ "password": "not this one" }),
        "second_factor_off" | "operator_second_factor_off" => json!({ "password": "not this one", "code": "000000" }),
        "second_factor_confirm"
        | "second_factor_renew"
        | "operator_second_factor_confirm"
        | "operator_second_factor_renew" => json!({ "code": "000000" }),
        "view_create" => json!({ "list": "members", "name": "New", "content": {} }),
        "view_patch" => json!({}),
        "seat_create" => json!({}),
        "device_create" => json!({ "label": "Phone" }),
        "api_key_create" => json!({ "name": "Key", "scopes": ["seats:read"] }),
        "api_key_patch" | "api_key_rotate" | "seat_token_create" => json!({}),
        "webhook_create" => json!({ "url": "http://127.0.0.1:9/", "kinds": ["*"] }),
        "webhook_replay" => json!({ "from_seq": 1 }),
        "webhook_patch" | "webhook_rotate" => json!({}),
        "call_transfer" | "call_consult" => json!({ "called": "102" }),
        "call_park" => json!({}),
        "call_digits" => json!({ "digits": "12#" }),
        "call_play" => json!({ "signal": "tone" }),
        "call_place" => json!({ "called": "102" }),
        "lab_answer" => json!({ "number": "+14155550100", "keys": "1" }),
        "lab_ring" => json!({ "number": "+14155550100", "persona": "talker" }),
        "site_create"
        | "site_patch"
        | "gateway_create"
        | "gateway_patch"
        | "line_create"
        | "line_patch"
        | "operator_number_create"
        | "operator_number_patch"
        | "operator_gateway_port_patch"
        | "operator_tenant_patch"
        | "operator_support_open"
        | "operator_match"
        | "operator_number_import_preview"
        | "operator_number_import_create"
        | "price_list_create"
        | "operator_account_put"
        | "operator_payment_create"
        | "operator_rate_anew"
        | "price_list_patch"
        | "price_deck_preview"
        | "price_deck_put"
        | "gateway_capture_begin"
        | "gateway_port_preview"
        | "gateway_port_test_call" => json!({}),
        other => panic!("{other} is new: say here what its body is"),
    }
}

impl Operation {
    /// Its path has the id of something.
    pub fn names_a_thing(&self) -> bool {
        self.path.contains("{id}")
    }
    fn body(&self) -> Option<Value> {
        self.has_body.then(|| body_of(&self.id))
    }
    async fn as_(&self, rig: &Rig, path: &str, token: &str) -> crate::rig::Answer {
        rig.send(&self.method, path, token, self.body(), &[]).await
    }
}

pub async fn nobody_gets_where_they_do_not_belong(rig: Rig) {
    let operator = rig.operator().await;
    let (_, ports, numbers) = stock(&rig, &operator).await;
    let a = company(&rig, "Aster", &numbers[0], &ports[0]).await;
    let b = company(&rig, "Borage", &numbers[1], &ports[1]).await;
    let before = b.picture(&rig).await;
    let all = operations();
    assert!(all.len() > 80, "only {} operations", all.len());
    let (mut foreign, mut weak, mut lists) = (0, 0, 0);
    let mut narrow = Narrow::new();
    for operation in &all {
        let (id, path) = (&operation.id, anywhere(&operation.path));
        match operation.realm.as_deref() {
            None => {
                let open = [
                    "status",
                    "api_document",
                    // A table that is the same for everybody.
                    "call_causes",
                    "sign_up",
                    "sign_in",
                    "sign_out",
                    "single_sign_on_find",
                    "single_sign_on_start",
                    "session_refresh",
                    "email_check",
                    "password_reset_ask",
                    "password_reset",
                    "invitation_preview",
                    "invitation_accept",
                    // A ticket is the proof.
                    "recording_audio",
                    "operator_sign_in",
                    "operator_sign_out",
                    "operator_session_refresh",
                ];
                assert!(open.contains(&id.as_str()), "{id} is open to anybody");
            }
            Some("operator") => {
                assert!(operation.path.starts_with("/v1/operator/"), "{id}");
                assert_eq!(operation.as_(&rig, &path, "").await.status, 401, "{id} without a token");
                assert_eq!(operation.as_(&rig, &path, &a.owner).await.status, 401, "{id} with a user's token");
                assert_eq!(operation.as_(&rig, &path, "x.y.z").await.status, 401, "{id} with rubbish");
            }
            Some("api_key") => {
                assert_eq!(id, "api_key_current", "{id} is for programs alone");
                assert_eq!(operation.as_(&rig, &path, "").await.status, 401, "{id} without a token");
                assert_eq!(operation.as_(&rig, &path, &a.owner).await.status, 401, "{id} with a person's token");
                assert_eq!(operation.as_(&rig, &path, &a.seat_secret).await.status, 403, "{id} with a seat token");
            }
            Some("user") => {
                assert_eq!(operation.as_(&rig, &path, "").await.status, 401, "{id} without a token");
                meets_programs(&rig, operation, &a, &b, &mut narrow).await;
                assert_eq!(operation.as_(&rig, &path, &operator).await.status, 401, "{id} with an operator's token");
                weak += usize::from(meets_the_agent(&rig, operation, &a).await);
                foreign += usize::from(operation.names_a_thing());
                lists += usize::from(!operation.names_a_thing() && operation.method == "GET");
            }
            Some(other) => panic!("{id}: unknown realm {other}"),
        }
    }
    assert!(foreign >= 17 && weak >= 20 && lists >= 12, "{foreign} {weak} {lists}");
    assert_eq!(leaks(&rig, &all, &a, &b).await, BTreeMap::new(), "what one company came at of the other");
    assert_eq!(b.picture(&rig).await, before, "the other company is as it was");
}

/// Operations by which the owner of `a` comes at something of `b`, and how. Whatever changes things comes after what reads them,
/// and what ends them comes last: a walk through a store that leaks finds the leak of each.
pub async fn leaks(rig: &Rig, all: &[Operation], a: &Company, b: &Company) -> BTreeMap<String, String> {
    let mut users: Vec<&Operation> = all.iter().filter(|one| one.realm.as_deref() == Some("user")).collect();
    let place = |method: &str| ["GET", "PATCH", "POST", "PUT", "DELETE"].iter().position(|one| *one == method);
    users.sort_by_key(|one| (place(&one.method), std::cmp::Reverse(one.path.matches('/').count())));
    let mut found = BTreeMap::new();
    for operation in users {
        let id = operation.id.clone();
        if operation.names_a_thing() {
            let theirs = b.own(&operation.path).unwrap_or_else(|| panic!("{id} is new: whose id does its path name?"));
            let answer = operation.as_(rig, &theirs, &a.owner).await;
            let takes_stock = TAKES_STOCK.contains(&id.as_str());
            if answer.status != 404 && !(takes_stock && answer.status == 409) {
                found.insert(id, format!("{} {}", answer.status, answer.text));
            }
        } else if operation.method == "GET" {
            let text = operation.as_(rig, &anywhere(&operation.path), &a.owner).await.text;
            let theirs = b.things().into_iter().chain(["borage.example.com"]).find(|theirs| text.contains(theirs));
            theirs.map(|theirs| found.insert(id, format!("shows {theirs}")));
        }
    }
    found
}

/// A key gets exactly where the document says, and no further than its company; a seat token gets to its softphone.
async fn meets_programs(rig: &Rig, operation: &Operation, a: &Company, b: &Company, known: &mut Narrow) {
    let (id, path) = (&operation.id, anywhere(&operation.path));
    let bent = if a.key.ends_with('x') { 'y' } else { 'x' };
    let rubbish = format!("{}{bent}", &a.key[..a.key.len() - 1]);
    assert_eq!(operation.as_(rig, &path, &rubbish).await.status, 401, "{id} with a bent key");
    let narrow = narrow_key(rig, a, operation.key.as_deref(), known).await;
    for (what, text, allowed) in [
        ("every scope", &a.key, operation.key.is_some()),
        ("every other scope", &narrow, operation.key.as_deref() == Some("")),
        ("a seat token", &a.seat_secret, operation.seat_token),
    ] {
        if operation.method != "GET" && allowed {
            continue; // What it does is tested elsewhere; here only doors are tried.
        }
        let own = a.own(&operation.path).unwrap_or_else(|| path.clone());
        let answer = operation.as_(rig, &own, text).await;
        assert_ne!(answer.status, 401, "{id} with {what}: {}", answer.text);
        assert_eq!(answer.status == 403, !allowed, "{id} with {what}: {} {}", answer.status, answer.text);
        let codes = ["person_required", "scope_missing", "seat_token_limited"];
        assert!(allowed || codes.contains(&answer.code()), "{id} with {what}: {}", answer.text);
    }
    if operation.key.is_some() && operation.path.contains("{id}") {
        let theirs = b.own(&operation.path).unwrap_or_else(|| panic!("{id} is new: whose id does its path name?"));
        let answer = operation.as_(rig, &theirs, &a.key).await;
        let takes_stock = TAKES_STOCK.contains(&id.as_str());
        let refused = answer.status == 404 || (takes_stock && answer.status == 409);
        assert!(refused, "{id} of another company by a key: {} {}", answer.status, answer.text);
    } else if operation.method == "GET" && operation.key.is_some() {
        let text = operation.as_(rig, &path, &a.key).await.text;
        for theirs in b.things() {
            assert!(!text.contains(theirs), "{id} shows a key another company's {theirs}");
        }
    }
}

/// Keys of a company with all scopes but one, by that one.
type Narrow = BTreeMap<Option<String>, String>;

async fn narrow_key(rig: &Rig, company: &Company, but: Option<&str>, known: &mut Narrow) -> String {
    if let Some(secret) = known.get(&but.map(str::to_owned)) {
        return secret.clone();
    }
    let scopes: Vec<String> = key_scopes().into_iter().filter(|scope| Some(scope.as_str()) != but).collect();
    let ask = json!({ "name": "Narrow", "scopes": scopes });
    let made = rig.post("/v1/api-keys", &company.owner, ask).await.is(201).json;
    let secret = made["secret"].as_str().unwrap().to_owned();
    known.insert(but.map(str::to_owned), secret.clone());
    secret
}

/// An agent is refused exactly where the scope in the document is none of theirs. True when refused.
async fn meets_the_agent(rig: &Rig, operation: &Operation, company: &Company) -> bool {
    let path = company.own(&operation.path).unwrap_or_else(|| anywhere(&operation.path));
    let allowed =
        operation.scope.as_ref().is_none_or(|scope| Role::Agent.permissions().any(|own| own.to_string() == *scope));
    let answer = operation.as_(rig, &path, &company.agent).await;
    assert_ne!(answer.status, 401, "{}", operation.id);
    assert_eq!(answer.status == 403, !allowed, "{} as an agent: {} {}", operation.id, answer.status, answer.text);
    !allowed
}

pub async fn another_company_s_ids_in_bodies_are_unknown(rig: Rig) {
    let operator = rig.operator().await;
    let (_, ports, numbers) = stock(&rig, &operator).await;
    let a = company(&rig, "Aster", &numbers[0], &ports[0]).await;
    let b = company(&rig, "Borage", &numbers[1], &ports[1]).await;
    rig.post("/v1/seats", &a.owner, json!({ "member": b.member })).await.is(404);
    let own_seat = format!("/v1/seats/{}", a.seat);
    rig.patch(&own_seat, &a.owner, json!({ "member": b.member })).await.is(404);
    rig.patch(&own_seat, &a.owner, json!({ "displayed_numbers": [b.number] })).await.is(422);
    let sales = format!("/v1/departments/{}", a.department);
    rig.patch(&sales, &a.owner, json!({ "parent": b.department })).await.is(422);
    rig.post("/v1/departments", &a.owner, json!({ "name": "X", "parent": b.department })).await.is(422);
    let own_member = format!("/v1/members/{}", a.member);
    rig.patch(&own_member, &a.owner, json!({ "custom_role": b.role })).await.is(422);
    let ask = json!({ "email": "y@elsewhere.example.com", "role": "agent", "custom_role": b.role });
    rig.post("/v1/invitations", &a.owner, ask).await.is(422);
    let morning = format!("/v1/teams/{}", a.team);
    rig.patch(&morning, &a.owner, json!({ "department": b.department })).await.is(422);
    rig.patch(&morning, &a.owner, json!({ "members": [b.member] })).await.is(422);
    rig.patch(&format!("/v1/members/{}", a.member), &a.owner, json!({ "department": b.department })).await.is(422);
    let own_queue = format!("/v1/queues/{}", a.queue);
    rig.patch(&own_queue, &a.owner, json!({ "members": [b.member] })).await.is(422);
    rig.patch(&own_queue, &a.owner, json!({ "overflow": "queue", "overflow_queue": b.queue })).await.is(422);
    rig.patch(&own_queue, &a.owner, json!({ "skills": [{ "skill": b.skill, "level": 1 }] })).await.is(422);
    let strange = json!({ "agents": [{ "member": b.member, "level": 1 }] });
    rig.patch(&format!("/v1/skills/{}", a.skill), &a.owner, strange).await.is(422);
    rig.patch(&format!("/v1/dispositions/{}", a.disposition), &a.owner, json!({ "queue": b.queue })).await.is(422);
    let own_number = format!("/v1/numbers/{}", a.number);
    let answer =
        rig.patch(&own_number, &a.owner, json!({ "destination_kind": "seat", "destination_seat": b.seat })).await;
    assert!((400..500).contains(&answer.status), "{}", answer.text);
    let replay = format!("/v1/webhooks/{}/replay", a.webhook);
    rig.post(&replay, &a.owner, json!({ "event": b.event })).await.is(404);
    rig.post("/v1/session/switch", &a.owner, json!({ "tenant": b.tenant })).await.is(404);
    let ask = json!({ "called": "102", "seat": b.seat });
    rig.post("/v1/calls", &a.owner, ask.clone()).await.is(404);
    rig.post("/v1/calls", &a.key, ask.clone()).await.is(404);
    rig.post("/v1/calls", &a.seat_secret, ask).await.is(404);
    assert!(rig.switch.placed.lock().unwrap().is_empty());
    let calls = rig.get(&format!("/v1/calls?seat={}", b.seat), &a.owner).await.is(200);
    assert_eq!(calls.json["items"], json!([]));
    rig.post("/v1/lab/ring", &a.owner, json!({ "number": "+14155550101", "persona": "talker" })).await.is(404);
    rig.post("/v1/lab/ring", &a.owner, json!({ "number": "+14155550100", "persona": "talker" })).await.is(202);
    assert_eq!(*rig.lab.0.lock().unwrap(), ["+14155550100"]);
}
