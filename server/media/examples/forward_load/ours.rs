//! The engine of this crate, one worker, in this process.

use std::{sync::Arc, time::Instant};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use patchbay_kernel::{CallId, Clock, LegId, SeededEntropy, Tick, Wall};
use patchbay_media::{Engine, EngineConfig, LegOpen, MediaEvent, MediaLegKind, MediaPolicy};
use patchbay_plane::{Codec, SrtpMode};
use tokio::{runtime::Runtime, sync::mpsc::UnboundedReceiver};

use crate::{Side, Subject, memory_kb, peer, threads_cpu_ns};

/// When all calls were born.
const BORN: Wall = Wall::from_unix_ms(1);

struct LoadClock(Instant);

impl Clock for LoadClock {
    fn tick(&self) -> Tick {
        Tick(self.0.elapsed().as_micros() as u64)
    }
    fn wall(&self) -> Wall {
        Wall(std::time::UNIX_EPOCH.elapsed().unwrap_or_default().as_micros() as i64)
    }
}

pub struct Ours {
    runtime: Runtime,
    engine: Engine,
    chance: SeededEntropy,
    _news: UnboundedReceiver<MediaEvent>,
}

impl Ours {
    pub fn start() -> Result<Self, String> {
        let runtime = tokio::runtime::Builder::new_current_thread().build().map_err(|e| e.to_string())?;
        let config = EngineConfig {
            bind: [127, 0, 0, 1].into(),
            advertised: [127, 0, 0, 1].into(),
            browser_udp_port: 0,
            rtp_first: 10_000,
            rtp_last: 17_999,
            workers: 1,
        };
        let clock = Arc::new(LoadClock(Instant::now()));
        let (engine, news) = Engine::start(config, clock, [3; 32]).map_err(|e| e.to_string())?;
        Ok(Self { runtime, engine, chance: SeededEntropy::new(1), _news: news })
    }
}

impl Ours {
    /// Opens a leg and answers the party's offer; the leg and the answer.
    pub fn answer(
        &mut self,
        call: CallId,
        srtp: SrtpMode,
        offer: &str,
        codec: Codec,
    ) -> Result<(LegId, String), String> {
        let leg = LegId::new(BORN, &mut self.chance);
        let open = LegOpen { leg, call, kind: MediaLegKind::gateway(srtp, false), near: None };
        let policy = MediaPolicy::new(vec![codec]);
        let answered = self.runtime.block_on(async {
            self.engine.leg_open(open).await?;
            self.engine.leg_answer(leg, offer, &policy).await
        });
        answered.map(|answer| (leg, answer)).map_err(|e| e.to_string())
    }

    /// A name for a new call.
    pub fn call(&mut self) -> CallId {
        CallId::new(BORN, &mut self.chance)
    }

    /// Joins two legs.
    pub fn bridge(&self, a: LegId, b: LegId) -> Result<(), String> {
        self.runtime.block_on(self.engine.bridge(a, b)).map_err(|e| e.to_string())
    }
}

impl Subject for Ours {
    fn join(&mut self, plain: u16, sealed: u16, key: &[u8]) -> Result<(Side, Side), String> {
        let call = self.call();
        let crypto = format!("a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:{}\r\n", STANDARD.encode(key));
        let plain = peer::description(plain, "RTP/AVP", "a=rtcp-mux\r\n");
        let sealed = peer::description(sealed, "RTP/SAVP", &format!("{crypto}a=rtcp-mux\r\n"));
        let (a, towards_plain) = self.answer(call, SrtpMode::Off, &plain, Codec::Pcmu)?;
        let (b, towards_sealed) = self.answer(call, SrtpMode::Required, &sealed, Codec::Pcmu)?;
        self.bridge(a, b)?;
        Ok((peer::read(&towards_plain)?, peer::read(&towards_sealed)?))
    }

    fn cpu_ns(&self) -> u64 {
        threads_cpu_ns(std::process::id(), |name| name.starts_with("media-"))
    }

    fn memory_kb(&self) -> u64 {
        memory_kb(std::process::id())
    }
}
