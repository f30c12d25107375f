//! A thousand callers and a hundred agents who answer, do not answer, go away and come back: nobody is offered twice, nobody is
//! stuck, everything ends, and the books say what happened.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, AtomicUsize, Ordering::SeqCst},
    },
    time::Duration,
};

use patchbay_kernel::{CallId, Entropy, QueueId, SeatId, SeededEntropy};
use patchbay_plane::{
    QueueNews, Switch,
    acd::distributor::{Outcome, Wish},
};
use patchbay_switch::queues::{Entry, FromQueue, Miss, Told};

use crate::{
    queues::{Floor, person},
    support::{World, id},
};

const CALLERS: u64 = 1_000;
const AGENTS: usize = 100;

/// What everybody sees of everybody.
#[derive(Default)]
struct Hall {
    /// Whose phone rings, or who talks, with which call.
    busy: Mutex<HashMap<SeatId, CallId>>,
    twice: AtomicUsize,
    answered: AtomicUsize,
    gave_up: AtomicUsize,
    given_back: AtomicUsize,
    missed: AtomicUsize,
}

impl Hall {
    fn take(&self, seat: SeatId, call: CallId) {
        if self.busy.lock().unwrap().insert(seat, call).is_some_and(|other| other != call) {
            self.twice.fetch_add(1, SeqCst);
        }
    }
    fn free(&self, seat: SeatId) {
        self.busy.lock().unwrap().remove(&seat);
    }
}

static SEED: AtomicU64 = AtomicU64::new(1);

/// One caller, from coming to going.
async fn call(world: Arc<World>, hall: Arc<Hall>, queue: QueueId) {
    let mut chance = SeededEntropy::new(SEED.fetch_add(1, SeqCst));
    let call = id(CallId::new);
    let (caller, language) = (format!("+1415555{:04}", chance.below(10_000)), None);
    let entry = Entry { tenant: world.tenant, call, queue, priority_s: 0, max_wait_s: 0, caller, language };
    let mut waiting = world.exchange.queues.enter(entry);
    let patience = Duration::from_millis(2_000 + chance.below(20_000));
    let patience = tokio::time::sleep(patience);
    tokio::pin!(patience);
    loop {
        let event = tokio::select! {
            event = waiting.events.recv() => event,
            () = &mut patience => {
                hall.gave_up.fetch_add(1, SeqCst);
                return;
            }
        };
        match event {
            Some(FromQueue::Offer { offer, seat, .. }) => {
                hall.take(seat, call);
                waiting.tell(offer, Told::Ringing);
                tokio::time::sleep(Duration::from_millis(chance.below(60))).await;
                match chance.below(10) {
                    0 | 1 => {
                        hall.missed.fetch_add(1, SeqCst);
                        hall.free(seat);
                        let why = if chance.below(2) == 0 { Miss::NoAnswer } else { Miss::Declined };
                        waiting.tell(offer, Told::Missed(why));
                    }
                    // Hangs up while it rings.
                    2 => {
                        hall.free(seat);
                        hall.gave_up.fetch_add(1, SeqCst);
                        return;
                    }
                    _ => {
                        waiting.tell(offer, Told::Answered);
                        tokio::time::sleep(Duration::from_millis(20 + chance.below(300))).await;
                        hall.answered.fetch_add(1, SeqCst);
                        hall.free(seat);
                        if chance.below(2) == 0 {
                            waiting.tell(offer, Told::TalkOver);
                        }
                        return;
                    }
                }
            }
            Some(FromQueue::Withdraw { offer }) => waiting.tell(offer, Told::Missed(Miss::CallerLeft)),
            Some(FromQueue::Say { .. } | FromQueue::Music { .. }) => {}
            Some(FromQueue::Back(_)) => {
                hall.given_back.fetch_add(1, SeqCst);
                return;
            }
            None => panic!("the queue is gone"),
        }
    }
}

/// People come back from where they were set, and leave for a while.
async fn stir(world: Arc<World>, floor: Arc<Mutex<Floor>>) {
    let mut chance = SeededEntropy::new(7);
    loop {
        tokio::time::sleep(Duration::from_millis(100)).await;
        {
            let mut floor = floor.lock().unwrap();
            for _ in 0..AGENTS / 4 {
                let person = &mut floor.floor.company.people[chance.below(AGENTS as u64) as usize];
                person.wish = if chance.below(8) == 0 { Wish::NotReady(None) } else { Wish::Ready };
                person.wished_at += 1;
            }
            floor.put(&world);
        }
        world.exchange.queues_changed(world.tenant);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_crowd_is_served_and_the_books_agree() {
    let world = Arc::new(World::start().await);
    let floor = Floor::of((0..AGENTS).map(|_| person()).collect());
    floor.put(&world);
    let (queue, floor) = (floor.queue, Arc::new(Mutex::new(floor)));
    let hall = Arc::new(Hall::default());
    let stirring = tokio::spawn(stir(world.clone(), floor));
    let mut callers = tokio::task::JoinSet::new();
    let mut chance = SeededEntropy::new(3);
    for _ in 0..CALLERS {
        callers.spawn(call(world.clone(), hall.clone(), queue));
        tokio::time::sleep(Duration::from_micros(chance.below(6_000))).await;
    }
    let all = async {
        while let Some(ended) = callers.join_next().await {
            ended.unwrap()
        }
    };
    tokio::time::timeout(Duration::from_secs(60), all).await.expect("somebody is stuck");
    stirring.abort();
    let count = |what: &AtomicUsize| what.load(SeqCst);
    assert_eq!(count(&hall.twice), 0, "a phone rang for two calls");
    let (answered, gave_up, back) = (count(&hall.answered), count(&hall.gave_up), count(&hall.given_back));
    assert_eq!(answered + gave_up + back, CALLERS as usize);
    assert!(answered > 600 && count(&hall.missed) > 100, "{answered} answered, {} missed", count(&hall.missed));
    for _ in 0..250 {
        if world.exchange.queues.sizes().1 == 0 && world.exchange.queue_board(world.tenant).await.queues[0].talking == 0
        {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(world.exchange.queues.sizes(), (1, 0), "ghosts");
    let told = world.news.queues.lock().unwrap();
    let visits = |outcome: Outcome| {
        told.iter().filter(|news| matches!(news, QueueNews::Visit(it) if it.visit.outcome == outcome)).count()
    };
    assert_eq!(
        (visits(Outcome::Answered), visits(Outcome::Abandoned)),
        (answered, gave_up),
        "a recount from the books"
    );
}
