//! Seats put together for people: who sits there, what rings, what is displayed.

use std::collections::BTreeMap;

use kernel::{DeviceId, MemberId, NumberId, SeatId, UserId, Uuid};
use patchbay_kernel as kernel;
use patchbay_tenancy::{Scoped, TenantTx};
use sea_orm::{ColumnTrait, Order};
use serde::Serialize;
use time::OffsetDateTime;
use utoipa::ToSchema;

use super::row::{device, seat, seat_number};
use crate::{
    inventory::numbers,
    kit::{
        app::App,
        problem::Problem,
        words::{DeviceKind, SeatState, VoicemailNotice},
    },
    people::row::member,
};

/// A seat.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Seat {
    /// `seat_..`
    pub id: String,
    /// Extension.
    pub extension: String,
    /// Name.
    pub label: String,
    /// `mem_..`
    pub member: Option<String>,
    /// Who that is.
    pub member_name: Option<String>,
    /// Whether it is paid for.
    pub state: SeatState,
    /// How its person is told by mail of messages that callers left, in the seat's box or in that of a team.
    pub voicemail_notice: VoicemailNotice,
    /// What rings.
    pub devices: Vec<Device>,
    /// Numbers that it was given to display, the usual one first. Besides, it may display those that ring there.
    pub displayed_numbers: Vec<DisplayedNumber>,
    /// Since when.
    #[serde(with = "time::serde::rfc3339")]
    pub created_at: OffsetDateTime,
}

/// A number that may be displayed.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct DisplayedNumber {
    /// `num_..`
    pub id: String,
    /// With plus.
    pub e164: String,
    /// Name.
    pub label: String,
}

/// Something that rings on a seat.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Device {
    /// `dev_..`
    pub id: String,
    /// `seat_..`
    pub seat: String,
    /// Kind.
    pub kind: DeviceKind,
    /// Name.
    pub label: String,
    /// SIP user name.
    pub username: String,
    /// Registrations now.
    pub contacts: i64,
    /// What it calls itself.
    pub user_agent: Option<String>,
    /// Since when.
    #[serde(with = "time::serde::rfc3339")]
    pub created_at: OffsetDateTime,
    /// Last registered.
    #[serde(with = "time::serde::rfc3339::option")]
    pub last_seen_at: Option<OffsetDateTime>,
}

/// What seats are shown with, read once.
pub struct Surroundings {
    names: BTreeMap<Uuid, String>,
    devices: BTreeMap<Uuid, Vec<device::Model>>,
    numbers: BTreeMap<Uuid, Vec<DisplayedNumber>>,
}

impl Surroundings {
    /// Of a company. Fails as the store does.
    pub async fn of(app: &App, tx: &TenantTx) -> Result<Self, Problem> {
        let mut devices: BTreeMap<Uuid, Vec<device::Model>> = BTreeMap::new();
        for row in tx.whole::<device::Entity>().order_by(device::Column::Id, Order::Asc).all().await? {
            devices.entry(row.seat_id).or_default().push(row);
        }
        Ok(Self { names: names(app, tx).await?, devices, numbers: displayed(tx).await? })
    }

    /// Of this seat alone. Fails as the store does.
    async fn of_one(app: &App, tx: &TenantTx, row: &seat::Model) -> Result<Self, Problem> {
        let devices = tx.whole::<device::Entity>().is(device::Column::SeatId, row.id);
        let devices = devices.order_by(device::Column::Id, Order::Asc).all().await?;
        let names = match row.member_id {
            Some(member) => names_of(app, tx.whole::<member::Entity>().is(member::Column::Id, member)).await?,
            None => BTreeMap::new(),
        };
        let given = tx.select::<seat_number::Entity>().is(seat_number::Column::SeatId, row.id).limit(1).one().await?;
        let numbers = if given.is_some() { displayed(tx).await? } else { BTreeMap::new() };
        Ok(Self { names, devices: BTreeMap::from([(row.id, devices)]), numbers })
    }

    /// One seat with all that.
    pub fn show(&self, app: &App, row: &seat::Model) -> Seat {
        let devices = self.devices.get(&row.id).into_iter().flatten();
        Seat {
            id: SeatId::from_uuid(row.id).to_string(),
            extension: row.extension.clone(),
            label: row.label.clone(),
            member: row.member_id.map(|id| MemberId::from_uuid(id).to_string()),
            member_name: row.member_id.and_then(|id| self.names.get(&id).cloned()),
            state: SeatState::stored(&row.state),
            voicemail_notice: VoicemailNotice::stored(&row.voicemail_notice),
            devices: devices.map(|device| show_device(app, device)).collect(),
            displayed_numbers: self.numbers.get(&row.id).cloned().unwrap_or_default(),
            created_at: row.created_at,
        }
    }

    /// Who sits on the seat, else its label.
    pub fn name(&self, row: &seat::Model) -> String {
        called(&self.names, row)
    }

    /// Whether anything of the seat is registered now.
    pub fn is_online(&self, app: &App, row: &seat::Model) -> bool {
        self.devices.get(&row.id).into_iter().flatten().any(|device| contacts(app, device) > 0)
    }

    /// What the seat was given to display.
    pub fn displayed(&self, seat: Uuid) -> &[DisplayedNumber] {
        self.numbers.get(&seat).map(Vec::as_slice).unwrap_or_default()
    }
}

/// One seat, freshly read. Fails as the store does.
pub async fn shown(app: &App, tx: &TenantTx, row: &seat::Model) -> Result<Seat, Problem> {
    Ok(Surroundings::of_one(app, tx, row).await?.show(app, row))
}

/// A device as shown. The switch knows better than the row how many contacts there are.
pub fn show_device(app: &App, row: &device::Model) -> Device {
    Device {
        id: DeviceId::from_uuid(row.id).to_string(),
        seat: SeatId::from_uuid(row.seat_id).to_string(),
        kind: DeviceKind::stored(&row.kind),
        label: row.label.clone(),
        username: row.username.clone(),
        contacts: contacts(app, row),
        user_agent: row.user_agent.clone(),
        created_at: row.created_at,
        last_seen_at: row.last_seen_at,
    }
}

fn contacts(app: &App, row: &device::Model) -> i64 {
    app.switch_if_up().map_or(row.contacts.into(), |switch| switch.contacts(&row.username).into())
}

/// Who sits on the seat, else its label.
pub fn called(names: &BTreeMap<Uuid, String>, row: &seat::Model) -> String {
    row.member_id.and_then(|id| names.get(&id).cloned()).unwrap_or_else(|| row.label.clone())
}

/// Names of all members, by member. Fails as the store does.
pub async fn names(app: &App, tx: &TenantTx) -> Result<BTreeMap<Uuid, String>, Problem> {
    names_of(app, tx.whole::<member::Entity>()).await
}

/// Names of these members, by member. Fails as the store does.
pub async fn names_among(app: &App, tx: &TenantTx, members: Vec<Uuid>) -> Result<BTreeMap<Uuid, String>, Problem> {
    names_of(app, tx.whole::<member::Entity>().filter(member::Column::Id.is_in(members))).await
}

async fn names_of(app: &App, members: Scoped<'_, member::Entity>) -> Result<BTreeMap<Uuid, String>, Problem> {
    let members = members.all().await?;
    let ids: Vec<UserId> = members.iter().map(|row| UserId::from_uuid(row.user_id)).collect();
    let people: BTreeMap<Uuid, String> =
        app.database.system().users(&ids).await?.into_iter().map(|user| (user.id, user.name)).collect();
    Ok(members.into_iter().filter_map(|row| Some((row.id, people.get(&row.user_id)?.clone()))).collect())
}

/// All numbers of the company, oldest first.
pub async fn company_numbers(tx: &TenantTx) -> Result<Vec<numbers::row::Model>, Problem> {
    let rows = tx.select::<numbers::row::Entity>().order_by(numbers::row::Column::ClaimedAt, Order::Asc);
    Ok(rows.order_by(numbers::row::Column::E164, Order::Asc).all().await?)
}

/// A number as a choice.
pub fn choice(row: &numbers::row::Model) -> DisplayedNumber {
    let id = NumberId::from_uuid(row.id).to_string();
    DisplayedNumber { id, e164: row.e164.clone(), label: row.label.clone() }
}

async fn displayed(tx: &TenantTx) -> Result<BTreeMap<Uuid, Vec<DisplayedNumber>>, Problem> {
    let known: BTreeMap<Uuid, DisplayedNumber> =
        company_numbers(tx).await?.iter().map(|row| (row.id, choice(row))).collect();
    let rows = tx.select::<seat_number::Entity>().order_by(seat_number::Column::Id, Order::Asc).all().await?;
    let mut numbers: BTreeMap<Uuid, Vec<DisplayedNumber>> = BTreeMap::new();
    for row in rows {
        numbers.entry(row.seat_id).or_default().extend(known.get(&row.number_id).cloned());
    }
    Ok(numbers)
}

/// All active seats of the company, by extension.
pub async fn active(tx: &TenantTx) -> Result<Vec<seat::Model>, Problem> {
    ordered(tx.whole::<seat::Entity>()).await
}

/// The active seats that the caller sees, by extension.
pub async fn seen(tx: &TenantTx) -> Result<Vec<seat::Model>, Problem> {
    ordered(tx.seen::<seat::Entity>()).await
}

async fn ordered(seats: Scoped<'_, seat::Entity>) -> Result<Vec<seat::Model>, Problem> {
    let mut rows = seats.filter(seat::Column::State.eq("active")).all().await?;
    rows.sort_by_key(|row| (row.extension.len(), row.extension.clone()));
    Ok(rows)
}
