//! The simulated carrier: people who call on demand.

use axum::{Json, http::StatusCode};
use kernel::NumberId;
use patchbay_access::{Operate, Read, resource::of};
use patchbay_kernel as kernel;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    inventory::numbers,
    kit::{
        body::Body,
        may::May,
        problem::{Or404, Problem},
    },
};

/// What can be tried here.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Lab {
    /// There is a simulated carrier.
    pub available: bool,
    /// A number that answers and echoes.
    pub echo_number: Option<String>,
    /// Who can be made to call.
    pub personas: Vec<Persona>,
}

/// A simulated person.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Persona {
    /// Stable name.
    pub key: String,
    /// What they do.
    pub text: String,
}

/// Who shall call which of one's numbers.
#[derive(Clone, Debug, Deserialize, ToSchema)]
pub struct LabRing {
    /// With plus; one of the company's.
    pub number: String,
    /// Key of the person.
    pub persona: String,
}

/// What can be tried here.
#[utoipa::path(get, path = "/v1/lab", operation_id = "lab", tag = "lab", security(("user" = ["lab:read"])),
    responses((status = 200, body = Lab)))]
pub async fn lab(may: May<Read<of::Lab>>) -> Json<Lab> {
    let there = may.app.lab();
    let personas = there.map(patchbay_plane::Lab::personas).unwrap_or_default();
    Json(Lab {
        available: there.is_some(),
        echo_number: there.map(patchbay_plane::Lab::echo_number),
        personas: personas.into_iter().map(|(key, text)| Persona { key, text }).collect(),
    })
}

/// Have a simulated person call one of the company's numbers.
#[utoipa::path(post, path = "/v1/lab/ring", operation_id = "lab_ring", tag = "lab", request_body = LabRing,
    security(("user" = ["lab:operate"])), responses((status = 202)))]
pub async fn lab_ring(may: May<Operate<of::Lab>>, Body(ask): Body<LabRing>) -> Result<StatusCode, Problem> {
    let tx = may.read().await?;
    let own = tx.select::<numbers::row::Entity>().is(numbers::row::Column::E164, ask.number.as_str()).one().await?;
    drop(tx);
    let own = own.or_404()?;
    let no_lab = || Problem::new(StatusCode::NOT_FOUND, "no_lab", "There is no simulated carrier here.");
    let lab = may.app.lab().ok_or_else(no_lab)?;
    if !lab.personas().iter().any(|(key, _)| *key == ask.persona) {
        return Err(Problem::field("persona", "unknown_persona", "There is nobody of that name."));
    }
    let tx = may.write().await?;
    let number = NumberId::from_uuid(own.id).to_string();
    tx.noted("lab.rang", "number", &number, serde_json::json!({ "number": own.e164, "persona": ask.persona }));
    tx.commit().await?;
    lab.ring(&own.e164, &ask.persona).await.map_err(|why| Problem::conflict("lab_failed", why.to_string()))?;
    Ok(StatusCode::ACCEPTED)
}

crate::resource!(lab, lab_ring);
