//! HTTP connections: how many one source may hold, and how long a request's head may take.
//!
//! `axum::serve` waits for ever for a head that comes byte by byte; here a connection that has not earned its place is closed
//! (`safety.md` C7). One that was upgraded to a WebSocket is counted no more: it has shown a ticket.

use std::{
    collections::HashMap,
    net::{IpAddr, SocketAddr},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use axum::{Router, body::Body, extract::ConnectInfo};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::{OwnedSemaphorePermit, Semaphore},
};
use tower::Service as _;

/// A request's head must be whole within this time; a kept connection may wait as long for the next one.
const HEAD_WITHIN: Duration = Duration::from_secs(15);
/// Connections that one source may hold: a company's browsers behind one address, each with its six.
const PER_SOURCE: usize = 512;
/// Connections of everybody.
const MOST: usize = 8_192;

/// Who stands in the door.
pub struct Door {
    app: Router,
    proxies: Arc<[IpAddr]>,
    places: Arc<Semaphore>,
    sources: Arc<Sources>,
}

impl Door {
    /// A door to this app. Connections of `proxies` are those of many people and are not counted by source.
    pub fn new(app: Router, proxies: Arc<[IpAddr]>) -> Self {
        Self { app, proxies, places: Arc::new(Semaphore::new(MOST)), sources: Arc::default() }
    }

    /// Lets in until the future is dropped.
    pub async fn serve(self, listener: TcpListener) {
        loop {
            match listener.accept().await {
                Ok((connection, peer)) => self.enter(connection, peer),
                Err(why) => {
                    // Out of file descriptors, mostly: give those that there are time to close.
                    tracing::warn!(error = %why, "A connection could not be accepted");
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
            }
        }
    }

    fn enter(&self, connection: TcpStream, peer: SocketAddr) {
        let Some(place) = self.place(peer.ip()) else { return };
        patchbay_signaling::tune_connection(&connection);
        let app = self.app.clone();
        let answer = service_fn(move |mut request: hyper::Request<Incoming>| {
            request.extensions_mut().insert(ConnectInfo(peer));
            app.clone().call(request.map(Body::new))
        });
        tokio::spawn(async move {
            let _place = place;
            let _ = http1::Builder::new()
                .timer(TokioTimer::new())
                .header_read_timeout(HEAD_WITHIN)
                .serve_connection(TokioIo::new(connection), answer)
                .with_upgrades()
                .await;
        });
    }

    fn place(&self, source: IpAddr) -> Option<Place> {
        let all = self.places.clone().try_acquire_owned().ok()?;
        if self.proxies.contains(&source) {
            return Some((all, None));
        }
        let source = self.sources.clone().take(source)?;
        Some((all, Some(source)))
    }
}

/// A place among all, and one of its source's; given back on drop.
type Place = (OwnedSemaphorePermit, Option<Held>);

/// Open connections per source.
#[derive(Default)]
struct Sources(Mutex<HashMap<IpAddr, usize>>);

impl Sources {
    fn take(self: Arc<Self>, source: IpAddr) -> Option<Held> {
        let mut open = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let count = open.entry(source).or_default();
        if *count >= PER_SOURCE {
            return None;
        }
        *count += 1;
        drop(open);
        Some(Held { sources: self, source })
    }
}

struct Held {
    sources: Arc<Sources>,
    source: IpAddr,
}

impl Drop for Held {
    fn drop(&mut self) {
        let mut open = self.sources.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = open.get_mut(&self.source) {
            *count -= 1;
            if *count == 0 {
                open.remove(&self.source);
            }
        }
    }
}

/// Lets this process open as many files as the system allows it: the usual first limit, 1,024, is less than one busy company.
/// Returns how many that are.
pub fn open_many_files() -> u64 {
    use rustix::process::{Resource, getrlimit, setrlimit};
    let mut limit = getrlimit(Resource::Nofile);
    limit.current = limit.maximum;
    if setrlimit(Resource::Nofile, limit).is_err() {
        tracing::warn!("The limit of open files could not be raised");
    }
    getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use axum::routing::get;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    use super::*;

    async fn door(proxies: &[IpAddr]) -> (SocketAddr, tokio::task::JoinHandle<()>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let at = listener.local_addr().unwrap();
        let app =
            Router::new().route("/", get(|ConnectInfo(peer): ConnectInfo<SocketAddr>| async move { peer.to_string() }));
        let door = Door::new(app, proxies.into());
        (at, tokio::spawn(door.serve(listener)))
    }

    async fn ask(stream: &mut TcpStream) -> String {
        stream.write_all(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n").await.unwrap();
        let mut buffer = vec![0; 4_096];
        let read = stream.read(&mut buffer).await.unwrap_or(0);
        String::from_utf8_lossy(&buffer[..read]).into_owned()
    }

    #[tokio::test]
    async fn the_app_sees_who_asks_and_a_source_has_so_many_places() {
        let (at, serving) = door(&[]).await;
        let mut kept = Vec::new();
        for _ in 0..PER_SOURCE {
            kept.push(TcpStream::connect(at).await.unwrap());
        }
        let first = kept[0].local_addr().unwrap();
        let answer = ask(&mut kept[0]).await;
        assert!(answer.starts_with("HTTP/1.1 200") && answer.ends_with(&first.to_string()), "{answer}");
        let mut refused = TcpStream::connect(at).await.unwrap();
        assert_eq!(ask(&mut refused).await, "");
        kept.truncate(PER_SOURCE - 10);
        tokio::time::sleep(Duration::from_millis(100)).await;
        let mut again = TcpStream::connect(at).await.unwrap();
        assert!(ask(&mut again).await.starts_with("HTTP/1.1 200"));
        serving.abort();
    }

    #[tokio::test]
    async fn a_trusted_proxy_holds_as_many_as_it_likes() {
        let (at, serving) = door(&["127.0.0.1".parse().unwrap()]).await;
        let mut kept = Vec::new();
        for _ in 0..PER_SOURCE + 20 {
            kept.push(TcpStream::connect(at).await.unwrap());
        }
        let last = kept.last_mut().unwrap();
        assert!(ask(last).await.starts_with("HTTP/1.1 200"));
        serving.abort();
    }
}
