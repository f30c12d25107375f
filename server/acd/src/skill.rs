//! What an agent can do and what a caller needs, as sets that compare in a few machine words.

/// One skill of a company. The company's skills are numbered when its queues are loaded, hence at most 256 of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SkillId(pub u8);

/// Skills with levels: those of an agent, or the least that a caller needs. A higher level is better; level 0 is no skill.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Skills {
    mask: [u64; 4],
    /// By skill, each once.
    levels: Vec<(SkillId, u8)>,
}

impl Skills {
    /// From pairs in any order; of a skill named twice the better level counts.
    pub fn new(pairs: impl IntoIterator<Item = (SkillId, u8)>) -> Self {
        let mut levels: Vec<(SkillId, u8)> = pairs.into_iter().filter(|(_, level)| *level > 0).collect();
        levels.sort_unstable_by_key(|(skill, level)| (*skill, std::cmp::Reverse(*level)));
        levels.dedup_by_key(|(skill, _)| *skill);
        let mut mask = [0; 4];
        for (SkillId(skill), _) in &levels {
            mask[usize::from(skill / 64)] |= 1 << (skill % 64);
        }
        Self { mask, levels }
    }

    /// How many skills.
    pub fn len(&self) -> usize {
        self.levels.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.levels.is_empty()
    }

    /// The level of one skill; 0 where it is missing.
    pub fn level(&self, skill: SkillId) -> u8 {
        self.levels.binary_search_by_key(&skill, |(held, _)| *held).map_or(0, |at| self.levels[at].1)
    }

    /// Whether the skill is among them, at any level.
    pub const fn has(&self, SkillId(skill): SkillId) -> bool {
        self.mask[(skill / 64) as usize] & (1 << (skill % 64)) != 0
    }

    /// Whether somebody with these can serve `needs`.
    pub fn covers(&self, needs: &Self) -> bool {
        let holds_all = self.mask.iter().zip(needs.mask).all(|(have, need)| have & need == need);
        holds_all && needs.levels.iter().all(|(skill, least)| *least <= 1 || self.level(*skill) >= *least)
    }

    /// The skills, lowest first.
    pub fn iter(&self) -> impl Iterator<Item = (SkillId, u8)> + '_ {
        self.levels.iter().copied()
    }

    /// Sum of the levels at which `needs` would be served: more is better.
    pub fn mastery(&self, needs: &Self) -> u32 {
        needs.levels.iter().map(|(skill, _)| u32::from(self.level(*skill))).sum()
    }
}

impl FromIterator<(SkillId, u8)> for Skills {
    fn from_iter<I: IntoIterator<Item = (SkillId, u8)>>(pairs: I) -> Self {
        Self::new(pairs)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn skills(pairs: &[(u8, u8)]) -> Skills {
        pairs.iter().map(|(skill, level)| (SkillId(*skill), *level)).collect()
    }

    #[test]
    fn a_level_below_the_needed_one_does_not_serve() {
        let agent = skills(&[(3, 2), (200, 5)]);
        assert!(agent.covers(&skills(&[(3, 2)])) && agent.covers(&skills(&[(3, 1), (200, 5)])));
        assert!(!agent.covers(&skills(&[(3, 3)])) && !agent.covers(&skills(&[(4, 1)])));
    }

    #[test]
    fn no_need_is_served_by_everybody_and_level_zero_is_no_skill() {
        assert!(Skills::default().covers(&Skills::default()));
        assert!(skills(&[(7, 0)]).is_empty());
        assert_eq!(skills(&[(7, 1), (7, 4)]).level(SkillId(7)), 4);
    }

    proptest! {
        #[test]
        fn serving_is_what_the_levels_say(
            have in proptest::collection::vec((0u8..=255, 0u8..6), 0..12),
            need in proptest::collection::vec((0u8..=255, 0u8..6), 0..4),
        ) {
            let (have, need) = (skills(&have), skills(&need));
            let by_hand = need.iter().all(|(skill, least)| have.level(skill) >= least);
            prop_assert_eq!(have.covers(&need), by_hand);
            prop_assert!(have.iter().all(|(skill, _)| have.has(skill)));
        }
    }
}
