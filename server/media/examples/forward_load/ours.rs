//! The engine of this crate, one worker, in this process.

use std::{sync::Arc, time::Instant};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use patchbay_kernel::{CallId, Clock, LegId, SeededEntropy, Tick, Wall};
use patchbay_media::{Engine, EngineConfig, LegOpen, MediaEvent, MediaLegKind, MediaPolicy};
use patchbay_plane::{Codec, SrtpMode};
use tokio::{runtime::Runtime, sync::mpsc::UnboundedReceiver};

use crate::{Side, Subject, peer, threads_cpu_ns};

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

impl Subject for Ours {
    fn join(&mut self, plain: u16, sealed: u16, key: &[u8]) -> Result<(Side, Side), String> {
        let born = Wall::from_unix_ms(1);
        let call = CallId::new(born, &mut self.chance);
        let policy = MediaPolicy::new(vec![Codec::Pcmu]);
        let crypto = format!("a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:{}\r\n", STANDARD.encode(key));
        let parties = [
            (SrtpMode::Off, peer::description(plain, "RTP/AVP", "a=rtcp-mux\r\n")),
            (SrtpMode::Required, peer::description(sealed, "RTP/SAVP", &format!("{crypto}a=rtcp-mux\r\n"))),
        ];
        let (mut sides, mut legs) = (Vec::new(), Vec::new());
        for (srtp, offer) in parties {
            let leg = LegId::new(born, &mut self.chance);
            let open = LegOpen { leg, call, kind: MediaLegKind::gateway(srtp, false), near: None };
            let answer = self
                .runtime
                .block_on(async {
                    self.engine.leg_open(open).await?;
                    self.engine.leg_answer(leg, &offer, &policy).await
                })
                .map_err(|e| e.to_string())?;
            sides.push(peer::read(&answer)?);
            legs.push(leg);
        }
        self.runtime.block_on(self.engine.bridge(legs[0], legs[1])).map_err(|e| e.to_string())?;
        let sealed = sides.pop().ok_or("no side")?;
        Ok((sides.pop().ok_or("no side")?, sealed))
    }

    fn cpu_ns(&self) -> u64 {
        threads_cpu_ns(std::process::id(), |name| name.starts_with("media-"))
    }
}
