//! What is asked of seats, and the checks and writes behind it.

use kernel::{MemberId, NumberId, SeatId, Uuid};
use patchbay_kernel as kernel;
use patchbay_tenancy::{StoreError, TenantTx};
use sea_orm::{ActiveValue::Set, ColumnTrait};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{
    row::seat_number,
    rules::{self, BadExtension},
};
use crate::{
    inventory::numbers,
    kit::{
        body::Check,
        problem::{Or404, Problem},
        words::VoicemailNotice,
    },
    people::row::member,
};

/// A seat to be made; absent fields are chosen.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
pub struct SeatNew {
    /// Absent: the first free one from 101 on.
    pub extension: Option<String>,
    /// Absent: `Seat` and the extension.
    pub label: Option<String>,
    /// `mem_..`: who sits there.
    #[schema(value_type = Option<String>)]
    pub member: Option<MemberId>,
}

/// Changes of a seat; absent fields stay.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
pub struct SeatPatch {
    /// Extension.
    pub extension: Option<String>,
    /// Name.
    pub label: Option<String>,
    /// `mem_..`: who sits there from now on.
    #[schema(value_type = Option<String>)]
    pub member: Option<MemberId>,
    /// Nobody sits there from now on.
    pub unassign: Option<bool>,
    /// `num_..`, the usual one first; empty: only numbers that ring there.
    #[schema(value_type = Option<Vec<String>>)]
    pub displayed_numbers: Option<Vec<NumberId>>,
    /// How its person is told by mail of messages that callers left.
    pub voicemail_notice: Option<VoicemailNotice>,
}

/// Every fault of extension and label at once.
pub fn checked(extension: Option<&str>, label: Option<&str>) -> Result<(), Problem> {
    let mut check = Check::default();
    match extension.map(rules::check) {
        None | Some(Ok(())) => {}
        Some(Err(BadExtension::Shape)) => {
            check.need(false, "extension", "format", "Two to six digits, not beginning with 0.");
        }
        Some(Err(BadExtension::Emergency)) => {
            check.need(false, "extension", "extension_reserved", "People dial this for help.");
        }
    }
    label.into_iter().for_each(|label| check.name(label, "label"));
    check.done()
}

/// The member, if there is an active one of that id. 404 otherwise.
pub async fn sitter(tx: &TenantTx, id: MemberId) -> Result<member::Model, Problem> {
    let found = tx.find_seen::<member::Entity>(id.uuid()).await?;
    found.filter(|row| row.state == "active").or_404()
}

/// What a unique constraint of the seat table means.
pub fn taken(error: StoreError) -> Problem {
    match error {
        StoreError::Unique { ref constraint } if constraint.contains("member") => {
            Problem::conflict("member_has_seat", "This member has a seat already.")
        }
        StoreError::Unique { .. } => Problem::conflict("extension_taken", "Another seat has this extension."),
        other => other.into(),
    }
}

/// Sets what the seat may display, in this order. 422 for numbers that are not the company's.
pub async fn display(tx: &TenantTx, seat: Uuid, wanted: &[NumberId]) -> Result<(), Problem> {
    tx.delete_many::<seat_number::Entity>(seat_number::Column::SeatId.eq(seat)).await?;
    for (at, id) in wanted.iter().enumerate() {
        let unknown = || Problem::field("displayed_numbers", "unknown_number", "One of these is not your number.");
        tx.find::<numbers::row::Entity>(id.uuid()).await?.ok_or_else(unknown)?;
        if wanted[..at].contains(id) {
            continue;
        }
        let row = seat_number::ActiveModel {
            id: Set(in_order(tx.new_id(), at)),
            seat_id: Set(seat),
            number_id: Set(id.uuid()),
            ..Default::default()
        };
        tx.insert(row).await?;
    }
    Ok(())
}

/// Ids of one transaction share their time and sort by chance; here the order matters, so the place goes in front of the chance.
fn in_order(id: Uuid, place: usize) -> Uuid {
    let mut bytes = *id.as_bytes();
    let place = u16::try_from(place).unwrap_or(0x0fff) & 0x0fff;
    bytes[6] = 0x70 | (place >> 8) as u8;
    bytes[7] = (place & 0xff) as u8;
    Uuid::from_bytes(bytes)
}

/// Numbers that rang on this seat ring nowhere from now on.
pub async fn silence_numbers(tx: &TenantTx, seat: SeatId) -> Result<(), Problem> {
    use numbers::row::{Column, Entity};
    use sea_orm::sea_query::Expr;
    let nowhere =
        vec![(Column::DestinationKind, Expr::value("nowhere")), (Column::DestinationSeat, Expr::value(None::<Uuid>))];
    tx.update_many::<Entity>(nowhere, Column::DestinationSeat.eq(seat.uuid())).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_sort_whatever_chance_says() {
        let ids = [u128::MAX, 0, u128::MAX / 3].map(Uuid::from_u128);
        let same_time = ids.map(|id| {
            let mut bytes = *id.as_bytes();
            bytes[..6].fill(1);
            Uuid::from_bytes(bytes)
        });
        let placed: Vec<Uuid> = same_time.into_iter().enumerate().map(|(at, id)| in_order(id, at)).collect();
        assert!(placed.is_sorted());
        assert!(placed.iter().all(|id| id.get_version_num() == 7));
    }
}
