//! An INVITE with Replaces (RFC 3891): a new phone or line takes the place of a party of a call of ours. The party that is
//! replaced gets BYE, or CANCEL while it rings; the other one talks on.

use std::{panic::AssertUnwindSafe, sync::Arc};

use futures::FutureExt;
use patchbay_call::{Input, LegInput, LegNo, MomentKind};
use patchbay_kernel::{DeviceId, EndCause, SeatId, Tick};
use patchbay_media::{LegOpen, MediaLegKind, MediaPolicy};
use patchbay_plane::{DeviceKind, DtmfMode, LadderLeg, LegKind, Principal};
use patchbay_sip::{self as sip, Address, FlowId, Message, Name};
use tokio::sync::{mpsc, oneshot};

use crate::{
    call_task::{CallMessage, CallTask, Side, Wire},
    digits,
    exchange::Exchange,
    live::CallDoor,
    media::{prefer, unopened},
    proof::{Proven, Unproven},
};

/// The wish to take a party's place.
#[derive(Debug)]
pub struct TakeOver {
    /// Whose; `None`: that of who parked.
    place: Option<sip::LegId>,
    /// Who wants it, proven.
    leg: sip::LegId,
    who: Proven,
    invite: Arc<Message>,
    /// What is heard of the new leg before the call owns it: a CANCEL.
    inbox: mpsc::UnboundedReceiver<CallMessage>,
    /// Whether it was granted, or the status that says why not.
    answer: oneshot::Sender<Result<(), u16>>,
}

/// Who takes a place, with its audio open.
#[derive(Debug)]
pub(crate) struct Newcomer {
    pub side: Side,
    /// Our answer or offer to it; `None`: it was us who rang it.
    pub sdp: Option<String>,
    pub kind: LegKind,
    pub party: String,
    pub seat: Option<(SeatId, DeviceId)>,
    pub call_id: Vec<u8>,
}

/// Proves who sent the INVITE, as for every other, and asks the call.
pub(crate) fn begin(exchange: &Arc<Exchange>, leg: sip::LegId, place: sip::LegId, flow: FlowId, invite: Arc<Message>) {
    let (door, inbox) = mpsc::unbounded_channel();
    exchange.own_sip_leg(leg, &door);
    let exchange = exchange.clone();
    tokio::spawn(async move {
        let asked = AssertUnwindSafe(ask(&exchange, (leg, place), flow, invite, inbox)).catch_unwind().await;
        let no = match asked {
            Ok(Ok(())) => return,
            Ok(Err(no)) => no,
            Err(_) => no(500),
        };
        exchange.forget_sip_leg(leg);
        exchange.command(sip::Cmd::Refuse { leg, code: no.code, extra: no.extra });
    });
}

const fn no(code: u16) -> Unproven {
    Unproven { code, extra: Vec::new() }
}

async fn ask(
    exchange: &Exchange,
    (leg, place): (sip::LegId, sip::LegId),
    flow: FlowId,
    invite: Arc<Message>,
    inbox: mpsc::UnboundedReceiver<CallMessage>,
) -> Result<(), Unproven> {
    let who = exchange.prove(&invite, flow).await?;
    let door = exchange.door_of(place, false).ok_or(no(481))?;
    let (answer, heard) = oneshot::channel();
    let wish = TakeOver { place: Some(place), leg, who, invite, inbox, answer };
    door.send(CallMessage::TakeOver(wish)).map_err(|_| no(481))?;
    // A call that ends before it looks at the wish has no place to give.
    heard.await.unwrap_or(Err(481)).map_err(no)
}

/// A phone that is proven wants the place of who parked in the call behind this door; the status that says why it has not.
pub(crate) async fn ask_for_parked(
    door: CallDoor,
    leg: sip::LegId,
    who: Proven,
    invite: Arc<Message>,
    inbox: mpsc::UnboundedReceiver<CallMessage>,
) -> Result<(), u16> {
    let (answer, heard) = oneshot::channel();
    door.send(CallMessage::TakeOver(TakeOver { place: None, leg, who, invite, inbox, answer })).map_err(|_| 404u16)?;
    heard.await.unwrap_or(Err(404))
}

impl CallTask {
    /// Somebody wants the place of one of our parties.
    pub(crate) async fn place_wanted(&mut self, wish: TakeOver) -> Option<Input> {
        let TakeOver { place, leg, who, invite, mut inbox, answer } = wish;
        let (no, newcomer) = match self.welcome(place, leg, &who, &invite).await {
            Ok(found) => found,
            Err(code) => {
                let _ = answer.send(Err(code));
                return None;
            }
        };
        let door = self.door.clone();
        self.exchange.own_sip_leg(leg, &door);
        tokio::spawn(async move {
            while let Some(message) = inbox.recv().await {
                let _ = door.send(message);
            }
        });
        let _ = answer.send(Ok(()));
        self.newcomer = Some(newcomer);
        let parked = self.call.is_parked(no);
        Some(Input::Leg(no, if parked { LegInput::Regained } else { LegInput::Replaced }))
    }

    /// Whether it may have the place; its audio is open then.
    async fn welcome(
        &mut self,
        place: Option<sip::LegId>,
        leg: sip::LegId,
        who: &Proven,
        invite: &Message,
    ) -> Result<(LegNo, Newcomer), u16> {
        let no = match place {
            Some(place) => self.side_of(place).ok_or(481u16)?.no,
            None => self.sides.iter().map(|side| side.no).find(|no| self.call.is_parked(*no)).ok_or(404u16)?,
        };
        // To a stranger a call of another company is one that does not exist.
        if !self.may_take(no, &who.principal) || !self.call.may_be_replaced(no) {
            return Err(481);
        }
        if self.transfer.is_some() {
            return Err(491);
        }
        let old = self.side(no).ok_or(481u16)?;
        let kind = match &who.principal {
            Principal::Device { kind: DeviceKind::Browser, .. } => MediaLegKind::Browser,
            Principal::Device { kind: DeviceKind::SipPhone, .. } => MediaLegKind::phone(),
            Principal::Gateway { .. } => old.kind,
        };
        let (codecs, dtmf, line, role) = (old.codecs.clone(), old.dtmf, old.line, old.role);
        let mut side = Side {
            no,
            leg: self.exchange.new_leg(),
            wire: Wire::Sip(leg),
            kind,
            codecs,
            media_open: true,
            codec: None,
            accepted: None,
            dtmf,
            takes_events: true,
            slots: Vec::new(),
            line,
            owner: None,
            role,
        };
        let sdp = self.describe(&mut side, invite).await?;
        let (kind, party, seat) = match &who.principal {
            Principal::Device { seat, device, kind, .. } => {
                let kind = if *kind == DeviceKind::Browser { LegKind::Browser } else { LegKind::SipPhone };
                (kind, who.username.clone().unwrap_or_default(), Some((*seat, *device)))
            }
            Principal::Gateway { .. } => {
                let from = invite.get(Name::From).and_then(Address::parse).and_then(|from| from.uri());
                (LegKind::Gateway, from.and_then(|uri| uri.user_text()).unwrap_or_default(), None)
            }
        };
        side.owner = seat;
        let call_id = invite.get(Name::CallId).unwrap_or_default().to_vec();
        Ok((no, Newcomer { side, sdp: Some(sdp), kind, party, seat, call_id }))
    }

    /// A phone of the company for a phone of the company, a gateway for a line of its own.
    fn may_take(&mut self, no: LegNo, who: &Principal) -> bool {
        let (tenant, caller_line) = (self.plan.tenant, self.plan.caller_gateway_port);
        let Some(side) = self.side(no) else { return false };
        match who {
            Principal::Device { tenant: theirs, .. } => *theirs == tenant && side.owner.is_some(),
            Principal::Gateway { gateway, gateway_port } => {
                let line = side.line.or(caller_line.filter(|_| no == LegNo::CALLER));
                line.is_some_and(|(its, at)| its == *gateway && gateway_port.is_none_or(|here| here == at))
            }
        }
    }

    /// Opens the audio of the new side; our answer to its offer, or our offer.
    async fn describe(&mut self, side: &mut Side, invite: &Message) -> Result<String, u16> {
        let (leg, call) = (side.leg, self.plan.call);
        let near = self.sides.iter().find(|it| it.media_open && it.no != side.no).map(|it| it.leg);
        if let Some(near) = near
            && let Some(chosen) = self.exchange.media.leg_codec(near).await
            && side.codecs.contains(&chosen)
        {
            prefer(&mut side.codecs, chosen);
        }
        let policy = MediaPolicy::new(side.codecs.clone());
        self.exchange.live.own_leg(leg, &self.door);
        let kind = side.kind.with_tones(side.dtmf == DtmfMode::Inband);
        let open = LegOpen { leg, call, kind, near };
        let made = match invite.sdp() {
            Some(offer) => {
                let offer = self.fit(side.no, String::from_utf8_lossy(offer).into_owned());
                side.takes_events = digits::takes_events(&offer);
                self.exchange.media.leg_open_answer(open, &offer, &policy).await
            }
            None => {
                let made = self.exchange.media.leg_open_offer(open, &policy).await;
                made.map(|offer| self.fit(side.no, offer))
            }
        };
        let sdp = made.map_err(|why| {
            drop(self.exchange.media.leg_close(leg));
            self.exchange.live.disown_leg(leg);
            tracing::info!(leg.id = %leg, error = %why, "Who wants a place in call {call} shares no audio with us");
            unopened(&why).sip_status()
        })?;
        side.codec = self.exchange.media.leg_codec(leg).await;
        Ok(sdp)
    }

    /// The newcomer is answered, the one whose place it takes is sent away, the audio goes on.
    pub(crate) async fn replace(&mut self, no: LegNo, cause: EndCause) {
        let Some(mut newcomer) = self.newcomer.take() else { return };
        let now = self.exchange.now();
        self.answer_newcomer(&mut newcomer);
        let (leg, party) = (newcomer.side.leg, newcomer.party.clone());
        self.hang_up_leg(no, cause).await;
        self.settle_in(no, newcomer, now);
        self.book.note(Some(leg), MomentKind::TakenOver { party }, now);
        if !self.call.is_parted() {
            self.bridge_again().await;
        }
    }

    /// Answers one that called us; one that we rang has answered itself.
    pub(crate) fn answer_newcomer(&self, newcomer: &mut Newcomer) {
        if let (Wire::Sip(leg), Some(sdp)) = (newcomer.side.wire, newcomer.sdp.take()) {
            self.exchange.command(sip::Cmd::Answer { leg, sdp: Some(sdp.into_bytes()), extra: self.call_ref() });
        }
    }

    /// The newcomer has the place of a party whose leg is over, with its slot.
    pub(crate) fn settle_in(&mut self, no: LegNo, newcomer: Newcomer, now: Tick) {
        let Newcomer { mut side, kind, party, seat, call_id, .. } = newcomer;
        let (leg, role) = (side.leg, side.role);
        let Some(old) = self.side(no) else { return };
        side.slots = std::mem::take(&mut old.slots);
        let line = side.line.or(self.plan.caller_gateway_port.filter(|_| kind == LegKind::Gateway));
        if let Some(old) = self.side(no) {
            *old = side;
        }
        let gateway_port = line.map(|(_, gateway_port)| gateway_port);
        let names = LadderLeg { call: self.plan.call, leg, role, kind, gateway_port };
        self.exchange.signaling.names(names, &call_id);
        let at = self.book.wall(now);
        let record = self.book.leg(leg, role, kind, party, now);
        (record.seat, record.device) = (seat.map(|it| it.0), seat.map(|it| it.1));
        (record.gateway, record.gateway_port) = (line.map(|it| it.0), gateway_port);
        record.answered_at = Some(at);
        if let Some(link) = self.link.as_mut().filter(|link| link.here == no) {
            link.moved_to(leg);
        }
    }
}
