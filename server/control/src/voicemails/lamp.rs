//! How many messages wait for whoever sits at a seat, and whose telephones are to be told when that changes.

use kernel::{SeatId, TenantId, Uuid};
use patchbay_kernel as kernel;
use patchbay_plane::Waiting;
use patchbay_tenancy::{Stamp, StoreError, TenantTx};
use sea_orm::{ColumnTrait, Condition};

use super::row::voicemail;
use crate::{kit::app::App, people::organisation_row::team_member, seats::row::seat};

/// Messages in the seat's own box and in those of its person's teams.
///
/// # Errors
/// As the store fails.
pub async fn waiting(
    database: &patchbay_tenancy::Database,
    stamp: Stamp,
    (tenant, seat): (TenantId, SeatId),
) -> Result<Waiting, StoreError> {
    let tx = database.tenant_read(tenant, stamp).await?;
    let Some(row) = tx.find_whole::<seat::Entity>(seat.uuid()).await? else { return Ok(Waiting::default()) };
    let teams: Vec<Uuid> = match row.member_id {
        Some(member) => {
            let teams = tx.select::<team_member::Entity>().is(team_member::Column::MemberId, member).all().await?;
            teams.into_iter().map(|row| row.team_id).collect()
        }
        None => Vec::new(),
    };
    let boxes = Condition::any().add(voicemail::Column::SeatId.eq(row.id)).add(voicemail::Column::TeamId.is_in(teams));
    let there = Condition::all().add(boxes).add(voicemail::Column::RemovedMs.is_null());
    let in_state =
        |state: &'static str| tx.whole::<voicemail::Entity>().filter(there.clone()).is(voicemail::Column::State, state);
    let count = |rows: u64| u32::try_from(rows).unwrap_or(u32::MAX);
    Ok(Waiting { new: count(in_state("new").count().await?), old: count(in_state("heard").count().await?) })
}

/// Active seats whose people's box it is. Who is in the team and has no seat has no telephone either.
///
/// # Errors
/// As the store fails.
pub async fn seats_of(tx: &TenantTx, row: &voicemail::Model) -> Result<Vec<seat::Model>, StoreError> {
    let seats = tx.whole::<seat::Entity>().is(seat::Column::State, "active");
    match (row.seat_id, row.team_id) {
        (Some(id), _) => seats.is(seat::Column::Id, id).all().await,
        (None, Some(team)) => {
            let members = tx.select::<team_member::Entity>().is(team_member::Column::TeamId, team).all().await?;
            let members: Vec<Uuid> = members.into_iter().map(|row| row.member_id).collect();
            seats.filter(seat::Column::MemberId.is_in(members)).all().await
        }
        (None, None) => Ok(Vec::new()),
    }
}

/// After the commit: these seats' telephones are told.
pub fn changed(app: &App, tenant: TenantId, seats: &[seat::Model]) {
    let Some(switch) = app.switch_if_up() else { return };
    for seat in seats {
        switch.messages_changed(tenant, SeatId::from_uuid(seat.id));
    }
}
