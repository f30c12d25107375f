//! A person on a line: called, or talking.

use std::{sync::Arc, time::Duration};

use patchbay_codec::{tone::Signal, wav};
use patchbay_sip::{Cmd, Event, LegId, Message};
use tokio::{
    sync::mpsc::UnboundedReceiver,
    time::{Instant, sleep_until, timeout_at},
};

use crate::{
    audio::{Saying, Talk},
    gateway::{Gateway, reason},
    persona::{Outcome, Persona, Speech},
};

/// A line gives up after so much ringing.
const RINGS_FOR: Duration = Duration::from_secs(90);
/// Longest call of anybody.
const TALKS_FOR: Duration = Duration::from_secs(4 * 3_600);
/// Milliseconds of ringing at somebody who waits for the call.
const KEEPER_RINGS_MS: u64 = 1_000;
/// From the answer to the first key.
const KEYS_AFTER: Duration = Duration::from_secs(1);

/// The platform sends a call to a line of this box.
pub(crate) async fn called(
    gateway: Arc<Gateway>,
    leg: LegId,
    message: Arc<Message>,
    mut inbox: UnboundedReceiver<Event>,
) {
    let refuse = |code: u16, q850: u8| gateway.signaling.command(Cmd::Refuse { leg, code, extra: reason(q850) });
    let outcome = take(&gateway, leg, &message, &mut inbox).await;
    if let Err((code, q850)) = outcome {
        refuse(code, q850);
    }
    gateway.forget(leg);
}

/// Status and Q.850 cause of a refusal.
type No = (u16, u8);

async fn take(
    gateway: &Gateway,
    leg: LegId,
    message: &Message,
    inbox: &mut UnboundedReceiver<Event>,
) -> Result<(), No> {
    let called = gateway.config.called(&message.request_uri()).ok_or((404, 1))?;
    // Held until the call is over.
    let _place = gateway.lines.take(called.line).ok_or(gateway.config.full())?;
    let persona = match gateway.keys_for(&called.number) {
        Some(digits) => {
            Persona { digits, ring_ms: KEEPER_RINGS_MS, ..gateway.people.named("echo").cloned().ok_or((404, 1))? }
        }
        None => gateway.people.at(&called.number).clone(),
    };
    let box_name = &gateway.config.label;
    tracing::debug!(gateway = %box_name, line = called.line + 1, persona = %persona.key, "A simulated call on {box_name}");
    let mut talk = gateway.audio().await.map_err(|_| (503, 47))?;
    let described = match message.sdp() {
        Some(offer) => talk.answer(offer).map_err(|_| (488, 88))?,
        None => talk.offer(false),
    };
    let early = gateway.config.has_early_audio() && message.sdp().is_some();
    ring(gateway, leg, &talk, early.then(|| described.clone().into_bytes()));
    if !waits(inbox, Duration::from_millis(ringing(&persona))).await {
        return Ok(());
    }
    match persona.outcome {
        Outcome::Refuses { status, q850 } => return Err((status, q850)),
        Outcome::RingsOut => return Err((480, 19)),
        Outcome::Answers => {}
    }
    talk.say(Saying::Nothing);
    gateway.signaling.command(Cmd::Answer { leg, sdp: Some(described.into_bytes()), extra: Vec::new() });
    converse(gateway, leg, &mut talk, &persona, inbox).await;
    Ok(())
}

fn ringing(persona: &Persona) -> u64 {
    match persona.outcome {
        Outcome::RingsOut => RINGS_FOR.as_secs() * 1_000,
        Outcome::Answers | Outcome::Refuses { .. } => persona.ring_ms,
    }
}

/// A telephone line is heard ringing; a trunk only says so.
fn ring(gateway: &Gateway, leg: LegId, talk: &Talk, early: Option<Vec<u8>>) {
    let code = if early.is_some() { 183 } else { 180 };
    if early.is_some() {
        talk.say(Saying::Signal(Signal::RINGBACK));
    }
    gateway.signaling.command(Cmd::Ring { leg, code, sdp: early, extra: Vec::new() });
}

/// Waits; `false` when the call ended meanwhile.
async fn waits(inbox: &mut UnboundedReceiver<Event>, how_long: Duration) -> bool {
    let until = Instant::now() + how_long;
    loop {
        match timeout_at(until, inbox.recv()).await {
            Err(_) => return true,
            Ok(None | Some(Event::Ended { .. })) => return false,
            Ok(Some(_)) => {}
        }
    }
}

/// After the answer, until either side hangs up.
pub(crate) async fn converse(
    gateway: &Gateway,
    leg: LegId,
    talk: &mut Talk,
    persona: &Persona,
    inbox: &mut UnboundedReceiver<Event>,
) {
    talk.say(saying(&persona.speech).await);
    let talks = persona.talk_ms.map_or(TALKS_FOR, Duration::from_millis);
    let (ends, presses) = (Instant::now() + talks, Instant::now() + KEYS_AFTER);
    let mut to_press = !persona.digits.is_empty();
    loop {
        tokio::select! {
            event = inbox.recv() => match event {
                None | Some(Event::Ended { .. }) => return,
                Some(event) => follow(gateway, leg, talk, event),
            },
            () = sleep_until(presses), if to_press => {
                to_press = false;
                talk.press(&persona.digits);
            }
            () = sleep_until(ends) => {
                gateway.signaling.command(Cmd::Hangup { leg, code: None, extra: reason(16) });
                return;
            }
        }
    }
}

/// What the other side changes in a call that is up.
fn follow(gateway: &Gateway, leg: LegId, talk: &mut Talk, event: Event) {
    match event {
        Event::Offer { sdp: Some(offer), .. } => match talk.answer(&offer) {
            Ok(answer) => gateway.signaling.command(Cmd::Accept { leg, sdp: Some(answer.into_bytes()) }),
            Err(_) => gateway.signaling.command(Cmd::Reject { leg, code: 488 }),
        },
        Event::Offer { sdp: None, .. } => {
            let offer = talk.offer(false).into_bytes();
            gateway.signaling.command(Cmd::Accept { leg, sdp: Some(offer) });
        }
        Event::Acked { sdp: Some(answer), .. } => {
            if let Err(why) = talk.accept(&answer) {
                tracing::debug!(error = %why, "The answer in an ACK was not understood");
            }
        }
        _ => {}
    }
}

async fn saying(speech: &Speech) -> Saying {
    match speech {
        Speech::Echo => Saying::Echo,
        Speech::Nothing => Saying::Nothing,
        Speech::Tone { hz } => Saying::Tone(*hz),
        Speech::File { path } => {
            let read = tokio::fs::read(path).await.map_err(|why| why.to_string());
            match read.and_then(|bytes| wav::read(&bytes).map_err(|why| why.to_string())) {
                Ok(samples) => Saying::Samples(samples.into()),
                Err(why) => {
                    tracing::warn!(path = %path.display(), error = %why, "A simulated person has nothing to say");
                    Saying::Silence
                }
            }
        }
    }
}
