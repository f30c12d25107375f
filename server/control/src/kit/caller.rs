//! From a bearer token to a [`Caller`]. People show access tokens, EdDSA-signed JWTs of ten minutes; programs show keys
//! ([`crate::programs`]); nothing else is accepted. What stands behind either is looked up on every request, so signing out,
//! suspending, changing a role and revoking a key take effect at once.

use axum::{
    extract::FromRequestParts,
    http::{StatusCode, header, request::Parts},
};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use kernel::{CustomRoleId, Entropy, MemberId, OperatorId, SessionId, TenantId, UserId, Wall};
use patchbay_access::{Permission, Resource, Role, Scope};
use patchbay_kernel as kernel;
use patchbay_tenancy::{
    Actor, Sealer, StoreError, SystemTx,
    system::{Membership, impersonation, operator_account, session},
};
use serde::{Deserialize, Serialize};

use super::{app::App, origin, problem::Problem, token};
use crate::{
    people::roles::{mightier, parsed},
    programs::{
        gate::{self, KeyGrant, Program},
        row::texts,
        secret,
    },
};

/// How long an access token lives, in seconds.
pub const ACCESS_LIFE_S: i64 = 600;
/// How much the clocks of two nodes may differ, in seconds.
const LEEWAY_S: i64 = 5;
const ISSUER: &str = "patchbay";
const SETTING: &str = "access_keys";
const CONTEXT: &str = "setting:access_keys";
/// A key signs for so long; then a new one does, and the old one still verifies until the next turn.
const KEY_LIFE_S: i64 = 90 * 86_400;
/// DER of RFC 8410's PrivateKeyInfo for Ed25519 up to the 32 bytes of the seed.
const PKCS8_ED25519: [u8; 16] = [0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 4, 0x22, 4, 0x20];

/// Whom a token is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Realm {
    /// People of companies.
    Tenant,
    /// Operators of the platform.
    Operator,
}

impl Realm {
    /// The audience of its tokens, and the word in the session's row.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Tenant => "tenant",
            Self::Operator => "operator",
        }
    }
}

#[derive(Debug, Serialize, Deserialize)]
struct Claims {
    iss: String,
    aud: String,
    sub: String,
    tid: Option<String>,
    sid: String,
    iat: i64,
    exp: i64,
}

#[derive(Clone, Serialize, Deserialize)]
struct StoredKey {
    kid: String,
    seed: String,
    since_s: i64,
}

struct Key {
    kid: String,
    sign: EncodingKey,
    verify: DecodingKey,
}

/// The signing key and the one before it.
pub struct Keys(Vec<Key>);

impl Keys {
    /// From the settings, where they are made at the first start and turned over every 90 days. Fails as the store does, and with
    /// `Sealed` when the sealing key is not the one they were sealed with.
    pub async fn load(tx: &mut SystemTx, sealer: &Sealer) -> Result<Self, StoreError> {
        let now_s = tx.now().unix_s();
        let first = sealed(&[fresh(now_s, tx.chance())], sealer, tx.chance())?;
        let text = sealer.unseal(&tx.setting_or(SETTING, &first).await?, CONTEXT)?;
        let mut keys: Vec<StoredKey> = serde_json::from_str(text.expose()).map_err(|_| StoreError::Sealed)?;
        if keys.first().is_none_or(|key| key.since_s + KEY_LIFE_S < now_s) {
            keys.insert(0, fresh(now_s, tx.chance()));
            keys.truncate(2);
            let text = sealed(&keys, sealer, tx.chance())?;
            tx.set_setting(SETTING, &text).await?;
        }
        keys.iter().map(usable).collect::<Option<Vec<_>>>().map(Self).ok_or(StoreError::Sealed)
    }

    /// An access token for a person in a company.
    pub fn sign_user(&self, user: UserId, tenant: TenantId, session: SessionId, now: Wall) -> Result<String, Problem> {
        self.sign(Realm::Tenant, user.to_string(), Some(tenant.to_string()), session, now)
    }

    /// An access token for an operator.
    pub fn sign_operator(&self, operator: OperatorId, session: SessionId, now: Wall) -> Result<String, Problem> {
        self.sign(Realm::Operator, operator.to_string(), None, session, now)
    }

    fn sign(
        &self,
        realm: Realm,
        sub: String,
        tid: Option<String>,
        sid: SessionId,
        now: Wall,
    ) -> Result<String, Problem> {
        let key = self.0.first().ok_or_else(|| Problem::internal("no signing key"))?;
        let (iat, aud) = (now.unix_s(), realm.as_str().to_owned());
        let claims = Claims { iss: ISSUER.into(), aud, sub, tid, sid: sid.to_string(), iat, exp: iat + ACCESS_LIFE_S };
        let head = Header { kid: Some(key.kid.clone()), ..Header::new(Algorithm::EdDSA) };
        jsonwebtoken::encode(&head, &claims, &key.sign).map_err(Problem::internal)
    }

    /// The claims of a good token of this realm. The algorithm is pinned, whatever the token says of itself.
    fn claims(&self, text: &str, realm: Realm, now: Wall) -> Option<Claims> {
        let head = jsonwebtoken::decode_header(text).ok()?;
        let key = self.0.iter().find(|key| Some(&key.kid) == head.kid.as_ref())?;
        let mut rules = Validation::new(Algorithm::EdDSA);
        rules.set_issuer(&[ISSUER]);
        rules.set_audience(&[realm.as_str()]);
        rules.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);
        // Expiry is compared below, with the clock of this node rather than the system's.
        rules.validate_exp = false;
        let claims = jsonwebtoken::decode::<Claims>(text, &key.verify, &rules).ok()?.claims;
        let now_s = now.unix_s();
        let in_time = now_s < claims.exp + LEEWAY_S && claims.iat <= now_s + LEEWAY_S;
        (in_time && claims.exp - claims.iat <= ACCESS_LIFE_S).then_some(claims)
    }
}

fn fresh(now_s: i64, chance: &mut dyn Entropy) -> StoredKey {
    let (mut kid, mut seed) = ([0; 6], [0; 32]);
    chance.fill(&mut kid);
    chance.fill(&mut seed);
    StoredKey { kid: token::hex(&kid), seed: token::hex(&seed), since_s: now_s }
}

fn sealed(keys: &[StoredKey], sealer: &Sealer, chance: &mut dyn Entropy) -> Result<String, StoreError> {
    let text = serde_json::to_string(keys).map_err(|why| StoreError::Other(why.to_string()))?;
    Ok(sealer.seal(&text, CONTEXT, chance))
}

fn usable(stored: &StoredKey) -> Option<Key> {
    let digits = stored.seed.as_bytes().chunks(2).map(|pair| std::str::from_utf8(pair).ok());
    let seed: Vec<u8> = digits.map(|pair| u8::from_str_radix(pair?, 16).ok()).collect::<Option<_>>()?;
    let sign = EncodingKey::from_ed_der(&[PKCS8_ED25519.as_slice(), &seed].concat());
    let public = jsonwebtoken::jwk::Jwk::from_encoding_key(&sign, Algorithm::EdDSA).ok()?;
    let verify = DecodingKey::from_jwk(&public).ok()?;
    (seed.len() == 32).then_some(Key { kid: stored.kid.clone(), sign, verify })
}

/// Somebody's place in a company, and what they may there.
#[derive(Clone, Debug)]
pub struct Person {
    /// The person.
    pub user: UserId,
    /// The company.
    pub tenant: TenantId,
    /// The person's place there.
    pub member: MemberId,
    /// What they may, unless the company gave them a role of its own.
    pub role: Role,
    /// That one.
    pub custom: Option<CustomRole>,
    /// How far they see.
    pub scope: Scope,
    /// Whether the company is suspended: it may look, no more.
    pub suspended: bool,
    /// The company asks its people for a second factor, and this one has none yet.
    pub lacks_second_factor: bool,
    /// The company lets them in through its provider alone.
    pub needs_sso: bool,
    /// An operator who is at work here as this person.
    pub support: Option<OperatorId>,
}

/// A role that a company put together itself, as one of its members has it.
#[derive(Clone, Debug)]
pub struct CustomRole {
    /// Which.
    pub id: CustomRoleId,
    /// Its name.
    pub name: String,
    /// What it may.
    pub permissions: Vec<Permission>,
    /// How far it sees.
    pub scope: Scope,
}

impl CustomRole {
    /// Of a membership. Permissions that are none any more are left out.
    pub fn of(place: &Membership) -> Option<Self> {
        Some(Self {
            id: CustomRoleId::from_uuid(place.role_id?),
            name: place.role_name.clone()?,
            permissions: parsed(&texts(place.permissions.as_ref()?)),
            scope: place.role_scope.as_deref()?.parse().unwrap_or(Scope::Own),
        })
    }
}

impl Person {
    /// For stamps.
    pub fn actor(&self) -> Actor {
        self.support.map_or(Actor::User(self.user), |operator| Actor::Support(operator, self.user))
    }
    /// Whether they have the permission.
    pub fn may(&self, permission: Permission) -> bool {
        self.custom.as_ref().map_or_else(|| self.role.may(permission), |own| own.permissions.contains(&permission))
    }
    /// All that they have.
    pub fn permissions(&self) -> Vec<Permission> {
        self.custom.as_ref().map_or_else(|| self.role.permissions().collect(), |own| own.permissions.clone())
    }
}

/// A signed-in member of a company.
#[derive(Clone, Debug)]
pub struct Member {
    /// Who, in the company that the token names.
    pub person: Person,
    /// The session.
    pub session: SessionId,
    /// The company's provider opened it: what it says holds in this company and nowhere else.
    pub by_sso: bool,
}

impl std::ops::Deref for Member {
    type Target = Person;
    fn deref(&self) -> &Person {
        &self.person
    }
}

impl Member {
    /// For stamps.
    pub fn actor(&self) -> Actor {
        self.person.actor()
    }
    /// The same, with an operator in their place.
    pub fn supported_by(mut self, row: &impersonation::Model) -> Self {
        self.person.support = Some(row.operator());
        self
    }
}

/// Whoever asks for a company: a signed-in member, or a program whose key a member answers for.
#[derive(Clone, Debug)]
pub struct Caller {
    /// The member.
    pub person: Person,
    /// The program's key.
    pub key: Option<KeyGrant>,
}

impl std::ops::Deref for Caller {
    type Target = Person;
    fn deref(&self) -> &Person {
        &self.person
    }
}

impl Caller {
    /// For stamps.
    pub fn actor(&self) -> Actor {
        self.key.as_ref().map_or_else(|| self.person.actor(), |key| Actor::Key(key.id))
    }
    /// Whether the permission is there: a program needs it among its scopes and with its person.
    pub fn may(&self, permission: Permission) -> bool {
        self.person.may(permission) && self.key.as_ref().is_none_or(|key| key.scopes.contains(&permission))
    }
    /// Whether they may give somebody these: nobody gives more than they have, and nobody comes by more through a program than the
    /// program may itself, so none makes an admin, who could make keys. A telephone is no matter of keys.
    pub fn may_give(&self, permissions: &[Permission]) -> bool {
        let aside = |one: &Permission| self.key.is_some() && one.resource == Resource::Softphone;
        permissions.iter().all(|one| aside(one) || self.may(*one))
    }
    /// As [`Self::may_give`]; 403 where not.
    pub fn reaches(&self, permissions: &[Permission]) -> Result<(), Problem> {
        match &self.key {
            _ if self.may_give(permissions) => Ok(()),
            Some(_) => Err(Problem::person_required()),
            None => Err(mightier()),
        }
    }
}

/// A signed-in operator.
#[derive(Clone, Debug)]
pub struct OperatorCaller {
    /// Who.
    pub operator: OperatorId,
    /// The session.
    pub session: SessionId,
    /// Nothing else is allowed before the first password is changed.
    pub must_change_password: bool,
}

/// The token of the request, of whatever kind.
pub fn bearer(parts: &Parts) -> Option<&str> {
    let text = parts.headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = text.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

async fn live_session(app: &App, claims: &Claims, realm: Realm) -> Result<session::Model, Problem> {
    let id: SessionId = claims.sid.parse().map_err(|_| Problem::unauthenticated())?;
    let row = app.database.system().find::<session::Entity>(id.uuid()).await?;
    let row = row.filter(|row| row.revoked_at.is_none() && row.realm == realm.as_str());
    let row = row.ok_or_else(Problem::unauthenticated)?;
    origin::shown(&id);
    Ok(row)
}

/// How far a member sees: as given, else as the role says (`usual`). An owner sees everything, whatever was given. A word that
/// cannot be read shows nothing but one's own.
pub fn scope_of(role: Role, usual: Scope, given: Option<&str>) -> Scope {
    match given {
        Some(text) if role != Role::Owner => text.parse().unwrap_or(Scope::Own),
        _ => usual,
    }
}

/// The person's place in the company as it is now; `None` when there is none or it is suspended.
pub async fn person(app: &App, user: UserId, tenant: TenantId) -> Result<Option<Person>, Problem> {
    let all = app.database.system().memberships(user).await?;
    let place = all.into_iter().find(|place| place.tenant_id == tenant.uuid() && place.state == "active");
    let Some(place) = place else { return Ok(None) };
    let role: Role = place.role.parse().map_err(Problem::internal)?;
    let custom = CustomRole::of(&place);
    let usual = custom.as_ref().map_or_else(|| role.scope(), |own| own.scope);
    let scope = scope_of(role, usual, place.scope.as_deref());
    let (lacks_second_factor, needs_sso) = (place.lacks_second_factor, place.needs_sso());
    let (member, suspended) = (MemberId::from_uuid(place.member_id), place.tenant_state != "active");
    Ok(Some(Person {
        user,
        tenant,
        member,
        role,
        custom,
        scope,
        suspended,
        lacks_second_factor,
        needs_sso,
        support: None,
    }))
}

/// The support session behind a session of a company that is no person's; `None` when it is over, or its operator has signed out.
pub async fn support_of(app: &App, session: &session::Model) -> Result<Option<impersonation::Model>, Problem> {
    let system = app.database.system();
    let row = system.find::<impersonation::Entity>(session.id).await?;
    let Some(row) = row.filter(|row| row.is_on(app.now()) && session.operator_id == Some(row.operator_id)) else {
        return Ok(None);
    };
    let own = system.find::<session::Entity>(row.operator_session().uuid()).await?;
    Ok(own.filter(|own| own.revoked_at.is_none()).map(|_| row))
}

/// The same of a signed-in person; `by_sso` says that the company's provider opened the session, and asked for what it asks for.
pub async fn membership(
    app: &App,
    user: UserId,
    tenant: TenantId,
    session: SessionId,
    by_sso: bool,
) -> Result<Option<Member>, Problem> {
    let Some(mut person) = person(app, user, tenant).await? else { return Ok(None) };
    person.lacks_second_factor &= !by_sso;
    person.needs_sso &= !by_sso;
    Ok(Some(Member { person, session, by_sso }))
}

/// 403: the company lets its people in through its own provider alone.
pub fn sso_required() -> Problem {
    let text = "This company lets its people in by single sign-on alone.";
    Problem::new(StatusCode::FORBIDDEN, "sso_required", text)
}

/// 403: what a company's provider says of somebody holds in that company alone.
pub fn sso_session() -> Problem {
    let text = "Sign in with your password to do this: single sign-on opens one company and nothing beyond.";
    Problem::new(StatusCode::FORBIDDEN, "sso_session", text)
}

/// What a program shows, if a program asks.
pub fn program_secret(parts: &Parts) -> Option<&str> {
    bearer(parts).filter(|text| secret::is_ours(text))
}

impl FromRequestParts<App> for Caller {
    type Rejection = Problem;
    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let Some(text) = program_secret(parts) else {
            let member = Member::from_request_parts(parts, app).await?;
            return Ok(Self { person: member.person, key: None });
        };
        match gate::program(parts, app, text).await? {
            Program::Key(caller) => Ok(caller),
            Program::Seat(_) => Err(Problem::seat_only()),
        }
    }
}

impl FromRequestParts<App> for Member {
    type Rejection = Problem;
    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        if let Some(text) = program_secret(parts) {
            return Err(match gate::program(parts, app, text).await? {
                Program::Key(_) => Problem::person_required(),
                Program::Seat(_) => Problem::seat_only(),
            });
        }
        let claims = bearer(parts).and_then(|text| app.keys.claims(text, Realm::Tenant, app.now()));
        let claims = claims.ok_or_else(Problem::unauthenticated)?;
        let session = live_session(app, &claims, Realm::Tenant).await?;
        let (user, tenant) =
            (claims.sub.parse::<UserId>(), claims.tid.as_deref().unwrap_or_default().parse::<TenantId>());
        let (Ok(user), Ok(tenant)) = (user, tenant) else { return Err(Problem::unauthenticated()) };
        let support = match session.user_id {
            Some(own) if own == user.uuid() => None,
            Some(_) => return Err(Problem::unauthenticated()),
            None => {
                let row = support_of(app, &session).await?;
                let row = row.filter(|row| row.user_id == user.uuid() && row.tenant_id == tenant.uuid());
                Some(row.ok_or_else(Problem::unauthenticated)?)
            }
        };
        let by_sso = session.sso_tenant_id.is_some();
        if session.sso_tenant_id.is_some_and(|home| home != tenant.uuid()) {
            return Err(Problem::unauthenticated());
        }
        let member = membership(app, user, tenant, SessionId::from_uuid(session.id), by_sso).await?;
        let member = member.ok_or_else(Problem::unauthenticated)?;
        if member.needs_sso && support.is_none() {
            return Err(Problem::unauthenticated());
        }
        Ok(match support {
            None => member,
            Some(row) => member.supported_by(&row),
        })
    }
}

impl FromRequestParts<App> for OperatorCaller {
    type Rejection = Problem;
    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let claims = bearer(parts).and_then(|text| app.keys.claims(text, Realm::Operator, app.now()));
        let claims = claims.ok_or_else(Problem::unauthenticated)?;
        let session = live_session(app, &claims, Realm::Operator).await?;
        let operator: OperatorId = claims.sub.parse().map_err(|_| Problem::unauthenticated())?;
        let row = app.database.system().find::<operator_account::Entity>(operator.uuid()).await?;
        let row = row.filter(|row| session.operator_id == Some(row.id)).ok_or_else(Problem::unauthenticated)?;
        let session = SessionId::from_uuid(session.id);
        Ok(Self { operator, session, must_change_password: row.must_change_password })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use kernel::SeededEntropy;

    fn keys() -> (Keys, StoredKey) {
        let stored = fresh(0, &mut SeededEntropy::new(5));
        (Keys(vec![usable(&stored).unwrap()]), stored)
    }

    fn ids() -> (UserId, TenantId, SessionId) {
        let (now, chance) = (Wall(0), &mut SeededEntropy::new(9));
        (UserId::new(now, chance), TenantId::new(now, chance), SessionId::new(now, chance))
    }

    fn forged(head: Header, change: impl Fn(&mut Claims), key: &EncodingKey) -> String {
        let (user, tenant, session) = ids();
        let mut claims = Claims {
            iss: ISSUER.into(),
            aud: "tenant".into(),
            sub: user.to_string(),
            tid: Some(tenant.to_string()),
            sid: session.to_string(),
            iat: 1_000,
            exp: 1_600,
        };
        change(&mut claims);
        jsonwebtoken::encode(&head, &claims, key).unwrap()
    }

    #[test]
    fn a_token_is_good_for_its_realm_and_ten_minutes() {
        let (keys, _) = keys();
        let (user, tenant, session) = ids();
        let at = |s: i64| Wall::from_unix_ms(s * 1_000);
        let text = keys.sign_user(user, tenant, session, at(1_000)).unwrap();
        assert_eq!(keys.claims(&text, Realm::Tenant, at(1_600)).unwrap().sub, user.to_string());
        assert!(keys.claims(&text, Realm::Tenant, at(1_605)).is_none(), "expired");
        assert!(keys.claims(&text, Realm::Tenant, at(900)).is_none(), "from the future");
        assert!(keys.claims(&text, Realm::Operator, at(1_000)).is_none(), "other realm");
    }

    #[test]
    fn forged_tokens_are_refused() {
        let (keys, stored) = keys();
        let now = Wall::from_unix_ms(1_100_000);
        let head = |alg| Header { kid: Some(stored.kid.clone()), ..Header::new(alg) };
        let own = &keys.0[0].sign;
        assert!(
            keys.claims(&forged(head(Algorithm::EdDSA), |_| {}, own), Realm::Tenant, now).is_some(),
            "the rig is sound"
        );
        let stranger = usable(&fresh(0, &mut SeededEntropy::new(6))).unwrap().sign;
        let public = jsonwebtoken::jwk::Jwk::from_encoding_key(own, Algorithm::EdDSA).unwrap();
        let public = serde_json::to_value(&public).unwrap()["x"].as_str().unwrap().to_owned();
        let by_public = EncodingKey::from_secret(public.as_bytes());
        let good = forged(head(Algorithm::EdDSA), |_| {}, own);
        let body = good.split('.').nth(1).unwrap();
        let none = {
            use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
            let head = URL_SAFE_NO_PAD.encode(format!(r#"{{"alg":"none","kid":"{}"}}"#, stored.kid));
            format!("{head}.{body}.")
        };
        let swapped_body = {
            let mut parts: Vec<&str> = good.split('.').collect();
            let other = forged(head(Algorithm::EdDSA), |c| c.tid = Some("ten_other".into()), &stranger);
            let other = other.split('.').nth(1).unwrap().to_owned();
            parts[1] = &other;
            parts.join(".")
        };
        let cases = [
            ("alg none", none),
            ("HS256 by the public key", forged(head(Algorithm::HS256), |_| {}, &by_public)),
            ("another key", forged(head(Algorithm::EdDSA), |_| {}, &stranger)),
            ("no key id", forged(Header::new(Algorithm::EdDSA), |_| {}, own)),
            ("expired", forged(head(Algorithm::EdDSA), |c| (c.iat, c.exp) = (100, 700), own)),
            ("too long", forged(head(Algorithm::EdDSA), |c| c.exp = 99_999, own)),
            ("wrong audience", forged(head(Algorithm::EdDSA), |c| c.aud = "operator".into(), own)),
            ("wrong issuer", forged(head(Algorithm::EdDSA), |c| c.iss = "elsewhere".into(), own)),
            ("a changed body", swapped_body),
            ("no token", "x.y.z".into()),
        ];
        for (what, text) in cases {
            assert!(keys.claims(&text, Realm::Tenant, now).is_none(), "{what}");
        }
    }
}
