//! What the switch tells the control plane.

use kernel::{CallId, DeviceId, EndCause, GatewayId, GatewayPortId, SeatId, TenantId, Wall};
use patchbay_kernel as kernel;

use crate::{
    Later, PlaneError,
    directory::RegistrationState,
    queue::QueueNews,
    record::{CallRecord, CallStarted},
};

/// A step of a call, for live views and the event log.
#[derive(Clone, Debug, PartialEq)]
pub struct CallEvent {
    /// Which call.
    pub call: CallId,
    /// Whose.
    pub tenant: TenantId,
    /// The seat concerned.
    pub seat: Option<SeatId>,
    /// When.
    pub at: Wall,
    /// What.
    pub kind: CallEventKind,
}

/// The steps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CallEventKind {
    /// It rings.
    Ringing,
    /// Answered.
    Answered,
    /// On hold.
    Held,
    /// Off hold.
    Resumed,
    /// The device of a party is gone without having hung up; the other party is kept for it.
    Reconnecting,
    /// It is back.
    Reconnected,
    /// A party waits at a slot for whoever picks up.
    Parked,
    /// Somebody did.
    PickedUp,
    /// Over.
    Ended(EndCause),
}

/// How many contacts a device has registered now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContactState {
    /// Company.
    pub tenant: TenantId,
    /// Seat.
    pub seat: SeatId,
    /// Device.
    pub device: DeviceId,
    /// Live contacts.
    pub contacts: u32,
    /// What the newest one calls itself.
    pub user_agent: Option<String>,
}

/// What is known of a gateway's health.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GatewayState {
    /// An account of the gateway registered with us, or its registration ended.
    Account {
        /// User name.
        username: String,
        /// Live or gone.
        registered: bool,
        /// Where it is reached.
        contact: Option<String>,
        /// What it calls itself.
        user_agent: Option<String>,
    },
    /// A registration that we hold.
    Held {
        /// The gateway port of the account.
        gateway_port: Option<GatewayPortId>,
        /// Outcome.
        state: RegistrationState,
    },
    /// An OPTIONS probe was answered.
    ProbeAnswered {
        /// Round trip.
        latency_ms: u32,
    },
    /// A probe was not answered.
    ProbeFailed,
    /// Its circuit opened, for calls failed again and again, or closed, for one came through.
    Circuit {
        /// Failed calls in a row.
        failures: u32,
        /// Milliseconds that calls go elsewhere from now on; `None`: it is closed.
        rest_ms: Option<u64>,
    },
    /// A call failed on the carrier's side.
    CallFailed {
        /// The gateway port.
        gateway_port: GatewayPortId,
        /// SIP status.
        code: u16,
        /// In words.
        text: String,
    },
}

/// Where the switch's news go. Implemented by `control`.
pub trait Sink: Send + Sync {
    /// Durable (fsynced) when this returns `Ok`; the switch reports no ringing before.
    fn call_started<'a>(&'a self, start: &'a CallStarted) -> Later<'a, Result<(), PlaneError>>;
    /// For live views; may be lost.
    fn call_event(&self, event: CallEvent);
    /// The record; idempotent by call id.
    fn call_ended<'a>(&'a self, record: &'a CallRecord) -> Later<'a, Result<(), PlaneError>>;
    /// A device's registrations changed.
    fn contact_state(&self, state: ContactState);
    /// A gateway's health changed.
    fn gateway_state(&self, gateway: GatewayId, state: GatewayState);
    /// Something happened in the queues of a company. Kept in order; nothing waits for it.
    fn queue_news(&self, _news: QueueNews) {}
}
