//! One request to an address that was checked: no redirects, no proxies, no waiting for ever, no answer of any size.

use std::{sync::Arc, time::Duration};

use axum::body::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::{Request, Response, header};
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
        Self::trusting(RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() }, private)
    }

    fn trusting(roots: RootCertStore, private: bool) -> Self {
        let provider = Arc::new(tokio_rustls::rustls::crypto::ring::default_provider());
        let config = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
        let config = config.expect("the provider has the default versions").with_root_certificates(roots);
        Self { tls: TlsConnector::from(Arc::new(config.with_no_client_auth())), private }
    }

    /// Send and wait for the answer, of which the beginning is kept.
    pub async fn send(&self, address: &Address, parcel: &Parcel<'_>) -> Result<Reply, PostFault> {
        let mut request = Request::post(address.target()).header(header::CONTENT_TYPE, "application/json");
        for (name, value) in parcel.headers {
            request = request.header(name, value);
        }
        let body = Bytes::copy_from_slice(parcel.body.as_bytes());
        let request = request.header(header::ACCEPT, "*/*").body(Full::new(body));
        let request = request.map_err(|why| PostFault::Http(why.to_string()))?;
        Ok(kept(self.timely(address, request, BODY_BYTES).await?))
    }

    /// Any request, with an answer of so many bytes at most; a longer one is an error.
    pub async fn fetch(&self, request: Request<Vec<u8>>, most: usize) -> Result<Response<Vec<u8>>, PostFault> {
        let address = Address::parse(&request.uri().to_string(), self.private)?;
        let (mut head, body) = request.into_parts();
        head.uri = address.target().parse().map_err(|_| PostFault::Address(AddressFault::NotAUrl))?;
        let request = Request::from_parts(head, Full::new(Bytes::from(body)));
        let answer = self.timely(&address, request, most + 1).await?;
        if answer.body().len() > most {
            return Err(PostFault::Http(format!("more than {most} bytes")));
        }
        Ok(answer)
    }

    async fn timely(
        &self,
        address: &Address,
        request: Request<Full<Bytes>>,
        most: usize,
    ) -> Result<Response<Vec<u8>>, PostFault> {
        let all = timeout(ANSWER_WITHIN, self.sent(address, request, most)).await;
        all.unwrap_or(Err(PostFault::Late(ANSWER_WITHIN.as_secs())))
    }

    async fn sent(
        &self,
        address: &Address,
        mut request: Request<Full<Bytes>>,
        most: usize,
    ) -> Result<Response<Vec<u8>>, PostFault> {
        let at = address.resolve(self.private).await?;
        let connected = timeout(CONNECT_WITHIN, TcpStream::connect(at)).await;
        let stream = connected.map_err(|_| PostFault::Late(CONNECT_WITHIN.as_secs()))?;
        let stream = stream.map_err(|why| PostFault::Connect(why.kind().to_string()))?;
        let host = address.authority().parse().map_err(|_| PostFault::Address(AddressFault::NotAUrl))?;
        request.headers_mut().insert(header::HOST, host);
        request.headers_mut().insert(header::CONNECTION, header::HeaderValue::from_static("close"));
        if !address.is_tls() {
            return exchange(stream, request, most).await;
        }
        let name = ServerName::try_from(address.host()).map_err(|why| PostFault::Tls(why.to_string()))?;
        let stream = self.tls.connect(name, stream).await.map_err(|why| PostFault::Tls(why.to_string()))?;
        exchange(stream, request, most).await
    }
}

async fn exchange<S>(stream: S, request: Request<Full<Bytes>>, most: usize) -> Result<Response<Vec<u8>>, PostFault>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let bad = |why: hyper::Error| PostFault::Http(why.to_string());
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.map_err(bad)?;
    // Ends with the exchange: dropping the sender closes the connection, whatever else the receiver has to say.
    let driver = tokio::spawn(connection);
    let answer = ask(&mut sender, request, most).await;
    driver.abort();
    answer
}

async fn ask(
    sender: &mut hyper::client::conn::http1::SendRequest<Full<Bytes>>,
    request: Request<Full<Bytes>>,
    most: usize,
) -> Result<Response<Vec<u8>>, PostFault> {
    let response = sender.send_request(request).await.map_err(|why| PostFault::Http(why.to_string()))?;
    let (head, mut body) = response.into_parts();
    let mut kept: Vec<u8> = Vec::new();
    while kept.len() < most {
        match body.frame().await {
            Some(Ok(frame)) => kept.extend(frame.data_ref().map(|data| data.as_ref()).unwrap_or_default()),
            // The status has been said; what the body lacks is the receiver's affair.
            Some(Err(_)) | None => break,
        }
    }
    kept.truncate(most);
    Ok(Response::from_parts(head, kept))
}

/// What a log keeps of an answer.
fn kept(answer: Response<Vec<u8>>) -> Reply {
    let text = |value: &header::HeaderValue| -> String {
        String::from_utf8_lossy(value.as_bytes()).chars().take(HEADER_CHARS).collect()
    };
    let (head, body) = answer.into_parts();
    let headers = head.headers.iter().take(HEADERS).map(|(name, value)| (name.to_string(), text(value)));
    Reply {
        status: head.status.as_u16(),
        headers: headers.collect(),
        // PostgreSQL keeps no NUL.
        body: String::from_utf8_lossy(&body).replace('\0', "\u{fffd}"),
        retry_after_s: head.headers.get(header::RETRY_AFTER).and_then(|value| value.to_str().ok()?.parse().ok()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::SocketAddr;
    use tokio::{
        io::{AsyncReadExt, AsyncWriteExt},
        net::TcpListener,
        sync::oneshot,
    };
    use tokio_rustls::{
        TlsAcceptor,
        rustls::{ServerConfig, crypto::ring, pki_types::PrivateKeyDer},
    };

    /// Answers one request so, over TLS with a certificate of its own; says what was asked.
    async fn server(answer: &'static [u8]) -> (SocketAddr, RootCertStore, oneshot::Receiver<String>) {
        let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        let key = PrivateKeyDer::try_from(made.signing_key.serialize_der()).unwrap();
        let mut roots = RootCertStore::empty();
        roots.add(made.cert.der().clone()).unwrap();
        let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()));
        let config = config.with_safe_default_protocol_versions().unwrap().with_no_client_auth();
        let config = config.with_single_cert(vec![made.cert.der().clone()], key).unwrap();
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let at = listener.local_addr().unwrap();
        let (told, asked) = oneshot::channel();
        tokio::spawn(async move {
            let (stream, _) = listener.accept().await.unwrap();
            let Ok(mut stream) = acceptor.accept(stream).await else { return };
            let mut text = Vec::new();
            while !text.ends_with(b"{}") {
                let mut some = [0; 1_024];
                let count = stream.read(&mut some).await.unwrap();
                text.extend(&some[..count]);
            }
            stream.write_all(answer).await.unwrap();
            stream.shutdown().await.unwrap();
            drop(told.send(String::from_utf8(text).unwrap()));
        });
        (at, roots, asked)
    }

    fn address(at: SocketAddr) -> Address {
        Address::parse(&format!("https://localhost:{}/hook?a=b", at.port()), true).unwrap()
    }

    const PARCEL: Parcel<'_> = Parcel { headers: &[], body: "{}" };

    #[tokio::test]
    async fn an_encrypted_receiver_is_told_and_answers() {
        let answer = b"HTTP/1.1 429 Too Many Requests\r\nretry-after: 7\r\ncontent-length: 4\r\n\r\nwait";
        let (at, roots, asked) = server(answer).await;
        let reply = Poster::trusting(roots, true).send(&address(at), &PARCEL).await.unwrap();
        assert_eq!((reply.status, reply.body.as_str(), reply.retry_after_s), (429, "wait", Some(7)));
        let asked = asked.await.unwrap();
        assert!(asked.starts_with("POST /hook?a=b HTTP/1.1\r\n"), "{asked}");
        assert!(asked.contains(&format!("host: localhost:{}\r\n", at.port())), "{asked}");
    }

    #[tokio::test]
    async fn a_certificate_that_nobody_vouches_for_is_refused() {
        let (at, _, asked) = server(b"HTTP/1.1 200 OK\r\n\r\n").await;
        let fault = Poster::new(true).send(&address(at), &PARCEL).await.unwrap_err();
        assert!(matches!(fault, PostFault::Tls(_)), "{fault}");
        assert!(asked.await.is_err(), "nothing was sent");
    }

    #[tokio::test]
    async fn a_name_that_leads_inside_gets_no_connection() {
        let (at, _, asked) = server(b"HTTP/1.1 200 OK\r\n\r\n").await;
        let fault = Poster::new(false).send(&address(at), &PARCEL).await.unwrap_err();
        assert_eq!(fault, PostFault::Address(AddressFault::Private));
        assert!(timeout(Duration::from_millis(50), asked).await.is_err(), "nobody knocked");
    }

    #[tokio::test]
    async fn an_answer_is_read_to_a_point() {
        const HUGE: &[u8] = &[b'x'; 100_000];
        static ANSWER: std::sync::LazyLock<Vec<u8>> =
            std::sync::LazyLock::new(|| [b"HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n", HUGE].concat());
        let (at, roots, _) = server(&ANSWER).await;
        let reply = Poster::trusting(roots, true).send(&address(at), &PARCEL).await.unwrap();
        assert_eq!((reply.status, reply.body.len()), (200, BODY_BYTES));
    }
}
