//! The call machine against a reference, over random sequences that a switch could bring about: forks, races, holds, transfers,
//! silence, limits and late answers. A sequence that fails is shrunk to the shortest one that still does, and told.

#[path = "model/reference.rs"]
mod reference;
#[path = "model/script.rs"]
mod script;
#[path = "model/seek.rs"]
mod seek;
#[path = "model/world.rs"]
mod world;

use patchbay_call::Call;
use proptest::test_runner::{Config, RngAlgorithm, TestCaseError, TestError, TestRng, TestRunner};

use crate::{script::Script, world::World};

/// Plays one script to the end that time alone brings.
fn play(script: &Script, tell: bool) -> (Result<(), String>, Vec<String>) {
    let mut world = World::new(Call::new(script.shape()), script, tell);
    let judged = world.play(script);
    (judged, world.told())
}

fn sequences(count: u32, seed: u64) {
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    let config = Config { cases: count, failure_persistence: None, max_shrink_iters: 20_000, ..Config::default() };
    let mut runner = TestRunner::new_with_rng(config, TestRng::from_seed(RngAlgorithm::ChaCha, &bytes));
    let outcome = runner.run(&script::scripts(), |script| play(&script, false).0.map_err(TestCaseError::fail));
    match outcome {
        Ok(()) => {}
        Err(TestError::Fail(why, script)) => {
            let story = play(&script, true).1.join("\n");
            panic!("seed {seed}: {why}\nthe shortest sequence that does it:\n{story}\n{script:#?}");
        }
        Err(TestError::Abort(why)) => panic!("{why}"),
    }
}

#[test]
fn twenty_thousand_sequences_end_as_the_reference_says() {
    sequences(20_000, 1);
}

#[test]
#[ignore = "cargo xtask model runs it in release mode"]
fn as_many_sequences_as_asked_for() {
    let number = |name: &str| std::env::var(name).ok().and_then(|text| text.parse::<u64>().ok());
    let count = number("PATCHBAY_SEQUENCES").unwrap_or(1_000_000);
    let seed = number("PATCHBAY_SEED").unwrap_or_else(|| u64::from(std::process::id()));
    // One runner keeps count of its cases in 32 bits; each part has a seed of its own.
    const PART: u64 = 250_000;
    let began = std::time::Instant::now();
    for part in 0..count.div_ceil(PART) {
        let cases = PART.min(count - part * PART) as u32;
        sequences(cases, seed + part);
        println!("{} sequences hold, seed {seed}, {:?}", part * PART + u64::from(cases), began.elapsed());
    }
}

/// The judge itself: a machine that breaks a promise must be seen.
#[test]
fn a_world_sees_what_is_left_behind() {
    let script = Script::plain();
    let mut world = World::new(Call::new(script.shape()), &script, true);
    assert_eq!(world.play(&script), Ok(()));
    assert!(world.is_over());
    let mut wrong = World::new(Call::new(script.shape()), &script, false);
    wrong.reference_is_over();
    assert!(wrong.play(&script).is_err(), "an effect that the reference does not know");
}
