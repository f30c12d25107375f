//! The four roles and what each may.

use serde::{Deserialize, Serialize};

use crate::{
    permission::{Permission, Verb},
    resource::Resource,
    scope::Scope,
};

/// What a member is in a company.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Everything, owners included. A company always has one.
    Owner,
    /// Everything but making or unmaking owners, or saying who can pass for one.
    Admin,
    /// Sees everything that calls touch; changes nothing that costs.
    Supervisor,
    /// Telephones from a seat of their own.
    Agent,
}

/// Text that names no role.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a role")]
pub struct NotARole;

impl Role {
    /// Every role, mightiest first.
    pub const ALL: [Self; 4] = [Self::Owner, Self::Admin, Self::Supervisor, Self::Agent];

    /// As stored and sent.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Owner => "owner",
            Self::Admin => "admin",
            Self::Supervisor => "supervisor",
            Self::Agent => "agent",
        }
    }

    /// Whether the role has the permission.
    pub const fn may(self, permission: Permission) -> bool {
        match self {
            Self::Owner => true,
            Self::Admin => !matches!(permission.resource, Resource::SingleSignOn),
            Self::Supervisor => supervisor(permission),
            Self::Agent => agent(permission),
        }
    }

    /// What the role has, in the order of the tables.
    pub fn permissions(self) -> impl Iterator<Item = Permission> {
        let every = Resource::ALL.iter().flat_map(|&resource| Verb::ALL.map(|verb| Permission { resource, verb }));
        every.filter(move |permission| self.may(*permission))
    }

    /// How far the role sees unless the member was given another scope.
    pub const fn scope(self) -> Scope {
        match self {
            Self::Owner | Self::Admin | Self::Supervisor => Scope::All,
            Self::Agent => Scope::Own,
        }
    }
}

const fn supervisor(permission: Permission) -> bool {
    match permission.verb {
        Verb::Read => !matches!(
            permission.resource,
            Resource::SingleSignOn
                | Resource::Invitation
                | Resource::ApiKey
                | Resource::SeatToken
                | Resource::Audit
                | Resource::Billing
                | Resource::Webhook
        ),
        Verb::Write => false,
        Verb::Operate => {
            matches!(
                permission.resource,
                Resource::Call
                    | Resource::Softphone
                    | Resource::Lab
                    | Resource::Agent
                    | Resource::Voicemail
                    | Resource::Callback
            )
        }
    }
}

const fn agent(permission: Permission) -> bool {
    match permission.verb {
        Verb::Read => {
            matches!(
                permission.resource,
                Resource::Company | Resource::Voicemail | Resource::Callback | Resource::Call | Resource::Softphone
            )
        }
        Verb::Write => false,
        Verb::Operate => {
            matches!(
                permission.resource,
                Resource::Voicemail | Resource::Callback | Resource::Call | Resource::Softphone
            )
        }
    }
}

impl std::str::FromStr for Role {
    type Err = NotARole;
    fn from_str(text: &str) -> Result<Self, NotARole> {
        Self::ALL.into_iter().find(|role| role.code() == text).ok_or(NotARole)
    }
}

impl std::fmt::Display for Role {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.code())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mightier_role_may_whatever_a_weaker_one_may() {
        for pair in Role::ALL.windows(2) {
            for permission in pair[1].permissions() {
                assert!(pair[0].may(permission), "{} lacks {permission}", pair[0]);
            }
        }
    }

    #[test]
    fn an_agent_changes_nothing_and_sees_its_own() {
        let codes: Vec<String> = Role::Agent.permissions().map(|p| p.to_string()).collect();
        let wanted = [
            "company:read",
            "voicemails:read",
            "voicemails:operate",
            "callbacks:read",
            "callbacks:operate",
            "calls:read",
            "calls:operate",
            "softphone:read",
            "softphone:operate",
        ];
        assert_eq!(codes, wanted);
        assert_eq!(Role::Agent.scope(), Scope::Own);
    }

    #[test]
    fn only_an_owner_says_whom_the_company_believes() {
        let may = |role: Role| role.permissions().any(|permission| permission.resource == Resource::SingleSignOn);
        assert_eq!(Role::ALL.map(may), [true, false, false, false]);
    }

    #[test]
    fn a_supervisor_writes_nothing() {
        assert!(Role::Supervisor.permissions().all(|permission| permission.verb != Verb::Write));
    }

    #[test]
    fn a_role_survives_its_text() {
        for role in Role::ALL {
            assert_eq!(role.to_string().parse(), Ok(role));
        }
        assert_eq!("root".parse::<Role>(), Err(NotARole));
    }
}
