//! Session descriptions and the negotiation over them.

use std::net::{IpAddr, Ipv4Addr};

use patchbay_codec::CodecId;
use patchbay_sdp::{Author, Description, LocalMedia, Policy, Security, accept, answer, offer};

/// A description reads back as it was written; our answer has a stream for each of theirs and a codec of ours.
pub fn check(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    if let Ok(description) = Description::parse(&text) {
        let written = description.write();
        assert_eq!(Description::parse(&written).as_ref(), Ok(&description), "{written:?}");
        for media in &description.media {
            let _ = (description.address(media), description.direction(media), description.setup(media));
        }
    }
    let securities = [
        Security::Plain,
        Security::Sdes(Box::new([1; 46])),
        Security::Dtls { ufrag: "u".into(), pwd: "p".into(), fingerprint: [0; 32] },
    ];
    for security in securities {
        let mut local = local(security);
        let policy = Policy::new(vec![CodecId::Opus, CodecId::Pcma, CodecId::Pcmu]);
        if let Ok((written, agreed)) = answer(&text, &mut local, &policy) {
            let ours = Description::parse(&written).expect("what we write can be read");
            let theirs = Description::parse(&text).expect("it was answered");
            let kinds =
                |it: &Description| it.media.iter().map(|media| media.kind.to_ascii_lowercase()).collect::<Vec<_>>();
            assert_eq!(kinds(&ours), kinds(&theirs), "one answer for each stream (RFC 3264 section 6)");
            assert!(policy.codecs.contains(&agreed.codec));
            let lines = ours.session.iter().chain(ours.media.iter().flat_map(|media| &media.lines));
            for line in lines {
                assert!(!line.value.contains(char::is_control) && line.kind.is_ascii_lowercase(), "{line:?}");
            }
        }
        let ours = offer(&mut local, &policy);
        let _ = accept(&ours, &text, &local, &policy);
    }
}

fn local(security: Security) -> LocalMedia {
    LocalMedia {
        address: IpAddr::V4(Ipv4Addr::LOCALHOST),
        udp_port: 65_534,
        rtcp_udp_port: Some(1),
        security,
        ssrc: 1,
        cname: String::new(),
        author: Author::new(1),
    }
}
