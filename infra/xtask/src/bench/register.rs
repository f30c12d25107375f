//! `signalling.register_cpu`: CPU of one REGISTER with digest: challenge, proof, contact kept.

use super::{Against, Figure, Options, process, scene, signalling, sipp};

const ID: &str = "signalling.register_cpu";
const GATE: (f64, f64) = (150.0, 60.0);
/// Registrations a second: below what a node takes of everybody.
const RATE: u32 = 300;

pub fn run(options: &Options) -> Vec<Figure> {
    if !process::installed("sipp") {
        return vec![Figure::missing(ID, "us", GATE, "sipp is not installed".into())];
    }
    let seconds = if options.quick { 8 } else { 15 };
    let mut runs = Vec::new();
    for _ in 0..options.runs {
        match one(seconds) {
            Ok(micros) => runs.push(micros),
            Err(why) => return vec![Figure::missing(ID, "us", GATE, why)],
        }
    }
    let note = format!("{RATE}/s over UDP; challenge and both requests counted as one, what is deferred included");
    vec![Figure::of((ID, "us"), &runs, None, (Against::Ours, GATE.0, GATE.1), note)]
}

fn one(seconds: u32) -> Result<f64, String> {
    let server = scene::Server::start()?;
    let caller = scene::trunk(&server, ("127.0.0.1", process::free()), 30)?;
    let account = (caller.username.as_str(), caller.password.as_str());
    signalling::measure(server.id(), RATE, seconds, || {
        let load = sipp::Load {
            scenario: "register.xml",
            to: server.sip,
            service: account.0,
            rate: RATE,
            seconds,
            hold_ms: 0,
            account,
        };
        let told = load.run()?;
        let good = told.as_written == told.begun && told.failed == 0;
        if good { Ok(()) } else { Err(format!("registrations failed: {told:?}")) }
    })
}
