//! Steps in the life of a number, as rows: what [`patchbay_gateway::number_life`] allows, written against the very row that was
//! judged, with a line of the number's history. Who judged an older row takes no step.

use kernel::{NumberId, TenantId, Uuid, Wall};
use patchbay_gateway::number_life::{Life, Refused, State, Step};
use patchbay_kernel as kernel;
use sea_orm::{DbErr, QueryResult};
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

use crate::{
    OperatorTx, StoreError, SystemTx, TenantTx,
    inventory::{InventoryError, QUARANTINE_DAYS},
    rows::{self, Via},
    system::number,
};

/// Minutes that a number is held for a company that shops.
pub const HOLD_MINUTES: i64 = 15;
/// Numbers that a company may hold at once, so that nobody empties the shop by looking.
pub const MOST_HOLDS: i64 = 10;
/// Days that a number that was ported in waits for the company it was ported for.
pub const PORTED_DAYS: i64 = 30;

/// When a step is taken, by whom, and the id of its line of history.
pub(crate) struct Mark {
    pub(crate) now: Wall,
    pub(crate) line: Uuid,
    pub(crate) actor: String,
}

const LOOK: &str =
    "SELECT state, tenant_id, kept_for, quarantined_until, reserved_until, version FROM number WHERE id = $1";

const WRITE: &str = "UPDATE number SET state = $1, tenant_id = $2, kept_for = $3, quarantined_until = $4, reserved_until = $5, \
    status_line = CASE WHEN $1 = 'assigned' THEN NULL ELSE status_line END, version = version + 1 WHERE id = $6 AND version = $7";

const NOTE: &str = "INSERT INTO number_history (id, number_id, from_state, state, tenant_id, actor, at, seq) \
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";

/// What a stored number may become next.
pub fn life(row: &number::Model) -> Life {
    let state = State::stored(&row.state).unwrap_or(State::Retired);
    lived(state, row.tenant_id, row.kept_for, row.quarantined_until, row.reserved_until)
}

fn lived(
    state: State,
    owner: Option<Uuid>,
    kept_for: Option<Uuid>,
    rests: Option<OffsetDateTime>,
    held: Option<OffsetDateTime>,
) -> Life {
    let until = match state {
        State::Quarantined => rests,
        State::Reserved => held,
        _ => None,
    };
    Life { state, owner, kept_for, until: until.map(Wall::from_offset) }
}

fn looked(row: &QueryResult) -> Result<(Life, i32), DbErr> {
    let state: String = row.try_get("", "state")?;
    let life = lived(
        State::stored(&state).unwrap_or(State::Retired),
        row.try_get("", "tenant_id")?,
        row.try_get("", "kept_for")?,
        row.try_get("", "quarantined_until")?,
        row.try_get("", "reserved_until")?,
    );
    Ok((life, row.try_get("", "version")?))
}

/// Take one step. A number that is not there is nobody's: who wants it hears that it cannot be had, who had it that it is not
/// theirs.
pub(crate) async fn take_step(via: Via<'_>, mark: Mark, id: NumberId, step: Step) -> Result<Life, InventoryError> {
    let found = rows::rows(via, LOOK, vec![id.uuid().into()]).await?;
    let Some(row) = found.first() else {
        let wants = matches!(step, Step::Hold(..) | Step::Claim(_));
        return Err(if wants { InventoryError::Unavailable } else { InventoryError::NotYours });
    };
    let (before, version) = looked(row).map_err(StoreError::from)?;
    let after = before.step(step, mark.now)?;
    let until = after.until.map(Wall::to_offset);
    let rests = until.filter(|_| after.state == State::Quarantined);
    let held = until.filter(|_| after.state == State::Reserved);
    let values = vec![
        after.state.as_str().into(),
        after.owner.into(),
        after.kept_for.into(),
        rests.into(),
        held.into(),
        id.uuid().into(),
        version.into(),
    ];
    if rows::run(via, WRITE, values).await? == 0 {
        return Err(InventoryError::Unavailable);
    }
    let whose = after.owner.or(before.owner).or(after.kept_for).or(before.kept_for);
    let values = vec![
        mark.line.into(),
        id.uuid().into(),
        before.state.as_str().into(),
        after.state.as_str().into(),
        whose.into(),
        mark.actor.into(),
        mark.now.to_offset().into(),
        (version + 1).into(),
    ];
    rows::run(via, NOTE, values).await?;
    Ok(after)
}

impl TenantTx {
    pub(crate) fn mark(&self) -> Mark {
        Mark { now: self.now(), line: self.new_id(), actor: self.actor().to_string() }
    }

    /// Keep a number of the shop for this company for [`HOLD_MINUTES`]; says until when. An error ends the transaction.
    pub async fn hold_number(&mut self, id: NumberId) -> Result<Wall, InventoryError> {
        let until = self.now().plus_s(HOLD_MINUTES * 60);
        self.step_up().await?;
        let held = self.held(id, until).await;
        self.step_down(held.is_ok()).await?;
        let e164 = held?;
        let until_text = until.to_offset().format(&Rfc3339).unwrap_or_default();
        let body = serde_json::json!({ "e164": e164, "until": until_text });
        self.changed("number.held", "number", &id.to_string(), body).await?;
        Ok(until)
    }

    async fn held(&self, id: NumberId, until: Wall) -> Result<String, InventoryError> {
        self.take_turn().await?;
        // A number that was ported in waits longer than any hold, and is none.
        let sql = "SELECT count(*) AS held FROM number WHERE kept_for = $1 AND id <> $2 AND state = 'reserved' \
                   AND reserved_until > $3 AND reserved_until <= $4";
        let values = vec![self.tenant().uuid().into(), id.uuid().into(), self.at().into(), until.to_offset().into()];
        let found = rows::rows(self.via(), sql, values).await?;
        let holds: i64 = found.first().map_or(Ok(0), |row| row.try_get("", "held")).map_err(StoreError::from)?;
        if holds >= MOST_HOLDS {
            return Err(InventoryError::TooManyHolds);
        }
        let offer = self.offered(id).await?;
        take_step(self.via(), self.mark(), id, Step::Hold(self.tenant().uuid(), until)).await?;
        Ok(offer.e164)
    }

    /// Give a hold up. An error ends the transaction.
    pub async fn let_number_go(&mut self, id: NumberId) -> Result<(), InventoryError> {
        let step = Step::LetGo(self.tenant().uuid());
        self.step_up().await?;
        let gone = take_step(self.via(), self.mark(), id, step).await;
        self.step_down(gone.is_ok()).await?;
        gone?;
        Ok(self.changed("number.hold_ended", "number", &id.to_string(), serde_json::json!({})).await?)
    }

    /// Take a number again that this company gave back, while it rests. It is called, leads and is shown as before, as far as its
    /// seats are still there. An error ends the transaction.
    pub async fn take_number_back(&mut self, id: NumberId) -> Result<(), InventoryError> {
        let own = vec![self.tenant().uuid().into(), id.uuid().into()];
        let sql = "SELECT label, destination_kind, destination_seat, seats FROM number_released \
                   WHERE tenant_id = $1 AND id = $2";
        let found = rows::rows(self.via(), sql, own.clone()).await?;
        let Some(row) = found.first() else { return Err(InventoryError::NotYours) };
        let was = Was::read(row).map_err(StoreError::from)?;
        let offer = self.take_number(id, Step::TakeBack(self.tenant().uuid())).await?;
        let lost = was.seat.is_some() && !self.has_seat(was.seat).await?;
        let (kind, seat) = if lost { ("nowhere".to_owned(), None) } else { (was.kind, was.seat) };
        self.enter_number(id, &offer, &was.label, &kind, seat).await?;
        for seat in was.seats {
            if self.has_seat(Some(seat)).await? {
                let sql = "INSERT INTO seat_number (tenant_id, id, seat_id, number_id) VALUES ($1, $2, $3, $4)";
                let line = self.new_id().into();
                let values = vec![self.tenant().uuid().into(), line, seat.into(), id.uuid().into()];
                rows::run(self.via(), sql, values).await?;
            }
        }
        rows::run(self.via(), "DELETE FROM number_released WHERE tenant_id = $1 AND id = $2", own).await?;
        let body = serde_json::json!({ "e164": offer.e164 });
        Ok(self.changed("number.taken_back", "number", &id.to_string(), body).await?)
    }

    async fn has_seat(&self, seat: Option<Uuid>) -> Result<bool, StoreError> {
        let sql = "SELECT id FROM seat WHERE tenant_id = $1 AND id = $2 AND state = 'active'";
        let found = rows::rows(self.via(), sql, vec![self.tenant().uuid().into(), seat.into()]).await?;
        Ok(!found.is_empty())
    }

    /// What a number was like, kept for as long as it may be taken back.
    pub(crate) async fn remember_number(&self, id: NumberId) -> Result<(), StoreError> {
        let (tenant, number) = (self.tenant().uuid(), id.uuid());
        let sql = "SELECT seat_id FROM seat_number WHERE tenant_id = $1 AND number_id = $2 ORDER BY id";
        let found = rows::rows(self.via(), sql, vec![tenant.into(), number.into()]).await?;
        let seats = found.iter().map(|row| row.try_get("", "seat_id")).collect::<Result<Vec<Uuid>, _>>()?;
        let sql = "DELETE FROM number_released WHERE tenant_id = $1 AND id = $2";
        rows::run(self.via(), sql, vec![tenant.into(), number.into()]).await?;
        let sql = "INSERT INTO number_released (tenant_id, id, e164, label, destination_kind, destination_seat, seats, \
                   released_at, until) SELECT tenant_id, id, e164, label, destination_kind, destination_seat, $3, $4, $5 \
                   FROM tenant_number WHERE tenant_id = $1 AND id = $2";
        let until = self.now().plus_s(QUARANTINE_DAYS * 86_400).to_offset();
        let seats = serde_json::json!(seats).into();
        let values = vec![tenant.into(), number.into(), seats, self.at().into(), until.into()];
        rows::run(self.via(), sql, values).await.map(|_| ())
    }
}

/// A number as it was when it was given back.
struct Was {
    label: String,
    kind: String,
    seat: Option<Uuid>,
    seats: Vec<Uuid>,
}

impl Was {
    fn read(row: &QueryResult) -> Result<Self, DbErr> {
        let seats: serde_json::Value = row.try_get("", "seats")?;
        Ok(Self {
            label: row.try_get("", "label")?,
            kind: row.try_get("", "destination_kind")?,
            seat: row.try_get("", "destination_seat")?,
            seats: serde_json::from_value(seats).unwrap_or_default(),
        })
    }
}

impl OperatorTx {
    /// Take a step with a number; [`InventoryError::Refused`] where none leads there.
    pub async fn step_number(&self, id: NumberId, step: Step) -> Result<Life, InventoryError> {
        let mark = Mark { now: self.now(), line: self.new_id(), actor: self.operator().to_string() };
        take_step(self.via(), mark, id, step).await
    }

    /// Take a number out of service for good. Refused while a company has it.
    pub async fn retire_number(&self, id: NumberId) -> Result<(), InventoryError> {
        self.step_number(id, Step::Retire).await?;
        self.wrote("retired", "number", &id.uuid().to_string(), serde_json::json!({})).await?;
        Ok(())
    }
}

impl SystemTx {
    /// Numbers whose hold or rest is over become available; says how many.
    pub async fn end_quarantines(&self) -> Result<usize, StoreError> {
        use sea_orm::{ColumnTrait, Condition};
        let rests = Condition::all()
            .add(number::Column::State.eq("quarantined"))
            .add(number::Column::QuarantinedUntil.lte(self.at()));
        let holds = Condition::all()
            .add(number::Column::State.eq("reserved"))
            .add(number::Column::ReservedUntil.lte(self.at()));
        let over = self.select::<number::Entity>().filter(Condition::any().add(rests).add(holds)).all().await?;
        let mut ended = 0;
        for row in over {
            let mark = Mark { now: self.now(), line: self.new_id(), actor: self.actor().to_string() };
            match take_step(self.via(), mark, NumberId::from_uuid(row.id), Step::TimeUp).await {
                Ok(_) => ended += 1,
                Err(InventoryError::Store(error)) => return Err(error),
                // Somebody was quicker.
                Err(_) => {}
            }
        }
        Ok(ended)
    }
}

impl From<Refused> for InventoryError {
    fn from(refused: Refused) -> Self {
        match refused {
            Refused::Unavailable => Self::Unavailable,
            Refused::NotYours => Self::NotYours,
            other => Self::Refused(other),
        }
    }
}

/// Which numbers a company may take now, in SQL over `number n`; `$1` is the company, `$2` the time. The same as
/// [`Life::is_open_to`].
pub(crate) const OPEN_TO: &str = "(n.state = 'available' OR (n.state = 'quarantined' AND n.quarantined_until <= $2) \
    OR (n.state = 'reserved' AND (n.reserved_until <= $2 OR (n.reserved_until IS NOT NULL AND n.kept_for = $1))))";

/// For whom a number is on its way.
pub fn port_in(company: Option<TenantId>) -> Step {
    Step::PortIn(company.map(TenantId::uuid))
}
