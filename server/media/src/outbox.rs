//! Packets on their way out, sent together at the end of a turn.
//!
//! Reading many, then sending many keeps the system's code for either warm, which was measured to cost less than to send each
//! packet as it comes; what goes to browsers leaves by one call. Nothing is allocated once the box is made.

use std::net::{SocketAddr, UdpSocket};

use crate::{
    leg::{Leg, Link},
    net,
    worker::{DATAGRAM, Slots},
};

/// Packets that wait at most.
const ROOM: usize = net::TOGETHER;

struct Waiting {
    /// Sealed where the leg seals.
    packet: Vec<u8>,
    payload: usize,
    slot: usize,
    target: SocketAddr,
    to_browser: bool,
}

/// The packets of one turn.
pub struct Outbox {
    /// The first `filled` wait; the rest keep their buffers.
    places: Vec<Waiting>,
    filled: usize,
}

impl Outbox {
    /// Empty, with all the buffers that it will ever need.
    pub fn new() -> Self {
        let place = |_| Waiting {
            packet: Vec::with_capacity(DATAGRAM),
            payload: 0,
            slot: 0,
            target: SocketAddr::from(([0; 4], 0)),
            to_browser: false,
        };
        Self { places: (0..ROOM).map(place).collect(), filled: 0 }
    }

    /// Whether it must be [flushed](Self::flush) before anything is put in.
    pub const fn is_full(&self) -> bool {
        self.filled == ROOM
    }

    /// Seals a whole RTP packet with `payload` bytes of payload and puts it in for the leg in `slot`; another buffer is left in
    /// its place. Nothing, when the leg may not send or the box is full.
    pub fn put(&mut self, slot: usize, leg: &mut Leg, packet: &mut Vec<u8>, payload: usize) {
        let Some(place) = self.places.get_mut(self.filled) else { return };
        let Some(target) = leg.seal(packet) else { return };
        std::mem::swap(&mut place.packet, packet);
        (place.payload, place.slot, place.target) = (payload, slot, target);
        place.to_browser = matches!(leg.link, Link::Browser(_));
        self.filled += 1;
    }

    /// Sends everything. A full buffer of the system loses a packet, as a full wire would.
    pub fn flush(&mut self, slots: &mut Slots, browser: &UdpSocket) {
        let places = &self.places[..std::mem::take(&mut self.filled)];
        let together = places.iter().filter(|place| place.to_browser);
        let left = net::send_together(browser, together.clone().map(|place| (place.packet.as_slice(), place.target)));
        let left = together.enumerate().filter(|(at, _)| left >> at & 1 == 1).map(|(_, place)| place);
        for place in left {
            if let Some(Some(leg)) = slots.get_mut(place.slot) {
                leg.out.count(place.payload);
            }
        }
        for place in places.iter().filter(|place| !place.to_browser) {
            let Some(Some(leg)) = slots.get_mut(place.slot) else { continue };
            let Link::Rtp(link) = &leg.link else { continue };
            if net::send(&link.socket, &place.packet, place.target) {
                leg.out.count(place.payload);
            }
        }
    }
}
