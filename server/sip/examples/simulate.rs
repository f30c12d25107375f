//! The virtual network in bulk: `cargo run --release -p patchbay-sip --example simulate -- [seeds] [calls]`.

#[path = "../tests/support/office.rs"]
mod office;
#[path = "../tests/support/world.rs"]
mod world;

use office::Office;
use world::Faults;

#[expect(clippy::print_stdout, reason = "a command line program")]
fn main() {
    let mut numbers = std::env::args().skip(1).map(|argument| argument.parse::<u64>().expect("a number"));
    let (seeds, calls) = (numbers.next().unwrap_or(20), numbers.next().unwrap_or(20_000));
    // Without faults and whims the run time is the price of a plain back-to-back call: three nodes, 14 datagrams.
    let faults = match numbers.next() {
        Some(0) => Faults::NONE,
        _ => Faults { loss: 50, twice: 20, delay_ms: 5, jitter_ms: 30 },
    };
    let mut bad = 0;
    for seed in 1..=seeds {
        let mut office = Office::new(seed, faults, calls, 500, faults.loss > 0);
        office.run();
        let left = office.left_over();
        println!(
            "seed {seed}: {:?}{}",
            office.tally,
            left.as_deref().map(|left| format!(" LEFT {left}")).unwrap_or_default()
        );
        bad += u64::from(left.is_some() || office.tally.lost > 0 || office.tally.missed > office.tally.may_miss());
    }
    assert_eq!(bad, 0, "{bad} seeds went wrong");
}
