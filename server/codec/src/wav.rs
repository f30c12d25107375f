//! WAV files as 8 kHz mono samples. Source: the RIFF description of WAVE; formats 1 (PCM, 16 bits), 6 (A-law), 7 (mu-law).

use crate::{g711::Law, spec::RATE};

/// Why a file cannot be played.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WavError {
    /// Not a WAV file at all.
    #[error("not a WAV file")]
    NotWav,
    /// A coding that is not read.
    #[error("only 16-bit PCM, A-law and mu-law are read")]
    Coding,
}

struct Format {
    coding: u16,
    channels: usize,
    rate: u32,
}

/// The samples of a WAV file: channels are averaged, other rates are converted by drawing lines between samples.
///
/// # Errors
/// When it is no WAV file, or one with a coding that is not read. A file that was cut short plays as far as it goes.
pub fn read(bytes: &[u8]) -> Result<Vec<i16>, WavError> {
    if bytes.get(..4) != Some(b"RIFF") || bytes.get(8..12) != Some(b"WAVE") {
        return Err(WavError::NotWav);
    }
    let mut format = None;
    let mut rest = &bytes[12..];
    while let Some((head, tail)) = rest.split_at_checked(8) {
        let size = u32::from_le_bytes([head[4], head[5], head[6], head[7]]) as usize;
        let body = &tail[..size.min(tail.len())];
        match &head[..4] {
            b"fmt " => format = read_format(body),
            b"data" => return samples(&format.ok_or(WavError::NotWav)?, body),
            _ => {}
        }
        // Chunks are padded to an even length.
        rest = tail.get(size.saturating_add(size & 1)..).unwrap_or_default();
    }
    Err(WavError::NotWav)
}

fn read_format(body: &[u8]) -> Option<Format> {
    let word = |at: usize| Some(u16::from_le_bytes([*body.get(at)?, *body.get(at + 1)?]));
    let rate = u32::from(word(4)?) | u32::from(word(6)?) << 16;
    let wide = word(0)? == 1 && word(14)? != 16;
    let coding = if wide { 0 } else { word(0)? };
    Some(Format { coding, channels: usize::from(word(2)?), rate })
}

fn samples(format: &Format, body: &[u8]) -> Result<Vec<i16>, WavError> {
    if format.channels == 0 || format.rate == 0 {
        return Err(WavError::NotWav);
    }
    let raw: Vec<i16> = match format.coding {
        1 => body.chunks_exact(2).map(|pair| i16::from_le_bytes([pair[0], pair[1]])).collect(),
        6 => body.iter().map(|byte| Law::A.decode(*byte)).collect(),
        7 => body.iter().map(|byte| Law::Mu.decode(*byte)).collect(),
        _ => return Err(WavError::Coding),
    };
    let channels = format.channels;
    let mean = |frame: &[i16]| (frame.iter().map(|it| i64::from(*it)).sum::<i64>() / channels as i64) as i16;
    let mono: Vec<i16> = raw.chunks_exact(channels).map(mean).collect();
    Ok(to_rate(&mono, format.rate))
}

fn to_rate(samples: &[i16], rate: u32) -> Vec<i16> {
    if rate == RATE {
        return samples.to_vec();
    }
    let wanted = samples.len() as u64 * u64::from(RATE) / u64::from(rate);
    let step = f64::from(rate) / f64::from(RATE);
    (0..wanted)
        .map(|at| {
            let place = at as f64 * step;
            let (left, part) = (place as usize, place.fract());
            let from = f64::from(samples[left.min(samples.len() - 1)]);
            let to = f64::from(samples[(left + 1).min(samples.len() - 1)]);
            (from + (to - from) * part) as i16
        })
        .collect()
}

/// A 16-bit mono WAV file at 8 kHz.
pub fn write(samples: &[i16]) -> Vec<u8> {
    write_as(samples, RATE, 1)
}

/// A 16-bit WAV file at this rate in Hz; the samples of `channels` channels take turns.
pub fn write_as(samples: &[i16], rate: u32, channels: u16) -> Vec<u8> {
    let size = u32::try_from(samples.len() * 2).unwrap_or(u32::MAX - 36);
    let mut bytes = Vec::with_capacity(44 + samples.len() * 2);
    bytes.extend(b"RIFF");
    bytes.extend((size + 36).to_le_bytes());
    bytes.extend(b"WAVEfmt \x10\0\0\0\x01\0");
    bytes.extend(channels.to_le_bytes());
    bytes.extend(rate.to_le_bytes());
    bytes.extend((rate * 2 * u32::from(channels)).to_le_bytes());
    bytes.extend((2 * channels).to_le_bytes());
    bytes.extend(b"\x10\0data");
    bytes.extend(size.to_le_bytes());
    bytes.extend(samples.iter().flat_map(|sample| sample.to_le_bytes()));
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_is_written_is_read() {
        let samples: Vec<i16> = (0..500).map(|at| at * 60).collect();
        assert_eq!(read(&write(&samples)), Ok(samples));
    }

    #[test]
    fn stereo_at_48_khz_becomes_mono_at_8() {
        let mut file = write(&[0; 9_600]);
        file[22] = 2;
        file[24..28].copy_from_slice(&48_000u32.to_le_bytes());
        assert_eq!(read(&file).unwrap().len(), 800);
    }

    #[test]
    fn two_channels_are_written_and_averaged_when_read() {
        let file = write_as(&[100, 300, -50, -150], 8_000, 2);
        assert_eq!(read(&file), Ok(vec![200, -100]));
    }

    #[test]
    fn mu_law_is_read_and_24_bit_is_refused() {
        let mut file = write(&[0; 80]);
        file[20] = 7;
        assert_eq!(read(&file).unwrap().len(), 160);
        let mut file = write(&[0; 80]);
        file[34] = 24;
        assert_eq!(read(&file), Err(WavError::Coding));
        assert_eq!(read(b"RIFF"), Err(WavError::NotWav));
    }

    proptest! {
        #[test]
        fn no_file_panics(mut bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = read(&bytes);
            let head = write(&[1, 2, 3]);
            let shared = bytes.len().min(20);
            bytes[..shared].copy_from_slice(&head[..shared]);
            let _ = read(&bytes);
        }
    }
}
