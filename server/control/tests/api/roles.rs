//! Roles that a company puts together itself.

use serde_json::json;

use crate::rig::{PASSWORD, Rig, token};

on_both!(
    a_role_is_what_it_says_at_once,
    nobody_gives_more_than_they_have,
    one_is_invited_as_a_role_of_the_company_s,
    a_role_that_somebody_has_stays,
);

async fn a_role_is_what_it_says_at_once(rig: Rig) {
    let owner = token(&rig.sign_up("Aster").await);
    let session = rig.join(&owner, "ann@example.com", "agent").await;
    let (ann, member) = (token(&session), session.json["me"]["member"].as_str().unwrap().to_owned());
    rig.get("/v1/seats", &ann).await.is(403);
    let ask = json!({ "name": "Trainer", "permissions": ["seats:write", "seats:read", "seats:read"], "scope": "all" });
    let role = rig.post("/v1/roles", &owner, ask).await.is(201).json;
    assert_eq!(role["permissions"], json!(["seats:read", "seats:write"]), "in the order of the table, each once");
    let id = role["id"].as_str().unwrap();
    let path = format!("/v1/members/{member}");
    let given = rig.patch(&path, &owner, json!({ "custom_role": id })).await.is(200).json;
    assert_eq!((&given["custom_role"]["name"], &given["scope"]), (&json!("Trainer"), &json!("all")));
    let me = rig.get("/v1/me", &ann).await.is(200).json;
    assert_eq!(
        (&me["permissions"], &me["custom_role"]["name"]),
        (&json!(["seats:read", "seats:write"]), &json!("Trainer"))
    );
    let seat = rig.post("/v1/seats", &ann, json!({})).await.is(201).id();
    rig.get("/v1/calls", &ann).await.is(403);
    let this = format!("/v1/roles/{id}");
    rig.patch(&this, &owner, json!({ "permissions": ["seats:read"], "scope": "own" })).await.is(200);
    rig.post("/v1/seats", &ann, json!({})).await.is(403);
    rig.get(&format!("/v1/seats/{seat}"), &ann).await.is(404);
    let list = rig.get("/v1/roles", &owner).await.is(200).json;
    let names: Vec<&str> = list.as_array().unwrap().iter().map(|one| one["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["owner", "admin", "supervisor", "agent", "Trainer"]);
    let members: Vec<i64> = list.as_array().unwrap().iter().map(|one| one["members"].as_i64().unwrap()).collect();
    assert_eq!(members, [1, 0, 0, 0, 1], "whoever has a role of the company's own is no agent");
    let back = rig.patch(&path, &owner, json!({ "role": "supervisor" })).await.is(200).json;
    assert_eq!((&back["custom_role"], &back["scope"]), (&json!(null), &json!("all")));
    rig.get("/v1/calls", &ann).await.is(200);
    rig.patch(&path, &owner, json!({ "role": "agent", "custom_role": id })).await.is(422);
}

async fn nobody_gives_more_than_they_have(rig: Rig) {
    let owner = token(&rig.sign_up("Aster").await);
    let clerk = json!({ "name": "Clerk", "scope": "all", "permissions": ["members:read", "members:write", "roles:read",
        "roles:write", "invitations:write", "calls:read", "company:read"] });
    let clerk = rig.post("/v1/roles", &owner, clerk).await.is(201).id();
    let session = rig.join(&owner, "ann@example.com", "agent").await;
    let (ann, me) = (token(&session), session.json["me"]["member"].as_str().unwrap().to_owned());
    rig.patch(&format!("/v1/members/{me}"), &owner, json!({ "custom_role": clerk })).await.is(200);
    let admin = rig.join(&owner, "ada@example.com", "admin").await;
    let ada = format!("/v1/members/{}", admin.json["me"]["member"].as_str().unwrap());
    let agent = rig.join(&owner, "bob@example.com", "agent").await;
    let bob = format!("/v1/members/{}", agent.json["me"]["member"].as_str().unwrap());

    let wide = json!({ "name": "Wide", "permissions": ["numbers:write", "chairs:read"], "scope": "all" });
    let refused = rig.post("/v1/roles", &ann, wide).await.is(422).json;
    let codes: Vec<&str> = refused["errors"].as_array().unwrap().iter().map(|e| e["code"].as_str().unwrap()).collect();
    assert_eq!(codes, ["not_yours", "unknown"]);
    let narrow = json!({ "name": "Reader", "permissions": ["calls:read"], "scope": "team" });
    let narrow = rig.post("/v1/roles", &ann, narrow).await.is(201).id();
    rig.patch(&bob, &ann, json!({ "custom_role": narrow })).await.is(200);
    for mightier in ["admin", "supervisor", "agent"] {
        let refused = rig.patch(&bob, &ann, json!({ "role": mightier })).await.is(403);
        assert_eq!(refused.code(), "mightier_than_own", "{mightier}: a clerk cannot telephone");
        let invited = json!({ "email": "x@example.com", "role": mightier });
        rig.post("/v1/invitations", &ann, invited).await.is(403);
    }
    for change in [json!({ "custom_role": narrow }), json!({ "state": "suspended" })] {
        assert_eq!(rig.patch(&ada, &ann, change).await.is(403).code(), "mightier_than_own", "nor take an admin out");
    }
    assert_eq!(rig.delete(&ada, &ann).await.is(403).code(), "mightier_than_own");
    rig.patch(&ada, &owner, json!({ "state": "suspended" })).await.is(200);
    let back = rig.patch(&ada, &ann, json!({ "state": "active" })).await.is(403);
    assert_eq!(back.code(), "mightier_than_own", "nor let an admin in again");
    rig.patch(&ada, &owner, json!({ "state": "active" })).await.is(200);
    // A role that may more than its changer is not theirs, in whichever direction.
    let buyer = json!({ "name": "Buyer", "permissions": ["numbers:write", "calls:read"], "scope": "all" });
    let buyer = rig.post("/v1/roles", &owner, buyer).await.is(201).id();
    let path = format!("/v1/roles/{buyer}");
    rig.patch(&path, &ann, json!({ "permissions": ["calls:read"] })).await.is(403);
    rig.delete(&path, &ann).await.is(403);
    rig.patch(&bob, &ann, json!({ "custom_role": buyer })).await.is(403);
    // What is taken from a role is taken from what its holders may give.
    rig.patch(&format!("/v1/roles/{clerk}"), &owner, json!({ "scope": "team" })).await.is(200);
    let all = json!({ "name": "All", "permissions": ["calls:read"], "scope": "all" });
    let refused = rig.post("/v1/roles", &ann, all).await.is(422).json;
    assert_eq!(refused["errors"][0]["code"], "wider_than_own");
    // A key gives no more than its scopes, whoever answers for it.
    let ask = json!({ "name": "Sync", "scopes": ["invitations:write", "members:write"] });
    let key = rig.post("/v1/api-keys", &owner, ask).await.is(201).json["secret"].as_str().unwrap().to_owned();
    rig.post("/v1/invitations", &key, json!({ "email": "z@example.com", "role": "admin" })).await.is(403);
}

async fn one_is_invited_as_a_role_of_the_company_s(rig: Rig) {
    let owner = token(&rig.sign_up("Aster").await);
    let role = json!({ "name": "Trainer", "permissions": ["seats:read"], "scope": "team" });
    let role = rig.post("/v1/roles", &owner, role).await.is(201).id();
    let ask = json!({ "email": "tom@example.com", "role": "admin", "custom_role": role });
    let made = rig.post("/v1/invitations", &owner, ask).await.is(201).json;
    assert_eq!((&made["custom_role"]["name"], &made["role"]), (&json!("Trainer"), &json!("agent")));
    assert_eq!(rig.delete(&format!("/v1/roles/{role}"), &owner).await.is(409).code(), "in_use");
    let link = made["link"].as_str().unwrap().split("token=").nth(1).unwrap();
    let preview = rig.get(&format!("/v1/invitations/by-token?token={link}"), "").await.is(200).json;
    assert_eq!(preview["custom_role"], "Trainer");
    let accept = format!("/v1/invitations/by-token/accept?token={link}");
    let tom = rig.post(&accept, "", json!({ "name": "Tom", "password": PASSWORD })).await.is(200);
    assert_eq!((&tom.json["me"]["permissions"], &tom.json["me"]["scope"]), (&json!(["seats:read"]), &json!("team")));
    rig.get("/v1/seats", &token(&tom)).await.is(200);
    rig.get("/v1/members", &token(&tom)).await.is(403);
}

async fn a_role_that_somebody_has_stays(rig: Rig) {
    let owner = token(&rig.sign_up("Aster").await);
    let session = rig.join(&owner, "ann@example.com", "agent").await;
    let member = format!("/v1/members/{}", session.json["me"]["member"].as_str().unwrap());
    let role = json!({ "name": "Trainer", "permissions": ["seats:read"], "scope": "team" });
    let id = rig.post("/v1/roles", &owner, role.clone()).await.is(201).id();
    assert_eq!(rig.post("/v1/roles", &owner, role).await.is(409).code(), "name_taken");
    let path = format!("/v1/roles/{id}");
    rig.patch(&member, &owner, json!({ "custom_role": id })).await.is(200);
    assert_eq!(rig.delete(&path, &owner).await.is(409).code(), "in_use");
    rig.patch(&member, &owner, json!({ "role": "agent" })).await.is(200);
    rig.delete(&path, &owner).await.is(204);
    rig.patch(&path, &owner, json!({ "name": "X" })).await.is(404);
    rig.patch("/v1/roles/owner", &owner, json!({ "name": "X" })).await.is(404);
    rig.post("/v1/roles", &owner, json!({ "name": " ", "permissions": [], "scope": "own" })).await.is(422);
}
