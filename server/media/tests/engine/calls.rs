//! Two plain parties and the engine between them: both hear each other, across codecs, through holds and switches.

use std::time::Duration;

use crate::party::{self, Heard, Party, rtp};
use crate::rig::{Rig, gateway, pass, policy};
use patchbay_codec::{
    CodecId, FRAME,
    tone::{Player, Signal},
};
use patchbay_media::{Flowing, MediaEvent, MediaEventKind, Play};
use patchbay_plane::{Codec, Quiet, Unreached};

fn one_row(heard: &[Heard]) {
    for pair in heard.windows(2) {
        assert_eq!(pair[1].sequence, pair[0].sequence.wrapping_add(1), "an unbroken row");
        assert_eq!(pair[1].ssrc, pair[0].ssrc, "one source");
        assert!(pair[1].timestamp.wrapping_sub(pair[0].timestamp) as i32 > 0, "time goes forward");
    }
}

async fn both_hear(left: CodecId, left_formats: &str, right: CodecId, right_formats: &str) {
    let mut rig = Rig::new(2);
    let (a, b) = (Party::new(left), Party::new(right));
    let (leg_a, to_a) = rig.answered(gateway(), &a, left_formats).await;
    let (leg_b, to_b) = rig.answered(gateway(), &b, right_formats).await;
    a.talk(to_a, 440);
    b.talk(to_b, 1_000);
    pass(100).await;
    assert!(a.take().is_empty() && b.take().is_empty(), "nothing is heard before the bridge");
    rig.engine.bridge(leg_a, leg_b).await.unwrap();
    pass(700).await;
    let (at_a, at_b) = (a.take(), b.take());
    assert!((15..=45).contains(&at_a.len()) && (15..=45).contains(&at_b.len()), "{} {}", at_a.len(), at_b.len());
    assert!(a.share(&at_a, 1_000) > 0.9, "a hears {}", a.share(&at_a, 1_000));
    assert!(b.share(&at_b, 440) > 0.9, "b hears {}", b.share(&at_b, 440));
    assert!(at_a[0].marker && at_a[1..].iter().all(|packet| !packet.marker));
    assert!(at_a.iter().all(|packet| packet.payload_type == left.spec().payload_type && packet.from == to_a));
    one_row(&at_a);
    one_row(&at_b);
    let heard = rig.engine.hear(leg_a, 440).await;
    if left == CodecId::Opus {
        pass(700).await;
    } else {
        assert!(heard.unwrap().share > 0.9);
    }
    assert!(rig.engine.hear(leg_a, 440).await.unwrap().share > 0.9);
    let figures = rig.engine.leg_close(leg_a).await.unwrap().figures;
    assert!(figures.received > 20 && figures.sent > 14 && figures.lost == 0, "{figures:?}");
    assert!(figures.first_packet_ms.unwrap() < 200 && figures.mos.unwrap() > 4.0, "{figures:?}");
    assert!((figures.level_dbfs.unwrap() + 10.0).abs() < 2.0, "{figures:?}");
    rig.engine.stop().await;
}

#[tokio::test]
async fn the_same_codec_passes_through() {
    both_hear(CodecId::Pcmu, "0 101", CodecId::Pcmu, "0 101").await;
}

#[tokio::test]
async fn the_two_laws_meet() {
    both_hear(CodecId::Pcmu, "0", CodecId::Pcma, "8").await;
}

#[tokio::test]
async fn opus_meets_g711() {
    both_hear(CodecId::Opus, "111", CodecId::Pcmu, "0").await;
}

#[tokio::test]
async fn an_echo_is_what_was_said() {
    let mut rig = Rig::new(1);
    let a = Party::new(CodecId::Pcma);
    let (leg, to) = rig.answered(gateway(), &a, "8 101").await;
    rig.engine.echo(leg).await.unwrap();
    a.talk(to, 620);
    pass(500).await;
    let heard = a.take();
    assert!(heard.len() > 15 && a.share(&heard, 620) > 0.95);
    assert!(heard.iter().all(|packet| packet.ssrc != 0x1234_5678), "with our own source");
    one_row(&heard);
    assert_eq!(rig.engine.leg_codec(leg).await, Some(Codec::Pcma));
}

#[tokio::test]
async fn a_held_party_hears_nothing_and_a_switch_keeps_the_row() {
    let mut rig = Rig::new(3);
    let (a, b, c) = (Party::new(CodecId::Pcmu), Party::new(CodecId::Pcmu), Party::new(CodecId::Pcmu));
    let (leg_a, to_a) = rig.answered(gateway(), &a, "0 101").await;
    let (leg_b, to_b) = rig.answered(gateway(), &b, "0 101").await;
    let (leg_c, to_c) = rig.answered(gateway(), &c, "0 101").await;
    a.talk(to_a, 440);
    b.talk(to_b, 1_000);
    c.talk(to_c, 1_500);
    rig.engine.bridge(leg_a, leg_b).await.unwrap();
    pass(200).await;
    let pcmu = policy(&[Codec::Pcmu]);
    for direction in ["a=sendonly\r\n", "a=inactive\r\n"] {
        let answer = rig.engine.leg_answer(leg_a, &a.description("0 101", direction), &pcmu).await.unwrap();
        assert!(answer.contains("a=recvonly") || answer.contains("a=inactive"), "{answer}");
        assert_eq!(rig.engine.leg_flowing(leg_a).await, Flowing::HeldByParty);
        pass(40).await;
        a.take();
        b.take();
        pass(200).await;
        assert!(a.take().is_empty(), "held by {direction}");
        assert_eq!(b.take().is_empty(), direction.contains("inactive"), "its own music passes");
    }
    let before = {
        rig.engine.leg_answer(leg_a, &a.description("0 101", ""), &pcmu).await.unwrap();
        assert_eq!(rig.engine.leg_flowing(leg_a).await, Flowing::Both);
        a.take();
        pass(200).await;
        let heard = a.take();
        assert!(a.share(&heard, 1_000) > 0.9);
        heard.last().unwrap().clone()
    };
    rig.engine.bridge(leg_a, leg_c).await.unwrap();
    b.take();
    pass(300).await;
    let after = a.take();
    assert!(a.share(&after[5..], 1_500) > 0.9);
    assert_eq!(after[0].ssrc, before.ssrc);
    let mut row = vec![before];
    row.extend(after.clone());
    one_row(&row);
    assert!(after.iter().filter(|packet| packet.marker).count() == 1, "the joint is marked");
    assert!(b.take().len() <= 1, "the former peer hears nothing");
    rig.engine.unbridge(leg_c).await.unwrap();
    pass(40).await;
    a.take();
    c.take();
    pass(100).await;
    assert!(a.take().is_empty() && c.take().is_empty(), "parted is silence both ways");
}

#[tokio::test]
async fn tones_are_played_until_stopped_and_the_bridge_ends_them() {
    let mut rig = Rig::new(2);
    let (a, b) = (Party::new(CodecId::Pcmu), Party::new(CodecId::Pcmu));
    let (leg_a, _) = rig.answered(gateway(), &a, "0").await;
    let (leg_b, to_b) = rig.answered(gateway(), &b, "0").await;
    rig.engine.play(leg_a, Play::Ringback).await.unwrap();
    pass(400).await;
    let heard = a.take();
    assert!((12..=24).contains(&heard.len()), "{}", heard.len());
    assert!(a.share(&heard, 440) + a.share(&heard, 480) > 0.95);
    one_row(&heard);
    rig.engine.play(leg_a, Play::Tone { hz: 700 }).await.unwrap();
    pass(50).await;
    a.take();
    pass(200).await;
    assert!(a.share(&a.take(), 700) > 0.95);
    b.talk(to_b, 1_200);
    rig.engine.bridge(leg_a, leg_b).await.unwrap();
    pass(50).await;
    a.take();
    pass(300).await;
    assert!(a.share(&a.take(), 1_200) > 0.95);
}

#[tokio::test]
async fn digits_pass_and_are_told_once() {
    let mut rig = Rig::new(2);
    let (a, b) = (Party::new(CodecId::Pcmu), Party::new(CodecId::Pcma));
    let (leg_a, to_a) = rig.answered(gateway(), &a, "0 101").await;
    let (leg_b, _) = rig.answered(gateway(), &b, "8 96").await;
    rig.engine.bridge(leg_a, leg_b).await.unwrap();
    // 5, with each packet twice and the first end lost.
    for (at, length) in [160u16, 320, 480, 480, 480].into_iter().enumerate() {
        let end = if at > 2 { 0x8a } else { 0x0a };
        let [high, low] = length.to_be_bytes();
        let packet = rtp(101, 10 + at as u16, 8_000, 5, &[5, end, high, low]);
        for _ in 0..2 {
            a.socket.send_to(&packet, to_a).unwrap();
        }
    }
    pass(100).await;
    assert_eq!(rig.digits(), "5");
    let heard = b.take();
    assert_eq!(heard.len(), 5, "each once, under the party's payload type");
    assert!(heard.iter().all(|packet| packet.payload_type == 96 && packet.timestamp == heard[0].timestamp));
    assert_eq!(heard[4].payload, [5, 0x8a, 1, 0xe0]);
    for digit in ['1', '#'] {
        rig.engine.send_digit(leg_a, digit, 100).await.unwrap();
    }
    pass(700).await;
    let heard = a.take();
    let codes: Vec<u8> = heard.iter().filter(|packet| packet.marker).map(|packet| packet.payload[0]).collect();
    assert_eq!(codes, [1, 11]);
    assert_eq!(heard.len(), 14, "seven packets each");
}

#[tokio::test]
async fn keys_pressed_as_tones_are_told_where_the_leg_is_opened_so_and_nowhere_else() {
    let mut rig = Rig::new(3);
    let (analog, plain, b) = (Party::new(CodecId::Pcma), Party::new(CodecId::Pcma), Party::new(CodecId::Pcma));
    let (leg_analog, to_analog) = rig.answered(gateway().with_tones(true), &analog, "8").await;
    let (_, to_plain) = rig.answered(gateway(), &plain, "8").await;
    let (leg_b, _) = rig.answered(gateway(), &b, "8").await;
    rig.engine.bridge(leg_analog, leg_b).await.unwrap();
    let keys = "1590*#D21590";
    let mut encoder = CodecId::Pcma.spec().encoder();
    let mut sequence = 0u16;
    let mut say = |samples: &[i16; FRAME]| {
        let mut payload = Vec::new();
        encoder.encode(samples, &mut payload);
        sequence += 1;
        let packet = rtp(8, sequence, u32::from(sequence) * 160, 7, &payload);
        analog.socket.send_to(&packet, to_analog).unwrap();
        plain.socket.send_to(&packet, to_plain).unwrap();
    };
    for key in keys.chars() {
        let mut tone = Player::new(Signal::key(key).unwrap(), -12.0);
        for frame in 0..8 {
            let mut samples = [0; FRAME];
            if frame < 4 {
                tone.fill(&mut samples);
            }
            say(&samples);
            pass(20).await;
        }
    }
    let mut told: Vec<MediaEvent> = Vec::new();
    let mut digits = String::new();
    // The line stays up after the last key, as lines do; a busy machine reads the last frames late.
    for _ in 0..100 {
        say(&[0; FRAME]);
        pass(20).await;
        let new = rig.told();
        digits.extend(new.iter().filter(|event| event.leg == leg_analog).filter_map(|event| match event.kind {
            MediaEventKind::Dtmf { digit, .. } => Some(digit),
            _ => None,
        }));
        told.extend(new);
        if digits.len() == keys.len() {
            break;
        }
    }
    assert_eq!(digits, keys);
    let others = told.iter().filter(|event| event.leg != leg_analog);
    assert_eq!(others.filter(|event| matches!(event.kind, MediaEventKind::Dtmf { .. })).count(), 0);
    let heard = b.take();
    assert!(heard.len() > 55, "and the audio passes as it came: {}", heard.len());
}

#[tokio::test]
async fn silence_is_told_and_its_end() {
    let mut rig = Rig::new(1);
    let a = Party::new(CodecId::Pcmu);
    let (leg, to) = rig.answered(gateway(), &a, "0").await;
    a.talk(to, 440);
    pass(200).await;
    a.hush();
    pass(2_400).await;
    a.talk(to, 440);
    pass(200).await;
    let kinds: Vec<MediaEventKind> =
        rig.told().into_iter().filter(|event| event.leg == leg).map(|event| event.kind).collect();
    let [MediaEventKind::FirstMedia, MediaEventKind::Silent { for_ms, why: Quiet::Stopped }, MediaEventKind::Resumed] =
        *kinds.as_slice()
    else {
        panic!("{kinds:?}")
    };
    assert!((2_000..2_300).contains(&for_ms), "{for_ms}");
}

#[tokio::test]
async fn reports_are_our_own() {
    let mut rig = Rig::new(2);
    let (a, b) = (Party::new(CodecId::Pcmu), Party::new(CodecId::Pcmu));
    let leg_a = rig.open(gateway()).await;
    let pcmu = policy(&[Codec::Pcmu]);
    let answer = rig.engine.leg_answer(leg_a, &a.description("0", "a=rtcp-mux\r\n"), &pcmu).await.unwrap();
    assert!(answer.contains("a=rtcp-mux"), "{answer}");
    let (leg_b, to_b) = rig.answered(gateway(), &b, "0").await;
    rig.engine.bridge(leg_a, leg_b).await.unwrap();
    a.talk(party::announced(&answer), 440);
    b.talk(to_b, 440);
    pass(3_000).await;
    let heard = a.take();
    let reports = a.take_reports();
    assert_eq!(reports.len(), 1, "one in the first three seconds, then each five");
    let report = &reports[0];
    assert_eq!(report[1], 200, "a sender report first");
    assert_eq!(report[4..8], heard[0].ssrc.to_be_bytes(), "of the source that the party hears");
    assert_eq!(report[28..32], 0x1234_5678u32.to_be_bytes(), "about the party's own");
    // The party reports half of it lost.
    let mut back = vec![0x81, 201, 0, 7];
    back.extend(0x1234_5678u32.to_be_bytes());
    back.extend(&report[4..8]);
    back.extend([0x80, 0, 0, 60, 0, 0, 0, 0, 0, 0, 0, 0]);
    back.extend(&report[10..14]);
    back.extend(0u32.to_be_bytes());
    a.socket.send_to(&back, party::announced(&answer)).unwrap();
    pass(100).await;
    let figures = rig.engine.leg_figures(leg_a).await.unwrap();
    let loss = figures.remote_loss.unwrap();
    assert!((0.2..0.7).contains(&loss), "{loss}");
    let rtt = figures.rtt_ms.unwrap();
    assert!((100.0..2_000.0).contains(&rtt), "since the report was sent: {rtt}");
}

#[tokio::test]
async fn a_party_whose_reports_stand_still_is_told_as_unheard() {
    let mut rig = Rig::new(2);
    let (a, b) = (Party::new(CodecId::Pcmu), Party::new(CodecId::Pcmu));
    let leg_a = rig.open(gateway()).await;
    let pcmu = policy(&[Codec::Pcmu]);
    let answer = rig.engine.leg_answer(leg_a, &a.description("0", "a=rtcp-mux\r\n"), &pcmu).await.unwrap();
    let (leg_b, to_b) = rig.answered(gateway(), &b, "0").await;
    rig.engine.bridge(leg_a, leg_b).await.unwrap();
    a.talk(party::announced(&answer), 440);
    b.talk(to_b, 440);
    pass(200).await;
    let ssrc = a.take()[0].ssrc;
    // What it has of ours, each 500 ms: at first it grows, then it stands still, then it grows again.
    let has = |step: u32| match step {
        0..4 => step + 1,
        4..16 => 4,
        _ => step,
    };
    for step in 0..18 {
        let mut report = vec![0x81, 201, 0, 7];
        report.extend(0x1234_5678u32.to_be_bytes());
        report.extend(ssrc.to_be_bytes());
        report.extend([0; 4]);
        report.extend(has(step).to_be_bytes());
        report.extend([0; 12]);
        a.socket.send_to(&report, party::announced(&answer)).unwrap();
        pass(500).await;
    }
    let kinds: Vec<MediaEventKind> =
        rig.told().into_iter().filter(|event| event.leg == leg_a).map(|event| event.kind).collect();
    let [MediaEventKind::FirstMedia, MediaEventKind::Unheard { for_ms, why }, MediaEventKind::HeardAgain] =
        *kinds.as_slice()
    else {
        panic!("{kinds:?}")
    };
    assert!((4_000..5_000).contains(&for_ms) && why == Unreached::Reported, "{for_ms}");
}

#[tokio::test]
async fn a_udp_port_rests_after_its_leg() {
    let mut rig = Rig::new(1);
    let a = Party::new(CodecId::Pcmu);
    let (leg, to) = rig.answered(gateway(), &a, "0").await;
    rig.engine.leg_close(leg).await.unwrap();
    let started = std::time::Instant::now();
    let leg = patchbay_kernel::LegId::from_uuid(leg.uuid());
    let open = patchbay_media::LegOpen {
        leg,
        call: patchbay_kernel::CallId::from_uuid(leg.uuid()),
        kind: gateway(),
        near: None,
    };
    loop {
        match rig.engine.leg_open(open).await {
            Ok(()) => break,
            Err(error) => assert_eq!(error, patchbay_media::MediaError::NoUdpPort),
        }
        pass(50).await;
        assert!(started.elapsed() < Duration::from_secs(10));
    }
    assert!(started.elapsed() >= Duration::from_secs(5) - Duration::from_millis(20), "{:?}", started.elapsed());
    let answer = rig.engine.leg_answer(leg, &a.description("0", ""), &policy(&[Codec::Pcmu])).await.unwrap();
    assert_eq!(party::announced(&answer), to);
}

#[tokio::test]
async fn legs_of_two_calls_meet_across_workers() {
    let mut rig = Rig::with_workers(12, 2);
    let (a, b) = (Party::new(CodecId::Pcmu), Party::new(CodecId::Pcmu));
    let (leg_a, to_a) = rig.answered(gateway(), &a, "0").await;
    for _ in 0..8 {
        rig.new_call();
        let (leg_b, to_b) = rig.answered(gateway(), &b, "0").await;
        a.talk(to_a, 440);
        b.talk(to_b, 1_000);
        rig.engine.bridge(leg_a, leg_b).await.unwrap();
        pass(60).await;
        a.take();
        b.take();
        pass(160).await;
        let (at_a, at_b) = (a.take(), b.take());
        assert!(a.share(&at_a, 1_000) > 0.9 && b.share(&at_b, 440) > 0.9);
        rig.engine.leg_close(leg_b).await.unwrap();
    }
    assert_eq!(rig.engine.stats().await.legs, 1);
    rig.engine.stop().await;
    assert_eq!(rig.engine.unbridge(leg_a).await, Err(patchbay_media::MediaError::NoLeg));
}
