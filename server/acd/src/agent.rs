//! One agent's working state, with a way out of every state that time alone finds.
//!
//! `offline → ready → offered → on_call → wrap_up → ready`, `not_ready(reason)` beside it and `reconnecting` around it. Whoever
//! is called and does not answer is RONA: once that costs nothing, at the limit the agent is set away, and both can be undone
//! when the fault was not theirs. A state that outlives its maximum age is repaired and says so, so that nobody is stuck.

use patchbay_kernel::time::{Span, Tick};
use serde::{Deserialize, Serialize};

/// How long things may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Ring time of an offer.
    pub ring: Span,
    /// Longest wrap-up, extensions included.
    pub wrap_longest: Span,
    /// How long a lost browser may take to come back.
    pub grace: Span,
    /// Unanswered offers in a row after which an agent is set away; 0 never does.
    pub missed: u8,
    /// A call that lasts longer than this is asked after ([`Effect::AskAfter`]), and taken for over if nobody vouches for it within
    /// [`Self::grace`].
    pub call_longest: Span,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            ring: Span::secs(20),
            wrap_longest: Span::secs(600),
            grace: Span::secs(30),
            missed: 2,
            call_longest: Span::secs(4 * 3_600),
        }
    }
}

/// Why an agent takes no calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Reason<R> {
    /// What the agent chose, one of the company's reason codes.
    Code(R),
    /// Did not answer as often in a row as [`Limits::missed`] allows.
    Missed,
    /// A supervisor set them so.
    Supervisor,
}

/// Why an offer came to nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Miss {
    /// Rang for the whole ring time.
    NoAnswer,
    /// The agent pressed decline.
    Declined,
    /// The phone could not be rung: no registration, no answer to the INVITE. Not the agent's fault, so it does not count.
    Unreachable,
    /// The caller went first. Does not count.
    CallerLeft,
}

impl Miss {
    /// Whether it counts against the agent.
    pub const fn counts(self) -> bool {
        matches!(self, Self::NoAnswer | Self::Declined)
    }
}

/// What the agent does at the moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum State<C, R> {
    /// Not signed in.
    Offline,
    /// Takes the next call.
    Ready,
    /// Is being rung with this call.
    Offered(C),
    /// Talks.
    OnCall(C),
    /// Writes up the call that ended.
    WrapUp(C),
    /// Signed in, takes no calls.
    NotReady(Reason<R>),
    /// The phone is gone; a call, where there is one, is held for it.
    Reconnecting(Option<C>),
}

/// What happens to an agent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Input<C, R> {
    /// Signs in; ready at once.
    SignIn,
    /// Signs out. While a call is up it takes effect when that is over.
    SignOut,
    /// Wants calls.
    Ready,
    /// Wants none. While a call is up, ringing or written up it takes effect afterwards.
    NotReady(Reason<R>),
    /// Is offered a call.
    Offer(C),
    /// Answered it.
    Answered(C),
    /// It came to nothing.
    Missed(C, Miss),
    /// Takes back what a missed offer did.
    UndoMiss,
    /// The call ended; writes up for so long, not at all when zero.
    Ended(C, Span),
    /// Done writing.
    WrapDone,
    /// Needs longer, from now.
    Extend(Span),
    /// The phone or the page is gone.
    Lost,
    /// It is back.
    Back,
    /// The switch says that this call lives.
    Alive(C),
    /// Is on a call that no offer led to: one of their own, or one that was answered after its offer had ended.
    Took(C),
}

/// What the shell must do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect<C> {
    /// Stop ringing and offer the call to somebody else.
    Withdraw(C),
    /// The agent's phone stayed away: the caller goes back to the head of the queue.
    Requeue(C),
    /// Ask the switch whether the call lives; answer with [`Input::Alive`] or [`Input::Ended`].
    AskAfter(C),
    /// A state outlived its maximum age and was ended: an entry for the repair journal.
    Repaired(C),
}

/// Why an input changes nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Only a ready agent is offered a call.
    #[error("the agent is not ready")]
    NotReady,
    /// It is about another call than the agent's.
    #[error("the agent has another call")]
    OtherCall,
    /// It does not belong to this state.
    #[error("not in this state")]
    WrongState,
}

/// What follows a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Next<R> {
    Ready,
    NotReady(Reason<R>),
    Offline,
}

/// One agent.
#[derive(Clone, Debug)]
pub struct Agent<C, R> {
    state: State<C, R>,
    since: Tick,
    /// When time alone changes something.
    deadline: Option<Tick>,
    wrap_began: Tick,
    next: Next<R>,
    missed: u8,
    /// What the last miss did, while it can be undone.
    undo: Option<u8>,
    asked_after: bool,
    limits: Limits,
}

impl<C: Copy + Eq, R: Copy + Eq> Agent<C, R> {
    /// Offline since `now`.
    pub const fn new(limits: Limits, now: Tick) -> Self {
        Self {
            state: State::Offline,
            since: now,
            deadline: None,
            wrap_began: now,
            next: Next::Ready,
            missed: 0,
            undo: None,
            asked_after: false,
            limits,
        }
    }

    /// The state.
    pub const fn state(&self) -> State<C, R> {
        self.state
    }

    /// Since when.
    pub const fn since(&self) -> Tick {
        self.since
    }

    /// When [`Self::poll`] has something to do.
    pub const fn deadline(&self) -> Option<Tick> {
        self.deadline
    }

    /// Unanswered offers in a row.
    pub const fn missed(&self) -> u8 {
        self.missed
    }

    /// Takes one input.
    ///
    /// # Errors
    /// When it does not fit the state; nothing has changed then.
    pub fn handle(&mut self, input: Input<C, R>, now: Tick) -> Result<Option<Effect<C>>, Refusal> {
        match input {
            Input::SignIn => self.sign_in(now),
            Input::SignOut => self.later(Next::Offline, now),
            Input::Ready => self.ready(now),
            Input::NotReady(reason) => self.later(Next::NotReady(reason), now),
            Input::Offer(call) => self.offer(call, now),
            Input::Answered(call) => self.answered(call, now),
            Input::Missed(call, miss) => self.miss(call, miss, now),
            Input::UndoMiss => self.undo_miss(now),
            Input::Ended(call, wrap) => self.ended(call, wrap, now),
            Input::WrapDone => match self.state {
                State::WrapUp(_) => self.go_on(now),
                _ => Err(Refusal::WrongState),
            },
            Input::Extend(by) => self.extend(by, now),
            Input::Lost => self.lost(now),
            Input::Back => self.back(now),
            Input::Alive(call) => self.alive(call, now),
            Input::Took(call) => self.took(call, now),
        }
    }

    /// Lets time act: call it when [`Self::deadline`] has come. `None` when nothing was due.
    pub fn poll(&mut self, now: Tick) -> Option<Effect<C>> {
        if self.deadline.is_none_or(|due| now < due) {
            return None;
        }
        match self.state {
            State::Offered(call) => {
                // The shell normally reports the end of ringing; this is for when it does not.
                let _ = self.miss(call, Miss::NoAnswer, now);
                Some(Effect::Withdraw(call))
            }
            State::WrapUp(call) => {
                let overdue = now.since(self.wrap_began) >= self.limits.wrap_longest;
                let _ = self.go_on(now);
                overdue.then_some(Effect::Repaired(call))
            }
            State::OnCall(call) if !self.asked_after => {
                self.asked_after = true;
                self.deadline = Some(now + self.limits.grace);
                Some(Effect::AskAfter(call))
            }
            State::OnCall(call) => {
                let _ = self.go_on(now);
                Some(Effect::Repaired(call))
            }
            State::Reconnecting(call) => {
                self.enter(State::Offline, None, now);
                self.next = Next::Ready;
                call.map(Effect::Requeue)
            }
            State::Offline | State::Ready | State::NotReady(_) => {
                self.deadline = None;
                None
            }
        }
    }

    fn enter(&mut self, state: State<C, R>, deadline: Option<Tick>, now: Tick) {
        self.state = state;
        self.since = now;
        self.deadline = deadline;
        self.asked_after = false;
    }

    fn go_on(&mut self, now: Tick) -> Result<Option<Effect<C>>, Refusal> {
        match std::mem::replace(&mut self.next, Next::Ready) {
            Next::Ready => self.enter(State::Ready, None, now),
            Next::NotReady(reason) => self.enter(State::NotReady(reason), None, now),
            Next::Offline => self.enter(State::Offline, None, now),
        }
        Ok(None)
    }

    fn sign_in(&mut self, now: Tick) -> Result<Option<Effect<C>>, Refusal> {
        if self.state != State::Offline {
            return Err(Refusal::WrongState);
        }
        (self.missed, self.undo, self.next) = (0, None, Next::Ready);
        self.enter(State::Ready, None, now);
        Ok(None)
    }

    fn ready(&mut self, now: Tick) -> Result<Option<Effect<C>>, Refusal> {
        match self.state {
            State::NotReady(_) => {
                (self.missed, self.undo) = (0, None);
                self.next = Next::Ready;
                self.go_on(now)
            }
            State::Offered(_) | State::OnCall(_) | State::Reconnecting(_) => {
                self.next = Next::Ready;
                Ok(None)
            }
            State::WrapUp(_) => {
                self.next = Next::Ready;
                self.go_on(now)
            }
            State::Ready => Ok(None),
            State::Offline => Err(Refusal::WrongState),
        }
    }

    fn later(&mut self, next: Next<R>, now: Tick) -> Result<Option<Effect<C>>, Refusal> {
        match self.state {
            State::Offline => Err(Refusal::WrongState),
            State::Ready | State::NotReady(_) | State::Reconnecting(None) => {
                self.next = next;
                self.undo = None;
                self.go_on(now)
            }
            State::Offered(_) | State::OnCall(_) | State::WrapUp(_) | State::Reconnecting(Some(_)) => {
                self.next = next;
                Ok(None)
            }
        }
    }

    fn offer(&mut self, call: C, now: Tick) -> Result<Option<Effect<C>>, Refusal> {
        if self.state != State::Ready {
            return Err(Refusal::NotReady);
        }
        self.enter(State::Offered(call), Some(now + self.limits.ring), now);
        Ok(None)
    }

    fn answered(&mut self, call: C, now: Tick) -> Result<Option<Effect<C>>, Refusal> {
        match self.state {
            State::Offered(own) if own == call => {
                (self.missed, self.undo) = (0, None);
                self.enter(State::OnCall(call), Some(now + self.limits.call_longest), now);
                Ok(None)
            }
            State::Offered(_) => Err(Refusal::OtherCall),
            _ => Err(Refusal::WrongState),
        }
    }

    fn miss(&mut self, call: C, miss: Miss, now: Tick) -> Result<Option<Effect<C>>, Refusal> {
        match self.state {
            State::Offered(own) if own == call => {}
            State::Offered(_) => return Err(Refusal::OtherCall),
            _ => return Err(Refusal::WrongState),
        }
        if miss.counts() {
            self.undo = Some(self.missed);
            self.missed = self.missed.saturating_add(1);
            if self.limits.missed > 0 && self.missed >= self.limits.missed && self.next == Next::Ready {
                self.next = Next::NotReady(Reason::Missed);
            }
        }
        self.go_on(now)
    }

    fn undo_miss(&mut self, now: Tick) -> Result<Option<Effect<C>>, Refusal> {
        let Some(before) = self.undo.take() else { return Err(Refusal::WrongState) };
        self.missed = before;
        if self.state == State::NotReady(Reason::Missed) {
            self.enter(State::Ready, None, now);
        }
        Ok(None)
    }

    fn ended(&mut self, call: C, wrap: Span, now: Tick) -> Result<Option<Effect<C>>, Refusal> {
        match self.state {
            State::OnCall(own) if own == call => {
                if wrap == Span::default() {
                    return self.go_on(now);
                }
                self.wrap_began = now;
                let wrap = wrap.min(self.limits.wrap_longest);
                self.enter(State::WrapUp(call), Some(now + wrap), now);
                Ok(None)
            }
            State::Reconnecting(Some(own)) if own == call => {
                self.state = State::Reconnecting(None);
                Ok(None)
            }
            State::OnCall(_) | State::Reconnecting(Some(_)) => Err(Refusal::OtherCall),
            _ => Err(Refusal::WrongState),
        }
    }

    fn extend(&mut self, by: Span, now: Tick) -> Result<Option<Effect<C>>, Refusal> {
        let State::WrapUp(_) = self.state else { return Err(Refusal::WrongState) };
        self.deadline = Some((now + by).min(self.wrap_began + self.limits.wrap_longest));
        Ok(None)
    }

    fn lost(&mut self, now: Tick) -> Result<Option<Effect<C>>, Refusal> {
        let (held, effect) = match self.state {
            State::Offline | State::Reconnecting(_) => return Err(Refusal::WrongState),
            State::OnCall(call) => (Some(call), None),
            State::Offered(call) => (None, Some(Effect::Withdraw(call))),
            State::NotReady(reason) => {
                self.next = Next::NotReady(reason);
                (None, None)
            }
            State::Ready | State::WrapUp(_) => (None, None),
        };
        self.enter(State::Reconnecting(held), Some(now + self.limits.grace), now);
        Ok(effect)
    }

    fn back(&mut self, now: Tick) -> Result<Option<Effect<C>>, Refusal> {
        match self.state {
            State::Reconnecting(Some(call)) => {
                self.enter(State::OnCall(call), Some(now + self.limits.call_longest), now);
                Ok(None)
            }
            State::Reconnecting(None) => self.go_on(now),
            _ => Err(Refusal::WrongState),
        }
    }

    fn alive(&mut self, call: C, now: Tick) -> Result<Option<Effect<C>>, Refusal> {
        match self.state {
            State::OnCall(own) if own == call => {
                self.asked_after = false;
                self.deadline = Some(now + self.limits.call_longest);
                Ok(None)
            }
            State::OnCall(_) => Err(Refusal::OtherCall),
            _ => Err(Refusal::WrongState),
        }
    }

    fn took(&mut self, call: C, now: Tick) -> Result<Option<Effect<C>>, Refusal> {
        let effect = match self.state {
            State::OnCall(own) if own == call => return Ok(None),
            State::OnCall(_) | State::Reconnecting(Some(_)) => return Err(Refusal::OtherCall),
            State::Offline => return Err(Refusal::WrongState),
            State::Offered(other) => (other != call).then_some(Effect::Withdraw(other)),
            State::NotReady(reason) => {
                self.next = Next::NotReady(reason);
                None
            }
            State::Ready | State::WrapUp(_) | State::Reconnecting(None) => None,
        };
        self.enter(State::OnCall(call), Some(now + self.limits.call_longest), now);
        Ok(effect)
    }
}
