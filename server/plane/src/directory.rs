//! What the switch asks the control plane.

use kernel::{CallbackId, DeviceId, FlowId, GatewayId, GatewayPortId, MemberId, QueueId, SeatId, Secret, TenantId};
use patchbay_kernel as kernel;

use crate::{
    Later, PlaneError,
    flow::{FlowTarget, RingAsk, Samples},
    queue::{CallbackStep, QueueFloor},
    recording::Waiting,
    route::{DeviceKind, Refusal, RouteAsk, RoutePlan, Stage},
};

/// What a SIP user name stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Principal {
    /// A device of a seat.
    Device {
        /// Company.
        tenant: TenantId,
        /// Seat.
        seat: SeatId,
        /// Device.
        device: DeviceId,
        /// Browser or phone.
        kind: DeviceKind,
        /// What others see: name and extension.
        name: String,
    },
    /// An account of a gateway, of one gateway port where the box has an account per gateway port.
    Gateway {
        /// The box.
        gateway: GatewayId,
        /// The gateway port.
        gateway_port: Option<GatewayPortId>,
    },
}

/// Stored proof of a password. HA1 is password-equivalent: keep it secret. Source: RFC 7616 section 3.4.2.
#[derive(Clone, Debug)]
pub struct Credential {
    /// SIP user name, unique in the installation.
    pub username: String,
    /// Digest realm.
    pub realm: String,
    /// MD5(username:realm:password), hex.
    pub ha1_md5: Secret<String>,
    /// SHA-256 of the same, hex.
    pub ha1_sha256: Secret<String>,
    /// Who it is.
    pub principal: Principal,
}

/// A gateway that is known by its address, and how to probe it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GatewayPeer {
    /// The box.
    pub gateway: GatewayId,
    /// Name or address it sends from.
    pub host: String,
    /// Where it listens.
    pub udp_port: u16,
    /// `udp`, `tcp` or `tls`.
    pub transport: String,
    /// Whether requests from this address are taken as the gateway's without a digest.
    pub trusted_by_address: bool,
    /// Seconds between OPTIONS probes; 0: none.
    pub probe_every_s: u32,
    /// A company racked it itself and says what its address is: where the operator has a gateway at the same one, that is meant.
    pub of_company: bool,
}

/// A registration that we hold with a carrier or a gateway; restored at boot.
#[derive(Clone, Debug)]
pub struct HeldRegistration {
    /// The gateway it belongs to.
    pub gateway: GatewayId,
    /// The gateway port, where each has its own account.
    pub gateway_port: Option<GatewayPortId>,
    /// Host or `host:udp_port` of the registrar.
    pub registrar: String,
    /// `udp`, `tcp` or `tls`.
    pub transport: String,
    /// Account.
    pub username: String,
    /// Password.
    pub password: Secret<String>,
    /// The only realm that may see a digest.
    pub realm: Option<String>,
    /// Wanted life time in seconds.
    pub expires_s: u32,
}

/// What became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RegistrationState {
    /// Accepted for so many seconds.
    Registered {
        /// Life time granted.
        expires_s: u32,
    },
    /// Refused with a SIP status and phrase.
    Refused {
        /// SIP status.
        code: u16,
        /// Reason phrase.
        phrase: String,
    },
    /// No answer.
    Unreachable,
    /// Given up by us.
    Removed,
}

/// Answers of the control plane.
pub trait Directory: Send + Sync {
    /// Everything this call will need, or a refusal in words.
    fn route(&self, ask: RouteAsk) -> Later<'_, Result<RoutePlan, Refusal>>;
    /// The stored proof for a SIP user name.
    fn credential<'a>(&'a self, username: &'a str) -> Later<'a, Result<Option<Credential>, PlaneError>>;
    /// The device behind a softphone ticket's seat, as a principal.
    fn device(&self, tenant: TenantId, device: DeviceId) -> Later<'_, Result<Option<Credential>, PlaneError>>;
    /// Gateways known by address.
    fn peers(&self) -> Later<'_, Result<Vec<GatewayPeer>, PlaneError>>;
    /// Registrations that we hold.
    fn held_registrations(&self) -> Later<'_, Result<Vec<HeldRegistration>, PlaneError>>;
    /// The plan of a call that is placed for a seat, or a refusal in words.
    fn place_plan(&self, ask: crate::switch::PlaceAsk) -> Later<'_, Result<RoutePlan, Refusal>>;
    /// Who is rung for the caller of a flow, or a refusal in words.
    fn ring_plan(&self, ask: RingAsk) -> Later<'_, Result<Vec<Stage>, Refusal>>;
    /// The live version of a flow of the company, or a refusal in words.
    fn flow(&self, tenant: TenantId, flow: FlowId) -> Later<'_, Result<FlowTarget, Refusal>>;
    /// The way into a queue of the company for a caller whom somebody sends there, as a flow of its own, or a refusal in words.
    fn queue(&self, tenant: TenantId, queue: QueueId) -> Later<'_, Result<FlowTarget, Refusal>>;
    /// A request to a server of the company, sent for a caller in a flow. Whatever goes wrong is no answer.
    fn fetch(&self, tenant: TenantId, request: patchbay_ivr::io::Request) -> Later<'_, patchbay_ivr::io::Answer>;
    /// What the caller of a flow is to hear; `None`: there is nothing of it, such as a prompt without a sound.
    fn sound<'a>(
        &'a self,
        tenant: TenantId,
        heard: &'a patchbay_ivr::Heard,
    ) -> Later<'a, Result<Option<Samples>, PlaneError>>;
    /// The plan of an operator's test call through one gateway port.
    fn test_plan(&self, ask: crate::switch::TestCallAsk) -> Later<'_, Result<RoutePlan, Refusal>>;
    /// Companies with somebody signed in: their queues are looked after from the start.
    fn queue_companies(&self) -> Later<'_, Result<Vec<TenantId>, PlaneError>> {
        Box::pin(std::future::ready(Ok(Vec::new())))
    }
    /// Queues, agents and what these wish, as they are stored now.
    fn queue_floor(&self, _tenant: TenantId) -> Later<'_, Result<QueueFloor, PlaneError>> {
        Box::pin(std::future::ready(Ok(QueueFloor::default())))
    }
    /// Keeps how a call back goes on; `false`: it was closed meanwhile, and nothing more is to be done for it.
    fn callback_step(
        &self,
        _tenant: TenantId,
        _id: CallbackId,
        _step: CallbackStep,
    ) -> Later<'_, Result<bool, PlaneError>> {
        Box::pin(std::future::ready(Ok(false)))
    }
    /// Messages in the boxes of whoever sits there.
    fn waiting(&self, _tenant: TenantId, _seat: SeatId) -> Later<'_, Result<Waiting, PlaneError>> {
        Box::pin(std::future::ready(Ok(Waiting::default())))
    }
    /// The agent who talked with this caller last, within the last days.
    fn known_agent<'a>(
        &'a self,
        _tenant: TenantId,
        _caller: &'a str,
    ) -> Later<'a, Result<Option<MemberId>, PlaneError>> {
        Box::pin(std::future::ready(Ok(None)))
    }
}
