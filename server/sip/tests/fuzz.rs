//! A short run of the mutation fuzzer; the long one is `examples/fuzz.rs`.

#[path = "support/fuzz.rs"]
mod fuzz;

#[test]
fn mutants_break_nothing_and_leave_nothing() {
    for seed in 1..=3 {
        let mut fuzzer = fuzz::Fuzzer::new(seed);
        for _ in 0..6_000 {
            fuzzer.step();
        }
        assert_eq!(fuzzer.left_over(), None, "seed {seed} after {} inputs", fuzzer.inputs);
    }
}
