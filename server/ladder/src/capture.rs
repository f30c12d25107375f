//! The SIP of one gateway for some minutes, secrets masked, as a file for packet tools. What is kept is bounded.

use std::{
    collections::{HashMap, HashSet},
    net::SocketAddr,
};

use patchbay_kernel::{GatewayId, Wall};
use patchbay_plane::{CaptureAsk, CaptureState};

use crate::{book::Passing, mask, pcap};

/// Captures at once.
pub const MOST: usize = 4;
/// Bytes of one.
pub const LARGEST: usize = 8 << 20;
/// Addresses that are learned for one; behind a box that speaks from more stands a flood.
const ADDRESSES: usize = 64;
/// An ended one can be fetched for so long, in seconds.
const FETCHED_WITHIN_S: i64 = 3_600;

struct Capture {
    until: Wall,
    addresses: HashSet<SocketAddr>,
    accounts: Vec<Vec<u8>>,
    packets: u32,
    left_out: u32,
    file: Vec<u8>,
}

/// All captures of a node. Time comes with the messages.
#[derive(Default)]
pub struct Captures {
    of: HashMap<GatewayId, Capture>,
}

impl Captures {
    /// Begin one, in place of an older one of the same gateway; `false` when there are too many.
    pub fn begin(&mut self, gateway: GatewayId, ask: CaptureAsk, now: Wall) -> bool {
        self.of.retain(|_, capture| capture.until.plus_s(FETCHED_WITHIN_S) > now);
        self.of.remove(&gateway);
        if self.of.values().filter(|capture| capture.until > now).count() >= MOST {
            return false;
        }
        // Of those that are over, the oldest makes room.
        while self.of.len() >= 2 * MOST {
            let oldest = self.of.iter().min_by_key(|(_, capture)| capture.until).map(|(id, _)| *id);
            oldest.and_then(|id| self.of.remove(&id));
        }
        // An account stands before an `@` or in quotes; without its end it could be the beginning of another.
        let needles = |name: &String| [format!("{name}@").into_bytes(), format!("\"{name}\"").into_bytes()];
        let capture = Capture {
            until: ask.until,
            addresses: ask.addresses.into_iter().collect(),
            accounts: ask.accounts.iter().flat_map(needles).collect(),
            packets: 0,
            left_out: 0,
            file: pcap::head(),
        };
        self.of.insert(gateway, capture);
        true
    }

    /// Whether any is running: else messages need not be looked at.
    pub fn is_idle(&self, now: Wall) -> bool {
        self.of.values().all(|capture| capture.until <= now)
    }

    /// A message passes; `own` is our end.
    pub fn message(&mut self, passing: Passing<'_>, own: SocketAddr) {
        for capture in self.of.values_mut().filter(|capture| capture.until > passing.at) {
            if !capture.concerns(&passing) {
                continue;
            }
            let text = mask::mask(&String::from_utf8_lossy(passing.bytes));
            let (from, to) = if passing.ours { (own, passing.peer) } else { (passing.peer, own) };
            let packet = pcap::packet(passing.at, from, to, text.as_bytes());
            if capture.file.len() + packet.len() > LARGEST {
                capture.left_out += 1;
            } else {
                capture.file.extend(packet);
                capture.packets += 1;
            }
        }
    }

    /// How one stands.
    pub fn state(&self, gateway: GatewayId) -> Option<CaptureState> {
        self.of.get(&gateway).map(|capture| CaptureState {
            until: capture.until,
            packets: capture.packets,
            left_out: capture.left_out,
            bytes: capture.file.len(),
        })
    }

    /// What was caught so far, as a file.
    pub fn file(&self, gateway: GatewayId) -> Option<Vec<u8>> {
        self.of.get(&gateway).map(|capture| capture.file.clone())
    }

    /// End one before its time; what was caught stays. `false` when there is none.
    pub fn end(&mut self, gateway: GatewayId, now: Wall) -> bool {
        let Some(capture) = self.of.get_mut(&gateway) else { return false };
        capture.until = capture.until.min(now);
        true
    }
}

impl Capture {
    /// It comes from or goes to an address of the box, or names one of its accounts; then the address is its own from here on.
    fn concerns(&mut self, passing: &Passing<'_>) -> bool {
        if self.addresses.contains(&passing.peer) {
            return true;
        }
        let head = passing.bytes.windows(4).position(|four| four == b"\r\n\r\n").unwrap_or(passing.bytes.len());
        let head = &passing.bytes[..head];
        let named = self.accounts.iter().any(|name| head.windows(name.len()).any(|part| part == name.as_slice()));
        if named && self.addresses.len() < ADDRESSES {
            self.addresses.insert(passing.peer);
        }
        named
    }
}

#[cfg(test)]
mod tests {
    use patchbay_kernel::SeededEntropy;

    use super::*;

    const OWN: &str = "198.51.100.1:5060";

    fn gateway(seed: u64) -> GatewayId {
        GatewayId::new(Wall(1), &mut SeededEntropy::new(seed))
    }

    fn ask(addresses: &[&str], accounts: &[&str]) -> CaptureAsk {
        CaptureAsk {
            until: Wall(1_000_000),
            addresses: addresses.iter().map(|it| it.parse().unwrap()).collect(),
            accounts: accounts.iter().map(|it| (*it).to_owned()).collect(),
        }
    }

    fn pass(captures: &mut Captures, at: i64, peer: &str, text: &str) {
        let peer = peer.parse().unwrap();
        let passing = Passing { at: Wall(at), ours: false, transport: "udp", peer, bytes: text.as_bytes() };
        captures.message(passing, OWN.parse().unwrap());
    }

    const REGISTER: &str = "REGISTER sip:us SIP/2.0\r\nTo: <sip:kestrel-02@us>\r\n\
                            Authorization: Digest username=\"kestrel-02\", response=\"f00\"\r\n\r\n";

    #[test]
    fn only_the_messages_of_the_box_and_none_of_its_secrets() {
        let (mut captures, box_) = (Captures::default(), gateway(1));
        assert!(captures.begin(box_, ask(&["192.0.2.7:5060"], &[]), Wall(0)));
        pass(&mut captures, 1, "192.0.2.7:5060", REGISTER);
        pass(&mut captures, 2, "192.0.2.8:5060", REGISTER);
        assert_eq!(captures.state(box_).unwrap().packets, 1);
        let file = String::from_utf8_lossy(&captures.file(box_).unwrap()).into_owned();
        assert!(file.contains("kestrel-02@us") && !file.contains("f00"));
    }

    #[test]
    fn a_box_is_known_by_its_account_and_then_by_its_address() {
        let (mut captures, box_) = (Captures::default(), gateway(1));
        captures.begin(box_, ask(&[], &["kestrel-02"]), Wall(0));
        pass(&mut captures, 1, "192.0.2.9:1024", "OPTIONS sip:x SIP/2.0\r\n\r\n");
        pass(&mut captures, 1, "192.0.2.8:1024", "REGISTER sip:us SIP/2.0\r\nTo: <sip:kestrel-022@us>\r\n\r\n");
        assert_eq!(captures.state(box_).unwrap().packets, 0);
        pass(&mut captures, 2, "192.0.2.9:1024", REGISTER);
        pass(&mut captures, 3, "192.0.2.9:1024", "OPTIONS sip:x SIP/2.0\r\n\r\n");
        assert_eq!(captures.state(box_).unwrap().packets, 2);
    }

    #[test]
    fn it_ends_by_its_time_by_hand_and_by_its_size() {
        let (mut captures, box_) = (Captures::default(), gateway(1));
        captures.begin(box_, ask(&["192.0.2.7:5060"], &[]), Wall(0));
        let long = format!("MESSAGE sip:x SIP/2.0\r\n\r\n{}", "x".repeat(60_000));
        for _ in 0..200 {
            pass(&mut captures, 5, "192.0.2.7:5060", &long);
        }
        let state = captures.state(box_).unwrap();
        assert!(state.bytes <= LARGEST && state.left_out > 0 && state.packets + state.left_out == 200);
        pass(&mut captures, 1_000_000, "192.0.2.7:5060", REGISTER);
        assert_eq!(captures.state(box_).unwrap().left_out, state.left_out, "it is over");
        assert!(captures.is_idle(Wall(1_000_000)) && !captures.is_idle(Wall(5)));
        assert!(captures.end(box_, Wall(6)) && captures.is_idle(Wall(7)) && captures.file(box_).is_some());
        assert!(!captures.end(gateway(2), Wall(6)));
    }

    #[test]
    fn there_are_no_more_than_a_few() {
        let mut captures = Captures::default();
        for seed in 0..4 {
            assert!(captures.begin(gateway(seed), ask(&[], &[]), Wall(0)));
        }
        assert!(!captures.begin(gateway(9), ask(&[], &[]), Wall(0)));
        assert!(captures.begin(gateway(2), ask(&[], &[]), Wall(0)), "in place of its own");
        for seed in 10..30 {
            for running in 0..30 {
                captures.end(gateway(running), Wall(0));
            }
            assert!(captures.begin(gateway(seed), ask(&[], &[]), Wall(0)));
        }
        assert!(captures.of.len() <= 2 * MOST);
    }
}
