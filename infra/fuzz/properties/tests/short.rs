//! Seeds, the crashes of the past and some thousand mutants through every parser; the long hunt is `cargo xtask fuzz`.

use patchbay_kernel::SeededEntropy;
use patchbay_properties::{TARGETS, mutate::mutant, seeds, target};

/// Mutants for each parser, and `PATCHBAY_MUTANTS` for more.
fn mutants() -> u64 {
    std::env::var("PATCHBAY_MUTANTS").ok().and_then(|text| text.parse().ok()).unwrap_or(2_000)
}

/// What was tried when a property panics.
struct Tried<'a>(&'a str, &'a [u8]);

impl Drop for Tried<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let hex: String = self.1.iter().map(|byte| format!("{byte:02x}")).collect();
            eprintln!(
                "{}: {:?}\nas hexadecimal, for infra/fuzz/crashes/{}: {hex}",
                self.0,
                self.1.escape_ascii().to_string(),
                self.0
            );
        }
    }
}

fn hold(name: &str) {
    let target = target(name);
    let mut known = (target.seeds)();
    assert!(!known.is_empty(), "{name} has nothing to begin with");
    known.extend(seeds::crashes(name));
    let attempt = |bytes: &[u8]| {
        let _tried = Tried(name, bytes);
        (target.check)(bytes);
    };
    known.iter().for_each(|bytes| attempt(bytes));
    let mut chance = SeededEntropy::new(1);
    for _ in 0..mutants() {
        attempt(&mutant(&known, &mut chance));
    }
}

macro_rules! parsers {
    ($($name:ident)*) => {
        $(#[test]
        fn $name() {
            hold(stringify!($name));
        })*

        #[test]
        fn every_target_is_tried_here_and_has_a_program() {
            let names = [$(stringify!($name)),*];
            assert_eq!(TARGETS.map(|target| target.name), names);
            for name in names {
                let program = format!("{}/../fuzz_targets/{name}.rs", env!("CARGO_MANIFEST_DIR"));
                assert!(std::path::Path::new(&program).is_file(), "{program}");
            }
        }
    };
}

parsers! { digest rtcp rtp sdp sip_frame sip_message stun uri websocket }
