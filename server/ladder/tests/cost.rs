//! What it costs the task that owns the SIP core to have every message kept. Run by hand, in a release build.

use std::{hint::black_box, time::Instant};

use patchbay_kernel::{CallId, LegId, SeededEntropy, Wall};
use patchbay_ladder::{Book, Limits, Passing};
use patchbay_plane::{LadderLeg, LegKind, LegRole};

/// Calls, seven messages each way.
const CALLS: usize = 20_000;
const MESSAGES: usize = 14;

#[test]
#[ignore = "a measurement: say --release --ignored --nocapture"]
fn what_a_message_costs() {
    let peer = "192.0.2.1:5060".parse().unwrap();
    let mut chance = SeededEntropy::new(1);
    let mut book = Book::new(Limits::default());
    let head = "INVITE sip:+14155550101@pbx.example SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK1\r\n\
        Max-Forwards: 70\r\nFrom: <sip:101@pbx.example>;tag=a\r\nTo: <sip:+14155550101@pbx.example>\r\n";
    let body =
        "v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\nm=audio 4000 RTP/AVP 0\r\n".repeat(3);
    let calls: Vec<(LadderLeg, String, String)> = (0..CALLS)
        .map(|number| {
            let leg = LadderLeg {
                call: CallId::new(Wall(1), &mut chance),
                leg: LegId::new(Wall(1), &mut chance),
                role: LegRole::Caller,
                kind: LegKind::SipPhone,
                gateway_port: None,
            };
            let id = format!("{number:032x}");
            (leg, format!("{head}Call-ID: {id}\r\nCSeq: 1 INVITE\r\n\r\n{body}"), id)
        })
        .collect();
    let began = Instant::now();
    for (leg, text, id) in &calls {
        for at in 0..MESSAGES {
            let at = i64::try_from(at).unwrap();
            let bytes = text.as_bytes();
            book.message(Passing { at: Wall(at), ours: at % 2 == 0, transport: "udp", peer, bytes });
            if at == 0 {
                book.name(*leg, id.as_bytes());
            }
        }
    }
    let each = began.elapsed().as_nanos() / (CALLS * MESSAGES) as u128;
    let began = Instant::now();
    let read = calls.iter().rev().take(1_000).filter(|(leg, ..)| black_box(book.take(leg.call)).is_some()).count();
    let taken = began.elapsed().as_micros() / read.max(1) as u128;
    println!(
        "{each} ns to keep a message of {} bytes; {taken} us to take and mask a call of {MESSAGES}",
        calls[0].1.len()
    );
    assert!(book.held().0 <= Limits::default().all);
    assert!(read > 500, "the newest calls are still there");
}
