//! The log: one line readable alone, ids as fields; JSON where a machine reads it.

use tracing_subscriber::{EnvFilter, layer::SubscriberExt as _, util::SubscriberInitExt as _};

/// What crates of others say too loudly, unless the filter names them. Phones that know us by address send it as server name,
/// which RFC 6066 section 3 forbids and rustls ignores with a warning per connection: nothing that an operator could act on. The
/// migrator tells every step of the first start, in front of the address that people are waiting for.
const QUIETER: [(&str, &str); 2] =
    [("rustls", "rustls::msgs::handshake=error"), ("sea_orm_migration", "sea_orm_migration=warn")];

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

/// What the filter does not say of [`QUIETER`] crates is ours to say.
fn parse(filter: &str) -> Result<EnvFilter, String> {
    let mut parsed = EnvFilter::try_new(filter).map_err(|why| format!("log = {filter:?}: {why}"))?;
    for (_, quieter) in QUIETER.iter().filter(|(name, _)| !filter.contains(name)) {
        if let Ok(quieter) = quieter.parse() {
            parsed = parsed.add_directive(quieter);
        }
    }
    Ok(parsed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_loud_are_quiet_unless_asked_for() {
        for (name, quieter) in QUIETER {
            assert!(parse("info").unwrap().to_string().contains(quieter));
            assert!(!parse(&format!("info,{name}=debug")).unwrap().to_string().contains(quieter));
        }
        assert!(parse("info,=,x=loud").is_err());
    }
}
