//! What a call writes down, and in which order.

use patchbay_tenancy::many::Sheet;

use crate::calls::row::call;

use call::Column::{
    AnsweredAt, Blame, Called, Caller, CallerName, Cause, Detail, Direction as Way, Displayed, EndedAt, GatewayId,
    GatewayPortId, Id, Mos, NodeEpoch, NodeId, NumberId, Record, RingingAt, SeatId, SipStatus, StartedAt, State,
    TalkMs,
};

/// Calls that begin: what `records::begun` gives.
pub(super) static OPENED: Sheet<call::Entity> = Sheet::new(&[
    Id,
    Way,
    Caller,
    CallerName,
    Called,
    Displayed,
    SeatId,
    NumberId,
    StartedAt,
    NodeId,
    NodeEpoch,
    State,
    GatewayId,
    GatewayPortId,
    TalkMs,
]);
/// Calls that are over, the whole row, so that a call whose start never arrived has one too: what `records::begun` and `records::ended` give.
pub(super) static CLOSED: Sheet<call::Entity> = Sheet::put(
    &[
        Id,
        Way,
        Caller,
        CallerName,
        Called,
        Displayed,
        SeatId,
        NumberId,
        StartedAt,
        NodeId,
        NodeEpoch,
        State,
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
    ],
    &[
        State,
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
    ],
    State,
    "open",
);
