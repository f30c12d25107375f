//! Sends errands out. Endpoints that are well and quick have a lane of their own, so that the slow and the broken hurt nobody but
//! themselves; of one endpoint there is never more than one errand, here or on another node, since it is leased.

use std::{sync::Arc, time::Duration};

use patchbay_tenancy::{Stamp, system::Lane};
use tokio::{
    sync::{Notify, Semaphore, broadcast::error::RecvError},
    task::JoinHandle,
    time::{interval, sleep},
};

use super::{
    errand::{Errand, LEASE_S},
    post::Poster,
};
use crate::kit::{app::App, problem::Problem, token};

/// Errands at once.
const SWIFT: usize = 128;
const SLOW: usize = 64;
/// Endpoints that are taken at once.
const AT_ONCE: usize = 32;
/// How often it is looked for what no event of this process announced: retries, and what other nodes wrote.
const EVERY: Duration = Duration::from_secs(1);
/// Events that come together are looked at together.
const GATHER: Duration = Duration::from_millis(20);

/// Who carries webhooks. One for each process.
pub struct Courier {
    app: App,
    poster: Poster,
    name: String,
    swift: Arc<Semaphore>,
    slow: Arc<Semaphore>,
    returned: Arc<Notify>,
}

impl Courier {
    /// With a name of its own.
    pub fn new(app: &App) -> Self {
        let name = token::new(app.chance().as_mut()).into_inner();
        Self {
            poster: Poster::new(app.settings.private_webhooks),
            name,
            swift: Arc::new(Semaphore::new(SWIFT)),
            slow: Arc::new(Semaphore::new(SLOW)),
            returned: Arc::new(Notify::new()),
            app: app.clone(),
        }
    }

    /// Never returns.
    pub async fn work(self) {
        let (mut events, mut looks) = (self.app.database.feed(), interval(EVERY));
        loop {
            tokio::select! {
                event = events.recv() => match event {
                    Ok(_) | Err(RecvError::Lagged(_)) => {
                        sleep(GATHER).await;
                        // What came meanwhile is seen by the same look.
                        events = events.resubscribe();
                    }
                    Err(RecvError::Closed) => return,
                },
                () = self.returned.notified() => {}
                _ = looks.tick() => {}
            }
            if let Err(problem) = self.round().await {
                tracing::warn!(code = problem.code(), "webhooks could not be looked for");
            }
        }
    }

    /// Sends an errand to every endpoint that is due, as far as there is room; says which. Fails as the store does.
    pub async fn round(&self) -> Result<Vec<JoinHandle<()>>, Problem> {
        let mut errands = Vec::new();
        for (lane, room) in [(Lane::Swift, &self.swift), (Lane::Slow, &self.slow)] {
            let free = room.available_permits().min(AT_ONCE);
            let now = self.app.now();
            if free == 0 || !self.app.database.system().webhooks_wait(lane, now).await? {
                continue;
            }
            let tx = self.app.database.system().begin(Stamp::system(now, self.app.chance())).await?;
            let claimed = tx.claim_webhooks(lane, &self.name, free, LEASE_S).await?;
            tx.commit_aside().await?;
            for (tenant, webhook) in claimed {
                let Ok(place) = Arc::clone(room).try_acquire_owned() else { break };
                let errand = Errand {
                    app: self.app.clone(),
                    poster: self.poster.clone(),
                    courier: self.name.clone(),
                    tenant,
                    webhook,
                };
                let returned = Arc::clone(&self.returned);
                errands.push(tokio::spawn(async move {
                    if let Err(problem) = errand.run().await {
                        tracing::warn!(%tenant, %webhook, code = problem.code(), "an errand of webhooks failed");
                    }
                    drop(place);
                    returned.notify_one();
                }));
            }
        }
        Ok(errands)
    }
}
