//! SIM cards rest and have had enough: rules are asked when a line is chosen, and what a card did is written when a call is over.

use kernel::{EndCause, GatewayPortId, Uuid, Wall};
use patchbay_gateway::sim::{SimRules, SimUse};
use patchbay_kernel as kernel;
use patchbay_plane::{CallRecord, LegRole};
use patchbay_tenancy::{StoreError, system::sim};
use sea_orm::{ColumnTrait, Condition, sea_query::Expr};

use super::{Core, no::No, trunk::Port};

/// How often counters are tried to be written.
const TRIES: usize = 20;

/// The rules of a card, and what it has done.
pub(crate) fn read(row: &sim::Model) -> (SimRules, SimUse) {
    let some = |n: Option<i32>| n.and_then(|n| u32::try_from(n).ok());
    let count = |n: i32| u32::try_from(n).unwrap_or(0);
    let rules = SimRules {
        minutes_a_day: some(row.minutes_a_day),
        calls_a_day: some(row.calls_a_day),
        rest_s: count(row.rest_s),
        failures: some(row.failures),
        failure_rest_s: count(row.failure_rest_s),
    };
    let used = SimUse {
        day: row.day,
        calls: count(row.used_calls),
        minutes: count(row.used_minutes),
        failures: count(row.failed),
        rests_until: row.rests_until.map(Wall::from_offset),
    };
    (rules, used)
}

/// The gateway ports whose card may call now, and why the first of the others may not.
pub(super) async fn awake<'p>(core: &Core, ports: Vec<&'p Port>) -> Result<(Vec<&'p Port>, Option<String>), No> {
    let cards: Vec<Uuid> = ports.iter().filter(|port| port.row.sim).map(|port| port.row.port_id).collect();
    if cards.is_empty() {
        return Ok((ports, None));
    }
    let system = core.database().system();
    let cards = system.select::<sim::Entity>().filter(sim::Column::Id.is_in(cards)).all().await?;
    let now = core.parts.clock.wall();
    let mut why = None;
    let mut left = Vec::with_capacity(ports.len());
    for port in ports {
        let card = cards.iter().find(|card| card.id == port.row.port_id).map(read);
        match card.map_or(Ok(()), |(rules, used)| rules.may_call(&used, now)) {
            Ok(()) => left.push(port),
            Err(rest) => _ = why.get_or_insert_with(|| format!("{} {rest}", port.label())),
        }
    }
    Ok((left, why))
}

/// A call is over: what it means for the cards that it was tried on.
pub(super) async fn used(core: &Core, record: &CallRecord) -> Result<(), StoreError> {
    for leg in record.legs.iter().filter(|leg| leg.role == LegRole::Called) {
        let (Some(gateway), Some(port)) = (leg.gateway, leg.gateway_port) else { continue };
        let ports = core.recall.gateway_ports(core, gateway).await?;
        if !ports.iter().any(|known| known.id() == port && known.row.sim) {
            continue;
        }
        let talk_ms = leg.answered_at.zip(leg.ended_at).map_or(0, |(from, to)| to.ms_since(from));
        let failed = leg.answered_at.is_none() && leg.cause.is_some_and(EndCause::may_fail_over);
        write(core, port, u64::try_from(talk_ms).unwrap_or(0), failed).await?;
    }
    Ok(())
}

/// Two calls of one card may end at once: counters that changed since they were read are read again.
async fn write(core: &Core, port: GatewayPortId, talk_ms: u64, failed: bool) -> Result<(), StoreError> {
    for _ in 0..TRIES {
        let tx = core.database().system().begin(core.stamp()).await?;
        let Some(row) = tx.find::<sim::Entity>(port.uuid()).await? else { return Ok(()) };
        let (rules, used) = read(&row);
        let next = rules.after_call(&used, talk_ms, failed, tx.now());
        let count = |n: u32| i32::try_from(n).unwrap_or(i32::MAX);
        let set = vec![
            (sim::Column::Day, Expr::value(next.day)),
            (sim::Column::UsedCalls, Expr::value(count(next.calls))),
            (sim::Column::UsedMinutes, Expr::value(count(next.minutes))),
            (sim::Column::Failed, Expr::value(count(next.failures))),
            (sim::Column::RestsUntil, Expr::value(next.rests_until.map(Wall::to_offset))),
        ];
        let unchanged = Condition::all()
            .add(sim::Column::Id.eq(row.id))
            .add(sim::Column::Day.eq(row.day))
            .add(sim::Column::UsedCalls.eq(row.used_calls))
            .add(sim::Column::UsedMinutes.eq(row.used_minutes))
            .add(sim::Column::Failed.eq(row.failed));
        if tx.update_many::<sim::Entity>(set, unchanged).await? == 1 {
            // No way of a call rests on it in memory: cards are asked for each time.
            return tx.commit_aside().await.map(|_| ());
        }
    }
    Err(StoreError::Other(format!("the counters of {port} change too often to be written")))
}
