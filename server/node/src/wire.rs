//! Joins the planes in one process: store, lease, control plane, signalling, media, switch. Read top to bottom.

use std::{path::Path, sync::Arc};

use patchbay_bucket::{Bucket, BucketSettings};
use patchbay_cluster::{ClusterStore, LeaseTerms, LocalCapacity, NodeLease, SqlCapacity};
use patchbay_control::{
    Control, ControlParts, Feed, LabSlot, LimitSettings, MailSettings, Settings, SwitchSlot,
    directory::{Directory, DirectoryParts},
    identity::first::{AddedUser, NewUser, add_owner},
    money::Till,
    prompts::studio::Studio,
};
use patchbay_kernel::{Clock, Entropy as _, NodeId, Tick};
use patchbay_media::{Engine, EngineConfig};
use patchbay_plane::{Capacity, Switch};
use patchbay_signaling::{Limits, Signaling, SignalingConfig};
use patchbay_sip::StackConfig;
use patchbay_switch::{Exchange, ExchangeConfig, Outside};
use patchbay_tenancy::{Backend, Database, DatabaseSettings, Sealer, Stamp};
use tokio::task::JoinHandle;

use crate::{
    clock::{SystemClock, SystemEntropy},
    config::Config,
    metrics::Counted,
    recorder::Recorder,
    tls,
    traces::Traces,
};

/// Everything that runs.
pub struct Node {
    /// The control plane.
    pub control: Control,
    /// The store.
    pub database: Database,
    /// Seals and opens secrets.
    pub sealer: Arc<Sealer>,
    /// The directory, the switch's other half.
    pub directory: Arc<Directory>,
    /// SIP sockets.
    pub signaling: Signaling,
    /// The switch.
    pub exchange: Arc<Exchange>,
    /// RTP.
    pub media: Engine,
    /// SIP messages of calls.
    pub recorder: Arc<Recorder>,
    /// Where traces go, when they go anywhere.
    pub traces: Option<Traces>,
    /// Place of the simulated carrier.
    pub lab: LabSlot,
    /// This process among the nodes.
    pub lease: Arc<NodeLease>,
    /// Both times.
    pub clock: Arc<dyn Clock>,
    tasks: Vec<JoinHandle<()>>,
}

/// Brings the database up to date.
///
/// # Errors
/// The database's own words.
pub async fn migrate(config: &Config) -> Result<(), String> {
    make_folder(&config.data_folder)?;
    patchbay_migrations::migrate(&config.database_url()).await.map_err(|why| format!("migrating: {why}"))
}

fn make_folder(folder: &Path) -> Result<(), String> {
    use std::os::unix::fs::DirBuilderExt as _;
    let made = std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder);
    made.map_err(|why| format!("{}: {why}", folder.display()))
}

fn seed() -> [u8; 32] {
    let mut seed = [0; 32];
    SystemEntropy.fill(&mut seed);
    seed
}

/// Which node this folder belongs to: kept, so that a restart takes over what the life before it held.
fn node_id(folder: &Path, clock: &dyn Clock) -> Result<NodeId, String> {
    let path = folder.join("node.id");
    if let Ok(text) = std::fs::read_to_string(&path) {
        return text.trim().parse().map_err(|why| format!("{}: {why}", path.display()));
    }
    let node = NodeId::new(clock.wall(), &mut SystemEntropy);
    tls::write_private(&path, node.to_string().as_bytes())?;
    Ok(node)
}

/// The secret of the digest nonces, the same on all nodes of an installation.
async fn nonce_key(database: &Database, sealer: &Sealer, clock: &dyn Clock) -> Result<[u8; 32], String> {
    const CONTEXT: &str = "digest_nonce_key";
    let say = |why: patchbay_tenancy::StoreError| format!("the nonce key: {why}");
    let fresh: String = seed().iter().map(|byte| format!("{byte:02x}")).collect();
    let tx = database.system().begin(Stamp::system(clock.wall(), Box::new(SystemEntropy))).await.map_err(say)?;
    let sealed = sealer.seal(&fresh, CONTEXT, &mut SystemEntropy);
    let kept = tx.setting_or(CONTEXT, &sealed).await.map_err(say)?;
    tx.commit().await.map_err(say)?;
    let text = sealer.unseal(&kept, CONTEXT).map_err(say)?;
    let mut key = [0; 32];
    for (at, byte) in key.iter_mut().enumerate() {
        let digits = text.expose().get(at * 2..at * 2 + 2).unwrap_or_default();
        *byte = u8::from_str_radix(digits, 16).map_err(|_| "the nonce key cannot be read".to_owned())?;
    }
    Ok(key)
}

/// Where recordings and prompts lie. A bucket that does not answer now is no reason not to start: calls go on without it.
fn sounds(config: &Config) -> Result<Arc<dyn patchbay_sound::Blobs>, String> {
    let Some(place) = config.bucket.clone() else {
        return Ok(Arc::new(patchbay_sound::Folder::new(config.data_folder.join("sounds"))));
    };
    let settings = BucketSettings {
        name: place.name,
        endpoint: place.endpoint,
        region: place.region,
        access_key: place.access_key,
        secret_key: place.secret_key,
        prefix: place.prefix,
        near: config.data_folder.join("to-bucket"),
    };
    let bucket = Arc::new(Bucket::open(settings).map_err(|why| why.to_string())?);
    let carried = bucket.clone();
    tokio::spawn(async move {
        if let Err(why) = carried.check().await {
            tracing::error!(error = %why, "the bucket for recordings and prompts cannot be used");
        }
        patchbay_bucket::carry(carried).await;
    });
    Ok(bucket)
}

impl Node {
    /// Starts everything but the HTTP listener.
    ///
    /// # Errors
    /// A sentence that says what could not be started and why.
    pub async fn start(config: &Config, demo: bool, migrate_first: bool) -> Result<Self, String> {
        let clock: Arc<dyn Clock> = Arc::new(SystemClock::start());
        make_folder(&config.data_folder)?;
        let (database, sealer) = store(config, migrate_first).await?;
        let node = node_id(&config.data_folder, clock.as_ref())?;
        let lease = {
            let store = ClusterStore::open(&config.database_url()).await.map_err(|why| why.to_string())?;
            NodeLease::start(store, node, LeaseTerms::default(), clock.clone()).await.map_err(|why| why.to_string())?
        };
        // A database that is a file belongs to one process, whose memory is then the truth of the slots.
        let capacity: Arc<dyn Capacity> = match database.backend() {
            Backend::Sqlite => Arc::new(LocalCapacity::new(lease.clone())),
            Backend::Postgres => Arc::new(SqlCapacity::new(lease.clone())),
        };
        let (feed, switch, lab) = (Feed::default(), SwitchSlot::default(), LabSlot::default());
        let entropy: patchbay_control::EntropyFactory = Arc::new(|| Box::new(SystemEntropy));
        let studio = Studio {
            blobs: sounds(config)?,
            speech: Arc::new(patchbay_sound::speech::Installed::new()),
            sealer: sealer.clone(),
            private: settings(config, demo).private_webhooks,
        };
        let control = Control::start(ControlParts {
            database: database.clone(),
            sealer: sealer.clone(),
            switch: switch.clone(),
            lab: lab.clone(),
            capacity: capacity.clone(),
            feed: feed.clone(),
            clock: clock.clone(),
            blobs: studio.blobs.clone(),
            speech: studio.speech.clone(),
            entropy: entropy.clone(),
            mail: config.smtp.as_ref().map(|smtp| MailSettings { url: smtp.url.clone(), from: smtp.from.clone() }),
            settings: settings(config, demo),
        })
        .await
        .map_err(|why| format!("the control plane: {why}"))?;
        let directory = Directory::start(DirectoryParts {
            database: database.clone(),
            capacity: capacity.clone(),
            sealer: sealer.clone(),
            feed,
            clock: clock.clone(),
            entropy,
            sip_domain: config.sip.domain.clone(),
            studio,
            till: Some(Till::of(control.app())),
            node,
            node_epoch: lease.epoch(),
        })
        .await
        .map_err(|why| format!("the directory: {why}"))?;
        control.directed_by(directory.clone());
        let (signaling, events) = signaling(config, clock.clone()).await?;
        let (media, media_events) =
            Engine::start(engine(config), clock.clone(), seed()).map_err(|why| format!("the media engine: {why}"))?;
        let nonce_key = nonce_key(&database, &sealer, clock.as_ref()).await?;
        let traces = config.otlp_endpoint.as_deref().map(|to| Traces::start(to, &config.name)).transpose()?;
        let recorder = Arc::new(Recorder::new(clock.clone(), config.keep_ladders));
        signaling.tap(recorder.clone());
        let sink = Arc::new(Counted::new(directory.clone(), recorder.clone(), traces.clone()));
        let outside = Outside { directory: directory.clone(), sink, capacity, keeper: control.keeper() };
        let mut switch_config = ExchangeConfig::new(&config.sip.domain, node, nonce_key);
        switch_config.pace.account = config.sip.phone_calls_per_s;
        switch_config.pace.company = config.sip.company_calls_per_s;
        let exchange = Exchange::start(
            switch_config,
            outside,
            signaling.clone(),
            events,
            media.clone(),
            media_events,
            clock.clone(),
            Box::new(SystemEntropy),
        );
        let ordered: Arc<dyn Switch> = exchange.clone();
        let _ = switch.set(ordered);
        let working = control.clone();
        let tasks = vec![
            lease.keep(),
            tokio::spawn(async move { working.work().await }),
            tokio::spawn(recorder.clone().write(control.clone())),
        ];
        Ok(Self {
            control,
            database,
            sealer,
            directory,
            signaling,
            exchange,
            media,
            recorder,
            traces,
            lab,
            lease,
            clock,
            tasks,
        })
    }

    /// Ends what runs; calls have been drained before.
    pub async fn stop(self) {
        self.signaling.stop().await;
        self.media.stop().await;
        for task in self.tasks {
            task.abort();
        }
        self.control.settle_recordings().await;
        self.recorder.write_due(&self.control, Tick(u64::MAX)).await;
        if let Some(traces) = self.traces {
            traces.stop().await;
        }
        if let Err(why) = self.lease.end().await {
            tracing::warn!(error = %why, "The node's lease was not given back; it lapses by itself");
        }
    }
}

async fn store(config: &Config, migrate_first: bool) -> Result<(Database, Arc<Sealer>), String> {
    let url = config.database_url();
    let sqlite = url.starts_with("sqlite:");
    if sqlite || migrate_first {
        migrate(config).await?;
    } else if !patchbay_migrations::pending(&url).await.map_err(|why| why.to_string())?.is_empty() {
        return Err("the database is behind this binary: run `patchbay migrate`, or `serve --migrate`".into());
    }
    let database = Database::open(&DatabaseSettings::new(url)).await.map_err(|why| format!("the database: {why}"))?;
    let sealer = Sealer::open(&config.data_folder.join("seal.key"), &mut SystemEntropy)
        .map_err(|why| format!("the seal key: {why}"))?;
    debug_assert_eq!(database.backend() == Backend::Sqlite, sqlite);
    Ok((database, Arc::new(sealer)))
}

fn settings(config: &Config, demo: bool) -> Settings {
    let mut transports = vec!["udp".to_owned(), "tcp".to_owned()];
    if config.sip.tls.is_some() {
        transports.push("tls".into());
    }
    Settings {
        name: config.name.clone(),
        version: env!("CARGO_PKG_VERSION").into(),
        public_url: config.public_url(),
        demo,
        sip_domain: config.sip.domain.clone(),
        sip_registrar: format!("{}:{}", sip_host(config), config.sip.listen.port()),
        sip_transports: transports,
        trusted_proxies: config.trusted_proxies.clone(),
        limits: LimitSettings::default(),
        seats_most: 500,
        private_webhooks: config.private_webhooks,
        private: config.private,
    }
}

fn sip_host(config: &Config) -> String {
    config.sip.advertised.unwrap_or(config.sip.listen.ip()).to_string()
}

/// Makes somebody who can sign in, without a running node: the owner of a new company, or of the one that a private installation has.
///
/// # Errors
/// A sentence for the terminal.
pub async fn add_user(config: &Config, new: &NewUser) -> Result<AddedUser, String> {
    make_folder(&config.data_folder)?;
    let (database, _) = store(config, false).await?;
    let clock = SystemClock::start();
    let added = add_owner(&database, clock.wall(), Box::new(SystemEntropy), config.private, new).await;
    added.map_err(|why| why.to_string())
}

async fn signaling(
    config: &Config,
    clock: Arc<dyn Clock>,
) -> Result<(Signaling, tokio::sync::mpsc::UnboundedReceiver<patchbay_sip::Event>), String> {
    let tls = match config.sip.tls {
        Some(listen) => Some((listen, tls::server(&config.sip, &config.data_folder)?)),
        None => None,
    };
    let contact = format!("{}:{}", sip_host(config), config.sip.listen.port());
    let settings = SignalingConfig {
        listen: config.sip.listen,
        tls,
        tls_client: tls::client(&config.sip)?,
        stack: StackConfig::new(&config.sip.domain, &contact),
        limits: Limits::default(),
    };
    let started = Signaling::start(settings, clock, seed()).await;
    started.map_err(|why| format!("SIP at {}: {why}", config.sip.listen))
}

fn engine(config: &Config) -> EngineConfig {
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    EngineConfig {
        bind: config.media.bind,
        advertised: config.media.advertised.unwrap_or(config.media.bind),
        browser_udp_port: config.media.browser_udp_port,
        rtp_first: config.media.rtp_first,
        rtp_last: config.media.rtp_last,
        workers: if config.media.workers == 0 { cores.min(4) } else { config.media.workers },
    }
}
