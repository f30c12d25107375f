//! Links that could not be mailed: an operator hands them on.

use std::collections::BTreeMap;

use axum::Json;
use kernel::{UserId, Uuid};
use patchbay_kernel as kernel;
use patchbay_tenancy::system::{email_check, password_reset};
use sea_orm::{ColumnTrait, Order};
use serde::Serialize;
use time::OffsetDateTime;
use utoipa::ToSchema;

use crate::kit::{operator::Operator, problem::Problem};

/// A link that waits to be handed on.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct PendingLink {
    /// `email_check`, `invitation` or `password_reset`.
    pub kind: String,
    /// Whose.
    pub email: String,
    /// The company, of an invitation.
    pub company: Option<String>,
    /// The link.
    pub link: String,
    /// Since when.
    #[serde(with = "time::serde::rfc3339")]
    pub created_at: OffsetDateTime,
}

const MOST: u64 = 200;

/// Links that could not be mailed, newest first.
#[utoipa::path(get, path = "/v1/operator/pending-links", operation_id = "operator_pending_links", tag = "operator",
    security(("operator" = [])), responses((status = 200, body = [PendingLink])))]
pub async fn operator_pending_links(operator: Operator) -> Result<Json<Vec<PendingLink>>, Problem> {
    let (system, now) = (operator.read(), operator.app.now());
    let checks = system
        .select::<email_check::Entity>()
        .filter(email_check::Column::Link.is_not_null())
        .filter(email_check::Column::ExpiresAt.gt(now.to_offset()))
        .order_by(email_check::Column::CreatedAt, Order::Desc)
        .limit(MOST)
        .all()
        .await?;
    let ids: Vec<UserId> = checks.iter().map(|row| UserId::from_uuid(row.user_id)).collect();
    let addresses: BTreeMap<Uuid, String> =
        system.users(&ids).await?.into_iter().map(|user| (user.id, user.email)).collect();
    let checks = checks.into_iter().filter_map(|row| {
        let email = addresses.get(&row.user_id)?.clone();
        Some(PendingLink {
            kind: "email_check".into(),
            email,
            company: None,
            link: row.link?,
            created_at: row.created_at,
        })
    });
    let invitations = system.pending_invitations(now).await?.into_iter().map(|row| PendingLink {
        kind: "invitation".into(),
        email: row.email,
        company: Some(row.company),
        link: row.link,
        created_at: row.created_at,
    });
    let resets = system
        .select::<password_reset::Entity>()
        .filter(password_reset::Column::Link.is_not_null())
        .filter(password_reset::Column::ExpiresAt.gt(now.to_offset()))
        .order_by(password_reset::Column::CreatedAt, Order::Desc)
        .limit(MOST)
        .all()
        .await?;
    let ids: Vec<UserId> = resets.iter().map(|row| UserId::from_uuid(row.user_id)).collect();
    let theirs: BTreeMap<Uuid, String> =
        system.users(&ids).await?.into_iter().map(|user| (user.id, user.email)).collect();
    let resets = resets.into_iter().filter_map(|row| {
        Some(PendingLink {
            kind: "password_reset".into(),
            email: theirs.get(&row.user_id)?.clone(),
            company: None,
            link: row.link?,
            created_at: row.created_at,
        })
    });
    let mut links: Vec<PendingLink> = checks.chain(invitations).chain(resets).collect();
    links.sort_by_key(|link| std::cmp::Reverse(link.created_at));
    Ok(Json(links))
}

crate::resource!(operator_pending_links);
