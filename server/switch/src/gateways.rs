//! Gateways: who they are by address, how they are, and how to reach them.

use std::{
    collections::HashMap,
    net::SocketAddr,
    sync::{Arc, Mutex, Weak},
    time::Duration,
};

use patchbay_gateway::Breaker;
use patchbay_kernel::{GatewayId, GatewayPortId, Tick};
use patchbay_plane::{
    Destination, GatewayPeer, GatewayState, HeldRegistration, Nearness, Neighbour, Speaker, TrunkTarget,
};
use patchbay_sip::{self as sip, FlowId, Net, Uri};
use tokio::sync::Notify;

use crate::{
    exchange::{Exchange, lock},
    held::Held,
    identity::escape_user,
    probe::Probe,
    resolve::net,
};

/// How often hosts of peers are looked up again.
const REFRESH_EVERY: Duration = Duration::from_secs(60);

/// Probes in a row without an answer after which it is taken to be away.
const DOWN: u32 = 2;

/// A gateway, or the registrar of a registration that we hold, by its addresses.
#[derive(Clone, Debug)]
pub(crate) struct Peer {
    pub gateway: GatewayId,
    pub gateway_port: Option<GatewayPortId>,
    pub addresses: Vec<SocketAddr>,
    pub net: Net,
    pub trusted: bool,
    /// The account of a registration that we hold there.
    pub username: Option<String>,
    /// A company says that its own box is there. The operator's comes first: nobody takes over an address by naming it.
    pub of_company: bool,
}

impl Peer {
    fn nearness(&self, net: Net, source: SocketAddr) -> Nearness {
        if !self.trusted {
            Nearness::Untrusted
        } else if self.net == net && self.addresses.contains(&source) {
            Nearness::Exact
        } else if self.addresses.iter().any(|it| it.ip() == source.ip()) {
            Nearness::SameHost
        } else {
            Nearness::Elsewhere
        }
    }
}

/// The one that speaks; see [`Gateways::speaking_from`].
fn choose(
    peers: &[Peer],
    net: Net,
    source: SocketAddr,
    request_uri: &str,
) -> Option<(GatewayId, Option<GatewayPortId>)> {
    let at_least = |wanted| peers.iter().filter(move |peer| peer.nearness(net, source) >= wanted);
    let exact: Vec<&Peer> = at_least(Nearness::Exact).collect();
    let found =
        if exact.is_empty() && !source.ip().is_loopback() { at_least(Nearness::SameHost).collect() } else { exact };
    let operators = found.iter().any(|peer| !peer.of_company);
    let found: Vec<&Peer> = found.into_iter().filter(|peer| !operators || !peer.of_company).collect();
    let first = *found.first()?;
    if found.iter().any(|peer| peer.gateway != first.gateway) {
        return None;
    }
    // With several accounts at one registrar the Request-URI names the account that is called.
    let called = request_uri.parse::<Uri>().ok().and_then(|uri| uri.user_text());
    let account = found.iter().find(|peer| peer.username.is_some() && peer.username == called);
    Some((first.gateway, account.and_then(|peer| peer.gateway_port)))
}

/// How a gateway is, as probes and calls show it.
#[derive(Clone, Debug, Default)]
struct Health {
    failed_probes: u32,
    circuit: Breaker,
    pace: patchbay_gateway::Pace,
}

/// Everything known of gateways.
#[derive(Default)]
pub struct Gateways {
    peers: Mutex<Arc<Vec<Peer>>>,
    health: Mutex<HashMap<GatewayId, Health>>,
    probes: Mutex<Vec<Probe>>,
    held: Mutex<Vec<Held>>,
    changed: Notify,
}

impl Gateways {
    /// Peers, probes and registrations changed: read them again soon.
    pub fn reload(&self) {
        self.changed.notify_one();
    }

    /// The gateway that this request comes from, by address alone.
    ///
    /// A datagram counts when address and source UDP port are the agreed ones. From another source port it counts only when a
    /// single gateway lives at that address and the address is no loopback: on one host anybody may live.
    pub(crate) fn speaking_from(&self, flow: FlowId, request_uri: &str) -> Option<(GatewayId, Option<GatewayPortId>)> {
        choose(&lock(&self.peers).clone(), flow.net(), flow.peer(), request_uri)
    }

    /// As [`Self::speaking_from`], with everybody who could have been it.
    pub(crate) fn speaker(&self, net: Net, source: SocketAddr, request_uri: &str) -> Speaker {
        let peers = lock(&self.peers).clone();
        let neighbour = |peer: &Peer| Neighbour {
            gateway: peer.gateway,
            gateway_port: peer.gateway_port,
            addresses: peer.addresses.clone(),
            transport: peer.net.parameter(),
            nearness: peer.nearness(net, source),
        };
        Speaker { found: choose(&peers, net, source, request_uri), neighbours: peers.iter().map(neighbour).collect() }
    }

    /// A probe was answered, or not.
    pub(crate) fn probed(&self, gateway: GatewayId, answered: bool) {
        let mut health = lock(&self.health);
        let health = health.entry(gateway).or_default();
        if answered {
            // One that was away and is back begins anew. One that answers all the time and fails calls does not.
            if health.failed_probes >= DOWN {
                health.circuit = Breaker::default();
            }
            health.failed_probes = 0;
        } else {
            health.failed_probes += 1;
        }
    }

    /// A call through it failed by its own fault, or did not: what that makes of its circuit, if anything.
    pub(crate) fn called(&self, gateway: GatewayId, failed: bool, now: Tick) -> Option<GatewayState> {
        let mut health = lock(&self.health);
        let circuit = &mut health.entry(gateway).or_default().circuit;
        if failed {
            let rest_ms = Some(circuit.failed(now)?.as_ms());
            Some(GatewayState::Circuit { failures: circuit.failures(), rest_ms })
        } else {
            circuit.worked().then_some(GatewayState::Circuit { failures: 0, rest_ms: None })
        }
    }

    /// Whether it may begin one more call at so many a second.
    pub(crate) fn begins(&self, gateway: GatewayId, per_second: u32, now: Tick) -> bool {
        lock(&self.health).entry(gateway).or_default().pace.take(per_second, now).is_ok()
    }

    /// Whether a call may try this gateway now; an open circuit lets one through when its time is over.
    fn lets_through(&self, gateway: GatewayId, now: Tick) -> bool {
        let mut health = lock(&self.health);
        health.get_mut(&gateway).is_none_or(|health| health.circuit.ask(now).is_ok())
    }

    /// Two probes in a row without an answer, or an open circuit.
    fn is_down(&self, gateway: GatewayId, now: Tick) -> bool {
        let health = lock(&self.health);
        health.get(&gateway).is_some_and(|it| it.failed_probes >= DOWN || it.circuit.rests(now))
    }

    /// A connection broke: registrations over it are renewed at once.
    pub(crate) fn lost_flow(&self, flow: FlowId) {
        for held in lock(&self.held).iter() {
            held.lost_flow(flow);
        }
    }

    /// Ends probes and gives up the registrations that we hold; the tasks that say so to the registrars.
    pub(crate) fn let_go(&self) -> Vec<tokio::task::JoinHandle<()>> {
        lock(&self.probes).clear();
        lock(&self.held).drain(..).map(Held::give_up).collect()
    }

    /// Our account with the registrar that this call came from, for its challenges. Only with an agreed realm: whoever calls over
    /// the registrar may ask too.
    pub(crate) fn account(&self, gateway: GatewayId, gateway_port: Option<GatewayPortId>) -> Option<sip::ClientAuth> {
        let held = lock(&self.held);
        let ours = |it: &&HeldRegistration| {
            it.gateway == gateway
                && (it.gateway_port.is_none() || it.gateway_port == gateway_port)
                && it.realm.is_some()
        };
        let wanted = held.iter().map(Held::wanted).find(ours)?;
        Some(sip::ClientAuth {
            username: wanted.username.clone(),
            password: wanted.password.expose().clone(),
            realm: wanted.realm.clone(),
        })
    }

    fn registered(&self, gateway: GatewayId) -> bool {
        lock(&self.held).iter().any(|held| held.wanted().gateway == gateway && held.is_registered())
    }

    fn is_peer(&self, gateway: GatewayId) -> bool {
        lock(&self.peers).iter().any(|peer| peer.gateway == gateway && peer.username.is_none())
    }
}

impl Exchange {
    /// Whether calls to this gateway may be tried: it is known by an address, or an account of it is registered, or a
    /// registration that we hold for it stands; and neither probes nor calls have shown that it is down.
    pub fn is_online(&self, gateway: GatewayId) -> bool {
        let reachable =
            self.gateways.is_peer(gateway) || self.registrar.has_gateway(gateway) || self.gateways.registered(gateway);
        reachable && !self.gateways.is_down(gateway, self.now())
    }

    /// Where an INVITE to this gateway port goes, `at` that address if one is given; `None` when there is no way now.
    pub(crate) async fn trunk_route(&self, trunk: &TrunkTarget, at: Option<SocketAddr>) -> Option<sip::Route> {
        let now = self.now();
        if !self.gateways.lets_through(trunk.gateway, now) {
            return None;
        }
        let user = format!("{}{}", escape_user(&trunk.request_user), trunk.user_parameters);
        match &trunk.destination {
            Destination::Account(username) => {
                let contact = self.registrar.newest_contact(username, now)?;
                let mut uri: Uri = contact.uri.parse().ok()?;
                uri.user = Some(user);
                Some(sip::Route { request_uri: uri.to_string(), ..contact.route() })
            }
            Destination::Address { host, udp_port, transport } => {
                let net = net(transport);
                let flow = match at {
                    Some(address) => self.signaling.open(net, address, Some(host.clone())),
                    None => self.flow_to(host, *udp_port, net).await?,
                };
                let number = if *udp_port == 0 { String::new() } else { format!(":{udp_port}") };
                let over = if net == Net::Udp { String::new() } else { format!(";transport={}", net.parameter()) };
                let request_uri = format!("sip:{user}@{host}{number}{over}");
                Some(sip::Route { request_uri, flow, routes: Vec::new() })
            }
        }
    }

    /// A flow to a host.
    pub(crate) async fn flow_to(&self, host: &str, udp_port: u16, net: Net) -> Option<FlowId> {
        let address = self.locate(host, udp_port, net).await.into_iter().next()?;
        Some(self.signaling.open(net, address, Some(host.to_owned())))
    }

    async fn read_gateways(self: &Arc<Self>) -> Result<(), patchbay_plane::PlaneError> {
        let directory = &self.outside.directory;
        let (peers, held) = (directory.peers().await?, directory.held_registrations().await?);
        self.know_peers(&peers, &held).await;
        let mut probes = lock(&self.gateways.probes);
        probes.retain(|probe| peers.contains(&probe.peer));
        for peer in peers.iter().filter(|peer| peer.probe_every_s > 0) {
            if !probes.iter().any(|probe| probe.peer == *peer) {
                probes.push(Probe::start(self, peer.clone()));
            }
        }
        drop(probes);
        let mut holding = lock(&self.gateways.held);
        let (stay, gone): (Vec<Held>, Vec<Held>) =
            holding.drain(..).partition(|it| held.iter().any(|wanted| it.is_for(wanted)));
        *holding = stay;
        gone.into_iter().for_each(|it| drop(it.give_up()));
        for wanted in held {
            if !holding.iter().any(|it| it.is_for(&wanted)) {
                holding.push(Held::start(self, wanted));
            }
        }
        Ok(())
    }

    /// Looks up where everybody lives.
    async fn know_peers(&self, peers: &[GatewayPeer], held: &[HeldRegistration]) {
        let mut known = Vec::new();
        for peer in peers {
            let net = net(&peer.transport);
            known.push(Peer {
                gateway: peer.gateway,
                gateway_port: None,
                addresses: self.locate(&peer.host, peer.udp_port, net).await,
                net,
                trusted: peer.trusted_by_address,
                username: None,
                of_company: peer.of_company,
            });
        }
        for wanted in held {
            let net = net(&wanted.transport);
            let (host, udp_port) = crate::held::host_of(&wanted.registrar);
            known.push(Peer {
                gateway: wanted.gateway,
                gateway_port: wanted.gateway_port,
                addresses: self.locate(&host, udp_port, net).await,
                net,
                // Calls to the account come from where it is registered: that is what the registration is for.
                trusted: true,
                username: Some(wanted.username.clone()),
                of_company: false,
            });
        }
        self.signaling.know_sources(known.iter().flat_map(|peer| &peer.addresses).map(SocketAddr::ip).collect());
        *lock(&self.gateways.peers) = Arc::new(known);
    }
}

/// Reads the gateways at the start, when told to, and once a minute for their addresses.
pub(crate) async fn keep_reading(exchange: Weak<Exchange>) {
    let mut pause = Duration::from_millis(200);
    loop {
        let Some(strong) = exchange.upgrade().filter(|it| !it.is_draining()) else { return };
        let wait = match strong.read_gateways().await {
            Ok(()) => REFRESH_EVERY,
            Err(why) => {
                tracing::warn!(error = %why, "Gateways could not be read and are asked for again");
                pause = (pause * 2).min(Duration::from_secs(10));
                pause
            }
        };
        // Waits on the notice alone must not keep the exchange alive for ever: a minute is the longest.
        tokio::select! {
            () = strong.gateways.changed.notified() => {}
            () = tokio::time::sleep(wait) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use patchbay_kernel::{SeededEntropy, Wall};

    use patchbay_gateway::breaker;

    use super::*;

    fn peer(gateway: GatewayId, address: &str, username: Option<&str>) -> Peer {
        Peer {
            gateway,
            gateway_port: None,
            addresses: vec![address.parse().unwrap()],
            net: Net::Udp,
            trusted: true,
            username: username.map(str::to_owned),
            of_company: false,
        }
    }

    fn ids() -> (GatewayId, GatewayId) {
        let mut chance = SeededEntropy::new(3);
        (GatewayId::new(Wall(1), &mut chance), GatewayId::new(Wall(1), &mut chance))
    }

    fn speaks(gateways: &Gateways, from: &str) -> Option<GatewayId> {
        gateways.speaking_from(FlowId::Udp(from.parse().unwrap()), "sip:1@x").map(|(gateway, _)| gateway)
    }

    #[test]
    fn an_address_speaks_for_one_gateway_only() {
        let ((one, two), gateways) = (ids(), Gateways::default());
        *lock(&gateways.peers) = Arc::new(vec![
            peer(one, "192.0.2.1:5060", None),
            peer(two, "192.0.2.1:5080", None),
            peer(one, "192.0.2.9:5060", None),
            peer(one, "127.0.0.1:5070", None),
        ]);
        assert_eq!(speaks(&gateways, "192.0.2.1:5060"), Some(one));
        assert_eq!(speaks(&gateways, "192.0.2.1:5080"), Some(two));
        assert_eq!(speaks(&gateways, "192.0.2.1:40000"), None, "two gateways live there");
        assert_eq!(speaks(&gateways, "192.0.2.9:40000"), Some(one));
        assert_eq!(speaks(&gateways, "127.0.0.1:5070"), Some(one));
        assert_eq!(speaks(&gateways, "127.0.0.1:40000"), None, "anybody may live on the same host");
        assert_eq!(speaks(&gateways, "192.0.2.2:5060"), None);
    }

    #[test]
    fn a_company_takes_over_no_address_of_the_operator() {
        let ((operators, theirs), gateways) = (ids(), Gateways::default());
        let guest = |address| Peer { of_company: true, ..peer(theirs, address, None) };
        *lock(&gateways.peers) = Arc::new(vec![
            guest("192.0.2.1:5060"),
            peer(operators, "192.0.2.1:5060", None),
            guest("192.0.2.2:5060"),
            peer(operators, "192.0.2.2:5080", None),
            guest("192.0.2.3:5060"),
        ]);
        assert_eq!(speaks(&gateways, "192.0.2.1:5060"), Some(operators));
        assert_eq!(speaks(&gateways, "192.0.2.2:40000"), Some(operators), "from any port of the operator's box");
        assert_eq!(speaks(&gateways, "192.0.2.3:40000"), Some(theirs));
    }

    #[test]
    fn failures_in_a_row_open_the_circuit_and_one_call_tries_again() {
        let ((one, _), gateways, now) = (ids(), Gateways::default(), Tick::from_ms(1_000));
        for _ in 0..4 {
            assert!(gateways.called(one, true, now).is_none());
        }
        assert!(gateways.lets_through(one, now));
        let told = gateways.called(one, true, now);
        assert!(matches!(told, Some(GatewayState::Circuit { failures: 5, rest_ms: Some(10_000) })));
        gateways.probed(one, true);
        assert!(!gateways.lets_through(one, now) && gateways.is_down(one, now));
        let later = now + breaker::FIRST_REST;
        assert!(gateways.lets_through(one, later));
        assert!(!gateways.lets_through(one, later), "one at a time");
        let told = gateways.called(one, false, later);
        assert!(matches!(told, Some(GatewayState::Circuit { rest_ms: None, .. })));
        assert!(gateways.lets_through(one, later));
        assert!(gateways.called(one, false, later).is_none(), "nothing new");
    }

    #[test]
    fn a_gateway_begins_no_more_calls_a_second_than_it_may() {
        let ((one, two), gateways, now) = (ids(), Gateways::default(), Tick::from_ms(1_000));
        assert!(gateways.begins(one, 2, now) && gateways.begins(one, 2, now));
        assert!(!gateways.begins(one, 2, now) && gateways.begins(two, 2, now));
        assert!(gateways.begins(one, 2, Tick::from_ms(1_500)));
    }
}
