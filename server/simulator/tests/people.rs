//! A platform's signalling and voice against simulated boxes, with tones heard both ways.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use patchbay_codec::CodecId;
use patchbay_kernel::{Clock, SeededEntropy, Tick, Wall};
use patchbay_plane::Lab;
use patchbay_signaling::{
    Limits, Signaling, SignalingConfig,
    rustls::{ClientConfig, RootCertStore, crypto::ring},
};
use patchbay_simulator::{BoxConfig, LineConfig, Simulator, SimulatorConfig, Style, persona::Speech, voice::Voice};
use patchbay_sip::{Cmd, Event, FlowId, LegId, Route, StackConfig};
use tokio::sync::mpsc::UnboundedReceiver;

struct TestClock(std::time::Instant);

impl Clock for TestClock {
    fn tick(&self) -> Tick {
        Tick(self.0.elapsed().as_micros() as u64)
    }
    fn wall(&self) -> Wall {
        Wall(0)
    }
}

struct Platform {
    signaling: Signaling,
    events: UnboundedReceiver<Event>,
}

impl Platform {
    async fn start() -> Self {
        let tls = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(RootCertStore::empty())
            .with_no_client_auth();
        let config = SignalingConfig {
            listen: "127.0.0.1:0".parse().unwrap(),
            tls: None,
            tls_client: Arc::new(tls),
            stack: StackConfig::new("pbx.test", "127.0.0.1:0"),
            limits: Limits::default(),
        };
        let (signaling, events) = Signaling::start(config, clock(), [3; 32]).await.unwrap();
        Self { signaling, events }
    }

    async fn next(&mut self) -> Event {
        tokio::time::timeout(Duration::from_secs(5), self.events.recv()).await.expect("an event in time").unwrap()
    }

    fn dial(&self, to: SocketAddr, user: &str, sdp: String) -> LegId {
        let leg = self.signaling.new_leg();
        let to = Route { request_uri: format!("sip:{user}@{to}"), flow: FlowId::Udp(to), routes: Vec::new() };
        let from = "<sip:+14155550100@pbx.test>".into();
        self.signaling.command(Cmd::Dial { leg, to, from, extra: Vec::new(), sdp: sdp.into_bytes(), auth: None });
        leg
    }

    /// The final answer to the call of this leg: its description, or the status that refused it.
    async fn outcome(&mut self, wanted: LegId) -> Result<Vec<u8>, u16> {
        loop {
            match self.next().await {
                Event::Answered { leg, sdp, .. } if leg == wanted => return Ok(sdp.unwrap_or_default()),
                Event::Refused { leg, code, .. } if leg == wanted => return Err(code),
                _ => {}
            }
        }
    }
}

fn clock() -> Arc<dyn Clock> {
    Arc::new(TestClock(std::time::Instant::now()))
}

async fn simulate(platform: &Platform, style: Style, channels: Option<u32>) -> Simulator {
    let one = BoxConfig {
        label: "box".into(),
        style,
        listen: "127.0.0.1:0".parse().unwrap(),
        account: None,
        channels,
        lines: vec![LineConfig { number: "+14155550100".into(), account: None }],
    };
    let config = SimulatorConfig { server: platform.signaling.udp_addr(), domain: "pbx.test".into(), boxes: vec![one] };
    Simulator::start(config, clock(), Arc::new(|| Box::new(SeededEntropy::new(5)))).await.unwrap()
}

async fn voice(speech: Speech) -> Voice {
    let address = "127.0.0.1".parse().unwrap();
    let codecs = vec![CodecId::Pcmu, CodecId::Pcma];
    Voice::open(address, codecs, speech, &mut SeededEntropy::new(9)).await.unwrap().0
}

#[tokio::test]
async fn the_echo_sends_back_what_it_hears() {
    let mut platform = Platform::start().await;
    let lab = simulate(&platform, Style::E1, Some(30)).await;
    let mut own = voice(Speech::Tone(1_000)).await;
    let leg = platform.dial(lab.addresses()[0], "+14155550177", own.offer(false));
    let answer = platform.outcome(leg).await.expect("the echo answers");
    own.accept(&String::from_utf8(answer).unwrap()).unwrap();
    tokio::time::sleep(Duration::from_millis(900)).await;
    let heard = own.heard(1_000, 400);
    assert!(heard.share >= 0.95 && heard.level_dbfs > -20.0, "{heard:?}");
}

#[tokio::test]
async fn people_who_do_not_answer_say_why() {
    let mut platform = Platform::start().await;
    let lab = simulate(&platform, Style::E1, Some(30)).await;
    for (user, code) in [("+14155550143", 486), ("+14155550145", 503), ("+14155550146", 603), ("+14155550140", 404)] {
        let own = voice(Speech::Quiet).await.offer(false);
        let leg = platform.dial(lab.addresses()[0], user, own);
        assert_eq!(platform.outcome(leg).await, Err(code), "{user}");
    }
}

#[tokio::test]
async fn a_full_box_refuses_with_503() {
    let mut platform = Platform::start().await;
    let lab = simulate(&platform, Style::E1, Some(1)).await;
    let mut own = voice(Speech::Quiet).await;
    let first = platform.dial(lab.addresses()[0], "+14155550177", own.offer(false));
    assert!(platform.outcome(first).await.is_ok());
    let second = platform.dial(lab.addresses()[0], "+14155550177", voice(Speech::Quiet).await.offer(false));
    assert_eq!(platform.outcome(second).await, Err(503));
}

#[tokio::test]
async fn the_lab_rings_a_number_and_the_caller_is_heard() {
    let mut platform = Platform::start().await;
    let lab = simulate(&platform, Style::E1, Some(30)).await;
    assert!(lab.ring("+19995550100", "tone").await.is_err());
    assert!(lab.ring("+14155550100", "nobody").await.is_err());
    lab.ring("+14155550100", "tone").await.unwrap();
    let (leg, message) = loop {
        if let Event::Invite { leg, message, .. } = platform.next().await {
            break (leg, message);
        }
    };
    assert!(message.request_uri().starts_with("sip:+14155550100@"));
    let mut own = voice(Speech::Quiet).await;
    let answer = own.answer(&String::from_utf8_lossy(message.sdp().expect("an offer"))).unwrap();
    platform.signaling.command(Cmd::Answer { leg, sdp: Some(answer.into_bytes()), extra: Vec::new() });
    tokio::time::sleep(Duration::from_millis(700)).await;
    let heard = own.heard(440, 400);
    assert!(heard.share >= 0.95 && heard.level_dbfs > -16.0, "{heard:?}");
}
