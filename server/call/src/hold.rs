//! Who holds: a party by its device, or somebody at it by an order. A party's hold lasts until both are over.

use crate::{call::Call, io::Effect, shape::LegNo, timeline::MomentKind};

/// By what a party holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Holder {
    /// Its device.
    Device,
    /// An order.
    Order,
}

impl Call {
    /// Whether a party holds the call.
    pub fn is_held(&self) -> bool {
        !self.holds.is_empty()
    }

    /// Whether this party holds.
    pub fn is_held_by(&self, no: LegNo) -> bool {
        self.holds.iter().any(|(leg, _)| *leg == no)
    }

    pub(crate) fn hold(&mut self, no: LegNo, by: Holder) {
        let (already, known) = (self.is_held_by(no), self.holds.contains(&(no, by)));
        if !known {
            self.holds.push((no, by));
        }
        if !already {
            self.note(Some(no), MomentKind::Held);
            self.out.push_back(Effect::Hold { leg: no });
        }
    }

    pub(crate) fn unhold(&mut self, no: LegNo, by: Holder) {
        let held = self.is_held_by(no);
        self.holds.retain(|hold| *hold != (no, by));
        if held && !self.is_held_by(no) {
            self.note(Some(no), MomentKind::Resumed);
            self.out.push_back(Effect::Unhold { leg: no });
        }
    }
}
