//! Changing a session that stands: re-INVITE and UPDATE, both ways, one at a time.

use super::{Change, Session, State, Unacked};
use crate::{
    api::{Event, LegId},
    incoming::{Incoming, contact},
    slot::Key,
    stack::Stack,
    tx::{New, Owner},
    verdict::ALLOW,
    wire::{
        message::{Message, Method},
        name::Name,
        write::Writer,
    },
};

impl Stack {
    pub(crate) fn is_changing(&self, key: Key, tx: Key) -> bool {
        self.sessions.get(key).is_some_and(|session| matches!(session.change, Change::Ours(ours) if ours == tx))
    }

    /// re-INVITE of ours. While another one is under way, or our 2xx waits for its ACK, it is refused with 491 at once
    /// (RFC 3261 section 14.1).
    pub(crate) fn offer(&mut self, leg: LegId, sdp: &[u8]) {
        let Some(key) = self.leg(leg) else { return };
        let Some(session) = self.sessions.get_mut(key) else { return };
        let free =
            matches!((&session.state, &session.change), (State::Up { .. }, Change::No)) && session.unacked.is_none();
        let Some(dialog) = session.dialog.as_mut().filter(|_| free) else {
            return self.io.event(Event::Rejected { leg, code: 491 });
        };
        dialog.local_cseq += 1;
        let flow = dialog.next_hop();
        let new = New { owner: Owner::Change(key), method: Method::Invite, flow, random: self.chance.u32() };
        let (config, dialog) = (&self.config, &*dialog);
        let tx = self.clients.start(&mut self.io, new, |branch| {
            let mut writer = dialog.request(&Method::Invite, dialog.local_cseq, &config.via(flow, branch));
            writer.header(Name::Contact, &config.contact(flow, dialog.user.as_deref()));
            writer.header(Name::Allow, ALLOW).header(Name::UserAgent, &config.user_agent);
            writer.sdp(Some(sdp))
        });
        session.change = Change::Ours(tx);
    }

    /// 2xx to a re-INVITE of ours.
    pub(crate) fn changed(&mut self, key: Key, tx: Key, request: &Message, message: &Message) {
        let number = request.cseq().map_or(0, |(number, _)| number);
        let Some(session) = self.sessions.get_mut(key) else { return };
        session.change = Change::No;
        let leg = session.id;
        let Some(mut dialog) = session.dialog.take() else { return };
        if let Some(target) = contact(message) {
            dialog.target = target;
        }
        self.send_ack(&dialog, number, tx, &dialog.remote_tag);
        if let Some(session) = self.sessions.get_mut(key) {
            session.dialog = Some(dialog);
        }
        self.io.event(Event::Accepted { leg, sdp: message.sdp().map(<[u8]>::to_vec) });
    }

    /// A re-INVITE of ours failed; without an answer, or with 481, the session is gone (RFC 3261 section 14.1).
    pub(crate) fn change_refused(&mut self, key: Key, code: u16) {
        let Some(session) = self.sessions.get_mut(key) else { return };
        session.change = Change::No;
        let (leg, open) = (session.id, session.open);
        if matches!(code, 408 | 481) {
            self.broken(key);
        } else if open {
            self.io.event(Event::Rejected { leg, code });
        }
    }

    /// re-INVITE or UPDATE of the peer.
    pub(super) fn their_change(&mut self, key: Key, tx: Key, it: &Incoming) {
        let wait = self.chance.u32() % 10 + 1;
        let Some(session) = self.sessions.get_mut(key) else { return };
        let invite = it.method == Method::Invite;
        let refusal = match session.change {
            Change::Ours(_) => Some((491, Vec::new())),
            // RFC 3261 section 14.2, RFC 3311 section 5.2.
            Change::Theirs { .. } => Some((500, vec![("Retry-After".to_owned(), wait.to_string())])),
            Change::No => None,
        };
        if let Some((code, extra)) = refusal {
            return self.refuse_invite(key, tx, code, &extra);
        }
        if let Some(unacked) = session.unacked.take() {
            // Who goes on has our 2xx; its ACK was lost.
            self.servers.hush(unacked.tx);
            if unacked.first || unacked.offered {
                self.io.event(Event::Acked { leg: session.id, sdp: None });
            }
        }
        let sdp = it.message.sdp().map(<[u8]>::to_vec);
        if !invite && sdp.is_none() {
            // A keep-alive or a new target; there is nothing to decide.
            set_target(session, it.contact());
            return self.confirm(key, tx, None);
        }
        let (offered, target) = (sdp.is_some(), it.contact());
        session.change = Change::Theirs { tx, cseq: it.cseq, invite, offered, target };
        let leg = session.id;
        if invite {
            let trying = Writer::response(&it.message, 100, None, it.source.peer()).done();
            self.servers.respond(&mut self.io, tx, 100, trying);
        }
        self.io.event(Event::Offer { leg, sdp });
    }

    fn confirm(&mut self, key: Key, tx: Key, sdp: Option<&[u8]>) {
        if let Some(bytes) = self.session_answer(key, tx, 200, sdp, &[]) {
            self.servers.respond(&mut self.io, tx, 200, bytes);
        }
    }

    fn take_theirs(&mut self, leg: LegId) -> Option<(Key, Change)> {
        let key = self.leg(leg)?;
        let session = self.sessions.get_mut(key)?;
        matches!(session.change, Change::Theirs { .. })
            .then(|| (key, std::mem::replace(&mut session.change, Change::No)))
    }

    pub(crate) fn accept(&mut self, leg: LegId, sdp: Option<&[u8]>) {
        let Some((key, Change::Theirs { tx, cseq, invite, offered, target })) = self.take_theirs(leg) else { return };
        if let Some(session) = self.sessions.get_mut(key) {
            set_target(session, target);
            if invite && self.servers.get(tx).is_some() {
                session.unacked = Some(Unacked { tx, cseq, offered: !offered && sdp.is_some(), first: false });
            }
        }
        self.confirm(key, tx, sdp);
    }

    pub(crate) fn reject(&mut self, leg: LegId, code: u16) {
        if let Some((key, Change::Theirs { tx, .. })) = self.take_theirs(leg) {
            let code = if (300..700).contains(&code) { code } else { 488 };
            self.refuse_invite(key, tx, code, &[]);
        }
    }

    /// CANCEL of a re-INVITE that the owner has not answered.
    pub(super) fn cancel_change(&mut self, key: Key, cancelled: Key) {
        let Some(session) = self.sessions.get_mut(key) else { return };
        if matches!(session.change, Change::Theirs { tx, .. } if tx == cancelled) {
            session.change = Change::No;
            self.refuse_invite(key, cancelled, 487, &[]);
        }
    }

    /// The session ends: nothing stays under way.
    pub(super) fn drop_change(&mut self, key: Key) {
        let Some(session) = self.sessions.get_mut(key) else { return };
        match std::mem::replace(&mut session.change, Change::No) {
            // RFC 3261 section 15.1.2.
            Change::Theirs { tx, .. } => self.refuse_invite(key, tx, 487, &[]),
            Change::Ours(tx) => self.clients.abandon(&mut self.io, tx, Vec::new()),
            Change::No => {}
        }
    }
}

fn set_target(session: &mut Session, target: Option<String>) {
    if let (Some(dialog), Some(target)) = (&mut session.dialog, target) {
        dialog.target = target;
    }
}
