//! The promises of channel slots and node leases, each on SQLite and on PostgreSQL.
#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use std::{
    collections::HashSet,
    sync::{
        Arc,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use patchbay_cluster::{ClusterStore, LeaseTerms, NodeLease, SqlCapacity, sweep};
use patchbay_kernel::{CallId, Clock, NodeId, SeededEntropy, Tick, Uuid, Wall};
use patchbay_plane::{Capacity, CapacityError, Resource};

/// A clock that can be made to stand still or leap.
#[derive(Default)]
struct HandClock(AtomicU64);

impl Clock for HandClock {
    fn tick(&self) -> Tick {
        Tick(self.0.load(Ordering::Relaxed))
    }
    fn wall(&self) -> Wall {
        Wall(0)
    }
}

/// A lease that lapses within a test's patience.
const SHORT: LeaseTerms = LeaseTerms { lease_ms: 400, renew_ms: 100, fence_ms: 250 };

struct Scene {
    url: String,
    clock: Arc<HandClock>,
}

impl Scene {
    /// A node with connections of its own, as another process would have.
    async fn node(&self, id: u128, terms: LeaseTerms) -> (Arc<NodeLease>, Arc<SqlCapacity>) {
        let store = ClusterStore::open(&self.url).await.unwrap();
        let node = NodeId::from_uuid(Uuid::from_u128(id));
        let lease = NodeLease::start(store, node, terms, self.clock.clone()).await.unwrap();
        (lease.clone(), Arc::new(SqlCapacity::new(lease)))
    }
}

fn call() -> CallId {
    static SEED: AtomicU64 = AtomicU64::new(1);
    CallId::new(Wall(0), &mut SeededEntropy::new(SEED.fetch_add(1, Ordering::Relaxed)))
}

fn resource(key: &str, limit: u32) -> Resource {
    Resource { key: key.into(), label: format!("Span {key}"), limit }
}

macro_rules! on_both {
    ($($case:ident),* $(,)?) => {
        mod sqlite {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
            async fn $case() {
                let file = patchbay_testkit::sqlite().await;
                super::$case(super::Scene { url: file.url(), clock: Default::default() }).await;
            })*
        }
        mod postgres {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
            async fn $case() {
                let Some(cluster) = patchbay_testkit::postgres() else { return };
                let url = cluster.database().await;
                super::$case(super::Scene { url, clock: Default::default() }).await;
            })*
        }
    };
}

on_both!(
    sixty_four_callers_never_exceed_thirty,
    several_resources_are_taken_all_or_none,
    a_refusal_names_the_limit_after_one_retry,
    a_dead_node_s_slots_come_back,
    a_node_that_cannot_renew_fences_itself,
    a_second_life_supersedes_the_first,
    one_slot_is_given_back_at_a_time,
    a_lowered_limit_is_kept,
);

async fn sixty_four_callers_never_exceed_thirty(scene: Scene) {
    let nodes = [scene.node(1, LeaseTerms::default()).await.1, scene.node(2, LeaseTerms::default()).await.1];
    let (now, peak, granted, refused) = (
        Arc::new(AtomicUsize::new(0)),
        Arc::new(AtomicUsize::new(0)),
        Arc::new(AtomicUsize::new(0)),
        Arc::new(AtomicUsize::new(0)),
    );
    let callers: Vec<_> = (0..64usize)
        .map(|caller| {
            let capacity = nodes[caller % 2].clone();
            let (now, peak, granted, refused) = (now.clone(), peak.clone(), granted.clone(), refused.clone());
            tokio::spawn(async move {
                let span = [resource("gwp:e1", 30)];
                for _ in 0..4 {
                    let call = call();
                    match capacity.acquire(call, &span).await {
                        Ok(_) => {
                            peak.fetch_max(now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                            granted.fetch_add(1, Ordering::SeqCst);
                            tokio::time::sleep(Duration::from_millis(5)).await;
                            now.fetch_sub(1, Ordering::SeqCst);
                            capacity.release(call, "gwp:e1").await.unwrap();
                        }
                        Err(CapacityError::Full(_)) => _ = refused.fetch_add(1, Ordering::SeqCst),
                        Err(error) => panic!("{error}"),
                    }
                }
            })
        })
        .collect();
    for caller in callers {
        caller.await.unwrap();
    }
    let (peak, granted, refused) =
        (peak.load(Ordering::SeqCst), granted.load(Ordering::SeqCst), refused.load(Ordering::SeqCst));
    assert!(peak <= 30, "peak {peak}");
    assert!(granted >= 30 && granted + refused == 256, "granted {granted}, refused {refused}");
    assert!(nodes[0].in_use("gwp:e1").await.unwrap().is_empty());

    // Filled without giving back, the span holds exactly thirty, each in a slot of its own.
    let mut slots = HashSet::new();
    let mut full = 0;
    for caller in 0..64 {
        match nodes[caller % 2].acquire(call(), &[resource("gwp:e1", 30)]).await {
            Ok(taken) => assert!(slots.insert(taken[0]), "slot {} twice", taken[0]),
            Err(CapacityError::Full(_)) => full += 1,
            Err(error) => panic!("{error}"),
        }
    }
    assert_eq!((slots.len(), full), (30, 34));
    assert_eq!(nodes[1].in_use("gwp:e1").await.unwrap().len(), 30);
}

async fn several_resources_are_taken_all_or_none(scene: Scene) {
    let (_, capacity) = scene.node(1, LeaseTerms::default()).await;
    let both = [resource("ten:a", 5), resource("gwp:one", 1)];
    let first = call();
    assert_eq!(capacity.acquire(first, &both).await.unwrap(), [0, 0]);
    for _ in 0..3 {
        let Err(CapacityError::Full(hit)) = capacity.acquire(call(), &both).await else {
            panic!("the gateway port is full")
        };
        assert_eq!(hit.0.key, "gwp:one");
    }
    assert_eq!(capacity.in_use("ten:a").await.unwrap(), [(0, first)], "refused calls kept nothing of the company");
    capacity.release_all(first).await.unwrap();
    assert!(capacity.in_use("ten:a").await.unwrap().is_empty());
    assert!(capacity.in_use("gwp:one").await.unwrap().is_empty());
    assert!(capacity.acquire(call(), &[]).await.unwrap().is_empty());
}

async fn a_refusal_names_the_limit_after_one_retry(scene: Scene) {
    let (_, capacity) = scene.node(1, LeaseTerms::default()).await;
    let line = [resource("gwp:seven", 1)];
    let holder = call();
    capacity.acquire(holder, &line).await.unwrap();
    let began = Instant::now();
    let refusal = capacity.acquire(call(), &line).await.unwrap_err();
    assert_eq!(refusal.to_string(), "Span gwp:seven carries 1 call(s) at once and is full");
    assert!(began.elapsed() >= Duration::from_millis(10), "it was tried again");
    let waiting = tokio::spawn({
        let (capacity, line) = (capacity.clone(), line.clone());
        async move { capacity.acquire(call(), &line).await }
    });
    tokio::time::sleep(Duration::from_millis(4)).await;
    capacity.release(holder, "gwp:seven").await.unwrap();
    waiting.await.unwrap().expect("a slot given back meanwhile is found by the second try");
    let none = capacity.acquire(call(), &[resource("gwp:none", 0)]).await;
    assert!(matches!(none, Err(CapacityError::Full(_))));
}

async fn a_dead_node_s_slots_come_back(scene: Scene) {
    let (_, dying) = scene.node(1, SHORT).await;
    let (alive_lease, alive) = scene.node(2, LeaseTerms::default()).await;
    let span = [resource("gwp:e1", 2)];
    for _ in 0..2 {
        dying.acquire(call(), &span).await.unwrap();
    }
    assert!(matches!(alive.acquire(call(), &span).await, Err(CapacityError::Full(_))), "the lease still runs");
    tokio::time::sleep(Duration::from_millis(SHORT.lease_ms + 50)).await;
    assert!(alive.in_use("gwp:e1").await.unwrap().is_empty(), "nobody counts a dead node's calls");
    let mine = call();
    assert_eq!(alive.acquire(mine, &span).await.unwrap(), [0]);
    let store = ClusterStore::open(&scene.url).await.unwrap();
    assert_eq!(sweep(&store).await.unwrap(), 1, "the other slot is wiped");
    assert_eq!(sweep(&store).await.unwrap(), 0);
    assert_eq!(alive.in_use("gwp:e1").await.unwrap(), [(0, mine)]);
    let keys = ["gwp:e1".to_owned(), "gwp:nobody".to_owned()];
    assert_eq!(alive.used(&keys).await.unwrap(), [1, 0]);
    assert!(alive_lease.may_admit());
}

async fn a_node_that_cannot_renew_fences_itself(scene: Scene) {
    let (lease, capacity) = scene.node(1, LeaseTerms::default()).await;
    let span = [resource("gwp:e1", 2)];
    let early = call();
    capacity.acquire(early, &span).await.unwrap();
    scene.clock.0.store(Tick::from_ms(9_999).0, Ordering::Relaxed);
    assert!(lease.may_admit());
    scene.clock.0.store(Tick::from_ms(10_000).0, Ordering::Relaxed);
    assert!(!lease.may_admit());
    assert_eq!(capacity.acquire(call(), &span).await, Err(CapacityError::Fenced));
    capacity.release(early, "gwp:e1").await.expect("calls that are up end as ever");
    assert!(lease.renew().await.unwrap());
    assert!(lease.may_admit());
    capacity.acquire(call(), &span).await.unwrap();
}

async fn a_second_life_supersedes_the_first(scene: Scene) {
    let (first, old) = scene.node(1, LeaseTerms::default()).await;
    let span = [resource("gwp:e1", 1)];
    let lost = call();
    old.acquire(lost, &span).await.unwrap();
    let (second, new) = scene.node(1, LeaseTerms::default()).await;
    assert_eq!((first.epoch(), second.epoch()), (1, 2));
    let mine = call();
    assert_eq!(new.acquire(mine, &span).await.unwrap(), [0], "what the first life held is free");
    old.release(lost, "gwp:e1").await.unwrap();
    assert_eq!(new.in_use("gwp:e1").await.unwrap(), [(0, mine)], "a late release takes nothing from the new holder");
    assert!(!first.renew().await.unwrap());
    assert_eq!(old.acquire(call(), &span).await, Err(CapacityError::Fenced));
    second.end().await.unwrap();
    assert!(new.in_use("gwp:e1").await.unwrap().is_empty());
    assert_eq!(new.acquire(call(), &span).await, Err(CapacityError::Fenced));
}

async fn one_slot_is_given_back_at_a_time(scene: Scene) {
    let (_, capacity) = scene.node(1, LeaseTerms::default()).await;
    let call = call();
    let twice = [resource("gwp:e1", 3), resource("gwp:e1", 3)];
    assert_eq!(
        capacity.acquire(call, &twice).await.unwrap(),
        [0, 1],
        "in on one channel, out on another of the same span"
    );
    capacity.release(call, "gwp:e1").await.unwrap();
    assert_eq!(capacity.in_use("gwp:e1").await.unwrap(), [(0, call)]);
    capacity.release(call, "gwp:e1").await.unwrap();
    capacity.release(call, "gwp:e1").await.expect("giving back nothing is no error");
    assert!(capacity.in_use("gwp:e1").await.unwrap().is_empty());
}

async fn a_lowered_limit_is_kept(scene: Scene) {
    let (_, capacity) = scene.node(1, LeaseTerms::default()).await;
    let calls: Vec<_> = (0..4).map(|_| call()).collect();
    for call in &calls {
        capacity.acquire(*call, &[resource("ten:a", 4)]).await.unwrap();
    }
    capacity.release_all(calls[0]).await.unwrap();
    let lowered = [resource("ten:a", 2)];
    assert!(matches!(capacity.acquire(call(), &lowered).await, Err(CapacityError::Full(_))), "three are still up");
    capacity.release_all(calls[3]).await.unwrap();
    assert!(capacity.acquire(call(), &lowered).await.is_err());
    capacity.release_all(calls[1]).await.unwrap();
    capacity.acquire(call(), &lowered).await.unwrap();
    assert!(capacity.acquire(call(), &lowered).await.is_err());
    capacity.acquire(call(), &[resource("ten:a", 6)]).await.expect("and raised again");
}
