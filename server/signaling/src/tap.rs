//! A look at every SIP message as it passes, for counting and for the ladder of a call.

use std::sync::Arc;

use patchbay_plane::LadderLeg;
use patchbay_sip::FlowId;

/// Which way a message goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// A peer sent it.
    In,
    /// We send it.
    Out,
}

/// Sees what passes. Called by the one task that owns the core: it must not wait, and what it costs every message costs.
pub trait Tap: Send + Sync {
    /// One whole message, as it is on the wire; datagrams may hold anything. What the gate dropped is not shown.
    fn message(&self, way: Way, flow: FlowId, bytes: &[u8]);
    /// Messages with this Call-ID, those that passed already too, are those of this leg.
    fn names(&self, leg: LadderLeg, sip_call_id: &[u8]);
}

/// Shared with the shell.
pub(crate) type Tapped = Arc<std::sync::OnceLock<Arc<dyn Tap>>>;
