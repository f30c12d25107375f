//! Stories across both planes, told against the real binary: a server in a folder of its own, an API client, phones.
//!
//! Never imported by the product.

pub mod api;
pub mod collector;
pub mod ear;
pub mod metrics;
pub mod peer;
pub mod peers;
pub mod process;
pub mod registrar;
pub mod server;
pub mod story;
pub mod voice;

pub use api::Api;
pub use collector::Collector;
pub use metrics::Metrics;
pub use server::{Server, Store};
