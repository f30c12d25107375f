//! What every resource is made with: the application's state, who calls, what they may, bodies, transactions, problems.

pub mod app;
pub mod body;
pub mod caller;
pub mod cursor;
pub mod digest;
pub mod limits;
pub mod may;
pub mod money;
pub mod once;
pub mod operator;
pub mod origin;
pub mod overlap;
pub mod password;
pub mod problem;
pub mod quota;
pub mod rates;
pub mod sheet;
pub mod source;
pub mod tickets;
pub mod token;
pub mod words;
