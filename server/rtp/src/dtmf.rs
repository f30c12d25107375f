//! Telephone events: keys as RTP packets of their own. Source: RFC 4733 section 2.

/// Volume of what we send, dBm0 below zero.
const VOLUME: u8 = 10;
/// Milliseconds between the packets of an event.
const EVERY_MS: u32 = 20;
/// Copies of the last packet, so that two may be lost (section 2.5.1.4).
const ENDS: u32 = 3;

/// A key that was pressed and let go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pressed {
    /// `0`-`9`, `*`, `#`, `A`-`D`.
    pub digit: char,
    /// For how long.
    pub duration_ms: u32,
}

/// One packet to send: all packets of an event carry the event's first timestamp.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EventPacket {
    /// Set on the first.
    pub marker: bool,
    /// Of the event's start.
    pub timestamp: u32,
    /// The four bytes.
    pub payload: [u8; 4],
}

/// An event being sent: call [`Self::next_packet`] each 20 ms until it yields nothing. 100 ms make seven packets.
#[derive(Clone, Debug)]
pub struct EventSender {
    code: u8,
    clock: u32,
    timestamp: u32,
    packets: u32,
    sent: u32,
}

impl EventSender {
    /// `clock` is that of the telephone-event format in Hz, `timestamp` the stream's now. `None` when it is no key. Lengths are
    /// rounded up to 20 ms and kept between 40 ms and what fits into one event (section 2.3.5: 65535 units).
    pub fn new(digit: char, duration_ms: u32, clock: u32, timestamp: u32) -> Option<Self> {
        let longest = 0xffff / (clock.max(50) / 50);
        let packets = duration_ms.div_ceil(EVERY_MS).clamp(2, longest.max(2));
        Some(Self { code: code(digit)?, clock, timestamp, packets, sent: 0 })
    }

    /// What to send now.
    pub fn next_packet(&mut self) -> Option<EventPacket> {
        if self.sent >= self.packets + ENDS - 1 {
            return None;
        }
        self.sent += 1;
        let elapsed = self.sent.min(self.packets) * (self.clock / 50);
        let duration = u16::try_from(elapsed).unwrap_or(u16::MAX).to_be_bytes();
        let end = if self.sent >= self.packets { 0x80 } else { 0 };
        Some(EventPacket {
            marker: self.sent == 1,
            timestamp: self.timestamp,
            payload: [self.code, end | VOLUME, duration[0], duration[1]],
        })
    }

    /// Timestamp units of the stream that the event has used up, the repeated ends included.
    pub fn span(&self) -> u32 {
        (self.packets + ENDS - 1) * (self.clock / 50)
    }
}

/// Events being received: each is told once, whatever was lost, repeated or came late.
#[derive(Clone, Debug)]
pub struct EventReceiver {
    clock: u32,
    current: Option<Open>,
}

#[derive(Clone, Copy, Debug)]
struct Open {
    timestamp: u32,
    code: u8,
    duration: u32,
    told: bool,
}

impl EventReceiver {
    /// `clock` in Hz of the telephone-event format.
    pub const fn new(clock: u32) -> Self {
        Self { clock, current: None }
    }

    /// Takes the payload of one packet. An event is told at its end, or when the next one begins without it; so two can come at
    /// once, in order.
    pub fn heard(&mut self, timestamp: u32, payload: &[u8]) -> impl Iterator<Item = Pressed> + use<> {
        let told = match *payload {
            [code, flags, high, low, ..] if code <= 15 => {
                self.take(timestamp, code, flags & 0x80 != 0, u32::from(u16::from_be_bytes([high, low])))
            }
            _ => [None, None],
        };
        told.into_iter().flatten()
    }

    /// Tells an event whose end never came. Call it when no packet of an event has come for 100 ms.
    pub fn quiet(&mut self) -> Option<Pressed> {
        let clock = self.clock;
        self.current.as_mut()?.tell(clock)
    }

    fn take(&mut self, timestamp: u32, code: u8, end: bool, duration: u32) -> [Option<Pressed>; 2] {
        let clock = self.clock;
        let mut before = None;
        match &mut self.current {
            Some(open) if open.timestamp == timestamp => open.duration = open.duration.max(duration),
            // A late packet of an earlier event: half of the number space lies behind.
            Some(open) if timestamp.wrapping_sub(open.timestamp) > u32::MAX / 2 => return [None, None],
            current => {
                before = current.as_mut().and_then(|open| open.tell(clock));
                *current = Some(Open { timestamp, code, duration, told: false });
            }
        }
        let now = self.current.as_mut().filter(|_| end).and_then(|open| open.tell(clock));
        [before, now]
    }
}

impl Open {
    fn tell(&mut self, clock: u32) -> Option<Pressed> {
        if std::mem::replace(&mut self.told, true) {
            return None;
        }
        let duration_ms = (u64::from(self.duration) * 1_000 / u64::from(clock.max(1))) as u32;
        Some(Pressed { digit: digit(self.code)?, duration_ms })
    }
}

/// The event code of a key (section 3.2).
pub fn code(digit: char) -> Option<u8> {
    KEYS.iter().position(|key| *key == digit.to_ascii_uppercase()).map(|at| at as u8)
}

/// The key of an event code.
pub fn digit(code: u8) -> Option<char> {
    KEYS.get(usize::from(code)).copied()
}

const KEYS: [char; 16] = ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9', '*', '#', 'A', 'B', 'C', 'D'];

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn send(digit: char, ms: u32, timestamp: u32) -> Vec<EventPacket> {
        let mut sender = EventSender::new(digit, ms, 8_000, timestamp).unwrap();
        std::iter::from_fn(|| sender.next_packet()).collect()
    }

    #[test]
    fn a_hundred_milliseconds_are_seven_packets() {
        let packets = send('5', 100, 1_000);
        assert_eq!(packets.len(), 7);
        assert_eq!(
            packets.iter().map(|it| it.marker).collect::<Vec<_>>(),
            [true, false, false, false, false, false, false]
        );
        assert!(packets.iter().all(|it| it.timestamp == 1_000 && it.payload[0] == 5));
        let ends: Vec<bool> = packets.iter().map(|it| it.payload[1] & 0x80 != 0).collect();
        assert_eq!(ends, [false, false, false, false, true, true, true]);
        let durations: Vec<u16> = packets.iter().map(|it| u16::from_be_bytes([it.payload[2], it.payload[3]])).collect();
        assert_eq!(durations, [160, 320, 480, 640, 800, 800, 800]);
    }

    #[test]
    fn an_event_is_told_once_whatever_is_lost() {
        let packets = send('#', 100, 5);
        // Each subset of packets that is not empty, with the event told by its end or by the silence after.
        for kept in 1..1u32 << packets.len() {
            let mut receiver = EventReceiver::new(8_000);
            let mut told: Vec<Pressed> = Vec::new();
            for (at, packet) in packets.iter().enumerate().filter(|(at, _)| kept & (1 << at) != 0) {
                told.extend(receiver.heard(packet.timestamp, &packet.payload));
                if at % 2 == 0 {
                    told.extend(receiver.heard(packet.timestamp, &packet.payload));
                }
            }
            told.extend(receiver.quiet());
            assert_eq!(told.iter().map(|it| it.digit).collect::<String>(), "#", "{kept:b}");
        }
    }

    #[test]
    fn a_lost_end_is_told_when_the_next_key_begins() {
        let mut receiver = EventReceiver::new(8_000);
        let first = send('1', 100, 0xffff_ff00);
        let second = send('1', 60, 0x0000_0400);
        assert_eq!(receiver.heard(first[1].timestamp, &first[1].payload).count(), 0);
        let told: Vec<Pressed> = receiver.heard(second[2].timestamp, &second[2].payload).collect();
        assert_eq!(told, [Pressed { digit: '1', duration_ms: 40 }, Pressed { digit: '1', duration_ms: 60 }]);
        assert_eq!(receiver.heard(first[6].timestamp, &first[6].payload).count(), 0, "a late packet");
        assert_eq!(receiver.quiet(), None);
    }

    #[test]
    fn a_long_key_stays_within_one_event() {
        let mut sender = EventSender::new('0', 60_000, 48_000, 0).unwrap();
        let last = std::iter::from_fn(|| sender.next_packet()).last().unwrap();
        assert_eq!(last.payload[1] & 0x80, 0x80);
        assert!(u16::from_be_bytes([last.payload[2], last.payload[3]]) > 64_000);
        assert!(EventSender::new('x', 100, 8_000, 0).is_none());
    }

    proptest! {
        #[test]
        fn no_payload_panics(events in proptest::collection::vec((any::<u32>(), proptest::collection::vec(any::<u8>(), 0..6)), 0..20)) {
            let mut receiver = EventReceiver::new(8_000);
            for (timestamp, payload) in events {
                receiver.heard(timestamp, &payload).for_each(drop);
            }
        }
    }
}
