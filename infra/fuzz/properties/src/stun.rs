//! Connectivity checks (STUN, RFC 8489): only who knows the password is answered, and only for what the password covers.

use std::net::SocketAddr;

use hmac::{Hmac, KeyInit, Mac};
use patchbay_media::stun_check;
use sha1::Sha1;

const PASSWORD: &str = "a password of twenty";
const FROM: ([u8; 4], u16) = ([192, 0, 2, 7], 4_711);
const HEAD: usize = 20;
const USERNAME: u16 = 0x0006;
const INTEGRITY: u16 = 0x0008;
const USE_CANDIDATE: u16 = 0x0025;

/// As they are, and once more with a seal that is right.
pub fn check(bytes: &[u8]) {
    judged(bytes);
    judged(&sealed(bytes));
}

fn judged(datagram: &[u8]) {
    let from = SocketAddr::from(FROM);
    assert!(stun_check(datagram, "another password", from).is_none() || !seal_holds(datagram, PASSWORD));
    let Some(seen) = stun_check(datagram, PASSWORD, from) else { return };
    assert!(seal_holds(datagram, PASSWORD), "answered without a seal");
    let covered = attributes(datagram).into_iter().take_while(|(kind, _)| *kind != INTEGRITY);
    let covered: Vec<(u16, &[u8])> = covered.collect();
    let named = covered.iter().find(|(kind, _)| *kind == USERNAME);
    let named = named.map(|(_, value)| String::from_utf8_lossy(value).into_owned());
    assert_eq!(named, Some(format!("{}:{}", seen.ours, seen.theirs)), "a name outside of the seal");
    assert_eq!(
        seen.nominated,
        covered.iter().any(|(kind, _)| *kind == USE_CANDIDATE),
        "a nomination outside of the seal (RFC 8489 section 14.5)"
    );
    let answer = seen.answer.as_slice();
    assert_eq!((&answer[..2], &answer[8..HEAD]), (&[1, 1][..], &datagram[8..HEAD]), "a success of this transaction");
    assert!(seal_holds(answer, PASSWORD), "our own seal");
    assert!(answer.len() <= 2 * datagram.len(), "an answer that amplifies: {} for {}", answer.len(), datagram.len());
}

/// A binding request of these bytes: some attributes, the seal, then what is left.
fn sealed(bytes: &[u8]) -> Vec<u8> {
    let mut message = vec![0, 1, 0, 0, 0x21, 0x12, 0xa4, 0x42];
    message.extend(bytes.iter().copied().chain(std::iter::repeat(0)).take(12));
    let mut rest = bytes.get(12..).unwrap_or_default();
    let (plan, more) = rest.split_first().unwrap_or((&0, &[]));
    rest = more;
    let attribute = |message: &mut Vec<u8>, kind: u16, value: &[u8]| {
        message.extend(kind.to_be_bytes());
        message.extend((value.len() as u16).to_be_bytes());
        message.extend(value);
        message.resize(message.len().next_multiple_of(4), 0);
    };
    let cut = rest.len() / 2;
    let (inside, outside) = rest.split_at(cut.min(200));
    for bit in 0..3 {
        match (plan >> bit & 1, bit) {
            (0, _) => {}
            (_, 0) => attribute(&mut message, USERNAME, b"ours:theirs"),
            (_, 1) => attribute(&mut message, USE_CANDIDATE, b""),
            _ => attribute(&mut message, 0x8022, inside),
        }
    }
    let length = (message.len() + 24 - HEAD) as u16;
    message[2..4].copy_from_slice(&length.to_be_bytes());
    let seal = seal(&message, PASSWORD);
    attribute(&mut message, INTEGRITY, &seal);
    for bit in 3..6 {
        match (plan >> bit & 1, bit) {
            (0, _) => {}
            (_, 3) => attribute(&mut message, USE_CANDIDATE, b""),
            (_, 4) => attribute(&mut message, USERNAME, b"ours:theirs"),
            _ => attribute(&mut message, 0x8023, &outside[..outside.len().min(200)]),
        }
    }
    let length = (message.len() - HEAD) as u16;
    message[2..4].copy_from_slice(&length.to_be_bytes());
    message
}

fn seal(bytes: &[u8], password: &str) -> [u8; 20] {
    let mut mac = Hmac::<Sha1>::new_from_slice(password.as_bytes()).expect("any length of key");
    mac.update(bytes);
    mac.finalize().into_bytes().into()
}

/// RFC 8489 section 14.5, read apart from the crate under test.
fn seal_holds(datagram: &[u8], password: &str) -> bool {
    let mut at = HEAD;
    for (kind, value) in attributes(datagram) {
        if kind == INTEGRITY {
            let mut covered = datagram[..at].to_vec();
            covered[2..4].copy_from_slice(&((at + 24 - HEAD) as u16).to_be_bytes());
            return value == seal(&covered, password);
        }
        at += 4 + value.len().next_multiple_of(4);
    }
    false
}

fn attributes(datagram: &[u8]) -> Vec<(u16, &[u8])> {
    let (mut found, mut at) = (Vec::new(), HEAD);
    while let Some(head) = datagram.get(at..at + 4) {
        let length = usize::from(u16::from_be_bytes([head[2], head[3]]));
        let Some(value) = datagram.get(at + 4..at + 4 + length) else { break };
        found.push((u16::from_be_bytes([head[0], head[1]]), value));
        at += 4 + length.next_multiple_of(4);
    }
    found
}
