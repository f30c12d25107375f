//! What a worker does by the clock: frames of what is played and dialled, reports, silence, quality.

use std::net::UdpSocket;

use patchbay_kernel::{Tick, Wall, time::Span};

use crate::{api::MediaEventKind, clip::Ended, digits::Accepts, leg::Leg, receive::dtmf, wire, worker::Worker};

/// Length told of a digit that came as a tone, milliseconds: it is told before its end is known.
const TONE_MS: u32 = 100;
/// Audio older than this is no longer "recent".
const STALE: Span = Span::secs(1);

impl Worker {
    /// One frame for every leg that is played or dialled something, or listened to.
    pub(crate) fn frames(&mut self) {
        self.blend();
        let mut scratch = std::mem::take(&mut self.scratch);
        let mut payload = std::mem::take(&mut self.payload);
        let (mut pressed, mut ended) = (Vec::new(), Vec::new());
        for index in (0..self.generating.len()).rev() {
            let slot = self.generating[index];
            let leg = self.slots[slot].as_deref_mut().filter(|leg| leg.generates());
            match leg {
                Some(leg) => {
                    let id = leg.id;
                    let keys = leg.keys.as_mut().map(|keys| keys.take(self.now)).unwrap_or_default();
                    pressed.extend(keys.into_iter().map(|digit| (id, digit)));
                    payload.clear();
                    leg.frame(self.now, &mut scratch, &mut payload, &self.browser, &mut ended);
                    for ended in ended.drain(..) {
                        self.tell(id, MediaEventKind::from(ended));
                    }
                }
                None => drop(self.generating.swap_remove(index)),
            }
        }
        self.scratch = scratch;
        self.payload = payload;
        for (leg, digit) in pressed {
            self.tell(leg, MediaEventKind::Dtmf { digit, duration_ms: TONE_MS });
        }
    }

    /// Looks after every leg.
    pub(crate) fn sweep(&mut self) {
        let (now, wall) = (self.now, self.wall());
        for slot in 0..self.slots.len() {
            if self.slots[slot].as_ref().is_some_and(|leg| leg.wants_control()) {
                self.open_control(slot);
            }
        }
        let mut news = Vec::new();
        let mut scratch = std::mem::take(&mut self.scratch);
        for leg in self.slots.iter_mut().flatten() {
            if let Some(kind) = leg.watch.look(now) {
                news.push((leg.id, kind));
            }
            if let Some(kind) = leg.reach.look(leg.out.packets, now) {
                news.push((leg.id, kind));
            }
            if let Some(pressed) = leg.digits_in.look(now) {
                news.push((leg.id, dtmf(pressed)));
            }
            if leg.reception.last().is_some_and(|last| now.since(last) > STALE) {
                leg.ear.forget();
            }
            leg.reception.look(now, leg.control.rtt_ms());
            let loss = leg.control.remote_loss().unwrap_or(0.0);
            if let Some(transcoder) = &mut leg.transcoder {
                transcoder.expect_loss(loss);
            }
            leg.report(now, wall, &mut scratch, &self.browser);
        }
        self.scratch = scratch;
        for (leg, kind) in news {
            self.tell(leg, kind);
        }
    }
}

impl Leg {
    /// Sends 20 ms of what is dialled, else of what is played. `payload` comes empty and keeps its room; clips that end are put
    /// into `ended`.
    fn frame(
        &mut self,
        now: Tick,
        scratch: &mut Vec<u8>,
        payload: &mut Vec<u8>,
        browser: &UdpSocket,
        ended: &mut Vec<Ended>,
    ) {
        let Some(terms) = &self.terms else { return };
        let (codec, payload_type, event) = (terms.codec, terms.payload_type, terms.event);
        let clock = wire::clock_rate(codec);
        if self.may_send().is_none() {
            // Nobody hears a digit that is dialled into a hold; it must not block what comes after.
            self.digits_out.forget();
            // Before the party can be reached a prompt waits for it; afterwards its time passes, heard or not.
            if let Some(playing) = self.playing.as_mut().filter(|_| self.out.packets > 0) {
                playing.skip(ended);
                self.playing.take_if(|playing| playing.is_over());
            }
            return;
        }
        if self.digits_out.is_busy() {
            let to = Accepts { codec, payload_type, event };
            if let Some((payload_type, stamp)) = self.digits_out.frame(&mut self.out, to, now, payload) {
                wire::write(scratch, payload_type, stamp, false, self.out.ssrc, payload);
                self.send_rtp(scratch, payload.len(), browser);
            }
            return;
        }
        match (&mut self.playing, &mut self.transcoder) {
            (Some(playing), _) if playing.is_over() => {}
            (Some(playing), _) => playing.frame(codec, payload, ended),
            (None, _) if self.member.is_some() => {
                if let Some(member) = &mut self.member {
                    member.payload(codec, payload);
                }
            }
            (None, Some(transcoder)) if transcoder.makes(codec) => transcoder.frame(now, payload),
            (None, _) => {}
        }
        self.playing.take_if(|playing| playing.is_over());
        if payload.is_empty() {
            return;
        }
        let stamp = self.out.own(clock / 50, now, clock);
        wire::write(scratch, payload_type, stamp, false, self.out.ssrc, payload);
        self.send_rtp(scratch, payload.len(), browser);
    }

    /// Sends a report when one is due.
    fn report(&mut self, now: Tick, wall: Wall, scratch: &mut Vec<u8>, browser: &UdpSocket) {
        let Some(codec) = self.codec() else { return };
        if self.link.target().is_none() || !self.control.is_due(now) {
            return;
        }
        let clock = wire::clock_rate(codec);
        self.control.write(scratch, &self.out, &mut self.reception, clock, now, wall);
        self.send_rtcp(scratch, browser);
    }
}
