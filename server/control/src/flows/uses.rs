//! What flows use: the prompts that they play, kept beside the prompts, and what stands in the way of removing something.

use std::collections::BTreeSet;

use kernel::{FlowId, PromptId, Uuid};
use patchbay_ivr::Graph;
use patchbay_kernel as kernel;
use patchbay_tenancy::{StoreError, TenantTx};
use sea_orm::{ActiveValue::Set, ColumnTrait, Condition};

use super::{
    row::{flow, flow_version},
    view::live_graph,
};
use crate::prompts::row::{prompt, prompt_use};

/// As `user_kind` says it.
const KIND: &str = "flow";

/// Writes down anew which prompts a flow plays: its draft, and the version that calls run.
pub async fn write(tx: &TenantTx, row: &flow::Model) -> Result<(), StoreError> {
    forget(tx, row.id).await?;
    let live = live_graph(tx, row).await?.and_then(|graph| Graph::read(&graph).ok());
    let draft = Graph::read(&row.draft).ok();
    let played: BTreeSet<Uuid> = [live, draft].iter().flatten().flat_map(prompts).collect();
    for id in played {
        // One that is gone, or was never the company's, is a finding of the flow and no use.
        if tx.find::<prompt::Entity>(id).await?.is_none_or(|prompt| prompt.removed_at.is_some()) {
            continue;
        }
        let one = prompt_use::ActiveModel {
            id: Set(tx.new_id()),
            prompt_id: Set(id),
            user_kind: Set(KIND.to_owned()),
            user_id: Set(row.id),
            name: Set(row.name.clone()),
            ..Default::default()
        };
        tx.insert(one).await?;
    }
    Ok(())
}

/// The flow plays nothing any more.
pub async fn forget(tx: &TenantTx, flow: Uuid) -> Result<(), StoreError> {
    let own = Condition::all().add(prompt_use::Column::UserKind.eq(KIND)).add(prompt_use::Column::UserId.eq(flow));
    tx.delete_many::<prompt_use::Entity>(own).await.map(|_| ())
}

fn prompts(graph: &Graph) -> Vec<Uuid> {
    let of = |(what, id): (&str, &str)| (what == "prompt").then(|| id.parse::<PromptId>().ok()).flatten();
    let all = graph.nodes.values().flat_map(|node| node.kind.node().references());
    all.filter_map(of).map(PromptId::uuid).collect()
}

/// The first other flow, by name, whose live version refers to this: a `queue`, or a `flow` that it enters or goes to.
pub async fn live_user(tx: &TenantTx, what: &str, id: &str, but: Option<FlowId>) -> Result<Option<String>, StoreError> {
    let rows = tx.select::<flow::Entity>().order_by(flow::Column::Name, sea_orm::Order::Asc).all().await?;
    for row in rows.iter().filter(|row| row.live.is_some() && Some(row.id) != but.map(FlowId::uuid)) {
        let version = tx.select::<flow_version::Entity>().is(flow_version::Column::FlowId, row.id);
        let version = version.is(flow_version::Column::Number, row.live.unwrap_or_default()).one().await?;
        let Some(graph) = version.and_then(|version| Graph::read(&version.graph).ok()) else { continue };
        let refers = |graph: &Graph| match what {
            "flow" => graph.other_flows().any(|(_, other)| other == id),
            what => graph.nodes.values().any(|node| node.kind.node().references().contains(&(what, id))),
        };
        if refers(&graph) {
            return Ok(Some(row.name.clone()));
        }
    }
    Ok(None)
}
