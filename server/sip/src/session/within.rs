//! Requests inside a session that is not about to change.

use super::{Session, State, incoming::reason};
use crate::{
    api::{End, Event, LegId},
    incoming::Incoming,
    slot::Key,
    stack::Stack,
    tx::{New, Owner},
    wire::{message::Method, name::Name},
};

impl Stack {
    /// A request of the peer inside this session.
    pub(crate) fn within(&mut self, key: Key, it: &Incoming) {
        let flows = (it.source, it.reply);
        let tx = self.servers.start(&mut self.io, (it.id, None), flows, it.message.clone(), Some(key));
        let Some(session) = self.sessions.get_mut(key) else { return };
        if let Some(dialog) = session.dialog_with(&it.from_tag) {
            // RFC 3261 section 12.2.2: what is out of order is refused.
            if dialog.remote_cseq.is_some_and(|last| last >= it.cseq) {
                return self.refuse_invite(key, tx, 500, &[]);
            }
            dialog.remote_cseq = Some(it.cseq);
            dialog.heard_over(it.source);
        }
        if let State::Up { lost } = &mut session.state {
            *lost = None;
        }
        let (up, ending) = match session.state {
            State::Up { .. } => (true, false),
            State::Ending { .. } => (false, true),
            State::Ringing { .. } | State::Calling { .. } => (false, false),
        };
        match it.method {
            Method::Bye => self.their_bye(key, tx, it),
            _ if ending => self.refuse_invite(key, tx, 481, &[]),
            Method::Invite | Method::Update if up => self.their_change(key, tx, it),
            Method::Update => self.early_update(key, tx, it),
            Method::Invite => self.refuse_invite(key, tx, 500, &[("Retry-After".into(), "1".into())]),
            Method::Info => self.their_info(key, tx, it),
            Method::Refer if up => self.their_refer(key, tx, it),
            // Nobody talks yet who could be sent elsewhere; later, perhaps.
            Method::Refer => self.refuse_invite(key, tx, 491, &[]),
            Method::Options => self.refuse_invite(key, tx, 200, &[]),
            Method::Prack => self.their_prack(key, tx, it),
            Method::Notify => self.their_notify(key, tx, it),
            Method::Subscribe => self.refuse_invite(key, tx, 489, &[]),
            _ => self.refuse_invite(key, tx, 405, &[]),
        }
    }

    fn their_bye(&mut self, key: Key, tx: Key, it: &Incoming) {
        self.refuse_invite(key, tx, 200, &[]);
        let Some(session) = self.sessions.get(key) else { return };
        match session.state {
            State::Ringing { tx: invite } => {
                self.refuse_invite(key, invite, 487, &[]);
                self.end(key, End::Bye, reason(&it.message));
            }
            State::Calling { tx: invite, .. } => {
                self.drop_change(key);
                self.clients.abandon(&mut self.io, invite, Vec::new());
                self.refused(key, 480, None);
            }
            State::Up { .. } => self.end(key, End::Bye, reason(&it.message)),
            // Both hung up at once. A BYE of ours that only waits for the ACK is not needed any more.
            State::Ending { bye: Some(_) } => self.forget(key),
            State::Ending { bye: None } => {}
        }
    }

    /// Before the session stands an offer may come once the first has been answered reliably (RFC 3311 section 5.2).
    fn early_update(&mut self, key: Key, tx: Key, it: &Incoming) {
        let Some(session) = self.sessions.get(key) else { return };
        let (came_in, settled) = match &session.state {
            State::Calling { early, .. } => {
                (false, early.iter().any(|early| early.tag == it.from_tag && early.is_agreed()))
            }
            _ => (true, session.is_settled()),
        };
        match it.message.sdp() {
            None => self.refuse_invite(key, tx, 200, &[]),
            Some(_) if settled => self.their_change(key, tx, it),
            Some(_) if came_in => self.refuse_invite(key, tx, 500, &[("Retry-After".into(), "1".into())]),
            Some(_) => self.refuse_invite(key, tx, 491, &[]),
        }
    }

    fn their_info(&mut self, key: Key, tx: Key, it: &Incoming) {
        self.refuse_invite(key, tx, 200, &[]);
        let Some(session) = self.sessions.get(key) else { return };
        let content_type = it.message.get_text(Name::ContentType).unwrap_or_default().into_owned();
        self.io.event(Event::Info { leg: session.id, content_type, body: it.message.body().to_vec() });
    }

    /// INFO of ours.
    pub(crate) fn info(&mut self, leg: LegId, content_type: &str, body: &[u8]) {
        let Some(key) = self.leg(leg) else { return };
        let Some(Session { dialog: Some(dialog), state: State::Up { .. }, .. }) = self.sessions.get_mut(key) else {
            return;
        };
        dialog.local_cseq += 1;
        let flow = dialog.next_hop();
        let new = New { owner: Owner::Within(key), method: Method::Info, flow, random: self.chance.u32() };
        let (config, dialog) = (&self.config, &*dialog);
        self.clients.start(&mut self.io, new, |branch| {
            let mut writer = dialog.request(&Method::Info, dialog.local_cseq, &config.via(flow, branch));
            writer.header(Name::UserAgent, &config.user_agent);
            writer.body(content_type, body)
        });
    }
}
