//! Two who change a session at once: 491, the wait, the next try (RFC 3261 section 14.1, RFC 3311 section 5.3).

use patchbay_kernel::{Tick, time::Span};

use super::{Change, Session, State};
use crate::{
    api::LegId,
    slot::Key,
    stack::Stack,
    wire::message::{Message, Method},
};

/// An offer that is refused for glare this often is given up.
const MOST_TRIES: u8 = 6;
/// Until it is looked again whether the session is free.
pub(super) const LOOK_AGAIN: Span = Span::ms(500);

/// An offer of ours that waits.
#[derive(Debug)]
pub(crate) struct Again {
    pub at: Tick,
    pub method: Method,
    pub sdp: Vec<u8>,
    pub tries: u8,
}

impl Stack {
    /// Whether nothing of either side is under way.
    pub(super) fn is_free(session: &Session) -> bool {
        matches!(session.change, Change::No) && session.unacked.is_none() && session.ack_due.is_none()
    }

    /// The wait after a refusal that is one of time; `None`: it is final.
    pub(super) fn wait_after(&mut self, leg: LegId, code: u16, retry_after: Option<u32>) -> Option<Span> {
        match code {
            // Who made the Call-ID waits longer, so that the two do not meet again. In steps of 10 ms.
            491 if leg.0 & LegId::INCOMING == 0 => Some(Span::ms(2_100 + 10 * u64::from(self.chance.u32() % 191))),
            491 => Some(Span::ms(10 * u64::from(self.chance.u32() % 201))),
            // The peer has an offer of its own to answer first.
            500 => retry_after.filter(|wait| *wait <= 10).map(|wait| Span::secs(u64::from(wait))),
            _ => None,
        }
    }

    /// Puts a refused offer off. `false`: it has been tried often enough, or the refusal is final.
    pub(super) fn put_off(&mut self, key: Key, request: &Message, tries: u8, wait: Option<Span>) -> bool {
        let (Some(wait), Some(session)) = (wait, self.sessions.get_mut(key)) else { return false };
        if tries + 1 >= MOST_TRIES || !session.open {
            return false;
        }
        let method = request.method().cloned().unwrap_or(Method::Invite);
        let sdp = request.sdp().unwrap_or_default().to_vec();
        session.again = Some(Box::new(Again { at: self.io.now + wait, method, sdp, tries: tries + 1 }));
        session.rearm(&mut self.io, key);
        true
    }

    /// The wait of an offer of ours is over.
    pub(super) fn wake_again(&mut self, key: Key) {
        let now = self.io.now;
        let Some(session) = self.sessions.get_mut(key) else { return };
        let Some(again) = session.again.take_if(|again| again.at <= now) else { return };
        if matches!(session.state, State::Ending { .. }) {
            return;
        }
        if Self::is_free(session) {
            self.start_change(key, &again.method, &again.sdp, again.tries);
        } else {
            session.again = Some(Box::new(Again { at: now + LOOK_AGAIN, ..*again }));
        }
    }
}
