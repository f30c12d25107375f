//! RTP packets and the telephone events in them.

use patchbay_rtp::{EventReceiver, Header, Packet, PacketMut, is_rtcp, is_rtp, packet::FIXED};

const NEW: Header = Header { marker: true, payload_type: 96, sequence: 65_535, timestamp: u32::MAX, ssrc: 9 };

/// Parts lie inside the packet, and a rewritten header leaves everything else as it was.
pub fn check(bytes: &[u8]) {
    assert!(!(is_rtp(bytes) && is_rtcp(bytes)), "both RTP and RTCP");
    let Some(packet) = Packet::parse(bytes) else { return };
    let (payload, csrcs) = (packet.payload().to_vec(), packet.csrcs().collect::<Vec<_>>());
    let extension = packet.extension().map(|(profile, bytes)| (profile, bytes.to_vec()));
    assert_eq!(csrcs.len(), usize::from(bytes[0] & 0x0f));
    assert!(packet.header_len() + payload.len() <= bytes.len());
    let parts = FIXED + 4 * csrcs.len() + extension.as_ref().map_or(0, |(_, bytes)| 4 + bytes.len());
    assert_eq!(parts, packet.header_len(), "header parts and payload meet");

    let mut copy = bytes.to_vec();
    let mut rewritten = PacketMut::parse(&mut copy).expect("it was read before");
    rewritten.set_header(&NEW);
    let view = rewritten.view();
    assert_eq!((view.header(), view.payload()), (NEW, payload.as_slice()));
    assert_eq!(view.csrcs().collect::<Vec<_>>(), csrcs);
    assert_eq!(view.extension().map(|(profile, bytes)| (profile, bytes.to_vec())), extension);
    let bare = rewritten.bare(&NEW).to_vec();
    assert_eq!(bare.len(), FIXED + payload.len());
    let bare = Packet::parse(&bare).expect("a bare packet is a packet");
    assert_eq!((bare.header(), bare.payload(), bare.csrcs().count()), (NEW, payload.as_slice(), 0));
    assert_eq!(bare.extension(), None);
    keys(&payload);
}

/// The payload taken as a row of telephone events: keys that exist, none longer than the clock says.
fn keys(payload: &[u8]) {
    let mut receiver = EventReceiver::new(8_000);
    let mut heard = 0;
    for (at, event) in payload.chunks(5).enumerate() {
        let stamp = u32::from(event[0] >> 6) * 400;
        for pressed in receiver.heard(stamp, event.get(1..).unwrap_or_default()) {
            heard += 1;
            assert!("0123456789*#ABCD".contains(pressed.digit), "{pressed:?}");
        }
        assert!(heard <= at + 1, "more keys than packets");
    }
    assert!(receiver.quiet().is_none_or(|pressed| "0123456789*#ABCD".contains(pressed.digit)));
}
