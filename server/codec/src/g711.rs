//! G.711, both laws, by table. Source: ITU-T G.711.

use crate::{
    plc::Concealer,
    spec::{Decoder, Encoder, FRAME},
};

/// The two laws.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Law {
    /// mu-law: PCMU, North America and Japan.
    Mu,
    /// A-law: PCMA, everywhere else.
    A,
}

/// mu-law works on 14 bits, so one entry for each four sample values.
static MU_OF: [u8; 1 << 14] = mu_table();
/// A-law works on 13 bits, so one entry for each eight sample values.
static A_OF: [u8; 1 << 13] = a_table();
static MU_TO: [i16; 256] = linear_table(Law::Mu);
static A_TO: [i16; 256] = linear_table(Law::A);

/// PCMU byte to the PCMA byte of the same loudness.
pub static MU_TO_A: [u8; 256] = cross_table(Law::Mu);
/// PCMA byte to the PCMU byte of the same loudness.
pub static A_TO_MU: [u8; 256] = cross_table(Law::A);

impl Law {
    /// One sample to one byte.
    pub fn encode(self, sample: i16) -> u8 {
        match self {
            Self::Mu => MU_OF[usize::from((sample as u16) >> 2)],
            Self::A => A_OF[usize::from((sample as u16) >> 3)],
        }
    }
    /// One byte to one sample.
    pub fn decode(self, byte: u8) -> i16 {
        match self {
            Self::Mu => MU_TO[usize::from(byte)],
            Self::A => A_TO[usize::from(byte)],
        }
    }
    /// The byte of silence.
    pub const fn silence(self) -> u8 {
        match self {
            Self::Mu => 0xff,
            Self::A => 0xd5,
        }
    }
}

/// Turns a payload of law `from` into the other law, in place.
pub fn cross(from: Law, payload: &mut [u8]) {
    let table = match from {
        Law::Mu => &MU_TO_A,
        Law::A => &A_TO_MU,
    };
    for byte in payload {
        *byte = table[usize::from(*byte)];
    }
}

/// Fills `into` with the noise that a comfort noise payload asks for (RFC 3389 section 3: its first byte is the level below
/// the overload point in dB; what follows, the spectrum, is left flat). `seed` makes each packet's noise differ.
pub fn comfort(law: Law, payload: &[u8], seed: u32, into: &mut [u8]) {
    let below = i32::from(payload.first().map_or(127, |level| level & 0x7f));
    // Even noise between -a and a has the level a / sqrt(3).
    let loudest = 32_768.0 * 3f64.sqrt() * 10f64.powf(f64::from(-below) / 20.0);
    let mut state = seed | 1;
    for byte in into {
        // xorshift32 (Marsaglia 2003): noise, not secrets.
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        let even = f64::from(state) / f64::from(u32::MAX) * 2.0 - 1.0;
        *byte = law.encode((even * loudest) as i16);
    }
}

const fn mu_table() -> [u8; 1 << 14] {
    let mut table = [0; 1 << 14];
    let mut at = 0;
    while at < table.len() {
        table[at] = mu_encode(((at << 2) as u16) as i16);
        at += 1;
    }
    table
}

const fn a_table() -> [u8; 1 << 13] {
    let mut table = [0; 1 << 13];
    let mut at = 0;
    while at < table.len() {
        table[at] = a_encode(((at << 3) as u16) as i16);
        at += 1;
    }
    table
}

const fn linear_table(law: Law) -> [i16; 256] {
    let mut table = [0; 256];
    let mut at = 0;
    while at < 256 {
        table[at] = match law {
            Law::Mu => mu_decode(at as u8),
            Law::A => a_decode(at as u8),
        };
        at += 1;
    }
    table
}

const fn cross_table(from: Law) -> [u8; 256] {
    let mut table = [0; 256];
    let mut at = 0;
    while at < 256 {
        table[at] = match from {
            Law::Mu => a_encode(mu_decode(at as u8)),
            Law::A => mu_encode(a_decode(at as u8)),
        };
        at += 1;
    }
    table
}

const fn mu_encode(sample: i16) -> u8 {
    let value = (sample >> 2) as i32;
    let (mut size, mask) = if value < 0 { (-value, 0x7f) } else { (value, 0xff) };
    if size > 8_159 {
        size = 8_159;
    }
    size += 33;
    let mut segment = 0;
    while segment < 8 && size > (0x40 << segment) - 1 {
        segment += 1;
    }
    if segment == 8 { 0x7f ^ mask } else { (((segment << 4) | ((size >> (segment + 1)) & 0xf)) as u8) ^ mask }
}

const fn mu_decode(byte: u8) -> i16 {
    let value = !byte as i32;
    let size = (((value & 0x0f) << 3) + 0x84) << ((value & 0x70) >> 4);
    (if value & 0x80 != 0 { 0x84 - size } else { size - 0x84 }) as i16
}

const fn a_encode(sample: i16) -> u8 {
    let value = (sample >> 3) as i32;
    let (size, mask) = if value < 0 { (-value - 1, 0x55) } else { (value, 0xd5) };
    let mut segment = 0;
    while segment < 8 && size > (0x20 << segment) - 1 {
        segment += 1;
    }
    if segment == 8 {
        return 0x7f ^ mask;
    }
    let shift = if segment < 2 { 1 } else { segment };
    (((segment << 4) | ((size >> shift) & 0xf)) as u8) ^ mask
}

const fn a_decode(byte: u8) -> i16 {
    let value = (byte ^ 0x55) as i32;
    let segment = (value & 0x70) >> 4;
    let base = (value & 0x0f) << 4;
    let size = match segment {
        0 => base + 8,
        _ => (base + 0x108) << (segment - 1),
    };
    (if value & 0x80 != 0 { size } else { -size }) as i16
}

/// Samples to one law.
#[derive(Debug)]
pub struct G711Encoder {
    law: Law,
}

impl G711Encoder {
    /// For this law.
    pub const fn new(law: Law) -> Self {
        Self { law }
    }
}

impl Encoder for G711Encoder {
    fn encode(&mut self, samples: &[i16], into: &mut Vec<u8>) {
        into.extend(samples.iter().map(|sample| self.law.encode(*sample)));
    }
}

/// One law to samples; hides losses by [`Concealer`].
#[derive(Debug)]
pub struct G711Decoder {
    law: Law,
    concealer: Concealer,
}

impl G711Decoder {
    /// For this law.
    pub fn new(law: Law) -> Self {
        Self { law, concealer: Concealer::default() }
    }
}

impl Decoder for G711Decoder {
    fn decode(&mut self, payload: &[u8], into: &mut Vec<i16>) {
        let start = into.len();
        into.extend(payload.iter().map(|byte| self.law.decode(*byte)));
        self.concealer.received(&mut into[start..]);
    }

    fn conceal(&mut self, into: &mut Vec<i16>) {
        self.concealer.conceal(FRAME, into);
    }

    fn join(&mut self, before: &[i16]) {
        self.concealer.join(before);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measure;

    /// One period of 1 kHz at 0 dBm0, G.711 tables 5 and 6.
    const MU_1000: [u8; 8] = [0x1e, 0x0b, 0x0b, 0x1e, 0x9e, 0x8b, 0x8b, 0x9e];
    const A_1000: [u8; 8] = [0x34, 0x21, 0x21, 0x34, 0xb4, 0xa1, 0xa1, 0xb4];

    #[test]
    fn the_standard_s_reference_tone_has_the_standard_s_level() {
        for (law, period, below_full) in [(Law::Mu, MU_1000, 3.17), (Law::A, A_1000, 3.15)] {
            let tone: Vec<i16> = (0..800).map(|at| law.decode(period[at % 8])).collect();
            assert!(measure::share(&tone, 1_000) > 0.99);
            let level = measure::level_dbfs(&tone);
            assert!((level + below_full).abs() < 0.2, "{law:?} {level}");
        }
    }

    #[test]
    fn extremes_and_silence_are_those_of_the_standard() {
        assert_eq!([0, i16::MAX, i16::MIN].map(|it| Law::Mu.encode(it)), [0xff, 0x80, 0x00]);
        assert_eq!([0, i16::MAX, i16::MIN].map(|it| Law::A.encode(it)), [0xd5, 0xaa, 0x2a]);
        assert_eq!([0x00, 0x80, 0xff].map(|it| Law::Mu.decode(it)), [-32_124, 32_124, 0]);
        assert_eq!([0x2a, 0xaa, 0xd5].map(|it| Law::A.decode(it)), [-32_256, 32_256, 8]);
    }

    #[test]
    fn every_byte_survives_decoding_and_encoding() {
        for byte in 0..=255 {
            assert_eq!(Law::A.encode(Law::A.decode(byte)), byte);
            // 0x7f is minus zero, which comes back as plus zero.
            let same = if byte == 0x7f { 0xff } else { byte };
            assert_eq!(Law::Mu.encode(Law::Mu.decode(byte)), same);
        }
    }

    #[test]
    fn crossing_laws_keeps_the_loudness() {
        for byte in 0..=255u8 {
            let (before, after) =
                (i32::from(Law::Mu.decode(byte)), i32::from(Law::A.decode(MU_TO_A[usize::from(byte)])));
            assert!((before - after).abs() <= 16 + before.abs() / 24, "{byte:#x}: {before} {after}");
            let (before, after) =
                (i32::from(Law::A.decode(byte)), i32::from(Law::Mu.decode(A_TO_MU[usize::from(byte)])));
            assert!((before - after).abs() <= 16 + before.abs() / 24, "{byte:#x}: {before} {after}");
        }
    }

    #[test]
    fn comfort_noise_has_the_level_it_was_asked_for() {
        for law in [Law::Mu, Law::A] {
            for below in [30u8, 45, 60] {
                let mut bytes = [0; 8_000];
                comfort(law, &[below], 7, &mut bytes);
                let samples: Vec<i16> = bytes.iter().map(|byte| law.decode(*byte)).collect();
                // The overload point is 3 dB above the loudest sine.
                let level = measure::level_dbfs(&samples) - 3.0;
                assert!((level + f32::from(below)).abs() < 1.5, "{law:?} {below}: {level}");
                assert!(measure::share(&samples, 1_000) < 0.01, "noise, no tone");
            }
            let mut bytes = [0; 160];
            comfort(law, &[], 7, &mut bytes);
            assert!(bytes.iter().all(|byte| law.decode(*byte).abs() <= 8), "nothing said is silence");
        }
    }
}
