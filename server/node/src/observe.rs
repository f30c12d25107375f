//! What tells operators how this node is: the parts that readiness asks, those that metrics read, and the SIP messages of calls.

use std::sync::Arc;

use axum::Router;
use metrics_exporter_prometheus::PrometheusHandle;
use patchbay_kernel::{CallId, GatewayId, Secret};
use patchbay_plane::{CaptureAsk, CaptureState, Figure, Ladder, Later, Observer};

use crate::{
    config::Config,
    health::{Check, Readiness},
    metrics::{Guard, Metrics, Sources, figures, routes},
    recorder::Recorder,
    wire::Node,
};

/// The parts without which no call can be taken.
pub fn readiness(node: &Node) -> Readiness {
    let database = node.database.clone();
    let store: Check = Box::new(move || {
        let database = database.clone();
        Box::pin(async move { database.ping().await.is_ok() })
    });
    let lease = node.lease.clone();
    let leased: Check = Box::new(move || {
        let may = lease.may_admit();
        Box::pin(async move { may })
    });
    let signaling = node.signaling.clone();
    let sip: Check = Box::new(move || {
        let signaling = signaling.clone();
        // Its sockets were bound at the start; the one task behind them answers, or nobody does.
        Box::pin(async move { signaling.stack_stats().await.is_some() })
    });
    let media = node.media.clone();
    let rtp: Check = Box::new(move || {
        let media = media.clone();
        Box::pin(async move { media.answers().await })
    });
    Readiness::of(vec![("database", store), ("lease", leased), ("sip", sip), ("media", rtp)], node.clock.clone())
}

/// Lets operators look at this node: `/metrics` and what the API shows of it.
pub async fn watch(config: &Config, node: &Node, readiness: Readiness, handle: PrometheusHandle) -> Router {
    let sources = Arc::new(Sources {
        signaling: node.signaling.clone(),
        exchange: node.exchange.clone(),
        media: node.media.clone(),
        database: node.database.clone(),
        recorder: node.recorder.clone(),
        // Nothing runs yet: what is free now is all there is.
        udp_ports: node.media.stats().await.free_udp_ports,
    });
    node.recorder.speaks_from(node.signaling.udp_addr());
    let watched = Watched {
        recorder: node.recorder.clone(),
        sources: sources.clone(),
        handle: handle.clone(),
        readiness,
        own: own_hosts(config),
    };
    node.control.observe(Arc::new(watched));
    let guard = Guard { control: node.control.clone(), token: config.metrics_token.clone().map(Secret::new) };
    routes(Metrics { handle, sources, guard })
}

/// Hosts and addresses that are ours and that every company knows.
fn own_hosts(config: &Config) -> Vec<String> {
    let sip = [Some(config.sip.listen.ip()), config.sip.advertised];
    let media = [Some(config.media.bind), config.media.advertised];
    let addresses = sip.into_iter().chain(media).flatten().map(|address| address.to_string());
    // What stands for no address at all.
    addresses.chain([config.sip.domain.clone(), "0.0.0.0".into(), "::".into(), "anonymous.invalid".into()]).collect()
}

struct Watched {
    recorder: Arc<Recorder>,
    sources: Arc<Sources>,
    handle: PrometheusHandle,
    readiness: Readiness,
    own: Vec<String>,
}

impl Observer for Watched {
    fn ladder(&self, call: CallId) -> Option<Ladder> {
        self.recorder.read(call)
    }
    fn figures(&self) -> Later<'_, Vec<Figure>> {
        Box::pin(async move {
            self.sources.read().await;
            figures(&self.handle.render())
        })
    }
    fn parts(&self) -> Later<'_, Vec<(String, bool)>> {
        Box::pin(async move {
            let (_, parts) = self.readiness.look().await;
            parts.into_iter().map(|part| (part.part.to_owned(), part.ok)).collect()
        })
    }
    fn capture_begin(&self, gateway: GatewayId, ask: CaptureAsk) -> bool {
        self.recorder.capture_begin(gateway, ask)
    }
    fn capture(&self, gateway: GatewayId) -> Option<CaptureState> {
        self.recorder.captures(|captures| captures.state(gateway))
    }
    fn capture_file(&self, gateway: GatewayId) -> Option<Vec<u8>> {
        self.recorder.captures(|captures| captures.file(gateway))
    }
    fn capture_end(&self, gateway: GatewayId) -> bool {
        self.recorder.capture_end(gateway)
    }
    fn own_hosts(&self) -> Vec<String> {
        self.own.clone()
    }
}
