//! The registrar's table: who can be reached where. Source: RFC 3261 section 10.3, RFC 5626 for instances and flows.

use std::{collections::HashMap, sync::Arc};

use patchbay_kernel::{Tick, time::Span};

use crate::{
    api::Route,
    flow::FlowId,
    wire::{
        address::Address,
        message::{Message, text},
        name::Name,
    },
};

/// Bounds of a registration.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Shortest life time taken, seconds; shorter wishes get 423. Zero, an un-registration, is always taken.
    pub shortest_s: u32,
    /// Longest life time granted, seconds.
    pub longest_s: u32,
    /// When no life time is asked for, seconds.
    pub usual_s: u32,
    /// Contacts of one user name.
    pub contacts: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { shortest_s: 30, longest_s: 3_600, usual_s: 300, contacts: 10 }
    }
}

/// One way to reach a user name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contact {
    /// The contact URI as given.
    pub uri: String,
    /// The flow that it registered over; requests go back over it (RFC 5626 section 5.3).
    pub flow: FlowId,
    /// `+sip.instance`, when it has one.
    pub instance: Option<String>,
    /// Path of the REGISTER (RFC 3327): the Route of requests to it.
    pub path: Vec<String>,
    /// What it calls itself.
    pub user_agent: Option<String>,
    /// End of life.
    pub expires_at: Tick,
    /// When it registered or refreshed last.
    pub seen_at: Tick,
    call_id: String,
    cseq: u32,
}

impl Contact {
    /// Where a request to it goes.
    pub fn route(&self) -> Route {
        Route { request_uri: self.uri.clone(), flow: self.flow, routes: self.path.clone() }
    }
}

/// The answer to a REGISTER.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// Status.
    pub code: u16,
    /// Headers of the answer.
    pub headers: Vec<(String, String)>,
    /// The contacts of the user name are not what they were.
    pub changed: bool,
}

/// Every registration.
#[derive(Debug, Default)]
pub struct Bindings {
    users: HashMap<Arc<str>, Vec<Contact>>,
    limits: Limits,
}

impl Bindings {
    /// None yet.
    pub fn new(limits: Limits) -> Self {
        Self { users: HashMap::new(), limits }
    }

    /// Takes a REGISTER of a user whose password was proven.
    pub fn register(&mut self, username: &str, message: &Message, flow: FlowId, now: Tick) -> Outcome {
        self.drop_expired(username, now);
        let wish = message.get(Name::Expires).and_then(number);
        let contacts: Vec<&[u8]> = message.list(Name::Contact).collect();
        let call_id = message.get(Name::CallId).map(text).unwrap_or_default().into_owned();
        let cseq = message.cseq().map_or(0, |(number, _)| number);
        let changed = if contacts.iter().any(|contact| *contact == b"*") {
            if contacts.len() > 1 || wish != Some(0) {
                return refused(400);
            }
            self.users.remove(username).is_some_and(|before| !before.is_empty())
        } else {
            match self.take(username, &contacts, (message, wish), (call_id, cseq), (flow, now)) {
                Ok(changed) => changed,
                Err(code) if code == 423 => {
                    let headers = vec![("Min-Expires".into(), self.limits.shortest_s.to_string())];
                    return Outcome { code, headers, changed: false };
                }
                Err(code) => return refused(code),
            }
        };
        Outcome { code: 200, headers: self.answer(username, now), changed }
    }

    fn take(
        &mut self,
        username: &str,
        contacts: &[&[u8]],
        (message, wish): (&Message, Option<u32>),
        (call_id, cseq): (String, u32),
        (flow, now): (FlowId, Tick),
    ) -> Result<bool, u16> {
        let path: Vec<String> = message
            .headers()
            .filter(|(name, _)| name.eq_ignore_ascii_case("path"))
            .map(|(_, value)| value.into_owned())
            .collect();
        let user_agent = message.get_text(Name::UserAgent).map(|agent| agent.chars().take(120).collect::<String>());
        let mut fresh = Vec::new();
        for contact in contacts {
            let address = Address::parse(contact).ok_or(400_u16)?;
            if address.uri().is_none() {
                return Err(400);
            }
            let asked = address.param("expires").map_or(wish, |text| number(text.as_bytes()));
            let life = asked.unwrap_or(self.limits.usual_s);
            if life > 0 && life < self.limits.shortest_s {
                return Err(423);
            }
            let life = life.min(self.limits.longest_s);
            fresh.push(Contact {
                uri: address.uri_text.clone(),
                flow,
                instance: address.quoted_param("+sip.instance"),
                path: path.clone(),
                user_agent: user_agent.clone(),
                expires_at: now + Span::secs(u64::from(life)),
                seen_at: now,
                call_id: call_id.clone(),
                cseq,
            });
        }
        let kept = self.users.entry(username.into()).or_default();
        // All or none: an out-of-order refresh of one contact voids the request (RFC 3261 section 10.3 step 7).
        let late = |contact: &Contact| {
            kept.iter().any(|old| {
                same(old, contact) && old.call_id == contact.call_id && old.cseq >= contact.cseq && old.cseq != 0
            })
        };
        if fresh.iter().any(late) {
            return Err(500);
        }
        let before = kept.len();
        let mut changed = false;
        for contact in fresh {
            let gone = contact.expires_at <= now;
            let old = kept.iter().position(|old| same(old, &contact)).map(|at| kept.remove(at));
            changed |= old.as_ref().is_none_or(|old| old.uri != contact.uri || old.flow != contact.flow) || gone;
            if !gone {
                kept.push(contact);
            }
        }
        while kept.len() > self.limits.contacts {
            kept.remove(0);
        }
        let changed = changed || kept.len() != before;
        if kept.is_empty() {
            self.users.remove(username);
        }
        Ok(changed)
    }

    fn answer(&self, username: &str, now: Tick) -> Vec<(String, String)> {
        self.contacts(username)
            .iter()
            .map(|contact| {
                let left = contact.expires_at.since(now).as_ms().div_ceil(1_000);
                let instance = contact.instance.as_ref().map_or(String::new(), |id| format!(";+sip.instance=\"{id}\""));
                ("Contact".to_owned(), format!("<{}>;expires={left}{instance}", contact.uri))
            })
            .collect()
    }

    fn drop_expired(&mut self, username: &str, now: Tick) {
        if let Some(kept) = self.users.get_mut(username) {
            kept.retain(|contact| contact.expires_at > now);
        }
    }

    /// Contacts of a user name, oldest refresh first.
    pub fn contacts(&self, username: &str) -> &[Contact] {
        self.users.get(username).map_or(&[], Vec::as_slice)
    }

    /// The contact that registered or refreshed last.
    pub fn newest(&self, username: &str, now: Tick) -> Option<&Contact> {
        self.contacts(username).iter().filter(|contact| contact.expires_at > now).max_by_key(|contact| contact.seen_at)
    }

    /// Forgets a user name.
    pub fn forget(&mut self, username: &str) -> bool {
        self.users.remove(username).is_some()
    }

    /// A connection closed: what was reached over it is gone. Returns the user names concerned.
    pub fn flow_down(&mut self, flow: FlowId) -> Vec<String> {
        self.remove_where(|contact| contact.flow == flow)
    }

    /// Removes what has outlived itself; returns the user names concerned.
    pub fn expire(&mut self, now: Tick) -> Vec<String> {
        self.remove_where(|contact| contact.expires_at <= now)
    }

    fn remove_where(&mut self, gone: impl Fn(&Contact) -> bool) -> Vec<String> {
        let mut changed = Vec::new();
        self.users.retain(|username, kept| {
            let before = kept.len();
            kept.retain(|contact| !gone(contact));
            if kept.len() != before {
                changed.push(username.to_string());
            }
            !kept.is_empty()
        });
        changed
    }
}

/// The same device: by instance where both have one, else by URI.
fn same(a: &Contact, b: &Contact) -> bool {
    match (&a.instance, &b.instance) {
        (Some(a), Some(b)) => a == b,
        _ => a.uri == b.uri || matches!((a.uri.parse::<crate::Uri>(), b.uri.parse()), (Ok(a), Ok(b)) if a.same_as(&b)),
    }
}

fn refused(code: u16) -> Outcome {
    Outcome { code, headers: Vec::new(), changed: false }
}

fn number(text: &[u8]) -> Option<u32> {
    std::str::from_utf8(text).ok()?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const FLOW: FlowId =
        FlowId::Udp(std::net::SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), 5070));

    fn register(contact: &str, cseq: u32) -> Message {
        let text = format!(
            "REGISTER sip:x SIP/2.0\r\nVia: SIP/2.0/UDP h;branch=z9hG4bK1\r\nFrom: <sip:a@x>;tag=1\r\nTo: <sip:a@x>\r\n\
             Call-ID: c\r\nCSeq: {cseq} REGISTER\r\n{contact}Content-Length: 0\r\n\r\n"
        );
        Message::parse(text.as_bytes()).unwrap()
    }

    #[test]
    fn contacts_come_are_refreshed_and_go() {
        let mut bindings = Bindings::default();
        let (t0, t1) = (Tick::from_ms(1_000), Tick::from_ms(61_000));
        let first = bindings.register("a", &register("Contact: <sip:a@1.1.1.1>;expires=60\r\n", 1), FLOW, t0);
        assert_eq!((first.code, first.changed, first.headers.len()), (200, true, 1));
        let again = bindings.register("a", &register("Contact: <sip:a@1.1.1.1>;expires=60\r\n", 2), FLOW, t0);
        assert_eq!((again.code, again.changed), (200, false));
        assert_eq!(bindings.expire(t1), ["a"]);
        assert!(bindings.newest("a", t1).is_none());
    }

    #[test]
    fn too_short_gets_423_and_a_star_removes_all() {
        let mut bindings = Bindings::default();
        let now = Tick::from_ms(1_000);
        assert_eq!(bindings.register("a", &register("Contact: <sip:a@h>;expires=5\r\n", 1), FLOW, now).code, 423);
        bindings.register("a", &register("Contact: <sip:a@h>, <sip:b@h>\r\n", 2), FLOW, now);
        assert_eq!(bindings.contacts("a").len(), 2);
        assert_eq!(bindings.register("a", &register("Contact: *\r\n", 3), FLOW, now).code, 400);
        assert!(bindings.register("a", &register("Contact: *\r\nExpires: 0\r\n", 4), FLOW, now).changed);
        assert!(bindings.contacts("a").is_empty());
    }

    #[test]
    fn an_instance_that_moves_keeps_one_contact() {
        let mut bindings = Bindings::default();
        let now = Tick::from_ms(1_000);
        bindings.register("a", &register("Contact: <sip:x@h>;+sip.instance=\"<urn:uuid:1>\"\r\n", 1), FLOW, now);
        bindings.register("a", &register("Contact: <sip:y@h>;+sip.instance=\"<urn:uuid:1>\"\r\n", 2), FLOW, now);
        assert_eq!(bindings.contacts("a").iter().map(|it| it.uri.as_str()).collect::<Vec<_>>(), ["sip:y@h"]);
    }
}
