//! What is kept of a call: exactly one record per call, listing its legs.

use kernel::{Blame, CallId, DeviceId, EndCause, GatewayId, GatewayPortId, LegId, NumberId, SeatId, TenantId, Wall};
use patchbay_call::Moment;
use patchbay_kernel as kernel;
use serde::{Deserialize, Serialize};

use crate::flow::FlowRecord;

/// Direction as the company sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// From a number to a seat.
    Inbound,
    /// From a seat to a number.
    Outbound,
    /// From seat to seat.
    Internal,
    /// Placed by an operator to test a gateway port.
    Test,
}

/// Written, durably, before ringing is reported to anybody.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CallStarted {
    /// Which call.
    pub call: CallId,
    /// Whose.
    pub tenant: TenantId,
    /// Direction.
    pub direction: Direction,
    /// Caller's number or extension.
    pub caller: String,
    /// Caller's name.
    pub caller_name: Option<String>,
    /// Called number or extension.
    pub called: String,
    /// Displayed number.
    pub displayed: Option<String>,
    /// The seat concerned.
    pub seat: Option<SeatId>,
    /// The company's number concerned.
    pub number: Option<NumberId>,
    /// Gateway of the line side, when known already.
    pub gateway: Option<GatewayId>,
    /// Gateway port of the line side, when known already.
    pub gateway_port: Option<GatewayPortId>,
    /// When.
    pub at: Wall,
}

/// The final record.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CallRecord {
    /// What was known at the start.
    pub started: CallStarted,
    /// First ringing.
    pub ringing_at: Option<Wall>,
    /// Answer.
    pub answered_at: Option<Wall>,
    /// End.
    pub ended_at: Wall,
    /// Milliseconds from answer to end on the monotonic clock; 0 when never answered.
    pub talk_ms: u64,
    /// Why it ended.
    pub cause: EndCause,
    /// Whose doing.
    pub blame: Blame,
    /// The SIP status that decided, when one did.
    pub sip_status: Option<u16>,
    /// A sentence for people when the cause alone says too little (the limit that was hit).
    pub detail: Option<String>,
    /// Every leg that was tried.
    pub legs: Vec<LegRecord>,
    /// What happened, in order.
    pub timeline: Vec<Moment>,
    /// Its way through the company's flow, where it ran one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub flow: Option<FlowRecord>,
}

/// Which side a leg was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LegRole {
    /// The one that dialled.
    Caller,
    /// One that was rung.
    Called,
}

/// What a leg ran on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LegKind {
    /// Browser softphone.
    Browser,
    /// SIP phone.
    SipPhone,
    /// Gateway port.
    Gateway,
    /// The platform itself: echo, or a flow.
    Service,
}

/// One leg.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LegRecord {
    /// Which leg.
    pub leg: LegId,
    /// Its side.
    pub role: LegRole,
    /// What it ran on.
    pub kind: LegKind,
    /// Number, extension or user name it was known by.
    pub party: String,
    /// The international number that it dialled, for lines: what a bill goes by.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub number: Option<String>,
    /// Seat, for devices.
    pub seat: Option<SeatId>,
    /// Device, for devices.
    pub device: Option<DeviceId>,
    /// Gateway, for lines.
    pub gateway: Option<GatewayId>,
    /// Gateway port, for lines.
    pub gateway_port: Option<GatewayPortId>,
    /// When it began.
    pub started_at: Wall,
    /// When it was answered.
    pub answered_at: Option<Wall>,
    /// When it ended.
    pub ended_at: Option<Wall>,
    /// Why it ended.
    pub cause: Option<EndCause>,
    /// Codec in use at the end.
    pub codec: Option<String>,
    /// Quality figures.
    pub figures: Option<Figures>,
}

/// Quality of one leg, as seen by us; received = from the party.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Figures {
    /// RTP packets from the party.
    pub received: u64,
    /// RTP packets to the party.
    pub sent: u64,
    /// Packets of the party that never arrived.
    pub lost: u64,
    /// Interarrival jitter in milliseconds, RFC 3550 A.8.
    pub jitter_ms: f64,
    /// Round trip in milliseconds, from RTCP.
    pub rtt_ms: Option<f64>,
    /// Share lost of what we sent, from the party's reports, 0 to 1.
    pub remote_loss: Option<f64>,
    /// Mean opinion score estimate for what the party sends, 1 to 4.5.
    pub mos: Option<f64>,
    /// Loudness of what the party sends, dBFS, recent.
    pub level_dbfs: Option<f64>,
    /// Milliseconds from opening the leg to the first packet of the party.
    pub first_packet_ms: Option<u64>,
    /// MOS in steps of five seconds, the first eight hours of them; a step in which nothing was due has none.
    #[serde(default)]
    pub mos_steps: Vec<f64>,
    /// The worst of all steps, those beyond the first eight hours too.
    #[serde(default)]
    pub mos_min: Option<f64>,
    /// The mean of all steps.
    #[serde(default)]
    pub mos_avg: Option<f64>,
}
