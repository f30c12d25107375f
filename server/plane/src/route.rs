//! One question, one answer: everything a call will need, asked for once.

use kernel::{CallId, DeviceId, E164, EndCause, GatewayId, GatewayPortId, NumberId, SeatId, Secret, TenantId};
use patchbay_kernel as kernel;

use crate::{capacity::Resource, flow::FlowTarget, record::Direction};

/// Who is speaking, proven by a digest, a ticket or an agreed source address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// A device of a seat.
    Seat {
        /// Its company.
        tenant: TenantId,
        /// Its seat.
        seat: SeatId,
        /// The device itself.
        device: DeviceId,
    },
    /// A gateway; the gateway port too where the account names it.
    Gateway {
        /// The box.
        gateway: GatewayId,
        /// The gateway port whose account spoke.
        gateway_port: Option<GatewayPortId>,
    },
}

/// What an INVITE says, uninterpreted: which of it counts is the gateway profile's business.
#[derive(Clone, Debug, Default)]
pub struct InviteFacts {
    /// The whole Request-URI.
    pub request_uri: String,
    /// The URI of To.
    pub to_uri: String,
    /// The URI of From.
    pub from_uri: String,
    /// The display name of From, as UTF-8 (Latin-1 is converted).
    pub from_name: Option<String>,
    /// Every other header, name in lower case, in order, for profiles that look elsewhere.
    pub headers: Vec<(String, String)>,
}

/// What is to be done with this call?
#[derive(Clone, Debug)]
pub struct RouteAsk {
    /// The call it will be.
    pub call: CallId,
    /// Who asks.
    pub source: Source,
    /// What was asked.
    pub invite: InviteFacts,
}

/// One side of a call as people know it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Party {
    /// Number or extension, as shown to people.
    pub number: String,
    /// Name, where known.
    pub name: Option<String>,
    /// The seat, when it is one of ours.
    pub seat: Option<SeatId>,
}

/// The answer: all a call will need. Stages are tried in order, targets of one stage ring together.
#[derive(Clone, Debug)]
pub struct RoutePlan {
    /// Whose call it is.
    pub tenant: TenantId,
    /// Which call.
    pub call: CallId,
    /// Seen from the company.
    pub direction: Direction,
    /// Who dialled.
    pub caller: Party,
    /// Who was dialled.
    pub called: Party,
    /// The number of the company that the call came over or shows.
    pub number: Option<NumberId>,
    /// The displayed number of an outbound call.
    pub displayed: Option<E164>,
    /// Capacity that the call takes at once and keeps: the company's call limit, the gateway port it came in on.
    pub resources: Vec<Resource>,
    /// Tried in order; the next one only when `EndCause::may_fail_over`.
    pub stages: Vec<Stage>,
    /// We place the call, nobody has called us.
    pub placed: Option<Placed>,
    /// Seconds of ringing before `no_answer`.
    pub ring_timeout_s: u32,
    /// Seconds of talk before `too_long`.
    pub max_talk_s: u32,
    /// What the caller hears before the answer.
    pub early_media: EarlyMedia,
    /// Where the caller is: the gateway port it came in on, for the record.
    pub caller_gateway_port: Option<(GatewayId, GatewayPortId)>,
    /// How DTMF reaches the caller's side.
    pub caller_dtmf: DtmfMode,
    /// Codecs allowed towards the caller, best first.
    pub caller_codecs: Vec<Codec>,
    /// SRTP towards the caller, when the caller is a gateway.
    pub caller_srtp: SrtpMode,
}

/// A call that we place: both sides are dialled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Placed {
    /// So many of the leading stages reach the side that is dialled first; the other one is dialled when it has answered.
    pub first_stages: usize,
    /// That side is the called party, and the seat is rung when it has answered.
    pub called_first: bool,
    /// Devices of the seat are asked to answer by themselves.
    pub auto_answer: bool,
}

/// Targets that ring together.
#[derive(Clone, Debug)]
pub struct Stage {
    /// All of them; the first to answer wins.
    pub targets: Vec<Target>,
}

/// One thing that can be rung.
#[derive(Clone, Debug)]
pub enum Target {
    /// A device of a seat, through the registrar.
    Device(DeviceTarget),
    /// A gateway port.
    Trunk(Box<TrunkTarget>),
    /// Something the platform itself answers with.
    Service(Service),
    /// A flow that the company drew.
    Flow(FlowTarget),
}

/// A device to ring.
#[derive(Clone, Debug)]
pub struct DeviceTarget {
    /// The seat.
    pub seat: SeatId,
    /// The device.
    pub device: DeviceId,
    /// Its SIP user name: the key into the registrar.
    pub username: String,
    /// Browser or phone.
    pub kind: DeviceKind,
    /// Codecs, best first.
    pub codecs: Vec<Codec>,
}

/// What a device is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeviceKind {
    /// The softphone in a page.
    Browser,
    /// A phone or program with digest credentials.
    SipPhone,
}

/// Built-in far ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Service {
    /// Sends back what it hears.
    Echo,
}

/// Where an INVITE to a gateway goes.
#[derive(Clone, Debug)]
pub enum Destination {
    /// The contact that this account registered with us.
    Account(String),
    /// A fixed address: host, UDP or TCP port (0: by DNS), `udp`, `tcp` or `tls`.
    Address {
        /// Name or address.
        host: String,
        /// 0 leaves it to RFC 3263.
        udp_port: u16,
        /// Lower case.
        transport: String,
    },
}

/// One gateway port on the way out, every format rule already applied.
#[derive(Clone, Debug)]
pub struct TrunkTarget {
    /// The box.
    pub gateway: GatewayId,
    /// The gateway port.
    pub gateway_port: GatewayPortId,
    /// Its channels; taken when this target is tried, given back when it fails.
    pub resource: Resource,
    /// Limits that it shares with other gateway ports, such as the calls of its box; taken and given back with its channels.
    pub shared: Vec<Resource>,
    /// Calls that its box begins a second, where that is limited.
    pub calls_per_second: Option<u32>,
    /// Where to.
    pub destination: Destination,
    /// The international number that it reaches, before the box's own format; none for a code of the box itself.
    pub number: Option<E164>,
    /// User part of the Request-URI and To, prefix and format applied.
    pub request_user: String,
    /// URI parameters after the user part (`;tgrp=..`), empty or beginning with `;`.
    pub user_parameters: String,
    /// User part of From.
    pub from_user: String,
    /// Display name of From.
    pub from_name: Option<String>,
    /// Host of From, when the carrier insists on one.
    pub from_host: Option<String>,
    /// Extra headers, such as `P-Asserted-Identity`, `X-Line`.
    pub headers: Vec<(String, String)>,
    /// Credentials for a challenge, only towards this realm when it is set.
    pub auth: Option<TrunkAuth>,
    /// Codecs, best first.
    pub codecs: Vec<Codec>,
    /// How digits travel.
    pub dtmf: DtmfMode,
    /// SRTP policy.
    pub srtp: SrtpMode,
    /// Whether audio may follow the box to an address that it did not announce (once, early, same host).
    pub latch_within_host: bool,
    /// Seconds without any SIP answer before the next target is tried.
    pub answer_within_s: u32,
}

/// Credentials towards a carrier.
#[derive(Clone, Debug)]
pub struct TrunkAuth {
    /// User name.
    pub username: String,
    /// Password.
    pub password: Secret<String>,
    /// The only realm that may see a digest; `None`: the first one that this destination names.
    pub realm: Option<String>,
}

/// Audio codecs that can be negotiated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Codec {
    /// G.711 mu-law.
    Pcmu,
    /// G.711 A-law.
    Pcma,
    /// Opus.
    Opus,
}

/// How digits travel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum DtmfMode {
    /// RFC 4733 events, the default.
    #[default]
    Rfc4733,
    /// SIP INFO with `application/dtmf-relay`.
    Info,
    /// Tones in the audio.
    Inband,
}

/// What is heard before the answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum EarlyMedia {
    /// The far end's own early audio if it sends any, else our ringback.
    #[default]
    PassThrough,
    /// Always our ringback.
    OwnRingback,
    /// No audio: 180 without a body; the caller's device rings itself.
    None,
}

/// SRTP towards a gateway.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum SrtpMode {
    /// Plain RTP.
    #[default]
    Off,
    /// SDES-SRTP where the far end can, plain RTP where it cannot (RFC 8643); what was secure once stays so.
    Optional,
    /// SDES-SRTP (RFC 4568), never less.
    Required,
}

/// Why there is no plan, in a form that people can read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// For record and SIP status.
    pub cause: EndCause,
    /// Whose call it would have been, when known: then it gets a record too.
    pub tenant: Option<TenantId>,
    /// A sentence that names what stands in the way, such as "Line 7 carries one call at a time and is busy".
    pub text: String,
}
