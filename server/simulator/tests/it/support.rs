//! A simulator between two test phones: one that it calls, one that calls it.

use std::{net::SocketAddr, sync::Arc};

use patchbay_kernel::Secret;
use patchbay_simulator::{Account, GatewayConfig, Kind, Outcome, Persona, Simulator, SimulatorConfig, Speech};
use patchbay_testkit::{Call, Phone, PhoneConfig, clock::RealClock};

pub const DOMAIN: &str = "pbx.test";
pub const LINE_1: &str = "+12125550101";
pub const LINE_2: &str = "+12125550102";
pub const TRUNK: &str = "+14155550101";
pub const SLOT_2: &str = "+16465550102";

pub struct World {
    pub simulator: Arc<Simulator>,
    /// Where the boxes send their calls and registrations.
    pub platform: Phone,
}

pub fn persona(key: &str, suffix: &str) -> Persona {
    Persona {
        name: String::new(),
        key: key.into(),
        does: String::new(),
        suffixes: vec![suffix.into()],
        ring_ms: 100,
        outcome: Outcome::Answers,
        speech: Speech::Echo,
        digits: String::new(),
        talk_ms: None,
    }
}

fn loopback() -> SocketAddr {
    "127.0.0.1:0".parse().expect("an address")
}

fn account(username: &str, number: &str) -> Account {
    Account { username: username.into(), password: Secret::new("secret".into()), number: number.into() }
}

/// The three boxes, with these people besides the usual ones.
pub fn config(platform: SocketAddr, personas: Vec<Persona>) -> SimulatorConfig {
    let gateway = |label: &str, kind| GatewayConfig { label: label.into(), listen: loopback(), kind };
    let analog = Kind::Analog { lines: vec![account("line1", LINE_1), account("line2", LINE_2)] };
    let trunk = Kind::Trunk { numbers: vec!["+14155550100".into(), TRUNK.into()], spans: 1 };
    let wireless = Kind::Wireless {
        username: "wren".into(),
        password: Secret::new("secret".into()),
        numbers: vec!["+16465550101".into(), SLOT_2.into()],
    };
    let mut config = SimulatorConfig::new(platform, DOMAIN);
    config.gateways = vec![gateway("fxo", analog), gateway("e1", trunk), gateway("gsm", wireless)];
    config.personas = personas;
    config
}

impl World {
    pub async fn start(personas: Vec<Persona>) -> Self {
        let platform = Phone::start(PhoneConfig::new("platform", "x", DOMAIN, loopback())).await;
        let config = config(platform.address(), personas);
        let simulator = Simulator::start(config, Arc::new(RealClock::start()), [5; 32]).await.expect("loopback");
        Self { simulator, platform }
    }

    /// Calls a person through a box, as the platform would; `user` is what stands before the box's address.
    pub async fn call(&self, label: &str, user: &str, parameters: &str) -> Call {
        let at = self.simulator.address(label).expect("a box of this name");
        let phone = Phone::start(PhoneConfig::new("platform", "x", DOMAIN, at)).await;
        let uri = format!("sip:{user}@{at}{parameters}");
        let call = phone.dial_as(&uri, "<sip:+14155550101@pbx.test>", Vec::new()).await;
        // The phone's sockets live as long as the call is looked at.
        tokio::spawn(async move {
            tokio::time::sleep(std::time::Duration::from_secs(60)).await;
            drop(phone);
        });
        call
    }

    pub async fn trunk(&self, number: &str) -> Call {
        self.call("e1", &format!("{number};tgrp=span1"), "").await
    }
}

/// The Q.850 cause of the last response.
pub fn cause(call: &Call) -> Option<String> {
    let message = call.response.as_ref()?;
    message.headers().find(|(name, _)| name.eq_ignore_ascii_case("reason")).map(|(_, value)| value.into_owned())
}
