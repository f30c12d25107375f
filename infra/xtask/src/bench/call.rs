//! `call.cpu_per_call` and `call.answer_delay`: the whole road, SIP in, SIP out, media opened, record written.

use std::{process::Command, time::Duration};

use serde_json::Value;

use super::{Against, Figure, Options, process, scene, signalling};

const GATE_CPU: (f64, f64) = (1.0, 0.3);
const GATE_DELAY: (f64, f64) = (10.0, 2.0);

pub fn run(options: &Options) -> Vec<Figure> {
    vec![cpu(options), delay(options)]
}

fn cpu(options: &Options) -> Figure {
    let seconds = if options.quick { 8 } else { 15 };
    let mut runs = Vec::new();
    for _ in 0..options.runs {
        match signalling::ours(225, seconds) {
            Ok(micros) => runs.push(micros / 1_000.0),
            Err(why) => return Figure::missing("call.cpu_per_call", "ms", GATE_CPU, why),
        }
    }
    let note = "225 calls/s with digest, routing, capacity, media opened, record written; RustPBX recorded: 3.9-4.1 ms";
    Figure::of(("call.cpu_per_call", "ms"), &runs, None, (Against::Ours, GATE_CPU.0, GATE_CPU.1), note.into())
}

fn delay(options: &Options) -> Figure {
    let mut runs = Vec::new();
    for _ in 0..options.runs {
        match one_delay() {
            Ok(ms) => runs.push(ms),
            Err(why) => return Figure::missing("call.answer_delay", "ms", GATE_DELAY, why),
        }
    }
    let note =
        "INVITE to 200 through the server less INVITE to 200 direct, median of 100 calls; RustPBX recorded: ~100 ms";
    Figure::of(("call.answer_delay", "ms"), &runs, None, (Against::Ours, GATE_DELAY.0, GATE_DELAY.1), note.into())
}

fn one_delay() -> Result<f64, String> {
    let server = scene::Server::start()?;
    let far = process::free();
    let caller = scene::trunk(&server, ("127.0.0.1", far), 30)?;
    std::thread::sleep(Duration::from_millis(500));
    let output = Command::new(process::example("answer_delay"))
        .args([server.sip.to_string(), far.to_string(), caller.username, caller.password])
        .output()
        .map_err(|why| why.to_string())?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into_owned());
    }
    let said: Value = serde_json::from_slice(&output.stdout).map_err(|why| why.to_string())?;
    said["added_ms"].as_f64().ok_or_else(|| format!("no figure in {said}"))
}
