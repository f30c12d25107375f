//! Requests that flows send to servers of their company: guarded as webhooks are, timed, and answered from memory where the flow
//! says for how long.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use axum::http::{Request as HttpRequest, header};
use kernel::{TenantId, Tick, time::Span};
use patchbay_ivr::io::{Answer, Request};
use patchbay_kernel as kernel;

use super::Core;
use crate::webhooks::post::Poster;

/// Bytes of an answer that are taken; a longer one counts as none.
const BYTES_MOST: usize = 64 * 1024;
/// Answers that are remembered.
const MOST: usize = 2_000;

struct Kept {
    answer: Answer,
    until: Tick,
}

/// Who sends, and what was answered lately.
pub(super) struct Fetched {
    poster: Poster,
    kept: Mutex<HashMap<(TenantId, Request), Kept>>,
}

impl Fetched {
    /// `private`: addresses inside may be asked.
    pub(super) fn new(private: bool) -> Self {
        Self { poster: Poster::new(private), kept: Mutex::default() }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<(TenantId, Request), Kept>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn known(&self, key: &(TenantId, Request), now: Tick) -> Option<Answer> {
        self.lock().get(key).filter(|kept| kept.until > now).map(|kept| kept.answer.clone())
    }

    fn keep(&self, key: (TenantId, Request), answer: Answer, now: Tick) {
        let mut kept = self.lock();
        if kept.len() >= MOST {
            kept.retain(|_, kept| kept.until > now);
        }
        if kept.len() < MOST {
            let until = now + Span::secs(key.1.cache_s.into());
            kept.insert(key, Kept { answer, until });
        }
    }
}

/// The answer, from memory where that is permitted.
pub(super) async fn get(core: &Core, tenant: TenantId, request: Request) -> Answer {
    let now = || core.parts.clock.tick();
    let key = (tenant, request);
    if key.1.cache_s > 0
        && let Some(known) = core.fetched.known(&key, now())
    {
        return known;
    }
    let within = Duration::from_secs(key.1.timeout_s.into());
    let answer = match tokio::time::timeout(within, sent(core, &key.1)).await {
        Ok(Ok(answer)) => answer,
        Ok(Err(why)) => {
            tracing::info!(%tenant, why, "a server that a flow asks does not answer");
            return Answer::default();
        }
        Err(_) => return Answer::default(),
    };
    // What went wrong over there may be right a second later.
    if key.1.cache_s > 0 && answer.status.is_some_and(|status| status < 400) {
        core.fetched.keep(key, answer.clone(), now());
    }
    answer
}

async fn sent(core: &Core, request: &Request) -> Result<Answer, String> {
    let mut asked =
        HttpRequest::builder().method(request.method).uri(&request.url).header(header::ACCEPT, "application/json");
    for (name, value) in &request.headers {
        asked = asked.header(name, value);
    }
    if request.body.is_some() {
        asked = asked.header(header::CONTENT_TYPE, "application/json");
    }
    let body = request.body.clone().unwrap_or_default().into_bytes();
    let asked = asked.body(body).map_err(|why| why.to_string())?;
    let answer = core.fetched.poster.fetch(asked, BYTES_MOST).await.map_err(|why| why.to_string())?;
    let status = Some(answer.status().as_u16());
    Ok(Answer { status, body: String::from_utf8_lossy(answer.body()).into_owned() })
}
