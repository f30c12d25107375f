//! The meter of one paid call: sets money aside before it rings, more in slices while it lasts, warns, and ends it in order.
//!
//! ```text
//! SetUp ── Reserve ──> Reserved: Admit, Short: less ── Reserve ──> .. or Refuse
//! Answered ── WakeAt ──> Deadline: Reserve the next slice ──> Reserved: WakeAt
//!                                                        ──> Short: what is left, Warn, WakeAt ──> Deadline: End
//! Ended ── Settle
//! ```
//! What was set aside always pays for the call up to a length; at that length the call ends unless more was set aside before. An
//! answer that never comes counts as a no. The end is begun a margin before, so a call costs more than was set aside for it only when
//! its end takes longer than that, and then by one step of its rate.

use std::collections::VecDeque;

use patchbay_kernel::{Tick, time::Span};

use crate::quote::Quote;

/// How a meter works.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pacing {
    /// Seconds of talk that are set aside at a time.
    pub slice_s: u64,
    /// So many seconds before they are over the next ones are asked for, and the agent is warned when there are none.
    pub lead_s: u64,
    /// A call that cannot last so many seconds is not begun.
    pub least_s: u64,
    /// Milliseconds that an end may take: so long before the paid time is over it is begun.
    pub margin_ms: u64,
}

impl Default for Pacing {
    fn default() -> Self {
        Self { slice_s: 60, lead_s: 15, least_s: 10, margin_ms: 500 }
    }
}

/// What happens to a metered call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Input {
    /// It is to be placed.
    SetUp,
    /// What was asked for is set aside.
    Reserved,
    /// It is not; so many micro-units are left.
    Short(i64),
    /// Somebody answered.
    Answered,
    /// A time of [`Effect::WakeAt`] has come.
    Deadline,
    /// Money came in: ask again if it was short.
    ToppedUp,
    /// It is over and cost so many micro-units; nothing when it was not answered.
    Ended(i64),
}

/// What is to be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Set so many micro-units aside, then [`Input::Reserved`] or [`Input::Short`].
    Reserve(i64),
    /// Let it ring.
    Admit,
    /// Do not: the money does not last.
    Refuse,
    /// [`Input::Deadline`] then; the last one said counts.
    WakeAt(Tick),
    /// Tell the agent by tone and screen that so many seconds are left.
    Warn(u64),
    /// End the call: the money is used up.
    End,
    /// Pay what it cost and free what was set aside, in one step.
    Settle {
        /// Price.
        charged: i64,
        /// Set aside.
        reserved: i64,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    New,
    /// Asked before it rings.
    Asking,
    /// Rings.
    Ringing,
    /// Talks since then.
    Talking(Tick),
    /// Was told to end, or was refused; waits for its end.
    Ending,
    Settled,
}

/// A question that is under way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Asked {
    micros: i64,
    /// How long the call may last when it is granted.
    until_s: u64,
    /// It is already the rest of the money.
    rest: bool,
}

/// The meter.
#[derive(Clone, Debug)]
#[must_use = "a meter that is not driven sets nothing aside"]
pub struct Meter {
    quote: Quote,
    pacing: Pacing,
    state: State,
    asked: Option<Asked>,
    reserved: i64,
    /// Seconds of talk that are paid for.
    paid_s: u64,
    /// No more can be had; the agent knows.
    warned: bool,
    out: VecDeque<Effect>,
}

impl Meter {
    /// For a call at this price.
    pub fn new(quote: Quote, pacing: Pacing) -> Self {
        let (state, asked, out) = (State::New, None, VecDeque::new());
        Self { quote, pacing, state, asked, reserved: 0, paid_s: 0, warned: false, out }
    }

    /// What is set aside for it now, in micro-units.
    pub const fn reserved(&self) -> i64 {
        self.reserved
    }

    /// What is to be done next.
    pub fn poll(&mut self) -> Option<Effect> {
        self.out.pop_front()
    }

    /// Feed one input, then drain [`Self::poll`]. What does not fit the state is of the past and changes nothing, with one
    /// exception: money that was set aside is never forgotten.
    pub fn handle(&mut self, input: Input, now: Tick) {
        match (self.state, input) {
            (State::New, Input::SetUp) => {
                self.state = State::Asking;
                self.ask(self.pacing.slice_s, false);
            }
            (State::Settled, Input::Reserved) => self.give_back(),
            (_, Input::Reserved) => self.granted(now),
            (State::Asking | State::Talking(_), Input::Short(left)) => self.short(left, now),
            (State::Ringing, Input::Answered) => {
                self.state = State::Talking(now);
                self.wake(now);
            }
            (State::Talking(since), Input::Deadline) => self.deadline(since, now),
            (State::Talking(_), Input::ToppedUp) if self.warned && self.asked.is_none() => self.more(),
            (State::Settled | State::New, Input::Ended(_)) => {}
            (_, Input::Ended(charged)) => {
                self.state = State::Settled;
                self.out.push_back(Effect::Settle { charged, reserved: self.reserved });
                self.reserved = 0;
            }
            (State::New | State::Ringing | State::Ending | State::Settled, Input::Short(_)) => self.asked = None,
            (State::Asking | State::Ringing | State::Talking(_) | State::Ending | State::Settled, Input::SetUp)
            | (State::New | State::Asking | State::Talking(_) | State::Ending | State::Settled, Input::Answered)
            | (State::New | State::Asking | State::Ringing | State::Ending | State::Settled, Input::Deadline)
            | (_, Input::ToppedUp) => {}
        }
    }

    /// Asks for what is missing so that the call may last so long.
    fn ask(&mut self, until_s: u64, rest: bool) {
        match self.quote.price(until_s) {
            Some(price) => {
                let micros = price.saturating_sub(self.reserved).max(0);
                self.asked = Some(Asked { micros, until_s, rest });
                self.out.push_back(Effect::Reserve(micros));
            }
            // A price that does not fit is more than anybody has.
            None if self.state == State::Asking => self.refuse(),
            None => {}
        }
    }

    fn granted(&mut self, now: Tick) {
        let Some(asked) = self.asked.take() else { return };
        self.reserved = self.reserved.saturating_add(asked.micros);
        self.paid_s = self.paid_s.max(asked.until_s);
        match self.state {
            State::Asking => {
                self.state = State::Ringing;
                self.warned = asked.rest;
                self.out.push_back(Effect::Admit);
            }
            State::Talking(_) => {
                self.warned = asked.rest;
                if asked.rest {
                    self.warn(now);
                }
                self.wake(now);
            }
            State::New | State::Ringing | State::Ending | State::Settled => {}
        }
    }

    /// Money that was set aside after everything was paid.
    fn give_back(&mut self) {
        if let Some(asked) = self.asked.take() {
            self.out.push_back(Effect::Settle { charged: 0, reserved: asked.micros });
        }
    }

    fn short(&mut self, left: i64, now: Tick) {
        let Some(asked) = self.asked.take() else { return };
        // The rest of the money: once, because others take from it at the same time.
        let rest_s = self.quote.seconds_for(self.reserved.saturating_add(left.max(0)), asked.until_s);
        match (self.state, rest_s) {
            (State::Asking, Some(s)) if !asked.rest && s >= self.pacing.least_s => self.ask(s, true),
            (State::Asking, _) => self.refuse(),
            (_, Some(s)) if !asked.rest && s > self.paid_s => self.ask(s, true),
            _ => {
                self.warned = true;
                self.warn(now);
                self.wake(now);
            }
        }
    }

    fn refuse(&mut self) {
        self.state = State::Ending;
        self.out.push_back(Effect::Refuse);
    }

    fn more(&mut self) {
        self.ask(self.paid_s.saturating_add(self.pacing.slice_s), false);
    }

    fn deadline(&mut self, since: Tick, now: Tick) {
        let (end, lead) = (self.end(since), self.end(since) - Span::secs(self.pacing.lead_s));
        if now >= end {
            self.state = State::Ending;
            self.out.push_back(Effect::End);
        } else if now >= lead && self.warned {
            self.warn(now);
            self.out.push_back(Effect::WakeAt(end));
        } else if now >= lead && self.asked.is_none() {
            // Before the answer: whatever becomes of it, the call is looked at when its time is over.
            self.out.push_back(Effect::WakeAt(end));
            self.more();
        } else {
            self.wake(now);
        }
    }

    fn warn(&mut self, now: Tick) {
        if let State::Talking(since) = self.state {
            self.out.push_back(Effect::Warn(self.end(since).since(now).as_ms() / 1_000));
        }
    }

    fn wake(&mut self, now: Tick) {
        let State::Talking(since) = self.state else { return };
        let (end, lead) = (self.end(since), self.end(since) - Span::secs(self.pacing.lead_s));
        let at = if lead > now && self.asked.is_none() { lead } else { end };
        self.out.push_back(Effect::WakeAt(at));
    }

    /// When it must be ended if nothing more is set aside.
    fn end(&self, since: Tick) -> Tick {
        since + Span::ms(self.paid_s.saturating_mul(1_000).saturating_sub(self.pacing.margin_ms))
    }
}
