//! A call in the company's flow: the walk of `ivr` as one of the call's sides.
//!
//! The walk says what is to be heard and waits for keys and time, the call machine has it as a party that answers and hangs up.
//! Its effects are obeyed here, one after the other, after whatever came has been dealt with.

use std::sync::Arc;

use patchbay_call::{Input, LegInput, LegNo, MomentKind};
use patchbay_ivr::{
    self as ivr, Effect, Facts, Heard, Input as Happened, Key, Language, Outcome, PathStep, Run, Ticket,
    io::{Hears, Now, QueueEnd, RingEnd, Ringing},
};
use patchbay_kernel::{CallId, EndCause, QueueId, SeatId, Tick, Wall, time::Span};
use patchbay_media::{Clip, Play, PlayEnd, PlayId, PlayItem};
use patchbay_plane::{
    CallBackPromise, CallEventKind, FlowRecord, FlowTarget, LiveState, Refusal, RingAsk, Stage, SurveyAnswer, Target,
    Unobeyed,
};

use crate::{
    call_task::{CallMessage, CallTask, Wire, branches},
    consult::Pair,
    exchange::Exchange,
    flow_message::Leaving,
    flow_queue::Stay,
    music,
    ways::more_ways,
};

/// Silence before the first sound, milliseconds: what is said before the caller's side has its audio up is lost.
const BREATH_MS: u32 = 200;
/// A flow takes a caller at once.
const AT_ONCE: Span = Span::secs(5);
/// Clips of one order that have names of their own.
const CLIPS: u64 = 1_000;

/// A flow that runs.
#[derive(Debug)]
pub(crate) struct FlowRun {
    run: Run,
    /// Its side of the call.
    leg: LegNo,
    /// When the caller entered the first flow.
    began: Tick,
    /// Milliseconds from then to the beginning of this one.
    since: u64,
    /// What plays, and the name of its last clip once that is known.
    pub(crate) playing: Option<(Ticket, Option<PlayId>)>,
    /// The caller has heard something.
    has_spoken: bool,
    /// Keys are nobody's business.
    sensitive: bool,
    /// Somebody is looked for, or talks with the caller.
    pub(crate) search: Option<Search>,
    /// Where the caller waits, or waited for whom they talk with.
    pub(crate) stay: Option<Stay>,
    /// What the caller leaves.
    pub(crate) message: Option<Leaving>,
    /// Whom the caller talked with was lost, and the caller waits in the queue again, of which the walk need not know.
    waits_again: bool,
    record: FlowRecord,
}

/// Where the caller of a flow has waited and with whom they have talked, last.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Talked {
    pub(crate) queue: Option<QueueId>,
    /// Since when.
    pub(crate) since: Option<Wall>,
    seat: Option<SeatId>,
}

/// Looking for somebody who takes the caller.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Search {
    pub(crate) ticket: Ticket,
    pub(crate) within: Span,
    pub(crate) hears: Hears,
    pub(crate) for_good: bool,
}

impl FlowRun {
    /// What is kept of it, once its last input was fed.
    fn over(self) -> FlowRecord {
        let Self { run, since, mut record, .. } = self;
        let later = |step: &PathStep| PathStep { entered_ms: step.entered_ms + since, ..step.clone() };
        record.path.extend(run.path().iter().map(later));
        record.outcome = run.outcome();
        record
    }

    /// In which the caller is spoken to.
    pub(crate) fn language(&self) -> &Language {
        self.run.language()
    }

    /// Whether the caller talks with somebody.
    pub(crate) fn is_joined(&self) -> bool {
        self.run.is_joined() && !self.waits_again
    }

    /// Whether the caller's keys are its own.
    fn listens(&self) -> bool {
        self.run.outcome().is_none() && !self.run.is_joined()
    }
}

impl CallTask {
    /// The caller has reached a flow.
    pub(crate) fn begin_flow(&mut self, no: LegNo, flow: &FlowTarget) {
        if let Some(side) = self.side(no) {
            side.wire = Wire::Flow;
        }
        let start = self.book.start();
        let facts = Facts {
            caller: start.caller.clone(),
            caller_name: start.caller_name.clone(),
            called: start.called.clone(),
        };
        // Who was sent here by somebody whom another flow had found has a way behind it already.
        self.tell_flow(Happened::HungUp);
        let before = self.flow.take().map(|before| (before.began, before.over()));
        let now = self.flow_now();
        let (began, record) = before.unwrap_or_else(|| {
            let record = FlowRecord {
                flow: flow.bundle.flow.clone(),
                name: flow.name.clone(),
                path: Vec::new(),
                outcome: None,
                answers: Vec::new(),
                consent: None,
                callbacks: Vec::new(),
            };
            (now.tick, record)
        });
        let run = Run::begin(flow.bundle.clone(), &facts, now);
        let since = now.tick.since(began).as_ms();
        self.flow = Some(FlowRun {
            run,
            leg: no,
            began,
            since,
            playing: None,
            has_spoken: false,
            sensitive: false,
            search: None,
            stay: None,
            message: None,
            waits_again: false,
            record,
        });
    }

    /// Sends the caller, who talks with a seat, to a flow, and the seat away.
    pub(crate) async fn send_into_flow(
        &mut self,
        pair: Pair,
        found: Result<FlowTarget, Refusal>,
    ) -> Result<CallId, Unobeyed> {
        let no = |text: &str| {
            let tenant = Some(self.plan.tenant);
            Unobeyed::Refused(Refusal { cause: EndCause::Forbidden, tenant, text: text.to_owned() })
        };
        if pair.other != LegNo::CALLER {
            return Err(no("Only who has called can be sent to a flow or a queue"));
        }
        self.stays(pair.own).ok_or(Unobeyed::UnderWay)?;
        let found = found.map_err(Unobeyed::Refused)?;
        self.talked.seat = self.side(pair.own).and_then(|side| side.owner).map(|(seat, _)| seat);
        let stages = vec![Stage { targets: vec![Target::Flow(found)] }];
        let seek = Input::Seek { by: pair.own, stages: branches(&stages), within: AT_ONCE, for_good: true };
        self.plan.stages.extend(stages);
        self.ways.push(vec![None]);
        // A hold of the seat ends with it; what the caller hears from now on is the flow's.
        self.feed(seek).await;
        if let Some(leg) = self.flow.as_ref().map(|flow| flow.leg) {
            self.feed(Input::Leg(leg, LegInput::Answered)).await;
        }
        Ok(self.plan.call)
    }

    /// When the flow wants to be woken.
    pub(crate) fn flow_deadline(&self) -> Option<Tick> {
        self.flow.as_ref()?.run.deadline()
    }

    /// Whether the caller is with the flow and with nobody else.
    pub(crate) fn flow_speaks(&self) -> bool {
        self.flow.as_ref().is_some_and(|flow| self.joined == Some(flow.leg))
    }

    /// Obeys the flow until it waits for something.
    pub(crate) async fn walk(&mut self) {
        let now = self.flow_now();
        if let Some(flow) = &mut self.flow
            && flow.run.deadline().is_some_and(|at| at <= now.tick)
        {
            flow.run.handle(Happened::Deadline, now);
        }
        while !self.call.is_closed()
            && let Some(effect) = self.flow.as_mut().and_then(|flow| flow.run.poll())
        {
            self.obey_flow(effect).await;
        }
    }

    async fn obey_flow(&mut self, effect: Effect) {
        let Some(flow) = &mut self.flow else { return };
        match effect {
            Effect::Answer => {
                let leg = flow.leg;
                self.feed(Input::Leg(leg, LegInput::Answered)).await;
            }
            Effect::Play(ticket, heard) => {
                flow.playing = Some((ticket, None));
                self.fetch_sounds(ticket, heard);
            }
            Effect::StopPlaying => {
                flow.playing = None;
                self.hush();
            }
            Effect::CallBack { number, queue } => {
                // Who has waited there keeps the place.
                let waited = self.talked.since.filter(|_| self.talked.queue == queue.parse().ok());
                let since = Some(waited.unwrap_or_else(|| self.exchange.wall()));
                flow.record.callbacks.push(CallBackPromise { number, queue, since });
            }
            Effect::Survey { question, score } => {
                let Talked { queue, seat, .. } = self.talked;
                flow.record.answers.push(SurveyAnswer { question, score, queue, seat });
            }
            Effect::Consent(given) => {
                flow.record.consent = Some(given);
                if !given {
                    self.refuse_recording();
                }
            }
            Effect::Sensitive(on) => {
                flow.sensitive = on;
                self.sensitive(on);
            }
            Effect::Ring(ticket, ringing) => {
                let Ringing { targets, seconds, hears, for_good } = ringing;
                flow.search = Some(Search { ticket, within: Span::secs(seconds.into()), hears, for_good });
                self.look_for(ticket, targets);
            }
            Effect::StopRinging(_) => {
                flow.search = None;
                self.feed(Input::StopSeeking).await;
                self.hush();
            }
            Effect::Fetch(ticket, request) => {
                let (exchange, door, tenant) = (self.exchange.clone(), self.door.clone(), self.plan.tenant);
                tokio::spawn(async move {
                    let answer = exchange.outside.directory.fetch(tenant, request).await;
                    // The call may be over.
                    let _ = door.send(CallMessage::Fetched(ticket, answer));
                });
            }
            Effect::Enqueue(ticket, wait) => self.enqueue(ticket, &wait),
            Effect::LeaveQueue(ticket) => self.leave_queue(ticket).await,
            Effect::Record(ticket, message) => self.take_message(ticket, message),
            Effect::StopRecording(ticket) => self.end_message(ticket),
            Effect::End(Outcome::Transferred) => {}
            Effect::End(outcome) => {
                let answered = self.call.answered_at().is_some();
                self.feed(Input::HangUp(cause(outcome, answered))).await;
            }
        }
    }

    pub(crate) fn tell_flow(&mut self, what: Happened) {
        let now = self.flow_now();
        if let Some(flow) = &mut self.flow {
            flow.run.handle(what, now);
        }
    }

    /// Takes a key of the caller for the flow; everything else is the call's.
    pub(crate) fn unless_flow_hears(&mut self, input: Option<Input>) -> Option<Input> {
        let Some(Input::Leg(LegNo::CALLER, LegInput::Digit(digit))) = input else { return input };
        let Some(flow) = self.flow.as_ref().filter(|flow| flow.listens()) else { return input };
        // What nobody may see must not be in the story of the call either.
        let hidden = flow.sensitive || flow.run.is_secret();
        let leg = self.side(LegNo::CALLER).map(|side| side.leg);
        let now = self.exchange.now();
        self.book.note(leg, MomentKind::Digit { digit: if hidden { HIDDEN } else { digit } }, now);
        if let Some(key) = Key::new(digit) {
            self.tell_flow(Happened::Key(key));
        }
        None
    }

    /// Asks for what is to be heard; the call goes on meanwhile.
    pub(crate) fn fetch_sounds(&self, ticket: Ticket, heard: Vec<Heard>) {
        let (exchange, door, tenant) = (self.exchange.clone(), self.door.clone(), self.plan.tenant);
        tokio::spawn(async move {
            let mut clips = Vec::with_capacity(heard.len());
            for one in &heard {
                clips.extend(exchange.clip_of(tenant, one).await);
            }
            // The call may be over.
            let _ = door.send(CallMessage::Sounds(ticket, clips));
        });
    }

    /// Plays what the flow asked for, unless it wants something else by now.
    pub(crate) fn play_sounds(&mut self, ticket: Ticket, mut clips: Vec<Clip>) {
        let caller = self.side(LegNo::CALLER).filter(|side| side.media_open).map(|side| side.leg);
        let Some(flow) = self.flow.as_mut().filter(|flow| flow.playing.is_some_and(|it| it.0 == ticket)) else {
            return;
        };
        let (Some(caller), false) = (caller, clips.is_empty()) else { return self.played(ticket) };
        if !std::mem::replace(&mut flow.has_spoken, true) {
            clips.insert(0, Clip::silence(BREATH_MS));
        }
        let first = u64::from(ticket.0) * CLIPS;
        let items: Vec<PlayItem> =
            (first..first + CLIPS).zip(clips).map(|(id, clip)| PlayItem::once(PlayId(id), clip)).collect();
        flow.playing = Some((ticket, items.last().map(|item| item.id)));
        let (begun, door) = (self.exchange.media.play_clips(caller, items), self.door.clone());
        tokio::spawn(async move {
            if begun.await.is_err() {
                let _ = door.send(CallMessage::Unplayed(ticket));
            }
        });
    }

    /// A clip is over.
    pub(crate) fn clip_ended(&mut self, item: PlayId, why: PlayEnd) {
        let playing = self.flow.as_ref().and_then(|flow| flow.playing);
        if let Some((ticket, Some(last))) = playing
            && last == item
            && why == PlayEnd::Finished
        {
            self.played(ticket);
        }
    }

    /// All of it was heard, or none of it ever will be.
    pub(crate) fn played(&mut self, ticket: Ticket) {
        if let Some(flow) = self.flow.as_mut().filter(|flow| flow.playing.is_some_and(|it| it.0 == ticket)) {
            flow.playing = None;
            self.tell_flow(Happened::PlayEnded(ticket));
            self.play_queue_music();
        }
    }

    /// The caller hears nothing of ours any more.
    pub(crate) fn hush(&mut self) {
        if let Some(caller) = self.side(LegNo::CALLER).map(|side| side.leg) {
            self.exchange.media_stop_play(caller);
        }
    }

    /// Asks who is meant; the call goes on meanwhile.
    pub(crate) fn look_for(&self, ticket: Ticket, targets: Vec<ivr::Target>) {
        let (exchange, door) = (self.exchange.clone(), self.door.clone());
        let plan = &self.plan;
        let (tenant, call, number, codecs) = (plan.tenant, plan.call, plan.number, plan.caller_codecs.clone());
        let ask = RingAsk { tenant, call, number, targets, codecs };
        tokio::spawn(async move {
            let plan = exchange.outside.directory.ring_plan(ask);
            let late = |_| {
                Err(Refusal {
                    cause: EndCause::Overloaded,
                    tenant: Some(tenant),
                    text: "The directory does not answer in time".into(),
                })
            };
            let found = tokio::time::timeout(exchange.config.route_within, plan).await.unwrap_or_else(late);
            // The call may be over.
            let _ = door.send(CallMessage::Found(ticket, found));
        });
    }

    /// Rings who was found, unless the flow wants something else by now.
    pub(crate) async fn found(&mut self, ticket: Ticket, found: Result<Vec<Stage>, Refusal>) -> Option<Input> {
        let flow = self.flow.as_ref()?;
        let (by, search) = (flow.leg, flow.search.filter(|search| search.ticket == ticket)?);
        let stages = match found {
            Ok(stages) => stages,
            Err(refusal) => {
                tracing::info!(call.id = %self.plan.call, why = refusal.text, "A flow rings nobody");
                self.found_nobody(refusal.cause);
                return None;
            }
        };
        let (stages, ways) = more_ways(&self.exchange, stages).await;
        let branches = branches(&stages);
        self.plan.stages.extend(stages);
        self.ways.extend(ways);
        // Who has not been answered is told that it rings.
        if let Some(stay) = self.flow.as_ref().and_then(|flow| flow.stay.as_ref()) {
            stay.rings();
        } else if self.call.answered_at().is_some()
            && let Some(caller) = self.side(LegNo::CALLER).map(|side| side.leg)
        {
            match search.hears {
                Hears::Ringback => self.exchange.media_play(caller, Play::Ringback),
                Hears::Music => self.exchange.media_hold_music(caller),
            }
        }
        Some(Input::Seek { by, stages: branches, within: search.within, for_good: search.for_good })
    }

    /// Somebody was found and has answered.
    pub(crate) async fn join_found(&mut self, no: LegNo) {
        self.hush();
        self.join(no).await;
        if self.call.is_held() {
            self.part().await;
        }
        self.flow_is_relieved(no);
        self.show(LiveState::Talking);
    }

    /// Somebody talks with the caller, and the flow hears nothing of it.
    pub(crate) fn flow_is_relieved(&mut self, by: LegNo) {
        let search = self.flow.as_ref().filter(|flow| flow.leg != by).and_then(|flow| flow.search);
        let Some(search) = search else { return };
        self.talked.seat = self.side(by).and_then(|side| side.owner).map(|(seat, _)| seat);
        let stay = self.flow.as_mut().and_then(|flow| {
            (flow.playing, flow.waits_again) = (None, false);
            flow.stay.as_ref()
        });
        let ticket = stay.map_or(search.ticket, |stay| {
            stay.answered();
            stay.ticket
        });
        self.tell_flow(Happened::Joined(ticket));
    }

    /// Nobody takes the caller.
    pub(crate) fn found_nobody(&mut self, cause: EndCause) {
        let Some(flow) = &mut self.flow else { return };
        let Some(search) = flow.search.take() else { return };
        // The queue offers somebody else.
        if let Some(stay) = &mut flow.stay {
            return stay.missed(cause);
        }
        if self.call.answered_at().is_some() {
            self.hush();
        }
        self.tell_flow(Happened::Rang(search.ticket, vain(cause)));
    }

    /// Who talked with the caller has left: it is the flow's again; the queue's where it led to somebody who is lost.
    pub(crate) async fn back_to_flow(&mut self, gone: LegNo, lost: bool) {
        self.close_media(gone);
        let Some(flow) = &mut self.flow else { return };
        let (leg, search) = (flow.leg, flow.search.take());
        flow.waits_again = lost && flow.stay.as_ref().is_some_and(|stay| !stay.released);
        if let Some(stay) = flow.stay.as_mut().filter(|_| flow.waits_again) {
            stay.talk_was_cut();
            self.hush();
            self.part().await;
            self.join(leg).await;
            self.tell(CallEventKind::Resumed, LiveState::Talking);
            return self.play_queue_music();
        }
        let stay = flow.stay.take();
        if let Some(stay) = &stay {
            stay.talk_is_over();
        }
        self.hush();
        self.part().await;
        self.join(leg).await;
        self.tell(CallEventKind::Resumed, LiveState::Talking);
        match (stay, search) {
            (Some(stay), _) => self.tell_flow(Happened::Queued(stay.ticket, QueueEnd::Over)),
            (None, Some(search)) => self.tell_flow(Happened::Rang(search.ticket, RingEnd::Over)),
            (None, None) => {}
        }
    }

    /// The call is over: its way goes into the book.
    pub(crate) fn flow_over(&mut self) {
        let talked = self.flow.as_ref().is_some_and(|flow| flow.run.is_joined());
        self.tell_flow(Happened::HungUp);
        if let Some(flow) = self.flow.take() {
            let mut record = flow.over();
            if talked {
                record.outcome = Some(Outcome::Talked);
            }
            self.book.flow(record);
        }
    }

    fn flow_now(&self) -> Now {
        Now { tick: self.exchange.now(), wall: self.exchange.wall() }
    }
}

impl Exchange {
    pub(crate) async fn clip_of(self: &Arc<Self>, tenant: patchbay_kernel::TenantId, heard: &Heard) -> Option<Clip> {
        if *heard == Heard::Beep {
            return Some(music::beep());
        }
        match self.outside.directory.sound(tenant, heard).await {
            Ok(samples) => samples.map(Clip::new),
            Err(why) => {
                tracing::warn!(%tenant, error = %why, "A caller does not hear what a flow says");
                None
            }
        }
    }
}

/// What stands for a key that nobody may see.
const HIDDEN: char = '•';

/// How a flow is told why nobody took the caller.
const fn vain(cause: EndCause) -> RingEnd {
    match cause {
        EndCause::Busy | EndCause::Declined => RingEnd::Busy,
        EndCause::NoAnswer => RingEnd::NoAnswer,
        _ => RingEnd::Failed,
    }
}

/// Why a call ends whose flow is over.
const fn cause(outcome: Outcome, answered: bool) -> EndCause {
    match outcome {
        Outcome::DeadEnd | Outcome::LimitReached => EndCause::FlowFailed,
        Outcome::HungUp if !answered => EndCause::Declined,
        Outcome::HungUp | Outcome::Talked | Outcome::CallerHungUp | Outcome::Transferred => EndCause::CalleeHungUp,
    }
}
