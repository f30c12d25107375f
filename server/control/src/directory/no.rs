//! A refusal on its way to the switch.

use kernel::{EndCause, TenantId};
use patchbay_kernel as kernel;
use patchbay_plane::Refusal;
use patchbay_tenancy::StoreError;

/// Why there is no plan.
#[derive(Debug)]
pub(super) enum No {
    /// A rule, in a sentence for people.
    Rule(EndCause, String),
    /// The store failed.
    Store(StoreError),
}

impl From<StoreError> for No {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl No {
    /// A rule stands in the way.
    pub(super) fn rule(cause: EndCause, text: impl Into<String>) -> Self {
        Self::Rule(cause, text.into())
    }

    /// As the switch wants it. With a company it goes into that company's records.
    pub(super) fn told(self, tenant: Option<TenantId>) -> Refusal {
        let (cause, text) = match self {
            Self::Rule(cause, text) => (cause, text),
            Self::Store(error @ (StoreError::Busy | StoreError::Timeout)) => {
                tracing::warn!(%error, "a call could not be routed");
                (EndCause::Overloaded, "The platform is too busy to place this call; try again in a moment".into())
            }
            Self::Store(error) => {
                tracing::error!(%error, "a call could not be routed");
                (EndCause::Internal, "The platform could not look up what this call needs".into())
            }
        };
        Refusal { cause, tenant, text }
    }
}
