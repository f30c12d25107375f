//! The demo's inventory: one site, three gateways, all for rent, for the simulator to play.
//!
//! Numbers come from the range that the North American plan keeps for fiction (555-0100 to 555-0199). Seeding again finds what
//! is there, gives the accounts new passwords (only hashes are kept) and sets the address of the E1 box anew.

use kernel::{E164, GatewayId, GatewayPortId, Secret, SiteId, Uuid};
use patchbay_gateway::profile;
use patchbay_kernel as kernel;
use patchbay_tenancy::{
    StoreError, SystemTx,
    system::{gateway, gateway_port, line, number, number_history, sip_account, site},
};
use sea_orm::{ActiveValue::Set, ColumnTrait, IntoActiveModel, Order};

use super::{
    account::NewAccount,
    gateway_new::{GatewayNew, Realm},
    gateway_ports::{LineNew, line_row},
    sites::SiteNew,
    stock::{NumbersNew, block_rows},
    words::*,
};
use crate::kit::{money::Money, problem::Problem};

/// Name of the site by which the demo is found again.
pub const SITE: &str = "Demo exchange";

/// Where the simulator's E1 box is.
#[derive(Clone, Debug)]
pub struct DemoPeer {
    /// Address that it sends from and listens at.
    pub host: String,
    /// UDP port of it.
    pub udp_port: u16,
}

/// What the simulator plays.
#[derive(Clone, Debug)]
pub struct Demo {
    /// The FXO box: an account and a number for each gateway port.
    pub analog: Vec<DemoLine>,
    /// The E1 box, known by its address.
    pub trunk: DemoTrunk,
    /// The GSM box: one account, a number for each slot.
    pub wireless: DemoWireless,
}

/// One FXO port.
#[derive(Clone, Debug)]
pub struct DemoLine {
    /// The gateway port.
    pub gateway_port: GatewayPortId,
    /// Its place in the box, from 1.
    pub ordinal: u16,
    /// SIP user name.
    pub username: String,
    /// Password.
    pub password: Secret<String>,
    /// The line's number.
    pub number: E164,
}

/// The E1 box.
#[derive(Clone, Debug)]
pub struct DemoTrunk {
    /// The gateway.
    pub gateway: GatewayId,
    /// Its block of numbers.
    pub numbers: Vec<E164>,
    /// Calls at once.
    pub channels: u16,
}

/// The GSM box.
#[derive(Clone, Debug)]
pub struct DemoWireless {
    /// The gateway.
    pub gateway: GatewayId,
    /// SIP user name of the box.
    pub username: String,
    /// Password.
    pub password: Secret<String>,
    /// The SIM's number in each slot, from slot 1.
    pub numbers: Vec<E164>,
}

/// One box of the demo, as data.
struct DemoBox {
    label: &'static str,
    profile: &'static str,
    connection: GatewayConnection,
    gateway_ports: u16,
    rental: Rental,
    /// Dollars a month for a gateway port, in millionths.
    port_price: i64,
    carrier: &'static str,
    kind: NumberKind,
    area: &'static str,
    first_number: &'static str,
    /// On each gateway port.
    numbers: u16,
    /// Dollars a month for a number, in millionths.
    number_price: i64,
}

const BOXES: [DemoBox; 3] = [
    DemoBox {
        label: "Kestrel 16",
        profile: "kestrel_fxo",
        connection: GatewayConnection::RegistersWithUs,
        gateway_ports: 16,
        rental: Rental::Exclusive,
        port_price: 9_000_000,
        carrier: "Harbour Telephone",
        kind: NumberKind::Local,
        area: "New York",
        first_number: "+12125550101",
        numbers: 1,
        number_price: 1_000_000,
    },
    DemoBox {
        label: "Falcon E1",
        profile: "falcon_e1",
        connection: GatewayConnection::IpPeer,
        gateway_ports: 1,
        rental: Rental::Shared,
        port_price: 0,
        carrier: "Bay Carrier",
        kind: NumberKind::Local,
        area: "San Francisco",
        first_number: "+14155550100",
        numbers: 100,
        number_price: 1_500_000,
    },
    DemoBox {
        label: "Wren 4",
        profile: "wren_gsm",
        connection: GatewayConnection::RegistersWithUs,
        gateway_ports: 4,
        rental: Rental::Exclusive,
        port_price: 15_000_000,
        carrier: "Hudson Mobile",
        kind: NumberKind::Mobile,
        area: "New York",
        first_number: "+16465550101",
        numbers: 1,
        number_price: 2_000_000,
    },
];

/// Make or find the demo's inventory. Commit `tx` afterwards. Fails as the store does.
pub async fn seed_demo(tx: &mut SystemTx, realm: &Realm<'_>, peer: &DemoPeer) -> Result<Demo, StoreError> {
    let site = the_site(tx).await?;
    let [analog, trunk, wireless] = &BOXES;
    let (_, lines) = the_box(tx, site, analog, realm, peer).await?;
    let (falcon, spans) = the_box(tx, site, trunk, realm, peer).await?;
    let (wren, slots) = the_box(tx, site, wireless, realm, peer).await?;
    let mut accounts = Vec::new();
    for port in lines {
        accounts.extend(renew_line(tx, port, realm).await?);
    }
    let mut trunk_numbers = Vec::new();
    for span in &spans {
        trunk_numbers.extend(numbers_on(tx, span.id).await?);
    }
    let mut cards = Vec::new();
    for slot in &slots {
        cards.extend(numbers_on(tx, slot.id).await?);
    }
    Ok(Demo {
        analog: accounts,
        trunk: DemoTrunk {
            gateway: GatewayId::from_uuid(falcon.id),
            numbers: trunk_numbers,
            channels: spans.iter().map(|span| u16::try_from(span.channels).unwrap_or(0)).sum(),
        },
        wireless: renew_wireless(tx, wren, realm, cards).await?,
    })
}

async fn the_site(tx: &SystemTx) -> Result<Uuid, StoreError> {
    if let Some(row) = tx.select::<site::Entity>().is(site::Column::Name, SITE).one().await? {
        return Ok(row.id);
    }
    let ask = SiteNew { name: SITE.into(), country: "US".into(), city: Some("San Francisco".into()) };
    Ok(tx.insert(ask.row(tx.new_id(), tx.at()).map_err(impossible)?).await?.id)
}

/// The box with its gateway ports in order, made when it is not there yet.
async fn the_box(
    tx: &mut SystemTx,
    site: Uuid,
    wanted: &DemoBox,
    realm: &Realm<'_>,
    peer: &DemoPeer,
) -> Result<(gateway::Model, Vec<gateway_port::Model>), StoreError> {
    let found = tx.select::<gateway::Entity>().is(gateway::Column::SiteId, site);
    let found =
        found.is(gateway::Column::Profile, wanted.profile).is(gateway::Column::Label, wanted.label).one().await?;
    let row = match found {
        Some(row) => {
            let addressed = row.host.is_some();
            let mut change = row.into_active_model();
            change.simulated = Set(true);
            if addressed {
                change.host = Set(Some(peer.host.clone()));
                change.udp_port = Set(Some(peer.udp_port.into()));
            }
            tx.update(change).await?
        }
        None => make(tx, site, wanted, realm, peer).await?,
    };
    let ports = tx.select::<gateway_port::Entity>().is(gateway_port::Column::GatewayId, row.id);
    let ports = ports.order_by(gateway_port::Column::Ordinal, Order::Asc).all().await?;
    Ok((row, ports))
}

async fn make(
    tx: &mut SystemTx,
    site: Uuid,
    wanted: &DemoBox,
    realm: &Realm<'_>,
    peer: &DemoPeer,
) -> Result<gateway::Model, StoreError> {
    let peers = wanted.connection == GatewayConnection::IpPeer;
    let ask = GatewayNew {
        site: SiteId::from_uuid(site),
        label: wanted.label.into(),
        profile: wanted.profile.into(),
        connection: wanted.connection,
        gateway_ports: wanted.gateway_ports.into(),
        host: peers.then(|| peer.host.clone()),
        udp_port: peers.then(|| peer.udp_port.into()),
        transport: None,
        channels: None,
        username: None,
        password: None,
        realm: None,
        monthly: Some(dollars(wanted.port_price)),
        rental: Some(wanted.rental),
        srtp: None,
        simulated: Some(true),
    };
    let profile = profile(wanted.profile).ok_or_else(|| StoreError::Other(format!("no profile {}", wanted.profile)))?;
    ask.check(profile).map_err(impossible)?;
    let now = tx.now();
    let planned = ask.plan(profile, realm, now, tx.chance());
    let row = tx.insert(planned.gateway).await?;
    let mut first: E164 = wanted.first_number.parse().map_err(|_| StoreError::Other("a demo number".into()))?;
    for port in planned.ports {
        let port = tx.insert(port).await?;
        add_line(tx, &port, wanted).await?;
        first = add_numbers(tx, &port, wanted, first).await?;
    }
    for account in planned.accounts {
        tx.insert::<sip_account::ActiveModel>(account).await?;
    }
    Ok(row)
}

async fn add_line(tx: &SystemTx, port: &gateway_port::Model, wanted: &DemoBox) -> Result<line::Model, StoreError> {
    let ask = LineNew {
        gateway_port: GatewayPortId::from_uuid(port.id),
        kind: GatewayPortKind::stored(&port.kind).line_kind(),
        carrier: wanted.carrier.into(),
        label: format!("{} {}", wanted.carrier, port.ordinal),
    };
    tx.insert(line_row(tx.new_id(), &ask, tx.at())).await
}

/// Adds a gateway port's numbers from `first` on; answers the first of the next gateway port. A number that an operator has
/// entered elsewhere stays where it is.
async fn add_numbers(
    tx: &SystemTx,
    port: &gateway_port::Model,
    wanted: &DemoBox,
    first: E164,
) -> Result<E164, StoreError> {
    let ask = NumbersNew {
        first: first.as_str().to_owned(),
        count: i64::from(wanted.numbers) + 1,
        gateway_port: GatewayPortId::from_uuid(port.id),
        kind: wanted.kind,
        area: Some(wanted.area.into()),
        monthly: dollars(wanted.number_price),
        setup: None,
    };
    let mut rows = block_rows(&ask, "US", tx.at(), || tx.new_id()).map_err(impossible)?;
    let next = rows.pop().map(|row| row.e164.as_ref().clone()).and_then(|text| text.parse().ok()).unwrap_or(first);
    for row in rows {
        if tx.select::<number::Entity>().is(number::Column::E164, row.e164.as_ref().clone()).count().await? > 0 {
            continue;
        }
        let made = tx.insert(row).await?;
        tx.insert(number_history::ActiveModel {
            id: Set(tx.new_id()),
            number_id: Set(made.id),
            state: Set(made.state),
            at: Set(tx.at()),
            ..Default::default()
        })
        .await?;
    }
    Ok(next)
}

async fn numbers_on(tx: &SystemTx, port: Uuid) -> Result<Vec<E164>, StoreError> {
    let rows = tx.select::<number::Entity>().is(number::Column::GatewayPortId, port);
    let rows = rows.filter(number::Column::State.ne(NumberState::Retired.as_str()));
    let rows = rows.order_by(number::Column::E164, Order::Asc).all().await?;
    Ok(rows.iter().filter_map(|row| row.e164.parse().ok()).collect())
}

/// `None` for a gateway port whose number an operator has moved away.
async fn renew_line(
    tx: &mut SystemTx,
    port: gateway_port::Model,
    realm: &Realm<'_>,
) -> Result<Option<DemoLine>, StoreError> {
    let number = numbers_on(tx, port.id).await?.into_iter().next();
    let (Some(username), Some(number)) = (port.username.clone(), number) else { return Ok(None) };
    let account = NewAccount::make(username, realm.domain, tx.chance());
    let (id, ordinal) = (port.id, port.ordinal);
    let mut change = port.into_active_model();
    change.ha1_md5 = Set(Some(account.ha1.md5));
    change.ha1_sha256 = Set(Some(account.ha1.sha256));
    tx.update(change).await?;
    Ok(Some(DemoLine {
        gateway_port: GatewayPortId::from_uuid(id),
        ordinal: u16::try_from(ordinal).unwrap_or(0),
        username: account.username,
        password: account.password,
        number,
    }))
}

async fn renew_wireless(
    tx: &mut SystemTx,
    row: gateway::Model,
    realm: &Realm<'_>,
    numbers: Vec<E164>,
) -> Result<DemoWireless, StoreError> {
    let username =
        row.username.clone().ok_or_else(|| StoreError::Other("the demo's GSM box lacks its account".into()))?;
    let account = NewAccount::make(username, realm.domain, tx.chance());
    let gateway = GatewayId::from_uuid(row.id);
    let mut change = row.into_active_model();
    change.ha1_md5 = Set(Some(account.ha1.md5));
    change.ha1_sha256 = Set(Some(account.ha1.sha256));
    tx.update(change).await?;
    Ok(DemoWireless { gateway, username: account.username, password: account.password, numbers })
}

fn dollars(micros: i64) -> Money {
    Money::stored(micros, "USD")
}

/// The demo's own data breaks a rule: a fault of ours.
fn impossible(problem: Problem) -> StoreError {
    StoreError::Other(format!("the demo breaks a rule: {}", problem.code()))
}
