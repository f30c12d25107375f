//! Which gateway, gateway port, number and company an INVITE would find, and why not others.

use std::{collections::BTreeMap, net::SocketAddr};

use axum::Json;
use kernel::{GatewayId, GatewayPortId, SeatId, TenantId, Uuid};
use patchbay_kernel as kernel;
use patchbay_plane::{Directory as _, InviteFacts, Nearness, Principal, Target};
use patchbay_tenancy::system::{gateway, gateway_port, tenant};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::kit::{
    body::{Body, Check},
    operator::Operator,
    problem::Problem,
    words::words,
};

words! {
    /// How near a gateway's agreed addresses come to where the INVITE comes from.
    MatchNearness {
        /// It speaks with an account: no address speaks for it.
        Untrusted = "untrusted",
        /// It lives elsewhere.
        Elsewhere = "elsewhere",
        /// The address is right, the source port or the transport is not.
        SameHost = "same_host",
        /// Address, source port and transport are the agreed ones.
        Exact = "exact",
    }
}

/// An INVITE that is only thought of.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MatchAsk {
    /// Where it comes from: `192.0.2.7:5060`; without a number 5060.
    pub source: String,
    /// `udp` (absent), `tcp` or `tls`.
    pub transport: Option<String>,
    /// The SIP account whose digest it brings; absent: none.
    pub account: Option<String>,
    /// The Request-URI: `sip:+14155550100@pbx.example.com`.
    pub request_uri: String,
    /// The URI of To; absent: as the Request-URI.
    pub to: Option<String>,
    /// The URI of From.
    pub from: Option<String>,
    /// The name in From.
    pub from_name: Option<String>,
    /// Other headers.
    #[serde(default)]
    pub headers: Vec<MatchHeader>,
}

/// A header of the INVITE.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MatchHeader {
    /// Name, in any case.
    pub name: String,
    /// Value.
    pub value: String,
}

/// A gateway that could have sent it.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct MatchSource {
    /// `gw_..`
    pub gateway: String,
    /// Name.
    pub label: String,
    /// Its addresses as they resolve now; empty for one that speaks with an account alone.
    pub addresses: Vec<String>,
    /// `udp`, `tcp` or `tls`.
    pub transport: String,
    /// How near.
    pub nearness: MatchNearness,
    /// It is the one.
    pub chosen: bool,
    /// Why, or why not, as a stable word.
    pub reason: String,
    /// The same in English.
    pub text: String,
}

/// A gateway port of the gateway.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct MatchPort {
    /// `gwp_..`
    pub gateway_port: String,
    /// Name.
    pub label: String,
    /// It is the one.
    pub chosen: bool,
    /// Why, or why not, as a stable word.
    pub reason: String,
    /// What the INVITE names: a gateway port's place, or a trunk group.
    pub named: Option<String>,
    /// It takes no calls.
    pub switched_off: bool,
    /// The number lives here.
    pub lives_here: bool,
    /// All of it in English.
    pub text: String,
}

/// The gateway port that a number lives on.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct MatchHome {
    /// `gw_..`
    pub gateway: String,
    /// Its name.
    pub gateway_label: String,
    /// `gwp_..`
    pub gateway_port: String,
    /// Its name.
    pub label: String,
}

/// What the call would come to.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct MatchOutcome {
    /// Somebody would be rung.
    pub accepted: bool,
    /// In one sentence.
    pub text: String,
    /// Why not; absent when somebody would be rung.
    pub cause: Option<String>,
    /// The SIP status that the gateway would get; absent when somebody would be rung.
    pub sip_code: Option<i64>,
    /// SIP user names of devices that would ring.
    pub rings: Vec<String>,
    /// `seat_..`: on this seat.
    pub seat: Option<String>,
}

/// What was found.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct MatchResult {
    /// Every gateway that speaks from an address, the nearest first.
    pub sources: Vec<MatchSource>,
    /// `gw_..`: whom the INVITE is taken for.
    pub gateway: Option<String>,
    /// What the gateway's profile finds was called.
    pub called: Option<String>,
    /// Who it finds is calling.
    pub caller: Option<String>,
    /// Gateway ports of the gateway.
    pub gateway_ports: Vec<MatchPort>,
    /// The number of the inventory.
    pub number: Option<String>,
    /// Where the number that was called lives, be it another gateway than the one that speaks.
    pub home: Option<MatchHome>,
    /// `ten_..`: whose it is.
    pub tenant: Option<String>,
    /// Name of the company.
    pub company: Option<String>,
    /// What the call would come to.
    pub outcome: MatchOutcome,
}

/// Which gateway, number and company this INVITE would find, and why not others. Nothing happens: the steps of a real call are
/// taken up to the point where somebody would be rung.
#[utoipa::path(post, path = "/v1/operator/match", operation_id = "operator_match", tag = "operator",
    request_body = MatchAsk, security(("operator" = [])), responses((status = 200, body = MatchResult)))]
pub async fn operator_match(operator: Operator, Body(ask): Body<MatchAsk>) -> Result<Json<MatchResult>, Problem> {
    let (source, transport) = checked(&ask)?;
    let app = &operator.app;
    let directory = app.directory()?;
    let speaker = app.switch()?.speaker(source, transport, &ask.request_uri);
    let labels: BTreeMap<Uuid, String> =
        operator.read().select::<gateway::Entity>().all().await?.into_iter().map(|row| (row.id, row.label)).collect();
    let by_account = match ask.account.as_deref().map(str::trim).filter(|account| !account.is_empty()) {
        None => None,
        Some(account) => Some(
            directory
                .credential(account)
                .await
                .map_err(Problem::internal)?
                .map(|known| known.principal)
                .ok_or_else(|| Problem::field("account", "unknown_account", "There is no such SIP account."))?,
        ),
    };
    let found = match by_account {
        None => speaker.found,
        Some(Principal::Gateway { gateway, gateway_port }) => Some((gateway, gateway_port)),
        Some(Principal::Device { .. }) => {
            let text = "This is the account of a seat's device: its calls are outbound.";
            return Err(Problem::field("account", "not_a_gateway", text));
        }
    };
    let proven = ask.account.as_deref().is_some_and(|account| !account.trim().is_empty());
    let mut sources: Vec<MatchSource> = Vec::new();
    for one in &speaker.neighbours {
        let chosen = !proven && found.is_some_and(|(gateway, _)| gateway == one.gateway);
        sources.push(MatchSource {
            gateway: one.gateway.to_string(),
            label: labels.get(&one.gateway.uuid()).cloned().unwrap_or_default(),
            addresses: one.addresses.iter().map(SocketAddr::to_string).collect(),
            transport: one.transport.to_owned(),
            nearness: near(one.nearness),
            chosen,
            reason: why(one.nearness, chosen, proven, found.is_some()).0.to_owned(),
            text: why(one.nearness, chosen, proven, found.is_some()).1.to_owned(),
        });
    }
    if proven && let Some((gateway, _)) = found {
        sources.retain(|one| one.gateway != gateway.to_string());
        sources.push(by_digest(gateway, &labels));
    }
    sources.sort_by_key(|one| {
        (!one.chosen, std::cmp::Reverse(MatchNearness::ALL.iter().position(|it| *it == one.nearness)))
    });
    let Some((gateway, gateway_port)) = found else {
        return Ok(Json(MatchResult { sources, ..nobody(&source) }));
    };
    led(&operator, directory, (gateway, gateway_port), invite(&ask), sources).await.map(Json)
}

fn checked(ask: &MatchAsk) -> Result<(SocketAddr, &str), Problem> {
    let text = ask.source.trim();
    let source = text.parse::<SocketAddr>().ok();
    let source = source.or_else(|| text.parse::<std::net::IpAddr>().ok().map(|ip| SocketAddr::new(ip, 5060)));
    let transport = ask.transport.as_deref().unwrap_or("udp");
    let mut check = Check::default();
    check.need(source.is_some(), "source", "address", "An address such as 192.0.2.7:5060.");
    check.need(matches!(transport, "udp" | "tcp" | "tls"), "transport", "not_offered", "One of udp, tcp, tls.");
    let uri = ask.request_uri.trim();
    check.need(
        uri.starts_with("sip:") || uri.starts_with("sips:"),
        "request_uri",
        "uri",
        "A URI that begins with sip:.",
    );
    check.need(ask.headers.len() <= 50, "headers", "too_many", "At most 50 headers.");
    let clean = |text: &str| text.len() <= 2_000 && !text.contains(['\r', '\n', '\0']);
    let others = [&ask.to, &ask.from, &ask.from_name, &ask.account].into_iter().flatten().map(String::as_str);
    let all = others.chain([uri]).chain(ask.headers.iter().flat_map(|it| [it.name.as_str(), it.value.as_str()]));
    check.need(all.into_iter().all(clean), "headers", "invalid", "One line each, 2,000 characters at most.");
    check.done()?;
    source.map(|source| (source, transport)).ok_or_else(Problem::not_found)
}

fn invite(ask: &MatchAsk) -> InviteFacts {
    let uri = ask.request_uri.trim().to_owned();
    InviteFacts {
        to_uri: ask.to.as_deref().map(str::trim).filter(|to| !to.is_empty()).map_or_else(|| uri.clone(), str::to_owned),
        from_uri: ask.from.as_deref().unwrap_or_default().trim().to_owned(),
        from_name: ask.from_name.clone().filter(|name| !name.is_empty()),
        headers: ask.headers.iter().map(|it| (it.name.trim().to_ascii_lowercase(), it.value.clone())).collect(),
        request_uri: uri,
    }
}

const fn near(nearness: Nearness) -> MatchNearness {
    match nearness {
        Nearness::Untrusted => MatchNearness::Untrusted,
        Nearness::Elsewhere => MatchNearness::Elsewhere,
        Nearness::SameHost => MatchNearness::SameHost,
        Nearness::Exact => MatchNearness::Exact,
    }
}

/// Why a gateway is or is not the one: a stable word, and the same in English.
const fn why(nearness: Nearness, chosen: bool, proven: bool, found: bool) -> (&'static str, &'static str) {
    match (nearness, chosen) {
        _ if proven => ("digest", "The INVITE brings a digest, so the account decides and no address does."),
        (Nearness::Exact, true) => ("exact", "Address, source port and transport are the agreed ones."),
        (Nearness::SameHost, true) => ("host", "The address is the agreed one, and no other gateway lives there."),
        (_, true) => ("itself", "It speaks for itself."),
        (Nearness::Untrusted, _) => ("needs_digest", "Its address alone is not believed: it must bring a digest."),
        (Nearness::Elsewhere, _) => ("elsewhere", "It sends from other addresses."),
        (Nearness::SameHost, _) if found => {
            ("other_fits", "The address is right, but another gateway's source port fits exactly.")
        }
        (Nearness::SameHost, _) => {
            ("source_port", "The address is right, but the source port is not, and that is not enough here.")
        }
        (Nearness::Exact, _) => ("several", "Several gateways have this very address: it says nothing."),
    }
}

fn by_digest(gateway: GatewayId, labels: &BTreeMap<Uuid, String>) -> MatchSource {
    MatchSource {
        gateway: gateway.to_string(),
        label: labels.get(&gateway.uuid()).cloned().unwrap_or_default(),
        addresses: Vec::new(),
        transport: String::new(),
        nearness: MatchNearness::Untrusted,
        chosen: true,
        reason: "account".to_owned(),
        text: "The account that the INVITE proves is this gateway's.".to_owned(),
    }
}

fn nobody(source: &SocketAddr) -> MatchResult {
    MatchResult {
        sources: Vec::new(),
        gateway: None,
        called: None,
        caller: None,
        gateway_ports: Vec::new(),
        number: None,
        home: None,
        tenant: None,
        company: None,
        outcome: MatchOutcome {
            accepted: false,
            text: format!("Nobody speaks from {source} without an account: the INVITE would be asked for a digest."),
            cause: None,
            sip_code: Some(401),
            rings: Vec::new(),
            seat: None,
        },
    }
}

async fn home_of(operator: &Operator, id: GatewayPortId) -> Result<Option<MatchHome>, Problem> {
    let Some(port) = operator.read().find::<gateway_port::Entity>(id.uuid()).await? else { return Ok(None) };
    let Some(gateway) = operator.read().find::<gateway::Entity>(port.gateway_id).await? else { return Ok(None) };
    Ok(Some(MatchHome {
        gateway: GatewayId::from_uuid(gateway.id).to_string(),
        gateway_label: gateway.label,
        gateway_port: id.to_string(),
        label: port.label,
    }))
}

async fn led(
    operator: &Operator,
    directory: &crate::directory::Directory,
    (gateway, gateway_port): (GatewayId, Option<GatewayPortId>),
    invite: InviteFacts,
    sources: Vec<MatchSource>,
) -> Result<MatchResult, Problem> {
    let found = directory.explain(gateway, gateway_port, invite).await;
    let tenant = found.number.as_ref().map(|(_, tenant)| *tenant);
    let company = match tenant {
        None => None,
        Some(id) => operator.read().find::<tenant::Entity>(id.uuid()).await?.map(|row| row.name),
    };
    let home = match found.home {
        None => None,
        Some(id) => home_of(operator, id).await?,
    };
    let outcome = match found.outcome {
        Ok(plan) => {
            let targets = plan.stages.iter().flat_map(|stage| &stage.targets);
            let rings: Vec<String> = targets
                .filter_map(|target| match target {
                    Target::Device(device) => Some(device.username.clone()),
                    _ => None,
                })
                .collect();
            let text = format!("It would ring on {} device(s) of {}.", rings.len(), company.as_deref().unwrap_or("?"));
            let seat = plan.called.seat.map(|id: SeatId| id.to_string());
            MatchOutcome { accepted: true, text, cause: None, sip_code: None, rings, seat }
        }
        Err(refusal) => MatchOutcome {
            accepted: false,
            text: format!("{}.", refusal.text.trim_end_matches('.')),
            cause: Some(refusal.cause.code().to_owned()),
            sip_code: Some(refusal.cause.sip_status().into()),
            rings: Vec::new(),
            seat: None,
        },
    };
    let port = |one: crate::directory::explain::PortVerdict| MatchPort {
        gateway_port: one.id.to_string(),
        label: one.label,
        chosen: one.chosen,
        reason: one.reason.to_owned(),
        named: one.named,
        switched_off: one.switched_off,
        lives_here: one.lives_here,
        text: one.text,
    };
    Ok(MatchResult {
        sources,
        gateway: Some(gateway.to_string()),
        called: found.called,
        caller: found.caller,
        gateway_ports: found.ports.into_iter().map(port).collect(),
        number: found.number.map(|(e164, _)| e164),
        home,
        tenant: tenant.map(|id: TenantId| id.to_string()),
        company,
        outcome,
    })
}

crate::resource!(operator_match);
