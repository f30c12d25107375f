//! Calls back that were promised to callers: asked for in flows, kept at their place in the queue, offered to agents, closed.

pub mod book;
pub mod routes;
pub mod row;
pub mod steps;
