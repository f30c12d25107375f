//! Whether the party is heard: first packet, silence, sound again. Pure; the worker asks ten times a second.

use patchbay_kernel::{Tick, time::Span};

use crate::api::MediaEventKind;

/// Silence is reported after this.
const FIRST: Span = Span::secs(2);
/// And again after each of these.
const AGAIN: Span = Span::secs(5);

/// One party's presence.
#[derive(Debug, Default)]
pub struct Watch {
    first_packet: Option<Tick>,
    last: Option<Tick>,
    next_report: Option<Tick>,
    silent: bool,
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

    /// The party need not send: it holds us.
    pub const fn excuse(&mut self) {
        self.next_report = None;
        self.silent = false;
    }

    /// An authentic packet came.
    pub fn packet(&mut self, now: Tick) -> Option<MediaEventKind> {
        self.last = Some(now);
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

    /// Time has passed.
    pub fn look(&mut self, now: Tick) -> Option<MediaEventKind> {
        let due = self.next_report.filter(|due| *due <= now)?;
        let since = self.last?;
        self.silent = true;
        self.next_report = Some(due + AGAIN);
        Some(MediaEventKind::Silent { for_ms: now.since(since).as_ms() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn silence_is_told_at_two_seconds_and_each_five_more() {
        let mut watch = Watch::default();
        watch.expect(Tick::ZERO);
        let told: Vec<u64> = (0..150)
            .filter_map(|step| match watch.look(Tick::from_ms(step * 100)) {
                Some(MediaEventKind::Silent { for_ms }) => Some(for_ms),
                _ => None,
            })
            .collect();
        assert_eq!(told, [2_000, 7_000, 12_000]);
        assert_eq!(watch.packet(Tick::from_ms(15_000)), Some(MediaEventKind::FirstMedia));
        assert_eq!(watch.packet(Tick::from_ms(15_020)), None);
        assert!(matches!(watch.look(Tick::from_ms(17_100)), Some(MediaEventKind::Silent { .. })));
        assert_eq!(watch.packet(Tick::from_ms(17_200)), Some(MediaEventKind::Resumed));
    }

    #[test]
    fn a_party_that_holds_us_is_excused() {
        let mut watch = Watch::default();
        watch.expect(Tick::ZERO);
        watch.packet(Tick::from_ms(10));
        watch.excuse();
        assert_eq!(watch.look(Tick::from_ms(60_000)), None);
        watch.expect(Tick::from_ms(60_000));
        assert_eq!(watch.look(Tick::from_ms(61_900)), None);
        assert!(watch.look(Tick::from_ms(62_000)).is_some());
    }
}
