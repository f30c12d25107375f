//! Prompts: what callers are played. A prompt has a name and, for each language, a sound: a file that was sent, a recording of the
//! browser, or a text that was spoken. Whatever came is decoded, brought to one loudness and kept at the rates of calls; only what
//! we wrote ourselves is ever given out again.

pub mod audio;
pub mod endpoint;
pub mod routes;
pub mod row;
pub mod sound;
pub mod speech;
pub mod studio;
pub mod view;
