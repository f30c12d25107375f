//! Skills: what agents can do, and how well.

use std::collections::BTreeMap;

use axum::{Json, http::StatusCode, response::Response};
use kernel::{MemberId, SkillId, Uuid};
use patchbay_access::{Read, Write, resource::of};
use patchbay_kernel as kernel;
use patchbay_tenancy::{StoreError, TenantTx};
use sea_orm::{ActiveValue::Set, IntoActiveModel, Order};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use utoipa::ToSchema;

use super::{
    people::seen,
    row::{agent_skill, queue_skill, skill},
};
use crate::{
    kit::{
        body::{Body, Check, Id},
        may::May,
        once::Once,
        problem::{Or404, Problem},
    },
    seats::view::names,
};

/// Skills that a company may have: what the distributor can tell apart, less a place for each queue.
const MOST: u64 = 50;
/// Agents that may have one.
const AGENTS_MOST: usize = 2_000;

/// Something agents can do.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Skill {
    /// `skl_..`
    pub id: String,
    /// Name, unique in the company.
    pub name: String,
    /// Who can do it, of those you see, by name.
    pub agents: Vec<SkilledAgent>,
    /// Since when.
    #[serde(with = "time::serde::rfc3339")]
    pub created_at: OffsetDateTime,
}

/// Somebody who can do it.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct SkilledAgent {
    /// `mem_..`
    pub member: String,
    /// Name.
    pub name: String,
    /// 1 to 5, more is better.
    pub level: i32,
}

/// Somebody who shall.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct SkilledAgentWish {
    /// `mem_..`
    #[schema(value_type = String)]
    pub member: MemberId,
    /// 1 to 5.
    pub level: i32,
}

/// A skill to be made.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct SkillNew {
    /// Name.
    pub name: String,
    /// Who can do it.
    #[serde(default)]
    pub agents: Vec<SkilledAgentWish>,
}

/// Changes of a skill; absent fields stay.
#[derive(Clone, Debug, Deserialize, ToSchema)]
pub struct SkillPatch {
    /// Name.
    pub name: Option<String>,
    /// Everybody who can do it from now on, of those you see.
    pub agents: Option<Vec<SkilledAgentWish>>,
}

/// All skills by name, each with the agents that you see.
#[utoipa::path(get, path = "/v1/skills", operation_id = "skill_list", tag = "queues",
    security(("user" = ["queues:read"])), responses((status = 200, body = [Skill])))]
pub async fn skill_list(may: May<Read<of::Queue>>) -> Result<Json<Vec<Skill>>, Problem> {
    let tx = may.read().await?;
    let rows = tx.select::<skill::Entity>().order_by(skill::Column::Name, Order::Asc).all().await?;
    let held = tx.select::<agent_skill::Entity>().all().await?;
    let names = names(&may.app, &tx).await?;
    Ok(Json(rows.into_iter().map(|row| show(&tx, row, &held, &names)).collect()))
}

/// Make a skill.
#[utoipa::path(post, path = "/v1/skills", operation_id = "skill_create", tag = "queues", request_body = SkillNew,
    security(("user" = ["queues:write"])), responses((status = 201, body = Skill)))]
pub async fn skill_create(
    may: May<Write<of::Queue>>,
    once: Once,
    Body(ask): Body<SkillNew>,
) -> Result<Response, Problem> {
    checked(Some(&ask.name), Some(&ask.agents))?;
    let mut tx = may.write().await?;
    if let Some(answer) = once.before(&tx, &ask).await? {
        return Ok(answer);
    }
    if tx.select::<skill::Entity>().count().await? >= MOST {
        return Err(Problem::conflict("limit_reached", format!("A company has at most {MOST} skills.")));
    }
    let id = SkillId::from_uuid(tx.new_id());
    let row = skill::ActiveModel {
        id: Set(id.uuid()),
        name: Set(ask.name.trim().to_owned()),
        created_at: Set(tx.at()),
        ..Default::default()
    };
    let row = tx.insert(row).await.map_err(taken)?;
    set_agents(&tx, row.id, &ask.agents).await?;
    tx.changed("skill.created", "skill", &id.to_string(), serde_json::json!({ "name": row.name })).await?;
    let out = one(&may, &tx, row).await?;
    once.after(tx, &ask, StatusCode::CREATED, &out).await
}

/// Rename a skill, or say who can do it and how well.
#[utoipa::path(patch, path = "/v1/skills/{id}", operation_id = "skill_patch", tag = "queues", params(("id" = String, Path)),
    request_body = SkillPatch, security(("user" = ["queues:write"])), responses((status = 200, body = Skill)))]
pub async fn skill_patch(
    may: May<Write<of::Queue>>,
    Id(id): Id<SkillId>,
    Body(ask): Body<SkillPatch>,
) -> Result<Json<Skill>, Problem> {
    checked(ask.name.as_deref(), ask.agents.as_deref())?;
    let mut tx = may.write().await?;
    let row = tx.find::<skill::Entity>(id.uuid()).await?.or_404()?;
    let mut change = row.into_active_model();
    ask.name.iter().for_each(|name| change.name = Set(name.trim().to_owned()));
    let row = tx.update(change).await.map_err(taken)?;
    if let Some(agents) = &ask.agents {
        set_agents(&tx, row.id, agents).await?;
    }
    tx.changed("skill.updated", "skill", &id.to_string(), serde_json::json!({ "name": row.name })).await?;
    let out = one(&may, &tx, row).await?;
    tx.commit().await?;
    Ok(Json(out))
}

/// Remove a skill that no queue asks for.
#[utoipa::path(delete, path = "/v1/skills/{id}", operation_id = "skill_remove", tag = "queues", params(("id" = String, Path)),
    security(("user" = ["queues:write"])), responses((status = 204)))]
pub async fn skill_remove(may: May<Write<of::Queue>>, Id(id): Id<SkillId>) -> Result<StatusCode, Problem> {
    let mut tx = may.write().await?;
    let row = tx.find::<skill::Entity>(id.uuid()).await?.or_404()?;
    if tx.select::<queue_skill::Entity>().is(queue_skill::Column::SkillId, row.id).count().await? > 0 {
        return Err(Problem::conflict("skill_in_use", "A queue asks for it."));
    }
    tx.delete::<skill::Entity>(row.id).await?;
    tx.changed("skill.removed", "skill", &id.to_string(), serde_json::json!({ "name": row.name })).await?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn set_agents(tx: &TenantTx, skill: Uuid, wanted: &[SkilledAgentWish]) -> Result<(), Problem> {
    let members: Vec<MemberId> = wanted.iter().map(|one| one.member).collect();
    seen(tx, &members, "agents").await?;
    let levels: BTreeMap<Uuid, i32> = wanted.iter().map(|one| (one.member.uuid(), one.level)).collect();
    let held = tx.select::<agent_skill::Entity>().is(agent_skill::Column::SkillId, skill).all().await?;
    for row in &held {
        match levels.get(&row.member_id) {
            Some(level) => {
                let mut change = row.clone().into_active_model();
                if row.level != *level {
                    change.level = Set(*level);
                }
                tx.update(change).await?;
            }
            None if tx.sees_member(row.member_id) => drop(tx.delete::<agent_skill::Entity>(row.id).await?),
            None => {}
        }
    }
    for (member, level) in levels {
        if held.iter().any(|row| row.member_id == member) {
            continue;
        }
        let row = agent_skill::ActiveModel {
            id: Set(tx.new_id()),
            skill_id: Set(skill),
            member_id: Set(member),
            level: Set(level),
            ..Default::default()
        };
        tx.insert(row).await?;
    }
    Ok(())
}

fn checked(name: Option<&str>, agents: Option<&[SkilledAgentWish]>) -> Result<(), Problem> {
    let mut check = Check::default();
    name.into_iter().for_each(|name| check.name(name, "name"));
    let agents = agents.unwrap_or_default();
    check.need(agents.len() <= AGENTS_MOST, "agents", "too_many", &format!("At most {AGENTS_MOST} agents."));
    let in_range = agents.iter().all(|one| (1..=5).contains(&one.level));
    check.need(in_range, "agents", "out_of_range", "Levels are 1 to 5.");
    check.done()
}

fn taken(error: StoreError) -> Problem {
    match error {
        StoreError::Unique { .. } => Problem::conflict("name_taken", "A skill of this name is there already."),
        other => other.into(),
    }
}

async fn one(may: &May<Write<of::Queue>>, tx: &TenantTx, row: skill::Model) -> Result<Skill, Problem> {
    let held = tx.select::<agent_skill::Entity>().is(agent_skill::Column::SkillId, row.id).all().await?;
    Ok(show(tx, row, &held, &names(&may.app, tx).await?))
}

fn show(tx: &TenantTx, row: skill::Model, held: &[agent_skill::Model], names: &BTreeMap<Uuid, String>) -> Skill {
    let seen = held.iter().filter(|one| one.skill_id == row.id && tx.sees_member(one.member_id));
    let mut agents: Vec<SkilledAgent> = seen
        .map(|one| SkilledAgent {
            member: MemberId::from_uuid(one.member_id).to_string(),
            name: names.get(&one.member_id).cloned().unwrap_or_default(),
            level: one.level,
        })
        .collect();
    agents.sort_by(|left, right| (&left.name, &left.member).cmp(&(&right.name, &right.member)));
    Skill { id: SkillId::from_uuid(row.id).to_string(), name: row.name, agents, created_at: row.created_at }
}

crate::resource!(skill_list, skill_create, skill_patch, skill_remove);
