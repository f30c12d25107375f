//! One turn of one endpoint: what lies behind its place in the log is sent, event by event, and what became of it is written down.
//!
//! Whoever dies in the middle leaves a lease; when that is over another courier sends the same event again, with the same id: at least
//! once, in order.

use kernel::{Secret, TenantId, Uuid, Wall, time::Span};
use patchbay_kernel as kernel;
use patchbay_tenancy::{EventRow, Stamp, TenantTx, outbox::event};
use sea_orm::{ActiveValue::Set, ColumnTrait, Condition, IntoActiveModel, Order};

use super::{
    address::Address,
    notice,
    post::{Parcel, Poster, Reply},
    row::{webhook, webhook_attempt, webhook_delivery, webhook_replay},
    schedule::{Health, Off, Outcome, Verdict, judge},
    sign,
    view::{live_secrets, wanted},
};
use crate::{
    events::routes::EventEntry,
    kit::{app::App, problem::Problem},
};

/// How long a courier may be silent before another one takes over, in seconds. Longer than one attempt can take.
pub const LEASE_S: i64 = 60;
/// Events that are read at once.
const PAGE: u64 = 50;
/// Outcomes that are written down together at most, and for how long they may wait for each other.
const TOGETHER: usize = 16;
const TOGETHER_FOR: Span = Span::ms(250);
/// After this an endpoint with more to send goes to the back of the queue.
const TURN: Span = Span::secs(20);
/// Who takes longer than this to answer is slow and waits with the slow.
const SLOW: Span = Span::secs(3);
/// An endpoint for which the log held nothing is not looked at again before.
const IDLE_MS: i64 = 1_000;

/// A courier's errand to one endpoint.
pub struct Errand {
    /// The application.
    pub app: App,
    /// Whoever sends.
    pub poster: Poster,
    /// Name of the courier that holds the lease.
    pub courier: String,
    /// Company.
    pub tenant: TenantId,
    /// Endpoint.
    pub webhook: Uuid,
}

/// From where in the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Source {
    Log,
    Replay(Uuid),
}

/// What is to be done.
struct Load {
    row: webhook::Model,
    address: Option<Address>,
    secrets: Vec<Secret<String>>,
    source: Source,
    events: Vec<EventRow>,
    /// The source is empty behind these: its place may move up to here.
    end: Option<i64>,
    head: Option<webhook_delivery::Model>,
}

/// One attempt, made.
struct Made {
    event: EventRow,
    body: String,
    at: Wall,
    took: Span,
    headers: Vec<(String, String)>,
    reply: Result<Reply, String>,
    /// How often the receiver has refused this event by now.
    refusals: u32,
    verdict: Verdict,
}

/// How the endpoint stands after some attempts.
struct Standing {
    health: Health,
    place: i64,
    next_try_at: Wall,
    off: Option<Off>,
    stays: bool,
}

impl Errand {
    /// Until there is nothing left, the turn is over, or something failed. Fails as the store does; the lease then runs out.
    pub async fn run(&self) -> Result<(), Problem> {
        let began = self.app.clock.tick();
        loop {
            let Some(load) = self.load().await? else { return Ok(()) };
            let is_last = self.app.clock.tick().since(began) >= TURN;
            if !self.deliver(load, is_last).await? {
                return Ok(());
            }
        }
    }

    async fn load(&self) -> Result<Option<Load>, Problem> {
        let tx = self.app.database.tenant_read(self.tenant, self.stamp()).await?;
        let Some(row) = self.mine(&tx).await? else { return Ok(None) };
        if row.state != "active" {
            return Ok(None);
        }
        let address = Address::parse(&row.url, self.app.settings.private_webhooks).ok();
        let secrets = live_secrets(&self.app, &tx, self.webhook).await?;
        let newest = tx.select::<event::Entity>().order_by(event::Column::Seq, Order::Desc).limit(1).one().await?;
        let newest = newest.map_or(0, |row| row.seq);
        let replay = tx.select::<webhook_replay::Entity>().is(webhook_replay::Column::WebhookId, self.webhook);
        let replay = if row.place < newest {
            None
        } else {
            replay.order_by(webhook_replay::Column::Id, Order::Asc).limit(1).one().await?
        };
        let (source, from, to, is_exact) = match &replay {
            None => (Source::Log, row.place, newest, false),
            Some(replay) => (Source::Replay(replay.id), replay.place, replay.to_seq, replay.is_exact),
        };
        let mut filter = Condition::all().add(event::Column::Seq.gt(from)).add(event::Column::Seq.lte(to));
        if !is_exact {
            filter = filter.add(event::Column::Kind.is_in(wanted(&row.kinds)));
        }
        let events = tx.select::<event::Entity>().filter(filter).order_by(event::Column::Seq, Order::Asc);
        let events = events.limit(PAGE).all().await?;
        let end = ((events.len() as u64) < PAGE).then_some(to);
        let head = match row.head {
            None => None,
            Some(head) => tx.find::<webhook_delivery::Entity>(head).await?,
        };
        Ok(Some(Load { row, address, secrets, source, events, end, head }))
    }

    /// Whether there is more to be done here and now.
    async fn deliver(&self, load: Load, is_last: bool) -> Result<bool, Problem> {
        let mut health = Health {
            failures: load.row.failures.unsigned_abs(),
            refusals: 0,
            failing_since: load.row.failing_since.map(Wall),
        };
        let mut made: Vec<Made> = Vec::new();
        let mut written_at = self.app.clock.tick();
        let (mut place, found, mut cut) = (None, load.events.len(), false);
        let began = written_at;
        for event in load.events.iter().cloned() {
            let seq = event.seq;
            let one = self.attempt(&load, event, &mut health).await?;
            let (verdict, took) = (one.verdict, one.took);
            made.push(one);
            if matches!(verdict, Verdict::Next | Verdict::SetAside(_)) {
                place = Some(seq);
            }
            let Verdict::Next = verdict else { break };
            // Fifty slow answers would hold a place in the lane of the swift for minutes: the rest waits for its next turn.
            if took >= SLOW || self.app.clock.tick().since(began) >= TURN {
                cut = true;
                break;
            }
            let waited = self.app.clock.tick().since(written_at);
            if made.len() >= TOGETHER || waited >= TOGETHER_FOR {
                let standing = Standing { health, place: seq, next_try_at: self.app.now(), off: None, stays: true };
                if !self.settle(&load, std::mem::take(&mut made), standing).await? {
                    return Ok(false);
                }
                written_at = self.app.clock.tick();
            }
        }
        let last = made.last().map(|one| one.verdict);
        let from = match load.source {
            Source::Log => load.row.place,
            Source::Replay(_) => i64::MIN,
        };
        let now = self.app.now();
        let (next_try_at, off, goes_on) = match last {
            Some(Verdict::Again(at) | Verdict::SetAside(at)) => (at, None, false),
            Some(Verdict::SwitchOff(why)) => (now, Some(why), false),
            // Nothing was wanted: the log is looked at again in a while, not with every event of a busy company.
            None if found == 0 && load.source == Source::Log && load.row.replays == 0 => {
                (now.plus_ms(IDLE_MS), None, false)
            }
            Some(Verdict::Next) | None => (now, None, !cut),
        };
        let place = if goes_on || found == 0 { load.end.or(place) } else { place };
        let has_more = load.end.is_none() || load.row.replays > i32::from(load.source != Source::Log);
        let stays = goes_on && !is_last && has_more;
        let standing = Standing { health, place: place.unwrap_or(from), next_try_at, off, stays };
        self.settle(&load, made, standing).await
    }

    async fn attempt(&self, load: &Load, event: EventRow, health: &mut Health) -> Result<Made, Problem> {
        let kept = load.head.as_ref().filter(|head| head.event_id == event.id);
        let body = match kept {
            Some(head) => head.body.clone(),
            None => body(&event)?,
        };
        let (id, at, began) = (kernel::EventId::from_uuid(event.id).to_string(), self.app.now(), self.app.clock.tick());
        let headers = vec![
            ("user-agent".to_owned(), format!("Patchbay/{}", self.app.settings.version)),
            ("webhook-id".to_owned(), id.clone()),
            ("webhook-timestamp".to_owned(), at.unix_s().to_string()),
            ("webhook-signature".to_owned(), sign::signatures(&load.secrets, &id, at.unix_s(), &body)),
        ];
        let reply = match &load.address {
            None => Err("The address may no longer be called.".to_owned()),
            Some(address) => {
                let parcel = Parcel { headers: &headers, body: &body };
                self.poster.send(address, &parcel).await.map_err(|fault| fault.to_string())
            }
        };
        let outcome = match &reply {
            Ok(reply) => Outcome::of(reply.status, reply.retry_after_s),
            Err(_) => Outcome::Away(None),
        };
        let (now, took) = (self.app.now(), self.app.clock.tick().since(began));
        // Counted for each event: what the receiver said of another is no word on this one.
        health.refusals = kept.map_or(0, |head| head.refusals.unsigned_abs());
        let refusals = health.refusals + u32::from(outcome == Outcome::Refused);
        let (next, verdict) = judge(*health, outcome, now, self.app.chance().as_mut());
        *health = next;
        Ok(Made { event, body, at, took, headers, reply, refusals, verdict })
    }

    /// Writes it all down; `false` when the endpoint is no longer ours to serve.
    async fn settle(&self, load: &Load, made: Vec<Made>, standing: Standing) -> Result<bool, Problem> {
        let letter = match standing.off {
            None => None,
            Some(_) => notice::letter(&self.app, &load.row).await?,
        };
        let mut tx = self.app.database.tenant(self.tenant, self.stamp()).await?;
        let Some(row) = self.mine(&tx).await? else { return Ok(false) };
        let is_active = row.state == "active";
        let mut head = None;
        let mut change = row.into_active_model();
        for one in &made {
            let delivery = self.note(&mut tx, load, one).await?;
            head = matches!(one.verdict, Verdict::Again(_) | Verdict::SwitchOff(_)).then_some(delivery);
            if one.verdict == Verdict::Next {
                change.last_taken_at = Set(Some(one.at.to_offset()));
            }
            change.is_slow = Set(one.took >= SLOW);
        }
        if !made.is_empty() {
            change.head = Set(head);
        }
        match load.source {
            Source::Log => change.place = Set(standing.place),
            Source::Replay(replay) => {
                let rest = self.replayed(&tx, replay, standing.place, load.end).await?;
                change.replays = Set(rest);
            }
        }
        change.failures = Set(i32::try_from(standing.health.failures).unwrap_or(i32::MAX));
        change.failing_since = Set(standing.health.failing_since.map(|at| at.0));
        change.next_try_at = Set(standing.next_try_at.0);
        let stays = standing.stays && is_active;
        change.locked_until = Set(stays.then(|| self.app.now().plus_s(LEASE_S).0));
        if !stays {
            change.locked_by = Set(None);
        }
        if let Some(why) = standing.off {
            change.state = Set("off".into());
            change.off_reason = Set(Some(why.as_str().into()));
        }
        let row = tx.update(change).await?;
        if let Some(why) = standing.off {
            let body = serde_json::json!({ "label": row.label, "url": row.url, "reason": why.as_str() });
            tx.changed("webhook.switched_off", "webhook", &kernel::WebhookId::from_uuid(row.id).to_string(), body)
                .await?;
        }
        if let Some(letter) = letter {
            tx.enqueue(letter).await?;
        }
        tx.commit_aside().await?;
        Ok(stays)
    }

    /// The delivery and this attempt of it; says which delivery.
    async fn note(&self, tx: &mut TenantTx, load: &Load, one: &Made) -> Result<Uuid, Problem> {
        let state = match one.verdict {
            Verdict::Next => "taken",
            Verdict::Again(_) | Verdict::SwitchOff(_) => "failing",
            Verdict::SetAside(_) => "set_aside",
        };
        let status = one.reply.as_ref().ok().map(|reply| i32::from(reply.status));
        let error = one.reply.as_ref().err().cloned();
        let is_replay = load.source != Source::Log;
        let known = load.head.as_ref().filter(|head| head.event_id == one.event.id && head.is_replay == is_replay);
        let number = known.map_or(0, |head| head.attempts) + 1;
        let mut delivery = webhook_delivery::ActiveModel {
            state: Set(state.into()),
            attempts: Set(number),
            refusals: Set(i32::try_from(one.refusals).unwrap_or(i32::MAX)),
            last_status: Set(status),
            last_error: Set(error.clone()),
            last_at: Set(one.at.to_offset()),
            ..Default::default()
        };
        let id = if let Some(head) = known {
            delivery.id = Set(head.id);
            tx.update(delivery).await?;
            head.id
        } else {
            let id = tx.new_id();
            delivery.id = Set(id);
            delivery.webhook_id = Set(self.webhook);
            delivery.event_id = Set(one.event.id);
            delivery.seq = Set(one.event.seq);
            delivery.kind = Set(one.event.kind.clone());
            delivery.is_replay = Set(is_replay);
            delivery.body = Set(one.body.clone());
            delivery.created_at = Set(one.at.to_offset());
            delivery.made_at = Set(one.at.0);
            tx.insert(delivery).await?;
            id
        };
        let reply = one.reply.clone().unwrap_or_default();
        let attempt = webhook_attempt::ActiveModel {
            id: Set(tx.new_id()),
            delivery_id: Set(id),
            number: Set(number),
            at: Set(one.at.to_offset()),
            took_ms: Set(i32::try_from(one.took.as_ms()).unwrap_or(i32::MAX)),
            request_headers: Set(serde_json::json!(one.headers)),
            status: Set(status),
            error: Set(error),
            response_headers: Set(serde_json::json!(reply.headers)),
            response_body: Set(reply.body),
            ..Default::default()
        };
        tx.insert(attempt).await?;
        Ok(id)
    }

    /// Moves a replay on, or ends it; says how many are left.
    async fn replayed(&self, tx: &TenantTx, replay: Uuid, place: i64, end: Option<i64>) -> Result<i32, Problem> {
        if end.is_some_and(|end| place >= end) {
            tx.delete::<webhook_replay::Entity>(replay).await?;
        } else if place > i64::MIN {
            let moved = webhook_replay::ActiveModel { id: Set(replay), place: Set(place), ..Default::default() };
            tx.update(moved).await?;
        }
        let left = tx.select::<webhook_replay::Entity>().is(webhook_replay::Column::WebhookId, self.webhook);
        Ok(i32::try_from(left.count().await?).unwrap_or(i32::MAX))
    }

    async fn mine(&self, tx: &TenantTx) -> Result<Option<webhook::Model>, Problem> {
        let row = tx.find::<webhook::Entity>(self.webhook).await?;
        Ok(row.filter(|row| row.locked_by.as_deref() == Some(&self.courier)))
    }

    fn stamp(&self) -> Stamp {
        Stamp::system(self.app.now(), self.app.chance())
    }
}

/// What is sent of an event: type, time and data, as Standard Webhooks suggests.
fn body(event: &EventRow) -> Result<String, Problem> {
    #[derive(serde::Serialize)]
    struct Message {
        r#type: String,
        #[serde(with = "time::serde::rfc3339")]
        timestamp: time::OffsetDateTime,
        data: EventEntry,
    }
    let message = Message { r#type: event.kind.clone(), timestamp: event.at, data: event.into() };
    serde_json::to_string(&message).map_err(Problem::internal)
}
