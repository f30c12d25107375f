//! The closed lists of this crate: kinds of gateway, of gateway port, of connection, and the words of media.

use serde::{Deserialize, Serialize};

/// Text that is not a word of the list it was parsed as.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not one of {1}")]
pub struct NotAWord(pub String, pub &'static str);

macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$item:meta])* $variant:ident = $word:literal,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum $name { $($(#[$item])* #[serde(rename = $word)] $variant,)* }

        impl $name {
            /// All of them, in order of definition.
            pub const ALL: &[Self] = &[$(Self::$variant),*];
            /// The word used in storage, JSON and profiles.
            pub const fn as_str(self) -> &'static str { match self { $(Self::$variant => $word),* } }
        }
        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result { f.write_str(self.as_str()) }
        }
        impl std::str::FromStr for $name {
            type Err = NotAWord;
            fn from_str(text: &str) -> Result<Self, NotAWord> {
                match text { $($word => Ok(Self::$variant),)* _ => Err(NotAWord(text.into(), concat!($($word, " "),*))) }
            }
        }
    };
}

words! {
    /// What a gateway translates to SIP.
    Kind {
        /// Analog lines (FXO).
        Analog = "analog",
        /// Digital spans (E1, T1).
        Trunk = "trunk",
        /// SIM cards.
        Wireless = "wireless",
        /// Another SIP network.
        Sip = "sip",
    }
}

words! {
    /// What one gateway port is. Its channels are the calls that it carries at once.
    PortKind {
        /// Analog port that faces the phone company: one line, one call.
        FxoPort = "fxo_port",
        /// One digital socket: 30 bearer channels (E1) or 23 (T1 with a D channel).
        E1Span = "e1_span",
        /// Holder of one SIM card: one call.
        SimSlot = "sim_slot",
        /// A bought number of channels of a SIP trunk.
        SipChannels = "sip_channels",
    }
}

words! {
    /// How the box and the platform know each other.
    Connection {
        /// The box registers with us by digest.
        RegistersWithUs = "registers_with_us",
        /// It is known by its address.
        IpPeer = "ip_peer",
        /// We register with it.
        WeRegister = "we_register",
    }
}

words! {
    /// Audio codecs towards gateways.
    Codec {
        /// G.711 mu-law.
        Pcmu = "pcmu",
        /// G.711 A-law.
        Pcma = "pcma",
        /// Opus.
        Opus = "opus",
    }
}

words! {
    /// How digits travel.
    DtmfMode {
        /// RFC 4733 events.
        Rfc4733 = "rfc4733",
        /// SIP INFO with `application/dtmf-relay`.
        Info = "info",
        /// Tones in the audio.
        Inband = "inband",
    }
}

words! {
    /// What a caller hears before the answer of a call through this box.
    EarlyMedia {
        /// The box's own early audio if it sends any, else our ringback.
        PassThrough = "pass_through",
        /// Always our ringback.
        OwnRingback = "own_ringback",
        /// No audio before the answer.
        None = "none",
    }
}

impl PortKind {
    /// The most channels that the kind can have, whatever the box: the telephone network's own limit.
    pub const fn channels_max(self) -> u16 {
        match self {
            Self::FxoPort | Self::SimSlot => 1,
            Self::E1Span => 30,
            Self::SipChannels => 2_000,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_come_back() {
        for kind in PortKind::ALL {
            assert_eq!(kind.as_str().parse::<PortKind>(), Ok(*kind));
        }
        assert!("fxs_port".parse::<PortKind>().is_err());
    }

    #[test]
    fn an_analog_line_and_a_card_carry_one_call_a_span_thirty() {
        let most: Vec<_> = PortKind::ALL.iter().map(|kind| kind.channels_max()).collect();
        assert_eq!(most, [1, 30, 1, 2_000]);
    }
}
