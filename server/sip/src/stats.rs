//! Figures of a stack: what it holds and what it did.

/// What a [`Stack`](crate::Stack) holds now and did since its start.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stats {
    /// INVITE sessions, those that are just ending included.
    pub legs: usize,
    /// Client transactions, finished ones that still absorb repeats included.
    pub client_transactions: usize,
    /// Server transactions, likewise.
    pub server_transactions: usize,
    /// Requests of ours outside of sessions that wait for their answer.
    pub requests: usize,
    /// Entries of the transaction table.
    pub table: usize,
    /// Entries of the timer queue; left-overs of finished things included until they come due.
    pub timers: usize,
    /// Counters.
    pub counters: Counters,
}

impl Stats {
    /// Whether nothing is held at all.
    pub const fn is_idle(&self) -> bool {
        self.legs + self.client_transactions + self.server_transactions + self.requests + self.table + self.timers == 0
    }
}

/// What was done since the start.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// Messages that came in.
    pub received: u64,
    /// Of these, bytes that are no SIP, or messages that can or may not be answered.
    pub dropped: u64,
    /// Requests answered without keeping anything: 400, 416, 420, 481, 482, 483, 501, 503, 505.
    pub refused: u64,
    /// Messages that came again and were absorbed.
    pub absorbed: u64,
    /// Messages sent, repeats included.
    pub sent: u64,
    /// Of these, repeats.
    pub repeated: u64,
}
