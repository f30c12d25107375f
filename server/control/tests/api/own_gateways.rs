//! A company racks a gateway of its own: it alone has it, the operator sees it and may stop it.

use patchbay_plane::TestVerdictKind;
use serde_json::{Value, json};

use crate::rig::{Answer, Rig, token};

on_both!(
    a_company_racks_its_own_gateway,
    an_own_gateway_is_nobody_elses,
    an_operator_stops_an_own_gateway,
    a_number_is_called_before_it_is_a_companys,
    a_check_has_bounds,
    without_a_line_nobody_is_called,
);

fn wish(site: &str) -> Value {
    json!({ "site": site, "label": "Office box", "profile": "kestrel_fxo", "connection": "registers_with_us",
        "gateway_ports": 4 })
}

async fn racked(rig: &Rig, owner: &str) -> (String, Value) {
    let site = rig.post("/v1/sites", owner, json!({ "name": "Office", "country": "US" })).await.is(201).id();
    let made = rig.post("/v1/gateways", owner, wish(&site)).await.is(201).json;
    (site, made)
}

fn code(answer: &Answer) -> (u16, &str) {
    (answer.status, answer.json["code"].as_str().unwrap_or_default())
}

async fn a_company_racks_its_own_gateway(rig: Rig) {
    let owner = token(&rig.sign_up("Aster").await);
    let (site, made) = racked(&rig, &owner).await;
    let (gateway, accounts) = (&made["gateway"], made["credentials"].as_array().unwrap());
    assert_eq!((accounts.len(), &gateway["site_name"]), (4, &json!("Office")));
    let path = format!("/v1/gateways/{}", gateway["id"].as_str().unwrap());
    let shown = rig.get(&path, &owner).await.is(200);
    for account in accounts {
        let password = account["password"].as_str().unwrap();
        assert!(password.len() >= 16 && !shown.text.contains(password), "a password is shown once");
    }
    // Its gateway ports are the company's own from the start, free of charge, and go only with the box.
    let rented = rig.get("/v1/gateway-ports", &owner).await.is(200).json;
    let first = &rented[0];
    assert_eq!(
        (rented.as_array().unwrap().len(), &first["own"], &first["monthly"]["micros"]),
        (4, &json!(true), &json!(0))
    );
    let release = format!("/v1/gateway-ports/{}/release", first["id"].as_str().unwrap());
    let kept = rig.send("POST", &release, &owner, None, &[]).await;
    assert_eq!(code(&kept), (409, "gateway_port_own"));
    // New passwords for the same accounts; the switch forgets who registered with the old ones.
    let renewed = rig.send("POST", &format!("{path}/credentials"), &owner, None, &[]).await.is(200).json;
    assert_eq!(renewed["credentials"][0]["username"], accounts[0]["username"]);
    assert_ne!(renewed["credentials"][0]["password"], accounts[0]["password"]);
    let busy = rig.send("DELETE", &format!("/v1/sites/{site}"), &owner, None, &[]).await;
    assert_eq!(code(&busy), (409, "site_in_use"));
    // No name that could lead elsewhere tomorrow; which addresses are inside, a test of the rule itself tells.
    let ask = json!({ "site": site, "label": "E1", "profile": "falcon_e1", "connection": "ip_peer", "gateway_ports": 1,
        "host": "gw.example.com" });
    assert_eq!(rig.post("/v1/gateways", &owner, ask).await.is(422).json["errors"][0]["code"], "ip_address");
    let carrier = json!({ "site": site, "label": "E1", "profile": "generic_sip_trunk", "connection": "we_register",
        "gateway_ports": 1, "host": "1.1.1.1", "username": "x", "password": "y" });
    rig.post("/v1/gateways", &owner, carrier).await.is(422);
    rig.send("DELETE", &path, &owner, None, &[]).await.is(204);
    assert_eq!(rig.get("/v1/gateway-ports", &owner).await.is(200).json, json!([]));
    rig.send("DELETE", &format!("/v1/sites/{site}"), &owner, None, &[]).await.is(204);
}

async fn an_own_gateway_is_nobody_elses(rig: Rig) {
    let a = token(&rig.sign_up("Aster").await);
    let b = token(&rig.sign_up("Borage").await);
    let (site, made) = racked(&rig, &a).await;
    let gateway = made["gateway"]["id"].as_str().unwrap();
    let port = made["gateway"]["gateway_ports"][0]["id"].as_str().unwrap();
    for (method, path) in [
        ("GET", format!("/v1/gateways/{gateway}")),
        ("DELETE", format!("/v1/gateways/{gateway}")),
        ("POST", format!("/v1/gateways/{gateway}/credentials")),
        ("DELETE", format!("/v1/sites/{site}")),
    ] {
        rig.send(method, &path, &b, None, &[]).await.is(404);
    }
    let patch = json!({ "label": "Mine now" });
    rig.send("PATCH", &format!("/v1/gateways/{gateway}"), &b, Some(patch), &[]).await.is(404);
    assert_eq!(rig.post("/v1/gateways", &b, wish(&site)).await.is(422).json["errors"][0]["code"], "unknown_site");
    assert_eq!(rig.get("/v1/gateways", &b).await.is(200).json, json!([]));
    assert!(!rig.get("/v1/gateway-ports/shop", &b).await.is(200).text.contains(port), "it is not for rent");
    let rent = rig.send("POST", &format!("/v1/gateway-ports/{port}/rent"), &b, None, &[]).await;
    assert_eq!(code(&rent), (409, "gateway_port_unavailable"));
    // Of two that name one address the first has it.
    let by_address = |site: &str| {
        json!({ "site": site, "label": "E1", "profile": "falcon_e1", "connection": "ip_peer", "gateway_ports": 1,
            "host": "1.1.1.1" })
    };
    rig.post("/v1/gateways", &a, by_address(&site)).await.is(201);
    let theirs = rig.post("/v1/sites", &b, json!({ "name": "Office", "country": "US" })).await.is(201).id();
    assert_eq!(code(&rig.post("/v1/gateways", &b, by_address(&theirs)).await), (409, "address_taken"));
}

async fn an_operator_stops_an_own_gateway(rig: Rig) {
    let operator = rig.operator().await;
    let owner = token(&rig.sign_up("Aster").await);
    let (site, made) = racked(&rig, &owner).await;
    let gateway = made["gateway"]["id"].as_str().unwrap();
    let port = made["gateway"]["gateway_ports"][0]["id"].as_str().unwrap();
    let path = format!("/v1/operator/gateways/{gateway}");
    let seen = rig.get(&path, &operator).await.is(200).json;
    assert_eq!((&seen["company"], &seen["suspended"]), (&json!("Aster"), &Value::Null));
    // What is on it is the company's: the operator adds no number there and does not clear the site away.
    let block = json!({ "first": "+14155550177", "count": 1, "gateway_port": port, "kind": "local",
        "monthly": { "micros": 0, "currency": "USD" } });
    assert_eq!(code(&rig.post("/v1/operator/numbers", &operator, block).await), (409, "gateway_of_company"));
    let gone = rig.send("DELETE", &format!("/v1/operator/sites/{site}"), &operator, None, &[]).await;
    assert_eq!(gone.status, 409);
    let stop = json!({ "suspended": true, "suspended_reason": "Complaints" });
    let stopped = rig.send("PATCH", &path, &operator, Some(stop), &[]).await.is(200).json;
    assert_eq!(stopped["suspended"]["reason"], "Complaints");
    let shown = rig.get(&format!("/v1/gateways/{gateway}"), &owner).await.is(200).json;
    assert_eq!(shown["suspended"]["reason"], "Complaints");
    let port_id = port.parse::<patchbay_kernel::GatewayPortId>().unwrap().uuid();
    let system = rig.control.app().database.system();
    assert!(!system.trunks(&[port_id]).await.unwrap()[0].enabled, "no call takes it");
    rig.send("PATCH", &path, &operator, Some(json!({ "suspended": false })), &[]).await.is(200);
    let told = rig.get("/v1/events?limit=100", &owner).await.is(200).text;
    assert!(told.contains("gateway.suspended") && told.contains("gateway.resumed"), "{told}");
    // Only what a company brought is stopped in this way.
    let lab = rig.post("/v1/operator/sites", &operator, json!({ "name": "Lab", "country": "US" })).await.is(201).id();
    let ours = rig.post("/v1/operator/gateways", &operator, wish(&lab)).await.is(201).json;
    let ours = format!("/v1/operator/gateways/{}", ours["gateway"]["id"].as_str().unwrap());
    rig.send("PATCH", &ours, &operator, Some(json!({ "suspended": true })), &[]).await.is(422);
}

/// A company with a gateway of its own, an operator's line, and a check of this number.
async fn checked(rig: &Rig, number: &str) -> (String, String) {
    let operator = rig.operator().await;
    let site = json!({ "name": "Exchange", "country": "US" });
    let site = rig.post("/v1/operator/sites", &operator, site).await.is(201).id();
    // Before its owner's address is checked a company reaches nobody but the simulator.
    let line = json!({ "site": site, "label": "Kestrel", "profile": "kestrel_fxo", "connection": "registers_with_us",
        "gateway_ports": 4, "rental": "shared", "simulated": true });
    rig.post("/v1/operator/gateways", &operator, line).await.is(201);
    let owner = token(&rig.sign_up("Aster").await);
    let (_, made) = racked(rig, &owner).await;
    let port = made["gateway"]["gateway_ports"][0]["id"].as_str().unwrap();
    let ask = json!({ "number": number, "kind": "local", "gateway_port": port });
    let check = rig.post("/v1/number-checks", &owner, ask).await.is(201).json;
    assert_eq!(check["code"].as_str().unwrap().len(), 6);
    (owner, format!("/v1/number-checks/{}", check["id"].as_str().unwrap()))
}

/// The check once its call is over.
async fn settled(rig: &Rig, path: &str, owner: &str) -> Value {
    for _ in 0..500 {
        let check = rig.get(path, owner).await.is(200).json;
        if check["state"] != "calling" {
            return check;
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    panic!("the call never ended")
}

async fn a_number_is_called_before_it_is_a_companys(rig: Rig) {
    let (owner, path) = checked(&rig, "+14155550190").await;
    let call = |language: &str| json!({ "language": language });
    rig.post(&format!("{path}/call"), &owner, call("fr")).await.is(422);
    rig.switch.keyed(TestVerdictKind::WrongCode);
    let calling = rig.post(&format!("{path}/call"), &owner, call("zh-Hans")).await.is(202).json;
    assert_eq!((&calling["state"], &calling["calls_left"]), (&json!("calling"), &json!(2)));
    let check = settled(&rig, &path, &owner).await;
    assert_eq!((&check["state"], &check["failure"]), (&json!("waiting"), &json!("wrong_code")));
    assert_eq!(rig.get("/v1/numbers", &owner).await.is(200).json["items"], json!([]));
    rig.switch.keyed(TestVerdictKind::CodeKeyed);
    rig.post(&format!("{path}/call"), &owner, call("en")).await.is(202);
    let check = settled(&rig, &path, &owner).await;
    assert_eq!((&check["state"], &check["code"]), (&json!("passed"), &Value::Null));
    {
        let asked = rig.switch.tests.lock().unwrap();
        let code = asked.last().unwrap().code.as_ref().unwrap();
        assert_eq!(asked.last().unwrap().called, "+14155550190");
        assert_eq!(code.code.expose().len(), 6);
    }
    let numbers = rig.get("/v1/numbers", &owner).await.is(200).json;
    let number = &numbers["items"][0];
    assert_eq!((&number["e164"], &number["own"]), (&json!("+14155550190"), &json!(true)));
    // Nobody else can say that it is theirs, and once given back it is simply gone.
    let other = token(&rig.sign_up("Borage").await);
    let (_, made) = racked(&rig, &other).await;
    let port = &made["gateway"]["gateway_ports"][0]["id"];
    let ask = json!({ "number": "+14155550190", "kind": "local", "gateway_port": port });
    let taken = rig.post("/v1/number-checks", &other, ask.clone()).await;
    assert_eq!(code(&taken), (409, "number_unavailable"));
    let release = format!("/v1/numbers/{}/release", number["id"].as_str().unwrap());
    rig.send("POST", &release, &owner, None, &[]).await.is(204);
    assert_eq!(rig.get("/v1/numbers/released", &owner).await.is(200).json, json!([]));
    rig.post("/v1/number-checks", &other, ask).await.is(201);
}

async fn a_check_has_bounds(rig: Rig) {
    let (owner, path) = checked(&rig, "+14155550191").await;
    let check = rig.get(&path, &owner).await.is(200).json;
    let again = json!({ "number": "+14155550191", "kind": "local", "gateway_port": check["gateway_port"] });
    assert_eq!(code(&rig.post("/v1/number-checks", &owner, again.clone()).await), (409, "check_under_way"));
    for number in ["+442079460018", "+1415", "4155550192"] {
        let ask = json!({ "number": number, "kind": "local", "gateway_port": check["gateway_port"] });
        rig.post("/v1/number-checks", &owner, ask).await.is(422);
    }
    for left in [2, 1, 0] {
        rig.switch.keyed(TestVerdictKind::NoAnswer);
        rig.post(&format!("{path}/call"), &owner, json!({})).await.is(202);
        let check = settled(&rig, &path, &owner).await;
        assert_eq!(check["failure"], "no_answer");
        assert_eq!(check["calls_left"].as_i64(), Some(left));
    }
    let over = rig.post(&format!("{path}/call"), &owner, json!({})).await;
    assert_eq!(code(&over), (409, "check_over"));
    rig.delete(&path, &owner).await.is(204);
    rig.get(&path, &owner).await.is(404);
    rig.post("/v1/number-checks", &owner, again).await.is(201);
}

async fn without_a_line_nobody_is_called(rig: Rig) {
    let owner = token(&rig.sign_up("Aster").await);
    let (_, made) = racked(&rig, &owner).await;
    let port = &made["gateway"]["gateway_ports"][0]["id"];
    let ask = json!({ "number": "+14155550190", "kind": "local", "gateway_port": port });
    let check = rig.post("/v1/number-checks", &owner, ask).await.is(201).id();
    let call = rig.post(&format!("/v1/number-checks/{check}/call"), &owner, json!({})).await;
    assert_eq!(code(&call), (409, "no_check_line"), "its own box cannot vouch for it");
}
