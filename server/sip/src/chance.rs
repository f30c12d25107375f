//! The core's own unpredictable numbers: a keyed counter, so that the same seed gives the same run.

use sha2::{Digest, Sha256};

/// Numbers that nobody outside can foretell without the seed.
pub(crate) struct Chance {
    seed: [u8; 32],
    counter: u64,
    pool: [u8; 32],
    used: usize,
}

impl Chance {
    pub fn new(seed: [u8; 32]) -> Self {
        Self { seed, counter: 0, pool: [0; 32], used: 32 }
    }

    fn take<const N: usize>(&mut self) -> [u8; N] {
        if self.used + N > self.pool.len() {
            self.counter += 1;
            let hash = Sha256::new().chain_update(self.seed).chain_update(self.counter.to_le_bytes()).finalize();
            self.pool.copy_from_slice(&hash);
            self.used = 0;
        }
        let mut out = [0; N];
        out.copy_from_slice(&self.pool[self.used..self.used + N]);
        self.used += N;
        out
    }

    pub fn u32(&mut self) -> u32 {
        u32::from_le_bytes(self.take())
    }

    pub fn u64(&mut self) -> u64 {
        u64::from_le_bytes(self.take())
    }
}

impl std::fmt::Debug for Chance {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Chance(..)")
    }
}
