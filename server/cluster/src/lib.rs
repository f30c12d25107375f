//! Floor 4: what nodes agree on.
//!
//! A node proves that it lives by a lease in the database ([`NodeLease`]); a call may use a line only with a channel slot, one row
//! per slot, held under that lease ([`SqlCapacity`]). When a node dies, its slots are free as soon as its lease has lapsed, by
//! anybody's next request, with no sweeper needed ([`sweep`] only tidies). All times are the database's, so no two nodes can
//! disagree about the hour. An installation on SQLite is one process: its slots live in its memory ([`LocalCapacity`]), under the
//! same lease.

pub mod capacity;
pub mod lease;
pub mod local;
pub mod store;

pub use capacity::{SqlCapacity, sweep};
pub use lease::{LeaseTerms, NodeLease};
pub use local::LocalCapacity;
pub use store::{ClusterError, ClusterStore};
