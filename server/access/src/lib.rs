//! Floor 2: who may do what in a company.
//!
//! A role is a set of permissions, a permission is a verb on a resource (`seats:write`), and how far a role sees is its scope.
//! Pure tables: a handler names its permission as a type ([`Read`], [`Write`], [`Operate`] of a resource), and the walk over the
//! generated API document compares those types with this table.
//! Never here: tokens, rows, HTTP.

pub mod member;
pub mod permission;
pub mod resource;
pub mod role;
pub mod scope;

pub use member::{MemberRefusal, ROLE_ORDER, may_change_role, may_change_scope, may_remove};
pub use permission::{NotAPermission, Operate, Permission, Permit, Read, Verb, Write};
pub use resource::Resource;
pub use role::Role;
pub use scope::{NotAScope, Scope};
