//! What a call writes down, and in which order.

use patchbay_tenancy::many::Sheet;

use crate::calls::row::call;

use call::Column::{
    AnsweredAt, Blame, Called, Caller, CallerName, Cause, Detail, Direction as Way, Displayed, EndedAt, GatewayId,
    GatewayPortId, Id, Mos, NodeEpoch, NodeId, NumberId, Record, RingingAt, SeatId, SipStatus, StartedAt, State,
    TalkMs,
};

/// The row of a call: first what stays as it began, then where it is, then what only its end knows.
const ROW: &[call::Column] = &[
    Id,
    Way,
    Caller,
    CallerName,
    Called,
    Displayed,
    NumberId,
    StartedAt,
    NodeId,
    NodeEpoch,
    State,
    SeatId,
    GatewayId,
    GatewayPortId,
    TalkMs,
    RingingAt,
    AnsweredAt,
    EndedAt,
    Cause,
    Blame,
    SipStatus,
    Detail,
    Mos,
    Record,
];
/// Columns that `records::begun` fills.
pub(super) const BEGUN: usize = 10;
/// Columns that `records::place` fills.
pub(super) const PLACE: usize = 5;
/// Columns that only the end fills.
pub(super) const END: usize = ROW.len() - BEGUN - PLACE;

/// Calls that begin.
pub(super) static OPENED: Sheet<call::Entity> = Sheet::new(ROW.split_at(BEGUN + PLACE).0);
/// Calls that are over: the whole row, so that a call whose start never arrived has one too.
pub(super) static CLOSED: Sheet<call::Entity> = Sheet::put(ROW, ROW.split_at(BEGUN).1, State, "open");
