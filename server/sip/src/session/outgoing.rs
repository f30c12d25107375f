//! A call that goes out: INVITE, its progress, its answer, its credentials, its forks.

use std::sync::Arc;

use super::{AckDue, Session, State, write_tag};
use crate::{
    api::{Event, LegId, Route},
    digest::ClientAuth,
    flow::FlowId,
    outside::brings,
    slot::Key,
    stack::Stack,
    tx::{New, Owner},
    verdict::{ALLOW, SUPPORTED_IN_SESSIONS},
    wire::{
        address::Address,
        message::{Message, Method},
        name::Name,
        option::seconds,
        params::Params,
        uri::Uri,
        write::Writer,
    },
};

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
        let random = self.chance.u64();
        // Whoever follows a call by its Call-ID brings its own.
        let call_id = (!brings(extra, Name::CallId)).then(|| self.call_id());
        let early = Vec::new();
        let key = self.sessions.insert_with(|key| {
            let state = State::Calling { tx: Key::NONE, flow: to.flow, early, raised: false };
            Session { auth: auth.map(Box::new), ..Session::new(leg, write_tag(key, random), state, None) }
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
            if let Some(call_id) = &call_id {
                writer.header(Name::CallId, call_id);
            }
            writer.cseq(1, &Method::Invite);
            writer.header(Name::Contact, &config.contact(to.flow, user.as_deref()));
            writer.header(Name::Allow, ALLOW).header(Name::Supported, SUPPORTED_IN_SESSIONS);
            if config.session_expires > 0 {
                writer.header(Name::SessionExpires, &config.session_expires.to_string());
            }
            writer.header(Name::UserAgent, &config.user_agent).extra(extra);
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

    /// The first 2xx. Its offer, when our INVITE had none, is acknowledged with the owner's answer.
    pub(crate) fn answered(&mut self, key: Key, tx: Key, request: &Message, message: Arc<Message>, flow: FlowId) {
        let (dialog, agreed) = self.settle_early(key, request, &message, flow);
        let number = request.cseq().map_or(1, |(number, _)| number);
        let owes = request.sdp().is_none() && agreed.is_none() && message.sdp().is_some();
        if !owes {
            self.send_ack(&dialog, (number, None), tx, &dialog.remote_tag, Some(request));
        }
        let Some(session) = self.sessions.get_mut(key) else { return };
        session.ack_due = owes.then(|| Box::new(AckDue { tx, tag: dialog.remote_tag.to_string(), number }));
        session.dialog = Some(dialog);
        session.state = State::Up { lost: None };
        let leg = session.id;
        self.agreed(key, &message);
        if let Some(session) = self.sessions.get_mut(key) {
            Self::described(session, request.sdp());
        }
        // What was agreed reliably stands; a 2xx may repeat it, but not change it.
        let sdp = agreed.or_else(|| message.sdp().map(<[u8]>::to_vec));
        self.io.event(Event::Answered { leg, sdp, message });
    }

    /// 300-699: a challenge and a timer that is too short are answered once, anything else ends the leg.
    pub(crate) fn invite_refused(&mut self, key: Key, request: &[u8], message: Arc<Message>) {
        let Some(Session { state: State::Calling { flow, raised, .. }, .. }) = self.sessions.get_mut(key) else {
            return;
        };
        let (code, flow) = (message.status().unwrap_or(500), *flow);
        let least = seconds(&message, "Min-SE").filter(|_| code == 422 && !std::mem::replace(raised, true));
        let owner = (Owner::Invite(key), flow);
        let retried = match least {
            Some(least) => self.with_longer_timer(request, least, owner),
            None => self.prove_invite(key, flow, request, &message),
        };
        match retried {
            Some(tx) => self.set_calling(key, tx),
            None => self.refused(key, code, Some(message)),
        }
    }

    pub(crate) fn invite_unanswered(&mut self, key: Key, code: u16) {
        self.refused(key, code, None);
    }

    pub(super) fn refused(&mut self, key: Key, code: u16, message: Option<Arc<Message>>) {
        self.drop_change(key);
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
        Ok(uri) if uri.scheme != "tel" => Uri { params: Params::default(), headers: None, ..uri }.to_string(),
        _ => uri.to_owned(),
    }
}
