//! Numbers that a company gave back and may still take again, because they rest.

use std::collections::HashSet;

use axum::Json;
use kernel::{NumberId, Uuid};
use patchbay_access::{Read, Write, resource::of};
use patchbay_kernel as kernel;
use patchbay_tenancy::{TenantRow, system::number};
use sea_orm::{ColumnTrait, Order};
use serde::Serialize;
use time::OffsetDateTime;
use utoipa::ToSchema;

use super::numbers::{self, Names, Number, refused};
use crate::kit::{body::Id, may::May, problem::Problem, quota, words::QuotaKind};

/// What a number was like when it was given back. `id` is that of the inventory.
#[expect(missing_docs, reason = "columns are told by the migration")]
pub mod row {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "number_released")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub tenant_id: Uuid,
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub e164: String,
        pub label: String,
        pub destination_kind: String,
        pub destination_seat: Option<Uuid>,
        pub seats: Json,
        pub released_at: TimeDateTimeWithTimeZone,
        pub until: TimeDateTimeWithTimeZone,
    }
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

crate::tenant_rows!(row);

/// A number that the company gave back.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct NumberReleased {
    /// `num_..`
    pub id: String,
    /// With plus.
    pub e164: String,
    /// The company's name for it.
    pub label: String,
    /// When it was given back.
    #[serde(with = "time::serde::rfc3339")]
    pub released_at: OffsetDateTime,
    /// Until when it rests and can be taken back.
    #[serde(with = "time::serde::rfc3339")]
    pub until: OffsetDateTime,
}

/// Numbers that the company gave back and can take again, the latest first.
#[utoipa::path(get, path = "/v1/numbers/released", operation_id = "number_released_list", tag = "numbers",
    security(("user" = ["numbers:read"])), responses((status = 200, body = [NumberReleased])))]
pub async fn number_released_list(may: May<Read<of::Number>>) -> Result<Json<Vec<NumberReleased>>, Problem> {
    let tx = may.read().await?;
    let over = tx.at();
    let rows = tx.select::<row::Entity>().filter(row::Column::Until.gt(over));
    let rows = rows.order_by(row::Column::ReleasedAt, Order::Desc).all().await?;
    drop(tx);
    // The operator may have opened one to everybody before its time.
    let rest = may.app.database.system();
    let rest = rest.select::<number::Entity>().is(number::Column::KeptFor, may.tenant().uuid());
    let rest: HashSet<Uuid> =
        rest.is(number::Column::State, "quarantined").all().await?.into_iter().map(|row| row.id).collect();
    let shown = |row: row::Model| NumberReleased {
        id: NumberId::from_uuid(row.id).to_string(),
        e164: row.e164,
        label: row.label,
        released_at: row.released_at,
        until: row.until,
    };
    Ok(Json(rows.into_iter().filter(|row| rest.contains(&row.id)).map(shown).collect()))
}

/// Take a number again that the company gave back, while it rests. It leads and is displayed as before, as far as the seats are
/// still there.
#[utoipa::path(post, path = "/v1/numbers/{id}/take-back", operation_id = "number_take_back", tag = "numbers",
    params(("id" = String, Path)), security(("user" = ["numbers:write"])), responses((status = 200, body = Number)))]
pub async fn number_take_back(may: May<Write<of::Number>>, Id(id): Id<NumberId>) -> Result<Json<Number>, Problem> {
    let system = may.app.database.system();
    let resting = system.find::<number::Entity>(id.uuid()).await?;
    let names = Names::of(&system, resting.iter().map(|number| number.gateway_port_id)).await?;
    let mut tx = may.write().await?;
    let has = tx.select::<numbers::row::Entity>().count().await?;
    quota::room(&may.app, may.tenant(), QuotaKind::Numbers, has).await?;
    tx.take_number_back(id).await.map_err(refused)?;
    let row = tx.get::<numbers::row::Entity>(id.uuid()).await?;
    tx.commit().await?;
    Ok(Json(names.show(&row)))
}

crate::resource!(number_released_list, number_take_back);
