//! A flow as people see it.

use std::collections::BTreeMap;

use kernel::{FlowId, FlowVersionId, UserId, Uuid};
use patchbay_ivr::{
    Finding, Severity,
    diff::Difference,
    sample::{Fault, Sample},
};
use patchbay_kernel as kernel;
use patchbay_tenancy::{StoreError, TenantTx};
use sea_orm::{ColumnTrait, Order};
use serde::Serialize;
use serde_json::Value as Json;
use time::OffsetDateTime;
use utoipa::ToSchema;

use super::{
    bundle::{self, Judged},
    row::{flow, flow_version},
};
use crate::{
    inventory::numbers::row as tenant_number,
    kit::{app::App, problem::Problem},
};

/// A flow in a list.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct FlowSummary {
    /// `flow_..`
    pub id: String,
    /// Name, unique in the company.
    pub name: String,
    /// The version that calls run; absent: none was published.
    pub live: Option<i64>,
    /// Whether the draft is other than the live version.
    pub is_changed: bool,
    /// The revision of the draft.
    pub revision: i64,
    /// Who changed the draft last, by name.
    pub changed_by: String,
    /// When.
    #[serde(with = "time::serde::rfc3339")]
    pub changed_at: OffsetDateTime,
    /// The company's numbers that lead here, with plus.
    pub numbers: Vec<String>,
}

/// A flow with its draft and what is to be said of it.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Flow {
    /// What lists show.
    #[serde(flatten)]
    pub summary: FlowSummary,
    /// The draft, in the form of the flow's documentation.
    #[schema(value_type = Object)]
    pub draft: Json,
    /// Sample calls, in order.
    pub samples: Vec<Sample>,
    /// What is wrong with the draft, worst first.
    pub findings: Vec<Finding>,
    /// How the draft does in each sample call, in their order.
    pub verdicts: Vec<SampleVerdict>,
    /// Whether nothing stands in the way of publishing.
    pub is_sound: bool,
}

/// How a draft does in a sample call.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct SampleVerdict {
    /// The sample's name.
    pub name: String,
    /// Why it fails; empty: it passes.
    pub faults: Vec<Fault>,
}

/// A version as it was published.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct FlowVersion {
    /// `flv_..`
    pub id: String,
    /// `flow_..`
    pub flow: String,
    /// 1, 2, 3.
    pub number: i64,
    /// What whoever published it says of it.
    pub note: String,
    /// What changed since the version that was live before.
    pub difference: Difference,
    /// Who, by name.
    pub published_by: String,
    /// When.
    #[serde(with = "time::serde::rfc3339")]
    pub published_at: OffsetDateTime,
    /// Whether calls run it.
    pub is_live: bool,
}

/// Names of people, and numbers by flow.
pub struct Around {
    people: BTreeMap<Uuid, String>,
    numbers: BTreeMap<Uuid, Vec<String>>,
}

impl Around {
    /// For these people. Fails as the store does.
    pub async fn of(app: &App, tx: &TenantTx, people: impl Iterator<Item = Uuid>) -> Result<Self, StoreError> {
        let bound = tx.select::<tenant_number::Entity>().filter(tenant_number::Column::FlowId.is_not_null());
        let mut numbers: BTreeMap<Uuid, Vec<String>> = BTreeMap::new();
        for row in bound.order_by(tenant_number::Column::E164, Order::Asc).all().await? {
            numbers.entry(row.flow_id.unwrap_or_default()).or_default().push(row.e164);
        }
        let ids: Vec<UserId> = people.map(UserId::from_uuid).collect();
        let people = app.database.system().users(&ids).await?;
        Ok(Self { people: people.into_iter().map(|user| (user.id, user.name)).collect(), numbers })
    }

    /// Somebody's name.
    pub fn name(&self, user: Uuid) -> String {
        self.people.get(&user).cloned().unwrap_or_default()
    }

    /// As lists show it; `live` is the graph of its live version.
    pub fn summary(&self, row: &flow::Model, live: Option<&Json>) -> FlowSummary {
        FlowSummary {
            id: FlowId::from_uuid(row.id).to_string(),
            name: row.name.clone(),
            live: row.live.map(i64::from),
            is_changed: live != Some(&row.draft),
            revision: row.revision.into(),
            changed_by: self.name(row.changed_by),
            changed_at: row.changed_at,
            numbers: self.numbers.get(&row.id).cloned().unwrap_or_default(),
        }
    }

    /// A version.
    pub fn version(&self, row: &flow_version::Model, live: Option<i32>) -> FlowVersion {
        FlowVersion {
            id: FlowVersionId::from_uuid(row.id).to_string(),
            flow: FlowId::from_uuid(row.flow_id).to_string(),
            number: row.number.into(),
            note: row.note.clone(),
            difference: serde_json::from_value(row.difference.clone()).unwrap_or_default(),
            published_by: self.name(row.published_by),
            published_at: row.published_at,
            is_live: live == Some(row.number),
        }
    }
}

/// The graph of the live version, if there is one. Fails as the store does.
pub async fn live_graph(tx: &TenantTx, row: &flow::Model) -> Result<Option<Json>, StoreError> {
    let Some(live) = row.live else { return Ok(None) };
    let version = tx.select::<flow_version::Entity>().is(flow_version::Column::FlowId, row.id);
    Ok(version.is(flow_version::Column::Number, live).one().await?.map(|version| version.graph))
}

/// The sample calls of a flow.
pub fn samples(row: &flow::Model) -> Vec<Sample> {
    serde_json::from_value(row.samples.clone()).unwrap_or_default()
}

/// A flow whole, with its draft judged. Fails as the store does.
pub async fn whole(app: &App, tx: &TenantTx, row: flow::Model) -> Result<Flow, Problem> {
    let live = live_graph(tx, &row).await?;
    let around = Around::of(app, tx, [row.changed_by].into_iter()).await?;
    let Judged { findings, verdicts, .. } = bundle::judge(tx, &row).await?;
    let is_sound = findings.iter().all(|finding| finding.severity != Severity::Error)
        && verdicts.iter().all(|verdict| verdict.faults.is_empty());
    Ok(Flow {
        summary: around.summary(&row, live.as_ref()),
        samples: samples(&row),
        draft: row.draft,
        findings,
        verdicts,
        is_sound,
    })
}
