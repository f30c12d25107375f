//! The transforms held against `rtc-srtp`, which shares only the ciphers with them: what one side seals the other opens, and
//! both believe the same packets, in any order, repeated, late, cut and changed.

use patchbay_kernel::{Entropy, SeededEntropy};
use rtc_srtp::{
    context::Context,
    option::{srtcp_replay_protection, srtp_replay_protection},
    protection_profile::ProtectionProfile,
};

use super::{Profile, Session, Srtp, SrtpKeys, index::WINDOW};

const ALL: [Profile; 5] = [
    Profile::Aes128CmSha1_80,
    Profile::Aes128CmSha1_32,
    Profile::Aes256CmSha1_80,
    Profile::AeadAes128Gcm,
    Profile::AeadAes256Gcm,
];

const fn foreign(profile: Profile) -> ProtectionProfile {
    match profile {
        Profile::Aes128CmSha1_80 => ProtectionProfile::Aes128CmHmacSha1_80,
        Profile::Aes128CmSha1_32 => ProtectionProfile::Aes128CmHmacSha1_32,
        Profile::Aes256CmSha1_80 => ProtectionProfile::Aes256CmHmacSha1_80,
        Profile::AeadAes128Gcm => ProtectionProfile::AeadAes128Gcm,
        Profile::AeadAes256Gcm => ProtectionProfile::AeadAes256Gcm,
    }
}

/// Our session as DTLS client and the library's two contexts as server.
struct Pair {
    ours: Session,
    theirs_in: Context,
    theirs_out: Context,
}

fn keys(profile: Profile, client: bool) -> SrtpKeys {
    let (key, salt) = profile.lengths();
    let block: Vec<u8> = (0..2 * (key + salt)).map(|at| (at * 7 + 3) as u8).collect();
    SrtpKeys::from_exporter(profile, &block, client).unwrap()
}

fn ours(profile: Profile, client: bool) -> Session {
    Session::new(&keys(profile, client)).unwrap()
}

impl Pair {
    fn new(profile: Profile) -> Self {
        let provider = rtc_crypto::default_provider().unwrap();
        let keys = keys(profile, false);
        let context = |master: &super::MasterKey, window: bool| {
            let rtp = window.then(|| srtp_replay_protection(WINDOW as usize));
            let rtcp = window.then(|| srtcp_replay_protection(WINDOW as usize));
            Context::new(&master.key, &master.salt, foreign(profile), rtp, rtcp, provider.crypto()).unwrap()
        };
        let (theirs_in, theirs_out) = (context(&keys.remote, true), context(&keys.local, false));
        Self { ours: ours(profile, true), theirs_in, theirs_out }
    }
}

/// A packet with contributing sources, an extension and padding where chance wants them.
fn rtp(chance: &mut SeededEntropy, ssrc: u32, sequence: u16) -> Vec<u8> {
    let shape = chance.below(64) as u8;
    let (sources, extension, padding) = (shape & 3, shape & 4 != 0, shape & 8 != 0);
    let first = 0x80 | sources | if extension { 0x10 } else { 0 } | if padding { 0x20 } else { 0 };
    let mut packet = vec![first, shape >> 4 << 7];
    packet.extend(sequence.to_be_bytes());
    packet.extend((u32::from(sequence) * 160).to_be_bytes());
    packet.extend(ssrc.to_be_bytes());
    packet.extend((0..4 * sources).map(|at| at ^ shape));
    if extension {
        packet.extend([0xbe, 0xde, 0, 2, 0x10, 1, 0x20, 2, 0, 0, 0, 0]);
    }
    let mut payload = vec![0; 1 + chance.below(400) as usize];
    chance.fill(&mut payload);
    packet.extend(payload);
    if padding {
        packet.extend([0, 0, 0, 4]);
    }
    packet
}

fn rtcp(chance: &mut SeededEntropy, ssrc: u32) -> Vec<u8> {
    let words = 1 + chance.below(30) as u16;
    let mut packet = vec![0x80, 200];
    packet.extend(words.to_be_bytes());
    packet.extend(ssrc.to_be_bytes());
    let mut rest = vec![0; usize::from(words - 1) * 4];
    chance.fill(&mut rest);
    packet.extend(rest);
    packet
}

/// The order in which 4,000 packets of one source arrive: disorder, repetitions and gaps, several turns of the counter.
fn order(chance: &mut SeededEntropy) -> Vec<u64> {
    let mut next = 65_000;
    let mut order = Vec::new();
    for _ in 0..4_000 {
        next += match chance.below(40) {
            0 => 1 + chance.below(20_000),
            1..=3 => 2 + chance.below(60),
            _ => 1,
        };
        order.push(next);
        match chance.below(10) {
            0 => order.push(next),
            1 => order.push(next - chance.below(WINDOW + 20)),
            2 => order.push(next + 1 + chance.below(30)),
            _ => {}
        }
    }
    order
}

#[test]
fn what_we_seal_is_what_the_library_seals() {
    for profile in ALL {
        let mut chance = SeededEntropy::new(1);
        let mut pair = Pair::new(profile);
        let mut mirror = ours(profile, false);
        for step in 0..70_000u32 {
            // Every packet near the turn, one of sixteen elsewhere.
            let sequence = (65_000 + step) as u16;
            if !(400..700).contains(&step) && step % 16 != 0 {
                continue;
            }
            let plain = rtp(&mut chance, 77, sequence);
            let mut packet = plain.clone();
            assert!(mirror.protect_rtp(&mut packet));
            let expected = pair.theirs_out.encrypt_rtp(&plain).unwrap();
            assert_eq!(packet, expected.as_ref(), "{profile:?} {sequence}");
        }
    }
}

#[test]
fn both_believe_the_same_packets() {
    for profile in ALL {
        let mut chance = SeededEntropy::new(2);
        let mut pair = Pair::new(profile);
        let mut sealer = ours(profile, false);
        let arrivals = order(&mut chance);
        // Sealed in their own order first, as the sender did.
        let mut numbers = arrivals.clone();
        numbers.sort_unstable();
        numbers.dedup();
        let sealed: std::collections::HashMap<u64, (Vec<u8>, Vec<u8>)> = numbers
            .into_iter()
            .map(|number| {
                let plain = rtp(&mut chance, 9, number as u16);
                let mut packet = plain.clone();
                assert!(sealer.protect_rtp(&mut packet));
                (number, (plain, packet))
            })
            .collect();
        let mut judge = Context::new(
            &keys(profile, false).local.key,
            &keys(profile, false).local.salt,
            foreign(profile),
            Some(srtp_replay_protection(WINDOW as usize)),
            None,
            rtc_crypto::default_provider().unwrap().crypto(),
        )
        .unwrap();
        let mut believed = 0;
        for number in arrivals {
            let (plain, packet) = &sealed[&number];
            let theirs = judge.decrypt_rtp(packet);
            let mut opened = packet.clone();
            let authentic = pair.ours.unprotect_rtp(&mut opened);
            assert_eq!(authentic, theirs.is_ok(), "{profile:?} {number}");
            if authentic {
                assert_eq!(&opened, plain);
                believed += 1;
            }
        }
        assert!(believed > 4_000, "{believed}");
    }
}

#[test]
fn the_library_opens_what_we_seal_late_and_over_the_turn() {
    for profile in ALL {
        let mut chance = SeededEntropy::new(3);
        let mut pair = Pair::new(profile);
        let mut held: Vec<u8> = Vec::new();
        for step in 0..3_000u32 {
            let sequence = (64_000 + step) as u16;
            let plain = rtp(&mut chance, 5, sequence);
            let mut packet = plain.clone();
            assert!(pair.ours.protect_rtp(&mut packet));
            if step % 50 == 35 {
                held = packet;
                continue;
            }
            assert_eq!(pair.theirs_in.decrypt_rtp(&packet).unwrap().as_ref(), plain);
            if step % 50 == 49 {
                pair.theirs_in.decrypt_rtp(&held).unwrap();
            }
        }
    }
}

#[test]
fn reports_pass_both_ways_once() {
    for profile in ALL {
        let mut chance = SeededEntropy::new(4);
        let mut pair = Pair::new(profile);
        for _ in 0..300 {
            let plain = rtcp(&mut chance, 5);
            let mut packet = plain.clone();
            assert!(pair.ours.protect_rtcp(&mut packet));
            assert_eq!(pair.theirs_in.decrypt_rtcp(&packet).unwrap().as_ref(), plain);
            let mut packet = pair.theirs_out.encrypt_rtcp(&plain).unwrap().to_vec();
            let again = packet.clone();
            assert!(pair.ours.unprotect_rtcp(&mut packet));
            assert_eq!(packet, plain);
            assert!(!pair.ours.unprotect_rtcp(&mut again.clone()), "a repeated report");
        }
    }
}

/// Cut, changed and invented packets: refused, nothing panics, and the good packet is believed after them.
#[test]
fn bent_packets_are_refused_and_do_no_harm() {
    for profile in ALL {
        let mut chance = SeededEntropy::new(5);
        let mut pair = Pair::new(profile);
        let mut sealer = ours(profile, false);
        for step in 0..400u16 {
            let control = step % 3 == 0;
            let plain = if control { rtcp(&mut chance, 6) } else { rtp(&mut chance, 6, 65_400u16.wrapping_add(step)) };
            let mut packet = plain.clone();
            assert!(if control { sealer.protect_rtcp(&mut packet) } else { sealer.protect_rtp(&mut packet) });
            for _ in 0..20 {
                let mut bent = packet.clone();
                match chance.below(3) {
                    0 => bent.truncate(chance.below(packet.len() as u64) as usize),
                    1 => bent[chance.below(packet.len() as u64) as usize] ^= 1 << chance.below(8),
                    _ => chance.fill(&mut bent[1..]),
                }
                let kind = if chance.below(8) == 0 { !control } else { control };
                let open = if kind { Session::unprotect_rtcp } else { Session::unprotect_rtp };
                assert!(!open(&mut pair.ours, &mut bent), "{profile:?} {step}");
            }
            let open = if control { Session::unprotect_rtcp } else { Session::unprotect_rtp };
            assert!(open(&mut pair.ours, &mut packet), "{profile:?} {step}");
            assert_eq!(packet, plain);
        }
        for length in 0..600 {
            let mut noise = vec![0x90; length];
            chance.fill(&mut noise[length.min(1)..]);
            assert!(!pair.ours.unprotect_rtp(&mut noise.clone()) && !pair.ours.unprotect_rtcp(&mut noise));
        }
    }
}

#[test]
fn strangers_leave_no_state_and_no_index_leaves_twice() {
    for profile in ALL {
        let mut chance = SeededEntropy::new(6);
        let (mut a, mut b) = (ours(profile, true), ours(profile, false));
        for source in 0..500 {
            let mut packet = rtp(&mut chance, source, 1);
            packet.extend([0; 16]);
            assert!(!b.unprotect_rtp(&mut packet));
        }
        for sequence in [1u16, 2, 5, 3] {
            let mut packet = rtp(&mut chance, 900, sequence);
            assert!(a.protect_rtp(&mut packet.clone()));
            assert!(!a.protect_rtp(&mut packet), "the key stream would be used twice");
        }
        let mut packet = rtp(&mut chance, 900, 6);
        assert!(a.protect_rtp(&mut packet) && b.unprotect_rtp(&mut packet), "the stranger's sources took no room");
    }
}

#[test]
fn a_new_key_of_the_other_side_is_followed_and_ours_goes_on() {
    let profile = Profile::Aes128CmSha1_80;
    let mut chance = SeededEntropy::new(7);
    let (mut a, mut b) = (ours(profile, true), ours(profile, false));
    let new = super::MasterKey { key: vec![9; 16], salt: vec![8; 14] };
    let mut changed = keys(profile, true);
    changed.local = new.clone();
    b.rekey_remote(super::MasterKey { key: vec![1; 5], salt: vec![8; 14] });
    let mut packet = rtp(&mut chance, 1, 1);
    assert!(a.protect_rtp(&mut packet) && b.unprotect_rtp(&mut packet), "a key of the wrong length changed nothing");
    b.rekey_remote(new);
    let mut a = Session::new(&changed).unwrap();
    let mut packet = rtp(&mut chance, 1, 2);
    assert!(a.protect_rtp(&mut packet) && b.unprotect_rtp(&mut packet));
    let mut packet = rtp(&mut chance, 2, 1);
    assert!(b.protect_rtp(&mut packet) && a.unprotect_rtp(&mut packet));
}
