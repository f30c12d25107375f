//! Sends news where they belong: to a call's door, to the registrar, to whoever waits for an answer.

use std::sync::Arc;

use patchbay_media::MediaEvent;
use patchbay_sip::{self as sip, Event, Method, verdict};
use tokio::sync::mpsc;

use crate::{call_task::CallMessage, exchange::Exchange, ingress, lamps, park, takeover};

/// Until the signalling ends.
pub(crate) async fn hear_sip(exchange: Arc<Exchange>, mut events: mpsc::UnboundedReceiver<Event>) {
    while let Some(event) = events.recv().await {
        hear(&exchange, event);
    }
}

/// Until the engine ends.
pub(crate) async fn hear_media(exchange: Arc<Exchange>, mut events: mpsc::UnboundedReceiver<MediaEvent>) {
    while let Some(event) = events.recv().await {
        if let Some(door) = exchange.live.of_leg(event.leg) {
            let _ = door.send(CallMessage::Media(event));
        }
    }
}

fn hear(exchange: &Arc<Exchange>, event: Event) {
    match event {
        Event::Invite { leg, flow, message, replaces: Some(place) } => {
            takeover::begin(exchange, leg, place, flow, message);
        }
        Event::Invite { leg, flow, message, .. } => match park::slot_dialled(&message) {
            Some(slot) => park::begin(exchange, leg, slot, flow, message),
            None => ingress::begin(exchange, leg, flow, message),
        },
        Event::Request { request, flow, message, tag } => asked(exchange, (request, tag), flow, message),
        Event::Reply { request, code, message } => exchange.replied(request, (code, message)),
        Event::FlowDown { flow } => {
            exchange.distrust(|known, _| known == flow);
            exchange.lost_flow(flow);
            exchange.gateways.lost_flow(flow);
        }
        Event::Refer { leg, request, .. } if exchange.door_of(leg, false).is_none() => {
            exchange.command(sip::Cmd::Respond { request, code: 481, extra: Vec::new() });
        }
        event => {
            let Some(leg) = leg_of(&event) else { return };
            let last = matches!(event, Event::Refused { .. } | Event::Ended { .. });
            if let Some(door) = exchange.door_of(leg, last) {
                let _ = door.send(CallMessage::Sip(event));
            }
        }
    }
}

/// The leg that an event is about.
pub(crate) fn leg_of(event: &Event) -> Option<sip::LegId> {
    match event {
        Event::Invite { leg, .. }
        | Event::Progress { leg, .. }
        | Event::Answered { leg, .. }
        | Event::Refused { leg, .. }
        | Event::Acked { leg, .. }
        | Event::Offer { leg, .. }
        | Event::Accepted { leg, .. }
        | Event::Rejected { leg, .. }
        | Event::Info { leg, .. }
        | Event::Refer { leg, .. }
        | Event::Referred { leg, .. }
        | Event::Ended { leg, .. } => Some(*leg),
        Event::Request { .. } | Event::Reply { .. } | Event::FlowDown { .. } => None,
    }
}

/// Requests outside of a session. Only REGISTER, SUBSCRIBE to one's own messages and OPTIONS mean anything here; nothing else is
/// carried for anybody, so nothing else can be forged (`safety.md` C3).
fn asked(
    exchange: &Arc<Exchange>,
    (request, tag): (sip::RequestId, String),
    flow: sip::FlowId,
    message: Arc<sip::Message>,
) {
    let respond = |code, extra| exchange.command(sip::Cmd::Respond { request, code, extra });
    let allow = || vec![("Allow".to_owned(), verdict::ALLOW.to_owned())];
    match message.method() {
        Some(Method::Register) => {
            let exchange = exchange.clone();
            tokio::spawn(async move { exchange.register(request, flow, message).await });
        }
        Some(Method::Options) if exchange.is_draining() => {
            respond(503, vec![("Retry-After".to_owned(), "10".to_owned())]);
        }
        Some(Method::Options) => {
            let mut extra = allow();
            extra.push(("Accept".to_owned(), "application/sdp".to_owned()));
            extra.push(("Allow-Events".to_owned(), lamps::PACKAGE.to_owned()));
            respond(200, extra);
        }
        Some(Method::Subscribe) => {
            let exchange = exchange.clone();
            tokio::spawn(async move { exchange.subscribe(request, flow, &tag, &message).await });
        }
        Some(Method::Publish) => respond(489, Vec::new()),
        // Gateways use a NOTIFY outside of a dialog as keep-alive: any final answer keeps them content.
        Some(Method::Notify | Method::Info | Method::Bye | Method::Update | Method::Prack) => respond(481, Vec::new()),
        _ => respond(405, allow()),
    }
}
