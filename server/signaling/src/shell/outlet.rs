//! What the core wants said: to datagrams, to connections, or from the one to the other.

use std::{
    io::ErrorKind,
    net::SocketAddr,
    sync::{Arc, atomic::Ordering::Relaxed},
};

use patchbay_sip::{FlowId, Net};

use super::Shell;
use crate::{large::Carriage, stats::add};

/// Datagrams that may wait for a full socket; more are lost, and repeated by their transactions.
const BACKLOG: usize = 4_096;

impl Shell {
    pub(super) fn send(&mut self, peer: SocketAddr, bytes: Arc<[u8]>) {
        let now = self.now();
        self.admission.answered(peer.ip(), &bytes, now);
        if !bytes.starts_with(b"SIP/") {
            self.health.asked(peer, now);
        }
        match self.large.carriage(peer, &bytes, now) {
            Carriage::Datagram => self.send_datagram(peer, bytes),
            Carriage::Stream(flow, bytes) => self.queue(flow, bytes),
            Carriage::Repeat => {}
            Carriage::Open => {
                let Some(inner) = self.opener.upgrade() else { return self.send_datagram(peer, bytes) };
                let flow = inner.open(Net::Tcp, peer, None);
                drop(inner);
                // The order that says it exists is on its way to us.
                self.drain_orders();
                match self.large.opened(peer, &bytes, flow, now) {
                    Some(bytes) => self.queue(flow, bytes),
                    None => self.send_datagram(peer, bytes),
                }
            }
        }
    }

    pub(super) fn say(&mut self, flow: FlowId, bytes: Arc<[u8]>) {
        let now = self.now();
        if !bytes.starts_with(b"SIP/") {
            self.health.asked(flow.peer(), now);
        }
        let standing = self.queues.get(&flow).and_then(Option::as_ref).map(|queue| queue.standing.clone());
        if let Some(standing) = standing
            && !standing.is_signed_in()
            && self.admission.answered(flow.peer().ip(), &bytes, now)
        {
            standing.sign_in();
        }
        self.queue(flow, bytes);
    }

    pub(super) fn queue(&mut self, flow: FlowId, bytes: Arc<[u8]>) {
        let pushed = self.queues.get(&flow).and_then(Option::as_ref).map(|queue| queue.push(bytes));
        if pushed == Some(false) {
            add(&self.counters.queues_overflown);
            tracing::info!(peer = %flow.peer(), "The connection to {} is closed: its reader does not read", flow.peer());
            self.down(flow);
        } else if pushed.is_none() && !self.queues.contains_key(&flow) {
            // The core does not know yet that it is gone.
            let now = self.now();
            self.feed(|stack| stack.flow_down(flow, now));
        }
    }

    pub(super) fn send_datagram(&mut self, peer: SocketAddr, bytes: Arc<[u8]>) {
        if !self.backlog.is_empty() {
            return self.hold(peer, bytes);
        }
        match self.udp.try_send_to(&bytes, peer) {
            Ok(_) => add(&self.counters.datagrams_out),
            Err(why) if why.kind() == ErrorKind::WouldBlock => self.hold(peer, bytes),
            Err(_) => add(&self.counters.send_failed),
        }
    }

    fn hold(&mut self, peer: SocketAddr, bytes: Arc<[u8]>) {
        if self.backlog.len() < BACKLOG {
            self.backlog.push_back((peer, bytes));
        } else {
            add(&self.counters.send_failed);
        }
    }

    pub(super) async fn empty_backlog(&mut self) {
        let udp = self.udp.clone();
        while !self.backlog.is_empty() && udp.writable().await.is_ok() {
            self.flush();
        }
    }

    pub(super) fn flush(&mut self) {
        while let Some((peer, bytes)) = self.backlog.front() {
            match self.udp.try_send_to(bytes, *peer) {
                Err(why) if why.kind() == ErrorKind::WouldBlock => return,
                Ok(_) => drop(self.counters.datagrams_out.fetch_add(1, Relaxed)),
                Err(_) => add(&self.counters.send_failed),
            }
            self.backlog.pop_front();
        }
    }
}
