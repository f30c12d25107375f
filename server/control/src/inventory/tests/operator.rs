//! Operators enter the inventory; nobody else does.

use patchbay_gateway::profiles;
use patchbay_tenancy::system::{gateway, gateway_port, sip_account};
use serde_json::{Value, json};

use super::{gateway as add, numbers_on, site};
use crate::{
    inventory::rig::{Company::*, Rig, Who, on_both},
    kit::digest::ha1,
};

#[tokio::test]
async fn every_make_of_gateway_can_be_added_in_each_of_its_ways() {
    on_both(|rig| async move {
        let site = site(&rig).await;
        let mut reloads = 0;
        for profile in profiles() {
            for connection in &profile.connections {
                let word = connection.as_str();
                let mut ask = json!({ "site": site, "label": profile.label, "profile": profile.key, "connection": word,
                    "gateway_ports": profile.ports.default });
                if word != "registers_with_us" {
                    ask["host"] = json!("gw.example.com");
                }
                if word == "we_register" {
                    ask["username"] = json!("acme");
                    ask["password"] = json!("carrier-secret");
                    ask["realm"] = json!("carrier.example.com");
                }
                let made = add(&rig, ask).await;
                reloads += 1;
                let ports = made["gateway"]["gateway_ports"].as_array().unwrap();
                assert_eq!(ports.len(), usize::from(profile.ports.default));
                assert!(ports.iter().all(|port| port["channels"] == profile.ports.channels));
                let accounts = match (word, profile.account_per_port(*connection)) {
                    ("registers_with_us", true) => ports.len(),
                    ("registers_with_us", false) => 1,
                    _ => 0,
                };
                assert_eq!(made["credentials"].as_array().unwrap().len(), accounts, "{} {word}", profile.key);
                check_accounts(&rig, &made).await;
            }
        }
        assert_eq!(rig.switch.reloads.load(std::sync::atomic::Ordering::SeqCst), reloads);
    })
    .await;
}

/// The passwords shown are the ones stored, as hashes; the registry knows each account; nothing shows them again.
async fn check_accounts(rig: &Rig, made: &Value) {
    let id: patchbay_kernel::GatewayId = made["gateway"]["id"].as_str().unwrap().parse().unwrap();
    let system = rig.database.system();
    let row = system.find::<gateway::Entity>(id.uuid()).await.unwrap().unwrap();
    let shown = rig.ask(Who::Operator, "GET", &format!("/v1/operator/gateways/{id}"), None).await;
    let list = rig.ask(Who::Operator, "GET", "/v1/operator/gateways", None).await;
    for account in made["credentials"].as_array().unwrap() {
        let (username, password) = (account["username"].as_str().unwrap(), account["password"].as_str().unwrap());
        let entry = system.find::<sip_account::Entity>(username.to_owned()).await.unwrap().unwrap();
        let stored = match entry.kind.as_str() {
            "gateway" => row.ha1_md5.clone(),
            _ => system.find::<gateway_port::Entity>(entry.ref_id).await.unwrap().unwrap().ha1_md5,
        };
        assert_eq!(stored, Some(ha1(username, "sip.example.com", password).md5));
        assert!(!shown.text.contains(password) && !list.text.contains(password));
        assert!(shown.text.contains(username), "the name stays visible");
    }
    if row.connection == "we_register" {
        let sealed = row.password_sealed.unwrap();
        assert!(!sealed.contains("carrier-secret") && !shown.text.contains("carrier-secret"));
        let opened = rig.sealer.unseal(&sealed, &format!("gateway:{}", row.id)).unwrap();
        assert_eq!(opened.expose(), "carrier-secret");
    }
}

#[tokio::test]
async fn new_passwords_replace_the_old_ones() {
    on_both(|rig| async move {
        let site = site(&rig).await;
        let ask = json!({ "site": site, "label": "Kestrel", "profile": "kestrel_fxo", "connection": "registers_with_us",
            "gateway_ports": 4 });
        let made = add(&rig, ask).await;
        let path = format!("/v1/operator/gateways/{}/credentials", made["gateway"]["id"].as_str().unwrap());
        let renewed = rig.ask(Who::Operator, "POST", &path, None).await.ok(200);
        let (old, new) = (made["credentials"].as_array().unwrap(), renewed["credentials"].as_array().unwrap());
        assert_eq!(new.len(), 4);
        for (old, new) in old.iter().zip(new) {
            assert_eq!(old["username"], new["username"]);
            assert_ne!(old["password"], new["password"]);
        }
        let names: Vec<&str> = new.iter().filter_map(|account| account["username"].as_str()).collect();
        assert_eq!(
            *rig.switch.forgotten.lock().unwrap(),
            names,
            "what registered with an old password is gone at once"
        );
        check_accounts(&rig, &renewed).await;
        let peer = json!({ "site": site, "label": "Falcon", "profile": "falcon_e1", "connection": "ip_peer",
            "gateway_ports": 1, "host": "192.0.2.7" });
        let peer = add(&rig, peer).await;
        let path = format!("/v1/operator/gateways/{}/credentials", peer["gateway"]["id"].as_str().unwrap());
        assert_eq!(rig.ask(Who::Operator, "POST", &path, None).await.told(), (409, "no_accounts"));
    })
    .await;
}

#[tokio::test]
async fn wishes_that_cannot_be_name_their_fields() {
    on_both(|rig| async move {
        let site = site(&rig).await;
        let good = json!({ "site": site, "label": "G", "profile": "generic_sip_trunk", "connection": "we_register",
            "gateway_ports": 1, "host": "h", "username": "u", "password": "p" });
        for (field, value) in [
            ("label", json!("")),
            ("profile", json!("nonesuch")),
            ("gateway_ports", json!(7)),
            ("channels", json!(0)),
            ("channels", json!(2_001)),
            ("host", json!("a b")),
            ("host", Value::Null),
            ("udp_port", json!(70_000)),
            ("transport", json!("sctp")),
            ("password", Value::Null),
            ("monthly", json!({ "micros": -1, "currency": "USD" })),
            ("site", json!(patchbay_kernel::SiteId::from_uuid(patchbay_kernel::Uuid::nil()).to_string())),
        ] {
            let mut ask = good.clone();
            ask[field] = value.clone();
            let refused = rig.ask(Who::Operator, "POST", "/v1/operator/gateways", Some(ask)).await;
            let told = (refused.told(), refused.json["errors"][0]["field"].as_str());
            assert_eq!(told, ((422, "validation"), Some(field)), "{field} = {value}");
        }
        add(&rig, good).await;
    })
    .await;
}

#[tokio::test]
async fn what_is_in_use_stays() {
    on_both(|rig| async move {
        let site = site(&rig).await;
        let ask = json!({ "site": site, "label": "Kestrel", "profile": "kestrel_fxo", "connection": "registers_with_us",
            "gateway_ports": 4, "rental": "exclusive" });
        let made = add(&rig, ask).await;
        let port = made["gateway"]["gateway_ports"][0]["id"].as_str().unwrap();
        let line = json!({ "gateway_port": port, "kind": "analog_line", "carrier": "Acme", "label": "7" });
        let wrong = json!({ "gateway_port": port, "kind": "sim_line", "carrier": "Acme", "label": "7" });
        let refused = rig.ask(Who::Operator, "POST", "/v1/operator/lines", Some(wrong)).await;
        assert_eq!(refused.json["errors"][0]["code"], "line_kind_mismatch");
        let line_id =
            rig.ask(Who::Operator, "POST", "/v1/operator/lines", Some(line.clone())).await.ok(201)["id"].clone();
        let twice = rig.ask(Who::Operator, "POST", "/v1/operator/lines", Some(line)).await;
        assert_eq!(twice.told(), (409, "line_exists"));
        let number = numbers_on(&rig, port, "+12125550101", 1).await.ok(201)[0]["id"].as_str().unwrap().to_owned();
        assert_eq!(numbers_on(&rig, port, "+12125550102", 1).await.told(), (409, "gateway_port_full"));
        rig.ask(Who::Owner(One), "POST", &format!("/v1/numbers/{number}/claim"), None).await.ok(201);

        let gateway = format!("/v1/operator/gateways/{}", made["gateway"]["id"].as_str().unwrap());
        let seen = rig.ask(Who::Operator, "GET", &gateway, None).await.ok(200)["gateway_ports"][0].clone();
        assert_eq!((seen["rented_by"].as_str(), seen["numbers"][0]["company"].as_str()), (Some("One"), Some("One")));
        assert_eq!(seen["line"]["carrier"], "Acme");
        let port_path = format!("/v1/operator/gateway-ports/{port}");
        let share = rig.ask(Who::Operator, "PATCH", &port_path, Some(json!({ "rental": "shared" }))).await;
        assert_eq!(share.told(), (409, "gateway_port_rented"));
        let two = rig.ask(Who::Operator, "PATCH", &port_path, Some(json!({ "channels": 2 }))).await;
        assert_eq!(two.told(), (422, "validation"));
        let number_path = format!("/v1/operator/numbers/{number}");
        for (method, path, body, code) in [
            ("DELETE", &number_path, None, "number_assigned"),
            ("PATCH", &number_path, Some(json!({ "state": "reserved" })), "number_assigned"),
            ("DELETE", &format!("/v1/operator/lines/{}", line_id.as_str().unwrap()), None, "line_in_use"),
            ("DELETE", &gateway, None, "gateway_in_use"),
            ("DELETE", &format!("/v1/operator/sites/{site}"), None, "site_in_use"),
        ] {
            assert_eq!(rig.ask(Who::Operator, method, path, body).await.told(), (409, code), "{method} {path}");
        }
        rig.ask(Who::Owner(One), "POST", &format!("/v1/numbers/{number}/release"), None).await.ok(204);
        rig.ask(Who::Owner(One), "POST", &format!("/v1/gateway-ports/{port}/release"), None).await.ok(204);
        rig.ask(Who::Operator, "DELETE", &number_path, None).await.ok(204);
        assert_eq!(rig.ask(Who::Operator, "DELETE", &number_path, None).await.told(), (409, "number_retired"));
        rig.ask(Who::Operator, "DELETE", &gateway, None).await.ok(204);
        rig.ask(Who::Operator, "DELETE", &format!("/v1/operator/sites/{site}"), None).await.ok(204);
        let left = rig.database.system().select::<sip_account::Entity>().count().await.unwrap();
        assert_eq!(left, 0, "its accounts went with it");
    })
    .await;
}

#[tokio::test]
async fn a_number_of_a_company_moves_in_the_company_s_books_too() {
    on_both(|rig| async move {
        let site = site(&rig).await;
        let ask = |label: &str, rental: &str| {
            json!({ "site": site, "label": label, "profile": "falcon_e1",
            "connection": "ip_peer", "gateway_ports": 1, "host": "192.0.2.7", "rental": rental })
        };
        let (old, new, closed) = (
            add(&rig, ask("Old", "shared")).await,
            add(&rig, ask("New", "shared")).await,
            add(&rig, ask("Shut", "exclusive")).await,
        );
        let port = |made: &Value| made["gateway"]["gateway_ports"][0]["id"].as_str().unwrap().to_owned();
        let number =
            numbers_on(&rig, &port(&old), "+14155550100", 1).await.ok(201)[0]["id"].as_str().unwrap().to_owned();
        rig.ask(Who::Owner(One), "POST", &format!("/v1/numbers/{number}/claim"), None).await.ok(201);
        let path = format!("/v1/operator/numbers/{number}");
        let refused = rig.ask(Who::Operator, "PATCH", &path, Some(json!({ "gateway_port": port(&closed) }))).await;
        assert_eq!(refused.told(), (409, "gateway_port_not_shared"));
        let moved = rig.ask(Who::Operator, "PATCH", &path, Some(json!({ "gateway_port": port(&new) }))).await.ok(200);
        assert_eq!((&moved["gateway_port_label"], &moved["gateway_label"]), (&json!("Span 1"), &json!("New")));
        let own = rig.ask(Who::Owner(One), "GET", &format!("/v1/numbers/{number}"), None).await.ok(200);
        assert_eq!(own["gateway_port"], json!(port(&new)));
        assert_eq!((&own["gateway_port_label"], &own["gateway_label"]), (&json!("Span 1"), &json!("New")));
    })
    .await;
}

#[tokio::test]
async fn a_company_sees_the_names_that_gateways_have_now() {
    on_both(|rig| async move {
        let ask = json!({ "site": site(&rig).await, "label": "Old", "profile": "kestrel_fxo",
            "connection": "registers_with_us", "gateway_ports": 4, "rental": "exclusive" });
        let made = add(&rig, ask).await;
        let gateway = made["gateway"]["id"].as_str().unwrap();
        let port = made["gateway"]["gateway_ports"][0]["id"].as_str().unwrap();
        let number = numbers_on(&rig, port, "+14155550100", 1).await.ok(201)[0]["id"].as_str().unwrap().to_owned();
        let claimed = rig.ask(Who::Owner(One), "POST", &format!("/v1/numbers/{number}/claim"), None).await.ok(201);
        assert_eq!((&claimed["gateway_port_label"], &claimed["gateway_label"]), (&json!("Line 1"), &json!("Old")));

        let renamed = json!({ "label": "Front desk line" });
        rig.ask(Who::Operator, "PATCH", &format!("/v1/operator/gateway-ports/{port}"), Some(renamed)).await.ok(200);
        let renamed = json!({ "label": "New" });
        rig.ask(Who::Operator, "PATCH", &format!("/v1/operator/gateways/{gateway}"), Some(renamed)).await.ok(200);

        let now = (&json!("Front desk line"), &json!("New"));
        let list = rig.ask(Who::Owner(One), "GET", "/v1/numbers", None).await.ok(200);
        assert_eq!((&list["items"][0]["gateway_port_label"], &list["items"][0]["gateway_label"]), now);
        let one = rig.ask(Who::Owner(One), "GET", &format!("/v1/numbers/{number}"), None).await.ok(200);
        assert_eq!((&one["gateway_port_label"], &one["gateway_label"]), now);
        let label = json!({ "label": "Main line" });
        let own = rig.ask(Who::Owner(One), "PATCH", &format!("/v1/numbers/{number}"), Some(label)).await.ok(200);
        assert_eq!((&own["gateway_port_label"], &own["gateway_label"]), now);
        let rented = rig.ask(Who::Owner(One), "GET", "/v1/gateway-ports", None).await.ok(200);
        assert_eq!((&rented[0]["label"], &rented[0]["gateway_label"]), now);
    })
    .await;
}

#[tokio::test]
async fn blocks_are_entered_whole_or_not_at_all() {
    on_both(|rig| async move {
        let site = site(&rig).await;
        let made = add(
            &rig,
            json!({ "site": site, "label": "Falcon", "profile": "falcon_e1", "connection": "ip_peer",
            "gateway_ports": 1, "host": "192.0.2.7", "rental": "shared" }),
        )
        .await;
        let port = made["gateway"]["gateway_ports"][0]["id"].as_str().unwrap();
        numbers_on(&rig, port, "+14155550105", 1).await.ok(201);
        assert_eq!(numbers_on(&rig, port, "+14155550100", 10).await.told(), (409, "number_exists"));
        let all = rig.ask(Who::Operator, "GET", "/v1/operator/numbers", None).await.ok(200);
        assert_eq!(all["items"].as_array().unwrap().len(), 1);
        for (first, count, field) in
            [("14155550100", 1, "first"), ("+14155550100", 0, "count"), ("+14155550100", 1_001, "count")]
        {
            let refused = numbers_on(&rig, port, first, count).await;
            assert_eq!((refused.status, refused.json["errors"][0]["field"].as_str()), (422, Some(field)));
        }
        numbers_on(&rig, port, "+14155550110", 20).await.ok(201);
        let path = format!("/v1/operator/numbers?gateway_port={port}&limit=12");
        let page = rig.ask(Who::Operator, "GET", &path, None).await.ok(200);
        let next = format!("{path}&cursor={}", page["next_cursor"].as_str().unwrap());
        let rest = rig.ask(Who::Operator, "GET", &next, None).await.ok(200);
        assert_eq!((page["items"].as_array().unwrap().len(), rest["items"].as_array().unwrap().len()), (12, 9));
        assert_eq!(page["items"][0]["country"], "US");
    })
    .await;
}

#[tokio::test]
async fn a_test_call_goes_through_the_gateway_port() {
    on_both(|rig| async move {
        let site = site(&rig).await;
        let made = add(
            &rig,
            json!({ "site": site, "label": "Falcon", "profile": "falcon_e1", "connection": "ip_peer",
            "gateway_ports": 1, "host": "192.0.2.7" }),
        )
        .await;
        let port = made["gateway"]["gateway_ports"][0]["id"].as_str().unwrap();
        let path = format!("/v1/operator/gateway-ports/{port}/test-call");
        let verdict =
            rig.ask(Who::Operator, "POST", &path, Some(json!({ "called": "+1 (415) 555-0177" }))).await.ok(200);
        assert_eq!((verdict["key"].as_str(), verdict["steps"][0]["key"].as_str()), (Some("ok"), Some("answered")));
        let placed = rig.switch.tests.lock().unwrap().pop().unwrap();
        assert_eq!((placed.gateway_port.to_string().as_str(), placed.called.as_str()), (port, "+14155550177"));
        for body in [json!({}), json!({ "called": "abc" })] {
            assert_eq!(rig.ask(Who::Operator, "POST", &path, Some(body)).await.told(), (422, "validation"));
        }
        let nowhere = patchbay_kernel::GatewayPortId::from_uuid(patchbay_kernel::Uuid::nil());
        let path = format!("/v1/operator/gateway-ports/{nowhere}/test-call");
        assert_eq!(rig.ask(Who::Operator, "POST", &path, Some(json!({ "called": "1" }))).await.status, 404);
    })
    .await;
}

#[tokio::test]
async fn busy_channels_and_totals_are_shown() {
    on_both(|rig| async move {
        let site = site(&rig).await;
        let made = add(
            &rig,
            json!({ "site": site, "label": "Falcon", "profile": "falcon_e1", "connection": "ip_peer",
            "gateway_ports": 2, "host": "192.0.2.7", "channels": 10 }),
        )
        .await;
        let port: patchbay_kernel::GatewayPortId =
            made["gateway"]["gateway_ports"][1]["id"].as_str().unwrap().parse().unwrap();
        let call = patchbay_kernel::CallId::from_uuid(patchbay_kernel::Uuid::nil());
        rig.slots.0.lock().unwrap().push((format!("gwp:{}", port.uuid()), 4, call));
        let seen = rig.ask(Who::Operator, "GET", "/v1/operator/gateways", None).await.ok(200);
        assert_eq!(seen[0]["gateway_ports"][0]["in_use"], 0);
        assert_eq!(seen[0]["gateway_ports"][1]["slots"], json!([{ "slot": 4, "call": call.to_string() }]));
        let total = rig.ask(Who::Operator, "GET", "/v1/operator/overview", None).await.ok(200);
        assert_eq!(
            (&total["tenants"], &total["gateway_ports"], &total["channels"]),
            (&json!(2), &json!(2), &json!(20))
        );
        let companies = rig.ask(Who::Operator, "GET", "/v1/operator/tenants?search=one", None).await.ok(200);
        let companies = &companies["items"];
        assert_eq!((companies[0]["name"].as_str(), &companies[0]["members"]), (Some("One"), &json!(2)));
        let path = format!("/v1/operator/tenants/{}", companies[0]["id"].as_str().unwrap());
        let suspended =
            rig.ask(Who::Operator, "PATCH", &path, Some(json!({ "state": "suspended", "max_calls": 5 }))).await.ok(200);
        assert_eq!((suspended["state"].as_str(), &suspended["max_calls"]), (Some("suspended"), &json!(5)));
        let claim = rig.ask(Who::Owner(One), "POST", &format!("/v1/gateway-ports/{port}/rent"), None).await;
        assert_eq!(claim.told(), (403, "suspended"));
        let odd = rig.ask(Who::Operator, "PATCH", &path, Some(json!({ "state": "gone" }))).await;
        assert_eq!(odd.told(), (422, "validation"));
    })
    .await;
}

#[tokio::test]
async fn rights_are_kept() {
    on_both(|rig| async move {
        for path in ["/v1/operator/gateways", "/v1/operator/overview", "/v1/operator/numbers", "/v1/operator/tenants"] {
            assert_eq!(rig.ask(Who::Nobody, "GET", path, None).await.told(), (401, "unauthenticated"), "{path}");
            assert_eq!(rig.ask(Who::Owner(One), "GET", path, None).await.told(), (401, "unauthenticated"), "{path}");
            rig.ask(Who::Operator, "GET", path, None).await.ok(200);
        }
        for path in ["/v1/numbers", "/v1/numbers/shop", "/v1/gateway-ports", "/v1/gateway-ports/shop"] {
            assert_eq!(rig.ask(Who::Nobody, "GET", path, None).await.told(), (401, "unauthenticated"), "{path}");
            assert_eq!(rig.ask(Who::Operator, "GET", path, None).await.told(), (401, "unauthenticated"), "{path}");
            assert_eq!(rig.ask(Who::Agent(One), "GET", path, None).await.told(), (403, "forbidden"), "{path}");
            rig.ask(Who::Owner(One), "GET", path, None).await.ok(200);
        }
        let id = patchbay_kernel::NumberId::from_uuid(patchbay_kernel::Uuid::nil());
        let claim = format!("/v1/numbers/{id}/claim");
        assert_eq!(rig.ask(Who::Agent(One), "POST", &claim, None).await.told(), (403, "forbidden"));
        assert_eq!(rig.ask(Who::Owner(One), "POST", &claim, None).await.told(), (409, "number_unavailable"));
        assert_eq!(rig.ask(Who::Owner(One), "POST", "/v1/numbers/seat_1/claim", None).await.told(), (404, "not_found"));
    })
    .await;
}
