//! A file of a stranger: what it claims is believed nowhere, and its cost is bounded by what it decodes to, not by what it says.

use std::io::Cursor;

use symphonia::core::{
    codecs::audio::AudioDecoderOptions,
    common::Limit,
    errors::Error,
    formats::{FormatOptions, TrackType, probe::Hint},
    io::MediaSourceStream,
    meta::MetadataOptions,
};

/// Largest file, in bytes.
pub const BYTES_MOST: usize = 10 << 20;
/// Longest sound, in seconds.
pub const SECONDS_MOST: usize = 600;
/// Sample rates that are read, in Hz.
const RATES: std::ops::RangeInclusive<u32> = 4_000..=192_000;
const CHANNELS_MOST: usize = 8;
/// Samples of all channels that are decoded at most: ten minutes of 48 kHz stereo, so that many channels at a high rate cost no
/// more than an honest file.
const SAMPLES_MOST: usize = SECONDS_MOST * 48_000 * 2;
/// Packets that may be broken before the file counts as damaged.
const BROKEN_MOST: usize = 50;
/// Packets without any sound between two with some.
const EMPTY_MOST: usize = 10_000;
/// Titles and pictures are skipped, whatever their size.
const TAG_BYTES: usize = 16 << 10;

/// What a file is, by its first bytes; its name and what the browser calls it are not asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// RIFF WAVE.
    Wav,
    /// MPEG-1/2 layer III.
    Mp3,
    /// Ogg Vorbis.
    Ogg,
    /// FLAC.
    Flac,
}

impl Kind {
    /// By the first bytes of a file; `None`: nothing that is read.
    pub fn of(bytes: &[u8]) -> Option<Self> {
        match bytes {
            [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'A', b'V', b'E', ..] => Some(Self::Wav),
            [b'f', b'L', b'a', b'C', ..] => Some(Self::Flac),
            [b'O', b'g', b'g', b'S', ..] => Some(Self::Ogg),
            [b'I', b'D', b'3', ..] => Some(Self::Mp3),
            // Frame sync, and layer III.
            [0xff, second, ..] if second & 0xe6 == 0xe2 => Some(Self::Mp3),
            _ => None,
        }
    }
    /// As stored and shown.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Wav => "wav",
            Self::Mp3 => "mp3",
            Self::Ogg => "ogg",
            Self::Flac => "flac",
        }
    }
}

/// Decoded sound: one channel.
#[derive(Clone, Debug)]
pub struct Recording {
    /// What the file was.
    pub kind: Kind,
    /// Samples a second.
    pub rate: u32,
    /// Samples, full scale is 1.
    pub samples: Vec<f32>,
}

/// Why a file is no prompt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DecodeFault {
    /// Larger than [`BYTES_MOST`].
    #[error("The file is larger than 10 MB.")]
    TooLarge,
    /// Longer than [`SECONDS_MOST`].
    #[error("The sound is longer than 10 minutes.")]
    TooLong,
    /// No format that is read.
    #[error("This is no WAV, MP3, Ogg Vorbis or FLAC file.")]
    Format,
    /// Begins like one and cannot be decoded.
    #[error("The file is damaged or holds no sound that can be read.")]
    Damaged,
    /// More than eight channels, or a sample rate out of bounds.
    #[error("The sound has too many channels or an unusual sample rate.")]
    Shape,
    /// Nothing to be heard.
    #[error("There is nothing to be heard in this file.")]
    Silent,
}

impl DecodeFault {
    /// Stable word.
    pub const fn code(self) -> &'static str {
        match self {
            Self::TooLarge => "file_too_large",
            Self::TooLong => "sound_too_long",
            Self::Format => "sound_format",
            Self::Damaged => "sound_damaged",
            Self::Shape => "sound_shape",
            Self::Silent => "sound_silent",
        }
    }
}

/// Decodes a file to one channel. Blocks for as long as that takes (a second or two for the longest), so it belongs on a thread
/// for such work; a decoder that panics over a crafted file must be caught there.
///
/// # Errors
/// Whatever the file lacks, in words for whoever sent it.
pub fn decode(bytes: Vec<u8>) -> Result<Recording, DecodeFault> {
    if bytes.len() > BYTES_MOST {
        return Err(DecodeFault::TooLarge);
    }
    let kind = Kind::of(&bytes).ok_or(DecodeFault::Format)?;
    let mut hint = Hint::new();
    hint.with_extension(kind.code());
    let stream = MediaSourceStream::new(Box::new(Cursor::new(bytes)), Default::default());
    let tags = MetadataOptions::default()
        .limit_tag_bytes(Limit::Maximum(TAG_BYTES))
        .limit_visual_bytes(Limit::Maximum(TAG_BYTES));
    let probed = symphonia::default::get_probe().probe(&hint, stream, FormatOptions::default(), tags);
    let mut format = probed.map_err(|_| DecodeFault::Damaged)?;
    let track = format.default_track(TrackType::Audio).ok_or(DecodeFault::Damaged)?;
    let id = track.id;
    let parameters = track.codec_params.as_ref().and_then(|it| it.audio()).ok_or(DecodeFault::Damaged)?;
    let made = symphonia::default::get_codecs().make_audio_decoder(parameters, &AudioDecoderOptions::default());
    let mut decoder = made.map_err(|_| DecodeFault::Format)?;
    let mut sound = Gathered::default();
    let (mut broken, mut empty) = (0, 0);
    loop {
        let packet = match format.next_packet() {
            Ok(Some(packet)) => packet,
            // A file that was cut short is heard as far as it goes.
            Ok(None) | Err(Error::IoError(_) | Error::ResetRequired) => break,
            Err(_) => return Err(DecodeFault::Damaged),
        };
        empty += 1;
        if packet.track_id == id {
            match decoder.decode(&packet) {
                Ok(piece) => {
                    empty = if piece.frames() > 0 { 0 } else { empty };
                    let (rate, channels) = (piece.spec().rate(), piece.num_planes());
                    sound.interleaved.clear();
                    piece.copy_to_vec_interleaved(&mut sound.interleaved);
                    sound.take(rate, channels)?;
                }
                Err(Error::DecodeError(_) | Error::IoError(_)) => broken += 1,
                Err(_) => return Err(DecodeFault::Damaged),
            }
        }
        if broken > BROKEN_MOST || empty > EMPTY_MOST {
            return Err(DecodeFault::Damaged);
        }
    }
    if sound.samples.is_empty() {
        return Err(DecodeFault::Damaged);
    }
    Ok(Recording { kind, rate: sound.rate, samples: sound.samples })
}

#[derive(Default)]
struct Gathered {
    rate: u32,
    samples: Vec<f32>,
    /// All channels of the piece at hand.
    interleaved: Vec<f32>,
    cost: usize,
}

impl Gathered {
    fn take(&mut self, rate: u32, channels: usize) -> Result<(), DecodeFault> {
        if !RATES.contains(&rate) || channels == 0 || channels > CHANNELS_MOST {
            return Err(DecodeFault::Shape);
        }
        // A rate that changes on the way is no recording.
        if self.rate != 0 && self.rate != rate {
            return Err(DecodeFault::Shape);
        }
        self.rate = rate;
        self.cost += self.interleaved.len();
        if self.cost > SAMPLES_MOST {
            return Err(DecodeFault::TooLong);
        }
        let mean = |frame: &[f32]| {
            let sum: f32 = frame.iter().map(|it| if it.is_finite() { it.clamp(-1.0, 1.0) } else { 0.0 }).sum();
            sum / channels as f32
        };
        self.samples.extend(self.interleaved.chunks_exact(channels).map(mean));
        if self.samples.len() > SECONDS_MOST * rate as usize { Err(DecodeFault::TooLong) } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use patchbay_codec::{tone::Sine, wav};

    fn tone(seconds: usize) -> Vec<u8> {
        let mut samples = vec![0; seconds * 8_000];
        Sine::new(440, -10.0).fill(&mut samples);
        wav::write(&samples)
    }

    #[test]
    fn a_wav_file_is_read_with_its_rate_and_channels() {
        let one = decode(tone(2)).unwrap();
        assert_eq!((one.kind, one.rate, one.samples.len()), (Kind::Wav, 8_000, 16_000));
        let mut stereo = tone(2);
        stereo[22] = 2;
        stereo[32] = 4;
        let two = decode(stereo).unwrap();
        assert_eq!(two.samples.len(), 8_000);
    }

    #[test]
    fn what_is_no_sound_is_refused_in_words() {
        let zip = b"PK\x03\x04 a polyglot <script>alert(1)</script>".to_vec();
        for (bytes, fault) in [
            (Vec::new(), DecodeFault::Format),
            (zip, DecodeFault::Format),
            (b"<svg onload=alert(1)>".to_vec(), DecodeFault::Format),
            (b"RIFF\0\0\0\0WAVE".to_vec(), DecodeFault::Damaged),
            (b"fLaC".to_vec(), DecodeFault::Damaged),
            (b"OggS and nothing else".to_vec(), DecodeFault::Damaged),
            (vec![0xff; 5_000], DecodeFault::Format),
            ([&[0xff, 0xfb][..], &[0x90; 4_000]].concat(), DecodeFault::Damaged),
            (vec![0; BYTES_MOST + 1], DecodeFault::TooLarge),
        ] {
            let head = bytes.iter().take(12).copied().collect::<Vec<_>>();
            assert_eq!(decode(bytes).err(), Some(fault), "{head:?}");
        }
    }

    #[test]
    fn a_file_that_is_small_and_long_is_too_long() {
        // 4 kHz, 8 bits: ten megabytes are 43 minutes.
        let mut bomb = wav::write(&vec![1; 5 << 19]);
        bomb[24..28].copy_from_slice(&4_000u32.to_le_bytes());
        bomb[28..32].copy_from_slice(&4_000u32.to_le_bytes());
        bomb[32] = 1;
        bomb[34] = 8;
        assert_eq!(decode(bomb).err(), Some(DecodeFault::TooLong));
    }

    #[test]
    fn unusual_shapes_are_refused() {
        for (at, value) in [(22, 200), (24, 1)] {
            let mut bent = tone(1);
            bent[at] = value;
            bent[at + 1] = 0;
            if at == 22 {
                bent[32..34].copy_from_slice(&400u16.to_le_bytes());
            }
            assert!(matches!(
                decode(bent).err(),
                Some(DecodeFault::Shape | DecodeFault::Damaged | DecodeFault::Format)
            ));
        }
    }

    #[test]
    fn bent_files_end() {
        let good = tone(1);
        let mut chance = 12_345u64;
        for _ in 0..400 {
            let mut bent = good.clone();
            for _ in 0..6 {
                chance = chance.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                let at = (chance >> 33) as usize % 60;
                bent[at] = (chance >> 20) as u8;
            }
            let caught = std::panic::catch_unwind(|| decode(bent).map(|it| it.samples.len()));
            if let Ok(Ok(length)) = caught {
                assert!(length <= SAMPLES_MOST);
            }
        }
    }
}
