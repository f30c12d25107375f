//! A full house: a thousand companies of fifty seats, one of them with a hundred thousand calls, and how long each list and search
//! takes in it.
//!
//! `PATCHBAY_TENANTS`, `PATCHBAY_SEATS`, `PATCHBAY_CALLS` say how full; `cargo xtask scale` fills it to the end and prints a line per
//! page. The ordinary run is small, looks at the plans of the store, and judges no times.
#![expect(clippy::print_stdout, reason = "the table is what it is run for")]

use std::time::{Duration, Instant};

use patchbay_control::{
    calls::row::call,
    people::row::member,
    seats::row::{device, seat},
};
use patchbay_kernel::{Entropy as _, SeededEntropy, TenantId, Uuid, Wall, id::uuid_v7};
use patchbay_tenancy::{
    Backend, EventRow,
    outbox::event,
    system::{gateway, gateway_port, number, site, tenant, user_account},
};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ConnectionTrait, DatabaseConnection, DbBackend, EntityTrait, IntoActiveModel,
    Statement,
};
use serde_json::json;

use crate::{
    rig::{Rig, token},
    two_companies::setting,
    walk::{Operation, operations},
};

on_both!(pages_answer_in_a_full_house);

/// Longest time, for nineteen of twenty requests, in a house that is as full as it gets.
const MOST: Duration = Duration::from_millis(200);
/// Requests of each page.
const ROUNDS: usize = 20;
/// Rows of one statement: SQLite takes 32,766 values.
const AT_ONCE: usize = 500;

struct House {
    store: DatabaseConnection,
    chance: SeededEntropy,
    now: Wall,
    at: time::OffsetDateTime,
}

impl House {
    fn id(&mut self) -> Uuid {
        uuid_v7(self.now, &mut self.chance)
    }

    async fn put<A>(&self, rows: Vec<A>)
    where
        A: ActiveModelTrait + Send,
    {
        for some in rows.chunks(AT_ONCE) {
            A::Entity::insert_many(some.to_vec()).exec_without_returning(&self.store).await.unwrap();
        }
    }

    /// A company of its own, as many people on as many seats.
    async fn company(&mut self, number: u64, seats: u64, like: &user_account::Model) -> (TenantId, Vec<Uuid>) {
        let id = TenantId::from_uuid(self.id());
        let row = tenant::ActiveModel {
            id: Set(id.uuid()),
            name: Set(format!("Company {number}")),
            realm: Set(format!("company-{number}")),
            country: Set("US".into()),
            timezone: Set("America/New_York".into()),
            locale: Set("en".into()),
            state: Set("active".into()),
            require_second_factor: Set(false),
            max_calls: Set(30),
            created_at: Set(self.at),
        };
        self.put(vec![row]).await;
        let seats = self.people(id, number, seats, like).await;
        (id, seats)
    }

    /// People, their seats and telephones; the ids of the seats.
    async fn people(&mut self, tenant: TenantId, number: u64, seats: u64, like: &user_account::Model) -> Vec<Uuid> {
        let (mut users, mut members, mut places, mut devices, mut ids) = (vec![], vec![], vec![], vec![], vec![]);
        for place in 0..seats {
            let (user_id, member_id, seat_id) = (self.id(), self.id(), self.id());
            let email = format!("person{place}@company{number}.example.com");
            users.push(user_account::Model { id: user_id, email, ..like.clone() }.into_active_model());
            members.push(member::ActiveModel {
                tenant_id: Set(tenant.uuid()),
                id: Set(member_id),
                user_id: Set(user_id),
                role: Set("agent".into()),
                state: Set("active".into()),
                created_at: Set(self.at),
                last_seen_at: Set(None),
            });
            places.push(seat::ActiveModel {
                tenant_id: Set(tenant.uuid()),
                id: Set(seat_id),
                extension: Set((1_000 + place).to_string()),
                label: Set(format!("Seat {place}")),
                member_id: Set(Some(member_id)),
                state: Set("active".into()),
                created_at: Set(self.at),
                released_at: Set(None),
                voicemail_notice: Set("link".into()),
            });
            devices.push(device::ActiveModel {
                tenant_id: Set(tenant.uuid()),
                id: Set(self.id()),
                seat_id: Set(seat_id),
                kind: Set("sip_phone".into()),
                label: Set("Desk".into()),
                username: Set(format!("c{number}-{place}")),
                ha1_md5: Set(String::new()),
                ha1_sha256: Set(String::new()),
                user_agent: Set(None),
                contacts: Set(0),
                created_at: Set(self.at),
                last_seen_at: Set(None),
            });
            ids.push(seat_id);
        }
        self.put(users).await;
        self.put(members).await;
        self.put(places).await;
        self.put(devices).await;
        ids
    }

    /// Calls, one every half a minute back from now, and an event for each.
    async fn calls(&mut self, tenant: TenantId, seats: &[Uuid], count: u64) {
        let (mut first, mut left) = (1_000_000, count);
        while left > 0 {
            let some = left.min(5_000);
            let (mut calls, mut events) = (Vec::new(), Vec::new());
            for place in (left - some..left).rev() {
                let began = Wall::from_unix_ms(self.now.unix_ms() - i64::try_from(place).unwrap() * 30_000);
                let (id, at) = (uuid_v7(began, &mut self.chance), began.to_offset());
                let seat = seats[usize::try_from(self.chance.below(seats.len() as u64)).unwrap()];
                let direction = if place % 3 == 0 { "inbound" } else { "outbound" };
                calls.push(a_call(tenant, id, seat, direction, at, self.chance.below(10_000_000)));
                first += 1;
                events.push(
                    EventRow {
                        tenant_id: tenant.uuid(),
                        id: uuid_v7(began, &mut self.chance),
                        seq: first,
                        kind: "call.ended".into(),
                        entity: "call".into(),
                        entity_id: patchbay_kernel::CallId::from_uuid(id).to_string(),
                        body: json!({ "direction": direction, "talk_ms": 60_000 }),
                        at,
                    }
                    .into_active_model(),
                );
            }
            self.put(calls).await;
            self.put::<event::ActiveModel>(events).await;
            left -= some;
        }
        let cursor = format!("UPDATE event_cursor SET next = {} WHERE next > 0", first + 1);
        self.store.execute_unprepared(&cursor).await.unwrap();
    }

    /// Gateways with sixteen ports each, and numbers for rent on them.
    async fn stock(&mut self, gateways: u64, numbers: u64) {
        let site_id = self.id();
        let place = site::ActiveModel {
            id: Set(site_id),
            name: Set("Exchange".into()),
            country: Set("US".into()),
            city: Set(None),
            created_at: Set(self.at),
            ..Default::default()
        };
        self.put(vec![place]).await;
        let (mut boxes, mut ports, mut ids) = (Vec::new(), Vec::new(), Vec::new());
        for place in 0..gateways {
            let gateway_id = self.id();
            boxes.push(a_gateway(gateway_id, site_id, place, self.at));
            for ordinal in 1..=16 {
                let id = self.id();
                ports.push(a_gateway_port(id, gateway_id, ordinal, self.at));
                ids.push(id);
            }
        }
        let all = (0..numbers).map(|place| {
            let gateway_port_id = ids[usize::try_from(place).unwrap() % ids.len()];
            number::ActiveModel {
                id: Set(uuid_v7(self.now, &mut self.chance)),
                e164: Set(format!("+1212{:07}", place * 37 % 10_000_000)),
                country: Set("US".into()),
                area: Set(None),
                kind: Set("local".into()),
                state: Set("available".into()),
                gateway_port_id: Set(gateway_port_id),
                tenant_id: Set(None),
                monthly_micros: Set(1_000_000),
                setup_micros: Set(0),
                currency: Set("USD".into()),
                quarantined_until: Set(None),
                created_at: Set(self.at),
                ..Default::default()
            }
        });
        let all = all.collect();
        self.put(boxes).await;
        self.put(ports).await;
        self.put(all).await;
    }
}

fn a_call(
    tenant: TenantId,
    id: Uuid,
    seat: Uuid,
    way: &str,
    at: time::OffsetDateTime,
    party: u64,
) -> call::ActiveModel {
    call::ActiveModel {
        tenant_id: Set(tenant.uuid()),
        id: Set(id),
        direction: Set(way.into()),
        caller: Set("+12125550123".into()),
        called: Set(format!("+1415{party:07}")),
        seat_id: Set(Some(seat)),
        state: Set("ended".into()),
        started_at: Set(at),
        answered_at: Set(Some(at + Duration::from_secs(6))),
        ended_at: Set(Some(at + Duration::from_secs(66))),
        talk_ms: Set(60_000),
        cause: Set(Some("caller_hung_up".into())),
        blame: Set(Some("caller".into())),
        node_id: Set(Uuid::nil()),
        node_epoch: Set(1),
        record: Set(Some(json!({ "legs": [], "cause": "caller_hung_up" }))),
        ..Default::default()
    }
}

fn a_gateway(id: Uuid, site_id: Uuid, place: u64, at: time::OffsetDateTime) -> gateway::ActiveModel {
    gateway::ActiveModel {
        id: Set(id),
        site_id: Set(site_id),
        label: Set(format!("Kestrel {place}")),
        kind: Set("analog".into()),
        profile: Set("kestrel_fxo".into()),
        connection: Set("registers_with_us".into()),
        transport: Set("udp".into()),
        srtp: Set(false),
        simulated: Set(false),
        light: Set("unknown".into()),
        light_reason: Set(String::new()),
        created_at: Set(at),
        ..Default::default()
    }
}

fn a_gateway_port(id: Uuid, gateway_id: Uuid, ordinal: i32, at: time::OffsetDateTime) -> gateway_port::ActiveModel {
    gateway_port::ActiveModel {
        id: Set(id),
        gateway_id: Set(gateway_id),
        ordinal: Set(ordinal),
        label: Set(format!("Port {ordinal}")),
        kind: Set("fxo_port".into()),
        channels: Set(1),
        rental: Set("shared".into()),
        monthly_micros: Set(9_000_000),
        currency: Set("USD".into()),
        enabled: Set(true),
        light: Set("unknown".into()),
        created_at: Set(at),
        ..Default::default()
    }
}

/// Searches and filters that a page asks with besides the plain list.
fn questions(operation: &Operation, seat: &str) -> Vec<String> {
    let more: &[&str] = match operation.id.as_str() {
        "call_list" => &[
            "direction=inbound",
            "party=9999999",
            "party=12125550123",
            "seat=SEAT",
            "limit=250",
            "outcome=failed",
            "recorded=true",
            "since=2025-11-24T00:00:00Z&until=2025-11-25T00:00:00Z",
        ],
        "event_list" => &[
            "newest_first=true",
            "kind=call.ended&newest_first=true",
            "kind=seat.created&newest_first=true",
            "subject=SEAT",
            "since=2025-11-01T00:00:00Z",
            "limit=250",
        ],
        "audit_list" | "operator_audit_list" => &["action=seat.created", "entity_id=SEAT", "actor=system", "limit=250"],
        "number_shop" => &["pattern=777", "pattern=9999999", "country=US&kind=local", "country=DE", "limit=250"],
        "operator_number_list" => &["state=available", "state=retired", "limit=250"],
        "operator_tenant_list" => &["search=company+99", "search=nobody", "state=suspended", "limit=250"],
        "api_key_list" | "webhook_list" => &["search=nothing", "limit=250"],
        "operator_job_list" => &["state=dead"],
        _ => &[],
    };
    let path = |more: &str| format!("{}?{}", operation.path, more.replace("SEAT", seat));
    std::iter::once(operation.path.clone()).chain(more.iter().map(|more| path(more))).collect()
}

async fn pages_answer_in_a_full_house(rig: Rig) {
    let (companies, seats) = (setting("PATCHBAY_TENANTS", 20), setting("PATCHBAY_SEATS", 5));
    let calls = setting("PATCHBAY_CALLS", 2_000);
    let session = rig.sign_up("Aster").await;
    let tenant: TenantId = session.json["me"]["company"]["id"].as_str().unwrap().parse().unwrap();
    let mut one = sea_orm::ConnectOptions::new(rig.url.clone());
    one.max_connections(1).sqlx_logging(false);
    let store = sea_orm::Database::connect(one).await.unwrap();
    let like = user_account::Entity::find().one(&store).await.unwrap().unwrap();
    let (now, began) = (rig.stamp().now, Instant::now());
    let mut house = House { store, chance: SeededEntropy::new(11), now, at: now.to_offset() };
    for number in 0..companies {
        let other = house.company(number, seats, &like).await;
        if number % 10 == 0 {
            house.calls(other.0, &other.1, 20).await;
        }
    }
    let own = house.people(tenant, companies, seats.max(50), &like).await;
    house.calls(tenant, &own, calls).await;
    lines(&rig, tenant, calls / 5).await;
    house.stock(companies.div_ceil(20), companies * 20).await;
    let analyse = if rig.db.backend() == Backend::Postgres { "ANALYZE" } else { "PRAGMA optimize=0x10002" };
    house.store.execute_unprepared(analyse).await.unwrap();
    println!(
        "{:?}: {companies} companies of {seats} seats, {calls} calls of one; filled in {:?}",
        rig.db.backend(),
        began.elapsed()
    );
    plans(&house.store, rig.db.backend(), tenant).await;
    let seat = patchbay_kernel::SeatId::from_uuid(own[0]).to_string();
    let slow = measure(&rig, &token(&session), &seat).await;
    let full = calls >= 100_000;
    assert!(!full || slow.is_empty(), "over {MOST:?}: {slow:#?}");
}

/// Lines of the audit log, by the only door to it.
async fn lines(rig: &Rig, tenant: TenantId, count: u64) {
    for some in 0..count.div_ceil(AT_ONCE as u64) {
        let tx = rig.db.tenant(tenant, rig.stamp()).await.unwrap();
        for place in 0..AT_ONCE {
            let action = if place == 0 && some == 0 { "seat.created" } else { "seat.updated" };
            tx.noted(action, "seat", &format!("seat_{place}"), json!({ "label": "Sales" }));
        }
        tx.commit().await.unwrap();
    }
}

/// Asks every page and says which are too slow.
async fn measure(rig: &Rig, owner: &str, seat: &str) -> Vec<String> {
    let (operator, mut slow) = (rig.operator().await, Vec::new());
    let walks = [
        "audit_export",
        "call_export",
        "audit_verify",
        "operator_audit_export",
        "operator_audit_verify",
        "api_document",
    ];
    let all = operations();
    let lists =
        all.iter().filter(|one| one.method == "GET" && !one.names_a_thing() && !walks.contains(&one.id.as_str()));
    for operation in lists {
        let token = match operation.realm.as_deref() {
            Some("user") => owner,
            Some("operator") => &operator,
            _ => continue,
        };
        let mut paths = questions(operation, seat);
        if operation.lists {
            paths.extend(deep(rig, operation, token).await);
        }
        for path in paths {
            let (mut times, mut bytes) = (Vec::new(), 0);
            for _ in 0..ROUNDS {
                let began = Instant::now();
                let answer = rig.get(&path, token).await;
                times.push(began.elapsed());
                assert!(answer.status < 500, "{path}: {}", answer.text);
                bytes = answer.text.len();
            }
            times.sort();
            let (half, most) = (times[ROUNDS / 2], times[ROUNDS - 2]);
            let shown: String = path.chars().take(80).collect();
            let line = format!("{:<28} {:>8.1} {:>8.1} ms {:>8} B  {shown}", operation.id, ms(half), ms(most), bytes);
            println!("{line}");
            if most > MOST {
                slow.push(line);
            }
        }
    }
    slow
}

fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

/// A page far down the list.
async fn deep(rig: &Rig, operation: &Operation, token: &str) -> Option<String> {
    let parameter = if operation.id == "event_list" { "after" } else { "cursor" };
    let mut found = None;
    for _ in 0..10 {
        let path = found.clone().unwrap_or_else(|| format!("{}?limit=250", operation.path));
        let answer = rig.get(&path, token).await;
        let Some(next) = answer.json["next_cursor"].as_str() else { break };
        found = Some(format!("{}?limit=250&{parameter}={next}", operation.path));
    }
    found
}

/// What the busiest lists ask; none of them may read a whole table.
async fn plans(store: &DatabaseConnection, backend: Backend, tenant: TenantId) {
    let own = match backend {
        Backend::Postgres => format!("tenant_id = '{}'", tenant.uuid()),
        Backend::Sqlite => format!("tenant_id = '{}'", tenant.uuid().simple()),
    };
    for (table, rest) in [
        ("call", "ORDER BY id DESC LIMIT 51"),
        ("call", "AND direction = 'inbound' ORDER BY id DESC LIMIT 51"),
        ("call", "AND seat_id = NULL ORDER BY id DESC LIMIT 51"),
        ("event", "AND seq > 5 ORDER BY seq LIMIT 51"),
        ("event", "AND kind IN ('call.ended') ORDER BY seq DESC LIMIT 51"),
        ("event", "AND entity_id = 'x' ORDER BY seq LIMIT 51"),
        ("audit", "AND seq < 5 ORDER BY seq DESC LIMIT 51"),
        ("audit", "AND action = 'seat.created' ORDER BY seq DESC LIMIT 51"),
        ("member", "ORDER BY id"),
        ("seat", "ORDER BY id"),
        ("device", "ORDER BY id"),
        ("api_key", "ORDER BY id DESC LIMIT 51"),
        ("webhook", "ORDER BY id DESC LIMIT 51"),
    ] {
        let sql = format!("SELECT * FROM {table} WHERE {own} {rest}");
        let plan = explained(store, backend, &sql).await;
        let whole = match backend {
            // A table of three rows is read whole by right; what counts is that there is another way.
            Backend::Postgres => plan.contains("Seq Scan"),
            Backend::Sqlite => plan.contains("SCAN") || plan.contains("TEMP B-TREE"),
        };
        assert!(!whole, "{sql}\n{plan}");
    }
}

async fn explained(store: &DatabaseConnection, backend: Backend, sql: &str) -> String {
    let (kind, word) = match backend {
        Backend::Postgres => (DbBackend::Postgres, "EXPLAIN"),
        Backend::Sqlite => (DbBackend::Sqlite, "EXPLAIN QUERY PLAN"),
    };
    if backend == Backend::Postgres {
        store.execute_unprepared("SET enable_seqscan = off").await.unwrap();
    }
    let rows = store.query_all_raw(Statement::from_string(kind, format!("{word} {sql}"))).await.unwrap();
    let line = |row: &sea_orm::QueryResult| match backend {
        Backend::Postgres => row.try_get_by_index::<String>(0).unwrap(),
        Backend::Sqlite => row.try_get::<String>("", "detail").unwrap(),
    };
    rows.iter().map(line).collect::<Vec<_>>().join("\n")
}
