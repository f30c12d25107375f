//! What must hold after each harm.

use std::{
    collections::HashMap,
    future::Future,
    panic::AssertUnwindSafe,
    sync::atomic::{AtomicU32, Ordering::Relaxed},
    time::{Duration, Instant},
};

use futures::FutureExt;
use patchbay_testkit::{Happened, Saying};
use serde_json::{Value, json};

use patchbay_tests::{
    Api, Metrics, Server,
    story::{NUMBER, Scene, within},
};

use crate::{gateway::HUM, harm::Harm, script::Chaos};

/// Ready again within this time.
const READY: Duration = Duration::from_secs(20);
/// Everything of calls that are over is gone within this time: a lost node's calls are closed after its lease, and an end that
/// the other side never confirms is given up after 64 * T1 (RFC 3261 section 17).
const TIDY: Duration = Duration::from_secs(45);
const MIB: f64 = 1024.0 * 1024.0;

/// Before any harm.
#[derive(Clone, Copy, Debug, Default)]
pub struct Base {
    /// Memory of the server, bytes.
    pub memory: f64,
    /// Files and sockets.
    pub files: f64,
}

/// As it is now.
pub async fn base(scene: &Scene) -> Base {
    let now = Metrics::of(&scene.server).await;
    Base { memory: now.get("patchbay_process_resident_memory_bytes"), files: now.get("patchbay_process_open_files") }
}

/// A promise that panics is broken; what it says is kept.
async fn holds<T>(what: &str, broken: &mut Vec<String>, promise: impl Future<Output = T>) -> Option<T> {
    match AssertUnwindSafe(promise).catch_unwind().await {
        Ok(value) => Some(value),
        Err(panic) => {
            let text = panic.downcast_ref::<String>().cloned();
            let text = text.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned()));
            broken.push(format!("{what}: {}", text.unwrap_or_default()));
            None
        }
    }
}

async fn is_ready(server: &Server) -> bool {
    let asked = reqwest::get(format!("{}/readyz", server.url()));
    let answer = tokio::time::timeout(Duration::from_secs(3), asked).await;
    answer.is_ok_and(|answer| answer.is_ok_and(|answer| answer.status().is_success()))
}

/// The owner, signed in anew: tokens are short-lived.
async fn owner(scene: &Scene) -> Api {
    let body = json!({"email": "owner@acme.example", "password": "correct horse 42"});
    let session = scene.server.api().post("/v1/sign-in", body).await;
    scene.company.owner.with_token(session["access_token"].as_str().expect("a session has a token"))
}

impl Chaos {
    /// How long that took.
    pub async fn ready_again(&self, broken: &mut Vec<String>) -> Option<Duration> {
        let began = Instant::now();
        let server = &self.scene.server;
        holds("ready again", broken, within("/readyz says yes", READY, async || is_ready(server).await)).await;
        broken.is_empty().then(|| began.elapsed())
    }

    /// Good calls, records, slots, all of it; the load rests.
    pub async fn judge(&mut self, broken: &mut Vec<String>) {
        holds("a call out", broken, self.good_call_out()).await;
        let registered = async { assert_eq!(self.scene.desk.register().await, 200) };
        holds("a phone registers", broken, registered).await;
        holds("a call in", broken, self.good_call_in()).await;
        holds("nothing stays taken", broken, self.nothing_taken()).await;
        holds("records", broken, self.records()).await;
    }

    /// Out over the trunk, with a tone each way.
    async fn good_call_out(&self) {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = format!("+4420790{:04}8", NEXT.fetch_add(1, Relaxed) % 10_000);
        // After a harm the trunk is tried again a little later: its circuit was open.
        let began = Instant::now();
        let mut call = loop {
            let mut call = self.scene.desk.dial(&number).await;
            let outcome = call.wait_within(Duration::from_secs(10), |it| match it {
                Happened::Answered => Some(Ok(())),
                Happened::Refused(code) => Some(Err(*code)),
                _ => None,
            });
            match outcome.await {
                Some(Ok(())) => break call,
                other if began.elapsed() > READY => panic!("not answered within {READY:?}, at last {other:?}"),
                _ => call.hang_up(),
            }
            tokio::time::sleep(Duration::from_millis(500)).await;
        };
        call.say(Saying::Tone(1_000)).await;
        call.hears(HUM).await.unwrap_or_else(|heard| panic!("the desk does not hear the far end: {heard:?}"));
        within("the far end hears the desk", Duration::from_secs(5), async || {
            self.gateway.hears(&number, 1_000).is_some_and(|heard| heard.share > 0.9)
        })
        .await;
        call.hang_up();
        let _ = call.wait_within(Duration::from_secs(1), |it| matches!(it, Happened::Ended(..)).then_some(())).await;
    }

    /// In over the trunk to the desk, with a tone each way.
    async fn good_call_in(&mut self) {
        let platform = self.scene.server.sip_address();
        let (gateway, desk) = (&self.gateway, &mut self.scene.desk);
        let answered = async {
            let call = desk.incoming_within(Duration::from_secs(10)).await.expect("the desk rings");
            call.answer().await;
            call
        };
        let (leg, call) = tokio::join!(gateway.call(NUMBER, platform), answered);
        let leg = leg.unwrap_or_else(|code| panic!("the far end is told {code}"));
        call.say(Saying::Tone(1_000)).await;
        call.hears(HUM).await.unwrap_or_else(|heard| panic!("the desk does not hear the caller: {heard:?}"));
        within("the caller hears the desk", Duration::from_secs(5), async || {
            gateway.leg_hears(leg, 1_000).is_some_and(|heard| heard.share > 0.9)
        })
        .await;
        gateway.hang_up(leg);
        let mut call = call;
        assert!(
            call.wait_within(Duration::from_secs(5), |it| matches!(it, Happened::Ended(..)).then_some(()))
                .await
                .is_some()
        );
    }

    async fn nothing_taken(&self) {
        let server = &self.scene.server;
        let operator = server.api().operator("a longer horse 77").await;
        let gateway = format!("/v1/operator/gateways/{}", self.scene.trunk.gateway);
        let taken = async || {
            let (now, trunk) = (Metrics::of(server).await, operator.get(&gateway).await);
            let gauges = ["patchbay_calls", "patchbay_sip_legs", "patchbay_media_legs", "patchbay_records_waiting"];
            let mut taken: Vec<String> = gauges
                .iter()
                .filter(|name| now.get(name) > 0.5)
                .map(|name| format!("{name} {}", now.get(name)))
                .collect();
            if trunk["gateway_ports"][0]["in_use"] != 0 {
                taken.push(format!("in use: {}", trunk["gateway_ports"][0]["in_use"]));
            }
            taken
        };
        let began = Instant::now();
        while began.elapsed() < TIDY && !taken().await.is_empty() {
            tokio::time::sleep(Duration::from_millis(500)).await;
        }
        let left = taken().await;
        assert!(left.is_empty(), "after {TIDY:?}: {left:?}");
    }

    /// One record for each call, closed; one for each call that was answered.
    async fn records(&self) {
        let owner = owner(&self.scene).await;
        let began = Instant::now();
        loop {
            let calls = calls(&owner).await;
            let mut seen: HashMap<&str, usize> = HashMap::new();
            for call in &calls {
                *seen.entry(call["id"].as_str().unwrap_or_default()).or_default() += 1;
            }
            let twice: Vec<_> = seen.iter().filter(|(_, count)| **count > 1).collect();
            assert!(twice.is_empty(), "more than one record: {twice:?}");
            let answered = self.load.tally().answered_ids;
            let missing: Vec<_> = answered.iter().filter(|id| !seen.contains_key(id.as_str())).collect();
            let open: Vec<_> =
                calls.iter().filter(|call| !call["ended_at"].is_string()).map(|call| &call["id"]).collect();
            if missing.is_empty() && open.is_empty() {
                return;
            }
            assert!(began.elapsed() < TIDY, "answered without a record: {missing:?}; never closed: {open:?}");
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
    }

    /// Memory and sockets, with some air for what a busy process keeps.
    pub async fn back_at_base(&self, harm: Harm, broken: &mut Vec<String>) {
        let (base, scene) = (self.base, &self.scene);
        let back = async {
            let began = Instant::now();
            loop {
                let now = self::base(scene).await;
                if now.memory <= base.memory + 64.0 * MIB && now.files <= base.files + 12.0 {
                    return;
                }
                let (more, files) = ((now.memory - base.memory) / MIB, now.files - base.files);
                assert!(began.elapsed() < TIDY, "{more:.0} MiB and {files} files more than before, after {harm:?}");
                tokio::time::sleep(Duration::from_secs(1)).await;
            }
        };
        holds("back at base", broken, back).await;
    }
}

/// All calls of the company, page by page.
async fn calls(owner: &Api) -> Vec<Value> {
    let (mut all, mut path) = (Vec::new(), "/v1/calls?limit=250".to_owned());
    loop {
        let page = owner.get(&path).await;
        all.extend(page["items"].as_array().expect("a list").iter().cloned());
        match page["next_cursor"].as_str() {
            Some(cursor) => path = format!("/v1/calls?limit=250&cursor={cursor}"),
            None => return all,
        }
    }
}
