//! Why a decision fell as it did: short enough to be kept with every call.

use patchbay_kernel::time::Span;
use serde::{Deserialize, Serialize};

/// How many names of each sort are kept; the others are only counted.
const NAMED: usize = 5;

/// Why an idle agent did not get the call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Lost {
    /// Cannot serve it.
    LacksSkill,
    /// Was offered this call and did not take it.
    MissedThisCall,
    /// Is the last idle holder of a rare skill that this caller does not need.
    KeptForRareSkill,
    /// The caller knows somebody else who is free.
    CallerKnowsAnother,
    /// Is less good at it.
    LowerLevel,
    /// Can do more than is needed here.
    MoreSkills,
    /// Had something to do more recently.
    LessIdle,
}

impl Lost {
    /// All of them, in the order of [`Explanation::lost_counts`].
    pub const ALL: [Self; 7] = [
        Self::LacksSkill,
        Self::MissedThisCall,
        Self::KeptForRareSkill,
        Self::CallerKnowsAnother,
        Self::LowerLevel,
        Self::MoreSkills,
        Self::LessIdle,
    ];
}

/// Why a caller with a higher score was not served.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Passed {
    /// No idle agent has the skills.
    NobodyIdleCanServe,
    /// Who could serve is kept for a rare skill.
    AgentsAreKept,
    /// Waits a little for the agent they know.
    WaitsForKnownAgent,
}

/// The reasons of one decision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explanation<A, C> {
    /// Waiting time plus head starts of the caller that won, in microseconds; 0 when nobody did.
    pub score: u64,
    /// Their waiting time.
    pub waited: Span,
    /// The agent was the one whom the caller knows.
    pub known: bool,
    /// Callers with a higher score who had to be passed over, the first few by name.
    pub passed: Vec<(C, Passed)>,
    /// How many they were in all; without a pair, how many wait.
    pub unserved: usize,
    /// Idle agents who could serve it and did not get it, the first few of each reason by name.
    pub lost: Vec<(A, Lost)>,
    /// How many for each reason.
    pub lost_counts: [usize; 7],
}

impl<A, C> Default for Explanation<A, C> {
    fn default() -> Self {
        Self {
            score: 0,
            waited: Span::default(),
            known: false,
            passed: Vec::new(),
            unserved: 0,
            lost: Vec::new(),
            lost_counts: [0; 7],
        }
    }
}

impl<A, C> Explanation<A, C> {
    /// How many idle agents lost for this reason.
    pub const fn count(&self, why: Lost) -> usize {
        self.lost_counts[why as usize]
    }

    pub(crate) fn lose(&mut self, agent: A, why: Lost) {
        let count = &mut self.lost_counts[why as usize];
        *count += 1;
        if *count <= NAMED {
            self.lost.push((agent, why));
        }
    }

    pub(crate) const fn lose_many(&mut self, why: Lost, how_many: usize) {
        self.lost_counts[why as usize] += how_many;
    }

    pub(crate) fn passed_over(&mut self, call: C, why: Passed) {
        if self.passed.len() < NAMED {
            self.passed.push((call, why));
        }
    }
}
