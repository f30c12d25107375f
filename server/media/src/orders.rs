//! What the engine's face asks of a worker: open, describe, join, play, close.

use patchbay_kernel::{Entropy, LegId};
use patchbay_plane::{Codec, Figures, SrtpMode};
use patchbay_sdp::{Author, LocalMedia, Security, crypto::KEY_BYTES};

use crate::{
    api::{Flowing, Heard, LegOpen, MediaError, MediaLegKind, Play},
    browser::{
        dtls::Handshake,
        ice::{Credentials, Ice},
    },
    clip::{Ended, PlayItem},
    control::Control,
    digits::{DigitsIn, DigitsOut},
    ear::Ear,
    latch::{Allow, Latch},
    leg::{BrowserLink, Leg, Link, Route, RtpLink},
    net,
    outgoing::Outgoing,
    play::Playing,
    reach::Reach,
    reception::Reception,
    tap::Tap,
    watch::Watch,
    worker::Worker,
};

/// UDP ports tried when other programs hold some of the range.
const MOST_TRIES: usize = 512;
/// Bytes that may wait for one leg: a second of G.711 many times over.
const LEG_BUFFER: usize = 256 << 10;
/// Recordings that may hear one leg: its own call's, those of calls it was handed over to, and room for one that ends.
const TAPS: usize = 4;

impl Worker {
    /// Opens a leg; nothing when it is open.
    pub(crate) fn open(&mut self, open: LegOpen) -> Result<(), MediaError> {
        if self.by_id.contains_key(&open.leg) {
            return Ok(());
        }
        let slot = self.vacancy();
        let link = match open.kind {
            MediaLegKind::Browser => Ok(self.browser_link(slot)),
            MediaLegKind::Rtp { srtp, latch, latch_within_host, .. } => {
                let allow = match (latch, latch_within_host) {
                    (false, _) => Allow::Announced,
                    (true, true) => Allow::WithinHost,
                    (true, false) => Allow::BehindNat,
                };
                self.rtp_link(slot, srtp, allow)
            }
        };
        let link = match link {
            Ok(link) => link,
            Err(error) => {
                self.vacate(slot);
                return Err(error);
            }
        };
        let [a, b, c] = [self.number(), self.number(), self.number()];
        let name = format!("{:016x}", self.number());
        let local = self.local_media(&link, a as u32, &name);
        let leg = Leg {
            id: open.leg,
            opened: self.now,
            link,
            terms: None,
            local,
            offered: None,
            flowing: Flowing::Both,
            route: Route::Silence,
            out: Outgoing::new(a as u32, b as u16, c as u32),
            reception: Reception::default(),
            control: Control::new(matches!(open.kind, MediaLegKind::Browser), self.now, name),
            ear: Ear::default(),
            digits_in: DigitsIn::default(),
            keys: matches!(open.kind, MediaLegKind::Rtp { tones: true, .. }).then(Box::default),
            digits_out: DigitsOut::default(),
            playing: None,
            transcoder: None,
            member: None,
            taps: Vec::new(),
            watch: Watch::default(),
            reach: Reach::default(),
            refused: 0,
        };
        let generates = leg.generates();
        self.slots[slot] = Some(Box::new(leg));
        self.by_id.insert(open.leg, slot);
        if generates {
            self.generate(slot);
        }
        Ok(())
    }

    /// Our end of a leg, as descriptions tell it.
    fn local_media(&mut self, link: &Link, ssrc: u32, name: &str) -> LocalMedia {
        let (udp_port, security) = match link {
            Link::Browser(link) => (self.browser_udp_port(), self.dtls.security(link.ice.local())),
            Link::Rtp(link) => {
                let mut key = Box::new([0; KEY_BYTES]);
                self.chance.fill(&mut *key);
                let security = match link.mode {
                    SrtpMode::Off => Security::Plain,
                    SrtpMode::Optional => Security::Opportunistic(key),
                    SrtpMode::Required => Security::Sdes(key),
                };
                (link.udp_port, security)
            }
        };
        LocalMedia {
            address: self.advertised,
            udp_port,
            rtcp_udp_port: None,
            security,
            ssrc,
            cname: name.to_owned(),
            author: Author::new(self.number()),
        }
    }

    /// Fresh ICE credentials that name this slot.
    pub(crate) fn credentials(&mut self, slot: usize) -> Credentials {
        let ufrag = self.chance.ice_text(8);
        let password = self.chance.ice_text(24);
        self.by_fragment.insert(ufrag.clone(), slot);
        Credentials { ufrag, password, theirs: None }
    }

    fn browser_link(&mut self, slot: usize) -> Link {
        let ice = Ice::new(self.credentials(slot));
        let handshake = Box::new(Handshake::new(&self.dtls, false, self.instant()));
        Link::Browser(Box::new(BrowserLink { ice, handshake, srtp: None, described: false, fingerprint: None }))
    }

    fn rtp_link(&mut self, slot: usize, srtp: SrtpMode, allow: Allow) -> Result<Link, MediaError> {
        let mut last = MediaError::NoUdpPort;
        for _ in 0..MOST_TRIES {
            let Some(udp_port) = self.ports.take(self.now) else { break };
            let socket = match net::udp(self.bind, udp_port, LEG_BUFFER) {
                Ok(socket) => socket,
                Err(error) => {
                    last = MediaError::Io(error.to_string());
                    self.ports.give_back(udp_port, self.now);
                    continue;
                }
            };
            if let Err(error) = self.poll.add(&socket, Self::token(slot, false)) {
                self.ports.give_back(udp_port, self.now);
                return Err(MediaError::Io(error.to_string()));
            }
            let (latch, secure) = (Latch::new(allow), srtp == SrtpMode::Required);
            let link = RtpLink {
                socket,
                control: None,
                control_asked: false,
                udp_port,
                latch,
                mode: srtp,
                secure,
                srtp: None,
            };
            return Ok(Link::Rtp(Box::new(link)));
        }
        Err(last)
    }

    /// The UDP port above the leg's, for a party that wants RTCP there. Without it there are no reports, but a call. Opened once
    /// media has passed: most of what is dialled out is never answered, and needs none.
    pub(crate) fn open_control(&mut self, slot: usize) {
        let bind = self.bind;
        let Some(leg) = self.slots[slot].as_deref_mut() else { return };
        let Link::Rtp(link) = &mut leg.link else { return };
        link.control_asked = true;
        if let Ok(socket) = net::udp(bind, link.udp_port + 1, LEG_BUFFER)
            && self.poll.add(&socket, Self::token(slot, true)).is_ok()
        {
            link.control = Some(socket);
        }
    }

    /// Closes a leg. `None`: there is none.
    pub(crate) fn close(&mut self, id: LegId) -> Option<Figures> {
        let slot = *self.by_id.get(&id)?;
        self.part(slot);
        let leg = self.detach(id)?;
        let figures = leg.figures();
        self.refused += leg.refused;
        self.closed.0 += figures.received;
        self.closed.1 += figures.sent;
        match leg.link {
            Link::Browser(mut link) => {
                let mut goodbye = Vec::new();
                link.handshake.close(self.instant(), &mut goodbye);
                if let Some(peer) = link.ice.bound() {
                    for step in goodbye {
                        if let crate::browser::dtls::Step::Send(bytes) = step {
                            // The browser's page learns it by signalling too.
                            drop(self.browser.send_to(&bytes, peer));
                        }
                    }
                }
                let (now_ours, slot) = (link.ice, slot);
                self.by_fragment.retain(|_, at| *at != slot);
                for address in now_ours.addresses() {
                    self.by_address.remove(address);
                }
            }
            Link::Rtp(link) => self.ports.give_back(link.udp_port, self.now),
        }
        Some(figures)
    }

    /// Takes a leg out of its slot, its sockets out of the wait.
    fn detach(&mut self, id: LegId) -> Option<Box<Leg>> {
        let slot = self.by_id.remove(&id)?;
        let leg = self.slots[slot].take()?;
        if let Link::Rtp(link) = &leg.link {
            self.poll.remove(&link.socket);
            if let Some(control) = &link.control {
                self.poll.remove(control);
            }
        }
        self.generating.retain(|at| *at != slot);
        self.handshaking.retain(|at| *at != slot);
        self.vacate(slot);
        Some(leg)
    }

    /// Gives a leg away to another worker. `None`: none here, or a browser's, whose UDP port is this worker's.
    pub(crate) fn release(&mut self, id: LegId) -> Option<Box<Leg>> {
        let slot = *self.by_id.get(&id)?;
        matches!(self.slots[slot].as_ref()?.link, Link::Rtp(_)).then_some(())?;
        self.part(slot);
        self.detach(id)
    }

    /// Takes over a leg of another worker. Errors: the system refuses its sockets; then it is closed.
    pub(crate) fn adopt(&mut self, mut leg: Box<Leg>) -> Result<(), MediaError> {
        let slot = self.vacancy();
        if let Link::Rtp(link) = &leg.link {
            let heard = self.poll.add(&link.socket, Self::token(slot, false)).and_then(|()| match &link.control {
                Some(control) => self.poll.add(control, Self::token(slot, true)),
                None => Ok(()),
            });
            if let Err(error) = heard {
                // Closing its sockets takes them out of the wait.
                self.ports.give_back(link.udp_port, self.now);
                self.vacate(slot);
                return Err(MediaError::Io(error.to_string()));
            }
        }
        leg.out.part();
        self.by_id.insert(leg.id, slot);
        let generates = leg.generates();
        self.slots[slot] = Some(leg);
        if generates {
            self.generate(slot);
        }
        Ok(())
    }

    pub(crate) fn slot(&self, id: LegId) -> Result<usize, MediaError> {
        self.by_id.get(&id).copied().ok_or(MediaError::NoLeg)
    }

    fn named(&mut self, id: LegId) -> Result<&mut Leg, MediaError> {
        let slot = self.slot(id)?;
        self.slots[slot].as_deref_mut().ok_or(MediaError::NoLeg)
    }

    /// Joins two legs.
    pub(crate) fn bridge(&mut self, a: LegId, b: LegId) -> Result<(), MediaError> {
        let (slot_a, slot_b) = (self.slot(a)?, self.slot(b)?);
        if slot_a == slot_b {
            return self.echo(a);
        }
        let now = self.now;
        for leg in [a, b] {
            self.named(leg)?.watch.joined(now);
        }
        if self.named(a)?.route == Route::Peer(slot_b) && self.named(b)?.route == Route::Peer(slot_a) {
            return Ok(());
        }
        for (slot, peer) in [(slot_a, slot_b), (slot_b, slot_a)] {
            self.part(slot);
            if let Some(leg) = &mut self.slots[slot] {
                leg.route = Route::Peer(peer);
            }
            self.end_play(slot);
        }
        // Parting the second must not undo the first.
        if let Some(leg) = &mut self.slots[slot_a] {
            leg.route = Route::Peer(slot_b);
        }
        Ok(())
    }

    /// Ends a slot's bridge on both sides.
    pub(crate) fn part(&mut self, slot: usize) {
        let Some(leg) = self.slots[slot].as_deref_mut() else { return };
        let peer = std::mem::replace(&mut leg.route, Route::Silence);
        leg.out.part();
        leg.transcoder = None;
        leg.member = None;
        if let Route::Peer(peer) = peer
            && let Some(other) = self.slots[peer].as_deref_mut()
            && other.route == Route::Peer(slot)
        {
            other.route = Route::Silence;
            other.out.part();
            other.transcoder = None;
        }
    }

    /// Parts a leg from its peer, or from itself.
    pub(crate) fn unbridge(&mut self, id: LegId) -> Result<(), MediaError> {
        let slot = self.slot(id)?;
        self.part(slot);
        Ok(())
    }

    /// The party hears itself.
    pub(crate) fn echo(&mut self, id: LegId) -> Result<(), MediaError> {
        let (slot, now) = (self.slot(id)?, self.now);
        if self.named(id)?.route != Route::Echo {
            self.part(slot);
            let leg = self.named(id)?;
            leg.watch.joined(now);
            leg.route = Route::Echo;
            self.end_play(slot);
        }
        Ok(())
    }

    /// Plays something, from the next frame on.
    pub(crate) fn play(&mut self, id: LegId, play: Play) -> Result<(), MediaError> {
        let slot = self.slot(id)?;
        if !self.named(id)?.playing.as_ref().is_some_and(|playing| playing.is(play)) {
            self.replace_play(slot, Playing::new(play));
        }
        Ok(())
    }

    /// Plays clips, from the next frame on.
    pub(crate) fn play_clips(&mut self, id: LegId, items: Vec<PlayItem>) -> Result<(), MediaError> {
        let slot = self.slot(id)?;
        self.replace_play(slot, Playing::clips(items));
        Ok(())
    }

    /// Puts clips behind those that are played.
    pub(crate) fn queue_clips(&mut self, id: LegId, items: Vec<PlayItem>) -> Result<(), MediaError> {
        let slot = self.slot(id)?;
        let left = match &mut self.named(id)?.playing {
            Some(playing) => playing.queue(items),
            None => Err(items),
        };
        if let Err(items) = left {
            self.replace_play(slot, Playing::clips(items));
        }
        Ok(())
    }

    fn replace_play(&mut self, slot: usize, next: Playing) {
        let Some(leg) = self.slots[slot].as_deref_mut() else { return };
        let (id, mut ended) = (leg.id, Vec::new());
        match &mut leg.playing {
            Some(playing) => playing.replace(next, &mut ended),
            None => leg.playing = Some(next),
        }
        self.generate(slot);
        self.tell_ended(id, ended);
    }

    /// Ends what is played.
    pub(crate) fn stop_play(&mut self, id: LegId) -> Result<(), MediaError> {
        let mut ended = Vec::new();
        if let Some(playing) = &mut self.named(id)?.playing {
            playing.stop(&mut ended);
        }
        self.tell_ended(id, ended);
        Ok(())
    }

    /// Ends what is played without a fade: the party is joined to somebody.
    pub(crate) fn end_play(&mut self, slot: usize) {
        let Some(leg) = self.slots[slot].as_deref_mut() else { return };
        let (id, mut ended) = (leg.id, Vec::new());
        if let Some(playing) = leg.playing.take() {
            playing.end(&mut ended);
        }
        self.tell_ended(id, ended);
    }

    pub(crate) fn tell_ended(&self, id: LegId, ended: Vec<Ended>) {
        for ended in ended {
            self.tell(id, ended.into());
        }
    }

    /// Copies what the party says from now on; `false`: that is done for this recording already.
    pub(crate) fn tap(&mut self, id: LegId, tap: Tap) -> Result<bool, MediaError> {
        let taps = &mut self.named(id)?.taps;
        if taps.iter().any(|other| other.recording == tap.recording) {
            return Ok(false);
        }
        if taps.len() == TAPS {
            return Err(MediaError::Io("too many recordings of one leg".to_owned()));
        }
        taps.push(tap);
        Ok(true)
    }

    /// Dials a digit towards the party.
    pub(crate) fn send_digit(&mut self, id: LegId, digit: char, ms: u32) -> Result<(), MediaError> {
        let slot = self.slot(id)?;
        self.named(id)?.digits_out.push(digit, ms);
        self.generate(slot);
        Ok(())
    }

    /// How much of a frequency the party sent recently.
    pub(crate) fn hear(&mut self, id: LegId, hz: u16) -> Option<Heard> {
        self.leg(id)?.ear.hear(hz)
    }

    /// How a leg is now.
    pub(crate) fn figures(&mut self, id: LegId) -> Option<Figures> {
        self.leg(id).map(|leg| leg.figures())
    }

    /// Which way the party lets audio flow.
    pub(crate) fn flowing(&mut self, id: LegId) -> Flowing {
        self.leg(id).map_or(Flowing::Both, |leg| leg.flowing)
    }

    /// The negotiated codec.
    pub(crate) fn codec(&mut self, id: LegId) -> Option<Codec> {
        self.leg(id)?.codec()
    }
}
