//! What peers say: looked at, let in or refused.

use std::io::ErrorKind;

use patchbay_sip::FlowId;

use super::{BATCH, Heard, Shell};
use crate::{
    admission::{Admit, Origin},
    stats::add,
    tap::Way,
};

impl Shell {
    pub(super) fn read_datagrams(&mut self) {
        let now = self.now();
        for _ in 0..BATCH {
            let (length, peer) = match self.udp.try_recv_from(&mut self.buffer) {
                Ok(got) => got,
                Err(why) if why.kind() == ErrorKind::WouldBlock => return self.datagrams.seen(true, now),
                // An ICMP answer to something sent earlier: no reason to stop reading.
                Err(_) => continue,
            };
            let buffer = std::mem::take(&mut self.buffer);
            let origin = Origin { source: peer.ip(), signed_in: false, stream: false };
            if self.let_in(FlowId::Udp(peer), origin, &buffer[..length]) {
                add(&self.counters.datagrams_in);
            }
            self.buffer = buffer;
        }
        self.datagrams.seen(false, now);
    }

    pub(super) fn hear(&mut self, heard: Heard) {
        let now = self.now();
        // A connection's first message may not overtake the order that says it exists.
        self.drain_orders();
        self.hear_one(heard);
        for _ in 1..BATCH {
            match self.heard.try_recv() {
                Ok(heard) => {
                    self.drain_orders();
                    self.hear_one(heard);
                }
                Err(_) => return self.streams.seen(true, now),
            }
        }
        self.streams.seen(false, now);
    }

    fn hear_one(&mut self, heard: Heard) {
        match heard {
            Heard::Message(flow, bytes) => {
                let Some(Some(queue)) = self.queues.get(&flow) else { return };
                let signed_in = queue.standing.is_signed_in();
                let origin = Origin { source: flow.peer().ip(), signed_in, stream: true };
                if self.let_in(flow, origin, &bytes) {
                    add(&self.counters.stream_messages_in);
                } else if self.admission.is_silenced(origin.source, self.now()) {
                    self.close(flow);
                }
            }
            Heard::Down(flow) => self.down(flow),
        }
    }

    /// Gives a message to the core, or refuses it; `false`: it was dropped.
    fn let_in(&mut self, flow: FlowId, origin: Origin, bytes: &[u8]) -> bool {
        let now = self.now();
        let dropped = match self.admission.admit(origin, bytes, now) {
            Admit::Pass => {
                self.health.heard(flow.peer());
                self.show(Way::In, flow, bytes);
                self.feed(|stack| stack.datagram(flow, bytes, now));
                return true;
            }
            Admit::Refuse(wait) => {
                add(&self.counters.shed);
                self.show(Way::In, flow, bytes);
                let extra = [("Retry-After".to_owned(), wait.to_string())];
                self.feed(|stack| stack.shed(flow, bytes, (503, &extra), now));
                return true;
            }
            Admit::TooMany => &self.counters.rate_dropped,
            Admit::Silenced => &self.counters.silenced,
            Admit::Crowd => &self.counters.strangers_dropped,
        };
        add(dropped);
        false
    }

    /// How long the queues have not been empty says how much can still be taken.
    pub(super) fn look_at_load(&mut self) {
        let now = self.now();
        // A full batch may have been the last one: whoever is thought busy is looked at again.
        if self.datagrams.length(now).0 > 0 && self.udp.try_peek_from(&mut [0]).is_err() {
            self.datagrams.seen(true, now);
        }
        if self.heard.is_empty() {
            self.streams.seen(true, now);
        }
        let busy = self.datagrams.length(now).max(self.streams.length(now));
        self.admission.behind(self.unanswered.age(now), now);
        let load = self.admission.busy(busy, now);
        if load != self.load {
            tracing::warn!(from = ?self.load, to = ?load, "The load of the signalling changed");
            self.load = load;
        }
        if now.since(self.swept_at).as_ms() >= 5_000 {
            self.swept_at = now;
            self.large.sweep(now);
        }
    }
}
