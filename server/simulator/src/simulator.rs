//! Everything simulated, switched on and off.

use std::{io, net::SocketAddr, sync::Arc};

use patchbay_kernel::{Clock, SeededEntropy};
use patchbay_signaling::{Limits, Signaling, SignalingConfig, rustls};
use patchbay_sip::{FlowId, StackConfig};
use tokio::{sync::watch, task::JoinHandle};

use crate::{
    config::SimulatorConfig,
    gateway::{Common, Gateway},
    persona::People,
    register,
};

/// The running simulation.
pub struct Simulator {
    gateways: Vec<Arc<Gateway>>,
    people: Arc<People>,
    echo: String,
    stop: watch::Sender<bool>,
    registrations: tokio::sync::Mutex<Vec<JoinHandle<()>>>,
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
        };
        let (stop, stopped) = watch::channel(false);
        let (mut gateways, mut registrations) = (Vec::new(), Vec::new());
        for (at, gateway) in config.gateways.into_iter().enumerate() {
            let mut seed = seed;
            seed[0] = seed[0].wrapping_add(u8::try_from(at).unwrap_or(u8::MAX));
            let (signaling, events) =
                Signaling::start(signaling(&gateway.label, gateway.listen)?, clock.clone(), seed).await?;
            let chance = SeededEntropy::new(u64::from_le_bytes(seed.first_chunk().copied().unwrap_or_default()));
            let gateway = Gateway::new(gateway, signaling, &common, chance);
            tokio::spawn(gateway.clone().run(events));
            for account in gateway.config.accounts() {
                registrations.push(tokio::spawn(register::keep(gateway.clone(), account, stopped.clone())));
            }
            gateways.push(gateway);
        }
        let registrations = tokio::sync::Mutex::new(registrations);
        Ok(Arc::new(Self { gateways, people, echo: config.echo_number, stop, registrations }))
    }

    /// Where the box of this name takes SIP.
    pub fn address(&self, label: &str) -> Option<SocketAddr> {
        let gateway = self.gateways.iter().find(|gateway| gateway.config.label == label)?;
        Some(gateway.signaling.udp_addr())
    }

    /// Takes registrations back and switches every box off. Calls that are up are left to their other side's timers.
    pub async fn stop(&self) {
        self.stop.send_replace(true);
        for registration in self.registrations.lock().await.drain(..) {
            // The SIP core answers each request within 32 s, so this ends.
            let _ = registration.await;
        }
        for gateway in &self.gateways {
            gateway.signaling.stop().await;
        }
    }

    pub(crate) fn gateways(&self) -> &[Arc<Gateway>] {
        &self.gateways
    }

    pub(crate) fn people(&self) -> &People {
        &self.people
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
