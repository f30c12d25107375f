//! What the control plane orders the switch to do.

use std::net::SocketAddr;

use acd::distributor::WrapUp;
use kernel::{
    CallId, DeviceId, DialString, EndCause, FlowId, GatewayId, GatewayPortId, MemberId, QueueId, RecordingId, SeatId,
    Secret, TenantId, Wall,
};
use patchbay_acd as acd;
use patchbay_kernel as kernel;
use serde::Serialize;

use crate::{Later, PlaneError, queue::QueueBoard, record::Direction, recording::RecordOrder, route::Refusal};

/// A call that is up now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LiveCall {
    /// Which.
    pub call: CallId,
    /// Whose.
    #[serde(skip)]
    pub tenant: TenantId,
    /// Direction.
    pub direction: Direction,
    /// State.
    pub state: LiveState,
    /// Caller.
    pub caller: String,
    /// Called.
    pub called: String,
    /// Seat concerned.
    pub seat: Option<SeatId>,
    /// The other one, of a call between two.
    pub other_seat: Option<SeatId>,
    /// Gateway port in use.
    pub gateway_port: Option<GatewayPortId>,
    /// In this call since.
    pub since: Wall,
}

impl LiveCall {
    /// The seats on it.
    pub fn seats(&self) -> impl Iterator<Item = SeatId> {
        self.seat.into_iter().chain(self.other_seat)
    }
}

/// Where it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum LiveState {
    /// Not answered yet.
    Ringing,
    /// Talking.
    Talking,
    /// One side holds.
    Held,
    /// The device of one side is gone, and its place is kept.
    Reconnecting,
}

/// A call that waits at a slot of the company.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParkedCall {
    /// Where.
    pub slot: u16,
    /// Which.
    pub call: CallId,
    /// Who parked it.
    pub by: SeatId,
    /// Number of the one who waits.
    pub number: String,
    /// Their name, where known.
    pub name: Option<String>,
    /// Since when.
    pub at: Wall,
}

/// A call that somebody has placed for a seat.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlaceAsk {
    /// The call it will be.
    pub call: CallId,
    /// Whose.
    pub tenant: TenantId,
    /// For which seat.
    pub seat: SeatId,
    /// What to dial: an extension or a number, as a person would.
    pub called: DialString,
    /// Who is dialled first.
    pub first: First,
    /// The number to display; `None`: the seat's usual one.
    pub displayed: Option<String>,
    /// Devices of the seat are asked to answer by themselves.
    pub auto_answer: bool,
    /// Nothing is dialled: whoever answers at the seat meets the draft of this flow, as a caller would.
    pub draft: Option<FlowId>,
}

/// Who is dialled first in a call that is placed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum First {
    /// The devices of the seat.
    Seat,
    /// What is called.
    Called,
}

/// What somebody at a seat, or a program for it, wants of a call of that seat.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrderAsk {
    /// Whose.
    pub tenant: TenantId,
    /// Which call.
    pub call: CallId,
    /// For which of its seats.
    pub seat: SeatId,
    /// What.
    pub order: CallOrder,
}

/// Orders about a call that is up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CallOrder {
    /// The seat puts the other party on hold, without its device's doing.
    Hold,
    /// The end of that.
    Resume,
    /// The other party goes to what is dialled in the seat's name. The seat stays until it is answered, and has the other party
    /// back when it is not.
    Transfer(DialString),
    /// The caller goes to the live version of this flow, in this same call, and the seat leaves.
    ToFlow(FlowId),
    /// The caller waits in this queue, in this same call, and the seat leaves.
    ToQueue(QueueId),
    /// The other party waits at this slot of the company, or at the first that is free, for whoever picks up; the seat leaves.
    Park(Option<u16>),
    /// The seat talks to what is dialled, in a second call in its name, while the other party waits.
    Consult(DialString),
    /// Talk to the one who waits; the one that the seat talks to waits.
    Swap,
    /// All talk to each other.
    Merge,
    /// The seat leaves, the others talk to each other. While the consulted one still rings, it becomes a transfer.
    Complete,
    /// The end of the second call: back to the other party.
    CancelConsult,
    /// Digits for the other party.
    Digits(DialString),
    /// A signal for one or both.
    Play(Signal, Hearer),
    /// The end of what is played.
    StopPlay,
}

/// A signal that can be played.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signal {
    /// As heard while it rings.
    Ringback,
    /// A steady tone of this frequency, Hertz.
    Tone(u16),
}

/// Who hears it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hearer {
    /// The seat.
    Seat,
    /// The other party.
    Other,
    /// Both.
    Both,
}

/// Why an order is not obeyed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unobeyed {
    /// There is no such call, or the seat is not on it.
    NoCall,
    /// The two do not talk: nobody has answered yet, or the seat has left.
    NotTalking,
    /// A transfer or a consultation is under way, or the other party talks to somebody outside of this call.
    UnderWay,
    /// What is to be dialled is refused, in words.
    Refused(Refusal),
}

/// A test call through one gateway port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TestCallAsk {
    /// The call it will be.
    pub call: CallId,
    /// Through which gateway port.
    pub gateway_port: GatewayPortId,
    /// What to dial.
    pub called: String,
    /// Whoever answers is asked to key this in; `None`: audio is tried.
    pub code: Option<KeyedCode>,
}

/// A code that whoever answers is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyedCode {
    /// In whose name it is asked for: whose voice speaks.
    pub tenant: TenantId,
    /// The digits.
    pub code: Secret<String>,
    /// What they hear.
    pub ask: patchbay_ivr::Heard,
}

/// What came of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TestVerdict {
    /// In one word.
    pub key: TestVerdictKind,
    /// In one sentence.
    pub text: String,
    /// Why the call ended or was never placed, where that decided.
    pub cause: Option<EndCause>,
    /// SIP status, when one decided.
    pub sip_code: Option<u16>,
    /// Step by step.
    pub steps: Vec<TestStep>,
}

/// The verdicts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum TestVerdictKind {
    /// Audio was heard both ways.
    Ok,
    /// The gateway is not there.
    NotRegistered,
    /// Nobody answered.
    NoAnswer,
    /// Busy.
    Busy,
    /// Refused.
    Refused,
    /// Answered, but nothing is heard from the gateway.
    NoAudioReceived,
    /// Audio comes, but our tone does not come back.
    NoAudioSent,
    /// The code was keyed in.
    CodeKeyed,
    /// Other digits were keyed in.
    WrongCode,
    /// They hung up without a code.
    NoCode,
}

/// One step of a test call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TestStep {
    /// `registered`, `invite`, `ringing`, `answered`, `audio_received`, `audio_sent`, `hung_up`.
    pub key: String,
    /// Passed.
    pub ok: bool,
    /// Milliseconds since the test began.
    pub ms: u64,
    /// In words.
    pub text: String,
}

/// How near a gateway's agreed addresses come to where a request comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Nearness {
    /// Its requests need an account: no address speaks for it.
    Untrusted,
    /// It lives elsewhere.
    Elsewhere,
    /// The address is right, the source port or the transport is not.
    SameHost,
    /// Address, source port and transport are the agreed ones.
    Exact,
}

/// A gateway that is known by an address, seen from where a request comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Neighbour {
    /// The box.
    pub gateway: GatewayId,
    /// The gateway port whose registration we hold there.
    pub gateway_port: Option<GatewayPortId>,
    /// Its addresses, as they resolve now.
    pub addresses: Vec<SocketAddr>,
    /// `udp`, `tcp` or `tls`.
    pub transport: &'static str,
    /// How near.
    pub nearness: Nearness,
}

/// Who speaks from an address: everybody who could, and who it is taken for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Speaker {
    /// The box, and the gateway port where the request names its account.
    pub found: Option<(GatewayId, Option<GatewayPortId>)>,
    /// Every gateway that is known by an address.
    pub neighbours: Vec<Neighbour>,
}

/// Orders to the switch. Implemented by `switch`.
pub trait Switch: Send + Sync {
    /// End a call of this tenant; `false` when there is none.
    fn hang_up(&self, tenant: TenantId, call: CallId, cause: EndCause) -> Later<'_, bool>;
    /// Place a call. Returns when its start is on disk and its first side is being dialled, or with what stands in the way.
    fn place(&self, ask: PlaceAsk) -> Later<'_, Result<(), Refusal>>;
    /// Obey an order about a call that is up; the call that was placed for it, where one was.
    fn order(&self, ask: OrderAsk) -> Later<'_, Result<Option<CallId>, Unobeyed>>;
    /// What is parked in a company, by slot.
    fn parked(&self, _tenant: TenantId) -> Vec<ParkedCall> {
        Vec::new()
    }
    /// Ring the seat's phone for what is parked at this slot: its softphone, which answers by itself, else its desk phone. Returns
    /// when it is being rung.
    fn pick_up(&self, _tenant: TenantId, _slot: u16, _seat: SeatId) -> Later<'_, Result<CallId, Unobeyed>> {
        Box::pin(std::future::ready(Err(Unobeyed::NoCall)))
    }
    /// Records a call of this tenant, or changes how it is recorded; `false`: there is no such call, and nothing was begun.
    fn record(&self, tenant: TenantId, call: CallId, recording: RecordingId, order: RecordOrder) -> bool;
    /// Calls up now; of one tenant, or of all.
    fn live(&self, tenant: Option<TenantId>) -> Vec<LiveCall>;
    /// Forget a device's registrations (it was deleted or its credentials were reset).
    fn forget_device(&self, device: DeviceId, username: &str);
    /// Forget the registrations of a gateway's account (its password was renewed or the gateway was removed).
    fn forget_gateway_account(&self, username: &str);
    /// Contacts registered now for a SIP user name.
    fn contacts(&self, username: &str) -> u32;
    /// Peers, probes and held registrations changed: read them again.
    fn reload_gateways(&self);
    /// Whether calls to this gateway may be tried now.
    fn gateway_online(&self, gateway: GatewayId) -> bool;
    /// Who a request without a digest from this address would be taken for, and why not others. The same judgement as for calls.
    fn speaker(&self, _source: SocketAddr, _transport: &str, _request_uri: &str) -> Speaker {
        Speaker::default()
    }
    /// Place a test call and wait for its verdict (at most 40 s, with a code 90 s).
    fn test_call(&self, ask: TestCallAsk) -> Later<'_, Result<TestVerdict, PlaneError>>;
    /// Queues, their members, skills or what an agent wishes changed: read them again.
    fn queues_changed(&self, _tenant: TenantId) {}
    /// Messages in the box of this seat came, went or were heard: its telephones' lamps may change.
    fn messages_changed(&self, _tenant: TenantId, _seat: SeatId) {}
    /// An agent wants something of the time after a call; `false` when it does not fit, or nobody looks after them.
    fn wrap_up(&self, _tenant: TenantId, _member: MemberId, _wish: WrapUp) -> Later<'_, bool> {
        Box::pin(std::future::ready(false))
    }
    /// How it stands in the queues of a company; empty where nothing goes on.
    fn queue_board(&self, _tenant: TenantId) -> Later<'_, QueueBoard> {
        Box::pin(std::future::ready(QueueBoard::default()))
    }
}
