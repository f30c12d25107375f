//! Rules of SIM cards.

use serde_json::json;

use super::{gateway, site};
use crate::inventory::rig::{Who, on_both};

#[tokio::test]
async fn a_card_has_rules_and_other_gateway_ports_have_none() {
    on_both(|rig| async move {
        let site = site(&rig).await;
        let ask = |label: &str, profile: &str| {
            json!({ "site": site, "label": label, "profile": profile, "connection": "registers_with_us",
            "gateway_ports": 4, "rental": "exclusive" })
        };
        let path = |made: &serde_json::Value| {
            format!("/v1/operator/gateway-ports/{}", made["gateway"]["gateway_ports"][0]["id"].as_str().unwrap())
        };
        let slot = path(&gateway(&rig, ask("Wren", "wren_gsm")).await);
        let line = path(&gateway(&rig, ask("Kestrel", "kestrel_fxo")).await);
        let card = rig.ask(Who::Operator, "GET", &format!("{slot}/sim"), None).await.ok(200);
        assert_eq!((&card["rules"]["minutes_a_day"], &card["refuses"]), (&json!(null), &json!(null)));
        assert_eq!(rig.ask(Who::Operator, "GET", &format!("{line}/sim"), None).await.told(), (404, "not_found"));
        let rules = json!({ "minutes_a_day": 60, "calls_a_day": 40, "rest_s": 20, "failures": 3, "failure_rest_s": 900,
            "balance": "Topped up on Monday" });
        let set = |path: &str, rules: &serde_json::Value| {
            let (path, ask) = (path.to_owned(), json!({ "sim": rules }));
            let rig = &rig;
            async move { rig.ask(Who::Operator, "PATCH", &path, Some(ask)).await }
        };
        set(&slot, &rules).await.ok(200);
        let card = rig.ask(Who::Operator, "GET", &format!("{slot}/sim"), None).await.ok(200);
        assert_eq!(card["rules"], rules);
        set(&slot, &json!({ "calls_a_day": 5 })).await.ok(200);
        let card = rig.ask(Who::Operator, "GET", &format!("{slot}/sim"), None).await.ok(200);
        assert_eq!((&card["rules"]["calls_a_day"], &card["rules"]["minutes_a_day"]), (&json!(5), &json!(null)));
        assert_eq!(set(&line, &rules).await.told(), (422, "validation"));
        for bad in [json!({ "minutes_a_day": 0 }), json!({ "rest_s": -1 }), json!({ "failures": 101 })] {
            assert_eq!(set(&slot, &bad).await.told(), (422, "validation"));
        }
    })
    .await;
}
