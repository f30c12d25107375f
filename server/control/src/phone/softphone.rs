//! The telephone in the page: what it needs to know, and the ticket that opens its SIP connection.

use axum::{Json, http::StatusCode};
use kernel::{DeviceId, FlowId, QueueId, SeatId, TenantId};
use patchbay_access::{Operate, Read, resource::of};
use patchbay_kernel as kernel;
use patchbay_plane::QueueBoard;
use patchbay_tenancy::TenantTx;
use sea_orm::Order;
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    directory::ECHO,
    flows::row::flow,
    kit::{
        app::App,
        may::{AtSeat, Place},
        problem::Problem,
        words::DeviceKind,
    },
    queues::row::queue,
    seats::{
        devices,
        row::{device, seat},
        view::{DisplayedNumber, Surroundings, active, choice, company_numbers},
    },
};

/// What a softphone ticket is good for: one WebSocket flow that is trusted as this device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SoftphoneGrant {
    /// Company.
    pub tenant: TenantId,
    /// Seat.
    pub seat: SeatId,
    /// Browser device of the seat.
    pub device: DeviceId,
    /// Its SIP user name.
    pub username: String,
    /// Whose pages may open the flow.
    pub pages: Pages,
}

/// Pages that may be a telephone. A ticket that a member's own page bought is for that page; a seat token is made to be used
/// elsewhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Pages {
    /// Our own.
    Ours,
    /// Whoever has the ticket.
    Any,
    /// These origins, and our own.
    Listed(Vec<String>),
}

impl Pages {
    /// Whether a page of somebody else may; `origin` is what its browser says, if it is a browser.
    pub fn let_in(&self, origin: Option<&str>) -> bool {
        match self {
            Self::Ours => false,
            Self::Any => true,
            Self::Listed(list) => origin.is_some_and(|page| list.iter().any(|one| one.eq_ignore_ascii_case(page))),
        }
    }
}

/// What the telephone shows.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Softphone {
    /// `seat_..`
    pub seat: String,
    /// Extension.
    pub extension: String,
    /// Numbers that may be displayed.
    pub displayed_numbers: Vec<DisplayedNumber>,
    /// The one that is displayed unless told otherwise.
    pub default_displayed: Option<String>,
    /// Answers and echoes.
    pub echo_number: Option<String>,
    /// Who else can be rung.
    pub directory: Vec<DirectoryEntry>,
    /// Flows to which callers can be sent.
    pub flows: Vec<DirectoryFlow>,
    /// Queues to which callers can be sent.
    pub queues: Vec<DirectoryQueue>,
}

/// A flow with a live version.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct DirectoryFlow {
    /// `flow_..`
    pub id: String,
    /// Name.
    pub name: String,
}

/// A queue.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct DirectoryQueue {
    /// `que_..`
    pub id: String,
    /// Name.
    pub name: String,
    /// How many wait in it.
    pub waiting: i64,
    /// Seconds that somebody who came now would wait; absent while nobody is there to take them.
    pub estimate_s: Option<i64>,
}

/// A colleague.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct DirectoryEntry {
    /// Name.
    pub name: String,
    /// Extension.
    pub extension: String,
    /// Something rings there.
    pub online: bool,
}

/// Opens one SIP connection.
#[derive(Clone, Serialize, ToSchema)]
pub struct SoftphoneTicket {
    /// Good once, for 30 seconds: `ws_url?ticket=..`.
    pub ticket: String,
    /// Where.
    pub ws_url: String,
    /// Address to register.
    pub sip_uri: String,
    /// SIP user name.
    pub username: String,
    /// What others see.
    pub display_name: String,
    /// Extension.
    pub extension: String,
    /// `seat_..`
    pub seat: String,
}

/// What one's telephone shows. 404 `no_seat` without a seat.
#[utoipa::path(get, path = "/v1/softphone", operation_id = "softphone", tag = "softphone",
    security(("user" = ["softphone:read"]), ("seat_token" = [])), responses((status = 200, body = Softphone)))]
pub async fn softphone(may: AtSeat<Read<of::Softphone>>) -> Result<Json<Softphone>, Problem> {
    let tx = may.read().await?;
    let own = own_seat(&tx, may.place).await?;
    let around = Surroundings::of(&may.app, &tx).await?;
    let mut numbers = around.displayed(own.id).to_vec();
    let leading = company_numbers(&tx).await?;
    for number in leading.iter().filter(|number| number.destination_seat == Some(own.id)).map(choice) {
        if !numbers.iter().any(|known| known.id == number.id) {
            numbers.push(number);
        }
    }
    // The company's number for seats that have none: as calls are routed.
    if numbers.is_empty() {
        numbers.extend(leading.iter().filter(|number| number.shown_by_default).map(choice));
    }
    let others = active(&tx).await?;
    let directory = others.iter().filter(|row| row.id != own.id).map(|row| DirectoryEntry {
        name: around.name(row),
        extension: row.extension.clone(),
        online: around.is_online(&may.app, row),
    });
    let flows = tx.select::<flow::Entity>().order_by(flow::Column::Name, Order::Asc).all().await?;
    let flows = flows.into_iter().filter(|row| row.live.is_some());
    let queues = tx.select::<queue::Entity>().order_by(queue::Column::Name, Order::Asc).all().await?;
    drop(tx);
    let board = match may.app.switch_if_up().filter(|_| !queues.is_empty()) {
        Some(switch) => switch.queue_board(may.tenant()).await,
        None => QueueBoard::default(),
    };
    let queues = queues.into_iter().map(|row| {
        let line = board.queues.iter().find(|line| line.queue.uuid() == row.id);
        DirectoryQueue {
            id: QueueId::from_uuid(row.id).to_string(),
            name: row.name,
            waiting: line.map_or(0, |line| i64::try_from(line.waiting.len()).unwrap_or(i64::MAX)),
            estimate_s: line.and_then(|line| line.estimate_ms).map(|ms| i64::try_from(ms / 1_000).unwrap_or(i64::MAX)),
        }
    });
    Ok(Json(Softphone {
        flows: flows.map(|row| DirectoryFlow { id: FlowId::from_uuid(row.id).to_string(), name: row.name }).collect(),
        queues: queues.collect(),
        seat: SeatId::from_uuid(own.id).to_string(),
        extension: own.extension.clone(),
        default_displayed: numbers.first().map(|number| number.e164.clone()),
        displayed_numbers: numbers,
        echo_number: Some(ECHO.to_owned()),
        directory: directory.collect(),
    }))
}

/// A ticket for one's SIP connection. The seat gets its browser device the first time. 404 `no_seat` without a seat.
#[utoipa::path(post, path = "/v1/softphone/ticket", operation_id = "softphone_ticket", tag = "softphone",
    security(("user" = ["softphone:operate"]), ("seat_token" = [])), responses((status = 201, body = SoftphoneTicket)))]
pub async fn softphone_ticket(
    may: AtSeat<Operate<of::Softphone>>,
) -> Result<(StatusCode, Json<SoftphoneTicket>), Problem> {
    let app = &may.app;
    let tx = may.read().await?;
    let own = own_seat(&tx, may.place).await?;
    let display_name = Surroundings::of(app, &tx).await?.name(&own);
    let known = browser_of(&tx, &own).await?;
    drop(tx);
    let row = match known {
        Some(row) => row,
        None => first_browser(&may, &own).await?,
    };
    let seat = SeatId::from_uuid(own.id);
    let (device, username) = (DeviceId::from_uuid(row.id), row.username);
    let pages = may.pages.clone();
    let grant = SoftphoneGrant { tenant: may.tenant(), seat, device, username: username.clone(), pages };
    let ticket = app.softphone_tickets.sell(grant, app.clock.tick(), app.chance().as_mut())?;
    let out = SoftphoneTicket {
        ticket,
        ws_url: ws_url(app),
        sip_uri: format!("sip:{username}@{}", app.settings.sip_domain),
        username,
        display_name,
        extension: own.extension,
        seat: seat.to_string(),
    };
    Ok((StatusCode::CREATED, Json(out)))
}

/// The active seat that is meant.
pub async fn own_seat(tx: &TenantTx, place: Place) -> Result<seat::Model, Problem> {
    let seats = match place {
        Place::Of(member) => tx.whole::<seat::Entity>().is(seat::Column::MemberId, member.uuid()),
        Place::At(seat) => tx.whole::<seat::Entity>().is(seat::Column::Id, seat.uuid()),
    };
    let own = seats.is(seat::Column::State, "active").one().await?;
    own.ok_or_else(|| Problem::new(StatusCode::NOT_FOUND, "no_seat", "You have no seat. Ask an administrator for one."))
}

/// The seat's browser device, once there is one.
pub async fn browser_of(tx: &TenantTx, own: &seat::Model) -> Result<Option<device::Model>, Problem> {
    let browsers = tx.whole::<device::Entity>().is(device::Column::Kind, DeviceKind::Browser.as_str());
    Ok(browsers.is(device::Column::SeatId, own.id).one().await?)
}

async fn first_browser(may: &AtSeat<Operate<of::Softphone>>, own: &seat::Model) -> Result<device::Model, Problem> {
    let mut tx = may.write().await?;
    // Another tab may have been faster.
    if let Some(row) = browser_of(&tx, own).await? {
        return Ok(row);
    }
    let (row, _) = devices::add(&may.app, &mut tx, own, DeviceKind::Browser, "Browser").await?;
    tx.commit().await?;
    Ok(row)
}

fn ws_url(app: &App) -> String {
    format!("{}/sip", app.settings.public_url.replacen("http", "ws", 1))
}

crate::resource!(for pages "/v1/softphone": softphone, "/v1/softphone/ticket": softphone_ticket);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seat_token_s_pages_may_open_a_flow_and_a_member_s_own_is_ours() {
        let (page, other) = (Some("https://crm.example.com"), Some("https://evil.example.com"));
        let listed = Pages::Listed(vec!["https://crm.example.com".into()]);
        assert_eq!([Pages::Ours.let_in(page), Pages::Any.let_in(other), Pages::Any.let_in(None)], [false, true, true]);
        assert_eq!([listed.let_in(page), listed.let_in(other), listed.let_in(None)], [true, false, false]);
    }
}
