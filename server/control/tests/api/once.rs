//! Every create of the document can be repeated: the second request is answered, not done.

use serde_json::{Value, json};

use crate::rig::{Answer, Rig, token};

on_both!(every_create_can_be_repeated, one_key_is_one_program_s, what_is_being_done_is_not_done_twice);

/// Answers that are good for seconds or are their own proof.
const TICKETS: [&str; 3] = ["live_ticket", "softphone_ticket", "sign_up"];

struct Stock {
    operator: String,
    owner: String,
    tenant: String,
    seat: String,
    api_key: String,
    webhook: String,
    flow: String,
    site: String,
    gateway_ports: Vec<String>,
    own_site: String,
    own_port: String,
    number: String,
}

async fn stock(rig: &Rig) -> Stock {
    let operator = rig.operator().await;
    let site = rig.post("/v1/operator/sites", &operator, json!({ "name": "Lab", "country": "US" })).await.is(201).id();
    let made = rig.post("/v1/operator/gateways", &operator, gateway(&site, "Kestrel")).await.is(201).json;
    let gateway_ports = made["gateway"]["gateway_ports"].as_array().unwrap().iter();
    let gateway_ports: Vec<String> = gateway_ports.map(|port| port["id"].as_str().unwrap().to_owned()).collect();
    let first = block(&gateway_ports[0], "+14155550100");
    let numbers = rig.post("/v1/operator/numbers", &operator, first).await.is(201).json;
    let number = numbers[0]["id"].as_str().unwrap().to_owned();
    let owner = token(&rig.sign_up("Aster").await);
    let seat = rig.post("/v1/seats", &owner, json!({})).await.is(201).id();
    let made = rig.post("/v1/api-keys", &owner, json!({ "name": "One", "scopes": ["seats:read"] })).await.is(201);
    let api_key = made.json["key"]["id"].as_str().unwrap().to_owned();
    let made =
        rig.post("/v1/webhooks", &owner, json!({ "url": "https://one.example.com", "kinds": ["*"] })).await.is(201);
    let webhook = made.json["webhook"]["id"].as_str().unwrap().to_owned();
    let flow = rig.post("/v1/flows", &owner, json!({ "name": "Main line" })).await.is(201).id();
    let own_site = json!({ "name": "Office", "country": "US" });
    let own_site = rig.post("/v1/sites", &owner, own_site).await.is(201).id();
    let ask = json!({ "site": own_site, "label": "Ours", "profile": "kestrel_fxo", "connection": "registers_with_us",
        "gateway_ports": 4 });
    let made = rig.post("/v1/gateways", &owner, ask).await.is(201).json;
    let own_port = made["gateway"]["gateway_ports"][0]["id"].as_str().unwrap().to_owned();
    let tenant = rig.get("/v1/company", &owner).await.is(200).id();
    let account = json!({ "currency": "USD", "credit_limit_micros": 0 });
    let path = format!("/v1/operator/tenants/{tenant}/account");
    rig.send("PUT", &path, &operator, Some(account), &[]).await.is(200);
    Stock { own_site, own_port, operator, owner, tenant, seat, api_key, webhook, flow, site, gateway_ports, number }
}

fn gateway(site: &str, label: &str) -> Value {
    json!({ "site": site, "label": label, "profile": "kestrel_fxo", "connection": "registers_with_us",
        "gateway_ports": 4, "rental": "exclusive", "monthly": { "micros": 1_000_000, "currency": "USD" } })
}

fn block(gateway_port: &str, first: &str) -> Value {
    json!({ "first": first, "count": 1, "gateway_port": gateway_port, "kind": "local",
        "monthly": { "micros": 1_000_000, "currency": "USD" } })
}

/// Where, with what, and with what else instead; `Null` for no body.
fn request(operation: &str, stock: &Stock) -> (String, Value, Value) {
    let seat = &stock.seat;
    match operation {
        "seat_create" => ("/v1/seats".into(), json!({ "label": "One" }), json!({ "label": "Two" })),
        "device_create" => (format!("/v1/seats/{seat}/devices"), json!({ "label": "One" }), json!({ "label": "Two" })),
        "seat_token_create" => {
            (format!("/v1/seats/{seat}/tokens"), json!({ "label": "One" }), json!({ "label": "Two" }))
        }
        "api_key_create" => {
            let ask = |name| json!({ "name": name, "scopes": ["seats:read"] });
            ("/v1/api-keys".into(), ask("Two"), ask("Three"))
        }
        "api_key_rotate" => {
            (format!("/v1/api-keys/{}/rotate", stock.api_key), json!({}), json!({ "old_works_for_s": 7 }))
        }
        "webhook_create" => {
            let ask = |url| json!({ "url": url, "kinds": ["seat.*"] });
            ("/v1/webhooks".into(), ask("https://two.example.com"), ask("https://three.example.com"))
        }
        "flow_create" => ("/v1/flows".into(), json!({ "name": "One" }), json!({ "name": "Two" })),
        "flow_publish" => {
            let ask = |note| json!({ "revision": 1, "note": note });
            (format!("/v1/flows/{}/publish", stock.flow), ask("First"), ask("Second"))
        }
        "webhook_rotate" => {
            (format!("/v1/webhooks/{}/rotate", stock.webhook), json!({}), json!({ "old_works_for_s": 7 }))
        }
        "invitation_create" => {
            let ask = |email| json!({ "email": email, "role": "agent" });
            ("/v1/invitations".into(), ask("one@example.com"), ask("two@example.com"))
        }
        "call_place" => {
            let ask = |called| json!({ "called": called, "seat": seat });
            ("/v1/calls".into(), ask("+14155550132"), ask("102"))
        }
        "caller_rule_create" => {
            let ask = |pattern| json!({ "pattern": pattern, "list": "block" });
            ("/v1/caller-rules".into(), ask("+44*"), ask("+49*"))
        }
        "department_create" => ("/v1/departments".into(), json!({ "name": "One" }), json!({ "name": "Two" })),
        "prompt_create" => ("/v1/prompts".into(), json!({ "name": "One" }), json!({ "name": "Two" })),
        "queue_create" => ("/v1/queues".into(), json!({ "name": "One" }), json!({ "name": "Two" })),
        "skill_create" => ("/v1/skills".into(), json!({ "name": "One" }), json!({ "name": "Two" })),
        "reason_code_create" => ("/v1/reason-codes".into(), json!({ "name": "One" }), json!({ "name": "Two" })),
        "disposition_create" => ("/v1/dispositions".into(), json!({ "name": "One" }), json!({ "name": "Two" })),
        "team_create" => ("/v1/teams".into(), json!({ "name": "One" }), json!({ "name": "Two" })),
        "view_create" => {
            let ask = |name| json!({ "list": "members", "name": name, "content": { "filter": { "q": "x" } } });
            ("/v1/views".into(), ask("One"), ask("Two"))
        }
        "role_create" => {
            let ask = |name| json!({ "name": name, "permissions": ["seats:read"], "scope": "team" });
            ("/v1/roles".into(), ask("One"), ask("Two"))
        }
        "number_claim" => (format!("/v1/numbers/{}/claim", stock.number), Value::Null, Value::Null),
        "gateway_port_rent" => (format!("/v1/gateway-ports/{}/rent", stock.gateway_ports[1]), Value::Null, Value::Null),
        "company_site_create" => {
            let ask = |name| json!({ "name": name, "country": "US" });
            ("/v1/sites".into(), ask("One"), ask("Two"))
        }
        "number_check_create" => {
            let ask = |number| json!({ "number": number, "kind": "local", "gateway_port": stock.own_port });
            ("/v1/number-checks".into(), ask("+14155550181"), ask("+14155550182"))
        }
        "own_gateway_create" => {
            let ask = |label| {
                json!({ "site": stock.own_site, "label": label, "profile": "kestrel_fxo",
                    "connection": "registers_with_us", "gateway_ports": 4 })
            };
            ("/v1/gateways".into(), ask("One"), ask("Two"))
        }
        "site_create" => {
            let ask = |name| json!({ "name": name, "country": "US" });
            ("/v1/operator/sites".into(), ask("One"), ask("Two"))
        }
        "gateway_create" => ("/v1/operator/gateways".into(), gateway(&stock.site, "One"), gateway(&stock.site, "Two")),
        "operator_payment_create" => {
            let ask = |reference| json!({ "kind": "payment", "amount_micros": 5, "reference": reference, "reason": "Paid ahead" });
            (format!("/v1/operator/tenants/{}/payments", stock.tenant), ask("One"), ask("Two"))
        }
        "price_list_create" => {
            let ask = |currency| json!({ "currency": currency, "effective": "2026-01-01" });
            ("/v1/operator/price-lists".into(), ask("USD"), ask("EUR"))
        }
        // Its body is no JSON: console.rs repeats it.
        "operator_number_import_create" => (String::new(), Value::Null, Value::Null),
        "operator_number_create" => {
            let ask = |first| block(&stock.gateway_ports[2], first);
            ("/v1/operator/numbers".into(), ask("+14155550150"), ask("+14155550160"))
        }
        "line_create" => {
            let ask = |label| {
                json!({ "gateway_port": stock.gateway_ports[3], "kind": "analog_line", "carrier": "Carrier",
                "label": label })
            };
            ("/v1/operator/lines".into(), ask("One"), ask("Two"))
        }
        other => panic!("{other} is new: say here what makes one"),
    }
}

async fn keyed(rig: &Rig, path: &str, by: &str, key: &str, body: &Value) -> Answer {
    let body = Some(body.clone()).filter(|body| !body.is_null());
    rig.send("POST", path, by, body, &[("idempotency-key", key)]).await
}

async fn every_create_can_be_repeated(rig: Rig) {
    let stock = stock(&rig).await;
    let document: Value = serde_json::from_str(&patchbay_control::openapi()).unwrap();
    let mut creates = 0;
    for (path, item) in document["paths"].as_object().unwrap() {
        let create = &item["post"];
        let id = create["operationId"].as_str().unwrap_or_default();
        let named = create["parameters"].as_array().into_iter().flatten().any(|one| one["name"] == "Idempotency-Key");
        let begins = id == "call_place";
        let is_create = (create["responses"].get("201").is_some() || begins) && !TICKETS.contains(&id);
        let done = if begins { 202 } else { 201 };
        assert_eq!(named, is_create, "{id} names the header if and only if it makes something");
        if !is_create {
            continue;
        }
        let by = if path.starts_with("/v1/operator/") { &stock.operator } else { &stock.owner };
        let (path, ask, other) = request(id, &stock);
        if path.is_empty() {
            continue;
        }
        let first = keyed(&rig, &path, by, id, &ask).await;
        assert_eq!(first.status, done, "{id}: {}", first.text);
        assert!(!first.headers.contains_key("idempotency-replayed"), "{id}");
        let again = keyed(&rig, &path, by, id, &ask).await;
        assert_eq!((again.status, &again.text), (done, &first.text), "{id} again");
        assert_eq!(again.headers["idempotency-replayed"], "true", "{id}");
        if !other.is_null() {
            let refused = keyed(&rig, &path, by, id, &other).await;
            assert_eq!((refused.status, refused.code()), (422, "idempotency_mismatch"), "{id}: {}", refused.text);
        }
        creates += 1;
    }
    assert_eq!(rig.switch.placed.lock().unwrap().len(), 1, "a call that is asked for twice is placed once");
    assert!(creates >= 12, "only {creates}");
    let bad = keyed(&rig, "/v1/seats", &stock.owner, &"k".repeat(256), &json!({})).await.is(400);
    assert_eq!(bad.code(), "bad_idempotency_key");
}

async fn one_key_is_one_program_s(rig: Rig) {
    let owner = token(&rig.sign_up("Aster").await);
    let program = async |name: &str| {
        let made = rig.post("/v1/api-keys", &owner, json!({ "name": name, "scopes": ["seats:write"] })).await.is(201);
        made.json["secret"].as_str().unwrap().to_owned()
    };
    let (one, two) = (program("One").await, program("Two").await);
    let ask = json!({ "label": "Desk" });
    let first = keyed(&rig, "/v1/seats", &one, "k", &ask).await.is(201);
    let second = keyed(&rig, "/v1/seats", &two, "k", &ask).await.is(201);
    let person = keyed(&rig, "/v1/seats", &owner, "k", &ask).await.is(201);
    assert!(first.id() != second.id() && second.id() != person.id() && first.id() != person.id());
    assert_eq!(keyed(&rig, "/v1/seats", &one, "k", &ask).await.is(201).id(), first.id());
}

async fn what_is_being_done_is_not_done_twice(rig: Rig) {
    let owner = token(&rig.sign_up("Aster").await);
    let ask = json!({ "label": "Desk" });
    let all = futures::future::join_all((0..8).map(|_| keyed(&rig, "/v1/seats", &owner, "k", &ask))).await;
    let (mut made, mut refused) = (Vec::new(), 0);
    for answer in all {
        match answer.status {
            201 => made.push(answer.id()),
            409 => {
                assert_eq!(answer.code(), "idempotency_in_flight");
                assert_eq!(answer.headers["retry-after"], "1");
                refused += 1;
            }
            other => panic!("{other}: {}", answer.text),
        }
    }
    made.dedup();
    assert_eq!(made.len(), 1, "all who were answered were answered alike ({refused} were told to wait)");
    assert_eq!(keyed(&rig, "/v1/seats", &owner, "k", &ask).await.is(201).id(), made[0], "and the wait is over");
    assert_eq!(rig.get("/v1/seats", &owner).await.json.as_array().unwrap().len(), 1);
}
