//! Harm on purpose: the real binary under a load of calls, one random harm after the other, and what must hold after each.
//!
//! `cargo xtask chaos --minutes N [--seed S]` builds it, gives it a room of its own and runs it.

mod gateway;
mod harm;
mod load;
mod script;
mod verdict;

use std::{process::ExitCode, time::Duration};

use sea_orm::ConnectionTrait;

use crate::{
    harm::Harm,
    script::{Chaos, Row},
};

fn value(name: &str) -> Option<String> {
    let mut arguments = std::env::args().skip_while(|argument| argument != name);
    arguments.nth(1)
}

fn number(name: &str, usual: u64) -> u64 {
    value(name).map_or(usual, |text| text.parse().expect("a number"))
}

#[tokio::main]
async fn main() -> ExitCode {
    if let Some(file) = value("--hold-lock") {
        hold_lock(&file, number("--seconds", 5)).await;
        return ExitCode::SUCCESS;
    }
    let (minutes, seed) = (number("--minutes", 10), number("--seed", u64::from(std::process::id())));
    let mut all = Harm::possible();
    if let Some(only) = value("--only") {
        all.retain(|harm| only.split(',').any(|word| word.eq_ignore_ascii_case(&format!("{harm:?}"))));
    }
    say(&format!("seed {seed}, {minutes} minutes, harms: {all:?}"));
    let mut chaos = Chaos::begin(seed).await;
    let rows = chaos.harms(&all, Duration::from_secs(minutes * 60), |row| say(&line(row))).await;
    let tally = chaos.load.tally();
    say(&format!(
        "{} calls tried, {} answered, refused or lost by status: {:?}",
        tally.placed, tally.answered, tally.refused
    ));
    let broken = rows.iter().filter(|row| !row.broken.is_empty()).count();
    if broken > 0 {
        say(&format!("the end of the server's log:\n{}", tail(&chaos.scene.server.log())));
    }
    say(&format!("seed {seed}: {} harms, {} passed, {broken} failed", rows.len(), rows.len() - broken));
    if broken == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn line(row: &Row) -> String {
    let ready = row.ready_in.map_or_else(|| "never".into(), |time| format!("{:.1} s", time.as_secs_f64()));
    let verdict = if row.broken.is_empty() { "holds".into() } else { format!("BROKEN {}", row.broken.join("; ")) };
    format!(
        "{:<18} ready in {ready:<8} {:>4} calls, {:>4} answered  {verdict}",
        format!("{:?}", row.harm),
        row.calls.0,
        row.calls.1
    )
}

fn tail(log: &str) -> String {
    let lines: Vec<&str> = log.lines().collect();
    lines[lines.len().saturating_sub(60)..].join("\n")
}

fn say(text: &str) {
    use std::io::Write as _;
    // A reader that went away is no fault.
    let _ = writeln!(std::io::stdout(), "{text}");
}

/// Holds the write lock of a SQLite file.
async fn hold_lock(file: &str, seconds: u64) {
    let store = sea_orm::Database::connect(format!("sqlite://{file}")).await.expect("the file is a database");
    let connection = sea_orm::TransactionTrait::begin(&store).await.expect("a transaction");
    connection.execute_unprepared("UPDATE seaql_migrations SET applied_at = applied_at").await.expect("the write lock");
    tokio::time::sleep(Duration::from_secs(seconds)).await;
    connection.rollback().await.expect("nothing was changed");
}
