//! A request with what every layer asks about it, read once.

use std::{net::IpAddr, sync::Arc};

use crate::{
    flow::FlowId,
    tx::{TxId, id::Ids},
    wire::{
        address::Address,
        message::{Message, Method},
        name::Name,
        via::Via,
    },
};

pub(crate) struct Incoming {
    pub message: Arc<Message>,
    pub method: Method,
    pub via: Via,
    /// Its transaction; an ACK's and a CANCEL's is that of their INVITE.
    pub id: TxId,
    pub cseq: u32,
    pub from_tag: String,
    pub to_tag: Option<String>,
    /// Where it came from.
    pub source: FlowId,
    /// Where answers go.
    pub reply: FlowId,
}

impl Incoming {
    /// `None` when it lacks what the verdict asks for.
    pub fn read(message: Arc<Message>, source: FlowId, ids: &Ids) -> Option<Self> {
        let method = message.method()?.clone();
        let via = message.list(Name::Via).next().and_then(Via::parse)?;
        let (cseq, _) = message.cseq()?;
        let from = Address::parse(message.get(Name::From)?)?;
        let to = Address::parse(message.get(Name::To)?)?;
        let named = if matches!(method, Method::Ack | Method::Cancel) { "INVITE" } else { method.as_str() };
        let id = ids.transaction(&message, &via, named);
        Some(Self {
            id,
            cseq,
            from_tag: from.tag().unwrap_or_default().to_owned(),
            to_tag: to.tag().map(str::to_owned),
            reply: reply_flow(&via, source),
            message,
            method,
            via,
            source,
        })
    }

    /// A tag of ours for answers outside of dialogs: the same for every repeat.
    pub fn plain_tag(&self) -> String {
        format!("{:016x}", (self.id.0 >> 64) as u64)
    }

    /// Whether something on the way rewrites addresses: the sender does not know the address that we see.
    pub fn translated(&self) -> bool {
        let peer = self.source.peer();
        match literal(&self.via.host) {
            Some(ip) => {
                ip != peer.ip() || (self.via.param("rport").is_some() && self.via.port.unwrap_or(5060) != peer.port())
            }
            None => self.via.host.ends_with(".invalid"),
        }
    }

    /// The URI of the first Contact.
    pub fn contact(&self) -> Option<String> {
        contact(&self.message)
    }
}

/// The URI of the first Contact, when it is one.
pub(crate) fn contact(message: &Message) -> Option<String> {
    let contact = Address::parse(message.list(Name::Contact).next()?)?;
    contact.uri().is_some().then_some(contact.uri_text)
}

/// RFC 3261 section 18.2.2 and RFC 3581: back to the source, but to the sent-by port of a sender that does not ask for `rport`.
/// `maddr` is not followed: it would let anyone aim our answers.
pub(crate) fn reply_flow(via: &Via, source: FlowId) -> FlowId {
    match source {
        FlowId::Udp(mut peer) if via.param("rport").is_none() => {
            peer.set_port(via.port.unwrap_or(5060));
            FlowId::Udp(peer)
        }
        other => other,
    }
}

/// An address written as such.
pub(crate) fn literal(host: &str) -> Option<IpAddr> {
    host.trim_matches(['[', ']']).parse().ok()
}
