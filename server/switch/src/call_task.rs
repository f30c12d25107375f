//! One task per call: the only loop that drives `call`.
//!
//! The task owns the machine, the legs and the book of its call. Everything else sends it [`CallMessage`]s.

use std::{sync::Arc, time::Duration};

use patchbay_call::{Branch, Call, Effect, Input, LegInput, LegNo, MediaLimits, Shape};
use patchbay_kernel::{EndCause, LegId, Tick, time::Span};
use patchbay_media::{MediaEvent, MediaEventKind};
use patchbay_plane::{DtmfMode, EarlyMedia, LiveCall, LiveState, RoutePlan, Target};
use patchbay_sip as sip;
use tokio::sync::mpsc;

use crate::{exchange::Exchange, live::CallDoor, record::Book};

/// What a call's task is told.
#[derive(Debug)]
pub enum CallMessage {
    /// SIP news about one of its legs.
    Sip(sip::Event),
    /// Media news about one of its legs.
    Media(MediaEvent),
    /// Somebody with the right to do so ends it.
    HangUp(EndCause),
}

/// How a leg is reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wire {
    /// A SIP session.
    Sip(sip::LegId),
    /// The platform itself: no signalling.
    Service,
    /// Nothing yet, or nothing any more.
    None,
}

/// One leg as the task sees it.
#[derive(Debug)]
pub struct Side {
    /// In the call machine.
    pub no: LegNo,
    /// In records and in the media engine.
    pub leg: LegId,
    /// In SIP.
    pub wire: Wire,
    /// The media engine has it open.
    pub media_open: bool,
    /// The peer's answer to our offer was taken (early or final).
    pub accepted: bool,
    /// How digits reach it.
    pub dtmf: DtmfMode,
    /// The key of the slot it took.
    pub slot: Option<String>,
}

/// Everything of one call.
pub struct CallTask {
    pub(crate) exchange: Arc<Exchange>,
    pub(crate) plan: RoutePlan,
    pub(crate) call: Call,
    pub(crate) book: Book,
    pub(crate) sides: Vec<Side>,
    pub(crate) caller_offer: Option<Vec<u8>>,
    pub(crate) caller_answer: Option<String>,
    pub(crate) joined: Option<LegNo>,
    pub(crate) digit_travels_in_audio: bool,
    pub(crate) door: CallDoor,
    inbox: mpsc::UnboundedReceiver<CallMessage>,
    closed: bool,
}

impl CallTask {
    /// A call that `caller` has just placed; run it with [`Self::run`].
    pub fn new(
        exchange: Arc<Exchange>,
        plan: RoutePlan,
        caller: Side,
        caller_offer: Option<Vec<u8>>,
        (door, inbox): (CallDoor, mpsc::UnboundedReceiver<CallMessage>),
    ) -> Self {
        let (now, wall) = (exchange.now(), exchange.wall());
        Self {
            call: Call::new(shape(&plan)),
            book: Book::open(&plan, now, wall),
            sides: vec![caller],
            exchange,
            plan,
            caller_offer,
            caller_answer: None,
            joined: None,
            digit_travels_in_audio: true,
            door,
            inbox,
            closed: false,
        }
    }

    /// Until the call is over. A panic in here ends this call only: the exchange sees the task's end.
    pub async fn run(mut self) {
        self.show(LiveState::Ringing);
        self.drain().await;
        while !self.closed {
            let wait = self.call.deadline().map(|at| at.since(self.exchange.now()));
            let input = tokio::select! {
                message = self.inbox.recv() => match message {
                    Some(message) => self.translate(message).await,
                    None => Some(Input::HangUp(EndCause::Internal)),
                },
                () = sleep(wait) => Some(Input::Deadline),
            };
            if let Some(input) = input {
                self.feed(input).await;
            }
        }
    }

    /// Feeds one input and obeys all that follows from it.
    pub(crate) async fn feed(&mut self, input: Input) {
        self.call.handle(input, self.exchange.now());
        self.drain().await;
    }

    async fn drain(&mut self) {
        while let Some(effect) = self.call.poll() {
            let last = matches!(effect, Effect::Close { .. });
            // Performing may answer at once (a slot granted, a dial that failed): that input is fed before the next effect.
            if let Some(answer) = self.perform(effect).await {
                self.call.handle(answer, self.exchange.now());
            }
            if last {
                self.closed = true;
                return;
            }
        }
    }

    async fn translate(&mut self, message: CallMessage) -> Option<Input> {
        match message {
            CallMessage::HangUp(cause) => Some(Input::HangUp(cause)),
            CallMessage::Media(event) => self.heard(event),
            CallMessage::Sip(event) => self.signalled(event).await,
        }
    }

    fn heard(&mut self, event: MediaEvent) -> Option<Input> {
        let no = self.sides.iter().find(|side| side.leg == event.leg)?.no;
        let what = match event.kind {
            MediaEventKind::FirstMedia => LegInput::FirstAudio,
            MediaEventKind::Dtmf { digit, .. } => {
                self.digit_travels_in_audio = true;
                LegInput::Digit(digit)
            }
            MediaEventKind::Silent { for_ms } => LegInput::Silent { for_ms },
            MediaEventKind::Resumed => LegInput::Audible,
            MediaEventKind::PeerClosed => LegInput::Ended { cause: None },
            MediaEventKind::DtlsFailed { .. } => LegInput::Ended { cause: Some(EndCause::NoCommonMedia) },
            _ => return None,
        };
        Some(Input::Leg(no, what))
    }

    /// The side with this number.
    pub(crate) fn side(&mut self, no: LegNo) -> Option<&mut Side> {
        self.sides.iter_mut().find(|side| side.no == no)
    }

    /// The side that this SIP leg is.
    pub(crate) fn side_of(&mut self, leg: sip::LegId) -> Option<&mut Side> {
        self.sides.iter_mut().find(|side| side.wire == Wire::Sip(leg))
    }

    /// Shows the call's state in the live table.
    pub(crate) fn show(&self, state: LiveState) {
        let start = self.book.start();
        let live = LiveCall {
            call: start.call,
            tenant: start.tenant,
            direction: start.direction,
            state,
            caller: start.caller.clone(),
            called: start.called.clone(),
            seat: start.seat,
            gateway_port: start.gateway_port,
            since: start.at,
        };
        self.exchange.live.put(live, &self.door);
    }
}

async fn sleep(wait: Option<Span>) {
    match wait {
        Some(span) => tokio::time::sleep(Duration::from_micros(span.0)).await,
        None => std::future::pending().await,
    }
}

/// What the machine must know of the plan.
fn shape(plan: &RoutePlan) -> Shape {
    let branch = |target: &Target| match target {
        Target::Device(_) => Branch { needs_slot: false, carrier: false, silent_after: Some(Span::secs(8)) },
        Target::Service(_) => Branch { needs_slot: false, carrier: false, silent_after: None },
        Target::Trunk(trunk) => Branch {
            needs_slot: true,
            carrier: true,
            silent_after: Some(Span::secs(u64::from(trunk.answer_within_s.max(1)))),
        },
    };
    Shape {
        stages: plan.stages.iter().map(|stage| stage.targets.iter().map(branch).collect()).collect(),
        ring_timeout: Span::secs(u64::from(plan.ring_timeout_s)),
        max_talk: Span::secs(u64::from(plan.max_talk_s)),
        early_media: match plan.early_media {
            EarlyMedia::PassThrough => patchbay_call::EarlyMedia::PassThrough,
            EarlyMedia::OwnRingback => patchbay_call::EarlyMedia::OwnRingback,
            EarlyMedia::None => patchbay_call::EarlyMedia::None,
        },
        media: MediaLimits::default(),
    }
}

/// Time since `earlier`, for logs.
pub(crate) fn ms_since(earlier: Tick, now: Tick) -> u64 {
    now.since(earlier).as_ms()
}
