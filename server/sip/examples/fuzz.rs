//! The mutation fuzzer for a while: `cargo run --release -p patchbay-sip --example fuzz -- --seconds 60 [--seed 1]`.
//! A panic names itself; the same seed brings it back.

#[path = "../tests/support/fuzz.rs"]
mod fuzz;

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

#[expect(clippy::print_stdout, reason = "a command line program")]
fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let number = |name: &str, usual: u64| {
        let at = arguments.iter().position(|argument| argument == name);
        at.and_then(|at| arguments.get(at + 1)).map_or(usual, |text| text.parse().expect("a number"))
    };
    let (seconds, first) = (number("--seconds", 60), number("--seed", 1));
    let over = Arc::new(AtomicBool::new(false));
    let bell = over.clone();
    std::thread::spawn(move || {
        std::thread::sleep(std::time::Duration::from_secs(seconds));
        bell.store(true, Ordering::Relaxed);
    });
    let (mut inputs, mut seed) = (0, first);
    while !over.load(Ordering::Relaxed) {
        let mut fuzzer = fuzz::Fuzzer::new(seed);
        while fuzzer.inputs < 200_000 && !over.load(Ordering::Relaxed) {
            fuzzer.step();
        }
        inputs += fuzzer.inputs;
        assert_eq!(fuzzer.left_over(), None, "seed {seed}");
        seed += 1;
    }
    println!("{inputs} inputs into three cores each, {} seeds, no panic, nothing left behind", seed - first);
}
