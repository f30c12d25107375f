//! Flows: scripts of calls that a company draws, tries out, publishes and rolls back. What a flow is and does is the crate `ivr`;
//! here it is kept, and whoever may change it is.
//!
//! A flow has one draft, with a revision that whoever saves must name, and any number of versions, of which one is live.

pub mod bundle;
pub mod draft;
pub mod publish;
pub mod routes;
pub mod row;
pub mod starter;
pub mod trial;
pub mod uses;
pub mod view;
