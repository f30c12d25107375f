//! Views as they are sent.

use std::collections::BTreeMap;

use kernel::SavedViewId;
use patchbay_kernel as kernel;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use utoipa::ToSchema;

use super::row::saved_view;
use crate::kit::words::words;

/// Filters, columns and letters of each that one view may have.
const MOST: usize = 40;
const LONGEST: usize = 500;

words! {
    /// A list that has views.
    ViewList {
        /// People.
        Members = "members",
        /// Seats.
        Seats = "seats",
        /// The company's numbers.
        Numbers = "numbers",
        /// Its gateway ports.
        GatewayPorts = "gateway_ports",
        /// Calls.
        Calls = "calls",
        /// The event log.
        Events = "events",
        /// Who did what.
        Audit = "audit",
        /// Keys of programs.
        ApiKeys = "api_keys",
        /// Servers that are told of events.
        Webhooks = "webhooks",
    }
}

/// What a view shows. The words are the list's own: one that a list does not know (any more) it leaves out.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ViewContent {
    /// Name of a filter to its value, as in the address of the page.
    #[serde(default)]
    pub filter: BTreeMap<String, String>,
    /// A column, with `-` before it for the other way round.
    #[serde(default)]
    pub sort: Option<String>,
    /// Columns that are shown; empty: the usual ones.
    #[serde(default)]
    pub columns: Vec<String>,
}

impl ViewContent {
    /// Whether it is of a size that a list can have.
    pub fn fits(&self) -> bool {
        let short = |text: &String| text.len() <= LONGEST && !text.chars().any(char::is_control);
        let texts = self.filter.iter().flat_map(|(name, value)| [name, value]);
        self.filter.len() <= MOST
            && self.columns.len() <= MOST
            && texts.chain(&self.columns).chain(&self.sort).all(short)
    }
}

/// A view of a list.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct SavedView {
    /// `view_..`
    pub id: String,
    /// Of which list.
    pub list: ViewList,
    /// Name.
    pub name: String,
    /// What it shows.
    pub content: ViewContent,
    /// Whether the whole company sees it.
    pub shared: bool,
    /// Whether it is one's own: others' are looked at, not changed.
    pub mine: bool,
    /// Whose it is, by name.
    pub owner: String,
    /// Last changed.
    #[serde(with = "time::serde::rfc3339")]
    pub updated_at: OffsetDateTime,
}

/// A view to be kept.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct SavedViewNew {
    /// Of which list.
    pub list: ViewList,
    /// Name, once for each list.
    pub name: String,
    /// What it shows.
    pub content: ViewContent,
    /// Whether the whole company sees it.
    #[serde(default)]
    pub shared: bool,
}

/// Changes of a view; absent fields stay.
#[derive(Clone, Debug, Deserialize, ToSchema)]
pub struct SavedViewPatch {
    /// Name.
    pub name: Option<String>,
    /// What it shows.
    pub content: Option<ViewContent>,
    /// Whether the whole company sees it.
    pub shared: Option<bool>,
}

/// As shown to the member.
pub fn show(row: saved_view::Model, member: kernel::Uuid, owner: String) -> SavedView {
    SavedView {
        id: SavedViewId::from_uuid(row.id).to_string(),
        list: ViewList::stored(&row.list),
        name: row.name,
        content: serde_json::from_value(row.content).unwrap_or_default(),
        shared: row.shared,
        mine: row.member_id == member,
        owner,
        updated_at: row.updated_at,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_view_is_no_store_for_anything_else() {
        let view = |filter: &[(&str, &str)], columns: Vec<String>| ViewContent {
            filter: filter.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect(),
            sort: None,
            columns,
        };
        assert!(view(&[("state", "active")], vec!["name".into(); 40]).fits());
        assert!(!view(&[], vec!["name".into(); 41]).fits());
        assert!(!view(&[("q", &"x".repeat(501))], Vec::new()).fits());
        assert!(!view(&[("q", "a\u{0}")], Vec::new()).fits());
    }
}
