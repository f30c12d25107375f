//! Blocked and allowed callers, and the number that seats show by default.

use serde_json::{Value, json};

use super::{gateway, numbers_on, site};
use crate::inventory::rig::{Company::*, Who, on_both};

#[tokio::test]
async fn lists_belong_to_one_company() {
    on_both(|rig| async move {
        let add = |who, pattern: &str, list: &str| {
            let ask = json!({ "pattern": pattern, "list": list, "note": "Sales calls" });
            rig.ask(who, "POST", "/v1/caller-rules", Some(ask))
        };
        let made = add(Who::Owner(One), "+44 20 7946-0018", "block").await.ok(201);
        assert_eq!((&made["pattern"], &made["list"]), (&json!("+442079460018"), &json!("block")));
        let again = add(Who::Owner(One), "+442079460018", "allow").await;
        assert_eq!(again.told(), (409, "caller_rule_exists"));
        add(Who::Owner(Two), "+442079460018", "allow").await.ok(201);
        add(Who::Owner(One), "anonymous", "block").await.ok(201);
        for bad in ["020 7946", "+44", "everybody", ""] {
            let refused = add(Who::Owner(One), bad, "block").await;
            assert_eq!(
                (refused.told(), &refused.json["errors"][0]["code"]),
                ((422, "validation"), &json!("caller_pattern"))
            );
        }
        let list = rig.ask(Who::Owner(One), "GET", "/v1/caller-rules", None).await.ok(200);
        assert_eq!(list.as_array().unwrap().len(), 2);
        let path = format!("/v1/caller-rules/{}", made["id"].as_str().unwrap());
        assert_eq!(rig.ask(Who::Owner(Two), "DELETE", &path, None).await.told(), (404, "not_found"));
        rig.ask(Who::Owner(One), "DELETE", &path, None).await.ok(204);
        assert_eq!(rig.ask(Who::Owner(One), "DELETE", &path, None).await.told(), (404, "not_found"));
    })
    .await;
}

#[tokio::test]
async fn one_number_is_shown_by_default() {
    on_both(|rig| async move {
        let site = site(&rig).await;
        let made = gateway(
            &rig,
            json!({ "site": site, "label": "Falcon", "profile": "falcon_e1", "connection": "ip_peer",
            "gateway_ports": 1, "host": "192.0.2.7", "rental": "shared" }),
        )
        .await;
        let port = made["gateway"]["gateway_ports"][0]["id"].as_str().unwrap();
        let stock = numbers_on(&rig, port, "+14155550100", 2).await.ok(201);
        let path = |at: usize| format!("/v1/numbers/{}", stock[at]["id"].as_str().unwrap());
        for at in 0..2 {
            rig.ask(Who::Owner(One), "POST", &format!("{}/claim", path(at)), None).await.ok(201);
        }
        let default = |at: usize, yes: bool| {
            let (path, ask) = (path(at), json!({ "shown_by_default": yes }));
            let rig = &rig;
            async move { rig.ask(Who::Owner(One), "PATCH", &path, Some(ask)).await.ok(200) }
        };
        let shown = || async {
            let list = rig.ask(Who::Owner(One), "GET", "/v1/numbers", None).await.ok(200);
            let items = list["items"].as_array().unwrap().iter();
            items.map(|one: &Value| one["shown_by_default"].as_bool().unwrap()).collect::<Vec<_>>()
        };
        assert_eq!(shown().await, [false, false]);
        assert_eq!(default(0, true).await["shown_by_default"], true);
        default(1, true).await;
        assert_eq!(shown().await, [false, true], "one at most");
        default(1, false).await;
        assert_eq!(shown().await, [false, false]);
    })
    .await;
}
