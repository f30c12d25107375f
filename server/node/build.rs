//! The binary holds the built web app: a new one makes a new binary. Cargo does not see which files `rust-embed` reads.

fn main() {
    println!("cargo::rerun-if-changed=../../web/dist");
}
