//! Answers the switch's questions and keeps what it tells: the control plane's side of `plane`.
//!
//! A call is one question. Who asks has been proven by the switch; here it is decided what the call may do: which number it shows,
//! which gateway ports may carry it, who is rung. Whatever stands in the way is told in a sentence that people can act on. Records
//! are durable when the switch is told so; lights and registrations are written behind, gathered.

mod credentials;
pub mod explain;
mod fetched;
mod gateways;
mod inbound;
mod memory;
mod no;
mod orphans;
mod outbound;
mod placed;
pub mod preview;
mod queue_book;
mod queues;
mod recall;
mod records;
mod rung;
mod scribe;
mod sheets;
pub(crate) mod sims;
mod sounds;
mod states;
mod test_call;
mod trunk;

use std::sync::Arc;

use kernel::{CallbackId, Clock, DeviceId, EndCause, FlowId, GatewayId, MemberId, NodeId, QueueId, SeatId, TenantId};
use patchbay_kernel as kernel;
use patchbay_plane::{
    self as plane, CallEvent, CallEventKind, CallRecord, CallStarted, CallbackStep, ContactState, Credential,
    FlowTarget, GatewayPeer, GatewayState, HeldRegistration, Later, PlaceAsk, PlaneError, QueueFloor, QueueNews,
    Refusal, RingAsk, RouteAsk, RoutePlan, Samples, Source, Stage, Target, TestCallAsk, Waiting,
};
use patchbay_tenancy::{Backend, Database, Sealer, Stamp, StoreError};
use tokio::{sync::mpsc, task::JoinHandle};

use crate::{
    callbacks::steps,
    kit::app::EntropyFactory,
    live::{Feed, News},
    money::{Refused, Spend, Till},
    prompts::studio::Studio,
    voicemails::lamp,
};
use credentials::Cache;
use fetched::Fetched;
use no::No;
use recall::Recall;
use scribe::Scribe;
use sounds::Sounds;
use states::Change;

/// The number that answers with an echo, in every company.
pub const ECHO: &str = "*43";

/// What the directory is made of.
pub struct DirectoryParts {
    /// The store.
    pub database: Database,
    /// Channel slots: which way out is less used.
    pub capacity: Arc<dyn plane::Capacity>,
    /// Opens our passwords with carriers.
    pub sealer: Arc<Sealer>,
    /// News for consoles, shared with the API.
    pub feed: Feed,
    /// Both times.
    pub clock: Arc<dyn Clock>,
    /// Chance fit for ids.
    pub entropy: EntropyFactory,
    /// SIP domain: realm of every digest, host of identity headers.
    pub sip_domain: String,
    /// Where sounds lie and who speaks.
    pub studio: Studio,
    /// Whose money calls out cost; without one they cost nothing.
    pub till: Option<Till>,
    /// This node.
    pub node: NodeId,
    /// Which life of it.
    pub node_epoch: i64,
}

/// Shared by the directory and its tasks.
struct Core {
    parts: DirectoryParts,
    recall: Recall,
    sounds: Sounds,
    fetched: Fetched,
}

impl Core {
    /// What memory is checked against.
    fn here(&self) -> (&Database, kernel::Tick) {
        (&self.parts.database, self.parts.clock.tick())
    }
    fn stamp(&self) -> Stamp {
        Stamp::system(self.parts.clock.wall(), (self.parts.entropy)())
    }
    fn database(&self) -> &Database {
        &self.parts.database
    }
}

/// Implements [`plane::Directory`] and [`plane::Sink`]. Its tasks end with it.
pub struct Directory {
    core: Arc<Core>,
    credentials: Arc<Cache>,
    changes: mpsc::UnboundedSender<Change>,
    queue_news: mpsc::UnboundedSender<QueueNews>,
    scribe: Scribe,
    tasks: Vec<JoinHandle<()>>,
}

impl Directory {
    /// Close what an earlier life of this node, or a dead node, left open, and begin to answer. Needs a tokio runtime. Fails as the
    /// store does.
    pub async fn start(parts: DirectoryParts) -> Result<Arc<Self>, StoreError> {
        let fetched = Fetched::new(parts.studio.private);
        let core = Arc::new(Core { parts, recall: Recall::default(), sounds: Sounds::default(), fetched });
        if core.database().backend() == Backend::Sqlite {
            let tx = core.database().system().begin(core.stamp()).await?;
            tx.forget_registrations().await?;
            tx.commit().await?;
        }
        let closed = orphans::close(&core).await?;
        if closed > 0 {
            tracing::warn!(calls = closed, "calls of a dead node were closed");
        }
        let credentials = Arc::new(Cache::default());
        let (changes, inbox) = mpsc::unbounded_channel();
        let (queue_news, queue_inbox) = mpsc::unbounded_channel();
        let (scribe, writing) = Scribe::start(Arc::clone(&core));
        let tasks = vec![
            writing,
            tokio::spawn(states::write_behind(Arc::clone(&core), inbox)),
            tokio::spawn(queue_book::write_behind(Arc::clone(&core), queue_inbox)),
            tokio::spawn(orphans::watch(Arc::clone(&core))),
            tokio::spawn(credentials::follow(Arc::clone(&credentials), core.database().feed())),
        ];
        Ok(Arc::new(Self { core, credentials, changes, queue_news, scribe, tasks }))
    }

    /// Have everything at hand that callers of a flow may hear.
    pub fn make_ready(&self, tenant: TenantId, bundle: &Arc<patchbay_ivr::Bundle>) {
        sounds::make_ready(&self.core, tenant, bundle);
    }

    /// Forget what is remembered of SIP accounts: call it when an operator has changed a gateway's accounts. A company's changes are
    /// noticed through its events.
    pub fn forget_credentials(&self) {
        self.credentials.clear();
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        self.tasks.iter().for_each(JoinHandle::abort);
    }
}

/// Lets a call out as far as money is concerned: how many seconds it may last.
async fn paid(core: &Core, ask: Spend<'_>) -> Result<u32, No> {
    let Some(till) = &core.parts.till else { return Ok(outbound::MAX_TALK_S) };
    let longest = till.admit(ask).await.map_err(|why| match why {
        Refused::Rule(cause, text) => No::Rule(cause, text),
        Refused::Store(error) => No::Store(error),
    })?;
    let longest = longest.and_then(|s| u32::try_from(s).ok()).unwrap_or(outbound::MAX_TALK_S);
    Ok(longest.min(outbound::MAX_TALK_S))
}

fn fault(error: StoreError) -> PlaneError {
    PlaneError(error.to_string())
}

impl plane::Directory for Directory {
    fn route(&self, ask: RouteAsk) -> Later<'_, Result<RoutePlan, Refusal>> {
        Box::pin(async move {
            match ask.source {
                Source::Seat { tenant, seat, device } => {
                    outbound::route(&self.core, &ask, (tenant, seat, device)).await.map_err(|no| no.told(Some(tenant)))
                }
                Source::Gateway { gateway, gateway_port } => {
                    let plan = inbound::route(&self.core, &ask, gateway, gateway_port).await?;
                    for target in plan.stages.iter().flat_map(|stage| &stage.targets) {
                        if let Target::Flow(flow) = target {
                            sounds::make_ready(&self.core, plan.tenant, &flow.bundle);
                        }
                    }
                    Ok(plan)
                }
            }
        })
    }

    fn credential<'a>(&'a self, username: &'a str) -> Later<'a, Result<Option<Credential>, PlaneError>> {
        Box::pin(async move { self.credentials.get(&self.core, username).await.map_err(fault) })
    }

    fn device(&self, tenant: TenantId, device: DeviceId) -> Later<'_, Result<Option<Credential>, PlaneError>> {
        Box::pin(async move { credentials::of_device(&self.core, tenant, device).await.map_err(fault) })
    }

    fn peers(&self) -> Later<'_, Result<Vec<GatewayPeer>, PlaneError>> {
        Box::pin(async move { gateways::peers(&self.core).await.map_err(fault) })
    }

    fn held_registrations(&self) -> Later<'_, Result<Vec<HeldRegistration>, PlaneError>> {
        Box::pin(async move { gateways::held(&self.core).await.map_err(fault) })
    }

    fn place_plan(&self, ask: PlaceAsk) -> Later<'_, Result<RoutePlan, Refusal>> {
        let tenant = ask.tenant;
        Box::pin(async move { placed::plan(&self.core, &ask).await.map_err(|no| no.told(Some(tenant))) })
    }

    fn ring_plan(&self, ask: RingAsk) -> Later<'_, Result<Vec<Stage>, Refusal>> {
        let tenant = ask.tenant;
        Box::pin(async move { rung::stages(&self.core, &ask).await.map_err(|no| no.told(Some(tenant))) })
    }

    fn flow(&self, tenant: TenantId, flow: FlowId) -> Later<'_, Result<FlowTarget, Refusal>> {
        Box::pin(async move {
            let found =
                recall::live(&self.core, tenant, flow).await.map_err(|error| No::from(error).told(Some(tenant)))?;
            let none = || No::rule(EndCause::NotFound, "This flow has no live version").told(Some(tenant));
            let found = found.ok_or_else(none)?;
            sounds::make_ready(&self.core, tenant, &found.bundle);
            Ok(found)
        })
    }

    fn queue(&self, tenant: TenantId, queue: QueueId) -> Later<'_, Result<FlowTarget, Refusal>> {
        Box::pin(async move {
            let found = recall::into_queue(&self.core, tenant, queue)
                .await
                .map_err(|error| No::from(error).told(Some(tenant)))?;
            found.ok_or_else(|| No::rule(EndCause::NotFound, "There is no such queue").told(Some(tenant)))
        })
    }

    fn fetch(&self, tenant: TenantId, request: patchbay_ivr::io::Request) -> Later<'_, patchbay_ivr::io::Answer> {
        Box::pin(fetched::get(&self.core, tenant, request))
    }

    fn sound<'a>(
        &'a self,
        tenant: TenantId,
        heard: &'a patchbay_ivr::Heard,
    ) -> Later<'a, Result<Option<Samples>, PlaneError>> {
        Box::pin(async move { sounds::get(&self.core, tenant, heard).await })
    }

    fn test_plan(&self, ask: TestCallAsk) -> Later<'_, Result<RoutePlan, Refusal>> {
        Box::pin(async move { test_call::plan(&self.core, &ask).await.map_err(|no| no.told(None)) })
    }

    fn queue_companies(&self) -> Later<'_, Result<Vec<TenantId>, PlaneError>> {
        Box::pin(async move { queues::companies(&self.core).await.map_err(fault) })
    }

    fn queue_floor(&self, tenant: TenantId) -> Later<'_, Result<QueueFloor, PlaneError>> {
        Box::pin(async move { queues::floor(&self.core, tenant).await.map_err(fault) })
    }

    fn callback_step(
        &self,
        tenant: TenantId,
        id: CallbackId,
        step: CallbackStep,
    ) -> Later<'_, Result<bool, PlaneError>> {
        let keep = steps::take(self.core.database(), self.core.stamp(), (tenant, id), step);
        Box::pin(async move { keep.await.map_err(fault) })
    }

    fn waiting(&self, tenant: TenantId, seat: SeatId) -> Later<'_, Result<Waiting, PlaneError>> {
        let look = lamp::waiting(self.core.database(), self.core.stamp(), (tenant, seat));
        Box::pin(async move { look.await.map_err(fault) })
    }

    fn known_agent<'a>(&'a self, tenant: TenantId, caller: &'a str) -> Later<'a, Result<Option<MemberId>, PlaneError>> {
        Box::pin(async move { queues::known_agent(&self.core, tenant, caller).await.map_err(fault) })
    }
}

impl plane::Sink for Directory {
    fn call_started<'a>(&'a self, start: &'a CallStarted) -> Later<'a, Result<(), PlaneError>> {
        Box::pin(async move { self.scribe.opened(start.clone()).await })
    }

    fn call_event(&self, event: CallEvent) {
        if let (CallEventKind::Answered, Some(till)) = (&event.kind, &self.core.parts.till) {
            till.answered(event.call);
        }
        self.scribe.stepped(event.clone());
        self.core.parts.feed.tell(News::Call(event));
    }

    fn call_ended<'a>(&'a self, record: &'a CallRecord) -> Later<'a, Result<(), PlaneError>> {
        Box::pin(async move {
            if let Some(till) = &self.core.parts.till {
                till.ended(record);
            }
            if self.scribe.closed(record.clone()).await?
                && let Err(error) = sims::used(&self.core, record).await
            {
                tracing::warn!(call.id = %record.started.call, %error, "what a SIM card did was not written");
            }
            Ok(())
        })
    }

    fn contact_state(&self, state: ContactState) {
        self.core.parts.feed.tell(News::Contacts(state.clone()));
        // The receiver lives as long as this value; after that nobody asks.
        let _ = self.changes.send(Change::Contacts(state));
    }

    fn gateway_state(&self, gateway: GatewayId, state: GatewayState) {
        let _ = self.changes.send(Change::Gateway(gateway, state));
    }

    fn queue_news(&self, news: QueueNews) {
        let _ = self.queue_news.send(news);
    }
}
