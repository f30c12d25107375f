//! Bytes to values and back: lenient in, strict out.

pub mod address;
pub mod frame;
pub mod message;
pub mod name;
pub mod option;
pub mod params;
pub mod replaces;
pub mod uri;
pub mod via;
pub mod write;
