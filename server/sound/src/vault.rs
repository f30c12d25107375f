//! A recording as it lies in the store: seconds of sound, each sealed for itself, so that an hour needs no hour to begin playing
//! and a file that was cut or bent is noticed.
//!
//! `PBR1`, then chunks: AES-256-GCM of a second of two channels in G.711 mu-law, the last one of what is left. The nonce is the
//! chunk's number; the number, the recording's id and whether it is the last are authenticated (the STREAM construction of Hoang,
//! Reyhanitabar, Rogaway and Vizár). Each recording has a key of its own, made of the company's, so no nonce is used twice.

use std::ops::Range;

use patchbay_codec::g711::Law;
use ring::{
    aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey},
    hmac,
};

use crate::store::{BlobWriter, StoreFault};

/// What a file begins with.
const MAGIC: &[u8; 4] = b"PBR1";
/// Bytes of sound in a chunk: a second of two channels.
const CHUNK: usize = 16_000;
/// Bytes of a sealed chunk: its sound and the tag.
const SEALED: u64 = CHUNK as u64 + TAG;
const TAG: u64 = 16;
/// Samples of a channel behind one place of the wave: an eighth of a second.
const PLACE: usize = 1_000;
/// Places of the wave that is kept.
const WAVE: usize = 300;

/// Why a file cannot be heard.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum VaultFault {
    /// Another key, another recording, or bytes were changed.
    #[error("the recording does not open")]
    Sealed,
    /// Its end is missing.
    #[error("the recording has no end")]
    Cut,
}

/// The key of one recording.
pub struct VaultKey {
    key: LessSafeKey,
    id: [u8; 16],
}

impl VaultKey {
    /// Of the recording with this id, under a company's key.
    pub fn new(company: &[u8; 32], id: [u8; 16]) -> Self {
        let root = hmac::Key::new(hmac::HMAC_SHA256, company);
        let own = hmac::sign(&root, &[b"patchbay recording ".as_slice(), &id].concat());
        let key = UnboundKey::new(&AES_256_GCM, own.as_ref()).expect("HMAC-SHA256 has the algorithm's length");
        Self { key: LessSafeKey::new(key), id }
    }

    fn about(&self, number: u64, last: bool) -> (Nonce, Aad<[u8; 25]>) {
        let (mut nonce, mut aad) = ([0; NONCE_LEN], [0; 25]);
        nonce[4..].copy_from_slice(&number.to_be_bytes());
        aad[..16].copy_from_slice(&self.id);
        aad[16..24].copy_from_slice(&number.to_be_bytes());
        aad[24] = u8::from(last);
        (Nonce::assume_unique_for_key(nonce), Aad::from(aad))
    }

    fn seal(&self, number: u64, last: bool, sound: &[u8]) -> Vec<u8> {
        let (nonce, aad) = self.about(number, last);
        let mut bytes = sound.to_vec();
        self.key
            .seal_in_place_append_tag(nonce, aad, &mut bytes)
            .expect("a chunk is shorter than the algorithm's limit");
        bytes
    }

    /// The sound of a second, left and right in turn, of its sealed bytes.
    ///
    /// # Errors
    /// When they do not open, or are not what stands at that place.
    pub fn second(&self, layout: Layout, number: u64, sealed: &[u8]) -> Result<Vec<i16>, VaultFault> {
        let last = number + 1 == layout.seconds;
        match self.open(number, last, sealed) {
            // A file whose end is missing ends with a chunk that is not the last.
            Err(VaultFault::Sealed) if last && self.open(number, false, sealed).is_ok() => Err(VaultFault::Cut),
            other => Ok(other?.into_iter().map(|byte| Law::Mu.decode(byte)).collect()),
        }
    }

    fn open(&self, number: u64, last: bool, sealed: &[u8]) -> Result<Vec<u8>, VaultFault> {
        let (nonce, aad) = self.about(number, last);
        let mut bytes = sealed.to_vec();
        let plain = self.key.open_in_place(nonce, aad, &mut bytes).map_err(|_| VaultFault::Sealed)?;
        Ok(plain.to_vec())
    }
}

/// What a finished file holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    /// Bytes in the store.
    pub bytes: u64,
    /// How loud it is from place to place: left and right in turn, 0 to 100.
    pub wave: Vec<u8>,
}

/// A recording that is being written.
pub struct Sealing {
    key: VaultKey,
    out: Box<dyn BlobWriter>,
    waiting: Vec<u8>,
    number: u64,
    wave: Vec<u8>,
    place: (usize, u16, u16),
    bytes: u64,
}

impl Sealing {
    /// Begins a file.
    ///
    /// # Errors
    /// As the store fails.
    pub fn begin(key: VaultKey, mut out: Box<dyn BlobWriter>) -> Result<Self, StoreFault> {
        out.append(MAGIC)?;
        Ok(Self {
            key,
            out,
            waiting: Vec::with_capacity(CHUNK),
            number: 0,
            wave: Vec::new(),
            place: (0, 0, 0),
            bytes: 4,
        })
    }

    /// The next samples, left and right in turn.
    ///
    /// # Errors
    /// As the store fails; the file is then of no use.
    pub fn write(&mut self, stereo: &[i16]) -> Result<(), StoreFault> {
        for pair in stereo.as_chunks::<2>().0 {
            // A full chunk leaves only when more comes: the last one says that it is.
            if self.waiting.len() == CHUNK {
                self.leave(false)?;
            }
            self.waiting.extend(pair.map(|sample| Law::Mu.encode(sample)));
            let (count, left, right) = &mut self.place;
            (*left, *right) = ((*left).max(pair[0].unsigned_abs()), (*right).max(pair[1].unsigned_abs()));
            *count += 1;
            if *count == PLACE {
                self.mark();
            }
        }
        Ok(())
    }

    fn mark(&mut self) {
        let (_, left, right) = std::mem::take(&mut self.place);
        self.wave.extend([left, right].map(|peak| (f32::from(peak) / 327.67).round().min(100.0) as u8));
    }

    fn leave(&mut self, last: bool) -> Result<(), StoreFault> {
        let sealed = self.key.seal(self.number, last, &self.waiting);
        self.waiting.clear();
        self.number += 1;
        self.bytes += sealed.len() as u64;
        self.out.append(&sealed)
    }

    /// Writes the end and makes the file whole.
    ///
    /// # Errors
    /// As the store fails; then there is no file.
    pub fn finish(mut self) -> Result<Kept, StoreFault> {
        self.leave(true)?;
        if self.place.0 > 0 {
            self.mark();
        }
        self.out.finish()?;
        Ok(Kept { bytes: self.bytes, wave: thinned(&self.wave) })
    }
}

/// No more places than are drawn: of several the loudest.
fn thinned(wave: &[u8]) -> Vec<u8> {
    let each = (wave.len() / 2).div_ceil(WAVE).max(1) * 2;
    let most = |places: &[u8], side: usize| places.iter().skip(side).step_by(2).copied().max().unwrap_or(0);
    wave.chunks(each).flat_map(|places| [most(places, 0), most(places, 1)]).collect()
}

/// Where the seconds of a file lie, by its size alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Layout {
    /// How many there are; the last one may be shorter.
    pub seconds: u64,
    bytes: u64,
}

impl Layout {
    /// Bytes that a file begins with and [`Self::is_one`] knows.
    pub const HEAD: Range<u64> = 0..4;

    /// Of a file of so many bytes.
    ///
    /// # Errors
    /// When no file of this kind has that size.
    pub fn of(bytes: u64) -> Result<Self, VaultFault> {
        let sealed = bytes.checked_sub(Self::HEAD.end).ok_or(VaultFault::Cut)?;
        let rest = sealed % SEALED;
        if sealed == 0 || (rest > 0 && (rest < TAG || rest % 2 == 1)) {
            return Err(VaultFault::Cut);
        }
        Ok(Self { seconds: sealed.div_ceil(SEALED), bytes })
    }
    /// Whether a file that begins like this is one.
    pub fn is_one(head: &[u8]) -> bool {
        head == MAGIC
    }
    /// Samples of each channel.
    pub const fn samples(self) -> u64 {
        (self.bytes - Self::HEAD.end - self.seconds * TAG) / 2
    }
    /// Where a second lies.
    pub fn place(self, number: u64) -> Range<u64> {
        let at = Self::HEAD.end + number * SEALED;
        at..(at + SEALED).min(self.bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::{Arc, Mutex};

    #[derive(Clone, Default)]
    struct Memory(Arc<Mutex<Vec<u8>>>);

    impl BlobWriter for Memory {
        fn append(&mut self, bytes: &[u8]) -> Result<(), StoreFault> {
            self.0.lock().unwrap().extend(bytes);
            Ok(())
        }
        fn finish(self: Box<Self>) -> Result<(), StoreFault> {
            Ok(())
        }
    }

    fn key(company: u8, id: u8) -> VaultKey {
        VaultKey::new(&[company; 32], [id; 16])
    }

    fn file(seconds_and_a_half: usize) -> (Vec<u8>, Kept, Vec<i16>) {
        let memory = Memory::default();
        let mut sealing = Sealing::begin(key(1, 1), Box::new(memory.clone())).unwrap();
        let sound: Vec<i16> = (0..seconds_and_a_half * 16_000 + 8_000).map(|at| ((at % 2) * 8_000) as i16).collect();
        for piece in sound.chunks(1_234) {
            sealing.write(piece).unwrap();
        }
        let kept = sealing.finish().unwrap();
        let bytes = memory.0.lock().unwrap().clone();
        (bytes, kept, sound)
    }

    fn heard(key: &VaultKey, bytes: &[u8]) -> Result<Vec<i16>, VaultFault> {
        let layout = Layout::of(bytes.len() as u64)?;
        if !Layout::is_one(&bytes[..4]) {
            return Err(VaultFault::Sealed);
        }
        let mut all = Vec::new();
        for number in 0..layout.seconds {
            let Range { start, end } = layout.place(number);
            all.extend(key.second(layout, number, &bytes[start as usize..end as usize])?);
        }
        assert_eq!(all.len() as u64, layout.samples() * 2);
        Ok(all)
    }

    #[test]
    fn what_is_sealed_is_heard_again_and_by_nobody_else() {
        let (bytes, kept, sound) = file(3);
        assert_eq!(bytes.len() as u64, kept.bytes);
        assert_eq!(kept.wave.len(), 2 * 28);
        assert!(kept.wave.chunks(2).all(|pair| pair[0] == 0 && (20..30).contains(&pair[1])));
        let again = heard(&key(1, 1), &bytes).unwrap();
        assert_eq!(again.len(), sound.len());
        assert!(again.iter().zip(&sound).all(|(a, b)| (a - b).abs() < 300));
        for other in [key(2, 1), key(1, 2)] {
            assert_eq!(heard(&other, &bytes), Err(VaultFault::Sealed));
        }
        let (empty, ..) = file(0);
        assert_eq!(heard(&key(1, 1), &empty).unwrap().len(), 8_000);
    }

    #[test]
    fn a_bent_or_cut_file_is_noticed() {
        let (bytes, ..) = file(2);
        for at in [2, 5, 9, 4_000, 16_030, bytes.len() - 1] {
            let mut bent = bytes.clone();
            bent[at] ^= 1;
            assert!(heard(&key(1, 1), &bent).is_err(), "byte {at}");
        }
        let chunk = SEALED as usize;
        assert_eq!(heard(&key(1, 1), &bytes[..4 + chunk]), Err(VaultFault::Cut));
        let (head, rest) = bytes.split_at(4);
        let swapped = [head, &rest[chunk..2 * chunk], &rest[..chunk], &rest[2 * chunk..]].concat();
        assert_eq!(heard(&key(1, 1), &swapped), Err(VaultFault::Sealed), "chunks that changed places");
        for size in [0, 3, 4, 5, 19, 21, SEALED + 5] {
            assert_eq!(Layout::of(size), Err(VaultFault::Cut), "{size} bytes");
        }
    }

    #[test]
    fn nothing_is_in_the_clear() {
        // Seconds that are all alike: sealed they are not, neither among themselves nor to what noise looks like.
        let memory = Memory::default();
        let mut sealing = Sealing::begin(key(1, 1), Box::new(memory.clone())).unwrap();
        sealing.write(&[0; 16_000 * 4]).unwrap();
        sealing.finish().unwrap();
        let bytes = memory.0.lock().unwrap().clone();
        let mut counts = [0u32; 256];
        bytes.iter().for_each(|byte| counts[usize::from(*byte)] += 1);
        let usual = bytes.len() as f64 / 256.0;
        let chi: f64 = counts.iter().map(|count| (f64::from(*count) - usual).powi(2) / usual).sum();
        // 255 degrees of freedom: 99.99 % of noise lies below 347.
        assert!(chi < 347.0, "{chi}");
        let (one, two) = (&bytes[4..4 + CHUNK], &bytes[4 + SEALED as usize..][..CHUNK]);
        assert!(one.iter().zip(two).filter(|(a, b)| a == b).count() < 150);
    }
}
