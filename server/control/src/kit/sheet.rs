//! A list as a file to take away: page by page out of the store, so that a long list needs no memory and no long transaction.

use axum::{
    body::Body,
    http::{HeaderValue, header},
    response::{IntoResponse, Response},
};
use futures::stream;

use super::problem::Problem;

/// Rows that are fetched at once.
pub const PAGE: u64 = 250;

/// A few rows, written, and where the next ones begin; `None`: there are no more.
pub struct Part<P> {
    /// As they stand in the file.
    pub text: String,
    /// Where to go on.
    pub after: Option<P>,
}

/// A file of this name and kind, which begins with `head`, and goes on with what `next` gives of each place.
pub fn file<P, F, N>(kind: &'static str, name: &str, head: Option<String>, next: N) -> Response
where
    P: Send + 'static,
    N: Fn(Option<P>) -> F + Send + 'static,
    F: Future<Output = Result<Part<P>, Problem>> + Send + 'static,
{
    let pages = stream::try_unfold((head, Some(None)), move |(head, place): (_, Option<Option<P>>)| {
        // The head goes alone: a browser shows that the file comes before the store has looked for its first rows.
        let page = if head.is_none() { place.map(&next) } else { None };
        async move {
            if let Some(head) = head {
                return Ok(Some((head, (None, Some(None)))));
            }
            let Some(page) = page else { return Ok::<_, std::io::Error>(None) };
            let part = page.await.map_err(|why| std::io::Error::other(why.code()))?;
            Ok(Some((part.text, (None, part.after.map(Some)))))
        }
    });
    let named = HeaderValue::from_str(&format!("attachment; filename=\"{name}\""));
    let named = named.unwrap_or_else(|_| HeaderValue::from_static("attachment"));
    let headers = [(header::CONTENT_TYPE, HeaderValue::from_static(kind)), (header::CONTENT_DISPOSITION, named)];
    (headers, Body::from_stream(pages)).into_response()
}

/// One row of comma-separated text (RFC 4180).
pub fn row<'a>(cells: impl IntoIterator<Item = &'a str>) -> String {
    let cells: Vec<String> = cells.into_iter().map(quoted).collect();
    cells.join(",") + "\r\n"
}

/// A cell that no spreadsheet takes for a formula, and that ends where it ends. Source: OWASP, CSV injection; RFC 4180 section 2.
fn quoted(cell: &str) -> String {
    // A number to be dialled begins with a plus and is no formula.
    let dialled =
        cell.strip_prefix('+').is_some_and(|rest| !rest.is_empty() && rest.bytes().all(|b| b.is_ascii_digit()));
    let formula = cell.starts_with(['=', '+', '-', '@', '\t', '\r']) && !dialled;
    let cell = if formula { format!("'{cell}") } else { cell.to_owned() };
    if cell.contains(['"', ',', '\r', '\n', '\'']) { format!("\"{}\"", cell.replace('"', "\"\"")) } else { cell }
}

#[cfg(test)]
mod tests {
    use super::{quoted, row};

    #[test]
    fn a_cell_is_a_text_and_no_formula() {
        for (cell, written) in [
            ("plain", "plain"),
            ("=cmd|' /C calc'!A0", "\"'=cmd|' /C calc'!A0\""),
            ("+1+2", "\"'+1+2\""),
            ("+", "\"'+\""),
            ("+14155550123", "+14155550123"),
            ("-14155550123", "\"'-14155550123\""),
            ("say \"hi\", twice", "\"say \"\"hi\"\", twice\""),
            ("two\nlines", "\"two\nlines\""),
        ] {
            assert_eq!(quoted(cell), written);
        }
        assert_eq!(row(["a", "b,c"]), "a,\"b,c\"\r\n");
    }
}
