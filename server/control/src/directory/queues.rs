//! The queues of a company as its calls are distributed by, from the store.

use std::collections::BTreeMap;

use kernel::{
    CallId, DeviceId, MemberId, PromptId, QueueId, ReasonCodeId, SeatId, SkillId, TenantId, Uuid, Wall, time::Span,
};
use patchbay_kernel as kernel;
use patchbay_plane::{
    FloorDevice, QueueFloor, QueueSheet,
    acd::{
        Strategy as Pairing,
        distributor::{Asked, Company, Person, QueueRules, Wish},
    },
};
use patchbay_tenancy::{StoreError, TenantTx};
use sea_orm::{ColumnTrait, Order};

use super::Core;
use crate::{
    agents::{
        row::agent_state,
        state::{AgentStateWish, AgentStateWord},
    },
    callbacks,
    queues::{
        row::{agent_skill, queue, queue_member, queue_skill, queue_visit},
        shapes::Strategy,
    },
    seats::row::{device, seat},
};

/// How long a caller and an agent know each other.
const KNOWN_DAYS: i64 = 30;

/// Companies in which somebody is signed in.
pub(super) async fn companies(core: &Core) -> Result<Vec<TenantId>, StoreError> {
    let found = core.database().system().companies_at_work().await?;
    Ok(found.into_iter().map(TenantId::from_uuid).collect())
}

/// Everything that decides who gets which caller.
pub(super) async fn floor(core: &Core, tenant: TenantId) -> Result<QueueFloor, StoreError> {
    let tx = core.database().tenant_read(tenant, core.stamp()).await?;
    let queues = tx.select::<queue::Entity>().order_by(queue::Column::Id, Order::Asc).all().await?;
    let asked = tx.select::<queue_skill::Entity>().all().await?;
    let inside = tx.select::<queue_member::Entity>().all().await?;
    let states = tx.select::<agent_state::Entity>().all().await?;
    let seats = tx.whole::<seat::Entity>().is(seat::Column::State, "active").all().await?;
    let devices = tx.whole::<device::Entity>().all().await?;
    let held = tx.select::<agent_skill::Entity>().all().await?;
    let mut places: BTreeMap<Uuid, &seat::Model> = BTreeMap::new();
    for seat in seats.iter().rev() {
        places.extend(seat.member_id.map(|member| (member, seat)));
    }
    let person = |row: &agent_state::Model| {
        let seat = places.get(&row.id)?;
        let skills = held.iter().filter(|one| one.member_id == row.id);
        Some(Person {
            member: MemberId::from_uuid(row.id),
            seat: SeatId::from_uuid(seat.id),
            skills: skills.map(|one| (SkillId::from_uuid(one.skill_id), level(one.level))).collect(),
            wish: wish(row),
            wished_at: row.wished_at.map_or(0, |at| Wall::from_offset(at).0),
            reachable: devices.iter().any(|device| device.seat_id == seat.id && device.contacts > 0),
            writes_up: writes_up(row, &tx),
        })
    };
    let people: Vec<Person> = states.iter().filter_map(person).collect();
    let at_work = |seat: Uuid| people.iter().any(|person| person.seat.uuid() == seat);
    let devices = devices.iter().filter(|device| at_work(device.seat_id)).map(|device| FloorDevice {
        seat: SeatId::from_uuid(device.seat_id),
        device: DeviceId::from_uuid(device.id),
        username: device.username.clone(),
        contacts: u32::try_from(device.contacts).unwrap_or(0),
    });
    Ok(QueueFloor {
        callbacks: callbacks::book::due(&tx).await?,
        devices: devices.collect(),
        sheets: queues.iter().map(|row| (QueueId::from_uuid(row.id), sheet(row))).collect(),
        company: Company { queues: queues.iter().map(|row| rules(row, &asked, &inside)).collect(), people },
    })
}

/// The agent who talked with this caller last.
pub(super) async fn known_agent(core: &Core, tenant: TenantId, caller: &str) -> Result<Option<MemberId>, StoreError> {
    let tx = core.database().tenant_read(tenant, core.stamp()).await?;
    let since = Wall(tx.now().0 - KNOWN_DAYS * 86_400_000_000).to_offset();
    let visits = tx.select::<queue_visit::Entity>().is(queue_visit::Column::Caller, caller);
    let visits = visits.filter(queue_visit::Column::LeftAt.gt(since)).is(queue_visit::Column::Outcome, "answered");
    let last = visits.order_by(queue_visit::Column::LeftAt, Order::Desc).limit(1).one().await?;
    Ok(last.and_then(|row| row.member_id).map(MemberId::from_uuid))
}

fn rules(row: &queue::Model, asked: &[queue_skill::Model], inside: &[queue_member::Model]) -> QueueRules {
    let skill = |one: &queue_skill::Model| Asked {
        skill: SkillId::from_uuid(one.skill_id),
        after: seconds(one.after_s),
        level: level(one.level),
    };
    QueueRules {
        queue: QueueId::from_uuid(row.id),
        strategy: match Strategy::stored(&row.strategy) {
            Strategy::LeastSkilled => Pairing::LeastSkilled,
            Strategy::LongestIdle => Pairing::LongestIdle,
            Strategy::BestLevel => Pairing::BestLevel,
        },
        ring: seconds(row.ring_s),
        wrap_up: seconds(row.wrap_up_s),
        disposition_required: row.disposition_required,
        max_length: row.max_length.and_then(|most| usize::try_from(most).ok()),
        max_wait: row.max_wait_s.map(seconds),
        overflow: row.overflow_queue_id.map(QueueId::from_uuid),
        announce_position: row.announce_position,
        announce_wait: row.announce_wait,
        announce_every: seconds(row.announce_every_s),
        sticky_hold: seconds(row.sticky_hold_s),
        rare_hold: seconds(row.rare_hold_s),
        skills: asked.iter().filter(|one| one.queue_id == row.id).map(skill).collect(),
        members: (inside.iter().filter(|one| one.queue_id == row.id))
            .map(|one| MemberId::from_uuid(one.member_id))
            .collect(),
    }
}

fn sheet(row: &queue::Model) -> QueueSheet {
    QueueSheet {
        name: row.name.clone(),
        music: row.music_prompt.as_deref().and_then(|text| text.parse::<PromptId>().ok()),
    }
}

fn wish(row: &agent_state::Model) -> Wish {
    match AgentStateWish::stored(&row.wish) {
        AgentStateWish::Offline => Wish::Offline,
        AgentStateWish::Ready => Wish::Ready,
        AgentStateWish::NotReady => Wish::NotReady(row.wish_reason_id.map(ReasonCodeId::from_uuid)),
    }
}

/// The wrap-up that somebody is in, and how much of it is left.
fn writes_up(row: &agent_state::Model, tx: &TenantTx) -> Option<(CallId, Span)> {
    if AgentStateWord::stored(&row.state) != AgentStateWord::WrapUp {
        return None;
    }
    let left = Wall::from_offset(row.until?).0 - tx.now().0;
    Some((CallId::from_uuid(row.call_id?), Span(u64::try_from(left).ok().filter(|left| *left > 0)?)))
}

fn seconds(value: i32) -> Span {
    Span::secs(u64::try_from(value).unwrap_or(0))
}

fn level(value: i32) -> u8 {
    u8::try_from(value).unwrap_or(0)
}
