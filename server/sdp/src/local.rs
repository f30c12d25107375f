//! What we have and what we want.

use std::net::IpAddr;

use patchbay_codec::CodecId;

use crate::{attribute::Direction, crypto::KEY_BYTES};

/// Our end of a leg: everything that a description of ours says about it.
#[derive(Clone, Debug)]
pub struct LocalMedia {
    /// Address that the other side sends to.
    pub address: IpAddr,
    /// UDP port for RTP.
    pub udp_port: u16,
    /// UDP port for RTCP; `None`: RTP and RTCP share one (RFC 5761). Browser legs always share.
    pub rtcp_udp_port: Option<u16>,
    /// How the stream is protected.
    pub security: Security,
    /// Our synchronisation source.
    pub ssrc: u32,
    /// Our canonical name.
    pub cname: String,
    /// Numbers our descriptions.
    pub author: Author,
}

/// How a stream is protected.
#[derive(Clone)]
pub enum Security {
    /// Not at all: `RTP/AVP`.
    Plain,
    /// Keys in the description: `RTP/SAVP`. Random bytes that become our key.
    Sdes(Box<[u8; KEY_BYTES]>),
    /// As [`Self::Sdes`] where the other side can, plain where it cannot: `RTP/AVP` with keys (RFC 8643). Who wants keys and
    /// writes none that we can use gets no audio in the clear instead.
    Opportunistic(Box<[u8; KEY_BYTES]>),
    /// DTLS-SRTP and ICE-lite: a browser.
    Dtls {
        /// ICE user name fragment, 4 to 256 characters.
        ufrag: String,
        /// ICE password, 22 to 256 characters.
        pwd: String,
        /// SHA-256 of our certificate.
        fingerprint: [u8; 32],
    },
}

impl std::fmt::Debug for Security {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Plain => "Plain",
            Self::Sdes(_) => "Sdes(..)",
            Self::Opportunistic(_) => "Opportunistic(..)",
            Self::Dtls { .. } => "Dtls(..)",
        })
    }
}

/// What may be agreed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    /// Codecs, best first. Telephone events go with them.
    pub codecs: Vec<CodecId>,
    /// What we want to do.
    pub direction: Direction,
    /// Open the DTLS association when the offer leaves the choice to us.
    pub dtls_active: bool,
}

impl Policy {
    /// These codecs, both ways, opening DTLS ourselves when we answer.
    pub const fn new(codecs: Vec<CodecId>) -> Self {
        Self { codecs, direction: Direction::SendRecv, dtls_active: true }
    }
}

/// Writes the `o=` line of one leg: the same session over the leg's life, a higher version with each change (RFC 3264
/// section 5).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Author {
    session: u64,
    version: u64,
    last: Option<String>,
}

impl Author {
    /// `session` should be hard to guess and differ between legs; it is kept below 2^62, as some readers take signed numbers.
    pub const fn new(session: u64) -> Self {
        Self { session: session >> 2, version: 1, last: None }
    }

    /// The `o=` line for a description that consists of `rest` beside it.
    pub(crate) fn origin(&mut self, address: IpAddr, rest: &str) -> String {
        if self.last.as_deref().is_some_and(|last| last != rest) {
            self.version += 1;
        }
        self.last = Some(rest.to_owned());
        format!("o=- {} {} IN {}\r\n", self.session, self.version, net(address))
    }
}

/// `IP4 192.0.2.1`.
pub(crate) fn net(address: IpAddr) -> String {
    match address {
        IpAddr::V4(address) => format!("IP4 {address}"),
        IpAddr::V6(address) => format!("IP6 {address}"),
    }
}
