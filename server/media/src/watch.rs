//! Whether the party is heard: first packet, silence and what is known of its reason, sound again. Pure; the worker asks
//! ten times a second.

use patchbay_kernel::{Tick, time::Span};
use patchbay_plane::Quiet;

use crate::api::MediaEventKind;

/// Silence is reported after this.
const FIRST: Span = Span::secs(2);
/// And again after each of these.
const AGAIN: Span = Span::secs(5);
/// A party that announced silence must show some life in this time, or it counts as gone. Comfort noise need not be
/// repeated (RFC 3389 section 4), reports must be (RFC 3550 section 6.3: about five seconds).
const LIFE: Span = Span::secs(300);
/// A report older than this says nothing of now.
const FRESH: Span = Span::secs(30);

/// One party's presence.
#[derive(Debug, Default)]
pub struct Watch {
    first_packet: Option<Tick>,
    last: Option<Tick>,
    next_report: Option<Tick>,
    silent: bool,
    /// The last packet announced a silence.
    paused: bool,
    /// The party's last report since its last packet: when, and whether it says that it sent meanwhile.
    report: Option<(Tick, bool)>,
}

impl Watch {
    /// When the first authentic packet came.
    pub const fn first_packet(&self) -> Option<Tick> {
        self.first_packet
    }

    /// From now on the party is expected to send: its leg was described on both sides, or it no longer holds us.
    pub fn expect(&mut self, now: Tick) {
        if self.next_report.is_none() {
            self.last = Some(now);
            self.next_report = Some(now + FIRST);
        }
    }

    /// The party was joined to another one: silence before that was nobody's loss.
    pub fn joined(&mut self, now: Tick) {
        if self.next_report.is_some() {
            self.last = Some(now);
            self.next_report = Some(now + FIRST);
        }
    }

    /// The party need not send: it holds us.
    pub const fn excuse(&mut self) {
        self.next_report = None;
        self.silent = false;
    }

    /// An authentic packet came; `comfort`: it announces silence (RFC 3389).
    pub fn packet(&mut self, comfort: bool, now: Tick) -> Option<MediaEventKind> {
        self.last = Some(now);
        self.paused = comfort;
        self.report = None;
        if self.next_report.is_some() {
            self.next_report = Some(now + FIRST);
        }
        if self.first_packet.is_none() {
            self.first_packet = Some(now);
            self.silent = false;
            return Some(MediaEventKind::FirstMedia);
        }
        std::mem::take(&mut self.silent).then_some(MediaEventKind::Resumed)
    }

    /// A report of the party came; `sends`: it says that it has sent audio since its report before.
    pub fn report(&mut self, sends: bool, now: Tick) {
        // The first report after the last packet still counts packets that arrived.
        let counted_before = self.first_packet.is_some() && self.report.is_none();
        self.report = Some((now, sends && !counted_before));
    }

    /// Time has passed.
    pub fn look(&mut self, now: Tick) -> Option<MediaEventKind> {
        let due = self.next_report.filter(|due| *due <= now)?;
        let since = self.last?;
        self.silent = true;
        self.next_report = Some(due + AGAIN);
        Some(MediaEventKind::Silent { for_ms: now.since(since).as_ms(), why: self.why(since, now) })
    }

    fn why(&self, since: Tick, now: Tick) -> Quiet {
        let fresh = self.report.filter(|(at, _)| now.since(*at) <= FRESH);
        match fresh {
            Some((_, true)) => Quiet::Lost,
            _ if self.first_packet.is_none() => Quiet::Never,
            Some((_, false)) => Quiet::Paused,
            None if self.paused && now.since(since) < LIFE => Quiet::Paused,
            None => Quiet::Stopped,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(watch: &mut Watch, ms: u64) -> Option<(u64, Quiet)> {
        match watch.look(Tick::from_ms(ms)) {
            Some(MediaEventKind::Silent { for_ms, why }) => Some((for_ms, why)),
            _ => None,
        }
    }

    #[test]
    fn silence_is_told_at_two_seconds_and_each_five_more() {
        let mut watch = Watch::default();
        watch.expect(Tick::ZERO);
        let heard: Vec<_> = (0..150).filter_map(|step| told(&mut watch, step * 100)).collect();
        assert_eq!(heard, [(2_000, Quiet::Never), (7_000, Quiet::Never), (12_000, Quiet::Never)]);
        assert_eq!(watch.packet(false, Tick::from_ms(15_000)), Some(MediaEventKind::FirstMedia));
        assert_eq!(watch.packet(false, Tick::from_ms(15_020)), None);
        assert_eq!(told(&mut watch, 17_100), Some((2_080, Quiet::Stopped)));
        assert_eq!(watch.packet(false, Tick::from_ms(17_200)), Some(MediaEventKind::Resumed));
    }

    #[test]
    fn a_party_that_holds_us_is_excused() {
        let mut watch = Watch::default();
        watch.expect(Tick::ZERO);
        watch.packet(false, Tick::from_ms(10));
        watch.excuse();
        assert_eq!(watch.look(Tick::from_ms(60_000)), None);
        watch.expect(Tick::from_ms(60_000));
        assert_eq!(watch.look(Tick::from_ms(61_900)), None);
        assert!(watch.look(Tick::from_ms(62_000)).is_some());
    }

    #[test]
    fn what_was_silent_before_the_bridge_does_not_count() {
        let mut watch = Watch::default();
        watch.joined(Tick::ZERO);
        assert_eq!(told(&mut watch, 5_000), None, "nothing is expected yet");
        watch.expect(Tick::from_ms(5_000));
        assert!(told(&mut watch, 27_000).is_some(), "it rings");
        watch.joined(Tick::from_ms(30_000));
        assert_eq!(told(&mut watch, 31_900), None);
        assert_eq!(told(&mut watch, 32_000), Some((2_000, Quiet::Never)));
    }

    #[test]
    fn comfort_noise_announces_silence_for_a_while() {
        let mut watch = Watch::default();
        watch.expect(Tick::ZERO);
        watch.packet(false, Tick::from_ms(20));
        watch.packet(true, Tick::from_ms(40));
        assert_eq!(told(&mut watch, 2_040), Some((2_000, Quiet::Paused)));
        assert_eq!(told(&mut watch, 299_000).map(|it| it.1), Some(Quiet::Paused));
        assert_eq!(told(&mut watch, 302_040).map(|it| it.1), Some(Quiet::Stopped), "no life for five minutes");
    }

    #[test]
    fn reports_tell_a_muted_party_from_lost_packets() {
        let mut watch = Watch::default();
        watch.expect(Tick::ZERO);
        watch.packet(false, Tick::from_ms(20));
        watch.report(true, Tick::from_ms(1_000));
        assert_eq!(told(&mut watch, 2_020), Some((2_000, Quiet::Paused)), "it may count what came before the silence");
        watch.report(true, Tick::from_ms(6_000));
        assert_eq!(told(&mut watch, 7_020).map(|it| it.1), Some(Quiet::Lost));
        watch.report(false, Tick::from_ms(11_000));
        assert_eq!(told(&mut watch, 12_020).map(|it| it.1), Some(Quiet::Paused));
        assert_eq!(told(&mut watch, 60_000).map(|it| it.1), Some(Quiet::Stopped), "the reports ended too");
        assert_eq!(watch.packet(false, Tick::from_ms(60_100)), Some(MediaEventKind::Resumed));
    }

    #[test]
    fn a_party_that_never_spoke_is_never_called_muted() {
        let mut watch = Watch::default();
        watch.expect(Tick::ZERO);
        watch.report(false, Tick::from_ms(1_000));
        assert_eq!(told(&mut watch, 2_000).map(|it| it.1), Some(Quiet::Never));
        watch.report(true, Tick::from_ms(6_000));
        assert_eq!(told(&mut watch, 7_000).map(|it| it.1), Some(Quiet::Lost), "it says that it sends");
    }
}
