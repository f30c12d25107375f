//! Channel slots as rows: a crash leaves a row with a name on it, never a wrong count.
//!
//! A slot is free when nobody holds it, or when the life of the node that held it is over. Taking one is a single statement; on
//! PostgreSQL rows that another caller is about to take are skipped, not waited for, so many callers of one gateway port do not
//! queue. Skipping can refuse although a slot is just being given back; hence one more try a moment later.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use kernel::{CallId, Uuid};
use patchbay_kernel as kernel;
use patchbay_plane::{Capacity, CapacityError, Later, LimitHit, Resource};
use sea_orm::{DatabaseTransaction, Value};

use crate::{ClusterError, ClusterStore, NodeLease, store::query};

/// Before the second and last try, in milliseconds, plus up to as much again by the call's id, so that callers spread out.
const AGAIN_MS: u64 = 10;

/// Slots of this node, in SQL.
pub struct SqlCapacity {
    lease: Arc<NodeLease>,
    /// For how many slots rows are known to exist.
    made: Mutex<HashMap<String, u32>>,
}

/// The held slots beyond the limit count too, for as long as they last, when a limit was lowered.
const TAKE: &str = "UPDATE channel_slot SET holder = $2, node_id = $3, node_epoch = $4, taken_at = $NOW \
    WHERE (resource, slot) = (SELECT s.resource, s.slot FROM channel_slot s WHERE s.resource = $1 AND s.slot < $5 \
    AND (s.holder IS NULL OR NOT EXISTS \
        (SELECT 1 FROM node n WHERE n.id = s.node_id AND n.epoch = s.node_epoch AND n.lease_until > $NOW)) \
    AND (NOT EXISTS (SELECT 1 FROM channel_slot h WHERE h.resource = $1 AND h.slot >= $5 AND h.holder IS NOT NULL) \
        OR (SELECT count(*) FROM channel_slot h WHERE h.resource = $1 AND h.holder IS NOT NULL) < $5) \
    ORDER BY s.slot LIMIT 1 $SKIP) RETURNING slot";

const GIVE_BACK: &str = "UPDATE channel_slot SET holder = NULL, node_id = NULL, node_epoch = NULL, taken_at = NULL \
    WHERE (resource, slot) = (SELECT s.resource, s.slot FROM channel_slot s \
    WHERE s.resource = $1 AND s.holder = $2 ORDER BY s.slot DESC LIMIT 1)";

const GIVE_BACK_ALL: &str = "UPDATE channel_slot SET holder = NULL, node_id = NULL, node_epoch = NULL, taken_at = NULL \
    WHERE holder = $1";

const IN_USE: &str = "SELECT s.slot, s.holder FROM channel_slot s WHERE s.resource = $1 AND s.holder IS NOT NULL AND EXISTS \
    (SELECT 1 FROM node n WHERE n.id = s.node_id AND n.epoch = s.node_epoch AND n.lease_until > $NOW) ORDER BY s.slot";

const SWEEP: &str = "UPDATE channel_slot SET holder = NULL, node_id = NULL, node_epoch = NULL, taken_at = NULL \
    WHERE holder IS NOT NULL AND NOT EXISTS (SELECT 1 FROM node n \
    WHERE n.id = channel_slot.node_id AND n.epoch = channel_slot.node_epoch AND n.lease_until > $NOW)";

/// Wipe the names of dead nodes off their slots; says how many. Tidiness for screens: the slots are free without it.
pub async fn sweep(store: &ClusterStore) -> Result<u64, ClusterError> {
    store.run(SWEEP, vec![]).await
}

enum Refused {
    Full(Resource),
    Store(ClusterError),
}

impl From<ClusterError> for Refused {
    fn from(error: ClusterError) -> Self {
        Self::Store(error)
    }
}

impl SqlCapacity {
    /// Grants under this lease.
    pub fn new(lease: Arc<NodeLease>) -> Self {
        Self { lease, made: Mutex::new(HashMap::new()) }
    }

    fn store(&self) -> &ClusterStore {
        self.lease.store()
    }

    fn known(&self, key: &str) -> u32 {
        self.made.lock().unwrap_or_else(PoisonError::into_inner).get(key).copied().unwrap_or(0)
    }

    /// Rows for the slots that are new; slots that are no more stay as rows and are never taken.
    async fn make_slots(&self, tx: &DatabaseTransaction, resource: &Resource) -> Result<(), ClusterError> {
        let known = self.known(&resource.key);
        for chunk in (known..resource.limit).collect::<Vec<_>>().chunks(200) {
            let tuples: Vec<String> = chunk.iter().map(|slot| format!("($1, {slot})")).collect();
            let sql = format!(
                "INSERT INTO channel_slot (resource, slot) VALUES {} ON CONFLICT DO NOTHING",
                tuples.join(", ")
            );
            query(tx, &sql, vec![resource.key.clone().into()]).await?;
        }
        Ok(())
    }

    /// One transaction: all of them or, by rollback, none.
    async fn take(&self, call: CallId, resources: &[Resource]) -> Result<Vec<u32>, Refused> {
        let tx = self.store().begin().await?;
        let take = self.store().dialect(TAKE);
        let mut slots = Vec::with_capacity(resources.len());
        for resource in resources {
            self.make_slots(&tx, resource).await?;
            let values: Vec<Value> = vec![
                resource.key.clone().into(),
                call.uuid().into(),
                self.lease.node().uuid().into(),
                self.lease.epoch().into(),
                i64::from(resource.limit).into(),
            ];
            match query(&tx, &take, values).await?.first() {
                Some(row) => slots.push(slot(row.try_get::<i32>("", "slot").map_err(ClusterError::from)?)),
                None => {
                    tx.rollback().await.map_err(ClusterError::from)?;
                    return Err(Refused::Full(resource.clone()));
                }
            }
        }
        tx.commit().await.map_err(ClusterError::from)?;
        let mut made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        for resource in resources {
            let known = made.entry(resource.key.clone()).or_default();
            *known = (*known).max(resource.limit);
        }
        Ok(slots)
    }
}

impl Capacity for SqlCapacity {
    fn acquire<'a>(&'a self, call: CallId, resources: &'a [Resource]) -> Later<'a, Result<Vec<u32>, CapacityError>> {
        Box::pin(async move {
            if !self.lease.may_admit() {
                return Err(CapacityError::Fenced);
            }
            if resources.is_empty() {
                return Ok(Vec::new());
            }
            let full = match self.take(call, resources).await {
                Ok(slots) => return Ok(slots),
                Err(Refused::Store(error)) => return Err(CapacityError::Store(error.to_string())),
                Err(Refused::Full(resource)) => resource,
            };
            if full.limit == 0 {
                return Err(LimitHit(full).into());
            }
            let spread = u64::from(call.uuid().as_bytes()[15]) % (AGAIN_MS + 1);
            tokio::time::sleep(Duration::from_millis(AGAIN_MS + spread)).await;
            match self.take(call, resources).await {
                Ok(slots) => Ok(slots),
                Err(Refused::Full(resource)) => Err(LimitHit(resource).into()),
                Err(Refused::Store(error)) => Err(CapacityError::Store(error.to_string())),
            }
        })
    }

    fn release<'a>(&'a self, call: CallId, key: &'a str) -> Later<'a, Result<(), CapacityError>> {
        Box::pin(async move {
            let done = self.store().run(GIVE_BACK, vec![key.into(), call.uuid().into()]).await;
            done.map(|_| ()).map_err(|error| CapacityError::Store(error.to_string()))
        })
    }

    fn release_all(&self, call: CallId) -> Later<'_, Result<(), CapacityError>> {
        Box::pin(async move {
            let done = self.store().run(GIVE_BACK_ALL, vec![call.uuid().into()]).await;
            done.map(|_| ()).map_err(|error| CapacityError::Store(error.to_string()))
        })
    }

    fn in_use<'a>(&'a self, key: &'a str) -> Later<'a, Result<Vec<(u32, CallId)>, CapacityError>> {
        Box::pin(async move {
            let rows = self.store().rows(IN_USE, vec![key.into()]).await;
            let rows = rows.map_err(|error| CapacityError::Store(error.to_string()))?;
            let read = rows.iter().map(|row| {
                let (index, holder) = (row.try_get::<i32>("", "slot")?, row.try_get::<Uuid>("", "holder")?);
                Ok((slot(index), CallId::from_uuid(holder)))
            });
            read.collect::<Result<_, sea_orm::DbErr>>().map_err(|error| CapacityError::Store(error.to_string()))
        })
    }

    fn used<'a>(&'a self, keys: &'a [String]) -> Later<'a, Result<Vec<u32>, CapacityError>> {
        Box::pin(async move {
            if keys.is_empty() {
                return Ok(Vec::new());
            }
            let places: Vec<String> = (1..=keys.len()).map(|place| format!("${place}")).collect();
            let sql = format!(
                "SELECT resource, count(*) AS used FROM channel_slot WHERE holder IS NOT NULL AND resource IN ({}) \
                 GROUP BY resource",
                places.join(", ")
            );
            let rows = self.store().rows(&sql, keys.iter().map(|key| key.clone().into()).collect()).await;
            let rows = rows.map_err(|error| CapacityError::Store(error.to_string()))?;
            let read = rows.iter().map(|row| Ok((row.try_get("", "resource")?, row.try_get::<i64>("", "used")?)));
            let used: HashMap<String, i64> =
                read.collect::<Result<_, sea_orm::DbErr>>().map_err(|error| CapacityError::Store(error.to_string()))?;
            let count = |key| used.get(key).and_then(|count| u32::try_from(*count).ok()).unwrap_or(0);
            Ok(keys.iter().map(count).collect())
        })
    }
}

fn slot(index: i32) -> u32 {
    u32::try_from(index).unwrap_or(0)
}
