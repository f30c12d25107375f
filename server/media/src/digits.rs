//! Digits of one leg, both ways: RFC 4733 events, and tones towards a party that takes no events.

use std::collections::VecDeque;

use patchbay_codec::{
    FRAME,
    tone::{Player, Signal},
};
use patchbay_kernel::{Tick, time::Span};
use patchbay_plane::Codec;
use patchbay_rtp::{EventReceiver, EventSender, Pressed};

use crate::{
    outgoing::{Outgoing, Stamp},
    play::Voice,
    wire,
};

/// An event whose end was lost is over after this.
const LOST_END: Span = Span::ms(100);
/// Frames of pause between two digits.
const PAUSE: u32 = 3;
/// Digits that may wait; nobody dials more at once.
const MOST_WAITING: usize = 64;
/// Level of each of the two tones, dBFS.
const TONE_DBFS: f64 = -9.0;

/// Digits from the party.
#[derive(Default)]
pub struct DigitsIn {
    stream: Option<(u32, u32, EventReceiver)>,
    last: Option<Tick>,
}

impl DigitsIn {
    /// A packet of an event; `rate` is the clock of the event format in Hz. What is told is told once.
    pub fn packet(&mut self, ssrc: u32, timestamp: u32, payload: &[u8], rate: u32, now: Tick) -> [Option<Pressed>; 2] {
        let mut told = [None, None];
        if self.stream.as_ref().is_none_or(|(of, at, _)| (*of, *at) != (ssrc, rate)) {
            self.stream = Some((ssrc, rate, EventReceiver::new(rate)));
        }
        if let Some((_, _, receiver)) = &mut self.stream {
            for (place, pressed) in told.iter_mut().zip(receiver.heard(timestamp, payload)) {
                *place = Some(pressed);
            }
        }
        self.last = Some(now);
        told
    }

    /// Time has passed: an event whose end never came is told.
    pub fn look(&mut self, now: Tick) -> Option<Pressed> {
        let last = self.last?;
        if now.since(last) < LOST_END {
            return None;
        }
        self.last = None;
        self.stream.as_mut()?.2.quiet()
    }
}

/// An event's payload with its length in another clock; `None` when it is none.
pub fn rescaled(payload: &[u8], from: u32, to: u32) -> Option<[u8; 4]> {
    let [code, flags, high, low] = *payload.first_chunk()?;
    let length = u64::from(u16::from_be_bytes([high, low])) * u64::from(to) / u64::from(from.max(1));
    let [high, low] = u16::try_from(length).unwrap_or(u16::MAX).to_be_bytes();
    Some([code, flags, high, low])
}

enum Now {
    Event(EventSender),
    Tone { player: Player, voice: Voice, frames: u32 },
    Pause(u32),
}

/// Digits to the party, one after the other.
#[derive(Default)]
pub struct DigitsOut {
    waiting: VecDeque<(char, u32)>,
    now: Option<Now>,
}

/// What the party takes.
#[derive(Clone, Copy, Debug)]
pub struct Accepts {
    /// Its codec.
    pub codec: Codec,
    /// Payload type of the codec.
    pub payload_type: u8,
    /// Payload type and clock of events.
    pub event: Option<(u8, u32)>,
}

impl DigitsOut {
    /// Queues a digit for `ms` milliseconds; more than 64 waiting are dropped.
    pub fn push(&mut self, digit: char, ms: u32) {
        if self.waiting.len() < MOST_WAITING {
            self.waiting.push_back((digit, ms));
        }
    }
    /// Whether anything is being dialled.
    pub fn is_busy(&self) -> bool {
        self.now.is_some() || !self.waiting.is_empty()
    }
    /// Drops everything.
    pub fn forget(&mut self) {
        self.waiting.clear();
        self.now = None;
    }

    /// The packet of the next 20 ms, its payload in `payload`; `None` for 20 ms without one.
    pub fn frame(&mut self, out: &mut Outgoing, to: Accepts, now: Tick, payload: &mut Vec<u8>) -> Option<(u8, Stamp)> {
        payload.clear();
        let clock = wire::clock_rate(to.codec);
        if self.now.is_none() {
            self.begin(out, to, now);
        }
        let over = match self.now.as_mut()? {
            Now::Event(sender) => match (sender.next_packet(), to.event) {
                (Some(event), Some((payload_type, _))) => {
                    payload.extend(event.payload);
                    let stamp = out.event(event.timestamp, event.marker);
                    return Some((payload_type, stamp));
                }
                _ => true,
            },
            Now::Tone { player, voice, frames } => {
                if *frames > 0 {
                    *frames -= 1;
                    let mut samples = [0; FRAME];
                    player.fill(&mut samples);
                    voice.encode(to.codec, &samples, payload);
                    return Some((to.payload_type, out.own(clock / 50, now, clock)));
                }
                true
            }
            Now::Pause(frames) => {
                *frames -= 1;
                if *frames == 0 {
                    self.now = None;
                }
                false
            }
        };
        if over {
            self.now = Some(Now::Pause(PAUSE));
        }
        None
    }

    fn begin(&mut self, out: &mut Outgoing, to: Accepts, now: Tick) {
        let Some((digit, ms)) = self.waiting.pop_front() else { return };
        let clock = wire::clock_rate(to.codec);
        self.now = match to.event {
            Some((_, rate)) => EventSender::new(digit, ms, rate, out.begin_event(now, clock)).map(Now::Event),
            None => Signal::key(digit.to_ascii_uppercase()).map(|signal| Now::Tone {
                player: Player::new(signal, TONE_DBFS),
                voice: Voice::default(),
                frames: ms.div_ceil(20).max(2),
            }),
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EVENTS: Accepts = Accepts { codec: Codec::Pcmu, payload_type: 0, event: Some((101, 8_000)) };

    #[test]
    fn what_one_side_dials_the_other_hears_once() {
        let (mut dialled, mut out, mut heard) = (DigitsOut::default(), Outgoing::new(1, 0, 0), DigitsIn::default());
        for digit in "1*#".chars() {
            dialled.push(digit, 100);
        }
        let (mut now, mut told, mut sequences, mut payload) = (Tick::ZERO, String::new(), Vec::new(), Vec::new());
        while dialled.is_busy() {
            if let Some((payload_type, stamp)) = dialled.frame(&mut out, EVENTS, now, &mut payload) {
                assert_eq!(payload_type, 101);
                sequences.push(stamp.sequence);
                for pressed in heard.packet(1, stamp.timestamp, &payload, 8_000, now).into_iter().flatten() {
                    assert_eq!(pressed.duration_ms, 100);
                    told.push(pressed.digit);
                }
            }
            now = now + Span::ms(20);
        }
        assert_eq!(told, "1*#");
        assert!(sequences.windows(2).all(|pair| pair[1] == pair[0] + 1));
    }

    #[test]
    fn an_event_without_an_end_is_told_after_a_while() {
        let mut heard = DigitsIn::default();
        assert_eq!(heard.packet(1, 800, &[5, 10, 0, 160], 8_000, Tick::ZERO), [None, None]);
        assert_eq!(heard.look(Tick::from_ms(50)), None);
        assert_eq!(heard.look(Tick::from_ms(100)).map(|pressed| pressed.digit), Some('5'));
        assert_eq!(heard.look(Tick::from_ms(300)), None);
    }

    #[test]
    fn without_events_a_digit_is_a_pair_of_tones() {
        let (mut dialled, mut out) = (DigitsOut::default(), Outgoing::new(1, 0, 0));
        dialled.push('5', 200);
        let mut samples = Vec::new();
        let mut payload = Vec::new();
        for at in 0..12 {
            let to = Accepts { event: None, ..EVENTS };
            if dialled.frame(&mut out, to, Tick::from_ms(at * 20), &mut payload).is_some() {
                samples.extend(payload.iter().map(|byte| patchbay_codec::g711::Law::Mu.decode(*byte)));
            }
        }
        assert_eq!(samples.len(), 1_600);
        assert!(patchbay_codec::measure::share(&samples, 770) > 0.4);
        assert!(patchbay_codec::measure::share(&samples, 1_336) > 0.4);
    }

    #[test]
    fn lengths_follow_the_clock() {
        assert_eq!(rescaled(&[1, 0x8a, 0x03, 0x20], 8_000, 48_000), Some([1, 0x8a, 0x12, 0xc0]));
        assert_eq!(rescaled(&[1, 2], 8_000, 8_000), None);
    }
}
