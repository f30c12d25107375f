//! SIP by hand: bytes out, answers back, over UDP, TCP and WebSocket, from any address of loopback.

use std::{
    net::{Ipv4Addr, SocketAddr},
    sync::atomic::{AtomicUsize, Ordering::Relaxed},
    time::Duration,
};

use futures::{SinkExt, StreamExt};
use patchbay_sip::{Message, Method, Name};
use patchbay_tests::{Api, Server};
use serde_json::json;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpSocket, TcpStream, UdpSocket},
    time::timeout,
};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async, tungstenite};
use tungstenite::{client::IntoClientRequest, http::HeaderValue};

/// One way to the server.
pub enum Wire {
    Udp(UdpSocket, SocketAddr),
    Tcp(TcpStream, Vec<u8>),
    Page(Box<WebSocketStream<MaybeTlsStream<TcpStream>>>),
}

impl Wire {
    /// Datagrams from this address and UDP port.
    pub async fn udp(source: (Ipv4Addr, u16), server: SocketAddr) -> Self {
        Self::Udp(UdpSocket::bind(source).await.unwrap(), server)
    }

    /// A connection from this address.
    pub async fn tcp(source: Ipv4Addr, server: SocketAddr) -> Self {
        let socket = TcpSocket::new_v4().unwrap();
        socket.bind((source, 0).into()).unwrap();
        Self::Tcp(socket.connect(server).await.unwrap(), Vec::new())
    }

    /// A page of this member, who gets a seat.
    pub async fn page(server: &Server, owner: &Api) -> Self {
        let member = owner.get("/v1/me").await["member"].clone();
        owner.post("/v1/seats", json!({"label": "Page", "member": member})).await;
        let sold = owner.post("/v1/softphone/ticket", json!({})).await;
        let (http, ticket) = (server.url(), sold["ticket"].as_str().unwrap());
        let mut request = format!("{}/sip?ticket={ticket}", http.replace("http", "ws")).into_client_request().unwrap();
        request.headers_mut().insert("origin", HeaderValue::from_str(&http).unwrap());
        request.headers_mut().insert("sec-websocket-protocol", HeaderValue::from_static("sip"));
        Self::Page(Box::new(connect_async(request).await.unwrap().0))
    }

    /// Says it.
    pub async fn say(&mut self, bytes: &[u8]) {
        match self {
            Self::Udp(socket, server) => drop(socket.send_to(bytes, *server).await.unwrap()),
            Self::Tcp(stream, _) => drop(stream.write_all(bytes).await),
            Self::Page(socket) => {
                let frame = match std::str::from_utf8(bytes) {
                    Ok(text) => tungstenite::Message::text(text),
                    Err(_) => tungstenite::Message::binary(bytes.to_vec()),
                };
                socket.send(frame).await.unwrap();
            }
        }
    }

    /// The next message; `Err(true)`: the connection is closed.
    pub async fn hear(&mut self, patience: Duration) -> Result<Message, bool> {
        let parse = |bytes: &[u8]| Message::parse(bytes).expect("what the server says is SIP");
        match self {
            Self::Udp(socket, _) => {
                let mut buffer = vec![0; 65_536];
                match timeout(patience, socket.recv_from(&mut buffer)).await {
                    Ok(Ok((length, _))) => Ok(parse(&buffer[..length])),
                    _ => Err(false),
                }
            }
            Self::Tcp(stream, buffer) => loop {
                if let patchbay_sip::wire::frame::Frame::Message(length) = patchbay_sip::wire::frame::frame(buffer) {
                    let message = parse(&buffer[..length]);
                    buffer.drain(..length);
                    return Ok(message);
                }
                match timeout(patience, stream.read_buf(buffer)).await {
                    Ok(Ok(0) | Err(_)) => return Err(true),
                    Ok(Ok(_)) => {}
                    Err(_) => return Err(false),
                }
            },
            Self::Page(socket) => loop {
                match timeout(patience, socket.next()).await {
                    Ok(Some(Ok(tungstenite::Message::Text(text)))) => return Ok(parse(text.as_bytes())),
                    Ok(Some(Ok(tungstenite::Message::Binary(bytes)))) => return Ok(parse(&bytes)),
                    Ok(Some(Ok(tungstenite::Message::Ping(_) | tungstenite::Message::Pong(_)))) => {}
                    Ok(_) => return Err(true),
                    Err(_) => return Err(false),
                }
            },
        }
    }

    fn via(&self) -> &'static str {
        match self {
            Self::Udp(..) => "UDP",
            Self::Tcp(..) => "TCP",
            Self::Page(_) => "WS",
        }
    }

    /// A good OPTIONS.
    pub fn options(&self, n: usize) -> String {
        format!(
            "OPTIONS sip:patchbay.local SIP/2.0\r\nVia: SIP/2.0/{} good.invalid;branch=z9hG4bKgood{n};rport\r\n\
            From: <sip:good@patchbay.local>;tag=g{n}\r\nTo: <sip:patchbay.local>\r\nCall-ID: good{n}\r\n\
            CSeq: 1 OPTIONS\r\nMax-Forwards: 70\r\nContent-Length: 0\r\n\r\n",
            self.via()
        )
    }

    /// The ACK of a refused INVITE, so that its refusal is not repeated.
    pub async fn acknowledge(&mut self, answer: &Message) {
        let text = |name| answer.get_text(name).unwrap_or_default().into_owned();
        let Some((number, Method::Invite)) = answer.cseq() else { return };
        let ack = format!(
            "ACK sip:x@patchbay.local SIP/2.0\r\nVia: {}\r\nFrom: {}\r\nTo: {}\r\nCall-ID: {}\r\nCSeq: {number} ACK\r\n\
            Max-Forwards: 70\r\nContent-Length: 0\r\n\r\n",
            text(Name::Via),
            text(Name::From),
            text(Name::To),
            text(Name::CallId)
        );
        self.say(ack.as_bytes()).await;
    }
}

/// The memory of a process that is in use, in bytes.
pub fn resident(process: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().trim_end_matches(" kB").trim().parse::<u64>().unwrap() * 1_024
}

/// The value below which so many of a hundred are.
pub fn percentile(times: &mut [Duration], percent: usize) -> Duration {
    times.sort_unstable();
    times[(times.len() * percent / 100).min(times.len() - 1)]
}

/// How long each of so many good OPTIONS waits for its answer, one after the other.
pub async fn answers(server: SocketAddr, rounds: usize, pause: Duration) -> Vec<Duration> {
    // A request that says what another has said before is its repeat.
    static NEXT: AtomicUsize = AtomicUsize::new(2_000_000);
    let mut good = Wire::udp((Ipv4Addr::LOCALHOST, 0), server).await;
    let mut took = Vec::new();
    for n in (0..rounds).map(|_| NEXT.fetch_add(1, Relaxed)) {
        let began = tokio::time::Instant::now();
        good.say(good.options(n).as_bytes()).await;
        let answer = good.hear(Duration::from_secs(5)).await.expect("an answer to a good peer");
        assert_eq!(answer.status(), Some(200));
        took.push(began.elapsed());
        tokio::time::sleep(pause).await;
    }
    took
}
