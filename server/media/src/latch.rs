//! Whose packets are believed on a plain RTP leg, and where ours go (class C5: nobody steals or injects audio).
//!
//! Audio is taken from the announced address. Where the leg allows it, audio may follow the box once to an address that it
//! did not announce, only in the first two seconds after its first description and only before anything came from the
//! announced one. Later descriptions never open that door again. Once the announced address speaks it is the one, for good:
//! else a box that missed the end of an earlier call, and still talks to a UDP port that is used again, would take the place of
//! the party. Under SRTP the packet itself is the proof.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use patchbay_kernel::{Tick, time::Span};

/// How long the door is open.
const DOOR: Span = Span::secs(2);

/// What the leg allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Allow {
    /// The announced address and no other.
    Announced,
    /// Another UDP port of the announced host.
    WithinHost,
    /// Any address when the announced one is private (a phone behind NAT), else as [`Self::WithinHost`].
    BehindNat,
}

/// The address book of one leg.
#[derive(Debug)]
pub struct Latch {
    allow: Allow,
    announced: Option<SocketAddr>,
    target: Option<SocketAddr>,
    first_described: Option<Tick>,
    /// Something came from the target.
    settled: bool,
    /// It is another address than the announced one.
    strayed: bool,
    /// When anything last came from the target, or when it was announced.
    seen: Option<Tick>,
}

/// A sealed leg follows its party only when the place where it was has been silent for so long: whoever copies packets and
/// delivers them faster than the network must not draw the answers to himself.
const MOVES_AFTER: Span = Span::ms(250);

impl Latch {
    /// Nothing is known yet, nothing is believed.
    pub const fn new(allow: Allow) -> Self {
        Self { allow, announced: None, target: None, first_described: None, settled: false, strayed: false, seen: None }
    }
    /// Where our packets go.
    pub const fn target(&self) -> Option<SocketAddr> {
        self.target
    }

    /// A description announced `address`. The unspecified address and UDP port 0 mean hold and change nothing.
    pub fn describe(&mut self, address: SocketAddr, now: Tick) {
        if address.ip().is_unspecified() || address.port() == 0 {
            return;
        }
        if self.announced != Some(address) {
            self.announced = Some(address);
            self.target = Some(address);
            self.strayed = false;
            self.seen = Some(now);
        }
        self.first_described.get_or_insert(now);
    }

    /// Whether a plain packet from `from` is believed.
    pub fn admit(&mut self, from: SocketAddr, now: Tick) -> bool {
        if self.target == Some(from) {
            self.settled = true;
            return true;
        }
        let (Some(announced), Some(first)) = (self.announced, self.first_described) else { return false };
        if announced == from && self.strayed {
            self.strayed = false;
            self.target = Some(from);
            return true;
        }
        if self.settled || now.since(first) > DOOR || !self.allowed(announced.ip(), from.ip()) {
            return false;
        }
        self.settled = true;
        self.strayed = true;
        self.target = Some(from);
        true
    }

    /// Any packet of a sealed leg came from `from`, authentic or not: a packet that a copy overtook is none of those.
    pub fn seen(&mut self, from: SocketAddr, now: Tick) {
        if self.target == Some(from) {
            self.seen = Some(now);
        }
    }

    /// An authentic SRTP packet came from `from`: the party is there now, unless something just came from where it was.
    pub fn proven(&mut self, from: SocketAddr, now: Tick) {
        self.settled = true;
        if self.seen.is_none_or(|last| now.since(last) >= MOVES_AFTER) {
            self.target = Some(from);
            self.seen = Some(now);
        }
    }

    /// Whether a plain control packet from this host is believed; its UDP port is often another one.
    pub fn admits_control(&self, from: IpAddr) -> bool {
        self.target.is_some_and(|target| target.ip() == from)
    }

    fn allowed(&self, announced: IpAddr, from: IpAddr) -> bool {
        match self.allow {
            Allow::Announced => false,
            Allow::WithinHost => announced == from,
            Allow::BehindNat => announced == from || is_private(announced),
        }
    }
}

/// Addresses that mean nothing beyond the party's own network (RFC 1918, RFC 6598, RFC 3927, RFC 4193).
fn is_private(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => v4.is_private() || v4.is_link_local() || is_shared(v4),
        IpAddr::V6(v6) => v6.is_unique_local() || v6.is_unicast_link_local(),
    }
}

const fn is_shared(v4: Ipv4Addr) -> bool {
    let [a, b, ..] = v4.octets();
    a == 100 && b & 0xc0 == 64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> SocketAddr {
        text.parse().unwrap()
    }
    fn described(allow: Allow, address: &str) -> Latch {
        let mut latch = Latch::new(allow);
        latch.describe(at(address), Tick::from_ms(100));
        latch
    }

    #[test]
    fn nothing_is_believed_before_a_description() {
        let mut latch = Latch::new(Allow::BehindNat);
        assert!(!latch.admit(at("192.0.2.1:1000"), Tick::ZERO));
        assert_eq!(latch.target(), None);
    }

    #[test]
    fn a_gateway_may_use_another_port_of_its_host_once_and_early() {
        let mut latch = described(Allow::WithinHost, "192.0.2.1:1000");
        assert!(!latch.admit(at("198.51.100.9:1000"), Tick::from_ms(200)));
        assert!(latch.admit(at("192.0.2.1:1008"), Tick::from_ms(300)));
        assert_eq!(latch.target(), Some(at("192.0.2.1:1008")));
        assert!(!latch.admit(at("192.0.2.1:1010"), Tick::from_ms(400)), "only once");
        assert_eq!(latch.target(), Some(at("192.0.2.1:1008")));
    }

    #[test]
    fn who_still_talks_from_an_earlier_call_gives_way_to_the_announced_address() {
        let mut latch = described(Allow::WithinHost, "192.0.2.1:1000");
        assert!(latch.admit(at("192.0.2.1:1008"), Tick::from_ms(101)));
        assert!(latch.admit(at("192.0.2.1:1000"), Tick::from_ms(9_000)), "it picked up late");
        assert_eq!(latch.target(), Some(at("192.0.2.1:1000")));
        assert!(!latch.admit(at("192.0.2.1:1008"), Tick::from_ms(9_020)));
        assert!(!latch.admit(at("192.0.2.1:1012"), Tick::from_ms(9_040)));
        assert_eq!(latch.target(), Some(at("192.0.2.1:1000")));
    }

    #[test]
    fn once_the_announced_address_spoke_the_door_is_shut() {
        let mut latch = described(Allow::BehindNat, "10.0.0.7:1000");
        assert!(latch.admit(at("10.0.0.7:1000"), Tick::from_ms(150)));
        assert!(!latch.admit(at("198.51.100.9:5"), Tick::from_ms(160)));
    }

    #[test]
    fn after_two_seconds_and_after_later_descriptions_it_stays_shut() {
        let mut latch = described(Allow::BehindNat, "10.0.0.7:1000");
        assert!(!latch.admit(at("198.51.100.9:5"), Tick::from_ms(2_101)));
        latch.describe(at("10.0.0.7:2000"), Tick::from_ms(60_000));
        assert!(!latch.admit(at("198.51.100.9:5"), Tick::from_ms(60_001)));
        assert_eq!(latch.target(), Some(at("10.0.0.7:2000")), "but the signalled address is followed");
    }

    #[test]
    fn a_public_phone_is_not_followed_to_another_host() {
        let mut latch = described(Allow::BehindNat, "192.0.2.1:1000");
        assert!(!latch.admit(at("198.51.100.9:5"), Tick::from_ms(150)));
        let mut strict = described(Allow::Announced, "192.0.2.1:1000");
        assert!(!strict.admit(at("192.0.2.1:1001"), Tick::from_ms(150)));
    }

    #[test]
    fn a_sealed_leg_follows_its_party_but_no_copies_of_its_packets() {
        let mut latch = described(Allow::Announced, "192.0.2.1:1000");
        for ms in (120..2_000).step_by(20) {
            latch.seen(at("198.51.100.9:5"), Tick::from_ms(ms - 1));
            latch.proven(at("198.51.100.9:5"), Tick::from_ms(ms - 1));
            assert_eq!(latch.target(), Some(at("192.0.2.1:1000")), "a copy that came first");
            latch.seen(at("192.0.2.1:1000"), Tick::from_ms(ms));
        }
        latch.proven(at("198.51.100.9:5"), Tick::from_ms(2_300));
        assert_eq!(latch.target(), Some(at("198.51.100.9:5")), "the party moved");
    }

    #[test]
    fn hold_by_address_keeps_what_was_learned() {
        let mut latch = described(Allow::BehindNat, "100.64.3.4:1000");
        assert!(latch.admit(at("198.51.100.9:5"), Tick::from_ms(150)));
        latch.describe(at("0.0.0.0:1000"), Tick::from_ms(900));
        latch.describe(at("100.64.3.4:1000"), Tick::from_ms(1_900));
        assert_eq!(latch.target(), Some(at("198.51.100.9:5")));
    }
}
