//! Every operation of the document meets everybody who has no business there. An operation that this file does not know fails it.

use patchbay_access::Role;
use serde_json::{Value, json};

use crate::rig::{Rig, token};

on_both!(nobody_gets_where_they_do_not_belong, another_company_s_ids_in_bodies_are_unknown);

struct Operation {
    id: String,
    method: String,
    path: String,
    /// `user` or `operator`; `None` is public.
    realm: Option<String>,
    scope: Option<String>,
    has_body: bool,
}

fn operations() -> Vec<Operation> {
    let document: Value = serde_json::from_str(&patchbay_control::openapi()).unwrap();
    let mut all = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let id = operation["operationId"].as_str().unwrap().to_owned();
            let security = operation["security"].as_array().unwrap_or_else(|| panic!("{id} says nothing of security"));
            assert_eq!(security.len(), 1, "{id}");
            let realm = security[0].as_object().unwrap().iter().next();
            all.push(Operation {
                method: method.to_uppercase(),
                path: path.clone(),
                realm: realm.map(|(realm, _)| realm.clone()),
                scope: realm.and_then(|(_, scopes)| scopes[0].as_str().map(str::to_owned)),
                has_body: operation.get("requestBody").is_some(),
                id,
            });
        }
    }
    all
}

/// A company with one of everything, as seen by its owner.
struct Company {
    owner: String,
    agent: String,
    tenant: String,
    member: String,
    invitation: String,
    seat: String,
    device: String,
    number: String,
    gateway_port: String,
    call: String,
}

async fn stock(rig: &Rig, operator: &str) -> (String, Vec<String>, Vec<String>) {
    let site = rig.post("/v1/operator/sites", operator, json!({ "name": "Lab", "country": "US" })).await.is(201).id();
    let gateway = json!({ "site": site, "label": "Kestrel", "profile": "kestrel_fxo", "connection": "registers_with_us",
        "gateway_ports": 4, "rental": "exclusive", "monthly": { "micros": 1_000_000, "currency": "USD" } });
    let made = rig.post("/v1/operator/gateways", operator, gateway).await.is(201);
    let ports = made.json["gateway"]["gateway_ports"].as_array().unwrap().iter();
    let ports: Vec<String> = ports.map(|port| port["id"].as_str().unwrap().to_owned()).collect();
    let mut numbers = Vec::new();
    for (at, port) in ports.iter().enumerate() {
        let block = json!({ "first": format!("+1415555010{at}"), "count": 1, "gateway_port": port, "kind": "local",
            "monthly": { "micros": 1_000_000, "currency": "USD" } });
        let made = rig.post("/v1/operator/numbers", operator, block).await.is(201);
        numbers.push(made.json[0]["id"].as_str().unwrap().to_owned());
    }
    (site, ports, numbers)
}

async fn company(rig: &Rig, name: &str, number: &str, gateway_port: &str) -> Company {
    let session = rig.sign_up(name).await;
    let owner = token(&session);
    let agent = rig.join(&owner, &format!("agent@{}.example.com", name.to_lowercase()), "agent").await;
    let member = agent.json["me"]["member"].as_str().unwrap().to_owned();
    let invited = json!({ "email": format!("next@{}.example.com", name.to_lowercase()), "role": "agent" });
    let invitation = rig.post("/v1/invitations", &owner, invited).await.is(201).id();
    let seat = rig.post("/v1/seats", &owner, json!({ "member": member })).await.is(201).id();
    let path = format!("/v1/seats/{seat}/devices");
    let device = rig.post(&path, &owner, json!({ "label": "Desk phone" })).await.is(201);
    let device = device.json["device"]["id"].as_str().unwrap().to_owned();
    let number = rig.send("POST", &format!("/v1/numbers/{number}/claim"), &owner, None, &[]).await.is(201).id();
    let tenant = session.json["me"]["company"]["id"].as_str().unwrap().to_owned();
    let call = rig.call(&tenant, Some(&seat)).await;
    let gateway_port = gateway_port.to_owned();
    Company { owner, agent: token(&agent), tenant, member, invitation, seat, device, number, gateway_port, call }
}

impl Company {
    /// This company's own thing that the operation's path names.
    fn own(&self, path: &str) -> Option<String> {
        let things = [
            ("/v1/members/{id}", &self.member),
            ("/v1/invitations/{id}", &self.invitation),
            ("/v1/seats/{id}", &self.seat),
            ("/v1/devices/{id}", &self.device),
            ("/v1/numbers/{id}", &self.number),
            ("/v1/gateway-ports/{id}", &self.gateway_port),
            ("/v1/calls/{id}", &self.call),
        ];
        let found = things.into_iter().find(|(prefix, _)| path.starts_with(prefix));
        found.map(|(_, id)| path.replace("{id}", id))
    }

    /// What the company looks like to its owner: the same before and after others have tried.
    async fn picture(&self, rig: &Rig) -> Vec<String> {
        let mut all = Vec::new();
        for path in [
            "/v1/company",
            "/v1/members",
            "/v1/invitations",
            "/v1/seats",
            "/v1/numbers",
            "/v1/gateway-ports",
            "/v1/calls",
            "/v1/events",
        ] {
            all.push(rig.get(path, &self.owner).await.is(200).text);
        }
        all
    }
}

/// A path with ids that are well formed and nobody's, for operations that are refused before they are looked at.
fn anywhere(path: &str) -> String {
    let nothing = "0".repeat(26);
    path.replace("{id}", &format!("seat_{nothing}")).replace("{step}", "mic_test")
}

fn body_of(operation: &str) -> Value {
    match operation {
        "sign_up" | "sign_in" | "operator_sign_in" | "email_check" | "invitation_accept" => json!({}),
        "me_patch" => json!({ "name": "Somebody" }),
        "me_password" | "operator_password" => json!({ "current": "not this one", "new": "another long one" }),
        "session_switch" => json!({ "tenant": format!("ten_{}", "0".repeat(26)) }),
        "company_patch" | "member_patch" | "seat_patch" | "number_patch" => json!({}),
        "invitation_create" => json!({ "email": "x@elsewhere.example.com", "role": "agent" }),
        "seat_create" => json!({}),
        "device_create" => json!({ "label": "Phone" }),
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
        | "gateway_port_test_call" => json!({}),
        other => panic!("{other} is new: say here what its body is"),
    }
}

impl Operation {
    fn body(&self) -> Option<Value> {
        self.has_body.then(|| body_of(&self.id))
    }
    async fn as_(&self, rig: &Rig, path: &str, token: &str) -> crate::rig::Answer {
        rig.send(&self.method, path, token, self.body(), &[]).await
    }
}

async fn nobody_gets_where_they_do_not_belong(rig: Rig) {
    let operator = rig.operator().await;
    let (_, ports, numbers) = stock(&rig, &operator).await;
    let a = company(&rig, "Aster", &numbers[0], &ports[0]).await;
    let b = company(&rig, "Borage", &numbers[1], &ports[1]).await;
    let before = b.picture(&rig).await;
    let all = operations();
    assert!(all.len() > 80, "only {} operations", all.len());
    let (mut foreign, mut weak, mut lists) = (0, 0, 0);
    for operation in &all {
        let (id, path) = (&operation.id, anywhere(&operation.path));
        match operation.realm.as_deref() {
            None => {
                let open = [
                    "status",
                    // A table that is the same for everybody.
                    "call_causes",
                    "sign_up",
                    "sign_in",
                    "sign_out",
                    "session_refresh",
                    "email_check",
                    "invitation_preview",
                    "invitation_accept",
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
            Some("user") => {
                assert_eq!(operation.as_(&rig, &path, "").await.status, 401, "{id} without a token");
                assert_eq!(operation.as_(&rig, &path, &operator).await.status, 401, "{id} with an operator's token");
                weak += usize::from(meets_the_agent(&rig, operation, &a).await);
                let theirs = operation.path.contains("{id}").then(|| b.own(&operation.path));
                if let Some(theirs) = theirs {
                    let theirs = theirs.unwrap_or_else(|| panic!("{id} is new: whose id does its path name?"));
                    let answer = operation.as_(&rig, &theirs, &a.owner).await;
                    let takes_stock = ["number_claim", "gateway_port_rent"].contains(&id.as_str());
                    let refused = answer.status == 404 || (takes_stock && answer.status == 409);
                    assert!(refused, "{id} of another company: {} {}", answer.status, answer.text);
                    foreign += 1;
                } else if operation.method == "GET" {
                    let text = operation.as_(&rig, &path, &a.owner).await.text;
                    for secret in [&b.member, &b.invitation, &b.seat, &b.device, &b.number, &b.call, &b.tenant] {
                        assert!(!text.contains(secret.as_str()), "{id} shows another company's {secret}");
                    }
                    assert!(!text.contains("borage.example.com"), "{id} shows another company's people");
                    lists += 1;
                }
            }
            Some(other) => panic!("{id}: unknown realm {other}"),
        }
    }
    assert!(foreign >= 17 && weak >= 20 && lists >= 12, "{foreign} {weak} {lists}");
    assert_eq!(b.picture(&rig).await, before, "the other company is as it was");
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

async fn another_company_s_ids_in_bodies_are_unknown(rig: Rig) {
    let operator = rig.operator().await;
    let (_, ports, numbers) = stock(&rig, &operator).await;
    let a = company(&rig, "Aster", &numbers[0], &ports[0]).await;
    let b = company(&rig, "Borage", &numbers[1], &ports[1]).await;
    rig.post("/v1/seats", &a.owner, json!({ "member": b.member })).await.is(404);
    let own_seat = format!("/v1/seats/{}", a.seat);
    rig.patch(&own_seat, &a.owner, json!({ "member": b.member })).await.is(404);
    rig.patch(&own_seat, &a.owner, json!({ "displayed_numbers": [b.number] })).await.is(422);
    let own_number = format!("/v1/numbers/{}", a.number);
    let answer =
        rig.patch(&own_number, &a.owner, json!({ "destination_kind": "seat", "destination_seat": b.seat })).await;
    assert!((400..500).contains(&answer.status), "{}", answer.text);
    rig.post("/v1/session/switch", &a.owner, json!({ "tenant": b.tenant })).await.is(404);
    let calls = rig.get(&format!("/v1/calls?seat={}", b.seat), &a.owner).await.is(200);
    assert_eq!(calls.json["items"], json!([]));
    rig.post("/v1/lab/ring", &a.owner, json!({ "number": "+14155550101", "persona": "talker" })).await.is(404);
    rig.post("/v1/lab/ring", &a.owner, json!({ "number": "+14155550100", "persona": "talker" })).await.is(202);
    assert_eq!(*rig.lab.0.lock().unwrap(), ["+14155550100"]);
}
