//! The 48-bit packet index of one source and what of it was seen (RFC 3711 sections 3.3.1 and 3.3.2).

/// Packets behind the newest that are still accepted once.
pub const WINDOW: u64 = 128;
/// Indexes end here; a key must not be used beyond (RFC 3711 section 9.2).
const MOST: u64 = 1 << 48;

/// Indexes of one source, the newest of them and which of the [`WINDOW`] behind it were seen.
#[derive(Debug, Default)]
pub struct Seen {
    newest: Option<u64>,
    /// Bit n: newest - n.
    bits: u128,
}

impl Seen {
    /// The index that a packet with this sequence number most likely has: the nearest to the newest. `None`: it would be
    /// beyond the last one.
    pub fn guess(&self, sequence: u16) -> Option<u64> {
        let Some(newest) = self.newest else { return Some(u64::from(sequence)) };
        const HALF: u16 = 1 << 15;
        let (turns, last) = (newest >> 16, newest as u16);
        let turns = if last < HALF {
            // Before the first turn there is nothing to be behind.
            if sequence > last + HALF { turns.saturating_sub(1) } else { turns }
        } else if last - HALF > sequence {
            turns + 1
        } else {
            turns
        };
        Some(turns << 16 | u64::from(sequence)).filter(|index| *index < MOST)
    }

    /// Whether this index is neither seen nor too old.
    pub fn is_fresh(&self, index: u64) -> bool {
        let Some(newest) = self.newest else { return true };
        match newest.checked_sub(index) {
            Some(behind) => behind < WINDOW && self.bits >> behind & 1 == 0,
            None => true,
        }
    }

    /// Remembers a fresh index.
    pub fn mark(&mut self, index: u64) {
        let newest = self.newest.unwrap_or(index);
        if index >= newest {
            let ahead = u32::try_from(index - newest).unwrap_or(u32::MAX);
            self.bits = self.bits.checked_shl(ahead).unwrap_or(0) | 1;
            self.newest = Some(index);
        } else if newest - index < WINDOW {
            self.bits |= 1 << (newest - index);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_index_is_guessed_on_both_sides_of_a_turn() {
        let mut seen = Seen::default();
        assert_eq!(seen.guess(65_530), Some(65_530));
        seen.mark(65_530);
        assert_eq!(seen.guess(2), Some(65_538));
        seen.mark(65_538);
        assert_eq!(seen.guess(65_535), Some(65_535));
        assert_eq!(seen.guess(0x8002), Some(65_536 + 0x8002));
        assert_eq!(seen.guess(0x8003), Some(0x8003));
    }

    #[test]
    fn nothing_lies_before_the_first_turn_or_beyond_the_last_index() {
        let mut seen = Seen::default();
        seen.mark(5);
        assert_eq!(seen.guess(60_000), Some(60_000));
        seen.mark(MOST - 1);
        assert_eq!(seen.guess(65_534), Some(MOST - 2));
        assert_eq!(seen.guess(0), None);
    }

    #[test]
    fn each_index_is_fresh_once_and_only_in_the_window() {
        let mut seen = Seen::default();
        for index in [200, 100, 327, 201] {
            assert!(seen.is_fresh(index));
            seen.mark(index);
            assert!(!seen.is_fresh(index));
        }
        assert!(!seen.is_fresh(199), "too old");
        assert!(!seen.is_fresh(200), "seen before the jump");
        assert!(seen.is_fresh(202));
        seen.mark(1_000_000);
        assert!(seen.is_fresh(1_000_000 - 127) && !seen.is_fresh(1_000_000 - 128));
    }
}
