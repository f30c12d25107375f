//! The plan of a test call, or of the check whose a number is: one gateway port, no company.

use kernel::{DialString, E164, EndCause, TenantId, Uuid};
use patchbay_gateway::{Dial, NumberFormat};
use patchbay_kernel as kernel;
use patchbay_plane::{Direction, Party, RoutePlan, Stage, Target, TestCallAsk};
use patchbay_tenancy::system::number;
use sea_orm::{ColumnTrait, Order};

use super::{Core, no::No, trunk::Port};

/// Whose calls test calls are: nobody's.
pub(super) const NOBODY: TenantId = TenantId::from_uuid(Uuid::nil());

/// Seconds of ringing and of talk that a test may take.
const RING_S: u32 = 30;
const TALK_S: u32 = 20;
/// The same where a code is read off a screen and keyed in.
const CODE_S: u32 = 60;

pub(super) async fn plan(core: &Core, ask: &TestCallAsk) -> Result<RoutePlan, No> {
    let system = core.database().system();
    let row = system.trunks(&[ask.gateway_port.uuid()]).await?.pop();
    let port = row.and_then(Port::of).ok_or_else(|| No::rule(EndCause::NotFound, "There is no such gateway port"))?;
    let dialled: Result<DialString, _> = ask.called.parse();
    let dialled = dialled.map_err(|_| No::rule(EndCause::BadNumber, format!("{} cannot be dialled", ask.called)))?;
    let called = match NumberFormat::National.read(dialled.as_str(), port.plan().as_ref()) {
        Some(number) => Dial::Number(number),
        None => Dial::Short(dialled.clone()),
    };
    // Any number of the line will do as displayed number, best one that no company is called back on.
    let numbers = || system.select::<number::Entity>().is(number::Column::GatewayPortId, port.row.port_id);
    let free = numbers().filter(number::Column::TenantId.is_null());
    let first = match free.order_by(number::Column::E164, Order::Asc).one().await? {
        Some(free) => Some(free),
        None => numbers().order_by(number::Column::E164, Order::Asc).one().await?,
    };
    let displayed: Option<E164> = first.and_then(|row| row.e164.parse().ok());
    let no_way = || No::rule(EndCause::CarrierFailed, format!("{} has no account to be reached by", port.label()));
    let target = port.target(core, &called, displayed.as_ref()).ok_or_else(no_way)?;
    Ok(RoutePlan {
        tenant: NOBODY,
        call: ask.call,
        direction: Direction::Test,
        caller: Party { number: "test".into(), name: Some("Test call".into()), seat: None },
        called: Party { number: dialled.as_str().into(), name: None, seat: None },
        number: None,
        displayed,
        resources: Vec::new(),
        stages: vec![Stage { targets: vec![Target::Trunk(Box::new(target))] }],
        placed: None,
        ring_timeout_s: RING_S,
        max_talk_s: if ask.code.is_some() { CODE_S } else { TALK_S },
        early_media: port.early_media(),
        caller_gateway_port: None,
        caller_dtmf: port.dtmf(),
        caller_codecs: port.codecs(),
        caller_srtp: port.srtp(),
    })
}
