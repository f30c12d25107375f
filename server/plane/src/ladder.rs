//! The SIP messages of one call, for those who look for a fault.

use kernel::{CallId, GatewayId, GatewayPortId, LegId, Wall};
use patchbay_kernel as kernel;
use serde::{Deserialize, Serialize};

use crate::{Later, LegKind, LegRole};

/// A leg whose messages are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LadderLeg {
    /// Of this call.
    pub call: CallId,
    /// Which leg.
    pub leg: LegId,
    /// Its side.
    pub role: LegRole,
    /// What it runs on.
    pub kind: LegKind,
    /// Its gateway port, for lines.
    pub gateway_port: Option<GatewayPortId>,
}

/// One message as it was on the wire.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LadderMessage {
    /// When it passed.
    pub at: Wall,
    /// Of this leg.
    pub leg: LegId,
    /// We sent it.
    pub ours: bool,
    /// `udp`, `tcp`, `tls`, `ws`.
    pub transport: String,
    /// The other end, `host:udp_port`.
    pub peer: String,
    /// The message, secrets masked.
    pub text: String,
}

/// Everything that was kept of one call.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ladder {
    /// Legs, in the order in which they began.
    pub legs: Vec<LadderLeg>,
    /// Messages, in the order in which they passed.
    pub messages: Vec<LadderMessage>,
    /// Messages left out because there were too many: those after the first few went first.
    pub missing: u32,
}

/// Which messages of a gateway are caught, and until when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CaptureAsk {
    /// Until when.
    pub until: Wall,
    /// Where it is known to be.
    pub addresses: Vec<std::net::SocketAddr>,
    /// SIP user names by which it is known too.
    pub accounts: Vec<String>,
}

/// How a capture stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CaptureState {
    /// Until when it runs, or ran.
    pub until: Wall,
    /// Messages caught.
    pub packets: u32,
    /// Messages that found no room.
    pub left_out: u32,
    /// Bytes of the file.
    pub bytes: usize,
}

/// What can be asked about a running node. Implemented by `node`.
pub trait Observer: Send + Sync {
    /// What is kept in memory of this call; `None` when nothing is.
    fn ladder(&self, call: CallId) -> Option<Ladder>;
    /// Figures of this node: name as in `/metrics`, labels, value.
    fn figures(&self) -> Later<'_, Vec<Figure>>;
    /// The parts that readiness asks, and whether each works.
    fn parts(&self) -> Later<'_, Vec<(String, bool)>>;
    /// Begin to catch the SIP of a gateway on this node, in place of an older capture; `false` when too many run.
    fn capture_begin(&self, gateway: GatewayId, ask: CaptureAsk) -> bool;
    /// How its capture stands; `None` when there is none.
    fn capture(&self, gateway: GatewayId) -> Option<CaptureState>;
    /// What was caught, as a libpcap file, secrets masked.
    fn capture_file(&self, gateway: GatewayId) -> Option<Vec<u8>>;
    /// End it before its time; `false` when there is none.
    fn capture_end(&self, gateway: GatewayId) -> bool;
    /// Hosts and addresses of our own, which no view hides.
    fn own_hosts(&self) -> Vec<String>;
}

/// One figure of a node.
#[derive(Clone, Debug, PartialEq)]
pub struct Figure {
    /// As in `/metrics`: `patchbay_calls`.
    pub name: String,
    /// `state="used"`, sorted as there; empty for most.
    pub labels: String,
    /// Value.
    pub value: f64,
}
