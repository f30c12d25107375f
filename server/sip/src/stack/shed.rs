//! Refusals that the owner decides on before a request is looked at any further: too much load, too many calls.

use std::sync::Arc;

use patchbay_kernel::Tick;

use super::Stack;
use crate::{
    flow::FlowId,
    incoming::Incoming,
    verdict::{Verdict, verdict},
    wire::message::{Message, Method},
};

impl Stack {
    /// As [`Self::datagram`], but a request that would begin something is refused with this status and these headers, and
    /// nothing is kept of it. A repeat of what was let in before, and what belongs to it, goes its way.
    pub fn shed(&mut self, flow: FlowId, bytes: &[u8], (code, extra): (u16, &[(String, String)]), now: Tick) {
        match Message::parse(bytes).and_then(|message| self.begins(message, flow)) {
            Some(it) => {
                self.io.now = now;
                self.io.counters.received += 1;
                self.refuse_without_state(&it, code, extra);
            }
            None => self.datagram(flow, bytes, now),
        }
    }

    /// The request, when it is whole and new and would begin something.
    fn begins(&self, message: Message, flow: FlowId) -> Option<Incoming> {
        let message = Arc::new(message);
        if message.method().is_none() || verdict(&message) != Verdict::Pass {
            return None;
        }
        let it = Incoming::read(message, flow, &self.servers.ids)?;
        let within = it.to_tag.is_some() && it.method != Method::Register;
        let new = !within && !matches!(it.method, Method::Ack | Method::Cancel) && self.servers.find(it.id).is_none();
        new.then_some(it)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Event, Output, StackConfig};

    fn invite(branch: &str) -> String {
        format!(
            "INVITE sip:x@h SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK{branch}\r\nFrom: <sip:a@h>;tag=1\r\n\
            To: <sip:x@h>\r\nCall-ID: {branch}\r\nCSeq: 1 INVITE\r\nMax-Forwards: 70\r\nContact: <sip:a@192.0.2.1>\r\n\
            Content-Length: 0\r\n\r\n"
        )
    }

    #[test]
    fn only_what_is_new_is_refused() {
        let mut stack = Stack::new(StackConfig::new("h", "192.0.2.9"), [1; 32]);
        let flow = FlowId::Udp("192.0.2.1:5060".parse().unwrap());
        let no = (503, &[("Retry-After".to_owned(), "7".to_owned())][..]);
        stack.shed(flow, invite("new").as_bytes(), no, Tick::ZERO);
        let Some(Output::Send { bytes, .. }) = stack.poll() else { panic!("an answer") };
        let text = String::from_utf8_lossy(&bytes).into_owned();
        assert!(text.starts_with("SIP/2.0 503 ") && text.contains("\r\nRetry-After: 7\r\n"), "{text}");
        assert!(stack.poll().is_none() && stack.stats().is_idle());

        stack.datagram(flow, invite("old").as_bytes(), Tick::ZERO);
        assert!(matches!(stack.poll(), Some(Output::Send { .. })));
        assert!(matches!(stack.poll(), Some(Output::Event(Event::Invite { .. }))));
        stack.shed(flow, invite("old").as_bytes(), no, Tick::ZERO);
        let Some(Output::Send { bytes, .. }) = stack.poll() else { panic!("the 100 again") };
        assert!(bytes.starts_with(b"SIP/2.0 100 "));
        let cancel = invite("old").replace("INVITE sip:", "CANCEL sip:").replace("1 INVITE", "1 CANCEL");
        stack.shed(flow, cancel.as_bytes(), no, Tick::ZERO);
        let Some(Output::Send { bytes, .. }) = stack.poll() else { panic!("200 to the CANCEL") };
        assert!(bytes.starts_with(b"SIP/2.0 200 "));
    }
}
