//! A test of one gateway port: dial, send a tone, hear whether it comes back. And the check whose a number is, which goes the
//! same way: whoever answers there keys in the code that the company was shown.

use std::{sync::Arc, time::Duration};

use patchbay_kernel::{EndCause, LegId, Tick};
use patchbay_media::{Clip, MediaLegKind, Play, PlayId, PlayItem};
use patchbay_plane::{
    KeyedCode, LegKind, PlaneError, SrtpMode, Target, TestCallAsk, TestStep, TestVerdict, TestVerdictKind,
};
use tokio::sync::mpsc;

use crate::{
    call_task::{CallMessage, CallTask, Caller, CallerFacts, Seen, Wire},
    exchange::Exchange,
    live::CallDoor,
    supervise,
};

/// What is sent and listened for.
const TONE_HZ: u16 = 1_000;
/// Share of the energy at that frequency that counts as our tone.
const SHARE: f32 = 0.5;
/// Quieter than this is nothing.
const AUDIBLE_DBFS: f32 = -45.0;
/// How long the answered call is listened to.
const LISTEN: Duration = Duration::from_secs(6);
/// How often the ear is asked.
const LOOK_EVERY: Duration = Duration::from_millis(100);
/// The whole test.
const WITHIN: Duration = Duration::from_secs(38);
/// The whole check of a number: ringing, and time to read a code off a screen.
const CHECK_WITHIN: Duration = Duration::from_secs(90);
/// Codes that may be keyed in in one call.
const TRIES: u8 = 3;
/// From one asking for the code to the next.
const ASK_EVERY: Duration = Duration::from_secs(8);
/// That is it, and it is not: Hertz of the signal.
const RIGHT_HZ: u16 = 1_400;
const WRONG_HZ: u16 = 400;
/// How long the signal is heard.
const SIGNAL: Duration = Duration::from_millis(700);

struct Test {
    exchange: Arc<Exchange>,
    began: Tick,
    steps: Vec<TestStep>,
}

impl Exchange {
    /// Places the test call and waits for its verdict.
    pub(crate) async fn place_test(self: Arc<Self>, ask: TestCallAsk) -> Result<TestVerdict, PlaneError> {
        let (began, wall) = (self.now(), self.wall());
        let mut test = Test { exchange: self.clone(), began, steps: Vec::new() };
        let (called, code) = (ask.called.clone(), ask.code.clone());
        let plan = match self.outside.directory.test_plan(ask).await {
            Ok(plan) => plan,
            Err(refusal) => {
                let verdict = test.verdict(TestVerdictKind::Refused, &refusal.text, None);
                return Ok(TestVerdict { cause: Some(refusal.cause), ..verdict });
            }
        };
        let trunk = plan.stages.first().and_then(|stage| stage.targets.first()).cloned();
        let Some(Target::Trunk(trunk)) = trunk else {
            return Ok(test.verdict(TestVerdictKind::Refused, "The plan names no gateway port", None));
        };
        if self.trunk_route(&trunk, None).await.is_none() {
            test.step("registered", false, "The gateway is not registered, or cannot be reached");
            return Ok(test.verdict(TestVerdictKind::NotRegistered, "The gateway is not there", None));
        }
        test.step("registered", true, "There is a way to the gateway");
        let ways = plan.stages.iter().map(|stage| stage.targets.iter().map(|_| None).collect()).collect();
        let facts = CallerFacts { kind: LegKind::Service, party: "test".into(), seat: None, device: None, line: None };
        let media = MediaLegKind::gateway(SrtpMode::Off, false);
        let caller = Caller { leg: self.new_leg(), wire: Wire::Service, media, facts };
        let (door, inbox) = mpsc::unbounded_channel();
        let mut task = CallTask::new(self.clone(), (plan, ways), caller, None, (door.clone(), inbox), (began, wall));
        let seen = task.watch();
        tokio::spawn(supervise::run(self.clone(), task));
        test.step("invite", true, &format!("{called} is dialled"));
        let within = if code.is_some() { CHECK_WITHIN } else { WITHIN };
        let verdict = tokio::time::timeout(within, test.follow(seen, &door, code.as_ref())).await;
        let _ = door.send(CallMessage::HangUp(EndCause::CallerHungUp));
        Ok(match verdict {
            Ok(verdict) => verdict,
            Err(_) if code.is_some() => test.verdict(TestVerdictKind::NoCode, "The code did not come in time", None),
            Err(_) => test.verdict(TestVerdictKind::NoAnswer, "Nobody answered in time", None),
        })
    }
}

impl Test {
    async fn follow(
        &mut self,
        mut seen: mpsc::UnboundedReceiver<Seen>,
        door: &CallDoor,
        code: Option<&KeyedCode>,
    ) -> TestVerdict {
        loop {
            match seen.recv().await {
                Some(Seen::Begun | Seen::Came | Seen::Key(_)) => {}
                Some(Seen::Ringing) => self.step("ringing", true, "It rings"),
                Some(Seen::Answered(leg)) => {
                    self.step("answered", true, "Answered");
                    return match code {
                        Some(code) => self.ask_for(code, leg, door, &mut seen).await,
                        None => self.listen(leg, door, &mut seen).await,
                    };
                }
                Some(Seen::Ended { cause, sip_status, detail }) => return self.failed(cause, sip_status, detail),
                None => return self.verdict(TestVerdictKind::Refused, "The call broke", None),
            }
        }
    }

    fn failed(&mut self, cause: EndCause, sip_status: Option<u16>, detail: Option<String>) -> TestVerdict {
        let key = match cause {
            EndCause::Busy => TestVerdictKind::Busy,
            EndCause::NoAnswer | EndCause::CarrierSilent => TestVerdictKind::NoAnswer,
            EndCause::Unreachable | EndCause::FlowLost => TestVerdictKind::NotRegistered,
            _ => TestVerdictKind::Refused,
        };
        let text = match (&detail, sip_status) {
            (Some(detail), _) => detail.clone(),
            (None, Some(status)) => format!("{status} {}", patchbay_sip::wire::write::phrase(status)),
            (None, None) => cause.code().replace('_', " "),
        };
        self.step("answered", false, &text);
        TestVerdict { cause: Some(cause), ..self.verdict(key, &text, sip_status) }
    }

    /// Sends the tone and listens. Audio at all is one thing, our own tone in it another.
    async fn listen(&mut self, leg: LegId, door: &CallDoor, seen: &mut mpsc::UnboundedReceiver<Seen>) -> TestVerdict {
        let media = self.exchange.media.clone();
        self.exchange.media_play(leg, Play::Tone { hz: TONE_HZ });
        let until = self.exchange.now() + patchbay_kernel::time::Span(LISTEN.as_micros() as u64);
        let (mut received, mut echoed) = (false, false);
        while self.exchange.now() < until && !echoed {
            if let Ok(Some(Seen::Ended { cause, .. })) = tokio::time::timeout(LOOK_EVERY, seen.recv()).await {
                self.step("hung_up", false, &format!("The far end hung up ({})", cause.code()));
                break;
            }
            if !received && media.leg_figures(leg).await.is_some_and(|figures| figures.received > 0) {
                received = true;
                self.step("audio_received", true, "Audio comes from the gateway");
            }
            let heard = media.hear(leg, TONE_HZ).await;
            echoed = heard.is_some_and(|it| it.share >= SHARE && it.level_dbfs >= AUDIBLE_DBFS);
        }
        if echoed {
            self.step("audio_sent", true, "Our tone comes back");
        }
        self.exchange.media_stop_play(leg);
        let _ = door.send(CallMessage::HangUp(EndCause::CallerHungUp));
        self.step("hung_up", true, "Hung up");
        match (received, echoed) {
            (_, true) => self.verdict(TestVerdictKind::Ok, "Audio was heard both ways", None),
            (true, false) => {
                self.step("audio_sent", false, "Our tone does not come back");
                self.verdict(TestVerdictKind::NoAudioSent, "Audio comes, but our tone does not come back", None)
            }
            (false, false) => {
                self.step("audio_received", false, "Nothing comes from the gateway");
                self.verdict(TestVerdictKind::NoAudioReceived, "Answered, but nothing is heard from the gateway", None)
            }
        }
    }

    /// Asks for the code, again and again, until it is keyed in, was wrong too often, or they hang up.
    async fn ask_for(
        &mut self,
        code: &KeyedCode,
        leg: LegId,
        door: &CallDoor,
        seen: &mut mpsc::UnboundedReceiver<Seen>,
    ) -> TestVerdict {
        let (exchange, wanted) = (self.exchange.clone(), code.code.expose().clone());
        let said = exchange.outside.directory.sound(code.tenant, &code.ask);
        let said = tokio::time::timeout(ASK_EVERY, said).await.ok().and_then(Result::ok).flatten();
        let clip = said.map_or_else(crate::music::beep, Clip::new);
        let (mut tries, mut keyed, mut next) = (0, String::new(), self.exchange.now());
        let verdict = loop {
            if keyed.is_empty() && self.exchange.now() >= next {
                drop(exchange.media.play_clips(leg, vec![PlayItem::once(PlayId(0), clip.clone())]));
                next = self.exchange.now()
                    + patchbay_kernel::time::Span(ASK_EVERY.as_micros() as u64)
                    + patchbay_kernel::time::Span::ms(u64::from(clip.ms()));
            }
            match tokio::time::timeout(LOOK_EVERY, seen.recv()).await {
                Err(_) | Ok(Some(Seen::Begun | Seen::Came | Seen::Ringing | Seen::Answered(_))) => continue,
                Ok(Some(Seen::Key('*' | '#'))) => keyed.clear(),
                Ok(Some(Seen::Key(key))) => {
                    if keyed.is_empty() {
                        exchange.media_stop_play(leg);
                    }
                    keyed.push(key);
                }
                Ok(Some(Seen::Ended { .. }) | None) => {
                    let wrong = tries > 0;
                    self.step("code", false, "They hung up");
                    let key = if wrong { TestVerdictKind::WrongCode } else { TestVerdictKind::NoCode };
                    return self.verdict(key, "They hung up before the code was keyed in", None);
                }
            }
            if keyed.len() < wanted.len() {
                continue;
            }
            let right = keyed == wanted;
            keyed.clear();
            tries += 1;
            self.signal(leg, if right { RIGHT_HZ } else { WRONG_HZ }).await;
            if right {
                self.step("code", true, "The code was keyed in");
                break self.verdict(TestVerdictKind::CodeKeyed, "The code was keyed in", None);
            }
            self.step("code", false, "Another code was keyed in");
            if tries >= TRIES {
                break self.verdict(TestVerdictKind::WrongCode, "Wrong codes were keyed in", None);
            }
            next = self.exchange.now();
        };
        let _ = door.send(CallMessage::HangUp(EndCause::CallerHungUp));
        self.step("hung_up", true, "Hung up");
        verdict
    }

    /// A short tone.
    async fn signal(&self, leg: LegId, hz: u16) {
        self.exchange.media_play(leg, Play::Tone { hz });
        tokio::time::sleep(SIGNAL).await;
        self.exchange.media_stop_play(leg);
    }

    fn step(&mut self, key: &str, ok: bool, text: &str) {
        let ms = self.exchange.now().since(self.began).as_ms();
        self.steps.push(TestStep { key: key.to_owned(), ok, ms, text: text.to_owned() });
    }

    fn verdict(&mut self, key: TestVerdictKind, text: &str, sip_code: Option<u16>) -> TestVerdict {
        TestVerdict { key, text: text.to_owned(), cause: None, sip_code, steps: std::mem::take(&mut self.steps) }
    }
}
