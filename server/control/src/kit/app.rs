//! What every handler can reach: the store, the clock, the switch, the settings. Built once at start.

use std::{
    net::IpAddr,
    sync::{Arc, OnceLock},
};

use kernel::{Clock, Entropy, TenantId, Wall};
use patchbay_kernel as kernel;
use patchbay_plane::{Capacity, Lab, Observer, Switch};
use patchbay_sound::{Blobs, speech::Speech};
use patchbay_tenancy::{Actor, Database, Sealer, Stamp};

use super::{
    caller::Keys,
    limits::{LimitSettings, Limits},
    once::InFlight,
    origin,
    password::Passwords,
    problem::Problem,
    rates::Rates,
    tickets::Tickets,
};
use crate::{
    directory::Directory,
    live::{Feed, LiveGrant},
    mail::MailSettings,
    phone::softphone::SoftphoneGrant,
    programs::uses::Uses,
    recordings::keeper::Recordings,
    webhooks::post::Poster,
};

/// The place of the switch, which starts after us: filled once.
pub type SwitchSlot = Arc<OnceLock<Arc<dyn Switch>>>;
/// The place of the simulated carrier: filled once, or never.
pub type LabSlot = Arc<OnceLock<Arc<dyn Lab>>>;
/// Makes a fresh source of chance for each transaction.
pub type EntropyFactory = Arc<dyn Fn() -> Box<dyn Entropy> + Send + Sync>;

/// Everything that the node hands over.
pub struct ControlParts {
    /// The store, schema up to date.
    pub database: Database,
    /// Opens and closes what is sealed.
    pub sealer: Arc<Sealer>,
    /// The switch, once it runs.
    pub switch: SwitchSlot,
    /// The simulated carrier, once it runs; stays empty without one.
    pub lab: LabSlot,
    /// Channel slots.
    pub capacity: Arc<dyn Capacity>,
    /// News of calls and devices, shared with the directory.
    pub feed: Feed,
    /// Both times.
    pub clock: Arc<dyn Clock>,
    /// Chance fit for secrets.
    pub entropy: EntropyFactory,
    /// Where sounds lie.
    pub blobs: Arc<dyn Blobs>,
    /// Who speaks texts for companies that have no endpoint of their own.
    pub speech: Arc<dyn Speech>,
    /// Outgoing mail; without it links are shown to the operator.
    pub mail: Option<MailSettings>,
    /// What is set.
    pub settings: Settings,
}

/// What is set about an installation.
#[derive(Clone, Debug)]
pub struct Settings {
    /// What it is called.
    pub name: String,
    /// Version of the binary.
    pub version: String,
    /// The address that people type, without a final slash: `https://calls.example.com`.
    pub public_url: String,
    /// A demonstration: links are in the answers, nothing real is at stake.
    pub demo: bool,
    /// SIP domain, the realm of every device's digest.
    pub sip_domain: String,
    /// Where phones register: `host:udp_port`.
    pub sip_registrar: String,
    /// What phones may use: `udp`, `tcp`, `tls`.
    pub sip_transports: Vec<String>,
    /// Reverse proxies whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<IpAddr>,
    /// Named limits.
    pub limits: LimitSettings,
    /// Seats that one company may have.
    pub seats_most: u64,
    /// Whether webhooks may go to addresses inside and without encryption: only where whoever makes them may reach those anyway.
    pub private_webhooks: bool,
    /// One company's own installation: nobody signs up, and there are no prices.
    pub private: bool,
}

/// The state behind every handler. Cheap to clone.
#[derive(Clone)]
pub struct App(Arc<Inner>);

/// What is in an [`App`].
pub struct Inner {
    /// The store.
    pub database: Database,
    /// Opens and closes what is sealed.
    pub sealer: Arc<Sealer>,
    /// Channel slots.
    pub capacity: Arc<dyn Capacity>,
    /// News of calls and devices.
    pub feed: Feed,
    /// Both times.
    pub clock: Arc<dyn Clock>,
    /// Where sounds lie.
    pub blobs: Arc<dyn Blobs>,
    /// Price lists that were read.
    pub tariffs: crate::money::Tariffs,
    /// Who speaks texts for companies that have no endpoint of their own.
    pub speech: Arc<dyn Speech>,
    /// Outgoing mail.
    pub mail: Option<MailSettings>,
    /// What is set.
    pub settings: Settings,
    /// Keys of access tokens.
    pub keys: Keys,
    /// Asks servers that others name.
    pub outside: Poster,
    /// Password work.
    pub passwords: Passwords,
    /// Named limits.
    pub limits: Limits,
    /// How much programs may ask.
    pub rates: Rates,
    /// When keys were last used.
    pub uses: Uses,
    /// Requests with an `Idempotency-Key` that are being done.
    pub in_flight: InFlight,
    /// Tickets for `/sip`.
    pub softphone_tickets: Tickets<SoftphoneGrant>,
    /// Tickets for `/v1/live`.
    pub live_tickets: Tickets<LiveGrant>,
    /// Recordings that run and that ended.
    pub recordings: Recordings,
    /// Wakes the mail worker.
    pub mail_waits: tokio::sync::Notify,
    switch: SwitchSlot,
    lab: LabSlot,
    observer: OnceLock<Arc<dyn Observer>>,
    directory: OnceLock<Arc<Directory>>,
    entropy: EntropyFactory,
}

impl std::ops::Deref for App {
    type Target = Inner;
    fn deref(&self) -> &Inner {
        &self.0
    }
}

impl App {
    /// From its parts and the keys that were in the store.
    pub fn new(parts: ControlParts, keys: Keys) -> Self {
        let limits = Limits::new(&parts.settings.limits);
        let rates = Rates::new(&parts.settings.limits);
        Self(Arc::new(Inner {
            database: parts.database,
            sealer: parts.sealer,
            capacity: parts.capacity,
            feed: parts.feed,
            clock: parts.clock,
            blobs: parts.blobs,
            speech: parts.speech,
            tariffs: crate::money::Tariffs::default(),
            mail: parts.mail,
            outside: Poster::new(parts.settings.private_webhooks),
            settings: parts.settings,
            keys,
            passwords: Passwords::default(),
            limits,
            rates,
            uses: Uses::default(),
            in_flight: InFlight::default(),
            softphone_tickets: Tickets::default(),
            live_tickets: Tickets::default(),
            recordings: Recordings::default(),
            mail_waits: tokio::sync::Notify::new(),
            switch: parts.switch,
            lab: parts.lab,
            observer: OnceLock::new(),
            directory: OnceLock::new(),
            entropy: parts.entropy,
        }))
    }
}

impl Inner {
    /// Time on the wall.
    pub fn now(&self) -> Wall {
        self.clock.wall()
    }
    /// A fresh source of chance.
    pub fn chance(&self) -> Box<dyn Entropy> {
        (self.entropy)()
    }
    /// What makes chance.
    pub fn entropy(&self) -> EntropyFactory {
        Arc::clone(&self.entropy)
    }
    /// For a transaction of `actor`, who asks from where the request comes from.
    pub fn stamp(&self, actor: Actor) -> Stamp {
        Stamp { now: self.now(), chance: self.chance(), actor, origin: origin::current() }
    }
    /// The switch; 503 before it has started.
    pub fn switch(&self) -> Result<&dyn Switch, Problem> {
        self.switch.get().map(AsRef::as_ref).ok_or_else(Problem::busy)
    }
    /// The switch, for what is merely nice to tell it.
    pub fn switch_if_up(&self) -> Option<&dyn Switch> {
        self.switch.get().map(AsRef::as_ref)
    }
    /// Queues, people or wishes of a company changed.
    pub fn tell_queues(&self, tenant: TenantId) {
        if let Some(switch) = self.switch_if_up() {
            switch.queues_changed(tenant);
        }
    }
    /// The simulated carrier, where there is one.
    pub fn lab(&self) -> Option<&dyn Lab> {
        self.lab.get().map(AsRef::as_ref)
    }
    /// What knows this node, where one is watched.
    pub fn observer(&self) -> Option<&dyn Observer> {
        self.observer.get().map(AsRef::as_ref)
    }
    /// Sets it; once.
    pub fn set_observer(&self, observer: Arc<dyn Observer>) {
        let _ = self.observer.set(observer);
    }
    /// Who routes calls; 503 before it has started.
    pub fn directory(&self) -> Result<&Directory, Problem> {
        self.directory.get().map(AsRef::as_ref).ok_or_else(Problem::busy)
    }
    /// Sets it; once.
    pub fn set_directory(&self, directory: Arc<Directory>) {
        let _ = self.directory.set(directory);
    }
    /// A page of the web app.
    pub fn link(&self, path_and_query: &str) -> String {
        format!("{}{path_and_query}", self.settings.public_url)
    }
    /// Whether people reach us by https: then cookies are `Secure`.
    pub fn is_https(&self) -> bool {
        self.settings.public_url.starts_with("https://")
    }
}
