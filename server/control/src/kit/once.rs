//! `Idempotency-Key`: a request that is repeated is answered, not done again. The answer is kept in the transaction that did
//! the work, sealed because some answers show a password once.
//!
//! Use: take [`Once`] after the permission, ask [`Once::before`] inside the writing transaction, end with [`Once::after`].

use std::{
    collections::HashSet,
    sync::{Mutex, OnceLock, PoisonError},
};

use axum::{
    body::Body,
    extract::{FromRequestParts, MatchedPath},
    http::{HeaderValue, StatusCode, header, request::Parts},
    response::{IntoResponse, Response},
};
use patchbay_tenancy::{OperatorTx, StoreError, TenantTx, idempotency::StoredAnswer};
use serde::Serialize;

use super::{app::App, problem::Problem, token};

/// Requests with a key that are being done in this process. Two nodes that do the same one meet in the store, where the second
/// one's answer cannot be kept.
#[derive(Default)]
pub struct InFlight(Mutex<HashSet<String>>);

/// Holds a place among them until the request is over, however it ends.
struct Flying {
    app: App,
    mark: String,
}

impl Flying {
    /// 409 while the same request is being done.
    fn take_off(app: &App, mark: String) -> Result<Self, Problem> {
        let mut open = app.in_flight.0.lock().unwrap_or_else(PoisonError::into_inner);
        if !open.insert(mark.clone()) {
            return Err(Problem::in_flight());
        }
        drop(open);
        Ok(Self { app: app.clone(), mark })
    }
}

impl Drop for Flying {
    fn drop(&mut self) {
        self.app.in_flight.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.mark);
    }
}

/// How long an answer is kept, in seconds.
pub const KEPT_S: i64 = 86_400;
const LONGEST_KEY: usize = 255;

/// What is known of the request's repetition before its body is.
pub struct Once {
    app: App,
    key: Option<String>,
    route: String,
    flying: OnceLock<Flying>,
}

impl FromRequestParts<App> for Once {
    type Rejection = Problem;
    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let path = parts.uri.path().to_owned();
        let known = parts.extensions.get::<MatchedPath>().is_some();
        let route = format!("{} {}", parts.method, if known { path } else { String::new() });
        let key = match parts.headers.get("idempotency-key") {
            None => None,
            Some(value) => {
                let text = value.to_str().ok().filter(|text| (1..=LONGEST_KEY).contains(&text.len()));
                let text = text.ok_or_else(|| {
                    let why = "Idempotency-Key: 1 to 255 visible characters.";
                    Problem::new(StatusCode::BAD_REQUEST, "bad_idempotency_key", why)
                });
                Some(text?.to_owned())
            }
        };
        Ok(Self { app: app.clone(), key, route, flying: OnceLock::new() })
    }
}

/// A transaction that keeps answers.
pub trait Keeps: Sized + Send {
    /// Whose keys these are.
    fn principal(&self) -> String;
    /// In which book they are kept: two companies of one person do not meet.
    fn book(&self) -> String;
    /// The kept answer.
    fn kept(&self, key: &str) -> impl Future<Output = Result<Option<StoredAnswer>, StoreError>> + Send;
    /// Keep one.
    fn keep(&mut self, key: &str, answer: &StoredAnswer) -> impl Future<Output = Result<(), StoreError>> + Send;
    /// Make it so.
    fn seal_off(self) -> impl Future<Output = Result<(), StoreError>> + Send;
}

impl Keeps for TenantTx {
    fn principal(&self) -> String {
        self.actor().to_string()
    }
    fn book(&self) -> String {
        self.tenant().to_string()
    }
    async fn kept(&self, key: &str) -> Result<Option<StoredAnswer>, StoreError> {
        self.answer(&self.principal(), key).await
    }
    async fn keep(&mut self, key: &str, answer: &StoredAnswer) -> Result<(), StoreError> {
        let old = time::Duration::seconds(KEPT_S);
        self.delete_many::<row::Entity>(sea_orm::ColumnTrait::lt(&row::Column::CreatedAt, self.at() - old)).await?;
        self.keep_answer(&self.principal(), key, answer).await
    }
    async fn seal_off(self) -> Result<(), StoreError> {
        self.commit().await.map(|_| ())
    }
}

impl Keeps for OperatorTx {
    fn principal(&self) -> String {
        self.operator().to_string()
    }
    fn book(&self) -> String {
        String::new()
    }
    async fn kept(&self, key: &str) -> Result<Option<StoredAnswer>, StoreError> {
        self.answer(key).await
    }
    async fn keep(&mut self, key: &str, answer: &StoredAnswer) -> Result<(), StoreError> {
        self.keep_answer(key, answer).await
    }
    async fn seal_off(self) -> Result<(), StoreError> {
        self.commit().await
    }
}

impl Once {
    /// The answer given before to the same request, ready to be sent; 422 when the key was used for another request, 409 while the
    /// same one is being done.
    pub async fn before(&self, tx: &impl Keeps, ask: &impl Serialize) -> Result<Option<Response>, Problem> {
        let Some(key) = &self.key else { return Ok(None) };
        let mut kept = tx.kept(key).await?;
        if kept.is_none() {
            let flying = Flying::take_off(&self.app, format!("{} {} {key}", tx.book(), tx.principal()))?;
            // It may have landed between the look and the start.
            kept = tx.kept(key).await?;
            if kept.is_none() {
                let _ = self.flying.set(flying);
            }
        }
        let Some(answer) = kept else { return Ok(None) };
        if answer.route != self.route || answer.request_hash != hash(ask)? {
            let text = "This Idempotency-Key was used for another request.";
            return Err(Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "idempotency_mismatch", text));
        }
        let body = self.app.sealer.unseal(&answer.body, &context(&tx.principal(), key))?.into_inner();
        let mut response = answered(StatusCode::from_u16(answer.status).unwrap_or(StatusCode::OK), body);
        response.headers_mut().insert("idempotency-replayed", HeaderValue::from_static("true"));
        Ok(Some(response))
    }

    /// Keep the answer, commit, and answer. When the same request won a race with this one: 409, and the repetition after it will
    /// find the answer.
    pub async fn after<T: Keeps>(
        &self,
        mut tx: T,
        ask: &impl Serialize,
        status: StatusCode,
        out: &impl Serialize,
    ) -> Result<Response, Problem> {
        let body = serde_json::to_string(out).map_err(Problem::internal)?;
        if let Some(key) = &self.key {
            let sealed = self.app.sealer.seal(&body, &context(&tx.principal(), key), self.app.chance().as_mut());
            let (route, request_hash) = (self.route.clone(), hash(ask)?);
            let answer = StoredAnswer { route, request_hash, status: status.as_u16(), body: sealed };
            tx.keep(key, &answer).await.map_err(|error| match error {
                StoreError::Unique { .. } => Problem::in_flight(),
                other => other.into(),
            })?;
        }
        tx.seal_off().await?;
        Ok(answered(status, body))
    }
}

fn context(principal: &str, key: &str) -> String {
    format!("idempotency:{principal}:{key}")
}

fn hash(ask: &impl Serialize) -> Result<String, Problem> {
    serde_json::to_string(ask).map(|text| token::hash(&text)).map_err(Problem::internal)
}

fn answered(status: StatusCode, body: String) -> Response {
    let kind = [(header::CONTENT_TYPE, "application/json")];
    (status, kind, Body::from(body)).into_response()
}

/// What of the kept answers is read here.
mod row {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "idempotency")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub tenant_id: Uuid,
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub created_at: TimeDateTimeWithTimeZone,
    }
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

impl patchbay_tenancy::OpenRow for row::Entity {}
impl patchbay_tenancy::TenantRow for row::Entity {
    const AUDITED: bool = false;
    fn tenant_column() -> row::Column {
        row::Column::TenantId
    }
    fn id_column() -> row::Column {
        row::Column::Id
    }
}
