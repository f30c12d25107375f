//! Floor 4: the media engine. Sockets and threads that carry the audio of calls between browsers, phones and gateways.
//!
//! For the switch, which speaks to it through [`Engine`] and hears [`MediaEvent`]s. Each worker thread owns its sockets, its
//! legs and their timers; orders come to it over a channel and packets never leave it. Nothing here knows a tenant, a
//! database or SIP, and no packet meets a lock, a log line or an async runtime.

mod answer;
mod api;
mod browser;
mod browsing;
mod chance;
mod clip;
mod control;
mod describe;
mod digits;
mod ear;
mod engine;
mod fault;
mod forward;
mod keys;
mod latch;
mod leg;
mod mixer;
mod net;
mod orders;
mod outbox;
mod outgoing;
mod periodic;
mod play;
mod ports;
mod reach;
mod receive;
mod reception;
mod recorder;
mod tap;
mod track;
mod transcode;
mod watch;
mod wire;
mod worker;
mod writer;

pub use answer::Answer;
pub use api::*;
#[doc(hidden)]
pub use browser::stun::stun_check;
pub use clip::{Clip, PlayEnd, PlayId, PlayItem, Repeat};
pub use engine::{Engine, EngineConfig, EngineStats};
pub use fault::DtlsFaults;
pub use ports::DRAIN;
