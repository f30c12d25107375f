//! Everything simulated, switched on and off.

use std::{
    io,
    net::SocketAddr,
    sync::{Arc, Mutex},
};

use patchbay_kernel::{Clock, SeededEntropy};
use patchbay_signaling::{Limits, Signaling, SignalingConfig, rustls};
use patchbay_sip::{FlowId, StackConfig};
use tokio::{sync::watch, task::JoinHandle};

use crate::{
    config::{GatewayConfig, Kind, SimulatorConfig},
    gateway::{Common, Gateway, Keyed, lock},
    persona::People,
    register,
};

/// The running simulation.
pub struct Simulator {
    gateways: Mutex<Vec<Racked>>,
    common: Common,
    echo: String,
    seed: [u8; 32],
    stop: watch::Sender<bool>,
    registrations: tokio::sync::Mutex<Vec<JoinHandle<()>>>,
}

/// A box that is on, and what later orders call it.
struct Racked {
    key: String,
    gateway: Arc<Gateway>,
    /// Keeps it registered; for those that can be switched off one by one.
    kept: Vec<JoinHandle<()>>,
}

impl Simulator {
    /// Switches every box on. Registrations begin at once and are repeated until the platform is there.
    ///
    /// # Errors
    /// When an address cannot be bound.
    pub async fn start(config: SimulatorConfig, clock: Arc<dyn Clock>, seed: [u8; 32]) -> io::Result<Arc<Self>> {
        let people = Arc::new(People::new(config.personas));
        let common = Common {
            platform: FlowId::Udp(config.platform),
            domain: config.domain,
            people: people.clone(),
            audio: config.audio,
            clock: clock.clone(),
            keyed: Arc::default(),
        };
        let (stop, _) = watch::channel(false);
        let echo = config.echo_number;
        let (gateways, registrations) = (Mutex::default(), tokio::sync::Mutex::default());
        let simulator = Arc::new(Self { gateways, common, echo, seed, stop, registrations });
        for gateway in config.gateways {
            let key = gateway.label.clone();
            let kept = simulator.switch_on(&key, gateway).await?;
            simulator.registrations.lock().await.extend(kept);
        }
        Ok(simulator)
    }

    /// Switches one box on; answers what keeps it registered.
    async fn switch_on(&self, key: &str, config: GatewayConfig) -> io::Result<Vec<JoinHandle<()>>> {
        let mut seed = self.seed;
        let at = lock(&self.gateways).len();
        seed[0] = seed[0].wrapping_add(u8::try_from(at).unwrap_or(u8::MAX));
        let settings = signaling(&config.label, config.listen)?;
        let (signaling, events) = Signaling::start(settings, self.common.clock.clone(), seed).await?;
        let chance = SeededEntropy::new(u64::from_le_bytes(seed.first_chunk().copied().unwrap_or_default()));
        let gateway = Gateway::new(config, signaling, &self.common, chance);
        tokio::spawn(gateway.clone().run(events));
        let keep = |account| tokio::spawn(register::keep(gateway.clone(), account, self.stop.subscribe()));
        let kept = gateway.config.accounts().into_iter().map(keep).collect();
        lock(&self.gateways).push(Racked { key: key.to_owned(), gateway, kept: Vec::new() });
        Ok(kept)
    }

    /// Switches a box on that can be switched off by itself.
    pub(crate) async fn rack(&self, key: &str, kind: Kind, label: &str) -> io::Result<()> {
        let listen = SocketAddr::new(self.common.audio, 0);
        let kept = self.switch_on(key, GatewayConfig { label: label.to_owned(), listen, kind }).await?;
        if let Some(racked) = lock(&self.gateways).iter_mut().rev().find(|racked| racked.key == key) {
            racked.kept = kept;
        }
        Ok(())
    }

    /// Switches it off.
    pub(crate) fn unrack(&self, key: &str) {
        let mut gateways = lock(&self.gateways);
        let Some(at) = gateways.iter().position(|racked| racked.key == key) else { return };
        let racked = gateways.remove(at);
        racked.kept.iter().for_each(JoinHandle::abort);
        tokio::spawn(async move { racked.gateway.signaling.stop().await });
    }

    /// Where the box of this name takes SIP.
    pub fn address(&self, label: &str) -> Option<SocketAddr> {
        let gateways = self.gateways();
        let gateway = gateways.iter().find(|gateway| gateway.config.label == label)?;
        Some(gateway.signaling.udp_addr())
    }

    /// Takes registrations back and switches every box off. Calls that are up are left to their other side's timers.
    pub async fn stop(&self) {
        self.stop.send_replace(true);
        for registration in self.registrations.lock().await.drain(..) {
            // The SIP core answers each request within 32 s, so this ends.
            let _ = registration.await;
        }
        for gateway in self.gateways() {
            gateway.signaling.stop().await;
        }
    }

    pub(crate) fn gateways(&self) -> Vec<Arc<Gateway>> {
        lock(&self.gateways).iter().map(|racked| racked.gateway.clone()).collect()
    }

    /// The box that later orders call so.
    pub(crate) fn named(&self, key: &str) -> Option<Arc<Gateway>> {
        lock(&self.gateways).iter().find(|racked| racked.key == key).map(|racked| racked.gateway.clone())
    }

    pub(crate) fn keyed(&self) -> &Keyed {
        &self.common.keyed
    }

    pub(crate) fn people(&self) -> &People {
        &self.common.people
    }

    pub(crate) fn echo(&self) -> &str {
        &self.echo
    }
}

fn signaling(label: &str, listen: SocketAddr) -> io::Result<SignalingConfig> {
    let host = match listen {
        SocketAddr::V4(at) => at.to_string(),
        SocketAddr::V6(at) => format!("[{}]:{}", at.ip(), at.port()),
    };
    // The boxes never open TLS; the settings want a client all the same.
    let client = rustls::ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(io::Error::other)?
        .with_root_certificates(rustls::RootCertStore::empty())
        .with_no_client_auth();
    Ok(SignalingConfig {
        listen,
        tls: None,
        tls_client: Arc::new(client),
        stack: StackConfig { user_agent: label.to_owned(), ..StackConfig::new(&listen.ip().to_string(), &host) },
        limits: Limits::default(),
    })
}
