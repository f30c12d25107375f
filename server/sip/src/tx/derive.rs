//! Requests that are made from a kept request of ours: its ACK, its CANCEL, itself once more with credentials.

use std::sync::Arc;

use crate::wire::{
    message::{Message, Method},
    name::Name,
    write::Writer,
};

/// ACK of a failure or CANCEL: the same way, branch and number (RFC 3261 sections 9.1 and 17.1.1.3).
pub(crate) fn derived(request: &[u8], method: &Method, to: Option<&[u8]>, extra: &[(String, String)]) -> Arc<[u8]> {
    let request = Message::parse(request).expect("our own request can be read");
    let mut writer = Writer::request(method, &request.request_uri());
    if let Some(via) = request.get(Name::Via) {
        writer.raw(Name::Via, via);
    }
    for route in request.all(Name::Route) {
        writer.raw(Name::Route, route);
    }
    writer.header(Name::MaxForwards, "70");
    writer.raw(Name::From, request.get(Name::From).unwrap_or_default());
    writer.raw(Name::To, to.or(request.get(Name::To)).unwrap_or_default());
    writer.raw(Name::CallId, request.get(Name::CallId).unwrap_or_default());
    let number = request.cseq().map_or(0, |(number, _)| number);
    writer.cseq(number, method);
    writer.extra(extra);
    writer.done().into()
}

/// The same request with this number, a new Via and these headers in place of those that it had: credentials (RFC 3261
/// section 22.2), a longer timer (RFC 4028 section 7.3).
pub(crate) fn again(request: &Message, number: u32, via: &str, instead: &[(&str, &str)]) -> Vec<u8> {
    let method = request.method().cloned().unwrap_or(Method::Options);
    let mut writer = Writer::request(&method, &request.request_uri());
    writer.header(Name::Via, via);
    for (name, value) in request.headers() {
        match Name::of(name.as_bytes()) {
            Name::Via | Name::ContentLength | Name::ContentType => {}
            _ if instead.iter().any(|(other, _)| other.eq_ignore_ascii_case(&name)) => {}
            Name::CSeq => {
                writer.cseq(number, &method);
            }
            _ => {
                writer.named(&name, &value);
            }
        }
    }
    for (name, value) in instead {
        writer.named(name, value);
    }
    let kind = request.get_text(Name::ContentType).unwrap_or_default();
    writer.body(&kind, request.body())
}
