//! The switch between real phones and gateways on loopback: real signalling, real media; the other planes are doubles.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on panics")]

mod bare;
mod basic;
mod callbacks;
mod consult;
mod crowd;
mod early;
mod flow_rings;
mod flows;
mod gateways;
mod guards;
mod hold;
mod lamps;
mod many;
mod messages;
mod names;
mod park;
mod placed;
mod queues;
mod recording;
mod secure;
mod steer;
mod support;
mod takeover;
mod test_call;
mod transfer;
mod unheard;
