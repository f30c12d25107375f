//! TCP and TLS: listeners, connections that we open, and how many there may be.

use std::{
    collections::HashMap,
    net::{IpAddr, SocketAddr},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use patchbay_sip::Net;
use tokio::{
    net::{TcpListener, TcpStream},
    sync::watch,
    time::timeout,
};
use tokio_rustls::{
    TlsAcceptor, TlsConnector,
    rustls::pki_types::{IpAddr as PkiAddr, ServerName},
};

use crate::{
    gate::network,
    queue::Waiting,
    signaling::Inner,
    socket::tune,
    stats::{add, sub},
    stream::Line,
};

/// Accepts until told to stop. `acceptor`: TLS.
pub(crate) async fn listen(
    inner: Arc<Inner>,
    listener: TcpListener,
    acceptor: Option<TlsAcceptor>,
    mut stop: watch::Receiver<bool>,
) {
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            _ = stop.wait_for(|stop| *stop) => return,
        };
        match accepted {
            Ok((connection, peer)) => take(&inner, connection, peer, acceptor.clone()),
            Err(why) => {
                // Out of file descriptors, mostly: give those that there are time to close.
                tracing::warn!(error = %why, "A connection could not be accepted");
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        }
    }
}

fn take(inner: &Arc<Inner>, connection: TcpStream, peer: SocketAddr, acceptor: Option<TlsAcceptor>) {
    let Some(seat) = Place::take(inner, Some(peer.ip())) else {
        add(&inner.counters.connections_refused);
        return;
    };
    tune(&connection);
    let inner = inner.clone();
    tokio::spawn(async move {
        let _seat = seat;
        let net = if acceptor.is_some() { Net::Tls } else { Net::Tcp };
        let proven = inner.is_known(peer.ip());
        match acceptor {
            None => {
                let (flow, waiting) = inner.flow_up(net, peer);
                inner.line(flow, proven).run(connection, waiting).await;
                inner.flow_down(flow).await;
            }
            Some(acceptor) => {
                // No flow before the handshake is through: half a handshake costs a task and nothing else.
                let shaken = timeout(inner.limits.first_message_within, acceptor.accept(connection)).await;
                let Ok(Ok(connection)) = shaken else { return add(&inner.counters.reads_timed_out) };
                let (flow, waiting) = inner.flow_up(net, peer);
                inner.line(flow, proven).run(connection, waiting).await;
                inner.flow_down(flow).await;
            }
        }
    });
}

/// Connects, shakes hands, then runs the connection; what was queued meanwhile is written first.
pub(crate) async fn connect(
    inner: &Arc<Inner>,
    line: Line,
    (net, peer): (Net, SocketAddr),
    server_name: Option<String>,
    waiting: Waiting,
) {
    let Some(_seat) = Place::take(inner, None) else { return add(&inner.counters.connections_refused) };
    let opened = timeout(inner.limits.connect_within, async {
        let connection = TcpStream::connect(peer).await?;
        tune(&connection);
        if net != Net::Tls {
            return Ok((Some(connection), None));
        }
        let name = match server_name.map(ServerName::try_from) {
            Some(Ok(name)) => name,
            _ => ServerName::IpAddress(PkiAddr::from(peer.ip())),
        };
        let tls = TlsConnector::from(inner.tls_client.clone()).connect(name, connection).await?;
        Ok::<_, std::io::Error>((None, Some(tls)))
    });
    match opened.await {
        Ok(Ok((Some(plain), _))) => line.run(plain, waiting).await,
        Ok(Ok((_, Some(tls)))) => line.run(tls, waiting).await,
        Ok(Ok((None, None))) => {}
        Ok(Err(why)) => tracing::info!(peer = %peer, error = %why, "No connection to {peer}"),
        Err(_) => tracing::info!(peer = %peer, "No connection to {peer} in time"),
    }
}

/// One of the connections that may be open, given back on drop.
pub(crate) struct Place {
    inner: Arc<Inner>,
    source: Option<IpAddr>,
}

impl Place {
    /// Takes a place; `None` when there is none, for all or for this source.
    pub fn take(inner: &Arc<Inner>, source: Option<IpAddr>) -> Option<Self> {
        let open = inner.counters.connections.load(std::sync::atomic::Ordering::Relaxed);
        if usize::try_from(open).unwrap_or(usize::MAX) >= inner.limits.connections {
            return None;
        }
        let source = source.map(network);
        if let Some(source) = source
            && !inner.sources.take(source, inner.limits.connections_per_source)
        {
            return None;
        }
        add(&inner.counters.connections);
        Some(Self { inner: inner.clone(), source })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        sub(&self.inner.counters.connections);
        if let Some(source) = self.source {
            self.inner.sources.give_back(source);
        }
    }
}

/// Open connections per source.
#[derive(Default)]
pub(crate) struct Sources(Mutex<HashMap<IpAddr, usize>>);

impl Sources {
    fn take(&self, source: IpAddr, most: usize) -> bool {
        let mut open = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let count = open.entry(source).or_default();
        let fits = *count < most;
        *count += usize::from(fits);
        fits
    }

    fn give_back(&self, source: IpAddr) {
        let mut open = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = open.get_mut(&source) {
            *count -= 1;
            if *count == 0 {
                open.remove(&source);
            }
        }
    }
}
