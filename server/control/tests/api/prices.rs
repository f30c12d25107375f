//! The operator's price lists: drafted, read from files with every fault named, compared, published, and then never changed.

use serde_json::{Value, json};

use crate::rig::Rig;

on_both!(a_price_list_goes_from_draft_to_force, a_deck_comes_from_a_file_row_by_row, two_versions_are_compared);

#[tokio::test]
async fn a_private_installation_has_no_prices() {
    let file = patchbay_testkit::sqlite().await;
    let rig = Rig::private(&file.url()).await;
    let operator = rig.operator().await;
    rig.get(ALL, &operator).await.is(404);
    rig.post(ALL, &operator, json!({ "currency": "USD", "effective": "2026-01-01" })).await.is(404);
}

const ALL: &str = "/v1/operator/price-lists";
const DECK: &str =
    "prefix,name,per_minute,setup,increment\n1,North America,0.0125,0.01,60/60\n44,United Kingdom,0.02,,30/6\n";

async fn draft(rig: &Rig, operator: &str, currency: &str, effective: &str) -> String {
    let made = rig.post(ALL, operator, json!({ "currency": currency, "effective": effective })).await.is(201);
    format!("{ALL}/{}", made.id())
}

async fn a_price_list_goes_from_draft_to_force(rig: Rig) {
    let operator = rig.operator().await;
    for (bad, field) in [
        (json!({ "currency": "usd", "effective": "2026-01-01" }), "currency"),
        (json!({ "currency": "USD", "effective": "2026-02-30" }), "effective"),
        (json!({ "currency": "USD", "effective": "2026-01-01", "copy_of": "x" }), "copy_of"),
    ] {
        assert_eq!(rig.post(ALL, &operator, bad).await.is(422).json["errors"][0]["field"], field);
    }
    let path = draft(&rig, &operator, "USD", "2020-01-01").await;
    let twice = rig.post(ALL, &operator, json!({ "currency": "USD", "effective": "2020-01-01" })).await;
    assert_eq!((twice.status, twice.code()), (409, "draft_exists"));
    let empty = rig.post(&format!("{path}/publish"), &operator, Value::Null).await.is(409);
    assert_eq!(empty.code(), "price_list_empty");
    for bad in [
        json!({ "plans": [{ "key": "Team", "name": "Team", "monthly_micros": 1, "seats": 1, "minutes": 1 }] }),
        json!({ "plans": [{ "key": "team", "name": "", "monthly_micros": 1, "seats": 1, "minutes": 1 }] }),
        json!({ "items": [{ "item": "car", "monthly_micros": 1 }] }),
        json!({ "items": [{ "item": "plan:team", "monthly_micros": 1 }] }),
        json!({ "items": [{ "item": "number:local:de", "monthly_micros": 1 }] }),
        json!({ "items": [{ "item": "seat", "monthly_micros": -1 }] }),
        json!({ "items": [{ "item": "seat", "monthly_micros": 1 }, { "item": "seat", "monthly_micros": 2 }] }),
    ] {
        assert_eq!(rig.patch(&path, &operator, bad).await.is(422).code(), "validation");
    }
    let plan = json!({ "key": "team", "name": "Team", "monthly_micros": 49_000_000, "seats": 5, "minutes": 1000 });
    let items = json!([{ "item": "seat", "monthly_micros": 9_990_000 }, { "item": "number:local:DE", "monthly_micros": 1_000_001 }]);
    let ask = json!({ "plans": [plan], "items": items, "note": "Spring" });
    let detail = rig.patch(&path, &operator, ask).await.is(200).json;
    assert_eq!(
        (&detail["plans"], &detail["items"], &detail["list"]["note"]),
        (&json!([plan]), &items, &json!("Spring"))
    );
    rig.file_by("PUT", &format!("{path}/deck"), &operator, DECK).await.is(200);
    let published = rig.post(&format!("{path}/publish"), &operator, Value::Null).await.is(200).json;
    assert_eq!((&published["state"], &published["rates"]), (&json!("in_force"), &json!(2)));
    for (method, tail, body) in
        [("PATCH", "", json!({})), ("DELETE", "", Value::Null), ("POST", "/publish", Value::Null)]
    {
        let body = Some(body).filter(|body| !body.is_null());
        let refused = rig.send(method, &format!("{path}{tail}"), &operator, body, &[]).await;
        assert_eq!((refused.status, refused.code()), (409, "price_list_published"), "{method} {tail}");
    }
    let refused = rig.file_by("PUT", &format!("{path}/deck"), &operator, DECK).await;
    assert_eq!((refused.status, refused.code()), (409, "price_list_published"));
    // The next one begins with the same prices, and not before today.
    let first = path.rsplit('/').next().unwrap();
    rig.clock.pass_s(1);
    let ask = json!({ "currency": "USD", "effective": "2020-06-01", "copy_of": first });
    let next = rig.post(ALL, &operator, ask).await.is(201).json;
    assert_eq!((&next["version"], &next["rates"], &next["state"]), (&json!(2), &json!(2), &json!("draft")));
    let path = format!("{ALL}/{}", next["id"].as_str().unwrap());
    let early = rig.post(&format!("{path}/publish"), &operator, Value::Null).await.is(422);
    assert_eq!(early.json["errors"][0]["code"], "too_early");
    rig.patch(&path, &operator, json!({ "effective": "2999-01-01" })).await.is(200);
    rig.post(&format!("{path}/publish"), &operator, Value::Null).await.is(200);
    let list = rig.get(ALL, &operator).await.is(200).json;
    assert_eq!((&list[0]["state"], &list[1]["state"]), (&json!("scheduled"), &json!("in_force")));
    let rates = rig.get(&format!("{path}/rates"), &operator).await.is(200).json;
    assert_eq!(rates["items"].as_array().unwrap().len(), 2, "copied");
}

async fn a_deck_comes_from_a_file_row_by_row(rig: Rig) {
    let operator = rig.operator().await;
    let path = draft(&rig, &operator, "EUR", "2026-01-01").await;
    let deck = format!("{path}/deck");
    let bad = format!("{DECK}0049,Germany,0.1,,\n49,Germany,0.0000001,,\n49,Germany,0.1,,0/0\n44,Twice,1,,\n");
    let look = rig.file(&format!("{deck}/preview"), &operator, &bad).await.is(200).json;
    assert_eq!((&look["good"], &look["bad"], &look["summary"]["added"]), (&json!(2), &json!(4), &json!(2)));
    let faults: Vec<(i64, &str)> = look["errors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| (one["line"].as_i64().unwrap(), one["column"].as_str().unwrap()))
        .collect();
    assert_eq!(faults, [(4, "prefix"), (5, "per_minute"), (6, "increment"), (7, "from")]);
    let refused = rig.file_by("PUT", &deck, &operator, &bad).await.is(422);
    assert!(refused.text.contains("Line 4"), "{}", refused.text);
    rig.file_by("PUT", &deck, &operator, "prefix\n1\n").await.is(422);
    rig.file_by("PUT", &deck, &operator, "").await.is(422);
    assert_eq!(
        rig.get(&format!("{path}/rates"), &operator).await.is(200).json["items"],
        json!([]),
        "nothing was taken in"
    );
    rig.file_by("PUT", &format!("{deck}?skip_bad=true"), &operator, &bad).await.is(200);
    let one = rig.get(&format!("{path}/rates?search=%2B1"), &operator).await.is(200).json["items"].clone();
    assert_eq!(
        one,
        json!([{ "prefix": "1", "name": "North America", "direction": "outbound", "class": "standard",
        "per_minute_micros": 12_500, "setup_micros": 10_000, "minimum_micros": 0, "increment": "60/60",
        "from": "2026-01-01", "until": null }])
    );
    assert_eq!(
        rig.get(&format!("{path}/rates?search=KINGDOM"), &operator).await.is(200).json["items"][0]["prefix"],
        "44"
    );
    // What is given out reads back the same.
    let out = rig.get(&deck, &operator).await.is(200).text;
    let again = rig.file(&format!("{deck}/preview"), &operator, &out).await.is(200).json;
    assert_eq!((&again["good"], &again["bad"], &again["summary"]["changed"]), (&json!(2), &json!(0), &json!(0)));
    // Many, page by page, each once.
    let rows: String = (1000..3345).map(|prefix| format!("{prefix},0.{prefix}\n")).collect();
    rig.file_by("PUT", &deck, &operator, &format!("prefix,per_minute\n{rows}")).await.is(200);
    let (mut seen, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = rig.get(&format!("{path}/rates?limit=250{cursor}"), &operator).await.is(200).json;
        seen.extend(page["items"].as_array().unwrap().iter().map(|one| one["prefix"].as_str().unwrap().to_owned()));
        let Some(next) = page["next_cursor"].as_str() else { break };
        cursor = format!("&cursor={next}");
    }
    assert_eq!(seen, (1000..3345).map(|prefix| prefix.to_string()).collect::<Vec<_>>());
    rig.get(&format!("{path}/rates?cursor=eA"), &operator).await.is(400);
}

async fn two_versions_are_compared(rig: Rig) {
    let operator = rig.operator().await;
    let path = draft(&rig, &operator, "USD", "2020-01-01").await;
    rig.get(&format!("{path}/comparison"), &operator).await.is(404);
    rig.patch(&path, &operator, json!({ "items": [{ "item": "seat", "monthly_micros": 9_000_000 }] })).await.is(200);
    rig.file_by("PUT", &format!("{path}/deck"), &operator, DECK).await.is(200);
    rig.post(&format!("{path}/publish"), &operator, Value::Null).await.is(200);
    rig.clock.pass_s(1);
    let newer = draft(&rig, &operator, "USD", "2999-01-01").await;
    rig.patch(&newer, &operator, json!({ "items": [{ "item": "seat", "monthly_micros": 8_000_000 }] })).await.is(200);
    let deck = "prefix,name,per_minute,setup,increment,from\n1,North America,0.0125,0.02,60/60,2020-01-01\n49,Germany,0.01,,1/1,2020-01-01\n";
    rig.file_by("PUT", &format!("{newer}/deck"), &operator, deck).await.is(200);
    let found = rig.get(&format!("{newer}/comparison"), &operator).await.is(200).json;
    assert_eq!(found["summary"], json!({ "added": 1, "removed": 1, "changed": 1, "dearer": 1, "cheaper": 0 }));
    assert_eq!(found["items"], json!([{ "item": "seat", "before_micros": 9_000_000, "after_micros": 8_000_000 }]));
    assert_eq!((&found["older"]["version"], &found["newer"]["version"]), (&json!(1), &json!(2)));
    assert_eq!(found["rates"].as_array().unwrap().len(), 3);
    // The other way round it is the same.
    let id = newer.rsplit('/').next().unwrap();
    let same = rig.get(&format!("{path}/comparison?with={id}"), &operator).await.is(200).json;
    assert_eq!(same["summary"], found["summary"]);
    rig.clock.pass_s(1);
    let other = draft(&rig, &operator, "EUR", "2999-01-01").await;
    let other = other.rsplit('/').next().unwrap();
    rig.get(&format!("{newer}/comparison?with={other}"), &operator).await.is(422);
}
