//! Who holds what, as bits: finding the agents who can serve somebody without looking at the others.

use crate::skill::{SkillId, Skills};

/// Agents by skill. An agent is known by the place they were given in.
pub(crate) struct Holders<'a> {
    agents: Vec<&'a Skills>,
    words: usize,
    /// For each skill that anybody holds, one bit per agent.
    bits: Vec<u64>,
    /// Where the bits of a skill begin, in agents' words; nobody holds those without.
    begins: [Option<u16>; 256],
}

impl<'a> Holders<'a> {
    pub fn new(agents: impl Iterator<Item = &'a Skills>) -> Self {
        let agents: Vec<&Skills> = agents.collect();
        let words = agents.len().div_ceil(64).max(1);
        let (mut bits, mut begins, mut known) = (Vec::new(), [None; 256], 0u16);
        for (at, skills) in agents.iter().enumerate() {
            for (SkillId(skill), _) in skills.iter() {
                let begin = *begins[usize::from(skill)].get_or_insert_with(|| {
                    bits.resize(bits.len() + words, 0u64);
                    known += 1;
                    known - 1
                });
                bits[usize::from(begin) * words + at / 64] |= 1 << (at % 64);
            }
        }
        Self { agents, words, bits, begins }
    }

    /// How many hold this skill.
    pub fn count(&self, skill: SkillId) -> usize {
        self.of(skill).map_or(0, ones)
    }

    fn of(&self, SkillId(skill): SkillId) -> Option<&[u64]> {
        let begin = usize::from(self.begins[usize::from(skill)]?) * self.words;
        Some(&self.bits[begin..begin + self.words])
    }

    /// Everybody who can serve these needs, as bits.
    pub fn able(&self, needs: &Skills) -> Vec<u64> {
        let mut able = vec![u64::MAX; self.words];
        let over = self.words * 64 - self.agents.len();
        if let Some(last) = able.last_mut() {
            *last = last.checked_shr(over as u32).unwrap_or(0);
        }
        for (skill, least) in needs.iter() {
            let Some(holders) = self.of(skill) else { return vec![0; self.words] };
            able.iter_mut().zip(holders).for_each(|(able, holders)| *able &= holders);
            if least > 1 {
                let good = each(&able).filter(|at| self.agents[*at].level(skill) >= least);
                let mut kept = vec![0; self.words];
                good.for_each(|at| kept[at / 64] |= 1 << (at % 64));
                able = kept;
            }
        }
        able
    }
}

/// How many bits are set.
pub(crate) fn ones(bits: &[u64]) -> usize {
    bits.iter().map(|word| word.count_ones() as usize).sum()
}

/// How many bits are set in both.
pub(crate) fn common(one: &[u64], other: &[u64]) -> usize {
    one.iter().zip(other).map(|(one, other)| (one & other).count_ones() as usize).sum()
}

/// The places of the bits that are set, lowest first.
pub(crate) fn each(bits: &[u64]) -> impl Iterator<Item = usize> + '_ {
    bits.iter().enumerate().flat_map(|(word, bits)| {
        let mut left = *bits;
        std::iter::from_fn(move || {
            let at = left.trailing_zeros();
            (left != 0).then(|| {
                left &= left - 1;
                word * 64 + at as usize
            })
        })
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn skills() -> impl Strategy<Value = Skills> {
        proptest::collection::vec((0u8..6, 1u8..4), 0..4)
            .prop_map(|pairs| pairs.into_iter().map(|(skill, level)| (SkillId(skill), level)).collect())
    }

    proptest! {
        #[test]
        fn the_bits_say_who_covers(agents in proptest::collection::vec(skills(), 0..140), needs in skills()) {
            let holders = Holders::new(agents.iter());
            let able: Vec<usize> = each(&holders.able(&needs)).collect();
            let by_hand: Vec<usize> = (0..agents.len()).filter(|at| agents[*at].covers(&needs)).collect();
            prop_assert_eq!(&able, &by_hand);
            prop_assert_eq!(ones(&holders.able(&needs)), by_hand.len());
            for skill in 0..6 {
                let count = agents.iter().filter(|agent| agent.has(SkillId(skill))).count();
                prop_assert_eq!(holders.count(SkillId(skill)), count);
            }
        }
    }
}
