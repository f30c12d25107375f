//! Looks at the server while the load runs: memory each ten seconds, a line each minute.

use std::time::{Duration, Instant};

use super::{Load, metrics::Metrics};
use crate::{
    bench::{process, scene::Server},
    report,
};

/// From one look at the memory to the next.
const LOOK: Duration = Duration::from_secs(10);
/// What is filled in this time is no leak: the slope is of what comes after.
const SETTLE_S: f64 = 600.0;
/// Looks below which a slope says nothing.
const ENOUGH: usize = 30;

/// What was seen.
pub struct Watched {
    /// Seconds since the load began, MiB.
    pub memory: Vec<(f64, f64)>,
    /// Most calls seen at once.
    pub most_calls: f64,
    /// Share of one core that the server used, and the load.
    pub cores: (f64, f64),
}

impl Watched {
    /// MiB that the memory grows in an hour once it has settled. `None`: too few looks.
    pub fn slope(&self) -> Option<f64> {
        let settled: Vec<_> = self.memory.iter().copied().filter(|(at, _)| *at >= SETTLE_S).collect();
        if settled.len() < ENOUGH { None } else { line(&settled).map(|a_second| a_second * 3_600.0) }
    }
}

/// Resident memory, MiB.
pub fn memory_mib(pid: u32) -> f64 {
    process::memory_kb(pid) as f64 / 1_024.0
}

/// Watches until the last calls of the load begin to end.
///
/// # Errors
/// When the load ends early or the server says no figures.
pub fn watch(server: &Server, load: &mut Load, minutes: u32) -> Result<Watched, String> {
    let (began, lasts) = (Instant::now(), Duration::from_secs(60) * minutes);
    let used = |load: &Load| (process::cpu_seconds(server.id()), process::cpu_seconds(load.id()));
    let from = used(load);
    let mut seen = Watched { memory: Vec::new(), most_calls: 0.0, cores: (0.0, 0.0) };
    let mut minute = 1;
    while began.elapsed() < lasts {
        std::thread::sleep(LOOK.min(lasts.saturating_sub(began.elapsed())));
        if !load.runs() {
            return Err(format!("the load ended early; its last words: {}", load.said()));
        }
        seen.memory.push((began.elapsed().as_secs_f64(), memory_mib(server.id())));
        if began.elapsed() >= Duration::from_secs(60) * minute {
            let metrics = Metrics::read(&server.http)?;
            seen.most_calls = seen.most_calls.max(metrics.get("patchbay_calls"));
            tell(minute, &seen, &metrics, load);
            minute += 1;
        }
    }
    let (to, lasted) = (used(load), began.elapsed().as_secs_f64());
    seen.cores = ((to.0 - from.0) / lasted, (to.1 - from.1) / lasted);
    Ok(seen)
}

fn tell(minute: u32, seen: &Watched, metrics: &Metrics, load: &Load) {
    let said = load.said();
    let slope = seen.slope().map_or_else(|| "-".into(), |slope| format!("{slope:+.2} MiB/h"));
    report::line(&format!(
        "minute {minute}: {} up, {} placed, {} good, failed {}, tones {} heard {} missed, {} of {} packets lost; {:.1} MiB, slope {slope}, \
        {} tasks, {} files, {} UDP ports, {} records",
        metrics.get("patchbay_calls"),
        said["placed"],
        said["good"],
        said["failed"],
        said["heard"],
        said["missed"],
        said["lost"],
        said["sent"],
        seen.memory.last().map_or(0.0, |(_, mib)| *mib),
        metrics.get("patchbay_tokio_tasks"),
        metrics.get("patchbay_process_open_files"),
        metrics.get("patchbay_media_udp_ports{state=\"used\"}"),
        metrics.sum("patchbay_calls_ended_total", ""),
    ));
}

/// Slope of the line through these points (least squares). `None`: they are one above the other.
fn line(points: &[(f64, f64)]) -> Option<f64> {
    let count = points.len() as f64;
    let mean = |pick: fn(&(f64, f64)) -> f64| points.iter().map(pick).sum::<f64>() / count;
    let (middle, height) = (mean(|it| it.0), mean(|it| it.1));
    let across: f64 = points.iter().map(|(x, y)| (x - middle) * (y - height)).sum();
    let along: f64 = points.iter().map(|(x, _)| (x - middle).powi(2)).sum();
    (along > 0.0).then(|| across / along)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_slope_is_of_what_comes_after_ten_minutes() {
        // 1 MiB a second at first, then 2 MiB an hour.
        let grown = |at: f64| if at < 600.0 { at } else { 600.0 + (at - 600.0) * 2.0 / 3_600.0 };
        let memory = (1..=180).map(|look| f64::from(look) * 10.0).map(|at| (at, grown(at))).collect();
        let seen = Watched { memory, most_calls: 0.0, cores: (0.0, 0.0) };
        assert!(seen.slope().is_some_and(|slope| (slope - 2.0).abs() < 1e-6));
        let short = Watched { memory: seen.memory[..80].to_vec(), ..seen };
        assert_eq!(short.slope(), None);
    }
}
