//! A seat whose phone is a program that we did not write.

use std::net::IpAddr;

use patchbay_sip::End;
use patchbay_testkit::{Call, Saying};

use super::{ABROAD, Account, DOMAIN, NUMBER, Scene, both_hear, eventually};
use crate::{Server, Store, process::free_both, process::free_tcp_port};

/// What the phone is told to do.
#[derive(Clone, Debug)]
pub enum Order {
    /// Take the call that rings.
    Answer,
    /// Call this address.
    Dial(String),
    /// Hang up.
    HangUp,
    /// Send the other party of the call to this address.
    SendOn(String),
}

/// A seat that waits for its phone.
pub struct Desk {
    /// Server and far end; our own desk phone is signed off.
    pub scene: Scene,
    /// What the phone signs in with.
    pub account: Account,
    /// Where: host and number of this transport.
    pub registrar: String,
}

/// The address that phones reach the server at, given by `infra/scripts/peers.sh`.
fn address() -> IpAddr {
    let given = std::env::var("PATCHBAY_PEERS_ADDRESS").expect("infra/scripts/peers.sh says which address there is");
    given.parse().expect("an address")
}

impl Desk {
    /// A server on an address that is not loopback, for a phone over `transport`.
    ///
    /// # Panics
    /// When it cannot be had.
    pub async fn set_up(transport: &str) -> Self {
        let (address, sip, tls) = (address(), free_both(), free_tcp_port());
        let settings = [
            ("SIP__LISTEN", format!("{address}:{sip}")),
            ("SIP__TLS", format!("{address}:{tls}")),
            ("MEDIA__BIND", address.to_string()),
        ];
        let settings: Vec<(&str, &str)> = settings.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let server = Server::start_with(Store::Sqlite, false, &settings).await;
        let mut scene = Scene::on(server, serde_json::json!({"label": "Trunk", "profile": "generic_sip_trunk"})).await;
        assert_eq!(scene.desk.unregister().await, 200);
        let account = scene.company.phone.clone();
        let registrar = format!("{address}:{}", if transport == "tls" { tls } else { sip });
        Self { scene, account, registrar }
    }

    /// Waits until the seat shows one contact of this program.
    ///
    /// # Panics
    /// When it never does; with what the phone printed.
    pub async fn is_online(&self, program: &str, log: impl Fn() -> String) {
        let path = format!("/v1/seats/{}", self.scene.company.seat);
        for _ in 0..200 {
            let seat = self.scene.company.owner.get(&path).await;
            let device = &seat["devices"][0];
            let agent = device["user_agent"].as_str().unwrap_or_default().to_lowercase();
            if device["contacts"] == 1 && agent.contains(program) {
                return;
            }
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
        let seat = self.scene.company.owner.get(&path).await;
        panic!("{program} is not registered: {seat}\n{}", log());
    }
}

/// One call to the phone and one from it: the far end hears the phone's 440 Hz, the phone gets 1 kHz, records say so.
///
/// # Panics
/// When something of it does not happen; with what the phone printed.
pub async fn calls_go_both_ways(desk: &mut Desk, tell: impl Fn(Order), log: impl Fn() -> String) {
    let theirs = takes_a_call(desk, &tell, &log).await;
    theirs.hang_up();
    figures(desk, "inbound", &log).await;

    tell(Order::Dial(format!("sip:{ABROAD}@{DOMAIN}")));
    let mut theirs = desk.scene.far.incoming().await;
    assert_eq!(theirs.caller().as_deref(), Some(NUMBER));
    theirs.answer().await;
    hears_the_phone(&theirs, &log).await;
    tell(Order::HangUp);
    assert_eq!(theirs.ended().await, End::Bye, "{}", log());
    figures(desk, "outbound", &log).await;
}

/// A caller from outside is answered by the phone and sent on to a number (REFER): the two outside hear each other.
///
/// # Panics
/// When something of it does not happen; with what the phone printed.
pub async fn sends_a_caller_on(desk: &mut Desk, tell: impl Fn(Order), log: impl Fn() -> String) {
    let theirs = takes_a_call(desk, &tell, &log).await;
    tell(Order::SendOn(format!("sip:{ABROAD}@{DOMAIN}")));
    let mut onward = desk.scene.far.incoming().await;
    assert_eq!(onward.caller().as_deref(), Some(NUMBER), "in the seat's name");
    onward.answer().await;
    both_hear(&theirs, &onward).await;
    theirs.hang_up();
    assert_eq!(onward.ended().await, End::Bye, "{}", log());
    let owner = &desk.scene.company.owner;
    eventually("both calls have their record", async || {
        let newest = owner.get("/v1/calls?limit=2").await["items"].as_array().cloned().unwrap_or_default();
        newest.len() == 2 && newest.iter().all(|call| call["ended_at"].is_string() && call["answered_at"].is_string())
    })
    .await;
}

/// Somebody outside calls, the phone answers, and its tone is heard there.
async fn takes_a_call(desk: &mut Desk, tell: &impl Fn(Order), log: &impl Fn() -> String) -> Call {
    let mut theirs = desk.scene.call_in("Ada", "+14155550177").await;
    assert!(theirs.ringing().await.0 >= 180, "{}", log());
    tell(Order::Answer);
    assert_eq!(theirs.answered().await, Ok(()), "{}", log());
    hears_the_phone(&theirs, log).await;
    theirs
}

async fn hears_the_phone(far: &Call, log: &impl Fn() -> String) {
    far.say(Saying::Tone(1_000)).await;
    if let Err(heard) = far.hears(440).await {
        panic!("the phone's tone did not arrive: {heard:?}\n{}", log());
    }
    tokio::time::sleep(std::time::Duration::from_millis(1_500)).await;
    let heard = far.heard(440).await;
    assert!(heard.share >= 0.95, "{heard:?}\n{}", log());
}

/// The newest record: audio came from the phone and went to it, none of it lost on the way to us.
async fn figures(desk: &Desk, direction: &str, log: &impl Fn() -> String) {
    let owner = &desk.scene.company.owner;
    eventually("the record is closed", async || {
        let newest = &owner.get("/v1/calls?limit=1").await["items"][0];
        newest["direction"] == direction && newest["ended_at"].is_string()
    })
    .await;
    let id = owner.get("/v1/calls?limit=1").await["items"][0]["id"].clone();
    let record = owner.get(&format!("/v1/calls/{}", id.as_str().expect("an id"))).await;
    let legs = record["legs"].as_array().expect("a list");
    let phone = legs.iter().find(|leg| leg["kind"] == "sip_phone" && leg["answered_at"].is_string());
    let figures = &phone.unwrap_or_else(|| panic!("no leg of the phone: {record}\n{}", log()))["figures"];
    let count = |name: &str| figures[name].as_u64().unwrap_or(0);
    assert!(count("received") >= 50 && count("sent") >= 50 && count("lost") == 0, "{record}");
}
