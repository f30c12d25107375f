//! What two descriptions agree on, and why they may not.

use std::net::SocketAddr;

use patchbay_codec::CodecId;

use crate::{
    attribute::{Direction, Setup, fingerprint},
    crypto::Suite,
    description::{Description, Media, SdpError},
};

/// Why there is no agreement.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// The other side's description cannot be read.
    #[error("session description: {0}")]
    Unreadable(#[from] SdpError),
    /// No audio stream, or it was declined.
    #[error("no audio stream")]
    NoAudio,
    /// No codec of ours is in it.
    #[error("no codec in common")]
    NoCommonCodec,
    /// Protection is required and not offered, or offered and not expected, or incomplete.
    #[error("secure media do not agree: {0}")]
    Security(&'static str),
    /// Its audio address is missing or a host name.
    #[error("no audio address")]
    Address,
}

/// What was agreed about the audio stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Agreed {
    /// The codec that we send, and expect.
    pub codec: CodecId,
    /// Payload type that we send with.
    pub send_payload: u8,
    /// Payload type that the other side sends with.
    pub receive_payload: u8,
    /// Every codec that the other side may send now, with the payload type it uses; the agreed one included.
    pub receivable: Vec<(u8, CodecId)>,
    /// Telephone events, when both know them.
    pub events: Option<Events>,
    /// Telephone events that the other side may send, whatever the codec: payload type and clock in Hz.
    pub receivable_events: Vec<(u8, u32)>,
    /// Where to send RTP; `None` while the other side holds with 0.0.0.0, and for ICE.
    pub remote: Option<SocketAddr>,
    /// Where to send RTCP, likewise.
    pub remote_rtcp: Option<SocketAddr>,
    /// RTP and RTCP share one UDP port.
    pub rtcp_mux: bool,
    /// What we do.
    pub direction: Direction,
    /// What the other side does, as it says: it holds us when it does not listen.
    pub remote_direction: Direction,
    /// ICE credentials of the other side.
    pub ice: Option<Ice>,
    /// SHA-256 of the certificate that the other side must show.
    pub fingerprint: Option<[u8; 32]>,
    /// Our role in DTLS: [`Setup::Active`] or [`Setup::Passive`]; [`Setup::ActPass`] never.
    pub setup: Option<Setup>,
    /// Keys, for SDES.
    pub sdes: Option<SdesAgreed>,
    /// Milliseconds of audio in a packet that the other side asks for.
    pub ptime: Option<u32>,
}

/// Telephone events (RFC 4733).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Events {
    /// Payload type that we send with.
    pub send_payload: u8,
    /// Payload type that the other side sends with.
    pub receive_payload: u8,
    /// Clock in Hz.
    pub clock: u32,
}

/// ICE credentials.
#[derive(Clone, PartialEq, Eq)]
pub struct Ice {
    /// User name fragment.
    pub ufrag: String,
    /// Password.
    pub pwd: String,
}

impl std::fmt::Debug for Ice {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Ice").field("ufrag", &self.ufrag).finish_non_exhaustive()
    }
}

/// SDES keys: master key, then master salt.
#[derive(Clone, PartialEq, Eq)]
pub struct SdesAgreed {
    /// Which suite.
    pub suite: Suite,
    /// For what we send.
    pub send: Vec<u8>,
    /// For what we receive.
    pub receive: Vec<u8>,
}

impl std::fmt::Debug for SdesAgreed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SdesAgreed").field("suite", &self.suite).finish_non_exhaustive()
    }
}

/// What the other side's stream says about transport.
pub(crate) struct Transport {
    pub remote: Option<SocketAddr>,
    pub remote_rtcp: Option<SocketAddr>,
    pub rtcp_mux: bool,
    pub ptime: Option<u32>,
}

impl Transport {
    /// With ICE the addresses in the description mean nothing: checks decide.
    pub fn read(description: &Description, media: &Media, ice: bool) -> Result<Self, Refused> {
        let rtcp_mux = media.attribute("rtcp-mux").is_some();
        let ptime = media.attribute("ptime").and_then(|value| value.parse().ok());
        if ice {
            return Ok(Self { remote: None, remote_rtcp: None, rtcp_mux: true, ptime });
        }
        let address = description.address(media).ok_or(Refused::Address)?;
        if address.is_unspecified() {
            return Ok(Self { remote: None, remote_rtcp: None, rtcp_mux, ptime });
        }
        let mut words = media.attribute("rtcp").unwrap_or_default().split_ascii_whitespace();
        let rtcp_port = match words.next().and_then(|word| word.parse().ok()) {
            Some(udp_port) => udp_port,
            None if rtcp_mux => media.udp_port,
            None => media.udp_port.saturating_add(1),
        };
        let rtcp_address = words.nth(2).and_then(|word| word.parse().ok()).unwrap_or(address);
        Ok(Self {
            remote: Some(SocketAddr::new(address, media.udp_port)),
            remote_rtcp: Some(SocketAddr::new(rtcp_address, rtcp_port)),
            rtcp_mux,
            ptime,
        })
    }
}

/// What a browser must say.
pub(crate) fn browser(description: &Description, media: &Media) -> Result<(Ice, [u8; 32]), Refused> {
    let text = |name| description.of_media(media, name).filter(|value| !value.is_empty());
    let ufrag = text("ice-ufrag").ok_or(Refused::Security("no ICE user name"))?.to_owned();
    let pwd = text("ice-pwd").ok_or(Refused::Security("no ICE password"))?.to_owned();
    let own: Vec<&str> = media.attributes("fingerprint").collect();
    let values = if own.is_empty() { description.attribute("fingerprint").into_iter().collect() } else { own };
    let hash = values.into_iter().find_map(fingerprint).ok_or(Refused::Security("no SHA-256 fingerprint"))?;
    Ok((Ice { ufrag, pwd }, hash))
}
