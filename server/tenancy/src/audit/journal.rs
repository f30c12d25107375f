//! What a transaction has changed so far, kept until its commit writes it down.

use std::sync::{Mutex, PoisonError};

use serde_json::Value;

use super::{Change, Origin};
use crate::Actor;

/// Rows of one line that are written down one by one; of more, only the number.
const MOST_ROWS: usize = 40;

/// A line that is not sealed yet.
#[derive(Debug)]
pub(crate) struct Draft {
    pub action: String,
    pub entity: String,
    pub entity_id: String,
    pub body: Value,
    pub changes: Vec<Change>,
    pub more_changes: usize,
}

/// Behind a lock only so that a transaction can be shared by reference across an await.
pub(crate) struct Journal {
    actor: Actor,
    origin: Origin,
    pages: Mutex<Pages>,
}

#[derive(Default)]
struct Pages {
    drafts: Vec<Draft>,
    loose: Vec<Change>,
    more: usize,
}

impl Pages {
    fn take(&mut self) -> (Vec<Change>, usize) {
        (std::mem::take(&mut self.loose), std::mem::take(&mut self.more))
    }
}

impl Journal {
    pub fn new(actor: Actor, origin: Origin) -> Self {
        Self { actor, origin, pages: Mutex::default() }
    }
    pub fn actor(&self) -> Actor {
        self.actor
    }
    /// Somebody else acts from here on.
    pub fn act(&mut self, actor: Actor) {
        self.actor = actor;
    }
    pub fn origin(&self) -> &Origin {
        &self.origin
    }
    /// Whether rows are kept: what the platform does by itself (calls, jobs) is in other logs.
    pub fn keeps_rows(&self) -> bool {
        self.actor != Actor::System
    }
    /// A row was changed.
    pub fn row(&self, change: Change) {
        let mut pages = self.pages.lock().unwrap_or_else(PoisonError::into_inner);
        if pages.loose.len() < MOST_ROWS { pages.loose.push(change) } else { pages.more += 1 }
    }
    /// So many rows were changed and are not shown.
    pub fn rows(&self, count: usize) {
        self.pages.lock().unwrap_or_else(PoisonError::into_inner).more += count;
    }
    /// The rows changed so far were this.
    pub fn say(&self, action: &str, entity: &str, entity_id: &str, body: Value) {
        let mut pages = self.pages.lock().unwrap_or_else(PoisonError::into_inner);
        let (changes, more_changes) = pages.take();
        let (action, entity, entity_id) = (action.to_owned(), entity.to_owned(), entity_id.to_owned());
        pages.drafts.push(Draft { action, entity, entity_id, body, changes, more_changes });
    }
    /// Everything, and an empty journal from here on. Rows that nobody said anything about belong to the last thing said; without
    /// one they make a line of their own.
    pub fn close(&self) -> Vec<Draft> {
        let mut pages = self.pages.lock().unwrap_or_else(PoisonError::into_inner);
        let (changes, more) = pages.take();
        let mut drafts = std::mem::take(&mut pages.drafts);
        drop(pages);
        match drafts.last_mut() {
            _ if changes.is_empty() && more == 0 => {}
            Some(last) => {
                last.more_changes += more;
                last.changes.extend(changes);
            }
            None => {
                let (entity, entity_id) =
                    changes.first().map(|one| (one.table.clone(), one.id.clone())).unwrap_or_default();
                let (action, body) = ("rows.changed".to_owned(), Value::Object(serde_json::Map::new()));
                drafts.push(Draft { action, entity, entity_id, body, changes, more_changes: more });
            }
        }
        drafts
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn change(id: usize) -> Change {
        Change { table: "seat".into(), id: id.to_string(), before: None, after: None }
    }

    fn journal() -> Journal {
        Journal::new(Actor::System, Origin::default())
    }

    #[test]
    fn rows_belong_to_what_is_said_of_them() {
        let journal = journal();
        journal.row(change(1));
        journal.say("seat.created", "seat", "1", Value::Null);
        journal.row(change(2));
        journal.say("seat.updated", "seat", "2", Value::Null);
        journal.row(change(3));
        let drafts = journal.close();
        let ids = |draft: &Draft| draft.changes.iter().map(|one| one.id.clone()).collect::<Vec<_>>();
        assert_eq!(drafts.iter().map(ids).collect::<Vec<_>>(), [vec!["1"], vec!["2", "3"]]);
        assert!(journal.close().is_empty());
    }

    #[test]
    fn nothing_goes_unsaid() {
        let journal = journal();
        (0..MOST_ROWS + 5).for_each(|id| journal.row(change(id)));
        let drafts = journal.close();
        assert_eq!((drafts[0].action.as_str(), drafts[0].entity.as_str()), ("rows.changed", "seat"));
        assert_eq!((drafts[0].changes.len(), drafts[0].more_changes), (MOST_ROWS, 5));
    }
}
