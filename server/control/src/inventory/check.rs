//! Rules for fields that several resources of the inventory share.

use patchbay_gateway::DialPlan;
use patchbay_kernel::money::Currency;

use crate::kit::{body::Check, money::Money};

/// A country that has a dialling plan.
pub fn country(check: &mut Check, code: &str, field: &str) {
    check.need(DialPlan::of(code).is_some(), field, "unknown_country", "Not a country code of two letters.");
}

/// A price.
pub fn price(check: &mut Check, price: &Money, field: &str) {
    let fits = price.micros >= 0 && price.currency.parse::<Currency>().is_ok();
    check.need(fits, field, "price", "Not negative, with a currency code of three capitals.");
}

/// The address of a gateway.
pub fn address(check: &mut Check, host: Option<&str>, udp_port: Option<i64>, transport: Option<&str>) {
    check.need(
        host.is_none_or(is_host),
        "host",
        "host",
        "A host name or an IP address, without a scheme or a port number.",
    );
    check.need(udp_port.is_none_or(|port| (1..=65_535).contains(&port)), "udp_port", "range", "Between 1 and 65535.");
    let known = transport.is_none_or(|transport| matches!(transport, "udp" | "tcp" | "tls"));
    check.need(known, "transport", "not_offered", "One of udp, tcp, tls.");
}

/// Whether the text can be a host name or an address: what RFC 1123 allows, or an IP address.
pub fn is_host(text: &str) -> bool {
    if text.parse::<std::net::IpAddr>().is_ok() {
        return true;
    }
    let label = |label: &str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    text.len() <= 253 && text.split('.').all(label)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_are_names_or_addresses() {
        for good in ["gw", "gw-1.example.com", "192.0.2.7", "2001:db8::7"] {
            assert!(is_host(good), "{good}");
        }
        for bad in ["", "a b", "sip:gw", "gw:5060", "-a", "a..b", &"x".repeat(64)] {
            assert!(!is_host(bad), "{bad}");
        }
    }

    #[test]
    fn prices_are_not_negative_and_have_a_currency() {
        for (micros, currency, good) in
            [(0, "USD", true), (1, "EUR", true), (-1, "USD", false), (1, "usd", false), (1, "", false)]
        {
            let mut check = Check::default();
            price(&mut check, &Money::stored(micros, currency), "monthly");
            assert_eq!(check.done().is_ok(), good, "{micros} {currency}");
        }
    }
}
