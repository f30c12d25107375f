//! Ways in and out: the second factor, forgotten passwords, sessions, and how somebody leaves a company.

use patchbay_control::identity::totp;
use serde_json::{Value, json};

use crate::rig::{Answer, OPERATOR, PASSWORD, Rig, token};

on_both!(
    a_second_factor_is_asked_for_once_it_is_on,
    a_recovery_code_is_good_once,
    guessing_codes_closes_the_door,
    a_company_may_require_it,
    operators_have_it_too,
    a_lost_second_factor_is_turned_off_by_who_may,
    a_forgotten_password_is_set_by_a_link,
    sessions_are_listed_and_ended,
    who_is_locked_out_is_out_everywhere,
    who_is_removed_hands_over,
    a_key_that_slept_does_not_wake_up_stronger,
    codes_guessed_at_once_stand_in_line,
);

const EMAIL: &str = "owner@aster.example.com";

async fn begin(rig: &Rig, path: &str, by: &str, password: &str) -> Vec<u8> {
    let begun = rig.post(path, by, json!({ "password": password })).await.is(200).json;
    let secret = begun["secret"].as_str().unwrap();
    let address = begun["address"].as_str().unwrap();
    assert!(address.starts_with("otpauth://totp/Patchbay:") && address.contains(secret), "{address}");
    totp::from_base32(secret).unwrap()
}

/// A code that was not used yet.
fn code(rig: &Rig, secret: &[u8]) -> String {
    rig.clock.pass_s(totp::STEP_S);
    totp::at(secret, rig.control.app().now().unix_s())
}

/// Turns it on; secret and recovery codes.
async fn on(rig: &Rig, by: &str) -> (Vec<u8>, Vec<String>) {
    let secret = begin(rig, "/v1/me/second-factor", by, PASSWORD).await;
    let done = rig.post("/v1/me/second-factor/confirm", by, json!({ "code": code(rig, &secret) })).await.is(200).json;
    let codes = done["recovery_codes"].as_array().unwrap().iter().map(|one| one.as_str().unwrap().to_owned());
    (secret, codes.collect())
}

async fn sign_in(rig: &Rig, email: &str, code: &str) -> Answer {
    rig.post("/v1/sign-in", "", json!({ "email": email, "password": PASSWORD, "code": code })).await
}

async fn state(rig: &Rig, by: &str) -> Value {
    rig.get("/v1/me/second-factor", by).await.is(200).json
}

async fn a_second_factor_is_asked_for_once_it_is_on(rig: Rig) {
    let owner = token(&rig.sign_up("Aster").await);
    assert_eq!(state(&rig, &owner).await["state"], "off");
    rig.post("/v1/me/second-factor", &owner, json!({ "password": "not this one" })).await.is(422);
    rig.post("/v1/me/second-factor/confirm", &owner, json!({ "code": "000000" })).await.is(409);
    let secret = begin(&rig, "/v1/me/second-factor", &owner, PASSWORD).await;
    assert_eq!(state(&rig, &owner).await["state"], "begun");
    rig.sign_in(EMAIL, PASSWORD).await.is(200);
    rig.post("/v1/me/second-factor/confirm", &owner, json!({ "code": "nonsense" })).await.is(422);
    let first = code(&rig, &secret);
    rig.post("/v1/me/second-factor/confirm", &owner, json!({ "code": first })).await.is(200);
    assert_eq!(state(&rig, &owner).await["recovery_codes_left"], 10);
    assert_eq!(rig.sign_in(EMAIL, PASSWORD).await.is(401).code(), "second_factor_needed");
    assert_eq!(rig.sign_in(EMAIL, "not this one").await.is(401).code(), "wrong_password", "the password comes first");
    assert_eq!(sign_in(&rig, EMAIL, &first).await.is(401).code(), "wrong_code", "used to confirm");
    let next = code(&rig, &secret);
    sign_in(&rig, EMAIL, &format!("{} {}", &next[..3], &next[3..])).await.is(200);
    assert_eq!(sign_in(&rig, EMAIL, &next).await.is(401).code(), "wrong_code", "a code is good once");
    rig.post("/v1/me/second-factor", &owner, json!({ "password": PASSWORD })).await.is(409);
    let off = json!({ "password": PASSWORD, "code": "000000" });
    assert_eq!(rig.post("/v1/me/second-factor/off", &owner, off).await.is(422).json["errors"][0]["code"], "wrong_code");
    let off = json!({ "password": PASSWORD, "code": code(&rig, &secret) });
    rig.post("/v1/me/second-factor/off", &owner, off).await.is(204);
    rig.sign_in(EMAIL, PASSWORD).await.is(200);
    assert_eq!(state(&rig, &owner).await["state"], "off");
}

async fn a_recovery_code_is_good_once(rig: Rig) {
    let owner = token(&rig.sign_up("Aster").await);
    let (secret, codes) = on(&rig, &owner).await;
    assert_eq!(codes.len(), 10);
    let loose = codes[0].replace('-', "").to_uppercase();
    sign_in(&rig, EMAIL, &loose).await.is(200);
    assert_eq!(sign_in(&rig, EMAIL, &codes[0]).await.is(401).code(), "wrong_code");
    assert_eq!(state(&rig, &owner).await["recovery_codes_left"], 9);
    let ask = json!({ "code": code(&rig, &secret) });
    let renewed = rig.post("/v1/me/second-factor/recovery-codes", &owner, ask).await.is(200).json;
    sign_in(&rig, EMAIL, &codes[1]).await.is(401);
    sign_in(&rig, EMAIL, renewed["recovery_codes"][0].as_str().unwrap()).await.is(200);
}

async fn guessing_codes_closes_the_door(rig: Rig) {
    let owner = token(&rig.sign_up("Aster").await);
    let (secret, _) = on(&rig, &owner).await;
    for _ in 0..5 {
        assert_eq!(sign_in(&rig, EMAIL, "000000").await.is(401).code(), "wrong_code");
    }
    let closed = sign_in(&rig, EMAIL, &code(&rig, &secret)).await.is(429);
    assert!(closed.headers.contains_key("retry-after"), "{}", closed.text);
    rig.clock.pass_s(900);
    sign_in(&rig, EMAIL, &code(&rig, &secret)).await.is(200);
}

async fn codes_guessed_at_once_stand_in_line(rig: Rig) {
    let owner = token(&rig.sign_up("Aster").await);
    let (secret, _) = on(&rig, &owner).await;
    let tries = futures::future::join_all((0..8).map(|_| sign_in(&rig, EMAIL, "000000"))).await;
    let wrong = tries.iter().filter(|answer| answer.status == 401).count();
    let closed = tries.iter().filter(|answer| answer.status == 429).count();
    assert_eq!((wrong, closed), (5, 3), "five are tried, however they come");
    sign_in(&rig, EMAIL, &code(&rig, &secret)).await.is(429);
}

async fn a_company_may_require_it(rig: Rig) {
    let owner = token(&rig.sign_up("Aster").await);
    let ann = token(&rig.join(&owner, "ann@example.com", "agent").await);
    let required = json!({ "require_second_factor": true });
    let refused = rig.patch("/v1/company", &owner, required.clone()).await.is(409);
    assert_eq!(refused.code(), "second_factor_off", "nobody locks themselves out");
    on(&rig, &owner).await;
    assert_eq!(rig.patch("/v1/company", &owner, required).await.is(200).json["require_second_factor"], true);
    assert_eq!(rig.get("/v1/calls", &ann).await.is(403).code(), "second_factor_required");
    assert_eq!(rig.get("/v1/me", &ann).await.is(200).json["lacks_second_factor"], true, "their own affairs are open");
    on(&rig, &ann).await;
    rig.get("/v1/calls", &ann).await.is(200);
    assert_eq!(rig.get("/v1/me", &ann).await.is(200).json["lacks_second_factor"], false);
}

async fn operators_have_it_too(rig: Rig) {
    let operator = rig.operator().await;
    let path = "/v1/operator/second-factor";
    let secret = begin(&rig, path, &operator, &rig.operator_password).await;
    rig.post(&format!("{path}/confirm"), &operator, json!({ "code": code(&rig, &secret) })).await.is(200);
    let ask = |code: &str| json!({ "email": OPERATOR, "password": rig.operator_password, "code": code });
    let refused = rig.post("/v1/operator/sign-in", "", ask("")).await.is(401);
    assert_eq!(refused.code(), "second_factor_needed");
    rig.post("/v1/operator/sign-in", "", ask(&code(&rig, &secret))).await.is(200);
}

async fn link_of(rig: &Rig) -> String {
    let links = rig.get("/v1/operator/pending-links", &rig.operator().await).await.is(200).json;
    let found = links.as_array().unwrap().iter().find(|one| one["kind"] == "password_reset");
    found.unwrap()["link"].as_str().unwrap().split("token=").nth(1).unwrap().to_owned()
}

async fn a_lost_second_factor_is_turned_off_by_who_may(rig: Rig) {
    let owner = token(&rig.sign_up("Aster").await);
    let ann = rig.join(&owner, "ann@example.com", "agent").await;
    let path = |session: &Answer| {
        format!("/v1/members/{}/second-factor/reset", session.json["me"]["member"].as_str().unwrap())
    };
    let reset = async |by: &str, path: &str| rig.send("POST", path, by, None, &[]).await;
    assert_eq!(reset(&owner, &path(&ann)).await.is(409).code(), "factor_is_off");
    let ann_token = token(&ann);
    on(&rig, &ann_token).await;
    assert_eq!(rig.sign_in("ann@example.com", PASSWORD).await.is(401).code(), "second_factor_needed");
    let supervisor = token(&rig.join(&owner, "sue@example.com", "supervisor").await);
    reset(&supervisor, &path(&ann)).await.is(403);
    let scopes = json!({ "name": "One", "scopes": ["members:write", "members:read"] });
    let key = rig.post("/v1/api-keys", &owner, scopes).await.is(201).json["secret"].as_str().unwrap().to_owned();
    assert_eq!(reset(&key, &path(&ann)).await.is(403).code(), "person_required");
    let admin = rig.join(&owner, "abe@example.com", "admin").await;
    let own = rig.get("/v1/me", &owner).await.is(200);
    let of_owner = format!("/v1/members/{}/second-factor/reset", own.json["member"].as_str().unwrap());
    assert_eq!(reset(&owner, &of_owner).await.is(409).code(), "own_second_factor");
    on(&rig, &owner).await;
    assert_eq!(reset(&token(&admin), &of_owner).await.is(403).code(), "forbidden", "owners are the mightier");
    reset(&token(&admin), &path(&ann)).await.is(204);
    rig.get("/v1/me", &ann_token).await.is(401);
    let back = token(&rig.sign_in("ann@example.com", PASSWORD).await.is(200));
    assert_eq!(state(&rig, &back).await["state"], "off");
    let line = rig.get("/v1/audit?limit=5", &owner).await.is(200).json["items"][1].clone();
    assert_eq!(line["action"], "member.second_factor_reset", "{line}");
    // What guards another company is not this one's to take away.
    let (_, codes) = on(&rig, &back).await;
    let other = token(&rig.sign_up("Borage").await);
    let made = rig.post("/v1/invitations", &other, json!({ "email": "ann@example.com", "role": "agent" })).await;
    let link = made.is(201).json["link"].as_str().unwrap().split("token=").nth(1).unwrap().to_owned();
    let accept = format!("/v1/invitations/by-token/accept?token={link}");
    rig.post(&accept, "", json!({ "name": "Ann", "password": PASSWORD, "code": codes[0] })).await.is(200);
    assert_eq!(reset(&token(&admin), &path(&ann)).await.is(409).code(), "second_factor_elsewhere");
}

async fn a_forgotten_password_is_set_by_a_link(rig: Rig) {
    let owner = token(&rig.sign_up("Aster").await);
    let ask = |email: &str| json!({ "email": email });
    let known = rig.post("/v1/password-reset", "", ask("OWNER@aster.example.com")).await.is(202);
    let strange = rig.post("/v1/password-reset", "", ask("nobody@example.com")).await.is(202);
    assert_eq!(known.text, strange.text, "nobody learns who has an account");
    let old = link_of(&rig).await;
    rig.post("/v1/password-reset", "", ask(EMAIL)).await.is(202);
    let link = link_of(&rig).await;
    let confirm = |token: &str, password: &str| json!({ "token": token, "password": password });
    let path = "/v1/password-reset/confirm";
    rig.post(path, "", confirm(&old, "another long password")).await.is(410);
    rig.post(path, "", confirm(&link, "short")).await.is(422);
    rig.post(path, "", confirm(&link, "another long password")).await.is(204);
    rig.post(path, "", confirm(&link, "a third long password")).await.is(410);
    rig.get("/v1/me", &owner).await.is(401);
    rig.sign_in(EMAIL, PASSWORD).await.is(401);
    rig.sign_in(EMAIL, "another long password").await.is(200);
    rig.post("/v1/password-reset", "", ask(EMAIL)).await.is(202);
    let late = link_of(&rig).await;
    rig.clock.pass_s(3_601);
    rig.post(path, "", confirm(&late, "a third long password")).await.is(410);
}

async fn sessions_are_listed_and_ended(rig: Rig) {
    let owner = token(&rig.sign_up("Aster").await);
    let other = token(&rig.sign_in(EMAIL, PASSWORD).await.is(200));
    let stranger = token(&rig.sign_up("Borage").await);
    let list = rig.get("/v1/me/sessions", &owner).await.is(200).json;
    let list = list.as_array().unwrap();
    assert_eq!((list.len(), list.iter().filter(|one| one["current"] == true).count()), (2, 1));
    assert_eq!(list[0]["company"], "Aster");
    let id = list.iter().find(|one| one["current"] == false).unwrap()["id"].as_str().unwrap();
    let path = format!("/v1/me/sessions/{id}");
    rig.delete(&path, &stranger).await.is(404);
    rig.delete(&path, &owner).await.is(204);
    rig.get("/v1/me", &other).await.is(401);
    rig.delete(&path, &owner).await.is(404);
    let third = token(&rig.sign_in(EMAIL, PASSWORD).await.is(200));
    rig.send("POST", "/v1/me/sessions/end-others", &owner, None, &[]).await.is(204);
    rig.get("/v1/me", &third).await.is(401);
    rig.get("/v1/me", &owner).await.is(200);
    rig.get("/v1/me", &stranger).await.is(200);
}

async fn who_is_locked_out_is_out_everywhere(rig: Rig) {
    let owner = token(&rig.sign_up("Aster").await);
    let session = rig.join(&owner, "ann@example.com", "agent").await;
    let (ann, member) = (token(&session), session.json["me"]["member"].as_str().unwrap().to_owned());
    let seat = rig.post("/v1/seats", &owner, json!({ "member": member })).await.is(201).id();
    let made = rig.post(&format!("/v1/seats/{seat}/tokens"), &owner, json!({})).await.is(201).json;
    let phone = made["secret"].as_str().unwrap();
    rig.get("/v1/softphone", phone).await.is(200);
    let path = format!("/v1/members/{member}");
    let ticket = rig.send("POST", "/v1/softphone/ticket", &ann, None, &[]).await.is(201).json;
    let username = ticket["username"].as_str().unwrap().to_owned();
    rig.send("POST", &format!("{path}/sign-out"), &owner, None, &[]).await.is(204);
    rig.get("/v1/me", &ann).await.is(401);
    assert_eq!(*rig.switch.forgotten.lock().unwrap(), [username], "the telephone in the page hangs up");
    let again = token(&rig.sign_in("ann@example.com", PASSWORD).await.is(200));
    let lock = json!({ "state": "suspended", "free_seat": true });
    rig.patch(&path, &owner, lock).await.is(200);
    rig.get("/v1/me", &again).await.is(401);
    rig.get("/v1/softphone", phone).await.is(401);
    assert_eq!(rig.get(&format!("/v1/seats/{seat}"), &owner).await.json["member"], json!(null), "free for another");
    rig.patch(&path, &owner, json!({ "state": "active" })).await.is(200);
    rig.get("/v1/me", &again).await.is(401);
    rig.sign_in("ann@example.com", PASSWORD).await.is(200);
}

async fn who_is_removed_hands_over(rig: Rig) {
    let owner = token(&rig.sign_up("Aster").await);
    let leaving = rig.join(&owner, "ada@example.com", "admin").await;
    let ada = leaving.json["me"]["member"].as_str().unwrap().to_owned();
    let heir = rig.join(&owner, "bob@example.com", "supervisor").await;
    let bob = heir.json["me"]["member"].as_str().unwrap().to_owned();
    let seat = rig.post("/v1/seats", &owner, json!({ "member": ada })).await.is(201).id();
    let key = json!({ "name": "Sync", "scopes": ["seats:read", "seats:write"] });
    let made = rig.post("/v1/api-keys", &token(&leaving), key).await.is(201).json;
    let (secret, id) = (made["secret"].as_str().unwrap(), made["key"]["id"].as_str().unwrap());
    rig.post("/v1/teams", &owner, json!({ "name": "Morning", "members": [ada] })).await.is(201);
    let token_of_seat = rig.post(&format!("/v1/seats/{seat}/tokens"), &owner, json!({})).await.is(201).json;
    let browser = token_of_seat["secret"].as_str().unwrap();
    rig.get("/v1/softphone", browser).await.is(200);
    let myself = json!({ "email": "ada.again@example.com", "role": "admin" });
    let invited = rig.post("/v1/invitations", &token(&leaving), myself).await.is(201).json;
    let shown = rig.get("/v1/invitations", &owner).await.is(200).json;
    assert_eq!((&shown[0]["id"], &shown[0]["link"]), (&invited["id"], &json!(null)), "the link is the inviter's alone");
    assert!(invited["link"].is_string());
    let path = format!("/v1/members/{ada}");
    let left = rig.get(&format!("{path}/belongings"), &owner).await.is(200).json;
    let seen = (left["seat"]["id"].as_str(), &left["api_keys"], &left["teams"]);
    assert_eq!(seen, (Some(seat.as_str()), &json!(1), &json!(1)));
    for nobody in [&ada, "mem_00000000000000000000000000", "bob"] {
        rig.delete(&format!("{path}?heir={nobody}"), &owner).await.is(422);
    }
    rig.delete(&format!("{path}?heir={bob}"), &owner).await.is(204);
    let got = rig.get(&format!("/v1/seats/{seat}"), &owner).await.is(200).json;
    assert_eq!((got["member"].as_str(), &got["devices"]), (Some(bob.as_str()), &json!([])));
    let key = rig.get(&format!("/v1/api-keys/{id}"), &owner).await.is(200).json;
    assert_eq!((&key["state"], &key["scopes"]), (&json!("active"), &json!(["seats:read"])), "as far as the heir may");
    rig.get("/v1/seats", secret).await.is(200);
    rig.post("/v1/seats", secret, json!({})).await.is(403);
    rig.get("/v1/me", &token(&leaving)).await.is(401);
    rig.get("/v1/softphone", browser).await.is(401);
    assert_eq!(rig.get("/v1/invitations", &owner).await.is(200).json, json!([]), "no way back for themselves");
}

async fn a_key_that_slept_does_not_wake_up_stronger(rig: Rig) {
    let owner = token(&rig.sign_up("Aster").await);
    let leaving = rig.join(&owner, "eve@example.com", "admin").await;
    let eve = format!("/v1/members/{}", leaving.json["me"]["member"].as_str().unwrap());
    let heir = rig.join(&owner, "bob@example.com", "admin").await;
    let bob = heir.json["me"]["member"].as_str().unwrap().to_owned();
    let key = json!({ "name": "Sync", "scopes": ["calls:read", "members:write", "seats:write"] });
    let made = rig.post("/v1/api-keys", &token(&leaving), key).await.is(201).json;
    let secret = made["secret"].as_str().unwrap();
    rig.patch(&eve, &owner, json!({ "role": "agent" })).await.is(200);
    rig.delete(&format!("{eve}?heir={bob}"), &owner).await.is(204);
    // An agent saw less than the heir sees: the key stops.
    rig.get("/v1/calls", secret).await.is(401);
}
