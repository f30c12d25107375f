//! How this node is: its parts and its figures, for the operator's page.

use axum::Json;
use serde::Serialize;
use utoipa::ToSchema;

use crate::kit::operator::Operator;

/// How this node is.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct SystemState {
    /// Version of the program.
    pub version: String,
    /// Whether new work may come.
    pub ready: bool,
    /// What must work for that.
    pub parts: Vec<SystemPart>,
    /// Figures as in `/metrics`, each once per set of labels; histograms left out.
    pub figures: Vec<SystemFigure>,
}

/// A part of the node.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct SystemPart {
    /// `accepting`, `database`, `lease`, `sip`, `media`.
    pub part: String,
    /// Works.
    pub ok: bool,
}

/// A figure.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct SystemFigure {
    /// `patchbay_calls` and the like.
    pub name: String,
    /// `state="used"`; empty for most.
    pub labels: String,
    /// Value.
    pub value: f64,
}

/// How this node is: its parts and its figures.
#[utoipa::path(get, path = "/v1/operator/system", operation_id = "operator_system", tag = "operator",
    security(("operator" = [])), responses((status = 200, body = SystemState)))]
pub async fn operator_system(operator: Operator) -> Json<SystemState> {
    let (mut parts, mut figures) = (Vec::new(), Vec::new());
    if let Some(observer) = operator.app.observer() {
        parts = observer.parts().await;
        figures = observer.figures().await;
    }
    let ready = !parts.is_empty() && parts.iter().all(|(_, ok)| *ok);
    let figure = |of: patchbay_plane::Figure| SystemFigure { name: of.name, labels: of.labels, value: of.value };
    Json(SystemState {
        version: operator.app.settings.version.clone(),
        ready,
        parts: parts.into_iter().map(|(part, ok)| SystemPart { part, ok }).collect(),
        figures: figures.into_iter().map(figure).collect(),
    })
}

crate::resource!(operator_system);
