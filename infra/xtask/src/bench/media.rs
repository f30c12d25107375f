//! `media.cpu_per_packet`: CPU per forwarded packet between plain RTP and SRTP, against rtpengine in user space with the same
//! generator and a sink that decrypts every packet.

use std::process::Command;

use serde_json::Value;

use super::{Against, Figure, Options, process};

const GATE: (f64, f64) = (0.80, 0.50);

pub fn run(options: &Options) -> Vec<Figure> {
    let sizes: &[u32] = if options.quick { &[300] } else { &[300, 800] };
    sizes.iter().map(|calls| at(*calls, options)).collect()
}

fn at(calls: u32, options: &Options) -> Figure {
    let (mut own, mut peer) = (Vec::new(), Vec::new());
    let has_peer = process::installed("rtpengine");
    for _ in 0..options.runs {
        match load("ours", calls) {
            Ok(micros) => own.push(micros),
            Err(why) => return Figure::missing("media.cpu_per_packet", "us", GATE, why),
        }
        if has_peer {
            match load("rtpengine", calls) {
                Ok(micros) => peer.push(micros),
                Err(why) => return Figure::missing("media.cpu_per_packet", "us", GATE, format!("rtpengine: {why}")),
            }
        }
    }
    let note =
        if has_peer { format!("{calls} calls, every packet decrypted") } else { "rtpengine is not installed".into() };
    let peer = has_peer.then_some(("rtpengine 10.5 user space", peer.as_slice()));
    Figure::of(("media.cpu_per_packet", "us"), &own, peer, (Against::Ratio, GATE.0, GATE.1), note)
}

fn load(subject: &str, calls: u32) -> Result<f64, String> {
    let output = Command::new(process::example("forward_load"))
        .args(["--subject", subject, "--calls", &calls.to_string()])
        .output()
        .map_err(|why| why.to_string())?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).chars().take(400).collect());
    }
    let said: Value = serde_json::from_slice(&output.stdout).map_err(|why| why.to_string())?;
    said["us_per_packet"].as_f64().ok_or_else(|| format!("no figure in {said}"))
}
