//! Thousands of calls over a bad network: every call gets its answer, and nothing is left behind.

#[path = "support/office.rs"]
mod office;
#[path = "support/world.rs"]
mod world;

use office::{Office, Tally};
use world::Faults;

const BAD: Faults = Faults { loss: 50, twice: 20, delay_ms: 5, jitter_ms: 30 };

fn run(seed: u64, faults: Faults, calls: u64, lively: bool) -> Tally {
    let mut office = Office::new(seed, faults, calls, 100, lively);
    office.run();
    assert_eq!(office.left_over(), None, "seed {seed}: {:?}", office.tally);
    office.tally
}

#[test]
fn a_good_network_needs_no_repeat() {
    let tally = run(1, Faults::NONE, 200, false);
    assert_eq!((tally.dialled, tally.answered, tally.lost, tally.missed), (200, 200, 0, 0));
    // INVITE, 100, 180, 200, ACK, BYE, 200 on each side.
    assert_eq!(tally.datagrams, 200 * 14, "{tally:?}");
}

#[test]
fn no_call_is_lost_at_five_percent_loss() {
    for seed in 1..=3 {
        let tally = run(seed, BAD, 2_000, true);
        assert_eq!(tally.lost, 0, "seed {seed}: {tally:?}");
        assert!(tally.missed <= tally.may_miss(), "seed {seed}: {tally:?}");
        assert_eq!(tally.answered + tally.busy + tally.given_up, tally.dialled, "seed {seed}: {tally:?}");
        assert!(tally.answered > 1_200 && tally.busy > 100 && tally.given_up > 200, "seed {seed}: {tally:?}");
        assert!(tally.changes > 100 && tally.infos > 100, "seed {seed}: {tally:?}");
        assert!(tally.early > 100 && tally.transfers > 50, "seed {seed}: {tally:?}");
        assert_eq!(tally.ends.get("NoAck"), None, "seed {seed}: {tally:?}");
        // A session that only its timer ends was forgotten by somebody.
        assert_eq!(tally.ends.get("Expired"), None, "seed {seed}: {tally:?}");
    }
}

#[test]
fn calls_live_through_a_very_bad_network() {
    let tally = run(7, Faults { loss: 200, twice: 100, delay_ms: 20, jitter_ms: 200 }, 500, false);
    assert_eq!((tally.answered, tally.lost, tally.missed), (500, 0, 0), "{tally:?}");
}

#[test]
fn the_same_seed_tells_the_same_story() {
    assert_eq!(run(5, BAD, 300, true), run(5, BAD, 300, true));
}
