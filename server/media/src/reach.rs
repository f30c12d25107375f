//! Whether the party gets what we send: its reports tell, and where there are none, a browser's checks. The mirror of
//! [`crate::watch`]. Pure; the worker asks ten times a second.

use patchbay_kernel::{Tick, time::Span};
use patchbay_plane::Unreached;

use crate::api::MediaEventKind;

/// Reports in a row without a packet of ours before that is believed.
const REPORTS: u32 = 2;
/// The same where the party never reported on us at all: some boxes need a while to begin, some never do it right.
const BARE_REPORTS: u32 = 3;
/// Packets of ours that must have gone out meanwhile: two seconds.
const PACKETS: u64 = 100;
/// And how long that must have lasted.
const AFTER: Span = Span::secs(4);
/// Where the party never reported on us.
const BARE_AFTER: Span = Span::secs(9);
/// Neither a report nor a check for so long: the way to the browser is cut (RFC 7675 ends consent after 30 seconds; it is asked
/// for each five).
const CUT: Span = Span::secs(15);
/// Sending pauses when nothing leaves for so long: what was not sent cannot arrive.
const PAUSE: Span = Span::secs(1);

/// What is known of our audio at one party.
#[derive(Debug, Default)]
pub struct Reach {
    /// Packets sent, and when that number last rose.
    sent: (u64, Tick),
    /// The last sign that our audio arrives, or the beginning of sending: when, and packets sent until then.
    since: Option<(Tick, u64)>,
    /// Highest sequence number that the party said it has.
    highest: Option<u32>,
    /// Reports without progress since then.
    fruitless: u32,
    /// A browser's last check, or any report.
    life: Option<Tick>,
    told: bool,
}

impl Reach {
    /// A check of a browser verified: the way to it is open, as it hears our answers or will stop asking.
    pub const fn consent(&mut self, now: Tick) {
        self.life = Some(now);
    }

    /// A report of the party came; `highest`: the highest sequence number with its cycles that it has of ours, if it says so.
    pub fn report(&mut self, highest: Option<u32>, now: Tick) -> Option<MediaEventKind> {
        if self.life.is_some() {
            self.life = Some(now);
        }
        let (since, before) = self.since?;
        if highest.is_some() && highest != self.highest {
            self.highest = highest;
            self.fruitless = 0;
            self.since = Some((now, self.sent.0));
            return std::mem::take(&mut self.told).then_some(MediaEventKind::HeardAgain);
        }
        self.fruitless += 1;
        let (reports, after) = match self.highest {
            Some(_) => (REPORTS, AFTER),
            None => (BARE_REPORTS, BARE_AFTER),
        };
        let enough = self.fruitless >= reports && self.sent.0 - before >= PACKETS && now.since(since) >= after;
        enough.then(|| self.tell(since, Unreached::Reported, now)).flatten()
    }

    /// Time has passed; `sent`: packets sent to the party so far.
    pub fn look(&mut self, sent: u64, now: Tick) -> Option<MediaEventKind> {
        if sent > self.sent.0 {
            let paused = now.since(self.sent.1) > PAUSE;
            if self.since.is_none() || paused {
                self.begin(now);
            }
            self.sent = (sent, now);
        } else if now.since(self.sent.1) > PAUSE {
            // On hold.
            self.since = None;
            self.fruitless = 0;
        }
        let (since, _) = self.since?;
        let life = self.life?;
        if now.since(life) < CUT {
            return None;
        }
        self.tell(life.max(since), Unreached::Cut, now)
    }

    const fn begin(&mut self, now: Tick) {
        self.since = Some((now, self.sent.0));
        self.fruitless = 0;
    }

    fn tell(&mut self, since: Tick, why: Unreached, now: Tick) -> Option<MediaEventKind> {
        let first = !std::mem::replace(&mut self.told, true);
        first.then(|| MediaEventKind::Unheard { for_ms: now.since(since).as_ms(), why })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Sends 50 packets a second from `from` to `to` seconds; each five seconds the party reports `highest` of the packets sent.
    fn run(
        reach: &mut Reach,
        (from, to): (u64, u64),
        sends: bool,
        highest: impl Fn(u64) -> Option<Option<u32>>,
    ) -> Vec<(u64, MediaEventKind)> {
        let mut told = Vec::new();
        for step in from * 10..to * 10 {
            let (now, sent) = (Tick::from_ms(step * 100), if sends { step * 5 } else { from * 50 });
            told.extend(reach.look(sent, now).map(|kind| (step / 10, kind)));
            if step % 50 == 25
                && let Some(highest) = highest(sent)
            {
                told.extend(reach.report(highest, now).map(|kind| (step / 10, kind)));
            }
        }
        told
    }

    #[test]
    fn a_party_that_hears_us_is_never_accused() {
        let mut reach = Reach::default();
        assert_eq!(run(&mut reach, (0, 600), true, |sent| Some(Some(sent as u32))), []);
        assert_eq!(run(&mut reach, (600, 700), false, |_| Some(Some(30_000))), [], "on hold");
        assert_eq!(run(&mut reach, (700, 760), true, |sent| Some(Some(sent as u32))), [], "and after it");
    }

    #[test]
    fn a_party_without_reports_is_never_accused() {
        assert_eq!(run(&mut Reach::default(), (0, 600), true, |_| None), []);
    }

    #[test]
    fn reports_that_stand_still_say_that_nothing_arrives() {
        let mut reach = Reach::default();
        assert_eq!(run(&mut reach, (0, 30), true, |sent| Some(Some(sent as u32))), []);
        let told = run(&mut reach, (30, 60), true, |_| Some(Some(1_375)));
        let [(37, MediaEventKind::Unheard { for_ms: 10_000, why: Unreached::Reported })] = told[..] else {
            panic!("{told:?}")
        };
        let told = run(&mut reach, (60, 70), true, |sent| Some(Some(sent as u32)));
        assert_eq!(told, [(62, MediaEventKind::HeardAgain)]);
    }

    #[test]
    fn reports_that_never_name_us_are_believed_after_a_while() {
        let told = run(&mut Reach::default(), (0, 60), true, |_| Some(None));
        let [(12, MediaEventKind::Unheard { why: Unreached::Reported, .. })] = told[..] else { panic!("{told:?}") };
    }

    #[test]
    fn a_browser_that_asks_no_more_is_cut_off() {
        let mut reach = Reach::default();
        reach.consent(Tick::from_ms(0));
        let told = run(&mut reach, (0, 40), true, |_| None);
        let [(15, MediaEventKind::Unheard { for_ms: 14_900, why: Unreached::Cut })] = told[..] else {
            panic!("{told:?}")
        };
    }
}
