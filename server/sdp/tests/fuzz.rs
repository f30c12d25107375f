//! No text makes the reader or the negotiation panic.

use std::net::{IpAddr, Ipv4Addr};

use patchbay_codec::CodecId;
use patchbay_sdp::{Author, Description, LocalMedia, Policy, Security, accept, answer, offer};
use proptest::prelude::*;

const SEEDS: [&str; 5] = [
    include_str!("vectors/chromium.sdp"),
    include_str!("vectors/baresip.sdp"),
    include_str!("vectors/sipp.sdp"),
    include_str!("vectors/linphone_srtp.sdp"),
    include_str!("vectors/e1_box.sdp"),
];

fn everything(text: &str) {
    let securities = [
        Security::Plain,
        Security::Sdes(Box::new([1; 46])),
        Security::Dtls { ufrag: "u".into(), pwd: "p".into(), fingerprint: [0; 32] },
    ];
    for security in securities {
        let mut local = LocalMedia {
            address: IpAddr::V4(Ipv4Addr::LOCALHOST),
            udp_port: 65_535,
            rtcp_udp_port: Some(1),
            security,
            ssrc: 1,
            cname: String::new(),
            author: Author::new(u64::MAX),
        };
        let policy = Policy::new(vec![CodecId::Opus, CodecId::Pcma, CodecId::Pcmu]);
        if let Ok((written, agreed)) = answer(text, &mut local, &policy) {
            let ours = Description::parse(&written).expect("what we write can be read");
            let theirs = Description::parse(text).expect("it was answered");
            assert_eq!(ours.media.len(), theirs.media.len(), "one answer for each stream");
            assert!(policy.codecs.contains(&agreed.codec));
        }
        let ours = offer(&mut local, &policy);
        let _ = accept(&ours, text, &local, &policy);
    }
    if let Ok(description) = Description::parse(text) {
        assert_eq!(Description::parse(&description.write()), Ok(description));
    }
}

proptest! {
    #[test]
    fn arbitrary_text(text in "\\PC{0,200}") {
        everything(&text);
    }

    #[test]
    fn mutated_offers(seed in 0usize..5, changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>(), 0u8..4), 1..12)) {
        let mut bytes = SEEDS[seed].as_bytes().to_vec();
        for (at, byte, how) in changes {
            let at = at.index(bytes.len());
            match how {
                0 => bytes[at] = byte,
                1 => { bytes.remove(at); }
                2 => bytes.insert(at, byte),
                _ => { let end = (at + usize::from(byte)).min(bytes.len()); let copy = bytes[at..end].to_vec(); bytes.splice(at..at, copy); }
            }
            prop_assume!(!bytes.is_empty());
        }
        everything(&String::from_utf8_lossy(&bytes));
    }
}
