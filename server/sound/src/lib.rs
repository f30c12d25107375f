//! Floor 4: sound that is kept. Files of strangers become samples, texts become speech, and both lie in a store.
//!
//! For the control plane. Decoding and shaping are pure functions over bytes; [`speech`] runs programs and [`store`] writes files.
//! Nothing here knows a tenant, a database or HTTP.

pub mod decode;
pub mod resample;
pub mod shape;
pub mod speech;
pub mod store;
pub mod vault;

pub use decode::{DecodeFault, Recording, decode};
pub use shape::{Shaped, shape};
pub use store::{BlobWriter, Blobs, Folder, StoreFault};
