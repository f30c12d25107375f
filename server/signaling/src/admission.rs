//! Who may come in now: rates per source, silence for scanners, and what is refused first when there is too much.
//!
//! Order of giving way (`safety.md` section 4): strangers, new calls of phones, new calls of gateways. What belongs to a call that
//! is up, or to a request that was let in, always passes.

use std::net::IpAddr;

use patchbay_kernel::{Bucket, Tick, time::Span};

use crate::{
    config::Limits,
    gate::{Gate, network},
    overload::{Behind, Load, Overload},
    peek::{self, Kind},
    watch::{Earned, Watch, earned},
};

/// Refusals a second that strangers may cost us; the rest is dropped.
const REFUSALS: (u32, u32) = (1_000, 1_000);

/// What becomes of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Admit {
    /// Let it in.
    Pass,
    /// Its source sends too much.
    TooMany,
    /// Its source is not heard now.
    Silenced,
    /// Strangers send too much together.
    Crowd,
    /// Refuse it with 503, and say after how many seconds to come again.
    Refuse(u32),
}

/// Where a message came from.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Origin {
    /// Source address.
    pub source: IpAddr,
    /// Whether the connection it came over has signed in.
    pub signed_in: bool,
    /// Whether it came over a connection, which has a rate of its own.
    pub stream: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Who {
    Stranger,
    Verified,
    Known,
}

/// The state of the door.
pub(crate) struct Admission {
    messages: Gate,
    calls: Gate,
    watch: Watch,
    overload: Overload,
    behind: Behind,
    limits: Limits,
    strangers: Bucket,
    registers: Bucket,
    refusals: Bucket,
    /// Messages of strangers and of others since the queues were empty.
    crowd: (u64, u64),
}

impl Admission {
    /// Open to all.
    pub fn new(limits: &Limits, now: Tick) -> Self {
        Self {
            messages: Gate::new((limits.messages_per_s, limits.burst), limits.known_factor, now),
            calls: Gate::new(limits.calls, limits.known_factor, now),
            watch: Watch::default(),
            overload: Overload::default(),
            behind: Behind::default(),
            strangers: Bucket::full(limits.strangers.1, now),
            registers: Bucket::full(limits.registers.1, now),
            refusals: Bucket::full(REFUSALS.1, now),
            crowd: (0, 0),
            limits: limits.clone(),
        }
    }

    /// These sources are known, and no others.
    pub fn know(&mut self, sources: &[IpAddr]) {
        self.messages.know(sources.iter().copied());
        self.calls.know(sources.iter().copied());
    }

    /// The queues have not been empty for so long.
    pub fn busy(&mut self, length: Span, now: Tick) -> Load {
        let (strange, others) = self.crowd;
        self.overload.observe(length, strange > others, now);
        if length.0 == 0 {
            self.crowd = (0, 0);
        }
        self.overload.load()
    }

    /// The oldest call that nothing was decided about has waited for so long.
    pub fn behind(&mut self, age: Span, now: Tick) {
        self.behind.observe(age, now);
    }

    /// Whoever comes from here has shown a ticket.
    pub fn trust(&mut self, source: IpAddr, now: Tick) {
        self.watch.trust(network(source), now);
    }

    /// A message came.
    pub fn admit(&mut self, origin: Origin, bytes: &[u8], now: Tick) -> Admit {
        let source = network(origin.source);
        // A connection has a rate of its own, and whoever signed in over it does not pay for its neighbours.
        let by_itself = origin.stream && origin.signed_in;
        let known = self.messages.knows(source);
        let admitted = by_itself || self.messages.admits(source, now);
        let strange = !known && !origin.signed_in && !self.watch.is_verified(source, now);
        if strange || !admitted {
            self.crowd.0 += 1;
        } else {
            self.crowd.1 += 1;
        }
        if !admitted {
            return Admit::TooMany;
        }
        if !known && !origin.signed_in && self.watch.is_silenced(source, now) {
            return Admit::Silenced;
        }
        let who = match known {
            true => Who::Known,
            false if strange => Who::Stranger,
            false => Who::Verified,
        };
        match (peek::kind(bytes), who) {
            // A gateway's OPTIONS asks whether we are alive: we are.
            (Kind::Within, _) | (Kind::Other, Who::Known | Who::Verified) => Admit::Pass,
            (Kind::Garbage, Who::Stranger) => {
                self.watch.blame(source, 3, now);
                Admit::Pass
            }
            (Kind::Garbage, _) => Admit::Pass,
            (Kind::Register, _) => self.register(source, who, now),
            (Kind::Invite | Kind::Other, Who::Stranger) => self.stranger(source, now),
            (Kind::Invite, Who::Verified | Who::Known) => self.call(source, who, now),
        }
    }

    fn call(&mut self, source: IpAddr, who: Who, now: Tick) -> Admit {
        let refused_from = if who == Who::Known { Load::Full } else { Load::High };
        if self.overload.load().max(self.behind.load()) >= refused_from || !self.calls.admits(source, now) {
            return Admit::Refuse(later(source, now));
        }
        Admit::Pass
    }

    fn register(&mut self, source: IpAddr, who: Who, now: Tick) -> Admit {
        let (per_s, burst) = self.limits.registers;
        let per_s = if self.overload.load() == Load::Calm { per_s } else { per_s / 5 };
        if self.registers.take(per_s, burst, now).is_ok() {
            return Admit::Pass;
        }
        self.refuse(source, who, now)
    }

    fn stranger(&mut self, source: IpAddr, now: Tick) -> Admit {
        let (per_s, burst) = self.limits.strangers;
        if self.overload.load() > Load::Calm {
            // Even a refusal costs more than can be spared.
            self.watch.blame(source, 1, now);
            return Admit::Crowd;
        }
        if self.strangers.take(per_s, burst, now).is_ok() {
            return Admit::Pass;
        }
        // One of many that ask too much at once has a share in it.
        self.watch.blame(source, 1, now);
        self.refuse(source, Who::Stranger, now)
    }

    fn refuse(&mut self, source: IpAddr, who: Who, now: Tick) -> Admit {
        if who == Who::Stranger && self.refusals.take(REFUSALS.0, REFUSALS.1, now).is_err() {
            return Admit::Crowd;
        }
        Admit::Refuse(later(source, now))
    }

    /// We answer a peer; `true` when it has signed in by that.
    pub fn answered(&mut self, source: IpAddr, bytes: &[u8], now: Tick) -> bool {
        let source = network(source);
        let Some((status, method)) = peek::answer(bytes) else { return false };
        match earned(status, method) {
            Earned::Trust => {
                self.watch.trust(source, now);
                true
            }
            Earned::Points(points) if !self.messages.knows(source) => {
                if self.watch.blame(source, points, now) {
                    tracing::info!(%source, "{source} has earned nothing but refusals and is not heard for a while");
                }
                false
            }
            Earned::Points(_) => false,
        }
    }

    /// Whether nothing from here is heard now.
    pub fn is_silenced(&self, source: IpAddr, now: Tick) -> bool {
        let source = network(source);
        !self.messages.knows(source) && self.watch.is_silenced(source, now)
    }
}

/// Seconds until the next try, spread so that those who are sent away together do not come back together.
fn later(source: IpAddr, now: Tick) -> u32 {
    let mixed = match source {
        IpAddr::V4(v4) => u64::from(v4.to_bits()),
        IpAddr::V6(v6) => (v6.to_bits() >> 64) as u64,
    };
    let spread = (mixed ^ now.0).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 32;
    5 + u32::try_from(spread % 16).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    const INVITE: &[u8] = b"INVITE sip:x@h SIP/2.0\r\nTo: <sip:x@h>\r\n\r\n";
    const BYE: &[u8] = b"BYE sip:x@h SIP/2.0\r\nTo: <sip:x@h>;tag=1\r\n\r\n";
    const REGISTER: &[u8] = b"REGISTER sip:h SIP/2.0\r\nTo: <sip:x@h>\r\n\r\n";
    const OPTIONS: &[u8] = b"OPTIONS sip:h SIP/2.0\r\nTo: <sip:x@h>\r\n\r\n";
    const LET_IN: &[u8] = b"SIP/2.0 200 OK\r\nCSeq: 2 REGISTER\r\n\r\n";
    const CHALLENGE: &[u8] = b"SIP/2.0 401 Unauthorized\r\nCSeq: 2 REGISTER\r\n\r\n";

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    fn door() -> Admission {
        let limits = Limits { strangers: (10, 10), registers: (10, 10), calls: (5, 5), ..Limits::default() };
        let mut door = Admission::new(&limits, Tick::ZERO);
        door.know(&[ip("198.51.100.1")]);
        door.answered(ip("203.0.113.1"), LET_IN, Tick::ZERO);
        door
    }

    fn udp(source: &str) -> Origin {
        Origin { source: ip(source), signed_in: false, stream: false }
    }

    fn busy(door: &mut Admission, ms: u64) {
        door.busy(Span::ms(ms), Tick::ZERO);
    }

    #[test]
    fn phones_give_way_before_gateways_and_what_is_up_never() {
        let mut door = door();
        let ask = |door: &mut Admission, source, bytes| door.admit(udp(source), bytes, Tick::ZERO);
        busy(&mut door, 300);
        assert!(matches!(ask(&mut door, "203.0.113.1", INVITE), Admit::Refuse(5..=20)));
        assert_eq!(ask(&mut door, "198.51.100.1", INVITE), Admit::Pass);
        busy(&mut door, 900);
        assert!(matches!(ask(&mut door, "198.51.100.1", INVITE), Admit::Refuse(_)));
        for source in ["203.0.113.1", "198.51.100.1", "192.0.2.9"] {
            assert_eq!(ask(&mut door, source, BYE), Admit::Pass, "{source}");
        }
        assert_eq!(ask(&mut door, "198.51.100.1", OPTIONS), Admit::Pass, "a probe is answered");
    }

    #[test]
    fn calls_give_way_while_their_owner_is_behind() {
        let mut door = door();
        door.behind(Span::ms(300), Tick::ZERO);
        assert_eq!(door.admit(udp("203.0.113.1"), INVITE, Tick::ZERO), Admit::Pass);
        let later = Tick::from_ms(150);
        door.behind(Span::ms(400), later);
        assert!(matches!(door.admit(udp("203.0.113.1"), INVITE, later), Admit::Refuse(5..=20)));
        assert_eq!(door.admit(udp("198.51.100.1"), INVITE, later), Admit::Pass, "a gateway's call");
        door.behind(Span::ms(600), later);
        assert!(matches!(door.admit(udp("198.51.100.1"), INVITE, later), Admit::Refuse(_)));
        assert_eq!(door.admit(udp("203.0.113.1"), BYE, later), Admit::Pass);
        door.behind(Span::ms(100), later);
        assert_eq!(door.admit(udp("203.0.113.1"), INVITE, later), Admit::Pass);
    }

    #[test]
    fn strangers_are_shaped_together_and_the_verified_are_not_concerned() {
        let mut door = door();
        let answers: Vec<Admit> =
            (0..200_u8).map(|n| door.admit(udp(&format!("192.0.2.{n}")), INVITE, Tick::ZERO)).collect();
        assert_eq!(answers.iter().filter(|it| **it == Admit::Pass).count(), 10);
        assert_eq!(door.admit(udp("203.0.113.1"), INVITE, Tick::ZERO), Admit::Pass);
        assert_eq!((0..10).filter(|_| door.admit(udp("203.0.113.1"), INVITE, Tick::ZERO) == Admit::Pass).count(), 4);
    }

    #[test]
    fn a_flood_of_strangers_shuts_strangers_out_and_nobody_else() {
        let mut door = door();
        for n in 0..200_u8 {
            door.admit(udp(&format!("192.0.2.{n}")), INVITE, Tick::ZERO);
        }
        door.admit(udp("203.0.113.1"), OPTIONS, Tick::ZERO);
        busy(&mut door, 900);
        assert_eq!(door.admit(udp("192.0.2.250"), INVITE, Tick::ZERO), Admit::Crowd);
        assert_eq!(door.admit(udp("203.0.113.1"), INVITE, Tick::ZERO), Admit::Pass);
        assert_eq!(door.admit(udp("198.51.100.1"), INVITE, Tick::ZERO), Admit::Pass);
    }

    #[test]
    fn a_storm_of_registrations_is_spread() {
        let mut door = door();
        let answers: Vec<Admit> =
            (0..110_u8).map(|n| door.admit(udp(&format!("192.0.2.{n}")), REGISTER, Tick::ZERO)).collect();
        let mut waits: Vec<u32> =
            answers.iter().filter_map(|it| if let Admit::Refuse(wait) = it { Some(*wait) } else { None }).collect();
        assert_eq!(waits.len(), 100);
        waits.sort_unstable();
        waits.dedup();
        assert!(waits.len() >= 10 && waits[0] >= 5 && waits[waits.len() - 1] <= 20, "{waits:?}");
    }

    #[test]
    fn a_scanner_is_silenced_and_nobody_else() {
        let mut door = door();
        for _ in 0..150 {
            door.answered(ip("192.0.2.7"), CHALLENGE, Tick::ZERO);
            door.answered(ip("198.51.100.1"), CHALLENGE, Tick::ZERO);
            door.answered(ip("203.0.113.1"), CHALLENGE, Tick::ZERO);
        }
        assert_eq!(door.admit(udp("192.0.2.7"), OPTIONS, Tick::ZERO), Admit::Silenced);
        assert_eq!(door.admit(udp("198.51.100.1"), OPTIONS, Tick::ZERO), Admit::Pass);
        assert_eq!(door.admit(udp("203.0.113.1"), OPTIONS, Tick::ZERO), Admit::Pass);
        let signed_in = Origin { source: ip("192.0.2.7"), signed_in: true, stream: true };
        assert_eq!(door.admit(signed_in, REGISTER, Tick::ZERO), Admit::Pass, "a page behind the same address");
    }
}
