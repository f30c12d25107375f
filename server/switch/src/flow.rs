//! A call in the company's flow: the walk of `ivr` as one of the call's sides.
//!
//! The walk says what is to be heard and waits for keys and time, the call machine has it as a party that answers and hangs up.
//! Its effects are obeyed here, one after the other, after whatever came has been dealt with.

use std::sync::Arc;

use patchbay_call::{Input, LegInput, LegNo, MomentKind};
use patchbay_ivr::{
    Effect, Facts, Heard, Input as Happened, Key, Outcome, Run, Ticket,
    io::{Answer, Now, QueueEnd, RingEnd},
};
use patchbay_kernel::{EndCause, Tick};
use patchbay_media::{Clip, PlayEnd, PlayId, PlayItem};
use patchbay_plane::{CallBackPromise, FlowRecord, FlowTarget, SurveyAnswer};

use crate::{
    call_task::{CallMessage, CallTask, Wire},
    exchange::Exchange,
    music,
};

/// Silence before the first sound, milliseconds: what is said before the caller's side has its audio up is lost.
const BREATH_MS: u32 = 200;
/// Clips of one order that have names of their own.
const CLIPS: u64 = 1_000;

/// A flow that runs.
#[derive(Debug)]
pub(crate) struct FlowRun {
    run: Run,
    /// Its side of the call.
    leg: LegNo,
    /// What plays, and the name of its last clip once that is known.
    playing: Option<(Ticket, Option<PlayId>)>,
    /// The caller has heard something.
    has_spoken: bool,
    /// Keys are nobody's business.
    sensitive: bool,
    record: FlowRecord,
}

impl FlowRun {
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
        let record = FlowRecord {
            flow: flow.bundle.flow.clone(),
            name: flow.name.clone(),
            path: Vec::new(),
            outcome: None,
            answers: Vec::new(),
            consent: None,
            callbacks: Vec::new(),
        };
        let run = Run::begin(flow.bundle.clone(), &facts, self.flow_now());
        self.flow = Some(FlowRun { run, leg: no, playing: None, has_spoken: false, sensitive: false, record });
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
                if let Some(caller) = self.side(LegNo::CALLER).map(|side| side.leg) {
                    self.exchange.media_stop_play(caller);
                }
            }
            Effect::CallBack { number, queue } => flow.record.callbacks.push(CallBackPromise { number, queue }),
            Effect::Survey { question, score } => flow.record.answers.push(SurveyAnswer { question, score }),
            Effect::Consent(given) => flow.record.consent = Some(given),
            Effect::Sensitive(on) => flow.sensitive = on,
            // Nothing here does these yet: the flow goes on by the exit for that.
            Effect::Fetch(ticket, _) => self.tell_flow(Happened::Fetched(ticket, Answer::default())),
            Effect::Enqueue(ticket, _) => self.tell_flow(Happened::Queued(ticket, QueueEnd::Failed)),
            Effect::Ring(ticket, _) => self.tell_flow(Happened::Rang(ticket, RingEnd::Failed)),
            Effect::Record(ticket, _) => self.tell_flow(Happened::Recorded(ticket, 0)),
            Effect::LeaveQueue(_) | Effect::StopRinging(_) | Effect::StopRecording(_) => {}
            Effect::End(Outcome::Transferred) => {}
            Effect::End(outcome) => {
                let answered = self.call.answered_at().is_some();
                self.feed(Input::HangUp(cause(outcome, answered))).await;
            }
        }
    }

    fn tell_flow(&mut self, what: Happened) {
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
    fn fetch_sounds(&self, ticket: Ticket, heard: Vec<Heard>) {
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
        }
    }

    /// The call is over: its way goes into the book.
    pub(crate) fn flow_over(&mut self) {
        self.tell_flow(Happened::HungUp);
        if let Some(FlowRun { run, mut record, .. }) = self.flow.take() {
            record.path = run.path().to_vec();
            record.outcome = run.outcome();
            self.book.flow(record);
        }
    }

    fn flow_now(&self) -> Now {
        Now { tick: self.exchange.now(), wall: self.exchange.wall() }
    }
}

impl Exchange {
    async fn clip_of(self: &Arc<Self>, tenant: patchbay_kernel::TenantId, heard: &Heard) -> Option<Clip> {
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

/// Why a call ends whose flow is over.
const fn cause(outcome: Outcome, answered: bool) -> EndCause {
    match outcome {
        Outcome::DeadEnd | Outcome::LimitReached => EndCause::FlowFailed,
        Outcome::HungUp if !answered => EndCause::Declined,
        Outcome::HungUp | Outcome::Talked | Outcome::CallerHungUp | Outcome::Transferred => EndCause::CalleeHungUp,
    }
}
