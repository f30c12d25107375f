//! A copy of what a party says, off the packet path: a ring of fixed room between the worker that hears it and the recorder's
//! thread. A full ring loses the copy, never the packet.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering::Relaxed},
};

use patchbay_kernel::{RecordingId, Tick};
use patchbay_plane::Codec;
use rtrb::{Consumer, Producer, RingBuffer};

use crate::wire::Head;

/// Longest payload of one copy: 40 ms of G.711, any Opus that speech makes.
const PAYLOAD: usize = 320;
/// Packets between two looks of the recorder: two and a half seconds, for a machine that is busy.
const ROOM: usize = 128;

/// A packet as it was heard.
pub struct Taken {
    /// When.
    pub at: Tick,
    /// Its codec.
    pub codec: Codec,
    /// The party's source.
    pub ssrc: u32,
    /// Its place in time, in the codec's clock.
    pub timestamp: u32,
    length: u16,
    payload: [u8; PAYLOAD],
}

impl Taken {
    /// What it says.
    pub fn payload(&self) -> &[u8] {
        &self.payload[..usize::from(self.length)]
    }
}

/// The worker's end.
pub struct Tap {
    /// Whose.
    pub recording: RecordingId,
    ring: Producer<Taken>,
    missed: Arc<AtomicU64>,
}

/// The recorder's end.
pub struct Spout {
    ring: Consumer<Taken>,
    missed: Arc<AtomicU64>,
}

/// Both ends.
pub fn tap(recording: RecordingId) -> (Tap, Spout) {
    let (ring, out) = RingBuffer::new(ROOM);
    let missed = Arc::default();
    (Tap { recording, ring, missed: Arc::clone(&missed) }, Spout { ring: out, missed })
}

impl Tap {
    /// Copies a packet: no lock, no allocation. `false`: nobody takes copies any more.
    pub fn take(&mut self, codec: Codec, head: &Head, payload: &[u8], now: Tick) -> bool {
        if self.ring.is_abandoned() {
            return false;
        }
        if codec == Codec::Opus && payload.len() > PAYLOAD {
            self.missed.fetch_add(1, Relaxed);
            return true;
        }
        // A byte of G.711 is a sample: a long packet is several short ones.
        for (part, at) in payload.chunks(PAYLOAD).zip((0u32..).step_by(PAYLOAD)) {
            let mut copy = [0; PAYLOAD];
            copy[..part.len()].copy_from_slice(part);
            let taken = Taken {
                at: now,
                codec,
                ssrc: head.ssrc,
                timestamp: head.timestamp.wrapping_add(at),
                length: part.len() as u16,
                payload: copy,
            };
            if self.ring.push(taken).is_err() {
                self.missed.fetch_add(1, Relaxed);
            }
        }
        true
    }
}

impl Spout {
    /// The next packet that was heard.
    pub fn next(&mut self) -> Option<Taken> {
        self.ring.pop().ok()
    }
    /// Packets that were missed since the last question.
    pub fn missed(&self) -> u64 {
        self.missed.swap(0, Relaxed)
    }
    /// Whether the leg has closed and everything was taken.
    pub fn is_over(&self) -> bool {
        self.ring.is_abandoned() && self.ring.is_empty()
    }
}
