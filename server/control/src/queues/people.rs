//! Members as queues and skills name them: nobody is put anywhere who is not seen, and who is not seen stays where they are.

use std::collections::{BTreeMap, BTreeSet};

use kernel::{MemberId, Uuid};
use patchbay_kernel as kernel;
use patchbay_tenancy::TenantTx;
use serde::Serialize;
use utoipa::ToSchema;

use crate::{kit::problem::Problem, people::row::member};

/// Somebody who works in a queue.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct QueueMember {
    /// `mem_..`
    pub member: String,
    /// Name.
    pub name: String,
}

impl QueueMember {
    /// With the name of those who have one.
    pub fn of(id: Uuid, names: &BTreeMap<Uuid, String>) -> Self {
        Self { member: MemberId::from_uuid(id).to_string(), name: names.get(&id).cloned().unwrap_or_default() }
    }
}

/// The rows of those who are named, each once. Fails with a fault of `members` when one of them is out of sight.
pub async fn seen(tx: &TenantTx, wanted: &[MemberId], field: &str) -> Result<BTreeSet<Uuid>, Problem> {
    let mut found = BTreeSet::new();
    for id in wanted {
        let unknown = || Problem::field(field, "unknown_member", "One of these is not among the members you see.");
        found.insert(tx.find_seen::<member::Entity>(id.uuid()).await?.ok_or_else(unknown)?.id);
    }
    Ok(found)
}
