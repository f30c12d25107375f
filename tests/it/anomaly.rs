//! Every field of a message, spoiled in every way that is known to have broken somebody, with a good OPTIONS behind each.
//!
//! The peer is a gateway known by its address, so that its messages reach as far as any can.

mod cases;

use std::{collections::BTreeMap, net::Ipv4Addr, time::Duration};

use cases::{Case, METHODS, Right, all, good};
use patchbay_kernel::{Entropy, SeededEntropy};
use patchbay_sip::Name;
use patchbay_tests::{
    Store,
    story::{ABROAD, Scene, both_hear},
};

use crate::raw::{Wire, resident};

const MIB: u64 = 1024 * 1024;
/// Mutants of good messages.
const MUTANTS: usize = 1_500;

/// Says a message and a good OPTIONS; the last status of the message, once the OPTIONS is answered.
async fn tell(wire: &mut Wire, bytes: &[u8], mark: &str, n: usize, final_wanted: bool) -> Option<u16> {
    wire.say(bytes).await;
    wire.say(wire.options(n).as_bytes()).await;
    let probe = format!("good{n}");
    let (mut last, mut alive) = (None, false);
    loop {
        let waits = !alive || (final_wanted && last.is_none_or(|status| status < 200));
        // What will not come after the OPTIONS was answered is waited for a moment only.
        let patience = if !alive {
            5_000
        } else if waits && last.is_some() {
            2_000
        } else if waits {
            30
        } else {
            return last;
        };
        let Ok(answer) = wire.hear(Duration::from_millis(patience)).await else {
            assert!(alive, "no answer to the good OPTIONS behind case {n}");
            return last;
        };
        if answer.get_text(Name::CallId).as_deref() == Some(&probe) {
            alive = true;
            continue;
        }
        if answer.status().is_some_and(|status| status >= 300) {
            wire.acknowledge(&answer).await;
        }
        // An answer to an earlier case may come late.
        let its = answer.headers().any(|(_, value)| value.contains(mark));
        if its || answer.get(Name::CallId).is_none() {
            last = answer.status().or(last);
        }
    }
}

fn is_right(case: &Case, normal: u16, got: Option<u16>) -> bool {
    let refused = got.is_some_and(|status| (400..500).contains(&status) || matches!(status, 501 | 505 | 513));
    match case.right {
        Right::Normal => got == Some(normal),
        Right::Refused => refused,
        Right::Either => got == Some(normal) || refused,
        Right::Unanswerable => got.is_none() || got == Some(normal) || refused,
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn thousands_of_spoiled_messages_and_good_ones_in_between() {
    let mut scene = Scene::sip_trunk(Store::Sqlite, 10).await;
    let server = scene.server.sip_address();
    let process = scene.server.process().id();
    let mut wire = Wire::udp((Ipv4Addr::LOCALHOST, 0), server).await;
    let mut normal = BTreeMap::new();
    for (n, method) in METHODS.into_iter().enumerate() {
        let text = good(method, 900_000 + n);
        let status = tell(&mut wire, text.as_bytes(), &format!("c{}.", 900_000 + n), 900_000 + n, true).await;
        normal.insert(method, status.expect("a good message is answered"));
    }
    let cases = all();
    assert!(cases.len() >= 3_000, "{} cases", cases.len());
    let (mut wrong, mut before, mut wrong_kinds) = (Vec::new(), 0, BTreeMap::<_, usize>::new());
    for (n, case) in cases.iter().enumerate() {
        let wanted = case.right != Right::Unanswerable;
        let got = tell(&mut wire, &case.bytes, &format!("c{n}."), n, wanted).await;
        if !is_right(case, normal[case.method], got) {
            wrong.push(format!("{} {} {}: {got:?}, wanted {:?}", case.method, case.field, case.anomaly, case.right));
            *wrong_kinds.entry((case.field, case.anomaly)).or_default() += 1;
        }
        if n == cases.len() / 4 {
            before = resident(process);
        }
        if n % 1_000 == 500 {
            a_good_call(&mut scene).await;
        }
    }
    mutate(&mut wire, &cases).await;
    a_good_call(&mut scene).await;
    let grown = resident(process).saturating_sub(before);
    let share = 100.0 * (cases.len() - wrong.len()) as f64 / cases.len() as f64;
    println!("{} cases, {share:.2} % answered in the right class, {} MiB more", cases.len(), grown / MIB);
    assert!(share >= 98.0, "{share:.2} %: {wrong_kinds:#?}");
    assert!(grown < 60 * MIB, "{} MiB more after {} messages", grown / MIB, cases.len() + MUTANTS);
}

async fn a_good_call(scene: &mut Scene) {
    let (ours, mut theirs) = scene.talk(ABROAD).await;
    both_hear(&ours, &theirs).await;
    ours.hang_up();
    theirs.ended().await;
}

/// Bytes changed, cut, doubled and swapped by chance; only that everybody else is served is judged.
async fn mutate(wire: &mut Wire, cases: &[Case]) {
    let mut chance = SeededEntropy::new(4_475);
    let mut below = |most: usize| usize::try_from(chance.below(most as u64)).unwrap();
    for n in 0..MUTANTS {
        let mut bytes = cases[below(cases.len())].bytes.clone();
        bytes.truncate(4_000);
        for _ in 0..=below(6) {
            let at = below(bytes.len().max(1));
            let end = (at + below(40)).min(bytes.len());
            match below(4) {
                0 if !bytes.is_empty() => bytes[at] = u8::try_from(below(256)).unwrap(),
                1 => drop(bytes.drain(at..end)),
                2 => {
                    let twice = bytes[at.min(end)..end].to_vec();
                    bytes.splice(at..at, twice);
                }
                _ => bytes.insert(at.min(bytes.len()), u8::try_from(below(256)).unwrap()),
            }
        }
        tell(wire, &bytes, "\0", 1_000_000 + n, false).await;
    }
}
