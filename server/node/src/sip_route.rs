//! `/sip`: a browser's softphone arrives as a WebSocket (RFC 7118).
//!
//! The ticket names the device; the upgrade is refused unless the page is ours, or one that the ticket's seat token names, and the
//! sub-protocol is exactly `sip`. The connection speaks for its device before its first byte is read.

use std::{
    net::{IpAddr, SocketAddr},
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use axum::{
    Router,
    body::Bytes,
    extract::{
        ConnectInfo, Query, State, WebSocketUpgrade,
        ws::{Message, WebSocket},
    },
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse as _, Response},
    routing::any,
};
use futures::{Sink, Stream};
use patchbay_control::Pages;
use patchbay_plane::Credential;
use patchbay_signaling::{Signaling, WebSocketFrame};
use patchbay_switch::Exchange;
use serde::Deserialize;
use tokio::sync::oneshot;

/// Longest SIP message that a page may send.
const LONGEST_MESSAGE: usize = 64 * 1024;

/// What a page that waits for calls holds of our memory; a longer message makes more room for itself.
const READ_BUFFER: usize = 4 * 1024;

/// Redeems a ticket: the device's credential and the pages that may use it, once. Implemented by the control plane's tickets.
pub type Redeem = Arc<dyn Fn(String) -> futures::future::BoxFuture<'static, Option<(Credential, Pages)>> + Send + Sync>;

/// What the route needs.
#[derive(Clone)]
pub struct SipRoute {
    /// Tickets.
    pub redeem: Redeem,
    /// Takes the stream.
    pub signaling: Signaling,
    /// Learns whom it speaks for.
    pub exchange: Arc<Exchange>,
    /// `https://pbx.example.org`: the page's origin; the request's own Host is right too.
    pub origin: Arc<str>,
    /// Reverse proxies whose `X-Forwarded-For` is believed.
    pub proxies: Arc<[IpAddr]>,
}

/// The one route.
pub fn routes(route: SipRoute) -> Router {
    Router::new().route("/sip", any(upgrade)).with_state(route)
}

#[derive(Deserialize)]
struct Asked {
    ticket: String,
}

async fn upgrade(
    State(route): State<SipRoute>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    Query(asked): Query<Asked>,
    headers: HeaderMap,
    socket: WebSocketUpgrade,
) -> Response {
    if !speaks_sip(&headers) {
        return (StatusCode::BAD_REQUEST, "The sub-protocol must be sip.").into_response();
    }
    let Some((credential, pages)) = (route.redeem)(asked.ticket).await else {
        return (StatusCode::UNAUTHORIZED, "The ticket is used, too old or unknown.").into_response();
    };
    let origin = headers.get(header::ORIGIN).and_then(|value| value.to_str().ok());
    if !same_origin(&headers, &route.origin) && !pages.let_in(origin) {
        return (StatusCode::FORBIDDEN, "This page may not use the phone.").into_response();
    }
    let peer = real_peer(&headers, peer, &route.proxies);
    let socket = socket.protocols(["sip"]).read_buffer_size(READ_BUFFER);
    socket.max_message_size(LONGEST_MESSAGE).max_frame_size(LONGEST_MESSAGE).on_upgrade(move |socket| async move {
        let (open, gate) = oneshot::channel();
        let flow = route.signaling.websocket(Frames { socket, gate: Some(gate) }, peer);
        route.exchange.trust(flow, credential);
        let _ = open.send(());
    })
}

/// RFC 7118 section 4: the client offers `sip`; nothing else counts, not even as a part of another word.
fn speaks_sip(headers: &HeaderMap) -> bool {
    headers
        .get_all(header::SEC_WEBSOCKET_PROTOCOL)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .any(|word| word.trim() == "sip")
}

/// Browsers always send Origin on an upgrade; a program without one has no business with a ticket for a page.
fn same_origin(headers: &HeaderMap, ours: &str) -> bool {
    let Some(origin) = headers.get(header::ORIGIN).and_then(|value| value.to_str().ok()) else { return false };
    if origin == ours {
        return true;
    }
    let host = headers.get(header::HOST).and_then(|value| value.to_str().ok());
    host.is_some_and(|host| origin.split_once("://").is_some_and(|(_, named)| named.eq_ignore_ascii_case(host)))
}

/// The client behind our own proxies: the last address that a trusted proxy did not add itself.
fn real_peer(headers: &HeaderMap, peer: SocketAddr, proxies: &[IpAddr]) -> SocketAddr {
    if !proxies.contains(&peer.ip()) {
        return peer;
    }
    let forwarded = headers.get_all("x-forwarded-for").iter().filter_map(|value| value.to_str().ok());
    let hops: Vec<IpAddr> =
        forwarded.flat_map(|value| value.split(',')).filter_map(|hop| hop.trim().parse().ok()).collect();
    let client = hops.iter().rev().find(|hop| !proxies.contains(hop));
    client.map_or(peer, |client| SocketAddr::new(*client, peer.port()))
}

/// An axum WebSocket as the signalling sees it; nothing is read before the gate opens.
struct Frames {
    socket: WebSocket,
    gate: Option<oneshot::Receiver<()>>,
}

impl Stream for Frames {
    type Item = Result<WebSocketFrame, axum::Error>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if let Some(gate) = &mut self.gate {
            match Pin::new(gate).poll(cx) {
                Poll::Pending => return Poll::Pending,
                Poll::Ready(_) => self.gate = None,
            }
        }
        let next = match Pin::new(&mut self.socket).poll_next(cx) {
            Poll::Pending => return Poll::Pending,
            Poll::Ready(next) => next,
        };
        Poll::Ready(match next {
            None | Some(Ok(Message::Close(_))) => None,
            Some(Err(why)) => Some(Err(why)),
            Some(Ok(Message::Text(text))) => Some(Ok(WebSocketFrame::Message(text.as_bytes().to_vec()))),
            Some(Ok(Message::Binary(bytes))) => Some(Ok(WebSocketFrame::Message(bytes.to_vec()))),
            // Answered by the WebSocket itself.
            Some(Ok(Message::Ping(_))) => Some(Ok(WebSocketFrame::Ping)),
            Some(Ok(Message::Pong(_))) => Some(Ok(WebSocketFrame::Pong)),
        })
    }
}

impl Sink<WebSocketFrame> for Frames {
    type Error = axum::Error;

    fn poll_ready(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), axum::Error>> {
        Pin::new(&mut self.socket).poll_ready(cx)
    }

    fn start_send(mut self: Pin<&mut Self>, frame: WebSocketFrame) -> Result<(), axum::Error> {
        let message = match frame {
            WebSocketFrame::Ping => Message::Ping(Bytes::new()),
            WebSocketFrame::Pong => Message::Pong(Bytes::new()),
            // JsSIP reads text; a caller's name in Latin-1 is no UTF-8 and travels as binary (RFC 7118 section 5).
            WebSocketFrame::Message(bytes) => match String::from_utf8(bytes) {
                Ok(text) => Message::Text(text.into()),
                Err(raw) => Message::Binary(raw.into_bytes().into()),
            },
        };
        Pin::new(&mut self.socket).start_send(message)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), axum::Error>> {
        Pin::new(&mut self.socket).poll_flush(cx)
    }

    fn poll_close(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), axum::Error>> {
        Pin::new(&mut self.socket).poll_close(cx)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&str, &str)]) -> HeaderMap {
        pairs
            .iter()
            .map(|(name, value)| (header::HeaderName::try_from(*name).unwrap(), value.parse().unwrap()))
            .collect()
    }

    #[test]
    fn only_the_word_sip_is_sip() {
        assert!(speaks_sip(&headers(&[("sec-websocket-protocol", "chat, sip")])));
        assert!(!speaks_sip(&headers(&[("sec-websocket-protocol", "sips, mysip")])));
        assert!(!speaks_sip(&headers(&[])));
    }

    #[test]
    fn foreign_pages_and_pages_without_origin_are_refused() {
        let ours = "https://pbx.example";
        assert!(same_origin(&headers(&[("origin", "https://pbx.example"), ("host", "inner:8080")]), ours));
        assert!(same_origin(&headers(&[("origin", "http://127.0.0.1:8080"), ("host", "127.0.0.1:8080")]), ours));
        assert!(!same_origin(&headers(&[("origin", "https://evil.example"), ("host", "pbx.example")]), ours));
        assert!(!same_origin(&headers(&[("origin", "null"), ("host", "pbx.example")]), ours));
        assert!(!same_origin(&headers(&[("host", "pbx.example")]), ours));
    }

    #[test]
    fn a_stranger_cannot_forge_its_address() {
        let forged = headers(&[("x-forwarded-for", "1.2.3.4")]);
        let stranger: SocketAddr = "192.0.2.7:99".parse().unwrap();
        assert_eq!(real_peer(&forged, stranger, &[]).ip(), stranger.ip());
        let proxies = [IpAddr::from([127, 0, 0, 1])];
        let through = headers(&[("x-forwarded-for", "9.9.9.9, 1.2.3.4, 127.0.0.1")]);
        assert_eq!(real_peer(&through, "127.0.0.1:99".parse().unwrap(), &proxies).ip(), IpAddr::from([1, 2, 3, 4]));
    }
}
