//! What callers of flows hear, as samples: out of memory, else out of the store, else spoken now.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use futures::FutureExt;
use kernel::{PromptId, TenantId};
use patchbay_ivr::{Bundle, Heard};
use patchbay_kernel as kernel;
use patchbay_plane::{PlaneError, Samples};
use patchbay_sound::speech::{CHARS_MOST, Saying};

use super::Core;
use crate::{kit::problem::Problem, prompts::sound};

/// Samples that are kept in memory: about 70 minutes, 64 MB.
const MOST: usize = 32 << 20;

/// Sounds by the name that they have in the store. A name is never given twice, so that nothing here grows old.
#[derive(Default)]
pub(super) struct Sounds(Mutex<Kept>);

#[derive(Default)]
struct Kept {
    by_name: HashMap<String, Samples>,
    samples: usize,
}

impl Sounds {
    fn lock(&self) -> MutexGuard<'_, Kept> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn known(&self, name: &str) -> Option<Samples> {
        self.lock().by_name.get(name).cloned()
    }

    fn keep(&self, name: String, samples: Vec<i16>) -> Samples {
        let samples: Samples = samples.into();
        let mut kept = self.lock();
        if kept.samples + samples.len() > MOST {
            *kept = Kept::default();
        }
        kept.samples += samples.len();
        if let Some(before) = kept.by_name.insert(name, Arc::clone(&samples)) {
            kept.samples -= before.len();
        }
        samples
    }
}

/// What the caller of a flow is to hear.
pub(super) async fn get(core: &Core, tenant: TenantId, heard: &Heard) -> Result<Option<Samples>, PlaneError> {
    match heard {
        Heard::Prompt { prompt, language } => match prompt.parse() {
            Ok(prompt) => prompt_sound(core, tenant, prompt, language.as_str()).await.map_err(fault),
            Err(_) => Ok(None),
        },
        Heard::Text { text, language, voice } => {
            let saying = Saying {
                text: text.trim().chars().take(CHARS_MOST).collect(),
                language: language.as_str().to_owned(),
                voice: voice.clone(),
                pace: 100,
            };
            text_sound(core, tenant, &saying).await.map(Some).map_err(fault)
        }
        // The switch has it.
        Heard::Beep => Ok(None),
    }
}

async fn prompt_sound(
    core: &Core,
    tenant: TenantId,
    prompt: PromptId,
    language: &str,
) -> Result<Option<Samples>, Problem> {
    let audio = core.recall.prompt(core, tenant, prompt, language).await?;
    let Some(audio) = *audio else { return Ok(None) };
    let name = audio.to_string();
    if let Some(known) = core.sounds.known(&name) {
        return Ok(Some(known));
    }
    let samples = sound::samples(core.parts.studio.blobs.as_ref(), tenant, audio).await?;
    Ok(Some(core.sounds.keep(name, samples)))
}

async fn text_sound(core: &Core, tenant: TenantId, saying: &Saying) -> Result<Samples, Problem> {
    let voice = core.recall.voice(core, tenant).await?;
    let name = sound::name_of(tenant, voice.as_ref().as_ref(), saying);
    if let Some(known) = core.sounds.known(&name) {
        return Ok(known);
    }
    let shaped = sound::spoken(&core.parts.studio, tenant, voice.as_ref().as_ref(), saying).await?;
    Ok(core.sounds.keep(name, shaped.narrow))
}

fn fault(why: Problem) -> PlaneError {
    PlaneError(format!("{why:?}"))
}

/// Has everything at hand that a call in this flow may hear; what is in memory already costs nothing. Nobody waits for it.
pub(super) fn make_ready(core: &Arc<Core>, tenant: TenantId, bundle: &Arc<Bundle>) {
    let (core, bundle) = (Arc::clone(core), Arc::clone(bundle));
    tokio::spawn(async move {
        for heard in bundle.sounds() {
            if let Err(why) = get(&core, tenant, &heard).boxed().await {
                tracing::warn!(%tenant, error = %why, "a sound of a flow is not to be had");
            }
        }
    });
}
