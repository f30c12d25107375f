//! A flow together with the flows that it enters, and what only the company's data can say of it.

use std::{collections::BTreeMap, sync::Arc};

use kernel::{FlowId, PromptId, QueueId, SeatId, TeamId};
use patchbay_ivr::{Bundle, Finding, Graph, NodeName, check, check::Code, graph::Edition};
use patchbay_kernel as kernel;
use patchbay_tenancy::{StoreError, TenantTx};

use super::{
    row::flow,
    view::{SampleVerdict, live_graph, samples},
};
use crate::{
    kit::problem::Problem, people::organisation_row::team, prompts::row::prompt, queues::row::queue, seats::row::seat,
};

/// Flows that one call may reach.
const MOST: usize = 50;

/// A draft, judged.
pub struct Judged {
    /// The draft as it was read.
    pub graph: Graph,
    /// It and every flow that a call may come to from it.
    pub bundle: Arc<Bundle>,
    /// What is wrong with it.
    pub findings: Vec<Finding>,
    /// How it does in the sample calls.
    pub verdicts: Vec<SampleVerdict>,
}

/// Judges the draft of a flow. Fails as the store does.
pub async fn judge(tx: &TenantTx, row: &flow::Model) -> Result<Judged, Problem> {
    let graph = Graph::read(&row.draft).map_err(|why| Problem::internal(format!("a draft is unreadable: {why:?}")))?;
    let (bundle, findings) = gather(tx, FlowId::from_uuid(row.id), 0, graph.clone()).await?;
    let bundle = Arc::new(bundle);
    let verdict = |sample: patchbay_ivr::sample::Sample| SampleVerdict {
        faults: sample.judge(bundle.clone()).1,
        name: sample.name,
    };
    let verdicts = samples(row).into_iter().map(verdict).collect();
    Ok(Judged { graph, bundle, findings, verdicts })
}

/// The graph with every flow that a call may come to from it, as they are live now; and everything that is wrong with it. Fails as
/// the store does.
pub async fn gather(
    tx: &TenantTx,
    id: FlowId,
    version: u32,
    graph: Graph,
) -> Result<(Bundle, Vec<Finding>), StoreError> {
    let mut findings = check::check(&graph);
    let root = id.to_string();
    let mut open: Vec<(NodeName, String)> =
        graph.other_flows().map(|(node, flow)| (node.clone(), flow.to_owned())).collect();
    missing(tx, &graph, &mut findings).await?;
    let mut flows = BTreeMap::from([(root.clone(), Edition { version, graph })]);
    // Every way is followed with the node of this flow at which it begins: that is where people look.
    while let Some((node, name)) = open.pop() {
        if name == root {
            findings.push(at(Code::FlowCircle, &node, &name));
            continue;
        }
        if flows.contains_key(&name) || flows.len() >= MOST {
            continue;
        }
        match published(tx, &name).await? {
            Ok(edition) => {
                open.extend(edition.graph.other_flows().map(|(_, flow)| (node.clone(), flow.to_owned())));
                flows.insert(name, edition);
            }
            Err(code) => findings.push(at(code, &node, &name)),
        }
    }
    findings.sort();
    findings.dedup();
    Ok((Bundle { flow: root, flows }, findings))
}

async fn published(tx: &TenantTx, name: &str) -> Result<Result<Edition, Code>, StoreError> {
    let Ok(id) = name.parse::<FlowId>() else { return Ok(Err(Code::UnknownReference)) };
    let Some(row) = tx.find::<flow::Entity>(id.uuid()).await? else { return Ok(Err(Code::UnknownReference)) };
    let graph = live_graph(tx, &row).await?.and_then(|graph| Graph::read(&graph).ok());
    let version = row.live.and_then(|live| u32::try_from(live).ok()).unwrap_or_default();
    Ok(graph.map(|graph| Edition { version, graph }).ok_or(Code::UnpublishedFlow))
}

/// Seats, teams, queues and prompts that the company does not have.
async fn missing(tx: &TenantTx, graph: &Graph, findings: &mut Vec<Finding>) -> Result<(), StoreError> {
    for (name, node) in &graph.nodes {
        for (what, id) in node.kind.node().references() {
            let there = match what {
                "seat" => match id.parse::<SeatId>() {
                    Ok(seat) => {
                        tx.find_whole::<seat::Entity>(seat.uuid()).await?.is_some_and(|row| row.state == "active")
                    }
                    Err(_) => false,
                },
                "team" => match id.parse::<TeamId>() {
                    Ok(team) => tx.find::<team::Entity>(team.uuid()).await?.is_some(),
                    Err(_) => false,
                },
                "queue" => match id.parse::<QueueId>() {
                    Ok(queue) => tx.find::<queue::Entity>(queue.uuid()).await?.is_some(),
                    Err(_) => false,
                },
                "prompt" => match id.parse::<PromptId>() {
                    Ok(prompt) => {
                        tx.find::<prompt::Entity>(prompt.uuid()).await?.is_some_and(|row| row.removed_at.is_none())
                    }
                    Err(_) => false,
                },
                _ => true,
            };
            if !there {
                findings.push(at(Code::UnknownReference, name, id));
            }
        }
    }
    Ok(())
}

fn at(code: Code, node: &NodeName, detail: &str) -> Finding {
    Finding {
        severity: code.severity(),
        code,
        node: Some(node.to_string()),
        field: None,
        detail: Some(detail.to_owned()),
    }
}
