//! A person calls the platform.

use std::{sync::Arc, time::Duration};

use patchbay_sip::{Cmd, Event, LegId, Route};
use tokio::{
    sync::{mpsc::UnboundedReceiver, oneshot},
    time::{Instant, timeout_at},
};

use crate::{
    audio::Talk,
    dialect::Placing,
    gateway::{Gateway, reason},
    lines::Place,
    person,
    persona::Persona,
};

/// How long a person lets it ring.
const PATIENCE: Duration = Duration::from_secs(45);

/// Places the call. Answers when it rings or is answered; the call then goes on by itself.
///
/// # Errors
/// In words, when the line is busy or the platform refuses.
pub(crate) async fn place(gateway: Arc<Gateway>, placing: Placing, persona: Persona) -> Result<(), String> {
    let taken = gateway.lines.take(placing.line);
    let label = &gateway.config.label;
    let held = taken.ok_or_else(|| format!("line {} of {label} is in use", placing.line + 1))?;
    let mut talk = gateway.audio().await.map_err(|why| format!("no audio: {why}"))?;
    let leg = gateway.signaling.new_leg();
    let inbox = gateway.follow(leg);
    let to = Route { request_uri: placing.request_uri, flow: gateway.platform, routes: Vec::new() };
    let (from, extra, auth) = (placing.from, placing.extra, placing.auth);
    let sdp = talk.offer(false).into_bytes();
    gateway.signaling.command(Cmd::Dial { leg, to, from, extra, sdp, auth });
    let (told, news) = oneshot::channel();
    tokio::spawn(call(gateway, leg, (talk, held), persona, inbox, told));
    news.await.unwrap_or_else(|_| Err("the simulator has stopped".to_owned()))
}

async fn call(
    gateway: Arc<Gateway>,
    leg: LegId,
    (mut talk, _held): (Talk, Place),
    persona: Persona,
    mut inbox: UnboundedReceiver<Event>,
    told: oneshot::Sender<Result<(), String>>,
) {
    if wait_for_answer(&gateway, leg, &mut talk, &mut inbox, told).await {
        person::converse(&gateway, leg, &mut talk, &persona, &mut inbox).await;
    }
    gateway.forget(leg);
}

/// Whether it was answered; tells once how it goes.
async fn wait_for_answer(
    gateway: &Gateway,
    leg: LegId,
    talk: &mut Talk,
    inbox: &mut UnboundedReceiver<Event>,
    told: oneshot::Sender<Result<(), String>>,
) -> bool {
    let mut told = Some(told);
    let mut tell = |how: Result<(), String>| {
        if let Some(told) = told.take() {
            let _ = told.send(how);
        }
    };
    let until = Instant::now() + PATIENCE;
    loop {
        match timeout_at(until, inbox.recv()).await {
            Err(_) => {
                tell(Err("nobody answered in 45 s".to_owned()));
                gateway.signaling.command(Cmd::Hangup { leg, code: None, extra: reason(16) });
                return false;
            }
            Ok(Some(Event::Progress { code, sdp, .. })) => {
                if code >= 180 {
                    tell(Ok(()));
                }
                // Early audio is listened to; what it says does not matter here.
                let _ = sdp.map(|sdp| talk.accept(&sdp));
            }
            Ok(Some(Event::Answered { sdp, .. })) => {
                if sdp.is_none_or(|sdp| talk.accept(&sdp).is_err()) && talk.agreed().is_none() {
                    tell(Err("the answer brought no audio".to_owned()));
                    gateway.signaling.command(Cmd::Hangup { leg, code: None, extra: reason(88) });
                    return false;
                }
                tell(Ok(()));
                return true;
            }
            Ok(Some(Event::Refused { code, message, .. })) => {
                let phrase = message.map(|message| message.phrase().into_owned()).unwrap_or_default();
                tell(Err(format!("the platform refused: {code} {phrase}").trim_end().to_owned()));
                return false;
            }
            Ok(None | Some(Event::Ended { .. })) => {
                tell(Err("the call ended before an answer".to_owned()));
                return false;
            }
            Ok(Some(_)) => {}
        }
    }
}
