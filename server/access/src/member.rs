//! Who may make whom what. A company never loses its last owner, and only an owner touches owners.

use crate::{Role, Scope};

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
    /// Nobody lets others see further than they see themselves.
    #[error("nobody gives a wider view than their own")]
    WiderThanOwn,
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

/// May somebody who sees `actor` let somebody who sees `from` see `to`? Fails where either is further than they see themselves.
pub fn may_change_scope(actor: Scope, from: Scope, to: Scope) -> Result<(), MemberRefusal> {
    if to == from || (from <= actor && to <= actor) { Ok(()) } else { Err(MemberRefusal::WiderThanOwn) }
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
    fn nobody_gives_a_wider_view_than_their_own() {
        assert_eq!(may_change_scope(Scope::Team, Scope::Own, Scope::Team), Ok(()));
        assert_eq!(may_change_scope(Scope::Team, Scope::Own, Scope::Subtree), Err(MemberRefusal::WiderThanOwn));
        assert_eq!(may_change_scope(Scope::Team, Scope::All, Scope::All), Ok(()), "what stays is given by nobody");
        assert_eq!(may_change_scope(Scope::Team, Scope::All, Scope::Own), Err(MemberRefusal::WiderThanOwn));
    }

    #[test]
    fn only_owners_touch_owners() {
        assert_eq!(may_change_role(Admin, Agent, Owner, 1), Err(MemberRefusal::OwnersOnly));
        assert_eq!(may_change_role(Admin, Owner, Agent, 1), Err(MemberRefusal::OwnersOnly));
        assert_eq!(may_remove(Admin, Owner, 5), Err(MemberRefusal::OwnersOnly));
        assert_eq!(may_change_role(Admin, Agent, Admin, 0), Ok(()));
    }
}
