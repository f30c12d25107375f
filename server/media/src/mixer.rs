//! Conferences: three and more hear each other, each of them everybody but itself.
//!
//! Off the forward path. What a member says is decoded out of a jitter buffer, frames of 20 ms are added up by the worker's clock,
//! and each member gets the sum without its own part in its own codec. Two who talk alone are joined by the forward path instead.

use patchbay_codec::{Decoder, FRAME};
use patchbay_kernel::{LegId, Tick};
use patchbay_plane::Codec;
use patchbay_rtp::{JitterBuffer, Pulled};

use crate::{
    api::MediaError,
    leg::Route,
    play::Voice,
    wire::{self, Head},
    worker::Worker,
};

/// A member of a conference.
pub struct Member {
    /// Which conference.
    mix: u64,
    ear: Option<Ear>,
    /// What it says in this frame.
    says: [i16; FRAME],
    /// What it hears in this frame.
    hears: [i16; FRAME],
    voice: Voice,
}

/// Takes in what a member sends.
struct Ear {
    codec: Codec,
    decoder: Box<dyn Decoder>,
    buffer: JitterBuffer,
    ssrc: u32,
    pending: Vec<i16>,
}

impl Member {
    /// Of this conference.
    pub fn new(mix: u64) -> Self {
        Self { mix, ear: None, says: [0; FRAME], hears: [0; FRAME], voice: Voice::default() }
    }

    /// Takes a packet of the member's.
    pub fn take(&mut self, codec: Codec, head: &Head, payload: &[u8], now: Tick) {
        let ear = match &mut self.ear {
            Some(ear) if ear.codec == codec && ear.ssrc == head.ssrc => ear,
            other => other.insert(Ear {
                codec,
                decoder: wire::codec_id(codec).spec().decoder(),
                buffer: JitterBuffer::new(wire::clock_rate(codec)),
                ssrc: head.ssrc,
                pending: Vec::with_capacity(8 * FRAME),
            }),
        };
        ear.buffer.push(head.sequence, head.timestamp, payload, now);
    }

    /// The next 20 ms of what it says; silence while nothing is received.
    fn draw(&mut self, now: Tick) {
        match self.ear.as_mut().and_then(|ear| ear.frame(now)) {
            Some(frame) => self.says = frame,
            None => self.says = [0; FRAME],
        }
    }

    /// Appends the payload of what it hears in this frame.
    pub fn payload(&mut self, codec: Codec, into: &mut Vec<u8>) {
        self.voice.encode(codec, &self.hears, into);
    }
}

impl Ear {
    fn frame(&mut self, now: Tick) -> Option<[i16; FRAME]> {
        while self.pending.len() < FRAME {
            match self.buffer.pull(now) {
                Pulled::Frame(payload) => self.decoder.decode(&payload, &mut self.pending),
                Pulled::Lost => match self.buffer.following() {
                    Some(following) => self.decoder.recover(following, &mut self.pending),
                    None => self.decoder.conceal(&mut self.pending),
                },
                Pulled::Silence => {
                    self.pending.clear();
                    return None;
                }
            }
        }
        let mut frame = [0; FRAME];
        frame.copy_from_slice(&self.pending[..FRAME]);
        self.pending.drain(..FRAME);
        Some(frame)
    }
}

/// The sum of a conference without one of its members, cut where telephones can say no more.
fn others(sum: &[i32; FRAME], own: &[i16; FRAME], into: &mut [i16; FRAME]) {
    for ((out, sum), own) in into.iter_mut().zip(sum).zip(own) {
        *out = (sum - i32::from(*own)).clamp(i32::from(i16::MIN), i32::from(i16::MAX)) as i16;
    }
}

impl Worker {
    /// Lets these hear each other, each all but itself; former bridges of theirs end. Who is in a conference already stays
    /// without a break.
    pub(crate) fn mix(&mut self, legs: &[LegId]) -> Result<(), MediaError> {
        let slots = legs.iter().map(|leg| self.slot(*leg)).collect::<Result<Vec<_>, _>>()?;
        let (mix, now) = (self.number(), self.now);
        for slot in slots {
            if self.slots[slot].as_deref().is_some_and(|leg| leg.route != Route::Mix) {
                self.part(slot);
                self.end_play(slot);
            }
            let Some(leg) = self.slots[slot].as_deref_mut() else { continue };
            leg.route = Route::Mix;
            leg.watch.joined(now);
            match &mut leg.member {
                Some(member) => member.mix = mix,
                none => *none = Some(Box::new(Member::new(mix))),
            }
            self.generate(slot);
        }
        Ok(())
    }

    /// Makes what the members of conferences hear in the frame that is due.
    pub(crate) fn blend(&mut self) {
        let mut sums = std::mem::take(&mut self.sums);
        for slot in &self.generating {
            let Some(leg) = self.slots[*slot].as_deref_mut() else { continue };
            let Some(member) = leg.member.as_mut() else { continue };
            member.draw(self.now);
            let at = sums.iter().position(|(mix, _)| *mix == member.mix).unwrap_or_else(|| {
                sums.push((member.mix, [0; FRAME]));
                sums.len() - 1
            });
            for (sum, own) in sums[at].1.iter_mut().zip(&member.says) {
                *sum += i32::from(*own);
            }
        }
        for slot in &self.generating {
            let Some(leg) = self.slots[*slot].as_deref_mut() else { continue };
            let Some(member) = leg.member.as_mut() else { continue };
            if let Some((_, sum)) = sums.iter().find(|(mix, _)| *mix == member.mix) {
                others(sum, &member.says, &mut member.hears);
            }
        }
        sums.clear();
        self.sums = sums;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_hears_all_but_itself_and_nothing_overflows() {
        let (a, b, c) = ([1_000; FRAME], [-300; FRAME], [32_000; FRAME]);
        let mut sum = [0; FRAME];
        for one in [&a, &b, &c] {
            for (sum, own) in sum.iter_mut().zip(one) {
                *sum += i32::from(*own);
            }
        }
        let mut heard = [0; FRAME];
        others(&sum, &c, &mut heard);
        assert_eq!(heard, [700; FRAME]);
        others(&sum, &b, &mut heard);
        assert_eq!(heard, [i16::MAX; FRAME], "two loud ones are cut, not wrapped");
    }

    #[test]
    fn who_says_nothing_is_silence() {
        let mut member = Member::new(1);
        member.says = [5; FRAME];
        member.draw(Tick::from_ms(20));
        assert_eq!(member.says, [0; FRAME]);
    }
}
