//! Closed-loop load over kept connections: each asks again as soon as it was answered.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use axum::Router;
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
};

/// Serves on loopback; the address.
pub async fn serve(router: Router) -> String {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let service = router.into_make_service_with_connect_info::<std::net::SocketAddr>();
    tokio::spawn(async move { axum::serve(listener, service).await });
    address
}

/// Method, path and body, by connection and turn.
type Asks = dyn Fn(usize, u64) -> (&'static str, String, String) + Send + Sync;

/// Who is asked what.
pub struct Load {
    address: String,
    connections: usize,
    asks: Arc<Asks>,
    token: String,
}

/// How long answers took.
pub struct Timing {
    sorted_us: Vec<u64>,
    took: Duration,
}

impl Timing {
    pub fn of(mut times_us: Vec<u64>, took: Duration) -> Self {
        times_us.sort_unstable();
        Self { sorted_us: times_us, took }
    }
    /// The time within which this share was answered, microseconds.
    fn within(&self, share: f64) -> u64 {
        let place = (self.sorted_us.len() as f64 * share) as usize;
        self.sorted_us.get(place.min(self.sorted_us.len().saturating_sub(1))).copied().unwrap_or_default()
    }
    pub fn json(&self) -> Value {
        let per_s = self.sorted_us.len() as f64 / self.took.as_secs_f64();
        json!({ "p50_us": self.within(0.5), "p99_us": self.within(0.99), "per_s": per_s.round(), "count": self.sorted_us.len() })
    }
}

impl Load {
    pub fn new(
        address: &str,
        connections: usize,
        asks: impl Fn(usize, u64) -> (&'static str, String, String) + Send + Sync + 'static,
        token: &str,
    ) -> Self {
        Self { address: address.to_owned(), connections, asks: Arc::new(asks), token: token.to_owned() }
    }

    /// For so long; what comes in the first tenth does not count.
    pub async fn run(&self, span: Duration) -> Timing {
        let began = Instant::now();
        let (from, until) = (began + span / 10, began + span + span / 10);
        let mut all = Vec::new();
        for at in 0..self.connections {
            let (asks, address, token) = (self.asks.clone(), self.address.clone(), self.token.clone());
            all.push(tokio::spawn(async move { one(at, &*asks, &address, &token, from, until).await }));
        }
        let mut times = Vec::new();
        for one in all {
            times.extend(one.await.unwrap());
        }
        Timing::of(times, span)
    }
}

async fn one(at: usize, asks: &Asks, address: &str, token: &str, from: Instant, until: Instant) -> Vec<u64> {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.set_nodelay(true).unwrap();
    let (mut times, mut buffer, mut turn) = (Vec::new(), Vec::with_capacity(1 << 16), 0);
    loop {
        let (method, path, body) = asks(at, turn);
        turn += 1;
        let mut text = format!("{method} {path} HTTP/1.1\r\nhost: {address}\r\ncontent-length: {}\r\n", body.len());
        if !token.is_empty() {
            text.push_str(&format!("authorization: Bearer {token}\r\n"));
        }
        text.push_str(&format!("content-type: application/json\r\n\r\n{body}"));
        let began = Instant::now();
        stream.write_all(text.as_bytes()).await.unwrap();
        answered(&mut stream, &mut buffer).await;
        let now = Instant::now();
        if now > until {
            return times;
        }
        if began > from {
            times.push(u64::try_from((now - began).as_micros()).unwrap());
        }
    }
}

/// Reads one answer, which must be a 2xx.
async fn answered(stream: &mut TcpStream, buffer: &mut Vec<u8>) {
    buffer.clear();
    let (mut head, mut length) = (None, 0);
    loop {
        if let Some(end) = head
            && buffer.len() >= end + length
        {
            return;
        }
        assert!(stream.read_buf(buffer).await.unwrap() > 0, "closed");
        if head.is_none()
            && let Some(end) = buffer.windows(4).position(|four| four == b"\r\n\r\n")
        {
            let text = String::from_utf8_lossy(&buffer[..end]).to_ascii_lowercase();
            assert!(text.starts_with("http/1.1 2"), "{}", String::from_utf8_lossy(buffer));
            let line = text.lines().find_map(|line| line.strip_prefix("content-length: "));
            length = line.and_then(|text| text.parse().ok()).unwrap_or_default();
            head = Some(end + 4);
        }
    }
}
