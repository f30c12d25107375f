//! TCP and TLS: listeners, and connections that we open.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use patchbay_sip::Net;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpListener, TcpStream},
    sync::watch,
    time::timeout,
};
use tokio_rustls::{
    TlsAcceptor, TlsConnector,
    rustls::pki_types::{IpAddr as PkiAddr, ServerName},
};

use crate::{places::Place, queue::Waiting, signaling::Inner, socket::tune, stats::add, stream::Line};

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
    let known = inner.is_known(peer.ip());
    let Some(place) = inner.places.take(peer.ip(), known) else {
        add(&inner.counters.connections_refused);
        return;
    };
    tune(&connection);
    let inner = inner.clone();
    tokio::spawn(async move {
        match acceptor {
            None => run(&inner, (Net::Tcp, peer), &place, known, connection).await,
            Some(acceptor) => {
                // No flow before the handshake is through: half a handshake costs a task and nothing else.
                let shaken = tokio::select! {
                    shaken = timeout(inner.limits.first_message_within, acceptor.accept(connection)) => shaken,
                    () = place.standing.leave.notified() => return add(&inner.counters.strangers_closed),
                };
                let Ok(Ok(connection)) = shaken else { return add(&inner.counters.reads_timed_out) };
                run(&inner, (Net::Tls, peer), &place, known, connection).await;
            }
        }
    });
}

async fn run<S: AsyncRead + AsyncWrite>(
    inner: &Arc<Inner>,
    (net, peer): (Net, SocketAddr),
    place: &Place,
    known: bool,
    connection: S,
) {
    let (flow, waiting) = inner.flow_up(net, peer, place.standing.clone());
    inner.line(flow, place.standing.clone(), known).run(connection, waiting).await;
    inner.flow_down(flow).await;
}

/// Connects, shakes hands, then runs the connection; what was queued meanwhile is written first.
pub(crate) async fn connect(
    inner: &Arc<Inner>,
    line: Line,
    (net, peer): (Net, SocketAddr),
    server_name: Option<String>,
    waiting: Waiting,
) {
    let Some(_place) = inner.places.take_proven() else { return add(&inner.counters.connections_refused) };
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
