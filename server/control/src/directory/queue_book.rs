//! What the queues of a company tell, written behind: states of agents in the order in which they came, stays in queues. Several
//! go into one transaction; of what one store refuses, the others are tried alone.

use std::{collections::HashMap, sync::Arc, time::Duration};

use kernel::{CallId, MemberId, QueueId, ReasonCodeId, TenantId, Uuid, Wall};
use patchbay_kernel as kernel;
use patchbay_plane::{
    AgentNews, QueueNews, QueueVisit,
    acd::{agent::Reason, distributor::State},
};
use patchbay_tenancy::{StoreError, TenantTx};
use sea_orm::{ActiveValue::Set, IntoActiveModel};
use tokio::sync::mpsc;

use super::Core;
use crate::{
    agents::{
        row::agent_state,
        state::{AgentStateWord, announce, is_free, remember},
    },
    live::News,
    queues::row::{queue, queue_visit, reason_code},
};

/// Time to gather.
const GATHER: Duration = Duration::from_millis(15);
/// Pieces of one batch at most.
const MOST: usize = 256;

/// Until the sender is gone.
pub(super) async fn write_behind(core: Arc<Core>, mut inbox: mpsc::UnboundedReceiver<QueueNews>) {
    while let Some(first) = inbox.recv().await {
        tokio::time::sleep(GATHER).await;
        let mut pages: HashMap<TenantId, Vec<QueueNews>> = HashMap::new();
        let mut next = Some(first);
        let mut count = 0;
        while let Some(news) = next {
            count += 1;
            pages.entry(news.tenant()).or_default().push(news);
            next = if count < MOST { inbox.try_recv().ok() } else { None };
        }
        for (tenant, page) in pages {
            if let Err(error) = write(&core, tenant, &page).await {
                tracing::warn!(%tenant, %error, pieces = page.len(), "News of queues are written one by one");
                for news in &page {
                    if let Err(error) = write(&core, tenant, std::slice::from_ref(news)).await {
                        tracing::warn!(%tenant, %error, "News of a queue were not written");
                    }
                }
            }
            // After the rows: whoever looks now sees what is told.
            if page.iter().any(|news| matches!(news, QueueNews::Moved { .. })) {
                core.parts.feed.tell(News::Queues(tenant));
            }
        }
    }
}

async fn write(core: &Core, tenant: TenantId, page: &[QueueNews]) -> Result<(), StoreError> {
    if page.iter().all(|news| matches!(news, QueueNews::Moved { .. })) {
        return Ok(());
    }
    let mut tx = core.database().tenant(tenant, core.stamp()).await?;
    // The turn is taken before reading, as whoever wishes takes it.
    tx.take_turn().await?;
    for news in page {
        match news {
            QueueNews::Agent(news) => agent(&mut tx, news).await?,
            QueueNews::Visit(news) => visit(&tx, news).await?,
            QueueNews::Repaired { member, call, .. } => {
                tracing::warn!(%tenant, agent = %member, call.id = %call, "A state that had lasted too long was ended");
            }
            QueueNews::Moved { .. } => {}
        }
    }
    // States of agents are no settings: nothing that was remembered of routing rests on them.
    tx.commit_aside().await.map(drop)
}

/// A state as it is stored: word, call, reason code, cause.
type Stored = (AgentStateWord, Option<CallId>, Option<ReasonCodeId>, Option<&'static str>);

fn stored(state: State) -> Stored {
    match state {
        State::Offline => (AgentStateWord::Offline, None, None, None),
        State::Ready => (AgentStateWord::Ready, None, None, None),
        State::Offered(call) => (AgentStateWord::Offered, Some(call), None, None),
        State::OnCall(call) => (AgentStateWord::OnCall, Some(call), None, None),
        State::WrapUp(call) => (AgentStateWord::WrapUp, Some(call), None, None),
        State::NotReady(Reason::Code(code)) => (AgentStateWord::NotReady, None, code, None),
        State::NotReady(Reason::Missed) => (AgentStateWord::NotReady, None, None, Some("missed")),
        State::NotReady(Reason::Supervisor) => (AgentStateWord::NotReady, None, None, Some("supervisor")),
        State::Reconnecting(call) => (AgentStateWord::Reconnecting, call, None, None),
    }
}

async fn agent(tx: &mut TenantTx, news: &AgentNews) -> Result<(), StoreError> {
    let Some(before) = tx.find::<agent_state::Entity>(news.member.uuid()).await? else { return Ok(()) };
    let (word, call, code, cause) = stored(news.state);
    let codes = tx.select::<reason_code::Entity>().all().await?;
    let name = |id: Option<Uuid>| codes.iter().find(|code| Some(code.id) == id).map(|code| code.name.clone());
    // A code that was removed meanwhile is no reason any more.
    let code = code.map(ReasonCodeId::uuid).filter(|id| codes.iter().any(|code| code.id == *id));
    let (call, until) = (call.map(CallId::uuid), news.until.map(Wall::to_offset));
    let same = before.state == word.as_str() && before.call_id == call && before.reason_id == code;
    let followed = before.wished_at.map_or(0, |at| Wall::from_offset(at).0) == news.wished_at;
    let mut row = before.clone().into_active_model();
    if is_free(word) && followed {
        row.wish = Set(word.as_str().to_owned());
        row.wish_reason_id = Set(code);
    }
    row.until = Set(until);
    row.cause = Set(cause.map(str::to_owned));
    if same {
        tx.update(row).await?;
        return Ok(());
    }
    let at = news.since.to_offset().max(before.since);
    remember(tx, &before, name(before.reason_id), at).await?;
    (row.state, row.reason_id, row.call_id) = (Set(word.as_str().to_owned()), Set(code), Set(call));
    row.since = Set(at);
    let row = tx.update(row).await?;
    announce(tx, &row, name(code).as_deref()).await
}

async fn visit(tx: &TenantTx, news: &QueueVisit) -> Result<(), StoreError> {
    let visit = &news.visit;
    let row = tx.find::<queue::Entity>(visit.queue.uuid()).await?;
    let turns = serde_json::to_value(&visit.turns).map_err(|error| StoreError::Other(error.to_string()))?;
    let outcome = serde_json::to_value(visit.outcome).ok().and_then(|word| word.as_str().map(str::to_owned));
    let outcome = outcome.unwrap_or_default();
    let row = queue_visit::ActiveModel {
        id: Set(tx.new_id()),
        call_id: Set(visit.call.uuid()),
        queue_id: Set(visit.queue.uuid()),
        queue_name: Set(row.as_ref().map(|row| row.name.clone()).unwrap_or_default()),
        caller: Set(news.caller.clone()),
        entered_at: Set(news.entered.to_offset()),
        left_at: Set(news.left.to_offset()),
        waited_ms: Set(i64::try_from(visit.waited.as_ms()).unwrap_or(i64::MAX)),
        level_s: Set(row.as_ref().map_or(0, |row| row.service_level_s)),
        outcome: Set(outcome),
        member_id: Set(visit.agent.map(MemberId::uuid)),
        next_queue_id: Set(visit.next.map(QueueId::uuid)),
        turns: Set(turns),
        turns_lost: Set(i32::try_from(visit.turns_lost).unwrap_or(i32::MAX)),
        ..Default::default()
    };
    tx.insert(row).await.map(drop)
}
