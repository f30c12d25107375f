//! The fast path: what one party sent, to whoever hears it. Rewrites the header; the payload stays, or goes through one table.
//!
//! No lock, no log, no allocation; the one copy is into the outgoing buffer, where the packet is sealed.

use patchbay_codec::{
    FRAME,
    g711::{self, Law},
};
use patchbay_kernel::Tick;
use patchbay_plane::Codec;

use crate::{
    describe::Kind,
    digits,
    leg::{Leg, Route},
    outbox::Outbox,
    outgoing::{SourceKey, Stamp},
    transcode::Transcoder,
    wire::{self, Head},
    worker::Slots,
};

/// Sends on a packet of `slot`'s party. `packet` is plain RTP, `head` its header, `scratch` the buffer to make the other one
/// in, which is left in `outbox`. Answers the slot of a leg that waits for its frames from now on: its codec is another one.
#[expect(clippy::too_many_arguments, reason = "the worker's state in pieces, so that two legs can be held at once")]
pub fn forward(
    slots: &mut Slots,
    slot: usize,
    head: &Head,
    kind: Kind,
    packet: &[u8],
    scratch: &mut Vec<u8>,
    now: Tick,
    outbox: &mut Outbox,
) -> Option<usize> {
    let from = slots[slot].as_deref_mut()?;
    if let (Some(member), Kind::Audio(codec)) = (&mut from.member, kind) {
        member.take(codec, head, &packet[head.payload.clone()], now);
        return None;
    }
    let to = match (from.route, kind) {
        (Route::Peer(peer), _) => peer,
        (Route::Echo, Kind::Audio(_)) => slot,
        _ => return None,
    };
    let codec = from.codec()?;
    let leg = slots[to].as_deref_mut()?;
    if leg.is_played_to() || leg.may_send().is_none() {
        // What waits in a jitter buffer would be old when it is heard again.
        leg.transcoder = None;
        return None;
    }
    let passed_on = leg.transcoder.is_none();
    let payload = &packet[head.payload.clone()];
    let mut way = Way { leg: &mut *leg, to, source: SourceKey { slot, ssrc: head.ssrc }, now, outbox, scratch };
    match kind {
        Kind::Audio(codec) => way.audio(codec, head, payload),
        Kind::Event { rate } => way.event(codec, rate, head, payload),
        Kind::Comfort => way.comfort(codec, head, payload),
    }
    let waits = passed_on && leg.transcoder.is_some();
    if waits && kind == Kind::Audio(Codec::Opus) {
        join(slots, slot, to);
    }
    waits.then_some(to)
}

/// The source spoke G.711 until now and speaks Opus: no click between them.
#[cold]
fn join(slots: &mut Slots, slot: usize, to: usize) {
    let before = slots[slot].as_deref().map(|from| from.ear.before()).unwrap_or_default();
    if let Some(transcoder) = slots[to].as_deref_mut().and_then(|leg| leg.transcoder.as_mut()) {
        transcoder.join(&before);
    }
}

/// The way to one party.
struct Way<'a> {
    leg: &'a mut Leg,
    /// Its slot.
    to: usize,
    source: SourceKey,
    now: Tick,
    outbox: &'a mut Outbox,
    scratch: &'a mut Vec<u8>,
}

impl Way<'_> {
    fn audio(&mut self, from: Codec, head: &Head, payload: &[u8]) {
        let Some(terms) = &self.leg.terms else { return };
        let (to, payload_type) = (terms.codec, terms.payload_type);
        let law = match (from, to) {
            (Codec::Pcmu, Codec::Pcma) => Some(Law::Mu),
            (Codec::Pcma, Codec::Pcmu) => Some(Law::A),
            _ if from == to => None,
            _ => return self.transcoded(from, to, head, payload),
        };
        let parted = self.leg.transcoder.take();
        let rate = wire::clock_rate(to);
        let Some(stamp) = self.leg.out.follow(self.source, head.sequence, head.timestamp, self.now, rate) else {
            return;
        };
        self.write(payload_type, stamp, head.marker, payload);
        if let Some(law) = law {
            g711::cross(law, &mut self.scratch[wire::HEADER..]);
        }
        if let (Some(parted), Some(law)) = (parted, wire::law(to)) {
            parted.part(law, &mut self.scratch[wire::HEADER..]);
        }
        self.outbox.put(self.to, self.leg, self.scratch, payload.len());
    }

    /// Into the buffer from which [`Leg::frame`] takes.
    fn transcoded(&mut self, from: Codec, to: Codec, head: &Head, payload: &[u8]) {
        let transcoder = match &mut self.leg.transcoder {
            Some(transcoder) if transcoder.is_between(from, to) => transcoder,
            other => other.insert(Box::new(Transcoder::new(from, to))),
        };
        transcoder.push(head, payload, self.now);
    }

    /// Comfort noise becomes 20 ms of such noise in the party's codec: the row of numbers stays whole, and a party that
    /// never heard of payload type 13 hears the same.
    fn comfort(&mut self, from: Codec, head: &Head, payload: &[u8]) {
        let mut noise = [0; FRAME];
        g711::comfort(if from == Codec::Pcma { Law::A } else { Law::Mu }, payload, head.timestamp, &mut noise);
        self.audio(from, head, &noise);
    }

    /// A packet of a digit: the same event under the party's payload type, its length in the party's clock.
    fn event(&mut self, from: Codec, rate: u32, head: &Head, payload: &[u8]) {
        let Some(terms) = &self.leg.terms else { return };
        let Some((payload_type, out_rate)) = terms.event else { return };
        let clock = wire::clock_rate(terms.codec);
        let stamp = match &mut self.leg.transcoder {
            Some(transcoder) => transcoder.digit(head, &mut self.leg.out, self.now, clock),
            // A page that agreed on Opus alone and sends PCMU counts its digits in PCMU's clock too.
            None if clock == wire::clock_rate(from) || clock == rate => {
                self.leg.out.follow(self.source, head.sequence, head.timestamp, self.now, clock)
            }
            // Nothing was said yet: there is no clock to tell the digit's time in.
            None => {
                let mut transcoder = Box::new(Transcoder::new(from, terms.codec));
                let stamp = transcoder.digit(head, &mut self.leg.out, self.now, clock);
                self.leg.transcoder = Some(transcoder);
                stamp
            }
        };
        let (Some(stamp), Some(event)) = (stamp, digits::rescaled(payload, rate, out_rate)) else { return };
        self.write(payload_type, stamp, head.marker, &event);
        self.outbox.put(self.to, self.leg, self.scratch, event.len());
    }

    fn write(&mut self, payload_type: u8, stamp: Stamp, marker: bool, payload: &[u8]) {
        wire::write(self.scratch, payload_type, stamp, marker, self.leg.out.ssrc, payload);
    }
}
