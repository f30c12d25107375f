//! The simulated boxes as the platform sees them: real SIP and RTP over loopback, tones both ways.

mod capacity;
mod people;
mod registering;
mod ringing;
mod support;
