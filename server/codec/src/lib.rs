//! Floor 1: audio as samples.
//!
//! One table of codecs ([`ALL`]) that session descriptions and the media engine read, encoders and decoders over 16-bit mono
//! samples at 8 kHz, tones and their measurement, and a reader of WAV files. Never here: packets, sockets, files, time.

pub mod detect;
pub mod g711;
pub mod measure;
pub mod opus;
pub mod plc;
pub mod spec;
pub mod tone;
pub mod wav;

pub use spec::{ALL, CodecId, CodecSpec, Decoder, Encoder, FRAME, RATE};
