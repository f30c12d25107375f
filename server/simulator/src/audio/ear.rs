//! What was heard lately.

use std::collections::VecDeque;

use patchbay_codec::measure;
use patchbay_kernel::Tick;

/// Samples kept: one second.
const KEPT: usize = 8_000;
/// Samples that are measured: a quarter of a second tells a change soon and 4 Hz apart.
const WINDOW: usize = 2_000;

/// A measurement.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Heard {
    /// Share of the energy at the frequency asked for, 0 to 1.
    pub share: f32,
    /// Loudness, dB below the loudest sine.
    pub level_dbfs: f32,
    /// RTP packets of audio so far.
    pub packets: u64,
    /// Longest time between two packets so far, milliseconds.
    pub longest_gap_ms: u64,
}

/// Samples and figures of one listener.
#[derive(Debug, Default)]
pub(super) struct Ear {
    samples: VecDeque<i16>,
    packets: u64,
    last: Option<Tick>,
    longest_gap_ms: u64,
    pub keys: String,
}

impl Ear {
    /// A packet with these samples.
    pub fn hear(&mut self, samples: &[i16], at: Tick) {
        if let Some(last) = self.last {
            self.longest_gap_ms = self.longest_gap_ms.max(at.since(last).as_ms());
        }
        self.last = Some(at);
        self.packets += 1;
        self.samples.extend(samples);
        let extra = self.samples.len().saturating_sub(KEPT);
        self.samples.drain(..extra);
    }

    pub fn heard(&mut self, hz: u16) -> Heard {
        let samples = self.samples.make_contiguous();
        let window = &samples[samples.len().saturating_sub(WINDOW)..];
        Heard {
            share: measure::share(window, hz),
            level_dbfs: measure::level_dbfs(window),
            packets: self.packets,
            longest_gap_ms: self.longest_gap_ms,
        }
    }

    pub fn forget(&mut self) {
        *self = Self { keys: std::mem::take(&mut self.keys), ..Self::default() };
    }
}
