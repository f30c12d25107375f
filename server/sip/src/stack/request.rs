//! Where an incoming request belongs.

use std::sync::Arc;

use super::Stack;
use crate::{
    api::{Event, LegId, RequestId},
    dialog::Dialog,
    flow::FlowId,
    incoming::{Incoming, reply_flow},
    session::{Session, State, read_tag, write_tag},
    slot::Key,
    timer::RING_AGAIN,
    verdict::ALLOW,
    wire::{
        message::{Message, Method},
        name::Name,
        replaces::Replaces,
        via::Via,
        write::Writer,
    },
};

impl Stack {
    pub(super) fn request(&mut self, message: Arc<Message>, flow: FlowId) {
        let Some(it) = Incoming::read(message, flow, &self.servers.ids) else {
            self.io.counters.dropped += 1;
            return;
        };
        match it.method {
            Method::Ack => return self.ack(&it),
            Method::Cancel => return self.cancel(&it),
            _ => {}
        }
        if let Some(tx) = self.servers.find(it.id) {
            return self.servers.repeated(&mut self.io, tx);
        }
        if self.servers.len() >= self.config.most_transactions {
            return self.refuse_without_state(&it, 503, &[("Retry-After".into(), "5".into())]);
        }
        match &it.to_tag {
            // RFC 3261 section 10.2: a REGISTER has no To tag; one that has is a REGISTER all the same.
            Some(tag) if it.method != Method::Register => match self.session_of(&it, tag) {
                Some(key) => self.within(key, &it),
                // The dialogs of subscriptions are kept by whoever answers them.
                None if it.method == Method::Subscribe => self.begin(it),
                None => self.refuse_without_state(&it, 481, &[]),
            },
            _ => self.begin(it),
        }
    }

    /// The session that a request with this To tag belongs to.
    pub(crate) fn session_of(&self, it: &Incoming, tag: &str) -> Option<Key> {
        let key = read_tag(tag)?;
        let session = self.sessions.get(key).filter(|session| *session.tag == *tag)?;
        let known = match (&session.dialog, &session.state) {
            (Some(dialog), _) => dialog.is_peer(it),
            (None, State::Calling { early, .. }) => early.iter().any(|early| early.tag == it.from_tag),
            (None, _) => false,
        };
        known.then_some(key)
    }

    /// A request that begins something.
    fn begin(&mut self, it: Incoming) {
        let merged = self.servers.ids.request(&it.message, &it.from_tag, it.method.as_str());
        if self.servers.find(merged).is_some() {
            return self.refuse_without_state(&it, 482, &[]);
        }
        match it.method {
            Method::Invite => self.invite(it, merged),
            Method::Bye | Method::Update | Method::Prack | Method::Info | Method::Refer => {
                self.refuse_without_state(&it, 481, &[]);
            }
            _ => {
                let flows = (it.source, it.reply);
                let message = it.message.clone();
                let tx = self.servers.start(&mut self.io, (it.id, Some(merged)), flows, message.clone(), None);
                let request = RequestId(LegId::INCOMING | tx.name());
                let tag = it.plain_tag();
                self.io.event(Event::Request { request, flow: it.source, message, tag });
            }
        }
    }

    fn invite(&mut self, it: Incoming, merged: crate::tx::TxId) {
        if self.sessions.len() >= self.config.most_legs {
            return self.refuse_without_state(&it, 503, &[("Retry-After".into(), "5".into())]);
        }
        if let Some(least) = self.too_small(&it.message) {
            return self.refuse_without_state(&it, 422, &[("Min-SE".into(), least.to_string())]);
        }
        let replaces = match it.message.get(Name::Replaces).map(Replaces::parse) {
            None => None,
            Some(None) => return self.refuse_without_state(&it, 400, &[]),
            Some(Some(named)) => match self.replaced(&named) {
                Ok(leg) => Some(leg),
                Err(code) => return self.refuse_without_state(&it, code, &[]),
            },
        };
        let flows = (it.source, it.reply);
        let message = it.message.clone();
        let tx = self.servers.start(&mut self.io, (it.id, Some(merged)), flows, message.clone(), None);
        let random = self.chance.u64();
        let key = self.sessions.insert_with(|key| {
            let id = LegId(LegId::INCOMING | key.name());
            let tag = write_tag(key, random);
            let dialog = Dialog::of_request(&it, &tag);
            Session::new(id, tag, State::Ringing { tx }, Some(dialog))
        });
        self.servers.set_session(tx, key);
        let session = self.sessions.get_mut(key).expect("it was just put there");
        session.ring_again = Some(self.io.now + RING_AGAIN);
        session.rearm(&mut self.io, key);
        let leg = session.id;
        let trying = Writer::response(&message, 100, None, it.source.peer()).done();
        self.servers.respond(&mut self.io, tx, 100, trying);
        self.io.event(Event::Invite { leg, flow: it.source, message, replaces });
    }

    fn ack(&mut self, it: &Incoming) {
        if let Some(tx) = self.servers.find(it.id)
            && self.servers.acknowledged(&mut self.io, tx)
        {
            return;
        }
        let session = it.to_tag.as_ref().and_then(|tag| self.session_of(it, tag));
        match session {
            Some(key) => self.acked(key, it),
            None => self.io.counters.dropped += 1,
        }
    }

    /// RFC 3261 section 9.2. The CANCEL is answered whatever becomes of the INVITE.
    fn cancel(&mut self, it: &Incoming) {
        let tx = self.servers.find(it.id);
        let session = tx.and_then(|tx| self.servers.get(tx)).and_then(|server| server.session);
        let Some(tx) = tx else { return self.refuse_without_state(it, 481, &[]) };
        // The answer is the same however often it is asked for, so it needs no transaction. Its tag is that of the INVITE's
        // answers.
        let tag = session.and_then(|key| self.sessions.get(key)).map(|session| session.tag.to_string());
        let tag = tag.unwrap_or_else(|| it.plain_tag());
        let bytes = Writer::response(&it.message, 200, Some(&tag), it.source.peer()).done();
        self.io.send(it.reply, bytes.into());
        if let Some(key) = session {
            self.cancelled(key, tx, &it.message);
        }
    }

    pub(crate) fn refuse_without_state(&mut self, it: &Incoming, code: u16, extra: &[(String, String)]) {
        self.io.counters.refused += 1;
        let mut writer = Writer::response(&it.message, code, Some(&it.plain_tag()), it.source.peer());
        writer.extra(extra);
        self.io.send(it.reply, writer.done().into());
    }

    /// To a message that may lack anything but its Via.
    pub(super) fn reply_without_state(
        &mut self,
        message: &Message,
        flow: FlowId,
        code: u16,
        extra: &[(String, String)],
    ) {
        let Some((via, _)) = message.list(Name::Via).next().and_then(Via::parse_any_version) else {
            self.io.counters.dropped += 1;
            return;
        };
        self.io.counters.refused += 1;
        let id = self.servers.ids.transaction(message, &via, "");
        let tag = format!("{:016x}", (id.0 >> 64) as u64);
        let mut writer = Writer::response(message, code, Some(&tag), flow.peer());
        writer.extra(extra);
        self.io.send(reply_flow(&via, flow), writer.done().into());
    }

    /// A final answer to a request inside or outside of a session; `tag` only where To has none.
    pub(crate) fn reply(&mut self, tx: Key, code: u16, tag: &str, extra: &[(String, String)]) {
        let Some(server) = self.servers.get(tx) else { return };
        let Some(request) = &server.request else { return };
        let mut writer = Writer::response(request, code, Some(tag), server.source.peer());
        // RFC 6665 section 4.2.1.1: where the refresh goes.
        if request.method() == Some(&Method::Subscribe) && (200..300).contains(&code) {
            writer.header(Name::Contact, &self.config.contact(server.source, None));
        }
        if matches!(code, 405 | 501) || request.method() == Some(&Method::Options) {
            writer.header(Name::Allow, ALLOW);
        }
        writer.extra(extra);
        let bytes = writer.done();
        self.servers.respond(&mut self.io, tx, code, bytes);
    }
}
