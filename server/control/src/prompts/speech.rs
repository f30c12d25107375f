//! Who speaks texts, and how something would sound.

use axum::{
    Json,
    http::header,
    response::{IntoResponse, Response},
};
use patchbay_access::{Read, Write, resource::of};
use patchbay_codec::wav;
use patchbay_sound::speech::{CHARS_MOST, Saying};
use patchbay_tenancy::TenantTx;
use sea_orm::{ActiveValue::Set, IntoActiveModel};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{
    audio::language_of,
    row::speech_endpoint,
    sound,
    studio::{Studio, context, endpoint},
};
use crate::{
    kit::{
        app::App,
        body::{Body, Check},
        may::May,
        problem::Problem,
    },
    webhooks::address::Address,
};

/// Voices of an endpoint that can be listed.
const VOICES_MOST: usize = 50;

/// Who speaks.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct SpeechSettings {
    /// `installed`: programs of this machine, nothing leaves it. `endpoint`: the company's own choice.
    pub engine: String,
    /// Where texts are sent; absent with `installed`.
    pub url: Option<String>,
    /// The model that is asked for.
    pub model: Option<String>,
    /// Whether a key is kept for it; the key itself is never shown.
    pub has_key: bool,
    /// Who can be asked for.
    pub voices: Vec<SpeechVoice>,
}

/// Somebody who speaks.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct SpeechVoice {
    /// Its name.
    pub name: String,
    /// BCP 47 of what it speaks; absent: any.
    pub language: Option<String>,
}

/// Who is to speak from now on.
#[derive(Clone, Debug, Deserialize, ToSchema)]
pub struct SpeechSet {
    /// An endpoint that speaks as OpenAI's `/v1/audio/speech` does; absent: the programs of this machine.
    pub url: Option<String>,
    /// Its key; absent: the one that is kept, as long as the address stays.
    pub key: Option<String>,
    /// The model; `tts-1` unless told otherwise.
    pub model: Option<String>,
    /// Names of its voices, the first is the usual one.
    pub voices: Option<Vec<String>>,
}

/// A text to be spoken.
#[derive(Clone, Debug, Deserialize, ToSchema)]
pub struct SpeechAsk {
    /// What is to be said, 2000 characters at most.
    pub text: String,
    /// BCP 47: `en`, `zh-Hans`.
    pub language: String,
    /// Who says it; absent: whoever usually speaks the language.
    pub voice: Option<String>,
    /// Per cent of the usual pace, 50 to 200.
    #[schema(value_type = Option<i64>)]
    pub pace: Option<i64>,
}

/// Who speaks for this company, and with which voices.
#[utoipa::path(get, path = "/v1/speech", operation_id = "speech_get", tag = "prompts",
    security(("user" = ["prompts:read"])), responses((status = 200, body = SpeechSettings)))]
pub async fn speech_get(may: May<Read<of::Prompt>>) -> Result<Json<SpeechSettings>, Problem> {
    let tx = may.read().await?;
    Ok(Json(settings(&may.app, &tx).await?))
}

/// Choose who speaks.
#[utoipa::path(put, path = "/v1/speech", operation_id = "speech_put", tag = "prompts", request_body = SpeechSet,
    security(("user" = ["prompts:write"])), responses((status = 200, body = SpeechSettings)))]
pub async fn speech_put(
    may: May<Write<of::Prompt>>,
    Body(ask): Body<SpeechSet>,
) -> Result<Json<SpeechSettings>, Problem> {
    let mut check = Check::default();
    let address = ask.url.as_deref().and_then(|url| match Address::parse(url, may.app.settings.private_webhooks) {
        Ok(address) => Some(address),
        Err(why) => {
            check.need(false, "url", why.code(), &why.to_string());
            None
        }
    });
    let model = ask.model.clone().unwrap_or_else(|| "tts-1".into());
    check.name(&model, "model");
    let voices = ask.voices.clone().unwrap_or_else(|| vec!["alloy".into()]);
    check.need((1..=VOICES_MOST).contains(&voices.len()), "voices", "invalid", "From one to 50 voices.");
    voices.iter().for_each(|voice| check.name(voice, "voices"));
    let key_fits = |key: &String| (1..=500).contains(&key.len()) && key.bytes().all(|it| it.is_ascii_graphic());
    check.need(ask.key.as_ref().is_none_or(key_fits), "key", "invalid", "A key has 1 to 500 visible characters.");
    check.done()?;
    let mut tx = may.write().await?;
    let tenant = may.tenant().to_string();
    let before = endpoint(&tx).await?;
    let body = serde_json::json!({
        "engine": if address.is_some() { "endpoint" } else { "installed" },
        "host": address.as_ref().map(Address::host), "model": address.as_ref().map(|_| &model),
    });
    tx.changed("speech.updated", "speech", &tenant, body).await?;
    match (address, before) {
        (None, Some(before)) => drop(tx.delete::<speech_endpoint::Entity>(before.id).await?),
        (None, None) => {}
        (Some(address), before) => {
            let context = context(may.tenant());
            let key = ask.key.map(|key| may.app.sealer.seal(&key, &context, may.app.chance().as_mut()));
            // A key goes to the address that it was given for and to no other.
            let kept = before.as_ref().filter(|it| it.url == address.as_str()).and_then(|it| it.key_sealed.clone());
            let mut change = before.clone().map_or_else(Default::default, IntoActiveModel::into_active_model);
            change.url = Set(address.as_str().to_owned());
            change.key_sealed = Set(key.or(kept));
            change.model = Set(model.trim().to_owned());
            change.voices = Set(serde_json::json!(voices));
            change.updated_at = Set(tx.at());
            if before.is_some() {
                tx.update(change).await?;
            } else {
                change.id = Set(tx.new_id());
                tx.insert(change).await?;
            }
        }
    }
    let out = settings(&may.app, &tx).await?;
    tx.commit().await?;
    Ok(Json(out))
}

/// Hear how a text would sound; nothing is changed.
#[utoipa::path(post, path = "/v1/speech/preview", operation_id = "speech_preview", tag = "prompts", request_body = SpeechAsk,
    security(("user" = ["prompts:write"])),
    responses((status = 200, description = "WAV at 16 kHz", content_type = "audio/wav", body = String)))]
pub async fn speech_preview(may: May<Write<of::Prompt>>, Body(ask): Body<SpeechAsk>) -> Result<Response, Problem> {
    let saying = saying(&ask)?;
    let speech = {
        let tx = may.read().await?;
        Studio::of(&may.app).voice(&tx).await?
    };
    let shaped = sound::spoken(&Studio::of(&may.app), may.tenant(), speech.as_ref(), &saying).await?;
    Ok(([(header::CONTENT_TYPE, "audio/wav")], wav::write_as(&shaped.wide, 16_000, 1)).into_response())
}

/// What is asked for, checked.
pub fn saying(ask: &SpeechAsk) -> Result<Saying, Problem> {
    let mut check = Check::default();
    let length = ask.text.trim().chars().count();
    check.need(length > 0, "text", "required", "Something must stand here.");
    check.need(length <= CHARS_MOST, "text", "too_long", "At most 2000 characters.");
    check.need(language_of(&ask.language).is_some(), "language", "invalid", "A language such as en or zh-Hans.");
    let pace = ask.pace.unwrap_or(100);
    check.need((50..=200).contains(&pace), "pace", "out_of_range", "From 50 to 200 per cent.");
    ask.voice.iter().for_each(|voice| check.name(voice, "voice"));
    check.done()?;
    Ok(Saying {
        text: ask.text.trim().to_owned(),
        language: ask.language.clone(),
        voice: ask.voice.clone(),
        pace: pace as u16,
    })
}

async fn settings(app: &App, tx: &TenantTx) -> Result<SpeechSettings, Problem> {
    let (row, speech) = (endpoint(tx).await?, Studio::of(app).voice(tx).await?);
    let voices = speech.voices().into_iter().map(|voice| SpeechVoice {
        language: Some(voice.language).filter(|language| !language.is_empty()),
        name: voice.name,
    });
    Ok(SpeechSettings {
        engine: speech.engine().to_owned(),
        has_key: row.as_ref().is_some_and(|row| row.key_sealed.is_some()),
        voices: voices.collect(),
        url: row.as_ref().map(|row| row.url.clone()),
        model: row.map(|row| row.model),
    })
}

crate::resource!(speech_get, speech_put, speech_preview);
