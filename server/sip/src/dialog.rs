//! Dialogs (RFC 3261 section 12): who, in which order, over which way.

use std::net::{IpAddr, SocketAddr};

use crate::{
    flow::FlowId,
    incoming::{Incoming, contact, literal},
    wire::{
        address::Address,
        message::{Message, Method, text},
        name::Name,
        uri::Uri,
        write::Writer,
    },
};

#[derive(Debug)]
pub(crate) struct Dialog {
    call_id: Box<[u8]>,
    /// Our From, tag included.
    local: Box<[u8]>,
    /// Our To.
    remote: Box<[u8]>,
    pub remote_tag: Box<str>,
    /// The peer's Contact.
    pub target: String,
    routes: Vec<String>,
    /// Number of the last request of ours.
    pub local_cseq: u32,
    /// Number of the peer's last request.
    pub remote_cseq: Option<u32>,
    pub flow: FlowId,
    /// The peer's own addresses mean nothing to us: everything goes over the flow that it is known by.
    pub sticky: bool,
    /// User part of our Contact.
    pub user: Option<Box<str>>,
}

impl Dialog {
    /// The dialog that an INVITE asks for. One without Contact (RFC 2543) is reached over its flow, by the name in From.
    pub fn of_request(invite: &Incoming, tag: &str) -> Self {
        let message = &invite.message;
        let from = message.get(Name::From).and_then(Address::parse).map(|from| from.uri_text).unwrap_or_default();
        let target = invite.contact();
        let to = message.get(Name::To).unwrap_or_default();
        Self {
            call_id: message.get(Name::CallId).unwrap_or_default().into(),
            local: [to, b";tag=", tag.as_bytes()].concat().into(),
            remote: message.get(Name::From).unwrap_or_default().into(),
            remote_tag: invite.from_tag.as_str().into(),
            sticky: invite.source.net().reliable() || invite.translated() || target.is_none(),
            target: target.unwrap_or(from),
            routes: record_route(message).collect(),
            local_cseq: 0,
            remote_cseq: Some(invite.cseq),
            flow: invite.source,
            user: message.request_uri().parse::<Uri>().ok().and_then(|uri| uri.user).map(Into::into),
        }
    }

    /// The dialog that a 2xx to our INVITE made.
    pub fn of_response(request: &Message, response: &Message, tag: &str, flow: FlowId) -> Self {
        let mut routes: Vec<String> = record_route(response).collect();
        routes.reverse();
        let from = request.get(Name::From).unwrap_or_default();
        let user = Address::parse(from).and_then(|from| from.uri()).and_then(|uri| uri.user);
        Self {
            call_id: request.get(Name::CallId).unwrap_or_default().into(),
            local: from.into(),
            remote: response.get(Name::To).unwrap_or_default().into(),
            remote_tag: tag.into(),
            target: contact(response).unwrap_or_else(|| request.request_uri().into_owned()),
            routes,
            local_cseq: request.cseq().map_or(1, |(number, _)| number),
            remote_cseq: None,
            flow,
            sticky: flow.net().reliable() || hidden(request, flow),
            user: user.map(Into::into),
        }
    }

    /// Whether this request belongs to it, tag of ours apart.
    pub fn is_peer(&self, it: &Incoming) -> bool {
        *self.remote_tag == *it.from_tag && it.message.get(Name::CallId) == Some(&*self.call_id)
    }

    /// Whether these name it, our tag apart.
    pub fn is(&self, call_id: &str, remote_tag: &str) -> bool {
        *self.remote_tag == *remote_tag && *self.call_id == *call_id.as_bytes()
    }

    /// Our From.
    pub fn local_address(&self) -> &[u8] {
        &self.local
    }

    /// A request with this number; Contact, further headers and the end are the caller's.
    pub fn request(&self, method: &Method, number: u32, via: &str) -> Writer {
        // RFC 3261 section 12.2.1.1: a first hop that is no loose router wants to be the Request-URI.
        let strict = self.routes.first().filter(|first| !is_loose(first));
        let uri = strict.map_or(self.target.as_str(), |first| inside(first));
        let mut writer = Writer::request(method, uri);
        writer.header(Name::Via, via);
        for route in self.routes.iter().skip(usize::from(strict.is_some())) {
            writer.header(Name::Route, route);
        }
        if strict.is_some() {
            writer.header(Name::Route, &format!("<{}>", self.target));
        }
        writer.header(Name::MaxForwards, "70");
        writer.raw(Name::From, &self.local).raw(Name::To, &self.remote).raw(Name::CallId, &self.call_id);
        writer.cseq(number, method);
        writer
    }

    /// Over which flow the next request goes. Datagrams follow the route set or the target where that is an address;
    /// connections, peers behind address translation and names stay with the flow.
    pub fn next_hop(&self) -> FlowId {
        let FlowId::Udp(peer) = self.flow else { return self.flow };
        if self.sticky {
            return self.flow;
        }
        let hop = self.routes.first().map_or(self.target.as_str(), |first| inside(first));
        endpoint(hop).filter(|to| !is_private(to.ip()) || is_private(peer.ip())).map_or(self.flow, FlowId::Udp)
    }

    /// A request of the peer came over this flow.
    pub fn heard_over(&mut self, flow: FlowId) {
        if flow.net().reliable() || self.flow.net().reliable() || self.sticky {
            self.sticky |= flow.net().reliable();
            self.flow = flow;
        }
    }
}

fn record_route(message: &Message) -> impl Iterator<Item = String> {
    message.list(Name::RecordRoute).map(|value| text(value).into_owned())
}

/// Whether the Request-URI names another address than the flow that the request went over.
fn hidden(request: &Message, flow: FlowId) -> bool {
    request.count(Name::Route) == 0 && endpoint(&request.request_uri()).is_some_and(|to| to != flow.peer())
}

/// The address in a URI that can be reached over UDP.
fn endpoint(uri: &str) -> Option<SocketAddr> {
    let uri: Uri = uri.parse().ok()?;
    if uri.param("transport").is_some_and(|net| !net.eq_ignore_ascii_case("udp")) {
        return None;
    }
    Some(SocketAddr::new(literal(&uri.host)?, uri.port.unwrap_or(5060)))
}

fn is_private(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => ip.is_private() || ip.is_loopback() || ip.is_link_local() || ip.is_unspecified(),
        IpAddr::V6(ip) => ip.is_loopback() || ip.is_unspecified() || ip.is_unique_local() || ip.is_unicast_link_local(),
    }
}

/// The URI inside the brackets of a route.
fn inside(route: &str) -> &str {
    let from = route.find('<').map_or(0, |at| at + 1);
    let to = route[from..].find('>').map_or(route.len(), |at| from + at);
    &route[from..to]
}

fn is_loose(route: &str) -> bool {
    inside(route).split(';').skip(1).any(|param| {
        let key = param.split('=').next().unwrap_or_default();
        key.trim().eq_ignore_ascii_case("lr")
    })
}
