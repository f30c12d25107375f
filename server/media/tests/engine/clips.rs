//! Prompts and music: what a party is played is heard at the far end, one after the other, without gaps and clicks, and its
//! end is told.

use std::time::{Duration, Instant};

use patchbay_codec::{CodecId, FRAME, measure, tone::Sine};
use patchbay_kernel::LegId;
use patchbay_media::{Clip, MediaEventKind, PlayEnd, PlayId, PlayItem, Repeat};

use crate::{
    party::Party,
    rig::{Rig, gateway, pass},
};

const DBFS: f64 = -12.0;
const AMPLITUDE: f64 = 32_767.0 * 0.251_188_643;

fn tone(hz: u16, ms: usize) -> Clip {
    let mut samples = vec![0; ms * 8];
    Sine::new(hz, DBFS).fill(&mut samples);
    Clip::new(samples)
}

/// Ends of this leg until now: item, reason, place in the clip.
fn ended(rig: &mut Rig, leg: LegId) -> Vec<(u64, PlayEnd, u32)> {
    let ended = |event: patchbay_media::MediaEvent| match event.kind {
        MediaEventKind::PlayEnded { item, why, at_ms } if event.leg == leg => Some((item.0, why, at_ms)),
        _ => None,
    };
    rig.told().into_iter().filter_map(ended).collect()
}

async fn until_ended(rig: &mut Rig, leg: LegId, count: usize) -> Vec<(u64, PlayEnd, u32)> {
    let (mut all, started) = (Vec::new(), Instant::now());
    while all.len() < count {
        assert!(started.elapsed() < Duration::from_secs(5), "{all:?}");
        pass(10).await;
        all.extend(ended(rig, leg));
    }
    all
}

async fn two_in_a_row(codec: CodecId, formats: &str) {
    let mut rig = Rig::new(1);
    let party = Party::new(codec);
    let (leg, to) = rig.answered(gateway(), &party, formats).await;
    party.talk(to, 300);
    let started = Instant::now();
    let items = vec![PlayItem::once(PlayId(1), tone(700, 610)), PlayItem::once(PlayId(2), tone(1_100, 600))];
    rig.engine.play_clips(leg, items).await.unwrap();
    let told = until_ended(&mut rig, leg, 2).await;
    let took = started.elapsed().as_millis();
    assert!((1_150..1_600).contains(&took), "{took} ms for 1210");
    assert_eq!(told, [(1, PlayEnd::Finished, 610), (2, PlayEnd::Finished, 600)]);
    pass(100).await;
    let heard = party.take();
    assert_eq!(heard.len(), 61, "{codec:?}: nothing before, nothing after");
    assert!(heard[0].marker && heard[1..].iter().all(|packet| !packet.marker));
    for pair in heard.windows(2) {
        assert_eq!(pair[1].sequence, pair[0].sequence.wrapping_add(1));
        let step = pair[1].timestamp.wrapping_sub(pair[0].timestamp);
        assert_eq!(step, codec.spec().step(), "20 ms, on the dot");
    }
    let samples = party.samples(&heard);
    let (first, second) = (measure::share(&samples[800..4_000], 700), measure::share(&samples[5_600..8_800], 1_100));
    assert!(first > 0.9 && second > 0.9, "{codec:?}: {first} {second}");
    for (at, look) in samples[FRAME..59 * FRAME].chunks(FRAME / 2).enumerate() {
        let level = measure::level_dbfs(look);
        assert!(level > DBFS as f32 - 4.0, "{codec:?}: a gap after {} ms: {level}", 20 + at * 10);
    }
    rig.engine.stop().await;
}

#[tokio::test]
async fn two_prompts_in_a_row_are_heard_without_a_gap_in_every_codec() {
    for (codec, formats) in [(CodecId::Pcmu, "0 101"), (CodecId::Pcma, "8 101"), (CodecId::Opus, "111")] {
        two_in_a_row(codec, formats).await;
    }
}

#[tokio::test]
async fn beginning_stopping_and_changing_make_no_click() {
    let mut rig = Rig::new(1);
    let party = Party::new(CodecId::Pcmu);
    let (leg, _) = rig.answered(gateway(), &party, "0").await;
    let music = tone(500, 1_000);
    let mut name = 0;
    for round in 0..6u64 {
        for clip in [music.clone(), tone(450, 1_000)] {
            name += 1;
            rig.engine.play_clips(leg, vec![PlayItem::forever(PlayId(name), clip)]).await.unwrap();
            pass(90 + round * 7).await;
        }
        rig.engine.stop_play(leg).await.unwrap();
        pass(60).await;
    }
    let told = ended(&mut rig, leg);
    assert_eq!(told.len(), 12);
    assert!(told.iter().all(|(_, why, at)| *why == PlayEnd::Stopped && *at > 0));
    let samples = party.samples(&party.take());
    let step =
        samples.windows(2).map(|pair| f64::from(pair[1]) - f64::from(pair[0])).fold(0.0, |a: f64, b| a.max(b.abs()));
    // A sine's steepest step; where one fades over the other both count.
    let steepest = |hz: f64| AMPLITUDE * std::f64::consts::TAU * hz / 8_000.0;
    let most = (steepest(500.0) + steepest(450.0)) * 1.1;
    assert!(step < most, "{step} of at most {most}; a cut has up to {AMPLITUDE}");
    assert!(measure::level_dbfs(&samples) > DBFS as f32 - 3.0, "and something was heard");
    pass(100).await;
    assert!(party.take().is_empty(), "stopped is silence");
    rig.engine.stop().await;
}

#[tokio::test]
async fn what_is_queued_comes_next_and_music_goes_on_where_it_was_left() {
    let mut rig = Rig::new(1);
    let party = Party::new(CodecId::Pcma);
    let (leg, _) = rig.answered(gateway(), &party, "8").await;
    let twice = PlayItem { repeat: Repeat::Times(2), gain_db: -6.0, ..PlayItem::once(PlayId(1), tone(600, 200)) };
    rig.engine.queue_clips(leg, vec![twice]).await.unwrap();
    let half = PlayItem { from_ms: 300, ..PlayItem::once(PlayId(2), tone(900, 500)) };
    rig.engine.queue_clips(leg, vec![half]).await.unwrap();
    let told = until_ended(&mut rig, leg, 2).await;
    assert_eq!(told, [(1, PlayEnd::Finished, 200), (2, PlayEnd::Finished, 500)]);
    pass(60).await;
    let samples = party.samples(&party.take());
    assert_eq!(samples.len(), 8 * 600);
    assert!(measure::share(&samples[..3_200], 600) > 0.95 && measure::share(&samples[3_200..], 900) > 0.95);
    let (quiet, loud) = (measure::level_dbfs(&samples[400..3_000]), measure::level_dbfs(&samples[3_400..4_600]));
    assert!((loud - quiet - 6.0).abs() < 0.5, "{quiet} {loud}");
    rig.engine.stop().await;
}

#[tokio::test]
async fn a_joined_party_hears_the_prompt_alone_and_a_bridge_ends_it() {
    let mut rig = Rig::new(2);
    let (a, b) = (Party::new(CodecId::Pcmu), Party::new(CodecId::Pcmu));
    let (leg_a, to_a) = rig.answered(gateway(), &a, "0").await;
    let (leg_b, to_b) = rig.answered(gateway(), &b, "0").await;
    a.talk(to_a, 400);
    b.talk(to_b, 1_500);
    rig.engine.play_clips(leg_a, vec![PlayItem::forever(PlayId(1), tone(800, 250))]).await.unwrap();
    pass(300).await;
    assert!(a.share(&a.take(), 800) > 0.95);
    rig.engine.bridge(leg_a, leg_b).await.unwrap();
    assert_eq!(ended(&mut rig, leg_a).len(), 1, "the bridge ended it");
    pass(60).await;
    a.take();
    pass(300).await;
    assert!(a.share(&a.take(), 1_500) > 0.95);
    rig.engine.play_clips(leg_a, vec![PlayItem::forever(PlayId(2), tone(800, 250))]).await.unwrap();
    pass(60).await;
    a.take();
    b.take();
    pass(300).await;
    assert!(a.share(&a.take(), 800) > 0.95, "instead of its peer");
    assert!(b.share(&b.take(), 400) > 0.95, "who hears on");
    rig.engine.stop_play(leg_a).await.unwrap();
    pass(60).await;
    a.take();
    pass(300).await;
    assert!(a.share(&a.take(), 1_500) > 0.95, "and is heard again");
    rig.engine.stop().await;
}

#[tokio::test]
async fn a_party_that_holds_us_misses_a_prompt_whose_end_is_told_all_the_same() {
    let mut rig = Rig::new(1);
    let party = Party::new(CodecId::Pcmu);
    let leg = rig.open(gateway()).await;
    rig.engine.play_clips(leg, vec![PlayItem::once(PlayId(1), tone(800, 200))]).await.unwrap();
    pass(400).await;
    assert_eq!(ended(&mut rig, leg), [], "nobody is there yet: it waits");
    let all = crate::rig::policy(&[patchbay_plane::Codec::Pcmu]);
    rig.engine.leg_answer(leg, &party.description("0", ""), &all).await.unwrap();
    assert_eq!(until_ended(&mut rig, leg, 1).await, [(1, PlayEnd::Finished, 200)]);
    pass(50).await;
    assert_eq!(party.take().len(), 10, "from its beginning");
    rig.engine.leg_answer(leg, &party.description("0", "a=sendonly\r\n"), &all).await.unwrap();
    rig.engine.play_clips(leg, vec![PlayItem::once(PlayId(2), tone(800, 200))]).await.unwrap();
    assert_eq!(until_ended(&mut rig, leg, 1).await, [(2, PlayEnd::Finished, 200)]);
    assert!(party.take().is_empty(), "held");
    rig.engine.stop().await;
}
