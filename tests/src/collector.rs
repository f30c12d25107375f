//! An OpenTelemetry collector that keeps the bytes it is sent.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex, PoisonError},
};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
};

/// A collector on loopback; it listens as long as the test's runtime lives.
#[derive(Clone, Debug)]
pub struct Collector {
    address: SocketAddr,
    bodies: Arc<Mutex<Vec<u8>>>,
}

impl Collector {
    /// Starts one.
    ///
    /// # Panics
    /// When loopback has no free TCP port.
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("loopback has a free TCP port");
        let address = listener.local_addr().expect("a bound socket has an address");
        let collector = Self { address, bodies: Arc::default() };
        let bodies = collector.bodies.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, bodies.clone()));
            }
        });
        collector
    }

    /// For `otlp_endpoint`.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Whether this text was in anything that came. Protobuf writes text as it is.
    pub fn has(&self, text: &str) -> bool {
        let bodies = self.bodies.lock().unwrap_or_else(PoisonError::into_inner);
        bodies.windows(text.len()).any(|part| part == text.as_bytes())
    }
}

async fn serve(mut stream: TcpStream, bodies: Arc<Mutex<Vec<u8>>>) {
    let mut buffer = Vec::new();
    loop {
        let head = buffer.windows(4).position(|part| part == b"\r\n\r\n");
        if let Some(head) = head {
            let text = String::from_utf8_lossy(&buffer[..head]).to_ascii_lowercase();
            let length =
                text.lines().find_map(|line| line.strip_prefix("content-length:")?.trim().parse::<usize>().ok());
            let end = head + 4 + length.unwrap_or(0);
            if buffer.len() >= end {
                let right = text.starts_with("post /v1/traces") && text.contains("application/x-protobuf");
                if right {
                    bodies.lock().unwrap_or_else(PoisonError::into_inner).extend(&buffer[head + 4..end]);
                }
                buffer.drain(..end);
                let answer = if right { "200 OK" } else { "404 Not Found" };
                let answer =
                    format!("HTTP/1.1 {answer}\r\nContent-Type: application/x-protobuf\r\nContent-Length: 0\r\n\r\n");
                if stream.write_all(answer.as_bytes()).await.is_err() {
                    return;
                }
                continue;
            }
        }
        if !matches!(stream.read_buf(&mut buffer).await, Ok(read) if read > 0) {
            return;
        }
    }
}
