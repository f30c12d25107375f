//! A call that goes out: INVITE, its progress, its answer, its credentials, its forks.

use std::sync::Arc;

use super::{Session, State, write_tag};
use crate::{
    api::{Event, LegId, Route},
    dialog::Dialog,
    digest::ClientAuth,
    flow::FlowId,
    outside::brings,
    slot::Key,
    stack::Stack,
    tx::{New, Owner, client::to_tag},
    verdict::ALLOW,
    wire::{
        address::Address,
        message::{Message, Method},
        name::Name,
        uri::Uri,
        write::Writer,
    },
};

/// Forks whose requests are known before one of them answers.
const MOST_EARLY: usize = 16;

impl Stack {
    pub(crate) fn dial(
        &mut self,
        leg: LegId,
        to: Route,
        from: &str,
        extra: &[(String, String)],
        sdp: &[u8],
        auth: Option<ClientAuth>,
    ) {
        if leg.0 & LegId::INCOMING != 0 || self.dialled.contains_key(&leg) {
            return;
        }
        let (random, call_id) = (self.chance.u64(), self.call_id());
        let auth = auth.map(Box::new);
        let early = Vec::new();
        let key = self.sessions.insert_with(|key| {
            let state = State::Calling { tx: Key::NONE, flow: to.flow, early, auth };
            Session::new(leg, write_tag(key, random), state, None)
        });
        self.dialled.insert(leg, key);
        let new = New { owner: Owner::Invite(key), method: Method::Invite, flow: to.flow, random: self.chance.u32() };
        let user = Address::parse(from.as_bytes()).and_then(|from| from.uri()).and_then(|uri| uri.user);
        let (config, tag) = (&self.config, &self.sessions.get(key).expect("it was just put there").tag);
        let tx = self.clients.start(&mut self.io, new, |branch| {
            let mut writer = Writer::request(&Method::Invite, &to.request_uri);
            writer.header(Name::Via, &config.via(to.flow, branch));
            for route in &to.routes {
                writer.header(Name::Route, route);
            }
            if !brings(extra, Name::MaxForwards) {
                writer.header(Name::MaxForwards, "70");
            }
            writer.header(Name::From, &format!("{from};tag={tag}"));
            writer.header(Name::To, &format!("<{}>", logical(&to.request_uri)));
            writer.header(Name::CallId, &call_id).cseq(1, &Method::Invite);
            writer.header(Name::Contact, &config.contact(to.flow, user.as_deref()));
            writer.header(Name::Allow, ALLOW).header(Name::UserAgent, &config.user_agent).extra(extra);
            writer.sdp(Some(sdp))
        });
        self.set_calling(key, tx);
    }

    fn set_calling(&mut self, key: Key, now: Key) {
        if let Some(Session { state: State::Calling { tx, early, .. }, .. }) = self.sessions.get_mut(key) {
            *tx = now;
            early.clear();
        }
    }

    pub(crate) fn is_calling(&self, key: Key) -> bool {
        self.sessions.get(key).is_some_and(|session| matches!(session.state, State::Calling { .. }))
    }

    pub(crate) fn progress(&mut self, owner: Owner, message: &Message) {
        let Owner::Invite(key) = owner else { return };
        let Some(Session { id, state: State::Calling { early, .. }, .. }) = self.sessions.get_mut(key) else { return };
        let code = message.status().unwrap_or(100);
        if code == 100 {
            return;
        }
        let tag = to_tag(message);
        if !tag.is_empty() && early.len() < MOST_EARLY && !early.contains(&tag) {
            early.push(tag);
        }
        let leg = *id;
        self.io.event(Event::Progress { leg, code, sdp: message.sdp().map(<[u8]>::to_vec) });
    }

    /// The first 2xx.
    pub(crate) fn answered(&mut self, key: Key, tx: Key, request: &Message, message: Arc<Message>, flow: FlowId) {
        let tag = to_tag(&message);
        let dialog = Dialog::of_response(request, &message, &tag, flow);
        self.send_ack(&dialog, dialog.local_cseq, tx, &tag);
        let Some(session) = self.sessions.get_mut(key) else { return };
        session.dialog = Some(dialog);
        session.state = State::Up { lost: None };
        let leg = session.id;
        self.io.event(Event::Answered { leg, sdp: message.sdp().map(<[u8]>::to_vec), message });
    }

    /// 300-699: a challenge is answered once, anything else ends the leg.
    pub(crate) fn invite_refused(&mut self, key: Key, request: &[u8], message: Arc<Message>) {
        let Some(Session { state: State::Calling { flow, auth, .. }, .. }) = self.sessions.get_mut(key) else { return };
        let (flow, auth) = (*flow, auth.take());
        if let Some(auth) = auth
            && let Some(tx) = self.with_credentials(request, &message, &auth, (Owner::Invite(key), flow))
        {
            return self.set_calling(key, tx);
        }
        self.refused(key, message.status().unwrap_or(500), Some(message));
    }

    pub(crate) fn invite_unanswered(&mut self, key: Key, code: u16) {
        self.refused(key, code, None);
    }

    pub(super) fn refused(&mut self, key: Key, code: u16, message: Option<Arc<Message>>) {
        if let Some(session) = self.sessions.get(key)
            && session.open
        {
            self.io.event(Event::Refused { leg: session.id, code, message });
        }
        self.forget(key);
    }
}

/// The Request-URI as an address of record: without what is only about the way.
fn logical(uri: &str) -> String {
    match uri.parse::<Uri>() {
        Ok(uri) if uri.scheme != "tel" => Uri { params: Vec::new(), headers: None, ..uri }.to_string(),
        _ => uri.to_owned(),
    }
}
