//! One end of calls outside of the server: signalling of its own, voices of its own.

use std::{net::SocketAddr, sync::Arc, time::Instant};

use patchbay_codec::CodecId;
use patchbay_kernel::{Clock, SeededEntropy, Tick, Wall};
use patchbay_signaling::{
    Limits, Signaling, SignalingConfig,
    rustls::{ClientConfig, RootCertStore, crypto::ring},
};
use patchbay_sip::{Event, StackConfig};
use tokio::sync::mpsc::UnboundedReceiver;

use crate::voice::{Speech, Voice};

/// A clock that began with the test.
struct TestClock(Instant);

impl Clock for TestClock {
    fn tick(&self) -> Tick {
        Tick(u64::try_from(self.0.elapsed().as_micros()).unwrap_or(u64::MAX))
    }
    fn wall(&self) -> Wall {
        Wall(0)
    }
}

/// Signalling and what it tells.
pub struct Peer {
    /// To give orders.
    pub signaling: Signaling,
    /// What happens.
    pub events: UnboundedReceiver<Event>,
}

impl Peer {
    /// Listens here; UDP port 0: any.
    ///
    /// # Panics
    /// When the address cannot be bound.
    pub async fn start(listen: SocketAddr) -> Self {
        let tls = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .expect("ring knows the default versions")
            .with_root_certificates(RootCertStore::empty())
            .with_no_client_auth();
        let config = SignalingConfig {
            listen,
            tls: None,
            tls_client: Arc::new(tls),
            stack: StackConfig::new("far.example", &listen.to_string()),
            limits: Limits::default(),
        };
        let seed = {
            use patchbay_kernel::Entropy as _;
            let mut seed = [0; 32];
            fresh().fill(&mut seed);
            seed
        };
        let clock = Arc::new(TestClock(Instant::now()));
        let (signaling, events) = Signaling::start(config, clock, seed).await.expect("the address is free");
        Self { signaling, events }
    }
}

/// Chance that differs between processes and calls; good enough for tests.
pub fn fresh() -> SeededEntropy {
    static NEXT: std::sync::atomic::AtomicU64 = std::sync::atomic::AtomicU64::new(1);
    let number = NEXT.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
    SeededEntropy::new(u64::from(std::process::id()) << 20 | number)
}

/// A voice on loopback that speaks PCMU and PCMA.
///
/// # Panics
/// When no UDP port is left.
pub async fn voice(speech: Speech) -> (Voice, UnboundedReceiver<char>) {
    let address = std::net::IpAddr::from([127, 0, 0, 1]);
    Voice::open(address, vec![CodecId::Pcmu, CodecId::Pcma], speech, &mut fresh()).await.expect("a UDP port")
}
