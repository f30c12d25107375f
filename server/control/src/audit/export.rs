//! The log as a file.

use axum::response::Response;
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

use super::view::AuditEntry;
use crate::kit::{
    problem::Problem,
    sheet::{self, Part, row},
};

/// Lines that are fetched at once.
pub const PAGE: u64 = sheet::PAGE;

/// How the file is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Format {
    /// Comma-separated (RFC 4180) with a head line, for tables.
    #[default]
    Csv,
    /// One JSON object a line, with the seals, for proof.
    Jsonl,
}

/// Which file.
#[derive(Clone, Copy, Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Wanted {
    /// `csv` or `jsonl`.
    #[serde(default)]
    #[param(inline)]
    pub format: Format,
}

/// Answers with the pages that `next` gives, given the place before which they end, until one is empty.
pub fn file<F, N>(format: Format, name: &str, next: N) -> Response
where
    N: Fn(Option<i64>) -> F + Send + 'static,
    F: Future<Output = Result<Vec<AuditEntry>, Problem>> + Send + 'static,
{
    let (kind, end, head) = match format {
        Format::Csv => ("text/csv; charset=utf-8", "csv", Some(HEAD.to_owned())),
        Format::Jsonl => ("application/jsonl", "jsonl", None),
    };
    sheet::file(kind, &format!("{name}.{end}"), head, move |place| {
        let page = next(place);
        async move {
            let page = page.await?;
            let full = page.len() as u64 == PAGE;
            let after = page.last().map(|last| last.seq).filter(|_| full);
            Ok(Part { text: page.iter().map(|entry| line(format, entry)).collect(), after })
        }
    })
}

const HEAD: &str = "seq,at,actor_kind,actor,actor_name,acting_as,action,entity,entity_id,address,user_agent,session,body,changes,seal\r\n";

fn line(format: Format, entry: &AuditEntry) -> String {
    if format == Format::Jsonl {
        return serde_json::to_string(entry).unwrap_or_default() + "\n";
    }
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    let at = entry.at.format(&time::format_description::well_known::Rfc3339).unwrap_or_default();
    let changes = serde_json::to_string(&entry.changes).unwrap_or_default();
    let cells = [
        entry.seq.to_string(),
        at,
        entry.actor.kind.as_str().to_owned(),
        entry.actor.id.clone(),
        text(&entry.actor.name),
        text(&entry.actor.acting_as),
        entry.action.clone(),
        entry.entity.clone(),
        entry.entity_id.clone(),
        text(&entry.from.address),
        text(&entry.from.user_agent),
        text(&entry.from.session),
        entry.body.to_string(),
        changes,
        text(&entry.seal),
    ];
    row(cells.iter().map(String::as_str))
}
