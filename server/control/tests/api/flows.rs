//! Flows: drafts and who saves them, what stands in the way of publishing, versions, trying out, numbers that lead to one.

use serde_json::{Value, json};

use crate::rig::{Rig, token};

on_both!(
    a_draft_is_saved_by_whoever_saw_the_last_one,
    what_is_no_flow_is_refused_with_its_place,
    a_flow_is_published_when_nothing_is_wrong_and_every_sample_call_passes,
    a_flow_is_tried_out_key_by_key,
    flows_enter_published_flows_of_the_company,
    a_number_leads_to_a_flow,
    what_a_flow_uses_is_known_and_stays,
);

/// A menu of one key before a goodbye.
fn menu() -> Value {
    let say = |text: &str| json!({ "kind": "text", "text": { "en": text } });
    json!({
        "schema": 1, "start": "start", "language": "en", "zone": "UTC",
        "variables": [{ "name": "account" }],
        "nodes": {
            "start": { "kind": "start", "exits": { "next": "menu" } },
            "menu": {
                "kind": "menu",
                "settings": { "prompt": say("Press one for the time"), "choices": [{ "keys": "1" }], "tries": 1 },
                "exits": { "1": "time", "no_input": "bye" }
            },
            "time": { "kind": "say", "settings": { "text": { "en": "It is late" } }, "exits": { "next": "bye" } },
            "bye": { "kind": "hangup", "settings": { "prompt": say("Goodbye") } },
        }
    })
}

async fn made(rig: &Rig, owner: &str, name: &str) -> String {
    rig.post("/v1/flows", owner, json!({ "name": name })).await.is(201).id()
}

async fn saved(rig: &Rig, owner: &str, flow: &str, revision: i64, ask: Value) -> Value {
    let mut ask = ask;
    ask["revision"] = json!(revision);
    rig.patch(&format!("/v1/flows/{flow}"), owner, ask).await.is(200).json
}

async fn a_draft_is_saved_by_whoever_saw_the_last_one(rig: Rig) {
    let owner = token(&rig.sign_up("Aster").await);
    let admin = token(&rig.join(&owner, "admin@aster.example.com", "admin").await);
    let flow = made(&rig, &owner, "Main line").await;
    assert_eq!(rig.post("/v1/flows", &owner, json!({ "name": "Main line" })).await.is(409).code(), "name_taken");
    let path = format!("/v1/flows/{flow}");
    let first = saved(&rig, &admin, &flow, 1, json!({ "draft": menu() })).await;
    assert_eq!((&first["revision"], &first["is_changed"], &first["live"]), (&json!(2), &json!(true), &Value::Null));
    let late = rig.patch(&path, &owner, json!({ "draft": menu(), "revision": 1 })).await.is(409);
    assert_eq!(late.code(), "flow_changed");
    let whoever = first["changed_by"].as_str().unwrap();
    assert!(!whoever.is_empty() && late.text.contains(whoever), "{} names {whoever}", late.text);
    let blind = rig.patch(&path, &owner, json!({ "draft": menu() })).await.is(422);
    assert_eq!(blind.json["errors"][0]["field"], "revision");
    rig.patch(&path, &owner, json!({ "name": "Front" })).await.is(200);
    let shown = rig.get("/v1/flows", &owner).await.is(200).json;
    assert_eq!((&shown[0]["name"], &shown[0]["revision"]), (&json!("Front"), &json!(2)), "a name is no draft");
    let agent = token(&rig.join(&owner, "agent@aster.example.com", "agent").await);
    rig.get("/v1/flows", &agent).await.is(403);
    let supervisor = token(&rig.join(&owner, "sup@aster.example.com", "supervisor").await);
    rig.get(&path, &supervisor).await.is(200);
    rig.patch(&path, &supervisor, json!({ "name": "Mine" })).await.is(403);
}

async fn what_is_no_flow_is_refused_with_its_place(rig: Rig) {
    let owner = token(&rig.sign_up("Aster").await);
    let flow = made(&rig, &owner, "Main line").await;
    let path = format!("/v1/flows/{flow}");
    let mut bent = menu();
    bent["nodes"]["menu"]["settings"]["speed"] = json!(3);
    bent["nodes"]["odd"] = json!({ "kind": "teleport" });
    let refused = rig.patch(&path, &owner, json!({ "draft": bent, "revision": 1 })).await.is(422);
    let fields: Vec<&str> =
        refused.json["errors"].as_array().unwrap().iter().map(|one| one["field"].as_str().unwrap()).collect();
    assert_eq!(fields, ["draft/nodes/menu", "draft/nodes/odd"]);
    let twice = json!({ "samples": [{ "name": "a" }, { "name": "a", "script": { "at": "noon" } }], "revision": 1 });
    let refused = rig.patch(&path, &owner, twice).await.is(422).json;
    assert_eq!(refused["errors"].as_array().unwrap().len(), 2, "{refused}");
    // Larger than other bodies may be, and a flow for all that.
    let mut large = menu();
    large["nodes"]["bye"]["settings"]["prompt"]["text"]["en"] = json!("Bye. ".repeat(700));
    for at in 0..100 {
        large["nodes"][format!("n{at}")] = json!({ "kind": "say", "settings": { "text": { "en": "x".repeat(1000) } } });
    }
    saved(&rig, &owner, &flow, 1, json!({ "draft": large })).await;
    let bomb = json!({ "draft": { "x": "y".repeat(1_100_000) }, "revision": 2 });
    rig.patch(&path, &owner, bomb).await.is(413);
}

async fn a_flow_is_published_when_nothing_is_wrong_and_every_sample_call_passes(rig: Rig) {
    let owner = token(&rig.sign_up("Aster").await);
    let flow = made(&rig, &owner, "Main line").await;
    let (path, publish) = (format!("/v1/flows/{flow}"), format!("/v1/flows/{flow}/publish"));
    let first = rig.post(&publish, &owner, json!({ "revision": 1, "note": "Empty" })).await.is(201).json;
    assert_eq!((&first["number"], &first["is_live"]), (&json!(1), &json!(true)));
    let mut open = menu();
    open["nodes"]["menu"]["exits"] = json!({ "1": "time" });
    let draft = saved(&rig, &owner, &flow, 1, json!({ "draft": open })).await;
    assert_eq!(draft["is_sound"], false);
    let found = |code: &str| draft["findings"].as_array().unwrap().iter().any(|one| one["code"] == code);
    assert!(found("dangling_exit"), "{draft}");
    assert_eq!(rig.post(&publish, &owner, json!({ "revision": 2 })).await.is(409).code(), "flow_not_sound");
    let sample = |ends: &str| {
        json!({ "name": "Presses one", "script": { "acts": [{ "do": "keys", "keys": "1" }, { "do": "listen" }] },
            "expect": { "visits": ["menu", "time"], "ends_at": ends, "outcome": "hung_up", "says": ["late", "Goodbye"] } })
    };
    let ask = json!({ "draft": menu(), "samples": [sample("menu")] });
    let draft = saved(&rig, &owner, &flow, 2, ask).await;
    assert_eq!(draft["verdicts"][0]["faults"], json!([{ "kind": "ends_elsewhere", "node": "bye" }]));
    let refused = rig.post(&publish, &owner, json!({ "revision": 3 })).await.is(409);
    assert_eq!(refused.code(), "sample_call_fails");
    assert!(refused.text.contains("Presses one"));
    let draft = saved(&rig, &owner, &flow, 3, json!({ "samples": [sample("bye")] })).await;
    assert_eq!((&draft["verdicts"][0]["faults"], &draft["is_sound"]), (&json!([]), &json!(true)));
    assert_eq!(rig.post(&publish, &owner, json!({ "revision": 3 })).await.is(409).code(), "flow_changed");
    let second = rig.post(&publish, &owner, json!({ "revision": 4, "note": "A menu" })).await.is(201).json;
    assert_eq!(second["number"], 2);
    assert_eq!(second["difference"]["added"], json!(["menu", "time"]));
    assert_eq!(rig.get(&path, &owner).await.json["is_changed"], false);
    let versions = rig.get(&format!("{path}/versions"), &owner).await.is(200).json;
    let notes: Vec<&str> = versions.as_array().unwrap().iter().map(|one| one["note"].as_str().unwrap()).collect();
    assert_eq!(notes, ["A menu", "Empty"]);
    let old = versions[1]["id"].as_str().unwrap();
    let whole = rig.get(&format!("/v1/flow-versions/{old}"), &owner).await.is(200).json;
    assert!(whole["graph"]["nodes"].get("menu").is_none() && whole["is_live"] == false, "{whole}");
    let back = rig.send("POST", &format!("/v1/flow-versions/{old}/roll-back"), &owner, None, &[]).await.is(200).json;
    assert_eq!((&back["live"], &back["is_changed"]), (&json!(1), &json!(true)), "and the draft is as it was");
    assert_eq!(back["draft"]["nodes"]["time"]["kind"], "say");
}

async fn a_flow_is_tried_out_key_by_key(rig: Rig) {
    let owner = token(&rig.sign_up("Aster").await);
    let flow = made(&rig, &owner, "Main line").await;
    let simulate = format!("/v1/flows/{flow}/simulate");
    let tried = async |acts: Value| {
        let ask = json!({ "draft": menu(), "script": { "acts": acts } });
        rig.post(&simulate, &owner, ask).await.is(200).json["trace"].clone()
    };
    let begun = tried(json!([])).await;
    assert_eq!((&begun["node"], &begun["waiting"]), (&json!("menu"), &json!("play")));
    let pressed = tried(json!([{ "do": "keys", "keys": "1" }])).await;
    assert_eq!((&pressed["node"], &pressed["path"][1]["keys"]), (&json!("time"), &json!("1")));
    let over = tried(json!([{ "do": "keys", "keys": "1" }, { "do": "listen" }])).await;
    assert_eq!(over["outcome"], "hung_up");
    let too_many: Vec<Value> = vec![json!({ "do": "listen" }); 501];
    rig.post(&simulate, &owner, json!({ "script": { "acts": too_many } })).await.is(422);
    assert_eq!(rig.get(&format!("/v1/flows/{flow}"), &owner).await.json["revision"], 1, "nothing was changed");
}

async fn flows_enter_published_flows_of_the_company(rig: Rig) {
    let owner = token(&rig.sign_up("Aster").await);
    let stranger = token(&rig.sign_up("Borage").await);
    let (main, inner) = (made(&rig, &owner, "Main").await, made(&rig, &owner, "Inner").await);
    let theirs = made(&rig, &stranger, "Theirs").await;
    let enters = |flow: &str| {
        json!({ "schema": 1, "start": "start", "nodes": {
            "start": { "kind": "start", "exits": { "next": "in" } },
            "in": { "kind": "subflow", "settings": { "flow": flow }, "exits": { "done": "bye", "failed": "bye" } },
            "bye": { "kind": "hangup" } } })
    };
    let codes = |draft: &Value| -> Vec<String> {
        let findings = draft["findings"].as_array().unwrap().iter();
        findings.map(|one| one["code"].as_str().unwrap().to_owned()).collect()
    };
    let draft = saved(&rig, &owner, &main, 1, json!({ "draft": enters(&inner) })).await;
    assert_eq!(codes(&draft), ["unpublished_flow"]);
    let draft = saved(&rig, &owner, &main, 2, json!({ "draft": enters(&theirs) })).await;
    assert_eq!(codes(&draft), ["unknown_reference"], "another company's flow is none");
    let draft = saved(&rig, &owner, &main, 3, json!({ "draft": enters(&main) })).await;
    assert_eq!(codes(&draft), ["flow_circle"]);
    rig.post(&format!("/v1/flows/{inner}/publish"), &owner, json!({ "revision": 1 })).await.is(201);
    let draft = saved(&rig, &owner, &main, 4, json!({ "draft": enters(&inner) })).await;
    assert_eq!(draft["is_sound"], true, "{draft}");
    let tried = rig.post(&format!("/v1/flows/{main}/simulate"), &owner, json!({})).await.is(200).json;
    let flows: Vec<&str> =
        tried["trace"]["path"].as_array().unwrap().iter().map(|step| step["flow"].as_str().unwrap()).collect();
    assert_eq!(flows, [main.as_str(), &main, &inner, &inner]);
}

async fn a_number_leads_to_a_flow(rig: Rig) {
    let operator = rig.operator().await;
    let (_, _, numbers) = crate::whole_company::stock(&rig, &operator).await;
    let owner = token(&rig.sign_up("Aster").await);
    let stranger = token(&rig.sign_up("Borage").await);
    let number = format!("/v1/numbers/{}", numbers[0]);
    rig.send("POST", &format!("{number}/claim"), &owner, None, &[]).await.is(201);
    let flow = made(&rig, &owner, "Main line").await;
    let theirs = made(&rig, &stranger, "Theirs").await;
    let refused = rig.patch(&number, &owner, json!({ "flow": theirs })).await.is(422).json;
    assert_eq!(refused["errors"][0]["code"], "unknown_flow");
    let bound = rig.patch(&number, &owner, json!({ "flow": flow })).await.is(200).json;
    assert_eq!((&bound["flow"], &bound["destination_kind"]), (&json!(flow), &json!("nowhere")));
    let named = rig.patch(&number, &owner, json!({ "label": "Front" })).await.is(200).json;
    assert_eq!(named["flow"], json!(flow), "what is not sent stays");
    let shown = rig.get("/v1/flows", &owner).await.json;
    assert_eq!(shown[0]["numbers"], json!([bound["e164"]]));
    let path = format!("/v1/flows/{flow}");
    assert_eq!(rig.send("DELETE", &path, &owner, None, &[]).await.is(409).code(), "flow_in_use");
    rig.patch(&number, &owner, json!({ "flow": null })).await.is(200);
    rig.send("DELETE", &path, &owner, None, &[]).await.is(204);
}

async fn what_a_flow_uses_is_known_and_stays(rig: Rig) {
    let (owner, other) = (token(&rig.sign_up("Aster").await), token(&rig.sign_up("Birch").await));
    let create = |path: &'static str, name: &'static str, who: String| {
        let rig = &rig;
        async move { rig.post(path, &who, json!({ "name": name })).await.is(201).id() }
    };
    let prompt = create("/v1/prompts", "Welcome", owner.clone()).await;
    let queue = create("/v1/queues", "Sales", owner.clone()).await;
    let (theirs, foreign) =
        (create("/v1/prompts", "Hello", other.clone()).await, create("/v1/queues", "Desk", other).await);
    let uses = |prompt: &str, queue: &str| {
        let exits = json!({ "timed_out": "bye", "full": "bye", "nobody": "bye" });
        let sound = json!({ "kind": "prompt", "prompt": prompt });
        json!({ "schema": 1, "start": "in", "zone": "UTC", "nodes": {
            "in": { "kind": "start", "exits": { "next": "wait" } },
            "wait": { "kind": "queue", "settings": { "queue": queue, "prompt": sound }, "exits": exits },
            "bye": { "kind": "hangup" },
        } })
    };
    let flow = made(&rig, &owner, "Main line").await;
    let bad = saved(&rig, &owner, &flow, 1, json!({ "draft": uses(&theirs, &foreign) })).await;
    let unknown = |shown: &Value| {
        let findings = shown["findings"].as_array().unwrap().iter();
        findings.filter(|one| one["code"] == "unknown_reference").count()
    };
    assert_eq!(unknown(&bad), 2, "another company's things are none: {}", bad["findings"]);
    let good = saved(&rig, &owner, &flow, 2, json!({ "draft": uses(&prompt, &queue) })).await;
    assert_eq!(unknown(&good), 0);
    let used = |shown: Value| shown["used_by"].clone();
    let path = format!("/v1/prompts/{prompt}");
    assert_eq!(used(rig.get(&path, &owner).await.is(200).json), json!([{ "kind": "flow", "name": "Main line" }]));
    let publish = format!("/v1/flows/{flow}/publish");
    rig.post(&publish, &owner, json!({ "revision": 3 })).await.is(201);
    // The live version keeps what it plays, whatever the draft does; and its queue.
    saved(&rig, &owner, &flow, 3, json!({ "draft": menu() })).await;
    assert_eq!(rig.delete(&path, &owner).await.is(409).code(), "in_use");
    let refused = rig.delete(&format!("/v1/queues/{queue}"), &owner).await.is(409);
    assert_eq!(refused.code(), "queue_in_use");
    assert!(refused.text.contains("Main line"), "{}", refused.text);
    // A flow that another one goes to stays as well.
    let front = made(&rig, &owner, "Front door").await;
    let goes = json!({ "schema": 1, "start": "in", "zone": "UTC", "nodes": {
        "in": { "kind": "start", "exits": { "next": "on" } },
        "on": { "kind": "leave", "settings": { "flow": flow } },
    } });
    saved(&rig, &owner, &front, 1, json!({ "draft": goes })).await;
    rig.post(&format!("/v1/flows/{front}/publish"), &owner, json!({ "revision": 2 })).await.is(201);
    assert_eq!(rig.delete(&format!("/v1/flows/{flow}"), &owner).await.is(409).code(), "flow_in_use");
    rig.delete(&format!("/v1/flows/{front}"), &owner).await.is(204);
    rig.delete(&format!("/v1/flows/{flow}"), &owner).await.is(204);
    rig.delete(&format!("/v1/queues/{queue}"), &owner).await.is(204);
    rig.delete(&path, &owner).await.is(204);
}
