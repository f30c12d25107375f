//! RTCP of one leg: our reports to the party, and what its reports say of us. Never passed on: each side has its own SSRCs.

use patchbay_kernel::{Tick, Wall, time::Span};
use patchbay_rtp::{Block, Compound, Report, SenderInfo, rtcp};

use crate::{outgoing::Outgoing, reception::Reception};

/// Browsers show figures as they come.
const BROWSER: Span = Span::secs(1);
/// RFC 3550 section 6.2: five seconds at least.
const OTHERS: Span = Span::secs(5);

/// Reports of one leg.
pub struct Control {
    every: Span,
    next: Tick,
    name: String,
    /// Middle of the NTP time of the party's last report, and when it came.
    heard: Option<(u32, Tick)>,
    sent_at_last_report: u64,
    /// Packets that the party said it has sent, by its last sender report.
    party_sent: Option<u32>,
    rtt_ms: Option<f64>,
    remote_loss: Option<f64>,
}

/// What one compound of the party says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Said {
    /// It has sent audio since its report before.
    pub sends: bool,
    /// The highest sequence number with its cycles that it has of ours; `None` when it says nothing of us.
    pub highest: Option<u32>,
}

impl Control {
    /// Nothing sent, nothing heard. `name` is the CNAME, which says nothing about anybody.
    pub fn new(browser: bool, now: Tick, name: String) -> Self {
        let every = if browser { BROWSER } else { OTHERS };
        let next = now + Span(every.0 / 2);
        Self {
            every,
            next,
            name,
            heard: None,
            sent_at_last_report: 0,
            party_sent: None,
            rtt_ms: None,
            remote_loss: None,
        }
    }
    /// Round trip in milliseconds.
    pub const fn rtt_ms(&self) -> Option<f64> {
        self.rtt_ms
    }
    /// Share of what we sent that the party did not get, 0 to 1.
    pub const fn remote_loss(&self) -> Option<f64> {
        self.remote_loss
    }
    /// Whether a report is due.
    pub fn is_due(&self, now: Tick) -> bool {
        self.next <= now
    }

    /// Writes our report into `into`: a sender report when something was sent since the last one.
    pub fn write(
        &mut self,
        into: &mut Vec<u8>,
        out: &Outgoing,
        reception: &mut Reception,
        clock: u32,
        now: Tick,
        wall: Wall,
    ) {
        self.next = now + self.every;
        let (last_report, delay) = self.heard.map_or((0, 0), |(middle, at)| {
            (middle, (u128::from(now.since(at).0) * 65_536 / 1_000_000).min(u128::from(u32::MAX)) as u32)
        });
        let blocks: Vec<Block> = reception.block(last_report, delay).into_iter().collect();
        let compound = if out.packets > self.sent_at_last_report {
            let info = SenderInfo {
                ntp: rtcp::ntp(wall),
                timestamp: out.timestamp_at(now, clock),
                packets: out.packets as u32,
                octets: out.octets as u32,
            };
            Compound::new().sender(out.ssrc, &info, &blocks)
        } else {
            Compound::new().receiver(out.ssrc, &blocks)
        };
        self.sent_at_last_report = out.packets;
        into.clear();
        into.extend(compound.name(out.ssrc, &self.name).into_bytes());
    }

    /// Reads the party's compound; `None` when there is no report in it.
    pub fn read(&mut self, packet: &[u8], out: &Outgoing, wall: Wall, now: Tick) -> Option<Said> {
        let (mut sends, mut highest) = (None, None);
        for report in rtcp::parse(packet) {
            let blocks = match report {
                Report::Sender { info, blocks, .. } => {
                    self.heard = Some((rtcp::middle(info.ntp), now));
                    sends = Some(self.party_sent.replace(info.packets).unwrap_or(0) != info.packets);
                    blocks
                }
                Report::Receiver { blocks, .. } => {
                    sends = sends.or(Some(false));
                    blocks
                }
                _ => continue,
            };
            for block in blocks.iter().filter(|block| block.ssrc == out.ssrc) {
                highest = Some(block.highest);
                self.rtt_ms = block.rtt_ms(rtcp::ntp(wall)).or(self.rtt_ms);
                self.remote_loss = Some(f64::from(block.lost.max(0)) / out.packets.max(1) as f64).map(|l| l.min(1.0));
            }
        }
        sends.map(|sends| Said { sends, highest })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::Head;

    #[test]
    fn two_ends_measure_the_round_trip_between_them() {
        let wall = |ms: u64| Wall::from_unix_ms(1_764_000_000_000 + ms as i64);
        let (mut a, mut b) = (Control::new(true, Tick::ZERO, "a".into()), Control::new(true, Tick::ZERO, "b".into()));
        let (mut out_a, out_b) = (Outgoing::new(1, 0, 0), Outgoing::new(2, 0, 0));
        let (mut at_a, mut at_b) = (Reception::default(), Reception::default());
        for sequence in 0..100u16 {
            let stamp = out_a.own(160, Tick::from_ms(u64::from(sequence) * 20), 8_000);
            out_a.count(160);
            let (sequence, timestamp) = (stamp.sequence, stamp.timestamp);
            let head = Head { marker: false, sequence, timestamp, ssrc: 1, payload: 12..172 };
            if stamp.sequence % 10 != 5 {
                at_b.packet(&head, true, Tick::from_ms(u64::from(sequence) * 20), 8_000);
            }
        }
        let mut packet = Vec::new();
        assert!(a.is_due(Tick::from_ms(2_000)));
        a.write(&mut packet, &out_a, &mut at_a, 8_000, Tick::from_ms(2_000), wall(2_000));
        assert!(!a.is_due(Tick::from_ms(2_900)));
        // 30 ms there, 500 ms of waiting, 30 ms back.
        b.read(&packet, &out_b, wall(2_030), Tick::from_ms(2_030));
        b.write(&mut packet, &out_b, &mut at_b, 8_000, Tick::from_ms(2_530), wall(2_530));
        a.read(&packet, &out_a, wall(2_560), Tick::from_ms(2_560));
        assert!((a.rtt_ms().unwrap() - 60.0).abs() < 0.5, "{:?}", a.rtt_ms());
        assert!((a.remote_loss().unwrap() - 0.1).abs() < 0.011, "{:?}", a.remote_loss());
        assert_eq!(a.read(&[0x80, 200, 0xff], &out_a, wall(3_000), Tick::from_ms(3_000)), None);
    }

    #[test]
    fn a_party_says_whether_it_sends() {
        let wall = Wall::from_unix_ms(1_764_000_000_000);
        let (mut a, mut b) = (Control::new(true, Tick::ZERO, "a".into()), Control::new(true, Tick::ZERO, "b".into()));
        let (mut out_a, out_b) = (Outgoing::new(1, 0, 0), Outgoing::new(2, 0, 0));
        let (mut nothing, mut packet) = (Reception::default(), Vec::new());
        let mut said = Vec::new();
        for (at, sends) in [(2, true), (4, true), (6, false), (8, true)] {
            if sends {
                out_a.own(160, Tick::from_ms(at * 1_000), 8_000);
                out_a.count(160);
            }
            a.write(&mut packet, &out_a, &mut nothing, 8_000, Tick::from_ms(at * 1_000), wall);
            said.push(b.read(&packet, &out_b, wall, Tick::from_ms(at * 1_000)).map(|said| said.sends));
        }
        assert_eq!(said, [Some(true), Some(true), Some(false), Some(true)]);
    }
}
