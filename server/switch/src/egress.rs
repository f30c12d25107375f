//! The outgoing side: media legs, offers, INVITEs, and how the two sides are joined.

use std::net::SocketAddr;

use patchbay_call::{Input, LegInput, LegNo, MomentKind};
use patchbay_kernel::{EndCause, LegId};
use patchbay_media::{MediaLegKind, MediaPolicy, Play};
use patchbay_plane::{
    CallEventKind, Codec, DeviceKind, DeviceTarget, DtmfMode, LegKind, LegRole, LiveState, Target, TrunkTarget,
};
use patchbay_sip as sip;

use crate::{
    call_task::{CallTask, Seen, Side, Wire},
    digits,
    identity::Caller,
    media::prefer,
    ways::Way,
};

impl CallTask {
    /// A side of the called party, before anything is sent.
    pub(crate) fn begin_side(&mut self, no: LegNo, slots: Vec<String>) {
        let leg = self.exchange.new_leg();
        self.sides.push(Side {
            no,
            leg,
            wire: Wire::None,
            kind: MediaLegKind::phone(),
            codecs: Vec::new(),
            media_open: false,
            codec: None,
            accepted: None,
            dtmf: DtmfMode::default(),
            takes_events: true,
            slots,
            line: None,
            owner: None,
            role: LegRole::Called,
        });
    }

    /// Dials one branch. Answers at once when it cannot be dialled at all.
    pub(crate) async fn dial(&mut self, no: LegNo, stage: usize, branch: usize) -> Option<Input> {
        let target = self.plan.stages[stage].targets[branch].clone();
        if self.side(no).is_none() {
            self.begin_side(no, Vec::new());
        }
        let role = self.role_in(stage);
        let side = self.side(no)?;
        side.role = role;
        let leg = side.leg;
        self.book_leg((leg, role), &target);
        let failed = |cause| Some(Input::Leg(no, LegInput::Failed { cause, sip_status: None }));
        let way = self.ways.get(stage).and_then(|ways| ways.get(branch)).cloned().flatten();
        let sent = match &target {
            Target::Service(_) => {
                let side = self.side(no)?;
                side.wire = Wire::Service;
                return Some(Input::Leg(no, LegInput::Answered));
            }
            Target::Flow(flow) => {
                self.begin_flow(no, flow);
                return None;
            }
            Target::Device(device) => {
                let contact = way.and_then(|way| if let Way::Contact(route) = way { Some(route) } else { None });
                self.dial_device(no, contact, device).await
            }
            Target::Trunk(trunk) => {
                let address = way.and_then(|way| if let Way::Address(address) = way { Some(address) } else { None });
                self.dial_trunk(no, address, trunk).await
            }
        };
        match sent {
            Ok(()) => None,
            Err(cause) => failed(cause),
        }
    }

    fn book_leg(&mut self, (leg, role): (LegId, LegRole), target: &Target) {
        let now = self.exchange.now();
        let (kind, party) = match target {
            Target::Device(device) if device.kind == DeviceKind::Browser => (LegKind::Browser, device.username.clone()),
            Target::Device(device) => (LegKind::SipPhone, device.username.clone()),
            Target::Trunk(trunk) => (LegKind::Gateway, trunk.resource.label.clone()),
            Target::Service(_) => (LegKind::Service, "echo".into()),
            Target::Flow(flow) => (LegKind::Service, flow.name.clone()),
        };
        self.book.note(Some(leg), MomentKind::Trying { party: party.clone() }, now);
        let record = self.book.leg(leg, role, kind, party, now);
        match target {
            Target::Device(device) => (record.seat, record.device) = (Some(device.seat), Some(device.device)),
            Target::Trunk(trunk) => {
                (record.gateway, record.gateway_port) = (Some(trunk.gateway), Some(trunk.gateway_port));
                record.number = trunk.number.as_ref().map(|number| number.as_str().to_owned());
            }
            Target::Service(_) | Target::Flow(_) => {}
        }
        self.book.line(target);
    }

    async fn dial_device(&mut self, no: LegNo, way: Option<sip::Route>, device: &DeviceTarget) -> Result<(), EndCause> {
        let newest = || Some(self.exchange.registrar.newest_contact(&device.username, self.exchange.now())?.route());
        let route = way.or_else(newest).ok_or(EndCause::Unreachable)?;
        if let Some(side) = self.side(no) {
            side.owner = Some((device.seat, device.device));
            side.kind = match device.kind {
                DeviceKind::Browser => MediaLegKind::Browser,
                DeviceKind::SipPhone => MediaLegKind::phone(),
            };
        }
        let offer = self.open_and_offer(no, &device.codecs).await?;
        let other = self.shown_to(device.seat);
        let caller = Caller { user: other.number.clone(), name: other.name.clone(), host: None };
        let mut extra = vec![
            ("X-Call-Ref".to_owned(), self.plan.call.to_string()),
            ("X-Called".to_owned(), self.plan.called.number.clone()),
        ];
        extra.extend(self.placed_headers(device.seat));
        self.send_invite(no, route, &caller, extra, offer, None);
        Ok(())
    }

    async fn dial_trunk(
        &mut self,
        no: LegNo,
        address: Option<SocketAddr>,
        trunk: &TrunkTarget,
    ) -> Result<(), EndCause> {
        let route = self.exchange.trunk_route(trunk, address).await.ok_or(EndCause::CarrierSilent)?;
        if let Some(side) = self.side(no) {
            side.dtmf = trunk.dtmf;
            side.line = Some((trunk.gateway, trunk.gateway_port));
            side.kind = MediaLegKind::gateway(trunk.srtp, trunk.latch_within_host);
        }
        let offer = self.open_and_offer(no, &trunk.codecs).await?;
        let caller =
            Caller { user: trunk.from_user.clone(), name: trunk.from_name.clone(), host: trunk.from_host.clone() };
        let auth = trunk.auth.as_ref().map(|auth| sip::ClientAuth {
            username: auth.username.clone(),
            password: auth.password.expose().clone(),
            realm: auth.realm.clone(),
        });
        self.send_invite(no, route, &caller, trunk.headers.clone(), offer, auth);
        Ok(())
    }

    async fn open_and_offer(&mut self, no: LegNo, allowed: &[Codec]) -> Result<String, EndCause> {
        let codecs = self.codecs_for(allowed);
        let call = self.plan.call;
        self.side(no).ok_or(EndCause::Internal)?.codecs.clone_from(&codecs);
        let offer = self.media_offer(no, &MediaPolicy::new(codecs)).await.map_err(|why| {
            tracing::warn!(call.id = %call, error = %why, "No offer could be made in call {call}");
            crate::media::unopened(&why)
        })?;
        Ok(self.fit(no, offer))
    }

    /// The target's codecs, those that the caller offered or speaks first: what both speak needs no transcoding.
    fn codecs_for(&mut self, allowed: &[Codec]) -> Vec<Codec> {
        let offered = self.caller_offer.as_deref().map(patchbay_media::offered_codecs);
        let spoken = || self.side(LegNo::CALLER).and_then(|side| side.codec).into_iter().collect();
        let offered = offered.unwrap_or_else(spoken);
        let (mut both, other): (Vec<Codec>, Vec<Codec>) = allowed.iter().partition(|codec| offered.contains(codec));
        both.extend(other);
        both
    }

    fn send_invite(
        &mut self,
        no: LegNo,
        to: sip::Route,
        caller: &Caller,
        mut extra: Vec<(String, String)>,
        offer: String,
        auth: Option<sip::ClientAuth>,
    ) {
        let leg = self.exchange.new_sip_leg(&self.door);
        extra.extend(self.follow(no));
        if let Some(hops) = self.hops {
            extra.push(("Max-Forwards".to_owned(), hops.to_string()));
        }
        if let Some(side) = self.side(no) {
            side.wire = Wire::Sip(leg);
        }
        let from = caller.address(&self.exchange.config.domain);
        self.exchange.command(sip::Cmd::Dial { leg, to, from, extra, sdp: offer.into_bytes(), auth });
    }

    /// Rings the caller; with early audio of `audio`, or with our own ringback.
    pub(crate) async fn ring_caller(&mut self, audio: Option<LegNo>, ringback: bool) {
        if self.call.has_fetched_caller() {
            return self.entertain_caller(audio).await;
        }
        let Some(Wire::Sip(leg)) = self.side(LegNo::CALLER).map(|side| side.wire) else { return };
        let mut sdp = None;
        // An INVITE without an offer gets ours, early when the caller acknowledges it (RFC 3262 section 5), else with the answer.
        if !self.hears_early {
        } else if let Some(from) = audio {
            sdp = self.answer_media(Some(from)).await.ok();
            self.join(from).await;
        } else if ringback {
            sdp = self.answer_media(None).await.ok();
            if let Some(caller) = self.side(LegNo::CALLER).map(|side| side.leg) {
                self.exchange.media_play(caller, Play::Ringback);
            }
        }
        let code = if sdp.is_some() { 183 } else { 180 };
        self.exchange.command(sip::Cmd::Ring { leg, code, sdp: sdp.map(String::into_bytes), extra: self.call_ref() });
    }

    /// Answers the caller and joins it to the winner. A caller whose media cannot be agreed ends the call.
    pub(crate) async fn answer_caller(&mut self, winner: LegNo) -> Option<Input> {
        if self.side(LegNo::CALLER)?.wire == Wire::Service {
            let leg = self.side(winner)?.leg;
            self.joined = Some(winner);
            self.see(Seen::Answered(leg));
            return None;
        }
        if self.call.has_fetched_caller() {
            self.join_placed(winner).await;
            return None;
        }
        let sdp = match self.answer_media(Some(winner)).await {
            Ok(sdp) => sdp,
            Err(cause) => {
                self.refuse_unanswerable(cause);
                return Some(Input::Leg(LegNo::CALLER, LegInput::Failed { cause, sip_status: None }));
            }
        };
        let caller = self.side(LegNo::CALLER)?;
        let (caller_leg, wire) = (caller.leg, caller.wire);
        self.exchange.media_stop_play(caller_leg);
        self.join(winner).await;
        if self.call.is_held() {
            self.part().await;
        }
        if let Wire::Sip(leg) = wire {
            self.exchange.command(sip::Cmd::Answer { leg, sdp: Some(sdp.into_bytes()), extra: self.call_ref() });
        }
        self.book.caller_answered(caller_leg, self.exchange.now());
        None
    }

    /// The record's id, for a caller that is one of the company's own seats; a carrier is told nothing of our records.
    pub(crate) fn call_ref(&self) -> Vec<(String, String)> {
        let own = self.plan.caller.seat.is_some();
        own.then(|| ("X-Call-Ref".to_owned(), self.plan.call.to_string())).into_iter().collect()
    }

    fn refuse_unanswerable(&mut self, cause: EndCause) {
        if let Some(Wire::Sip(leg)) = self.side(LegNo::CALLER).map(|side| side.wire) {
            let mut extra = vec![crate::perform::reason(cause, None)];
            extra.extend(self.call_ref());
            self.exchange.command(sip::Cmd::Refuse { leg, code: cause.sip_status(), extra });
        }
    }

    /// Our answer to the caller's offer, made once: codec of the winner first, so that nothing is transcoded when it need not.
    async fn answer_media(&mut self, winner: Option<LegNo>) -> Result<String, EndCause> {
        if let Some(answer) = &self.caller_answer {
            return Ok(answer.clone());
        }
        let mut codecs = self.plan.caller_codecs.clone();
        if let Some(chosen) = winner.and_then(|no| self.side(no)).and_then(|side| side.codec) {
            prefer(&mut codecs, chosen);
        }
        let policy = MediaPolicy::new(codecs);
        let offer = self.caller_offer.as_ref().map(|offer| String::from_utf8_lossy(offer).into_owned());
        let made = match offer {
            Some(offer) => {
                let offer = self.fit(LegNo::CALLER, offer);
                if let Some(caller) = self.side(LegNo::CALLER) {
                    caller.takes_events = digits::takes_events(&offer);
                }
                self.media_answer(LegNo::CALLER, &offer, &policy).await
            }
            None => {
                let made = self.media_offer(LegNo::CALLER, &policy).await;
                made.map(|offer| self.fit(LegNo::CALLER, offer))
            }
        };
        let sdp = made.map_err(|why| {
            tracing::info!(call.id = %self.plan.call, error = %why, "The caller's offer fits nothing that we speak");
            crate::media::unopened(&why)
        })?;
        self.caller_answer = Some(sdp.clone());
        Ok(sdp)
    }

    /// Lets audio flow between the caller and this side.
    pub(crate) async fn join(&mut self, no: LegNo) {
        let Some(caller) = self.side(LegNo::CALLER).map(|side| side.leg) else { return };
        let Some(side) = self.side(no) else { return };
        match (side.wire, side.leg) {
            (Wire::Service, _) => self.exchange.media_echo(caller),
            // It plays what it has to say.
            (Wire::Flow, _) => {}
            (_, called) => self.exchange.media_bridge(caller, called).await,
        }
        self.hear_all();
        self.joined = Some(no);
    }

    /// Silence both ways: somebody holds.
    pub(crate) async fn part(&mut self) {
        if self.gathering.is_some() {
            return self.group().await;
        }
        if let Some(link) = &self.link {
            return self.exchange.media_unbridge(link.own);
        }
        if let Some(caller) = self.side(LegNo::CALLER).map(|side| side.leg) {
            self.exchange.media_unbridge(caller);
        }
    }

    /// Audio again, unless another party still holds.
    pub(crate) async fn join_again(&mut self) {
        if self.call.is_parted() {
            return;
        }
        self.bridge_again().await;
        self.tell(CallEventKind::Resumed, LiveState::Talking);
    }

    /// Joins the audio of those who are joined anew.
    pub(crate) async fn bridge_again(&mut self) {
        if self.gathering.is_some() {
            self.group().await;
        } else if let Some(link) = self.link.as_ref().filter(|link| link.is_guest) {
            link.regroup();
        } else if let Some(link) = &self.link {
            self.exchange.media_bridge(link.own, link.theirs).await;
            self.hear_all();
        } else if let Some(no) = self.joined {
            self.join(no).await;
        }
    }
}
