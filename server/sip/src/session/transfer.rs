//! Transfers: REFER, how it goes told by NOTIFY (RFC 3515, RFC 4488), the dialog that Replaces names (RFC 3891).

use super::{Session, State, read_tag};
use crate::{
    api::{Event, LegId, Replaced, RequestId},
    dialog::Dialog,
    incoming::Incoming,
    slot::Key,
    stack::Stack,
    tx::{New, Owner},
    wire::{
        address::Address,
        message::{Message, Method, text},
        name::Name,
        replaces::Replaces,
        write::phrase,
    },
};

/// The transfer that the peer asked for.
#[derive(Debug)]
pub(crate) struct Referral {
    tx: Key,
    cseq: u32,
    /// The peer wants no NOTIFY (RFC 4488).
    quiet: bool,
    /// We said that we try; until then there is nothing to tell.
    accepted: bool,
    over: bool,
    /// There was one before it in this session: the NOTIFYs name theirs (RFC 3515 section 2.4.6).
    named: bool,
}

/// Seconds that a transfer may take before its telling ends.
const SUBSCRIBED_FOR: &str = "active;expires=180";

impl Stack {
    /// REFER of the peer.
    pub(super) fn their_refer(&mut self, key: Key, tx: Key, it: &Incoming) {
        let mut targets = it.message.list(Name::ReferTo);
        let (Some(refer_to), None) = (targets.next(), targets.next()) else {
            return self.refuse_invite(key, tx, 400, &[]);
        };
        let Some(target) = Address::parse(refer_to) else { return self.refuse_invite(key, tx, 400, &[]) };
        let replaces = match target.uri().as_ref().and_then(Replaces::of_uri) {
            None => Replaced::Nothing,
            Some(named) => named.and_then(|named| self.referred(&named).ok()).map_or(Replaced::Unknown, Replaced::Leg),
        };
        let quiet = it.message.other("Refer-Sub").is_some_and(|value| value.trim().eq_ignore_ascii_case("false"));
        let Some(session) = self.sessions.get_mut(key) else { return };
        let named = match &session.referral {
            Some(before) if !before.over => return self.refuse_invite(key, tx, 491, &[]),
            before => before.is_some(),
        };
        let referral = Referral { tx, cseq: it.cseq, quiet, accepted: false, over: false, named };
        session.referral = Some(Box::new(referral));
        let request = RequestId(LegId::INCOMING | tx.name());
        self.io.event(Event::Refer { leg: session.id, request, refer_to: text(refer_to).into_owned(), replaces });
    }

    /// The owner answers a REFER: its further headers, and what follows from the answer.
    pub(crate) fn answered_refer(&mut self, key: Key, tx: Key, code: u16) -> Vec<(String, String)> {
        let Some(referral) = self.sessions.get_mut(key).and_then(|session| session.referral.as_mut()) else {
            return Vec::new();
        };
        if referral.tx != tx {
            return Vec::new();
        }
        (referral.accepted, referral.over) = ((200..300).contains(&code), code >= 300);
        let quiet = referral.quiet && referral.accepted;
        if quiet { vec![("Refer-Sub".to_owned(), "false".to_owned())] } else { Vec::new() }
    }

    /// NOTIFY of ours: how the transfer goes.
    pub(crate) fn notify(&mut self, leg: LegId, code: u16) {
        let Some(key) = self.leg(leg) else { return };
        self.notify_in(key, code);
    }

    pub(crate) fn notify_in(&mut self, key: Key, code: u16) {
        let Some(Session { dialog: Some(dialog), referral: Some(referral), state: State::Up { .. }, .. }) =
            self.sessions.get_mut(key)
        else {
            return;
        };
        if !referral.accepted || referral.over {
            return;
        }
        referral.over = code >= 200;
        if referral.quiet {
            return;
        }
        let state = if referral.over { "terminated;reason=noresource" } else { SUBSCRIBED_FOR };
        let event = if referral.named { format!("refer;id={}", referral.cseq) } else { "refer".to_owned() };
        let body = format!("SIP/2.0 {code} {}\r\n", phrase(code));
        dialog.local_cseq += 1;
        let flow = dialog.next_hop();
        // A peer that wants to hear nothing of it has lost no session.
        let new = New { owner: Owner::Told(key), method: Method::Notify, flow, random: self.chance.u32() };
        let (config, dialog) = (&self.config, &*dialog);
        self.clients.start(&mut self.io, new, |branch| {
            let mut writer = dialog.request(&Method::Notify, dialog.local_cseq, &config.via(flow, branch));
            writer.header(Name::Contact, &config.contact(flow, dialog.user.as_deref()));
            writer.header(Name::Event, &event).named("Subscription-State", state);
            writer.header(Name::UserAgent, &config.user_agent);
            writer.body("message/sipfrag;version=2.0", body.as_bytes())
        });
    }

    /// REFER of ours.
    pub(crate) fn refer(&mut self, leg: LegId, refer_to: &str) {
        let Some(key) = self.leg(leg) else { return };
        let Some(session) = self.sessions.get_mut(key) else { return };
        let Session { dialog: Some(dialog), state: State::Up { .. }, referring: referring @ false, .. } = session
        else {
            return self.io.event(Event::Referred { leg, code: 491, last: true });
        };
        *referring = true;
        dialog.local_cseq += 1;
        let flow = dialog.next_hop();
        let new = New { owner: Owner::Refer(key), method: Method::Refer, flow, random: self.chance.u32() };
        let (config, dialog) = (&self.config, &*dialog);
        self.clients.start(&mut self.io, new, |branch| {
            let mut writer = dialog.request(&Method::Refer, dialog.local_cseq, &config.via(flow, branch));
            writer.header(Name::Contact, &config.contact(flow, dialog.user.as_deref()));
            writer.header(Name::ReferTo, refer_to).named("Referred-By", &referred_by(dialog));
            writer.header(Name::UserAgent, &config.user_agent);
            writer.done()
        });
    }

    /// The peer answered our REFER.
    pub(crate) fn refer_answered(&mut self, key: Key, code: u16, message: Option<&Message>) {
        let Some(session) = self.sessions.get_mut(key) else { return };
        let leg = session.id;
        let silent = message.is_some_and(|it| it.other("Refer-Sub").is_some_and(|it| it.eq_ignore_ascii_case("false")));
        if (200..300).contains(&code) && !silent {
            return;
        }
        session.referring = false;
        if session.open {
            self.io.event(Event::Referred { leg, code, last: true });
        }
        if matches!(code, 408 | 481) {
            self.broken(key);
        }
    }

    /// NOTIFY of the peer: only one about our REFER belongs into a session.
    pub(super) fn their_notify(&mut self, key: Key, tx: Key, it: &Incoming) {
        let package = it.message.get(Name::Event).unwrap_or_default();
        let package = package.split(|byte| *byte == b';').next().unwrap_or_default().trim_ascii();
        let expected = self.sessions.get(key).is_some_and(|session| session.referring);
        if !expected || !package.eq_ignore_ascii_case(b"refer") {
            return self.refuse_invite(key, tx, if expected { 489 } else { 481 }, &[]);
        }
        self.refuse_invite(key, tx, 200, &[]);
        let last = it.message.other("Subscription-State").is_some_and(|state| {
            state.split(';').next().is_some_and(|state| state.trim().eq_ignore_ascii_case("terminated"))
        });
        let code = fragment_status(it.message.body());
        let Some(session) = self.sessions.get_mut(key) else { return };
        session.referring = !last;
        let leg = session.id;
        // A subscription that ends without news has ended for another reason than the call's.
        if let Some(code) = code.or(last.then_some(503)) {
            self.io.event(Event::Referred { leg, code, last });
        }
    }

    /// The leg that the Replaces of a REFER names. Unlike an INVITE it may name a call that rings: phones send the other party to
    /// one that they have placed and that is not answered yet.
    fn referred(&self, named: &Replaces) -> Result<LegId, u16> {
        let ringing = read_tag(&named.to_tag).and_then(|key| self.sessions.get(key)).filter(|session| {
            let known = session.dialog.as_ref().is_some_and(|it| it.is(&named.call_id, &named.from_tag));
            matches!(session.state, State::Ringing { .. }) && session.open && *session.tag == *named.to_tag && known
        });
        ringing.map_or_else(|| self.replaced(named), |session| Ok(session.id))
    }

    /// The leg that this Replaces names, or the status that it deserves (RFC 3891 section 3).
    pub(crate) fn replaced(&self, named: &Replaces) -> Result<LegId, u16> {
        let key = read_tag(&named.to_tag).ok_or(481u16)?;
        let session = self.sessions.get(key).filter(|session| *session.tag == *named.to_tag).ok_or(481u16)?;
        let known = match (&session.dialog, &session.state) {
            (Some(dialog), _) => dialog.is(&named.call_id, &named.from_tag),
            // One that we placed and that rings may be taken over by its tag.
            (None, State::Calling { early, .. }) => early.iter().any(|it| it.tag == named.from_tag),
            (None, _) => false,
        };
        match session.state {
            _ if !known => Err(481),
            State::Up { .. } if named.early_only => Err(486),
            State::Up { .. } | State::Calling { .. } if session.open => Ok(session.id),
            // A call that rings here was not placed by us.
            State::Ringing { .. } => Err(481),
            State::Up { .. } | State::Calling { .. } | State::Ending { .. } => Err(603),
        }
    }
}

fn referred_by(dialog: &Dialog) -> String {
    Address::parse(dialog.local_address()).map_or_else(String::new, |local| format!("<{}>", local.uri_text))
}

/// The status in a message/sipfrag body.
fn fragment_status(body: &[u8]) -> Option<u16> {
    let line = body.split(|byte| *byte == b'\n').next()?.trim_ascii();
    Message::parse(&[line, b"\r\n\r\n"].concat())?.status().filter(|code| (100..700).contains(code))
}
