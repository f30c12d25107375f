//! `start.ready`: from exec to ready on SQLite, and resident memory when idle.

use super::{Against, Figure, Options, process, scene::Server};

const NOTE: &str = "serve on SQLite, empty folder; RustPBX is not interleaved";

pub fn run(options: &Options) -> Vec<Figure> {
    let (mut ready, mut memory) = (Vec::new(), Vec::new());
    for _ in 0..options.runs {
        match Server::start() {
            Ok(server) => {
                ready.push(server.ready_in.as_secs_f64());
                std::thread::sleep(std::time::Duration::from_secs(2));
                memory.push(process::memory_kb(server.id()) as f64 / 1_024.0);
            }
            Err(why) => return vec![Figure::missing("start.ready", "s", (2.0, 0.5), why)],
        }
    }
    vec![
        Figure::of(("start.ready", "s"), &ready, None, (Against::Ours, 2.0, 0.5), NOTE.into()),
        Figure::of(("start.memory", "MB"), &memory, None, (Against::Ours, 120.0, 60.0), NOTE.into()),
    ]
}
