//! RTCP compounds.

use patchbay_rtp::{Block, Compound, Report, SenderInfo, rtcp};

/// As many reports as packets, as many blocks as their head counts; what we write reads back.
pub fn check(bytes: &[u8]) {
    let reports = rtcp::parse(bytes);
    let heads = heads(bytes);
    assert!(reports.len() <= heads.len(), "more reports than packets");
    for (report, (count, words)) in reports.iter().zip(&heads) {
        match report {
            Report::Sender { blocks, .. } => assert_eq!(blocks.len(), (*count).min(words.saturating_sub(6) / 6)),
            Report::Receiver { blocks, .. } => assert_eq!(blocks.len(), (*count).min(words.saturating_sub(1) / 6)),
            Report::Bye(leaving) => assert!(leaving.len() <= *count),
            Report::Names(names) => assert!(names.len() <= 4 * words),
            Report::Other(kind) => assert!(!(200..=203).contains(kind)),
        }
        if let Report::Sender { blocks, .. } | Report::Receiver { blocks, .. } = report {
            for block in blocks {
                assert!((-0x80_0000..0x80_0000).contains(&block.lost));
                assert!(block.rtt_ms(u64::MAX).is_none_or(|ms| (0.0..30_000.0).contains(&ms)));
            }
        }
    }
    written(bytes);
}

/// Count and words of each packet that lies within, as RFC 3550 section 6.4 draws them.
fn heads(mut bytes: &[u8]) -> Vec<(usize, usize)> {
    let mut found = Vec::new();
    while bytes.len() >= 4 && bytes[0] >> 6 == 2 {
        let words = usize::from(u16::from_be_bytes([bytes[2], bytes[3]]));
        if bytes.len() < 4 + 4 * words {
            break;
        }
        found.push((usize::from(bytes[0] & 0x1f), words));
        bytes = &bytes[4 + 4 * words..];
    }
    found
}

/// A compound of these numbers.
fn written(bytes: &[u8]) {
    let words: Vec<u32> = bytes.chunks_exact(4).map(|it| u32::from_be_bytes([it[0], it[1], it[2], it[3]])).collect();
    let [ssrc, ntp, timestamp, packets, octets, rest @ ..] = words.as_slice() else { return };
    let block = |six: &[u32]| Block {
        ssrc: six[0],
        fraction: six[1] as u8,
        lost: ((six[1] << 8) as i32) >> 8,
        highest: six[2],
        jitter: six[3],
        last_report: six[4],
        delay: six[5],
    };
    let blocks: Vec<Block> = rest.chunks_exact(6).take(31).map(block).collect();
    let info = SenderInfo { ntp: u64::from(*ntp) << 32, timestamp: *timestamp, packets: *packets, octets: *octets };
    let name: String = bytes.iter().take(255).map(|byte| char::from(byte & 0x3f | 0x40)).collect();
    let sent = Compound::new().sender(*ssrc, &info, &blocks).name(*ssrc, &name).bye(*ssrc).into_bytes();
    let expected = vec![
        Report::Sender { ssrc: *ssrc, info, blocks: blocks.clone() },
        Report::Names(vec![(*ssrc, name)]),
        Report::Bye(vec![*ssrc]),
    ];
    assert_eq!(rtcp::parse(&sent), expected);
    let sent = Compound::new().receiver(*ssrc, &blocks).into_bytes();
    assert_eq!(rtcp::parse(&sent), vec![Report::Receiver { ssrc: *ssrc, blocks }]);
}
