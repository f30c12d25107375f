//! One channel of a recording: packets become samples at their place in time, whatever the network did to them on the way.

use std::collections::VecDeque;

use patchbay_codec::Decoder;
use patchbay_kernel::Tick;
use patchbay_plane::Codec;

use crate::{tap::Taken, wire};

/// A source whose own time strays so far from ours begins anew: it paused, or its clock jumped. Samples, 300 ms.
const STRAY: i64 = 2_400;
/// Samples that may lie ahead of what was written: a source that claims more is not followed.
const AHEAD: i64 = 80_000;

/// Samples of one leg's party.
#[derive(Default)]
pub struct Track {
    decoder: Option<(Codec, Box<dyn Decoder>)>,
    source: Option<Source>,
    /// From `begin` on.
    samples: VecDeque<i16>,
    begin: i64,
    decoded: Vec<i16>,
}

#[derive(Clone, Copy)]
struct Source {
    ssrc: u32,
    timestamp: u32,
    at: i64,
}

/// The place of a moment in a recording that began at `from`.
pub fn place(moment: Tick, from: Tick) -> i64 {
    (moment.since(from).0 * 8 / 1_000) as i64
}

impl Track {
    /// Puts a packet where it belongs.
    pub fn take(&mut self, packet: &Taken, from: Tick) {
        let arrived = place(packet.at, from);
        let clock = i64::from(wire::clock_rate(packet.codec));
        let own = self.source.filter(|source| source.ssrc == packet.ssrc).map(|source| {
            source.at + i64::from(packet.timestamp.wrapping_sub(source.timestamp) as i32) * 8_000 / clock
        });
        let at = match own.filter(|at| (at - arrived).abs() <= STRAY) {
            Some(at) => at,
            None => {
                self.source = Some(Source { ssrc: packet.ssrc, timestamp: packet.timestamp, at: arrived });
                arrived
            }
        };
        if self.decoder.as_ref().is_none_or(|(codec, _)| *codec != packet.codec) {
            self.decoder = Some((packet.codec, wire::codec_id(packet.codec).spec().decoder()));
        }
        let mut decoded = std::mem::take(&mut self.decoded);
        decoded.clear();
        if let Some((_, decoder)) = &mut self.decoder {
            decoder.decode(packet.payload(), &mut decoded);
        }
        self.put(at, &decoded);
        self.decoded = decoded;
    }

    fn put(&mut self, at: i64, samples: &[i16]) {
        let offset = at - self.begin;
        if offset > AHEAD {
            return;
        }
        // What comes after its time was written is lost.
        let late = usize::try_from(-offset).unwrap_or(0).min(samples.len());
        let (offset, samples) = (usize::try_from(offset).unwrap_or(0), &samples[late..]);
        if self.samples.len() < offset + samples.len() {
            self.samples.resize(offset + samples.len(), 0);
        }
        for (place, sample) in self.samples.range_mut(offset..offset + samples.len()).zip(samples) {
            *place = *sample;
        }
    }

    /// Forgets what was heard from this place on.
    pub fn hush(&mut self, from: i64) {
        let keep = usize::try_from(from - self.begin).unwrap_or(0);
        self.samples.truncate(keep);
    }

    /// Adds what lies before this place to `into`, which has room for it, and forgets it.
    pub fn drain(&mut self, until: i64, into: &mut [i16]) {
        let count = usize::try_from(until - self.begin).unwrap_or(0);
        let heard = count.min(self.samples.len());
        for (place, sample) in into.iter_mut().zip(self.samples.drain(..heard)) {
            *place = place.saturating_add(sample);
        }
        self.begin = until.max(self.begin);
    }

    /// Whether nothing lies behind this place.
    pub fn is_before(&self, at: i64) -> bool {
        self.begin + self.samples.len() as i64 <= at
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{tap::tap, wire::Head};
    use patchbay_codec::g711::Law;
    use patchbay_kernel::{RecordingId, SeededEntropy, Wall};

    fn packet(ms: u64, ssrc: u32, timestamp: u32, value: i16) -> Taken {
        let id = RecordingId::new(Wall::from_unix_ms(1), &mut SeededEntropy::new(1));
        let (mut tap, mut spout) = tap(id);
        let head = Head { ssrc, timestamp, sequence: 0, marker: false, payload: 0..160 };
        tap.take(Codec::Pcmu, &head, &[Law::Mu.encode(value); 160], Tick::from_ms(ms));
        spout.next().unwrap()
    }

    #[test]
    fn packets_lie_where_they_were_said_whatever_their_order() {
        let mut track = Track::default();
        let from = Tick::from_ms(1_000);
        for (at, timestamp, value) in [(1_100, 5_000, 1_000), (1_145, 5_320, 3_000), (1_150, 5_160, 2_000)] {
            track.take(&packet(at, 7, timestamp, value), from);
        }
        let mut heard = vec![0; 1_600];
        track.drain(1_600, &mut heard);
        let near = |at: usize, wanted: i16| (heard[at] - wanted).abs() < 100;
        assert_eq!((heard[0], heard[799]), (0, 0));
        assert!(near(800, 1_000) && near(960, 2_000) && near(1_120, 3_000) && heard[1_280] == 0);
        // What is late for what was written is gone, and a source that jumped begins where it arrived.
        track.take(&packet(1_190, 7, 5_000, 9_000), from);
        track.take(&packet(1_300, 7, 900_000, 4_000), from);
        let mut later = vec![0; 1_600];
        track.drain(3_200, &mut later);
        assert!(later[..800].iter().all(|it| *it == 0) && (later[800] - 4_000).abs() < 200);
        assert!(track.is_before(3_200));
    }

    #[test]
    fn a_pause_takes_back_what_was_not_written() {
        let mut track = Track::default();
        for step in 0..10u32 {
            let at = u64::from(step) * 20;
            track.take(&packet(at, 7, step * 160, 1_000), Tick::from_ms(0));
        }
        track.hush(800);
        let mut heard = vec![0; 1_600];
        track.drain(1_600, &mut heard);
        assert!(heard[799] != 0 && heard[800..].iter().all(|it| *it == 0));
    }
}
