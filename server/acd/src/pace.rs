//! How fast calls come, end and are given up, learnt from what happens. Old observations fade, so a new hour is believed soon.

use std::collections::BTreeMap;

use patchbay_kernel::time::{Span, Tick};

/// Arrivals are believed over about this long, in seconds.
const MEMORY_S: f64 = 900.0;
/// Weight of an observed call once one more has been seen: about the last three hundred count.
const FADE: f64 = 0.997;
/// Believed before anything was seen: a call of 200 s, a patience of 240 s; with the weight of so many observations.
const PRIOR: f64 = 4.0;
const PRIOR_CALL_S: f64 = 200.0;
const PRIOR_PATIENCE_S: f64 = 240.0;

/// Callers who are alike: the same needs, the same head start.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Kind {
    /// Index into the table of needs.
    pub needs: usize,
    /// Of their class.
    pub head_start: Span,
}

#[derive(Clone, Copy, Debug)]
struct Stream {
    weight: f64,
    at: Tick,
}

/// What was observed.
#[derive(Clone, Debug, Default)]
pub struct Pace {
    calls: f64,
    call_seconds: f64,
    given_up: f64,
    waited_seconds: f64,
    began: Option<Tick>,
    streams: BTreeMap<Kind, Stream>,
}

/// Seconds of a span.
pub(crate) fn seconds(span: Span) -> f64 {
    span.0 as f64 / 1e6
}

impl Pace {
    /// Somebody came.
    pub fn arrived(&mut self, kind: Kind, now: Tick) {
        self.began.get_or_insert(now);
        let stream = self.streams.entry(kind).or_insert(Stream { weight: 0.0, at: now });
        stream.weight = stream.weight * (-seconds(now.since(stream.at)) / MEMORY_S).exp() + 1.0;
        stream.at = now;
    }

    /// The table of needs is another one: what came is not remembered, how long calls last and people wait is.
    pub fn forget_arrivals(&mut self) {
        self.streams.clear();
        self.began = None;
    }

    /// A call was over after so long, wrap-up included.
    pub fn ended(&mut self, after: Span) {
        self.calls = self.calls * FADE + 1.0;
        self.call_seconds = self.call_seconds * FADE + seconds(after);
    }

    /// A caller was served after so long a wait.
    pub fn served(&mut self, waited: Span) {
        self.waited_seconds = self.waited_seconds * FADE + seconds(waited);
        self.given_up *= FADE;
    }

    /// A caller hung up after so long a wait.
    pub fn gave_up(&mut self, waited: Span) {
        self.waited_seconds = self.waited_seconds * FADE + seconds(waited);
        self.given_up = self.given_up * FADE + 1.0;
    }

    /// Mean length of a call in seconds. Calls that are up count too: right after the start, only short ones have ended.
    pub fn call_s(&self, up: impl Iterator<Item = Span>) -> f64 {
        // Their time so far counts as long as few have ended; later it would only add noise.
        let share = (-self.calls / 30.0).exp();
        let up: f64 = up.map(seconds).sum();
        (self.call_seconds + up * share + PRIOR * PRIOR_CALL_S) / (self.calls + PRIOR)
    }

    /// Hang-ups per second and waiting caller.
    pub fn impatience(&self) -> f64 {
        (self.given_up + PRIOR) / (self.waited_seconds + PRIOR * PRIOR_PATIENCE_S)
    }

    /// Each kind with its arrivals per second.
    pub fn arrivals(&self, now: Tick) -> impl Iterator<Item = (Kind, f64)> + '_ {
        let seen = seconds(now.since(self.began.unwrap_or(now)));
        // The mean age of what is remembered; at the start that is what there was.
        let over = MEMORY_S * (1.0 - (-seen / MEMORY_S).exp()) + 30.0;
        let rate = move |stream: &Stream| stream.weight * (-seconds(now.since(stream.at)) / MEMORY_S).exp() / over;
        self.streams.iter().map(move |(kind, stream)| (*kind, rate(stream)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_steady_stream_is_found_and_a_dry_one_forgotten() {
        let mut pace = Pace::default();
        let kind = Kind { needs: 0, head_start: Span::default() };
        for minute in 0..120 {
            pace.arrived(kind, Tick::ZERO + Span::secs(minute * 60));
        }
        let rate = |at| pace.arrivals(Tick::ZERO + Span::secs(at)).next().unwrap().1 * 60.0;
        assert!((0.9..1.1).contains(&rate(7_200)), "{}", rate(7_200));
        assert!(rate(7_200 + 3_600) < 0.05);
    }

    #[test]
    fn the_mean_call_moves_from_what_is_believed_to_what_is_seen() {
        let mut pace = Pace::default();
        assert!((pace.call_s(std::iter::empty()) - 200.0).abs() < 1e-9);
        (0..1_000).for_each(|_| pace.ended(Span::secs(60)));
        assert!((60.0..63.0).contains(&pace.call_s(std::iter::empty())));
    }

    #[test]
    fn patience_is_the_time_waited_for_each_that_gave_up() {
        let mut pace = Pace::default();
        for _ in 0..600 {
            pace.served(Span::secs(20));
            pace.gave_up(Span::secs(40));
        }
        let patience = 1.0 / pace.impatience();
        assert!((55.0..70.0).contains(&patience), "{patience}");
    }
}
