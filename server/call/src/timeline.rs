//! What happened in a call, in order: the source of "explain this call".

use patchbay_kernel::{EndCause, LegId};
use serde::{Deserialize, Serialize};

/// One entry of a call's timeline.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Moment {
    /// Milliseconds since the call began.
    pub at_ms: u64,
    /// Which leg, when one.
    pub leg: Option<LegId>,
    /// What happened.
    #[serde(flatten)]
    pub kind: MomentKind,
}

/// What is known of a party from whom no audio comes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Quiet {
    /// No packet ever came.
    Never,
    /// Packets came, and then none.
    #[default]
    Stopped,
    /// Its own reports say that it sends: the packets are lost on the way, as behind a firewall.
    Lost,
    /// It told that it sends nothing (comfort noise, or reports of a sender that rests): muted, no fault.
    Paused,
}

/// How it is known that a party does not get our audio.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unreached {
    /// By its own reports: not one packet of ours arrives, as behind a firewall.
    Reported,
    /// Neither its reports nor its checks of the way come any more.
    Cut,
}

/// What can happen in a call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum MomentKind {
    /// The call arrived.
    Started,
    /// A target is being tried.
    Trying {
        /// Party or gateway port.
        party: String,
    },
    /// It rings.
    Ringing,
    /// Early audio of the far end.
    EarlyMedia,
    /// Answered.
    Answered,
    /// The party that we dialled first, to place this call, has answered; the other one is dialled now.
    FirstAnswered,
    /// This leg took the place of another party, which left the call at this moment (RFC 3891).
    TakenOver {
        /// Who, as the leg is known by.
        party: String,
    },
    /// First audio packet from this leg.
    FirstAudio,
    /// Put on hold.
    Held,
    /// Taken off hold.
    Resumed,
    /// A digit.
    Digit {
        /// `0`-`9`, `*`, `#`, `A`-`D`.
        digit: char,
    },
    /// A leg failed or was given up.
    LegEnded {
        /// Why.
        cause: EndCause,
        /// SIP status, when one.
        sip_status: Option<u16>,
    },
    /// The next gateway port or gateway is tried.
    FailedOver,
    /// A limit refused.
    LimitHit {
        /// Which.
        label: String,
    },
    /// No audio received from this leg for so long while the call is up and nobody holds it.
    Silent {
        /// Milliseconds.
        for_ms: u64,
        /// What is known of the reason.
        #[serde(default)]
        why: Quiet,
    },
    /// Audio from this leg again after [`Self::Silent`].
    Audible,
    /// Our audio does not reach this leg: the other half of one-way audio.
    Unheard {
        /// Milliseconds, when it became known.
        for_ms: u64,
        /// How it is known.
        why: Unreached,
    },
    /// Our audio reaches this leg again after [`Self::Unheard`].
    HeardAgain,
    /// The device of this leg is gone without having hung up; its place is kept.
    Lost,
    /// It is back, on this leg or on another one.
    Regained {
        /// Milliseconds for which the other party heard nothing of it.
        for_ms: u64,
    },
    /// This leg left, and the other party waits at a slot for whoever picks up.
    Parked {
        /// Which slot.
        slot: u16,
    },
    /// This leg picked the other party up.
    PickedUp,
    /// The call ended.
    Ended {
        /// Why.
        cause: EndCause,
    },
}
