//! Challenges inside a session: a carrier that wants a digest with every request gets one, a stranger never.

use super::{Session, State};
use crate::{
    api::LegId,
    digest::{ClientAuth, Credentials},
    flow::FlowId,
    slot::Key,
    stack::Stack,
    tx::{Owner, client::to_tag},
    wire::{message::Message, name::Name},
};

impl Stack {
    /// What a call that came in may be proven with.
    pub(crate) fn proves(&mut self, leg: LegId, auth: ClientAuth) {
        if let Some(session) = self.leg(leg).and_then(|key| self.sessions.get_mut(key)) {
            session.auth = Some(Box::new(auth));
        }
    }

    /// The INVITE once more with credentials. From then on they are for the realm that it was let in by.
    pub(super) fn prove_invite(&mut self, key: Key, flow: FlowId, request: &[u8], challenge: &Message) -> Option<Key> {
        if was_proven(request, challenge) {
            return None;
        }
        let auth = self.sessions.get(key)?.auth.as_deref()?.clone();
        let tx = self.with_credentials(request, challenge, &auth, (Owner::Invite(key), flow, None))?;
        if auth.realm.is_none()
            && let Some(realm) =
                self.clients.get(tx).and_then(|it| Message::parse(&it.request)).and_then(|it| realm(&it))
            && let Some(Session { auth: Some(auth), .. }) = self.sessions.get_mut(key)
        {
            auth.realm = Some(realm);
        }
        Some(tx)
    }

    /// A request inside this session once more with credentials (RFC 3261 section 22.2), with the next number of its dialog. Once
    /// for each request, and only where the realm is known: whoever the call has reached may ask, and must not get a digest.
    pub(crate) fn prove_within(&mut self, key: Key, owner: Owner, request: &[u8], challenge: &Message) -> Option<Key> {
        if !matches!(challenge.status(), Some(401 | 407)) || was_proven(request, challenge) {
            return None;
        }
        let session = self.sessions.get_mut(key)?;
        let auth: ClientAuth = session.auth.as_deref().filter(|auth| auth.realm.is_some())?.clone();
        if !session.open && !matches!(session.state, State::Ending { .. }) {
            return None;
        }
        let tag = to_tag(challenge);
        let dialog = session.dialog_with(&tag)?;
        let (flow, number) = (dialog.next_hop(), dialog.local_cseq + 1);
        let tx = self.with_credentials(request, challenge, &auth, (owner, flow, Some(number)))?;
        if let Some(dialog) = self.sessions.get_mut(key).and_then(|session| session.dialog_with(&tag)) {
            dialog.local_cseq = number;
        }
        Some(tx)
    }
}

/// Whether the request carried what this challenge asks for already: then the credentials are wrong.
fn was_proven(request: &[u8], challenge: &Message) -> bool {
    let name = if challenge.status() == Some(407) { Name::ProxyAuthorization } else { Name::Authorization };
    Message::parse(request).is_none_or(|request| request.count(name) > 0)
}

/// The realm that this request proves itself to.
fn realm(request: &Message) -> Option<String> {
    let proof = request.get(Name::ProxyAuthorization).or_else(|| request.get(Name::Authorization))?;
    Credentials::parse(proof).map(|proof| proof.realm)
}
