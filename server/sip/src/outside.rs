//! Requests outside of sessions: ours to carriers and gateways, and our answers to theirs.

use std::sync::Arc;

use crate::{
    api::{Event, RequestId, Route},
    digest::ClientAuth,
    flow::FlowId,
    stack::Stack,
    tx::{New, Owner},
    wire::{
        message::{Message, Method},
        name::Name,
        write::Writer,
    },
};

/// A request of ours that waits for its final answer.
#[derive(Debug)]
pub(crate) struct Sent {
    flow: FlowId,
    /// Taken when it is used: a challenge is answered once.
    auth: Option<ClientAuth>,
}

/// Whether the owner brings a header of its own.
pub(crate) fn brings(extra: &[(String, String)], name: Name) -> bool {
    extra.iter().any(|(key, _)| key.eq_ignore_ascii_case(name.as_str()))
}

impl Stack {
    #[expect(clippy::too_many_arguments, reason = "they are the fields of the order")]
    pub(crate) fn send_outside(
        &mut self,
        id: RequestId,
        method: &str,
        to: Route,
        (from, to_address): (&str, &str),
        dialog: Option<(String, u32)>,
        extra: &[(String, String)],
        auth: Option<ClientAuth>,
    ) {
        if self.sent.contains_key(&id) {
            return;
        }
        let method = Method::of(method.as_bytes());
        let (call_id, number) = dialog.unwrap_or_else(|| (self.call_id(), 1));
        let tag = format!("{:016x}", self.chance.u64());
        self.sent.insert(id, Sent { flow: to.flow, auth });
        let new = New { owner: Owner::Request(id), method: method.clone(), flow: to.flow, random: self.chance.u32() };
        let config = &self.config;
        self.clients.start(&mut self.io, new, |branch| {
            let mut writer = Writer::request(&method, &to.request_uri);
            writer.header(Name::Via, &config.via(to.flow, branch));
            for route in &to.routes {
                writer.header(Name::Route, route);
            }
            if !brings(extra, Name::MaxForwards) {
                writer.header(Name::MaxForwards, "70");
            }
            writer.header(Name::From, &format!("{from};tag={tag}")).header(Name::To, to_address);
            writer.header(Name::CallId, &call_id).cseq(number, &method);
            writer.header(Name::UserAgent, &config.user_agent).extra(extra);
            writer.done()
        });
    }

    /// NOTIFY outside of a session.
    pub(crate) fn tell_outside(
        &mut self,
        id: RequestId,
        to: Route,
        (from, to_address): (&str, &str),
        dialog: Option<(String, u32)>,
        extra: &[(String, String)],
        (kind, body): (&str, &[u8]),
    ) {
        if self.sent.contains_key(&id) {
            return;
        }
        let tagged = dialog.is_some();
        let (call_id, number) = dialog.unwrap_or_else(|| (self.call_id(), 1));
        let from = if tagged { from.to_owned() } else { format!("{from};tag={:016x}", self.chance.u64()) };
        self.sent.insert(id, Sent { flow: to.flow, auth: None });
        let random = self.chance.u32();
        let new = New { owner: Owner::Request(id), method: Method::Notify, flow: to.flow, random };
        let config = &self.config;
        self.clients.start(&mut self.io, new, |branch| {
            let mut writer = Writer::request(&Method::Notify, &to.request_uri);
            writer.header(Name::Via, &config.via(to.flow, branch));
            for route in &to.routes {
                writer.header(Name::Route, route);
            }
            writer.header(Name::MaxForwards, "70").header(Name::From, &from).header(Name::To, to_address);
            writer.header(Name::CallId, &call_id).cseq(number, &Method::Notify);
            writer.header(Name::Contact, &config.contact(to.flow, None));
            writer.header(Name::UserAgent, &config.user_agent).extra(extra);
            writer.body(kind, body)
        });
    }

    pub(crate) fn replied(&mut self, id: RequestId, request: &[u8], message: Arc<Message>) {
        let Some(sent) = self.sent.get_mut(&id) else { return };
        let (flow, auth) = (sent.flow, sent.auth.take());
        if let Some(auth) = auth
            && self.with_credentials(request, &message, &auth, (Owner::Request(id), flow, None)).is_some()
        {
            return;
        }
        self.sent.remove(&id);
        let code = message.status().unwrap_or(500);
        self.io.event(Event::Reply { request: id, code, message: Some(message) });
    }

    pub(crate) fn reply_missing(&mut self, id: RequestId, code: u16) {
        if self.sent.remove(&id).is_some() {
            self.io.event(Event::Reply { request: id, code, message: None });
        }
    }

    pub(crate) fn respond_outside(&mut self, id: RequestId, code: u16, extra: &[(String, String)]) {
        let Some(tx) = self.servers.by_name(id.0 & !crate::LegId::INCOMING) else { return };
        let Some(server) = self.servers.get(tx) else { return };
        let refers = server.request.as_ref().is_some_and(|request| request.method() == Some(&Method::Refer));
        let (key, plain) = (server.session, server.plain_tag());
        let tag = key.and_then(|key| self.sessions.get(key)).map_or(plain, |session| session.tag.to_string());
        let Some(key) = key.filter(|_| refers) else { return self.reply(tx, code, &tag, extra) };
        let further = self.answered_refer(key, tx, code);
        self.reply(tx, code, &tag, &[extra, &further].concat());
        if (200..300).contains(&code) {
            // RFC 3515 section 2.4.4: the first news is that there is news to come.
            self.notify_in(key, 100);
        }
    }

    /// A Call-ID that tells nothing.
    pub(crate) fn call_id(&mut self) -> String {
        format!("{:016x}{:016x}", self.chance.u64(), self.chance.u64())
    }
}
