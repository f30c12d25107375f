//! The engine as the switch sees it, on loopback, against parties that share none of its code.

#![expect(clippy::unwrap_used, reason = "a test stops where it fails")]

mod attack;
mod calls;
mod clips;
mod clock;
mod joint;
mod mix;
mod party;
mod paths;
mod recording;
mod rig;
mod rough;
mod siege;
