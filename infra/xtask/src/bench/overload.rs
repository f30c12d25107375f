//! `call.overload`: twice the clean rate for a minute. Calls that come up, how the others are sent away, memory, records.

use std::{
    sync::atomic::{AtomicBool, Ordering::Relaxed},
    time::Duration,
};

use super::{
    Against, Figure, Options, clean, process,
    scene::{self, Server},
    signalling,
    sipp::{Load, Told},
};
use crate::soak;

const ID: &str = "call.overload";
const KEPT: &str = "call.overload_kept";
/// Calls that come up, in percent of the clean rate.
const GATE: (f64, f64) = (95.0, 99.0);
/// Memory that is kept after the drain, in percent of what the overload took.
const GATE_KEPT: (f64, f64) = (25.0, 10.0);
/// Memory at the end may be so much more than in the middle.
const FLAT: f64 = 1.10;

struct Outcome {
    clean: u32,
    offered: u32,
    seconds: u32,
    told: Told,
    /// MiB: idle, in the middle of the run, most in its second half, after the drain.
    memory: [f64; 4],
    records: u64,
}

pub fn run(options: &Options) -> Vec<Figure> {
    let missing =
        |why: String| vec![Figure::missing(ID, "%", GATE, why.clone()), Figure::missing(KEPT, "%", GATE_KEPT, why)];
    if !process::installed("sipp") {
        return missing("sipp is not installed".into());
    }
    match clean::ours(true).and_then(|clean| overload(clean, if options.quick { 20 } else { 60 })) {
        Ok(outcome) => figures(&outcome),
        Err(why) => missing(why),
    }
}

fn overload(clean: u32, seconds: u32) -> Result<Outcome, String> {
    let server = Server::start_with(&process::binary("patchbay"), &clean::MANY_UDP_PORTS)?;
    let far = signalling::far_end()?;
    let caller = scene::trunk(&server, ("127.0.0.1", far.1), clean::CHANNELS)?;
    std::thread::sleep(Duration::from_secs(1));
    let load = |rate, seconds| {
        let account = (caller.username.as_str(), caller.password.as_str());
        let scenario = "caller-that-may-be-refused.xml";
        Load { scenario, to: server.sip, service: "+14155550177", rate, seconds, hold_ms: 500, account }.run()
    };
    // Pools and caches fill.
    let warm = load(50, 2)?;
    soak::rest(&server, None)?;
    let idle = mib(&server);
    let offered = 2 * clean;
    let (told, seen) = watched(&server, || load(offered, seconds));
    let told = told?;
    let middle = seen.get(seen.len() / 2).copied().unwrap_or(0.0);
    let most = seen.iter().skip(seen.len() / 2).copied().fold(0.0, f64::max);
    soak::rest(&server, None)?;
    let after = mib(&server);
    let (_, answered) = scene::records(&server)?;
    let records = answered.saturating_sub(warm.second);
    Ok(Outcome { clean, offered, seconds, told, memory: [idle, middle, most, after], records })
}

fn mib(server: &Server) -> f64 {
    process::memory_kb(server.id()) as f64 / 1_024.0
}

/// Memory each second while this runs.
fn watched<T>(server: &Server, run: impl FnOnce() -> T) -> (T, Vec<f64>) {
    let (over, id) = (AtomicBool::new(false), server.id());
    std::thread::scope(|scope| {
        let looking = scope.spawn(|| {
            let mut seen = Vec::new();
            while !over.load(Relaxed) {
                seen.push(process::memory_kb(id) as f64 / 1_024.0);
                std::thread::sleep(Duration::from_secs(1));
            }
            seen
        });
        let outcome = run();
        over.store(true, Relaxed);
        (outcome, looking.join().unwrap_or_default())
    })
}

fn figures(outcome: &Outcome) -> Vec<Figure> {
    let Outcome { clean, offered, seconds, told, memory, records } = outcome;
    let [idle, middle, most, after] = *memory;
    let goodput = told.second as f64 * 100.0 / f64::from(clean * seconds);
    let (refused, counted, flat) = (told.first, *records == told.second, most <= middle * FLAT);
    let note = format!(
        "{offered} calls/s for {seconds} s at a clean rate of {clean}: {} begun, {} answered, {refused} refused by 503 with Retry-After, \
        {} failed ({} never answered, {} out of turn), {} requests repeated; {records} records of answered calls; memory {}: {idle:.0} MiB idle, {middle:.0} in the middle, \
        {most:.0} most after it, {after:.0} after the drain; RustPBX recorded: 71 %, no 503, 962 MB",
        told.begun,
        told.second,
        told.failed,
        told.silent,
        told.out_of_turn,
        told.repeated,
        if flat { "flat" } else { "not flat" },
    );
    let mut good = Figure::of((ID, "%"), &[goodput], None, (Against::Ours, GATE.0, GATE.1), note);
    good.meets_gate = Some(goodput >= GATE.0 && told.failed == 0 && counted && flat);
    let kept = (after - idle) * 100.0 / (most - idle).max(1.0);
    let note =
        format!("of {:.0} MiB that the overload took, {:.0} are still held after the drain", most - idle, after - idle);
    vec![good, Figure::of((KEPT, "%"), &[kept], None, (Against::Ours, GATE_KEPT.0, GATE_KEPT.1), note)]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcome() -> Outcome {
        let told = Told { begun: 1_200, as_written: 1_200, first: 610, second: 590, ..Told::default() };
        Outcome { clean: 100, offered: 200, seconds: 6, told, memory: [50.0, 90.0, 95.0, 54.0], records: 590 }
    }

    #[test]
    fn goodput_alone_is_not_enough() {
        let held = figures(&outcome());
        assert!(held.iter().all(|figure| figure.meets_gate == Some(true)), "{held:?}");
        let mut lost = outcome();
        lost.records = 589;
        assert_eq!(figures(&lost)[0].meets_gate, Some(false), "a call without a record");
        let mut growing = outcome();
        growing.memory = [50.0, 60.0, 95.0, 94.0];
        let growing = figures(&growing);
        assert!(growing.iter().all(|figure| figure.meets_gate == Some(false)), "{growing:?}");
    }
}
