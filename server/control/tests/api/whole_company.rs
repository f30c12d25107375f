//! A company with one of everything, for tests that try each operation on it.

use patchbay_control::webhooks::courier::Courier;
use serde_json::{Value, json};

use crate::{
    rig::{Rig, token},
    voicemails::{left, of_seat},
    walk::key_scopes,
};
/// A company with one of everything, as seen by its owner.
pub struct Company {
    pub owner: String,
    pub agent: String,
    pub tenant: String,
    pub member: String,
    pub invitation: String,
    pub department: String,
    pub prompt: String,
    pub recording: String,
    pub voicemail: String,
    pub callback: String,
    pub team: String,
    pub role: String,
    pub queue: String,
    pub skill: String,
    pub reason_code: String,
    pub disposition: String,
    pub view: String,
    pub session: String,
    pub seat: String,
    pub device: String,
    pub number: String,
    pub gateway_port: String,
    pub caller_rule: String,
    pub site: String,
    pub gateway: String,
    pub number_check: String,
    pub call: String,
    pub api_key: String,
    /// A key with every scope that its owner could give it.
    pub key: String,
    pub seat_token: String,
    pub event: String,
    pub webhook: String,
    pub flow: String,
    pub flow_version: String,
    pub delivery: String,
    /// The same, to be shown.
    pub seat_secret: String,
}

pub async fn stock(rig: &Rig, operator: &str) -> (String, Vec<String>, Vec<String>) {
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

/// A site of the company's own and a gateway that it racked there.
async fn own_box(rig: &Rig, owner: &str, number: String) -> [String; 3] {
    let site = json!({ "name": "Office", "country": "US", "address": "1 Main Street" });
    let site = rig.post("/v1/sites", owner, site).await.is(201).id();
    let ask = json!({ "site": site, "label": "Our box", "profile": "kestrel_fxo", "connection": "registers_with_us",
        "gateway_ports": 4 });
    let made = rig.post("/v1/gateways", owner, ask).await.is(201).json;
    let port = &made["gateway"]["gateway_ports"][0]["id"];
    let ask = json!({ "number": number, "kind": "local", "gateway_port": port });
    let check = rig.post("/v1/number-checks", owner, ask).await.is(201).id();
    [site, made["gateway"]["id"].as_str().unwrap().to_owned(), check]
}

/// A number for each company.
fn number_at(name: &str) -> String {
    format!("+141555501{}", 60 + name.bytes().map(u32::from).sum::<u32>() % 40)
}

pub async fn company(rig: &Rig, name: &str, number: &str, gateway_port: &str) -> Company {
    let session = rig.sign_up(name).await;
    let owner = token(&session);
    let agent = rig.join(&owner, &format!("agent@{}.example.com", name.to_lowercase()), "agent").await;
    let member = agent.json["me"]["member"].as_str().unwrap().to_owned();
    let signed_in = rig.get("/v1/me/sessions", &owner).await.is(200).json[0]["id"].as_str().unwrap().to_owned();
    let invited = json!({ "email": format!("next@{}.example.com", name.to_lowercase()), "role": "agent" });
    let invitation = rig.post("/v1/invitations", &owner, invited).await.is(201).id();
    let department = rig.post("/v1/departments", &owner, json!({ "name": "Sales" })).await.is(201).id();
    let prompt = rig.post("/v1/prompts", &owner, json!({ "name": "Greeting" })).await.is(201).id();
    let spoken = json!({ "text": "Good morning" });
    rig.send("PUT", &format!("/v1/prompts/{prompt}/speech/en"), &owner, Some(spoken), &[]).await.is(200);
    let team = json!({ "name": "Morning", "department": department, "members": [member] });
    let team = rig.post("/v1/teams", &owner, team).await.is(201).id();
    let role = json!({ "name": "Trainer", "permissions": ["seats:read"], "scope": "team" });
    let role = rig.post("/v1/roles", &owner, role).await.is(201).id();
    let [queue, skill, reason_code, disposition] = queue(rig, &owner, &member, name).await;
    let view = json!({ "list": "members", "name": "Mine", "content": {}, "shared": true });
    let view = rig.post("/v1/views", &owner, view).await.is(201).id();
    let seat = rig.post("/v1/seats", &owner, json!({ "member": member })).await.is(201).id();
    let path = format!("/v1/seats/{seat}/devices");
    let device = rig.post(&path, &owner, json!({ "label": "Desk phone" })).await.is(201);
    let device = device.json["device"]["id"].as_str().unwrap().to_owned();
    let number = rig.send("POST", &format!("/v1/numbers/{number}/claim"), &owner, None, &[]).await.is(201).id();
    let rule = json!({ "pattern": "+44*", "list": "block", "note": name });
    let caller_rule = rig.post("/v1/caller-rules", &owner, rule).await.is(201).id();
    let [site, gateway, number_check] = own_box(rig, &owner, number_at(name)).await;
    let tenant = session.json["me"]["company"]["id"].as_str().unwrap().to_owned();
    let call = rig.call(&tenant, Some(&seat)).await;
    rig.switch.talks(&tenant, &call);
    let recording = rig.post(&format!("/v1/calls/{call}/recording"), &owner, json!({ "order": "start" })).await;
    let recording = recording.is(200).id();
    let callback = crate::callbacks::promised(rig, &tenant, &queue).await;
    let voicemail = left(rig, &tenant, &call, of_seat(&seat)).await;
    let made = rig.post("/v1/api-keys", &owner, json!({ "name": "Walk", "scopes": key_scopes() })).await.is(201).json;
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let (api_key, key) = (text(&made["key"]["id"]), text(&made["secret"]));
    let made = rig.post(&format!("/v1/seats/{seat}/tokens"), &key, json!({})).await.is(201).json;
    let event = text(&rig.get("/v1/events?limit=1", &owner).await.is(200).json["items"][0]["id"]);
    let (webhook, delivery) = webhook(rig, &owner).await;
    let flow = rig.post("/v1/flows", &owner, json!({ "name": format!("{name} line") })).await.is(201).id();
    let publish = format!("/v1/flows/{flow}/publish");
    let flow_version = rig.post(&publish, &owner, json!({ "revision": 1 })).await.is(201).id();
    Company {
        event,
        webhook,
        flow,
        flow_version,
        delivery,
        agent: token(&agent),
        caller_rule,
        site,
        gateway,
        number_check,
        gateway_port: gateway_port.to_owned(),
        seat_token: text(&made["token"]["id"]),
        seat_secret: text(&made["secret"]),
        owner,
        tenant,
        member,
        invitation,
        department,
        prompt,
        recording,
        voicemail,
        callback,
        team,
        role,
        queue,
        skill,
        reason_code,
        disposition,
        view,
        session: signed_in,
        seat,
        device,
        number,
        call,
        api_key,
        key,
    }
}

/// A queue that asks for a skill of its one member, a reason code, a disposition.
async fn queue(rig: &Rig, owner: &str, member: &str, name: &str) -> [String; 4] {
    let ask = json!({ "name": format!("{name} speaks"), "agents": [{ "member": member, "level": 3 }] });
    let skill = rig.post("/v1/skills", owner, ask).await.is(201).id();
    let ask =
        json!({ "name": format!("{name} sales"), "skills": [{ "skill": skill, "level": 2 }], "members": [member] });
    let queue = rig.post("/v1/queues", owner, ask).await.is(201).id();
    let reason = rig.post("/v1/reason-codes", owner, json!({ "name": format!("{name} lunch") })).await.is(201).id();
    let ask = json!({ "name": format!("{name} sold"), "queue": queue });
    let disposition = rig.post("/v1/dispositions", owner, ask).await.is(201).id();
    [queue, skill, reason, disposition]
}

/// An endpoint that nobody answers at, and a delivery that failed there.
async fn webhook(rig: &Rig, owner: &str) -> (String, String) {
    let ask = json!({ "url": "http://127.0.0.1:9/", "kinds": ["*"] });
    let made = rig.post("/v1/webhooks", owner, ask).await.is(201).json;
    let id = made["webhook"]["id"].as_str().unwrap().to_owned();
    rig.send("POST", &format!("/v1/webhooks/{id}/test"), owner, None, &[]).await.is(202);
    for errand in Courier::new(rig.control.app()).round().await.unwrap() {
        errand.await.unwrap();
    }
    let path = format!("/v1/webhooks/{id}/deliveries");
    let delivery = rig.get(&path, owner).await.is(200).json["items"][0]["id"].as_str().unwrap().to_owned();
    (id, delivery)
}

impl Company {
    /// This company's own thing that the operation's path names.
    pub fn own(&self, path: &str) -> Option<String> {
        let things = [
            ("/v1/members/{id}", &self.member),
            ("/v1/invitations/{id}", &self.invitation),
            ("/v1/departments/{id}", &self.department),
            ("/v1/prompts/{id}", &self.prompt),
            ("/v1/recordings/{id}", &self.recording),
            ("/v1/voicemails/{id}", &self.voicemail),
            ("/v1/callbacks/{id}", &self.callback),
            ("/v1/teams/{id}", &self.team),
            ("/v1/roles/{id}", &self.role),
            ("/v1/queues/{id}", &self.queue),
            ("/v1/agents/{id}", &self.member),
            ("/v1/skills/{id}", &self.skill),
            ("/v1/reason-codes/{id}", &self.reason_code),
            ("/v1/dispositions/{id}", &self.disposition),
            ("/v1/views/{id}", &self.view),
            ("/v1/me/sessions/{id}", &self.session),
            ("/v1/seats/{id}", &self.seat),
            ("/v1/devices/{id}", &self.device),
            ("/v1/numbers/{id}", &self.number),
            ("/v1/gateway-ports/{id}", &self.gateway_port),
            ("/v1/caller-rules/{id}", &self.caller_rule),
            ("/v1/sites/{id}", &self.site),
            ("/v1/gateways/{id}", &self.gateway),
            ("/v1/number-checks/{id}", &self.number_check),
            ("/v1/calls/{id}", &self.call),
            ("/v1/api-keys/{id}", &self.api_key),
            ("/v1/seat-tokens/{id}", &self.seat_token),
            ("/v1/events/{id}", &self.event),
            ("/v1/webhooks/{id}", &self.webhook),
            ("/v1/flows/{id}", &self.flow),
            ("/v1/flow-versions/{id}", &self.flow_version),
            ("/v1/webhook-deliveries/{id}", &self.delivery),
        ];
        let found = things.into_iter().find(|(prefix, _)| path.starts_with(prefix));
        found.map(|(_, id)| path.replace("{id}", id).replace("{language}", "en"))
    }

    /// Ids that nobody else may ever read.
    pub fn things(&self) -> Vec<&str> {
        let all = [
            &self.tenant,
            &self.member,
            &self.invitation,
            &self.department,
            &self.prompt,
            &self.recording,
            &self.voicemail,
            &self.callback,
            &self.team,
            &self.role,
            &self.queue,
            &self.skill,
            &self.reason_code,
            &self.disposition,
            &self.view,
            &self.session,
            &self.seat,
            &self.device,
            &self.number,
            &self.caller_rule,
            &self.site,
            &self.gateway,
            &self.number_check,
            &self.call,
            &self.api_key,
            &self.seat_token,
            &self.event,
            &self.webhook,
            &self.flow,
            &self.flow_version,
            &self.delivery,
        ];
        all.into_iter().map(String::as_str).collect()
    }

    /// What the company looks like to its owner: the same before and after others have tried.
    pub async fn picture(&self, rig: &Rig) -> Vec<String> {
        let mut all = Vec::new();
        for path in [
            "/v1/company",
            "/v1/members",
            "/v1/invitations",
            "/v1/departments",
            "/v1/prompts",
            "/v1/recordings",
            "/v1/voicemails",
            "/v1/callbacks",
            "/v1/survey-answers",
            "/v1/survey-summary",
            "/v1/recording-policy",
            "/v1/speech",
            "/v1/teams",
            "/v1/roles",
            "/v1/queues",
            "/v1/agents",
            "/v1/skills",
            "/v1/reason-codes",
            "/v1/dispositions",
            "/v1/views?list=members",
            "/v1/seats",
            "/v1/numbers",
            "/v1/caller-rules",
            "/v1/numbers/released",
            "/v1/numbers/porting",
            "/v1/gateway-ports",
            "/v1/calls",
            "/v1/events?limit=250",
            "/v1/api-keys?revoked=true",
            "/v1/audit",
            "/v1/webhooks",
            "/v1/flows",
            &format!("/v1/flows/{}", self.flow),
            &format!("/v1/flows/{}/versions", self.flow),
            &format!("/v1/webhooks/{}/deliveries", self.webhook),
            &format!("/v1/webhook-deliveries/{}", self.delivery),
            &format!("/v1/seats/{}/tokens", self.seat),
        ] {
            all.push(rig.get(path, &self.owner).await.is(200).text);
        }
        all
    }
}
