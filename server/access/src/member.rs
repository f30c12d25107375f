//! Who may make whom what. A company never loses its last owner, and only an owner touches owners.

use crate::Role;

/// Mightiest first: the order in which members are listed.
pub const ROLE_ORDER: [Role; 4] = Role::ALL;

/// Why a member may not be changed so.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MemberRefusal {
    /// The company would have no active owner.
    #[error("the company would have no owner")]
    LastOwner,
    /// Only an owner makes, changes or removes owners.
    #[error("only an owner may do this")]
    OwnersOnly,
}

/// May `actor` make somebody who is `from` into `to`? `other_owners` counts the active owners besides that somebody.
/// Fails for owners touched by others and for the last owner.
pub fn may_change_role(actor: Role, from: Role, to: Role, other_owners: usize) -> Result<(), MemberRefusal> {
    let touches_owner = from == Role::Owner || to == Role::Owner;
    if touches_owner && actor != Role::Owner {
        return Err(MemberRefusal::OwnersOnly);
    }
    if from == Role::Owner && to != Role::Owner && other_owners == 0 {
        return Err(MemberRefusal::LastOwner);
    }
    Ok(())
}

/// May `actor` suspend or remove somebody who is `role`? Fails as [`may_change_role`] does.
pub fn may_remove(actor: Role, role: Role, other_owners: usize) -> Result<(), MemberRefusal> {
    if role != Role::Owner {
        return Ok(());
    }
    if actor != Role::Owner {
        return Err(MemberRefusal::OwnersOnly);
    }
    if other_owners == 0 { Err(MemberRefusal::LastOwner) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Role::{Admin, Agent, Owner};

    #[test]
    fn the_last_owner_stays() {
        assert_eq!(may_change_role(Owner, Owner, Admin, 0), Err(MemberRefusal::LastOwner));
        assert_eq!(may_remove(Owner, Owner, 0), Err(MemberRefusal::LastOwner));
        assert_eq!(may_change_role(Owner, Owner, Admin, 1), Ok(()));
        assert_eq!(may_remove(Owner, Owner, 1), Ok(()));
    }

    #[test]
    fn only_owners_touch_owners() {
        assert_eq!(may_change_role(Admin, Agent, Owner, 1), Err(MemberRefusal::OwnersOnly));
        assert_eq!(may_change_role(Admin, Owner, Agent, 1), Err(MemberRefusal::OwnersOnly));
        assert_eq!(may_remove(Admin, Owner, 5), Err(MemberRefusal::OwnersOnly));
        assert_eq!(may_change_role(Admin, Agent, Admin, 0), Ok(()));
    }
}
