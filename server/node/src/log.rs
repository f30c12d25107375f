//! The log: one line readable alone, ids as fields; JSON where a machine reads it.

use tracing_subscriber::{EnvFilter, layer::SubscriberExt as _, util::SubscriberInitExt as _};

/// Starts the log with this filter, such as `info` or `patchbay_switch=debug`.
///
/// # Errors
/// A sentence when the filter cannot be read.
pub fn start(filter: &str, json: bool) -> Result<(), String> {
    let filter = EnvFilter::try_new(filter).map_err(|why| format!("log = {filter:?}: {why}"))?;
    let registry = tracing_subscriber::registry().with(filter);
    let lines = tracing_subscriber::fmt::layer().with_writer(std::io::stderr);
    let started = if json { registry.with(lines.json()).try_init() } else { registry.with(lines.compact()).try_init() };
    started.map_err(|why| why.to_string())
}
