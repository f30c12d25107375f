//! The telephone in the page and the simulated carrier to try it with.

pub mod lab;
pub mod softphone;
