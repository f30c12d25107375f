//! Building messages: header order, one Content-Length, nothing that a value could smuggle in.

use std::net::SocketAddr;

use super::{
    message::{Message, Method},
    name::Name,
    via::stamped,
};

/// A message being written.
#[derive(Clone, Debug)]
pub struct Writer(Vec<u8>);

impl Writer {
    /// A request line.
    pub fn request(method: &Method, uri: &str) -> Self {
        let mut writer = Self(Vec::with_capacity(1_024));
        writer.put(&[method.as_str(), " ", uri, " SIP/2.0"]);
        writer.end_line();
        writer
    }

    /// A response to `request`, which came from `source`: Via, From, To (with our tag), Call-ID and CSeq copied as RFC 3261
    /// section 8.2.6.2 wants; the topmost Via says where the request really came from (section 18.2.1, RFC 3581).
    pub fn response(request: &Message, status: u16, tag: Option<&str>, source: SocketAddr) -> Self {
        let mut writer = Self(Vec::with_capacity(1_024));
        writer.put(&["SIP/2.0 ", &status.to_string(), " ", phrase(status)]);
        writer.end_line();
        for (at, via) in request.list(Name::Via).enumerate() {
            if at == 0 {
                writer.raw(Name::Via, &stamped(via, source));
            } else {
                writer.raw(Name::Via, via);
            }
        }
        for name in [Name::From, Name::To, Name::CallId, Name::CSeq] {
            let Some(value) = request.get(name) else { continue };
            writer.0.extend_from_slice(name.as_str().as_bytes());
            writer.0.extend_from_slice(b": ");
            writer.value(value);
            if name == Name::To
                && let Some(tag) = tag
                && super::address::Address::parse(value).is_none_or(|to| to.tag().is_none())
            {
                writer.put(&[";tag=", tag]);
            }
            writer.end_line();
        }
        writer
    }

    /// CSeq.
    pub fn cseq(&mut self, number: u32, method: &Method) -> &mut Self {
        self.header(Name::CSeq, &format!("{number} {}", method.as_str()))
    }

    /// A header.
    pub fn header(&mut self, name: Name, value: &str) -> &mut Self {
        self.named(name.as_str(), value)
    }

    /// A header by its written name.
    pub fn named(&mut self, name: &str, value: &str) -> &mut Self {
        self.0.extend_from_slice(name.as_bytes());
        self.0.extend_from_slice(b": ");
        self.value(value.as_bytes());
        self.end_line();
        self
    }

    /// Several headers.
    pub fn extra(&mut self, headers: &[(String, String)]) -> &mut Self {
        for (name, value) in headers {
            self.named(name, value);
        }
        self
    }

    /// A header whose value is copied byte by byte.
    pub fn raw(&mut self, name: Name, value: &[u8]) -> &mut Self {
        self.0.extend_from_slice(name.as_str().as_bytes());
        self.0.extend_from_slice(b": ");
        self.value(value);
        self.end_line();
        self
    }

    /// The end: a body of this type.
    pub fn body(mut self, kind: &str, body: &[u8]) -> Vec<u8> {
        if !body.is_empty() {
            self.header(Name::ContentType, kind);
        }
        self.header(Name::ContentLength, &body.len().to_string());
        self.end_line();
        self.0.extend_from_slice(body);
        self.0
    }

    /// The end, with a session description if there is one.
    pub fn sdp(self, sdp: Option<&[u8]>) -> Vec<u8> {
        self.body("application/sdp", sdp.unwrap_or_default())
    }

    /// The end, without a body.
    pub fn done(self) -> Vec<u8> {
        self.body("", &[])
    }

    fn put(&mut self, parts: &[&str]) {
        for part in parts {
            self.value(part.as_bytes());
        }
    }

    /// Line ends and nulls inside a value would begin a header of the value's choosing: they become spaces.
    fn value(&mut self, value: &[u8]) {
        self.0.extend(value.iter().map(|byte| if matches!(byte, b'\r' | b'\n' | 0) { b' ' } else { *byte }));
    }

    fn end_line(&mut self) {
        self.0.extend_from_slice(b"\r\n");
    }
}

/// Reason phrase of a status.
pub const fn phrase(status: u16) -> &'static str {
    match status {
        100 => "Trying",
        180 => "Ringing",
        181 => "Call Is Being Forwarded",
        182 => "Queued",
        183 => "Session Progress",
        200 => "OK",
        202 => "Accepted",
        302 => "Moved Temporarily",
        400 => "Bad Request",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        406 => "Not Acceptable",
        407 => "Proxy Authentication Required",
        408 => "Request Timeout",
        413 => "Request Entity Too Large",
        414 => "Request-URI Too Long",
        415 => "Unsupported Media Type",
        416 => "Unsupported URI Scheme",
        420 => "Bad Extension",
        421 => "Extension Required",
        422 => "Session Interval Too Small",
        423 => "Interval Too Brief",
        439 => "First Hop Lacks Outbound Support",
        480 => "Temporarily Unavailable",
        481 => "Call/Transaction Does Not Exist",
        482 => "Loop Detected",
        483 => "Too Many Hops",
        484 => "Address Incomplete",
        486 => "Busy Here",
        487 => "Request Terminated",
        488 => "Not Acceptable Here",
        489 => "Bad Event",
        491 => "Request Pending",
        500 => "Server Internal Error",
        501 => "Not Implemented",
        502 => "Bad Gateway",
        503 => "Service Unavailable",
        504 => "Server Time-out",
        505 => "Version Not Supported",
        600 => "Busy Everywhere",
        603 => "Decline",
        604 => "Does Not Exist Anywhere",
        606 => "Not Acceptable",
        _ => class(status),
    }
}

/// Of a status without a phrase of its own.
const fn class(status: u16) -> &'static str {
    match status / 100 {
        1 => "Progress",
        2 => "OK",
        3 => "Redirect",
        4 => "Request Failure",
        5 => "Server Failure",
        _ => "Global Failure",
    }
}
