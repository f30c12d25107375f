//! Pages: `limit` and an opaque `cursor`, never an offset.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::Serialize;
use utoipa::ToSchema;

use super::problem::Problem;

/// Most rows of one page.
pub const PAGE_MOST: u64 = 250;
const PAGE_USUAL: u64 = 50;

/// One page of a list.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Page<T> {
    /// The rows.
    pub items: Vec<T>,
    /// What to ask for next; absent on the last page.
    pub next_cursor: Option<String>,
}

impl<T> Page<T> {
    /// From up to `limit + 1` rows: the row too many says that there is more, `key` of the last one kept says where.
    pub fn cut(mut items: Vec<T>, limit: u64, key: impl Fn(&T) -> String) -> Self {
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let more = items.len() > limit;
        items.truncate(limit);
        let next_cursor = if more { items.last().map(|last| write(&key(last))) } else { None };
        Self { items, next_cursor }
    }
}

/// How many rows were asked for, within bounds.
pub fn limit(asked: Option<i64>) -> u64 {
    asked.and_then(|n| u64::try_from(n).ok()).filter(|n| *n > 0).unwrap_or(PAGE_USUAL).min(PAGE_MOST)
}

/// A key as a cursor.
pub fn write(key: &str) -> String {
    URL_SAFE_NO_PAD.encode(key)
}

/// The key in a cursor; 400 when it is not one of ours.
pub fn read(cursor: &str) -> Result<String, Problem> {
    let bytes = URL_SAFE_NO_PAD.decode(cursor).ok();
    bytes.and_then(|bytes| String::from_utf8(bytes).ok()).ok_or_else(foreign)
}

/// 400: the cursor is not one of this list's.
pub fn foreign() -> Problem {
    Problem::new(axum::http::StatusCode::BAD_REQUEST, "bad_cursor", "Not a cursor of this list.")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_row_too_many_makes_a_cursor() {
        let page = Page::cut(vec![1, 2, 3], 2, i32::to_string);
        assert_eq!(page.items, [1, 2]);
        assert_eq!(read(&page.next_cursor.unwrap()).unwrap(), "2");
        assert!(Page::cut(vec![1, 2], 2, i32::to_string).next_cursor.is_none());
    }

    #[test]
    fn limits_are_bounded() {
        assert_eq!((limit(None), limit(Some(0)), limit(Some(-3)), limit(Some(9_999))), (50, 50, 50, 250));
    }
}
