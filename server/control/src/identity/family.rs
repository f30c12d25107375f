//! A session is a family of refresh tokens, each good for one use. A token used twice has been stolen, by the first user or the
//! second: the family dies. Two tabs of one browser that refresh at once are forgiven for ten seconds.
//! Source: RFC 9700 section 4.14.2.

use kernel::{OperatorId, Secret, SessionId, TenantId, UserId, Wall};
use patchbay_kernel as kernel;
use patchbay_tenancy::{
    StoreError, SystemTx,
    system::{session, session_token},
};
use sea_orm::{ActiveValue::Set, ColumnTrait, Condition, Order, sea_query::Expr};

use crate::kit::{
    caller::{Member, Realm},
    token,
};

/// A session that nobody used for so long is over, in seconds.
pub const IDLE_S: i64 = 30 * 86_400;
/// A session is over after so long in any case, in seconds.
const LIFE_S: i64 = 180 * 86_400;
const GRACE_MS: i64 = 10_000;

/// Whose session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Holder {
    /// A person, at work for a company.
    User(UserId, TenantId),
    /// A person whom a company's provider vouches for: at that company alone.
    Vouched(UserId, TenantId),
    /// An operator.
    Operator(OperatorId),
}

impl Holder {
    /// Whoever is signed in.
    pub fn of(member: &Member) -> Self {
        if member.by_sso { Self::Vouched(member.user, member.tenant) } else { Self::User(member.user, member.tenant) }
    }
}

/// What became of a refresh.
pub enum Rotation {
    /// The next token of the family.
    Next(session::Model, Secret<String>),
    /// A used token came back: the family is dead. Commit, or it is not.
    Stolen(SessionId),
    /// No such token, or its session is over.
    Unknown,
}

/// What to do with a token that was presented.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verdict {
    Good,
    Stolen,
}

fn judge(used_at: Option<Wall>, same_client: bool, now: Wall) -> Verdict {
    match used_at {
        None => Verdict::Good,
        Some(at) if same_client && now.ms_since(at) <= GRACE_MS => Verdict::Good,
        Some(_) => Verdict::Stolen,
    }
}

/// Open a session; the token is for its cookie. Fails as the store does.
pub async fn open(
    tx: &mut SystemTx,
    holder: Holder,
    user_agent: Option<String>,
) -> Result<(SessionId, Secret<String>), StoreError> {
    let id = SessionId::from_uuid(tx.new_id());
    let (realm, user, operator, tenant) = match holder {
        Holder::User(user, tenant) | Holder::Vouched(user, tenant) => {
            (Realm::Tenant, Some(user.uuid()), None, Some(tenant.uuid()))
        }
        Holder::Operator(operator) => (Realm::Operator, None, Some(operator.uuid()), None),
    };
    let row = session::ActiveModel {
        id: Set(id.uuid()),
        realm: Set(realm.as_str().to_owned()),
        user_id: Set(user),
        operator_id: Set(operator),
        tenant_id: Set(tenant),
        user_agent: Set(user_agent),
        created_at: Set(tx.at()),
        last_used_at: Set(tx.at()),
        sso_tenant_id: Set(tenant.filter(|_| matches!(holder, Holder::Vouched(..)))),
        revoked_at: Set(None),
    };
    tx.insert(row).await?;
    let token = add_generation(tx, id, 1).await?;
    Ok((id, token))
}

/// Use a token up and give out the next. Fails as the store does.
pub async fn rotate(
    tx: &mut SystemTx,
    realm: Realm,
    presented: &str,
    user_agent: Option<&str>,
) -> Result<Rotation, StoreError> {
    let by_hash = tx.select::<session_token::Entity>().is(session_token::Column::TokenHash, token::hash(presented));
    let Some(found) = by_hash.one().await? else { return Ok(Rotation::Unknown) };
    let id = SessionId::from_uuid(found.session_id);
    // Takes the row's lock first, so that two refreshes of one family stand in line.
    let alive = Condition::all()
        .add(session::Column::Id.eq(id.uuid()))
        .add(session::Column::RevokedAt.is_null())
        .add(session::Column::Realm.eq(realm.as_str()))
        .add(session::Column::LastUsedAt.gt(tx.now().plus_s(-IDLE_S).to_offset()))
        .add(session::Column::CreatedAt.gt(tx.now().plus_s(-LIFE_S).to_offset()));
    let used_now = vec![(session::Column::LastUsedAt, Expr::value(tx.at()))];
    if tx.update_many::<session::Entity>(used_now, alive).await? == 0 {
        return Ok(Rotation::Unknown);
    }
    let row = tx.find::<session::Entity>(id.uuid()).await?.ok_or(StoreError::NotFound)?;
    let family = tx.select::<session_token::Entity>().is(session_token::Column::SessionId, id.uuid());
    let family = family.order_by(session_token::Column::Generation, Order::Desc).all().await?;
    let presented = family.iter().find(|one| one.generation == found.generation).ok_or(StoreError::NotFound)?;
    let same_client = row.user_agent.as_deref() == user_agent;
    if judge(presented.used_at.map(Wall::from_offset), same_client, tx.now()) == Verdict::Stolen {
        revoke(tx, id).await?;
        return Ok(Rotation::Stolen(id));
    }
    let mine = Condition::all()
        .add(session_token::Column::SessionId.eq(id.uuid()))
        .add(session_token::Column::Generation.eq(presented.generation))
        .add(session_token::Column::UsedAt.is_null());
    tx.update_many::<session_token::Entity>(vec![(session_token::Column::UsedAt, Expr::value(tx.at()))], mine).await?;
    let newest = family.first().map_or(1, |one| one.generation);
    let next = add_generation(tx, id, newest + 1).await?;
    Ok(Rotation::Next(row, next))
}

/// End a session, its tokens with it. Fails as the store does.
pub async fn revoke(tx: &SystemTx, id: SessionId) -> Result<(), StoreError> {
    let this = Condition::all().add(session::Column::Id.eq(id.uuid())).add(session::Column::RevokedAt.is_null());
    tx.update_many::<session::Entity>(vec![(session::Column::RevokedAt, Expr::value(tx.at()))], this).await.map(|_| ())
}

/// End every session of somebody but one (a password was changed). Fails as the store does.
pub async fn revoke_others(tx: &SystemTx, holder: Holder, keep: SessionId) -> Result<(), StoreError> {
    let whose = match holder {
        Holder::User(user, _) => Condition::all().add(session::Column::UserId.eq(user.uuid())),
        Holder::Vouched(user, tenant) => Condition::all()
            .add(session::Column::UserId.eq(user.uuid()))
            .add(session::Column::TenantId.eq(tenant.uuid())),
        Holder::Operator(operator) => Condition::all().add(session::Column::OperatorId.eq(operator.uuid())),
    };
    let others =
        Condition::all().add(whose).add(session::Column::Id.ne(keep.uuid())).add(session::Column::RevokedAt.is_null());
    tx.update_many::<session::Entity>(vec![(session::Column::RevokedAt, Expr::value(tx.at()))], others)
        .await
        .map(|_| ())
}

/// The session behind a cookie, used or not; for signing out. Fails as the store does.
pub async fn holder_of(tx: &SystemTx, presented: &str) -> Result<Option<SessionId>, StoreError> {
    let by_hash = tx.select::<session_token::Entity>().is(session_token::Column::TokenHash, token::hash(presented));
    Ok(by_hash.one().await?.map(|row| SessionId::from_uuid(row.session_id)))
}

async fn add_generation(tx: &mut SystemTx, id: SessionId, generation: i32) -> Result<Secret<String>, StoreError> {
    let token = token::new(tx.chance());
    let row = session_token::ActiveModel {
        session_id: Set(id.uuid()),
        generation: Set(generation),
        token_hash: Set(token::hash(token.expose())),
        used_at: Set(None),
        created_at: Set(tx.at()),
    };
    tx.insert(row).await?;
    Ok(token)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_used_token_is_forgiven_for_ten_seconds_to_the_same_client() {
        let (used, at) = (Some(Wall::from_unix_ms(1_000)), Wall::from_unix_ms);
        assert_eq!(judge(None, false, at(1_000)), Verdict::Good);
        assert_eq!(judge(used, true, at(11_000)), Verdict::Good);
        assert_eq!(judge(used, true, at(11_001)), Verdict::Stolen);
        assert_eq!(judge(used, false, at(1_001)), Verdict::Stolen);
    }
}
