//! An INVITE arrives: who is speaking, what is to be done, and a task that does it.

use std::{panic::AssertUnwindSafe, sync::Arc};

use futures::FutureExt;
use patchbay_kernel::{EndCause, LegId};
use patchbay_media::MediaLegKind;
use patchbay_plane::{
    CallStarted, DeviceKind, Direction, InviteFacts, LegKind, Principal, Refusal, RouteAsk, RoutePlan, Source,
};
use patchbay_sip::{self as sip, Address, FlowId, Message, Name, Uri, wire::option::lists};
use tokio::sync::mpsc;

use crate::{
    call_task::{CallMessage, CallTask, Caller, CallerFacts, Wire},
    exchange::Exchange,
    identity,
    live::CallDoor,
    perform::refusal_headers,
    proof::Proven,
    record::Book,
    supervise,
    ways::ways,
};

/// Opens the door of the new call at once, so that a CANCEL that follows closely finds it, and does the rest elsewhere.
pub(crate) fn begin(exchange: &Arc<Exchange>, leg: sip::LegId, flow: FlowId, message: Arc<Message>) {
    let (door, inbox) = mpsc::unbounded_channel();
    exchange.own_sip_leg(leg, &door);
    let exchange = exchange.clone();
    tokio::spawn(async move {
        let placed = AssertUnwindSafe(place(&exchange, leg, flow, &message, (door, inbox))).catch_unwind().await;
        let no = match placed {
            Ok(Ok(())) => return,
            Ok(Err(no)) => no,
            // Before there is a call, only the directory or our reading of the INVITE can have panicked.
            Err(_) => No::because(EndCause::Internal, "internal error"),
        };
        exchange.forget_sip_leg(leg);
        exchange.command(sip::Cmd::Refuse { leg, code: no.code, extra: no.extra });
    });
}

/// A refusal before there is a call.
struct No {
    code: u16,
    extra: Vec<(String, String)>,
}

impl No {
    fn because(cause: EndCause, detail: &str) -> Self {
        Self { code: cause.sip_status(), extra: refusal_headers(cause, Some(detail)) }
    }
}

async fn place(
    exchange: &Arc<Exchange>,
    leg: sip::LegId,
    flow: FlowId,
    message: &Message,
    (door, inbox): (CallDoor, mpsc::UnboundedReceiver<CallMessage>),
) -> Result<(), No> {
    if exchange.is_draining() {
        return Err(No::because(EndCause::Overloaded, "the node is about to end"));
    }
    if exchange.live.count() >= exchange.config.max_calls {
        return Err(No::because(EndCause::Overloaded, "the node carries as many calls as it may"));
    }
    let began = (exchange.now(), exchange.wall());
    let proven = exchange.prove(message, flow).await.map_err(|it| No { code: it.code, extra: it.extra })?;
    // Near the limit new outbound calls give way to those that come in (`safety.md` section 4, overload order).
    if matches!(proven.principal, Principal::Device { .. })
        && exchange.live.count() >= exchange.config.max_calls * 9 / 10
    {
        return Err(No::because(EndCause::Overloaded, "the node carries nearly as many calls as it may"));
    }
    let call = exchange.new_call();
    let (source, invite) = (identity::source(&proven.principal), facts(message));
    let ask = RouteAsk { call, source, invite: invite.clone() };
    let planned = tokio::time::timeout(exchange.config.route_within, exchange.outside.directory.route(ask)).await;
    let first = exchange.new_leg();
    let mut plan = match planned {
        Ok(Ok(plan)) => plan,
        Ok(Err(refusal)) => {
            // Without a company there is no record, and nobody could ask for the messages.
            if refusal.tenant.is_some() {
                exchange.follow_caller((call, first), &proven.principal, None, message);
            }
            return Err(refused(exchange, (call, began), &proven, &invite, refusal));
        }
        Err(_) => return Err(No::because(EndCause::Overloaded, "the directory does not answer in time")),
    };
    exchange.follow_caller((call, first), &proven.principal, Some(&plan), message);
    if let Principal::Gateway { gateway, gateway_port } = &proven.principal
        && let Some(auth) = exchange.gateways.account(*gateway, *gateway_port)
    {
        exchange.command(sip::Cmd::Prove { leg, auth });
    }
    let ways = ways(exchange, &mut plan).await;
    let caller = caller(&proven, &plan, leg, first);
    let offer = message.sdp().map(<[u8]>::to_vec);
    let mut task = CallTask::new(exchange.clone(), (plan, ways), caller, offer, (door, inbox), began);
    task.hops = hops(message);
    task.hears_early |= [Name::Supported, Name::Require].into_iter().any(|it| lists(message, it, "100rel"));
    // The same task goes on: one call, one task.
    supervise::run(exchange.clone(), task).await;
    Ok(())
}

fn caller(proven: &Proven, plan: &RoutePlan, wire: sip::LegId, leg: LegId) -> Caller {
    let (kind, media, party, seat, device) = match &proven.principal {
        Principal::Device { seat, device, kind, .. } => {
            let party = proven.username.clone().unwrap_or_default();
            match kind {
                DeviceKind::Browser => (LegKind::Browser, MediaLegKind::Browser, party, Some(*seat), Some(*device)),
                DeviceKind::SipPhone => (LegKind::SipPhone, MediaLegKind::phone(), party, Some(*seat), Some(*device)),
            }
        }
        Principal::Gateway { .. } => {
            let media = MediaLegKind::gateway(plan.caller_srtp, true);
            (LegKind::Gateway, media, plan.caller.number.clone(), None, None)
        }
    };
    let line = plan.caller_gateway_port;
    let facts = CallerFacts { kind, party, seat, device, line };
    Caller { leg, wire: Wire::Sip(wire), media, facts }
}

/// The refusal in SIP; where the company is known, in its records too.
fn refused(
    exchange: &Arc<Exchange>,
    (call, (now, wall)): (patchbay_kernel::CallId, (patchbay_kernel::Tick, patchbay_kernel::Wall)),
    proven: &Proven,
    invite: &InviteFacts,
    refusal: Refusal,
) -> No {
    let no = No::because(refusal.cause, &refusal.text);
    let Some(tenant) = refusal.tenant else { return no };
    let (direction, seat, gateway) = match identity::source(&proven.principal) {
        Source::Seat { seat, .. } => (Direction::Outbound, Some(seat), None),
        Source::Gateway { gateway, gateway_port } => (Direction::Inbound, None, Some((gateway, gateway_port))),
    };
    let user = |uri: &str| uri.parse::<Uri>().ok().and_then(|uri| uri.user_text()).unwrap_or_default();
    let from = user(&invite.from_uri);
    let started = CallStarted {
        call,
        tenant,
        direction,
        caller: if from.is_empty() { proven.username.clone().unwrap_or_default() } else { from },
        caller_name: invite.from_name.clone(),
        called: user(&invite.request_uri),
        displayed: None,
        seat,
        number: None,
        gateway: gateway.map(|(gateway, _)| gateway),
        gateway_port: gateway.and_then(|(_, gateway_port)| gateway_port),
        at: wall,
    };
    let why = (refusal.cause, refusal.cause.blame());
    let record = Book::of(started, now, wall).close(why, None, Some(refusal.text), exchange.now());
    exchange.keep_record(record);
    no
}

/// Hops left for the other side of a back-to-back call, so that a loop through us ends (RFC 3261 section 16.6 step 3). One
/// that arrives with none is refused before it gets here.
fn hops(message: &Message) -> Option<u8> {
    let here: u8 = std::str::from_utf8(message.get(Name::MaxForwards)?).ok()?.parse().ok()?;
    Some(here.saturating_sub(1))
}

/// What the INVITE says.
fn facts(message: &Message) -> InviteFacts {
    let address = |name| message.get(name).and_then(Address::parse);
    let from = address(Name::From);
    const APART: [&str; 12] =
        ["from", "f", "to", "t", "via", "v", "call-id", "i", "cseq", "authorization", "content-length", "l"];
    InviteFacts {
        request_uri: message.request_uri().into_owned(),
        to_uri: address(Name::To).map(|to| to.uri_text).unwrap_or_default(),
        from_name: from.as_ref().and_then(|from| from.name.clone()).filter(|name| !name.is_empty()),
        from_uri: from.map(|from| from.uri_text).unwrap_or_default(),
        headers: message
            .headers()
            .map(|(name, value)| (name.to_ascii_lowercase(), value.into_owned()))
            .filter(|(name, _)| !APART.contains(&name.as_str()))
            .collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_facts_of_an_invite_keep_what_profiles_look_at() {
        let text = "INVITE sip:+14155550101@pbx;tgrp=2 SIP/2.0\r\nVia: SIP/2.0/UDP h;branch=z9hG4bK1\r\n\
            From: \"Ada\" <sip:+14155550199@gw>;tag=1\r\nTo: <sip:+14155550101@pbx>\r\nCall-ID: x\r\nCSeq: 1 INVITE\r\n\
            Authorization: Digest username=\"secret\"\r\nX-Line: 7\r\nContent-Length: 0\r\n\r\n";
        let facts = facts(&Message::parse(text.as_bytes()).unwrap());
        assert_eq!(facts.request_uri, "sip:+14155550101@pbx;tgrp=2");
        assert_eq!((facts.from_uri.as_str(), facts.from_name.as_deref()), ("sip:+14155550199@gw", Some("Ada")));
        assert_eq!(facts.headers, [("x-line".to_owned(), "7".to_owned())]);
    }
}
