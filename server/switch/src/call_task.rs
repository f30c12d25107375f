//! One task per call: the only loop that drives `call`.
//!
//! The task owns the machine, the legs and the book of its call. Everything else sends it [`CallMessage`]s.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::SeqCst},
    },
    time::Duration,
};

use patchbay_call::{Branch, Call, Effect, Input, LegNo, MediaLimits, Shape};
use patchbay_ivr::{self as ivr, Ticket};
use patchbay_kernel::{
    CallId, DeviceId, EndCause, GatewayId, GatewayPortId, LegId, RecordingId, SeatId, Tick, Wall, time::Span,
};
use patchbay_media::{Answer, Clip, Closed, MediaEvent, MediaLegKind};
use patchbay_plane::{
    Codec, DtmfMode, EarlyMedia, LegKind, LegRole, LiveCall, LiveState, RecordOrder, Refusal, RoutePlan, Stage, Target,
};
use patchbay_sip as sip;
use tokio::sync::mpsc;

use crate::{
    consult::Gathering,
    digits,
    exchange::Exchange,
    flow::{FlowRun, Talked},
    flow_message::Attentive,
    live::CallDoor,
    park::PickUp,
    queues::FromQueue,
    record::Book,
    recording::Taping,
    regain::Attempt,
    steer::Order,
    supervise::Remains,
    takeover::{Newcomer, TakeOver},
    transfer::{Link, Linking, Transfer},
    ways::Ways,
};

/// What a call's task is told.
#[derive(Debug)]
pub enum CallMessage {
    /// SIP news about one of its legs.
    Sip(sip::Event),
    /// Media news about one of its legs.
    Media(MediaEvent),
    /// Somebody with the right to do so ends it.
    HangUp(EndCause),
    /// Somebody with the right to do so wants something of it.
    Order(Order),
    /// How the new call of a transfer goes.
    Seen(Seen),
    /// How the second call of a consultation goes.
    Guest(CallId, Seen),
    /// The party of a guest's call may be heard again.
    Regroup,
    /// Another call sends us its remaining party.
    Link(Linking),
    /// A digit from the party of the linked call.
    Digit(char),
    /// The party of the linked call is on this audio now.
    Moved(LegId),
    /// Somebody wants the place of one of our parties.
    TakeOver(TakeOver),
    /// What the flow has its caller hear is at hand.
    Sounds(Ticket, Vec<Clip>),
    /// It could not be played.
    Unplayed(Ticket),
    /// What a server of the company answered the flow.
    Fetched(Ticket, ivr::io::Answer),
    /// What the queue says in which the caller waits.
    Queue(Ticket, FromQueue),
    /// What who waits there hears; `None`: the usual music.
    QueueMusic(Ticket, Option<Clip>),
    /// Who takes the message that the caller is to leave; `None`: nobody.
    Taker(Ticket, Option<(RecordingId, Box<Attentive>)>),
    /// It is over: the caller is silent, or it is as long as it may be.
    MessageOver(Ticket),
    /// It has ended, so many seconds long.
    MessageEnded(Ticket, u32),
    /// Whom the flow wants rung.
    Found(Ticket, Result<Vec<Stage>, Refusal>),
    /// A device registered for which a place is kept.
    CameBack(DeviceId),
    /// Somebody wants the one who is parked.
    PickUp(PickUp),
    /// Who was rung for a place has not answered.
    NotAnswered(sip::LegId),
    /// About recording it.
    Record(RecordingId, RecordOrder),
}

/// How a leg is reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wire {
    /// A SIP session.
    Sip(sip::LegId),
    /// The platform itself, as echo or as the tester: no signalling.
    Service,
    /// The company's flow: no signalling, and audio only towards the caller.
    Flow,
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
    /// For the media engine.
    pub kind: MediaLegKind,
    /// Codecs allowed, best first.
    pub codecs: Vec<Codec>,
    /// The media engine has it open.
    pub media_open: bool,
    /// What the party's answer to our offer agreed on.
    pub codec: Option<Codec>,
    /// The peer's last answer to an offer of ours.
    pub accepted: Option<Vec<u8>>,
    /// How digits reach it.
    pub dtmf: DtmfMode,
    /// Its last description takes digits as events.
    pub takes_events: bool,
    /// The keys of the slots it took.
    pub slots: Vec<String>,
    /// The line that it is on, for the called side.
    pub line: Option<(GatewayId, GatewayPortId)>,
    /// Whose device it is: such a party may transfer the other one.
    pub owner: Option<(SeatId, DeviceId)>,
    /// Which side of the call it is to people.
    pub role: LegRole,
}

/// Who dialled.
#[derive(Debug)]
pub struct Caller {
    /// In records and in the media engine.
    pub leg: LegId,
    /// In SIP; [`Wire::Service`] for a test call.
    pub wire: Wire,
    /// For the media engine.
    pub media: MediaLegKind,
    /// For the record.
    pub facts: CallerFacts,
}

/// What the record says of the caller's leg.
#[derive(Debug)]
pub struct CallerFacts {
    /// What it runs on.
    pub kind: LegKind,
    /// User name or number.
    pub party: String,
    /// Seat, for devices.
    pub seat: Option<SeatId>,
    /// Device, for devices.
    pub device: Option<DeviceId>,
    /// Gateway port, for lines.
    pub line: Option<(GatewayId, GatewayPortId)>,
}

/// What whoever placed a call sees of it.
#[derive(Debug)]
pub enum Seen {
    /// Its start is on disk.
    Begun,
    /// It rings.
    Ringing,
    /// Of a call that we place: who is dialled first has answered.
    Came,
    /// Answered, on this media leg.
    Answered(LegId),
    /// Whoever was called pressed this key.
    Key(char),
    /// Over.
    Ended {
        /// Why.
        cause: EndCause,
        /// SIP status that decided.
        sip_status: Option<u16>,
        /// In words.
        detail: Option<String>,
    },
}

/// Everything of one call.
pub struct CallTask {
    pub(crate) exchange: Arc<Exchange>,
    pub(crate) plan: RoutePlan,
    pub(crate) ways: Ways,
    pub(crate) call: Call,
    pub(crate) book: Book,
    pub(crate) sides: Vec<Side>,
    pub(crate) caller_offer: Option<Vec<u8>>,
    pub(crate) caller_answer: Option<String>,
    /// The caller takes a description before the answer.
    pub(crate) hears_early: bool,
    pub(crate) joined: Option<LegNo>,
    pub(crate) digit_travels_in_audio: bool,
    /// The last digit was a tone in the audio: the other party hears it.
    pub(crate) digit_is_audible: bool,
    pub(crate) door: CallDoor,
    pub(crate) watcher: Option<mpsc::UnboundedSender<Seen>>,
    pub(crate) recorded: Arc<AtomicBool>,
    pub(crate) hops: Option<u8>,
    pub(crate) transfer: Option<Transfer>,
    pub(crate) link: Option<Link>,
    pub(crate) gathering: Option<Gathering>,
    /// A leg of another call that ours will be joined with.
    pub(crate) near: Option<LegId>,
    pub(crate) newcomer: Option<Newcomer>,
    /// A device that is rung for its own place.
    pub(crate) attempt: Option<Attempt>,
    /// The company's flow, where it is that which the caller has reached.
    pub(crate) flow: Option<FlowRun>,
    /// Whom flows have led the caller to.
    pub(crate) talked: Talked,
    /// What keeps this call.
    pub(crate) taping: Taping,
    pub(crate) closing: Vec<(LegId, Answer<Closed>)>,
    inbox: mpsc::UnboundedReceiver<CallMessage>,
    closed: bool,
}

impl CallTask {
    /// A call that `caller` has just placed; run it with [`Self::run`]. `ways`: where branches go, where that is known.
    pub(crate) fn new(
        exchange: Arc<Exchange>,
        (plan, ways): (RoutePlan, Ways),
        caller: Caller,
        caller_offer: Option<Vec<u8>>,
        (door, inbox): (CallDoor, mpsc::UnboundedReceiver<CallMessage>),
        (began, wall): (Tick, Wall),
    ) -> Self {
        let (codecs, dtmf) = (plan.caller_codecs.clone(), plan.caller_dtmf);
        let mut task = Self::place(exchange, (plan, ways), (door, inbox), (began, wall));
        let facts = caller.facts;
        let record = task.book.leg(caller.leg, LegRole::Caller, facts.kind, facts.party, began);
        (record.seat, record.device) = (facts.seat, facts.device);
        (record.gateway, record.gateway_port) = (facts.line.map(|it| it.0), facts.line.map(|it| it.1));
        task.sides.push(Side {
            no: LegNo::CALLER,
            leg: caller.leg,
            wire: caller.wire,
            kind: caller.media,
            codecs,
            media_open: false,
            codec: None,
            accepted: None,
            dtmf,
            takes_events: true,
            slots: Vec::new(),
            line: None,
            owner: facts.seat.zip(facts.device),
            role: LegRole::Caller,
        });
        task.hears_early = caller_offer.is_some();
        task.caller_offer = caller_offer;
        task
    }

    /// A call that we place: the plan says who is dialled first.
    pub(crate) fn place(
        exchange: Arc<Exchange>,
        (plan, ways): (RoutePlan, Ways),
        (door, inbox): (CallDoor, mpsc::UnboundedReceiver<CallMessage>),
        (began, wall): (Tick, Wall),
    ) -> Self {
        Self {
            call: Call::new(shape(&plan)),
            book: Book::open(&plan, began, wall),
            sides: Vec::new(),
            exchange,
            plan,
            ways,
            hears_early: false,
            caller_offer: None,
            caller_answer: None,
            joined: None,
            digit_travels_in_audio: true,
            digit_is_audible: false,
            door,
            watcher: None,
            recorded: Arc::default(),
            hops: None,
            transfer: None,
            link: None,
            gathering: None,
            near: None,
            newcomer: None,
            attempt: None,
            flow: None,
            talked: Talked::default(),
            taping: Taping::default(),
            closing: Vec::new(),
            inbox,
            closed: false,
        }
    }

    /// Hears how the call goes.
    pub(crate) fn watch(&mut self) -> mpsc::UnboundedReceiver<Seen> {
        let (watcher, seen) = mpsc::unbounded_channel();
        self.watcher = Some(watcher);
        seen
    }

    /// What is needed to clean up after this task if it panics.
    pub(crate) fn remains(&self) -> Remains {
        Remains {
            call: self.plan.call,
            door: self.door.clone(),
            book: self.book.clone(),
            recorded: self.recorded.clone(),
        }
    }

    /// Until the call is over.
    pub async fn run(mut self) {
        self.show(LiveState::Ringing);
        // A caller that gave up while the directory was asked is not connected to anything any more.
        while let Ok(message) = self.inbox.try_recv() {
            if let Some(input) = self.translate(message).await {
                self.call.handle(input, self.exchange.now());
            }
        }
        self.drain().await;
        self.walk().await;
        while !self.closed {
            let deadline = self.call.deadline().into_iter().chain(self.flow_deadline()).min();
            let wait = deadline.map(|at| at.since(self.exchange.now()));
            let input = tokio::select! {
                message = self.inbox.recv() => match message {
                    Some(message) => {
                        let input = self.translate(message).await;
                        self.unless_guests_go_on(input).await
                    }
                    None => Some(Input::HangUp(EndCause::Internal)),
                },
                () = sleep(wait) => Some(Input::Deadline),
            };
            if let Some(input) = input {
                self.feed(input).await;
            }
            self.walk().await;
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
            CallMessage::Order(order) => self.ordered(order).await,
            CallMessage::Media(event) => {
                let input = self.heard(event);
                self.see_key(input.as_ref());
                self.unless_flow_hears(input)
            }
            CallMessage::Sip(event) => {
                let input = self.signalled(event).await;
                self.see_key(input.as_ref());
                self.unless_flow_hears(input)
            }
            CallMessage::Seen(seen) => self.transfer_seen(seen).await,
            CallMessage::Guest(call, seen) => self.guest_seen(call, seen).await,
            CallMessage::Regroup => {
                self.group().await;
                None
            }
            CallMessage::Link(linking) => {
                self.linked(linking).await;
                None
            }
            CallMessage::TakeOver(wish) => self.place_wanted(wish).await,
            CallMessage::PickUp(wish) => {
                self.pick_up(wish).await;
                None
            }
            CallMessage::NotAnswered(wire) => {
                self.not_answered(wire);
                None
            }
            CallMessage::CameBack(device) => {
                self.came_back(device).await;
                None
            }
            CallMessage::Sounds(ticket, clips) => {
                self.play_sounds(ticket, clips);
                None
            }
            CallMessage::Unplayed(ticket) => {
                self.played(ticket);
                None
            }
            CallMessage::Fetched(ticket, answer) => {
                self.tell_flow(ivr::Input::Fetched(ticket, answer));
                None
            }
            CallMessage::Queue(ticket, event) => {
                self.queue_says(ticket, event).await;
                None
            }
            CallMessage::QueueMusic(ticket, clip) => {
                self.queue_music(ticket, clip);
                None
            }
            CallMessage::Taker(ticket, taker) => {
                self.message_taken(ticket, taker);
                None
            }
            CallMessage::MessageOver(ticket) => {
                self.end_message(ticket);
                None
            }
            CallMessage::MessageEnded(ticket, seconds) => {
                self.message_ended(ticket, seconds);
                None
            }
            CallMessage::Found(ticket, found) => self.found(ticket, found).await,
            CallMessage::Record(recording, order) => {
                self.record(recording, order);
                None
            }
            CallMessage::Moved(leg) => {
                if let Some(link) = &mut self.link {
                    link.theirs = leg;
                }
                self.hear_all();
                None
            }
            CallMessage::Digit(digit) => {
                let here = self.link.as_ref().map(|link| link.here)?;
                self.play_digit(here, digit).await;
                None
            }
        }
    }

    /// The side with this number.
    pub(crate) fn side(&mut self, no: LegNo) -> Option<&mut Side> {
        self.sides.iter_mut().find(|side| side.no == no)
    }

    /// A description to or from this side, without events where its digits travel otherwise.
    pub(crate) fn fit(&mut self, no: LegNo, sdp: String) -> String {
        match self.side(no).map(|side| side.dtmf) {
            Some(DtmfMode::Info | DtmfMode::Inband) => digits::without_events(&sdp),
            Some(DtmfMode::Rfc4733) | None => sdp,
        }
    }

    /// The side that this SIP leg is.
    pub(crate) fn side_of(&mut self, leg: sip::LegId) -> Option<&mut Side> {
        self.sides.iter_mut().find(|side| side.wire == Wire::Sip(leg))
    }

    /// Tells the watcher.
    pub(crate) fn see(&self, what: Seen) {
        if let Some(watcher) = &self.watcher {
            let _ = watcher.send(what);
        }
    }

    /// Whoever watches learns of keys of the called side.
    fn see_key(&self, input: Option<&Input>) {
        if let Some(Input::Leg(no, patchbay_call::LegInput::Digit(key))) = input
            && *no != LegNo::CALLER
        {
            self.see(Seen::Key(*key));
        }
    }

    /// Takes the right to hand over this call's record; `false` when somebody has it.
    pub(crate) fn may_record(&self) -> bool {
        !self.recorded.swap(true, SeqCst)
    }

    /// The seat that talks in the place of the one that the call is about; nobody where that one does, or nobody has answered yet.
    fn at_work(&self) -> Option<SeatId> {
        self.call.answered_at()?;
        let there = |side: &&Side| self.call.has(side.no) && !self.call.is_parked(side.no);
        let owners = || self.sides.iter().filter(there).filter_map(|side| side.owner).map(|owner| owner.0);
        let about = self.book.start().seat;
        owners()
            .find(|seat| Some(*seat) == about)
            .or_else(|| owners().find(|seat| Some(*seat) != self.plan.called.seat))
    }

    /// Shows the call's state in the live table.
    pub(crate) fn show(&self, state: LiveState) {
        let start = self.book.start();
        // While a flow has the caller, no seat is on the call but one that has called itself.
        let seat = if self.flow_speaks() { self.plan.caller.seat } else { self.at_work().or(start.seat) };
        let parked = self.sides.iter().any(|side| self.call.is_parked(side.no));
        let seat = seat.filter(|_| !parked || self.at_work().is_some());
        // Who has parked the other one is off the call.
        let stays = |other: &SeatId| {
            seat == start.seat
                || self
                    .sides
                    .iter()
                    .any(|side| side.owner.is_some_and(|it| it.0 == *other) && !self.call.is_parked(side.no))
        };
        let live = LiveCall {
            call: start.call,
            tenant: start.tenant,
            direction: start.direction,
            state,
            caller: start.caller.clone(),
            called: start.called.clone(),
            seat,
            other_seat: self.plan.called.seat.filter(|other| Some(*other) != seat && stays(other)),
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

/// What the machine must know of stages.
pub(crate) fn branches(stages: &[Stage]) -> Vec<Vec<Branch>> {
    let branch = |target: &Target| match target {
        Target::Device(_) => Branch { needs_slot: false, carrier: false, silent_after: Some(Span::secs(8)) },
        Target::Service(_) | Target::Flow(_) => Branch { needs_slot: false, carrier: false, silent_after: None },
        Target::Trunk(trunk) => Branch {
            needs_slot: true,
            carrier: true,
            silent_after: Some(Span::secs(u64::from(trunk.answer_within_s.max(1)))),
        },
    };
    stages.iter().map(|stage| stage.targets.iter().map(branch).collect()).collect()
}

/// What it must know of the plan.
fn shape(plan: &RoutePlan) -> Shape {
    Shape {
        carrier_calls: plan.caller_gateway_port.is_some(),
        stages: branches(&plan.stages),
        first_stages: plan.placed.map_or(0, |placed| placed.first_stages),
        called_first: plan.placed.is_some_and(|placed| placed.called_first),
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
