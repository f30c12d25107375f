//! Webhooks: the company's event log, pushed to its own servers.
//!
//! An endpoint has a place in the log. The courier sends what lies behind it, one event at a time and in order, signed as Standard
//! Webhooks says; what fails is sent again by [`schedule`], and whoever fails for days is switched off and told. Every connection
//! goes where [`guard`] lets it.

pub mod address;
pub mod changes;
pub mod courier;
pub mod deliveries;
pub mod endpoints;
pub mod errand;
pub mod guard;
pub mod notice;
pub mod post;
pub mod row;
pub mod schedule;
pub mod sign;
pub mod view;
