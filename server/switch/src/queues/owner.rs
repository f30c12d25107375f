//! The task that owns the queues of one company.

use std::{
    collections::{BTreeMap, HashMap},
    panic::AssertUnwindSafe,
    sync::{Arc, Weak},
    time::Duration,
};

use futures::FutureExt;
use patchbay_ivr::io::QueueEnd;
use patchbay_kernel::{CallId, MemberId, SeatId, TenantId, Tick, Wall, time::Span};
use patchbay_plane::{
    AgentLine, AgentNews, CallbackDue, CapacityError, QueueBoard, QueueFloor, QueueLine, QueueNews, QueueVisit,
    Resource, WaitingLine,
    acd::{
        Distributor,
        distributor::{self as acd, CLOSE_WITHIN, Effect, End, OfferId, Told},
    },
};
use tokio::sync::mpsc;

use super::{
    FromQueue,
    company::{Guests, Message},
};
use crate::exchange::Exchange;

/// How often everything is read again and the lease looked at: what other nodes changed is known after this time at the latest.
const AGAIN: Duration = Duration::from_secs(5);
/// Before the lease, or what could not be read, is asked for again.
const RETRY: Duration = Duration::from_secs(1);
/// After a panic, so that one that comes again and again does not fill the log.
const AFTER_PANIC: Duration = Duration::from_millis(200);
/// An owner whom nobody needs stays so long.
const LINGER: Span = Span::secs(60);
/// Longest that a caller waits for the look at whom they know.
const KNOWN_WITHIN: Duration = Duration::from_millis(300);
/// Between two hints that figures moved.
const HINT_EVERY: Span = Span::ms(500);

/// Owns the queues until nobody needs that. A panic costs nobody the place.
pub(super) async fn run(
    exchange: Weak<Exchange>,
    tenant: TenantId,
    guests: Arc<Guests>,
    mut inbox: mpsc::UnboundedReceiver<Message>,
) {
    let mut life = 0;
    loop {
        let Some(strong) = exchange.upgrade() else { return };
        let lease = Lease { key: format!("que:{}", tenant.uuid()), holder: strong.new_call() };
        // Offers of different lives, and of different nodes, have different names.
        let first_offer = (u64::try_from(strong.wall().0).unwrap_or_default() << 8) + (life & 0xff);
        drop(strong);
        life += 1;
        let owner = Owner {
            exchange: exchange.clone(),
            tenant,
            guests: guests.clone(),
            machine: Distributor::new(first_offer),
            floor: QueueFloor::default(),
            gone: HashMap::new(),
            stays: HashMap::new(),
            idle_since: None,
            hinted: Tick::ZERO,
            moved: false,
        };
        let ended = AssertUnwindSafe(owner.live(&lease, &mut inbox)).catch_unwind().await;
        let Some(strong) = exchange.upgrade() else { return };
        if let Err(error) = strong.outside.capacity.release_all(lease.holder).await {
            tracing::warn!(%tenant, %error, "The lease of the queues was not given back; it ends with this node's");
        }
        match ended {
            Ok(Over::Unused) => return,
            Ok(Over::LeaseLost) => {
                strong.leave_callbacks(tenant);
                tracing::warn!(%tenant, "Another node distributes the calls of company {tenant} now")
            }
            Err(_) => {
                tracing::error!(%tenant, "The owner of the queues of company {tenant} panicked; another one goes on");
                drop(strong);
                tokio::time::sleep(AFTER_PANIC).await;
            }
        }
    }
}

/// The right to distribute.
struct Lease {
    key: String,
    /// Holds the slot; stands for this life, not for a call.
    holder: CallId,
}

/// Why a life is over.
enum Over {
    /// Nobody needs it.
    Unused,
    /// Another node has the lease.
    LeaseLost,
}

struct Owner {
    exchange: Weak<Exchange>,
    tenant: TenantId,
    guests: Arc<Guests>,
    machine: Distributor,
    floor: QueueFloor,
    /// User names of devices whose last contact went here, and when: rows say so a little later.
    gone: HashMap<String, Tick>,
    /// The stays that the machine knows.
    stays: HashMap<CallId, u64>,
    idle_since: Option<Tick>,
    hinted: Tick,
    /// Figures are different from those that were hinted at.
    moved: bool,
}

impl Owner {
    async fn live(mut self, lease: &Lease, inbox: &mut mpsc::UnboundedReceiver<Message>) -> Over {
        if !self.settle_in(lease, inbox).await {
            return Over::Unused;
        }
        let Some(opens) = self.begin() else { return Over::Unused };
        let (mut opens, mut closed) = (Some(opens), false);
        let mut again = tokio::time::interval(AGAIN);
        again.tick().await;
        loop {
            let Some(now) = self.now() else { return Over::Unused };
            if opens.is_some_and(|at| at <= now) {
                opens = None;
                self.machine.open(now);
            }
            if self.machine.deadline(now).is_some_and(|at| at <= now) {
                self.machine.tick(now);
            }
            self.perform(now);
            let hint = self.hint(now);
            let due = self.machine.deadline(now).into_iter().chain(opens).chain(hint).min();
            let wait = due.map(|at| Duration::from_micros(at.since(now).0));
            tokio::select! {
                biased;
                message = inbox.recv() => match message {
                    Some(message) => self.hear(message).await,
                    None => return Over::Unused,
                },
                _ = again.tick() => {
                    match self.probe(lease).await {
                        Some(true) if closed => (closed, opens) = (false, self.now()),
                        Some(true) => {}
                        Some(false) => return Over::LeaseLost,
                        // Fenced, or the store is away: nothing new is offered until it is known again who distributes.
                        None => {
                            (closed, opens) = (true, None);
                            self.machine.close();
                        }
                    }
                    self.read().await;
                    if self.is_unused(inbox) {
                        return Over::Unused;
                    }
                }
                () = sleep(wait) => {}
            }
        }
    }

    /// Takes the lease and reads the company. While neither can be had, callers are given back; `false` when nobody is left.
    async fn settle_in(&mut self, lease: &Lease, inbox: &mut mpsc::UnboundedReceiver<Message>) -> bool {
        loop {
            if self.exchange.strong_count() == 0 {
                return false;
            }
            if self.probe(lease).await == Some(true) && self.read().await {
                return true;
            }
            for call in self.guests.calls() {
                self.guests.send(call, FromQueue::Back(QueueEnd::Failed));
                self.guests.remove(call);
            }
            while inbox.try_recv().is_ok() {}
            if self.is_unused(inbox) {
                return false;
            }
            tokio::time::sleep(RETRY).await;
        }
    }

    /// `None`: it is not known.
    async fn acquire(&self, exchange: &Exchange, lease: &Lease) -> Option<bool> {
        let slot = Resource { key: lease.key.clone(), label: "The queues".into(), limit: 1 };
        match exchange.outside.capacity.acquire(lease.holder, &[slot]).await {
            Ok(_) => Some(true),
            Err(CapacityError::Full(_)) => Some(false),
            Err(error) => {
                tracing::warn!(tenant = %self.tenant, %error, "The lease of the queues could not be had");
                None
            }
        }
    }

    /// Whether the lease is ours, taking it where it is nobody's.
    async fn probe(&self, lease: &Lease) -> Option<bool> {
        let exchange = self.exchange.upgrade()?;
        // Ours, so full: what comes back otherwise is that this node may not grant now.
        match self.acquire(&exchange, lease).await? {
            true => Some(true),
            false => {
                let held = exchange.outside.capacity.in_use(&lease.key).await.ok()?;
                Some(held.iter().any(|(_, holder)| *holder == lease.holder))
            }
        }
    }

    /// Takes over what an earlier life left. When callers may be offered.
    fn begin(&mut self) -> Option<Tick> {
        let now = self.now()?;
        let exchange = self.exchange.upgrade()?;
        self.set_floor(now);
        let mut rings = false;
        for call in self.guests.calls() {
            let kept = self
                .guests
                .with(call, |guest| (entry_of(&guest.entry, guest.since), guest.offer, guest.talks, guest.stay));
            let Some((entry, offer, talks, stay)) = kept else { continue };
            self.stays.insert(call, stay);
            match talks {
                Some(agent) => self.machine.resume(entry, agent, now),
                None => self.machine.enter(entry, now),
            }
            if let Some((offer, agent)) = offer {
                self.machine.remember(call, offer, agent);
                if talks.is_none() {
                    rings = true;
                    self.guests.send(call, FromQueue::Withdraw { offer });
                }
            }
        }
        for live in exchange.live.list(Some(self.tenant)) {
            live.seats().for_each(|seat| self.machine.took(seat, live.call, now));
        }
        Some(if rings { now + CLOSE_WITHIN } else { now })
    }

    fn now(&self) -> Option<Tick> {
        self.exchange.upgrade().map(|exchange| exchange.now())
    }

    /// Reads the company again; `false` when it cannot be read.
    async fn read(&mut self) -> bool {
        let Some(exchange) = self.exchange.upgrade() else { return false };
        match exchange.outside.directory.queue_floor(self.tenant).await {
            Ok(floor) => {
                self.floor = floor;
                self.set_floor(exchange.now());
                exchange.follow_callbacks(self.tenant, &self.callbacks_now());
                true
            }
            Err(error) => {
                tracing::warn!(tenant = %self.tenant, %error, "The queues could not be read; they go on as they were");
                false
            }
        }
    }

    /// Calls back for which somebody is at work: a queue without anybody would give them back at once.
    fn callbacks_now(&self) -> Vec<CallbackDue> {
        let company = &self.floor.company;
        let works = |queue| {
            let rules = company.queues.iter().find(|rules| rules.queue == queue);
            let people = company.people.iter().filter(|person| person.wish != acd::Wish::Offline);
            let mut people = people.filter(|person| rules.is_some_and(|rules| rules.members.contains(&person.member)));
            people.next().is_some()
        };
        self.floor.callbacks.iter().filter(|due| works(due.queue)).cloned().collect()
    }

    fn set_floor(&mut self, now: Tick) {
        self.gone.retain(|_, at| now.since(*at) < Span::secs(10));
        let mut company = self.floor.company.clone();
        let seats: BTreeMap<SeatId, bool> =
            company.people.iter().map(|person| (person.seat, self.is_reachable(person.seat, now))).collect();
        for person in &mut company.people {
            person.reachable = seats.get(&person.seat).copied().unwrap_or(false);
        }
        self.machine.set_company(&company, now);
        self.moved = true;
    }

    /// Whether a phone of the seat is registered: here, or on another node.
    fn is_reachable(&self, seat: SeatId, now: Tick) -> bool {
        let Some(exchange) = self.exchange.upgrade() else { return false };
        let devices = self.floor.devices.iter().filter(|device| device.seat == seat);
        let mut devices = devices.map(|device| (device, exchange.registrar.count(&device.username, now)));
        devices.any(|(device, here)| here > 0 || (device.contacts > 0 && !self.gone.contains_key(&device.username)))
    }

    async fn hear(&mut self, message: Message) {
        let Some(now) = self.now() else { return };
        match message {
            Message::Enter(call) => self.came(call, now),
            Message::Known(call, member) => self.known(call, member, now),
            Message::Leave(call, stay) => {
                self.guests.left(call, stay);
                if self.stays.get(&call) == Some(&stay) {
                    self.stays.remove(&call);
                    self.machine.leave(call, now);
                    self.moved = true;
                }
            }
            Message::Told(call, offer, told) => {
                self.remember(call, offer, told);
                self.machine.told(call, offer, told, now);
                self.moved = true;
            }
            Message::Reach(seat) => self.reach(seat, now).await,
            Message::OnCall { seat, call, up: true } => self.machine.took(seat, call, now),
            Message::OnCall { seat, call, up: false } => self.machine.gave(seat, call, now),
            Message::Changed => drop(self.read().await),
            Message::WrapUp(member, wish, to) => {
                let _ = to.send(self.machine.wrap_up(member, wish, now));
            }
            Message::Board(to) => {
                let _ = to.send(self.board(now));
            }
        }
    }

    fn came(&mut self, call: CallId, now: Tick) {
        let found = self
            .guests
            .with(call, |guest| (entry_of(&guest.entry, guest.since), guest.entry.caller.clone(), guest.stay));
        let Some((entry, caller, stay)) = found else { return };
        match self.stays.insert(call, stay) {
            Some(known) if known == stay => return,
            // It comes again before it was said that it left.
            Some(_) => self.machine.leave(call, now),
            None => {}
        }
        self.moved = true;
        let rules = self.floor.company.queues.iter().find(|rules| rules.queue == entry.queue);
        if caller.is_empty() || rules.is_none_or(|rules| rules.sticky_hold == Span::default()) {
            return self.machine.enter(entry, now);
        }
        let (exchange, tenant) = (self.exchange.clone(), self.tenant);
        tokio::spawn(async move {
            let Some(exchange) = exchange.upgrade() else { return };
            let asked = exchange.outside.directory.known_agent(tenant, &caller);
            let known = tokio::time::timeout(KNOWN_WITHIN, asked).await.ok().and_then(Result::ok).flatten();
            exchange.queues.tell(tenant, Message::Known(call, known));
        });
    }

    fn known(&mut self, call: CallId, member: Option<MemberId>, now: Tick) {
        if let Some(entry) = self.guests.with(call, |guest| entry_of(&guest.entry, guest.since)) {
            self.machine.enter(acd::Entry { knows: member, ..entry }, now);
        }
    }

    /// What another life must know.
    fn remember(&self, call: CallId, offer: OfferId, told: Told) {
        match told {
            Told::Answered => drop(self.guests.with(call, |guest| {
                guest.talks = guest.offer.filter(|(last, _)| *last == offer).map(|(_, agent)| agent).or(guest.talks);
            })),
            Told::TalkOver => self.guests.remove(call),
            Told::Missed(_) => drop(self.guests.with(call, |guest| {
                guest.offer = guest.offer.filter(|(last, _)| *last != offer);
            })),
            Told::Requeue => drop(self.guests.with(call, |guest| (guest.offer, guest.talks) = (None, None))),
            Told::Ringing | Told::Lost | Told::Back => {}
        }
    }

    async fn reach(&mut self, seat: SeatId, now: Tick) {
        let Some(exchange) = self.exchange.upgrade() else { return };
        let known = self.floor.devices.iter().any(|device| device.seat == seat);
        for device in self.floor.devices.iter().filter(|device| device.seat == seat) {
            if exchange.registrar.count(&device.username, now) == 0 {
                self.gone.insert(device.username.clone(), now);
            } else {
                self.gone.remove(&device.username);
            }
        }
        let reachable = self.is_reachable(seat, now);
        self.machine.reach(seat, reachable, now);
        self.moved = true;
        if !known {
            self.read().await;
        }
    }

    /// Passes on what the machine says.
    fn perform(&mut self, now: Tick) {
        let Some(exchange) = self.exchange.upgrade() else { return };
        let (wall, tenant) = (exchange.wall(), self.tenant);
        let sink = &exchange.outside.sink;
        while let Some(effect) = self.machine.poll() {
            match effect {
                Effect::Offer { call, offer, agent, seat, ring } => {
                    self.guests.with(call, |guest| guest.offer = Some((offer, agent)));
                    let ring_s = u32::try_from(ring.as_ms() / 1_000).unwrap_or(u32::MAX);
                    self.guests.send(call, FromQueue::Offer { offer, seat, ring_s });
                    self.moved = true;
                }
                Effect::Withdraw { call, offer } => self.guests.send(call, FromQueue::Withdraw { offer }),
                Effect::Say { call, position, wait } => self.guests.send(call, FromQueue::Say { position, wait }),
                Effect::In { call, queue } => {
                    let prompt = self.floor.sheets.get(&queue).and_then(|sheet| sheet.music);
                    self.guests.send(call, FromQueue::Music { queue, prompt });
                }
                Effect::Back { call, end } => {
                    self.guests.send(call, FromQueue::Back(given_back(end)));
                    self.guests.remove(call);
                    self.stays.remove(&call);
                    self.moved = true;
                }
                Effect::Agent(standing) => {
                    sink.queue_news(QueueNews::Agent(AgentNews {
                        tenant,
                        member: standing.member,
                        seat: standing.seat,
                        state: standing.state,
                        since: then(wall, now, standing.since),
                        until: standing.until.map(|until| then(wall, now, until)),
                        wished_at: standing.wished_at,
                    }));
                    self.moved = true;
                }
                // Nobody was on the line: figures of callers who gave up are not about it.
                Effect::Over(visit)
                    if visit.outcome != acd::Outcome::Answered && exchange.callbacks.is_attempt(visit.call) => {}
                Effect::Over(visit) => {
                    let caller = self.guests.with(visit.call, |guest| guest.entry.caller.clone());
                    sink.queue_news(QueueNews::Visit(Box::new(QueueVisit {
                        tenant,
                        caller: caller.unwrap_or_default(),
                        entered: then(wall, now, visit.entered),
                        left: then(wall, now, visit.left),
                        visit: *visit,
                    })));
                }
                Effect::Repaired { agent: member, call } => {
                    sink.queue_news(QueueNews::Repaired { tenant, member, call });
                }
            }
        }
    }

    /// Says that figures moved, not too often; when it is to be said later.
    fn hint(&mut self, now: Tick) -> Option<Tick> {
        if !self.moved {
            return None;
        }
        let due = self.hinted + HINT_EVERY;
        if due > now {
            return Some(due);
        }
        (self.moved, self.hinted) = (false, now);
        if let Some(exchange) = self.exchange.upgrade() {
            exchange.outside.sink.queue_news(QueueNews::Moved { tenant: self.tenant });
        }
        None
    }

    fn board(&self, now: Tick) -> QueueBoard {
        let Some(exchange) = self.exchange.upgrade() else { return QueueBoard::default() };
        let wall = exchange.wall();
        let board = self.machine.board(now);
        let waiting = |one: acd::WaitingNow| WaitingLine {
            call: one.call,
            caller: self.guests.with(one.call, |guest| guest.entry.caller.clone()).unwrap_or_default(),
            since: then(wall, now, one.since),
            offered_to: one.offered_to,
        };
        let queue = |one: acd::QueueNow| QueueLine {
            queue: one.queue,
            waiting: one.waiting.into_iter().map(waiting).collect(),
            talking: one.talking,
            estimate_ms: one.estimate.map(Span::as_ms),
        };
        let agent = |one: acd::AgentNow| AgentLine {
            member: one.member,
            state: one.state,
            since: then(wall, now, one.since),
            until: one.until.map(|until| then(wall, now, until)),
        };
        QueueBoard {
            queues: board.queues.into_iter().map(queue).collect(),
            agents: board.agents.into_iter().map(agent).collect(),
        }
    }

    fn is_unused(&mut self, inbox: &mpsc::UnboundedReceiver<Message>) -> bool {
        let Some(exchange) = self.exchange.upgrade() else { return true };
        let now = exchange.now();
        if !self.machine.is_idle() || !self.guests.is_empty() {
            self.idle_since = None;
            return false;
        }
        let since = *self.idle_since.get_or_insert(now);
        now.since(since) >= LINGER && exchange.queues.end(self.tenant, inbox)
    }
}

fn entry_of(entry: &super::Entry, since: Tick) -> acd::Entry {
    let seconds = |seconds: u32| Span::secs(u64::from(seconds));
    acd::Entry {
        call: entry.call,
        queue: entry.queue,
        priority: seconds(entry.priority_s),
        max_wait: (entry.max_wait_s > 0).then(|| seconds(entry.max_wait_s)),
        knows: None,
        since,
    }
}

const fn given_back(end: End) -> QueueEnd {
    match end {
        End::Full => QueueEnd::Full,
        End::TimedOut => QueueEnd::TimedOut,
        End::Nobody => QueueEnd::Nobody,
        End::Failed => QueueEnd::Failed,
    }
}

/// The moment on the wall of another tick, past or to come.
fn then(wall: Wall, now: Tick, at: Tick) -> Wall {
    let micros = |span: Span| i64::try_from(span.0).unwrap_or(i64::MAX / 4);
    Wall(wall.0 - micros(now.since(at)) + micros(at.since(now)))
}

async fn sleep(wait: Option<Duration>) {
    match wait {
        Some(wait) => tokio::time::sleep(wait).await,
        None => std::future::pending().await,
    }
}
