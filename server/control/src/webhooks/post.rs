//! One POST, to an address that was checked: no redirects, no proxies, no waiting for ever, no answer of any size.

use std::{sync::Arc, time::Duration};

use axum::body::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::{Request, header};
use hyper_util::rt::TokioIo;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
    time::timeout,
};
use tokio_rustls::{
    TlsConnector,
    rustls::{ClientConfig, RootCertStore, pki_types::ServerName},
};

use super::address::{Address, AddressFault};

const CONNECT_WITHIN: Duration = Duration::from_secs(5);
/// From the connection to the last byte that is kept of the answer.
const ANSWER_WITHIN: Duration = Duration::from_secs(15);
/// So much of an answer is read; what is more is cut off with the connection.
const BODY_BYTES: usize = 4_096;
/// Headers of an answer that are kept, and so much of each.
const HEADERS: usize = 32;
const HEADER_CHARS: usize = 256;

/// What is sent.
pub struct Parcel<'a> {
    /// Headers beside those of HTTP itself.
    pub headers: &'a [(String, String)],
    /// JSON.
    pub body: &'a str,
}

/// What came back.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reply {
    /// HTTP status.
    pub status: u16,
    /// Headers, cut.
    pub headers: Vec<(String, String)>,
    /// The beginning of the body.
    pub body: String,
    /// Seconds to wait, if the receiver asks for it.
    pub retry_after_s: Option<i64>,
}

/// Why nothing came back.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PostFault {
    /// The address may not be called.
    #[error("{0}")]
    Address(#[from] AddressFault),
    /// Nobody takes connections there.
    #[error("No connection: {0}")]
    Connect(String),
    /// No encryption, or a certificate that nobody vouches for.
    #[error("No encrypted connection: {0}")]
    Tls(String),
    /// Too slow.
    #[error("No answer within {0} s.")]
    Late(u64),
    /// No HTTP.
    #[error("The answer could not be read: {0}")]
    Http(String),
}

/// Whoever sends. Cheap to clone.
#[derive(Clone)]
pub struct Poster {
    tls: TlsConnector,
    private: bool,
}

impl Poster {
    /// One that trusts the public authorities. `private` lets it reach addresses inside.
    pub fn new(private: bool) -> Self {
        let roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
        let provider = Arc::new(tokio_rustls::rustls::crypto::ring::default_provider());
        let config = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
        let config = config.expect("the provider has the default versions").with_root_certificates(roots);
        Self { tls: TlsConnector::from(Arc::new(config.with_no_client_auth())), private }
    }

    /// Send and wait for the answer.
    pub async fn send(&self, address: &Address, parcel: &Parcel<'_>) -> Result<Reply, PostFault> {
        let all = timeout(ANSWER_WITHIN, self.sent(address, parcel)).await;
        all.unwrap_or(Err(PostFault::Late(ANSWER_WITHIN.as_secs())))
    }

    async fn sent(&self, address: &Address, parcel: &Parcel<'_>) -> Result<Reply, PostFault> {
        let at = address.resolve(self.private).await?;
        let connected = timeout(CONNECT_WITHIN, TcpStream::connect(at)).await;
        let stream = connected.map_err(|_| PostFault::Late(CONNECT_WITHIN.as_secs()))?;
        let stream = stream.map_err(|why| PostFault::Connect(why.kind().to_string()))?;
        if !address.is_tls() {
            return exchange(stream, address, parcel).await;
        }
        let name = ServerName::try_from(address.host()).map_err(|why| PostFault::Tls(why.to_string()))?;
        let stream = self.tls.connect(name, stream).await.map_err(|why| PostFault::Tls(why.to_string()))?;
        exchange(stream, address, parcel).await
    }
}

async fn exchange<S>(stream: S, address: &Address, parcel: &Parcel<'_>) -> Result<Reply, PostFault>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let bad = |why: hyper::Error| PostFault::Http(why.to_string());
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.map_err(bad)?;
    // Ends with the exchange: dropping the sender closes the connection, whatever else the receiver has to say.
    let driver = tokio::spawn(connection);
    let answer = ask(&mut sender, address, parcel).await;
    driver.abort();
    answer
}

async fn ask(
    sender: &mut hyper::client::conn::http1::SendRequest<Full<Bytes>>,
    address: &Address,
    parcel: &Parcel<'_>,
) -> Result<Reply, PostFault> {
    let mut request = Request::post(address.target())
        .header(header::HOST, address.authority())
        .header(header::CONNECTION, "close")
        .header(header::CONTENT_TYPE, "application/json")
        .header(header::ACCEPT, "*/*");
    for (name, value) in parcel.headers {
        request = request.header(name, value);
    }
    let body = Full::new(Bytes::copy_from_slice(parcel.body.as_bytes()));
    let request = request.body(body).map_err(|why| PostFault::Http(why.to_string()))?;
    let response = sender.send_request(request).await.map_err(|why| PostFault::Http(why.to_string()))?;
    let (head, mut body) = response.into_parts();
    let mut kept: Vec<u8> = Vec::new();
    while kept.len() < BODY_BYTES {
        match body.frame().await {
            Some(Ok(frame)) => kept.extend(frame.data_ref().map(|data| data.as_ref()).unwrap_or_default()),
            // The status has been said; what the body lacks is the receiver's affair.
            Some(Err(_)) | None => break,
        }
    }
    kept.truncate(BODY_BYTES);
    let text = |value: &hyper::header::HeaderValue| -> String {
        String::from_utf8_lossy(value.as_bytes()).chars().take(HEADER_CHARS).collect()
    };
    let headers = head.headers.iter().take(HEADERS).map(|(name, value)| (name.to_string(), text(value)));
    Ok(Reply {
        status: head.status.as_u16(),
        headers: headers.collect(),
        // PostgreSQL keeps no NUL.
        body: String::from_utf8_lossy(&kept).replace('\0', "\u{fffd}"),
        retry_after_s: head.headers.get(header::RETRY_AFTER).and_then(|value| value.to_str().ok()?.parse().ok()),
    })
}
