//! What is kept of the messages of calls: bounded for each call and over all.

use std::collections::{HashMap, VecDeque};

use patchbay_kernel::{CallId, LegId, Wall};
use patchbay_plane::ladder::{Ladder, LadderLeg, LadderMessage};

use crate::{mask, sip};

/// How much is kept.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Bytes of messages of one call.
    pub call: usize,
    /// Bytes of messages of all calls; the oldest call goes first.
    pub all: usize,
    /// Bytes of messages of INVITEs that are no call yet; most of a flood never becomes one.
    pub strangers: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { call: 192 * 1024, all: 64 << 20, strangers: 2 << 20 }
    }
}

/// The first messages of a dialog are never left out: they say what was asked for.
const KEPT: usize = 12;
/// Places in the queue of calls that may be those of forgotten ones.
const SKIPPED: usize = 64;
/// What a message costs besides its bytes.
const OVERHEAD: usize = 96;

/// A message that passes.
#[derive(Clone, Copy, Debug)]
pub struct Passing<'a> {
    /// When.
    pub at: Wall,
    /// We send it.
    pub ours: bool,
    /// `udp`, `tcp`, `tls`, `ws`.
    pub transport: &'static str,
    /// The other end.
    pub peer: std::net::SocketAddr,
    /// The whole message.
    pub bytes: &'a [u8],
}

struct Kept {
    at: Wall,
    ours: bool,
    transport: &'static str,
    peer: std::net::SocketAddr,
    bytes: Box<[u8]>,
}

impl Kept {
    fn cost(&self) -> usize {
        self.bytes.len() + OVERHEAD
    }
}

#[derive(Default)]
struct Dialog {
    leg: Option<LadderLeg>,
    messages: Vec<Kept>,
    cost: usize,
    missing: u32,
}

type Name = std::sync::Arc<[u8]>;

/// The book of all calls. Time comes with the messages; nothing here grows beyond its limits.
pub struct Book {
    limits: Limits,
    dialogs: HashMap<Name, Dialog>,
    calls: HashMap<CallId, Vec<Name>>,
    order: VecDeque<CallId>,
    strangers: VecDeque<Name>,
    cost: usize,
    strange_cost: usize,
}

impl Book {
    /// An empty book.
    pub fn new(limits: Limits) -> Self {
        Self {
            limits,
            dialogs: HashMap::new(),
            calls: HashMap::new(),
            order: VecDeque::new(),
            strangers: VecDeque::new(),
            cost: 0,
            strange_cost: 0,
        }
    }

    /// A message passes. Kept when an INVITE began with this Call-ID; registrations and probes are not.
    pub fn message(&mut self, passing: Passing<'_>) {
        let Some(name) = sip::call_id(passing.bytes) else { return };
        if !self.dialogs.contains_key(name) {
            if !sip::is_invite(passing.bytes) {
                return;
            }
            let name: Name = name.into();
            self.dialogs.insert(name.clone(), Dialog::default());
            self.strangers.push_back(name);
        }
        let Some(dialog) = self.dialogs.get_mut(name) else { return };
        let kept = Kept {
            at: passing.at,
            ours: passing.ours,
            transport: passing.transport,
            peer: passing.peer,
            bytes: passing.bytes.into(),
        };
        let before = dialog.cost;
        dialog.cost += kept.cost();
        dialog.messages.push(kept);
        while dialog.cost > self.limits.call && dialog.messages.len() > KEPT + 1 {
            dialog.cost -= dialog.messages.remove(KEPT).cost();
            dialog.missing += 1;
        }
        if dialog.cost > self.limits.call
            && let Some(last) = dialog.messages.pop()
        {
            dialog.cost -= last.cost();
            dialog.missing += 1;
        }
        let (named, after) = (dialog.leg.is_some(), dialog.cost);
        let sum = if named { &mut self.cost } else { &mut self.strange_cost };
        *sum = *sum + after - before;
        self.shrink();
    }

    /// Messages with this Call-ID are those of this leg.
    pub fn name(&mut self, leg: LadderLeg, sip_call_id: &[u8]) {
        let name: Name = sip_call_id.into();
        let dialog = self.dialogs.entry(name.clone()).or_default();
        if dialog.leg.is_some() {
            return;
        }
        dialog.leg = Some(leg);
        self.strange_cost -= dialog.cost;
        self.cost += dialog.cost;
        self.strangers.retain(|stranger| *stranger != name);
        let names = self.calls.entry(leg.call).or_default();
        if names.is_empty() {
            self.order.push_back(leg.call);
        }
        names.push(name);
        self.shrink();
    }

    /// What is kept of a call, secrets masked; `None` when nothing is.
    pub fn read(&self, call: CallId) -> Option<Ladder> {
        let mut ladder = Ladder::default();
        for name in self.calls.get(&call)? {
            let Some(dialog) = self.dialogs.get(name) else { continue };
            let Some(leg) = dialog.leg else { continue };
            ladder.legs.push(leg);
            ladder.missing += dialog.missing;
            ladder.messages.extend(dialog.messages.iter().map(|kept| shown(kept, leg.leg)));
        }
        // Stable: messages of one moment stay in the order of their dialog.
        ladder.messages.sort_by_key(|message| message.at);
        Some(ladder)
    }

    /// The same, and the book forgets the call.
    pub fn take(&mut self, call: CallId) -> Option<Ladder> {
        let ladder = self.read(call)?;
        self.let_go(call);
        Some(ladder)
    }

    /// The book forgets the call, unread.
    pub fn let_go(&mut self, call: CallId) {
        if !self.forget(call) {
            return;
        }
        // Its place in the queue is left to be skipped: looking for it would cost each call a walk over all others.
        while self.order.front().is_some_and(|first| !self.calls.contains_key(first)) {
            self.order.pop_front();
        }
        if self.order.len() > 2 * self.calls.len() + SKIPPED {
            self.order.retain(|known| self.calls.contains_key(known));
        }
    }

    /// Bytes kept now: of calls, of strangers.
    pub const fn held(&self) -> (usize, usize) {
        (self.cost, self.strange_cost)
    }

    fn shrink(&mut self) {
        while self.strange_cost > self.limits.strangers {
            let Some(name) = self.strangers.pop_front() else { return };
            if let Some(dialog) = self.dialogs.remove(&name) {
                self.strange_cost -= dialog.cost;
            }
        }
        while self.cost > self.limits.all {
            let Some(call) = self.order.pop_front() else { return };
            self.forget(call);
        }
    }

    /// `false` when it knew nothing of it.
    fn forget(&mut self, call: CallId) -> bool {
        let Some(names) = self.calls.remove(&call) else { return false };
        for name in names {
            if let Some(dialog) = self.dialogs.remove(&name) {
                self.cost -= dialog.cost;
            }
        }
        true
    }
}

fn shown(kept: &Kept, leg: LegId) -> LadderMessage {
    LadderMessage {
        at: kept.at,
        leg,
        ours: kept.ours,
        transport: kept.transport.to_owned(),
        peer: kept.peer.to_string(),
        text: mask(&String::from_utf8_lossy(&kept.bytes)),
    }
}

#[cfg(test)]
mod tests {
    use patchbay_kernel::SeededEntropy;
    use patchbay_plane::{LegKind, LegRole};

    use super::*;

    fn leg(seed: u64) -> LadderLeg {
        let mut chance = SeededEntropy::new(seed);
        LadderLeg {
            call: CallId::new(Wall(1), &mut chance),
            leg: LegId::new(Wall(1), &mut chance),
            role: LegRole::Caller,
            kind: LegKind::Browser,
            gateway_port: None,
        }
    }

    fn pass(book: &mut Book, at: i64, first: &str, id: &str, size: usize) {
        let text = format!("{first}\r\nCall-ID: {id}\r\n\r\n{}", "x".repeat(size));
        let peer = "192.0.2.1:5060".parse().unwrap();
        book.message(Passing { at: Wall(at), ours: at % 2 == 0, transport: "udp", peer, bytes: text.as_bytes() });
    }

    #[test]
    fn messages_before_and_after_the_name_are_one_ladder_in_order() {
        let mut book = Book::new(Limits::default());
        let (caller, called) = (leg(1), LadderLeg { leg: leg(2).leg, ..leg(1) });
        pass(&mut book, 1, "INVITE sip:a SIP/2.0", "in", 10);
        book.name(caller, b"in");
        book.name(called, b"out");
        pass(&mut book, 2, "INVITE sip:b SIP/2.0", "out", 10);
        pass(&mut book, 3, "SIP/2.0 200 OK", "out", 10);
        pass(&mut book, 4, "SIP/2.0 200 OK", "in", 10);
        pass(&mut book, 5, "OPTIONS sip:b SIP/2.0", "probe", 10);
        let ladder = book.read(caller.call).unwrap();
        let seen: Vec<(i64, bool)> = ladder.messages.iter().map(|it| (it.at.0, it.leg == caller.leg)).collect();
        assert_eq!(seen, [(1, true), (2, false), (3, false), (4, true)]);
        assert_eq!(book.take(caller.call).unwrap(), ladder);
        assert_eq!((book.held(), book.read(caller.call)), ((0, 0), None));
        assert!(book.dialogs.is_empty() && book.calls.is_empty() && book.order.is_empty() && book.strangers.is_empty());
    }

    #[test]
    fn a_chatty_call_keeps_its_beginning_and_its_end() {
        let mut book = Book::new(Limits { call: 40_000, ..Limits::default() });
        let only = leg(1);
        book.name(only, b"in");
        for at in 0..500 {
            pass(&mut book, at, "INFO sip:a SIP/2.0", "in", 900);
        }
        let ladder = book.read(only.call).unwrap();
        assert!(book.held().0 <= 40_000);
        assert_eq!(ladder.messages.len() + ladder.missing as usize, 500);
        assert_eq!((ladder.messages[0].at.0, ladder.messages[11].at.0), (0, 11));
        assert_eq!(ladder.messages.last().unwrap().at.0, 499);
        pass(&mut book, 500, "INFO sip:a SIP/2.0", "in", 60_000);
        assert!(book.held().0 <= 40_000, "one message larger than everything");
    }

    #[test]
    fn a_flood_of_invites_pushes_out_no_call() {
        let mut book = Book::new(Limits { strangers: 50_000, all: 100_000, ..Limits::default() });
        let ours = leg(1);
        pass(&mut book, 1, "INVITE sip:a SIP/2.0", "ours", 500);
        book.name(ours, b"ours");
        for at in 0..2_000 {
            pass(&mut book, at, "INVITE sip:a SIP/2.0", &format!("scan-{at}"), 700);
        }
        assert!(book.held().1 <= 50_000);
        assert!(book.dialogs.len() < 100 && book.strangers.len() < 100);
        assert_eq!(book.read(ours.call).unwrap().messages.len(), 1);
    }

    #[test]
    fn many_calls_let_the_oldest_go() {
        let mut book = Book::new(Limits { all: 20_000, ..Limits::default() });
        for seed in 1..=50 {
            let name = format!("call-{seed}");
            pass(&mut book, 1, "INVITE sip:a SIP/2.0", &name, 900);
            book.name(leg(seed), name.as_bytes());
        }
        assert!(book.held().0 <= 20_000);
        assert!(book.read(leg(1).call).is_none());
        assert!(book.read(leg(50).call).is_some());
        assert_eq!(book.calls.len(), book.order.len());
    }

    #[test]
    fn forgotten_calls_leave_no_queue_behind_whatever_their_order() {
        let mut book = Book::new(Limits::default());
        let begin = |book: &mut Book, seed: u64| {
            pass(book, 1, "INVITE sip:a SIP/2.0", &format!("call-{seed}"), 100);
            book.name(leg(seed), format!("call-{seed}").as_bytes());
        };
        // The oldest stays all the time, so that no other is ever at the front.
        for seed in 1..=5_000 {
            begin(&mut book, seed);
            if seed > 1 {
                book.let_go(leg(seed).call);
            }
            assert!(book.order.len() <= 2 + SKIPPED + 2, "{} places for one call", book.order.len());
        }
        book.let_go(leg(1).call);
        book.let_go(leg(1).call);
        assert!(book.dialogs.is_empty() && book.calls.is_empty() && book.order.is_empty());
        assert_eq!(book.held(), (0, 0));
        begin(&mut book, 6_000);
        assert!(book.read(leg(6_000).call).is_some());
    }

    #[test]
    fn a_call_id_used_twice_stays_with_its_first_call() {
        let mut book = Book::new(Limits::default());
        pass(&mut book, 1, "INVITE sip:a SIP/2.0", "same", 10);
        book.name(leg(1), b"same");
        book.name(leg(2), b"same");
        assert_eq!(book.read(leg(1).call).unwrap().messages.len(), 1);
        assert!(book.read(leg(2).call).is_none());
    }
}
