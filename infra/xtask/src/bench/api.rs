//! `api.scoped` and `api.fanout_p99`: the API on loopback beside a bare axum handler with the same statements, in one process and in
//! turn (`server/control/examples/api_load`), on SQLite and PostgreSQL.

use std::process::Command;

use serde_json::Value;

use super::{Against, Figure, Options, process};

const SCOPED: (f64, f64) = (2.0, 1.3);
const FANOUT: (f64, f64) = (250.0, 50.0);
/// Name of the figure, the line's id, the store.
const FIGURES: [(&str, &str, &str); 6] = [
    ("api.scoped_read.sqlite", "read", "sqlite"),
    ("api.scoped_write.sqlite", "write", "sqlite"),
    ("api.scoped_read.postgres", "read", "postgres"),
    ("api.scoped_write.postgres", "write", "postgres"),
    ("api.fanout_p99.sqlite", "fanout", "sqlite"),
    ("api.fanout_p99.postgres", "fanout", "postgres"),
];

pub fn run(options: &Options) -> Vec<Figure> {
    match lines(options) {
        Ok(lines) => FIGURES.into_iter().map(|figure| judged(figure, &lines)).collect(),
        Err(why) => {
            let bounds = |kind: &str| if kind == "fanout" { FANOUT } else { SCOPED };
            FIGURES.into_iter().map(|(id, kind, _)| Figure::missing(id, "", bounds(kind), why.clone())).collect()
        }
    }
}

fn lines(options: &Options) -> Result<Vec<Value>, String> {
    let seconds = if options.quick { "2" } else { "5" };
    let ran = Command::new(process::example("api_load")).args([&options.runs.to_string(), seconds]).output();
    let ran = ran.map_err(|why| format!("api_load: {why}"))?;
    if !ran.status.success() {
        return Err(format!("api_load: {}", String::from_utf8_lossy(&ran.stderr).trim()));
    }
    let text = String::from_utf8_lossy(&ran.stdout);
    Ok(text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect())
}

fn judged((id, kind, store): (&'static str, &str, &str), lines: &[Value]) -> Figure {
    let of = |who: &str, what: &str| -> Vec<f64> {
        let own = lines.iter().filter(|line| line["id"] == kind && line["store"] == store);
        own.filter_map(|line| line[who][what].as_f64()).collect()
    };
    let words = |who: &str| {
        let middle = |what: &str| super::median(&of(who, what)).unwrap_or_default();
        format!("p99 {:.0} us, {:.0}/s", middle("p99_us"), middle("per_s"))
    };
    if of("ours", "p50_us").is_empty() {
        return Figure::missing(id, "", if kind == "fanout" { FANOUT } else { SCOPED }, format!("no {store}"));
    }
    if kind == "fanout" {
        let ms: Vec<f64> = of("ours", "p99_us").into_iter().map(|us| us / 1e3).collect();
        let note = format!(
            "p50 {:.1} ms; 1,000 pages of one company",
            super::median(&of("ours", "p50_us")).unwrap_or_default() / 1e3
        );
        return Figure::of((id, "ms"), &ms, None, (Against::Ours, FANOUT.0, FANOUT.1), note);
    }
    let note = format!("p50; 8 connections; ours {}; bare {}", words("ours"), words("bare"));
    let bare = of("bare", "p50_us");
    let peer = Some(("bare axum + SQL", bare.as_slice()));
    Figure::of((id, "us"), &of("ours", "p50_us"), peer, (Against::Ratio, SCOPED.0, SCOPED.1), note)
}
