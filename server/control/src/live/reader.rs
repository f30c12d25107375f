//! Reading the event log in step: every event once, in order, whatever the feed did to them on the way.

use patchbay_kernel::TenantId;
use patchbay_tenancy::{EventRow, Stamp, outbox::event};
use sea_orm::{ColumnTrait, Order};

use crate::kit::{app::App, problem::Problem};

/// Events that are read at once.
const PAGE: u64 = 250;
/// Whoever lags further behind is not sent everything one by one: it reads the log itself instead.
const MOST: i64 = 2_000;

/// Where one feed stands in the log.
pub struct Reader {
    tenant: TenantId,
    last: i64,
    /// The oldest event that is still kept; 0 where there is none.
    first: i64,
}

/// What was missed.
pub enum Missed {
    /// These, in order, and perhaps more behind them.
    Events(Vec<EventRow>, bool),
    /// Too many; the feed goes on from the end.
    TooMany,
}

impl Reader {
    /// At the end of the log. Fails as the store does.
    pub async fn at_end(app: &App, tenant: TenantId) -> Result<Self, Problem> {
        Ok(Self { tenant, last: end(app, tenant).await?, first: edge(app, tenant, Order::Asc).await? })
    }
    /// Where it stands.
    pub const fn last(&self) -> i64 {
        self.last
    }
    /// Back to where a page was that was cut off. A place beyond the end (another database, a made-up number) counts as too far, and
    /// one whose next event is not kept any more.
    pub fn back_to(&mut self, after: i64) -> bool {
        let known = (0..=self.last).contains(&after) && after + 1 >= self.first;
        if known {
            self.last = after;
        }
        known
    }
    /// Whether an event of the feed is the very next one; then the reader moves on. One that was seen already is not, nor is one with a
    /// hole before it: ask [`Self::missed`] for those.
    pub const fn takes(&mut self, row: &EventRow) -> bool {
        let next = row.seq == self.last + 1;
        if next {
            self.last = row.seq;
        }
        next
    }
    /// Whether the event lies beyond the next one.
    pub const fn has_hole_before(&self, row: &EventRow) -> bool {
        row.seq > self.last + 1
    }
    /// The next ones that are in the log. Fails as the store does.
    pub async fn missed(&mut self, app: &App) -> Result<Missed, Problem> {
        let tx = app.database.tenant_read(self.tenant, Stamp::system(app.now(), app.chance())).await?;
        let rows = tx.select::<event::Entity>().filter(event::Column::Seq.gt(self.last));
        let rows = rows.order_by(event::Column::Seq, Order::Asc).limit(PAGE).all().await?;
        drop(tx);
        let more = rows.len() as u64 == PAGE;
        if more {
            let end = end(app, self.tenant).await?;
            if end - self.last > MOST {
                self.last = end;
                return Ok(Missed::TooMany);
            }
        }
        self.last = rows.last().map_or(self.last, |row| row.seq);
        Ok(Missed::Events(rows, more))
    }
}

async fn end(app: &App, tenant: TenantId) -> Result<i64, Problem> {
    edge(app, tenant, Order::Desc).await
}

async fn edge(app: &App, tenant: TenantId, order: Order) -> Result<i64, Problem> {
    let tx = app.database.tenant_read(tenant, Stamp::system(app.now(), app.chance())).await?;
    let outermost = tx.select::<event::Entity>().order_by(event::Column::Seq, order).limit(1).one().await?;
    Ok(outermost.map_or(0, |row| row.seq))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_goes_on_only_where_nothing_is_missing() {
        let back = |after| {
            Reader { tenant: TenantId::from_uuid(patchbay_kernel::Uuid::nil()), last: 10, first: 5 }.back_to(after)
        };
        assert_eq!([10, 7, 4].map(back), [true; 3], "event 5 is the next one after 4");
        assert_eq!([3, 0, 11, -1].map(back), [false; 4], "event 4 is not kept, event 11 is not known");
    }
}
