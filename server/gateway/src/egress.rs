//! An INVITE for a box: the dialled number, the displayed number and the gateway port in the box's own spelling.

use kernel::{DialString, E164};
use patchbay_kernel as kernel;

use crate::{
    country::DialPlan,
    identity::Hidden,
    kind::Connection,
    number_rules::{TrunkRules, rewrite},
    port::PortSelect,
    profile::{FromUser, Profile},
};

/// What is dialled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Dial {
    /// A public number; written as the box wants it.
    Number(E164),
    /// A short code or service number; passed as it is.
    Short(DialString),
}

/// The gateway port that the call goes through, as far as its INVITE is concerned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PortFacts {
    /// How its box is joined to the platform.
    pub connection: Connection,
    /// Its place in the box, from 1.
    pub ordinal: u16,
    /// SIP account of the gateway port, where each has one.
    pub account: Option<String>,
    /// SIP account of the box, or ours with the carrier.
    pub gateway_account: Option<String>,
    /// How numbers are written on it.
    pub rules: TrunkRules,
}

/// Whether the called party may see the displayed number.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Presentation {
    /// It may.
    #[default]
    Shown,
    /// The call is private (RFC 3323); the carrier alone learns the number.
    Withheld,
}

/// The call that the INVITE is for.
#[derive(Clone, Copy, Debug)]
pub struct Ask<'a> {
    /// What is dialled.
    pub called: &'a Dial,
    /// The displayed number.
    pub displayed: Option<&'a E164>,
    /// The name to show, as far as the box can carry it.
    pub name: Option<&'a str>,
    /// Shown or withheld.
    pub presentation: Presentation,
    /// Our SIP domain, for identity headers and trunk contexts.
    pub domain: &'a str,
    /// ISO code of the country where the box stands.
    pub country: &'a str,
}

/// Where the INVITE goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Way {
    /// To the contact that this account registered with us.
    Account(String),
    /// To the address of the gateway.
    Address,
}

/// The parts of the INVITE, every rule applied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Egress {
    /// Where to.
    pub way: Way,
    /// User part of Request-URI and To.
    pub request_user: String,
    /// Parameters after it, empty or beginning with `;`.
    pub user_parameters: String,
    /// User part of From.
    pub from_user: String,
    /// Display name of From.
    pub from_name: Option<String>,
    /// Host of From, when it is not our domain.
    pub from_host: Option<String>,
    /// Extra headers.
    pub headers: Vec<(String, String)>,
}

/// No gateway port of this box can be reached in this way: an account is missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the box registers with us, but this gateway port has no account")]
pub struct NoAccount;

/// Write an INVITE for a gateway port of a box with this profile. Errors: the box registers with us and neither it nor the
/// gateway port has an account.
pub fn egress(profile: &Profile, port: &PortFacts, ask: &Ask<'_>) -> Result<Egress, NoAccount> {
    let plan = DialPlan::of(ask.country);
    let select = profile.selection(port.connection);
    let marks = select.marks(port.ordinal, ask.domain);
    let called = match ask.called {
        Dial::Number(number) => port.rules.numbers.unwrap_or(profile.outbound.numbers).write(number, plan.as_ref()),
        Dial::Short(text) => text.as_str().into(),
    };
    let called = rewrite(&port.rules.called, &rewrite(&profile.outbound.rewrite, &called));
    let mut headers: Vec<(String, String)> = marks.header.into_iter().collect();
    let from = from(profile, port, ask, plan.as_ref(), &mut headers);
    Ok(Egress {
        way: way(select, port)?,
        request_user: format!("{}{called}", marks.prefix),
        user_parameters: marks.user_parameters,
        from_user: from.user,
        from_name: from.name,
        from_host: from.host,
        headers,
    })
}

fn way(select: &PortSelect, port: &PortFacts) -> Result<Way, NoAccount> {
    let own = port.account.as_ref().filter(|_| *select == PortSelect::Account);
    match port.connection {
        Connection::RegistersWithUs => {
            own.or(port.gateway_account.as_ref()).cloned().map(Way::Account).ok_or(NoAccount)
        }
        Connection::IpPeer | Connection::WeRegister => Ok(Way::Address),
    }
}

struct From {
    user: String,
    name: Option<String>,
    host: Option<String>,
}

/// From, and beside it the identity headers. A private call has RFC 3323's anonymous From and keeps the number in the identity
/// headers, so a box that has none loses the number: then From must keep it and `Privacy: id` alone asks for silence.
fn from(
    profile: &Profile,
    port: &PortFacts,
    ask: &Ask<'_>,
    plan: Option<&DialPlan>,
    headers: &mut Vec<(String, String)>,
) -> From {
    let out = &profile.outbound;
    let hidden = match ask.presentation {
        Presentation::Shown => Hidden::No,
        Presentation::Withheld => Hidden::Yes,
    };
    let name = ask.name.and_then(|name| out.names.write(name)).filter(|_| hidden == Hidden::No);
    let format = port.rules.displayed_numbers.unwrap_or(out.caller_numbers);
    let written = ask.displayed.map(|number| rewrite(&port.rules.displayed, &format.write(number, plan)));
    if let (Some(number), Some(written)) = (ask.displayed, &written) {
        headers
            .extend(out.identity.iter().map(|kind| kind.write(number, written, name.as_deref(), ask.domain, hidden)));
    }
    if hidden == Hidden::Yes {
        headers.push(("Privacy".into(), "id".into()));
    }
    let account = port.account.as_ref().or(port.gateway_account.as_ref());
    let named = |user: String| From { user, name: name.clone(), host: None };
    match (out.from, account, written) {
        (FromUser::Account, Some(account), _) => named(account.clone()),
        _ if hidden == Hidden::Yes && !out.identity.is_empty() => {
            From { user: "anonymous".into(), name: Some("Anonymous".into()), host: Some("anonymous.invalid".into()) }
        }
        (_, _, Some(written)) => named(written),
        (_, Some(account), None) => named(account.clone()),
        (_, None, None) => named("anonymous".into()),
    }
}
