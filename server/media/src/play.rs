//! What a party is played: tones and clips, made frame by frame in the party's codec.

use patchbay_codec::{
    CodecId, Encoder, FRAME,
    tone::{Player, Signal},
};
use patchbay_plane::Codec;

use crate::{
    api::Play,
    clip::{Ended, PlayItem, Queue, Tail},
    wire,
};

/// Level of each frequency of ringback, dBFS.
const RINGBACK_DBFS: f64 = -19.0;
/// Level of a test tone.
const TONE_DBFS: f64 = -12.0;

/// What sounds.
enum Sound {
    Signal(Play, Player),
    Clips(Queue),
    /// Nothing but the tail of what was stopped.
    Ending,
}

/// Something being played to one party.
pub struct Playing {
    sound: Sound,
    /// The end of what was cut for it.
    tail: Option<Tail>,
    voice: Voice,
}

impl Playing {
    /// A tone, from its beginning.
    pub fn new(what: Play) -> Self {
        let player = match what {
            Play::Ringback => Player::new(Signal::RINGBACK, RINGBACK_DBFS),
            Play::Tone { hz } => Player::new(Signal::steady(hz), TONE_DBFS),
        };
        Self { sound: Sound::Signal(what, player), tail: None, voice: Voice::default() }
    }

    /// Clips, one after the other.
    pub fn clips(items: Vec<PlayItem>) -> Self {
        let mut queue = Queue::default();
        queue.push(items);
        Self { sound: Sound::Clips(queue), tail: None, voice: Voice::default() }
    }

    /// Puts these behind the clips that are played. `Err`: it is something else that is played.
    pub fn queue(&mut self, items: Vec<PlayItem>) -> Result<(), Vec<PlayItem>> {
        match &mut self.sound {
            Sound::Clips(queue) => {
                queue.push(items);
                Ok(())
            }
            Sound::Signal(..) | Sound::Ending => Err(items),
        }
    }

    /// Whether it is this tone.
    pub fn is(&self, play: Play) -> bool {
        matches!(self.sound, Sound::Signal(what, _) if what == play)
    }

    /// Ends it with a fade of one frame; clips that are ended so are put into `ended`.
    pub fn stop(&mut self, ended: &mut Vec<Ended>) {
        let tail = self.cut(ended);
        self.sound = Sound::Ending;
        self.tail = tail;
    }

    /// Puts something else in its place, over which the end of this one fades.
    pub fn replace(&mut self, mut next: Self, ended: &mut Vec<Ended>) {
        next.tail = self.cut(ended);
        std::mem::swap(&mut next.voice, &mut self.voice);
        *self = next;
    }

    /// Ends it at once: the party hears its peer from now on.
    pub fn end(mut self, ended: &mut Vec<Ended>) {
        if let Sound::Clips(queue) = &mut self.sound {
            queue.stop(ended);
        }
    }

    fn cut(&mut self, ended: &mut Vec<Ended>) -> Option<Tail> {
        let mut next = [0; FRAME];
        match &mut self.sound {
            Sound::Signal(_, player) => player.fill(&mut next),
            Sound::Clips(queue) => {
                // What ends within the tail has not been heard to its end.
                let mut unheard = queue.clone();
                unheard.fill(&mut next, &mut Vec::new());
                queue.stop(ended);
            }
            Sound::Ending => return self.tail.take(),
        }
        Some(Tail::of(next))
    }

    /// Whether there is nothing more to hear.
    pub fn is_over(&self) -> bool {
        match &self.sound {
            Sound::Signal(..) => false,
            Sound::Clips(queue) => queue.is_empty(),
            Sound::Ending => self.tail.is_none(),
        }
    }

    /// Appends the payload of the next 20 ms; clips that end within them are put into `ended`.
    pub fn frame(&mut self, codec: Codec, into: &mut Vec<u8>, ended: &mut Vec<Ended>) {
        let mut samples = [0; FRAME];
        self.fill(&mut samples, ended);
        self.voice.encode(codec, &samples, into);
    }

    /// As [`Self::frame`], unheard: the party holds us, and time goes on.
    pub fn skip(&mut self, ended: &mut Vec<Ended>) {
        self.fill(&mut [0; FRAME], ended);
    }

    fn fill(&mut self, samples: &mut [i16; FRAME], ended: &mut Vec<Ended>) {
        match &mut self.sound {
            Sound::Signal(_, player) => player.fill(samples),
            Sound::Clips(queue) => queue.fill(samples, ended),
            Sound::Ending => {}
        }
        if let Some(tail) = self.tail.take() {
            tail.mix(samples);
        }
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
