//! A call in one line.

use std::collections::BTreeMap;

use kernel::{CallId, EndCause, NumberId, SeatId, Uuid};
use patchbay_kernel as kernel;
use patchbay_tenancy::TenantTx;
use serde::Serialize;
use time::OffsetDateTime;
use utoipa::ToSchema;

use super::row::call;
use crate::{
    kit::{
        app::App,
        problem::Problem,
        words::{Blame, Direction},
    },
    seats::{
        row::seat,
        view::{called, names},
    },
};

/// A call in one line.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct CallSummary {
    /// `call_..`
    pub id: String,
    /// Direction.
    pub direction: Direction,
    /// Who dialled.
    pub caller: String,
    /// Their name.
    pub caller_name: Option<String>,
    /// What was dialled.
    pub called: String,
    /// The number that was displayed.
    pub displayed: Option<String>,
    /// `seat_..`
    pub seat: Option<String>,
    /// Who sits there.
    pub seat_label: Option<String>,
    /// `num_..`
    pub number: Option<String>,
    /// Began.
    #[serde(with = "time::serde::rfc3339")]
    pub started_at: OffsetDateTime,
    /// Rang.
    #[serde(with = "time::serde::rfc3339::option")]
    pub ringing_at: Option<OffsetDateTime>,
    /// Was answered.
    #[serde(with = "time::serde::rfc3339::option")]
    pub answered_at: Option<OffsetDateTime>,
    /// Ended.
    #[serde(with = "time::serde::rfc3339::option")]
    pub ended_at: Option<OffsetDateTime>,
    /// Milliseconds of talk.
    pub talk_ms: i64,
    /// Why it ended.
    pub cause: Option<String>,
    /// Its number, as `GET /v1/call-causes` explains it.
    pub cause_number: Option<i64>,
    /// Whose doing.
    pub blame: Option<Blame>,
    /// The SIP status that decided.
    pub sip_status: Option<i64>,
    /// More words.
    pub detail: Option<String>,
    /// Quality of the worse side, 1 to 4.5.
    pub mos: Option<f64>,
}

/// Names of seats, released ones too.
pub struct SeatNames(BTreeMap<Uuid, String>);

impl SeatNames {
    /// Of a company. Fails as the store does.
    pub async fn of(app: &App, tx: &TenantTx) -> Result<Self, Problem> {
        let names = names(app, tx).await?;
        let seats = tx.whole::<seat::Entity>().all().await?;
        Ok(Self(seats.iter().map(|row| (row.id, called(&names, row))).collect()))
    }
    /// Of one seat.
    pub fn get(&self, seat: Uuid) -> Option<&str> {
        self.0.get(&seat).map(String::as_str)
    }
}

/// As shown.
pub fn summary(row: &call::Model, seats: &SeatNames) -> CallSummary {
    CallSummary {
        id: CallId::from_uuid(row.id).to_string(),
        direction: Direction::stored(&row.direction),
        caller: row.caller.clone(),
        caller_name: row.caller_name.clone(),
        called: row.called.clone(),
        displayed: row.displayed.clone(),
        seat: row.seat_id.map(|id| SeatId::from_uuid(id).to_string()),
        seat_label: row.seat_id.and_then(|id| seats.get(id)).map(str::to_owned),
        number: row.number_id.map(|id| NumberId::from_uuid(id).to_string()),
        started_at: row.started_at,
        ringing_at: row.ringing_at,
        answered_at: row.answered_at,
        ended_at: row.ended_at,
        talk_ms: row.talk_ms,
        cause: row.cause.clone(),
        cause_number: row.cause.as_deref().and_then(EndCause::from_code).map(|cause| i64::from(cause.number())),
        blame: row.blame.as_deref().map(Blame::stored),
        sip_status: row.sip_status.map(i64::from),
        detail: row.detail.clone(),
        mos: row.mos,
    }
}
