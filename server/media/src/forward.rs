//! The fast path: what one party sent, to whoever hears it. Rewrites the header; the payload stays, or goes through one table.
//!
//! No lock, no log; the one copy besides the seal's is into the outgoing buffer.

use std::net::UdpSocket;

use patchbay_codec::g711::{self, Law};
use patchbay_kernel::Tick;
use patchbay_plane::Codec;

use crate::{
    describe::Kind,
    digits,
    leg::{Leg, Route},
    outgoing::{SourceKey, Stamp},
    transcode::Transcoder,
    wire::{self, Head},
    worker::Slots,
};

/// Sends on a packet of `slot`'s party. `packet` is plain RTP, `head` its header, `scratch` the buffer to send from.
#[expect(clippy::too_many_arguments, reason = "the worker's state in pieces, so that two legs can be held at once")]
pub fn forward(
    slots: &mut Slots,
    slot: usize,
    head: &Head,
    kind: Kind,
    packet: &[u8],
    scratch: &mut Vec<u8>,
    now: Tick,
    browser: &UdpSocket,
) {
    let Some(from) = slots[slot].as_deref() else { return };
    let to = match (from.route, kind) {
        (Route::Peer(peer), _) => peer,
        (Route::Echo, Kind::Audio(_)) => slot,
        _ => return,
    };
    let Some(codec) = from.codec() else { return };
    let Some(leg) = slots[to].as_deref_mut() else { return };
    if leg.generates() || leg.may_send().is_none() {
        return;
    }
    let payload = &packet[head.payload.clone()];
    let mut way = Way { leg, source: SourceKey { slot, ssrc: head.ssrc }, now, browser, scratch };
    match kind {
        Kind::Audio(codec) => way.audio(codec, head, payload),
        Kind::Event { rate } => way.event(codec, rate, head, payload),
    }
}

/// The way to one party.
struct Way<'a> {
    leg: &'a mut Leg,
    source: SourceKey,
    now: Tick,
    browser: &'a UdpSocket,
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
            _ => return self.transcoded(from, to, payload_type, head, payload),
        };
        self.leg.transcoder = None;
        let rate = wire::clock_rate(to);
        let Some(stamp) = self.leg.out.follow(self.source, head.sequence, head.timestamp, self.now, rate) else {
            return;
        };
        self.write(payload_type, stamp, head.marker, payload);
        if let Some(law) = law {
            g711::cross(law, &mut self.scratch[wire::HEADER..]);
        }
        self.leg.send_rtp(self.scratch, payload.len(), self.browser);
    }

    fn transcoded(&mut self, from: Codec, to: Codec, payload_type: u8, head: &Head, payload: &[u8]) {
        let mut transcoder = match self.leg.transcoder.take() {
            Some(transcoder) if transcoder.is_between(from, to) => transcoder,
            _ => Box::new(Transcoder::new(from, to)),
        };
        let rate = wire::clock_rate(to);
        transcoder.run(head, payload, |timestamp, coded| {
            let stamp = self.leg.out.follow_anew(self.source, timestamp, self.now, rate);
            self.write(payload_type, stamp, head.marker, coded);
            self.leg.send_rtp(self.scratch, coded.len(), self.browser);
        });
        self.leg.transcoder = Some(transcoder);
    }

    /// A packet of a digit: the same event under the party's payload type, its length in the party's clock.
    fn event(&mut self, from: Codec, rate: u32, head: &Head, payload: &[u8]) {
        let Some(terms) = &self.leg.terms else { return };
        let Some((payload_type, out_rate)) = terms.event else { return };
        let clock = wire::clock_rate(terms.codec);
        let stamp = if clock == wire::clock_rate(from) {
            self.leg.out.follow(self.source, head.sequence, head.timestamp, self.now, clock)
        } else {
            let timestamp = self.leg.transcoder.as_mut().and_then(|transcoder| transcoder.pass(head));
            timestamp.map(|timestamp| self.leg.out.follow_anew(self.source, timestamp, self.now, clock))
        };
        let (Some(stamp), Some(event)) = (stamp, digits::rescaled(payload, rate, out_rate)) else { return };
        self.write(payload_type, stamp, head.marker, &event);
        self.leg.send_rtp(self.scratch, event.len(), self.browser);
    }

    fn write(&mut self, payload_type: u8, stamp: Stamp, marker: bool, payload: &[u8]) {
        wire::write(self.scratch, payload_type, stamp, marker, self.leg.out.ssrc, payload);
    }
}
