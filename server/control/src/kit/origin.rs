//! Where a request comes from, for the audit log. It surrounds the whole request, so that no handler has to pass it on and none can
//! forget it: [`stamp`](super::app::Inner::stamp) takes it from here.

use std::sync::{Arc, OnceLock};

use axum::{
    extract::{Request, State},
    middleware::Next,
    response::{IntoResponse, Response},
};
use patchbay_tenancy::Origin;

use super::{
    app::App,
    problem::Problem,
    source::{address, user_agent},
};

/// What is known before anybody looks at the request, and the credential once somebody has.
#[derive(Clone)]
struct Around {
    origin: Origin,
    session: Arc<OnceLock<String>>,
}

tokio::task_local! {
    static AROUND: Around;
}

/// The layer around every request. What changes something is done to its end: whoever hangs up before the answer would otherwise
/// stop it half-way (axum drops the handler), with a call placed and no answer kept for the repetition.
pub async fn around(State(app): State<App>, request: Request, next: Next) -> Response {
    let (parts, body) = request.into_parts();
    let origin = Origin {
        address: Some(address(&parts, &app).to_string()),
        user_agent: user_agent(&parts.headers),
        session: None,
    };
    let around = Around { origin, session: Arc::default() };
    let safe = parts.method.is_safe();
    let work = AROUND.scope(around, next.run(Request::from_parts(parts, body)));
    if safe { work.await } else { to_the_end(work).await }
}

async fn to_the_end(work: impl Future<Output = Response> + Send + 'static) -> Response {
    match tokio::spawn(work).await {
        Ok(response) => response,
        Err(end) => match end.try_into_panic() {
            Ok(panic) => std::panic::resume_unwind(panic),
            Err(end) => Problem::internal(end).into_response(),
        },
    }
}

/// The request shows this session, key or token, and it is good.
pub fn shown(credential: &impl std::fmt::Display) {
    let _ = AROUND.try_with(|around| around.session.set(credential.to_string()));
}

/// Where the work that is being done comes from; empty when no request asked for it.
pub fn current() -> Origin {
    let known = AROUND.try_with(|around| Origin { session: around.session.get().cloned(), ..around.origin.clone() });
    known.unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_was_begun_is_done_though_nobody_waits() {
        let (go, gone) = (Arc::new(tokio::sync::Notify::new()), Arc::new(tokio::sync::Notify::new()));
        let (begin, done) = (Arc::clone(&go), Arc::clone(&gone));
        let work = to_the_end(async move {
            begin.notified().await;
            done.notify_one();
            Response::default()
        });
        let waits = tokio::time::timeout(std::time::Duration::from_millis(20), work).await;
        assert!(waits.is_err(), "whoever asked is gone before the end");
        go.notify_one();
        tokio::time::timeout(std::time::Duration::from_secs(5), gone.notified()).await.expect("done to the end");
    }

    #[tokio::test]
    async fn the_credential_is_known_once_it_was_shown() {
        assert_eq!(current(), Origin::default());
        let origin = Origin { address: Some("192.0.2.1".into()), ..Origin::default() };
        let around = Around { origin: origin.clone(), session: Arc::default() };
        AROUND
            .scope(around, async {
                assert_eq!(current(), origin);
                shown(&"ses_one");
                shown(&"ses_two");
                assert_eq!(current().session.as_deref(), Some("ses_one"), "the first one that was good");
            })
            .await;
    }
}
