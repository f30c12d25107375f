//! `media.*`: what a forwarded packet costs between plain RTP and SRTP, how late it leaves, how many are lost and what memory
//! a call takes, against rtpengine in user space with the same generator and a sink that decrypts every packet; and how many
//! calls between Opus and G.711 a core carries.

use std::process::Command;

use serde_json::Value;

use super::{Against, Figure, Options, process};

const PEER: &str = "rtpengine 10.5 user space";
/// Calls between Opus and G.711 in their scene.
const OPUS_CALLS: u32 = 40;
const CALLS_PER_CORE: (f64, f64) = (90.0, 120.0);

/// A figure of the forwarding scene: id, unit, field of the load's answer, what is judged, gate and goal.
struct Asked(&'static str, &'static str, &'static str, Against, f64, f64);

const CPU: Asked = Asked("media.cpu_per_packet", "us", "us_per_packet", Against::Ratio, 0.80, 0.50);
const AT_300: [Asked; 4] = [
    CPU,
    Asked("media.forward_latency_p99", "ms", "latency_p99_us", Against::Ours, 5.0, 1.0),
    Asked("media.loss", "%", "lost_share", Against::Ours, 0.01, 0.0),
    Asked("media.memory_per_call", "KB", "kb_per_call", Against::Ours, 100.0, 40.0),
];
const AT_800: [Asked; 1] = [CPU];

pub fn run(options: &Options) -> Vec<Figure> {
    let mut figures = forward(300, &AT_300, options);
    if !options.quick {
        figures.extend(forward(800, &AT_800, options));
    }
    figures.push(opus(options));
    figures
}

/// Runs of both in turn; every figure that is asked of them.
fn forward(calls: u32, asked: &[Asked], options: &Options) -> Vec<Figure> {
    let (mut own, mut peer) = (Vec::new(), Vec::new());
    let has_peer = process::installed("rtpengine");
    let missing =
        |why: &str| asked.iter().map(|it| Figure::missing(it.0, it.1, (it.4, it.5), why.to_owned())).collect();
    let calls_text = calls.to_string();
    for _ in 0..options.runs {
        match load(&["--subject", "ours", "--calls", &calls_text]) {
            Ok(said) => own.push(said),
            Err(why) => return missing(&why),
        }
        if has_peer {
            match load(&["--subject", "rtpengine", "--calls", &calls_text]) {
                Ok(said) => peer.push(said),
                Err(why) => return missing(&format!("rtpengine: {why}")),
            }
        }
    }
    asked.iter().map(|it| figure(it, calls, &own, has_peer.then_some(&peer))).collect()
}

fn figure(asked: &Asked, calls: u32, own: &[Value], peer: Option<&Vec<Value>>) -> Figure {
    let &Asked(id, unit, field, against, gate, goal) = asked;
    // As the goals count: milliseconds and percent.
    let scale = match unit {
        "ms" => 1e-3,
        "%" => 1e2,
        _ => 1.0,
    };
    let read =
        |runs: &[Value]| -> Vec<f64> { runs.iter().filter_map(|run| Some(run[field].as_f64()? * scale)).collect() };
    let beside = peer.map(|runs| read(runs));
    let note = if peer.is_some() {
        format!("{calls} calls, every packet decrypted")
    } else {
        "rtpengine is not installed".into()
    };
    let mut figure =
        Figure::of((id, unit), &read(own), beside.as_deref().map(|runs| (PEER, runs)), (against, gate, goal), note);
    // Sooner than five milliseconds is not enough: the peer must not be sooner still.
    if id == "media.forward_latency_p99" {
        let later = figure.ratio.is_some_and(|ratio| ratio > 1.0);
        figure.meets_gate = figure.meets_gate.map(|holds| holds && !later);
    }
    figure
}

/// More is better here: gate and goal are the least.
fn opus(options: &Options) -> Figure {
    let (id, unit, (gate, goal)) = ("media.opus_calls_per_core", "calls", CALLS_PER_CORE);
    let (mut own, mut alone) = (Vec::new(), Vec::new());
    for _ in 0..options.runs {
        match load(&["--opus", "--calls", &OPUS_CALLS.to_string()]) {
            Ok(said) => {
                own.extend(said["calls_per_core"].as_f64());
                alone.extend(said["libopus_alone"].as_f64());
            }
            Err(why) => return Figure::missing(id, unit, CALLS_PER_CORE, why),
        }
    }
    let note = format!("{OPUS_CALLS} calls, 70 % of a core; the engine codes at 8 kHz, libopus alone at 16 kHz");
    let peer = Some(("libopus alone", alone.as_slice()));
    let mut figure = Figure::of((id, unit), &own, peer, (Against::Ours, gate, goal), note);
    figure.meets_gate = figure.ours.map(|calls| calls >= gate);
    figure
}

fn load(arguments: &[&str]) -> Result<Value, String> {
    let output =
        Command::new(process::example("forward_load")).args(arguments).output().map_err(|why| why.to_string())?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).chars().take(400).collect());
    }
    serde_json::from_slice(&output.stdout).map_err(|why| why.to_string())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_latency_above_the_peers_breaks_the_gate() {
        let runs = |us: f64| vec![json!({"latency_p99_us": us})];
        let held = figure(&AT_300[1], 300, &runs(900.0), Some(&runs(1_000.0)));
        assert_eq!((held.ours, held.meets_gate), (Some(0.9), Some(true)));
        assert_eq!(figure(&AT_300[1], 300, &runs(900.0), Some(&runs(800.0))).meets_gate, Some(false));
        assert_eq!(figure(&AT_300[1], 300, &runs(900.0), None).meets_gate, Some(true));
    }

    #[test]
    fn loss_is_told_in_percent() {
        let one = figure(&AT_300[2], 300, &[json!({"lost_share": 0.0002})], None);
        assert_eq!((one.ours, one.meets_gate), (Some(0.02), Some(false)));
    }
}
