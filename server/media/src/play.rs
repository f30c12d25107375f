//! What a party is played: tones, made frame by frame in the party's codec.

use patchbay_codec::{
    CodecId, Encoder, FRAME,
    tone::{Player, Signal},
};
use patchbay_plane::Codec;

use crate::{api::Play, wire};

/// Level of each frequency of ringback, dBFS.
const RINGBACK_DBFS: f64 = -19.0;
/// Level of a test tone.
const TONE_DBFS: f64 = -12.0;

/// Something being played to one party.
pub struct Playing {
    what: Play,
    player: Player,
    voice: Voice,
}

impl Playing {
    /// From its beginning.
    pub fn new(what: Play) -> Self {
        let player = match what {
            Play::Ringback => Player::new(Signal::RINGBACK, RINGBACK_DBFS),
            Play::Tone { hz } => Player::new(Signal::steady(hz), TONE_DBFS),
        };
        Self { what, player, voice: Voice::default() }
    }
    /// What it is.
    pub const fn what(&self) -> Play {
        self.what
    }
    /// Appends the payload of the next 20 ms.
    pub fn frame(&mut self, codec: Codec, into: &mut Vec<u8>) {
        let mut samples = [0; FRAME];
        self.player.fill(&mut samples);
        self.voice.encode(codec, &samples, into);
    }
}

/// An encoder that follows the codec of its leg.
#[derive(Default)]
pub struct Voice {
    encoder: Option<(CodecId, Box<dyn Encoder>)>,
}

impl Voice {
    /// Appends the payload of these samples.
    pub fn encode(&mut self, codec: Codec, samples: &[i16], into: &mut Vec<u8>) {
        let id = wire::codec_id(codec);
        if self.encoder.as_ref().is_none_or(|(of, _)| *of != id) {
            self.encoder = Some((id, id.spec().encoder()));
        }
        if let Some((_, encoder)) = &mut self.encoder {
            encoder.encode(samples, into);
        }
    }
}
