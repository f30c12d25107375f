//! Gateway ports and lines, from the operator's side.

use kernel::{GatewayPortId, LineId, Uuid};
use patchbay_gateway::profile;
use patchbay_kernel as kernel;
use patchbay_tenancy::{
    OperatorTx,
    system::{Rental as Rented, gateway, gateway_port, line, number},
};
use sea_orm::{ActiveValue::Set, IntoActiveModel};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{check, port_rules::GatewayPortRules, shapes::Line, sims::SimRules, view::show_line, words::*};
use crate::kit::{body::Check, money::Money, problem::Problem};

/// A minute out costs at most so much, in millionths.
const DEAREST: i64 = 1_000_000_000;

/// Changes of a gateway port; absent fields stay.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct GatewayPortPatch {
    /// Name.
    pub label: Option<String>,
    /// Calls at once.
    pub channels: Option<i64>,
    /// Who may use it.
    pub rental: Option<Rental>,
    /// Price per month for the next renter.
    pub monthly: Option<Money>,
    /// Whether calls may use it.
    pub enabled: Option<bool>,
    /// Smaller is tried earlier; 0 to 99.
    pub priority: Option<i64>,
    /// Share of the load among equals; 1 to 100.
    pub weight: Option<i64>,
    /// Price of a minute out, in the currency of the monthly price; negative: not known.
    pub cost_micros: Option<i64>,
    /// Channels that calls out leave free for calls in; fewer than it has.
    pub inbound_reserve: Option<i64>,
    /// How numbers are written on it.
    pub rules: Option<GatewayPortRules>,
    /// Rules of the SIM card in it; for SIM slots alone.
    pub sim: Option<SimRules>,
}

/// A line to add.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LineNew {
    /// `gwp_..`
    #[schema(value_type = String)]
    pub gateway_port: GatewayPortId,
    /// Kind; it fits the gateway port's.
    pub kind: LineKind,
    /// Who sells it.
    pub carrier: String,
    /// Name.
    pub label: String,
}

/// Changes of a line; absent fields stay.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LinePatch {
    /// Who sells it.
    pub carrier: Option<String>,
    /// Name.
    pub label: Option<String>,
}

/// Change a gateway port; `rented` are all rentals of companies now.
pub async fn gateway_port_change(
    tx: &OperatorTx,
    id: GatewayPortId,
    ask: &GatewayPortPatch,
    rented: &[Rented],
) -> Result<(), Problem> {
    let row = tx.get::<gateway_port::Entity>(id.uuid()).await?;
    let gateway = tx.get::<gateway::Entity>(row.gateway_id).await?;
    let most = profile(&gateway.profile).map_or(row.channels, |profile| profile.ports.channels_max.into());
    let mut check = Check::default();
    if let Some(label) = &ask.label {
        check.name(label, "label");
    }
    if let Some(price) = &ask.monthly {
        check::price(&mut check, price, "monthly");
    }
    let fits = ask.channels.is_none_or(|n| (1..=i64::from(most)).contains(&n));
    check.need(fits, "channels", "range", &format!("Between 1 and {most}."));
    let channels = ask.channels.unwrap_or(row.channels.into());
    let reserve = ask.inbound_reserve.unwrap_or(row.inbound_reserve.into());
    check.need((0..channels.max(1)).contains(&reserve), "inbound_reserve", "range", "Fewer than its channels.");
    let within = |n: Option<i64>, low, high| n.is_none_or(|n| (low..=high).contains(&n));
    check.need(within(ask.priority, 0, 99), "priority", "range", "Between 0 and 99.");
    check.need(within(ask.weight, 1, 100), "weight", "range", "Between 1 and 100.");
    check.need(within(ask.cost_micros, -1, DEAREST), "cost_micros", "range", "At most 1,000 a minute.");
    let holds_a_card = GatewayPortKind::stored(&row.kind) == GatewayPortKind::SimSlot;
    check.need(holds_a_card || ask.sim.is_none(), "sim", "not_applicable", "Only a SIM slot holds a card.");
    if let Some(sim) = &ask.sim {
        sim.judge(&mut check);
    }
    if let Some(rules) = &ask.rules {
        rules.judge(&mut check, "rules");
    }
    check.done()?;
    if let Some(rental) = ask.rental.filter(|rental| rental.as_str() != row.rental) {
        may_become(tx, &row, rental, rented).await?;
    }
    if let Some(sim) = &ask.sim {
        sim.keep(tx, row.id).await?;
    }
    let mut change = row.into_active_model();
    if let Some(label) = &ask.label {
        change.label = Set(label.trim().to_owned());
    }
    if let Some(channels) = ask.channels.and_then(|n| i32::try_from(n).ok()) {
        change.channels = Set(channels);
    }
    if let Some(rental) = ask.rental {
        change.rental = Set(rental.as_str().to_owned());
    }
    if let Some(price) = &ask.monthly {
        change.monthly_micros = Set(price.micros);
        change.currency = Set(price.currency.clone());
    }
    if let Some(enabled) = ask.enabled {
        change.enabled = Set(enabled);
    }
    for (place, wanted) in [
        (&mut change.priority, ask.priority),
        (&mut change.weight, ask.weight),
        (&mut change.inbound_reserve, ask.inbound_reserve),
    ] {
        if let Some(wanted) = wanted.and_then(|n| i32::try_from(n).ok()) {
            *place = Set(wanted);
        }
    }
    if let Some(cost) = ask.cost_micros {
        change.cost_micros = Set(Some(cost).filter(|cost| *cost >= 0));
    }
    if let Some(rules) = &ask.rules {
        change.rules = Set(serde_json::to_value(rules.rules()).ok());
    }
    tx.update(change).await?;
    Ok(())
}

/// Nobody loses what was rented: a rented gateway port stays exclusive, and one with numbers of companies stays open to them.
async fn may_become(tx: &OperatorTx, row: &gateway_port::Model, to: Rental, rented: &[Rented]) -> Result<(), Problem> {
    if let Some(renter) = rented.iter().find(|rental| rental.id == row.id) {
        return Err(Problem::conflict("gateway_port_rented", format!("{} rents this gateway port.", renter.company)));
    }
    let assigned = tx.select::<number::Entity>().is(number::Column::GatewayPortId, row.id);
    let assigned = assigned.is(number::Column::State, NumberState::Assigned.as_str()).count().await?;
    if to != Rental::Shared && assigned > 0 {
        return Err(Problem::conflict(
            "numbers_assigned",
            format!("Companies have {assigned} number(s) on this gateway port."),
        ));
    }
    Ok(())
}

/// Add the line that arrives at a gateway port.
pub async fn line_add(tx: &OperatorTx, ask: &LineNew) -> Result<Line, Problem> {
    let mut check = Check::default();
    check.name(&ask.carrier, "carrier");
    check.name(&ask.label, "label");
    let port = tx.find::<gateway_port::Entity>(ask.gateway_port.uuid()).await?;
    check.need(port.is_some(), "gateway_port", "unknown_gateway_port", "There is no such gateway port.");
    let fits = port.as_ref().is_none_or(|port| GatewayPortKind::stored(&port.kind).line_kind() == ask.kind);
    check.need(fits, "kind", "line_kind_mismatch", "This kind of line does not arrive at this kind of gateway port.");
    check.done()?;
    if tx.select::<line::Entity>().is(line::Column::GatewayPortId, ask.gateway_port.uuid()).count().await? > 0 {
        return Err(Problem::conflict("line_exists", "A line arrives at this gateway port already."));
    }
    let row = tx.insert(line_row(tx.new_id(), ask, tx.at())).await?;
    Ok(show_line(&row))
}

/// The row of a line.
pub fn line_row(id: Uuid, ask: &LineNew, at: time::OffsetDateTime) -> line::ActiveModel {
    line::ActiveModel {
        id: Set(id),
        gateway_port_id: Set(ask.gateway_port.uuid()),
        kind: Set(ask.kind.as_str().to_owned()),
        carrier: Set(ask.carrier.trim().to_owned()),
        label: Set(ask.label.trim().to_owned()),
        created_at: Set(at),
    }
}

/// Change a line.
pub async fn line_change(tx: &OperatorTx, id: LineId, ask: &LinePatch) -> Result<Line, Problem> {
    let mut change = tx.get::<line::Entity>(id.uuid()).await?.into_active_model();
    let mut check = Check::default();
    if let Some(carrier) = &ask.carrier {
        check.name(carrier, "carrier");
        change.carrier = Set(carrier.trim().to_owned());
    }
    if let Some(label) = &ask.label {
        check.name(label, "label");
        change.label = Set(label.trim().to_owned());
    }
    check.done()?;
    Ok(show_line(&tx.update(change).await?))
}

/// Remove a line. Refused while a company has a number that came over it.
pub async fn line_strike(tx: &OperatorTx, id: LineId) -> Result<(), Problem> {
    let row = tx.get::<line::Entity>(id.uuid()).await?;
    let assigned = tx.select::<number::Entity>().is(number::Column::GatewayPortId, row.gateway_port_id);
    if assigned.is(number::Column::State, NumberState::Assigned.as_str()).count().await? > 0 {
        return Err(Problem::conflict("line_in_use", "A company has a number on this line."));
    }
    tx.delete::<line::Entity>(row.id).await?;
    Ok(())
}
