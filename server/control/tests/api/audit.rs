//! Every operation that changes something leaves a line in a log, with who and from where; one that is missing here fails.

use std::collections::BTreeSet;

use patchbay_control::identity::totp;
use serde_json::{Value, json};

use crate::{
    provider::Provider,
    rig::{Answer, OPERATOR, PASSWORD, Rig, token},
};

on_both!(
    every_change_leaves_a_line,
    a_line_shows_what_was_before_and_after,
    the_log_can_be_searched_and_taken_away,
    no_secret_is_in_the_log,
);

/// Operations that change nothing of a company or of the platform, each with its reason.
const NO_CHANGE: [(&str, &str); 14] = [
    ("flow_simulate", "plays a call that nobody makes"),
    ("password_reset_ask", "a letter; nothing changes before its link is used"),
    ("single_sign_on_find", "looks and changes nothing"),
    ("single_sign_on_start", "sends a browser away; the session is in the log once it comes back"),
    ("session_refresh", "renews the ticket of a session that is in the log since it was opened"),
    ("operator_session_refresh", "the same for operators"),
    ("operator_support_session", "renews the session of a visit that is in both logs"),
    ("gateway_port_preview", "looks and changes nothing"),
    ("operator_number_import_preview", "looks and changes nothing"),
    ("price_deck_preview", "looks and changes nothing"),
    ("operator_match", "looks and changes nothing"),
    ("speech_preview", "a sound, no change"),
    ("live_ticket", "a ticket of 30 seconds that only lets look"),
    (
        "softphone_ticket",
        "a ticket of 30 seconds; the device that the first one makes is in the log, calls are in theirs",
    ),
];

/// Walks through operations and asks after each for the line that it left.
struct Scribe<'a> {
    rig: &'a Rig,
    operator: String,
    owner: String,
    done: BTreeSet<String>,
}

const ADDRESS: &str = "192.0.2.77";

impl Scribe<'_> {
    async fn last(&self, log: &str) -> i64 {
        let by = if log.starts_with("/v1/operator") { &self.operator } else { &self.owner };
        let page = self.rig.get(&format!("{log}?limit=1"), by).await.is(200).json;
        page["items"][0]["seq"].as_i64().unwrap_or(0)
    }
    /// Does it, as somebody, and checks that a line of this log tells of it.
    async fn does(&mut self, id: &str, method: &str, path: &str, by: &str, body: Value) -> Answer {
        self.does_with(id, method, path, by, body, &[]).await
    }
    async fn does_with(
        &mut self,
        id: &str,
        method: &str,
        path: &str,
        by: &str,
        body: Value,
        more: &[(&str, &str)],
    ) -> Answer {
        let log = if id == "operator_tenant_patch" || id.starts_with("operator_") || path.starts_with("/v1/operator/") {
            "/v1/operator/audit"
        } else {
            "/v1/audit"
        };
        let before = self.last(log).await;
        let body = Some(body).filter(|body| !body.is_null());
        let mut headers = vec![("user-agent", "scribe/1")];
        headers.extend(more);
        let answer = self.rig.send_from(ADDRESS, method, path, by, body, &headers).await;
        assert!((200..300).contains(&answer.status), "{id}: {} {}", answer.status, answer.text);
        let reader = if log == "/v1/audit" { &self.owner } else { &self.operator };
        let page = self.rig.get(&format!("{log}?limit=10"), reader).await.is(200).json;
        let new = page["items"].as_array().unwrap().iter().filter(|line| line["seq"].as_i64().unwrap() > before);
        let new: Vec<&Value> = new.collect();
        assert!(!new.is_empty(), "{id} left no line in {log}");
        for line in new {
            assert_eq!(
                (&line["from"]["address"], &line["from"]["user_agent"]),
                (&json!(ADDRESS), &json!("scribe/1")),
                "{id}: {line}"
            );
            assert_ne!(line["actor"]["kind"], "system", "{id}: {line}");
            assert_ne!(line["action"], "rows.changed", "{id} has no words: {line}");
        }
        self.done.insert(id.to_owned());
        answer
    }
}

fn changing() -> BTreeSet<String> {
    let document: Value = serde_json::from_str(&patchbay_control::openapi()).unwrap();
    let items = document["paths"].as_object().unwrap().values().flat_map(|item| item.as_object().unwrap());
    let changing = items.filter(|(method, _)| *method != "get");
    changing.map(|(_, operation)| operation["operationId"].as_str().unwrap().to_owned()).collect()
}

async fn every_change_leaves_a_line(rig: Rig) {
    let operator = rig.operator().await;
    let owner = token(&rig.sign_up("Aster").await);
    let mut scribe = Scribe { rig: &rig, operator: operator.clone(), owner: owner.clone(), done: BTreeSet::new() };
    let first = rig.get("/v1/audit", &owner).await.is(200).json;
    assert_eq!(first["items"][0]["action"], "company.created", "sign_up: {first}");
    scribe.done.insert("sign_up".into());
    let stock = operators_do(&mut scribe, &operator).await;
    console_does(&mut scribe, &operator).await;
    prices_are_made(&mut scribe, &operator).await;
    members_do(&mut scribe, &owner).await;
    organisation_does(&mut scribe, &owner).await;
    prompts_do(&mut scribe, &owner).await;
    flows_do(&mut scribe, &owner).await;
    queues_do(&mut scribe, &owner).await;
    agents_do(&mut scribe, &owner).await;
    recordings_do(&mut scribe, &owner).await;
    voicemails_do(&mut scribe, &owner).await;
    callbacks_do(&mut scribe, &owner).await;
    sessions_do(&mut scribe, &owner).await;
    sign_on_does(&mut scribe, &owner).await;
    seats_do(&mut scribe, &owner).await;
    stock_goes(&mut scribe, &owner, &operator, &stock).await;
    programs_do(&mut scribe, &owner).await;
    let exempt: BTreeSet<String> = NO_CHANGE.iter().map(|(id, _)| (*id).to_owned()).collect();
    let proven: BTreeSet<String> = scribe.done.union(&exempt).cloned().collect();
    let all = changing();
    let missing: Vec<&String> = all.difference(&proven).collect();
    assert!(missing.is_empty(), "no line is proven for {missing:?}: add them here");
    let unknown: Vec<&String> = proven.difference(&all).collect();
    assert!(unknown.is_empty(), "there is no operation {unknown:?}");
    for (log, by) in [("/v1/audit", &owner), ("/v1/operator/audit", &operator)] {
        let verdict = rig.get(&format!("{log}/verify"), by).await.is(200).json;
        assert_eq!(verdict["holds"], true, "{verdict}");
        assert!(verdict["lines"].as_i64().unwrap() > 15, "{verdict}");
    }
}

struct Stock {
    gateway: String,
    ports: Vec<String>,
    numbers: Vec<String>,
}

fn price(micros: i64) -> Value {
    json!({ "micros": micros, "currency": "USD" })
}

async fn operators_do(scribe: &mut Scribe<'_>, by: &str) -> Stock {
    let body = json!({ "email": OPERATOR, "password": scribe.rig.operator_password });
    let session = scribe.does("operator_sign_in", "POST", "/v1/operator/sign-in", "", body).await;
    let cookie = session.cookie();
    let page = [("cookie", cookie.as_str()), ("x-patchbay", "1")];
    scribe.does_with("operator_sign_out", "POST", "/v1/operator/sign-out", "", Value::Null, &page).await;
    let password = scribe.rig.operator_password.clone();
    second_factor_does(scribe, "operator_second_factor", "/v1/operator/second-factor", by, &password).await;
    let site = json!({ "name": "Lab", "country": "US" });
    let site = scribe.does("site_create", "POST", "/v1/operator/sites", by, site).await.id();
    scribe.does("site_patch", "PATCH", &format!("/v1/operator/sites/{site}"), by, json!({ "name": "Hall" })).await;
    let other = json!({ "name": "Gone", "country": "US" });
    let other = scribe.does("site_create", "POST", "/v1/operator/sites", by, other).await.id();
    scribe.does("site_remove", "DELETE", &format!("/v1/operator/sites/{other}"), by, Value::Null).await;
    let gateway = |label: &str| {
        json!({ "site": site, "label": label, "profile": "kestrel_fxo", "connection": "registers_with_us",
            "gateway_ports": 4, "rental": "exclusive", "monthly": price(1_000_000) })
    };
    let made = scribe.does("gateway_create", "POST", "/v1/operator/gateways", by, gateway("Gone")).await.json;
    let gone = format!("/v1/operator/gateways/{}", made["gateway"]["id"].as_str().unwrap());
    scribe.does("gateway_patch", "PATCH", &gone, by, json!({ "label": "Going" })).await;
    scribe.rig.control.observe(std::sync::Arc::new(crate::fakes::Eye::default()));
    let capture = format!("{gone}/capture");
    scribe.does("gateway_capture_begin", "POST", &capture, by, json!({ "minutes": 10 })).await;
    scribe.does("gateway_capture_end", "DELETE", &capture, by, Value::Null).await;
    scribe.does("gateway_credentials", "POST", &format!("{gone}/credentials"), by, Value::Null).await;
    scribe.does("gateway_remove", "DELETE", &gone, by, Value::Null).await;
    let made = scribe.does("gateway_create", "POST", "/v1/operator/gateways", by, gateway("Kestrel")).await.json;
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let ports: Vec<String> =
        made["gateway"]["gateway_ports"].as_array().unwrap().iter().map(|port| text(&port["id"])).collect();
    let path = format!("/v1/operator/gateway-ports/{}", ports[0]);
    scribe.does("operator_gateway_port_patch", "PATCH", &path, by, json!({ "label": "One" })).await;
    let call = json!({ "called": "+14155550199" });
    scribe.does("gateway_port_test_call", "POST", &format!("{path}/test-call"), by, call).await;
    let line = json!({ "gateway_port": ports[0], "kind": "analog_line", "carrier": "Carrier", "label": "One" });
    let line = scribe.does("line_create", "POST", "/v1/operator/lines", by, line).await.id();
    let line = format!("/v1/operator/lines/{line}");
    scribe.does("line_patch", "PATCH", &line, by, json!({ "label": "Two" })).await;
    scribe.does("line_remove", "DELETE", &line, by, Value::Null).await;
    let mut numbers = Vec::new();
    for (at, port) in ports.iter().enumerate() {
        let block = json!({ "first": format!("+1415555010{at}"), "count": 1, "gateway_port": port, "kind": "local",
            "monthly": price(1_000_000) });
        let made = scribe.does("operator_number_create", "POST", "/v1/operator/numbers", by, block).await.json;
        numbers.push(text(&made[0]["id"]));
    }
    let path = format!("/v1/operator/numbers/{}", numbers[3]);
    scribe.does("operator_number_patch", "PATCH", &path, by, json!({ "monthly": price(2_000_000) })).await;
    scribe.does("operator_number_retire", "DELETE", &path, by, Value::Null).await;
    Stock { gateway: text(&made["gateway"]["id"]), ports, numbers }
}

async fn organisation_does(scribe: &mut Scribe<'_>, owner: &str) {
    let sales =
        scribe.does("department_create", "POST", "/v1/departments", owner, json!({ "name": "Sales" })).await.id();
    let sales = format!("/v1/departments/{sales}");
    scribe.does("department_patch", "PATCH", &sales, owner, json!({ "name": "Trade" })).await;
    let team = scribe.does("team_create", "POST", "/v1/teams", owner, json!({ "name": "Morning" })).await.id();
    let team = format!("/v1/teams/{team}");
    scribe.does("team_patch", "PATCH", &team, owner, json!({ "name": "Evening" })).await;
    let ask = json!({ "name": "Trainer", "permissions": ["seats:read"], "scope": "team" });
    let role = scribe.does("role_create", "POST", "/v1/roles", owner, ask).await.id();
    let role = format!("/v1/roles/{role}");
    let ask = json!({ "list": "members", "name": "Away", "content": { "filter": { "state": "suspended" } } });
    let view = scribe.does("view_create", "POST", "/v1/views", owner, ask).await.id();
    let view = format!("/v1/views/{view}");
    scribe.does("view_patch", "PATCH", &view, owner, json!({ "shared": true })).await;
    scribe.does("view_remove", "DELETE", &view, owner, Value::Null).await;
    scribe.does("role_patch", "PATCH", &role, owner, json!({ "scope": "own" })).await;
    scribe.does("role_remove", "DELETE", &role, owner, Value::Null).await;
    scribe.does("team_remove", "DELETE", &team, owner, Value::Null).await;
    scribe.does("department_remove", "DELETE", &sales, owner, Value::Null).await;
}

async fn prompts_do(scribe: &mut Scribe<'_>, owner: &str) {
    let id = scribe.does("prompt_create", "POST", "/v1/prompts", owner, json!({ "name": "Hello" })).await.id();
    let path = format!("/v1/prompts/{id}");
    scribe.does("prompt_patch", "PATCH", &path, owner, json!({ "name": "Welcome" })).await;
    let text = json!({ "text": "Welcome" });
    scribe.does("prompt_speak", "PUT", &format!("{path}/speech/en"), owner, text).await;
    let before = scribe.last("/v1/audit").await;
    let sound = crate::prompts::tone(440, 8_000, 8_000);
    scribe.rig.sound(&format!("{path}/audio/en"), owner, "audio/wav", sound).await.is(200);
    assert!(scribe.last("/v1/audit").await > before);
    scribe.done.insert("prompt_audio_put".into());
    scribe.does("prompt_audio_remove", "DELETE", &format!("{path}/audio/en"), owner, Value::Null).await;
    scribe.does("prompt_remove", "DELETE", &path, owner, Value::Null).await;
    scribe.does("prompt_restore", "POST", &format!("{path}/restore"), owner, Value::Null).await;
    scribe.does("speech_put", "PUT", "/v1/speech", owner, json!({ "url": "https://speech.example.com/v1" })).await;
}

async fn flows_do(scribe: &mut Scribe<'_>, owner: &str) {
    let flow = scribe.does("flow_create", "POST", "/v1/flows", owner, json!({ "name": "Main line" })).await.id();
    let path = format!("/v1/flows/{flow}");
    scribe.does("flow_patch", "PATCH", &path, owner, json!({ "name": "Front desk" })).await;
    let publish = format!("{path}/publish");
    let version = scribe.does("flow_publish", "POST", &publish, owner, json!({ "revision": 1 })).await.id();
    let back = format!("/v1/flow-versions/{version}/roll-back");
    scribe.does("flow_roll_back", "POST", &back, owner, Value::Null).await;
    scribe.does("flow_remove", "DELETE", &path, owner, Value::Null).await;
}

async fn queues_do(scribe: &mut Scribe<'_>, owner: &str) {
    for (noun, path) in [
        ("queue", "/v1/queues"),
        ("skill", "/v1/skills"),
        ("reason_code", "/v1/reason-codes"),
        ("disposition", "/v1/dispositions"),
    ] {
        let made = scribe.does(&format!("{noun}_create"), "POST", path, owner, json!({ "name": "One" })).await.id();
        let made = format!("{path}/{made}");
        scribe.does(&format!("{noun}_patch"), "PATCH", &made, owner, json!({ "name": "Two" })).await;
        scribe.does(&format!("{noun}_remove"), "DELETE", &made, owner, Value::Null).await;
    }
}

async fn agents_do(scribe: &mut Scribe<'_>, owner: &str) {
    let member = scribe.rig.get("/v1/me", owner).await.json["member"].as_str().unwrap().to_owned();
    scribe.rig.post("/v1/seats", owner, json!({ "member": member })).await.is(201);
    let ask = json!({ "state": "ready" });
    scribe.does("my_agent_state", "POST", "/v1/agents/me/state", owner, ask).await;
    let tenant = scribe.rig.get("/v1/company", owner).await.id();
    let queue = scribe.rig.post("/v1/queues", owner, json!({ "name": "Written up" })).await.is(201).id();
    scribe.rig.writes_up(&tenant, &member, &queue).await;
    scribe.does("my_wrap_up", "POST", "/v1/agents/me/wrap-up", owner, json!({ "note": "Will pay" })).await;
    let path = format!("/v1/agents/{member}/state");
    scribe.does("agent_state", "POST", &path, owner, json!({ "state": "offline" })).await;
}

async fn recordings_do(scribe: &mut Scribe<'_>, owner: &str) {
    let rig = scribe.rig;
    let tenant = rig.get("/v1/company", owner).await.id();
    let call = rig.call(&tenant, None).await;
    rig.switch.talks(&tenant, &call);
    let path = format!("/v1/calls/{call}/recording");
    let id = scribe.does("call_record", "POST", &path, owner, json!({ "order": "start" })).await.id();
    let (_, _, mut out) = rig.switch.recorders.lock().unwrap().pop().unwrap();
    out.write(&[100; 16_000]).unwrap();
    out.end(patchbay_plane::RecordingEnd::default());
    patchbay_control::recordings::keeper::settle(rig.control.app()).await;
    let path = format!("/v1/recordings/{id}");
    scribe.does("recording_play", "POST", &format!("{path}/play"), owner, Value::Null).await;
    scribe.does("recording_patch", "PATCH", &path, owner, json!({ "legal_hold": false })).await;
    scribe.does("recording_remove", "DELETE", &path, owner, Value::Null).await;
    let policy = json!({ "mode": "always", "keep_days": 30, "voicemail_keep_days": 30, "queues": [] });
    scribe.does("recording_policy_put", "PUT", "/v1/recording-policy", owner, policy).await;
}

async fn callbacks_do(scribe: &mut Scribe<'_>, owner: &str) {
    let tenant = scribe.rig.get("/v1/company", owner).await.id();
    let id = crate::callbacks::promised(scribe.rig, &tenant, "").await;
    let path = format!("/v1/callbacks/{id}/close");
    scribe.does("callback_close", "POST", &path, owner, json!({ "outcome": "done" })).await;
}

async fn voicemails_do(scribe: &mut Scribe<'_>, owner: &str) {
    let rig = scribe.rig;
    let tenant = rig.get("/v1/company", owner).await.id();
    let seat = rig.post("/v1/seats", owner, json!({})).await.is(201).id();
    let call = rig.call(&tenant, None).await;
    let id = crate::voicemails::left(rig, &tenant, &call, crate::voicemails::of_seat(&seat)).await;
    let path = format!("/v1/voicemails/{id}");
    scribe.does("voicemail_play", "POST", &format!("{path}/play"), owner, Value::Null).await;
    scribe.does("voicemail_patch", "PATCH", &path, owner, json!({ "heard": true })).await;
    scribe.does("voicemail_remove", "DELETE", &path, owner, Value::Null).await;
    scribe.does("voicemail_restore", "POST", &format!("{path}/restore"), owner, Value::Null).await;
}

/// What an operator does from the console: support, jobs, imports.
async fn console_does(scribe: &mut Scribe<'_>, by: &str) {
    let tenant = scribe.rig.get("/v1/company", &scribe.owner).await.id();
    let user = scribe.rig.get("/v1/me", &scribe.owner).await.json["user"]["id"].clone();
    let ask = json!({ "user": user, "reason": "Ticket 7: a number does not ring" });
    let path = format!("/v1/operator/tenants/{tenant}/support");
    let visit = scribe.does("operator_support_open", "POST", &path, by, ask).await.json;
    let visit = visit["support"]["id"].as_str().unwrap().to_owned();
    scribe.does("operator_support_end", "POST", &format!("/v1/operator/support/{visit}/end"), by, Value::Null).await;
    let csv = "number,gateway,gateway_port\n+14155550170,Kestrel,4\n";
    let before = scribe.last("/v1/operator/audit").await;
    let made = scribe.rig.file("/v1/operator/number-imports", by, csv).await.is(201).id();
    assert!(scribe.last("/v1/operator/audit").await > before);
    scribe.done.insert("operator_number_import_create".into());
    let path = format!("/v1/operator/number-imports/{made}");
    scribe.does("operator_number_import_undo", "DELETE", &path, by, Value::Null).await;
    for (id, method, end) in [("operator_job_retry", "POST", "/retry"), ("operator_job_discard", "DELETE", "")] {
        let job = scribe.rig.dead_job().await;
        scribe.does(id, method, &format!("/v1/operator/jobs/{job}{end}"), by, Value::Null).await;
    }
}

/// Price lists: drafted, filled, dropped, published.
async fn prices_are_made(scribe: &mut Scribe<'_>, by: &str) {
    let (all, ask) = ("/v1/operator/price-lists", json!({ "currency": "USD", "effective": "2026-01-01" }));
    let made = scribe.does("price_list_create", "POST", all, by, ask.clone()).await.id();
    let path = format!("{all}/{made}");
    scribe.does("price_list_patch", "PATCH", &path, by, json!({ "note": "Spring" })).await;
    let before = scribe.last("/v1/operator/audit").await;
    scribe.rig.file_by("PUT", &format!("{path}/deck"), by, "prefix,per_minute\n1,0.01\n").await.is(200);
    assert!(scribe.last("/v1/operator/audit").await > before);
    scribe.done.insert("price_deck_put".into());
    scribe.does("price_list_publish", "POST", &format!("{path}/publish"), by, Value::Null).await;
    scribe.rig.clock.pass_s(1);
    let made = scribe.does("price_list_create", "POST", all, by, ask).await.id();
    accounts_are_kept(scribe, by).await;
    scribe.does("price_list_remove", "DELETE", &format!("{all}/{made}"), by, Value::Null).await;
}

/// What is agreed with a company and booked for it.
async fn accounts_are_kept(scribe: &mut Scribe<'_>, by: &str) {
    let tenant = scribe.rig.get("/v1/company", &scribe.owner).await.id();
    let path = format!("/v1/operator/tenants/{tenant}");
    let ask = json!({ "currency": "USD", "credit_limit_micros": 0 });
    scribe.does("operator_account_put", "PUT", &format!("{path}/account"), by, ask).await;
    let ask = json!({ "kind": "payment", "amount_micros": 5, "reference": "Bank 1", "reason": "Paid ahead" });
    scribe.does("operator_payment_create", "POST", &format!("{path}/payments"), by, ask).await;
    let ask = json!({ "from": "2026-01-01", "until": "2026-02-01", "reason": "A wrong discount" });
    scribe.does("operator_rate_anew", "POST", &format!("{path}/rate-anew"), by, ask).await;
    scribe.does("unrated_call_retry", "POST", "/v1/operator/unrated-calls/retry", by, Value::Null).await;
}

async fn members_do(scribe: &mut Scribe<'_>, by: &str) {
    let caps = json!({ "company": { "international": true, "premium": false } });
    scribe.does("spend_caps_put", "PUT", "/v1/billing/caps", by, caps).await;
    scribe.does("spend_alarm_lift", "POST", "/v1/billing/alarms/lift", by, Value::Null).await;
    scribe.does("company_patch", "PATCH", "/v1/company", by, json!({ "timezone": "Europe/Berlin" })).await;
    scribe.does("onboarding_done", "POST", "/v1/onboarding/mic_test/done", by, Value::Null).await;
    scribe.does("onboarding_skip", "POST", "/v1/onboarding/invite/skip", by, Value::Null).await;
    scribe.does("me_patch", "PATCH", "/v1/me", by, json!({ "name": "Olga O." })).await;
    let ask = |email: &str| json!({ "email": email, "role": "agent" });
    let gone = scribe.does("invitation_create", "POST", "/v1/invitations", by, ask("gone@example.com")).await.id();
    scribe.does("invitation_revoke", "DELETE", &format!("/v1/invitations/{gone}"), by, Value::Null).await;
    let made = scribe.does("invitation_create", "POST", "/v1/invitations", by, ask("mia@example.com")).await.json;
    let link = made["link"].as_str().unwrap().split("token=").nth(1).unwrap().to_owned();
    let path = format!("/v1/invitations/by-token/accept?token={link}");
    let who = json!({ "name": "Mia Member", "password": PASSWORD });
    let joined = scribe.does("invitation_accept", "POST", &path, "", who).await;
    let member = format!("/v1/members/{}", joined.json["me"]["member"].as_str().unwrap());
    scribe.does("member_patch", "PATCH", &member, by, json!({ "role": "supervisor" })).await;
    let (theirs, ask) = (token(&joined), json!({ "password": PASSWORD }));
    let begun = scribe.rig.post("/v1/me/second-factor", &theirs, ask).await.is(200).json;
    let secret = totp::from_base32(begun["secret"].as_str().unwrap()).unwrap();
    let code = totp::at(&secret, scribe.rig.control.app().now().unix_s());
    scribe.rig.post("/v1/me/second-factor/confirm", &theirs, json!({ "code": code })).await.is(200);
    let path = format!("{member}/second-factor/reset");
    scribe.does("member_second_factor_reset", "POST", &path, by, Value::Null).await;
    scribe.does("member_remove", "DELETE", &member, by, Value::Null).await;
}

async fn sign_on_does(scribe: &mut Scribe<'_>, by: &str) {
    let provider = Provider::new().await;
    let ask = json!({ "issuer": provider.issuer(), "client_id": "x", "client_secret": "y", "domains": ["aster.example.com"] });
    let path = "/v1/company/single-sign-on";
    scribe.does("single_sign_on_set", "PUT", path, by, ask).await;
    scribe.does("single_sign_on_remove", "DELETE", path, by, Value::Null).await;
}

async fn second_factor_does(scribe: &mut Scribe<'_>, name: &str, path: &str, by: &str, password: &str) {
    let begun = scribe.does(&format!("{name}_begin"), "POST", path, by, json!({ "password": password })).await.json;
    let secret = totp::from_base32(begun["secret"].as_str().unwrap()).unwrap();
    let code = |rig: &Rig| totp::at(&secret, rig.control.app().now().unix_s());
    let body = json!({ "code": code(scribe.rig) });
    scribe.does(&format!("{name}_confirm"), "POST", &format!("{path}/confirm"), by, body).await;
    scribe.rig.clock.pass_s(30);
    let body = json!({ "code": code(scribe.rig) });
    scribe.does(&format!("{name}_renew"), "POST", &format!("{path}/recovery-codes"), by, body).await;
    scribe.rig.clock.pass_s(30);
    let body = json!({ "password": password, "code": code(scribe.rig) });
    scribe.does(&format!("{name}_off"), "POST", &format!("{path}/off"), by, body).await;
}

async fn sessions_do(scribe: &mut Scribe<'_>, owner: &str) {
    let email = "owner@aster.example.com";
    let body = json!({ "email": email, "password": PASSWORD });
    let session = scribe.does("sign_in", "POST", "/v1/sign-in", "", body).await;
    let (cookie, by) = (session.cookie(), token(&session));
    let tenant = session.json["me"]["company"]["id"].clone();
    scribe.does("session_switch", "POST", "/v1/session/switch", &by, json!({ "tenant": tenant })).await;
    let again = scribe.does("email_check_resend", "POST", "/v1/email-check/resend", owner, Value::Null).await.json;
    let link = again["email_link"].as_str().unwrap().split("token=").nth(1).unwrap().to_owned();
    scribe.does("email_check", "POST", "/v1/email-check", "", json!({ "token": link })).await;
    let page = [("cookie", cookie.as_str()), ("x-patchbay", "1")];
    let body = json!({ "email": email, "password": PASSWORD });
    scribe.rig.post("/v1/sign-in", "", body).await.is(200);
    let open = scribe.rig.get("/v1/me/sessions", &by).await.is(200).json;
    let other = open.as_array().unwrap().iter().find(|one| one["current"] == false).unwrap()["id"].clone();
    let other = format!("/v1/me/sessions/{}", other.as_str().unwrap());
    scribe.does("my_session_end", "DELETE", &other, &by, Value::Null).await;
    second_factor_does(scribe, "second_factor", "/v1/me/second-factor", &by, PASSWORD).await;
    let zed = scribe.rig.join(owner, "zed@example.com", "agent").await;
    let member = format!("/v1/members/{}", zed.json["me"]["member"].as_str().unwrap());
    scribe.does("my_session_end_others", "POST", "/v1/me/sessions/end-others", &token(&zed), Value::Null).await;
    scribe.rig.post("/v1/password-reset", "", json!({ "email": "zed@example.com" })).await.is(202);
    let links = scribe.rig.get("/v1/operator/pending-links", &scribe.operator).await.is(200).json;
    let link = links.as_array().unwrap().iter().find(|one| one["kind"] == "password_reset").unwrap()["link"].clone();
    let link = link.as_str().unwrap().split("token=").nth(1).unwrap().to_owned();
    let body = json!({ "token": link, "password": "another long password" });
    scribe.does("password_reset", "POST", "/v1/password-reset/confirm", "", body).await;
    scribe.does("member_sign_out", "POST", &format!("{member}/sign-out"), owner, Value::Null).await;
    scribe.does_with("sign_out", "POST", "/v1/sign-out", "", Value::Null, &page).await;
}

async fn seats_do(scribe: &mut Scribe<'_>, by: &str) {
    let seat = scribe.does("seat_create", "POST", "/v1/seats", by, json!({})).await.id();
    let path = format!("/v1/seats/{seat}");
    scribe.does("seat_patch", "PATCH", &path, by, json!({ "label": "Front" })).await;
    let phone = json!({ "label": "Phone" });
    let made = scribe.does("device_create", "POST", &format!("{path}/devices"), by, phone).await.json;
    let device = format!("/v1/devices/{}", made["device"]["id"].as_str().unwrap());
    scribe.does("device_credentials", "POST", &format!("{device}/credentials"), by, Value::Null).await;
    scribe.does("device_remove", "DELETE", &device, by, Value::Null).await;
    let made = scribe.does("seat_token_create", "POST", &format!("{path}/tokens"), by, json!({})).await.json;
    let path = format!("/v1/seat-tokens/{}", made["token"]["id"].as_str().unwrap());
    scribe.does("seat_token_revoke", "DELETE", &path, by, Value::Null).await;
    scribe.does("seat_release", "DELETE", &format!("/v1/seats/{seat}"), by, Value::Null).await;
}

async fn own_box_goes(scribe: &mut Scribe<'_>, by: &str) {
    let ask = json!({ "name": "Office", "country": "US" });
    let site = scribe.does("company_site_create", "POST", "/v1/sites", by, ask).await.id();
    let at = format!("/v1/sites/{site}");
    scribe.does("company_site_patch", "PATCH", &at, by, json!({ "city": "Salem" })).await;
    let ask = json!({ "site": site, "label": "Ours", "profile": "kestrel_fxo", "connection": "registers_with_us",
        "gateway_ports": 4 });
    let made = scribe.does("own_gateway_create", "POST", "/v1/gateways", by, ask).await.json;
    let path = format!("/v1/gateways/{}", made["gateway"]["id"].as_str().unwrap());
    let port = &made["gateway"]["gateway_ports"][0]["id"];
    let ask = json!({ "number": "+14155550188", "kind": "local", "gateway_port": port });
    let check = scribe.does("number_check_create", "POST", "/v1/number-checks", by, ask).await.id();
    let check = format!("/v1/number-checks/{check}");
    scribe.does("number_check_call", "POST", &format!("{check}/call"), by, json!({})).await;
    scribe.does("number_check_remove", "DELETE", &check, by, Value::Null).await;
    scribe.does("own_gateway_patch", "PATCH", &path, by, json!({ "label": "Theirs" })).await;
    scribe.does("own_gateway_credentials", "POST", &format!("{path}/credentials"), by, Value::Null).await;
    scribe.does("own_gateway_remove", "DELETE", &path, by, Value::Null).await;
    scribe.does("company_site_remove", "DELETE", &at, by, Value::Null).await;
}

async fn stock_goes(scribe: &mut Scribe<'_>, by: &str, operator: &str, stock: &Stock) {
    let number = format!("/v1/numbers/{}", stock.numbers[0]);
    scribe.does("number_claim", "POST", &format!("{number}/claim"), by, Value::Null).await;
    scribe.does("number_patch", "PATCH", &number, by, json!({ "label": "Front door" })).await;
    let ring = json!({ "number": "+14155550100", "persona": "talker" });
    scribe.does("lab_ring", "POST", "/v1/lab/ring", by, ring).await;
    let answer = json!({ "number": "+14155550100", "keys": "1" });
    scribe.does("lab_answer", "POST", "/v1/lab/answer", by, answer).await;
    let ask = json!({ "pattern": "+44*", "list": "block" });
    let rule = scribe.does("caller_rule_create", "POST", "/v1/caller-rules", by, ask).await.id();
    scribe.does("caller_rule_remove", "DELETE", &format!("/v1/caller-rules/{rule}"), by, Value::Null).await;
    scribe.does("number_release", "POST", &format!("{number}/release"), by, Value::Null).await;
    scribe.does("number_take_back", "POST", &format!("{number}/take-back"), by, Value::Null).await;
    let held = format!("/v1/numbers/{}/hold", stock.numbers[2]);
    scribe.does("number_hold", "POST", &held, by, Value::Null).await;
    scribe.does("number_hold_end", "DELETE", &held, by, Value::Null).await;
    let port = format!("/v1/gateway-ports/{}", stock.ports[1]);
    scribe.does("gateway_port_rent", "POST", &format!("{port}/rent"), by, Value::Null).await;
    scribe.does("gateway_port_release", "POST", &format!("{port}/release"), by, Value::Null).await;
    own_box_goes(scribe, by).await;
    let tenant = scribe.rig.get("/v1/company", by).await.id();
    let call = scribe.rig.switch.ring(&tenant);
    let seat = scribe.rig.post("/v1/seats", by, json!({})).await.is(201).id();
    scribe.does("call_place", "POST", "/v1/calls", by, json!({ "called": "102", "seat": seat })).await;
    {
        let mut up = scribe.rig.switch.up.lock().unwrap();
        up.last_mut().unwrap().seat = Some(seat.parse().unwrap());
    }
    let path = format!("/v1/calls/{call}");
    for (operation, what) in [
        ("call_hold", "hold"),
        ("call_resume", "resume"),
        ("call_stop_play", "stop-play"),
        ("call_swap", "swap"),
        ("call_merge", "merge"),
        ("call_complete", "complete"),
        ("call_cancel_consult", "cancel-consult"),
        ("call_answer", "answer"),
    ] {
        scribe.does(operation, "POST", &format!("{path}/{what}"), by, Value::Null).await;
    }
    scribe.does("call_transfer", "POST", &format!("{path}/transfer"), by, json!({ "called": "102" })).await;
    scribe.does("call_consult", "POST", &format!("{path}/consult"), by, json!({ "called": "102" })).await;
    scribe.does("call_park", "POST", &format!("{path}/park"), by, json!({ "slot": 7 })).await;
    scribe.does("call_pick_up", "POST", &format!("{path}/pick-up?seat={seat}"), by, Value::Null).await;
    scribe.does("call_digits", "POST", &format!("{path}/digits"), by, json!({ "digits": "1" })).await;
    scribe.does("call_play", "POST", &format!("{path}/play"), by, json!({ "signal": "ringback" })).await;
    scribe.does("call_hang_up", "POST", &format!("/v1/calls/{call}/hang-up"), by, Value::Null).await;
    let path = format!("/v1/operator/tenants/{tenant}");
    scribe.does("operator_tenant_patch", "PATCH", &path, operator, json!({ "max_calls": 7 })).await;
    assert!(!stock.gateway.is_empty());
}

async fn programs_do(scribe: &mut Scribe<'_>, by: &str) {
    let ask = json!({ "name": "One", "scopes": ["seats:read"] });
    let made = scribe.does("api_key_create", "POST", "/v1/api-keys", by, ask).await.json;
    let key = format!("/v1/api-keys/{}", made["key"]["id"].as_str().unwrap());
    scribe.does("api_key_patch", "PATCH", &key, by, json!({ "name": "Two" })).await;
    scribe.does("api_key_rotate", "POST", &format!("{key}/rotate"), by, json!({})).await;
    scribe.does("api_key_end_old_secret", "DELETE", &format!("{key}/old-secret"), by, Value::Null).await;
    scribe.does("api_key_revoke", "DELETE", &key, by, Value::Null).await;
    let ask = json!({ "url": "https://hooks.example.com", "kinds": ["seat.*"] });
    let made = scribe.does("webhook_create", "POST", "/v1/webhooks", by, ask).await.json;
    let webhook = format!("/v1/webhooks/{}", made["webhook"]["id"].as_str().unwrap());
    scribe.does("webhook_patch", "PATCH", &webhook, by, json!({ "kinds": ["*"] })).await;
    scribe.does("webhook_rotate", "POST", &format!("{webhook}/rotate"), by, json!({})).await;
    scribe.does("webhook_test", "POST", &format!("{webhook}/test"), by, Value::Null).await;
    scribe.does("webhook_replay", "POST", &format!("{webhook}/replay"), by, json!({ "from_seq": 1 })).await;
    scribe.does("webhook_remove", "DELETE", &webhook, by, Value::Null).await;
    let word = json!({ "current": PASSWORD, "new": "another long password" });
    scribe.does("me_password", "POST", "/v1/me/password", by, word).await;
    let word = json!({ "current": scribe.rig.operator_password, "new": "yet another long password" });
    let operator = scribe.operator.clone();
    scribe.does("operator_password", "POST", "/v1/operator/password", &operator, word).await;
}

async fn a_line_shows_what_was_before_and_after(rig: Rig) {
    let owner = token(&rig.sign_up("Aster").await);
    let seat = rig.post("/v1/seats", &owner, json!({ "label": "One" })).await.is(201).id();
    rig.patch(&format!("/v1/seats/{seat}"), &owner, json!({ "label": "Two" })).await.is(200);
    let line = rig.get("/v1/audit?limit=1", &owner).await.is(200).json["items"][0].clone();
    assert_eq!((line["action"].as_str(), line["entity_id"].as_str()), (Some("seat.updated"), Some(seat.as_str())));
    assert_eq!((&line["actor"]["kind"], &line["actor"]["name"]), (&json!("person"), &json!("Olga Owner")));
    let change = &line["changes"][0];
    assert_eq!((&change["table"], &change["id"]), (&json!("seat"), &json!(seat)));
    assert_eq!((&change["before"], &change["after"]), (&json!({ "label": "One" }), &json!({ "label": "Two" })));
    let key = json!({ "name": "Robot", "scopes": ["seats:write", "audit:read"] });
    let key = rig.post("/v1/api-keys", &owner, key).await.is(201).json["secret"].as_str().unwrap().to_owned();
    rig.patch(&format!("/v1/seats/{seat}"), &key, json!({ "label": "Three" })).await.is(200);
    let line = rig.get("/v1/audit?limit=1", &key).await.is(200).json["items"][0].clone();
    assert_eq!((&line["actor"]["kind"], &line["actor"]["name"]), (&json!("key"), &json!("Robot")));
    assert_eq!(line["from"]["session"], line["actor"]["id"]);
    let rows = rig.patch(&format!("/v1/seats/{seat}"), &owner, json!({ "extension": "x" })).await;
    assert_eq!(rows.status, 422);
    let again = rig.get("/v1/audit?limit=1", &owner).await.is(200).json["items"][0].clone();
    assert_eq!(again["seq"], line["seq"], "what did not happen is not written down");
}

async fn the_log_can_be_searched_and_taken_away(rig: Rig) {
    let owner = token(&rig.sign_up("Aster").await);
    let other = token(&rig.sign_up("Borage").await);
    let agent = token(&rig.join(&owner, "agent@example.com", "supervisor").await);
    rig.get("/v1/audit", &agent).await.is(403);
    for label in ["One", "Two", "=Three"] {
        rig.post("/v1/seats", &owner, json!({ "label": label })).await.is(201);
    }
    let found = rig.get("/v1/audit?action=seat.&limit=2", &owner).await.is(200).json;
    assert_eq!(found["items"].as_array().unwrap().len(), 2);
    let next = format!("/v1/audit?action=seat.&limit=2&cursor={}", found["next_cursor"].as_str().unwrap());
    let rest = rig.get(&next, &owner).await.is(200).json;
    assert_eq!((rest["items"].as_array().unwrap().len(), &rest["next_cursor"]), (1, &Value::Null));
    let seat = rest["items"][0]["entity_id"].as_str().unwrap();
    let one = rig.get(&format!("/v1/audit?entity_id={seat}"), &owner).await.is(200).json;
    assert_eq!(one["items"].as_array().unwrap().len(), 1);
    let none = rig.get(&format!("/v1/audit?entity_id={seat}"), &other).await.is(200).json;
    assert_eq!(none["items"], json!([]), "another company's log is another log");
    assert_eq!(rig.get("/v1/audit?since=yesterday", &owner).await.is(422).code(), "validation");
    assert_eq!(rig.get("/v1/audit?cursor=%21", &owner).await.is(400).code(), "bad_cursor");
    let later = rig.get("/v1/audit?since=2199-01-01T00:00:00Z", &owner).await.is(200).json;
    assert_eq!(later["items"], json!([]));
    let file = rig.get("/v1/audit/export?action=seat.", &owner).await.is(200);
    assert_eq!(file.headers["content-type"], "text/csv; charset=utf-8");
    let lines: Vec<&str> = file.text.split("\r\n").collect();
    assert!(lines[0].starts_with("seq,at,actor_kind,") && lines.len() == 5, "{}", file.text);
    let file = rig.get("/v1/audit/export?format=jsonl", &owner).await.is(200).text;
    let first: Value = serde_json::from_str(file.lines().next().unwrap()).unwrap();
    assert_eq!(first["action"], "audit.exported", "the file begins with who took it");
    assert_eq!(file.lines().count() as i64, first["seq"].as_i64().unwrap(), "and is whole");
}

async fn no_secret_is_in_the_log(rig: Rig) {
    let operator = rig.operator().await;
    let owner = token(&rig.sign_up("Aster").await);
    let mut secrets = vec![PASSWORD.to_owned(), rig.operator_password.clone(), "argon2".into()];
    let seat = rig.post("/v1/seats", &owner, json!({})).await.is(201).id();
    let device = rig.post(&format!("/v1/seats/{seat}/devices"), &owner, json!({ "label": "Phone" })).await.is(201).json;
    passwords(&device, &mut secrets);
    let key = rig.post("/v1/api-keys", &owner, json!({ "name": "One", "scopes": ["seats:read"] })).await.is(201).json;
    secrets.push(key["secret"].as_str().unwrap().to_owned());
    let made = rig.post(&format!("/v1/seats/{seat}/tokens"), &owner, json!({})).await.is(201).json;
    secrets.push(made["secret"].as_str().unwrap().to_owned());
    let hook = json!({ "url": "https://hooks.example.com", "kinds": ["*"] });
    let made = rig.post("/v1/webhooks", &owner, hook).await.is(201).json;
    secrets.push(made["secret"].as_str().unwrap().to_owned());
    let invited = json!({ "email": "mia@example.com", "role": "agent" });
    let link = rig.post("/v1/invitations", &owner, invited).await.is(201).json["link"].as_str().unwrap().to_owned();
    secrets.push(link.split("token=").nth(1).unwrap().to_owned());
    let site = rig.post("/v1/operator/sites", &operator, json!({ "name": "Lab", "country": "US" })).await.is(201).id();
    let gateway = json!({ "site": site, "label": "Kestrel", "profile": "kestrel_fxo", "connection": "registers_with_us",
        "gateway_ports": 4, "rental": "exclusive", "monthly": price(1) });
    let made = rig.post("/v1/operator/gateways", &operator, gateway).await.is(201).json;
    let gateway = made["gateway"]["id"].as_str().unwrap().to_owned();
    let renewed = rig.send("POST", &format!("/v1/operator/gateways/{gateway}/credentials"), &operator, None, &[]).await;
    for answer in [&made, &renewed.is(200).json] {
        let before = secrets.len();
        passwords(answer, &mut secrets);
        assert!(secrets.len() > before, "no password in {answer}");
    }
    let mut all = rig.get("/v1/audit/export?format=jsonl", &owner).await.is(200).text;
    all += &rig.get("/v1/operator/audit/export?format=jsonl", &operator).await.is(200).text;
    assert!(all.contains("(secret)"), "that there was one is told");
    for secret in secrets {
        assert!(secret.len() >= 6 && !all.contains(&secret), "{secret}");
    }
}

/// Every password that an answer shows, wherever in it.
fn passwords(answer: &Value, found: &mut Vec<String>) {
    match answer {
        Value::Object(fields) => {
            for (name, value) in fields {
                match value.as_str().filter(|_| name == "password") {
                    Some(text) => found.push(text.to_owned()),
                    None => passwords(value, found),
                }
            }
        }
        Value::Array(all) => all.iter().for_each(|one| passwords(one, found)),
        _ => {}
    }
}
