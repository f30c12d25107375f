//! What every transaction carries: when it happens, who does it, and where chance comes from.

use kernel::{Entropy, OperatorId, UserId, Wall};
use patchbay_kernel as kernel;

/// On whose behalf something is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Actor {
    /// A signed-in person.
    User(UserId),
    /// A platform operator.
    Operator(OperatorId),
    /// The platform itself: jobs, the switch, start-up.
    System,
}

impl std::fmt::Display for Actor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::User(id) => id.fmt(f),
            Self::Operator(id) => id.fmt(f),
            Self::System => f.write_str("system"),
        }
    }
}

/// Time, chance and actor of one transaction. Handlers take all three from the transaction, never from the outside.
pub struct Stamp {
    /// The time that every row of this transaction is stamped with.
    pub now: Wall,
    /// Source of ids and tokens.
    pub chance: Box<dyn Entropy>,
    /// Who acts.
    pub actor: Actor,
}

impl Stamp {
    /// For work of the platform itself.
    pub fn system(now: Wall, chance: Box<dyn Entropy>) -> Self {
        Self { now, chance, actor: Actor::System }
    }
}

/// Behind a lock only so that a transaction can be shared by reference across an await.
pub(crate) struct Chance(std::sync::Mutex<Box<dyn Entropy>>);

impl Chance {
    pub(crate) fn new(chance: Box<dyn Entropy>) -> Self {
        Self(std::sync::Mutex::new(chance))
    }
    pub(crate) fn get(&mut self) -> &mut dyn Entropy {
        self.0.get_mut().unwrap_or_else(std::sync::PoisonError::into_inner).as_mut()
    }
    pub(crate) fn uuid(&self, now: Wall) -> kernel::Uuid {
        let mut chance = self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        kernel::id::uuid_v7(now, chance.as_mut())
    }
}
