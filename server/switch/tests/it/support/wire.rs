//! What goes over the switch's wire, for what phones do not tell.

use std::sync::Mutex;

use patchbay_plane::LadderLeg;
use patchbay_signaling::{Tap, Way};
use patchbay_sip::{FlowId, Message};

/// Every message that the switch sent or got; the tag that a called phone gives itself is to be seen there only.
#[derive(Default)]
pub struct Wire(pub Mutex<Vec<Message>>);

impl Tap for Wire {
    fn message(&self, _: Way, _: FlowId, bytes: &[u8]) {
        self.0.lock().unwrap().extend(Message::parse(bytes));
    }
    fn names(&self, _: LadderLeg, _: &[u8]) {}
}
