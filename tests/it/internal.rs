//! Extensions belong to their company: two companies have the same ones and never meet.

use std::time::Duration;

use patchbay_testkit::Phone;
use patchbay_tests::{
    Api, Server, Store,
    story::{both_hear, device, eventually, registered, sign_up},
};
use serde_json::json;

/// A company with extensions 101 and 102, a phone on each.
async fn two_extensions(server: &Server, name: &str) -> (Api, Phone, Phone) {
    let (owner, _) = sign_up(server, name).await;
    let mut phones = Vec::new();
    for extension in ["101", "102"] {
        let seat =
            owner.post("/v1/seats", json!({"extension": extension, "label": format!("{name} {extension}")})).await;
        let account = device(&owner, seat["id"].as_str().unwrap()).await;
        phones.push(registered(server, &account).await);
    }
    let second = phones.pop().unwrap();
    (owner, phones.pop().unwrap(), second)
}

#[tokio::test]
async fn the_same_extension_of_two_companies_never_meets() {
    let server = Server::start(Store::Sqlite, false).await;
    let (acme, acme_101, mut acme_102) = two_extensions(&server, "Acme").await;
    let (globex, globex_101, mut globex_102) = two_extensions(&server, "Globex").await;
    let mut ours = acme_101.dial("102").await;
    let theirs = acme_102.incoming().await;
    assert_eq!(theirs.caller().as_deref(), Some("101"));
    assert!(globex_102.incoming_within(Duration::from_millis(500)).await.is_none(), "the other company's phone rang");
    theirs.answer().await;
    assert_eq!(ours.answered().await, Ok(()));
    both_hear(&ours, &theirs).await;

    let mut other = globex_101.dial("102").await;
    let rung = globex_102.incoming().await;
    assert_eq!(rung.caller_name().as_deref(), Some("Globex 101"));
    rung.answer().await;
    assert_eq!(other.answered().await, Ok(()));
    ours.hang_up();
    other.hang_up();

    for owner in [&acme, &globex] {
        eventually("one record each", async || owner.get("/v1/calls").await["items"][0]["ended_at"].is_string()).await;
        let calls = owner.get("/v1/calls").await;
        assert_eq!(calls["items"].as_array().unwrap().len(), 1, "{calls}");
        assert_eq!(calls["items"][0]["direction"], "internal");
    }
    let mine = acme.get("/v1/calls").await["items"][0]["id"].as_str().unwrap().to_owned();
    let (status, _) = globex.call(reqwest::Method::GET, &format!("/v1/calls/{mine}"), None).await;
    assert_eq!(status, 404, "a foreign call does not exist");
}

#[tokio::test]
async fn a_phone_hears_itself_in_the_echo_and_a_wrong_number_is_refused() {
    let server = Server::start(Store::Sqlite, false).await;
    let (_, phone, _other) = two_extensions(&server, "Acme").await;
    let mut call = phone.dial("*43").await;
    assert_eq!(call.answered().await, Ok(()));
    call.say(patchbay_testkit::Saying::Tone(700)).await;
    call.hears(700).await.expect("our own tone comes back");
    call.hang_up();
    let mut call = phone.dial("199").await;
    assert_eq!(call.answered().await, Err(404));
}
