//! Provisional answers of ours that the caller acknowledges (RFC 3262 section 3).

use std::{collections::VecDeque, sync::Arc};

use patchbay_kernel::{Tick, time::Span};

use super::{Change, Session, State};
use crate::{
    api::{End, Event, LegId},
    incoming::Incoming,
    io::Io,
    slot::Key,
    stack::Stack,
    timer::{GIVE_UP, RING_AGAIN, T1},
    wire::{
        message::{Message, Method},
        name::Name,
        option::{lists, rack},
    },
};

type Headers = Vec<(String, String)>;

/// Answers that wait behind one that is not acknowledged; a further one takes the place of the last.
const MOST_QUEUED: usize = 4;

#[derive(Debug)]
pub(crate) struct Reliable {
    /// RSeq of the last one sent.
    rseq: u32,
    /// CSeq of the INVITE.
    cseq: u32,
    /// The INVITE had an offer.
    offered: bool,
    /// The last one, until it is acknowledged.
    waits: Option<Waits>,
    /// Not sent yet: one at a time is under way.
    queue: VecDeque<(u16, Option<Vec<u8>>, Headers)>,
    /// The final answer, which may not overtake a description.
    answer: Option<(Option<Vec<u8>>, Headers)>,
    /// Offer and answer have crossed and were acknowledged.
    pub agreed: bool,
}

#[derive(Debug)]
struct Waits {
    bytes: Arc<[u8]>,
    described: bool,
    /// `None`: a final answer has been sent, which ends the repeats.
    repeat_at: Option<Tick>,
    interval: Span,
    until: Tick,
}

impl Reliable {
    pub fn wakes_at(&self) -> Option<Tick> {
        self.waits.as_ref()?.repeat_at
    }

    /// Whether an offer may be made by UPDATE before the answer (RFC 3311 section 5.1).
    pub fn is_settled(&self) -> bool {
        self.agreed && self.waits.is_none()
    }

    fn keeps_back(&self) -> bool {
        self.waits.as_ref().is_some_and(|waits| waits.described)
    }
}

/// Whether this provisional answer must or should be acknowledged.
fn wants_prack(request: &Message, described: bool, before: bool) -> bool {
    lists(request, Name::Require, "100rel") || ((described || before) && lists(request, Name::Supported, "100rel"))
}

impl Stack {
    /// 101-199, reliably where that is wanted.
    pub(super) fn ring_out(&mut self, key: Key, tx: Key, code: u16, mut sdp: Option<Vec<u8>>, extra: Headers) {
        let Some(request) = self.servers.get(tx).and_then(|server| server.request.clone()) else { return };
        let Some(session) = self.sessions.get_mut(key) else { return };
        session.ring_again = Some(self.io.now + RING_AGAIN);
        if wants_prack(&request, sdp.is_some(), session.reliable.is_some()) {
            let first = self.chance.u32() >> 1;
            self.queue_reliable(key, &request, first, (code, sdp, extra));
            return self.send_reliable(key, tx);
        }
        session.rearm(&mut self.io, key);
        if request.sdp().is_none() {
            // RFC 3262 section 5: an offer needs its answer, and only a PRACK could bring it.
            sdp = None;
        }
        let Some(bytes) = self.session_answer(key, tx, code, sdp.as_deref(), &extra) else { return };
        self.servers.respond(&mut self.io, tx, code, bytes);
    }

    fn queue_reliable(&mut self, key: Key, request: &Message, first: u32, next: (u16, Option<Vec<u8>>, Headers)) {
        let Some(session) = self.sessions.get_mut(key) else { return };
        let reliable = session.reliable.get_or_insert_with(|| {
            Box::new(Reliable {
                rseq: first >> 1,
                cseq: request.cseq().map_or(0, |(number, _)| number),
                offered: request.sdp().is_some(),
                waits: None,
                queue: VecDeque::new(),
                answer: None,
                agreed: false,
            })
        });
        if reliable.queue.len() >= MOST_QUEUED {
            reliable.queue.pop_back();
        }
        reliable.queue.push_back(next);
    }

    /// The next one, when none is under way.
    fn send_reliable(&mut self, key: Key, tx: Key) {
        let Some(session) = self.sessions.get_mut(key) else { return };
        let Some(reliable) = session.reliable.as_mut().filter(|reliable| reliable.waits.is_none()) else { return };
        let Some((code, sdp, mut extra)) = reliable.queue.pop_front() else { return };
        reliable.rseq += 1;
        // What is agreed is not described again: it would be an offer.
        let sdp = sdp.filter(|_| !reliable.agreed);
        extra.push(("Require".into(), "100rel".into()));
        extra.push((Name::RSeq.as_str().into(), reliable.rseq.to_string()));
        let Some(bytes) = self.session_answer(key, tx, code, sdp.as_deref(), &extra) else { return };
        self.servers.respond(&mut self.io, tx, code, bytes);
        let Some(bytes) = self.servers.last(tx) else { return };
        let Some(session) = self.sessions.get_mut(key) else { return };
        let now = self.io.now;
        if let Some(reliable) = &mut session.reliable {
            let (repeat_at, until) = (Some(now + T1), now + GIVE_UP);
            reliable.waits = Some(Waits { bytes, described: sdp.is_some(), repeat_at, interval: T1, until });
        }
        session.rearm(&mut self.io, key);
    }

    /// The final 2xx is wanted now. `None`: it waits for a PRACK. Else whether a description belongs into it.
    pub(super) fn hold_answer_back(
        &mut self,
        key: Key,
        sdp: Option<&[u8]>,
        extra: &[(String, String)],
    ) -> Option<bool> {
        let Some(reliable) = self.sessions.get_mut(key).and_then(|session| session.reliable.as_mut()) else {
            return Some(true);
        };
        if reliable.keeps_back() {
            reliable.answer = Some((sdp.map(<[u8]>::to_vec), extra.to_vec()));
            return None;
        }
        reliable.queue.clear();
        if let Some(waits) = &mut reliable.waits {
            waits.repeat_at = None;
        }
        Some(!reliable.agreed)
    }

    /// PRACK of the caller.
    pub(super) fn their_prack(&mut self, key: Key, tx: Key, it: &Incoming) {
        let Some(session) = self.sessions.get_mut(key) else { return };
        let named = rack(&it.message);
        let Some(reliable) = session.reliable.as_mut().filter(|reliable| {
            let Some((rseq, cseq, Method::Invite)) = named else { return false };
            reliable.waits.is_some() && (rseq, cseq) == (reliable.rseq, reliable.cseq)
        }) else {
            return self.refuse_invite(key, tx, 481, &[]);
        };
        let described = reliable.waits.take().is_some_and(|waits| waits.described);
        let (leg, sdp) = (session.id, it.message.sdp().map(<[u8]>::to_vec));
        let answers = described && !reliable.offered && !reliable.agreed;
        reliable.agreed |= described && (reliable.offered || sdp.is_some());
        let agreed = reliable.agreed;
        session.rearm(&mut self.io, key);
        match sdp {
            Some(sdp) if answers => {
                self.refuse_invite(key, tx, 200, &[]);
                self.io.event(Event::Acked { leg, sdp: Some(sdp) });
            }
            Some(_) if agreed && matches!(self.sessions.get(key), Some(Session { change: Change::No, .. })) => {
                self.their_change(key, tx, it);
            }
            // An offer where none may be made (RFC 3262 section 5).
            Some(_) => self.refuse_invite(key, tx, 488, &[]),
            None => self.refuse_invite(key, tx, 200, &[]),
        }
        self.go_on(key, leg);
    }

    /// The one under way is acknowledged: the final answer that waited for it, or the next.
    fn go_on(&mut self, key: Key, leg: LegId) {
        let Some(session) = self.sessions.get_mut(key) else { return };
        let State::Ringing { tx } = session.state else { return };
        match session.reliable.as_mut().and_then(|reliable| reliable.answer.take()) {
            Some((sdp, extra)) => self.answer(leg, sdp.as_deref(), &extra),
            None => self.send_reliable(key, tx),
        }
    }

    /// Repeats the one under way, or gives the call up (RFC 3262 section 3: 5xx after 64 * T1).
    pub(super) fn wake_reliable(&mut self, key: Key) {
        let Some(session) = self.sessions.get_mut(key) else { return };
        let State::Ringing { tx } = session.state else { return };
        let Some(waits) = session.reliable.as_mut().and_then(|reliable| reliable.waits.as_mut()) else { return };
        if waits.repeat_at.is_none_or(|at| at > self.io.now) {
            return;
        }
        if waits.until <= self.io.now {
            self.refuse_invite(key, tx, 504, &[]);
            return self.end(key, End::NoAck, None);
        }
        waits.repeat(&mut self.io, |io, bytes| {
            if let Some(server) = self.servers.get(tx) {
                io.resend(server.reply, bytes);
            }
        });
    }
}

impl Waits {
    fn repeat(&mut self, io: &mut Io, send: impl FnOnce(&mut Io, Arc<[u8]>)) {
        send(io, self.bytes.clone());
        self.interval = Span(self.interval.0 * 2);
        self.repeat_at = Some((io.now + self.interval).min(self.until));
    }
}
