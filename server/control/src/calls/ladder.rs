//! The SIP messages of one call: for the company with its gateways' addresses hidden, for operators as they were.

use std::collections::BTreeMap;

use axum::Json;
use kernel::{CallId, GatewayPortId, LegId, Uuid, Wall};
use patchbay_access::{Read, resource::of};
use patchbay_kernel as kernel;
use patchbay_ladder::hide;
use patchbay_plane::{self as plane, LadderLeg};
use patchbay_tenancy::system::{gateway, gateway_port};
use sea_orm::ColumnTrait;
use serde::Serialize;
use time::OffsetDateTime;
use utoipa::ToSchema;

use super::{
    ladder_row::{call_ladder, unpack},
    row::call,
};
use crate::kit::{
    app::App,
    body::Id,
    may::May,
    operator::Operator,
    problem::{Or404, Problem},
    words::{LegKind, LegRole},
};

/// The SIP messages of one call, secrets masked.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Ladder {
    /// When the call began: zero of the messages' times.
    #[serde(with = "time::serde::rfc3339")]
    pub started_at: OffsetDateTime,
    /// Who speaks with us, in the order in which they began.
    pub lanes: Vec<LadderLane>,
    /// What was said, in order.
    pub messages: Vec<LadderMessage>,
    /// Messages left out because there were too many.
    pub missing: i64,
}

/// One who speaks with us.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct LadderLane {
    /// `leg_..`
    pub leg: String,
    /// Which side.
    pub role: LegRole,
    /// What it runs on.
    pub kind: LegKind,
    /// The gateway's and gateway port's name, for lines.
    pub label: Option<String>,
}

/// One message.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct LadderMessage {
    /// Milliseconds since the call began; below zero when the message came before.
    pub at_ms: i64,
    /// Of this lane.
    pub leg: String,
    /// We sent it; else we received it.
    pub ours: bool,
    /// `udp`, `tcp`, `tls`, `ws`.
    pub transport: String,
    /// The other end; for the company, the gateway's name in place of an address.
    pub peer: String,
    /// `INVITE`, or `180 Ringing`.
    pub title: String,
    /// Method of the request, or of the one that is answered.
    pub method: Option<String>,
    /// Whether it carries a session description.
    pub sdp: bool,
    /// The same message was sent before: a repeat, because no answer came.
    pub repeated: bool,
    /// The whole message.
    pub text: String,
}

/// A call of some company, for an operator.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct OperatorLadder {
    /// Whose call it was.
    pub company: String,
    /// Caller.
    pub caller: String,
    /// Called.
    pub called: String,
    /// Why it ended.
    pub cause: Option<String>,
    /// Its messages, addresses shown.
    pub ladder: Ladder,
}

/// The SIP messages of one call. Addresses of gateways are replaced by their names.
#[utoipa::path(get, path = "/v1/calls/{id}/ladder", operation_id = "call_ladder", tag = "calls", params(("id" = String, Path)),
    security(("user" = ["calls:read"])), responses((status = 200, body = Ladder)))]
pub async fn call_ladder_get(may: May<Read<of::Call>>, Id(id): Id<CallId>) -> Result<Json<Ladder>, Problem> {
    let tx = may.read().await?;
    let row = tx.find_seen::<call::Entity>(id.uuid()).await?.or_404()?;
    let kept = tx.find_seen::<call_ladder::Entity>(id.uuid()).await?;
    drop(tx);
    let now = may.app.observer().and_then(|observer| observer.ladder(id));
    let ladder = now.or_else(|| kept.and_then(|kept| unpack(&kept.body))).unwrap_or_default();
    let own = may.app.observer().map(|observer| observer.own_hosts()).unwrap_or_default();
    let labels = labels(&may.app, &ladder, row.gateway_port_id).await?;
    let name = |leg: &LadderLeg| {
        let known = leg.gateway_port.map(GatewayPortId::uuid).or(row.gateway_port_id).and_then(|id| labels.get(&id));
        known.cloned().unwrap_or_else(|| "gateway".to_owned())
    };
    let hidden = plane::Ladder {
        messages: ladder
            .messages
            .into_iter()
            .map(|message| without_place(message, &ladder.legs, &name, &own))
            .collect(),
        ..plane::Ladder { legs: ladder.legs.clone(), messages: Vec::new(), missing: ladder.missing }
    };
    Ok(Json(shown(&hidden, Wall::from_offset(row.started_at), &name)))
}

fn without_place(
    message: plane::LadderMessage,
    legs: &[LadderLeg],
    name: &impl Fn(&LadderLeg) -> String,
    own: &[String],
) -> plane::LadderMessage {
    let line = legs.iter().find(|leg| leg.leg == message.leg && leg.kind == plane::LegKind::Gateway);
    let Some(line) = line else { return message };
    let label = name(line);
    plane::LadderMessage {
        text: hide(&message.text, (&message.peer, !message.ours), own, &label),
        peer: label,
        ..message
    }
}

/// The SIP messages of any company's call, as they were on the wire but for secrets.
#[utoipa::path(get, path = "/v1/operator/calls/{id}/ladder", operation_id = "operator_call_ladder", tag = "operator",
    params(("id" = String, Path)), security(("operator" = [])), responses((status = 200, body = OperatorLadder)))]
pub async fn operator_call_ladder(operator: Operator, Id(id): Id<CallId>) -> Result<Json<OperatorLadder>, Problem> {
    let found = operator.read().ladder(id).await?.or_404()?;
    let now = operator.app.observer().and_then(|observer| observer.ladder(id));
    let ladder = now.or_else(|| found.body.as_deref().and_then(unpack)).unwrap_or_default();
    let labels = labels(&operator.app, &ladder, None).await?;
    let name = |leg: &LadderLeg| {
        let known = leg.gateway_port.and_then(|id| labels.get(&id.uuid()));
        known.cloned().unwrap_or_else(|| "gateway".to_owned())
    };
    let ladder = shown(&ladder, Wall::from_offset(found.started_at), &name);
    let (company, caller, called, cause) = (found.company, found.caller, found.called, found.cause);
    Ok(Json(OperatorLadder { company, caller, called, cause, ladder }))
}

/// "Falcon E1, port 1" for the gateway ports that the ladder names.
async fn labels(app: &App, ladder: &plane::Ladder, more: Option<Uuid>) -> Result<BTreeMap<Uuid, String>, Problem> {
    let ids: Vec<Uuid> =
        ladder.legs.iter().filter_map(|leg| leg.gateway_port).map(GatewayPortId::uuid).chain(more).collect();
    if ids.is_empty() {
        return Ok(BTreeMap::new());
    }
    let system = app.database.system();
    let ports = system.select::<gateway_port::Entity>().filter(gateway_port::Column::Id.is_in(ids)).all().await?;
    let boxes = ports.iter().map(|port| port.gateway_id);
    let boxes = system.select::<gateway::Entity>().filter(gateway::Column::Id.is_in(boxes)).all().await?;
    let name = |port: &gateway_port::Model| match boxes.iter().find(|it| it.id == port.gateway_id) {
        Some(it) => format!("{}, {}", it.label, port.label),
        None => port.label.clone(),
    };
    Ok(ports.iter().map(|port| (port.id, name(port))).collect())
}

fn shown(ladder: &plane::Ladder, began: Wall, name: &impl Fn(&LadderLeg) -> String) -> Ladder {
    let lane = |leg: &LadderLeg| LadderLane {
        leg: leg.leg.to_string(),
        role: match leg.role {
            plane::LegRole::Caller => LegRole::Caller,
            plane::LegRole::Called => LegRole::Called,
        },
        kind: match leg.kind {
            plane::LegKind::Browser => LegKind::Browser,
            plane::LegKind::SipPhone => LegKind::SipPhone,
            plane::LegKind::Gateway => LegKind::Gateway,
            plane::LegKind::Service => LegKind::Service,
        },
        label: (leg.kind == plane::LegKind::Gateway).then(|| name(leg)),
    };
    let mut seen: Vec<(LegId, &str)> = Vec::new();
    let messages = ladder.messages.iter().map(|message| {
        let same = (message.leg, message.text.as_str());
        let repeated = seen.contains(&same);
        if !repeated {
            seen.push(same);
        }
        entry(message, began, repeated)
    });
    Ladder {
        started_at: began.to_offset(),
        messages: messages.collect(),
        lanes: ladder.legs.iter().map(lane).collect(),
        missing: i64::from(ladder.missing),
    }
}

fn entry(message: &plane::LadderMessage, began: Wall, repeated: bool) -> LadderMessage {
    let first = message.text.lines().next().unwrap_or_default();
    let (title, method) = match first.strip_prefix("SIP/2.0 ") {
        Some(status) => (status.to_owned(), answered(&message.text)),
        None => {
            let method = first.split(' ').next().unwrap_or_default().to_owned();
            (method.clone(), Some(method))
        }
    };
    LadderMessage {
        at_ms: message.at.ms_since(began),
        leg: message.leg.to_string(),
        ours: message.ours,
        transport: message.transport.clone(),
        peer: message.peer.clone(),
        title,
        method,
        sdp: message.text.contains("\nm=audio "),
        repeated,
        text: message.text.clone(),
    }
}

/// The method that a response answers: the second word of CSeq (RFC 3261 section 20.16).
fn answered(text: &str) -> Option<String> {
    let line = text
        .lines()
        .take_while(|line| !line.is_empty())
        .find(|line| line.split(':').next().is_some_and(|name| name.trim().eq_ignore_ascii_case("cseq")))?;
    line.split_whitespace().last().map(str::to_owned)
}

crate::resource!(call_ladder_get, operator_call_ladder);
