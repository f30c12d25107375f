//! Which gateway port, number and company a call would find, and why not others: an operator's question, answered by the very
//! steps that calls take.

use kernel::{CallId, GatewayId, GatewayPortId, TenantId, Uuid};
use patchbay_gateway::{Called, Caller, PortHint};
use patchbay_kernel as kernel;
use patchbay_plane::{InviteFacts, Refusal, RouteAsk, RoutePlan, Source};

use super::{
    Directory,
    inbound::{Placed, arrive, hear, placed, ring},
    no::No,
};

/// A gateway port of the box, and why the call is or is not its.
#[derive(Clone, Debug)]
pub struct PortVerdict {
    /// The gateway port.
    pub id: GatewayPortId,
    /// For people: `Line 7 of Kestrel`.
    pub label: String,
    /// The call comes in on it.
    pub chosen: bool,
    /// Why, or why not, in one sentence.
    pub text: String,
    /// The same as a stable word.
    pub reason: &'static str,
    /// What the INVITE names: a gateway port's place or a trunk group.
    pub named: Option<String>,
    /// It takes no calls.
    pub switched_off: bool,
    /// The number lives here.
    pub lives_here: bool,
}

/// What became of an INVITE that never was.
#[derive(Debug)]
pub struct Explained {
    /// What the box says was called.
    pub called: Option<String>,
    /// Who it says is calling.
    pub caller: Option<String>,
    /// Its gateway ports.
    pub ports: Vec<PortVerdict>,
    /// The number it leads to and whose that is.
    pub number: Option<(String, TenantId)>,
    /// Where the number that was called lives, on whichever box, whoever has it.
    pub home: Option<GatewayPortId>,
    /// The plan of the call, or why there is none.
    pub outcome: Result<Box<RoutePlan>, Refusal>,
}

impl Directory {
    /// What a call from this gateway would come to. Nothing is written, nobody is rung, no channel is taken.
    pub async fn explain(
        &self,
        gateway: GatewayId,
        account_of: Option<GatewayPortId>,
        invite: InviteFacts,
    ) -> Explained {
        let core = &self.core;
        let mut out = Explained {
            called: None,
            caller: None,
            ports: Vec::new(),
            number: None,
            home: None,
            outcome: Err(Refusal { cause: kernel::EndCause::NotFound, tenant: None, text: String::new() }),
        };
        let ports = match core.recall.gateway_ports(core, gateway).await {
            Ok(ports) => ports,
            Err(error) => {
                out.outcome = Err(No::from(error).told(None));
                return out;
            }
        };
        let mut place = None;
        let mut how = Placed::Number;
        if let Some(first) = ports.first() {
            let heard = hear(first, &invite);
            if let Some(Called::Number(number)) = &heard.called
                && let Ok(found) = core.recall.number(core, number.as_str()).await
            {
                out.home = found.as_ref().as_ref().map(|row| GatewayPortId::from_uuid(row.gateway_port_id));
            }
            out.called = heard.called.as_ref().map(|called| match called {
                Called::Number(number) => number.to_string(),
                Called::Dialled(text) => text.as_str().to_owned(),
                Called::Line => "the number of the line".to_owned(),
            });
            out.caller = match &heard.caller {
                Caller::Anonymous => None,
                known => Some(known.text().to_owned()),
            };
            (place, how) = placed(&ports, account_of, heard.port_hint.as_ref());
        }
        let arrival = arrive(core, &invite, gateway, account_of).await;
        let mut lives = None;
        out.outcome = match arrival {
            Ok(arrival) => {
                place = Some(arrival.place);
                lives = Some(arrival.number.gateway_port_id);
                let tenant = arrival.tenant;
                out.number = Some((arrival.number.e164.clone(), tenant));
                let ask = RouteAsk {
                    call: CallId::from_uuid(Uuid::nil()),
                    source: Source::Gateway { gateway, gateway_port: account_of },
                    invite,
                };
                ring(core, &ask, arrival).await.map(Box::new).map_err(|no| no.told(Some(tenant)))
            }
            Err(no) => Err(no.told(None)),
        };
        out.ports = ports
            .iter()
            .enumerate()
            .map(|(at, port)| {
                let chosen = place == Some(at);
                let lives_here = lives == Some(port.row.port_id);
                let text = verdict(chosen, how.clone(), port.row.enabled, lives_here);
                let (reason, named) = word(chosen, &how);
                let switched_off = !port.row.enabled;
                PortVerdict {
                    id: port.id(),
                    label: port.label(),
                    chosen,
                    text,
                    reason,
                    named,
                    switched_off,
                    lives_here,
                }
            })
            .collect();
        out
    }
}

/// The reason as a stable word, and what the INVITE names.
fn word(chosen: bool, how: &Placed) -> (&'static str, Option<String>) {
    match (how, chosen) {
        (Placed::Account, true) => ("account", None),
        (Placed::Account, false) => ("other_account", None),
        (Placed::Hint(PortHint::Ordinal(n)), true) => ("named", Some(n.to_string())),
        (Placed::Hint(PortHint::Ordinal(n)), false) => ("other_named", Some(n.to_string())),
        (Placed::Hint(PortHint::Group(name)), true) => ("group", Some(name.clone())),
        (Placed::Hint(PortHint::Group(name)), false) => ("other_group", Some(name.clone())),
        (Placed::Only, _) => ("only", None),
        (Placed::Number, true) => ("number", None),
        (Placed::Number, false) => ("other_number", None),
    }
}

/// One sentence about a gateway port.
fn verdict(chosen: bool, how: Placed, enabled: bool, lives: bool) -> String {
    let why = match (&how, chosen) {
        (Placed::Account, true) => "The account that speaks is this gateway port's".to_owned(),
        (Placed::Account, false) => "The account that speaks is another gateway port's".to_owned(),
        (Placed::Hint(PortHint::Ordinal(n)), true) => format!("The INVITE names gateway port {n}"),
        (Placed::Hint(PortHint::Ordinal(n)), false) => {
            format!("The INVITE names gateway port {n}, and this is another")
        }
        (Placed::Hint(PortHint::Group(name)), true) => format!("The INVITE names the trunk group {name}"),
        (Placed::Hint(PortHint::Group(name)), false) => {
            format!("The INVITE names the trunk group {name}, and this is another")
        }
        (Placed::Only, _) => "The box has no other gateway port".to_owned(),
        (Placed::Number, true) => "The INVITE names no gateway port, and the number lives on this one".to_owned(),
        (Placed::Number, false) => {
            "The INVITE names no gateway port, and the number does not live on this one".to_owned()
        }
    };
    match (chosen, enabled, lives) {
        (true, false, _) => format!("{why}, but it is switched off."),
        (false, _, true) => format!("{why}. The number lives here all the same."),
        _ => format!("{why}."),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_verdict_says_why() {
        assert_eq!(verdict(true, Placed::Account, true, true), "The account that speaks is this gateway port's.");
        assert_eq!(
            verdict(true, Placed::Hint(PortHint::Ordinal(2)), false, false),
            "The INVITE names gateway port 2, but it is switched off."
        );
        assert_eq!(
            verdict(false, Placed::Hint(PortHint::Ordinal(2)), true, true),
            "The INVITE names gateway port 2, and this is another. The number lives here all the same."
        );
    }
}
