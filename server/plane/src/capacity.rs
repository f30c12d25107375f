//! Channel slots: who may use a line now, never more than there are.

use kernel::CallId;
use patchbay_kernel as kernel;

use crate::Later;

/// Something that carries a limited number of calls. `key` is the row key (`gwp:<uuid>`, `ten:<uuid>`), `label` is for people
/// ("E1 span 1 of Kestrel"), `limit` the number of slots it has now.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Resource {
    /// Row key.
    pub key: String,
    /// For people.
    pub label: String,
    /// Calls at once.
    pub limit: u32,
}

/// The limit that stood in the way.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{} carries {} call(s) at once and is full", .0.label, .0.limit)]
pub struct LimitHit(pub Resource);

/// Why nothing was granted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CapacityError {
    /// A limit, named.
    #[error(transparent)]
    Full(#[from] LimitHit),
    /// This node may not grant now: its lease has lapsed.
    #[error("this node has lost its lease")]
    Fenced,
    /// Storage failed.
    #[error("capacity store: {0}")]
    Store(String),
}

/// Grants and takes back channel slots. Truth is one row per slot, or the memory of the only process; a dead node's slots are free
/// again within 20 s.
pub trait Capacity: Send + Sync {
    /// Take one slot of each resource, all or none, in the given order (company first, then gateway port).
    fn acquire<'a>(&'a self, call: CallId, resources: &'a [Resource]) -> Later<'a, Result<Vec<u32>, CapacityError>>;
    /// Give back one slot of this call.
    fn release<'a>(&'a self, call: CallId, key: &'a str) -> Later<'a, Result<(), CapacityError>>;
    /// Give back everything this call holds.
    fn release_all(&self, call: CallId) -> Later<'_, Result<(), CapacityError>>;
    /// Slots in use now: `(slot, call)`.
    fn in_use<'a>(&'a self, key: &'a str) -> Later<'a, Result<Vec<(u32, CallId)>, CapacityError>>;
    /// How many slots of each resource are held now, in the order of `keys`.
    fn used<'a>(&'a self, keys: &'a [String]) -> Later<'a, Result<Vec<u32>, CapacityError>> {
        Box::pin(async move {
            let mut counts = Vec::with_capacity(keys.len());
            for key in keys {
                counts.push(u32::try_from(self.in_use(key).await?.len()).unwrap_or(u32::MAX));
            }
            Ok(counts)
        })
    }
}
