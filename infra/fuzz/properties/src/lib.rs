//! What every parser must hold for any bytes: one function for each, which panics when it does not.
//!
//! Two callers: the libFuzzer programs in `infra/fuzz/fuzz_targets`, which look for bytes that break it for as long as they
//! are let, and an ordinary test that tries the seeds, every crash of the past and some thousand mutants.

mod digest;
pub mod mutate;
mod rtcp;
mod rtp;
mod sdp;
pub mod seeds;
mod sip;
mod stun;
mod uri;
mod websocket;

/// One parser with what it must hold.
#[derive(Clone, Copy, Debug)]
pub struct Target {
    /// Name of the program in `fuzz_targets`, and of the folder of crashes.
    pub name: &'static str,
    /// Panics when the parser breaks its promise for these bytes.
    pub check: fn(&[u8]),
    /// Bytes to begin with.
    pub seeds: fn() -> Vec<Vec<u8>>,
}

/// All of them.
pub const TARGETS: [Target; 9] = [
    Target { name: "digest", check: digest::check, seeds: seeds::digest },
    Target { name: "rtcp", check: rtcp::check, seeds: seeds::rtcp },
    Target { name: "rtp", check: rtp::check, seeds: seeds::rtp },
    Target { name: "sdp", check: sdp::check, seeds: seeds::sdp },
    Target { name: "sip_frame", check: sip::frame_check, seeds: seeds::sip },
    Target { name: "sip_message", check: sip::message_check, seeds: seeds::sip },
    Target { name: "stun", check: stun::check, seeds: seeds::stun },
    Target { name: "uri", check: uri::check, seeds: seeds::uri },
    Target { name: "websocket", check: websocket::check, seeds: seeds::websocket },
];

/// The target of this name.
///
/// # Panics
/// When there is none.
pub fn target(name: &str) -> Target {
    TARGETS.into_iter().find(|target| target.name == name).unwrap_or_else(|| panic!("{name}: no such target"))
}
