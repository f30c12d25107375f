//! The log as a file: page by page out of the store, so that a long log needs no memory and no long transaction.

use axum::{
    body::Body,
    http::{HeaderValue, header},
    response::{IntoResponse, Response},
};
use futures::stream;
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

use super::view::AuditEntry;
use crate::kit::problem::Problem;

/// Lines that are fetched at once.
pub const PAGE: u64 = 250;

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
    let head = if format == Format::Csv { Some(HEAD.to_owned()) } else { None };
    let pages = stream::try_unfold((head, Some(None)), move |(head, place)| {
        let page = place.map(&next);
        async move {
            if let Some(head) = head {
                return Ok(Some((head, (None, place))));
            }
            let Some(page) = page else { return Ok(None) };
            let page = page.await.map_err(|why| std::io::Error::other(why.code()))?;
            let Some(last) = page.last() else { return Ok::<_, std::io::Error>(None) };
            let after = (page.len() as u64 == PAGE).then_some(Some(last.seq));
            Ok(Some((page.iter().map(|entry| line(format, entry)).collect(), (None, after))))
        }
    });
    let (kind, end) = match format {
        Format::Csv => ("text/csv; charset=utf-8", "csv"),
        Format::Jsonl => ("application/jsonl", "jsonl"),
    };
    let named = HeaderValue::from_str(&format!("attachment; filename=\"{name}.{end}\""));
    let named = named.unwrap_or_else(|_| HeaderValue::from_static("attachment"));
    let headers = [(header::CONTENT_TYPE, HeaderValue::from_static(kind)), (header::CONTENT_DISPOSITION, named)];
    (headers, Body::from_stream(pages)).into_response()
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
    cells.map(|cell| quoted(&cell)).join(",") + "\r\n"
}

/// A cell that no spreadsheet takes for a formula, and that ends where it ends. Source: OWASP, CSV injection; RFC 4180 section 2.
pub fn quoted(cell: &str) -> String {
    let formula = cell.starts_with(['=', '+', '-', '@', '\t', '\r']);
    let cell = if formula { format!("'{cell}") } else { cell.to_owned() };
    if cell.contains(['"', ',', '\r', '\n', '\'']) { format!("\"{}\"", cell.replace('"', "\"\"")) } else { cell }
}

#[cfg(test)]
mod tests {
    use super::quoted;

    #[test]
    fn a_cell_is_a_text_and_no_formula() {
        for (cell, written) in [
            ("plain", "plain"),
            ("=cmd|' /C calc'!A0", "\"'=cmd|' /C calc'!A0\""),
            ("+1", "\"'+1\""),
            ("say \"hi\", twice", "\"say \"\"hi\"\", twice\""),
            ("two\nlines", "\"two\nlines\""),
        ] {
            assert_eq!(quoted(cell), written);
        }
    }
}
