//! How a call-back goes on: what the switch tells of it becomes its row, and the rule of when it is tried again.

use kernel::{CallId, CallbackId, EndCause, SeatId, TenantId, Uuid};
use patchbay_kernel as kernel;
use patchbay_plane::CallbackStep;
use patchbay_tenancy::{Database, Stamp, StoreError};
use sea_orm::{ActiveValue::Set, IntoActiveModel};
use serde_json::json;

use super::{book::facts, row::callback};
use crate::seats::row::seat;

/// Tries in all.
pub const TRIES: i32 = 3;
/// Milliseconds after the first and after the second try that failed.
const AGAIN_MS: [i64; 2] = [5 * 60_000, 15 * 60_000];

/// When it is tried again after so many tries; `None`: no more.
const fn again_after(tries: i32) -> Option<i64> {
    match tries {
        ..=1 => Some(AGAIN_MS[0]),
        2 => Some(AGAIN_MS[1]),
        _ => None,
    }
}

/// Keeps a step; `false`: it was closed meanwhile, and nothing more is to be done for it.
///
/// # Errors
/// As the store fails.
pub async fn take(
    database: &Database,
    stamp: Stamp,
    (tenant, id): (TenantId, CallbackId),
    step: CallbackStep,
) -> Result<bool, StoreError> {
    let mut tx = database.tenant(tenant, stamp).await?;
    let found = tx.find_whole::<callback::Entity>(id.uuid()).await?.filter(|row| row.state != "closed");
    let Some(row) = found else { return Ok(false) };
    let (now, mut body) = (tx.now().unix_ms(), facts(&row));
    let tries = row.tries + 1;
    let member = match seat_of(step) {
        Some(seat) => tx.find_whole::<seat::Entity>(seat).await?.and_then(|row| row.member_id),
        None => row.member_id,
    };
    let mut change = row.into_active_model();
    change.step_ms = Set(now);
    let mut told = None;
    match step {
        CallbackStep::Offered { seat, call } => {
            change.state = Set("offered".into());
            (change.seat_id, change.member_id) = (Set(Some(seat.uuid())), Set(member));
            change.last_call_id = Set(Some(call.uuid()));
        }
        CallbackStep::Missed => change.state = Set("waiting".into()),
        CallbackStep::Calling { .. } => change.state = Set("calling".into()),
        CallbackStep::Reached { call, .. } => {
            change.tries = Set(tries);
            close(&mut change, "reached", now);
            told = Some(("callback.closed", json!({ "outcome": "reached", "tried_call": call.to_string() })));
        }
        CallbackStep::Failed { call, cause, .. } => {
            change.tries = Set(tries);
            change.last_cause = Set(Some(cause.code().to_owned()));
            let again = again_after(tries).filter(|_| may_work(cause));
            match again {
                Some(ms) => {
                    change.state = Set("waiting".into());
                    change.due_ms = Set(now + ms);
                    let more = json!({ "cause": cause.code(), "tries": tries, "tried_call": call.to_string() });
                    told = Some(("callback.tried", more));
                }
                None => {
                    close(&mut change, "unreached", now);
                    told = Some(("callback.closed", json!({ "outcome": "unreached", "tried_call": call.to_string() })));
                }
            }
        }
    }
    tx.update(change).await?;
    if let Some((kind, more)) = told {
        if let (Some(body), Some(more)) = (body.as_object_mut(), more.as_object()) {
            body.extend(more.clone());
        }
        tx.happened(kind, "callback", &id.to_string(), body).await?;
        tx.commit().await?;
    } else {
        tx.commit_aside().await?;
    }
    Ok(true)
}

/// Writes down that nothing more is to be done.
pub fn close(change: &mut callback::ActiveModel, outcome: &str, now: i64) {
    change.state = Set("closed".into());
    change.outcome = Set(Some(outcome.to_owned()));
    change.closed_ms = Set(Some(now));
}

const fn seat_of(step: CallbackStep) -> Option<Uuid> {
    let seat: SeatId = match step {
        CallbackStep::Offered { seat, .. }
        | CallbackStep::Calling { seat, .. }
        | CallbackStep::Reached { seat, .. }
        | CallbackStep::Failed { seat, .. } => seat,
        CallbackStep::Missed => return None,
    };
    Some(seat.uuid())
}

/// A number that is none today is none in a quarter of an hour.
const fn may_work(cause: EndCause) -> bool {
    !matches!(cause, EndCause::BadNumber | EndCause::Forbidden)
}

/// For events: the call of an attempt.
pub fn call_text(id: Option<Uuid>) -> Option<String> {
    id.map(|id| CallId::from_uuid(id).to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_tried_three_times_at_longer_and_longer_times() {
        assert_eq!([1, 2, 3, 4].map(again_after), [Some(300_000), Some(900_000), None, None]);
        assert_eq!([1, 2, 3].map(|tries| again_after(tries).is_none()), [false, false, TRIES == 3]);
    }
}
