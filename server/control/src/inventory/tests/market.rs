//! Companies take numbers and gateway ports out of the inventory and give them back.

use serde_json::{Value, json};

use super::{gateway, numbers_on, site};
use crate::inventory::rig::{Company::*, Rig, Who, on_both};

/// A shared span with ten numbers; the gateway port's id and the numbers.
async fn shared_block(rig: &Rig) -> (String, Vec<Value>) {
    let site = site(rig).await;
    let made = gateway(
        rig,
        json!({ "site": site, "label": "Falcon", "profile": "falcon_e1", "connection": "ip_peer",
        "gateway_ports": 1, "host": "192.0.2.7", "rental": "shared" }),
    )
    .await;
    let port = made["gateway"]["gateway_ports"][0]["id"].as_str().unwrap().to_owned();
    let numbers = numbers_on(rig, &port, "+14155550100", 10).await.ok(201);
    (port, numbers.as_array().unwrap().clone())
}

/// An exclusive line with one number: ids of the gateway port and the number.
async fn exclusive_line(rig: &Rig) -> (String, String) {
    let site = site(rig).await;
    let made = gateway(
        rig,
        json!({ "site": site, "label": "Kestrel", "profile": "kestrel_fxo",
        "connection": "registers_with_us", "gateway_ports": 4, "rental": "exclusive",
        "monthly": { "micros": 9_000_000, "currency": "USD" } }),
    )
    .await;
    let port = made["gateway"]["gateway_ports"][0]["id"].as_str().unwrap().to_owned();
    let number = numbers_on(rig, &port, "+12125550101", 1).await.ok(201)[0]["id"].as_str().unwrap().to_owned();
    (port, number)
}

async fn shop(rig: &Rig, who: Who, query: &str) -> Value {
    rig.ask(who, "GET", &format!("/v1/numbers/shop{query}"), None).await.ok(200)
}

fn numbers(page: &Value) -> Vec<&str> {
    page["items"].as_array().unwrap().iter().map(|number| number["e164"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn a_number_lives_from_the_shop_to_the_shop() {
    on_both(|rig| async move {
        let (_, stock) = shared_block(&rig).await;
        let id = stock[3]["id"].as_str().unwrap();
        let path = format!("/v1/numbers/{id}");
        let claimed = rig.ask(Who::Owner(One), "POST", &format!("{path}/claim"), None).await.ok(201);
        assert_eq!((claimed["e164"].as_str(), claimed["state"].as_str()), (Some("+14155550103"), Some("assigned")));
        assert_eq!(claimed["destination_kind"], "nowhere");
        assert_eq!(claimed["monthly"], json!({ "micros": 1_500_000, "currency": "USD" }));
        assert_eq!((&claimed["gateway_port_label"], &claimed["gateway_label"]), (&json!("Span 1"), &json!("Falcon")));
        let again = rig.ask(Who::Owner(Two), "POST", &format!("{path}/claim"), None).await;
        assert_eq!(again.told(), (409, "number_unavailable"));
        assert_eq!(rig.ask(Who::Owner(Two), "GET", &path, None).await.told(), (404, "not_found"));
        assert_eq!(rig.ask(Who::Owner(Two), "POST", &format!("{path}/release"), None).await.told(), (404, "not_found"));
        let named = rig.ask(Who::Owner(One), "PATCH", &path, Some(json!({ "label": "Sales" }))).await.ok(200);
        assert_eq!((named["label"].as_str(), named["destination_kind"].as_str()), (Some("Sales"), Some("nowhere")));
        assert_eq!(rig.ask(Who::Owner(One), "POST", &format!("{path}/release"), None).await.status, 204);
        assert_eq!(rig.ask(Who::Owner(One), "GET", &path, None).await.status, 404);
        // It rests: nobody can have it, the operator sees until when.
        let list = "/v1/operator/numbers?state=quarantined";
        let resting = rig.ask(Who::Operator, "GET", list, None).await.ok(200);
        assert_eq!(numbers(&resting), ["+14155550103"]);
        assert!(resting["items"][0]["quarantined_until"].is_string() && resting["items"][0]["company"].is_null());
        assert!(!numbers(&shop(&rig, Who::Owner(Two), "").await).contains(&"+14155550103"));
        let early = rig.ask(Who::Owner(Two), "POST", &format!("{path}/claim"), None).await;
        assert_eq!(early.told(), (409, "number_unavailable"));
        rig.pass_days(29);
        let early = rig.ask(Who::Owner(Two), "POST", &format!("{path}/claim"), None).await;
        assert_eq!(early.told(), (409, "number_unavailable"));
        rig.pass_days(2);
        assert!(numbers(&shop(&rig, Who::Owner(Two), "").await).contains(&"+14155550103"));
        rig.ask(Who::Owner(Two), "POST", &format!("{path}/claim"), None).await.ok(201);
    })
    .await;
}

#[tokio::test]
async fn of_two_companies_exactly_one_gets_the_number() {
    on_both(|rig| async move {
        let (_, stock) = shared_block(&rig).await;
        for number in &stock {
            let path = format!("/v1/numbers/{}/claim", number["id"].as_str().unwrap());
            let (one, two) = tokio::join!(
                rig.ask(Who::Owner(One), "POST", &path, None),
                rig.ask(Who::Owner(Two), "POST", &path, None)
            );
            let mut told = [one.told(), two.told()];
            told.sort_unstable();
            assert_eq!(told, [(201, ""), (409, "number_unavailable")]);
        }
        let own = |who| rig.ask(who, "GET", "/v1/numbers?limit=250", None);
        let (one, two) = (own(Who::Owner(One)).await.ok(200), own(Who::Owner(Two)).await.ok(200));
        assert_eq!(numbers(&one).len() + numbers(&two).len(), stock.len());
    })
    .await;
}

#[tokio::test]
async fn a_line_of_ones_own_comes_with_its_number() {
    on_both(|rig| async move {
        let (port, number) = exclusive_line(&rig).await;
        let offer = shop(&rig, Who::Owner(One), "").await;
        assert_eq!(offer["items"][0]["includes_gateway_port"], true);
        assert_eq!(offer["items"][0]["line_kind"], "analog_line");
        let ports = rig.ask(Who::Owner(One), "GET", "/v1/gateway-ports/shop", None).await.ok(200);
        assert_eq!((ports.as_array().unwrap().len(), &ports[0]["numbers"]), (4, &json!(["+12125550101"])));
        rig.ask(Who::Owner(One), "POST", &format!("/v1/numbers/{number}/claim"), None).await.ok(201);
        let rented = rig.ask(Who::Owner(One), "GET", "/v1/gateway-ports", None).await.ok(200);
        assert_eq!((rented[0]["id"].as_str(), &rented[0]["numbers"]), (Some(port.as_str()), &json!(["+12125550101"])));
        assert_eq!(rented[0]["monthly"]["micros"], 9_000_000);
        assert_eq!(rig.ask(Who::Owner(Two), "GET", "/v1/gateway-ports", None).await.ok(200), json!([]));
        let rent = rig.ask(Who::Owner(Two), "POST", &format!("/v1/gateway-ports/{port}/rent"), None).await;
        assert_eq!(rent.told(), (409, "gateway_port_unavailable"));
        let release = format!("/v1/gateway-ports/{port}/release");
        assert_eq!(rig.ask(Who::Owner(Two), "POST", &release, None).await.told(), (404, "not_found"));
        assert_eq!(rig.ask(Who::Owner(One), "POST", &release, None).await.told(), (409, "gateway_port_in_use"));
        rig.ask(Who::Owner(One), "POST", &format!("/v1/numbers/{number}/release"), None).await.ok(204);
        rig.ask(Who::Owner(One), "POST", &release, None).await.ok(204);
        rig.ask(Who::Owner(Two), "POST", &format!("/v1/gateway-ports/{port}/rent"), None).await.ok(201);
        // The number rests on a line that is now another company's: only that company will see it again.
        rig.pass_days(31);
        assert!(numbers(&shop(&rig, Who::Owner(One), "").await).is_empty());
        assert_eq!(numbers(&shop(&rig, Who::Owner(Two), "").await), ["+12125550101"]);
    })
    .await;
}

#[tokio::test]
async fn the_shop_is_paged_and_searched() {
    on_both(|rig| async move {
        shared_block(&rig).await;
        exclusive_line(&rig).await;
        let (mut seen, mut query) = (Vec::new(), "?limit=4".to_owned());
        loop {
            let page = shop(&rig, Who::Owner(One), &query).await;
            seen.extend(numbers(&page).into_iter().map(str::to_owned));
            match page["next_cursor"].as_str() {
                Some(cursor) => query = format!("?limit=4&cursor={cursor}"),
                None => break,
            }
        }
        assert_eq!(seen.len(), 11);
        assert!(seen.is_sorted() && seen[0] == "+12125550101");
        assert_eq!(numbers(&shop(&rig, Who::Owner(One), "?pattern=550-109").await), ["+14155550109"]);
        assert_eq!(numbers(&shop(&rig, Who::Owner(One), "?country=us&kind=local").await).len(), 11);
        assert!(numbers(&shop(&rig, Who::Owner(One), "?kind=mobile").await).is_empty());
        assert!(numbers(&shop(&rig, Who::Owner(One), "?country=GB").await).is_empty());
        let bad = rig.ask(Who::Owner(One), "GET", "/v1/numbers/shop?cursor=%21", None).await;
        assert_eq!(bad.told(), (400, "bad_cursor"));
    })
    .await;
}

#[tokio::test]
async fn a_repeated_claim_is_answered_not_done_again() {
    on_both(|rig| async move {
        let (_, stock) = shared_block(&rig).await;
        let path = |n: usize| format!("/v1/numbers/{}/claim", stock[n]["id"].as_str().unwrap());
        let first = rig.ask_once(Who::Owner(One), "POST", &path(0), None, Some("k1")).await;
        let second = rig.ask_once(Who::Owner(One), "POST", &path(0), None, Some("k1")).await;
        assert_eq!((first.status, first.replayed, second.status, second.replayed), (201, false, 201, true));
        assert_eq!(first.text, second.text);
        let other = rig.ask_once(Who::Owner(One), "POST", &path(1), None, Some("k1")).await;
        assert_eq!(other.told(), (422, "idempotency_mismatch"));
        let stranger = rig.ask_once(Who::Owner(Two), "POST", &path(0), None, Some("k1")).await;
        assert_eq!(stranger.told(), (409, "number_unavailable"));
    })
    .await;
}

#[tokio::test]
async fn a_number_goes_to_a_seat_of_its_own_company_only() {
    use crate::seats::row::seat;
    use sea_orm::ActiveValue::Set;
    on_both(|rig| async move {
        let (_, stock) = shared_block(&rig).await;
        let path = format!("/v1/numbers/{}", stock[0]["id"].as_str().unwrap());
        rig.ask(Who::Owner(One), "POST", &format!("{path}/claim"), None).await.ok(201);
        let mut seats = Vec::new();
        for (company, state) in [(One, "active"), (One, "released"), (Two, "active")] {
            let tx = rig.database.tenant(rig.tenant(company), rig.owner_stamp(company)).await.unwrap();
            let id = patchbay_kernel::SeatId::from_uuid(tx.new_id());
            let row = seat::ActiveModel {
                id: Set(id.uuid()),
                extension: Set(format!("10{}", seats.len())),
                label: Set(String::new()),
                member_id: Set(None),
                state: Set(state.into()),
                created_at: Set(tx.at()),
                released_at: Set(None),
                ..Default::default()
            };
            tx.insert(row).await.unwrap();
            tx.commit().await.unwrap();
            seats.push(id.to_string());
        }
        let patch = |body: Value| rig.ask(Who::Owner(One), "PATCH", &path, Some(body));
        let to = patch(json!({ "destination_kind": "seat", "destination_seat": seats[0] })).await.ok(200);
        assert_eq!(
            (to["destination_kind"].as_str(), to["destination_seat"].as_str()),
            (Some("seat"), Some(seats[0].as_str()))
        );
        for (seat, code) in [(&seats[1], "unknown_seat"), (&seats[2], "unknown_seat")] {
            let refused = patch(json!({ "destination_seat": seat })).await;
            assert_eq!((refused.told(), refused.json["errors"][0]["code"].as_str()), ((422, "validation"), Some(code)));
        }
        let away = patch(json!({ "destination_kind": "nowhere" })).await.ok(200);
        assert_eq!((away["destination_kind"].as_str(), &away["destination_seat"]), (Some("nowhere"), &Value::Null));
        let which = patch(json!({ "destination_kind": "seat" })).await;
        assert_eq!((which.told(), which.json["errors"][0]["code"].as_str()), ((422, "validation"), Some("required")));
    })
    .await;
}
