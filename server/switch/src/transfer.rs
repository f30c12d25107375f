//! Transfers: a seat's phone sends the other party elsewhere (REFER, RFC 3515), to a number or to a second call of its own.
//!
//! No party changes its call. A transfer to a number places a new call in the seat's name; when it is answered, or when the
//! second call is there already, the two calls are linked: each has lost the seat's phone and keeps its other party, whose audio
//! is joined with the other's. Slots, limits, records and charges stay with the call that took them, and who hangs up ends both.

use std::time::Duration;

use patchbay_call::{Input, LegInput, LegNo, MomentKind};
use patchbay_kernel::{CallId, DeviceId, DialString, EndCause, LegId, SeatId, TenantId};
use patchbay_media::{MediaLegKind, Play};
use patchbay_plane::{InviteFacts, LegKind, Refusal, RouteAsk, Source, SrtpMode};
use patchbay_sip::{self as sip, Address, Replaced, Uri};
use tokio::sync::{mpsc, oneshot};

use crate::{
    call_task::{CallMessage, CallTask, Caller, CallerFacts, Seen, Wire},
    live::CallDoor,
    perform::{caller_status, reason},
    supervise,
    ways::ways,
};

/// The other call must answer within this time.
const LINK_WITHIN: Duration = Duration::from_secs(2);

/// A transfer whose new call is not answered yet.
#[derive(Debug)]
pub(crate) struct Transfer {
    /// Who asked for it.
    pub by: LegNo,
    /// Its session, to be told how it goes; none: it was an order.
    pub wire: Option<sip::LegId>,
    /// The new call.
    pub door: CallDoor,
}

/// The call whose remaining party ours talks to.
#[derive(Debug)]
pub(crate) struct Link {
    door: CallDoor,
    /// Our remaining party.
    pub here: LegNo,
    /// Its audio.
    pub own: LegId,
    /// The audio of the other call's party.
    pub theirs: LegId,
    /// The other call says who hears whom: ours is a guest's.
    pub is_guest: bool,
}

/// What the other call of a transfer says.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Taken {
    /// Its remaining party has this audio.
    Talks(LegId),
    /// It rings still and goes on in the seat's name; its news come to us.
    Rings,
}

impl Link {
    /// A digit for the other call's party.
    pub fn digit(&self, digit: char) {
        let _ = self.door.send(CallMessage::Digit(digit));
    }

    /// The other call is to let our party be heard again.
    pub fn regroup(&self) {
        let _ = self.door.send(CallMessage::Regroup);
    }

    /// Our remaining party is on another leg now.
    pub fn moved_to(&mut self, own: LegId) {
        self.own = own;
        let _ = self.door.send(CallMessage::Moved(own));
    }
}

/// The wish of one call to be linked with another.
#[derive(Debug)]
pub struct Linking {
    /// The phone's leg in the other call; `None`: the other call was placed for this transfer.
    by: Option<sip::LegId>,
    /// Only calls of one company are linked.
    tenant: TenantId,
    /// And only by the seat that is in both.
    seat: SeatId,
    door: CallDoor,
    leg: LegId,
    /// As the call of a guest: the asking call says who hears whom.
    guest: bool,
    /// `None`: it will not.
    answer: oneshot::Sender<Option<Taken>>,
}

impl CallTask {
    /// REFER of one of our parties.
    pub(crate) async fn transfer_asked(
        &mut self,
        no: LegNo,
        request: sip::RequestId,
        refer_to: &str,
        replaces: Replaced,
    ) {
        let side = self.side(no).map(|side| (side.wire, side.owner));
        let target = Address::parse(refer_to.as_bytes()).and_then(|target| target.uri());
        let (code, go) = match (side, self.stays(no), target) {
            // A carrier or a gateway that sends our calls about would dial at the company's cost.
            (Some((_, None)) | None, ..) => (403, None),
            (_, None, _) => (491, None),
            (.., None) => (400, None),
            (Some((Wire::Sip(wire), Some(owner))), Some(stays), Some(target)) => {
                (202, Some((wire, owner, stays, target)))
            }
            _ => (481, None),
        };
        // Not 481: inside a session that would say that this session is unknown (RFC 3261 section 12.2.1.2).
        let code = if code == 202 && replaces == Replaced::Unknown { 404 } else { code };
        self.exchange.command(sip::Cmd::Respond { request, code, extra: Vec::new() });
        let Some((wire, owner, stays, target)) = go.filter(|_| code == 202) else { return };
        let outcome = match replaces {
            Replaced::Leg(other) => self.join_with(no, wire, stays, (owner.0, other)).await,
            _ => {
                let uri = Uri { headers: None, ..target }.to_string();
                let sent = self.send_to_uri((no, Some(wire)), owner, uri).await;
                sent.map(|_| ()).map_err(|refusal| refusal.cause.sip_status())
            }
        };
        if let Err(code) = outcome {
            self.exchange.command(sip::Cmd::Notify { leg: wire, code });
        }
    }

    /// Who stays when this party leaves; `None` while nobody talks, or while a transfer is under way.
    pub(crate) fn stays(&self, leaves: LegNo) -> Option<LegNo> {
        let joined = self.joined.filter(|_| self.call.answered_at().is_some())?;
        if self.link.is_some() || self.transfer.is_some() || self.gathering.is_some() {
            return None;
        }
        match leaves {
            // A flow cannot talk to anybody else.
            LegNo::CALLER => Some(joined).filter(|_| !self.flow_speaks()),
            no if no == joined => Some(LegNo::CALLER),
            _ => None,
        }
    }

    /// Attended: the phone's other call, whose leg Replaces named, gets our remaining party; one that rings still becomes the
    /// call of a transfer to a number.
    async fn join_with(
        &mut self,
        no: LegNo,
        wire: sip::LegId,
        stays: LegNo,
        (seat, other): (SeatId, sip::LegId),
    ) -> Result<(), u16> {
        let door = self.exchange.door_of(other, false).filter(|door| !door.same_channel(&self.door)).ok_or(481u16)?;
        let own = self.side(stays).filter(|side| side.media_open).map(|side| side.leg).ok_or(603u16)?;
        match self.ask_link(&door, Some(other), (seat, own), false).await.ok_or(603u16)? {
            Taken::Talks(theirs) => {
                self.exchange.command(sip::Cmd::Notify { leg: wire, code: 200 });
                self.link_with(no, Link { door, here: stays, own, theirs, is_guest: false }).await;
            }
            Taken::Rings => self.transfer = Some(Transfer { by: no, wire: Some(wire), door }),
        }
        Ok(())
    }

    pub(crate) async fn ask_link(
        &self,
        door: &CallDoor,
        by: Option<sip::LegId>,
        (seat, leg): (SeatId, LegId),
        guest: bool,
    ) -> Option<Taken> {
        let (answer, heard) = oneshot::channel();
        let tenant = self.book.start().tenant;
        let linking = Linking { by, tenant, seat, door: self.door.clone(), leg, guest, answer };
        door.send(CallMessage::Link(linking)).ok()?;
        tokio::time::timeout(LINK_WITHIN, heard).await.ok()?.ok()?
    }

    /// The party leaves, the audio of the two that stay is joined.
    async fn link_with(&mut self, leaves: LegNo, link: Link) {
        let (own, theirs) = (link.own, link.theirs);
        self.link = Some(link);
        self.feed(Input::Leg(leaves, LegInput::Away)).await;
        self.exchange.media_stop_play(own);
        if !self.call.is_held() {
            self.exchange.media_bridge(own, theirs).await;
        }
        self.hear_all();
    }

    /// Another call wants to be linked with us.
    pub(crate) async fn linked(&mut self, linking: Linking) {
        let Linking { by, tenant, seat, door, leg: theirs, guest, answer } = linking;
        if by.is_some() && self.call.answered_at().is_none() {
            let rings = self.goes_on_alone(by, (tenant, seat), door).await;
            let _ = answer.send(rings.then_some(Taken::Rings));
            if rings && self.book.has_rung() {
                self.see(Seen::Ringing);
            }
            return;
        }
        let leaves = match by {
            Some(wire) => {
                self.side_of(wire).filter(|side| side.owner.is_some_and(|owner| owner.0 == seat)).map(|it| it.no)
            }
            None => self.side(LegNo::CALLER).filter(|side| side.wire == Wire::Service).map(|side| side.no),
        };
        let same = self.book.start().tenant == tenant;
        let here = leaves.filter(|_| same).and_then(|leaves| Some((leaves, self.stays(leaves)?)));
        let found = here.and_then(|(leaves, stays)| {
            let own = self.side(stays).filter(|side| side.media_open)?.leg;
            Some((leaves, Link { door, here: stays, own, theirs, is_guest: guest }))
        });
        let Some((leaves, link)) = found else {
            let _ = answer.send(None);
            return;
        };
        let own = link.own;
        self.link = Some(link);
        self.feed(Input::Leg(leaves, LegInput::Away)).await;
        self.hear_all();
        let _ = answer.send(Some(Taken::Talks(own)));
    }

    /// The phone that placed this call, which nobody has answered yet, sends another party of its to it: it waits no longer, and
    /// the call rings on as that of a transfer. `false`: it is not that seat's call.
    async fn goes_on_alone(
        &mut self,
        by: Option<sip::LegId>,
        (tenant, seat): (TenantId, SeatId),
        news: CallDoor,
    ) -> bool {
        let same = self.book.start().tenant == tenant && !self.call.is_closed();
        let Some(caller) = self.side(LegNo::CALLER).filter(|side| side.owner.is_some_and(|owner| owner.0 == seat))
        else {
            return false;
        };
        let (Wire::Sip(wire), leg) = (caller.wire, caller.leg) else { return false };
        if !same || by != Some(wire) {
            return false;
        }
        caller.wire = Wire::Service;
        let cause = EndCause::CallerHungUp;
        self.exchange.command(sip::Cmd::Refuse {
            leg: wire,
            code: 487,
            extra: vec![reason(cause, Some("transferred"))],
        });
        self.exchange.forget_sip_leg(wire);
        self.close_media(LegNo::CALLER);
        let now = self.exchange.now();
        self.book.note(Some(leg), MomentKind::LegEnded { cause, sip_status: None }, now);
        tell(self.watch(), news);
        true
    }

    /// Blind, by an order: a call in the seat's name to what is dialled.
    pub(crate) async fn send_to(
        &mut self,
        by: (LegNo, Option<sip::LegId>),
        owner: (SeatId, DeviceId),
        called: &DialString,
    ) -> Result<CallId, Refusal> {
        let user = called.as_str().replace('#', "%23");
        let uri = format!("sip:{user}@{}", self.exchange.config.domain);
        self.send_to_uri(by, owner, uri).await
    }

    /// Blind: a call in the seat's name to the address that the phone gave.
    async fn send_to_uri(
        &mut self,
        (by, wire): (LegNo, Option<sip::LegId>),
        owner: (SeatId, DeviceId),
        uri: String,
    ) -> Result<CallId, Refusal> {
        let (mut task, door) = self.second_call(owner, uri, "transfer").await?;
        let (call, seen) = (task.plan.call, task.watch());
        self.transfer = Some(Transfer { by, wire, door });
        supervise::begin(self.exchange.clone(), task);
        tell(seen, self.door.clone());
        Ok(call)
    }

    /// A call in the seat's name, with nobody in the caller's place: `party` says what for.
    pub(crate) async fn second_call(
        &mut self,
        (seat, device): (SeatId, DeviceId),
        uri: String,
        party: &str,
    ) -> Result<(CallTask, CallDoor), Refusal> {
        let exchange = self.exchange.clone();
        let no_room = |text: &str| Refusal { cause: EndCause::Overloaded, tenant: None, text: text.to_owned() };
        if exchange.is_draining() || exchange.live.count() >= exchange.config.max_calls {
            return Err(no_room("The node carries as many calls as it may"));
        }
        let (began, call, tenant) = ((exchange.now(), exchange.wall()), exchange.new_call(), self.book.start().tenant);
        let invite = InviteFacts {
            request_uri: uri.clone(),
            to_uri: uri,
            from_uri: String::new(),
            from_name: None,
            headers: Vec::new(),
        };
        let ask = RouteAsk { call, source: Source::Seat { tenant, seat, device }, invite };
        let planned = tokio::time::timeout(exchange.config.route_within, exchange.outside.directory.route(ask)).await;
        let mut plan = match planned {
            Ok(Ok(plan)) => plan,
            Ok(Err(refusal)) => return Err(refusal),
            Err(_) => return Err(no_room("The directory does not answer in time")),
        };
        let ways = ways(&exchange, &mut plan).await;
        let (kind, party) = (LegKind::Service, party.to_owned());
        let facts = CallerFacts { kind, party, seat: Some(seat), device: Some(device), line: None };
        let media = MediaLegKind::gateway(SrtpMode::Off, false);
        let caller = Caller { leg: exchange.new_leg(), wire: Wire::Service, media, facts };
        let (door, inbox) = mpsc::unbounded_channel();
        let mut task = CallTask::new(exchange.clone(), (plan, ways), caller, None, (door.clone(), inbox), began);
        task.hops = self.hops;
        // Its party's audio will be joined with ours, and browsers' legs cannot move to another worker.
        task.near = self.sides.iter().find(|side| side.media_open).map(|side| side.leg);
        Ok((task, door))
    }

    /// How the call of a transfer goes.
    pub(crate) async fn transfer_seen(&mut self, seen: Seen) -> Option<Input> {
        let transfer = self.transfer.take()?;
        let (by, wire) = (transfer.by, transfer.wire);
        let stays = self.stays(by)?;
        let own = self.side(stays)?.leg;
        match seen {
            Seen::Begun | Seen::Came | Seen::Key(_) => self.transfer = Some(transfer),
            Seen::Ringing => {
                self.transfer = Some(transfer);
                self.notify(wire, 180);
                self.exchange.media_unbridge(own);
                self.exchange.media_play(own, Play::Ringback);
            }
            Seen::Answered(_) => {
                let (seat, _) = self.side(by)?.owner?;
                let theirs = self.ask_link(&transfer.door, None, (seat, own), false).await;
                let Some(Taken::Talks(theirs)) = theirs else {
                    return self.transfer_failed(by, wire, own, EndCause::Internal, 500).await;
                };
                self.notify(wire, 200);
                self.link_with(by, Link { door: transfer.door, here: stays, own, theirs, is_guest: false }).await;
            }
            Seen::Ended { cause, sip_status, .. } => {
                return self.transfer_failed(by, wire, own, cause, caller_status(cause, sip_status)).await;
            }
        }
        None
    }

    /// The two talk again, unless the one who asked has left.
    async fn transfer_failed(
        &mut self,
        by: LegNo,
        wire: Option<sip::LegId>,
        own: LegId,
        cause: EndCause,
        code: u16,
    ) -> Option<Input> {
        self.notify(wire, code);
        self.exchange.media_stop_play(own);
        if self.side(by).is_none_or(|side| side.wire == Wire::None) {
            return Some(Input::HangUp(cause));
        }
        self.join_again().await;
        None
    }

    /// Tells the phone that asked for a transfer how it goes.
    fn notify(&self, wire: Option<sip::LegId>, code: u16) {
        if let Some(leg) = wire {
            self.exchange.command(sip::Cmd::Notify { leg, code });
        }
    }

    /// Our end is the end of a linked call, and of one that is still being placed for us.
    pub(crate) fn part_company(&mut self, cause: EndCause) {
        if let Some(link) = self.link.take().filter(|link| !link.is_guest) {
            let _ = link.door.send(CallMessage::HangUp(cause));
        }
        for guest in self.gathering.take().into_iter().flat_map(|it| it.guests) {
            let _ = guest.door.send(CallMessage::HangUp(cause));
        }
        if let Some(transfer) = self.transfer.take() {
            let _ = transfer.door.send(CallMessage::HangUp(EndCause::CallerCancelled));
        }
    }
}

/// The news of one call come to another.
fn tell(mut seen: mpsc::UnboundedReceiver<Seen>, news: CallDoor) {
    tokio::spawn(async move {
        while let Some(seen) = seen.recv().await {
            let _ = news.send(CallMessage::Seen(seen));
        }
    });
}
