//! SIP messages by what they are. One look at the first line, one relaxed addition.

use std::sync::OnceLock;

use metrics::{Counter, counter};
use patchbay_signaling::Way;
use patchbay_sip::{FlowId, Net};

/// Methods with a name of their own; the rest is `other`.
const METHODS: [&str; 14] = [
    "INVITE",
    "ACK",
    "BYE",
    "CANCEL",
    "REGISTER",
    "OPTIONS",
    "INFO",
    "UPDATE",
    "PRACK",
    "REFER",
    "NOTIFY",
    "SUBSCRIBE",
    "MESSAGE",
    "PUBLISH",
];
const CLASSES: [&str; 6] = ["1xx", "2xx", "3xx", "4xx", "5xx", "6xx"];
const OTHER: usize = METHODS.len() + CLASSES.len();
const KINDS: usize = OTHER + 1;
const NETS: [&str; 4] = ["udp", "tcp", "tls", "ws"];

/// The counters, each made when it is first needed.
pub struct Messages([[OnceLock<Counter>; KINDS]; NETS.len() * 2]);

impl Default for Messages {
    fn default() -> Self {
        Self(std::array::from_fn(|_| std::array::from_fn(|_| OnceLock::new())))
    }
}

impl Messages {
    /// One message.
    pub fn count(&self, way: Way, flow: FlowId, bytes: &[u8]) {
        let net = match flow.net() {
            Net::Udp => 0,
            Net::Tcp => 1,
            Net::Tls => 2,
            Net::Ws => 3,
        };
        let kind = kind(bytes);
        let way = usize::from(way == Way::Out);
        self.0[net * 2 + way][kind].get_or_init(|| made(way, net, kind)).increment(1);
    }
}

fn made(way: usize, net: usize, kind: usize) -> Counter {
    let name = METHODS.iter().chain(&CLASSES).nth(kind).copied().unwrap_or("other");
    let way = ["in", "out"][way];
    counter!("patchbay_sip_messages_total", "way" => way, "transport" => NETS[net], "kind" => name)
}

/// Place of this message's counter: its method, or the class of its status.
fn kind(bytes: &[u8]) -> usize {
    if let Some(status) = bytes.strip_prefix(b"SIP/2.0 ") {
        return match status.first() {
            Some(digit @ b'1'..=b'6') => METHODS.len() + usize::from(digit - b'1'),
            _ => OTHER,
        };
    }
    let method = bytes.iter().take(12).position(|byte| *byte == b' ').map(|end| &bytes[..end]);
    method.and_then(|method| METHODS.iter().position(|name| name.as_bytes() == method)).unwrap_or(OTHER)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_known_by_its_first_line() {
        let name = |bytes: &[u8]| METHODS.iter().chain(&CLASSES).nth(kind(bytes)).copied().unwrap_or("other");
        assert_eq!(name(b"INVITE sip:a@b SIP/2.0\r\n"), "INVITE");
        assert_eq!(name(b"SUBSCRIBE sip:a@b SIP/2.0\r\n"), "SUBSCRIBE");
        assert_eq!(name(b"SIP/2.0 486 Busy Here\r\n"), "4xx");
        for strange in
            [&b"SIP/2.0 999 x"[..], b"SIP/2.0 ", b"invite sip:a@b SIP/2.0", b"\r\n\r\n", b"", b"INVITEXXXXXXXXXXX "]
        {
            assert_eq!(name(strange), "other", "{strange:?}");
        }
    }
}
