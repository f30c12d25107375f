//! Parking: a seat leaves a caller at a slot of the company, and whoever may picks it up there: from a page, by an order, or by
//! dialling the slot from a phone. Nothing moves: the place in the call is free meanwhile, and the other party hears music.

use std::{collections::BTreeMap, panic::AssertUnwindSafe, sync::Arc};

use futures::FutureExt;
use patchbay_call::{Input, LegInput, LegNo, MomentKind};
use patchbay_kernel::{CallId, EndCause, SeatId, TenantId};
use patchbay_plane::{ParkedCall, Principal, Refusal, Unobeyed};
use patchbay_sip::{self as sip, FlowId, Message, Uri};
use tokio::sync::{mpsc, oneshot};

use crate::{
    call_task::{CallMessage, CallTask, Wire},
    consult::Pair,
    exchange::{Exchange, lock},
    live::CallDoor,
    perform::reason,
    takeover,
};

/// What is dialled before a slot to pick up what is parked there.
pub const PICK_UP: &str = "*85";
/// Slots of a company.
pub const SLOTS: std::ops::RangeInclusive<u16> = 1..=99;

/// Calls that are parked, by company and slot.
pub(crate) type Lot = BTreeMap<(TenantId, u16), (ParkedCall, CallDoor)>;

/// The wish to pick up what is parked, with a phone of this seat.
#[derive(Debug)]
pub struct PickUp {
    seat: SeatId,
    answer: oneshot::Sender<Result<(), Unobeyed>>,
}

/// The slot that is dialled to pick up; `None`: something else is dialled.
pub(crate) fn slot_dialled(message: &Message) -> Option<u16> {
    let user = message.request_uri().parse::<Uri>().ok()?.user_text()?;
    user.strip_prefix(PICK_UP)?.parse().ok().filter(|slot| SLOTS.contains(slot))
}

/// A phone has dialled a slot: it takes the place of who parked there.
pub(crate) fn begin(exchange: &Arc<Exchange>, leg: sip::LegId, slot: u16, flow: FlowId, invite: Arc<Message>) {
    let (door, inbox) = mpsc::unbounded_channel();
    exchange.own_sip_leg(leg, &door);
    let exchange = exchange.clone();
    tokio::spawn(async move {
        let asked = AssertUnwindSafe(dialled(&exchange, leg, slot, flow, invite, inbox)).catch_unwind().await;
        let (code, extra) = match asked {
            Ok(Ok(())) => return,
            Ok(Err(no)) => no,
            Err(_) => (500, Vec::new()),
        };
        exchange.forget_sip_leg(leg);
        exchange.command(sip::Cmd::Refuse { leg, code, extra });
    });
}

async fn dialled(
    exchange: &Exchange,
    leg: sip::LegId,
    slot: u16,
    flow: FlowId,
    invite: Arc<Message>,
    inbox: mpsc::UnboundedReceiver<CallMessage>,
) -> Result<(), (u16, Vec<(String, String)>)> {
    let who = exchange.prove(&invite, flow).await.map_err(|no| (no.code, no.extra))?;
    let nothing = || (404, vec![reason(EndCause::NotFound, Some("nobody is parked there"))]);
    let Principal::Device { tenant, .. } = &who.principal else { return Err(nothing()) };
    let door = lock(&exchange.lot).get(&(*tenant, slot)).map(|(_, door)| door.clone()).ok_or_else(nothing)?;
    takeover::ask_for_parked(door, leg, who, invite, inbox).await.map_err(|code| (code, Vec::new()))
}

impl Exchange {
    /// What is parked in a company, by slot.
    pub(crate) fn parked_calls(&self, tenant: TenantId) -> Vec<ParkedCall> {
        let lot = lock(&self.lot);
        lot.range((tenant, 0)..=(tenant, u16::MAX)).map(|(_, (parked, _))| parked.clone()).collect()
    }

    /// Rings the seat's phone for what is parked at this slot.
    pub(crate) async fn pick_up_parked(&self, tenant: TenantId, slot: u16, seat: SeatId) -> Result<CallId, Unobeyed> {
        let found = lock(&self.lot).get(&(tenant, slot)).map(|(parked, door)| (parked.call, door.clone()));
        let (call, door) = found.ok_or(Unobeyed::NoCall)?;
        let (answer, heard) = oneshot::channel();
        door.send(CallMessage::PickUp(PickUp { seat, answer })).map_err(|_| Unobeyed::NoCall)?;
        heard.await.unwrap_or(Err(Unobeyed::NoCall)).map(|()| call)
    }
}

impl CallTask {
    /// The seat parks the other party, at this slot or at the first that is free.
    pub(crate) async fn park_at(&mut self, pair: Pair, wanted: Option<u16>) -> Result<CallId, Unobeyed> {
        if self.transfer.is_some() || self.gathering.is_some() {
            return Err(Unobeyed::UnderWay);
        }
        let parked = self.parked_here(pair, self.exchange.wall());
        let tenant = self.plan.tenant;
        let taken = {
            let mut lot = lock(&self.exchange.lot);
            let mut free = SLOTS.filter(|slot| !lot.contains_key(&(tenant, *slot)));
            let slot = match wanted {
                Some(slot) if SLOTS.contains(&slot) => Some(slot).filter(|slot| !lot.contains_key(&(tenant, *slot))),
                Some(_) => None,
                None => free.next(),
            };
            if let Some(slot) = slot {
                lot.insert((tenant, slot), (ParkedCall { slot, ..parked }, self.door.clone()));
            }
            slot
        };
        let Some(slot) = taken else {
            let text = "This slot is taken, or all are".to_owned();
            return Err(Unobeyed::Refused(Refusal { cause: EndCause::Busy, tenant: Some(tenant), text }));
        };
        if let Some(stay) = self.flow.as_mut().and_then(|flow| flow.stay.as_mut()) {
            stay.release();
        }
        self.feed(Input::Leg(pair.own, LegInput::Parked { slot })).await;
        Ok(self.plan.call)
    }

    fn parked_here(&mut self, pair: Pair, at: patchbay_kernel::Wall) -> ParkedCall {
        let out = pair.own == LegNo::CALLER;
        let other = if out { &self.plan.called } else { &self.plan.caller };
        let (number, name) = (other.number.clone(), other.name.clone());
        ParkedCall { slot: 0, call: self.plan.call, by: pair.owner.0, number, name, at }
    }

    /// The party's session ends, its place stays.
    pub(crate) async fn park(&mut self, no: LegNo) {
        let cause = self.call.ordinary_end(no);
        let old = self.side(no).map(|side| side.leg);
        self.hang_up_leg(no, cause).await;
        self.book.note(old, MomentKind::LegEnded { cause, sip_status: None }, self.exchange.now());
        if let Some(side) = self.side(no) {
            side.wire = Wire::None;
        }
        self.part().await;
        self.entertain_held(no);
    }

    /// Somebody wants the one who is parked.
    pub(crate) async fn pick_up(&mut self, wish: PickUp) {
        let PickUp { seat, answer } = wish;
        let done = match self.sides.iter().map(|side| side.no).find(|no| self.call.is_parked(*no)) {
            Some(no) => self.ring_to_pick_up(no, seat).await,
            None => Err(Unobeyed::NoCall),
        };
        let _ = answer.send(done);
    }

    async fn ring_to_pick_up(&mut self, no: LegNo, seat: SeatId) -> Result<(), Unobeyed> {
        let nobody = |text: &str| {
            let tenant = Some(self.plan.tenant);
            Unobeyed::Refused(Refusal { cause: EndCause::Unreachable, tenant, text: text.to_owned() })
        };
        let found = self.exchange.registrar.devices_of(seat, self.exchange.now()).into_iter().next();
        let (device, phone) = found.ok_or_else(|| nobody("No phone of the seat can be reached"))?;
        self.give_up_attempt(EndCause::CallerCancelled);
        if self.ring_for(no, (seat, device, phone), true).await { Ok(()) } else { Err(Unobeyed::UnderWay) }
    }

    /// The slot is free.
    pub(crate) fn is_parked_no_more(&self) {
        let call = self.plan.call;
        lock(&self.exchange.lot).retain(|_, (parked, door)| parked.call != call && !door.is_closed());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slot_is_dialled_with_its_code() {
        let dialled = |user: &str| {
            let text = format!(
                "INVITE sip:{user}@h SIP/2.0\r\nVia: SIP/2.0/UDP h;branch=z9hG4bK1\r\nContent-Length: 0\r\n\r\n"
            );
            slot_dialled(&Message::parse(text.as_bytes()).unwrap())
        };
        assert_eq!([dialled("*857"), dialled("*8512"), dialled("%2A853")], [Some(7), Some(12), Some(3)]);
        assert_eq!([dialled("*85"), dialled("*850"), dialled("*85100"), dialled("*43"), dialled("857")], [None; 5]);
    }
}
