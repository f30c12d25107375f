//! What the engine is told and what it tells. Commands are idempotent: closing twice, bridging what is bridged, do nothing.

use patchbay_kernel::{CallId, LegId};
use patchbay_plane::{Codec, Figures, Quiet, SrtpMode, Unreached};

use crate::clip::{PlayEnd, PlayId};

/// A leg to open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LegOpen {
    /// Its name in records too.
    pub leg: LegId,
    /// The call it belongs to.
    pub call: CallId,
    /// What is at the other end.
    pub kind: MediaLegKind,
    /// A leg of the same call, to share its worker.
    pub near: Option<LegId>,
}

/// What is at the other end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MediaLegKind {
    /// A browser: ICE-lite, DTLS-SRTP, the worker's one UDP port.
    Browser,
    /// A gateway or a SIP phone: RTP on a UDP port of its own.
    Rtp {
        /// Plain or SDES-SRTP.
        srtp: SrtpMode,
        /// Audio may follow the box once, early, to an address that it did not announce (symmetric RTP, `safety.md` C5).
        latch: bool,
        /// Only within the announced host; `false`: to any address (a phone behind NAT).
        latch_within_host: bool,
        /// Digits of the party are tones in its audio: listen for them.
        tones: bool,
    },
}

impl MediaLegKind {
    /// A gateway or carrier: latching within the announced host only, when at all.
    pub const fn gateway(srtp: SrtpMode, latch_within_host: bool) -> Self {
        Self::Rtp { srtp, latch: latch_within_host, latch_within_host: true, tones: false }
    }
    /// A SIP phone, possibly behind NAT.
    pub const fn phone() -> Self {
        Self::Rtp { srtp: SrtpMode::Off, latch: true, latch_within_host: false, tones: false }
    }
    /// The same, with digits that are tones in the audio, when `pressed_as_tones`. A browser sends events.
    pub const fn with_tones(mut self, pressed_as_tones: bool) -> Self {
        if let Self::Rtp { tones, .. } = &mut self {
            *tones = pressed_as_tones;
        }
        self
    }
}

/// What may be negotiated, best first. RFC 4733 events are always offered and mirrored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MediaPolicy {
    /// Codecs, best first.
    pub codecs: Vec<Codec>,
}

impl MediaPolicy {
    /// These codecs.
    pub const fn new(codecs: Vec<Codec>) -> Self {
        Self { codecs }
    }
}

/// What a party can be played.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Play {
    /// Ringback, until stopped.
    Ringback,
    /// A tone of this frequency, until stopped: test calls.
    Tone {
        /// Hertz.
        hz: u16,
    },
}

/// Which way the party's last description lets audio flow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flowing {
    /// Both ways.
    Both,
    /// The party holds us: it sends, or does nothing (`sendonly`, `inactive`, or the address 0.0.0.0).
    HeldByParty,
}

/// How a leg was, told when it is closed.
#[derive(Clone, Debug)]
pub struct Closed {
    /// Its figures.
    pub figures: Figures,
    /// What was agreed on, if anything.
    pub codec: Option<Codec>,
}

/// News of one leg.
#[derive(Clone, Debug, PartialEq)]
pub struct MediaEvent {
    /// Which leg.
    pub leg: LegId,
    /// What.
    pub kind: MediaEventKind,
}

/// The news.
#[derive(Clone, Debug, PartialEq)]
pub enum MediaEventKind {
    /// The first authentic audio packet of the party.
    FirstMedia,
    /// A digit by RFC 4733, once per event.
    Dtmf {
        /// `0`-`9`, `*`, `#`, `A`-`D`.
        digit: char,
        /// Its length in milliseconds.
        duration_ms: u32,
    },
    /// Something that the party was played is over.
    PlayEnded {
        /// Which item.
        item: PlayId,
        /// Why.
        why: PlayEnd,
        /// Where in its clip, milliseconds.
        at_ms: u32,
    },
    /// Nothing from the party for so long; said at 2 s and each 5 s from then on.
    Silent {
        /// Since the last packet, or since the leg was described or joined to another one.
        for_ms: u64,
        /// What is known of the reason.
        why: Quiet,
    },
    /// Audio again after [`Self::Silent`].
    Resumed,
    /// What we send does not reach the party: its reports say so, or the way to it is cut. Told once.
    Unheard {
        /// Since the last sign that it arrived.
        for_ms: u64,
        /// How it is known.
        why: Unreached,
    },
    /// What we send reaches the party again after [`Self::Unheard`].
    HeardAgain,
    /// The browser closed the connection (DTLS close_notify): the page was left.
    PeerClosed,
    /// The handshake failed.
    DtlsFailed {
        /// In words, for the log.
        why: String,
    },
}

/// A tone as the engine hears it from a party, for test calls: share of the energy at this frequency, and loudness.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Heard {
    /// 0 to 1.
    pub share: f32,
    /// dBFS.
    pub level_dbfs: f32,
}

/// Why a media order failed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MediaError {
    /// No such leg.
    #[error("no such leg")]
    NoLeg,
    /// The description cannot be read.
    #[error("session description: {0}")]
    Sdp(String),
    /// The two sides share nothing.
    #[error("no codec in common")]
    NoCommonCodec,
    /// SRTP is required and was not offered, or the other way round.
    #[error("secure media do not agree")]
    Srtp,
    /// No UDP port is left.
    #[error("no UDP port left")]
    NoUdpPort,
    /// The engine has stopped.
    #[error("the media engine has stopped")]
    Stopped,
    /// The system refused.
    #[error("{0}")]
    Io(String),
}

/// Codecs in the audio description of `offer`, in its order; empty when it cannot be read.
pub fn offered_codecs(offer: &[u8]) -> Vec<Codec> {
    crate::describe::offered_codecs(offer)
}
