//! A hundred places for a call, each with one call after the other.

use std::{
    collections::{BTreeMap, HashMap},
    time::{Duration, Instant},
};

use patchbay_codec::CodecId;
use patchbay_sip::{ClientAuth, Cmd, Event, FlowId, LegId, Message, Route};
use patchbay_tests::peer::Peer;
use serde_json::{Value, json};

use crate::{
    Orders,
    end::{End, Tally},
    pump::{Shared, lock},
};

/// How long anything of the signalling may take.
const PATIENCE: Duration = Duration::from_secs(10);
/// From the end of one call to the next.
const BETWEEN: Duration = Duration::from_millis(500);
/// The lowest tone and the distance between two, Hz: every end has its own, so that a crossed call is heard.
const TONES: (u16, u16) = (400, 10);

enum State {
    Idle,
    Dialled {
        caller: LegId,
        called: Option<LegId>,
        since: Instant,
    },
    Up {
        caller: LegId,
        called: LegId,
    },
    /// One side has hung up; whether the other has been told.
    Ending {
        since: Instant,
    },
}

struct Slot {
    caller: Shared,
    called: Shared,
    round: u32,
    state: State,
}

/// All of them, and what became of their calls.
pub struct Slots {
    orders: Orders,
    desk: Peer,
    far: Peer,
    slots: Vec<Slot>,
    callers: HashMap<LegId, usize>,
    calleds: HashMap<LegId, usize>,
    began: Instant,
    placed: u64,
    answered: u64,
    good: u64,
    failed: BTreeMap<String, u64>,
    total: Tally,
}

impl Slots {
    /// Opens every end.
    ///
    /// # Errors
    /// When the UDP ports are used up.
    pub fn open(orders: Orders, desk: Peer, far: Peer) -> std::io::Result<Self> {
        let mut slots = Vec::new();
        for number in 0..orders.calls {
            let tone = |side: u16| TONES.0 + TONES.1 * (2 * number + side);
            let law = if number % 2 == 0 { CodecId::Pcmu } else { CodecId::Pcma };
            let ours = if number < orders.opus { CodecId::Opus } else { law };
            let open = |codec, says, hears| End::open(codec, says, hears).map(|end| Shared::new(end.into()));
            let (caller, called) = (open(ours, tone(0), tone(1))?, open(law, tone(1), tone(0))?);
            slots.push(Slot { caller, called, round: 0, state: State::Idle });
        }
        Ok(Self {
            orders,
            desk,
            far,
            slots,
            callers: HashMap::new(),
            calleds: HashMap::new(),
            began: Instant::now(),
            placed: 0,
            answered: 0,
            good: 0,
            failed: BTreeMap::new(),
            total: Tally { worst: 1_000, ..Tally::default() },
        })
    }

    /// For the thread that moves the audio.
    pub fn ends(&self) -> Vec<Shared> {
        self.slots.iter().flat_map(|slot| [slot.caller.clone(), slot.called.clone()]).collect()
    }

    /// All calls, one line of figures each ten seconds.
    pub async fn run(&mut self, tell: impl Fn(Value)) {
        let mut beat = tokio::time::interval(Duration::from_millis(20));
        let mut told = Instant::now();
        while self.slots.iter().any(|slot| slot.round < self.orders.rounds || !matches!(slot.state, State::Idle)) {
            tokio::select! {
                _ = beat.tick() => {
                    for number in 0..self.slots.len() {
                        self.look(number);
                    }
                    if told.elapsed() >= Duration::from_secs(10) {
                        told = Instant::now();
                        tell(self.figures(false));
                    }
                }
                Some(event) = self.desk.events.recv() => self.at_desk(event),
                Some(event) = self.far.events.recv() => self.at_far(event),
            }
        }
        tell(self.figures(true));
    }

    fn figures(&self, done: bool) -> Value {
        let up = self.slots.iter().filter(|slot| matches!(slot.state, State::Up { .. })).count();
        let Tally { sent, received, lost, heard, again, missed, worst } = self.total;
        json!({"done": done, "placed": self.placed, "answered": self.answered, "good": self.good, "up": up,
            "failed": self.failed, "sent": sent, "received": received, "lost": lost, "heard": heard, "again": again,
            "missed": missed, "worst_share": f64::from(worst) / 1_000.0})
    }

    /// When the call of this round is due: the slots begin evenly over one length of a call.
    fn due(&self, number: usize, round: u32) -> Instant {
        let offset = self.orders.length * u32::try_from(number).unwrap_or(0) / u32::from(self.orders.calls);
        self.began + offset + self.orders.length * round
    }

    fn look(&mut self, number: usize) {
        let slot = &self.slots[number];
        let now = Instant::now();
        match slot.state {
            State::Idle if slot.round < self.orders.rounds && now >= self.due(number, slot.round) => self.dial(number),
            State::Dialled { since, .. } if now >= since + PATIENCE => self.fail(number, "not answered in time"),
            State::Up { caller, called } if now >= self.due(number, slot.round + 1) - BETWEEN => {
                self.slots[number].state = State::Ending { since: now };
                // One side, then the other.
                let (peer, leg) = if slot_turn(number, self.slots[number].round) {
                    (&self.desk, caller)
                } else {
                    (&self.far, called)
                };
                peer.signaling.command(Cmd::Hangup { leg, code: None, extra: Vec::new() });
            }
            State::Ending { since } if now >= since + PATIENCE => self.fail(number, "stuck: the end did not arrive"),
            _ => {}
        }
    }

    fn dial(&mut self, number: usize) {
        let (leg, to) = (self.desk.signaling.new_leg(), self.orders.server);
        let slot = &mut self.slots[number];
        slot.state = State::Dialled { caller: leg, called: None, since: Instant::now() };
        let sdp = lock(&slot.caller).offer().into_bytes();
        self.callers.insert(leg, number);
        self.placed += 1;
        let request_uri = format!("sip:+1415556{number:04}@{to}");
        self.desk.signaling.command(Cmd::Dial {
            leg,
            to: Route { request_uri, flow: FlowId::Udp(to), routes: Vec::new() },
            from: format!("<sip:load@{}>", self.desk.signaling.udp_addr()),
            extra: Vec::new(),
            sdp,
            auth: Some(ClientAuth {
                username: self.orders.username.clone(),
                password: self.orders.password.clone(),
                realm: None,
            }),
        });
    }

    fn at_desk(&mut self, event: Event) {
        let whose = |leg: &LegId| self.callers.get(leg).copied();
        match event {
            Event::Answered { leg, sdp, .. } => {
                let Some(number) = whose(&leg) else { return };
                self.answered(number, &sdp.unwrap_or_default());
            }
            Event::Refused { leg, code, .. } => {
                let Some(number) = whose(&leg) else { return };
                self.fail(number, &format!("refused with {code}"));
            }
            Event::Ended { leg, .. } => {
                let Some(number) = whose(&leg) else { return };
                self.ended(number);
            }
            Event::Offer { leg, sdp } => {
                let Some(number) = whose(&leg) else { return };
                changed(&self.desk, leg, &self.slots[number].caller, sdp);
            }
            other => otherwise(&self.desk, &other),
        }
    }

    fn at_far(&mut self, event: Event) {
        match event {
            Event::Invite { leg, message, .. } => self.called(leg, &message),
            Event::Ended { leg, .. } => {
                if let Some(number) = self.calleds.get(&leg) {
                    self.ended(*number);
                }
            }
            Event::Offer { leg, sdp } => {
                let Some(number) = self.calleds.get(&leg) else { return };
                changed(&self.far, leg, &self.slots[*number].called, sdp);
            }
            other => otherwise(&self.far, &other),
        }
    }

    fn called(&mut self, leg: LegId, message: &Message) {
        let uri = message.request_uri();
        let user = uri.trim_start_matches("sip:").split('@').next().unwrap_or_default();
        let number = user.get(user.len().saturating_sub(4)..).and_then(|digits| digits.parse::<usize>().ok());
        let slot = number.and_then(|number| self.slots.get_mut(number));
        let Some((slot, number)) = slot.zip(number) else { return };
        let State::Dialled { called, .. } = &mut slot.state else { return };
        *called = Some(leg);
        self.calleds.insert(leg, number);
        let offered = String::from_utf8_lossy(message.sdp().unwrap_or_default()).into_owned();
        let answer = lock(&slot.called).answer(&offered);
        match answer {
            Ok(sdp) => {
                self.far.signaling.command(Cmd::Ring { leg, code: 180, sdp: None, extra: Vec::new() });
                self.far.signaling.command(Cmd::Answer { leg, sdp: Some(sdp.into_bytes()), extra: Vec::new() });
            }
            Err(why) => {
                self.far.signaling.command(Cmd::Refuse { leg, code: 488, extra: Vec::new() });
                self.fail(number, &format!("the far end cannot answer: {why}"));
            }
        }
    }

    fn answered(&mut self, number: usize, sdp: &[u8]) {
        let slot = &mut self.slots[number];
        let State::Dialled { caller, called: Some(called), .. } = slot.state else { return };
        let agreed = lock(&slot.caller).accept(&String::from_utf8_lossy(sdp));
        if let Err(why) = agreed {
            return self.fail(number, &format!("the answer does not suit: {why}"));
        }
        slot.state = State::Up { caller, called };
        self.answered += 1;
    }

    /// One of its legs is over, not by an order of ours.
    fn ended(&mut self, number: usize) {
        match self.slots[number].state {
            State::Ending { .. } => self.finish(number),
            State::Up { .. } | State::Dialled { .. } => self.fail(number, "lost: ended before its time"),
            State::Idle => {}
        }
    }

    /// Both sides know that it is over.
    fn finish(&mut self, number: usize) {
        let tallies = self.hear_out(number);
        if tallies.iter().all(|tally| tally.heard > 0 && tally.missed == 0) {
            self.good += 1;
        } else {
            let why = format!("not heard: {tallies:?}");
            self.count_failure(number, "not heard", &why);
        }
        self.rest(number);
    }

    fn fail(&mut self, number: usize, why: &str) {
        let tallies = self.hear_out(number);
        self.count_failure(number, why, &format!("{why}: {tallies:?}"));
        for (peer, legs) in [(&self.desk, &self.callers), (&self.far, &self.calleds)] {
            for (leg, _) in legs.iter().filter(|(_, of)| **of == number) {
                peer.signaling.command(Cmd::Hangup { leg: *leg, code: None, extra: Vec::new() });
            }
        }
        self.rest(number);
    }

    fn count_failure(&mut self, number: usize, kind: &str, why: &str) {
        eprintln!("call {number}/{} after {:?}: {why}", self.slots[number].round, self.began.elapsed());
        *self.failed.entry(kind.to_owned()).or_default() += 1;
    }

    fn hear_out(&mut self, number: usize) -> [Tally; 2] {
        let slot = &self.slots[number];
        let tallies = [lock(&slot.caller).over(), lock(&slot.called).over()];
        for tally in tallies {
            self.total.sent += tally.sent;
            self.total.received += tally.received;
            self.total.lost += tally.lost;
            self.total.heard += tally.heard;
            self.total.again += tally.again;
            self.total.missed += tally.missed;
            self.total.worst = self.total.worst.min(tally.worst);
        }
        tallies
    }

    fn rest(&mut self, number: usize) {
        self.callers.retain(|_, of| *of != number);
        self.calleds.retain(|_, of| *of != number);
        self.slots[number].state = State::Idle;
        self.slots[number].round += 1;
    }
}

/// Who hangs up: the caller, or else the called party.
const fn slot_turn(number: usize, round: u32) -> bool {
    (number as u64 / 2 + round as u64).is_multiple_of(2)
}

/// The other side changes the session, or only refreshes it.
fn changed(peer: &Peer, leg: LegId, end: &Shared, sdp: Option<Vec<u8>>) {
    let text = match sdp {
        Some(offered) => lock(end).answer(&String::from_utf8_lossy(&offered)),
        None => Ok(lock(end).offer()),
    };
    peer.signaling.command(match text {
        Ok(sdp) => Cmd::Accept { leg, sdp: Some(sdp.into_bytes()) },
        Err(_) => Cmd::Reject { leg, code: 488 },
    });
}

/// What is no matter of a call: OPTIONS of the platform.
fn otherwise(peer: &Peer, event: &Event) {
    if let Event::Request { request, .. } | Event::Refer { request, .. } = event {
        peer.signaling.command(Cmd::Respond { request: *request, code: 200, extra: Vec::new() });
    }
}
