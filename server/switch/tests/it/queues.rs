//! Callers wait and are given to agents: the owner's task as calls meet it.

use std::time::Duration;

use patchbay_kernel::{CallId, DeviceId, MemberId, PromptId, QueueId, SeatId, time::Span};
use patchbay_plane::{
    FloorDevice, QueueFloor, QueueNews, QueueSheet, Switch,
    acd::{
        Strategy,
        distributor::{Outcome, Person, QueueRules, State, Wish},
    },
};
use patchbay_switch::queues::{Entry, FromQueue, Miss, OfferId, Told, Waiting};

use crate::support::{World, id};

pub struct Floor {
    pub queue: QueueId,
    pub people: Vec<Person>,
    pub floor: QueueFloor,
}

pub fn person() -> Person {
    Person {
        member: id(MemberId::new),
        seat: id(SeatId::new),
        skills: Vec::new(),
        wish: Wish::Ready,
        wished_at: 1,
        reachable: true,
        writes_up: None,
    }
}

impl Floor {
    pub fn of(people: Vec<Person>) -> Self {
        let queue = id(QueueId::new);
        let rules = QueueRules {
            queue,
            strategy: Strategy::LongestIdle,
            ring: Span::secs(20),
            wrap_up: Span::default(),
            disposition_required: false,
            max_length: None,
            max_wait: None,
            overflow: None,
            announce_position: false,
            announce_wait: false,
            announce_every: Span::secs(60),
            sticky_hold: Span::default(),
            rare_hold: Span::default(),
            skills: Vec::new(),
            members: people.iter().map(|person| person.member).collect(),
        };
        let mut floor = QueueFloor::default();
        floor.company.queues.push(rules);
        floor.sheets.insert(queue, QueueSheet { name: "Sales".into(), music: Some(id(PromptId::new)) });
        let mut this = Self { queue, people: Vec::new(), floor };
        people.into_iter().for_each(|person| this.add(person));
        this
    }

    fn add(&mut self, person: Person) {
        self.floor.devices.push(FloorDevice {
            seat: person.seat,
            device: id(DeviceId::new),
            username: format!("phone of {}", person.seat),
            contacts: 1,
        });
        self.people.push(person.clone());
        self.floor.company.people.push(person);
    }

    pub fn put(&self, world: &World) {
        *world.book.floor.lock().unwrap() = self.floor.clone();
    }
}

fn enter(world: &World, queue: QueueId) -> Waiting {
    let call = id(CallId::new);
    let (caller, language) = ("+14155550100".to_owned(), None);
    let entry = Entry { tenant: world.tenant, call, queue, priority_s: 0, max_wait_s: 0, caller, language };
    world.exchange.queues.enter(entry)
}

async fn next(waiting: &mut Waiting) -> FromQueue {
    let event = tokio::time::timeout(Duration::from_secs(5), waiting.events.recv()).await;
    event.expect("the queue is silent").expect("the queue is gone")
}

async fn offered(waiting: &mut Waiting) -> (OfferId, SeatId) {
    loop {
        match next(waiting).await {
            FromQueue::Offer { offer, seat, .. } => return (offer, seat),
            FromQueue::Music { .. } => {}
            other => panic!("{other:?}"),
        }
    }
}

async fn silent(waiting: &mut Waiting) {
    let event = tokio::time::timeout(Duration::from_millis(150), waiting.events.recv()).await;
    assert!(event.is_err(), "{event:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn callers_are_offered_in_turn_and_their_stays_are_told() {
    let world = World::start().await;
    let floor = Floor::of(vec![person()]);
    floor.put(&world);
    let mut first = enter(&world, floor.queue);
    assert!(matches!(next(&mut first).await, FromQueue::Music { queue, prompt: Some(_) } if queue == floor.queue));
    let (offer, seat) = offered(&mut first).await;
    assert_eq!(seat, floor.people[0].seat);
    let mut second = enter(&world, floor.queue);
    assert!(matches!(next(&mut second).await, FromQueue::Music { .. }));
    silent(&mut second).await;
    first.tell(offer, Told::Ringing);
    first.tell(offer, Told::Answered);
    let board = world.exchange.queue_board(world.tenant).await;
    assert_eq!((board.queues[0].talking, board.queues[0].waiting.len()), (1, 1));
    assert!(matches!(board.agents[0].state, State::OnCall(_)));
    silent(&mut second).await;
    first.tell(offer, Told::TalkOver);
    let (offer, _) = offered(&mut second).await;
    second.tell(offer, Told::Answered);
    // Hanging up is enough.
    drop((first, second));
    let mut third = enter(&world, floor.queue);
    offered(&mut third).await;
    drop(third);
    world.news.queue_says(|news| matches!(news, QueueNews::Visit(it) if it.visit.outcome == Outcome::Abandoned)).await;
    let told = world.news.queues.lock().unwrap();
    let of = |outcome| move |news: &&QueueNews| matches!(news, QueueNews::Visit(it) if it.visit.outcome == outcome);
    assert_eq!(told.iter().filter(of(Outcome::Answered)).count(), 2);
    assert_eq!(world.exchange.queues.sizes(), (1, 0), "nobody is left");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_does_not_answer_is_followed_by_the_next_who_signs_in() {
    let world = World::start().await;
    let mut floor = Floor::of(vec![person()]);
    floor.put(&world);
    let mut caller = enter(&world, floor.queue);
    let (first, _) = offered(&mut caller).await;
    caller.tell(first, Told::Missed(Miss::NoAnswer));
    let (again, _) = offered(&mut caller).await;
    assert_ne!(first, again, "nobody else is there");
    caller.tell(again, Told::Missed(Miss::NoAnswer));
    let away = |news: &QueueNews| matches!(news, QueueNews::Agent(it) if matches!(it.state, State::NotReady(_)));
    world.news.queue_says(away).await;
    let other = person();
    floor.floor.company.queues[0].members.push(other.member);
    floor.add(other.clone());
    floor.put(&world);
    world.exchange.queues_changed(world.tenant);
    assert_eq!(offered(&mut caller).await.1, other.seat, "at once");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_queue_that_is_not_there_gives_back() {
    let world = World::start().await;
    let floor = Floor::of(vec![person()]);
    floor.put(&world);
    let mut lost = enter(&world, id(QueueId::new));
    assert!(matches!(next(&mut lost).await, FromQueue::Back(_)));
    drop(lost);
}
