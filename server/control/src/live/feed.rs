//! News that no log keeps: steps of calls and registrations of devices. A reader that lags repairs itself by a snapshot.

use std::sync::Arc;

use kernel::{CallId, SeatId, TenantId};
use patchbay_kernel as kernel;
use patchbay_plane::{CallEvent, ContactState};
use tokio::sync::broadcast;

/// News that a slow reader may lag behind before it is told to read everything again.
const DEPTH: usize = 2_048;

/// One piece of news.
#[derive(Clone, Debug, PartialEq)]
pub enum News {
    /// A call took a step.
    Call(CallEvent),
    /// A device came or went.
    Contacts(ContactState),
    /// Softphones of a seat are to answer.
    Answer(Answering),
    /// Who waits in the queues of a company, or what its agents do, is different from a moment ago.
    Queues(TenantId),
}

/// The wish that a seat answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answering {
    /// Company.
    pub tenant: TenantId,
    /// Which seat.
    pub seat: SeatId,
    /// Which call.
    pub call: CallId,
}

impl News {
    /// Whose news it is.
    pub const fn tenant(&self) -> TenantId {
        match self {
            Self::Call(event) => event.tenant,
            Self::Contacts(state) => state.tenant,
            Self::Answer(wish) => wish.tenant,
            Self::Queues(tenant) => *tenant,
        }
    }
}

/// Where the directory puts news and consoles read them. Cheap to clone.
#[derive(Clone)]
pub struct Feed(broadcast::Sender<Arc<News>>);

impl Default for Feed {
    fn default() -> Self {
        Self(broadcast::channel(DEPTH).0)
    }
}

impl Feed {
    /// Tell whoever listens; nobody is fine.
    pub fn tell(&self, news: News) {
        let _ = self.0.send(Arc::new(news));
    }
    /// Everything from now on, of all companies: filter before it leaves the process.
    pub fn listen(&self) -> broadcast::Receiver<Arc<News>> {
        self.0.subscribe()
    }
}
