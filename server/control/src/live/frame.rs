//! What goes over a live feed.

use patchbay_plane::{CallEvent, CallEventKind, ContactState, LiveCall as Up};
use serde::Serialize;

use crate::{
    calls::live::LiveCall,
    events::routes::EventEntry,
    kit::words::{Direction, LiveState},
};

/// One message to the page.
#[derive(Clone, Debug, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Frame {
    /// The feed is open and the log stands here.
    Hello {
        /// Place of the last event.
        seq: i64,
    },
    /// An event of the log.
    Event {
        /// Which.
        event: EventEntry,
    },
    /// A call took a step.
    Call {
        /// The call as it is now.
        call: LiveCall,
        /// `ringing`, `answered`, `held`, `resumed`, `ended`.
        kind: &'static str,
    },
    /// A device came or went.
    Device {
        /// `dev_..`
        device: String,
        /// Registrations now.
        contacts: u32,
    },
    /// Softphones of this seat are to answer this call.
    Answer {
        /// `call_..`
        call: String,
        /// `seat_..`
        seat: String,
    },
    /// Who waits, or what agents do, is different from a moment ago: `GET /v1/queues/live` says how.
    Queues,
    /// The calls that are up: after the opening, and whenever news of them may have been missed.
    Snapshot {
        /// Those that may be seen.
        calls: Vec<LiveCall>,
    },
    /// Events up to here are seen or are none of the reader's business: a place to resume from.
    Cursor {
        /// Place in the log.
        seq: i64,
    },
    /// Too much was missed to be sent. The feed goes on behind `seq`; what lies between is in the log: `GET /v1/events?after=`.
    Resync {
        /// Place in the log.
        seq: i64,
    },
}

impl Frame {
    /// Of a step of a call; `up` is the call as the switch has it, unless it is over.
    pub fn call(event: &CallEvent, up: Option<&Up>) -> Self {
        let (kind, state) = match event.kind {
            CallEventKind::Ringing => ("ringing", LiveState::Ringing),
            CallEventKind::Answered => ("answered", LiveState::Talking),
            CallEventKind::Held => ("held", LiveState::Held),
            CallEventKind::Resumed => ("resumed", LiveState::Talking),
            CallEventKind::Reconnecting => ("reconnecting", LiveState::Reconnecting),
            CallEventKind::Reconnected => ("reconnected", LiveState::Talking),
            CallEventKind::Parked => ("parked", LiveState::Held),
            CallEventKind::PickedUp => ("picked_up", LiveState::Talking),
            CallEventKind::Ended(_) => ("ended", LiveState::Talking),
        };
        let call = up.map(LiveCall::from).unwrap_or_else(|| LiveCall {
            call: event.call.to_string(),
            direction: Direction::Inbound,
            state,
            caller: String::new(),
            called: String::new(),
            seat: event.seat.map(|id| id.to_string()),
            gateway_port: None,
            since: event.at.to_offset(),
        });
        Self::Call { call, kind }
    }

    /// Of a device's registrations.
    pub fn device(state: &ContactState) -> Self {
        Self::Device { device: state.device.to_string(), contacts: state.contacts }
    }

    /// As text.
    pub fn text(&self) -> String {
        serde_json::to_string(self).unwrap_or_else(|_| r#"{"type":"resync","seq":0}"#.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_are_what_the_page_expects() {
        assert_eq!(Frame::Hello { seq: 7 }.text(), r#"{"type":"hello","seq":7}"#);
        assert_eq!(Frame::Resync { seq: 9 }.text(), r#"{"type":"resync","seq":9}"#);
        assert_eq!(Frame::Snapshot { calls: Vec::new() }.text(), r#"{"type":"snapshot","calls":[]}"#);
    }
}
