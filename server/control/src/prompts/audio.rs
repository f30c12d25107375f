//! The sounds of a prompt over HTTP: sending a file, having a text spoken, listening, removing.

use axum::{
    Json,
    body::Bytes,
    extract::{DefaultBodyLimit, FromRequest, FromRequestParts, Path, Request},
    http::{StatusCode, header, request::Parts},
    response::{IntoResponse, Response},
};
use kernel::{PromptId, Uuid};
use patchbay_access::{Read, Write, resource::of};
use patchbay_kernel as kernel;
use patchbay_sound::{Shaped, decode::BYTES_MOST};
use sea_orm::{ActiveValue::Set, ColumnTrait, Condition, IntoActiveModel};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

use super::{
    routes::present,
    row::prompt_audio,
    sound,
    speech::{SpeechAsk, saying},
    studio::Studio,
    view::{Prompt, shown},
};
use crate::kit::{
    app::App,
    body::{Ask, Body},
    may::May,
    problem::{Or404, Problem},
};

/// Bytes of sound that one company may keep.
const COMPANY_BYTES: i64 = 2 << 30;

/// `{id}` and `{language}` of the path. 404 when either is none.
pub struct At(PromptId, String);

impl<S: Send + Sync> FromRequestParts<S> for At {
    type Rejection = Problem;
    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let path = Path::<(String, String)>::from_request_parts(parts, state).await;
        let Path((id, language)) = path.map_err(|_| Problem::not_found())?;
        let id = id.parse().map_err(|_| Problem::not_found())?;
        Ok(Self(id, language_of(&language).or_404()?))
    }
}

/// A BCP 47 tag as it is stored: `en`, `zh-Hans`, `pt-BR`. `None`: it is none.
pub fn language_of(text: &str) -> Option<String> {
    let mut parts = text.split('-');
    let first = parts.next().filter(|part| (2..=3).contains(&part.len()))?;
    let letters = |part: &str| !part.is_empty() && part.len() <= 8 && part.bytes().all(|it| it.is_ascii_alphanumeric());
    let good = text.len() <= 35 && first.bytes().all(|it| it.is_ascii_lowercase()) && parts.all(letters);
    good.then(|| text.to_owned())
}

/// A file as it came, with what the sender calls it.
pub struct SoundFile {
    kind: String,
    bytes: Bytes,
}

impl<S: Send + Sync> FromRequest<S> for SoundFile {
    type Rejection = Problem;
    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let kind = request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
        let kind = kind.unwrap_or_default().split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        let bytes = Bytes::from_request(request, state).await.map_err(|_| {
            Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "file_too_large", "The file is larger than 10 MB.")
        })?;
        Ok(Self { kind, bytes })
    }
}

/// How the sound came to be.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum SentAs {
    /// A file.
    #[default]
    Upload,
    /// Recorded in the browser.
    Recording,
}

/// About the file.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Sent {
    /// How it came to be.
    #[serde(default)]
    #[param(inline)]
    source: SentAs,
}

/// A text that becomes the sound.
#[derive(Clone, Debug, Deserialize, ToSchema)]
pub struct PromptSpeech {
    /// What is to be said, 2000 characters at most.
    pub text: String,
    /// Who says it; absent: whoever usually speaks the language.
    pub voice: Option<String>,
    /// Per cent of the usual pace, 50 to 200.
    #[schema(value_type = Option<i64>)]
    pub pace: Option<i64>,
}

/// Send the sound of a prompt in one language: WAV, MP3, Ogg Vorbis or FLAC, 10 MB and 10 minutes at most. It is brought to one
/// loudness; what was there before is replaced.
#[utoipa::path(put, path = "/v1/prompts/{id}/audio/{language}", operation_id = "prompt_audio_put", tag = "prompts",
    params(("id" = String, Path), ("language" = String, Path), Sent),
    request_body(content = String, content_type = "audio/wav"), security(("user" = ["prompts:write"])),
    responses((status = 200, body = Prompt)))]
pub async fn prompt_audio_put(
    may: May<Write<of::Prompt>>,
    At(id, language): At,
    Ask(sent): Ask<Sent>,
    file: SoundFile,
) -> Result<Json<Prompt>, Problem> {
    present(&may.read().await?, id).await?;
    let kind = file.kind.as_str();
    if !kind.starts_with("audio/") && !["application/octet-stream", "application/ogg"].contains(&kind) {
        let text = "The body must be a sound: audio/wav, audio/mpeg, audio/ogg, audio/flac.";
        return Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type", text));
    }
    let (recording, shaped) = sound::shaped(file.bytes.to_vec()).await?;
    let source = match sent.source {
        SentAs::Upload => "upload",
        SentAs::Recording => "recording",
    };
    let about = About { source, format: recording.kind.code(), text: None, voice: None };
    Ok(Json(keep(&may, (id, language), about, &shaped, Some(file.bytes.to_vec())).await?))
}

/// Have a text spoken as the sound of a prompt in one language; what was there before is replaced.
#[utoipa::path(put, path = "/v1/prompts/{id}/speech/{language}", operation_id = "prompt_speak", tag = "prompts",
    params(("id" = String, Path), ("language" = String, Path)), request_body = PromptSpeech,
    security(("user" = ["prompts:write"])), responses((status = 200, body = Prompt)))]
pub async fn prompt_speak(
    may: May<Write<of::Prompt>>,
    At(id, language): At,
    Body(ask): Body<PromptSpeech>,
) -> Result<Json<Prompt>, Problem> {
    let speech = {
        let tx = may.read().await?;
        present(&tx, id).await?;
        Studio::of(&may.app).voice(&tx).await?
    };
    let ask = SpeechAsk { text: ask.text, language: language.clone(), voice: ask.voice, pace: ask.pace };
    let saying = saying(&ask)?;
    let shaped = sound::spoken(&Studio::of(&may.app), may.tenant(), speech.as_ref(), &saying).await?;
    let about = About { source: "speech", format: "wav", text: Some(saying.text), voice: saying.voice };
    Ok(Json(keep(&may, (id, language), about, &shaped, None).await?))
}

/// Listen to a prompt.
#[utoipa::path(get, path = "/v1/prompts/{id}/audio/{language}", operation_id = "prompt_audio_get", tag = "prompts",
    params(("id" = String, Path), ("language" = String, Path)), security(("user" = ["prompts:read"])),
    responses((status = 200, description = "WAV at 16 kHz", content_type = "audio/wav", body = String)))]
pub async fn prompt_audio_get(may: May<Read<of::Prompt>>, At(id, language): At) -> Result<Response, Problem> {
    let audio = {
        let tx = may.read().await?;
        present(&tx, id).await?;
        tx.select::<prompt_audio::Entity>().filter(of_language(id, &language)).one().await?.or_404()?
    };
    let bytes = sound::for_ears(&may.app, may.tenant(), audio.id).await?;
    Ok(([(header::CONTENT_TYPE, "audio/wav")], bytes).into_response())
}

/// Remove the sound of a prompt in one language.
#[utoipa::path(delete, path = "/v1/prompts/{id}/audio/{language}", operation_id = "prompt_audio_remove", tag = "prompts",
    params(("id" = String, Path), ("language" = String, Path)), security(("user" = ["prompts:write"])),
    responses((status = 204)))]
pub async fn prompt_audio_remove(may: May<Write<of::Prompt>>, At(id, language): At) -> Result<StatusCode, Problem> {
    let mut tx = may.write().await?;
    let row = present(&tx, id).await?;
    let audio = tx.select::<prompt_audio::Entity>().filter(of_language(id, &language)).one().await?.or_404()?;
    let body = serde_json::json!({ "name": row.name, "language": language });
    tx.changed("prompt.audio_removed", "prompt", &id.to_string(), body).await?;
    tx.delete::<prompt_audio::Entity>(audio.id).await?;
    tx.commit().await?;
    sound::forget(&may.app, may.tenant(), audio.id).await;
    Ok(StatusCode::NO_CONTENT)
}

struct About {
    source: &'static str,
    format: &'static str,
    text: Option<String>,
    voice: Option<String>,
}

fn of_language(id: PromptId, language: &str) -> Condition {
    let of = Condition::all().add(prompt_audio::Column::PromptId.eq(id.uuid()));
    of.add(prompt_audio::Column::Language.eq(language))
}

/// Files first, under a name of their own, then the row; what it replaces goes last, so that a failure leaves what was.
async fn keep(
    may: &May<Write<of::Prompt>>,
    (id, language): (PromptId, String),
    about: About,
    shaped: &Shaped,
    original: Option<Vec<u8>>,
) -> Result<Prompt, Problem> {
    let (app, tenant) = (&may.app, may.tenant());
    let audio = kernel::id::uuid_v7(app.now(), app.chance().as_mut());
    let bytes = sound::keep(app, tenant, audio, shaped, original).await?;
    match written(may, (id, language), about, shaped, (audio, bytes)).await {
        Ok((out, replaced)) => {
            if let Some(old) = replaced {
                sound::forget(app, tenant, old).await;
            }
            Ok(out)
        }
        Err(why) => {
            sound::forget(app, tenant, audio).await;
            Err(why)
        }
    }
}

async fn written(
    may: &May<Write<of::Prompt>>,
    (id, language): (PromptId, String),
    about: About,
    shaped: &Shaped,
    (audio, bytes): (Uuid, i64),
) -> Result<(Prompt, Option<Uuid>), Problem> {
    let mut tx = may.write().await?;
    let row = present(&tx, id).await?;
    let body = serde_json::json!({ "name": row.name, "language": language, "source": about.source,
        "duration_ms": shaped.ms() });
    tx.changed("prompt.recorded", "prompt", &id.to_string(), body).await?;
    let all = tx.select::<prompt_audio::Entity>().all().await?;
    let before = all.iter().find(|one| one.prompt_id == id.uuid() && one.language == language).map(|one| one.id);
    let kept: i64 = all.iter().filter(|one| Some(one.id) != before).map(|one| one.bytes).sum();
    if kept + bytes > COMPANY_BYTES {
        return Err(Problem::conflict("limit_reached", "A company keeps at most 2 GB of prompts."));
    }
    if let Some(before) = before {
        tx.delete::<prompt_audio::Entity>(before).await?;
    }
    let sound = prompt_audio::ActiveModel {
        id: Set(audio),
        prompt_id: Set(id.uuid()),
        language: Set(language),
        source: Set(about.source.to_owned()),
        spoken_text: Set(about.text),
        voice: Set(about.voice),
        format: Set(about.format.to_owned()),
        duration_ms: Set(i32::try_from(shaped.ms()).unwrap_or(i32::MAX)),
        bytes: Set(bytes),
        gain_db: Set(shaped.gain_db.into()),
        wave: Set(serde_json::json!(shaped.wave)),
        created_at: Set(tx.at()),
        ..Default::default()
    };
    tx.insert(sound).await?;
    let mut change = row.into_active_model();
    change.updated_at = Set(tx.at());
    let row = tx.update(change).await?;
    let out = shown(&tx, row).await?;
    tx.commit().await?;
    Ok((out, before))
}

/// This resource's routes with their documentation; sounds are larger than other bodies.
pub fn routes() -> utoipa_axum::router::OpenApiRouter<App> {
    use utoipa_axum::routes;
    utoipa_axum::router::OpenApiRouter::new()
        .routes(routes!(prompt_audio_put))
        .routes(routes!(prompt_audio_get))
        .routes(routes!(prompt_audio_remove))
        .routes(routes!(prompt_speak))
        .layer(DefaultBodyLimit::max(BYTES_MOST))
}

#[cfg(test)]
mod tests {
    use super::language_of;

    #[test]
    fn a_language_is_a_tag_and_nothing_else() {
        for good in ["en", "zh-Hans", "zh-Hant-HK", "pt-BR", "yue"] {
            assert_eq!(language_of(good).as_deref(), Some(good));
        }
        for bad in ["", "e", "EN", "en-", "en_US", "../x", "en-<script>", "chinese", "zh-Hans-toolonganyway"] {
            assert_eq!(language_of(bad), None, "{bad}");
        }
    }
}
