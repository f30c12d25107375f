//! What every transaction carries: when it happens, who does it, and where chance comes from.

use kernel::{ApiKeyId, Entropy, OperatorId, SeatTokenId, UserId, Uuid, Wall};
use patchbay_kernel as kernel;

use crate::audit::Origin;

/// On whose behalf something is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Actor {
    /// A signed-in person.
    User(UserId),
    /// A program with a key.
    Key(ApiKeyId),
    /// A browser with a seat token.
    SeatToken(SeatTokenId),
    /// A platform operator.
    Operator(OperatorId),
    /// A platform operator at work in a company, as this person.
    Support(OperatorId, UserId),
    /// The platform itself: jobs, the switch, start-up.
    System,
}

impl Actor {
    /// The operator, if it is one.
    pub const fn operator(self) -> Option<OperatorId> {
        match self {
            Self::Operator(id) | Self::Support(id, _) => Some(id),
            _ => None,
        }
    }
    /// As whom an operator is at work in a company.
    pub const fn acting_as(self) -> Option<UserId> {
        match self {
            Self::Support(_, user) => Some(user),
            _ => None,
        }
    }
}

impl std::fmt::Display for Actor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::User(id) => id.fmt(f),
            Self::Key(id) => id.fmt(f),
            Self::SeatToken(id) => id.fmt(f),
            Self::Operator(id) | Self::Support(id, _) => id.fmt(f),
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
    /// From where.
    pub origin: Origin,
}

impl Stamp {
    /// For work of the platform itself.
    pub fn system(now: Wall, chance: Box<dyn Entropy>) -> Self {
        Self { now, chance, actor: Actor::System, origin: Origin::default() }
    }
}

/// Behind a lock only so that a transaction can be shared by reference across an await.
pub(crate) struct Chance(std::sync::Mutex<(Box<dyn Entropy>, Uuid)>);

impl Chance {
    pub(crate) fn new(chance: Box<dyn Entropy>) -> Self {
        Self(std::sync::Mutex::new((chance, Uuid::nil())))
    }
    pub(crate) fn get(&mut self) -> &mut dyn Entropy {
        self.0.get_mut().unwrap_or_else(std::sync::PoisonError::into_inner).0.as_mut()
    }
    /// Greater than the one before it: rows of one transaction, born in the same millisecond, still sort in the order in which
    /// they were made. Source: RFC 9562 section 6.2, method 2.
    pub(crate) fn uuid(&self, now: Wall) -> Uuid {
        let mut inner = self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let fresh = kernel::id::uuid_v7(now, inner.0.as_mut());
        inner.1 = if fresh > inner.1 { fresh } else { Uuid::from_u128(inner.1.as_u128() + 1) };
        inner.1
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use kernel::SeededEntropy;

    #[test]
    fn ids_of_one_transaction_sort_as_they_were_made() {
        let chance = Chance::new(Box::new(SeededEntropy::new(5)));
        let ids: Vec<Uuid> = (0..1_000).map(|_| chance.uuid(Wall::from_unix_ms(7))).collect();
        assert!(ids.windows(2).all(|pair| pair[0] < pair[1]));
        assert!(ids.iter().all(|id| id.get_version_num() == 7));
    }
}
