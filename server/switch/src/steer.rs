//! Orders about a call that is up: what a page or a program does for a seat, without its device's doing.

use patchbay_call::{Input, LegInput, LegNo};
use patchbay_kernel::{CallId, SeatId};
use patchbay_media::Play;
use patchbay_plane::{CallOrder, Hearer, Signal, Unobeyed};
use tokio::sync::oneshot;

use crate::{
    call_task::{CallMessage, CallTask},
    consult::Pair,
    live::CallDoor,
};

/// An order on its way to its call.
#[derive(Debug)]
pub struct Order {
    seat: SeatId,
    what: CallOrder,
    answer: oneshot::Sender<Result<Option<CallId>, Unobeyed>>,
}

/// Sends an order to its call and waits for what it says.
pub(crate) async fn ask(door: CallDoor, seat: SeatId, what: CallOrder) -> Result<Option<CallId>, Unobeyed> {
    let (answer, heard) = oneshot::channel();
    door.send(CallMessage::Order(Order { seat, what, answer })).map_err(|_| Unobeyed::NoCall)?;
    // A call that ends before it looks at the order is no call any more.
    heard.await.unwrap_or(Err(Unobeyed::NoCall))
}

impl CallTask {
    /// Obeys an order, and says so to whoever gave it.
    pub(crate) async fn ordered(&mut self, order: Order) -> Option<Input> {
        let Order { seat, what, answer } = order;
        let said = self.obey(seat, what).await;
        let _ = answer.send(said);
        None
    }

    async fn obey(&mut self, seat: SeatId, what: CallOrder) -> Result<Option<CallId>, Unobeyed> {
        let pair = self.pair(seat)?;
        match what {
            CallOrder::Hold => self.feed(Input::Leg(pair.own, LegInput::PutOnHold)).await,
            CallOrder::Resume if self.consults(pair.own) => self.swap(pair.own).await?,
            CallOrder::Resume => self.feed(Input::Leg(pair.own, LegInput::TakenOffHold)).await,
            CallOrder::Transfer(called) => {
                self.stays(pair.own).ok_or(Unobeyed::UnderWay)?;
                let sent = self.send_to((pair.own, None), pair.owner, &called).await;
                return sent.map(Some).map_err(Unobeyed::Refused);
            }
            CallOrder::ToFlow(flow) => {
                let found = self.exchange.clone().outside.directory.flow(self.plan.tenant, flow).await;
                return self.send_into_flow(pair, found).await.map(Some);
            }
            CallOrder::ToQueue(queue) => {
                let found = self.exchange.clone().outside.directory.queue(self.plan.tenant, queue).await;
                return self.send_into_flow(pair, found).await.map(Some);
            }
            CallOrder::Park(slot) => return self.park_at(pair, slot).await.map(Some),
            CallOrder::Consult(called) => return self.consult(pair, &called).await.map(Some),
            CallOrder::Swap => self.swap(pair.own).await?,
            CallOrder::Merge => self.merge(pair.own).await?,
            CallOrder::Complete => self.complete(pair.own).await?,
            CallOrder::CancelConsult => self.cancel_consult(pair.own).await?,
            CallOrder::Digits(digits) => {
                // They are in nobody's audio: in whatever way the party takes digits, we make them.
                (self.digit_travels_in_audio, self.digit_is_audible) = (false, false);
                for digit in digits.as_str().chars().filter(|digit| *digit != '+') {
                    self.feed(Input::Leg(pair.own, LegInput::Digit(digit))).await;
                }
            }
            CallOrder::Play(signal, hearer) => {
                let what = match signal {
                    Signal::Ringback => Play::Ringback,
                    Signal::Tone(hz) => Play::Tone { hz },
                };
                for no in pair.hearers(hearer) {
                    if let Some(side) = self.side(no).filter(|side| side.media_open) {
                        let leg = side.leg;
                        self.exchange.media_play(leg, what);
                    }
                }
            }
            CallOrder::StopPlay => {
                for no in pair.hearers(Hearer::Both) {
                    if let Some(leg) = self.side(no).map(|side| side.leg) {
                        self.exchange.media_stop_play(leg);
                    }
                }
            }
        }
        Ok(None)
    }

    /// The seat's party, and who it talks to.
    fn pair(&self, seat: SeatId) -> Result<Pair, Unobeyed> {
        let of_seat = |side: &&crate::call_task::Side| side.owner.is_some_and(|owner| owner.0 == seat);
        let own: Vec<_> = self.sides.iter().filter(of_seat).filter_map(|side| Some((side.no, side.owner?))).collect();
        if own.is_empty() {
            return Err(Unobeyed::NoCall);
        }
        let joined = self.joined.filter(|_| self.call.answered_at().is_some()).ok_or(Unobeyed::NotTalking)?;
        let found = own.into_iter().find_map(|(no, owner)| match no {
            LegNo::CALLER => Some(Pair { own: no, owner, other: joined }),
            no if no == joined => Some(Pair { own: no, owner, other: LegNo::CALLER }),
            _ => None,
        });
        // Who has parked the other party has only a place in the call.
        found.filter(|pair| self.call.has(pair.own) && !self.call.is_parked(pair.own)).ok_or(Unobeyed::NotTalking)
    }
}

impl Pair {
    fn hearers(self, hearer: Hearer) -> Vec<LegNo> {
        match hearer {
            Hearer::Seat => vec![self.own],
            Hearer::Other => vec![self.other],
            Hearer::Both => vec![self.own, self.other],
        }
    }
}
