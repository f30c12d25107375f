//! Signing up, in and out; what a stolen token is worth.

use patchbay_control::{LimitSettings, operator::FirstPassword};
use serde_json::json;

use crate::rig::{OPERATOR, PASSWORD, Rig, token};

on_both!(
    signing_up_opens_a_company,
    an_address_is_checked_once,
    wrong_and_unknown_look_the_same,
    a_session_is_refreshed_by_its_cookie_alone,
    a_stolen_refresh_token_ends_the_family,
    two_tabs_are_forgiven,
    access_ends_with_the_session_and_with_time,
    a_new_password_ends_other_sessions,
    operators_have_their_own_realm,
);

const OWNER: &str = "owner@aster.example.com";

async fn signing_up_opens_a_company(rig: Rig) {
    let made = rig.sign_up("Aster").await;
    let cookie = made.headers["set-cookie"].to_str().unwrap();
    for part in ["patchbay_session=", "HttpOnly", "SameSite=Strict", "Secure", "Path=/v1"] {
        assert!(cookie.contains(part), "{cookie}");
    }
    assert!(made.headers["content-security-policy"].to_str().unwrap().starts_with("default-src 'self'"));
    assert!(made.headers.contains_key("x-request-id"));
    let me = rig.get("/v1/me", &token(&made)).await.is(200).json;
    assert_eq!((me["role"].as_str(), me["user"]["email"].as_str()), (Some("owner"), Some(OWNER)));
    let again = json!({ "company": "X", "name": "Y", "email": "OWNER@Aster.example.com ", "password": PASSWORD });
    assert_eq!(rig.post("/v1/sign-up", "", again).await.is(409).code(), "email_taken");
    let bad = json!({ "company": "", "name": "Anna", "email": "nobody", "password": "short", "country": "XX" });
    let bad = rig.post("/v1/sign-up", "", bad).await.is(422);
    let fields: Vec<_> = bad.json["errors"].as_array().unwrap().iter().map(|e| e["field"].as_str().unwrap()).collect();
    assert_eq!(fields, ["company", "email", "password", "country"]);
    assert_eq!(bad.headers["content-type"], "application/problem+json");
}

async fn an_address_is_checked_once(rig: Rig) {
    let made = rig.sign_up("Aster").await;
    let operator = rig.operator().await;
    let pending = rig.get("/v1/operator/pending-links", &operator).await.is(200).json;
    let link = pending[0]["link"].as_str().unwrap();
    assert_eq!(Some(link), made.json["email_link"].as_str(), "a demonstration shows the link");
    let text = link.strip_prefix("https://calls.example.com/verify-email?token=").unwrap();
    rig.post("/v1/email-check", "", json!({ "token": "made up" })).await.is(410);
    rig.post("/v1/email-check", "", json!({ "token": text })).await.is(204);
    assert_eq!(rig.post("/v1/email-check", "", json!({ "token": text })).await.is(410).code(), "token_invalid");
    let me = rig.get("/v1/me", &token(&made)).await.json;
    assert_eq!(me["user"]["email_verified"], true);
    let steps = rig.get("/v1/onboarding", &token(&made)).await.is(200).json;
    assert_eq!(steps["steps"][0], json!({ "key": "verify_email", "done": true, "skipped": false }));
    let again = rig.send("POST", "/v1/email-check/resend", &token(&made), None, &[]).await.is(409);
    assert_eq!(again.code(), "already_verified");
}

async fn wrong_and_unknown_look_the_same(rig: Rig) {
    rig.sign_up("Aster").await;
    let wrong = rig.sign_in(OWNER, "not the password").await.is(401);
    let unknown = rig.sign_in("nobody@aster.example.com", "not the password").await.is(401);
    assert_eq!(wrong.text, unknown.text);
    assert_eq!(wrong.code(), "wrong_password");
    rig.sign_in("Owner@ASTER.example.com", PASSWORD).await.is(200);
}

async fn refresh(rig: &Rig, cookie: &str, agent: &str) -> crate::rig::Answer {
    let headers = [("cookie", cookie), ("x-patchbay", "1"), ("user-agent", agent)];
    rig.send("POST", "/v1/session/refresh", "", None, &headers).await
}

async fn signed_in(rig: &Rig, agent: &str) -> crate::rig::Answer {
    let body = json!({ "email": OWNER, "password": PASSWORD });
    rig.send("POST", "/v1/sign-in", "", Some(body), &[("user-agent", agent)]).await.is(200)
}

async fn a_session_is_refreshed_by_its_cookie_alone(rig: Rig) {
    rig.sign_up("Aster").await;
    let first = signed_in(&rig, "one").await.cookie();
    let bare = rig.send("POST", "/v1/session/refresh", "", None, &[("cookie", &first)]).await.is(403);
    assert_eq!(bare.code(), "csrf");
    rig.send("POST", "/v1/session/refresh", "", None, &[("x-patchbay", "1")]).await.is(401);
    let second = refresh(&rig, &first, "one").await.is(200);
    assert_ne!(second.cookie(), first);
    rig.get("/v1/me", &token(&second)).await.is(200);
    let operator = first.replace("patchbay_session", "patchbay_operator");
    let headers = [("cookie", operator.as_str()), ("x-patchbay", "1"), ("user-agent", "one")];
    rig.send("POST", "/v1/operator/session/refresh", "", None, &headers).await.is(401);
    rig.clock.pass_s(31 * 86_400);
    refresh(&rig, &second.cookie(), "one").await.is(401);
}

async fn a_stolen_refresh_token_ends_the_family(rig: Rig) {
    rig.sign_up("Aster").await;
    let first = signed_in(&rig, "one").await.cookie();
    let second = refresh(&rig, &first, "one").await.is(200);
    rig.clock.pass_s(11);
    assert_eq!(refresh(&rig, &first, "one").await.is(401).code(), "session_revoked");
    refresh(&rig, &second.cookie(), "one").await.is(401);
    rig.get("/v1/me", &token(&second)).await.is(401);
    let other = signed_in(&rig, "one").await.cookie();
    refresh(&rig, &other, "one").await.is(200);
    assert_eq!(
        refresh(&rig, &other, "a thief").await.is(401).code(),
        "session_revoked",
        "another client is not forgiven"
    );
}

async fn two_tabs_are_forgiven(rig: Rig) {
    rig.sign_up("Aster").await;
    let first = signed_in(&rig, "one").await.cookie();
    let (left, right) = tokio::join!(refresh(&rig, &first, "one"), refresh(&rig, &first, "one"));
    refresh(&rig, &left.is(200).cookie(), "one").await.is(200);
    refresh(&rig, &right.is(200).cookie(), "one").await.is(200);
}

async fn access_ends_with_the_session_and_with_time(rig: Rig) {
    rig.sign_up("Aster").await;
    let session = signed_in(&rig, "one").await;
    rig.clock.pass_s(606);
    rig.get("/v1/me", &token(&session)).await.is(401);
    let session = refresh(&rig, &session.cookie(), "one").await.is(200);
    rig.get("/v1/me", &token(&session)).await.is(200);
    let cookie = session.cookie();
    let headers = [("cookie", cookie.as_str()), ("x-patchbay", "1")];
    let out = rig.send("POST", "/v1/sign-out", "", None, &headers).await.is(204);
    assert!(out.headers["set-cookie"].to_str().unwrap().contains("Max-Age=0"));
    rig.get("/v1/me", &token(&session)).await.is(401);
    refresh(&rig, &cookie, "one").await.is(401);
}

async fn a_new_password_ends_other_sessions(rig: Rig) {
    rig.sign_up("Aster").await;
    let (here, there) = (signed_in(&rig, "one").await, signed_in(&rig, "two").await);
    let wrong = json!({ "current": "not it, really", "new": "a wholly new password" });
    let wrong = rig.post("/v1/me/password", &token(&here), wrong).await.is(422);
    assert_eq!(wrong.code(), "wrong_current_password");
    let change = json!({ "current": PASSWORD, "new": "a wholly new password" });
    rig.post("/v1/me/password", &token(&here), change).await.is(204);
    rig.get("/v1/me", &token(&here)).await.is(200);
    rig.get("/v1/me", &token(&there)).await.is(401);
    rig.sign_in(OWNER, PASSWORD).await.is(401);
    rig.sign_in(OWNER, "a wholly new password").await.is(200);
}

async fn operators_have_their_own_realm(rig: Rig) {
    let operator = rig.operator().await;
    rig.get("/v1/operator/me", &operator).await.is(200);
    rig.get("/v1/me", &operator).await.is(401);
    rig.sign_in(OPERATOR, &rig.operator_password).await.is(401);
}

#[tokio::test]
async fn the_first_password_opens_only_its_own_change() {
    let file = patchbay_testkit::sqlite().await;
    let rig = Rig::with(&file.url(), LimitSettings::default(), FirstPassword::MustChange).await;
    let operator = rig.operator().await;
    assert_eq!(rig.get("/v1/operator/me", &operator).await.is(200).json["must_change_password"], true);
    assert_eq!(rig.get("/v1/operator/sites", &operator).await.is(403).code(), "password_change_required");
    let change = json!({ "current": rig.operator_password, "new": "a wholly new password" });
    rig.post("/v1/operator/password", &operator, change).await.is(204);
    rig.get("/v1/operator/sites", &operator).await.is(200);
}

#[tokio::test]
async fn guessing_is_slowed_down() {
    let file = patchbay_testkit::sqlite().await;
    let rig = Rig::with(&file.url(), LimitSettings::default(), FirstPassword::Keeps).await;
    let mut last = rig.sign_in("victim@example.com", "guess number one").await;
    for _ in 0..10 {
        last = rig.sign_in("victim@example.com", "guess number two").await;
    }
    assert_eq!(last.status, 429, "{}", last.text);
    assert!(last.headers.contains_key("retry-after"));
}
