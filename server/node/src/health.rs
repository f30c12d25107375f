//! `/healthz` and `/readyz`: for process managers and load balancers. Public, so they say which part, never why.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use axum::{Json, Router, extract::State, http::StatusCode, routing::get};
use futures::future::BoxFuture;
use patchbay_kernel::{Clock, Tick, time::Span};
use serde::Serialize;
use tokio::{sync::Mutex, time::timeout};

/// A part that does not answer within this time is not ready.
const PATIENCE: Duration = Duration::from_secs(2);
/// An answer is good for so long: strangers who ask often ask the parts no more often than this.
const GOOD_FOR: Span = Span::ms(500);

/// Whether a part works now.
pub type Check = Box<dyn Fn() -> BoxFuture<'static, bool> + Send + Sync>;

/// Whether new work may come: after start, before drain, and only while every part works.
#[derive(Clone)]
pub struct Readiness(Arc<Inner>);

struct Inner {
    accepting: AtomicBool,
    checks: Vec<(&'static str, Check)>,
    clock: Arc<dyn Clock>,
    last: Mutex<Option<(Tick, Vec<Part>)>>,
}

/// One part as it was seen last.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Part {
    /// Name.
    pub part: &'static str,
    /// Works.
    pub ok: bool,
}

impl Readiness {
    /// With these parts; not ready yet.
    pub fn of(checks: Vec<(&'static str, Check)>, clock: Arc<dyn Clock>) -> Self {
        Self(Arc::new(Inner { accepting: AtomicBool::new(false), checks, clock, last: Mutex::default() }))
    }
    /// Everything is up.
    pub fn ready(&self) {
        self.0.accepting.store(true, Ordering::Release);
    }
    /// No new work.
    pub fn draining(&self) {
        self.0.accepting.store(false, Ordering::Release);
    }

    /// Every part, and whether new work may come.
    pub async fn look(&self) -> (bool, Vec<Part>) {
        let mut last = self.0.last.lock().await;
        let now = self.0.clock.tick();
        let parts = match last.as_ref().filter(|(at, _)| now.since(*at) < GOOD_FOR) {
            Some((_, parts)) => parts.clone(),
            None => {
                let all = self.0.checks.iter().map(|(part, check)| async move {
                    Part { part, ok: timeout(PATIENCE, check()).await.unwrap_or(false) }
                });
                let parts: Vec<Part> = futures::future::join_all(all).await;
                *last = Some((self.0.clock.tick(), parts.clone()));
                parts
            }
        };
        drop(last);
        let accepting = self.0.accepting.load(Ordering::Acquire);
        let ready = accepting && parts.iter().all(|part| part.ok);
        (ready, std::iter::once(Part { part: "accepting", ok: accepting }).chain(parts).collect())
    }
}

/// The routes; `/health/..` are the same by longer names.
pub fn routes(readiness: Readiness) -> Router {
    let live = || get(|| async { "live" });
    Router::new()
        .route("/healthz", live())
        .route("/health/live", live())
        .route("/readyz", get(ready))
        .route("/health/ready", get(ready))
        .with_state(readiness)
}

async fn ready(State(readiness): State<Readiness>) -> (StatusCode, Json<Vec<Part>>) {
    let (ready, parts) = readiness.look().await;
    (if ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE }, Json(parts))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn clock() -> Arc<dyn Clock> {
        Arc::new(crate::clock::SystemClock::start())
    }

    fn part(name: &'static str, works: &Arc<AtomicBool>) -> (&'static str, Check) {
        let works = works.clone();
        (
            name,
            Box::new(move || {
                let works = works.clone();
                Box::pin(async move { works.load(Ordering::SeqCst) })
            }),
        )
    }

    #[tokio::test]
    async fn one_part_that_fails_or_hangs_is_named_and_closes_the_door() {
        let works = Arc::new(AtomicBool::new(true));
        let hangs: Check = Box::new(|| Box::pin(std::future::pending()));
        let readiness = Readiness::of(vec![part("database", &works)], clock());
        assert!(!readiness.look().await.0, "not before the start is over");
        readiness.ready();
        assert!(readiness.look().await.0);
        readiness.draining();
        let (ready, parts) = readiness.look().await;
        assert!(!ready && parts[0] == Part { part: "accepting", ok: false } && parts[1].ok);
        works.store(false, Ordering::SeqCst);
        let readiness = Readiness::of(vec![part("database", &works), ("media", hangs)], clock());
        readiness.ready();
        let (ready, parts) = readiness.look().await;
        let failed: Vec<&str> = parts.iter().filter(|part| !part.ok).map(|part| part.part).collect();
        assert_eq!((ready, failed), (false, vec!["database", "media"]));
    }

    #[tokio::test]
    async fn those_who_ask_often_do_not_wear_the_parts_out() {
        let asked = Arc::new(std::sync::atomic::AtomicUsize::new(0));
        let counting = asked.clone();
        let check: Check = Box::new(move || {
            counting.fetch_add(1, Ordering::SeqCst);
            Box::pin(async { true })
        });
        let readiness = Readiness::of(vec![("database", check)], clock());
        readiness.ready();
        for _ in 0..100 {
            assert!(readiness.look().await.0);
        }
        assert!(asked.load(Ordering::SeqCst) <= 2, "{asked:?}");
    }
}
