//! The handle that everybody else holds.

use std::{
    collections::{HashMap, HashSet},
    io,
    net::{IpAddr, SocketAddr},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
};

use futures::{Sink, Stream};
use patchbay_kernel::{Clock, SeededEntropy};
use patchbay_plane::LadderLeg;
use patchbay_sip::{self as sip, FlowId, Net, Stack};
use tokio::{
    net::TcpListener,
    sync::{mpsc, oneshot, watch},
};
use tokio_rustls::{TlsAcceptor, rustls};

use crate::{
    admission::Admission,
    config::{Limits, SignalingConfig},
    dns::Locator,
    gate::network,
    locate::{Target, Wanted},
    places::{Places, Standing},
    queue::{Waiting, queue},
    shell::{Heard, Order, Shell},
    socket::bind_both,
    stats::{Counters, Stats},
    stream::Line,
    tap::{Tap, Tapped},
    tcp::{connect, listen},
    websocket::WebSocketFrame,
};

/// Messages of connections that may wait for the core.
const HEARD: usize = 1_024;

/// The running signalling; clones are the same.
#[derive(Clone)]
pub struct Signaling {
    inner: Arc<Inner>,
}

pub(crate) struct Inner {
    pub limits: Arc<Limits>,
    pub counters: Arc<Counters>,
    pub places: Arc<Places>,
    pub locator: Locator,
    pub tls_client: Arc<rustls::ClientConfig>,
    clock: Arc<dyn Clock>,
    orders: mpsc::UnboundedSender<Order>,
    heard: mpsc::Sender<Heard>,
    known: Mutex<HashSet<IpAddr>>,
    opened: Mutex<HashMap<(Net, SocketAddr), FlowId>>,
    numbers: AtomicU64,
    udp: SocketAddr,
    tcp: SocketAddr,
    tls: Option<SocketAddr>,
    contact: String,
    host: String,
    stop: watch::Sender<bool>,
    tapped: Tapped,
}

impl Signaling {
    /// Binds, starts the task that owns the core, and listens. `seed` makes the core's tags and branches unguessable.
    ///
    /// # Errors
    /// What the system says when an address cannot be bound.
    pub async fn start(
        mut config: SignalingConfig,
        clock: Arc<dyn Clock>,
        seed: [u8; 32],
    ) -> io::Result<(Self, mpsc::UnboundedReceiver<sip::Event>)> {
        let (udp, tcp_listener) = bind_both(config.listen).await?;
        let tls_listener = match &config.tls {
            Some((listen, certificate)) => Some((TcpListener::bind(listen).await?, certificate.clone())),
            None => None,
        };
        let tls = tls_listener.as_ref().map(|(listener, _)| listener.local_addr()).transpose()?;
        if config.listen.port() == 0
            && let Ok((host, _)) = sip::wire::uri::host_port(&config.stack.contact_host)
        {
            config.stack.contact_host = format!("{host}:{}", udp.local_addr()?.port());
        }
        if config.stack.tls_port.is_none_or(|udp_port| udp_port == 0) {
            config.stack.tls_port = tls.map(|at| at.port());
        }
        let contact = config.stack.contact_host.clone();
        let host = match sip::wire::uri::host_port(&contact) {
            Ok((host, _)) => host,
            Err(_) => contact.clone(),
        };
        let (orders, order_box) = mpsc::unbounded_channel();
        let (heard, heard_box) = mpsc::channel(HEARD);
        let (events, event_box) = mpsc::unbounded_channel();
        let (stop, stopped) = watch::channel(false);
        let counters = Arc::new(Counters::default());
        let admission = Admission::new(&config.limits, clock.tick());
        let limits = Arc::new(config.limits);
        let shares = u64::from_le_bytes(std::array::from_fn(|at| seed[at]));
        let inner = Arc::new(Inner {
            locator: Locator::new(Box::new(SeededEntropy::new(shares))),
            places: Arc::new(Places::new(limits.clone(), counters.clone())),
            limits,
            counters: counters.clone(),
            tls_client: config.tls_client,
            clock: clock.clone(),
            orders,
            heard,
            known: Mutex::default(),
            opened: Mutex::default(),
            numbers: AtomicU64::new(1),
            udp: udp.local_addr()?,
            tcp: tcp_listener.local_addr()?,
            tls,
            contact,
            host,
            stop,
            tapped: Tapped::default(),
        });
        let stack = Stack::new(config.stack, seed);
        let boxes = (order_box, heard_box);
        let opener = Arc::downgrade(&inner);
        let health = inner.locator.health.clone();
        let shell = Shell::new(stack, Arc::new(udp), clock, boxes, events, (admission, counters, opener, health));
        tokio::spawn(shell.run());
        tokio::spawn(listen(inner.clone(), tcp_listener, None, stopped.clone()));
        if let Some((listener, certificate)) = tls_listener {
            tokio::spawn(listen(inner.clone(), listener, Some(TlsAcceptor::from(certificate)), stopped));
        }
        Ok((Self { inner }, event_box))
    }

    /// Gives an order to the core. Never waits.
    pub fn command(&self, command: sip::Cmd) {
        let _ = self.inner.orders.send(Order::Command(command));
    }

    /// What becomes of this incoming call depends on others from now on: how long it waits is no sign of load here. Any answer to
    /// it says the same.
    pub fn underway(&self, leg: sip::LegId) {
        let _ = self.inner.orders.send(Order::Underway(leg));
    }

    /// A name for a leg that we are about to dial.
    pub fn new_leg(&self) -> sip::LegId {
        sip::LegId(self.inner.numbers.fetch_add(1, Relaxed))
    }

    /// A name for a request that we are about to send.
    pub fn new_request(&self) -> sip::RequestId {
        sip::RequestId(self.inner.numbers.fetch_add(1, Relaxed))
    }

    /// The flow to a peer. For streams the one that was opened before, while it lives; else a new one whose connection comes up
    /// in the background. A connection that fails is told as [`sip::Event::FlowDown`]. `server_name` is what the peer's
    /// certificate must be for; its address when there is none.
    pub fn open(&self, net: Net, peer: SocketAddr, server_name: Option<String>) -> FlowId {
        if net == Net::Udp {
            return FlowId::Udp(peer);
        }
        self.inner.open(net, peer, server_name)
    }

    /// Takes over an upgraded WebSocket whose page has shown a ticket. A peer that answers no pings is gone within half a minute, and so is its flow.
    pub fn websocket<S, E>(&self, socket: S, peer: SocketAddr) -> FlowId
    where
        S: Stream<Item = Result<WebSocketFrame, E>> + Sink<WebSocketFrame> + Send + 'static,
        E: Send + 'static,
    {
        let (standing, inner) = (Standing::proven(), self.inner.clone());
        let (flow, waiting) = inner.flow_up(Net::Ws, peer, standing.clone());
        let _ = inner.orders.send(Order::Trust(peer.ip()));
        tokio::spawn(async move {
            match inner.places.take_proven() {
                Some(_place) => inner.line(flow, standing, false).run_websocket(socket, waiting).await,
                None => crate::stats::add(&inner.counters.connections_refused),
            }
            inner.flow_down(flow).await;
        });
        flow
    }

    /// Shows every message to `tap` from now on; once.
    pub fn tap(&self, tap: Arc<dyn Tap>) {
        if self.inner.tapped.set(tap.clone()).is_ok() {
            let _ = self.inner.orders.send(Order::Tap(tap));
        }
    }

    /// Messages with this Call-ID are those of this leg, for whoever looks on.
    pub fn names(&self, leg: LadderLeg, sip_call_id: &[u8]) {
        if let Some(tap) = self.inner.tapped.get() {
            tap.names(leg, sip_call_id);
        }
    }

    /// Where a name's messages go, best first (RFC 3263). Addresses that were silent lately come last.
    pub async fn locate(&self, wanted: &Wanted) -> Vec<Target> {
        self.inner.locator.locate(wanted, self.inner.clock.tick()).await
    }

    /// Asks this name server instead of the system's; to be said before the first [`Self::locate`].
    pub fn use_name_server(&self, server: SocketAddr) {
        self.inner.locator.use_server(server);
    }

    /// Closes a connection once what waits for it is written.
    pub fn close(&self, flow: FlowId) {
        let _ = self.inner.orders.send(Order::Close(flow));
    }

    /// Sources that may send [`Limits::known_factor`] times as much as strangers, instead of those named before.
    pub fn know_sources(&self, sources: Vec<IpAddr>) {
        let networks = sources.iter().copied().map(network).collect();
        *self.inner.known.lock().unwrap_or_else(PoisonError::into_inner) = networks;
        let _ = self.inner.orders.send(Order::Know(sources));
    }

    /// Where UDP is heard.
    pub fn udp_addr(&self) -> SocketAddr {
        self.inner.udp
    }

    /// Where TCP is heard.
    pub fn tcp_addr(&self) -> SocketAddr {
        self.inner.tcp
    }

    /// Where TLS is heard.
    pub fn tls_addr(&self) -> Option<SocketAddr> {
        self.inner.tls
    }

    /// Host and number where we are reached over this transport, as Contact writes it.
    pub fn contact(&self, net: Net) -> String {
        match net {
            Net::Tls => format!("{}:{}", self.inner.host, self.inner.tls.map_or(5061, |at| at.port())),
            Net::Udp | Net::Tcp | Net::Ws => self.inner.contact.clone(),
        }
    }

    /// What the sockets saw.
    pub fn stats(&self) -> Stats {
        self.inner.counters.read()
    }

    /// What the core has; `None` when it has stopped.
    pub async fn stack_stats(&self) -> Option<sip::Stats> {
        let (to, from) = oneshot::channel();
        self.inner.orders.send(Order::Stats(to)).ok()?;
        from.await.ok()
    }

    /// Stops listening, sends what the orders so far have caused, and ends. Legs that are up are not hung up: do that before.
    pub async fn stop(&self) {
        self.inner.stop.send_replace(true);
        let (done, ended) = oneshot::channel();
        if self.inner.orders.send(Order::Stop(done)).is_ok() {
            let _ = ended.await;
        }
    }
}

impl Inner {
    /// See [`Signaling::open`].
    pub fn open(self: &Arc<Self>, net: Net, peer: SocketAddr, server_name: Option<String>) -> FlowId {
        let mut opened = self.opened.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(flow) = opened.get(&(net, peer)) {
            return *flow;
        }
        let standing = Standing::proven();
        let (flow, waiting) = self.flow_up(net, peer, standing.clone());
        opened.insert((net, peer), flow);
        drop(opened);
        let inner = self.clone();
        tokio::spawn(async move {
            connect(&inner, inner.line(flow, standing, true), (net, peer), server_name, waiting).await;
            inner.opened.lock().unwrap_or_else(PoisonError::into_inner).retain(|_, known| *known != flow);
            inner.flow_down(flow).await;
        });
        flow
    }

    /// A new connection: the core hears of it before its first message.
    pub fn flow_up(&self, net: Net, peer: SocketAddr, standing: Arc<Standing>) -> (FlowId, Waiting) {
        let flow = FlowId::Stream(self.numbers.fetch_add(1, Relaxed), net, peer);
        let (queue, waiting) = queue(self.limits.queue_bytes, standing);
        let _ = self.orders.send(Order::Up(flow, queue));
        (flow, waiting)
    }

    /// It is gone; said after everything that it heard.
    pub async fn flow_down(&self, flow: FlowId) {
        let _ = self.heard.send(Heard::Down(flow)).await;
    }

    /// What its task needs.
    pub fn line(&self, flow: FlowId, standing: Arc<Standing>, proven: bool) -> Line {
        Line {
            flow,
            standing,
            limits: self.limits.clone(),
            clock: self.clock.clone(),
            heard: self.heard.clone(),
            counters: self.counters.clone(),
            proven,
        }
    }

    /// Whether this source was named by [`Signaling::know_sources`].
    pub fn is_known(&self, source: IpAddr) -> bool {
        self.known.lock().unwrap_or_else(PoisonError::into_inner).contains(&network(source))
    }
}
