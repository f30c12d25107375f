//! One company's own installation: its people are made by command or invited, and nobody signs up.

use patchbay_control::identity::first::{AddedUser, NewUser, NotAdded, add_owner};
use patchbay_kernel::SeededEntropy;
use serde_json::json;

use crate::rig::{PASSWORD, Rig, token};

#[tokio::test]
async fn a_private_installation_on_sqlite() {
    let file = patchbay_testkit::sqlite().await;
    the_first_person_comes_by_command(&Rig::private(&file.url()).await, true).await;
    let file = patchbay_testkit::sqlite().await;
    the_first_person_comes_by_command(&Rig::new(&file.url()).await, false).await;
}

#[tokio::test]
async fn a_private_installation_on_postgres() {
    let Some(cluster) = patchbay_testkit::postgres() else { return };
    the_first_person_comes_by_command(&Rig::private(&cluster.database().await).await, true).await;
}

async fn add(rig: &Rig, email: &str, seed: u64, private: bool) -> Result<AddedUser, NotAdded> {
    let new = NewUser { email: email.into(), name: "Ada Admin".into(), company: "Acme".into() };
    add_owner(&rig.db, rig.control.app().now(), Box::new(SeededEntropy::new(seed)), private, &new).await
}

async fn the_first_person_comes_by_command(rig: &Rig, private: bool) {
    assert_eq!(rig.get("/v1/status", "").await.is(200).json["private"], private);
    let ask = json!({ "company": "Sly", "name": "Sly", "email": "sly@example.com", "password": PASSWORD });
    let signed_up = rig.post("/v1/sign-up", "", ask).await;
    assert_eq!(signed_up.status, if private { 403 } else { 201 });
    if private {
        assert_eq!(signed_up.code(), "sign_up_closed");
    }
    let first = add(rig, "Ada@Example.com", 501, private).await.unwrap();
    assert_eq!((first.email.as_str(), first.company.as_str(), first.made_company), ("ada@example.com", "Acme", true));
    let session = rig.sign_in("ada@example.com", first.password.expose()).await.is(200);
    assert_eq!(
        (&session.json["me"]["role"], &session.json["me"]["user"]["email_verified"]),
        (&json!("owner"), &json!(true))
    );
    let second = add(rig, "bo@example.com", 502, private).await.unwrap();
    assert_eq!(second.made_company, !private, "there is one company, or there are many");
    let other = rig.sign_in("bo@example.com", second.password.expose()).await.is(200);
    let same = other.json["me"]["company"]["id"] == session.json["me"]["company"]["id"];
    assert_eq!(same, private);
    assert!(matches!(add(rig, "bo@example.com", 503, private).await, Err(NotAdded::Taken)));
    assert!(matches!(add(rig, "nobody", 504, private).await, Err(NotAdded::Invalid(_))));
    rig.join(&token(&session), "cy@example.com", "agent").await;
}
