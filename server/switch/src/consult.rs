//! Consultations and conferences: a seat talks to a third party in a second call in its name, and brings it together with the first.
//!
//! No party changes its call. The second call has nobody in its caller's place; the first one is its host and says who hears whom:
//! the seat and the guest while the other party hears music, or all of them. Records, slots and charges stay with the call that
//! took them. When the other party of the host leaves, everything ends; when the seat leaves, the others talk on.

use patchbay_call::{Input, LegInput, LegNo};
use patchbay_kernel::{CallId, DeviceId, DialString, EndCause, LegId, SeatId};
use patchbay_media::Play;
use patchbay_plane::Unobeyed;
use tokio::sync::mpsc;

use crate::{
    call_task::{CallMessage, CallTask, Seen},
    live::CallDoor,
    supervise,
    transfer::{Taken, Transfer},
};

/// Who is brought together by a call of ours.
#[derive(Debug)]
pub(crate) struct Gathering {
    /// The seat's party.
    by: LegNo,
    /// The other one.
    other: LegNo,
    /// Parties of second calls.
    pub guests: Vec<Guest>,
}

/// The party of a second call.
#[derive(Debug)]
pub(crate) struct Guest {
    call: CallId,
    pub door: CallDoor,
    /// Its audio, once it has answered.
    leg: Option<LegId>,
    place: Place,
}

/// Where a guest is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    /// It is being rung; the seat hears ringback.
    Asked,
    /// It talks to the seat alone.
    Consulted,
    /// It hears music while the seat talks to the other party.
    Waits,
    /// It hears everybody.
    Joined,
}

impl Gathering {
    /// The guest that is not one of all yet.
    fn apart(&mut self) -> Option<&mut Guest> {
        self.guests.iter_mut().find(|guest| guest.place != Place::Joined)
    }

    /// The audio of those who hear everybody.
    pub fn joined(&self) -> impl Iterator<Item = LegId> {
        self.guests.iter().filter(|guest| guest.place == Place::Joined).filter_map(|guest| guest.leg)
    }
}

/// The parties of an order.
#[derive(Clone, Copy)]
pub(crate) struct Pair {
    /// The seat's.
    pub own: LegNo,
    /// Whose device that is.
    pub owner: (SeatId, DeviceId),
    /// The other one.
    pub other: LegNo,
}

impl CallTask {
    /// The seat asks a third party; the other one waits.
    pub(crate) async fn consult(&mut self, pair: Pair, called: &DialString) -> Result<CallId, Unobeyed> {
        let asked = self.gathering.as_mut().is_some_and(|it| it.by != pair.own || it.apart().is_some());
        if asked || self.link.is_some() || self.transfer.is_some() {
            return Err(Unobeyed::UnderWay);
        }
        let user = called.as_str().replace('#', "%23");
        let uri = format!("sip:{user}@{}", self.exchange.config.domain);
        let (mut task, door) = self.second_call(pair.owner, uri, "consult").await.map_err(Unobeyed::Refused)?;
        let (call, seen) = (task.plan.call, task.watch());
        let gathering =
            self.gathering.get_or_insert_with(|| Gathering { by: pair.own, other: pair.other, guests: Vec::new() });
        gathering.guests.push(Guest { call, door, leg: None, place: Place::Asked });
        self.feed(Input::Leg(pair.own, LegInput::PutOnHold)).await;
        supervise::begin(self.exchange.clone(), task);
        tell(call, seen, self.door.clone());
        Ok(call)
    }

    /// What this party has brought together.
    fn gathering_of(&mut self, by: LegNo) -> Result<&mut Gathering, Unobeyed> {
        self.gathering.as_mut().filter(|gathering| gathering.by == by).ok_or(Unobeyed::NotTalking)
    }

    /// The one who waits and the one who talks to the seat change places.
    pub(crate) async fn swap(&mut self, by: LegNo) -> Result<(), Unobeyed> {
        let gathering = self.gathering_of(by)?;
        let guest = gathering.apart().ok_or(Unobeyed::NotTalking)?;
        let (place, then) = match guest.place {
            Place::Consulted => (Place::Waits, LegInput::TakenOffHold),
            Place::Waits => (Place::Consulted, LegInput::PutOnHold),
            Place::Asked | Place::Joined => return Err(Unobeyed::NotTalking),
        };
        guest.place = place;
        self.feed(Input::Leg(by, then)).await;
        self.group().await;
        Ok(())
    }

    /// Whether the seat talks to somebody whom it consults.
    pub(crate) fn consults(&mut self, by: LegNo) -> bool {
        let apart = self.gathering_of(by).ok().and_then(Gathering::apart);
        apart.is_some_and(|guest| guest.place == Place::Consulted)
    }

    /// Whom a digit to this party is meant for while the seat consults somebody: the guest, not the one who hears music; the inner
    /// `None` is nobody.
    pub(crate) fn digit_of_consultation(&self, to: LegNo) -> Option<Option<LegId>> {
        let gathering = self.gathering.as_ref()?;
        let guest = gathering.guests.iter().find(|guest| guest.place == Place::Consulted)?;
        Some(guest.leg.filter(|_| to == gathering.other))
    }

    /// All talk to each other.
    pub(crate) async fn merge(&mut self, by: LegNo) -> Result<(), Unobeyed> {
        let gathering = self.gathering_of(by)?;
        let guest = gathering.apart().filter(|guest| guest.leg.is_some()).ok_or(Unobeyed::NotTalking)?;
        guest.place = Place::Joined;
        self.feed(Input::Leg(by, LegInput::TakenOffHold)).await;
        self.group().await;
        Ok(())
    }

    /// The seat leaves, the others stay together.
    pub(crate) async fn complete(&mut self, by: LegNo) -> Result<(), Unobeyed> {
        let gathering = self.gathering_of(by)?;
        if gathering.guests.is_empty() {
            return Err(Unobeyed::NotTalking);
        }
        let other = gathering.other;
        if let Some(guest) = gathering.apart() {
            if guest.leg.is_none() {
                // It rings: what is left of the consultation is a transfer to it.
                let at = gathering.guests.iter().position(|guest| guest.place == Place::Asked);
                let guest = at.map(|at| gathering.guests.remove(at)).ok_or(Unobeyed::NotTalking)?;
                if gathering.guests.is_empty() {
                    self.gathering = None;
                    self.transfer = Some(Transfer { by, wire: None, door: guest.door });
                    self.feed(Input::Leg(by, LegInput::Away)).await;
                    if let Some(leg) = self.side(other).map(|side| side.leg) {
                        self.exchange.media_play(leg, Play::Ringback);
                    }
                    return Ok(());
                }
                // Those who talk already need nobody more.
                let _ = guest.door.send(CallMessage::HangUp(EndCause::CallerCancelled));
            } else {
                guest.place = Place::Joined;
            }
        }
        self.feed(Input::Leg(by, LegInput::Away)).await;
        self.group().await;
        Ok(())
    }

    /// The second call ends, the seat is back with the other party.
    pub(crate) async fn cancel_consult(&mut self, by: LegNo) -> Result<(), Unobeyed> {
        let gathering = self.gathering_of(by)?;
        let at = gathering.guests.iter().position(|guest| guest.place != Place::Joined).ok_or(Unobeyed::NotTalking)?;
        let guest = gathering.guests.remove(at);
        let cause = if guest.leg.is_some() { EndCause::CallerHungUp } else { EndCause::CallerCancelled };
        let _ = guest.door.send(CallMessage::HangUp(cause));
        self.back_together().await;
        Ok(())
    }

    /// How a second call goes.
    pub(crate) async fn guest_seen(&mut self, call: CallId, seen: Seen) -> Option<Input> {
        let found = self.gathering.as_ref().and_then(|it| {
            let at = it.guests.iter().position(|guest| guest.call == call)?;
            Some((at, it.by, it.guests[at].place, it.guests[at].door.clone()))
        });
        // The seat left while it rang: it is the call of a transfer now.
        let Some((at, by, place, door)) = found else { return self.transfer_seen(seen).await };
        match seen {
            Seen::Begun | Seen::Came | Seen::Key(_) => {}
            Seen::Ringing => {
                if let Some(own) = self.side(by).map(|side| side.leg) {
                    self.exchange.media_play(own, Play::Ringback);
                }
            }
            Seen::Answered(_) => {
                let (seat, own) = self.side(by).and_then(|side| Some((side.owner?.0, side.leg)))?;
                let taken = self.ask_link(&door, None, (seat, own), true).await;
                let guest = &mut self.gathering.as_mut()?.guests[at];
                match taken {
                    Some(Taken::Talks(leg)) => (guest.leg, guest.place) = (Some(leg), Place::Consulted),
                    Some(Taken::Rings) | None => {
                        let _ = door.send(CallMessage::HangUp(EndCause::Internal));
                    }
                }
                self.group().await;
            }
            Seen::Ended { cause, .. } => {
                let guests = &mut self.gathering.as_mut()?.guests;
                guests.remove(at);
                let alone = guests.is_empty();
                if place == Place::Joined && alone && !self.call.has(by) {
                    return Some(Input::HangUp(cause));
                } else if place != Place::Joined || alone {
                    self.back_together().await;
                } else {
                    self.group().await;
                }
            }
        }
        None
    }

    /// Nobody is consulted any more: the seat has the other party back.
    async fn back_together(&mut self) {
        let Some(gathering) = &self.gathering else { return };
        let by = gathering.by;
        if gathering.guests.is_empty() {
            self.gathering = None;
        }
        if let Some(own) = self.side(by).map(|side| side.leg) {
            self.exchange.media_stop_play(own);
        }
        let held = self.call.is_held_by(by);
        self.feed(Input::Leg(by, LegInput::TakenOffHold)).await;
        if !held && !self.call.is_held() {
            self.bridge_again().await;
        }
    }

    /// A party of ours that hangs up: the seat of a gathering leaves it, and the others talk on.
    pub(crate) async fn unless_guests_go_on(&mut self, input: Option<Input>) -> Option<Input> {
        let Some(Input::Leg(no, LegInput::Ended { .. })) = input else { return input };
        let gathering = self.gathering.as_mut().filter(|it| it.by == no);
        let goes_on = gathering
            .is_some_and(|it| !it.guests.is_empty() && it.apart().is_none_or(|guest| guest.place != Place::Waits));
        if goes_on && self.complete(no).await.is_ok() { None } else { input }
    }

    /// Lets everybody hear whom they are to hear now.
    pub(crate) async fn group(&mut self) {
        let Some(gathering) = &self.gathering else { return };
        let (by, other) = (gathering.by, gathering.other);
        let consulted = gathering.guests.iter().find(|guest| guest.place == Place::Consulted).and_then(|it| it.leg);
        let waits: Vec<LegId> =
            gathering.guests.iter().filter(|guest| guest.place == Place::Waits).filter_map(|it| it.leg).collect();
        let joined: Vec<LegId> = gathering.joined().collect();
        let present = |no: LegNo| {
            let leg = self.sides.iter().find(|side| side.no == no && side.media_open)?.leg;
            self.call.has(no).then_some(leg)
        };
        let (own, first) = (present(by), present(other));
        let own_talks = own.filter(|_| consulted.is_none() && !self.call.is_held_by(by));
        let first_talks = first.filter(|_| !self.call.is_held_by(other));
        let talk: Vec<LegId> = own_talks.into_iter().chain(first_talks).chain(joined).collect();
        if let (Some(own), Some(guest)) = (own, consulted) {
            self.exchange.media_bridge(own, guest).await;
        } else if let Some(own) = own.filter(|_| own_talks.is_none()) {
            self.exchange.media_unbridge(own);
        }
        match talk[..] {
            [] => {}
            [one] => {
                self.exchange.media_unbridge(one);
                if first_talks == Some(one) {
                    self.exchange.media_hold_music(one);
                }
            }
            [one, another] => self.exchange.media_bridge(one, another).await,
            _ => {
                for leg in &talk {
                    self.exchange.media_stop_play(*leg);
                }
                self.exchange.media_mix(&talk).await;
            }
        }
        for leg in waits {
            self.exchange.media_unbridge(leg);
            self.exchange.media_hold_music(leg);
        }
        self.hear_all();
    }

    /// Music for whoever is held by this party; nothing where both hold.
    pub(crate) fn entertain_held(&self, holder: LegNo) {
        if self.gathering.is_some() {
            return;
        }
        let other = if holder == LegNo::CALLER { self.joined } else { Some(LegNo::CALLER) };
        let other = other.filter(|no| !self.call.is_held_by(*no));
        let held = match &self.link {
            Some(link) => Some(link.theirs).filter(|_| !link.is_guest),
            None => other.and_then(|no| self.sides.iter().find(|side| side.no == no)).map(|side| side.leg),
        };
        if let Some(held) = held {
            self.exchange.media_hold_music(held);
        }
    }
}

/// The news of a second call come to its host.
fn tell(call: CallId, mut seen: mpsc::UnboundedReceiver<Seen>, host: CallDoor) {
    tokio::spawn(async move {
        while let Some(seen) = seen.recv().await {
            let _ = host.send(CallMessage::Guest(call, seen));
        }
    });
}
