//! A message that a caller leaves: who takes it, when it is over, and what of it is worth keeping.
//!
//! What is said goes the way of recordings: copied off the path of packets, put together by the recorder's thread, sealed by whoever
//! keeps it. On its way an ear listens for the end; it lives on the writer's thread, so the call waits for nothing.

use std::sync::Arc;

use patchbay_call::LegNo;
use patchbay_ivr::{Input as Happened, Ticket, io::Message};
use patchbay_kernel::RecordingId;
use patchbay_plane::{Channel, Kept, MessageAsk, PlaneError, RecordingEnd, RecordingFault, RecordingOut};

use crate::{
    call_task::{CallMessage, CallTask},
    live::CallDoor,
};

/// Samples of a channel in a second.
const RATE: usize = 8_000;
/// What is judged at once: 20 ms.
const FRAME: usize = 160;
/// Mean of a frame's samples without their signs above which somebody speaks: -43 dBFS for a voice, above the noise of a line.
const LOUD: u32 = 160;
/// Silence that is kept at the beginning and at the end: 300 ms.
const MARGIN: usize = 2_400;
/// Less of a voice is a cough or a receiver that is put down: 600 ms.
const LEAST: usize = 4_800;

/// A message that is being left.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Leaving {
    ticket: Ticket,
    /// Known once somebody takes it.
    recording: Option<RecordingId>,
}

impl CallTask {
    /// The flow has its caller leave a message. Whose box it is is asked meanwhile; the beep was heard before.
    pub(crate) fn take_message(&mut self, ticket: Ticket, message: Message) {
        let Some(flow) = &mut self.flow else { return };
        flow.message = Some(Leaving { ticket, recording: None });
        let (keeper, door) = (Arc::clone(&self.exchange.outside.keeper), self.door.clone());
        let Message { mailbox, max_s, silence_s } = message;
        let ask = MessageAsk { tenant: self.plan.tenant, call: self.plan.call, mailbox };
        let call = ask.call;
        tokio::spawn(async move {
            let kept = match keeper.message(ask).await {
                Ok(kept) => kept,
                Err(PlaneError(why)) => {
                    tracing::warn!(call.id = %call, why, "a message cannot be taken");
                    None
                }
            };
            let attentive = |(recording, out): Kept| {
                let ear = Ear::new(max_s, silence_s);
                (recording, Box::new(Attentive { out, ear, ticket, door: door.clone(), told: false }))
            };
            // A call that has ended meanwhile drops what it is sent, which tells whoever keeps it.
            drop(door.send(CallMessage::Taker(ticket, kept.map(attentive))));
        });
    }

    /// Somebody takes the message, or nobody does.
    pub(crate) fn message_taken(&mut self, ticket: Ticket, taker: Option<(RecordingId, Box<Attentive>)>) {
        let caller = self.side(LegNo::CALLER).filter(|side| side.media_open).map(|side| side.leg);
        let leaving = self.flow.as_mut().and_then(|flow| flow.message.as_mut()).filter(|it| it.ticket == ticket);
        // Whoever would have kept it is told by the drop.
        let Some(leaving) = leaving else { return };
        let (Some(caller), Some((recording, out))) = (caller, taker) else { return self.message_ended(ticket, 0) };
        leaving.recording = Some(recording);
        self.exchange.media.record(recording, out);
        drop(self.exchange.media.record_leg(recording, caller, Channel::Left));
    }

    /// The message is to end: by a key, by silence, or because it is as long as it may be. What there is is kept.
    pub(crate) fn end_message(&mut self, ticket: Ticket) {
        let leaving = self.flow.as_ref().and_then(|flow| flow.message).filter(|it| it.ticket == ticket);
        match leaving {
            Some(Leaving { recording: Some(recording), .. }) => self.exchange.media.record_stop(recording),
            Some(_) => self.message_ended(ticket, 0),
            None => {}
        }
    }

    /// It has ended, so many seconds long; 0: nothing was said, or nobody keeps it.
    pub(crate) fn message_ended(&mut self, ticket: Ticket, seconds: u32) {
        let Some(flow) = &mut self.flow else { return };
        if flow.message.take_if(|it| it.ticket == ticket).is_some() {
            self.tell_flow(Happened::Recorded(ticket, seconds));
        }
    }
}

/// What keeps a message, and the ear on the way to it.
pub struct Attentive {
    out: Box<dyn RecordingOut>,
    ear: Ear,
    ticket: Ticket,
    door: CallDoor,
    told: bool,
}

impl std::fmt::Debug for Attentive {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Attentive").field("ticket", &self.ticket).finish_non_exhaustive()
    }
}

impl RecordingOut for Attentive {
    fn write(&mut self, stereo: &[i16]) -> Result<(), RecordingFault> {
        let worth = self.ear.hear(stereo.iter().step_by(2).copied());
        if self.ear.is_over() && !std::mem::replace(&mut self.told, true) {
            drop(self.door.send(CallMessage::MessageOver(self.ticket)));
        }
        if worth.is_empty() { Ok(()) } else { self.out.write(&both(&worth)) }
    }

    fn end(mut self: Box<Self>, mut how: RecordingEnd) {
        let rest = self.ear.rest();
        if how.fault.is_none() && !self.ear.has_voice() {
            how.fault = Some(RecordingFault::Empty);
        }
        if how.fault.is_none() && !rest.is_empty() {
            how.fault = self.out.write(&both(&rest)).err();
        }
        how.ms = self.ear.kept as u64 * 1_000 / RATE as u64;
        let seconds = if how.fault.is_some() { 0 } else { u32::try_from(how.ms.div_ceil(1_000)).unwrap_or(u32::MAX) };
        self.out.end(how);
        drop(self.door.send(CallMessage::MessageEnded(self.ticket, seconds)));
    }
}

/// One voice, to be heard in both ears.
fn both(mono: &[i16]) -> Vec<i16> {
    mono.iter().flat_map(|sample| [*sample, *sample]).collect()
}

/// Listens for a voice and for the end of it.
#[derive(Debug)]
struct Ear {
    most: usize,
    patience: usize,
    /// Not yet judged.
    frame: Vec<i16>,
    /// Quiet that is kept if somebody speaks again.
    quiet: Vec<i16>,
    heard: usize,
    silent: usize,
    voiced: usize,
    kept: usize,
}

impl Ear {
    fn new(max_s: u32, silence_s: u32) -> Self {
        Self {
            most: max_s as usize * RATE,
            patience: silence_s as usize * RATE,
            frame: Vec::with_capacity(FRAME),
            quiet: Vec::new(),
            heard: 0,
            silent: 0,
            voiced: 0,
            kept: 0,
        }
    }

    /// The next samples; what of the message is worth keeping for sure.
    fn hear(&mut self, samples: impl Iterator<Item = i16>) -> Vec<i16> {
        let mut worth = Vec::new();
        for sample in samples {
            if self.is_over() {
                break;
            }
            self.frame.push(sample);
            self.heard += 1;
            if self.frame.len() == FRAME {
                self.judge(&mut worth);
            }
        }
        self.kept += worth.len();
        worth
    }

    fn judge(&mut self, worth: &mut Vec<i16>) {
        let sum: u32 = self.frame.iter().map(|sample| u32::from(sample.unsigned_abs())).sum();
        if sum > LOUD * FRAME as u32 {
            // Of the silence before the first word, and of the wait for it, the end.
            let from = if self.voiced == 0 { self.quiet.len().saturating_sub(MARGIN) } else { 0 };
            worth.extend(self.quiet.drain(..).skip(from));
            worth.append(&mut self.frame);
            (self.silent, self.voiced) = (0, self.voiced + FRAME);
        } else {
            self.quiet.append(&mut self.frame);
            self.silent += FRAME;
        }
    }

    /// What remains at the end: a little of the silence.
    fn rest(&mut self) -> Vec<i16> {
        self.quiet.append(&mut self.frame);
        self.quiet.truncate(MARGIN);
        self.kept += self.quiet.len();
        std::mem::take(&mut self.quiet)
    }

    const fn is_over(&self) -> bool {
        self.heard >= self.most || self.silent >= self.patience
    }

    const fn has_voice(&self) -> bool {
        self.voiced >= LEAST
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Seconds of a voice (`true`) and of a line on which nobody speaks, in pieces as they come.
    fn heard(ear: &mut Ear, parts: &[(f64, bool)]) -> usize {
        let samples: Vec<i16> = parts
            .iter()
            .flat_map(|(seconds, speaks)| {
                let height = if *speaks { 2_000 } else { 60 };
                (0..(seconds * RATE as f64) as usize).map(move |at| if at % 8 < 4 { height } else { -height })
            })
            .collect();
        samples.chunks(1_234).map(|piece| ear.hear(piece.iter().copied()).len()).sum::<usize>() + ear.rest().len()
    }

    #[test]
    fn a_message_ends_by_silence_and_is_kept_without_it() {
        let mut ear = Ear::new(60, 3);
        let kept = heard(&mut ear, &[(1.0, false), (2.0, true), (2.0, false), (1.0, true), (5.0, false)]);
        assert!(ear.is_over() && ear.has_voice());
        // A margin, two seconds, the pause between, one second, a margin.
        assert_eq!(kept, MARGIN + 5 * RATE + MARGIN);
        assert_eq!(ear.kept, kept);
        assert_eq!(ear.heard, 9 * RATE);
    }

    #[test]
    fn a_message_ends_when_it_is_as_long_as_it_may_be() {
        let mut ear = Ear::new(5, 3);
        assert_eq!(heard(&mut ear, &[(20.0, true)]), 5 * RATE);
        assert!(ear.is_over());
    }

    #[test]
    fn a_cough_is_no_message() {
        for parts in [&[(0.4, true), (4.0, false)][..], &[(8.0, false)]] {
            let mut ear = Ear::new(60, 3);
            heard(&mut ear, parts);
            assert!(ear.is_over() && !ear.has_voice(), "{parts:?}");
        }
        // Who hangs up after a word has left one.
        let mut ear = Ear::new(60, 3);
        heard(&mut ear, &[(0.8, true)]);
        assert!(!ear.is_over() && ear.has_voice());
    }
}
