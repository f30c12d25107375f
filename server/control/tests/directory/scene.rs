//! A platform with three gateways and two companies.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use patchbay_control::{
    directory::{Directory, DirectoryParts},
    kit::app::EntropyFactory,
    live::Feed,
    people::row::member,
    prompts::studio::Studio,
    seats::row::{device, seat, seat_number},
};
use patchbay_kernel::{
    Blame, CallId, Clock, DeviceId, EndCause, Entropy, GatewayId, GatewayPortId, NodeId, NumberId, SeatId,
    SeededEntropy, TenantId, Tick, Uuid, Wall,
};
use patchbay_plane::{
    self as plane, CallRecord, CallStarted, Capacity, CapacityError, Direction, InviteFacts, Later, LegKind, LegRecord,
    LegRole, Refusal, Resource, RouteAsk, RoutePlan, Source, Target, TrunkTarget,
};
use patchbay_sound::{Folder, speech::Installed};
use patchbay_tenancy::{
    Database, DatabaseSettings, Sealer, Stamp,
    system::{gateway, gateway_port, node, number, sip_account, site, tenant, user_account},
};
use sea_orm::{ActiveValue::Set, IntoActiveModel, sea_query::Expr};

/// Monotonic time by hand, wall time as it is.
#[derive(Default)]
pub struct TestClock(pub AtomicU64);

impl Clock for TestClock {
    fn tick(&self) -> Tick {
        Tick(self.0.load(Ordering::Relaxed))
    }
    fn wall(&self) -> Wall {
        Wall(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_micros() as i64)
    }
}

pub fn chance() -> Box<dyn Entropy> {
    static SEED: AtomicU64 = AtomicU64::new(1);
    Box::new(SeededEntropy::new(SEED.fetch_add(1, Ordering::Relaxed)))
}

pub fn new_call() -> CallId {
    CallId::new(TestClock::default().wall(), chance().as_mut())
}

pub struct Seat {
    pub seat: SeatId,
    pub browser: DeviceId,
    pub phone: DeviceId,
    pub user: Uuid,
}

pub struct Company {
    pub tenant: TenantId,
    /// Extensions 101 and 102.
    pub seats: Vec<Seat>,
}

pub struct Scene {
    pub db: Database,
    pub clock: Arc<TestClock>,
    pub feed: Feed,
    pub directory: Arc<Directory>,
    pub node: NodeId,
    /// FXO, an account per gateway port, two lines: +14155550101 and +14155550102.
    pub kestrel: (GatewayId, Vec<GatewayPortId>),
    /// E1 known by its address, one span: +14155550200 to +14155550202.
    pub falcon: (GatewayId, Vec<GatewayPortId>),
    /// A carrier that we register with: +442079460018.
    pub carrier: (GatewayId, Vec<GatewayPortId>),
    /// Has both Kestrel lines, +14155550200 and the carrier's number.
    pub a: Company,
    /// Has +14155550201; +14155550202 is nobody's.
    pub b: Company,
}

pub const DOMAIN: &str = "sip.example.com";

/// Numbers given so far.
static GIVEN: std::sync::atomic::AtomicU32 = std::sync::atomic::AtomicU32::new(0);

impl Scene {
    pub async fn new(url: &str) -> Self {
        let db = Database::open(&DatabaseSettings::new(url)).await.unwrap();
        let clock = Arc::new(TestClock::default());
        let sealer = Arc::new(Sealer::new(&[7; 32]));
        let make = Maker { db: &db, sealer: &sealer };
        let kestrel = make.gateway("Kestrel", "kestrel_fxo", "registers_with_us", "exclusive", 2).await;
        let falcon = make.gateway("Falcon", "falcon_e1", "ip_peer", "shared", 1).await;
        let carrier = make.gateway("Carrier", "generic_sip_trunk", "we_register", "shared", 1).await;
        let lines = [
            make.number("+14155550101", kestrel.1[0]).await,
            make.number("+14155550102", kestrel.1[1]).await,
            make.number("+14155550200", falcon.1[0]).await,
            make.number("+442079460018", carrier.1[0]).await,
        ];
        let of_b = make.number("+14155550201", falcon.1[0]).await;
        make.number("+14155550202", falcon.1[0]).await;
        let (a, b) = (make.company("Aster").await, make.company("Birch").await);
        for line in lines {
            make.claim(a.tenant, line).await;
        }
        make.claim(b.tenant, of_b).await;
        let feed = Feed::default();
        let node = NodeId::from_uuid(Uuid::from_u128(77));
        make.node(node, 1, true).await;
        let directory = directory(&db, &clock, &sealer, &feed, node, 1).await;
        Self { db, clock, feed, directory, node, kestrel, falcon, carrier, a, b }
    }

    /// Another node's directory over the same store.
    pub async fn other_directory(&self, node: NodeId, epoch: i64) -> Arc<Directory> {
        directory(&self.db, &self.clock, &Arc::new(Sealer::new(&[7; 32])), &self.feed, node, epoch).await
    }

    pub async fn node(&self, id: NodeId, epoch: i64, alive: bool) {
        let sealer = Arc::new(Sealer::new(&[7; 32]));
        Maker { db: &self.db, sealer: &sealer }.node(id, epoch, alive).await;
    }

    pub async fn number_id(&self, e164: &str) -> NumberId {
        NumberId::from_uuid(self.db.system().number_by_e164(e164).await.unwrap().unwrap().id)
    }

    /// Let a number of the company lead to a seat, or nowhere.
    pub async fn lead(&self, tenant: TenantId, e164: &str, seat: Option<SeatId>) {
        use patchbay_control::inventory::numbers::row::{Column, Entity};
        let tx = self.db.tenant(tenant, stamp()).await.unwrap();
        let kind = if seat.is_some() { "seat" } else { "nowhere" };
        let set = vec![
            (Column::DestinationKind, Expr::value(kind)),
            (Column::DestinationSeat, Expr::value(seat.map(|seat| seat.uuid()))),
        ];
        let touched = tx.update_many::<Entity>(set, sea_orm::ColumnTrait::eq(&Column::E164, e164)).await.unwrap();
        assert_eq!(touched, 1);
        tx.commit().await.unwrap();
    }

    /// Give a seat a displayed number.
    pub async fn give(&self, company: &Company, seat: &Seat, e164: &str) {
        let number = self.number_id(e164).await;
        let tx = self.db.tenant(company.tenant, stamp()).await.unwrap();
        // The order of the ids is the order of preference, and two that are born in one millisecond have none.
        let count = GIVEN.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let born = patchbay_kernel::Wall::from_unix_ms(1_764_000_000_000 + i64::from(count));
        let id = patchbay_kernel::id::uuid_v7(born, &mut patchbay_kernel::SeededEntropy::new(u64::from(count)));
        let row = seat_number::ActiveModel {
            id: Set(id),
            seat_id: Set(seat.seat.uuid()),
            number_id: Set(number.uuid()),
            ..Default::default()
        };
        tx.insert(row).await.unwrap();
        tx.commit().await.unwrap();
    }

    /// A call of the first company that was tried on a gateway port.
    pub fn tried_on(
        &self,
        gateway: GatewayId,
        port: GatewayPortId,
        talk_s: i64,
        cause: Option<EndCause>,
    ) -> CallRecord {
        let at = Wall::from_unix_ms(1_764_072_000_000);
        let started = CallStarted {
            call: new_call(),
            tenant: self.a.tenant,
            direction: Direction::Outbound,
            caller: "101".into(),
            caller_name: None,
            called: "+12125550123".into(),
            displayed: None,
            seat: None,
            number: None,
            gateway: None,
            gateway_port: None,
            at,
        };
        let answered_at = (talk_s > 0).then_some(at);
        let leg = LegRecord {
            leg: patchbay_kernel::LegId::from_uuid(Uuid::from_u128(1)),
            role: LegRole::Called,
            kind: LegKind::Gateway,
            party: "Line 1 of Kestrel".into(),
            number: None,
            seat: None,
            device: None,
            gateway: Some(gateway),
            gateway_port: Some(port),
            started_at: at,
            answered_at,
            ended_at: Some(at.plus_s(talk_s)),
            cause,
            codec: None,
            figures: None,
        };
        CallRecord {
            started,
            ringing_at: None,
            answered_at,
            ended_at: at.plus_s(talk_s),
            talk_ms: u64::try_from(talk_s).unwrap() * 1_000,
            cause: cause.unwrap_or(EndCause::CalleeHungUp),
            blame: Blame::Callee,
            sip_status: None,
            detail: None,
            legs: vec![leg],
            timeline: Vec::new(),
            flow: None,
        }
    }

    pub async fn light(&self, gateway: GatewayId, light: &str) {
        let tx = self.db.system().begin(stamp()).await.unwrap();
        let mut row = tx.find::<gateway::Entity>(gateway.uuid()).await.unwrap().unwrap().into_active_model();
        row.light = Set(light.into());
        tx.update(row).await.unwrap();
        tx.commit().await.unwrap();
    }

    pub async fn set_tenant_state(&self, tenant: TenantId, state: &str) {
        let tx = self.db.system().begin(stamp()).await.unwrap();
        let row = tenant::ActiveModel { id: Set(tenant.uuid()), state: Set(state.into()), ..Default::default() };
        tx.update(row).await.unwrap();
        tx.commit().await.unwrap();
    }

    /// Dial from the browser of a seat.
    pub async fn dial(
        &self,
        company: &Company,
        seat: usize,
        user: &str,
        displayed: Option<&str>,
    ) -> Result<RoutePlan, Refusal> {
        let from = &company.seats[seat];
        let headers =
            displayed.map(|number| ("x-displayed-number".to_owned(), number.to_owned())).into_iter().collect();
        let invite = InviteFacts {
            request_uri: format!("sip:{user}@{DOMAIN}"),
            to_uri: format!("sip:{user}@{DOMAIN}"),
            from_uri: format!("sip:x@{DOMAIN}"),
            from_name: None,
            headers,
        };
        let source = Source::Seat { tenant: company.tenant, seat: from.seat, device: from.browser };
        plane::Directory::route(&*self.directory, RouteAsk { call: new_call(), source, invite }).await
    }

    /// A call from a gateway.
    pub async fn arrive(
        &self,
        gateway: GatewayId,
        gateway_port: Option<GatewayPortId>,
        called: &str,
        from: &str,
    ) -> Result<RoutePlan, Refusal> {
        let invite = InviteFacts {
            request_uri: format!("sip:{called}@{DOMAIN}"),
            to_uri: format!("sip:{called}@{DOMAIN}"),
            from_uri: format!("sip:{from}@192.0.2.1"),
            from_name: Some("Grace".into()),
            headers: Vec::new(),
        };
        let source = Source::Gateway { gateway, gateway_port };
        plane::Directory::route(&*self.directory, RouteAsk { call: new_call(), source, invite }).await
    }
}

async fn directory(
    db: &Database,
    clock: &Arc<TestClock>,
    sealer: &Arc<Sealer>,
    feed: &Feed,
    node: NodeId,
    node_epoch: i64,
) -> Arc<Directory> {
    let entropy: EntropyFactory = Arc::new(chance);
    let parts = DirectoryParts {
        database: db.clone(),
        capacity: Arc::new(Idle),
        sealer: sealer.clone(),
        feed: feed.clone(),
        clock: clock.clone(),
        entropy,
        sip_domain: DOMAIN.into(),
        studio: Studio {
            blobs: Arc::new(Folder::new(std::env::temp_dir().join(format!("patchbay-sounds-{}", std::process::id())))),
            speech: Arc::new(Installed::new()),
            sealer: sealer.clone(),
            private: false,
        },
        till: None,
        node,
        node_epoch,
    };
    Directory::start(parts).await.unwrap()
}

/// Nobody is on any line.
struct Idle;

impl Capacity for Idle {
    fn acquire<'a>(&'a self, _: CallId, of: &'a [Resource]) -> Later<'a, Result<Vec<u32>, CapacityError>> {
        Box::pin(std::future::ready(Ok(vec![0; of.len()])))
    }
    fn release<'a>(&'a self, _: CallId, _: &'a str) -> Later<'a, Result<(), CapacityError>> {
        Box::pin(std::future::ready(Ok(())))
    }
    fn release_all(&self, _: CallId) -> Later<'_, Result<(), CapacityError>> {
        Box::pin(std::future::ready(Ok(())))
    }
    fn in_use<'a>(&'a self, _: &'a str) -> Later<'a, Result<Vec<(u32, CallId)>, CapacityError>> {
        Box::pin(std::future::ready(Ok(Vec::new())))
    }
}

pub fn stamp() -> Stamp {
    Stamp::system(TestClock::default().wall(), chance())
}

/// The gateway ports of a plan, in the order of trying.
pub fn trunks(plan: &RoutePlan) -> Vec<&TrunkTarget> {
    let targets = plan.stages.iter().flat_map(|stage| &stage.targets);
    targets
        .map(|target| match target {
            Target::Trunk(trunk) => &**trunk,
            other => panic!("{other:?}"),
        })
        .collect()
}

/// Waits for what is written behind.
pub async fn eventually<T, F: Future<Output = Option<T>>>(ask: impl Fn() -> F) -> T {
    for _ in 0..100 {
        if let Some(found) = ask().await {
            return found;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("it did not happen within five seconds");
}

struct Maker<'a> {
    db: &'a Database,
    sealer: &'a Sealer,
}

impl Maker<'_> {
    async fn gateway(
        &self,
        label: &str,
        profile: &str,
        connection: &str,
        rental: &str,
        ports: i32,
    ) -> (GatewayId, Vec<GatewayPortId>) {
        let tx = self.db.system().begin(stamp()).await.unwrap();
        let (site_id, id, at) = (tx.new_id(), tx.new_id(), tx.at());
        let country = if profile == "generic_sip_trunk" { "GB" } else { "US" };
        let place = site::ActiveModel {
            id: Set(site_id),
            name: Set("Exchange".into()),
            country: Set(country.into()),
            city: Set(None),
            created_at: Set(at),
            ..Default::default()
        };
        tx.insert(place).await.unwrap();
        let known = patchbay_gateway::profile(profile).unwrap();
        let registers = connection == "registers_with_us";
        let carrier = connection == "we_register";
        let row = gateway::ActiveModel {
            id: Set(id),
            site_id: Set(site_id),
            label: Set(label.into()),
            kind: Set(known.kind.as_str().into()),
            profile: Set(profile.into()),
            connection: Set(connection.into()),
            host: Set((!registers).then(|| "192.0.2.9".into())),
            udp_port: Set(carrier.then_some(5080)),
            transport: Set("udp".into()),
            username: Set(carrier.then(|| "account9".into())),
            password_sealed: Set(
                carrier.then(|| self.sealer.seal("s3cret", &format!("gateway:{id}"), chance().as_mut()))
            ),
            realm: Set(carrier.then(|| "carrier.example".into())),
            light: Set("online".into()),
            light_reason: Set(String::new()),
            created_at: Set(at),
            ..Default::default()
        };
        tx.insert(row).await.unwrap();
        let mut ids = Vec::new();
        for ordinal in 1..=ports {
            let port = tx.new_id();
            let username = known
                .account_per_port(connection.parse().unwrap())
                .then(|| format!("{}-{ordinal:02}", label.to_lowercase()));
            if let Some(username) = &username {
                let account = sip_account::ActiveModel {
                    username: Set(username.clone()),
                    kind: Set("gateway_port".into()),
                    ref_id: Set(port),
                    tenant_id: Set(None),
                };
                tx.insert(account).await.unwrap();
            }
            let row = gateway_port::ActiveModel {
                id: Set(port),
                gateway_id: Set(id),
                ordinal: Set(ordinal),
                label: Set(known.port_label(u16::try_from(ordinal).unwrap())),
                kind: Set(known.ports.kind.as_str().into()),
                channels: Set(known.ports.channels.into()),
                rental: Set(rental.into()),
                monthly_micros: Set(0),
                currency: Set("USD".into()),
                enabled: Set(true),
                ha1_md5: Set(username.as_ref().map(|_| "md5".into())),
                ha1_sha256: Set(username.as_ref().map(|_| "sha".into())),
                username: Set(username),
                light: Set("online".into()),
                created_at: Set(at),
                ..Default::default()
            };
            tx.insert(row).await.unwrap();
            ids.push(GatewayPortId::from_uuid(port));
        }
        tx.commit().await.unwrap();
        (GatewayId::from_uuid(id), ids)
    }

    async fn number(&self, e164: &str, port: GatewayPortId) -> NumberId {
        let tx = self.db.system().begin(stamp()).await.unwrap();
        let id = tx.new_id();
        let row = number::ActiveModel {
            id: Set(id),
            e164: Set(e164.into()),
            country: Set("US".into()),
            area: Set(None),
            kind: Set("local".into()),
            state: Set("available".into()),
            gateway_port_id: Set(port.uuid()),
            tenant_id: Set(None),
            monthly_micros: Set(0),
            setup_micros: Set(0),
            currency: Set("USD".into()),
            quarantined_until: Set(None),
            created_at: Set(tx.at()),
            ..Default::default()
        };
        tx.insert(row).await.unwrap();
        tx.commit().await.unwrap();
        NumberId::from_uuid(id)
    }

    async fn claim(&self, tenant: TenantId, number: NumberId) {
        let mut tx = self.db.tenant(tenant, stamp()).await.unwrap();
        tx.claim_number(number).await.unwrap();
        tx.commit().await.unwrap();
    }

    async fn node(&self, id: NodeId, epoch: i64, alive: bool) {
        let tx = self.db.system().begin(stamp()).await.unwrap();
        tx.delete::<node::Entity>(id.uuid()).await.unwrap();
        let lease_until = if alive { tx.now().plus_s(600).0 } else { tx.now().plus_s(-1).0 };
        let row = node::ActiveModel {
            id: Set(id.uuid()),
            epoch: Set(epoch),
            lease_until: Set(lease_until),
            started_at: Set(tx.now().0),
        };
        tx.insert(row).await.unwrap();
        tx.commit().await.unwrap();
    }

    async fn company(&self, name: &str) -> Company {
        let tx = self.db.system().begin(stamp()).await.unwrap();
        let tenant_id = TenantId::from_uuid(tx.new_id());
        let at = tx.at();
        let row = tenant::ActiveModel {
            id: Set(tenant_id.uuid()),
            name: Set(name.into()),
            realm: Set(format!("{name}.example")),
            country: Set("US".into()),
            timezone: Set("America/New_York".into()),
            locale: Set("en".into()),
            state: Set("active".into()),
            require_second_factor: Set(false),
            max_calls: Set(30),
            created_at: Set(at),
        };
        tx.insert(row).await.unwrap();
        let mut users = Vec::new();
        for extension in ["101", "102"] {
            let id = tx.new_id();
            let user = user_account::ActiveModel {
                id: Set(id),
                email: Set(format!("{extension}@{}.example", name.to_lowercase())),
                name: Set(format!("Agent {extension}")),
                password_hash: Set("-".into()),
                email_verified_at: Set(Some(at)),
                locale: Set("en".into()),
                created_at: Set(at),
            };
            tx.insert(user).await.unwrap();
            users.push((extension, id));
        }
        let tx = tx.enter(tenant_id).await.unwrap();
        let mut seats = Vec::new();
        for (extension, user) in users {
            seats.push(seat_with_devices(&tx, name, extension, user).await);
        }
        tx.commit().await.unwrap();
        Company { tenant: tenant_id, seats }
    }
}

async fn seat_with_devices(tx: &patchbay_tenancy::TenantTx, name: &str, extension: &str, user: Uuid) -> Seat {
    let (member_id, seat_id) = (tx.new_id(), tx.new_id());
    let person = member::ActiveModel {
        id: Set(member_id),
        user_id: Set(user),
        role: Set(if extension == "101" { "owner" } else { "agent" }.into()),
        state: Set("active".into()),
        created_at: Set(tx.at()),
        last_seen_at: Set(None),
        ..Default::default()
    };
    tx.insert(person).await.unwrap();
    let row = seat::ActiveModel {
        id: Set(seat_id),
        extension: Set(extension.into()),
        label: Set(format!("Desk {extension}")),
        member_id: Set(Some(member_id)),
        state: Set("active".into()),
        created_at: Set(tx.at()),
        released_at: Set(None),
        ..Default::default()
    };
    tx.insert(row).await.unwrap();
    let mut devices = Vec::new();
    for kind in ["browser", "sip_phone"] {
        let id = tx.new_id();
        let username = format!("{}-{extension}-{kind}", name.to_lowercase());
        let row = device::ActiveModel {
            id: Set(id),
            seat_id: Set(seat_id),
            kind: Set(kind.into()),
            label: Set(kind.into()),
            username: Set(username.clone()),
            ha1_md5: Set(format!("md5 of {username}")),
            ha1_sha256: Set(format!("sha of {username}")),
            user_agent: Set(None),
            contacts: Set(0),
            created_at: Set(tx.at()),
            last_seen_at: Set(None),
            ..Default::default()
        };
        tx.insert(row).await.unwrap();
        tx.add_sip_account(&username, id).await.unwrap();
        devices.push(DeviceId::from_uuid(id));
    }
    Seat { seat: SeatId::from_uuid(seat_id), browser: devices[0], phone: devices[1], user }
}

macro_rules! on_both {
    ($($case:ident),* $(,)?) => {
        mod sqlite {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $case() {
                let file = patchbay_testkit::sqlite().await;
                super::$case(crate::scene::Scene::new(&file.url()).await).await;
            })*
        }
        mod postgres {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $case() {
                let Some(cluster) = patchbay_testkit::postgres() else { return };
                let url = cluster.database().await;
                super::$case(crate::scene::Scene::new(&url).await).await;
            })*
        }
    };
}
