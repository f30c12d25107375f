//! Recording of a call: who is heard on which channel, through joins and hand-overs, and when nobody is.

use std::sync::Arc;

use patchbay_call::LegNo;
use patchbay_kernel::{LegId, QueueId, RecordingId};
use patchbay_plane::{Channel, Keep, KeepAsk, RecordOrder, RecordingEnd, RecordingFault};

use crate::call_task::{CallMessage, CallTask, Side};

/// What keeps a call, and whether it is silent.
#[derive(Debug, Default)]
pub(crate) struct Taping {
    running: Option<RecordingId>,
    /// The caller has refused to be recorded.
    refused: bool,
    /// Somebody ordered a pause.
    paused: bool,
    /// Something is said that nobody may keep.
    sensitive: bool,
    /// As the recorder was told last.
    silent: bool,
}

impl Taping {
    /// A new recording, which no order has paused.
    fn begin(&mut self, recording: RecordingId) {
        *self = Self { running: Some(recording), sensitive: self.sensitive, ..Self::default() };
    }

    /// Whether the recording is to be silent, when that has changed.
    fn turn(&mut self) -> Option<(RecordingId, bool)> {
        let (running, silent) = (self.running?, self.paused || self.sensitive);
        (silent != std::mem::replace(&mut self.silent, silent)).then_some((running, silent))
    }
}

impl CallTask {
    /// Asks whether this call is to be recorded. The call waits for nothing; a yes comes as a message.
    pub(crate) fn keep(&self, why: Keep) {
        if self.taping.running.is_some() || self.taping.refused {
            return;
        }
        let (keeper, door) = (Arc::clone(&self.exchange.outside.keeper), self.door.clone());
        let (call, tenant) = (self.plan.call, self.plan.tenant);
        tokio::spawn(async move {
            match keeper.keep(KeepAsk { tenant, call, why }).await {
                // A call that has ended meanwhile drops what it is sent, which tells the keeper.
                Ok(Some((recording, out))) => drop(door.send(CallMessage::Record(recording, RecordOrder::Begin(out)))),
                Ok(None) => {}
                Err(why) => tracing::warn!(call.id = %call, error = %why, "a call is not recorded that may have to be"),
            }
        });
    }

    /// The call waits in this queue, or is offered to its agents: where the company records the queue's calls, recording begins.
    /// Call it once when the call enters; a call that is recorded already goes on in the same recording.
    pub(crate) fn keep_for_queue(&self, queue: QueueId) {
        self.keep(Keep::Queue(queue));
    }

    /// Whether something is said now that nobody may keep, as a flow says while it gathers a card number (`ivr::Effect::Sensitive`).
    /// While it is so nothing gets into the recording, whoever orders what; a recording that begins meanwhile begins silent. A pause
    /// that somebody ordered outlasts it.
    pub(crate) fn sensitive(&mut self, on: bool) {
        self.taping.sensitive = on;
        self.turn_recorder();
    }

    /// The caller was asked and said no: what was kept so far ends, and nothing more is kept of this call, whoever orders it.
    pub(crate) fn refuse_recording(&mut self) {
        self.taping.refused = true;
        self.record_no_more();
    }

    /// Does what is ordered about recording this call.
    pub(crate) fn record(&mut self, recording: RecordingId, order: RecordOrder) {
        match (order, self.taping.running) {
            (RecordOrder::Begin(out), _) if self.taping.refused => {
                out.end(RecordingEnd::failed(RecordingFault::Refused));
            }
            (RecordOrder::Begin(out), Some(_)) => out.end(RecordingEnd::failed(RecordingFault::Already)),
            (RecordOrder::Begin(out), None) => {
                self.exchange.media.record(recording, out);
                self.taping.begin(recording);
                self.turn_recorder();
                self.hear_all();
            }
            (order, Some(running)) if running == recording => match order {
                RecordOrder::Pause | RecordOrder::Resume => {
                    self.taping.paused = matches!(order, RecordOrder::Pause);
                    self.turn_recorder();
                }
                RecordOrder::Stop | RecordOrder::Begin(_) => self.record_no_more(),
            },
            _ => {}
        }
    }

    /// Ends what is recorded of this call, if anything is.
    pub(crate) fn record_no_more(&mut self) {
        if let Some(running) = self.taping.running.take() {
            self.exchange.media.record_stop(running);
        }
    }

    /// Tells the recorder whether it is silent, when that has changed.
    fn turn_recorder(&mut self) {
        let media = &self.exchange.media;
        match self.taping.turn() {
            Some((running, true)) => media.record_pause(running),
            Some((running, false)) => media.record_resume(running),
            None => {}
        }
    }

    /// Whoever is in the call is in its recording.
    pub(crate) fn hear_all(&self) {
        let Some(recording) = self.taping.running else { return };
        for side in self.sides.iter().filter(|side| side.media_open) {
            self.hear(recording, side.leg, self.channel(side));
        }
        // After a hand-over the other party belongs to another call, and is heard here all the same.
        if let Some(link) = self.link.as_ref().filter(|link| !link.is_guest) {
            let customer = self.sides.iter().any(|side| side.media_open && side.owner.is_none());
            self.hear(recording, link.theirs, if customer { Channel::Right } else { Channel::Left });
        }
        for guest in self.gathering.iter().flat_map(|gathering| gathering.joined()) {
            self.hear(recording, guest, Channel::Right);
        }
    }

    fn hear(&self, recording: RecordingId, leg: LegId, channel: Channel) {
        // A leg that is gone has nothing more to say.
        drop(self.exchange.media.record_leg(recording, leg, channel));
    }

    /// People of the company are on the right; where colleagues talk, the one who called is on the left.
    fn channel(&self, side: &Side) -> Channel {
        let colleagues = self.sides.iter().all(|side| side.owner.is_some());
        let right = if colleagues { side.no != LegNo::CALLER } else { side.owner.is_some() };
        if right { Channel::Right } else { Channel::Left }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use patchbay_kernel::{SeededEntropy, Wall};

    #[test]
    fn what_nobody_may_keep_is_silent_whoever_orders_what() {
        let id = RecordingId::new(Wall::from_unix_ms(1), &mut SeededEntropy::new(1));
        let mut taping = Taping { sensitive: true, ..Taping::default() };
        assert_eq!(taping.turn(), None, "nothing runs");
        taping.begin(id);
        assert_eq!(taping.turn(), Some((id, true)), "it begins silent");
        for paused in [true, false, true] {
            taping.paused = paused;
            assert_eq!(taping.turn(), None, "and stays so");
        }
        taping.sensitive = false;
        assert_eq!(taping.turn(), None, "a pause that was ordered outlasts it");
        taping.paused = false;
        assert_eq!(taping.turn(), Some((id, false)));
        taping.sensitive = true;
        assert_eq!(taping.turn(), Some((id, true)));
        taping.sensitive = false;
        assert_eq!(taping.turn(), Some((id, false)));
        taping.paused = true;
        taping.begin(id);
        assert_eq!(taping.turn(), None, "the next one hears");
    }
}
