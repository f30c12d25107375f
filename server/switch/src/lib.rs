//! Floor 5: the shared signalling plane.
//!
//! Turns what `signaling` hears into questions for [`plane::Directory`](patchbay_plane::Directory), drives one
//! [`call::Call`](patchbay_call::Call) per call, and obeys its effects with SIP, media and capacity. One task per call owns
//! everything of that call; others send to it. Never here: a tenant's rows, a page, a price.

pub mod call_task;
mod callbacks;
mod consult;
pub mod digits;
mod dispatch;
pub mod egress;
pub mod exchange;
pub mod figures;
mod flow;
pub mod flow_message;
mod flow_queue;
pub mod gateways;
mod guard;
mod held;
pub mod identity;
pub mod ingress;
mod keep;
mod ladder;
mod lamps;
mod legs;
pub mod live;
mod media;
mod music;
mod orders;
pub mod park;
mod perform;
mod place;
mod probe;
mod proof;
pub mod queues;
pub mod record;
mod recording;
pub mod regain;
mod registrar;
mod resolve;
mod slots;
mod steer;
mod supervise;
mod takeover;
pub mod test_call;
pub mod transfer;
mod ways;

pub use exchange::{Exchange, ExchangeConfig, Outside};
