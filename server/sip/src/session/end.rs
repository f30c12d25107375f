//! How sessions end, and how their names are found and given back.

use super::{Session, State};
use crate::{
    api::{End, Event, LegId},
    flow::{FlowId, Net},
    slot::Key,
    stack::Stack,
    timer::RING_AGAIN,
    tx::Owner,
};

impl Stack {
    /// The session of a name that the owner still holds.
    pub(crate) fn leg(&self, leg: LegId) -> Option<Key> {
        let key = if leg.0 & LegId::INCOMING == 0 {
            self.dialled.get(&leg).copied()?
        } else {
            self.sessions.named(leg.0 & !LegId::INCOMING)?
        };
        self.sessions.get(key).filter(|session| session.open && session.id == leg).map(|_| key)
    }

    pub(crate) fn is_up(&self, key: Key) -> bool {
        self.sessions.get(key).is_some_and(|session| matches!(session.state, State::Up { .. }))
    }

    pub(crate) fn hangup(&mut self, leg: LegId, code: Option<u16>, extra: Vec<(String, String)>) {
        let Some(key) = self.leg(leg) else { return };
        let Some(session) = self.sessions.get_mut(key) else { return };
        match session.state {
            State::Ringing { .. } => self.refuse(leg, code.unwrap_or(480), &extra),
            State::Calling { tx, .. } => {
                self.drop_change(key);
                self.clients.abandon(&mut self.io, tx, extra);
                self.forget(key);
            }
            State::Up { .. } => {
                self.close(key);
                self.bye_when_allowed(key, extra);
            }
            State::Ending { .. } => {}
        }
    }

    /// RFC 3261 section 15: the callee may not send BYE before the ACK came or its 2xx was repeated in vain.
    fn bye_when_allowed(&mut self, key: Key, extra: Vec<(String, String)>) {
        self.drop_change(key);
        let Some(session) = self.sessions.get_mut(key) else { return };
        let waits =
            session.unacked.as_ref().is_some_and(|unacked| unacked.first && self.servers.get(unacked.tx).is_some());
        if waits {
            session.state = State::Ending { bye: Some(extra) };
        } else {
            self.bye(key, &extra);
        }
    }

    /// Sends BYE; the session is forgotten when it is answered, or not.
    pub(super) fn bye(&mut self, key: Key, extra: &[(String, String)]) {
        self.drop_change(key);
        let Some(session) = self.sessions.get_mut(key) else { return };
        session.state = State::Ending { bye: None };
        if let Some(unacked) = session.unacked.take() {
            self.servers.hush(unacked.tx);
        }
        let due = session.ack_due.take();
        match session.dialog.take() {
            Some(mut dialog) => {
                if let Some(due) = due {
                    // Without an answer to its offer, but the peer need not repeat its 2xx.
                    self.send_ack(&dialog, (due.number, None), due.tx, &due.tag, None);
                }
                self.send_bye(&mut dialog, extra, Owner::Bye(key));
                if let Some(session) = self.sessions.get_mut(key) {
                    session.dialog = Some(dialog);
                }
            }
            None => self.forget(key),
        }
    }

    /// Our BYE, and the owner hears how it ended.
    pub(crate) fn bye_and_end(&mut self, key: Key, how: End) {
        self.say_ended(key, how, None);
        self.close(key);
        self.bye(key, &[]);
    }

    /// The session is over by the peer's or the network's doing.
    pub(super) fn end(&mut self, key: Key, how: End, reason: Option<String>) {
        self.drop_change(key);
        if let Some(session) = self.sessions.get_mut(key)
            && let Some(unacked) = session.unacked.take()
        {
            // A BYE that overtakes a lost ACK must not leave the 2xx repeating.
            self.servers.hush(unacked.tx);
        }
        self.say_ended(key, how, reason);
        self.forget(key);
    }

    fn say_ended(&mut self, key: Key, how: End, reason: Option<String>) {
        if let Some(session) = self.sessions.get(key)
            && session.open
        {
            self.io.event(Event::Ended { leg: session.id, how, reason });
        }
    }

    /// The owner's name for it is free again.
    fn close(&mut self, key: Key) {
        if let Some(session) = self.sessions.get_mut(key)
            && session.open
        {
            session.open = false;
            if session.id.0 & LegId::INCOMING == 0 {
                self.dialled.remove(&session.id);
            }
        }
    }

    pub(crate) fn forget(&mut self, key: Key) {
        self.close(key);
        self.sessions.remove(key);
    }

    /// A server transaction of this session went down with its flow.
    pub(crate) fn lost_server(&mut self, key: Key, lost: Key) {
        let Some(session) = self.sessions.get_mut(key) else { return };
        if matches!(session.change, super::Change::Theirs { tx, .. } if tx == lost) {
            session.change = super::Change::No;
        }
        let unacked = session.unacked.take_if(|unacked| unacked.tx == lost);
        match &mut session.state {
            State::Ringing { tx } if *tx == lost => self.end(key, End::FlowLost, None),
            State::Ending { bye } if unacked.is_some() => {
                let extra = bye.take().unwrap_or_default();
                self.bye(key, &extra);
            }
            _ => {}
        }
    }

    /// The flow of an established session broke. A browser that reloads comes back over another one within the grace; a TCP
    /// peer may open a new connection at any time, and is found dead by its media.
    pub(crate) fn lost_flow(&mut self, key: Key) {
        let (now, grace) = (self.io.now, self.config.flow_grace);
        if let Some(session) = self.sessions.get_mut(key)
            && let Session { state: State::Up { lost: lost @ None }, dialog: Some(dialog), .. } = session
            && dialog.flow.net() == Net::Ws
        {
            *lost = Some(now + grace);
            session.rearm(&mut self.io, key);
        }
    }

    pub(crate) fn wake_session(&mut self, key: Key) {
        let Some(session) = self.sessions.get_mut(key) else { return };
        if !session.due(&mut self.io, key) {
            return;
        }
        let now = self.io.now;
        match session.state {
            State::Ringing { tx } if session.ring_again.is_some_and(|at| at <= now) => {
                session.ring_again = Some(now + RING_AGAIN);
                self.servers.ring_again(&mut self.io, tx);
            }
            State::Up { lost: Some(until) } if until <= now => return self.end(key, End::FlowLost, None),
            _ => {}
        }
        self.wake_reliable(key);
        self.wake_again(key);
        self.wake_timer(key);
        if let Some(session) = self.sessions.get_mut(key) {
            session.rearm(&mut self.io, key);
        }
    }

    /// How many sessions ride this flow.
    pub fn legs_over(&self, flow: FlowId) -> usize {
        self.sessions.iter().filter(|(_, session)| session.rides(flow)).count()
    }
}
