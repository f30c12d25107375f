//! Callers who try again and again, note who was told what, and rest when asked to.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
    time::Duration,
};

use patchbay_kernel::{Entropy, SeededEntropy};
use patchbay_testkit::{Call, Happened, Phone, PhoneConfig, Saying};
use tokio::{sync::watch, task::JoinSet};

use patchbay_tests::story::{DOMAIN, Scene};

/// What became of the calls.
#[derive(Clone, Debug, Default)]
pub struct Tally {
    /// Tried.
    pub placed: u64,
    /// Answered.
    pub answered: u64,
    /// By status; 0: nothing came back in time.
    pub refused: BTreeMap<u16, u64>,
    /// The platform's ids of answered calls: each must have a record.
    pub answered_ids: Vec<String>,
}

#[derive(Default)]
struct Shared {
    tally: Mutex<Tally>,
    busy: AtomicUsize,
}

/// The callers.
pub struct Load {
    go: watch::Sender<bool>,
    shared: Arc<Shared>,
    _callers: JoinSet<()>,
}

impl Load {
    /// So many callers on one phone, at rest.
    pub async fn start(scene: &Scene, callers: usize, seed: u64) -> Self {
        let (user, password) = &scene.company.phone;
        let phone = Phone::start(PhoneConfig::new(user, password, DOMAIN, scene.server.sip_address())).await;
        let (phone, shared) = (Arc::new(phone), Arc::new(Shared::default()));
        let (go, gone) = watch::channel(false);
        let mut tasks = JoinSet::new();
        for number in 0..callers as u64 {
            let chance = SeededEntropy::new(seed.wrapping_mul(31).wrapping_add(number));
            tasks.spawn(call_for_ever(phone.clone(), gone.clone(), shared.clone(), chance));
        }
        Self { go, shared, _callers: tasks }
    }

    /// Call.
    pub fn go(&self) {
        let _ = self.go.send(true);
    }

    /// No new calls; returns when the last one is over.
    ///
    /// # Panics
    /// When a call does not end.
    pub async fn rest(&self) {
        let _ = self.go.send(false);
        patchbay_tests::story::within("the last call of the load ends", Duration::from_secs(60), async || {
            self.shared.busy.load(SeqCst) == 0
        })
        .await;
    }

    /// So far.
    pub fn tally(&self) -> Tally {
        self.shared.tally.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

async fn call_for_ever(
    phone: Arc<Phone>,
    mut go: watch::Receiver<bool>,
    shared: Arc<Shared>,
    mut chance: SeededEntropy,
) {
    while go.wait_for(|go| *go).await.is_ok() {
        shared.busy.fetch_add(1, SeqCst);
        one_call(&phone, &go, &shared, &mut chance).await;
        shared.busy.fetch_sub(1, SeqCst);
        tokio::time::sleep(Duration::from_millis(50 + chance.below(250))).await;
    }
}

async fn one_call(phone: &Phone, go: &watch::Receiver<bool>, shared: &Shared, chance: &mut SeededEntropy) {
    let note = |what: &dyn Fn(&mut Tally)| what(&mut shared.tally.lock().unwrap_or_else(PoisonError::into_inner));
    // Nine of ten numbers answer; what the others do is in `gateway.rs`.
    let last = chance.below(10);
    let number = format!("+44207946{:03}{last}", chance.below(1_000));
    let mut call: Call = phone.dial(&number).await;
    note(&|tally| tally.placed += 1);
    let patience = if last == 2 { Duration::from_secs(2) } else { Duration::from_secs(15) };
    let outcome = call
        .wait_within(patience, |it| match it {
            Happened::Answered => Some(Ok(())),
            Happened::Refused(code) => Some(Err(*code)),
            _ => None,
        })
        .await;
    match outcome {
        Some(Ok(())) => {
            let id = call.response.as_ref().and_then(|response| response.other("X-Call-Ref")).map(|id| id.into_owned());
            note(&|tally| {
                tally.answered += 1;
                tally.answered_ids.extend(id.clone());
            });
            call.say(Saying::Tone(1_000)).await;
            let mut left = 500 + chance.below(5_000);
            while left > 0 && *go.borrow() {
                let step = left.min(100);
                tokio::time::sleep(Duration::from_millis(step)).await;
                left -= step;
            }
        }
        Some(Err(code)) => {
            note(&|tally| *tally.refused.entry(code).or_default() += 1);
            return;
        }
        None if last == 2 => {}
        None => note(&|tally| *tally.refused.entry(0).or_default() += 1),
    }
    call.hang_up();
    let _ = call.wait_within(Duration::from_millis(300), |it| matches!(it, Happened::Ended(..)).then_some(())).await;
}
