//! Changing a session that stands: re-INVITE and UPDATE, both ways, one at a time.

use super::{
    AckDue, Change, Early, Session, SessionTimer, State, Unacked,
    glare::{Again, LOOK_AGAIN},
};
use crate::{
    api::{Event, LegId},
    incoming::{Incoming, contact},
    slot::Key,
    stack::Stack,
    tx::{New, Owner, client::to_tag},
    verdict::{ALLOW, SUPPORTED_IN_SESSIONS},
    wire::{
        message::{Message, Method},
        name::Name,
        option::seconds,
        write::Writer,
    },
};

impl Stack {
    pub(crate) fn is_changing(&self, key: Key, tx: Key) -> bool {
        self.sessions
            .get(key)
            .is_some_and(|session| matches!(session.change, Change::Ours { tx: ours, .. } if ours == tx))
    }

    /// re-INVITE or UPDATE of ours. While the peer's own offer waits for an answer it is refused with 491 at once (RFC 3261
    /// section 14.1); while our 2xx waits for its ACK, or an offer of ours for its answer, it waits too.
    pub(crate) fn offer(&mut self, leg: LegId, method: &Method, sdp: &[u8]) {
        let Some(key) = self.leg(leg) else { return };
        let Some(session) = self.sessions.get_mut(key) else { return };
        let may = match &session.state {
            State::Up { .. } => true,
            // RFC 3311 section 5.1: an offer before the answer, once one has been answered reliably.
            State::Ringing { .. } => *method == Method::Update && session.is_settled(),
            State::Calling { early, .. } => *method == Method::Update && early.iter().any(Early::is_agreed),
            State::Ending { .. } => false,
        };
        if !may || matches!(session.change, Change::Theirs { .. }) {
            return self.io.event(Event::Rejected { leg, code: 491 });
        }
        if session.again.is_some() || !Self::is_free(session) {
            // The newest description is the one that counts.
            let (at, tries) = session.again.as_ref().map_or((self.io.now + LOOK_AGAIN, 0), |it| (it.at, it.tries));
            session.again = Some(Box::new(Again { at, method: method.clone(), sdp: sdp.to_vec(), tries }));
            return session.rearm(&mut self.io, key);
        }
        self.start_change(key, method, sdp, 0);
    }

    pub(super) fn start_change(&mut self, key: Key, method: &Method, sdp: &[u8], tries: u8) {
        if let Some(session) = self.sessions.get_mut(key) {
            Self::described(session, (!sdp.is_empty()).then_some(sdp));
        }
        self.send_change(key, method, sdp, (tries, false));
    }

    pub(super) fn start_refresh(&mut self, key: Key, method: &Method, sdp: &[u8]) {
        self.send_change(key, method, sdp, (0, true));
    }

    fn send_change(&mut self, key: Key, method: &Method, sdp: &[u8], (tries, refresh): (u8, bool)) {
        let Some(session) = self.sessions.get_mut(key) else { return };
        let timer = session.timer.as_ref().map(SessionTimer::request_header);
        let dialog = match (&mut session.dialog, &mut session.state) {
            (Some(dialog), _) => Some(dialog),
            (None, State::Calling { early, .. }) => {
                early.iter_mut().find(|it| it.is_agreed()).and_then(|it| it.dialog_mut())
            }
            (None, _) => None,
        };
        let Some(dialog) = dialog else { return };
        dialog.local_cseq += 1;
        let flow = dialog.next_hop();
        let new = New { owner: Owner::Change(key), method: method.clone(), flow, random: self.chance.u32() };
        let (config, dialog) = (&self.config, &*dialog);
        let tx = self.clients.start(&mut self.io, new, |branch| {
            let mut writer = dialog.request(method, dialog.local_cseq, &config.via(flow, branch));
            writer.header(Name::Contact, &config.contact(flow, dialog.user.as_deref()));
            writer.header(Name::Allow, ALLOW).header(Name::Supported, SUPPORTED_IN_SESSIONS);
            if let Some(timer) = &timer {
                writer.header(Name::SessionExpires, timer);
                writer.named("Min-SE", &config.min_se.to_string());
            }
            writer.header(Name::UserAgent, &config.user_agent);
            writer.sdp(Some(sdp))
        });
        session.change = Change::Ours { tx, tries, refresh };
    }

    /// 2xx to a re-INVITE of ours.
    pub(crate) fn changed(&mut self, key: Key, tx: Key, request: &Message, message: &Message) {
        let number = request.cseq().map_or(0, |(number, _)| number);
        let Some(session) = self.sessions.get_mut(key) else { return };
        let (refresh, open) = (Self::is_refresh(session), session.open);
        session.change = Change::No;
        let leg = session.id;
        let Some(mut dialog) = session.dialog.take() else { return };
        if let Some(target) = contact(message) {
            dialog.target = target;
        }
        if request.sdp().is_none() && message.sdp().is_some() && open {
            let tag = dialog.remote_tag.to_string();
            session.ack_due = Some(Box::new(AckDue { tx, tag, number }));
        } else {
            self.send_ack(&dialog, (number, None), tx, &dialog.remote_tag, Some(request));
        }
        if let Some(session) = self.sessions.get_mut(key) {
            session.dialog = Some(dialog);
        }
        self.agreed(key, message);
        if !refresh {
            self.io.event(Event::Accepted { leg, sdp: message.sdp().map(<[u8]>::to_vec) });
        }
    }

    /// 2xx to an UPDATE of ours.
    pub(crate) fn updated(&mut self, key: Key, message: &Message) {
        let Some(session) = self.sessions.get_mut(key) else { return };
        let (refresh, leg) = (Self::is_refresh(session), session.id);
        session.change = Change::No;
        if let (Some(dialog), Some(target)) = (session.dialog_with(&to_tag(message)), contact(message)) {
            dialog.target = target;
        }
        if matches!(session.state, State::Up { .. }) {
            self.agreed(key, message);
        }
        if !refresh {
            self.io.event(Event::Accepted { leg, sdp: message.sdp().map(<[u8]>::to_vec) });
        }
    }

    /// A re-INVITE or UPDATE of ours failed; without an answer, or with 481, the session is gone (RFC 3261 section 14.1). One
    /// that met the peer's is tried again.
    pub(crate) fn change_refused(&mut self, key: Key, code: u16, news: Option<(&[u8], &Message)>) {
        let proven = news.and_then(|(request, message)| self.prove_within(key, Owner::Change(key), request, message));
        let Some(session) = self.sessions.get_mut(key) else { return };
        if let (Change::Ours { tx, .. }, Some(again)) = (&mut session.change, proven) {
            *tx = again;
            return;
        }
        let (leg, open) = (session.id, session.open);
        let Change::Ours { tries, refresh, .. } = std::mem::replace(&mut session.change, Change::No) else { return };
        let retry_after = news.and_then(|(_, message)| seconds(message, "Retry-After"));
        let wait = self.wait_after(leg, code, retry_after);
        if refresh && self.refresh_refused(key, code, news.map(|(_, message)| message), wait) {
            return;
        }
        if matches!(code, 408 | 481) {
            return self.broken(key);
        }
        let request = news.and_then(|(request, _)| Message::parse(request));
        if request.is_some_and(|request| self.put_off(key, &request, tries, wait)) {
            return;
        }
        if open {
            self.io.event(Event::Rejected { leg, code });
        }
    }

    /// re-INVITE or UPDATE of the peer.
    pub(super) fn their_change(&mut self, key: Key, tx: Key, it: &Incoming) {
        let wait = self.chance.u32() % 10 + 1;
        let Some(session) = self.sessions.get_mut(key) else { return };
        let invite = it.method == Method::Invite;
        let refusal = match session.change {
            Change::Ours { .. } => Some((491, Vec::new())),
            // Our offer in a 2xx waits for the owner's answer to the peer's.
            Change::No if session.ack_due.is_some() => Some((491, Vec::new())),
            // RFC 3261 section 14.2, RFC 3311 section 5.2.
            Change::Theirs { .. } => Some((500, vec![("Retry-After".to_owned(), wait.to_string())])),
            Change::No => None,
        };
        if let Some((code, extra)) = refusal {
            return self.refuse_invite(key, tx, code, &extra);
        }
        if self.refuse_short(key, tx, it) {
            return;
        }
        let Some(session) = self.sessions.get_mut(key) else { return };
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
            set_target(session, &it.from_tag, it.contact());
            return self.confirm(key, tx, None);
        }
        let (offered, target) = (sdp.is_some(), it.contact());
        let peer = it.from_tag.as_str().into();
        session.change = Change::Theirs { tx, cseq: it.cseq, invite, offered, peer, target };
        let leg = session.id;
        if invite {
            let trying = Writer::response(&it.message, 100, None, it.source.peer()).done();
            self.servers.respond(&mut self.io, tx, 100, trying);
        }
        self.io.event(Event::Offer { leg, sdp });
    }

    fn confirm(&mut self, key: Key, tx: Key, sdp: Option<&[u8]>) {
        let Some(request) = self.servers.get(tx).and_then(|server| server.request.clone()) else { return };
        // A PRACK refreshes nothing, and before the answer there is no session to refresh.
        let refreshes = request.method() != Some(&Method::Prack) && self.is_up(key);
        let terms = if refreshes { self.agree(key, &request) } else { None };
        if let Some(bytes) = self.session_answer_with(key, tx, (200, terms), sdp, &[]) {
            self.servers.respond(&mut self.io, tx, 200, bytes);
        }
        if let Some(session) = self.sessions.get_mut(key) {
            Self::described(session, sdp);
            session.rearm(&mut self.io, key);
        }
    }

    fn take_theirs(&mut self, key: Key) -> Option<Change> {
        let session = self.sessions.get_mut(key)?;
        matches!(session.change, Change::Theirs { .. }).then(|| std::mem::replace(&mut session.change, Change::No))
    }

    pub(crate) fn accept(&mut self, leg: LegId, sdp: Option<&[u8]>) {
        let Some(key) = self.leg(leg) else { return };
        if self.answer_late(key, sdp) || self.answer_early(key, sdp) {
            return;
        }
        let Some(Change::Theirs { tx, cseq, invite, offered, peer, target }) = self.take_theirs(key) else { return };
        if let Some(session) = self.sessions.get_mut(key) {
            set_target(session, &peer, target);
            if invite && self.servers.get(tx).is_some() {
                session.unacked = Some(Unacked { tx, cseq, offered: !offered && sdp.is_some(), first: false });
            }
        }
        self.confirm(key, tx, sdp);
    }

    /// The owner's answer to an offer that came in a 2xx: the ACK takes it. `false`: none waits for one.
    fn answer_late(&mut self, key: Key, sdp: Option<&[u8]>) -> bool {
        let Some(session) = self.sessions.get_mut(key) else { return false };
        let Some(due) = session.ack_due.take() else { return false };
        let Some(dialog) = session.dialog.take() else { return false };
        Self::described(session, sdp);
        self.send_ack(&dialog, (due.number, sdp), due.tx, &due.tag, None);
        if let Some(session) = self.sessions.get_mut(key) {
            session.dialog = Some(dialog);
        }
        true
    }

    pub(crate) fn reject(&mut self, leg: LegId, code: u16) {
        let Some(key) = self.leg(leg) else { return };
        if let Some(Change::Theirs { tx, .. }) = self.take_theirs(key) {
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
            Change::Ours { tx, .. } => self.clients.abandon(&mut self.io, tx, Vec::new()),
            Change::No => {}
        }
    }
}

fn set_target(session: &mut Session, peer: &str, target: Option<String>) {
    if let (Some(dialog), Some(target)) = (session.dialog_with(peer), target) {
        dialog.target = target;
    }
}
