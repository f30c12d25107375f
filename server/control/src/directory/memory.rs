//! Answers of the store that many calls ask for, remembered while nothing changes: the lines of a seat, the gateway ports of a box,
//! where a number leads.
//!
//! What this process commits is noticed at once ([`Database::changes`]); what another node commits, after [`KEPT`].

use std::{
    collections::HashMap,
    hash::Hash,
    sync::{Arc, Mutex, PoisonError},
};

use patchbay_kernel::{Tick, time::Span};
use patchbay_tenancy::Database;

/// How long a change that another node made may go unnoticed.
const KEPT: Span = Span::secs(5);
/// Answers before everything is forgotten: bounds memory.
const MOST: usize = 10_000;

struct Kept<V> {
    value: Arc<V>,
    changes: u64,
    until: Tick,
}

/// Answers by what they were asked with.
pub(super) struct Memory<K, V>(Mutex<HashMap<K, Kept<V>>>);

impl<K, V> Default for Memory<K, V> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<K: Eq + Hash, V> Memory<K, V> {
    /// From memory, or by asking. What fails is not remembered.
    pub(super) async fn get<E>(
        &self,
        (database, now): (&Database, Tick),
        key: K,
        ask: impl Future<Output = Result<V, E>>,
    ) -> Result<Arc<V>, E> {
        // Read before asking: an answer that a change overtook is asked for again.
        let changes = database.changes();
        if let Some(kept) = self.lock().get(&key)
            && kept.changes == changes
            && kept.until > now
        {
            return Ok(kept.value.clone());
        }
        let value = Arc::new(ask.await?);
        let mut all = self.lock();
        if all.len() >= MOST {
            all.clear();
        }
        all.insert(key, Kept { value: value.clone(), changes, until: now + KEPT });
        Ok(value)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<K, Kept<V>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
