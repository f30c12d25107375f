//! Where a response belongs, and what becomes of requests that get none.

use std::sync::Arc;

use super::Stack;
use crate::{
    api::End,
    dialog::Dialog,
    digest::{self, ClientAuth},
    flow::FlowId,
    slot::Key,
    tx::{Heard, New, Owner, client::to_tag, derive::again},
    wire::{
        message::{Message, Method},
        name::Name,
    },
};

/// Numbers that requests before the answer (PRACK, UPDATE) may have used in a dialog that nobody remembers. A BYE with a number
/// that was used would be refused as out of order, and the peer would talk to nobody.
const UNKNOWN_PAST: u32 = 1_000;

impl Stack {
    pub(super) fn response(&mut self, message: Arc<Message>) {
        match self.clients.response(&mut self.io, &message) {
            Heard::Absorbed => {}
            Heard::Provisional(owner, tx) => self.progress(owner, tx, &message),
            Heard::Success(owner, tx) => self.success(owner, tx, message),
            Heard::Final(owner, request) => self.finished(owner, &request, message),
        }
    }

    fn success(&mut self, owner: Owner, tx: Key, message: Arc<Message>) {
        let Some(client) = self.clients.get(tx) else { return };
        let flow = client.flow;
        let request = Message::parse(&client.request).expect("our own request can be read");
        let tag = to_tag(&message);
        match owner {
            Owner::Invite(key) if self.is_calling(key) => self.answered(key, tx, &request, message, flow),
            Owner::Change(key) if self.is_changing(key, tx) => self.changed(key, tx, &request, &message),
            // It comes again because the owner still thinks about its offer.
            Owner::Invite(key) | Owner::Change(key) if self.thinks_about(key, tx, &tag) => {}
            Owner::Invite(_) | Owner::Nobody => {
                // A fork that answered too late, or after we cancelled: take it and end it (RFC 3261 section 13.2.2.4).
                let mut dialog = Dialog::of_response(&request, &message, &tag, flow);
                self.send_ack(&dialog, (dialog.local_cseq, None), tx, &tag, Some(&request));
                dialog.local_cseq += UNKNOWN_PAST;
                self.send_bye(&mut dialog, &[], Owner::Nobody);
            }
            _ => {
                let dialog = Dialog::of_response(&request, &message, &tag, flow);
                self.send_ack(&dialog, (dialog.local_cseq, None), tx, &tag, Some(&request));
            }
        }
    }

    fn thinks_about(&self, key: Key, tx: Key, tag: &str) -> bool {
        let due = self.sessions.get(key).and_then(|session| session.ack_due.as_ref());
        due.is_some_and(|due| due.tx == tx && due.tag == tag)
    }

    /// `request`: the INVITE, where it is at hand.
    pub(crate) fn send_ack(
        &mut self,
        dialog: &Dialog,
        (number, sdp): (u32, Option<&[u8]>),
        tx: Key,
        tag: &str,
        request: Option<&Message>,
    ) {
        let flow = dialog.next_hop();
        let random = self.chance.u64();
        let via = self.config.via(flow, &format!("z9hG4bKa{random:016x}"));
        let mut writer = dialog.request(&Method::Ack, number, &via);
        let kept =
            if request.is_none() { self.clients.get(tx).and_then(|it| Message::parse(&it.request)) } else { None };
        if let Some(invite) = request.or(kept.as_ref()) {
            // RFC 3261 section 22.1: an ACK cannot be challenged, so it takes along what the INVITE was let in with.
            for name in [Name::Authorization, Name::ProxyAuthorization] {
                for value in invite.all(name) {
                    writer.raw(name, value);
                }
            }
        }
        let ack = writer.sdp(sdp);
        self.clients.acknowledge(&mut self.io, tx, tag, flow, ack);
    }

    pub(crate) fn send_bye(&mut self, dialog: &mut Dialog, extra: &[(String, String)], owner: Owner) {
        dialog.local_cseq += 1;
        let flow = dialog.next_hop();
        let new = New { owner, method: Method::Bye, flow, random: self.chance.u32() };
        let (config, dialog) = (&self.config, &*dialog);
        self.clients.start(&mut self.io, new, |branch| {
            let mut writer = dialog.request(&Method::Bye, dialog.local_cseq, &config.via(flow, branch));
            writer.header(Name::UserAgent, &config.user_agent).extra(extra);
            writer.done()
        });
    }

    fn finished(&mut self, owner: Owner, request: &[u8], message: Arc<Message>) {
        let code = message.status().unwrap_or(500);
        match owner {
            Owner::Invite(key) => self.invite_refused(key, request, message),
            Owner::Change(key) if code < 300 => self.updated(key, &message),
            Owner::Change(key) => self.change_refused(key, code, Some((request, &message))),
            Owner::Refer(key) | Owner::Within(key) | Owner::Told(key) | Owner::Bye(key)
                if self.prove_within(key, owner, request, &message).is_some() => {}
            Owner::Refer(key) => self.refer_answered(key, code, Some(&message)),
            // RFC 3261 section 12.2.1.2: the peer knows nothing of this dialog any more.
            Owner::Within(key) if matches!(code, 408 | 481) => self.broken(key),
            Owner::Within(_) | Owner::Told(_) | Owner::Nobody => {}
            Owner::Bye(key) => self.forget(key),
            Owner::Request(id) => self.replied(id, request, message),
        }
    }

    /// No final answer: 408 after its time, 503 when the flow broke.
    pub(super) fn unanswered(&mut self, owner: Owner, code: u16) {
        match owner {
            Owner::Invite(key) => self.invite_unanswered(key, code),
            Owner::Change(key) => self.change_refused(key, code, None),
            Owner::Refer(key) => self.refer_answered(key, code, None),
            Owner::Within(key) if code == 408 => self.broken(key),
            Owner::Within(_) | Owner::Told(_) | Owner::Nobody => {}
            Owner::Bye(key) => self.forget(key),
            Owner::Request(id) => self.reply_missing(id, code),
        }
    }

    /// The request once more with credentials, when the challenge is one that they are for.
    pub(crate) fn with_credentials(
        &mut self,
        request: &[u8],
        challenge: &Message,
        auth: &ClientAuth,
        (owner, flow, number): (Owner, FlowId, Option<u32>),
    ) -> Option<Key> {
        let (asked, answer) = match challenge.status()? {
            401 => (Name::WwwAuthenticate, Name::Authorization),
            407 => (Name::ProxyAuthenticate, Name::ProxyAuthorization),
            _ => return None,
        };
        let request = Message::parse(request)?;
        let uri = request.request_uri();
        let cnonce = format!("{:016x}", self.chance.u64());
        let value = digest::answer(challenge.all(asked), auth, (request.method()?.as_str(), &uri), &cnonce)?;
        Some(self.send_again(&request, &[(answer.as_str(), &value)], (owner, flow, number)))
    }

    /// The INVITE once more, with the interval that somebody on the way wants at least (RFC 4028 section 7.3).
    pub(crate) fn with_longer_timer(
        &mut self,
        request: &[u8],
        least: u32,
        (owner, flow): (Owner, FlowId),
    ) -> Option<Key> {
        let request = Message::parse(request)?;
        let least = least.min(86_400).to_string();
        Some(self.send_again(&request, &[("Session-Expires", &least), ("Min-SE", &least)], (owner, flow, None)))
    }

    /// With this number, or the next one.
    fn send_again(
        &mut self,
        request: &Message,
        instead: &[(&str, &str)],
        (owner, flow, number): (Owner, FlowId, Option<u32>),
    ) -> Key {
        let number = number.unwrap_or_else(|| request.cseq().map_or(0, |(number, _)| number) + 1);
        let method = request.method().cloned().unwrap_or(Method::Invite);
        let new = New { owner, method, flow, random: self.chance.u32() };
        let config = &self.config;
        self.clients.start(&mut self.io, new, |branch| again(request, number, &config.via(flow, branch), instead))
    }

    /// An in-dialog request told that the peer has lost the session.
    pub(crate) fn broken(&mut self, key: Key) {
        if self.is_up(key) {
            self.bye_and_end(key, End::Broken);
        }
    }
}
