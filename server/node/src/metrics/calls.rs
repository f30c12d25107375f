//! Calls: counted where their news pass on the way to the records.

use std::sync::Arc;

use metrics::{counter, histogram};
use patchbay_kernel::{Blame, GatewayId};
use patchbay_plane::{
    CallEvent, CallEventKind, CallRecord, CallStarted, ContactState, Direction, GatewayState, Later, LegKind,
    PlaneError, QueueNews, Sink,
};

use crate::{recorder::Recorder, traces::Traces};

/// A sink that counts what passes, then hands it on.
pub struct Counted {
    inner: Arc<dyn Sink>,
    recorder: Arc<Recorder>,
    traces: Option<Traces>,
}

impl Counted {
    /// Around this one; tells the recorder and the traces of ends.
    pub fn new(inner: Arc<dyn Sink>, recorder: Arc<Recorder>, traces: Option<Traces>) -> Self {
        Self { inner, recorder, traces }
    }
}

impl Sink for Counted {
    fn call_started<'a>(&'a self, start: &'a CallStarted) -> Later<'a, Result<(), PlaneError>> {
        Box::pin(async move {
            let taken = self.inner.call_started(start).await;
            if taken.is_ok() {
                counter!("patchbay_calls_started_total", "direction" => direction(start.direction)).increment(1);
            }
            taken
        })
    }

    fn call_event(&self, event: CallEvent) {
        if event.kind == CallEventKind::Answered {
            counter!("patchbay_calls_answered_total").increment(1);
        }
        self.inner.call_event(event);
    }

    fn call_ended<'a>(&'a self, record: &'a CallRecord) -> Later<'a, Result<(), PlaneError>> {
        Box::pin(async move {
            let taken = self.inner.call_ended(record).await;
            match &taken {
                // A record that is refused comes again.
                Err(_) => counter!("patchbay_records_refused_total").increment(1),
                Ok(()) => {
                    ended(record);
                    self.recorder.over(record);
                    if let Some(traces) = &self.traces {
                        traces.call(record);
                    }
                }
            }
            taken
        })
    }

    fn contact_state(&self, state: ContactState) {
        self.inner.contact_state(state);
    }

    fn gateway_state(&self, gateway: GatewayId, state: GatewayState) {
        if matches!(state, GatewayState::CallFailed { .. }) {
            counter!("patchbay_gateway_failures_total").increment(1);
        }
        self.inner.gateway_state(gateway, state);
    }

    fn queue_news(&self, news: QueueNews) {
        self.inner.queue_news(news);
    }
}

fn ended(record: &CallRecord) {
    let way = direction(record.started.direction);
    counter!("patchbay_calls_ended_total", "direction" => way, "cause" => record.cause.code(), "blame" => blame(record.blame))
        .increment(1);
    counter!("patchbay_call_talk_milliseconds_total", "direction" => way).increment(record.talk_ms);
    if let Some(rang) = record.ringing_at {
        #[expect(clippy::cast_precision_loss, reason = "a wait of some seconds")]
        let seconds = rang.ms_since(record.started.at).max(0) as f64 / 1_000.0;
        histogram!("patchbay_call_ringing_delay_seconds", "direction" => way).record(seconds);
    }
    for leg in &record.legs {
        let answered = if leg.answered_at.is_some() { "true" } else { "false" };
        counter!("patchbay_legs_total", "kind" => kind(leg.kind), "answered" => answered).increment(1);
    }
}

const fn direction(of: Direction) -> &'static str {
    match of {
        Direction::Inbound => "inbound",
        Direction::Outbound => "outbound",
        Direction::Internal => "internal",
        Direction::Test => "test",
    }
}

const fn blame(of: Blame) -> &'static str {
    match of {
        Blame::Caller => "caller",
        Blame::Callee => "callee",
        Blame::Carrier => "carrier",
        Blame::Tenant => "tenant",
        Blame::Us => "us",
    }
}

const fn kind(of: LegKind) -> &'static str {
    match of {
        LegKind::Browser => "browser",
        LegKind::SipPhone => "sip_phone",
        LegKind::Gateway => "gateway",
        LegKind::Service => "service",
    }
}
