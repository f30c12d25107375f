//! The joint between the forward path and the process path, sample by sample: a party changes between PCMU and Opus in the middle
//! of one sine, and the other side's phone, which takes PCMU alone, must not click. A click is a step between neighbouring samples
//! that the sine does not have.

use std::{
    net::{SocketAddr, UdpSocket},
    time::{Duration, Instant},
};

use patchbay_codec::{CodecId, FRAME, measure, tone::Sine};
use patchbay_plane::Codec;

use crate::{
    party::{Heard, Party, announced, describe, rtp},
    rig::{Rig, gateway, pass, policy},
};

/// Low, so that its own steps are small beside its height: a broken phase would be twice the height.
const HZ: u16 = 200;
const DBFS: f64 = -10.0;
/// Frames of one stretch, and stretches of the call.
const STRETCH: usize = 40;
const STRETCHES: usize = 9;

/// Says one sine without a break, `codec(stretch)` at a time: both encoders run all the time, as in a phone that is ready for either.
fn say(socket: &UdpSocket, to: SocketAddr, codec: impl Fn(usize) -> CodecId) {
    let mut encoders = [CodecId::Pcmu, CodecId::Opus].map(|id| (id, id.spec().encoder()));
    let mut sine = Sine::new(HZ, DBFS);
    let started = Instant::now();
    let mut timestamp = 5_000u32;
    for at in 0..STRETCH * STRETCHES {
        let due = Duration::from_millis(20) * at as u32;
        std::thread::sleep(due.saturating_sub(started.elapsed()));
        let (chosen, mut samples) = (codec(at / STRETCH), [0; FRAME]);
        sine.fill(&mut samples);
        timestamp = timestamp.wrapping_add(chosen.spec().step());
        for (id, encoder) in &mut encoders {
            let mut payload = Vec::new();
            encoder.encode(&samples, &mut payload);
            if *id == chosen {
                let packet = rtp(id.spec().payload_type, at as u16, timestamp, 0x1234_5678, &payload);
                socket.send_to(&packet, to).unwrap();
            }
        }
    }
}

/// What a phone makes of it: packets in their order, a hole in the timestamps hidden as a loss is.
fn phone(heard: &[Heard]) -> Vec<i16> {
    let (mut decoder, mut samples) = (CodecId::Pcmu.spec().decoder(), Vec::new());
    let mut due = heard[0].timestamp;
    for packet in heard {
        for _ in 0..(packet.timestamp.wrapping_sub(due) as i32).max(0) as usize / FRAME {
            decoder.conceal(&mut samples);
        }
        decoder.decode(&packet.payload, &mut samples);
        due = packet.timestamp.wrapping_add(packet.payload.len() as u32);
    }
    samples
}

fn largest_step(samples: &[i16]) -> i32 {
    samples.windows(2).map(|pair| (i32::from(pair[1]) - i32::from(pair[0])).abs()).max().unwrap()
}

/// A call whose first party chooses by `codec`; what the second one's phone plays.
async fn call(codec: fn(usize) -> CodecId) -> Vec<i16> {
    let mut rig = Rig::new(2);
    let (b, socket) = (Party::new(CodecId::Pcmu), UdpSocket::bind("127.0.0.1:0").unwrap());
    // Who answers our offer may send everything that we offered.
    let leg_a = rig.open(gateway()).await;
    let offer = rig.engine.leg_offer(leg_a, &policy(&[Codec::Pcmu, Codec::Opus])).await.unwrap();
    let answer = describe(socket.local_addr().unwrap(), "RTP/AVP", "0 111", "");
    rig.engine.leg_accept(leg_a, &answer).await.unwrap();
    let (leg_b, _) = rig.answered(gateway(), &b, "0").await;
    rig.engine.bridge(leg_a, leg_b).await.unwrap();
    let to = announced(&offer);
    let speaker = std::thread::spawn(move || say(&socket, to, codec));
    while !speaker.is_finished() {
        pass(20).await;
    }
    pass(300).await;
    let heard = b.take();
    rig.engine.stop().await;
    let samples = phone(&heard);
    // From the beginning of the second stretch, when all buffers are full, to the last word.
    samples[STRETCH * FRAME..(STRETCHES - 1) * STRETCH * FRAME].to_vec()
}

#[tokio::test]
async fn a_sine_over_the_joint_of_the_paths_has_no_step_of_its_own() {
    let turns = |stretch: usize| if stretch.is_multiple_of(2) { CodecId::Pcmu } else { CodecId::Opus };
    let forwarded = call(|_| CodecId::Pcmu).await;
    let processed = call(|_| CodecId::Opus).await;
    let switched = call(turns).await;
    let [forwarded_step, processed_step, step] = [&forwarded, &processed, &switched].map(|it| largest_step(it));
    println!("largest step: {forwarded_step} forwarded, {processed_step} processed, {step} switched seven times");
    let whole = measure::share(&forwarded, HZ);
    assert!(whole > 0.99, "the sine is there: {whole}");
    let level = measure::level_dbfs(&switched);
    assert!((f64::from(level) - DBFS).abs() < 1.0, "and as loud when it is switched: {level}");
    let codecs = forwarded_step.max(processed_step);
    assert!(step <= codecs * 5 / 4, "{step} where the codecs give {codecs}");
}
