//! A node's sign of life.
//!
//! One row per node: its epoch, which rises at every start, and how long its lease runs. Whatever a node holds is stamped with both,
//! so what an earlier life held is nobody's. A node that cannot renew stops admitting calls before the others may take its slots.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use kernel::{Clock, NodeId, Tick, time::Span};
use patchbay_kernel as kernel;
use tokio::task::JoinHandle;

use crate::{ClusterError, ClusterStore};

/// How long a node counts as alive, in milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LeaseTerms {
    /// From a renewal until the others take what the node holds.
    pub lease_ms: u64,
    /// Between renewals.
    pub renew_ms: u64,
    /// From the last renewal that worked until the node admits no more calls. Shorter than the lease, by more than clocks drift.
    pub fence_ms: u64,
}

impl Default for LeaseTerms {
    fn default() -> Self {
        Self { lease_ms: 15_000, renew_ms: 5_000, fence_ms: 10_000 }
    }
}

/// This process as a member of the installation.
pub struct NodeLease {
    store: ClusterStore,
    clock: Arc<dyn Clock>,
    terms: LeaseTerms,
    node: NodeId,
    epoch: i64,
    /// Microseconds of the tick before the last renewal that worked.
    renewed: AtomicU64,
    superseded: AtomicBool,
}

const START: &str = "INSERT INTO node (id, epoch, lease_until, started_at) VALUES ($1, 1, $NOW + $2, $NOW) \
    ON CONFLICT (id) DO UPDATE SET epoch = node.epoch + 1, lease_until = excluded.lease_until, started_at = excluded.started_at \
    RETURNING epoch";

impl NodeLease {
    /// Begin a new life of this node: whatever an earlier one held is free from now on.
    pub async fn start(
        store: ClusterStore,
        node: NodeId,
        terms: LeaseTerms,
        clock: Arc<dyn Clock>,
    ) -> Result<Arc<Self>, ClusterError> {
        let before = clock.tick();
        let rows = store.rows(START, vec![node.uuid().into(), micros(terms.lease_ms).into()]).await?;
        let epoch =
            rows.first().ok_or_else(|| ClusterError("the node table gave no epoch".into()))?.try_get("", "epoch")?;
        let (renewed, superseded) = (AtomicU64::new(before.0), AtomicBool::new(false));
        Ok(Arc::new(Self { store, clock, terms, node, epoch, renewed, superseded }))
    }

    /// Which node this is.
    pub fn node(&self) -> NodeId {
        self.node
    }

    /// Which life of it, from 1.
    pub fn epoch(&self) -> i64 {
        self.epoch
    }

    /// Whether this node may admit calls: it renewed within the fence, and no other process runs under its id.
    pub fn may_admit(&self) -> bool {
        let renewed = Tick(self.renewed.load(Ordering::Acquire));
        !self.superseded.load(Ordering::Acquire) && self.clock.tick().since(renewed) < Span::ms(self.terms.fence_ms)
    }

    /// Renew once. `false` when another process has started under this node's id: this one must not admit calls any more.
    pub async fn renew(&self) -> Result<bool, ClusterError> {
        // Taken before the statement, so that a slow answer shortens our own view of the lease, never lengthens it.
        let before = self.clock.tick();
        let sql = "UPDATE node SET lease_until = $NOW + $1 WHERE id = $2 AND epoch = $3";
        let values = vec![micros(self.terms.lease_ms).into(), self.node.uuid().into(), self.epoch.into()];
        let alive = self.store.run(sql, values).await? > 0;
        if alive {
            self.renewed.store(before.0, Ordering::Release);
        } else {
            self.superseded.store(true, Ordering::Release);
        }
        Ok(alive)
    }

    /// Renew for as long as the task runs. Abort it at shutdown, then [`Self::end`].
    pub fn keep(self: &Arc<Self>) -> JoinHandle<()> {
        let lease = Arc::clone(self);
        tokio::spawn(async move {
            let mut fenced = false;
            loop {
                tokio::time::sleep(Duration::from_millis(lease.terms.renew_ms)).await;
                match lease.renew().await {
                    Ok(true) => {}
                    Ok(false) => {
                        tracing::error!(node = %lease.node, "another process runs under this node's id; admitting no more calls");
                        return;
                    }
                    Err(error) => tracing::warn!(node = %lease.node, %error, "the node's lease was not renewed"),
                }
                if fenced == lease.may_admit() {
                    fenced = !fenced;
                    tracing::warn!(node = %lease.node, fenced, "whether this node admits calls has changed");
                }
            }
        })
    }

    /// Give the lease up: what this node holds is free at once.
    pub async fn end(&self) -> Result<(), ClusterError> {
        self.superseded.store(true, Ordering::Release);
        let sql = "UPDATE node SET lease_until = 0 WHERE id = $1 AND epoch = $2";
        self.store.run(sql, vec![self.node.uuid().into(), self.epoch.into()]).await.map(|_| ())
    }

    pub(crate) fn store(&self) -> &ClusterStore {
        &self.store
    }
}

fn micros(ms: u64) -> i64 {
    i64::try_from(ms).unwrap_or(i64::MAX / 2_000) * 1_000
}
