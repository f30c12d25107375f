//! What is said, frame by frame.

use std::sync::Arc;

use patchbay_codec::{
    FRAME,
    tone::{Player, Signal},
};

/// Level of tones, dBFS each.
const LEVEL: f64 = -16.0;

/// What to say.
#[derive(Clone, Debug, Default)]
pub enum Saying {
    /// Not a packet.
    #[default]
    Nothing,
    /// Packets of silence.
    Silence,
    /// Each packet that comes goes back at once.
    Echo,
    /// A steady tone.
    Tone(u16),
    /// A signal of the network.
    Signal(Signal),
    /// Samples at 8 kHz, over and over.
    Samples(Arc<[i16]>),
}

/// The mouth.
#[derive(Debug, Default)]
pub(super) enum Mouth {
    #[default]
    Nothing,
    Silence,
    Echo,
    Signal(Player),
    Samples(Arc<[i16]>, usize),
}

impl Mouth {
    pub fn new(saying: Saying) -> Self {
        match saying {
            Saying::Nothing => Self::Nothing,
            Saying::Silence => Self::Silence,
            Saying::Echo => Self::Echo,
            Saying::Tone(hz) => Self::Signal(Player::new(Signal::steady(hz), LEVEL)),
            Saying::Signal(signal) => Self::Signal(Player::new(signal, LEVEL)),
            Saying::Samples(samples) if samples.is_empty() => Self::Silence,
            Saying::Samples(samples) => Self::Samples(samples, 0),
        }
    }

    /// The next 20 ms; `None` when nothing is said of its own accord.
    pub fn frame(&mut self) -> Option<[i16; FRAME]> {
        let mut frame = [0; FRAME];
        match self {
            Self::Nothing | Self::Echo => return None,
            Self::Silence => {}
            Self::Signal(player) => player.fill(&mut frame),
            Self::Samples(samples, at) => {
                for sample in &mut frame {
                    *sample = samples[*at];
                    *at = (*at + 1) % samples.len();
                }
            }
        }
        Some(frame)
    }
}

/// A key as tones: 100 ms of it.
pub(super) fn tones(key: char) -> Option<(Player, u32)> {
    Signal::key(key).map(|signal| (Player::new(signal, LEVEL), 5))
}
