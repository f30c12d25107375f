//! Permissions as values and as types.

use std::marker::PhantomData;

use crate::resource::{Resource, of::Marker};

/// What is done to a resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Verb {
    /// Look.
    Read,
    /// Make, change, remove; what costs money too.
    Write,
    /// Use: ring, hang up, open a softphone.
    Operate,
}

impl Verb {
    /// Every verb.
    pub const ALL: [Self; 3] = [Self::Read, Self::Write, Self::Operate];
    /// The word after the colon.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Write => "write",
            Self::Operate => "operate",
        }
    }
}

/// A verb on a resource, printed `seats:write`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Permission {
    /// On what.
    pub resource: Resource,
    /// Does what.
    pub verb: Verb,
}

impl std::fmt::Display for Permission {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}", self.resource.code(), self.verb.code())
    }
}

/// Text that names no permission.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a permission")]
pub struct NotAPermission;

impl std::str::FromStr for Permission {
    type Err = NotAPermission;
    fn from_str(text: &str) -> Result<Self, NotAPermission> {
        let (resource, verb) = text.split_once(':').ok_or(NotAPermission)?;
        let resource = Resource::ALL.iter().copied().find(|one| one.code() == resource);
        let verb = Verb::ALL.into_iter().find(|one| one.code() == verb);
        Ok(Self { resource: resource.ok_or(NotAPermission)?, verb: verb.ok_or(NotAPermission)? })
    }
}

impl Permission {
    /// Whether a key may have it as a scope. Keys are made by people alone, so that a stolen one cannot outlive its end; and a
    /// telephone has somebody, or a seat token, in front of it. Who says who people are can become any of them.
    pub const fn is_for_programs(self) -> bool {
        !matches!(self.resource, Resource::ApiKey | Resource::Softphone | Resource::SingleSignOn)
    }
}

/// A permission as a type.
pub trait Permit: Send + Sync + 'static {
    /// Which.
    const PERMISSION: Permission;
}

/// `x:read`.
pub struct Read<X>(PhantomData<X>);
/// `x:write`.
pub struct Write<X>(PhantomData<X>);
/// `x:operate`.
pub struct Operate<X>(PhantomData<X>);

impl<X: Marker> Permit for Read<X> {
    const PERMISSION: Permission = Permission { resource: X::RESOURCE, verb: Verb::Read };
}
impl<X: Marker> Permit for Write<X> {
    const PERMISSION: Permission = Permission { resource: X::RESOURCE, verb: Verb::Write };
}
impl<X: Marker> Permit for Operate<X> {
    const PERMISSION: Permission = Permission { resource: X::RESOURCE, verb: Verb::Operate };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_permission_survives_its_text() {
        for resource in Resource::ALL {
            for verb in Verb::ALL {
                let permission = Permission { resource: *resource, verb };
                assert_eq!(permission.to_string().parse(), Ok(permission));
            }
        }
        for text in ["seats", "seats:", ":read", "seats:own", "chairs:read", "seats:read:write"] {
            assert_eq!(text.parse::<Permission>(), Err(NotAPermission), "{text}");
        }
    }

    #[test]
    fn a_key_never_makes_keys() {
        let key = Permission { resource: Resource::ApiKey, verb: Verb::Write };
        assert!(!key.is_for_programs());
        assert!("seats:write".parse::<Permission>().unwrap().is_for_programs());
    }
}
