//! Prompts as they are shown.

use kernel::PromptId;
use patchbay_kernel as kernel;
use patchbay_tenancy::{StoreError, TenantTx};
use sea_orm::{ColumnTrait, Order};
use serde::Serialize;
use time::OffsetDateTime;
use utoipa::ToSchema;

use super::row::{prompt, prompt_audio, prompt_use};

/// What callers are played.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Prompt {
    /// `prm_..`
    pub id: String,
    /// Name, unique in the company.
    pub name: String,
    /// Its sounds, by language.
    pub audio: Vec<PromptAudio>,
    /// What plays it; as long as something does, it is not removed.
    pub used_by: Vec<PromptUse>,
    /// Since when.
    #[serde(with = "time::serde::rfc3339")]
    pub created_at: OffsetDateTime,
    /// Last change of name or sound.
    #[serde(with = "time::serde::rfc3339")]
    pub updated_at: OffsetDateTime,
}

/// Its sound in one language.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct PromptAudio {
    /// BCP 47: `en`, `zh-Hans`.
    pub language: String,
    /// `upload`, `recording` (in the browser) or `speech` (a text that was spoken).
    pub source: String,
    /// The text, where it was spoken.
    pub text: Option<String>,
    /// Who spoke it.
    pub voice: Option<String>,
    /// What the file was: `wav`, `mp3`, `ogg`, `flac`.
    pub format: String,
    /// Its length in milliseconds.
    pub duration_ms: i64,
    /// What was added to its loudness, in tenths of a dB.
    pub gain_ddb: i64,
    /// How loud it is from place to place, 0 to 100.
    pub wave: Vec<i64>,
    /// Since when.
    #[serde(with = "time::serde::rfc3339")]
    pub created_at: OffsetDateTime,
}

/// Something that plays a prompt.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct PromptUse {
    /// `flow`, `queue`, `number`.
    pub kind: String,
    /// What it is called.
    pub name: String,
}

/// These prompts with what belongs to them.
pub async fn show(tx: &TenantTx, rows: Vec<prompt::Model>) -> Result<Vec<Prompt>, StoreError> {
    let ids: Vec<kernel::Uuid> = rows.iter().map(|row| row.id).collect();
    let audio = tx.select::<prompt_audio::Entity>().filter(prompt_audio::Column::PromptId.is_in(ids.clone()));
    let audio = audio.order_by(prompt_audio::Column::Language, Order::Asc).all().await?;
    let uses = tx.select::<prompt_use::Entity>().filter(prompt_use::Column::PromptId.is_in(ids));
    let uses = uses.order_by(prompt_use::Column::Name, Order::Asc).all().await?;
    let of = |row: prompt::Model| Prompt {
        id: PromptId::from_uuid(row.id).to_string(),
        name: row.name,
        audio: audio.iter().filter(|one| one.prompt_id == row.id).map(sound).collect(),
        used_by: uses
            .iter()
            .filter(|one| one.prompt_id == row.id)
            .map(|one| PromptUse { kind: one.user_kind.clone(), name: one.name.clone() })
            .collect(),
        created_at: row.created_at,
        updated_at: row.updated_at,
    };
    Ok(rows.into_iter().map(of).collect())
}

/// One prompt.
pub async fn shown(tx: &TenantTx, row: prompt::Model) -> Result<Prompt, StoreError> {
    show(tx, vec![row]).await?.pop().ok_or(StoreError::NotFound)
}

fn sound(row: &prompt_audio::Model) -> PromptAudio {
    let wave = row.wave.as_array().into_iter().flatten();
    PromptAudio {
        language: row.language.clone(),
        source: row.source.clone(),
        text: row.spoken_text.clone(),
        voice: row.voice.clone(),
        format: row.format.clone(),
        duration_ms: row.duration_ms.into(),
        gain_ddb: (row.gain_db * 10.0).round() as i64,
        wave: wave.filter_map(serde_json::Value::as_i64).collect(),
        created_at: row.created_at,
    }
}
