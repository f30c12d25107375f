//! What an INVITE of a box says: which number was called, who calls, on which gateway port.

use kernel::{DialString, E164};
use patchbay_kernel as kernel;

use crate::{
    country::DialPlan,
    identity::{asks_for_privacy, header},
    name,
    number_rules::rewrite,
    port::PortHint,
    profile::{CalledSource, Profile},
    uri::Uri,
};

/// The parts of an INVITE that profiles look at.
#[derive(Clone, Copy, Debug)]
pub struct Facts<'a> {
    /// The whole Request-URI.
    pub request_uri: &'a str,
    /// The URI of To.
    pub to_uri: &'a str,
    /// The URI of From.
    pub from_uri: &'a str,
    /// The display name of From.
    pub from_name: Option<&'a str>,
    /// Other headers, name in lower case, in order.
    pub headers: &'a [(String, String)],
}

/// Which number was called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Called {
    /// A public number.
    Number(E164),
    /// Something dialled that is no public number.
    Dialled(DialString),
    /// The number of the line that it came in on: the box does not say more, and there is one number on the line.
    Line,
}

/// Who calls.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Caller {
    /// A public number.
    Number(E164),
    /// A short number, as written.
    Dialled(DialString),
    /// Hidden or unknown.
    Anonymous,
}

impl Caller {
    /// For records: the number as text, `anonymous` where there is none.
    pub fn text(&self) -> &str {
        match self {
            Self::Number(number) => number.as_str(),
            Self::Dialled(text) => text.as_str(),
            Self::Anonymous => "anonymous",
        }
    }
}

/// An INVITE of a box, understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ingress {
    /// The number called; `None` when none of the profile's places holds anything dialable.
    pub called: Option<Called>,
    /// The caller.
    pub caller: Caller,
    /// The caller's name, when it says more than the number.
    pub caller_name: Option<String>,
    /// The gateway port, where the INVITE names one. An account of a gateway port says more: prefer it.
    pub port_hint: Option<PortHint>,
}

/// Read an INVITE of a box with this profile. `country` is that of the box's site.
pub fn ingress(profile: &Profile, facts: &Facts<'_>, country: &str) -> Ingress {
    let plan = DialPlan::of(country);
    let request = Uri::parse(facts.request_uri).unwrap_or_default();
    let (port_hint, request_user) = profile.inbound.port.read(&request.user, &request, facts.headers);
    let called = called(profile, facts, request_user, plan.as_ref());
    let (caller, caller_name) = caller(profile, facts, plan.as_ref());
    Ingress { called, caller, caller_name, port_hint }
}

/// The first place that holds a public number; else the line, where the profile says so; else the first dialable text.
fn called(profile: &Profile, facts: &Facts<'_>, request_user: &str, plan: Option<&DialPlan>) -> Option<Called> {
    let mut dialled = None;
    for source in &profile.inbound.called {
        let text = match source {
            CalledSource::RequestUri => request_user.to_owned(),
            CalledSource::To => user_of(facts.to_uri),
            CalledSource::PCalledPartyId => user_of(header(facts.headers, "p-called-party-id").unwrap_or("")),
            CalledSource::Diversion => user_of(header(facts.headers, "diversion").unwrap_or("")),
            CalledSource::Line => return Some(Called::Line),
        };
        let text = rewrite(&profile.inbound.rewrite, &text);
        if let Some(number) = profile.inbound.numbers.read(&text, plan) {
            return Some(Called::Number(number));
        }
        dialled = dialled.or_else(|| text.parse().ok());
    }
    dialled.map(Called::Dialled)
}

fn user_of(uri: &str) -> String {
    Uri::parse(uri).map(|uri| uri.user.into_owned()).unwrap_or_default()
}

fn caller(profile: &Profile, facts: &Facts<'_>, plan: Option<&DialPlan>) -> (Caller, Option<String>) {
    if asks_for_privacy(facts.headers) {
        return (Caller::Anonymous, None);
    }
    let mut named = None;
    for source in &profile.inbound.caller {
        let Some(found) = source.find(facts.from_uri, facts.from_name, facts.headers) else { continue };
        if found.withheld {
            return (Caller::Anonymous, None);
        }
        let text = rewrite(&profile.inbound.rewrite, &found.user);
        let caller = match (profile.inbound.numbers.read(&text, plan), text.parse()) {
            (Some(number), _) => Caller::Number(number),
            (None, Ok(text)) => Caller::Dialled(text),
            (None, Err(_)) => {
                named = named.or_else(|| found.name.and_then(|name| name::worth_showing(&name, "")));
                continue;
            }
        };
        // An asserted number often comes without the name that From has.
        let name = found.name.as_deref().and_then(|name| name::worth_showing(name, caller.text()));
        let name = name.or_else(|| facts.from_name.and_then(|name| name::worth_showing(name, caller.text())));
        return (caller, name);
    }
    (Caller::Anonymous, named)
}
