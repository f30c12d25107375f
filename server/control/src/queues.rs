//! Queues as a company sets them up: what they ask of agents, who works in them, skills, reason codes, dispositions.

pub mod dispositions;
pub mod follow;
pub mod live;
pub mod people;
pub mod reasons;
pub mod routes;
pub mod row;
pub mod shapes;
pub mod skills;
