//! Bytes to begin with: the torture messages and descriptions of the repository, and small packets made here.

use std::path::{Path, PathBuf};

use patchbay_rtp::{Block, Compound, Header, SenderInfo};

/// The root of the repository.
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(3).expect("three folders below the root").into()
}

/// Every file of these folders, in order.
fn files(folders: &[&str]) -> Vec<Vec<u8>> {
    let mut paths = Vec::new();
    for folder in folders {
        let entries = std::fs::read_dir(root().join(folder)).into_iter().flatten().flatten();
        paths.extend(entries.map(|entry| entry.path()).filter(|path| path.is_file()));
    }
    paths.sort();
    paths
        .into_iter()
        .map(|path| std::fs::read(&path).unwrap_or_else(|why| panic!("{}: {why}", path.display())))
        .collect()
}

/// What broke this target once and must not again.
pub fn crashes(target: &str) -> Vec<Vec<u8>> {
    files(&[&format!("infra/fuzz/crashes/{target}")])
}

/// Torture messages of RFC 4475 and RFC 5118.
pub fn sip() -> Vec<Vec<u8>> {
    files(&["server/sip/tests/vectors/rfc4475", "server/sip/tests/vectors/rfc5118"])
}

/// Descriptions of browsers, phones and gateways.
pub fn sdp() -> Vec<Vec<u8>> {
    files(&["server/sdp/tests/vectors"])
}

fn texts(all: &[&str]) -> Vec<Vec<u8>> {
    all.iter().map(|text| text.as_bytes().to_vec()).collect()
}

/// URIs and addresses in every writing.
pub fn uri() -> Vec<Vec<u8>> {
    texts(&[
        "sip:user;par=u%40x:secret@host:5070;transport=tcp;lr;m=\"a;b\"?subject=a&b=%20",
        "tel:+1-415-555-0132;phone-context=+1",
        "sips:[2001:db8::1]:5061;maddr=10.0.0.1",
        "\"A \\\"B\\\" <x>\" <sip:a@b;x=y>;tag=1;+sip.instance=\"<urn:uuid:0>\"",
        "Watson <sip:w@b;lr>;tag=88;expires=60",
        "sip:%61lice@x;lr",
    ])
}

/// Challenges and answers.
pub fn digest() -> Vec<Vec<u8>> {
    texts(&[
        "Digest realm=\"carrier.example\", nonce=\"1\", algorithm=SHA-256, qop=\"auth,auth-int\", opaque=\"o\", stale=true",
        "Digest username=\"line7\", realm=\"pbx.example\", nonce=\"0000000003e8\", uri=\"sip:a\", response=\"0\", qop=auth, nc=1, cnonce=\"c\"",
        "Digest realm=\"a\\\"b\", nonce=x",
    ])
}

/// A bare packet, one with everything, and telephone events.
pub fn rtp() -> Vec<Vec<u8>> {
    let mut bare = Vec::new();
    Header { payload_type: 8, sequence: 7, timestamp: 160, ssrc: 1, marker: false }.write(&[0xd5; 20], &mut bare);
    let mut full =
        vec![0xb2, 0xe0, 0, 7, 0, 0, 0, 160, 1, 2, 3, 4, 0, 0, 0, 1, 0, 0, 0, 2, 0xbe, 0xde, 0, 1, 0x10, 0xff, 0, 0];
    full.extend(b"sound\0\0\x03");
    let mut keys = Vec::new();
    let events = [0, 1, 10, 0, 160, 0, 1, 0x8a, 1, 64, 64, 11, 10, 0, 160];
    Header { payload_type: 101, sequence: 8, timestamp: 320, ssrc: 1, marker: true }.write(&events, &mut keys);
    vec![bare, full, keys]
}

/// Reports with one and two blocks, and an extension behind the blocks.
pub fn rtcp() -> Vec<Vec<u8>> {
    let block = Block { ssrc: 7, fraction: 26, lost: -3, highest: 65_541, jitter: 80, last_report: 5, delay: 6 };
    let info = SenderInfo { ntp: 0x0102_0304_0506_0708, timestamp: 160, packets: 2, octets: 320 };
    let mut extended = Compound::new().receiver(3, &[block, block]).into_bytes();
    extended[0] = 0x81;
    vec![
        Compound::new().sender(1, &info, &[block]).name(1, "patchbay").bye(1).into_bytes(),
        Compound::new().receiver(3, &[]).name(3, "abc").into_bytes(),
        extended,
    ]
}

/// Plans for sealed requests: attributes before the seal, behind it, and both.
pub fn stun() -> Vec<Vec<u8>> {
    [0b000_011_u8, 0b000_111, 0b001_001, 0b011_000, 0b111_011]
        .map(|plan| [&[7; 12][..], &[plan], b"some bytes"].concat())
        .into()
}

/// Frames of a client: text, parts, ping, close, and the head of a long one.
pub fn websocket() -> Vec<Vec<u8>> {
    let mut all =
        b"\x81\x85\0\0\0\0hello\x01\x82\0\0\0\0he\x89\x80\0\0\0\0\x80\x83\0\0\0\0llo\x88\x82\0\0\0\0\x03\xe8".to_vec();
    let parts = vec![
        all.clone(),
        all[..11].to_vec(),
        b"\x82\xfe\x01\x00\0\0\0\0".to_vec(),
        b"\x82\xff\0\0\0\0\0\x01\0\x01\0\0\0\0".to_vec(),
    ];
    all.extend(b"INVITE sip:a@b SIP/2.0\r\n\0\xff\xfe");
    parts.into_iter().chain([all]).collect()
}
