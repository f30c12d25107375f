//! A browser that went without a word in the middle of a call, and comes back: its place is kept, and as soon as the page (a
//! reloaded one, another tab, the same one after a hole in the network) registers again it is rung, answers by itself and has
//! its place on a leg of its own.
//!
//! What is heard is what counts: a WebSocket that breaks while audio flows is no loss, and audio that stops is one whatever the
//! WebSocket says.

use std::{collections::HashMap, time::Duration};

use patchbay_call::{Input, LegInput, LegNo, MomentKind};
use patchbay_kernel::{DeviceId, EndCause, LegId, SeatId};
use patchbay_media::{LegOpen, MediaEventKind, MediaLegKind, MediaPolicy};
use patchbay_plane::{Codec, DeviceKind, LegKind, LegRole, LiveState, Quiet};
use patchbay_sip::{self as sip, Event};

use crate::{
    call_task::{CallMessage, CallTask, Side, Wire},
    digits,
    exchange::{Exchange, lock},
    identity::Caller,
    live::CallDoor,
    media::prefer,
    perform::reason,
    registrar::Reached,
    takeover::Newcomer,
};

/// A phone is rung so long for a place.
const ATTEMPT: Duration = Duration::from_secs(25);

/// Calls that keep a place for a device, by device.
pub(crate) type Missing = HashMap<DeviceId, Vec<CallDoor>>;

/// A device that is being rung for its own place.
#[derive(Debug)]
pub(crate) struct Attempt {
    no: LegNo,
    wire: sip::LegId,
    newcomer: Newcomer,
}

impl Exchange {
    /// A device registered: calls that keep a place for it ring it.
    pub(crate) fn came_back(&self, device: DeviceId) {
        let mut missing = lock(&self.missing);
        // A call that ended otherwise than it should left its door.
        let doors = missing.get_mut(&device).map(|doors| {
            doors.retain(|door| !door.is_closed());
            doors.clone()
        });
        drop(missing);
        for door in doors.into_iter().flatten() {
            let _ = door.send(CallMessage::CameBack(device));
        }
    }

    fn miss(&self, device: DeviceId, door: &CallDoor) {
        let mut missing = lock(&self.missing);
        let doors = missing.entry(device).or_default();
        if !doors.iter().any(|it| it.same_channel(door)) {
            doors.push(door.clone());
        }
    }

    fn miss_no_more(&self, device: DeviceId, door: &CallDoor) {
        let mut missing = lock(&self.missing);
        if let Some(doors) = missing.get_mut(&device) {
            doors.retain(|it| !it.same_channel(door));
            if doors.is_empty() {
                missing.remove(&device);
            }
        }
    }

    /// Devices that a place is kept for.
    pub fn missing(&self) -> usize {
        lock(&self.missing).len()
    }
}

impl CallTask {
    /// What media news say of a browser that is gone; `None` where they say nothing of that.
    pub(crate) fn loss_heard(&mut self, no: LegNo, kind: &MediaEventKind) -> Option<LegInput> {
        let silent_ms = match kind {
            MediaEventKind::PeerClosed => 0,
            MediaEventKind::Silent { for_ms, why: Quiet::Stopped } => *for_ms,
            _ => return None,
        };
        self.may_lose(no).then_some(LegInput::Lost { silent_ms })
    }

    /// Whether the place of this side is kept when its device is gone.
    pub(crate) fn may_lose(&mut self, no: LegNo) -> bool {
        let browser = |side: &mut Side| side.owner.is_some() && side.kind == MediaLegKind::Browser;
        self.call.may_be_lost(no) && self.transfer.is_none() && self.side(no).is_some_and(browser)
    }

    /// The session of a browser is lost, which says nothing of its audio. It gets a new one when it registers again.
    pub(crate) fn session_lost(&mut self, no: LegNo) -> Option<Input> {
        let device = self.side(no)?.owner?.1;
        self.exchange.miss(device, &self.door);
        // Nothing is expected of who holds, so that nothing else would tell when it is gone.
        self.call.is_held_by(no).then_some(Input::Leg(no, LegInput::Lost { silent_ms: 0 }))
    }

    /// The device of this side is gone.
    pub(crate) async fn lose(&mut self, no: LegNo) {
        if let Some(device) = self.side(no).and_then(|side| side.owner).map(|owner| owner.1) {
            self.exchange.miss(device, &self.door);
        }
        self.part().await;
    }

    /// A device for which a place may be kept has registered.
    pub(crate) async fn came_back(&mut self, device: DeviceId) {
        let its = |side: &&Side| side.owner.is_some_and(|owner| owner.1 == device);
        let found: Vec<LegNo> = self.sides.iter().filter(its).map(|side| side.no).collect();
        for no in found {
            let gone = self.call.is_lost(no) || self.side(no).is_some_and(|side| side.wire == Wire::None);
            if gone && self.call.may_be_lost(no) {
                self.give_up_attempt(EndCause::CallerCancelled);
                self.recall(no).await;
            }
        }
    }

    /// Rings the device of a side for its own place, unless it is being rung: that of who was lost answers by itself, that of who
    /// parked rings as for any call.
    pub(crate) async fn recall(&mut self, no: LegNo) {
        if self.attempt.is_some() {
            return;
        }
        let Some(owner) = self.side(no).and_then(|side| side.owner) else { return };
        let Some(phone) = self.exchange.registrar.newest_of(owner.1, self.exchange.now()) else { return };
        let silent = !self.call.is_parked(no);
        self.ring_for(no, (owner.0, owner.1, phone), silent).await;
    }

    /// Rings a phone for a place; `silent`: it is asked to answer by itself. Whether it could be rung.
    pub(crate) async fn ring_for(&mut self, no: LegNo, who: (SeatId, DeviceId, Reached), silent: bool) -> bool {
        let (seat, device, phone) = who;
        let Some((newcomer, offer)) = self.welcome_back(no, (seat, device), &phone).await else { return false };
        let wire = self.exchange.new_sip_leg(&self.door);
        let (mut extra, caller) = self.recall_headers(no, silent);
        extra.push(("Call-ID".to_owned(), newcomer.call_id().into_owned()));
        let from = caller.address(&self.exchange.config.domain);
        let to = phone.contact.route();
        self.exchange.command(sip::Cmd::Dial { leg: wire, to, from, extra, sdp: offer.into_bytes(), auth: None });
        self.attempt = Some(Attempt { no, wire, newcomer });
        let door = self.door.clone();
        tokio::spawn(async move {
            tokio::time::sleep(ATTEMPT).await;
            // The call may be over.
            let _ = door.send(CallMessage::NotAnswered(wire));
        });
        true
    }

    /// Nobody has answered for so long.
    pub(crate) fn not_answered(&mut self, wire: sip::LegId) {
        if self.attempt.as_ref().is_some_and(|attempt| attempt.wire == wire) {
            self.give_up_attempt(EndCause::NoAnswer);
        }
    }

    /// What a page must know to show the call as it is, and who is at the other end.
    fn recall_headers(&mut self, no: LegNo, silent: bool) -> (Vec<(String, String)>, Caller) {
        let out = self.side(no).is_some_and(|side| side.role == LegRole::Caller);
        let answered = self.call.answered_at().map_or(0, |at| self.book.wall(at).unix_ms());
        let hold = if self.call.is_held_by(no) { ";held" } else { "" };
        let mut headers = vec![
            ("X-Call-Ref".to_owned(), self.plan.call.to_string()),
            ("X-Called".to_owned(), self.plan.called.number.clone()),
        ];
        if silent {
            let direction = if out { "out" } else { "in" };
            headers.push(("X-Regain".to_owned(), format!("{direction};since={answered}{hold}")));
            headers.push(("Answer-Mode".to_owned(), "Auto".to_owned()));
            headers.push(("Alert-Info".to_owned(), "<http://localhost>;info=alert-autoanswer".to_owned()));
        }
        let other = if out { &self.plan.called } else { &self.plan.caller };
        (headers, Caller { user: other.number.clone(), name: other.name.clone(), host: None })
    }

    /// A side like the lost one, with our offer.
    async fn welcome_back(
        &mut self,
        no: LegNo,
        owner: (SeatId, DeviceId),
        phone: &Reached,
    ) -> Option<(Newcomer, String)> {
        let (kind, named) = match phone.kind {
            DeviceKind::Browser => (MediaLegKind::Browser, LegKind::Browser),
            DeviceKind::SipPhone => (MediaLegKind::phone(), LegKind::SipPhone),
        };
        let near = self.sides.iter().find(|it| it.media_open && it.no != no).map(|it| it.leg);
        let spoken = match near {
            Some(near) => self.exchange.media.leg_codec(near).await,
            None => None,
        };
        let old = self.side(no)?;
        let (mut codecs, dtmf, line, role) = (old.codecs.clone(), old.dtmf, old.line, old.role);
        if let Some(chosen) = spoken.filter(|chosen| codecs.contains(chosen)) {
            prefer(&mut codecs, chosen);
        }
        let (leg, call) = (self.exchange.new_leg(), self.plan.call);
        self.exchange.live.own_leg(leg, &self.door);
        let open = LegOpen { leg, call, kind, near };
        let policy = MediaPolicy::new(codecs.clone());
        let offer = match self.exchange.media.leg_open_offer(open, &policy).await {
            Ok(offer) => offer,
            Err(why) => {
                self.exchange.live.disown_leg(leg);
                tracing::warn!(call.id = %call, error = %why, "No offer could be made to who comes back into call {call}");
                return None;
            }
        };
        let side = Side {
            no,
            leg,
            wire: Wire::None,
            kind,
            codecs,
            media_open: true,
            codec: None,
            accepted: None,
            dtmf,
            takes_events: true,
            slots: Vec::new(),
            line,
            owner: Some(owner),
            role,
        };
        Some((Newcomer::rung(side, named, phone.username.clone(), self.exchange.new_call_id()), offer))
    }

    /// News of the device that is rung for its own place; `Err`: it is about something else.
    pub(crate) async fn attempt_says(&mut self, event: Event) -> Result<Option<Input>, Event> {
        let its = self.attempt.as_ref().map(|attempt| attempt.wire);
        if its.is_none() || crate::dispatch::leg_of(&event) != its {
            return Err(event);
        }
        match event {
            Event::Answered { sdp: Some(sdp), .. } => Ok(self.has_answered(sdp).await),
            Event::Answered { sdp: None, .. } => {
                self.give_up_attempt(EndCause::NoCommonMedia);
                Ok(None)
            }
            Event::Refused { .. } | Event::Ended { .. } => {
                if let Some(attempt) = self.attempt.take() {
                    self.exchange.forget_sip_leg(attempt.wire);
                    self.close_leg(attempt.newcomer.leg());
                }
                Ok(None)
            }
            _ => Ok(None),
        }
    }

    async fn has_answered(&mut self, sdp: Vec<u8>) -> Option<Input> {
        let mut attempt = self.attempt.take()?;
        let (no, leg) = (attempt.no, attempt.newcomer.leg());
        let answer = String::from_utf8_lossy(&sdp).into_owned();
        match self.exchange.media.leg_accept(leg, &answer).await {
            Ok(codec) if self.call.has(no) => {
                attempt.newcomer.agreed(attempt.wire, codec, digits::takes_events(&answer), sdp);
                self.newcomer = Some(attempt.newcomer);
                Some(Input::Leg(no, LegInput::Regained))
            }
            outcome => {
                if let Err(why) = outcome {
                    tracing::info!(leg.id = %leg, error = %why, "Who comes back shares no audio with us");
                }
                self.attempt = Some(attempt);
                self.give_up_attempt(EndCause::NoCommonMedia);
                None
            }
        }
    }

    /// Rings no longer for a kept place.
    pub(crate) fn give_up_attempt(&mut self, cause: EndCause) {
        let Some(attempt) = self.attempt.take() else { return };
        let extra = vec![reason(cause, None)];
        self.exchange.command(sip::Cmd::Hangup { leg: attempt.wire, code: None, extra });
        self.exchange.forget_sip_leg(attempt.wire);
        self.close_leg(attempt.newcomer.leg());
    }

    /// The party is back: on a leg of its own (`anew`), or on the one that it had.
    pub(crate) async fn regain(&mut self, no: LegNo, anew: bool) {
        if anew {
            self.take_place_back(no).await;
        }
        // One without a session gets a new one when it registers.
        let whole = self.side(no).filter(|side| side.wire != Wire::None).and_then(|side| side.owner);
        if let Some((_, device)) = whole {
            self.exchange.miss_no_more(device, &self.door);
        }
        if !self.call.is_parted() {
            self.bridge_again().await;
        }
    }

    /// How it stands between two parties that are joined.
    pub(crate) fn standing(&self) -> LiveState {
        if self.call.is_held() { LiveState::Held } else { LiveState::Talking }
    }

    async fn take_place_back(&mut self, no: LegNo) {
        let Some(mut newcomer) = self.newcomer.take() else { return };
        self.answer_newcomer(&mut newcomer);
        self.is_parked_no_more();
        self.hang_up_leg(no, EndCause::FlowLost).await;
        let now = self.exchange.now();
        let old = self.side(no).map(|side| side.leg);
        // Who parked has ended its leg already.
        let ended = MomentKind::LegEnded { cause: EndCause::FlowLost, sip_status: None };
        self.book.note(old, ended, now);
        self.settle_in(no, newcomer, now);
    }

    fn close_leg(&self, leg: LegId) {
        drop(self.exchange.media.leg_close(leg));
        self.exchange.live.disown_leg(leg);
    }

    /// All places that were kept are gone with the call.
    pub(crate) fn misses_nobody(&mut self) {
        self.is_parked_no_more();
        self.give_up_attempt(EndCause::CallerCancelled);
        for device in self.sides.iter().filter_map(|side| side.owner).map(|owner| owner.1) {
            self.exchange.miss_no_more(device, &self.door);
        }
    }
}

impl Newcomer {
    /// A phone that is rung for a place.
    fn rung(side: Side, kind: LegKind, party: String, call_id: String) -> Self {
        let seat = side.owner;
        Self { side, sdp: None, kind, party, seat, call_id: call_id.into_bytes() }
    }

    /// Of its session.
    fn call_id(&self) -> std::borrow::Cow<'_, str> {
        String::from_utf8_lossy(&self.call_id)
    }

    /// Its audio.
    fn leg(&self) -> LegId {
        self.side.leg
    }

    /// It has answered with this description.
    fn agreed(&mut self, wire: sip::LegId, codec: Option<Codec>, events: bool, sdp: Vec<u8>) {
        let side = &mut self.side;
        (side.wire, side.codec, side.takes_events, side.accepted) = (Wire::Sip(wire), codec, events, Some(sdp));
    }
}
