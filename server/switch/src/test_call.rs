//! An operator's test of one gateway port: dial, send a tone, hear whether it comes back.

use std::{sync::Arc, time::Duration};

use patchbay_kernel::{EndCause, LegId, Tick};
use patchbay_media::{MediaLegKind, Play};
use patchbay_plane::{LegKind, PlaneError, SrtpMode, Target, TestCallAsk, TestStep, TestVerdict, TestVerdictKind};
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
        let called = ask.called.clone();
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
        let verdict = tokio::time::timeout(WITHIN, test.follow(seen, &door)).await;
        let _ = door.send(CallMessage::HangUp(EndCause::CallerHungUp));
        Ok(match verdict {
            Ok(verdict) => verdict,
            Err(_) => test.verdict(TestVerdictKind::NoAnswer, "Nobody answered in time", None),
        })
    }
}

impl Test {
    async fn follow(&mut self, mut seen: mpsc::UnboundedReceiver<Seen>, door: &CallDoor) -> TestVerdict {
        loop {
            match seen.recv().await {
                Some(Seen::Begun | Seen::Came) => {}
                Some(Seen::Ringing) => self.step("ringing", true, "It rings"),
                Some(Seen::Answered(leg)) => {
                    self.step("answered", true, "Answered");
                    return self.listen(leg, door, &mut seen).await;
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

    fn step(&mut self, key: &str, ok: bool, text: &str) {
        let ms = self.exchange.now().since(self.began).as_ms();
        self.steps.push(TestStep { key: key.to_owned(), ok, ms, text: text.to_owned() });
    }

    fn verdict(&mut self, key: TestVerdictKind, text: &str, sip_code: Option<u16>) -> TestVerdict {
        TestVerdict { key, text: text.to_owned(), cause: None, sip_code, steps: std::mem::take(&mut self.steps) }
    }
}
