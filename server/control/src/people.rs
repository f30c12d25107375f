//! Who belongs to a company and who is asked to.

pub mod row;
