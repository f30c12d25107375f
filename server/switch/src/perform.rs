//! Effect to SIP, media or plane: one match, no decisions.

use patchbay_call::{Effect, Input, LegNo, MomentKind};
use patchbay_kernel::EndCause;
use patchbay_plane::{CallEvent, CallEventKind, Keep, LiveState};
use patchbay_sip as sip;

use crate::{
    call_task::{CallTask, Seen, Wire},
    digits,
    queues::Told,
};

impl CallTask {
    /// Obeys one effect. What can be answered at once is answered.
    pub(crate) async fn perform(&mut self, effect: Effect) -> Option<Input> {
        match effect {
            Effect::Admit => Some(self.admit().await),
            Effect::RecordStart => Some(self.record_start().await),
            Effect::TakeSlot { leg, stage, branch } => Some(self.take_slot(leg, stage, branch).await),
            Effect::GiveSlotBack { leg } => {
                self.release_slot(leg).await;
                self.close_media(leg);
                None
            }
            Effect::Dial { leg, stage, branch } => self.dial(leg, stage, branch).await,
            Effect::RingCaller { audio, ringback } => {
                self.ring_caller(audio, ringback).await;
                None
            }
            Effect::TakeCaller { leg } => {
                self.take_caller(leg);
                None
            }
            Effect::AnswerCaller { leg } => {
                let failed = self.answer_caller(leg).await;
                if failed.is_none() {
                    self.flow_is_relieved(leg);
                }
                failed
            }
            Effect::JoinCaller { leg } => {
                self.join_found(leg).await;
                None
            }
            Effect::SoughtInVain { cause } => {
                self.found_nobody(cause);
                None
            }
            Effect::Returned { leg, lost } => {
                self.back_to_flow(leg, lost).await;
                None
            }
            Effect::RefuseCaller { cause, sip_status, detail } => {
                self.refuse_caller(cause, sip_status, detail.as_deref());
                None
            }
            Effect::HangUpLeg { leg, cause } => {
                self.hang_up_leg(leg, cause).await;
                None
            }
            Effect::Replace { leg, cause } => {
                self.replace(leg, cause).await;
                None
            }
            Effect::Lose { leg } => {
                self.lose(leg).await;
                None
            }
            Effect::Park { leg } => {
                self.park(leg).await;
                None
            }
            Effect::Comfort { leg } => {
                self.entertain_held(leg);
                None
            }
            Effect::Recall { leg } => {
                self.recall(leg).await;
                None
            }
            Effect::Regain { leg, anew } => {
                self.regain(leg, anew).await;
                None
            }
            Effect::Hold { leg } => {
                self.part().await;
                self.entertain_held(leg);
                self.tell(CallEventKind::Held, LiveState::Held);
                None
            }
            Effect::Unhold { .. } => {
                self.join_again().await;
                None
            }
            Effect::PassDigit { to, digit } => {
                self.pass_digit(to, digit).await;
                None
            }
            Effect::Note { leg, kind } => {
                self.note(leg, kind);
                None
            }
            Effect::Close { cause, blame, sip_status, detail } => {
                self.close((cause, blame), sip_status, detail).await;
                None
            }
        }
    }

    fn refuse_caller(&mut self, cause: EndCause, sip_status: Option<u16>, detail: Option<&str>) {
        let Some(Wire::Sip(leg)) = self.side(LegNo::CALLER).map(|side| side.wire) else { return };
        let status = caller_status(cause, sip_status);
        let mut extra = refusal_headers(cause, detail);
        extra.extend(self.call_ref());
        self.exchange.command(sip::Cmd::Refuse { leg, code: status, extra });
    }

    pub(crate) async fn hang_up_leg(&mut self, no: LegNo, cause: EndCause) {
        if let Some(side) = self.side(no) {
            let wire = std::mem::replace(&mut side.wire, Wire::None);
            if let Wire::Sip(leg) = wire {
                let reason = reason(cause, None);
                self.exchange.command(sip::Cmd::Hangup { leg, code: None, extra: vec![reason] });
                self.exchange.forget_sip_leg(leg);
            }
        }
        if cause == EndCause::CarrierSilent {
            self.line_did(no, cause, 408);
        }
        self.close_media(no);
    }

    async fn pass_digit(&mut self, to: LegNo, digit: char) {
        if let Some(guest) = self.digit_of_consultation(to) {
            // Events travel over the bridge of the two by themselves.
            if let Some(guest) = guest.filter(|_| !self.digit_is_audible && !self.digit_travels_in_audio) {
                self.exchange.media_send_digit(guest, digit);
            }
            return;
        }
        match &self.link {
            Some(link) => link.digit(digit),
            None => self.play_digit(to, digit).await,
        }
    }

    /// A digit to this party, in the way that it takes digits.
    pub(crate) async fn play_digit(&mut self, to: LegNo, digit: char) {
        if self.digit_is_audible {
            return;
        }
        let in_audio = self.digit_travels_in_audio;
        let Some(side) = self.side(to) else { return };
        let (leg, wire, dtmf) = (side.leg, side.wire, side.dtmf);
        let arrives = in_audio && side.takes_events;
        match (dtmf, wire) {
            (patchbay_plane::DtmfMode::Info, Wire::Sip(leg)) => {
                let body = digits::relay_body(digit, 160).into_bytes();
                self.exchange.command(sip::Cmd::Info { leg, content_type: digits::RELAY.into(), body });
            }
            // Events travel inside the audio stream by themselves. What came by INFO is made into events, and what a party that
            // takes no events should hear into tones.
            (patchbay_plane::DtmfMode::Rfc4733, _) if !arrives => self.exchange.media_send_digit(leg, digit),
            (patchbay_plane::DtmfMode::Inband, _) => self.exchange.media_send_digit(leg, digit),
            (patchbay_plane::DtmfMode::Rfc4733 | patchbay_plane::DtmfMode::Info, _) => {}
        }
    }

    fn note(&mut self, no: Option<LegNo>, kind: MomentKind) {
        let now = self.exchange.now();
        let leg = no.and_then(|no| self.sides.iter().find(|side| side.no == no)).map(|side| side.leg);
        if kind == MomentKind::FirstAnswered {
            self.see(Seen::Came);
        }
        if kind == MomentKind::Ringing {
            self.see(Seen::Ringing);
        }
        match kind {
            MomentKind::Answered => self.keep(Keep::Answered),
            MomentKind::Lost => self.tell_queue(Told::Lost),
            MomentKind::Regained { .. } => self.tell_queue(Told::Back),
            _ => {}
        }
        let event = match &kind {
            MomentKind::Ringing => Some((CallEventKind::Ringing, LiveState::Ringing)),
            MomentKind::Answered => Some((CallEventKind::Answered, LiveState::Talking)),
            MomentKind::Lost => Some((CallEventKind::Reconnecting, LiveState::Reconnecting)),
            MomentKind::Parked { .. } => Some((CallEventKind::Parked, LiveState::Held)),
            MomentKind::PickedUp => Some((CallEventKind::PickedUp, LiveState::Talking)),
            MomentKind::Regained { .. } => Some((CallEventKind::Reconnected, self.standing())),
            _ => None,
        };
        self.book.note(leg, kind, now);
        if let Some((kind, state)) = event {
            self.tell(kind, state);
        }
    }

    pub(crate) fn tell(&self, kind: CallEventKind, state: LiveState) {
        let start = self.book.start();
        let at = self.exchange.wall();
        self.exchange.outside.sink.call_event(CallEvent {
            call: start.call,
            tenant: start.tenant,
            seat: start.seat,
            at,
            kind,
        });
        self.show(state);
    }

    async fn close(
        &mut self,
        why: (EndCause, patchbay_kernel::Blame),
        sip_status: Option<u16>,
        detail: Option<String>,
    ) {
        self.record_no_more();
        self.misses_nobody();
        for no in self.sides.iter().map(|side| side.no).collect::<Vec<_>>() {
            self.close_media(no);
        }
        self.closed_media().await;
        for leg in self.sides.iter().filter_map(|side| if let Wire::Sip(leg) = side.wire { Some(leg) } else { None }) {
            self.exchange.forget_sip_leg(leg);
        }
        self.flow_over();
        let (now, call) = (self.exchange.now(), self.plan.call);
        let empty = crate::record::Book::open(&self.plan, now, self.exchange.wall());
        let detail = detail.or_else(|| self.never_came());
        let record = std::mem::replace(&mut self.book, empty).close(why, sip_status, detail, now);
        tracing::info!(call.id = %call, cause = why.0.code(), blame = ?why.1, talk_ms = record.talk_ms, "Call {call} ended: {}", why.0.code());
        let start = self.book.start();
        let (tenant, seat, at) = (start.tenant, start.seat, self.exchange.wall());
        let event = CallEvent { call, tenant, seat, at, kind: CallEventKind::Ended(why.0) };
        self.see(Seen::Ended { cause: why.0, sip_status, detail: record.detail.clone() });
        if self.may_record() {
            self.exchange.keep_record(record);
        }
        self.part_company(why.0);
        self.release_all().await;
        self.exchange.live.remove(call);
        self.exchange.outside.sink.call_event(event);
    }
}

/// What the caller is told. The far side's own status is passed on where it says more than ours and is a final one that a
/// caller understands; 401 and 407 never are (they would make the caller send us its password's digest).
pub(crate) fn caller_status(cause: EndCause, sip_status: Option<u16>) -> u16 {
    match sip_status {
        Some(status) if (400..700).contains(&status) && !matches!(status, 401 | 407 | 481 | 482 | 491) => match cause {
            EndCause::Congested => 503,
            EndCause::CarrierFailed if status == 403 => 502,
            _ => status,
        },
        _ => cause.sip_status(),
    }
}

/// Reason (RFC 3326) with the limit in words, Retry-After where trying again makes sense.
pub(crate) fn refusal_headers(cause: EndCause, detail: Option<&str>) -> Vec<(String, String)> {
    let mut headers = vec![reason(cause, detail)];
    if matches!(cause, EndCause::Overloaded) {
        headers.push(("Retry-After".into(), "5".into()));
    }
    headers
}

/// `Q.850;cause=34;text="..."`, quotes and control characters taken out.
pub(crate) fn reason(cause: EndCause, detail: Option<&str>) -> (String, String) {
    let text: String =
        detail.unwrap_or(cause.code()).chars().filter(|c| !c.is_control() && *c != '"' && *c != '\\').collect();
    ("Reason".into(), format!("Q.850;cause={};text=\"{text}\"", cause.q850()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_line_is_503_with_cause_34() {
        assert_eq!(caller_status(EndCause::Congested, None), 503);
        assert_eq!(reason(EndCause::Congested, Some("Span \"1\" is full")).1, "Q.850;cause=34;text=\"Span 1 is full\"");
    }

    #[test]
    fn a_challenge_of_the_carrier_never_reaches_the_caller() {
        assert_eq!(caller_status(EndCause::CarrierFailed, Some(407)), 502);
        assert_eq!(caller_status(EndCause::Busy, Some(486)), 486);
    }
}
