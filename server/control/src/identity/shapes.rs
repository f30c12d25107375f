//! What people send and see of themselves.

use kernel::TenantId;
use patchbay_kernel as kernel;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use utoipa::ToSchema;

use crate::{
    kit::words::{Role, Scope},
    people::roles::RoleName,
};

/// A person.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct User {
    /// `usr_..`
    pub id: String,
    /// Name.
    pub name: String,
    /// Address, lower case.
    pub email: String,
    /// Whether the address was checked.
    pub email_verified: bool,
    /// Language.
    pub locale: String,
}

/// A company.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Company {
    /// `ten_..`
    pub id: String,
    /// Name.
    pub name: String,
    /// Short name, unique in the installation.
    pub realm: String,
    /// ISO 3166 code.
    pub country: String,
    /// IANA name.
    pub timezone: String,
    /// Language.
    pub locale: String,
    /// `active` or `suspended`.
    pub state: String,
    /// Calls at once.
    pub max_calls: i64,
    /// Whether its people need a second factor.
    pub require_second_factor: bool,
    /// Since when.
    #[serde(with = "time::serde::rfc3339")]
    pub created_at: OffsetDateTime,
}

/// A company that one belongs to.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Membership {
    /// `ten_..`
    pub tenant: String,
    /// Its name.
    pub company: String,
    /// One's role there.
    pub role: Role,
}

/// One's seat.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct MySeat {
    /// `seat_..`
    pub id: String,
    /// Extension.
    pub extension: String,
    /// Label.
    pub label: String,
}

/// Who one is, where, and what one may.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Me {
    /// The person.
    pub user: User,
    /// The company of this session.
    pub company: Company,
    /// One's role there.
    pub role: Role,
    /// The company's own role that one has in place of it.
    pub custom_role: Option<RoleName>,
    /// How far one sees there.
    pub scope: Scope,
    /// `mem_..`
    pub member: String,
    /// `seats:write` and so on.
    pub permissions: Vec<String>,
    /// The company asks for a second factor and one has none: nothing but one's own affairs opens before it is on.
    pub lacks_second_factor: bool,
    /// One's seat there.
    pub seat: Option<MySeat>,
    /// All companies one belongs to.
    pub memberships: Vec<Membership>,
    /// An operator of the platform is here in this person's place.
    pub support: Option<SupportVisit>,
}

/// An operator at work in a company, as its pages show it.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct SupportVisit {
    /// Why.
    pub reason: String,
    /// Until when.
    #[serde(with = "time::serde::rfc3339")]
    pub ends_at: OffsetDateTime,
}

/// A session just opened or refreshed. The refresh token travels in a cookie that scripts cannot read.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Session {
    /// For `Authorization: Bearer`.
    pub access_token: String,
    /// Seconds that it is good for.
    pub expires_in_s: i64,
    /// Who one is.
    pub me: Me,
    /// The link that would be mailed; only in a demonstration without mail.
    pub email_link: Option<String>,
}

/// A new company and its owner.
#[derive(Clone, Deserialize, ToSchema)]
pub struct SignUp {
    /// Company's name.
    pub company: String,
    /// Person's name.
    pub name: String,
    /// Address.
    pub email: String,
    /// Password, at least 10 characters.
    pub password: String,
    /// ISO 3166 code; absent: US.
    pub country: Option<String>,
    /// Language; absent: en.
    pub locale: Option<String>,
}

/// Address and password.
#[derive(Clone, Deserialize, ToSchema)]
pub struct SignIn {
    /// Address.
    pub email: String,
    /// Password.
    pub password: String,
    /// Six digits of the authenticator, or a recovery code: once `second_factor_needed` was the answer.
    pub code: Option<String>,
}

/// A token out of a link.
#[derive(Clone, Deserialize, ToSchema)]
pub struct Token {
    /// As in the link.
    pub token: String,
}

/// Which company to go to.
#[derive(Clone, Debug, Deserialize, ToSchema)]
pub struct SwitchCompany {
    /// `ten_..`
    #[schema(value_type = String)]
    pub tenant: TenantId,
}

/// A new password, with the old one as proof.
#[derive(Clone, Deserialize, ToSchema)]
pub struct PasswordChange {
    /// The password until now.
    pub current: String,
    /// The password from now on.
    pub new: String,
}

/// Changes of oneself; absent fields stay.
#[derive(Clone, Debug, Deserialize, ToSchema)]
pub struct UserPatch {
    /// Name.
    pub name: Option<String>,
    /// Language.
    pub locale: Option<String>,
}
