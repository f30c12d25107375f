//! `signalling.added_latency_p99`: from an INVITE that goes in to the INVITE that comes out, at half of the clean rate; Kamailio's
//! bare relay at the same rate in the same minutes.

use std::process::Command;

use serde_json::Value;

use super::{
    Against, Figure, Options, clean, process,
    scene::{self, Server},
    signalling,
};

const ID: &str = "signalling.added_latency_p99";
const GATE: (f64, f64) = (5.0, 1.0);

pub fn run(options: &Options) -> Vec<Figure> {
    let missing = |why: String| vec![Figure::missing(ID, "ms", GATE, why)];
    let rate = match clean::ours(true) {
        Ok(clean) => (clean / 2).max(1),
        Err(why) => return missing(why),
    };
    let seconds = if options.quick { 8 } else { 15 };
    let (mut own, mut peer) = (Vec::new(), Vec::new());
    for _ in 0..options.runs {
        match ours(rate, seconds) {
            Ok(ms) => own.push(ms),
            Err(why) => return missing(why),
        }
        if process::installed("kamailio") {
            match kamailio(rate, seconds) {
                Ok(ms) => peer.push(ms),
                Err(why) => return missing(format!("kamailio: {why}")),
            }
        }
    }
    let note = format!(
        "{rate} calls/s; ours from the INVITE that proves its password, with routing, capacity, media and record begun; kamailio relays only"
    );
    let peer = (!peer.is_empty()).then_some(("kamailio 5.6 tm relay", peer.as_slice()));
    vec![Figure::of((ID, "ms"), &own, peer, (Against::Ours, GATE.0, GATE.1), note)]
}

fn ours(rate: u32, seconds: u32) -> Result<f64, String> {
    let server = Server::start_with(&process::binary("patchbay"), &clean::MANY_UDP_PORTS)?;
    let far = process::free();
    let caller = scene::trunk(&server, ("127.0.0.1", far), clean::CHANNELS)?;
    std::thread::sleep(std::time::Duration::from_secs(1));
    measured(server.sip, far, rate, seconds, (&caller.username, &caller.password))
}

fn kamailio(rate: u32, seconds: u32) -> Result<f64, String> {
    let far = process::free();
    let (_process, sip) = signalling::relay(far)?;
    measured(sip, far, rate, seconds, ("-", "-"))
}

fn measured(sip: u16, far: u16, rate: u32, seconds: u32, account: (&str, &str)) -> Result<f64, String> {
    let output = Command::new(process::example("invite_delay"))
        .args([sip, far].map(|udp_port| udp_port.to_string()))
        .args([account.0, account.1])
        .args([rate, seconds].map(|number| number.to_string()))
        .output()
        .map_err(|why| why.to_string())?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).chars().take(400).collect());
    }
    let said: Value = serde_json::from_slice(&output.stdout).map_err(|why| why.to_string())?;
    // Calls that never came out have no latency: they must not make the figure look better.
    match (said["p99_ms"].as_f64(), said["lost"].as_u64()) {
        (Some(ms), Some(0)) => Ok(ms),
        _ => Err(format!("calls were lost: {said}")),
    }
}
