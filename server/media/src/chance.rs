//! A worker's chance: a cipher seeded once, fit for passwords and keys.

use patchbay_kernel::Entropy;
use rand::{Rng, SeedableRng, rngs::StdRng};

/// Unpredictable bytes for whoever does not know the seed.
pub struct Chance(StdRng);

impl Chance {
    /// From 32 unpredictable bytes.
    pub fn new(seed: [u8; 32]) -> Self {
        Self(StdRng::from_seed(seed))
    }

    /// `length` characters of the ICE alphabet (RFC 8839 section 5.4), each worth six bits.
    pub fn ice_text(&mut self, length: usize) -> String {
        const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
        let mut bytes = vec![0; length];
        self.fill(&mut bytes);
        bytes.iter().map(|byte| char::from(ALPHABET[usize::from(byte & 63)])).collect()
    }
}

impl Entropy for Chance {
    fn fill(&mut self, bytes: &mut [u8]) {
        self.0.fill_bytes(bytes);
    }
}
