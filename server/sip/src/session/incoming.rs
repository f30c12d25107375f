//! A call that came in: ring, answer, refuse, CANCEL, the ACK.

use super::{State, Unacked, refresh::Terms};
use crate::{
    api::{End, Event, LegId},
    incoming::Incoming,
    slot::Key,
    stack::Stack,
    verdict::{ALLOW, SUPPORTED_IN_SESSIONS},
    wire::{
        message::{Message, text},
        name::Name,
        write::Writer,
    },
};

impl Stack {
    fn ringing(&self, leg: LegId) -> Option<(Key, Key)> {
        let key = self.leg(leg)?;
        match self.sessions.get(key)?.state {
            State::Ringing { tx } => Some((key, tx)),
            _ => None,
        }
    }

    pub(crate) fn ring(&mut self, leg: LegId, code: u16, sdp: Option<Vec<u8>>, extra: Vec<(String, String)>) {
        let Some((key, tx)) = self.ringing(leg).filter(|_| (101..200).contains(&code)) else { return };
        self.ring_out(key, tx, code, sdp, extra);
    }

    pub(crate) fn answer(&mut self, leg: LegId, sdp: Option<&[u8]>, extra: &[(String, String)]) {
        let Some((key, tx)) = self.ringing(leg) else { return };
        let Some(request) = self.servers.get(tx).and_then(|server| server.request.clone()) else { return };
        let Some(describes) = self.hold_answer_back(key, sdp, extra) else { return };
        let sdp = sdp.filter(|_| describes);
        let timer = self.agree(key, &request);
        let Some(bytes) = self.session_answer_with(key, tx, (200, timer), sdp, extra) else { return };
        self.servers.respond(&mut self.io, tx, 200, bytes);
        let offered = request.sdp().is_none() && sdp.is_some();
        let cseq = request.cseq().map_or(0, |(number, _)| number);
        if let Some(session) = self.sessions.get_mut(key) {
            session.state = State::Up { lost: None };
            session.unacked = Some(Unacked { tx, cseq, offered, first: true });
            session.ring_again = None;
            Self::described(session, sdp);
            session.rearm(&mut self.io, key);
        }
    }

    pub(crate) fn refuse(&mut self, leg: LegId, code: u16, extra: &[(String, String)]) {
        let Some((key, tx)) = self.ringing(leg) else { return };
        let code = if (300..700).contains(&code) { code } else { 500 };
        self.drop_change(key);
        self.refuse_invite(key, tx, code, extra);
        self.forget(key);
    }

    /// A failure to an INVITE, with the session's tag.
    pub(super) fn refuse_invite(&mut self, key: Key, tx: Key, code: u16, extra: &[(String, String)]) {
        let tag = self.sessions.get(key).map(|session| session.tag.to_string()).unwrap_or_default();
        self.reply(tx, code, &tag, extra);
    }

    /// 101-299 to an INVITE or UPDATE of this session: with the route set that the peer must take, our Contact, a body.
    pub(super) fn session_answer(
        &self,
        key: Key,
        tx: Key,
        code: u16,
        sdp: Option<&[u8]>,
        extra: &[(String, String)],
    ) -> Option<Vec<u8>> {
        self.session_answer_with(key, tx, (code, None), sdp, extra)
    }

    pub(super) fn session_answer_with(
        &self,
        key: Key,
        tx: Key,
        (code, timer): (u16, Option<Terms>),
        sdp: Option<&[u8]>,
        extra: &[(String, String)],
    ) -> Option<Vec<u8>> {
        let session = self.sessions.get(key)?;
        let server = self.servers.get(tx)?;
        let request = server.request.as_ref()?;
        let mut writer = Writer::response(request, code, Some(&session.tag), server.source.peer());
        for route in request.all(Name::RecordRoute) {
            writer.raw(Name::RecordRoute, route);
        }
        let user = session.dialog.as_ref().and_then(|dialog| dialog.user.as_deref());
        writer.header(Name::Contact, &self.config.contact(server.source, user));
        writer.header(Name::Allow, ALLOW).header(Name::Supported, SUPPORTED_IN_SESSIONS);
        if let Some(terms) = timer {
            terms.write(&mut writer);
        }
        writer.named("Server", &self.config.user_agent).extra(extra);
        Some(writer.sdp(sdp))
    }

    /// CANCEL of the peer, for its INVITE or for a re-INVITE.
    pub(crate) fn cancelled(&mut self, key: Key, tx: Key, cancel: &Message) {
        let Some(session) = self.sessions.get_mut(key) else { return };
        match session.state {
            State::Ringing { tx: invite } if invite == tx => {
                self.refuse_invite(key, tx, 487, &[]);
                self.end(key, End::Cancel, reason(cancel));
            }
            _ => self.cancel_change(key, tx),
        }
    }

    /// The ACK of a 2xx of ours.
    pub(crate) fn acked(&mut self, key: Key, it: &Incoming) {
        let Some(session) = self.sessions.get_mut(key) else { return };
        let Some(unacked) = session.unacked.take_if(|unacked| unacked.cseq == it.cseq) else { return };
        self.servers.hush(unacked.tx);
        if let Some(dialog) = &mut session.dialog {
            dialog.heard_over(it.source);
        }
        if let State::Ending { bye } = &mut session.state {
            if let Some(extra) = bye.take() {
                self.bye(key, &extra);
            }
        } else if session.open && (unacked.first || unacked.offered) {
            let sdp = if unacked.offered { it.message.sdp().map(<[u8]>::to_vec) } else { None };
            let leg = session.id;
            if let Some(again) = &mut session.again {
                // An offer of ours waited for this.
                again.at = again.at.min(self.io.now);
                session.rearm(&mut self.io, key);
            }
            self.io.event(Event::Acked { leg, sdp });
        }
    }

    /// The 2xx was repeated in vain (RFC 3261 section 13.3.1.4).
    pub(crate) fn never_acked(&mut self, key: Key, tx: Key) {
        let Some(session) = self.sessions.get_mut(key) else { return };
        if session.unacked.take_if(|unacked| unacked.tx == tx).is_none() {
            return;
        }
        match &mut session.state {
            State::Ending { bye } => {
                let extra = bye.take().unwrap_or_default();
                self.bye(key, &extra);
            }
            _ => self.bye_and_end(key, End::NoAck),
        }
    }
}

/// The Reason header (RFC 3326).
pub(super) fn reason(message: &Message) -> Option<String> {
    message.get(Name::Reason).map(|value| text(value).into_owned())
}
