//! Digest credentials and challenges.

use std::net::{IpAddr, Ipv4Addr};

use patchbay_sip::{
    ClientAuth,
    digest::{Credentials, Realm, StoredHa1, answer},
};

const PEER: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

/// No bytes prove a password; our answer to a challenge names us, its realm, and stays one header line.
pub fn check(bytes: &[u8]) {
    if let Some(credentials) = Credentials::parse(bytes) {
        let stored = StoredHa1::of("line7", "pbx.example", "secret");
        let verdict = Realm::new("pbx.example", [7; 32]).verify(&credentials, &stored, ("REGISTER", PEER), 1_000);
        assert!(verdict.is_err(), "{credentials:?} is let in");
    }
    // A header value has no line ends: the reader of messages takes them out.
    if bytes.iter().any(|byte| byte.is_ascii_control()) {
        return;
    }
    for realm in [None, Some("carrier.example".to_owned())] {
        let auth = ClientAuth { username: "line7".into(), password: "secret".into(), realm: realm.clone() };
        let Some(ours) = answer(std::iter::once(bytes), &auth, ("INVITE", "sip:a@b"), "c1") else { continue };
        assert!(!ours.contains(|c: char| c.is_ascii_control()), "{ours:?}");
        let read = Credentials::parse(ours.as_bytes());
        if ours.matches('"').count() % 2 == 0 && !ours.contains('\\') {
            let read = read.expect("our own answer can be read");
            assert_eq!((read.username.as_str(), read.uri.as_str()), ("line7", "sip:a@b"), "{ours}");
            assert!(realm.is_none_or(|realm| realm == read.realm), "{ours}");
        }
    }
}
