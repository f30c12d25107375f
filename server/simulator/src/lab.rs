//! The running simulator: its boxes, and the orders of the laboratory.

use std::{io, sync::Arc};

use patchbay_kernel::{Clock, Entropy};
use patchbay_plane::{Lab, Later, PlaneError};
use patchbay_signaling::{
    Limits, Signaling, SignalingConfig,
    rustls::{ClientConfig, RootCertStore, crypto::ring},
};
use patchbay_sip::StackConfig;
use tokio::{
    sync::{mpsc, oneshot},
    task::JoinHandle,
};

use crate::{
    config::{BoxConfig, SimulatorConfig, Style},
    gateway::{Gateway, Order, Seed},
    persona,
};

struct Running {
    config: BoxConfig,
    orders: mpsc::UnboundedSender<Order>,
    signaling: Signaling,
    task: JoinHandle<()>,
}

/// A simulator that runs; its boxes end with it.
pub struct Simulator {
    boxes: Vec<Running>,
}

impl Simulator {
    /// Starts every box.
    ///
    /// # Errors
    /// When an address cannot be bound.
    pub async fn start(config: SimulatorConfig, clock: Arc<dyn Clock>, chance: Seed) -> io::Result<Self> {
        let mut boxes = Vec::new();
        for one in config.boxes {
            boxes.push(start(one, (config.server, &config.domain), clock.clone(), chance()).await?);
        }
        Ok(Self { boxes })
    }

    /// Where each box listens, in the order of the configuration.
    pub fn addresses(&self) -> Vec<std::net::SocketAddr> {
        self.boxes.iter().map(|running| running.signaling.udp_addr()).collect()
    }

    /// Ends every box.
    pub async fn stop(&self) {
        for running in &self.boxes {
            running.signaling.stop().await;
            running.task.abort();
        }
    }
}

async fn start(
    config: BoxConfig,
    (server, domain): (std::net::SocketAddr, &str),
    clock: Arc<dyn Clock>,
    mut chance: Box<dyn Entropy>,
) -> io::Result<Running> {
    let mut seed = [0; 32];
    chance.fill(&mut seed);
    let mut stack = StackConfig::new(domain, &config.listen.to_string());
    stack.user_agent = format!("Patchbay simulator ({})", config.label);
    let tls_client = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(io::Error::other)?
        .with_root_certificates(RootCertStore::empty())
        .with_no_client_auth();
    let listening = SignalingConfig {
        listen: config.listen,
        tls: None,
        tls_client: Arc::new(tls_client),
        stack,
        limits: Limits { messages_per_s: 10_000, burst: 20_000, ..Limits::default() },
    };
    let (signaling, events) = Signaling::start(listening, clock, seed).await?;
    let (orders, order_box) = mpsc::unbounded_channel();
    let gateway =
        Gateway::new(config.clone(), (server, domain.to_owned()), (signaling.clone(), events), order_box, chance);
    Ok(Running { config, orders, signaling, task: tokio::spawn(gateway.run()) })
}

impl Lab for Simulator {
    fn ring<'a>(&'a self, number: &'a str, persona: &'a str) -> Later<'a, Result<(), PlaneError>> {
        Box::pin(async move {
            let persona = persona::by_key(persona).ok_or_else(|| PlaneError(format!("nobody is called {persona}")))?;
            let owns = |running: &&Running| running.config.lines.iter().any(|line| line.number == number);
            let running = self.boxes.iter().find(owns);
            let running = running.ok_or_else(|| PlaneError(format!("{number} is behind no simulated gateway")))?;
            let (placed, answer) = oneshot::channel();
            let gone = || PlaneError(format!("{} has stopped", running.config.label));
            let order = Order::Ring { number: number.to_owned(), persona, placed };
            running.orders.send(order).map_err(|_| gone())?;
            answer.await.map_err(|_| gone())?.map_err(PlaneError)
        })
    }

    fn personas(&self) -> Vec<(String, String)> {
        persona::ALL.iter().map(|one| (one.key.to_owned(), one.text.to_owned())).collect()
    }

    /// A number of nobody's range whose suffix names no other person.
    fn echo_number(&self) -> String {
        let e1 = self.boxes.iter().find(|running| running.config.style == Style::E1);
        let block = e1.or(self.boxes.first()).and_then(|running| running.config.lines.first());
        let prefix = block.map_or("+1415555", |line| line.number.get(..8).unwrap_or("+1415555"));
        format!("{prefix}0177")
    }
}
