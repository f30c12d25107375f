//! Conferences: everybody hears everybody else and nobody itself, whatever the codecs.

use patchbay_codec::CodecId;
use patchbay_kernel::LegId;

use crate::{
    party::Party,
    rig::{Rig, gateway, pass},
};

const CODECS: [(CodecId, &str); 4] =
    [(CodecId::Pcmu, "0"), (CodecId::Pcma, "8"), (CodecId::Opus, "111"), (CodecId::Pcmu, "0")];
const TONES: [u16; 4] = [500, 870, 1_310, 1_930];

async fn parties(rig: &mut Rig, count: usize) -> Vec<(Party, LegId)> {
    let mut all = Vec::new();
    for (at, (codec, formats)) in CODECS.into_iter().take(count).enumerate() {
        let party = Party::new(codec);
        let (leg, to) = rig.answered(gateway(), &party, formats).await;
        party.talk(to, TONES[at]);
        all.push((party, leg));
    }
    all
}

/// Who hears whom, as rows of `1` and `0`: the energy of each tone at each party.
fn matrix(all: &[(Party, LegId)]) -> Vec<String> {
    let row = |(party, _): &(Party, LegId)| {
        let heard = party.take();
        let heard = &heard[heard.len() / 2..];
        TONES[..all.len()]
            .iter()
            .map(|hz| if !heard.is_empty() && party.share(heard, *hz) > 0.1 { '1' } else { '0' })
            .collect()
    };
    all.iter().map(row).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn four_in_four_codecs_hear_each_other_and_not_themselves() {
    let mut rig = Rig::with_workers(4, 2);
    let all = parties(&mut rig, 4).await;
    let legs: Vec<LegId> = all.iter().map(|(_, leg)| *leg).collect();
    rig.engine.mix(&legs).await.unwrap();
    pass(1_000).await;
    assert_eq!(matrix(&all), ["0111", "1011", "1101", "1110"]);
    // One leaves: the others go on, and it hears nobody.
    rig.engine.unbridge(legs[3]).await.unwrap();
    rig.engine.mix(&legs[..3]).await.unwrap();
    pass(300).await;
    for (party, _) in &all {
        party.take();
    }
    pass(800).await;
    let three = matrix(&all[..3]);
    assert_eq!(three, ["011", "101", "110"]);
    assert!(all[3].0.take().is_empty(), "who has left hears nobody");
    // And two of them alone.
    rig.engine.bridge(legs[0], legs[1]).await.unwrap();
    pass(300).await;
    for (party, _) in &all {
        party.take();
    }
    pass(600).await;
    assert_eq!(matrix(&all[..2]), ["01", "10"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_member_that_is_silent_and_one_that_is_played_something_disturb_nobody() {
    let mut rig = Rig::new(3);
    let all = parties(&mut rig, 3).await;
    let legs: Vec<LegId> = all.iter().map(|(_, leg)| *leg).collect();
    rig.engine.mix(&legs).await.unwrap();
    all[1].0.hush();
    rig.engine.play(legs[2], patchbay_media::Play::Tone { hz: 2_500 }).await.unwrap();
    pass(400).await;
    for (party, _) in &all {
        party.take();
    }
    pass(600).await;
    let rows = matrix(&all);
    assert_eq!((rows[0].as_str(), rows[1].as_str()), ("001", "101"), "the silent one says nothing");
    rig.engine.stop_play(legs[2]).await.unwrap();
    pass(300).await;
    all[2].0.take();
    pass(500).await;
    assert_eq!(matrix(&all)[2], "100");
}
