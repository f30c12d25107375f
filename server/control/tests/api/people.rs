//! Invitations and members.

use serde_json::json;

use crate::rig::{PASSWORD, Rig, token};

on_both!(
    an_invitation_is_good_once,
    who_has_an_account_proves_it,
    a_company_keeps_an_owner,
    suspension_works_at_once,
    nobody_invites_above_themselves,
    one_is_invited_into_a_department_and_teams,
    the_list_tells_when_people_were_here,
);

async fn invited(rig: &Rig, owner: &str, email: &str, role: &str) -> (String, String) {
    let made = rig.post("/v1/invitations", owner, json!({ "email": email, "role": role })).await.is(201);
    let link = made.json["link"].as_str().unwrap();
    (made.id(), link.split("token=").nth(1).unwrap().to_owned())
}

async fn an_invitation_is_good_once(rig: Rig) {
    let owner = token(&rig.sign_up("Aster").await);
    let (_, old) = invited(&rig, &owner, "bo@example.com", "agent").await;
    let (_, new) = invited(&rig, &owner, "BO@example.com", "supervisor").await;
    rig.get(&format!("/v1/invitations/by-token?token={old}"), "").await.is(410);
    let preview = rig.get(&format!("/v1/invitations/by-token?token={new}"), "").await.is(200).json;
    let wanted = json!({ "company": "Aster", "email": "bo@example.com", "role": "supervisor", "custom_role": null,
        "inviter": "Olga Owner",
        "needs_password": true });
    assert_eq!(preview, wanted);
    let accept = format!("/v1/invitations/by-token/accept?token={new}");
    rig.post(&accept, "", json!({ "name": "Bo", "password": "short" })).await.is(422);
    let joined = rig.post(&accept, "", json!({ "name": "Bo", "password": PASSWORD })).await.is(200);
    assert_eq!(joined.json["me"]["role"], "supervisor");
    assert_eq!(joined.json["me"]["user"]["email_verified"], false, "the inviter saw the link too");
    rig.post(&accept, "", json!({ "name": "Bo", "password": PASSWORD })).await.is(410);
    let again =
        rig.post("/v1/invitations", &owner, json!({ "email": "bo@example.com", "role": "agent" })).await.is(409);
    assert_eq!(again.code(), "already_member");
    let (id, gone) = invited(&rig, &owner, "cy@example.com", "agent").await;
    rig.delete(&format!("/v1/invitations/{id}"), &owner).await.is(204);
    rig.get(&format!("/v1/invitations/by-token?token={gone}"), "").await.is(410);
    let (_, late) = invited(&rig, &owner, "di@example.com", "agent").await;
    rig.clock.pass_s(8 * 86_400);
    rig.get(&format!("/v1/invitations/by-token?token={late}"), "").await.is(410);
}

async fn who_has_an_account_proves_it(rig: Rig) {
    let aster = token(&rig.sign_up("Aster").await);
    let borage = rig.sign_up("Borage").await;
    let (_, link) = invited(&rig, &aster, "owner@borage.example.com", "agent").await;
    let accept = format!("/v1/invitations/by-token/accept?token={link}");
    rig.post(&accept, "", json!({ "name": "", "password": "not the password" })).await.is(401);
    rig.post(&accept, "", json!({ "name": "" })).await.is(401);
    let joined = rig.post(&accept, "", json!({ "name": "", "password": PASSWORD })).await.is(200);
    assert_eq!(joined.json["me"]["company"]["name"], "Aster");
    let places = joined.json["me"]["memberships"].as_array().unwrap().len();
    assert_eq!(places, 2);
    let home = borage.json["me"]["company"]["id"].clone();
    let back = rig.post("/v1/session/switch", &token(&joined), json!({ "tenant": home })).await.is(200);
    assert_eq!(back.json["me"]["role"], "owner");
}

async fn a_company_keeps_an_owner(rig: Rig) {
    let session = rig.sign_up("Aster").await;
    let (owner, me) = (token(&session), session.json["me"]["member"].as_str().unwrap().to_owned());
    let mine = format!("/v1/members/{me}");
    assert_eq!(rig.patch(&mine, &owner, json!({ "role": "admin" })).await.is(409).code(), "last_owner");
    assert_eq!(rig.patch(&mine, &owner, json!({ "state": "suspended" })).await.is(409).code(), "last_owner");
    assert_eq!(rig.delete(&mine, &owner).await.is(409).code(), "last_owner");
    let admin = rig.join(&owner, "ada@example.com", "admin").await;
    let second = format!("/v1/members/{}", admin.json["me"]["member"].as_str().unwrap());
    rig.patch(&second, &token(&admin), json!({ "role": "owner" })).await.is(403);
    rig.delete(&mine, &token(&admin)).await.is(403);
    rig.patch(&second, &owner, json!({ "role": "owner" })).await.is(200);
    // Both demote the other in one instant: one of them must fail.
    let (left, right) = tokio::join!(rig.patch(&second, &owner, json!({ "role": "agent" })), async {
        rig.patch(&mine, &token(&admin), json!({ "role": "agent" })).await
    });
    let mut both = [left.status, right.status];
    both.sort_unstable();
    assert!(both[0] == 200 && both[1] > 400, "{both:?}");
    let roles = [&owner, &token(&admin)];
    let mut owners = 0;
    for one in roles {
        owners += usize::from(rig.get("/v1/me", one).await.is(200).json["role"] == "owner");
    }
    assert_eq!(owners, 1);
}

async fn suspension_works_at_once(rig: Rig) {
    let owner = token(&rig.sign_up("Aster").await);
    let agent = rig.join(&owner, "ada@example.com", "agent").await;
    let member = agent.json["me"]["member"].as_str().unwrap().to_owned();
    let seat = rig.post("/v1/seats", &owner, json!({ "member": member })).await.is(201).id();
    let path = format!("/v1/seats/{seat}/devices");
    let username =
        rig.post(&path, &owner, json!({ "label": "Desk" })).await.is(201).json["username"].as_str().unwrap().to_owned();
    let this = format!("/v1/members/{member}");
    rig.patch(&this, &owner, json!({ "state": "suspended" })).await.is(200);
    rig.get("/v1/me", &token(&agent)).await.is(401);
    assert_eq!(*rig.switch.forgotten.lock().unwrap(), [username], "the phone's password opens nothing any more");
    assert_eq!(rig.get(&format!("/v1/seats/{seat}"), &owner).await.json["devices"], json!([]));
    rig.patch(&this, &owner, json!({ "state": "active" })).await.is(200);
    rig.get("/v1/me", &token(&agent)).await.is(401);
    let again = rig.sign_in("ada@example.com", PASSWORD).await.is(200);
    rig.get("/v1/me", &token(&again)).await.is(200);
    rig.delete(&this, &owner).await.is(204);
    rig.get("/v1/me", &token(&agent)).await.is(401);
    assert_eq!(rig.sign_in("ada@example.com", PASSWORD).await.is(403).code(), "no_company");
    assert_eq!(rig.get(&format!("/v1/seats/{seat}"), &owner).await.json["member"], json!(null));
}

/// What a lead needs to invite agents: nobody gives what they have not got.
const LEAD: [&str; 12] = [
    "members:read",
    "invitations:read",
    "invitations:write",
    "company:read",
    "voicemails:read",
    "voicemails:operate",
    "callbacks:read",
    "callbacks:operate",
    "calls:read",
    "calls:operate",
    "softphone:read",
    "softphone:operate",
];

async fn one_is_invited_into_a_department_and_teams(rig: Rig) {
    let owner = token(&rig.sign_up("Aster").await);
    let sales = rig.post("/v1/departments", &owner, json!({ "name": "Sales" })).await.is(201).id();
    let care = rig.post("/v1/departments", &owner, json!({ "name": "Care" })).await.is(201).id();
    let team = async |name: &str| rig.post("/v1/teams", &owner, json!({ "name": name })).await.is(201).id();
    let (morning, evening) = (team("Morning").await, team("Evening").await);
    let ask =
        json!({ "email": "bo@example.com", "role": "supervisor", "department": sales, "teams": [morning, evening] });
    let made = rig.post("/v1/invitations", &owner, ask).await.is(201);
    assert_eq!(made.json["department"], json!(sales));
    assert_eq!(made.json["teams"].as_array().unwrap().len(), 2);
    rig.delete(&format!("/v1/teams/{evening}"), &owner).await.is(204);
    let link = made.json["link"].as_str().unwrap().split("token=").nth(1).unwrap().to_owned();
    let accept = format!("/v1/invitations/by-token/accept?token={link}");
    rig.post(&accept, "", json!({ "name": "Bo", "password": PASSWORD })).await.is(200);
    let members = rig.get("/v1/members", &owner).await.is(200).json;
    let bo = members.as_array().unwrap().iter().find(|one| one["email"] == "bo@example.com").unwrap().clone();
    assert_eq!((&bo["department"], &bo["teams"]), (&json!(sales), &json!([morning])), "{bo}");
    // A lead invites into what they see, and nowhere else.
    let lead = json!({ "name": "Lead", "permissions": LEAD, "scope": "subtree" });
    let lead = rig.post("/v1/roles", &owner, lead).await.is(201).id();
    let ask = json!({ "email": "lu@example.com", "role": "agent", "custom_role": lead, "department": sales });
    let made = rig.post("/v1/invitations", &owner, ask).await.is(201);
    let link = made.json["link"].as_str().unwrap().split("token=").nth(1).unwrap().to_owned();
    let accept = format!("/v1/invitations/by-token/accept?token={link}");
    let lu = token(&rig.post(&accept, "", json!({ "name": "Lu", "password": PASSWORD })).await.is(200));
    let other = token(&rig.sign_up("Borage").await);
    let theirs = rig.post("/v1/teams", &other, json!({ "name": "Theirs" })).await.is(201).id();
    for (more, field) in [
        (json!({ "department": care }), "department"),
        (json!({ "department": sales, "teams": [morning] }), "teams"),
        (json!({ "department": sales, "teams": [theirs] }), "teams"),
    ] {
        let mut ask = json!({ "email": "x@example.com", "role": "agent" });
        more.as_object().unwrap().iter().for_each(|(name, value)| ask[name] = value.clone());
        assert_eq!(rig.post("/v1/invitations", &lu, ask).await.is(422).json["errors"][0]["field"], field, "{more}");
    }
}

async fn nobody_invites_above_themselves(rig: Rig) {
    let owner = token(&rig.sign_up("Aster").await);
    let admin = token(&rig.join(&owner, "ada@example.com", "admin").await);
    rig.post("/v1/invitations", &admin, json!({ "email": "x@example.com", "role": "owner" })).await.is(403);
    rig.post("/v1/invitations", &admin, json!({ "email": "x@example.com", "role": "admin" })).await.is(201);
}

async fn the_list_tells_when_people_were_here(rig: Rig) {
    let session = rig.sign_up("Aster").await;
    let owner = token(&session);
    let seen = async || {
        let list = rig.get("/v1/members", &owner).await.is(200).json;
        list[0]["last_seen_at"].as_str().expect("the owner was here").to_owned()
    };
    let first = seen().await;
    rig.clock.pass_s(60);
    assert_eq!(seen().await, first, "looking at a page notes nothing");
    let email = session.json["me"]["user"]["email"].clone();
    rig.post("/v1/sign-in", "", json!({ "email": email, "password": PASSWORD })).await.is(200);
    assert!(seen().await > first, "signing in does");
}
