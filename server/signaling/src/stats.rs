//! What the sockets saw, in numbers.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

macro_rules! counters {
    ($($(#[$doc:meta])* $name:ident;)*) => {
        /// Counted since the start.
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
        pub struct Stats { $($(#[$doc])* pub $name: u64,)* }

        #[derive(Default)]
        pub(crate) struct Counters { $(pub $name: AtomicU64,)* }

        impl Counters {
            pub fn read(&self) -> Stats { Stats { $($name: self.$name.load(Relaxed),)* } }
        }
    };
}

counters! {
    /// Datagrams taken.
    datagrams_in;
    /// Datagrams sent.
    datagrams_out;
    /// Datagrams dropped because their source sent too many.
    rate_dropped;
    /// Messages dropped because their source has earned nothing but refusals lately.
    silenced;
    /// Messages of strangers dropped because strangers sent too many together.
    strangers_dropped;
    /// New requests refused with 503 and Retry-After because of the load or a limit.
    shed;
    /// Datagrams that the system did not take.
    send_failed;
    /// Messages taken from connections.
    stream_messages_in;
    /// Connections open now, WebSockets included.
    connections;
    /// Connections refused because of a cap.
    connections_refused;
    /// Connections closed because they did not sign in in time, or to make room for others that want to.
    strangers_closed;
    /// Connections closed because too much waited for a reader that does not read.
    queues_overflown;
    /// Connections closed because a write was not taken in time.
    writes_timed_out;
    /// Connections closed because a message did not become whole, or none came.
    reads_timed_out;
    /// WebSockets closed because two pings stayed without answer.
    pulses_lost;
    /// Connections closed because their bytes cannot be cut into messages.
    unframed;
    /// Inputs on which the core panicked; the input is lost, the core goes on.
    panics;
}

pub(crate) fn add(counter: &AtomicU64) {
    counter.fetch_add(1, Relaxed);
}

pub(crate) fn sub(counter: &AtomicU64) {
    counter.fetch_sub(1, Relaxed);
}
