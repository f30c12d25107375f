//! The platform's own log: what operators did.

use axum::{Json, response::Response};
use patchbay_tenancy::system::operator_audit;
use sea_orm::Order;

use super::{
    export,
    view::{AuditEntry, AuditVerdict, Line, Names, Question, Wanted, filtered},
};
use crate::kit::{
    app::App,
    body::Ask,
    cursor::{self, Page},
    operator::Operator,
    problem::Problem,
};

/// What operators did, newest first.
#[utoipa::path(get, path = "/v1/operator/audit", operation_id = "operator_audit_list", tag = "operator", params(Wanted),
    security(("operator" = [])), responses((status = 200, body = Page<AuditEntry>)))]
pub async fn operator_audit_list(
    operator: Operator,
    Ask(want): Ask<Wanted>,
) -> Result<Json<Page<AuditEntry>>, Problem> {
    let (limit, question) = (cursor::limit(want.limit), want.read()?);
    let entries = page(&operator.app, &question, limit + 1).await?;
    Ok(Json(Page::cut(entries, limit, |entry| entry.seq.to_string())))
}

/// Whether the platform's log is whole.
#[utoipa::path(get, path = "/v1/operator/audit/verify", operation_id = "operator_audit_verify", tag = "operator",
    security(("operator" = [])), responses((status = 200, body = AuditVerdict)))]
pub async fn operator_audit_verify(operator: Operator) -> Result<Json<AuditVerdict>, Problem> {
    operator.app.limits.walk(operator.id().uuid())?;
    Ok(Json(operator.read().verify_audit().await?.into()))
}

/// The platform's log as a file, newest first. Taking it is a line of the log itself.
#[utoipa::path(get, path = "/v1/operator/audit/export", operation_id = "operator_audit_export", tag = "operator",
    params(Wanted, export::Wanted), security(("operator" = [])),
    responses((status = 200, content((String = "text/csv"), (String = "application/jsonl")))))]
pub async fn operator_audit_export(
    operator: Operator,
    Ask(want): Ask<Wanted>,
    Ask(how): Ask<export::Wanted>,
) -> Result<Response, Problem> {
    want.read()?;
    let tx = operator.write().await?;
    tx.wrote("audit.exported", "platform", "", serde_json::to_value(&want).unwrap_or_default()).await?;
    tx.commit().await?;
    let app = operator.app;
    Ok(export::file(how.format, "patchbay-platform-audit", move |place| {
        let (app, want) = (app.clone(), want.clone());
        async move {
            let question = Question { before: place.or(want.read()?.before), ..want.read()? };
            page(&app, &question, export::PAGE).await
        }
    }))
}

async fn page(app: &App, question: &Question, limit: u64) -> Result<Vec<AuditEntry>, Problem> {
    let system = app.database.system();
    let rows = system.select::<operator_audit::Entity>().filter(filtered!(question, operator_audit));
    let rows = rows.order_by(operator_audit::Column::Seq, Order::Desc).limit(limit).all().await?;
    let lines: Vec<Line> = rows.into_iter().map(Line::from).collect();
    let names = Names::of(&system, &lines, true).await?;
    Ok(lines.into_iter().map(|line| names.show(line)).collect())
}

crate::resource!(operator_audit_list, operator_audit_verify, operator_audit_export);
