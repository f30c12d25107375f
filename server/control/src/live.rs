//! What happens now, as it happens: for consoles that are open.

pub mod feed;
pub mod frame;
pub mod reader;
pub mod socket;
pub mod ticket;
pub mod topics;

pub use feed::{Feed, News};

use kernel::{ApiKeyId, SeatId, SeatTokenId, SessionId, TenantId, UserId};
use patchbay_kernel as kernel;

/// What a live ticket is good for: one feed of one company.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LiveGrant {
    /// Company.
    pub tenant: TenantId,
    /// Who looks; when that ends, so does the feed.
    pub watcher: Watcher,
}

/// Who looks at a feed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Watcher {
    /// A member.
    Member {
        /// Who.
        user: UserId,
        /// In which session.
        session: SessionId,
    },
    /// A program.
    Key(ApiKeyId),
    /// A browser that is a seat's softphone.
    Seat {
        /// By which token.
        token: SeatTokenId,
        /// Of which seat.
        seat: SeatId,
    },
}
