//! The log: one line readable alone, ids as fields; JSON where a machine reads it.

use tracing_subscriber::{EnvFilter, layer::SubscriberExt as _, util::SubscriberInitExt as _};

/// Phones that know us by address send it as server name, which RFC 6066 section 3 forbids and rustls ignores with a warning per
/// connection: nothing that an operator could act on.
const ADDRESS_AS_SERVER_NAME: &str = "rustls::msgs::handshake=error";

/// Starts the log with this filter, such as `info` or `patchbay_switch=debug`.
///
/// # Errors
/// A sentence when the filter cannot be read.
pub fn start(filter: &str, json: bool) -> Result<(), String> {
    let filter = parse(filter)?;
    let registry = tracing_subscriber::registry().with(filter);
    let lines = tracing_subscriber::fmt::layer().with_writer(std::io::stderr);
    let started = if json { registry.with(lines.json()).try_init() } else { registry.with(lines.compact()).try_init() };
    started.map_err(|why| why.to_string())
}

/// What the filter does not say of rustls itself is ours to say.
fn parse(filter: &str) -> Result<EnvFilter, String> {
    let parsed = EnvFilter::try_new(filter).map_err(|why| format!("log = {filter:?}: {why}"))?;
    match ADDRESS_AS_SERVER_NAME.parse() {
        Ok(quieter) if !filter.contains("rustls") => Ok(parsed.add_directive(quieter)),
        _ => Ok(parsed),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_as_server_name_is_no_news_unless_asked_for() {
        assert!(parse("info").unwrap().to_string().contains(ADDRESS_AS_SERVER_NAME));
        assert!(!parse("info,rustls=debug").unwrap().to_string().contains(ADDRESS_AS_SERVER_NAME));
        assert!(parse("info,=,x=loud").is_err());
    }
}
