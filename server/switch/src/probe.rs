//! OPTIONS to gateways: are they there, and how far away.

use std::{
    sync::{Arc, Weak},
    time::Duration,
};

use patchbay_plane::{GatewayPeer, GatewayState};
use patchbay_sip as sip;
use tokio::task::JoinHandle;

use crate::{exchange::Exchange, resolve::net};

/// No answer within this time is a failed probe.
const WITHIN: Duration = Duration::from_secs(4);
/// After a failed probe the next one comes as soon as this.
const AGAIN_AFTER: Duration = Duration::from_secs(5);

/// One probed gateway; dropped, it is probed no more.
pub(crate) struct Probe {
    /// As the directory describes it.
    pub peer: GatewayPeer,
    task: JoinHandle<()>,
}

impl Probe {
    /// The first probe goes out at once.
    pub fn start(exchange: &Arc<Exchange>, peer: GatewayPeer) -> Self {
        let task = tokio::spawn(run(Arc::downgrade(exchange), peer.clone()));
        Self { peer, task }
    }
}

impl Drop for Probe {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn run(exchange: Weak<Exchange>, peer: GatewayPeer) {
    let usual = Duration::from_secs(u64::from(peer.probe_every_s));
    loop {
        let Some(strong) = exchange.upgrade() else { return };
        let answered = strong.probe(&peer).await;
        // A tenth of chance keeps a hundred gateways from being asked in one moment.
        let spread = strong.chance(u64::from(peer.probe_every_s) * 100);
        drop(strong);
        let wait = if answered { usual } else { usual.min(AGAIN_AFTER) };
        tokio::time::sleep(wait + Duration::from_millis(spread)).await;
    }
}

impl Exchange {
    async fn probe(&self, peer: &GatewayPeer) -> bool {
        let began = self.now();
        let over = net(&peer.transport);
        let code = match self.flow_to(&peer.host, peer.udp_port, over).await {
            Some(flow) => self.ask(WITHIN, |request| options(request, peer, flow, &self.config.domain)).await,
            None => (408, None),
        };
        // Any answer of its own shows that it is there, even a refusal of the method.
        let answered = code.1.is_some();
        self.gateways.probed(peer.gateway, answered);
        let state = if answered {
            let latency_ms = u32::try_from(self.now().since(began).as_ms()).unwrap_or(u32::MAX);
            GatewayState::ProbeAnswered { latency_ms }
        } else {
            GatewayState::ProbeFailed
        };
        self.outside.sink.gateway_state(peer.gateway, state);
        answered
    }
}

fn options(request: sip::RequestId, peer: &GatewayPeer, flow: sip::FlowId, domain: &str) -> sip::Cmd {
    let number = if peer.udp_port == 0 { String::new() } else { format!(":{}", peer.udp_port) };
    let target = match net(&peer.transport) {
        sip::Net::Udp => format!("sip:{}{number}", peer.host),
        over => format!("sip:{}{number};transport={}", peer.host, over.parameter()),
    };
    sip::Cmd::Send {
        request,
        method: "OPTIONS".into(),
        to: sip::Route { request_uri: target.clone(), flow, routes: Vec::new() },
        from: format!("<sip:probe@{domain}>"),
        to_address: format!("<{target}>"),
        dialog: None,
        extra: vec![("Accept".into(), "application/sdp".into())],
        auth: None,
    }
}
