//! The simulated carrier: people who call on demand.

use axum::{Json, http::StatusCode};
use kernel::NumberId;
use patchbay_access::{Operate, Read, resource::of};
use patchbay_kernel as kernel;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    inventory::{number_checks, numbers},
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

/// Who is called at which number, and what they press.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LabAnswer {
    /// With plus; one of the company's, or one that it has checked.
    pub number: String,
    /// Digits, `*` and `#`; at most 20.
    pub keys: String,
}

/// Have whoever is called next at a number of the simulated carrier answer and press these keys.
#[utoipa::path(post, path = "/v1/lab/answer", operation_id = "lab_answer", tag = "lab", request_body = LabAnswer,
    security(("user" = ["lab:operate"])), responses((status = 202)))]
pub async fn lab_answer(may: May<Operate<of::Lab>>, Body(ask): Body<LabAnswer>) -> Result<StatusCode, Problem> {
    let keys = (1..=20).contains(&ask.keys.len());
    let keys = keys && ask.keys.bytes().all(|key| key.is_ascii_digit() || matches!(key, b'*' | b'#'));
    if !keys {
        return Err(Problem::field("keys", "invalid", "Digits, * and #, at most 20."));
    }
    let tx = may.read().await?;
    let number = ask.number.as_str();
    let own = tx.select::<numbers::row::Entity>().is(numbers::row::Column::E164, number).one().await?.is_some();
    let checked = tx.select::<number_checks::row::Entity>().is(number_checks::row::Column::E164, number);
    let checked = checked.one().await?.is_some();
    drop(tx);
    (own || checked).then_some(()).or_404()?;
    let no_lab = || Problem::new(StatusCode::NOT_FOUND, "no_lab", "There is no simulated carrier here.");
    let lab = may.app.lab().ok_or_else(no_lab)?;
    let tx = may.write().await?;
    // What is keyed in may be a code: only that somebody will answer is written down.
    tx.noted("lab.answers", "number", number, serde_json::json!({ "number": number }));
    tx.commit().await?;
    lab.keys_in(number, &ask.keys);
    Ok(StatusCode::ACCEPTED)
}

crate::resource!(lab, lab_ring, lab_answer);
