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
