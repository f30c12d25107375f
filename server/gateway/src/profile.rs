//! A gateway profile: all that differs between makes of boxes, as data.

use serde::{Deserialize, Serialize};

use crate::{
    kind::{Codec, Connection, DtmfMode, EarlyMedia, Kind, PortKind},
    name::NameRule,
    number_rules::{NumberFormat, Rewrite},
    port::PortSelect,
};

/// One make of box, read from a TOML file of `profiles/`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Profile {
    /// Stable name, stored with every gateway.
    pub key: String,
    /// For people.
    pub label: String,
    /// Maker, where the profile is one maker's.
    #[serde(default)]
    pub vendor: Option<String>,
    /// What it translates.
    pub kind: Kind,
    /// How it can be joined to the platform, usual way first.
    pub connections: Vec<Connection>,
    /// Its gateway ports.
    pub ports: Ports,
    /// Calls from the box.
    pub inbound: Inbound,
    /// Calls through the box.
    pub outbound: Outbound,
    /// Audio.
    pub media: Media,
    /// Watching it.
    #[serde(default)]
    pub health: HealthRules,
    /// What an operator should know when setting the box up, one sentence each.
    #[serde(default)]
    pub notes: Vec<String>,
}

/// Kind and number of gateway ports.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ports {
    /// Kind of each.
    pub kind: PortKind,
    /// Numbers of gateway ports the box is sold with.
    pub choices: Vec<u16>,
    /// The usual one of them.
    pub default: u16,
    /// Calls at once on each, before an operator changes it.
    pub channels: u16,
    /// The most that an operator may set.
    pub channels_max: u16,
    /// What the box prints on them: `Line`, `Span`, `Slot`.
    pub label: String,
    /// Whether each gateway port has a SIP account of its own when the box registers with us.
    pub account_per_port: bool,
}

/// Where things stand in an INVITE of the box.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Inbound {
    /// Places of the called number, best first.
    pub called: Vec<CalledSource>,
    /// Places of the caller, best first.
    pub caller: Vec<CallerSource>,
    /// How the box names the gateway port.
    #[serde(default)]
    pub port: PortSelect,
    /// How it writes numbers.
    pub numbers: NumberFormat,
    /// Habits undone before numbers are read.
    #[serde(default)]
    pub rewrite: Vec<Rewrite>,
}

/// What the box wants to see in an INVITE of ours.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Outbound {
    /// How it is told the gateway port.
    #[serde(default)]
    pub port: PortSelect,
    /// The same when the box is known by its address, where accounts cannot tell.
    #[serde(default)]
    pub peer_port: Option<PortSelect>,
    /// How the dialled number is written.
    pub numbers: NumberFormat,
    /// Habits applied to the dialled number last.
    #[serde(default)]
    pub rewrite: Vec<Rewrite>,
    /// How the displayed number is written.
    pub caller_numbers: NumberFormat,
    /// What stands in From.
    #[serde(default)]
    pub from: FromUser,
    /// Headers that carry the displayed number besides From.
    #[serde(default)]
    pub identity: Vec<IdentityHeader>,
    /// Display names.
    #[serde(default)]
    pub names: NameRule,
    /// What the far end of the line sees.
    pub shows: Shows,
    /// Seconds without any SIP answer before another gateway port is tried.
    pub answer_within_s: u32,
}

/// Audio of the box.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Media {
    /// Codecs, best first.
    pub codecs: Vec<Codec>,
    /// How digits travel.
    pub dtmf: DtmfMode,
    /// What is heard before the answer.
    pub early_media: EarlyMedia,
    /// Whether its audio may come from another UDP port than it announced.
    #[serde(default)]
    pub latch_within_host: bool,
    /// SRTP with keys in the description (RFC 4568) for boxes whose own setting does not require it.
    #[serde(default)]
    pub srtp: SrtpPolicy,
}

/// Whether audio towards a box is encrypted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SrtpPolicy {
    /// Never: the box does not know it.
    #[default]
    None,
    /// Where the box can; a call that is secure once stays so.
    Optional,
    /// Always; a call that the box answers in the clear is refused.
    Required,
}

/// How the box is watched.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HealthRules {
    /// Seconds between OPTIONS probes of a box known by its address.
    pub probe_every_s: u32,
    /// Life time that we ask for when we register with it, in seconds.
    pub register_s: u32,
}

impl Default for HealthRules {
    fn default() -> Self {
        Self { probe_every_s: 30, register_s: 300 }
    }
}

/// Where a called number may stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CalledSource {
    /// User part of the Request-URI.
    RequestUri,
    /// User part of To.
    To,
    /// `P-Called-Party-ID` (RFC 7315).
    PCalledPartyId,
    /// The newest entry of `Diversion` (RFC 5806): lines that are forwarded to us.
    Diversion,
    /// Nowhere: the account or gateway port stands for one number.
    Line,
}

/// Where a caller may stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CallerSource {
    /// From.
    From,
    /// `P-Asserted-Identity` (RFC 3325).
    PAssertedIdentity,
    /// `Remote-Party-ID`, the draft that old boxes kept.
    RemotePartyId,
}

/// What stands in From of our INVITE.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FromUser {
    /// The displayed number.
    #[default]
    Displayed,
    /// The account that we have with the box or carrier; the displayed number stands in an identity header.
    Account,
}

/// Headers that can carry the displayed number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum IdentityHeader {
    /// `P-Asserted-Identity`.
    PAssertedIdentity,
    /// `P-Preferred-Identity`.
    PPreferredIdentity,
    /// `Remote-Party-ID`.
    RemotePartyId,
}

/// Whose number the far end of the line sees.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Shows {
    /// The line's own number, whatever is sent: analog lines and SIM cards.
    OwnNumber,
    /// What is sent, as far as the carrier accepts it: spans and SIP trunks.
    WhatIsSent,
}

/// A profile that contradicts itself.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadProfile {
    /// Not the wanted shape.
    #[error("not a profile: {0}")]
    Shape(String),
    /// A rule between fields is broken.
    #[error("{key}: {rule}")]
    Rule {
        /// Of which profile.
        key: String,
        /// Which rule.
        rule: &'static str,
    },
}

impl Profile {
    /// From the text of a TOML file. Errors: text that is not a profile, or one that contradicts itself.
    pub fn parse(text: &str) -> Result<Self, BadProfile> {
        let profile: Self = toml::from_str(text).map_err(|error| BadProfile::Shape(error.to_string()))?;
        match profile.broken_rule() {
            Some(rule) => Err(BadProfile::Rule { key: profile.key, rule }),
            None => Ok(profile),
        }
    }

    fn broken_rule(&self) -> Option<&'static str> {
        let ports = &self.ports;
        let peer = self.connections.contains(&Connection::IpPeer);
        let by_account = self.outbound.port == PortSelect::Account;
        let rules = [
            (self.key.is_empty() || self.label.is_empty(), "key and label are needed"),
            (self.connections.is_empty(), "at least one connection is needed"),
            (!ports.choices.contains(&ports.default), "the default number of gateway ports is one of the choices"),
            (ports.choices.contains(&0), "a box has at least one gateway port"),
            (ports.channels == 0 || ports.channels > ports.channels_max, "channels lie between 1 and channels_max"),
            (ports.channels_max > ports.kind.channels_max(), "a gateway port has no more channels than its kind"),
            (
                self.inbound.called.is_empty() || self.inbound.caller.is_empty(),
                "called and caller are looked for somewhere",
            ),
            (self.media.codecs.is_empty(), "at least one codec is needed"),
            (by_account && !ports.account_per_port, "selection by account needs an account per gateway port"),
            (by_account && peer && self.outbound.peer_port.is_none(), "a box known by address needs another selection"),
            (!(1..=32).contains(&self.outbound.answer_within_s), "answer_within_s lies between 1 and 32 (64*T1)"),
        ];
        rules.into_iter().find_map(|(broken, rule)| broken.then_some(rule))
    }

    /// How the box is told the gateway port when it is joined in this way.
    pub fn selection(&self, connection: Connection) -> &PortSelect {
        match (&self.outbound.peer_port, connection) {
            (Some(select), Connection::IpPeer) => select,
            _ => &self.outbound.port,
        }
    }

    /// Whether each gateway port gets a SIP account of its own when the box is joined in this way.
    pub fn account_per_port(&self, connection: Connection) -> bool {
        self.ports.account_per_port && connection == Connection::RegistersWithUs
    }

    /// Whether the box may be built with so many gateway ports.
    pub fn has_choice(&self, gateway_ports: u16) -> bool {
        self.ports.choices.contains(&gateway_ports)
    }

    /// What the box prints on a gateway port: `Line 7`.
    pub fn port_label(&self, ordinal: u16) -> String {
        format!("{} {ordinal}", self.ports.label)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn contradictions_are_named() {
        let good = include_str!("profiles/generic_e1.toml");
        assert!(Profile::parse(good).is_ok());
        for (from, to, rule) in [
            ("channels = 30", "channels = 31", "channels lie"),
            ("channels_max = 30", "channels_max = 31", "no more channels than its kind"),
            ("default = 1", "default = 3", "one of the choices"),
            ("answer_within_s = 4", "answer_within_s = 60", "64*T1"),
            ("codecs = [\"pcma\", \"pcmu\"]", "codecs = []", "codec"),
        ] {
            assert!(good.contains(from), "{from}");
            let error = Profile::parse(&good.replacen(from, to, 1)).unwrap_err().to_string();
            assert!(error.contains(rule), "{error}");
        }
        assert!(matches!(Profile::parse("key = 1"), Err(BadProfile::Shape(_))));
    }
}
