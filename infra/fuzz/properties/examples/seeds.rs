//! Writes the seeds and past crashes of every target into `FOLDER/<target>/`, for libFuzzer to begin with.

use std::path::PathBuf;

use patchbay_properties::{TARGETS, seeds::crashes};

fn main() -> std::io::Result<()> {
    let folder: PathBuf = std::env::args_os().nth(1).map_or_else(|| "seeds".into(), PathBuf::from);
    for target in TARGETS {
        let own = folder.join(target.name);
        std::fs::create_dir_all(&own)?;
        for (at, bytes) in (target.seeds)().into_iter().chain(crashes(target.name)).enumerate() {
            std::fs::write(own.join(format!("seed-{at:03}")), bytes)?;
        }
    }
    Ok(())
}
