//! The far end of a trunk: somebody picks up every call and hums. It can vanish, and come back at the same address.

use std::{
    collections::HashMap,
    net::{Ipv4Addr, SocketAddr},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use patchbay_signaling::Signaling;
use patchbay_sip::{Cmd, Event, FlowId, LegId, Message, Route};
use tokio::{sync::oneshot, task::JoinHandle};

use patchbay_tests::{
    ear::Heard,
    peer::{self, Peer},
    voice::{Speech, Voice},
};

/// What its people hum, Hz.
pub const HUM: u16 = 440;
/// They pick up after this time.
const PICK_UP: Duration = Duration::from_millis(150);

#[derive(Default)]
struct Calls {
    /// Leg, dialled number, audio; in the order in which they came.
    voices: Vec<(LegId, String, Voice)>,
    waiting: HashMap<LegId, oneshot::Sender<Result<(), u16>>>,
}

type Shared = Arc<Mutex<Calls>>;

fn lock(calls: &Shared) -> MutexGuard<'_, Calls> {
    calls.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The far end.
pub struct Gateway {
    address: SocketAddr,
    calls: Shared,
    running: Option<(Signaling, JoinHandle<()>)>,
}

impl Gateway {
    /// On a free UDP port of loopback.
    pub async fn start() -> Self {
        let mut gateway = Self { address: (Ipv4Addr::LOCALHOST, 0).into(), calls: Shared::default(), running: None };
        gateway.come_back().await;
        gateway
    }

    /// Where it takes SIP.
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Gone, without a word to anybody.
    pub async fn vanish(&mut self) {
        if let Some((signaling, task)) = self.running.take() {
            signaling.stop().await;
            task.abort();
        }
        *lock(&self.calls) = Calls::default();
    }

    /// There again, with no memory of its calls.
    pub async fn come_back(&mut self) {
        let peer = Peer::start(self.address).await;
        self.address = peer.signaling.udp_addr();
        self.running = Some((peer.signaling.clone(), tokio::spawn(listen(peer, self.calls.clone()))));
    }

    /// What the newest call to this number hears.
    pub fn hears(&self, number: &str, hz: u16) -> Option<Heard> {
        let calls = lock(&self.calls);
        let found = calls.voices.iter().rev().find(|(_, dialled, _)| dialled.contains(number))?;
        Some(found.2.heard(hz, 500))
    }

    /// Calls `number` at the platform; `Err` is the status of the refusal, 0 when nothing comes at all.
    ///
    /// # Errors
    /// The status.
    ///
    /// # Panics
    /// While it has vanished.
    pub async fn call(&self, number: &str, platform: SocketAddr) -> Result<LegId, u16> {
        let signaling = &self.running.as_ref().expect("it is there").0;
        let (mut voice, _) = peer::voice(Speech::Tone(HUM)).await;
        let (leg, sdp) = (signaling.new_leg(), voice.offer(false).into_bytes());
        let (told, answer) = oneshot::channel();
        {
            let mut calls = lock(&self.calls);
            calls.voices.push((leg, format!("{}", leg.0), voice));
            calls.waiting.insert(leg, told);
        }
        signaling.command(Cmd::Dial {
            leg,
            to: Route {
                request_uri: format!("sip:{number}@{platform}"),
                flow: FlowId::Udp(platform),
                routes: Vec::new(),
            },
            from: format!("<sip:+14155550177@{}>", self.address),
            extra: Vec::new(),
            sdp,
            auth: None,
        });
        match tokio::time::timeout(Duration::from_secs(10), answer).await {
            Ok(Ok(Ok(()))) => Ok(leg),
            Ok(Ok(Err(code))) => Err(code),
            _ => Err(0),
        }
    }

    /// What this leg hears.
    pub fn leg_hears(&self, leg: LegId, hz: u16) -> Option<Heard> {
        lock(&self.calls).voices.iter().find(|it| it.0 == leg).map(|it| it.2.heard(hz, 500))
    }

    /// Hangs up.
    pub fn hang_up(&self, leg: LegId) {
        if let Some((signaling, _)) = &self.running {
            signaling.command(Cmd::Hangup { leg, code: None, extra: Vec::new() });
        }
        lock(&self.calls).voices.retain(|it| it.0 != leg);
    }
}

async fn listen(mut peer: Peer, calls: Shared) {
    while let Some(event) = peer.events.recv().await {
        let signaling = &peer.signaling;
        match event {
            Event::Invite { leg, message, .. } => called(signaling, leg, &message, &calls).await,
            Event::Answered { leg, sdp, .. } => {
                let mut calls = lock(&calls);
                if let Some((.., voice)) = calls.voices.iter_mut().find(|it| it.0 == leg) {
                    let _ = voice.accept(&String::from_utf8_lossy(&sdp.unwrap_or_default()));
                }
                let _ = calls.waiting.remove(&leg).map(|told| told.send(Ok(())));
            }
            Event::Refused { leg, code, .. } => {
                let mut calls = lock(&calls);
                calls.voices.retain(|it| it.0 != leg);
                let _ = calls.waiting.remove(&leg).map(|told| told.send(Err(code)));
            }
            Event::Ended { leg, .. } => lock(&calls).voices.retain(|it| it.0 != leg),
            Event::Offer { leg, sdp } => {
                let mut calls = lock(&calls);
                let answer = calls.voices.iter_mut().find(|it| it.0 == leg).and_then(|(.., voice)| match sdp {
                    Some(offer) => voice.answer(&String::from_utf8_lossy(&offer)).ok(),
                    None => Some(voice.offer(false)),
                });
                signaling.command(match answer {
                    Some(sdp) => Cmd::Accept { leg, sdp: Some(sdp.into_bytes()) },
                    None => Cmd::Reject { leg, code: 488 },
                });
            }
            Event::Request { request, .. } | Event::Refer { request, .. } => {
                signaling.command(Cmd::Respond { request, code: 200, extra: Vec::new() });
            }
            _ => {}
        }
    }
}

/// By the last digit of the number: 1 is busy, 2 never picks up, 3 hangs up soon, everybody else talks.
async fn called(signaling: &Signaling, leg: LegId, message: &Message, calls: &Shared) {
    let uri = message.request_uri().into_owned();
    let number = uri.trim_start_matches("sip:").split('@').next().unwrap_or_default().to_owned();
    let last = number.chars().last().unwrap_or('0');
    if last == '1' {
        return signaling.command(Cmd::Refuse { leg, code: 486, extra: Vec::new() });
    }
    signaling.command(Cmd::Ring { leg, code: 180, sdp: None, extra: Vec::new() });
    let (mut voice, _) = peer::voice(Speech::Tone(HUM)).await;
    let Ok(sdp) = voice.answer(&String::from_utf8_lossy(message.sdp().unwrap_or_default())) else {
        return signaling.command(Cmd::Refuse { leg, code: 488, extra: Vec::new() });
    };
    if last == '2' {
        return;
    }
    lock(calls).voices.push((leg, number, voice));
    let (signaling, calls) = (signaling.clone(), calls.clone());
    tokio::spawn(async move {
        tokio::time::sleep(PICK_UP).await;
        signaling.command(Cmd::Answer { leg, sdp: Some(sdp.into_bytes()), extra: Vec::new() });
        if last == '3' {
            tokio::time::sleep(Duration::from_secs(1)).await;
            signaling.command(Cmd::Hangup { leg, code: None, extra: Vec::new() });
            lock(&calls).voices.retain(|it| it.0 != leg);
        }
    });
}
