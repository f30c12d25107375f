use patchbay_codec::{CodecId, measure, tone::Sine};
use patchbay_kernel::{Entropy, SeededEntropy, Tick};

use super::*;

fn head(sequence: u16, timestamp: u32) -> Head {
    Head { marker: false, sequence, timestamp, ssrc: 5, payload: 12..12 }
}

/// What is heard of `samples`, sent in frames of 20 ms that the network treats by `fate` (lost, or late by so many
/// milliseconds), and how many frames came out.
fn heard(between: (Codec, Codec), samples: &[i16], mut fate: impl FnMut() -> Option<u64>) -> (Vec<i16>, usize) {
    let (from, to) = between;
    let mut transcoder = Transcoder::new(from, to);
    let mut encoder = wire::codec_id(from).spec().encoder();
    encoder.expect_loss(0.05);
    let mut decoder = wire::codec_id(to).spec().decoder();
    let step = wire::clock_rate(from) / 50;
    let mut packets: Vec<(u64, u16, Vec<u8>)> = Vec::new();
    for (at, frame) in samples.chunks_exact(FRAME).enumerate() {
        let mut payload = Vec::new();
        encoder.encode(frame, &mut payload);
        if let Some(late) = fate() {
            packets.push((at as u64 * 20 + late, at as u16, payload));
        }
    }
    packets.sort();
    let (mut out, mut frames, mut packets) = (Vec::new(), 0, packets.into_iter().peekable());
    for ms in (3..samples.len() as u64 / 8 + 400).step_by(20) {
        while let Some((at, number, payload)) = packets.next_if(|packet| packet.0 <= ms) {
            // Over the wrap of both counters.
            let timestamp = (u32::MAX - 40 * step).wrapping_add(u32::from(number) * step);
            transcoder.push(&head(number.wrapping_add(65_500), timestamp), &payload, Tick::from_ms(at));
        }
        let mut payload = Vec::new();
        transcoder.frame(Tick::from_ms(ms), &mut payload);
        if payload.is_empty() {
            out.extend([0; FRAME]);
        } else {
            frames += 1;
            decoder.decode(&payload, &mut out);
        }
    }
    (out, frames)
}

const WAYS: [(Codec, Codec); 4] =
    [(Codec::Opus, Codec::Pcmu), (Codec::Pcma, Codec::Opus), (Codec::Pcmu, Codec::Pcma), (Codec::Pcma, Codec::Pcmu)];

fn tone(hz: u16, seconds: usize) -> Vec<i16> {
    let mut samples = vec![0; seconds * 8_000];
    Sine::new(hz, -15.0).fill(&mut samples);
    samples
}

/// Energy at this frequency in looks of 100 ms.
fn energy(samples: &[i16], hz: u16) -> f64 {
    samples.chunks_exact(800).map(|look| f64::from(measure::level_at(look, hz))).map(|db| 10f64.powf(db / 10.0)).sum()
}

#[test]
fn a_tone_survives_both_ways_soon_and_whole() {
    for between in WAYS {
        let (heard, frames) = heard(between, &tone(700, 4), || Some(1));
        assert!(measure::share(&heard[20 * FRAME..190 * FRAME], 700) > 0.95, "{between:?}");
        assert!((198..=212).contains(&frames), "{between:?}: {frames}");
        assert!(measure::level_at(&heard[4 * FRAME..8 * FRAME], 700) > -20.0, "{between:?}: heard within 80 ms");
    }
}

#[test]
fn a_twentieth_lost_and_200_ms_of_jitter_leave_nine_tenths_of_the_tone() {
    for between in WAYS {
        let mut chance = SeededEntropy::new(42);
        let samples = tone(1_000, 30);
        let (clean, _) = heard(between, &samples, || Some(1));
        let (torn, _) = heard(between, &samples, || (chance.below(20) != 0).then(|| chance.below(200)));
        // The first second is the buffer's, to learn the network.
        let part = 8_000..29 * 8_000;
        let kept = energy(&torn[part.clone()], 1_000) / energy(&clean[part], 1_000);
        assert!(kept >= 0.9, "{between:?}: {kept}");
    }
}

#[test]
fn thirty_millisecond_packets_become_twenty() {
    let mut transcoder = Transcoder::new(Codec::Pcmu, Codec::Opus);
    let mut sent = 0;
    for ms in (0..1_200u64).step_by(10) {
        if ms % 30 == 0 {
            let at = ms / 30;
            transcoder.push(&head(at as u16, at as u32 * 240), &[0xff; 240], Tick::from_ms(ms));
        }
        if ms % 20 == 0 {
            let mut payload = Vec::new();
            transcoder.frame(Tick::from_ms(ms + 3), &mut payload);
            sent += usize::from(!payload.is_empty());
        }
    }
    assert!((57..=60).contains(&sent), "{sent}");
}

#[test]
fn a_digit_keeps_one_time_and_takes_no_audio_with_it() {
    let (mut transcoder, mut out) = (Transcoder::new(Codec::Opus, Codec::Pcmu), Outgoing::new(1, 0, 0));
    let mut encoder = CodecId::Opus.spec().encoder();
    let (mut digits, mut frames) = (Vec::new(), 0);
    for at in 0..60u16 {
        let now = Tick::from_ms(u64::from(at) * 20);
        if (20..27).contains(&at) {
            digits.push(transcoder.digit(&head(at, 20 * 960), &mut out, now, 8_000).unwrap());
        } else {
            let mut payload = Vec::new();
            encoder.encode(&[100; FRAME], &mut payload);
            transcoder.push(&head(at, u32::from(at) * 960), &payload, now);
        }
        let mut payload = Vec::new();
        transcoder.frame(Tick(now.0 + 5_000), &mut payload);
        if !payload.is_empty() {
            frames += 1;
            out.own(160, now, 8_000);
        }
    }
    assert!(digits[0].marker && digits[1..].iter().all(|stamp| !stamp.marker));
    assert!(
        digits.windows(2).all(|pair| pair[1].timestamp == pair[0].timestamp && pair[1].sequence > pair[0].sequence)
    );
    assert!((51..=53).contains(&frames), "{frames}");
    assert!(
        transcoder.digit(&head(99, 19 * 960), &mut out, Tick::from_ms(2_000), 8_000).is_none(),
        "of an earlier one"
    );
}
