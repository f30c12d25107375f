//! Where sounds lie and who speaks: what the pages about prompts and the calls that play them share.

use std::sync::Arc;

use kernel::TenantId;
use patchbay_kernel as kernel;
use patchbay_sound::{Blobs, speech::Speech};
use patchbay_tenancy::{Sealer, StoreError, TenantTx};

use super::{endpoint::Endpoint, row::speech_endpoint};
use crate::{
    kit::{app::App, problem::Problem},
    webhooks::{address::Address, post::Poster},
};

/// Cheap to clone.
#[derive(Clone)]
pub struct Studio {
    /// Where sounds lie.
    pub blobs: Arc<dyn Blobs>,
    /// Who speaks texts for companies that have no endpoint of their own.
    pub speech: Arc<dyn Speech>,
    /// Opens the keys of endpoints.
    pub sealer: Arc<Sealer>,
    /// Whether endpoints may be at addresses inside; see [`crate::kit::app::Settings::private_webhooks`].
    pub private: bool,
}

impl Studio {
    /// That of the application.
    pub fn of(app: &App) -> Self {
        Self {
            blobs: Arc::clone(&app.blobs),
            speech: Arc::clone(&app.speech),
            sealer: Arc::clone(&app.sealer),
            private: app.settings.private_webhooks,
        }
    }

    /// Whatever speaks for this company.
    pub async fn voice(&self, tx: &TenantTx) -> Result<Arc<dyn Speech>, Problem> {
        let Some(row) = endpoint(tx).await? else { return Ok(Arc::clone(&self.speech)) };
        let address = Address::parse(&row.url, self.private).map_err(Problem::internal)?;
        let key = row.key_sealed.map(|sealed| self.sealer.unseal(&sealed, &context(tx.tenant()))).transpose()?;
        let poster = Poster::new(self.private);
        let voices = crate::programs::row::texts(&row.voices);
        Ok(Arc::new(Endpoint { poster, address, key, model: row.model, voices }))
    }
}

/// The company's own endpoint.
pub(super) async fn endpoint(tx: &TenantTx) -> Result<Option<speech_endpoint::Model>, StoreError> {
    tx.select::<speech_endpoint::Entity>().one().await
}

/// What the key of a company's endpoint is sealed with.
pub(super) fn context(tenant: TenantId) -> String {
    format!("speech_endpoint:{tenant}")
}
