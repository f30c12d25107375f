//! What to simulate.

use std::net::{IpAddr, SocketAddr};

use patchbay_kernel::Secret;
use serde::Deserialize;

use crate::persona::Persona;

/// Boxes and people of one simulation. `patchbay simulate` reads it from TOML, the demo fills it in.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SimulatorConfig {
    /// Where the platform takes SIP over UDP.
    pub platform: SocketAddr,
    /// The platform's SIP domain, for registrations.
    pub domain: String,
    /// Address of the simulated boxes' audio.
    #[serde(default = "loopback")]
    pub audio: IpAddr,
    /// A number that answers and echoes, with plus.
    #[serde(default = "echo_number")]
    pub echo_number: String,
    /// The boxes.
    #[serde(default, rename = "gateway")]
    pub gateways: Vec<GatewayConfig>,
    /// People besides those that are always there.
    #[serde(default, rename = "persona")]
    pub personas: Vec<Persona>,
}

/// One box.
#[derive(Clone, Debug, Deserialize)]
pub struct GatewayConfig {
    /// Its name.
    pub label: String,
    /// Where it takes SIP; UDP port 0 takes a free one.
    pub listen: SocketAddr,
    /// What it is.
    #[serde(flatten)]
    pub kind: Kind,
}

/// Kinds of boxes.
#[derive(Clone, Debug, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Kind {
    /// FXO: each gateway port has an account and registers; one call on each.
    Analog {
        /// The gateway ports in order.
        lines: Vec<Account>,
    },
    /// E1: known by its address, a block of numbers, 30 calls on each span.
    Trunk {
        /// Numbers with plus.
        numbers: Vec<String>,
        /// Spans of 30 channels.
        #[serde(default = "one")]
        spans: u16,
    },
    /// GSM: one account, a number in each slot; one call on each.
    Wireless {
        /// SIP user name of the box.
        username: String,
        /// Its password.
        password: Secret<String>,
        /// The SIM's number in each slot, with plus.
        numbers: Vec<String>,
    },
}

/// One FXO port.
#[derive(Clone, Debug, Deserialize)]
pub struct Account {
    /// SIP user name.
    pub username: String,
    /// Password.
    pub password: Secret<String>,
    /// The line's number, with plus.
    pub number: String,
}

/// A configuration that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct ConfigError(String);

impl SimulatorConfig {
    /// A configuration with every setting, to copy from.
    pub const EXAMPLE: &str = include_str!("example.toml");

    /// Reads TOML.
    ///
    /// # Errors
    /// What is wrong, with the line.
    pub fn parse(text: &str) -> Result<Self, ConfigError> {
        toml::from_str(text).map_err(|why| ConfigError(why.to_string()))
    }

    /// Towards this platform, without boxes yet.
    pub fn new(platform: SocketAddr, domain: &str) -> Self {
        Self {
            platform,
            domain: domain.to_owned(),
            audio: loopback(),
            echo_number: echo_number(),
            gateways: Vec::new(),
            personas: Vec::new(),
        }
    }
}

const fn loopback() -> IpAddr {
    IpAddr::V4(std::net::Ipv4Addr::LOCALHOST)
}

// Inside the range that the North American plan keeps for fiction.
fn echo_number() -> String {
    "+12025550143".to_owned()
}

const fn one() -> u16 {
    1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_is_read() {
        let config = SimulatorConfig::parse(SimulatorConfig::EXAMPLE).unwrap();
        assert_eq!(config.gateways.len(), 3);
        assert!(matches!(&config.gateways[0].kind, Kind::Analog { lines } if lines.len() == 2));
        assert!(matches!(&config.gateways[1].kind, Kind::Trunk { spans: 1, numbers } if numbers.len() == 2));
        assert_eq!(config.personas.len(), 1);
    }

    #[test]
    fn a_wrong_word_is_named() {
        let why = SimulatorConfig::parse("platfrom = \"127.0.0.1:5060\"").unwrap_err();
        assert!(why.to_string().contains("platfrom"), "{why}");
    }
}
