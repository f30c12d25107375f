//! What SIP and media say about a leg, in the call machine's words.

use patchbay_call::{Input, LegInput, LegNo};
use patchbay_kernel::EndCause;
use patchbay_media::{Flowing, MediaEvent, MediaEventKind, MediaPolicy};
use patchbay_plane::{DtmfMode, GatewayState};
use patchbay_sip::{self as sip, End, Event};

use crate::{
    call_task::{CallTask, Wire},
    digits,
    dispatch::leg_of,
    media::prefer,
    perform::reason,
};

impl CallTask {
    /// SIP news about one of our legs.
    pub(crate) async fn signalled(&mut self, event: Event) -> Option<Input> {
        let event = match self.attempt_says(event).await {
            Ok(input) => return input,
            Err(event) => event,
        };
        let no = self.side_of(leg_of(&event)?)?.no;
        let what = match event {
            Event::Progress { sdp, .. } => {
                let audio = sdp.is_some() && self.accept(no, sdp).await.is_ok();
                LegInput::Progress { audio }
            }
            Event::Answered { sdp, .. } => self.answered(no, sdp).await,
            Event::Refused { code, message, .. } => self.refused(no, code, message.is_some()),
            Event::Acked { sdp, .. } => return self.described(no, sdp?).await,
            Event::Offer { leg, sdp } => return self.offered(no, leg, sdp).await,
            Event::Info { content_type, body, .. } => {
                let digit = digits::parse(&content_type, &body)?;
                (self.digit_travels_in_audio, self.digit_is_audible) = (false, false);
                LegInput::Digit(digit)
            }
            Event::Refer { request, refer_to, replaces, .. } => {
                self.transfer_asked(no, request, &refer_to, replaces).await;
                return None;
            }
            Event::Ended { how, .. } => {
                self.side(no)?.wire = Wire::None;
                if self.transfer.as_ref().is_some_and(|transfer| transfer.by == no) {
                    // It sent the other party elsewhere and does not wait for the news.
                    return Some(Input::Leg(no, LegInput::Away));
                }
                if matches!(how, End::Broken | End::FlowLost | End::Expired) && self.may_lose(no) {
                    return self.session_lost(no);
                }
                let cause = match how {
                    End::Bye | End::Cancel => None,
                    End::NoAck | End::Broken | End::FlowLost | End::Expired => Some(EndCause::FlowLost),
                };
                LegInput::Ended { cause }
            }
            // We make no offers of our own inside a session.
            Event::Accepted { .. } | Event::Rejected { .. } | Event::Referred { .. } => return None,
            Event::Invite { .. } | Event::Request { .. } | Event::Reply { .. } | Event::FlowDown { .. } => return None,
        };
        Some(Input::Leg(no, what))
    }

    /// Media news about one of our legs.
    pub(crate) fn heard(&mut self, event: MediaEvent) -> Option<Input> {
        let no = self.sides.iter().find(|side| side.leg == event.leg)?.no;
        if let Some(lost) = self.loss_heard(no, &event.kind) {
            return Some(Input::Leg(no, lost));
        }
        let what = match event.kind {
            MediaEventKind::FirstMedia => LegInput::FirstAudio,
            MediaEventKind::Dtmf { digit, .. } => {
                self.digit_travels_in_audio = true;
                self.digit_is_audible = self.side(no)?.dtmf == DtmfMode::Inband;
                LegInput::Digit(digit)
            }
            MediaEventKind::PlayEnded { item, why, .. } => {
                self.clip_ended(item, why);
                return None;
            }
            MediaEventKind::Silent { for_ms, why } => LegInput::Silent { for_ms, why },
            MediaEventKind::Resumed => LegInput::Audible,
            MediaEventKind::Unheard { for_ms, why } => LegInput::Unheard { for_ms, why },
            MediaEventKind::HeardAgain => LegInput::HeardAgain,
            // The page hung up or was left: its signalling says so too, sooner or later; whichever comes first ends the leg.
            MediaEventKind::PeerClosed => {
                self.let_go(no, if no == LegNo::CALLER { EndCause::CallerHungUp } else { EndCause::CalleeHungUp });
                LegInput::Ended { cause: None }
            }
            MediaEventKind::DtlsFailed { why } => {
                tracing::info!(leg.id = %event.leg, why, "No secure media with leg {}", event.leg);
                self.let_go(no, EndCause::NoCommonMedia);
                LegInput::Ended { cause: Some(EndCause::NoCommonMedia) }
            }
        };
        Some(Input::Leg(no, what))
    }

    /// Ends the SIP session of a side whose media ended by themselves.
    fn let_go(&mut self, no: LegNo, cause: EndCause) {
        let Some(side) = self.side(no) else { return };
        if let Wire::Sip(leg) = std::mem::replace(&mut side.wire, Wire::None) {
            self.exchange.command(sip::Cmd::Hangup { leg, code: None, extra: vec![reason(cause, None)] });
            self.exchange.forget_sip_leg(leg);
        }
    }

    /// Takes the peer's answer to our offer, early or final; the same one twice is taken once.
    async fn accept(&mut self, no: LegNo, sdp: Option<Vec<u8>>) -> Result<(), EndCause> {
        let side = self.side(no).ok_or(EndCause::Internal)?;
        let Some(sdp) = sdp else {
            return if side.accepted.is_some() { Ok(()) } else { Err(EndCause::NoCommonMedia) };
        };
        if side.accepted.as_ref() == Some(&sdp) {
            return Ok(());
        }
        let leg = side.leg;
        side.takes_events = digits::takes_events(&String::from_utf8_lossy(&sdp));
        let codec = self.exchange.media.leg_accept(leg, &String::from_utf8_lossy(&sdp)).await.map_err(|why| {
            tracing::info!(leg.id = %leg, error = %why, "The answer of leg {leg} does not fit our offer");
            crate::media::cause(&why)
        })?;
        if let Some(side) = self.side(no) {
            (side.accepted, side.codec) = (Some(sdp), codec);
        }
        Ok(())
    }

    async fn answered(&mut self, no: LegNo, sdp: Option<Vec<u8>>) -> LegInput {
        if let Some((gateway, _)) = self.side(no).and_then(|side| side.line)
            && let Some(news) = self.exchange.gateways.called(gateway, false, self.exchange.now())
        {
            self.exchange.outside.sink.gateway_state(gateway, news);
        }
        match self.accept(no, sdp).await {
            Ok(()) => LegInput::Answered,
            Err(cause) => {
                self.let_go(no, cause);
                LegInput::Failed { cause, sip_status: None }
            }
        }
    }

    fn refused(&mut self, no: LegNo, code: u16, answered: bool) -> LegInput {
        let Some(side) = self.side(no) else { return LegInput::Ended { cause: None } };
        side.wire = Wire::None;
        let (line, kind) = (side.line, side.kind);
        let cause = match (line, answered, code) {
            // No response: the connection broke, or nothing came at all.
            (Some(_), false, 503) => EndCause::FlowLost,
            (None, false, 503) => EndCause::Unreachable,
            (line, ..) => crate::media::declined(EndCause::from_sip(code, line.is_some()), kind),
        };
        self.line_did(no, cause, code);
        // While others ring, its UDP ports would wait for the end of the call.
        self.close_media(no);
        LegInput::Failed { cause, sip_status: answered.then_some(code) }
    }

    /// Tells the plane and the circuit what a gateway made of a call.
    pub(crate) fn line_did(&mut self, no: LegNo, cause: EndCause, code: u16) {
        let Some((gateway, gateway_port)) = self.side(no).and_then(|side| side.line) else { return };
        let by_the_line = cause.may_fail_over();
        // A line that is full is busy, not broken.
        let failed = by_the_line && cause != EndCause::Congested;
        if let Some(news) = self.exchange.gateways.called(gateway, failed, self.exchange.now()) {
            self.exchange.outside.sink.gateway_state(gateway, news);
        }
        if by_the_line {
            let text = format!("{code} {}", sip::wire::write::phrase(code));
            let state = GatewayState::CallFailed { gateway_port, code, text };
            self.exchange.outside.sink.gateway_state(gateway, state);
        }
    }

    /// A re-INVITE or UPDATE: a new description, or the wish for one of ours.
    async fn offered(&mut self, no: LegNo, wire: sip::LegId, offer: Option<Vec<u8>>) -> Option<Input> {
        let side = self.side(no)?;
        let (leg, mut codecs) = (side.leg, side.codecs.clone());
        if let Some(current) = self.exchange.media.leg_codec(leg).await {
            prefer(&mut codecs, current);
        }
        let policy = MediaPolicy::new(codecs);
        let made = match &offer {
            Some(offer) => {
                let offer = self.fit(no, String::from_utf8_lossy(offer).into_owned());
                self.side(no)?.takes_events = digits::takes_events(&offer);
                self.exchange.media.leg_answer(leg, &offer, &policy).await
            }
            None => {
                let made = self.exchange.media.leg_offer(leg, &policy).await;
                made.map(|offer| self.fit(no, offer))
            }
        };
        match made {
            Ok(sdp) => {
                self.exchange.command(sip::Cmd::Accept { leg: wire, sdp: Some(sdp.into_bytes()) });
                // Without an offer the peer's will comes with its ACK.
                if offer.is_some() { self.flowing(no).await } else { None }
            }
            Err(why) => {
                tracing::info!(leg.id = %leg, error = %why, "A change of leg {leg} is refused");
                self.exchange.command(sip::Cmd::Reject { leg: wire, code: 488 });
                None
            }
        }
    }

    /// The answer to an offer of ours came with the ACK.
    async fn described(&mut self, no: LegNo, sdp: Vec<u8>) -> Option<Input> {
        match self.accept(no, Some(sdp)).await {
            Ok(()) => self.flowing(no).await,
            Err(cause) => {
                self.let_go(no, cause);
                Some(Input::Leg(no, LegInput::Ended { cause: Some(cause) }))
            }
        }
    }

    /// Whether the party holds us, after a new description.
    async fn flowing(&mut self, no: LegNo) -> Option<Input> {
        let leg = self.side(no)?.leg;
        let what = match self.exchange.media.leg_flowing(leg).await {
            Flowing::Both => LegInput::Resumed,
            Flowing::HeldByParty => LegInput::Held,
        };
        Some(Input::Leg(no, what))
    }
}
