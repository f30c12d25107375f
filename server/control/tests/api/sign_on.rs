//! Single sign-on against a provider that really signs: who comes in, who does not, and how far what it says reaches.

use axum::{
    body::Body,
    http::{Request, header},
};
use patchbay_control::kit::app::App;
use serde_json::{Value, json};
use tower::ServiceExt;

use crate::{
    provider::{CLIENT, Provider, SECRET, Twist},
    rig::{Answer, PASSWORD, Rig, token},
};

on_both!(
    a_member_comes_in_by_their_provider,
    strangers_join_where_the_company_says_so,
    what_is_not_rightly_signed_opens_nothing,
    addresses_that_nobody_checked_open_nothing,
    a_browser_comes_back_once_and_as_itself,
    where_it_is_enforced_owners_alone_have_a_password,
    what_a_provider_says_ends_at_its_company,
    only_owners_set_it_up,
    an_issuer_is_checked_before_it_is_trusted,
    taking_it_away_ends_what_it_opened,
);

const SETTINGS: &str = "/v1/company/single-sign-on";
const START: &str = "/v1/sign-in/single-sign-on";
const DOMAIN: &str = "aster.example.com";

fn wish(provider: &Provider, more: Value) -> Value {
    let mut all =
        json!({ "issuer": provider.issuer(), "client_id": CLIENT, "client_secret": SECRET, "domains": [DOMAIN] });
    for (name, value) in more.as_object().unwrap() {
        all[name] = value.clone();
    }
    all
}

async fn put(rig: &Rig, by: &str, body: Value) -> Answer {
    rig.send("PUT", SETTINGS, by, Some(body), &[]).await
}

/// An owner whose address was checked, and the company's short name.
async fn company(rig: &Rig, name: &str) -> (String, String) {
    let session = rig.sign_up(name).await;
    let link = session.json["email_link"].as_str().unwrap().split("token=").nth(1).unwrap().to_owned();
    rig.post("/v1/email-check", "", json!({ "token": link })).await.is(204);
    (token(&session), session.json["me"]["company"]["realm"].as_str().unwrap().to_owned())
}

fn person(sub: &str, email: &str) -> Value {
    json!({ "sub": sub, "email": email, "email_verified": true, "name": "Ann Aster" })
}

/// The way to the provider: its address and the cookie.
async fn leave(rig: &Rig, realm: &str, more: Value) -> (String, String) {
    let mut ask = json!({ "realm": realm });
    for (name, value) in more.as_object().unwrap() {
        ask[name] = value.clone();
    }
    let gone = rig.send("POST", START, "", Some(ask), &[("x-patchbay", "1")]).await.is(200);
    let line = gone.headers[header::SET_COOKIE].to_str().unwrap();
    assert!(line.contains("HttpOnly; SameSite=Lax; Secure") && line.contains(&format!("Path={START};")), "{line}");
    (gone.json["address"].as_str().unwrap().to_owned(), gone.cookie())
}

async fn back(rig: &Rig, cookie: &str, query: &str) -> Answer {
    let answer = rig.send("GET", &format!("{START}/callback?{query}"), "", None, &[("cookie", cookie)]).await;
    answer.is(303)
}

/// The whole way: the answer that sends the browser to a page.
async fn come(rig: &Rig, provider: &Provider, realm: &str, who: Value) -> Answer {
    let (address, cookie) = leave(rig, realm, json!({})).await;
    let (code, state) = provider.sign_in(&address, now(rig.control.app()), who);
    back(rig, &cookie, &format!("code={code}&state={state}")).await
}

fn now(app: &App) -> i64 {
    app.now().unix_s()
}

fn to(answer: &Answer) -> &str {
    answer.headers[header::LOCATION].to_str().unwrap().strip_prefix("https://calls.example.com").unwrap()
}

/// Why the browser was sent back to the sign-in; no session was opened.
fn why(answer: &Answer) -> String {
    let set: Vec<&str> = answer.headers.get_all(header::SET_COOKIE).iter().map(|line| line.to_str().unwrap()).collect();
    assert!(set.iter().all(|line| line.starts_with("patchbay_sso=;")), "{set:?}");
    let to = to(answer).strip_prefix("/sign-in?problem=").unwrap_or_else(|| panic!("{}", to(answer)));
    to.split('&').next().unwrap().to_owned()
}

async fn refresh(rig: &Rig, cookie: &str) -> Answer {
    rig.send("POST", "/v1/session/refresh", "", None, &[("cookie", cookie), ("x-patchbay", "1")]).await
}

/// The session that was opened.
async fn session(rig: &Rig, came: &Answer) -> Answer {
    assert!(!to(came).starts_with("/sign-in"), "{}", to(came));
    refresh(rig, &came.cookie()).await.is(200)
}

async fn a_member_comes_in_by_their_provider(rig: Rig) {
    let provider = Provider::new().await;
    let (owner, realm) = company(&rig, "Aster").await;
    assert_eq!(rig.get(SETTINGS, &owner).await.is(200).json["on"], false);
    let set = put(&rig, &owner, wish(&provider, json!({}))).await.is(200);
    assert!(!set.text.contains("s3cret"), "{}", set.text);
    assert_eq!(rig.get(SETTINGS, &owner).await.is(200).text, set.text);
    let ann = rig.join(&owner, "ann@aster.example.com", "supervisor").await;
    let found = rig.post("/v1/sign-in/companies", "", json!({ "who": " Ann@Aster.Example.com" })).await.is(200);
    assert_eq!(found.json, json!([{ "company": "Aster", "realm": realm }]));
    let named = rig.post("/v1/sign-in/companies", "", json!({ "who": realm })).await.is(200);
    assert_eq!(named.json, found.json);
    let none = rig.post("/v1/sign-in/companies", "", json!({ "who": "ann@elsewhere.example.com" })).await.is(200);
    assert_eq!(none.json, json!([]));
    let more = json!({ "email": "ann@aster.example.com", "return_to": "/calls?state=live" });
    let (address, cookie) = leave(&rig, &realm, more).await;
    assert!(address.contains("login_hint=ann%40aster.example.com"), "{address}");
    let who = person("sub-ann", "Ann@aster.example.com");
    let (code, state) = provider.sign_in(&address, now(rig.control.app()), who);
    let came = back(&rig, &cookie, &format!("code={code}&state={state}&iss={}", provider.issuer())).await;
    assert_eq!(to(&came), "/calls?state=live");
    let signed_in = session(&rig, &came).await;
    assert_eq!(signed_in.json["me"]["member"], ann.json["me"]["member"]);
    assert_eq!(signed_in.json["me"]["role"], "supervisor");
    rig.get("/v1/members", &token(&signed_in)).await.is(200);
    // The subject is known now, whatever address it has.
    for (twist, who) in [
        (Twist::Curve, json!({ "sub": "sub-ann", "email": "married@aster.example.com", "email_verified": false })),
        (Twist::Nothing, json!({ "sub": "sub-ann" })),
    ] {
        provider.twist(twist);
        let again = session(&rig, &come(&rig, &provider, &realm, who).await).await;
        assert_eq!(again.json["me"]["member"], ann.json["me"]["member"], "{twist:?}");
    }
    provider.twist(Twist::Nothing);
    let other = come(&rig, &provider, &realm, person("sub-other", "ann@aster.example.com")).await;
    assert_eq!(why(&other), "sso_linked_elsewhere", "a reused address is not the person");
    let lines = rig.get("/v1/audit?limit=50", &owner).await.is(200).text;
    assert!(lines.contains("session.opened") && !lines.contains("s3cret"), "{lines}");
    let member = format!("/v1/members/{}", ann.json["me"]["member"].as_str().unwrap());
    rig.patch(&member, &owner, json!({ "state": "suspended" })).await.is(200);
    assert_eq!(why(&come(&rig, &provider, &realm, json!({ "sub": "sub-ann" })).await), "sso_suspended");
    rig.get("/v1/me", &token(&signed_in)).await.is(401);
}

async fn strangers_join_where_the_company_says_so(rig: Rig) {
    let provider = Provider::new().await;
    let (owner, realm) = company(&rig, "Aster").await;
    put(&rig, &owner, wish(&provider, json!({}))).await.is(200);
    let bea = || person("sub-bea", "bea@aster.example.com");
    assert_eq!(why(&come(&rig, &provider, &realm, bea()).await), "sso_not_member");
    let ask = json!({ "email": "cy@aster.example.com", "role": "supervisor" });
    rig.post("/v1/invitations", &owner, ask).await.is(201);
    let cy = session(&rig, &come(&rig, &provider, &realm, person("sub-cy", "cy@aster.example.com")).await).await;
    assert_eq!((&cy.json["me"]["role"], &cy.json["me"]["user"]["name"]), (&json!("supervisor"), &json!("Ann Aster")));
    assert_eq!(rig.get("/v1/invitations", &owner).await.is(200).json, json!([]), "the invitation is used up");
    put(&rig, &owner, wish(&provider, json!({ "auto_join": true, "auto_role": "agent", "client_secret": null })))
        .await
        .is(200);
    let joined = session(&rig, &come(&rig, &provider, &realm, bea()).await).await;
    assert_eq!(joined.json["me"]["role"], "agent");
    assert_eq!(joined.json["me"]["user"]["email_verified"], false, "it is the provider's word");
    let again = session(&rig, &come(&rig, &provider, &realm, bea()).await).await;
    assert_eq!(again.json["me"]["member"], joined.json["me"]["member"]);
    assert_eq!(rig.sign_in("bea@aster.example.com", "none").await.is(401).code(), "wrong_password");
    let events = rig.get("/v1/events?limit=50", &owner).await.is(200).text;
    assert_eq!(events.matches("member.joined").count(), 2, "{events}");
    let outside = person("sub-x", "x@elsewhere.example.com");
    assert_eq!(why(&come(&rig, &provider, &realm, outside).await), "sso_domain");
}

async fn what_is_not_rightly_signed_opens_nothing(rig: Rig) {
    let provider = Provider::new().await;
    let (owner, realm) = company(&rig, "Aster").await;
    put(&rig, &owner, wish(&provider, json!({ "auto_join": true }))).await.is(200);
    for twist in [
        Twist::WrongNonce,
        Twist::NoNonce,
        Twist::WrongAudience,
        Twist::TwoAudiences,
        Twist::Expired,
        Twist::None,
        Twist::Shared,
        Twist::ForeignIssuer,
        Twist::Stranger,
        Twist::ChangedBody,
        Twist::NoIdToken,
        Twist::ThinOfAnother,
    ] {
        provider.twist(twist);
        let came = come(&rig, &provider, &realm, person("sub-ann", "ann@aster.example.com")).await;
        assert_eq!(why(&came), "sso_token", "{twist:?}");
    }
    provider.twist(Twist::Nothing);
    let (address, cookie) = leave(&rig, &realm, json!({})).await;
    let (_, state) = provider.sign_in(&address, now(rig.control.app()), person("sub-ann", "ann@aster.example.com"));
    let made_up = back(&rig, &cookie, &format!("code=made-up&state={state}")).await;
    assert_eq!(why(&made_up), "sso_denied");
    let (_, cookie) = leave(&rig, &realm, json!({})).await;
    assert_eq!(why(&back(&rig, &cookie, "code=x").await), "sso_attempt_over", "no state");
    let members = rig.get("/v1/members", &owner).await.is(200).json;
    assert_eq!(members.as_array().unwrap().len(), 1, "nobody came in");
    session(&rig, &come(&rig, &provider, &realm, person("sub-ann", "ann@aster.example.com")).await).await;
    provider.twist(Twist::Thin);
    session(&rig, &come(&rig, &provider, &realm, person("sub-ben", "ben@aster.example.com")).await).await;
}

async fn addresses_that_nobody_checked_open_nothing(rig: Rig) {
    let provider = Provider::new().await;
    let (owner, realm) = company(&rig, "Aster").await;
    put(&rig, &owner, wish(&provider, json!({ "auto_join": true }))).await.is(200);
    provider.twist(Twist::Unverified);
    let as_owner = person("sub-ann", "owner@aster.example.com");
    assert_eq!(why(&come(&rig, &provider, &realm, as_owner).await), "sso_unverified");
    provider.twist(Twist::Nothing);
    let silent = json!({ "sub": "sub-ann", "email": "owner@aster.example.com" });
    assert_eq!(why(&come(&rig, &provider, &realm, silent).await), "sso_unverified");
    assert_eq!(why(&come(&rig, &provider, &realm, json!({ "sub": "sub-ann" })).await), "sso_unverified");
}

async fn a_browser_comes_back_once_and_as_itself(rig: Rig) {
    let provider = Provider::new().await;
    let (owner, realm) = company(&rig, "Aster").await;
    put(&rig, &owner, wish(&provider, json!({ "auto_join": true }))).await.is(200);
    let ann = || person("sub-ann", "ann@aster.example.com");
    let app = rig.control.app();
    let (address, cookie) = leave(&rig, &realm, json!({})).await;
    let (code, state) = provider.sign_in(&address, now(app), ann());
    let (_, other_cookie) = leave(&rig, &realm, json!({})).await;
    let query = format!("code={code}&state={state}");
    assert_eq!(why(&back(&rig, "", &query).await), "sso_attempt_over", "no cookie");
    assert_eq!(why(&back(&rig, &other_cookie, &query).await), "sso_attempt_over", "another browser's");
    session(&rig, &back(&rig, &cookie, &query).await).await;
    assert_eq!(why(&back(&rig, &cookie, &query).await), "sso_attempt_over", "once");
    let (address, cookie) = leave(&rig, &realm, json!({})).await;
    let (code, state) = provider.sign_in(&address, now(app), ann());
    rig.clock.pass_s(601);
    assert_eq!(why(&back(&rig, &cookie, &format!("code={code}&state={state}")).await), "sso_attempt_over", "late");
    let (address, cookie) = leave(&rig, &realm, json!({})).await;
    let (code, state) = provider.sign_in(&address, now(app), ann());
    let foreign = back(&rig, &cookie, &format!("code={code}&state={state}&iss=https://elsewhere.example")).await;
    assert_eq!(why(&foreign), "sso_attempt_over", "another provider's answer");
    let (address, cookie) = leave(&rig, &realm, json!({ "return_to": "//evil.example" })).await;
    let (_, state) = provider.sign_in(&address, now(app), ann());
    let denied = back(&rig, &cookie, &format!("error=access_denied&state={state}")).await;
    assert_eq!(to(&denied), format!("/sign-in?problem=sso_denied&company={realm}"));
    let (address, cookie) = leave(&rig, &realm, json!({ "return_to": "//evil.example" })).await;
    let (code, state) = provider.sign_in(&address, now(app), ann());
    assert_eq!(to(&back(&rig, &cookie, &format!("code={code}&state={state}")).await), "/");
    let page = json!({ "realm": realm });
    assert_eq!(rig.send("POST", START, "", Some(page), &[]).await.is(403).code(), "csrf");
    rig.send("POST", START, "", Some(json!({ "realm": "nobody" })), &[("x-patchbay", "1")]).await.is(404);
}

async fn where_it_is_enforced_owners_alone_have_a_password(rig: Rig) {
    let provider = Provider::new().await;
    let (owner, realm) = company(&rig, "Aster").await;
    let ann = rig.join(&owner, "ann@aster.example.com", "admin").await;
    let before = ann.cookie();
    let untested = put(&rig, &owner, wish(&provider, json!({ "enforced": true }))).await.is(409);
    assert_eq!(untested.code(), "sso_untested");
    put(&rig, &owner, wish(&provider, json!({}))).await.is(200);
    let came = come(&rig, &provider, &realm, person("sub-ann", "ann@aster.example.com")).await;
    let by_sso = token(&session(&rig, &came).await);
    put(&rig, &owner, wish(&provider, json!({ "enforced": true }))).await.is(200);
    rig.get("/v1/me", &token(&ann)).await.is(401);
    assert_eq!(refresh(&rig, &before).await.is(403).code(), "sso_required");
    assert_eq!(rig.sign_in("ann@aster.example.com", PASSWORD).await.is(403).code(), "sso_required");
    rig.get("/v1/members", &by_sso).await.is(200);
    let way_back = token(&rig.sign_in("owner@aster.example.com", PASSWORD).await.is(200));
    // Who is invited joins, and comes in by the provider.
    let ask = json!({ "email": "bo@aster.example.com", "role": "agent" });
    let link = rig.post("/v1/invitations", &way_back, ask).await.is(201).json["link"].as_str().unwrap().to_owned();
    let path = format!("/v1/invitations/by-token/accept?token={}", link.split("token=").nth(1).unwrap());
    let joins = rig.post(&path, "", json!({ "name": "Bo", "password": PASSWORD })).await.is(403);
    assert_eq!((joins.code(), joins.headers.contains_key(header::SET_COOKIE)), ("sso_required", false));
    session(&rig, &come(&rig, &provider, &realm, person("sub-bo", "bo@aster.example.com")).await).await;
    // Somebody of two companies still gets into the other one, and not from there into this one.
    let (other, _) = company(&rig, "Borage").await;
    let made = rig.post("/v1/invitations", &other, json!({ "email": "ann@aster.example.com", "role": "agent" })).await;
    let link = made.is(201).json["link"].as_str().unwrap().split("token=").nth(1).unwrap().to_owned();
    let path = format!("/v1/invitations/by-token/accept?token={link}");
    rig.post(&path, "", json!({ "name": "Ann", "password": PASSWORD })).await.is(200);
    let there = rig.sign_in("ann@aster.example.com", PASSWORD).await.is(200);
    assert_eq!(there.json["me"]["company"]["name"], "Borage");
    let aster = rig.get("/v1/company", &way_back).await.id();
    let switch = rig.post("/v1/session/switch", &token(&there), json!({ "tenant": aster })).await.is(403);
    assert_eq!(switch.code(), "sso_required");
    put(&rig, &way_back, wish(&provider, json!({}))).await.is(200);
    rig.post("/v1/session/switch", &token(&there), json!({ "tenant": aster })).await.is(200);
}

async fn what_a_provider_says_ends_at_its_company(rig: Rig) {
    let provider = Provider::new().await;
    let (owner, realm) = company(&rig, "Aster").await;
    let (other, _) = company(&rig, "Borage").await;
    put(&rig, &owner, wish(&provider, json!({ "auto_join": true }))).await.is(200);
    // Victoria works at Borage; Aster's provider says that somebody is her.
    rig.join(&other, "vic@aster.example.com", "admin").await;
    let vic = || person("sub-vic", "vic@aster.example.com");
    assert_eq!(why(&come(&rig, &provider, &realm, vic()).await), "sso_account_elsewhere");
    // The company that one belongs to for longest is the one that a password opens.
    rig.clock.pass_s(1);
    let made = rig.post("/v1/invitations", &owner, json!({ "email": "vic@aster.example.com", "role": "agent" })).await;
    assert_eq!(why(&come(&rig, &provider, &realm, vic()).await), "sso_account_elsewhere", "invited is not joined");
    let link = made.is(201).json["link"].as_str().unwrap().split("token=").nth(1).unwrap().to_owned();
    let path = format!("/v1/invitations/by-token/accept?token={link}");
    let own = rig.post(&path, "", json!({ "name": "Vic", "password": PASSWORD })).await.is(200);
    let came = session(&rig, &come(&rig, &provider, &realm, vic()).await).await;
    let by = token(&came);
    assert_eq!(came.json["me"]["memberships"].as_array().unwrap().len(), 1, "{}", came.text);
    assert!(!came.text.contains("Borage"), "{}", came.text);
    let borage = rig.get("/v1/company", &other).await.id();
    assert_eq!(rig.post("/v1/session/switch", &by, json!({ "tenant": borage })).await.is(403).code(), "sso_session");
    assert_eq!(rig.patch("/v1/me", &by, json!({ "name": "Mallory" })).await.is(403).code(), "sso_session");
    let sessions = rig.get("/v1/me/sessions", &by).await.is(200);
    assert!(!sessions.text.contains("Borage"), "{}", sessions.text);
    // Her own session at Borage outlives what happens here.
    rig.post("/v1/session/switch", &token(&own), json!({ "tenant": borage })).await.is(200);
    let there = rig.sign_in("vic@aster.example.com", PASSWORD).await.is(200);
    let there_id = rig.get("/v1/me/sessions", &token(&there)).await.is(200).json;
    let there_id = there_id.as_array().unwrap().iter().find(|one| one["current"] == true).unwrap()["id"].clone();
    let path = format!("/v1/me/sessions/{}", there_id.as_str().unwrap());
    assert_eq!(there.json["me"]["company"]["name"], "Borage");
    rig.delete(&path, &by).await.is(404);
    rig.send("POST", "/v1/me/sessions/end-others", &by, None, &[]).await.is(204);
    rig.get("/v1/me", &token(&there)).await.is(200);
}

async fn only_owners_set_it_up(rig: Rig) {
    let provider = Provider::new().await;
    let (owner, _) = company(&rig, "Aster").await;
    let admin = token(&rig.join(&owner, "ann@aster.example.com", "admin").await);
    for (method, body) in [("GET", None), ("PUT", Some(wish(&provider, json!({})))), ("DELETE", None)] {
        assert_eq!(rig.send(method, SETTINGS, &admin, body, &[]).await.is(403).code(), "forbidden", "{method}");
    }
    let role = json!({ "name": "Gate", "permissions": ["single_sign_on:write"], "scope": "all" });
    assert_eq!(rig.post("/v1/roles", &admin, role).await.is(422).json["errors"][0]["code"], "not_yours");
    let key = json!({ "name": "One", "scopes": ["single_sign_on:write"] });
    assert_eq!(rig.post("/v1/api-keys", &owner, key).await.is(422).json["errors"][0]["code"], "people_only");
    let fault = |answer: Answer| {
        let first = answer.is(422).json["errors"][0].clone();
        (first["field"].as_str().unwrap().to_owned(), first["code"].as_str().unwrap().to_owned())
    };
    for (more, field, code) in [
        (json!({ "domains": ["elsewhere.example.com"] }), "domains", "domain_unproven"),
        (json!({ "domains": ["gmail.com"] }), "domains", "open_to_all"),
        (json!({ "domains": [] }), "domains", "required"),
        (json!({ "domains": ["not a domain"] }), "domains", "invalid"),
        (json!({ "auto_role": "owner" }), "auto_role", "invalid"),
        (json!({ "client_id": " " }), "client_id", "required"),
        (json!({ "client_secret": null }), "client_secret", "required"),
        (json!({ "issuer": "ftp://login.example.com" }), "issuer", "scheme"),
    ] {
        assert_eq!(fault(put(&rig, &owner, wish(&provider, more)).await), (field.into(), code.into()));
    }
    assert_eq!(rig.get(SETTINGS, &owner).await.is(200).json["on"], false);
    let (unchecked, _) = (token(&rig.sign_up("Clover").await), ());
    let mine = wish(&provider, json!({ "domains": ["clover.example.com"] }));
    assert_eq!(fault(put(&rig, &unchecked, mine).await).1, "domain_unproven", "an address that nobody checked");
}

async fn an_issuer_is_checked_before_it_is_trusted(rig: Rig) {
    let provider = Provider::new().await;
    let (owner, _) = company(&rig, "Aster").await;
    for twist in [Twist::Huge, Twist::Elsewhere] {
        provider.twist(twist);
        let refused = put(&rig, &owner, wish(&provider, json!({}))).await.is(422);
        assert_eq!(refused.json["errors"][0]["code"], "sso_unreachable", "{twist:?}: {}", refused.text);
    }
    provider.twist(Twist::Nothing);
    for issuer in
        ["http://127.0.0.1:9".to_owned(), format!("{}/", provider.issuer()), format!("{}/x", provider.issuer())]
    {
        let refused = put(&rig, &owner, wish(&provider, json!({ "issuer": issuer }))).await.is(422);
        assert_eq!(refused.json["errors"][0]["code"], "sso_unreachable", "{issuer}: {}", refused.text);
    }
    // Where companies are strangers to the machine, nothing inside is asked.
    let strict = rig.strict().await;
    for (issuer, code) in [
        (provider.issuer(), "scheme"),
        ("https://127.0.0.1".into(), "private"),
        ("https://169.254.169.254/latest".into(), "private"),
        ("https://login.localhost".into(), "private"),
    ] {
        let body = wish(&provider, json!({ "issuer": issuer })).to_string();
        let request = Request::put(SETTINGS).header(header::CONTENT_TYPE, "application/json");
        let request = request.header(header::AUTHORIZATION, format!("Bearer {owner}")).body(Body::from(body)).unwrap();
        let answer = strict.router().oneshot(request).await.unwrap();
        assert_eq!(answer.status(), 422, "{issuer}");
        let bytes = axum::body::to_bytes(answer.into_body(), 1 << 20).await.unwrap();
        let answer: Value = serde_json::from_slice(&bytes).unwrap();
        assert_eq!(answer["errors"][0]["code"], code, "{issuer}: {answer}");
    }
}

async fn taking_it_away_ends_what_it_opened(rig: Rig) {
    let provider = Provider::new().await;
    let (owner, realm) = company(&rig, "Aster").await;
    rig.send("DELETE", SETTINGS, &owner, None, &[]).await.is(404);
    put(&rig, &owner, wish(&provider, json!({ "auto_join": true }))).await.is(200);
    let (address, cookie) = leave(&rig, &realm, json!({})).await;
    let came = session(&rig, &come(&rig, &provider, &realm, person("sub-ann", "ann@aster.example.com")).await).await;
    let other = Provider::new().await;
    put(&rig, &owner, wish(&other, json!({ "auto_join": true }))).await.is(200);
    rig.get("/v1/me", &token(&came)).await.is(401);
    let came = session(&rig, &come(&rig, &other, &realm, person("sub-else", "ann@aster.example.com")).await).await;
    assert_eq!(came.json["me"]["user"]["email"], "ann@aster.example.com", "found by her address");
    rig.send("DELETE", SETTINGS, &owner, None, &[]).await.is(204);
    rig.get("/v1/me", &token(&came)).await.is(401);
    let (code, state) = provider.sign_in(&address, now(rig.control.app()), person("sub-ann", "ann@aster.example.com"));
    assert_eq!(why(&back(&rig, &cookie, &format!("code={code}&state={state}")).await), "sso_attempt_over");
    assert_eq!(rig.post("/v1/sign-in/companies", "", json!({ "who": realm })).await.is(200).json, json!([]));
}
