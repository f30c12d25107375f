//! The browsers' side of a worker: one UDP port, four kinds of datagram, a table of addresses that proved themselves.

use std::net::SocketAddr;

use patchbay_kernel::{Tick, time::Span};

use crate::{
    api::MediaEventKind,
    browser::{dtls::Step, srtp::Session, stun::Check},
    fault::Fate,
    leg::{BrowserLink, Link},
    net,
    worker::{Delayed, Worker},
};

/// Datagrams read before the timers get their turn.
const BURST: usize = 256;
/// A finished association's timer is looked at no more when it is this far away.
const FAR: Span = Span::secs(10);

impl Worker {
    /// Reads what browsers sent.
    pub(crate) fn browser_ready(&mut self) {
        for _ in 0..BURST {
            let mut packet = std::mem::take(&mut self.packet);
            let Some(from) = net::receive(&self.browser, &mut packet) else {
                self.packet = packet;
                break;
            };
            // The kinds tell themselves apart by their first byte (RFC 7983).
            match packet.first() {
                Some(0..=3) => self.stun(from, &packet),
                Some(20..=63) => self.dtls_datagram(from, &packet),
                Some(128..=191) => self.browser_media(from, &mut packet),
                _ => self.refused += 1,
            }
            self.packet = packet;
        }
    }

    fn link(&mut self, slot: usize) -> Option<&mut BrowserLink> {
        match &mut self.slots.get_mut(slot)?.as_mut()?.link {
            Link::Browser(link) => Some(link),
            Link::Rtp(_) => None,
        }
    }

    fn stun(&mut self, from: SocketAddr, datagram: &[u8]) {
        if self.check(from, datagram).is_none() {
            self.refused += 1;
        }
    }

    fn check(&mut self, from: SocketAddr, datagram: &[u8]) -> Option<()> {
        let mut check = Check::parse(datagram)?;
        let slot = *self.by_fragment.get(&check.ours)?;
        // An address that has proven itself is asked for nothing: a flood must not starve the checks that keep a call alive.
        let known = self.link(slot)?.ice.accepts(from);
        if !known {
            self.tries = self.tries.checked_sub(1)?;
        }
        let crypto = self.crypto.clone();
        let password = self.link(slot)?.ice.password(&check.ours, &check.theirs)?.to_owned();
        if !check.verify(&password, crypto.crypto()) {
            return None;
        }
        self.tries += u32::from(!known);
        let now = self.now;
        let leg = self.slots.get_mut(slot)?.as_deref_mut()?;
        leg.reach.consent(now);
        let Link::Browser(link) = &mut leg.link else { return None };
        let moved = link.ice.verified(from, &check.ours, check.nominated);
        if let Some(dropped) = moved.dropped {
            self.by_address.remove(&dropped);
        }
        self.by_address.insert(from, slot);
        let answer = check.answer(from, &password, crypto.crypto())?;
        // The browser repeats its checks.
        drop(self.browser.send_to(&answer, from));
        self.begin_handshake(slot);
        Some(())
    }

    /// The active side begins as soon as an address is proven and the browser's role is known.
    pub(crate) fn begin_handshake(&mut self, slot: usize) {
        let now = self.instant();
        let mut steps = Vec::new();
        let Some(link) = self.link(slot) else { return };
        if link.described && link.ice.bound().is_some() && !link.handshake.has_started() {
            link.handshake.start(now, &mut steps);
        }
        self.take_steps(slot, steps);
    }

    fn dtls_datagram(&mut self, from: SocketAddr, datagram: &[u8]) {
        let known = self.by_address.get(&from).copied();
        let Some(slot) = known.filter(|slot| self.link(*slot).is_some_and(|link| link.ice.accepts(from))) else {
            self.refused += 1;
            return;
        };
        match self.fate() {
            Fate::Pass => self.dtls_in(slot, datagram),
            Fate::Lost => {}
            Fate::Late(due) => self.delayed.push(Delayed { due, inward: true, peer: from, bytes: datagram.to_vec() }),
        }
    }

    fn dtls_in(&mut self, slot: usize, datagram: &[u8]) {
        let now = self.instant();
        let mut steps = Vec::new();
        if let Some(link) = self.link(slot) {
            link.handshake.datagram(datagram, now, &mut steps);
        }
        self.take_steps(slot, steps);
    }

    fn fate(&mut self) -> Fate {
        let now = self.now;
        self.faults.as_mut().map_or(Fate::Pass, |faults| faults.judge(now))
    }

    /// Does what the handshake wants.
    pub(crate) fn take_steps(&mut self, slot: usize, steps: Vec<Step>) {
        for step in steps {
            let Some(id) = self.slots.get(slot).and_then(|leg| leg.as_ref()).map(|leg| leg.id) else { return };
            match step {
                Step::Send(bytes) => self.dtls_out(slot, bytes),
                Step::Keys(keys) => {
                    let now = self.now;
                    let Some(leg) = self.slots[slot].as_mut() else { return };
                    let Link::Browser(link) = &mut leg.link else { return };
                    link.srtp = Session::new(&keys);
                    leg.watch.expect(now);
                }
                Step::PeerClosed => self.tell(id, MediaEventKind::PeerClosed),
                Step::Failed(why) => self.tell(id, MediaEventKind::DtlsFailed { why }),
            }
        }
        if !self.handshaking.contains(&slot) && self.link(slot).is_some_and(|link| link.handshake.deadline().is_some())
        {
            self.handshaking.push(slot);
        }
    }

    fn dtls_out(&mut self, slot: usize, bytes: Vec<u8>) {
        let Some(peer) = self.link(slot).and_then(|link| link.ice.bound()) else { return };
        match self.fate() {
            // DTLS repeats what is lost.
            Fate::Pass => drop(self.browser.send_to(&bytes, peer)),
            Fate::Lost => {}
            Fate::Late(due) => self.delayed.push(Delayed { due, inward: false, peer, bytes }),
        }
    }

    /// When the next DTLS timer is due.
    pub(crate) fn next_handshake(&self) -> Option<Tick> {
        let deadline = |slot: &usize| match &self.slots[*slot].as_ref()?.link {
            Link::Browser(link) => link.handshake.deadline().map(|at| self.tick_of(at)),
            Link::Rtp(_) => None,
        };
        self.handshaking.iter().filter_map(deadline).min()
    }

    /// DTLS timers and datagrams that a test holds back.
    pub(crate) fn handshake_timers(&mut self) {
        let (now, instant) = (self.now, self.instant());
        for index in (0..self.handshaking.len()).rev() {
            let slot = self.handshaking[index];
            let Some(link) = self.link(slot) else {
                self.handshaking.swap_remove(index);
                continue;
            };
            let mut steps = Vec::new();
            if link.handshake.deadline().is_some_and(|due| due <= instant) {
                link.handshake.timeout(instant, &mut steps);
            }
            let finished = link.srtp.is_some();
            let deadline = link.handshake.deadline();
            self.take_steps(slot, steps);
            if deadline.is_none_or(|due| finished && self.tick_of(due) > now + FAR) {
                self.handshaking.swap_remove(index);
            }
        }
        while let Some(index) = self.delayed.iter().position(|datagram| datagram.due <= now) {
            let late = self.delayed.remove(index);
            if !late.inward {
                // As above.
                drop(self.browser.send_to(&late.bytes, late.peer));
            } else if let Some(slot) = self.by_address.get(&late.peer).copied() {
                self.dtls_in(slot, &late.bytes);
            }
        }
    }

    fn browser_media(&mut self, from: SocketAddr, packet: &mut Vec<u8>) {
        match self.by_address.get(&from).copied() {
            // Who counts what is refused is the leg.
            Some(slot) => drop(self.arrived(slot, from, packet, false)),
            None => self.refused += 1,
        }
    }
}
