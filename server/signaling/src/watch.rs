//! Strangers are judged by what they were answered (`safety.md` C11): whoever earns nothing but refusals hears nothing for a
//! while, whoever was let in once is no stranger.

use std::{collections::HashMap, net::IpAddr};

use patchbay_kernel::{Tick, time::Span};

/// Refusals are added up over this time.
const WINDOW: Span = Span::secs(60);
/// So many points and the source is not heard. A right password needs one challenge, so a hundred phones behind one address may
/// come at once.
const MOST_POINTS: u32 = 100;
/// The first silence; each further one is twice as long.
const SILENCE: Span = Span::secs(60);
/// The longest silence is the first one, doubled so often: 16 minutes.
const MOST_DOUBLED: u32 = 4;
/// A source that was let in is no stranger for so long: longer than the longest registration that is granted.
const VERIFIED: Span = Span::secs(3_700);
/// Entries of one table.
const MOST: usize = 65_536;

/// What is known of sources.
#[derive(Default)]
pub(crate) struct Watch {
    strangers: HashMap<IpAddr, Stranger>,
    verified: HashMap<IpAddr, Tick>,
    swept_at: Tick,
}

#[derive(Clone, Copy)]
struct Stranger {
    points: u32,
    since: Tick,
    silent_until: Tick,
    silences: u32,
}

/// What an answer of ours says about its receiver.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Earned {
    /// It has been let in: a password, a ticket or an agreed address.
    Trust,
    /// So many points.
    Points(u32),
}

/// Judges an answer by its status and method.
pub(crate) fn earned(status: u16, method: &[u8]) -> Earned {
    match (status, method) {
        // Anybody may ask what we can do, and a CANCEL is acknowledged whatever it is worth.
        (200..=299, b"OPTIONS" | b"CANCEL") | (100, _) => Earned::Points(0),
        (101..=299, _) => Earned::Trust,
        (401 | 407 | 481, _) => Earned::Points(1),
        (400 | 402..=406 | 410..=479 | 482..=485 | 489 | 493 | 494 | 501 | 505 | 513, _) => Earned::Points(3),
        _ => Earned::Points(0),
    }
}

impl Watch {
    /// Let in now.
    pub fn trust(&mut self, source: IpAddr, now: Tick) {
        if self.verified.len() >= MOST && !self.verified.contains_key(&source) {
            self.sweep(now);
            if self.verified.len() >= MOST {
                return;
            }
        }
        self.verified.insert(source, now);
        self.strangers.remove(&source);
    }

    /// Whether it was let in lately.
    pub fn is_verified(&self, source: IpAddr, now: Tick) -> bool {
        self.verified.get(&source).is_some_and(|at| now.since(*at) < VERIFIED)
    }

    /// Adds to a stranger's account; `true` when it falls silent by that.
    pub fn blame(&mut self, source: IpAddr, points: u32, now: Tick) -> bool {
        if points == 0 || self.is_verified(source, now) {
            return false;
        }
        if self.strangers.len() >= MOST && !self.strangers.contains_key(&source) {
            self.sweep(now);
            if self.strangers.len() >= MOST {
                // So many sources are a flood of forged ones: they are shaped together (`admission.rs`).
                return false;
            }
        }
        let fresh = Stranger { points: 0, since: now, silent_until: Tick::ZERO, silences: 0 };
        let stranger = self.strangers.entry(source).or_insert(fresh);
        if now.since(stranger.since) > WINDOW {
            (stranger.points, stranger.since) = (0, now);
        }
        stranger.points = stranger.points.saturating_add(points);
        if stranger.points < MOST_POINTS || stranger.silent_until > now {
            return false;
        }
        let length = Span(SILENCE.0 << stranger.silences.min(MOST_DOUBLED));
        stranger.silent_until = now + length;
        stranger.silences += 1;
        (stranger.points, stranger.since) = (0, stranger.silent_until);
        true
    }

    /// Whether nothing from here is heard now.
    pub fn is_silenced(&self, source: IpAddr, now: Tick) -> bool {
        self.strangers.get(&source).is_some_and(|stranger| stranger.silent_until > now)
    }

    fn sweep(&mut self, now: Tick) {
        // It walks both tables: once a second is what a flood of forged sources may cost.
        if now.since(self.swept_at).as_ms() < 1_000 {
            return;
        }
        self.swept_at = now;
        self.verified.retain(|_, at| now.since(*at) < VERIFIED);
        // `since` of a silenced one is the end of its silence: repeated offenders are remembered for a window behind it.
        self.strangers.retain(|_, stranger| now.since(stranger.since) <= WINDOW);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(n: u8) -> IpAddr {
        IpAddr::from([192, 0, 2, n])
    }

    fn at(s: u64) -> Tick {
        Tick::from_ms(s * 1_000)
    }

    #[test]
    fn a_scanner_falls_silent_and_longer_each_time() {
        let mut watch = Watch::default();
        let fell = (0..MOST_POINTS).filter(|_| watch.blame(source(1), 1, at(1))).count();
        assert_eq!(fell, 1);
        assert!(watch.is_silenced(source(1), at(60)) && !watch.is_silenced(source(1), at(61)));
        assert!(!watch.is_silenced(source(2), at(1)), "nobody else is concerned");
        assert!((0..MOST_POINTS).any(|_| watch.blame(source(1), 1, at(62))));
        assert!(watch.is_silenced(source(1), at(62 + 119)) && !watch.is_silenced(source(1), at(62 + 120)));
    }

    #[test]
    fn slow_mistakes_are_forgiven() {
        let mut watch = Watch::default();
        assert!(
            !(0..10_000).any(|second| watch.blame(source(1), 1, at(second))),
            "one a second is a phone with a typo"
        );
    }

    #[test]
    fn whoever_was_let_in_is_never_silenced_for_its_neighbours() {
        let mut watch = Watch::default();
        watch.trust(source(1), at(1));
        assert!(!(0..1_000).any(|_| watch.blame(source(1), 3, at(2))));
        assert!(watch.is_verified(source(1), at(3_700)) && !watch.is_verified(source(1), at(3_702)));
    }

    #[test]
    fn the_tables_are_bounded_and_emptied() {
        let mut watch = Watch::default();
        for n in 0..100_000_u32 {
            watch.blame(IpAddr::from(n.to_be_bytes()), 1, at(1));
            watch.trust(IpAddr::from(n.to_be_bytes()), at(1));
        }
        assert!(watch.verified.len() <= MOST && watch.strangers.len() <= MOST);
        watch.trust(IpAddr::from([250, 0, 0, 1]), at(4_000));
        assert!(watch.is_verified(IpAddr::from([250, 0, 0, 1]), at(4_000)));
    }

    #[test]
    fn what_an_answer_earns() {
        assert_eq!((earned(200, b"REGISTER"), earned(180, b"INVITE")), (Earned::Trust, Earned::Trust));
        assert_eq!((earned(200, b"OPTIONS"), earned(100, b"INVITE")), (Earned::Points(0), Earned::Points(0)));
        assert_eq!((earned(401, b"INVITE"), earned(404, b"INVITE")), (Earned::Points(1), Earned::Points(3)));
        assert_eq!((earned(486, b"INVITE"), earned(503, b"REGISTER")), (Earned::Points(0), Earned::Points(0)));
    }
}
