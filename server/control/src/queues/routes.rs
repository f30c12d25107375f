//! Queues: settings, what they ask of agents, members.

use std::collections::BTreeMap;

use axum::{Json, http::StatusCode, response::Response};
use kernel::{QueueId, SkillId, Uuid};
use patchbay_access::{Read, Write, resource::of};
use patchbay_kernel as kernel;
use patchbay_tenancy::{StoreError, TenantTx};
use sea_orm::{ActiveValue::Set, ColumnTrait, Condition, IntoActiveModel, Order};

use super::{
    people::{QueueMember, seen},
    row::{queue, queue_member, queue_skill, skill},
    shapes::{Overflow, Queue, QueueSkill, QueueWish, Strategy, usual},
};
use crate::{
    flows::uses,
    kit::{
        body::{Body, Id},
        may::May,
        once::Once,
        problem::{Or404, Problem},
    },
    seats::view::names,
};

/// Queues that a company may have.
const MOST: u64 = 200;

/// All queues by name, each with the members that you see.
#[utoipa::path(get, path = "/v1/queues", operation_id = "queue_list", tag = "queues",
    security(("user" = ["queues:read"])), responses((status = 200, body = [Queue])))]
pub async fn queue_list(may: May<Read<of::Queue>>) -> Result<Json<Vec<Queue>>, Problem> {
    let tx = may.read().await?;
    let rows = tx.select::<queue::Entity>().order_by(queue::Column::Name, Order::Asc).all().await?;
    let asked = tx.select::<queue_skill::Entity>().all().await?;
    let inside = tx.select::<queue_member::Entity>().all().await?;
    let names = names(&may.app, &tx).await?;
    Ok(Json(rows.into_iter().map(|row| show(&tx, row, &asked, &inside, &names)).collect()))
}

/// One queue.
#[utoipa::path(get, path = "/v1/queues/{id}", operation_id = "queue_get", tag = "queues", params(("id" = String, Path)),
    security(("user" = ["queues:read"])), responses((status = 200, body = Queue)))]
pub async fn queue_get(may: May<Read<of::Queue>>, Id(id): Id<QueueId>) -> Result<Json<Queue>, Problem> {
    let tx = may.read().await?;
    let row = tx.find::<queue::Entity>(id.uuid()).await?.or_404()?;
    let names = names(&may.app, &tx).await?;
    Ok(Json(one(&tx, row, &names).await?))
}

/// Make a queue.
#[utoipa::path(post, path = "/v1/queues", operation_id = "queue_create", tag = "queues", request_body = QueueWish,
    security(("user" = ["queues:write"])), responses((status = 201, body = Queue)))]
pub async fn queue_create(
    may: May<Write<of::Queue>>,
    once: Once,
    Body(ask): Body<QueueWish>,
) -> Result<Response, Problem> {
    if ask.name.is_none() {
        return Err(Problem::field("name", "required", "A queue has a name."));
    }
    ask.checked()?;
    let mut tx = may.write().await?;
    if let Some(answer) = once.before(&tx, &ask).await? {
        return Ok(answer);
    }
    if tx.select::<queue::Entity>().count().await? >= MOST {
        return Err(Problem::conflict("limit_reached", format!("A company has at most {MOST} queues.")));
    }
    let id = QueueId::from_uuid(tx.new_id());
    let mut row = queue::ActiveModel { id: Set(id.uuid()), created_at: Set(tx.at()), ..usual() };
    ask.onto(&mut row);
    overflow(&tx, id.uuid(), &ask, None, &mut row).await?;
    let row = tx.insert(row).await.map_err(taken)?;
    fill(&tx, row.id, &ask).await?;
    tell(&mut tx, "queue.created", id, &row).await?;
    let out = one(&tx, row, &names(&may.app, &tx).await?).await?;
    once.after(tx, &ask, StatusCode::CREATED, &out).await
}

/// Change a queue: its settings, what it asks of agents, who works in it.
#[utoipa::path(patch, path = "/v1/queues/{id}", operation_id = "queue_patch", tag = "queues", params(("id" = String, Path)),
    request_body = QueueWish, security(("user" = ["queues:write"])), responses((status = 200, body = Queue)))]
pub async fn queue_patch(
    may: May<Write<of::Queue>>,
    Id(id): Id<QueueId>,
    Body(ask): Body<QueueWish>,
) -> Result<Json<Queue>, Problem> {
    ask.checked()?;
    let mut tx = may.write().await?;
    let before = tx.find::<queue::Entity>(id.uuid()).await?.or_404()?;
    let mut row = before.clone().into_active_model();
    ask.onto(&mut row);
    overflow(&tx, id.uuid(), &ask, Some(&before), &mut row).await?;
    let row = tx.update(row).await.map_err(taken)?;
    fill(&tx, row.id, &ask).await?;
    tell(&mut tx, "queue.updated", id, &row).await?;
    let out = one(&tx, row, &names(&may.app, &tx).await?).await?;
    tx.commit().await?;
    Ok(Json(out))
}

/// Remove a queue, unless another one sends its callers there.
#[utoipa::path(delete, path = "/v1/queues/{id}", operation_id = "queue_remove", tag = "queues", params(("id" = String, Path)),
    security(("user" = ["queues:write"])), responses((status = 204)))]
pub async fn queue_remove(may: May<Write<of::Queue>>, Id(id): Id<QueueId>) -> Result<StatusCode, Problem> {
    let mut tx = may.write().await?;
    let row = tx.find::<queue::Entity>(id.uuid()).await?.or_404()?;
    let others = Condition::all().add(queue::Column::OverflowQueueId.eq(row.id)).add(queue::Column::Id.ne(row.id));
    if tx.select::<queue::Entity>().filter(others).count().await? > 0 {
        return Err(Problem::conflict("queue_in_use", "Another queue sends its callers here."));
    }
    if let Some(flow) = uses::live_user(&tx, "queue", &id.to_string(), None).await? {
        return Err(Problem::conflict("queue_in_use", format!("The flow \"{flow}\" sends its callers here.")));
    }
    tx.delete::<queue::Entity>(row.id).await?;
    tell(&mut tx, "queue.removed", id, &row).await?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn tell(tx: &mut TenantTx, kind: &'static str, id: QueueId, row: &queue::Model) -> Result<(), Problem> {
    Ok(tx.changed(kind, "queue", &id.to_string(), serde_json::json!({ "name": row.name })).await?)
}

fn taken(error: StoreError) -> Problem {
    match error {
        StoreError::Unique { .. } => Problem::conflict("name_taken", "A queue of this name is there already."),
        other => other.into(),
    }
}

/// Where callers go whom the queue cannot keep: a queue of the company, from which no way leads back here.
async fn overflow(
    tx: &TenantTx,
    own: Uuid,
    ask: &QueueWish,
    before: Option<&queue::Model>,
    row: &mut queue::ActiveModel,
) -> Result<(), Problem> {
    let stored = before.map_or(Overflow::HangUp, |before| Overflow::stored(&before.overflow));
    let kind = ask.overflow.unwrap_or(stored);
    let stays = before.and_then(|before| before.overflow_queue_id);
    let target = ask.overflow_queue.map_or(stays, |wished| wished.map(QueueId::uuid));
    row.overflow = Set(kind.as_str().to_owned());
    if kind == Overflow::HangUp {
        row.overflow_queue_id = Set(None);
        return Ok(());
    }
    let target = target.ok_or_else(|| Problem::field("overflow_queue", "required", "Say which queue."))?;
    let unknown = || Problem::field("overflow_queue", "unknown_queue", "There is no such queue.");
    // Two changes at once must not close a circle that neither sees.
    tx.take_turn().await?;
    let all = tx.select::<queue::Entity>().all().await?;
    let next: BTreeMap<Uuid, Option<Uuid>> = all.iter().map(|row| (row.id, row.overflow_queue_id)).collect();
    if !next.contains_key(&target) {
        return Err(unknown());
    }
    let mut at = Some(target);
    for _ in 0..=next.len() {
        let Some(id) = at else { break };
        if id == own {
            return Err(Problem::field("overflow_queue", "loop", "From there callers would come back here."));
        }
        at = next.get(&id).copied().flatten();
    }
    row.overflow_queue_id = Set(Some(target));
    Ok(())
}

async fn fill(tx: &TenantTx, queue: Uuid, ask: &QueueWish) -> Result<(), Problem> {
    if let Some(skills) = &ask.skills {
        set_skills(tx, queue, skills).await?;
    }
    let Some(members) = &ask.members else { return Ok(()) };
    let wanted = seen(tx, members, "members").await?;
    let inside = tx.select::<queue_member::Entity>().is(queue_member::Column::QueueId, queue).all().await?;
    for row in &inside {
        if tx.sees_member(row.member_id) && !wanted.contains(&row.member_id) {
            tx.delete::<queue_member::Entity>(row.id).await?;
        }
    }
    for member in wanted {
        if inside.iter().any(|row| row.member_id == member) {
            continue;
        }
        let row = queue_member::ActiveModel {
            id: Set(tx.new_id()),
            queue_id: Set(queue),
            member_id: Set(member),
            ..Default::default()
        };
        tx.insert(row).await?;
    }
    Ok(())
}

async fn set_skills(tx: &TenantTx, queue: Uuid, skills: &[QueueSkill]) -> Result<(), Problem> {
    tx.delete_many::<queue_skill::Entity>(queue_skill::Column::QueueId.eq(queue)).await?;
    for one in skills {
        let unknown = || Problem::field("skills", "unknown_skill", "One of these skills is not there.");
        let skill = tx.find::<skill::Entity>(one.skill.uuid()).await?.ok_or_else(unknown)?;
        let row = queue_skill::ActiveModel {
            id: Set(tx.new_id()),
            queue_id: Set(queue),
            skill_id: Set(skill.id),
            after_s: Set(one.after_s),
            level: Set(one.level),
            ..Default::default()
        };
        tx.insert(row).await?;
    }
    Ok(())
}

async fn one(tx: &TenantTx, row: queue::Model, names: &BTreeMap<Uuid, String>) -> Result<Queue, Problem> {
    let asked = tx.select::<queue_skill::Entity>().is(queue_skill::Column::QueueId, row.id).all().await?;
    let inside = tx.select::<queue_member::Entity>().is(queue_member::Column::QueueId, row.id).all().await?;
    Ok(show(tx, row, &asked, &inside, names))
}

fn show(
    tx: &TenantTx,
    row: queue::Model,
    asked: &[queue_skill::Model],
    inside: &[queue_member::Model],
    names: &BTreeMap<Uuid, String>,
) -> Queue {
    let seen = inside.iter().filter(|one| one.queue_id == row.id && tx.sees_member(one.member_id));
    let mut members: Vec<QueueMember> = seen.map(|one| QueueMember::of(one.member_id, names)).collect();
    members.sort_by(|left, right| (&left.name, &left.member).cmp(&(&right.name, &right.member)));
    let mut asked: Vec<_> = asked.iter().filter(|one| one.queue_id == row.id).collect();
    asked.sort_by_key(|one| (one.skill_id, one.after_s));
    let skill = |one: &&queue_skill::Model| QueueSkill {
        skill: SkillId::from_uuid(one.skill_id),
        after_s: one.after_s,
        level: one.level,
    };
    Queue {
        id: QueueId::from_uuid(row.id).to_string(),
        strategy: Strategy::stored(&row.strategy),
        overflow: Overflow::stored(&row.overflow),
        overflow_queue: row.overflow_queue_id.map(|id| QueueId::from_uuid(id).to_string()),
        skills: asked.iter().map(skill).collect(),
        members,
        name: row.name,
        ring_s: row.ring_s,
        wrap_up_s: row.wrap_up_s,
        disposition_required: row.disposition_required,
        max_length: row.max_length,
        max_wait_s: row.max_wait_s,
        service_level_s: row.service_level_s,
        service_level_percent: row.service_level_percent,
        announce_position: row.announce_position,
        announce_wait: row.announce_wait,
        announce_every_s: row.announce_every_s,
        music_prompt: row.music_prompt,
        sticky_hold_s: row.sticky_hold_s,
        rare_hold_s: row.rare_hold_s,
        created_at: row.created_at,
    }
}

crate::resource!(queue_list, queue_get, queue_create, queue_patch, queue_remove);
