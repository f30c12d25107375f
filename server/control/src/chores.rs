//! What has to be done again and again.

use std::time::Duration;

use patchbay_kernel::Wall;
use patchbay_tenancy::Stamp;
use tokio::time::interval;

use crate::{
    identity::sign_on::attempt,
    kit::{app::App, problem::Problem},
    mail,
    programs::uses,
};

const EVERY: Duration = Duration::from_secs(60);
/// SIP messages of calls are kept for so many days: long enough for a complaint, short enough for a disk.
const LADDER_DAYS: i64 = 7;
/// Ended seat tokens are listed for so many days.
const SEAT_TOKEN_DAYS: i64 = 7;
/// Replaced secrets of keys are known for so many days, so that who still uses one is told why it fails.
const SECRET_DAYS: i64 = 90;
/// What was delivered to webhooks is kept for so many days.
const DELIVERY_DAYS: i64 = 14;
/// What happened is in the event log for so many days, and longer where nothing happened since.
const EVENT_DAYS: i64 = 90;
/// The event logs are long; they are looked through this often.
const SELDOM: Duration = Duration::from_secs(3_600);
const LETTERS: Duration = Duration::from_secs(5);

/// Letters when somebody waits and every five seconds, the rest every minute. Never returns.
pub async fn run(app: &App) {
    let (mut hours, mut minutes, mut letters) = (interval(SELDOM), interval(EVERY), interval(LETTERS));
    loop {
        tokio::select! {
            () = app.mail_waits.notified() => post(app).await,
            _ = letters.tick() => {
                post(app).await;
                if let Err(problem) = uses::keep(app).await {
                    tracing::warn!(code = problem.code(), "when keys were used was not noted");
                }
            }
            _ = hours.tick() => {
                if let Err(problem) = forget_events(app).await {
                    tracing::warn!(code = problem.code(), "old events could not be forgotten");
                }
            }
            _ = minutes.tick() => {
                app.limits.sweep();
                app.rates.sweep(app.clock.tick());
                app.softphone_tickets.sweep(app.clock.tick());
                app.live_tickets.sweep(app.clock.tick());
                if let Err(problem) = forget_ladders(app).await {
                    tracing::warn!(code = problem.code(), "old SIP messages could not be forgotten");
                }
                if let Err(problem) = forget_secrets(app).await {
                    tracing::warn!(code = problem.code(), "ended seat tokens could not be forgotten");
                }
                if let Err(problem) = forget_deliveries(app).await {
                    tracing::warn!(code = problem.code(), "old deliveries could not be forgotten");
                }
                if let Err(problem) = end_quarantines(app).await {
                    tracing::warn!(code = problem.code(), "ends of quarantine could not be looked for");
                }
            }
        }
    }
}

async fn post(app: &App) {
    if let Err(problem) = mail::send_due(app).await {
        tracing::warn!(code = problem.code(), "letters could not be looked for");
    }
}

async fn forget_ladders(app: &App) -> Result<(), Problem> {
    let before = Wall(app.now().0 - LADDER_DAYS * 86_400 * 1_000_000);
    let tx = app.database.system().begin(Stamp::system(app.now(), app.chance())).await?;
    tx.forget_ladders(before).await?;
    Ok(tx.commit_aside().await?)
}

async fn forget_secrets(app: &App) -> Result<(), Problem> {
    let now = app.now();
    let tx = app.database.system().begin(Stamp::system(now, app.chance())).await?;
    tx.forget_seat_tokens(now.plus_s(-SEAT_TOKEN_DAYS * 86_400)).await?;
    tx.forget_key_secrets(now.plus_s(-SECRET_DAYS * 86_400)).await?;
    attempt::forget(&tx).await?;
    Ok(tx.commit_aside().await?)
}

async fn forget_deliveries(app: &App) -> Result<(), Problem> {
    let tx = app.database.system().begin(Stamp::system(app.now(), app.chance())).await?;
    tx.forget_deliveries(app.now().plus_s(-DELIVERY_DAYS * 86_400)).await?;
    Ok(tx.commit_aside().await?)
}

/// Events older than [`EVENT_DAYS`]. Fails as the store does.
async fn forget_events(app: &App) -> Result<u64, Problem> {
    let tx = app.database.system().begin(Stamp::system(app.now(), app.chance())).await?;
    let gone = tx.forget_events(app.now().plus_s(-EVENT_DAYS * 86_400)).await?;
    tx.commit_aside().await?;
    Ok(gone)
}

async fn end_quarantines(app: &App) -> Result<(), Problem> {
    let tx = app.database.system().begin(Stamp::system(app.now(), app.chance())).await?;
    tx.end_quarantines().await?;
    Ok(tx.commit().await?)
}
