//! Floor 5: the shared signalling plane.
//!
//! Turns what `signaling` hears into questions for [`plane::Directory`](patchbay_plane::Directory), drives one
//! [`call::Call`](patchbay_call::Call) per call, and obeys its effects with SIP, media and capacity. One task per call owns
//! everything of that call; others send to it. Never here: a tenant's rows, a page, a price.

pub mod call_task;
pub mod digits;
pub mod egress;
pub mod exchange;
pub mod gateways;
pub mod identity;
pub mod ingress;
pub mod live;
pub mod perform;
pub mod record;
pub mod registrar;
pub mod test_call;

pub use exchange::{Exchange, ExchangeConfig, Outside};
