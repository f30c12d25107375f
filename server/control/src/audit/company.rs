//! A company's own log.

use std::collections::BTreeMap;

use axum::{Json, response::Response};
use kernel::{ApiKeyId, SeatTokenId};
use patchbay_access::{Read, resource::of};
use patchbay_kernel as kernel;
use patchbay_tenancy::{TenantTx, audit::line};
use sea_orm::{ColumnTrait, Order};

use super::{
    export,
    view::{AuditEntry, AuditVerdict, Line, Names, Question, Wanted, filtered},
};
use crate::{
    kit::{
        app::App,
        body::Ask,
        cursor::{self, Page},
        may::May,
        problem::Problem,
    },
    programs::row::{api_key, seat_token},
};

/// Who did what, newest first.
#[utoipa::path(get, path = "/v1/audit", operation_id = "audit_list", tag = "audit", params(Wanted),
    security(("user" = ["audit:read"])), responses((status = 200, body = Page<AuditEntry>)))]
pub async fn audit_list(may: May<Read<of::Audit>>, Ask(want): Ask<Wanted>) -> Result<Json<Page<AuditEntry>>, Problem> {
    may.whole_company()?;
    let (limit, question) = (cursor::limit(want.limit), want.read()?);
    let entries = page(&may.app, &may.read().await?, &question, limit + 1).await?;
    Ok(Json(Page::cut(entries, limit, |entry| entry.seq.to_string())))
}

/// Whether the log is whole: every line is walked along, from the first to the last.
#[utoipa::path(get, path = "/v1/audit/verify", operation_id = "audit_verify", tag = "audit",
    security(("user" = ["audit:read"])), responses((status = 200, body = AuditVerdict)))]
pub async fn audit_verify(may: May<Read<of::Audit>>) -> Result<Json<AuditVerdict>, Problem> {
    may.whole_company()?;
    may.app.limits.walk(may.tenant().uuid())?;
    Ok(Json(may.read().await?.verify_audit().await?.into()))
}

/// The log as a file, newest first. Taking it is a line of the log itself.
#[utoipa::path(get, path = "/v1/audit/export", operation_id = "audit_export", tag = "audit",
    params(Wanted, export::Wanted), security(("user" = ["audit:read"])),
    responses((status = 200, content((String = "text/csv"), (String = "application/jsonl")))))]
pub async fn audit_export(
    may: May<Read<of::Audit>>,
    Ask(want): Ask<Wanted>,
    Ask(how): Ask<export::Wanted>,
) -> Result<Response, Problem> {
    may.whole_company()?;
    want.read()?;
    let (app, tenant, actor) = (may.app.clone(), may.tenant(), may.caller.actor());
    let tx = may.write().await?;
    tx.noted("audit.exported", "company", &tenant.to_string(), serde_json::to_value(&want).unwrap_or_default());
    tx.commit().await?;
    Ok(export::file(how.format, "patchbay-audit", move |place| {
        let (app, want) = (app.clone(), want.clone());
        async move {
            let question = Question { before: place.or(want.read()?.before), ..want.read()? };
            let tx = app.database.tenant_read(tenant, app.stamp(actor)).await?;
            page(&app, &tx, &question, export::PAGE).await
        }
    }))
}

async fn page(app: &App, tx: &TenantTx, question: &Question, limit: u64) -> Result<Vec<AuditEntry>, Problem> {
    let rows = tx.select::<line::Entity>().filter(filtered!(question, line));
    let rows = rows.order_by(line::Column::Seq, Order::Desc).limit(limit).all().await?;
    let programs = programs(tx, &rows).await?;
    let lines: Vec<Line> = rows.into_iter().map(Line::from).collect();
    let names = Names::of(&app.database.system(), &lines, false).await?.with(programs);
    Ok(lines.into_iter().map(|line| names.show(line)).collect())
}

/// Names of the keys and labels of the seat tokens that acted.
async fn programs(tx: &TenantTx, rows: &[line::Model]) -> Result<BTreeMap<String, String>, Problem> {
    let mut keys: Vec<_> =
        rows.iter().filter_map(|row| row.actor.parse::<ApiKeyId>().ok()).map(ApiKeyId::uuid).collect();
    let mut tokens: Vec<_> =
        rows.iter().filter_map(|row| row.actor.parse::<SeatTokenId>().ok()).map(SeatTokenId::uuid).collect();
    for ids in [&mut keys, &mut tokens] {
        ids.sort_unstable();
        ids.dedup();
    }
    let mut names = BTreeMap::new();
    if !keys.is_empty() {
        let found = tx.select::<api_key::Entity>().filter(api_key::Column::Id.is_in(keys)).all().await?;
        names.extend(found.into_iter().map(|row| (ApiKeyId::from_uuid(row.id).to_string(), row.name)));
    }
    if !tokens.is_empty() {
        let found = tx.select::<seat_token::Entity>().filter(seat_token::Column::Id.is_in(tokens)).all().await?;
        names.extend(found.into_iter().map(|row| (SeatTokenId::from_uuid(row.id).to_string(), row.label)));
    }
    Ok(names)
}

crate::resource!(audit_list, audit_verify, audit_export);
