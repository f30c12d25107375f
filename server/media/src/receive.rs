//! From a datagram to a believed packet of a leg: source, seal, header, and what the leg learns from it.

use std::net::SocketAddr;

use patchbay_kernel::Tick;
use patchbay_rtp::Pressed;

use crate::{
    api::MediaEventKind,
    browser::srtp::Srtp,
    describe::Kind,
    forward,
    leg::{Leg, Link},
    net,
    wire::{self, Head},
    worker::Worker,
};

/// Datagrams read from one leg before others get their turn, when all but the last are refused.
const BURST: usize = 32;

impl Worker {
    /// Reads what an RTP leg's party sent; `control`: on the socket for RTCP. One datagram that is believed, then others get
    /// their turn: the socket reports again while there is more, which costs less than asking each time. Behind what is
    /// refused it reads on, so that a flood does not hold the party up.
    pub(crate) fn rtp_ready(&mut self, slot: usize, control: bool) {
        for _ in 0..BURST {
            let mut packet = std::mem::take(&mut self.packet);
            let from = match self.slots.get(slot).and_then(|leg| leg.as_ref()).map(|leg| &leg.link) {
                Some(Link::Rtp(link)) if control => {
                    link.control.as_ref().and_then(|socket| net::receive(socket, &mut packet))
                }
                Some(Link::Rtp(link)) => net::receive(&link.socket, &mut packet),
                _ => None,
            };
            let reads_on = from.is_some_and(|from| !self.arrived(slot, from, &mut packet, control));
            self.packet = packet;
            if !reads_on {
                break;
            }
        }
    }

    /// A datagram for this leg; whether it was believed.
    pub(crate) fn arrived(&mut self, slot: usize, from: SocketAddr, packet: &mut Vec<u8>, control: bool) -> bool {
        let now = self.now;
        // RTCP packet types, where both share a UDP port (RFC 5761 section 4).
        if control || matches!(packet.get(1), Some(192..=223)) {
            return self.control_arrived(slot, from, packet);
        }
        let Some(leg) = self.slots.get_mut(slot).and_then(|leg| leg.as_deref_mut()) else { return false };
        let Some((head, kind)) = believe(leg, from, packet, now) else {
            leg.refused += 1;
            return false;
        };
        let id = leg.id;
        let news = leg.watch.packet(kind == Kind::Comfort, now);
        let digits = learn(leg, &head, kind, packet, now);
        let sends = leg.terms.as_ref().is_some_and(|terms| terms.receives);
        if let Some(news) = news {
            self.tell(id, news);
        }
        for pressed in digits.into_iter().flatten() {
            self.tell(id, dtmf(pressed));
        }
        if sends {
            let (slots, scratch, outbox) = (&mut self.slots, &mut self.scratch, &mut self.outbox);
            if let Some(waits) = forward::forward(slots, slot, &head, kind, packet, scratch, now, outbox) {
                self.generate(waits);
            }
            if self.outbox.is_full() {
                self.flush();
            }
        }
        true
    }

    fn control_arrived(&mut self, slot: usize, from: SocketAddr, packet: &mut Vec<u8>) -> bool {
        let (now, wall) = (self.now, self.wall());
        let Some(leg) = self.slots.get_mut(slot).and_then(|leg| leg.as_deref_mut()) else { return false };
        if !believe_control(leg, from, packet) {
            leg.refused += 1;
            return false;
        }
        let Some(said) = leg.control.read(packet, &leg.out, wall, now) else { return true };
        leg.watch.report(said.sends, now);
        let (id, news) = (leg.id, leg.reach.report(said.highest, now));
        if let Some(news) = news {
            self.tell(id, news);
        }
        true
    }
}

/// Whether an RTP packet is the party's: from where it must come, sealed as agreed, of an agreed payload type.
fn believe(leg: &mut Leg, from: SocketAddr, packet: &mut Vec<u8>, now: Tick) -> Option<(Head, Kind)> {
    let terms = leg.terms.as_ref()?;
    // The header is not sealed, so it can be looked at first.
    let kind = terms.kind(wire::payload_type(packet)?)?;
    match &mut leg.link {
        Link::Browser(link) => {
            let proven = link.ice.accepts(from) && link.srtp.as_mut()?.unprotect_rtp(packet);
            proven.then_some(())?;
        }
        Link::Rtp(link) if link.secure => {
            link.latch.seen(from, now);
            link.srtp.as_mut()?.1.unprotect_rtp(packet).then_some(())?;
            link.latch.proven(from, now);
        }
        Link::Rtp(link) => link.latch.admit(from, now).then_some(())?,
    }
    Some((wire::parse(packet)?, kind))
}

fn believe_control(leg: &mut Leg, from: SocketAddr, packet: &mut Vec<u8>) -> bool {
    match &mut leg.link {
        Link::Browser(link) => {
            link.ice.accepts(from) && link.srtp.as_mut().is_some_and(|srtp| srtp.unprotect_rtcp(packet))
        }
        Link::Rtp(link) if link.secure => link.srtp.as_mut().is_some_and(|(_, session)| session.unprotect_rtcp(packet)),
        Link::Rtp(link) => link.latch.admits_control(from.ip()),
    }
}

/// Counts the packet and listens to it; digits once they are complete.
fn learn(leg: &mut Leg, head: &Head, kind: Kind, packet: &[u8], now: Tick) -> [Option<Pressed>; 2] {
    let payload = &packet[head.payload.clone()];
    match kind {
        Kind::Audio(codec) => {
            leg.reception.packet(head, true, now, wire::clock_rate(codec));
            leg.ear.take(codec, payload);
            leg.taps.retain_mut(|tap| tap.take(codec, head, payload, now));
            if let Some(keys) = &mut leg.keys {
                keys.push(codec, head, payload, now);
            }
            [None, None]
        }
        Kind::Comfort => {
            let clock = leg.codec().map_or(patchbay_codec::RATE, wire::clock_rate);
            leg.reception.packet(head, true, now, clock);
            [None, None]
        }
        Kind::Event { rate } => {
            let clock = leg.codec().map_or(rate, wire::clock_rate);
            leg.reception.packet(head, false, now, clock);
            leg.digits_in.packet(head.ssrc, head.timestamp, payload, rate, now)
        }
    }
}

/// The news of a digit.
pub(crate) const fn dtmf(pressed: Pressed) -> MediaEventKind {
    MediaEventKind::Dtmf { digit: pressed.digit, duration_ms: pressed.duration_ms }
}
