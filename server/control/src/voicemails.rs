//! Messages that callers left: whose box they lie in, how one gets there, who is told, hearing and removing them.

pub mod lamp;
pub mod mailbox;
pub mod notice;
pub mod routes;
pub mod row;
pub mod taking;
