//! Between the forward path and the process path and back, as re-INVITEs and tones of ours bring it: the party hears one
//! source, one row of numbers, one clock, and its tone again at once.

use patchbay_codec::CodecId;
use patchbay_media::Play;
use patchbay_plane::Codec;

use crate::{
    party::{Heard, Party},
    rig::{Rig, gateway, pass, policy},
};

/// Numbers follow each other, the clock runs with the time, and there are no more marks than changes.
fn one_row(heard: &[Heard], marks: usize) {
    for pair in heard.windows(2) {
        assert_eq!(pair[1].sequence, pair[0].sequence.wrapping_add(1), "an unbroken row");
        assert_eq!(pair[1].ssrc, pair[0].ssrc, "one source");
        let step = pair[1].timestamp.wrapping_sub(pair[0].timestamp);
        assert!((1..=8_000 / 1_000 * 150).contains(&step), "{step} units between two packets");
    }
    let marked = heard.iter().filter(|packet| packet.marker).count();
    assert!(marked <= marks, "{marked} marks for {marks} changes");
    let (first, last) = (&heard[0], &heard[heard.len() - 1]);
    let told_ms = last.timestamp.wrapping_sub(first.timestamp) / 8;
    assert!((told_ms as usize).abs_diff((heard.len() - 1) * 20) < 200, "{told_ms} ms in {} packets", heard.len());
}

#[tokio::test]
async fn a_change_of_codec_is_heard_as_one_stream() {
    let mut rig = Rig::new(2);
    let (a, b) = (Party::new(CodecId::Pcmu), Party::new(CodecId::Pcmu));
    let opus = Party::new(CodecId::Opus);
    let (leg_a, to_a) = rig.answered(gateway(), &a, "0 101").await;
    let (leg_b, to_b) = rig.answered(gateway(), &b, "0 101").await;
    rig.engine.bridge(leg_a, leg_b).await.unwrap();
    a.talk(to_a, 440);
    b.talk(to_b, 1_000);
    pass(300).await;
    b.take();
    pass(400).await;
    let all = policy(&[Codec::Pcmu, Codec::Opus]);
    let mut row = b.take();
    // The party moves to another device that speaks Opus, and back.
    for (party, formats) in [(&opus, "111"), (&a, "0 101"), (&opus, "111")] {
        a.hush();
        opus.hush();
        rig.engine.leg_answer(leg_a, &party.description(formats, ""), &all).await.unwrap();
        party.talk(to_a, 440);
        pass(800).await;
        let heard = b.take();
        assert!(heard.len() >= 30, "{} packets in 800 ms", heard.len());
        assert!(b.usual(&heard[6..], 440) > 0.9, "{formats}: {}", b.usual(&heard[6..], 440));
        let at_party = party.take();
        assert!(party.usual(&at_party, 1_000) > 0.9, "{formats} hears {}", party.usual(&at_party, 1_000));
        row.extend(heard);
    }
    one_row(&row, 4);
    rig.engine.stop().await;
}

#[tokio::test]
async fn a_tone_of_ours_in_between_is_heard_as_one_stream() {
    for (codec, formats) in [(CodecId::Pcmu, "0"), (CodecId::Opus, "111")] {
        let mut rig = Rig::new(2);
        let (a, b) = (Party::new(codec), Party::new(CodecId::Pcmu));
        let (leg_a, to_a) = rig.answered(gateway(), &a, formats).await;
        let (leg_b, _) = rig.answered(gateway(), &b, "0").await;
        rig.engine.bridge(leg_a, leg_b).await.unwrap();
        a.talk(to_a, 440);
        pass(300).await;
        b.take();
        pass(500).await;
        let mut row = b.take();
        rig.engine.play(leg_b, Play::Tone { hz: 1_500 }).await.unwrap();
        pass(500).await;
        let played = b.take();
        assert!(b.usual(&played[2..], 1_500) > 0.95, "{codec:?}: ours is heard");
        rig.engine.stop_play(leg_b).await.unwrap();
        pass(700).await;
        let after = b.take();
        assert!(b.usual(&after[10..], 440) > 0.9, "{codec:?}: and then the party: {}", b.usual(&after[10..], 440));
        row.extend(played);
        row.extend(after);
        one_row(&row, 3);
        rig.engine.stop().await;
    }
}

#[tokio::test]
async fn calls_are_spread_over_workers_and_each_worker_carries_both_paths() {
    let mut rig = Rig::with_workers(24, 3);
    let mut calls = Vec::new();
    for at in 0..6u16 {
        rig.new_call();
        let (left, formats) = if at % 2 == 0 { (CodecId::Pcmu, "0") } else { (CodecId::Opus, "111") };
        let (a, b) = (Party::new(left), Party::new(CodecId::Pcma));
        let (leg_a, to_a) = rig.answered(gateway(), &a, formats).await;
        let (leg_b, to_b) = rig.answered(gateway(), &b, "8").await;
        rig.engine.bridge(leg_a, leg_b).await.unwrap();
        a.talk(to_a, 400 + at * 100);
        b.talk(to_b, 1_000 + at * 100);
        calls.push((a, b, leg_a, leg_b));
    }
    pass(400).await;
    for (a, b, ..) in &calls {
        a.take();
        b.take();
    }
    pass(1_000).await;
    for (at, (a, b, ..)) in (0u16..).zip(&calls) {
        let (at_a, at_b) = (a.take(), b.take());
        assert!(b.usual(&at_b, 400 + at * 100) > 0.9, "call {at}: {}", b.usual(&at_b, 400 + at * 100));
        assert!(a.usual(&at_a, 1_000 + at * 100) > 0.9, "call {at}: {}", a.usual(&at_a, 1_000 + at * 100));
    }
    let free = rig.engine.stats().await.free_udp_ports;
    for (_, _, leg_a, leg_b) in &calls {
        let figures = rig.engine.leg_close(*leg_a).await.unwrap().figures;
        assert!(figures.received > 40 && figures.lost == 0, "{figures:?}");
        rig.engine.leg_close(*leg_b).await.unwrap();
    }
    let stats = rig.engine.stats().await;
    assert_eq!((stats.legs, stats.bridged, stats.free_udp_ports), (0, 0, free), "the UDP ports rest first");
    pass(patchbay_media::DRAIN.as_ms() + 100).await;
    assert_eq!(rig.engine.stats().await.free_udp_ports, free + 12, "and are free again");
    rig.engine.stop().await;
}
