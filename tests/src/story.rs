//! What most stories begin with: a racked gateway, a company with a number, a seat and a phone.

pub mod hardware;

use std::{net::SocketAddr, time::Duration};

use patchbay_testkit::{Call, Phone, PhoneConfig, Saying};
use serde_json::{Value, json};

use crate::{Api, Server, Store};

/// A gateway of the operator's, as it was created.
pub struct Racked {
    /// `gw_..`.
    pub gateway: String,
    /// `gwp_..`, in order.
    pub gateway_ports: Vec<String>,
    /// Accounts shown once.
    pub accounts: Vec<Value>,
}

/// Racks a gateway of this profile.
///
/// # Panics
/// When the operator may not or the profile is unknown.
pub async fn rack(operator: &Api, new: Value) -> Racked {
    let site = operator.post("/v1/operator/sites", json!({"name": "Rack 1", "country": "US"})).await;
    // The far ends of tests are simulated: companies may call through them before anybody's address is checked.
    let mut body =
        json!({"site": site["id"], "monthly": {"micros": 0, "currency": "USD"}, "rental": "shared", "simulated": true});
    for (key, value) in new.as_object().expect("an object") {
        body[key] = value.clone();
    }
    let made = operator.post("/v1/operator/gateways", body).await;
    let text = |value: &Value| value.as_str().expect("an id").to_owned();
    Racked {
        gateway: text(&made["gateway"]["id"]),
        gateway_ports: made["gateway"]["gateway_ports"]
            .as_array()
            .expect("a list")
            .iter()
            .map(|it| text(&it["id"]))
            .collect(),
        accounts: made["credentials"].as_array().expect("a list").clone(),
    }
}

/// Puts a block of numbers on a gateway port, for rent.
pub async fn numbers(operator: &Api, gateway_port: &str, first: &str, count: u32) -> Vec<Value> {
    let body = json!({"first": first, "count": count, "gateway_port": gateway_port, "kind": "local",
        "monthly": {"micros": 1_000_000, "currency": "USD"}});
    let made = operator.post("/v1/operator/numbers", body).await;
    made.as_array().expect("a list").clone()
}

/// A company that can call: its owner, one number, one seat, one SIP phone on it.
pub struct Company {
    /// The owner, signed in.
    pub owner: Api,
    /// `ten_..`.
    pub id: String,
    /// The number, with plus.
    pub number: String,
    /// `num_..`.
    pub number_id: String,
    /// `seat_..`.
    pub seat: String,
    /// Extension of the seat.
    pub extension: String,
    /// User name and password of the SIP phone.
    pub phone: Account,
}

/// User name and password.
pub type Account = (String, String);

/// Signs a company up, claims `number`, buys a seat, sets up a phone and lets the number ring it.
///
/// # Panics
/// When any step is refused.
pub async fn company(server: &Server, name: &str, number: &Value) -> Company {
    let (owner, id) = sign_up(server, name).await;
    let number_id = number["id"].as_str().expect("an id").to_owned();
    let claimed = owner.post(&format!("/v1/numbers/{number_id}/claim"), json!({})).await;
    let seat = owner.post("/v1/seats", json!({"label": "Front desk"})).await;
    let seat_id = seat["id"].as_str().expect("an id").to_owned();
    owner.patch(&format!("/v1/seats/{seat_id}"), json!({"displayed_numbers": [number_id]})).await;
    owner
        .patch(&format!("/v1/numbers/{number_id}"), json!({"destination_kind": "seat", "destination_seat": seat_id}))
        .await;
    let text = |value: &Value| value.as_str().expect("text").to_owned();
    Company {
        id,
        number: text(&claimed["e164"]),
        number_id,
        extension: text(&seat["extension"]),
        phone: device(&owner, &seat_id).await,
        seat: seat_id,
        owner,
    }
}

/// Signs a company up: its owner and its `ten_..`.
///
/// # Panics
/// When it is refused.
pub async fn sign_up(server: &Server, name: &str) -> (Api, String) {
    let mail = format!("owner@{}.example", name.to_lowercase().replace(' ', "-"));
    let owner = server.api().sign_up(name, &mail).await;
    let id = owner.get("/v1/company").await["id"].as_str().expect("an id").to_owned();
    (owner, id)
}

/// Puts one more SIP phone on a seat: its account.
///
/// # Panics
/// When it is refused.
pub async fn device(owner: &Api, seat: &str) -> Account {
    let made = owner.post(&format!("/v1/seats/{seat}/devices"), json!({"label": "Desk phone"})).await;
    let text = |name: &str| made[name].as_str().expect("text").to_owned();
    (text("username"), text("password"))
}

/// A phone of a seat, or a box with an account, registered.
///
/// # Panics
/// When the registration is refused.
pub async fn registered(server: &Server, account: &Account) -> Phone {
    let mut phone = Phone::start(PhoneConfig::new(&account.0, &account.1, DOMAIN, server.sip_address())).await;
    assert_eq!(phone.register().await, 200, "the registration of {}", account.0);
    phone
}

/// SIP domain of servers under test.
pub const DOMAIN: &str = "patchbay.local";

/// A server, a trunk known by its address with a person at its far end, and a company whose number lives on it.
pub struct Scene {
    /// The server.
    pub server: Server,
    /// The operator, signed in.
    pub operator: Api,
    /// The trunk.
    pub trunk: Racked,
    /// Its far end.
    pub far: Phone,
    /// The company.
    pub company: Company,
    /// The phone of its seat, registered.
    pub desk: Phone,
}

/// The company's number in a [`Scene`].
pub const NUMBER: &str = "+14155550100";
/// Somebody abroad.
pub const ABROAD: &str = "+442079460018";

impl Scene {
    /// With one trunk of this many channels, by profile `generic_sip_trunk`.
    pub async fn sip_trunk(store: Store, channels: u32) -> Self {
        Self::begin(store, json!({"label": "Trunk", "profile": "generic_sip_trunk", "channels": channels})).await
    }

    /// With one trunk, on a server that lets calls end for so many seconds when it is asked to stop.
    pub async fn drained_in(store: Store, seconds: u32) -> Self {
        let server = Server::start_with(store, false, &[("DRAIN_S", &seconds.to_string())]).await;
        Self::on(server, json!({"label": "Trunk", "profile": "generic_sip_trunk", "channels": 10})).await
    }

    /// With the gateway of this profile, known by the address of its far end.
    ///
    /// # Panics
    /// When a step is refused.
    pub async fn begin(store: Store, gateway: Value) -> Self {
        Self::on(Server::start(store, false).await, gateway).await
    }

    /// The same on a server that runs already.
    ///
    /// # Panics
    /// When a step is refused.
    pub async fn on(server: Server, gateway: Value) -> Self {
        let operator = server.operator().await;
        let far = Phone::start(PhoneConfig::new("far", "none", DOMAIN, server.sip_address())).await;
        let new = at_address(gateway, far.address());
        let trunk = rack(&operator, new).await;
        let light = format!("/v1/operator/gateways/{}", trunk.gateway);
        // The switch reads its gateways again a moment after they changed.
        eventually("the gateway is online", async || operator.get(&light).await["light"] == "online").await;
        Self::with(server, operator, trunk, far).await
    }

    /// With a trunk known by this address, where nobody has to be yet. Its far end is not used.
    pub async fn unseen(store: Store, at: SocketAddr) -> Self {
        let server = Server::start(store, false).await;
        let operator = server.operator().await;
        let far = Phone::start(PhoneConfig::new("far", "none", DOMAIN, server.sip_address())).await;
        let trunk = rack(&operator, at_address(json!({"label": "Trunk", "profile": "generic_sip_trunk"}), at)).await;
        Self::with(server, operator, trunk, far).await
    }

    /// With the gateway of this profile, which registers its first account.
    ///
    /// # Panics
    /// When a step is refused.
    pub async fn with_account(store: Store, mut gateway: Value) -> Self {
        let server = Server::start(store, false).await;
        let operator = server.operator().await;
        gateway["connection"] = "registers_with_us".into();
        let trunk = rack(&operator, gateway).await;
        let text = |name: &str| trunk.accounts[0][name].as_str().expect("an account").to_owned();
        let far = registered(&server, &(text("username"), text("password"))).await;
        Self::with(server, operator, trunk, far).await
    }

    /// With a gateway that is racked already and somebody at its far end.
    ///
    /// # Panics
    /// When a step is refused.
    pub async fn with(server: Server, operator: Api, trunk: Racked, far: Phone) -> Self {
        let number = numbers(&operator, &trunk.gateway_ports[0], NUMBER, 1).await.remove(0);
        let company = company(&server, "Acme", &number).await;
        let desk = registered(&server, &company.phone).await;
        Self { server, operator, trunk, far, company, desk }
    }

    /// Lets the company hold this many calls at once; its owner confirms the address, since more than a trial needs that.
    ///
    /// # Panics
    /// When the server refuses, or has no link for the owner.
    pub async fn allow_calls(&self, most: u32) {
        let links = self.operator.get("/v1/operator/pending-links").await;
        let link = links[0]["link"].as_str().and_then(|link| link.split("token=").nth(1)).expect("the owner's link");
        self.company.owner.post("/v1/email-check", json!({"token": link})).await;
        self.operator.patch(&format!("/v1/operator/tenants/{}", self.company.id), json!({"max_calls": most})).await;
    }

    /// A call out that is up: our end and the far one.
    ///
    /// # Panics
    /// When it does not come up.
    pub async fn talk(&mut self, number: &str) -> (Call, Call) {
        let mut ours = self.desk.dial(number).await;
        let theirs = self.far.incoming().await;
        theirs.answer().await;
        assert_eq!(ours.answered().await, Ok(()));
        (ours, theirs)
    }

    /// Calls from the far end, as the trunk writes them.
    pub async fn call_in(&self, name: &str, from: &str) -> Call {
        let from = format!("\"{name}\" <sip:{from}@{}>", self.far.address());
        self.far.dial_as(&format!("sip:{NUMBER}@{}", self.server.sip_address()), &from, Vec::new()).await
    }

    /// The company's one call, once it is over.
    ///
    /// # Panics
    /// When there is none, or more than one.
    pub async fn only_record(&self) -> Value {
        eventually("the record is closed", async || {
            let calls = self.company.owner.get("/v1/calls").await;
            calls["items"][0]["ended_at"].is_string()
        })
        .await;
        let calls = self.company.owner.get("/v1/calls").await;
        assert_eq!(calls["items"].as_array().map(Vec::len), Some(1), "{calls}");
        let id = calls["items"][0]["id"].as_str().expect("an id");
        self.company.owner.get(&format!("/v1/calls/{id}")).await
    }
}

/// This gateway, one gateway port, known by its address.
///
/// # Panics
/// When it is no object.
pub fn at_address(gateway: Value, far: SocketAddr) -> Value {
    let mut new = json!({"connection": "ip_peer", "gateway_ports": 1, "host": far.ip().to_string(),
        "udp_port": far.port(), "transport": "udp"});
    for (key, value) in gateway.as_object().expect("an object") {
        new[key] = value.clone();
    }
    new
}

/// Both ends speak, each in a tone of its own, and hear each other clearly.
///
/// # Panics
/// When one does not hear the other.
pub async fn both_hear(one: &Call, other: &Call) {
    one.say(Saying::Tone(1_000)).await;
    other.say(Saying::Tone(440)).await;
    for (ear, hz) in [(other, 1_000), (one, 440)] {
        if let Err(heard) = ear.hears(hz).await {
            panic!("{hz} Hz did not arrive: {heard:?}");
        }
    }
    // The measure looks back; give it a second of nothing but the tone.
    tokio::time::sleep(Duration::from_millis(1_100)).await;
    for (ear, hz) in [(other, 1_000), (one, 440)] {
        let heard = ear.heard(hz).await;
        assert!(heard.share >= 0.95, "{hz} Hz: {heard:?}");
    }
}

/// Waits until `ready` says yes, for at most ten seconds.
///
/// # Panics
/// When it never does.
pub async fn eventually(what: &str, ready: impl AsyncFnMut() -> bool) {
    within(what, Duration::from_secs(10), ready).await;
}

/// Waits until `ready` says yes; how long that took.
///
/// # Panics
/// When it does not in time.
pub async fn within(what: &str, patience: Duration, mut ready: impl AsyncFnMut() -> bool) -> Duration {
    let began = tokio::time::Instant::now();
    while began.elapsed() < patience {
        if ready().await {
            return began.elapsed();
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("did not come true in {patience:?}: {what}");
}
