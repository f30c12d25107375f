//! From bytes and texts to sounds in the store, and back to samples for whoever plays them.

use kernel::{TenantId, Uuid};
use patchbay_codec::wav;
use patchbay_kernel as kernel;
use patchbay_sound::{
    Blobs, DecodeFault, Recording, Shaped, StoreFault, decode, shape,
    speech::{Saying, Speech, SpeechFault},
};
use patchbay_tenancy::{StoreError, TenantTx};
use sha2::{Digest, Sha256};
use tokio::sync::{Semaphore, SemaphorePermit};

use axum::http::StatusCode;

use super::{row::prompt_audio, studio::Studio};
use crate::kit::{app::App, problem::Problem, token};

/// Files that are decoded at once, of all companies: each takes a core for a second or two, and calls need theirs.
static TURNS: Semaphore = Semaphore::const_new(2);

/// Who waits for a turn, of all companies, at most: each holds a file in memory.
const WAITING_MOST: usize = 32;
static WAITING: Semaphore = Semaphore::const_new(WAITING_MOST);

/// A turn at decoding; 503 where too many wait for one.
async fn turn() -> Result<SemaphorePermit<'static>, Problem> {
    let _place = WAITING.try_acquire().map_err(|_| {
        let text = "Many sounds are being made ready. Try again in a few seconds.";
        Problem::new(StatusCode::SERVICE_UNAVAILABLE, "busy", text)
    })?;
    TURNS.acquire().await.map_err(Problem::internal)
}

/// Decodes a file and shapes it, on a thread for such work. A decoder that panics over a crafted file is that file's fault.
pub async fn shaped(bytes: Vec<u8>) -> Result<(Recording, Shaped), Problem> {
    let turn = turn().await?;
    let work = tokio::task::spawn_blocking(move || {
        // Goes with the work: whoever asked may hang up, and the decoder runs on.
        let _turn = turn;
        let recording = decode(bytes)?;
        let shaped = shape(&recording)?;
        Ok((recording, shaped))
    });
    work.await.unwrap_or(Err(DecodeFault::Damaged)).map_err(unusable)
}

fn unusable(fault: DecodeFault) -> Problem {
    let status = match fault {
        DecodeFault::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
        _ => StatusCode::UNPROCESSABLE_ENTITY,
    };
    Problem::new(status, fault.code(), fault.to_string())
}

/// What a spoken text is kept as: the same saying of the same speaker has the same name.
pub fn name_of(tenant: TenantId, speech: &dyn Speech, saying: &Saying) -> String {
    let parts = [speech.engine(), &speech.mark(), &saying.language, saying.voice.as_deref().unwrap_or_default()];
    let mut hash = Sha256::new();
    for part in parts.into_iter().chain([saying.pace.to_string().as_str(), saying.text.as_str()]) {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    format!("speech/{}/{}.wav", tenant.uuid(), token::hex(&hash.finalize()))
}

/// What a spoken text sounds like: out of the cache, or spoken now and kept there.
pub async fn spoken(
    studio: &Studio,
    tenant: TenantId,
    speech: &dyn Speech,
    saying: &Saying,
) -> Result<Shaped, Problem> {
    let name = name_of(tenant, speech, saying);
    if let Ok(bytes) = studio.blobs.get(&name).await {
        return shaped(bytes).await.map(|(_, shaped)| shaped);
    }
    // A company's own endpoint may answer with the largest file there is: no more of these at once than of files.
    let turn = turn().await?;
    let recording = speech.speak(saying).await.map_err(unspoken)?;
    let work = tokio::task::spawn_blocking(move || {
        let _turn = turn;
        shape(&recording)
    });
    let shaped = work.await.map_err(Problem::internal)?.map_err(unusable)?;
    // Without room for the cache it is spoken again the next time.
    drop(studio.blobs.put(&name, wav::write_as(&shaped.wide, 16_000, 1)).await);
    Ok(shaped)
}

fn unspoken(fault: SpeechFault) -> Problem {
    match fault {
        SpeechFault::NoVoice => Problem::field("language", "no_voice", fault.to_string()),
        SpeechFault::Unknown => Problem::field("voice", "unknown_voice", fault.to_string()),
        SpeechFault::Engine(_) | SpeechFault::Late => {
            Problem::new(StatusCode::BAD_GATEWAY, "speech_failed", fault.to_string())
        }
    }
}

fn folder(tenant: TenantId, audio: Uuid) -> String {
    format!("prompts/{}/{audio}", tenant.uuid())
}

/// Writes a sound into the store, with the file it came as.
pub async fn keep(
    app: &App,
    tenant: TenantId,
    audio: Uuid,
    shaped: &Shaped,
    original: Option<Vec<u8>>,
) -> Result<i64, Problem> {
    let at = folder(tenant, audio);
    let mut files =
        vec![("8k.wav", wav::write_as(&shaped.narrow, 8_000, 1)), ("16k.wav", wav::write_as(&shaped.wide, 16_000, 1))];
    files.extend(original.map(|bytes| ("original.bin", bytes)));
    let mut sum = 0;
    for (name, bytes) in files {
        sum += bytes.len() as i64;
        if let Err(why) = app.blobs.put(&format!("{at}/{name}"), bytes).await {
            forget(app, tenant, audio).await;
            return Err(unstored(&why));
        }
    }
    Ok(sum)
}

fn unstored(why: &StoreFault) -> Problem {
    match why {
        StoreFault::Full => {
            Problem::new(StatusCode::INSUFFICIENT_STORAGE, "storage_full", "There is no room left for sounds.")
        }
        StoreFault::Missing => Problem::not_found(),
        StoreFault::Name | StoreFault::Io(_) => Problem::internal(why),
    }
}

/// Removes the files of a sound; what cannot be removed is in nobody's way.
pub async fn forget(app: &App, tenant: TenantId, audio: Uuid) {
    if let Err(why) = app.blobs.remove(&folder(tenant, audio)).await {
        tracing::warn!(%why, "files of a prompt could not be removed");
    }
}

/// The sound as WAV at 16 kHz, for ears.
pub async fn for_ears(app: &App, tenant: TenantId, audio: Uuid) -> Result<Vec<u8>, Problem> {
    app.blobs.get(&format!("{}/16k.wav", folder(tenant, audio))).await.map_err(|why| unstored(&why))
}

/// The sound that a call is played of a prompt: in this language, else in the same one elsewhere (`zh-Hant` for `zh-Hans`), else in
/// whichever it has. `None`: it has no sound at all.
pub async fn best(tx: &TenantTx, prompt: Uuid, language: &str) -> Result<Option<Uuid>, StoreError> {
    let mut rows = tx.select::<prompt_audio::Entity>().is(prompt_audio::Column::PromptId, prompt).all().await?;
    let first = |text: &str| text.split('-').next().unwrap_or_default().to_ascii_lowercase();
    rows.sort_by_key(|row| {
        let same = row.language.eq_ignore_ascii_case(language);
        (!same, first(&row.language) != first(language), row.language.clone())
    });
    Ok(rows.into_iter().next().map(|row| row.id))
}

/// Its samples at 8 kHz.
pub async fn samples(blobs: &dyn Blobs, tenant: TenantId, audio: Uuid) -> Result<Vec<i16>, Problem> {
    let name = format!("{}/8k.wav", folder(tenant, audio));
    let bytes = blobs.get(&name).await.map_err(|why| unstored(&why))?;
    wav::read(&bytes).map_err(Problem::internal)
}
