//! What happens now, as it happens: for consoles that are open.

pub mod feed;
pub mod frame;
pub mod reader;
pub mod scope;
pub mod socket;
pub mod ticket;

pub use feed::{Feed, News};

use kernel::{MemberId, SessionId, TenantId, UserId};
use patchbay_kernel as kernel;

/// What a live ticket is good for: one feed of one member's company.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LiveGrant {
    /// Company.
    pub tenant: TenantId,
    /// Who looks.
    pub user: UserId,
    /// Their place in the company.
    pub member: MemberId,
    /// In which session; when it ends, so does the feed.
    pub session: SessionId,
}
