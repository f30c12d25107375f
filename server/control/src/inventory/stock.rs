//! Numbers of the inventory, from the operator's side: blocks in, prices, states, retirement.

use kernel::{E164, GatewayPortId, NumberId, TenantId, Uuid, Wall};
use patchbay_gateway::number_life::Step;
use patchbay_kernel as kernel;
use patchbay_tenancy::{
    OperatorTx, StoreError, SystemDb,
    inventory::InventoryError,
    number_steps::PORTED_DAYS,
    system::{gateway, gateway_port, number, site, tenant},
};
use sea_orm::{ActiveValue::Set, ColumnTrait, IntoActiveModel, Order};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{
    block::{BadBlock, block, country_of},
    check, numbers,
    shapes::OperatorNumber,
    view::{Stock, companies},
    words::*,
};
use crate::kit::{body::Check, money::Money, problem::Problem};

/// A block of consecutive numbers to add.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NumbersNew {
    /// The first, with plus.
    pub first: String,
    /// How many.
    pub count: i64,
    /// `gwp_..`
    #[schema(value_type = String)]
    pub gateway_port: GatewayPortId,
    /// Kind of all.
    pub kind: NumberKind,
    /// Area of all, in words.
    pub area: Option<String>,
    /// Price per month of each.
    pub monthly: Money,
    /// Price once of each; absent: free.
    pub setup: Option<Money>,
}

/// Changes of a number; absent fields stay.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OperatorNumberPatch {
    /// State; see the transitions.
    pub state: Option<NumberState>,
    /// `ten_..`: the company that it is ported in for; with `porting_in`.
    #[schema(value_type = Option<String>)]
    pub porting_for: Option<TenantId>,
    /// How far its way here is, for the company that waits for it; empty: nothing to say. At most 200 characters.
    pub status_line: Option<String>,
    /// Price per month for the next company.
    pub monthly: Option<Money>,
    /// Area in words.
    pub area: Option<String>,
    /// `gwp_..`: where it lives now.
    #[schema(value_type = Option<String>)]
    pub gateway_port: Option<GatewayPortId>,
}

/// What an operator looks for.
#[derive(Clone, Debug, Default)]
pub struct StockFilter {
    /// On this gateway port.
    pub gateway_port: Option<GatewayPortId>,
    /// In this state.
    pub state: Option<NumberState>,
    /// After this number.
    pub after: Option<String>,
    /// At most so many.
    pub limit: u64,
}

/// Numbers in order of their digits.
pub async fn stock_page(system: &SystemDb, want: &StockFilter) -> Result<Vec<OperatorNumber>, StoreError> {
    let mut select = system.select::<number::Entity>().order_by(number::Column::E164, Order::Asc).limit(want.limit);
    if let Some(port) = want.gateway_port {
        select = select.is(number::Column::GatewayPortId, port.uuid());
    }
    if let Some(state) = want.state {
        select = select.is(number::Column::State, state.as_str());
    }
    if let Some(after) = &want.after {
        select = select.filter(number::Column::E164.gt(after.clone()));
    }
    shown(system, select.all().await?).await
}

/// These numbers as an operator sees them.
pub async fn shown(stock: &impl Stock, rows: Vec<number::Model>) -> Result<Vec<OperatorNumber>, StoreError> {
    let of_these = gateway_port::Column::Id.is_in(rows.iter().map(|row| row.gateway_port_id));
    let ports = stock.rows::<gateway_port::Entity>().filter(of_these).all().await?;
    let gateways = stock.rows::<gateway::Entity>().all().await?;
    let companies = companies(stock).await?;
    let label = |port: Uuid| {
        let port = ports.iter().find(|row| row.id == port)?;
        let gateway = gateways.iter().find(|row| row.id == port.gateway_id)?;
        Some((port.label.clone(), gateway.label.clone()))
    };
    Ok(rows
        .into_iter()
        .map(|row| {
            let (gateway_port_label, gateway_label) = label(row.gateway_port_id).unwrap_or_default();
            OperatorNumber {
                id: NumberId::from_uuid(row.id).to_string(),
                country: row.country,
                area: row.area,
                kind: NumberKind::stored(&row.kind),
                state: NumberState::stored(&row.state),
                gateway_port: GatewayPortId::from_uuid(row.gateway_port_id).to_string(),
                gateway_port_label,
                gateway_label,
                company: row.tenant_id.and_then(|tenant| companies.get(&tenant).cloned()),
                monthly: Money::stored(row.monthly_micros, &row.currency),
                setup: Money::stored(row.setup_micros, &row.currency),
                quarantined_until: row.quarantined_until.filter(|_| row.state == "quarantined"),
                kept_for: row.kept_for.and_then(|tenant| companies.get(&tenant).cloned()),
                reserved_until: row.reserved_until.filter(|_| row.state == "reserved"),
                status_line: row.status_line,
                e164: row.e164,
            }
        })
        .collect())
}

/// The rows of a block, or what is wrong with the wish.
pub fn block_rows(
    ask: &NumbersNew,
    site_country: &str,
    at: time::OffsetDateTime,
    mut id: impl FnMut() -> Uuid,
) -> Result<Vec<number::ActiveModel>, Problem> {
    let mut check = Check::default();
    check::price(&mut check, &ask.monthly, "monthly");
    if let Some(setup) = &ask.setup {
        check::price(&mut check, setup, "setup");
        check.need(
            setup.currency == ask.monthly.currency,
            "setup",
            "currency",
            "The same currency as the monthly price.",
        );
    }
    check.done()?;
    let first: E164 =
        ask.first.parse().map_err(|_| Problem::field("first", "e164", "A number with plus and country code."))?;
    let numbers = block(&first, u32::try_from(ask.count).unwrap_or(0)).map_err(|bad| match bad {
        BadBlock::Count => Problem::field("count", "range", bad.to_string()),
        BadBlock::Overflow => Problem::field("count", "overflow", bad.to_string()),
    })?;
    let country = country_of(&first, site_country)
        .ok_or_else(|| Problem::field("first", "unknown_country", "No country has such numbers."))?;
    Ok(numbers
        .iter()
        .map(|number| number::ActiveModel {
            id: Set(id()),
            e164: Set(number.as_str().to_owned()),
            country: Set(country.clone()),
            area: Set(ask.area.clone().filter(|area| !area.trim().is_empty())),
            kind: Set(ask.kind.as_str().to_owned()),
            state: Set(NumberState::Available.as_str().to_owned()),
            gateway_port_id: Set(ask.gateway_port.uuid()),
            tenant_id: Set(None),
            monthly_micros: Set(ask.monthly.micros),
            setup_micros: Set(ask.setup.as_ref().map_or(0, |setup| setup.micros)),
            currency: Set(ask.monthly.currency.clone()),
            quarantined_until: Set(None),
            created_at: Set(at),
            ..Default::default()
        })
        .collect())
}

/// Add a block of numbers to a gateway port. A number that exists already refuses the whole block.
pub async fn stock_add(tx: &OperatorTx, ask: &NumbersNew) -> Result<Vec<number::Model>, Problem> {
    let port = tx.find::<gateway_port::Entity>(ask.gateway_port.uuid()).await?.ok_or_else(unknown_port)?;
    let gateway = tx.get::<gateway::Entity>(port.gateway_id).await?;
    let site = tx.get::<site::Entity>(gateway.site_id).await?;
    let rows = block_rows(ask, &site.country, tx.at(), || tx.new_id())?;
    has_room(tx, &port, rows.len()).await?;
    let mut made = Vec::with_capacity(rows.len());
    for row in rows {
        let text = row.e164.as_ref().clone();
        match tx.insert(row).await {
            Ok(row) => made.push(row),
            Err(StoreError::Unique { .. }) => {
                return Err(Problem::conflict("number_exists", format!("{text} is in the inventory already.")));
            }
            Err(error) => return Err(error.into()),
        }
        if let Some(row) = made.last() {
            tx.note_number(NumberId::from_uuid(row.id), NumberState::Available.as_str(), None).await?;
        }
    }
    Ok(made)
}

fn unknown_port() -> Problem {
    Problem::field("gateway_port", "unknown_gateway_port", "There is no such gateway port.")
}

/// An analog line and a SIM card have one number each, and a company's own gateway none of the operator's.
async fn has_room(tx: &OperatorTx, port: &gateway_port::Model, more: usize) -> Result<(), Problem> {
    if tx.get::<gateway::Entity>(port.gateway_id).await?.tenant_id.is_some() {
        let text = "A company racked this gateway itself: what is on it is the company's.";
        return Err(Problem::conflict("gateway_of_company", text));
    }
    let Some(most) = GatewayPortKind::stored(&port.kind).most_numbers() else { return Ok(()) };
    let there = tx.select::<number::Entity>().is(number::Column::GatewayPortId, port.id);
    let there = there.filter(number::Column::State.ne(NumberState::Retired.as_str())).count().await? as usize;
    if there + more > most {
        return Err(Problem::conflict("gateway_port_full", format!("{} carries {most} number.", port.label)));
    }
    Ok(())
}

/// The step by which an operator brings a number into a state by hand. Companies do the rest: `assigned` comes from a claim and
/// ends with a release; `retired` is the end and has an operation of its own.
fn by_hand(row: &number::Model, ask: &OperatorNumberPatch, now: Wall) -> Option<Result<Step, Problem>> {
    let from = NumberState::stored(&row.state);
    let company = ask.porting_for.map(TenantId::uuid);
    let to = ask.state.filter(|to| *to != from || company.is_some_and(|it| Some(it) != row.kept_for))?;
    Some(match to {
        NumberState::Reserved if from == NumberState::PortingIn && row.kept_for.is_some() => {
            Ok(Step::PortedIn(now.plus_s(PORTED_DAYS * 86_400)))
        }
        NumberState::Reserved => Ok(Step::KeepBack),
        NumberState::Available => Ok(Step::Open),
        NumberState::PortingIn => Ok(Step::PortIn(company)),
        NumberState::Assigned | NumberState::Quarantined | NumberState::Retired => Err(not_so(from, to)),
    })
}

/// Change a number. A number that a company has can move to another gateway port, and moves in the company's books too.
pub async fn stock_change(tx: OperatorTx, id: NumberId, ask: &OperatorNumberPatch) -> Result<(), Problem> {
    let row = tx.get::<number::Entity>(id.uuid()).await?;
    let (from, tenant) = (NumberState::stored(&row.state), row.tenant_id.map(TenantId::from_uuid));
    if let Some(price) = &ask.monthly {
        let mut check = Check::default();
        check::price(&mut check, price, "monthly");
        check.need(price.currency == row.currency, "monthly", "currency", "The currency of a number stays.");
        check.done()?;
    }
    let moved = ask.gateway_port.filter(|port| port.uuid() != row.gateway_port_id);
    let new_port = match moved {
        Some(port) => Some(tx.find::<gateway_port::Entity>(port.uuid()).await?.ok_or_else(unknown_port)?),
        None => None,
    };
    let step = by_hand(&row, ask, tx.now()).transpose()?;
    let mut change = row.clone().into_active_model();
    if let Some(step) = step {
        if let Step::PortIn(Some(company)) = step {
            let known = tx.find::<tenant::Entity>(company).await?;
            known.ok_or_else(|| Problem::field("porting_for", "unknown_company", "There is no such company."))?;
        }
        let to = ask.state.unwrap_or(from);
        tx.step_number(id, step).await.map_err(|error| match error {
            InventoryError::Store(error) => error.into(),
            _ => not_so(from, to),
        })?;
        let said = serde_json::json!({ "from": from.as_str(), "to": to.as_str() });
        tx.wrote("stepped", "number", &id.uuid().to_string(), said).await?;
        change = tx.get::<number::Entity>(id.uuid()).await?.into_active_model();
    }
    if let Some(text) = ask.status_line.as_deref().map(str::trim) {
        if text.chars().count() > 200 {
            return Err(Problem::field("status_line", "length", "At most 200 characters."));
        }
        change.status_line = Set(Some(text.to_owned()).filter(|text| !text.is_empty()));
    }
    if let Some(price) = &ask.monthly {
        change.monthly_micros = Set(price.micros);
    }
    if let Some(area) = &ask.area {
        change.area = Set(Some(area.clone()).filter(|area| !area.trim().is_empty()));
    }
    if let Some(port) = &new_port {
        has_room(&tx, port, 1).await?;
        if tenant.is_some() && port.rental != Rental::Shared.as_str() {
            return Err(Problem::conflict(
                "gateway_port_not_shared",
                "A company's number can only move to a shared gateway port.",
            ));
        }
        change.gateway_port_id = Set(port.id);
    }
    tx.update(change).await?;
    match (tenant, new_port) {
        (Some(tenant), Some(port)) => tell_company(tx, tenant, id, &port).await,
        _ => Ok(tx.commit().await?),
    }
}

async fn tell_company(
    tx: OperatorTx,
    tenant: TenantId,
    id: NumberId,
    port: &gateway_port::Model,
) -> Result<(), Problem> {
    let mut tx = tx.enter(tenant).await?;
    let row = numbers::row::ActiveModel { id: Set(id.uuid()), gateway_port_id: Set(port.id), ..Default::default() };
    tx.update(row).await?;
    tx.changed("number.moved", "number", &id.to_string(), serde_json::json!({ "gateway_port_label": port.label }))
        .await?;
    tx.commit().await?;
    Ok(())
}

fn not_so(from: NumberState, to: NumberState) -> Problem {
    match from {
        NumberState::Assigned => {
            Problem::conflict("number_assigned", "A company has this number: it must release it first.")
        }
        NumberState::Retired => Problem::conflict("number_retired", "This number is out of service for good."),
        _ => Problem::conflict(
            "state_not_allowed",
            format!("A number that is {} cannot become {}.", from.as_str(), to.as_str()),
        ),
    }
}

/// Take a number out of service for good.
pub async fn stock_retire(tx: &OperatorTx, id: NumberId) -> Result<(), Problem> {
    let row = tx.get::<number::Entity>(id.uuid()).await?;
    match tx.retire_number(id).await {
        Ok(()) => Ok(()),
        Err(InventoryError::Store(error)) => Err(error.into()),
        Err(_) => Err(not_so(NumberState::stored(&row.state), NumberState::Retired)),
    }
}
