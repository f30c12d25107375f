//! Answers go into the books together with the record of their call: once, or not at all.

use kernel::{FlowId, QueueId};
use patchbay_kernel as kernel;
use patchbay_plane::{CallRecord, SurveyAnswer};
use patchbay_tenancy::{StoreError, TenantTx, many::Happening};
use sea_orm::ActiveValue::Set;
use serde_json::json;

use super::row::survey_answer;
use crate::{queues::row::queue, seats::row::seat};

/// Keeps what the caller of this call answered; what is to be told of it. Say it once for each record.
///
/// # Errors
/// As the store fails.
pub async fn keep(tx: &TenantTx, record: &CallRecord) -> Result<Vec<Happening>, StoreError> {
    let mut told = Vec::new();
    let Some(flow) = &record.flow else { return Ok(told) };
    for answer in &flow.answers {
        let row = survey_answer::ActiveModel {
            id: Set(tx.new_id()),
            call_id: Set(record.started.call.uuid()),
            flow_id: Set(flow.flow.parse::<FlowId>().ok().map(FlowId::uuid)),
            flow_name: Set(flow.name.clone()),
            question: Set(answer.question.clone()),
            score: Set(answer.score.min(9).into()),
            queue_id: Set(answer.queue.map(QueueId::uuid)),
            queue_name: Set(queue_name(tx, answer).await?),
            seat_id: Set(answer.seat.map(|seat| seat.uuid())),
            member_id: Set(member(tx, answer).await?),
            at_ms: Set(record.ended_at.unix_ms()),
            ..Default::default()
        };
        let row = tx.insert(row).await?;
        let body = json!({
            "question": row.question,
            "score": row.score,
            "queue": answer.queue.map(|id| id.to_string()),
            "seat": answer.seat.map(|id| id.to_string()),
        });
        told.push(Happening { kind: "survey.answered", entity_id: record.started.call.to_string(), body });
    }
    Ok(told)
}

async fn queue_name(tx: &TenantTx, answer: &SurveyAnswer) -> Result<Option<String>, StoreError> {
    let Some(id) = answer.queue else { return Ok(None) };
    Ok(tx.find::<queue::Entity>(id.uuid()).await?.map(|row| row.name))
}

async fn member(tx: &TenantTx, answer: &SurveyAnswer) -> Result<Option<kernel::Uuid>, StoreError> {
    let Some(id) = answer.seat else { return Ok(None) };
    Ok(tx.find_whole::<seat::Entity>(id.uuid()).await?.and_then(|row| row.member_id))
}
