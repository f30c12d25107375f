//! Who somebody is that a provider sends, and whether they come in. A pure function: facts in, decision out.

use kernel::{UserId, Uuid};
use patchbay_kernel as kernel;

use super::provider::Proven;
use crate::people::invitation_token::NewPlace;

/// An account with the address that the provider says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Account {
    /// Whose.
    pub user: UserId,
    /// Their place in this company.
    pub place: Option<Place>,
}

/// A place in the company.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// Not suspended.
    pub active: bool,
    /// Already known by another subject of this provider.
    pub linked: bool,
}

/// An invitation that waits for that address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invited {
    /// Which.
    pub invitation: Uuid,
    /// Where to.
    pub place: NewPlace,
}

/// What we know.
#[derive(Clone, Debug, Default)]
pub struct Facts {
    /// Who this subject is, if they came before, and their place now.
    pub known: Option<(UserId, Option<Place>)>,
    /// The account with the address.
    pub account: Option<Account>,
    /// An invitation.
    pub invited: Option<Invited>,
    /// The mail domains that the company's provider speaks for.
    pub domains: Vec<String>,
    /// Whoever comes from there joins, as this.
    pub joins_as: Option<String>,
}

/// They come in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Arrival {
    /// As before.
    Known(UserId),
    /// A member, whose subject we know from now on.
    Linked(UserId),
    /// Somebody new.
    Joins {
        /// Where to.
        place: NewPlace,
        /// The invitation that is thereby used up.
        invitation: Option<Uuid>,
    },
}

/// They do not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The provider did not check the address, or says none.
    Unverified,
    /// An address of another domain.
    Domain,
    /// Nobody here.
    NotMember,
    /// Suspended here.
    Suspended,
    /// The address is that of an account which is not of this company: it joins by an invitation and its own password.
    Elsewhere,
    /// The member is known as another subject of the provider.
    LinkedElsewhere,
}

impl Refusal {
    /// Stable word.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Unverified => "sso_unverified",
            Self::Domain => "sso_domain",
            Self::NotMember => "sso_not_member",
            Self::Suspended => "sso_suspended",
            Self::Elsewhere => "sso_account_elsewhere",
            Self::LinkedElsewhere => "sso_linked_elsewhere",
        }
    }
}

/// The part after the at sign, lower case.
pub fn domain_of(email: &str) -> Option<String> {
    let (name, domain) = email.rsplit_once('@')?;
    (!name.is_empty() && !domain.is_empty()).then(|| domain.to_ascii_lowercase())
}

/// Decides. A subject that is known counts before any address: addresses are given to others, subjects never.
pub fn judged(proven: &Proven, facts: Facts) -> Result<Arrival, Refusal> {
    if let Some((user, place)) = facts.known {
        return match place {
            None => Err(Refusal::NotMember),
            Some(place) if !place.active => Err(Refusal::Suspended),
            Some(_) => Ok(Arrival::Known(user)),
        };
    }
    let domain = proven.email.as_deref().filter(|_| proven.email_verified).and_then(domain_of);
    let domain = domain.ok_or(Refusal::Unverified)?;
    if !facts.domains.contains(&domain) {
        return Err(Refusal::Domain);
    }
    match (facts.account, facts.invited, facts.joins_as) {
        (Some(Account { place: None, .. }), _, _) => Err(Refusal::Elsewhere),
        (Some(Account { place: Some(Place { linked: true, .. }), .. }), _, _) => Err(Refusal::LinkedElsewhere),
        (Some(Account { place: Some(Place { active: false, .. }), .. }), _, _) => Err(Refusal::Suspended),
        (Some(account), _, _) => Ok(Arrival::Linked(account.user)),
        (None, Some(Invited { invitation, place }), _) => Ok(Arrival::Joins { place, invitation: Some(invitation) }),
        (None, None, Some(role)) => Ok(Arrival::Joins {
            place: NewPlace { role, own_role: None, department: None, teams: Vec::new() },
            invitation: None,
        }),
        (None, None, None) => Err(Refusal::NotMember),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn proven(email: &str, email_verified: bool) -> Proven {
        Proven { subject: "s".into(), email: Some(email.into()), email_verified, name: None }
    }
    fn user(n: u128) -> UserId {
        UserId::from_uuid(Uuid::from_u128(n))
    }
    fn place(active: bool, linked: bool) -> Option<Place> {
        Some(Place { active, linked })
    }
    fn facts() -> Facts {
        Facts { domains: vec!["aster.example.com".into()], ..Facts::default() }
    }
    fn as_(role: &str) -> NewPlace {
        NewPlace { role: role.into(), own_role: None, department: None, teams: Vec::new() }
    }
    const ANN: &str = "Ann@Aster.Example.com";

    #[test]
    fn a_known_subject_counts_before_any_address() {
        let known = |place| Facts { known: Some((user(1), place)), ..facts() };
        let elsewhere = proven("ann@new.example.com", false);
        assert_eq!(judged(&elsewhere, known(place(true, true))), Ok(Arrival::Known(user(1))));
        assert_eq!(judged(&elsewhere, known(place(false, true))), Err(Refusal::Suspended));
        assert_eq!(judged(&elsewhere, known(None)), Err(Refusal::NotMember));
    }

    #[test]
    fn an_address_counts_when_it_was_checked_and_is_of_a_domain_of_the_company() {
        let account = |place| Facts { account: Some(Account { user: user(2), place }), ..facts() };
        let ann = proven(ANN, true);
        assert_eq!(judged(&ann, account(place(true, false))), Ok(Arrival::Linked(user(2))));
        assert_eq!(judged(&ann, account(place(true, true))), Err(Refusal::LinkedElsewhere));
        assert_eq!(judged(&ann, account(place(false, false))), Err(Refusal::Suspended));
        assert_eq!(judged(&proven(ANN, false), account(place(true, false))), Err(Refusal::Unverified));
        let none = Proven { email: None, ..proven("", true) };
        assert_eq!(judged(&none, account(place(true, false))), Err(Refusal::Unverified));
        for email in ["ann@example.com", "ann@aster.example.com.evil.example", "ann@evil.example@other.example"] {
            assert_eq!(judged(&proven(email, true), account(place(true, false))), Err(Refusal::Domain), "{email}");
        }
    }

    #[test]
    fn nobody_is_made_a_member_by_a_provider_who_has_an_account_elsewhere() {
        let invited = Some(Invited { invitation: Uuid::nil(), place: as_("agent") });
        let account = Some(Account { user: user(3), place: None });
        let facts = Facts { account, invited, joins_as: Some("agent".into()), ..facts() };
        assert_eq!(judged(&proven(ANN, true), facts), Err(Refusal::Elsewhere));
    }

    #[test]
    fn somebody_new_joins_as_invited_else_as_the_company_says() {
        let invited = Some(Invited { invitation: Uuid::nil(), place: as_("supervisor") });
        let both = Facts { invited, joins_as: Some("agent".into()), ..facts() };
        let joins = |role: &str, invitation| Ok(Arrival::Joins { place: as_(role), invitation });
        assert_eq!(judged(&proven(ANN, true), both), joins("supervisor", Some(Uuid::nil())));
        let auto = Facts { joins_as: Some("agent".into()), ..facts() };
        assert_eq!(judged(&proven(ANN, true), auto), joins("agent", None));
        assert_eq!(judged(&proven(ANN, true), facts()), Err(Refusal::NotMember));
    }
}
