//! What a company sees is the same whether or not another one lives on the platform: two worlds in lockstep, the same in everything
//! but that in one of them a second company does as many things of its own, and with the ids of the first.
//!
//! Chance and time of each step are the same in both worlds, so that ids, secrets, times, hashes and event numbers are too: answers
//! are compared letter by letter. `PATCHBAY_OPERATIONS` and `PATCHBAY_SEED` say how long and which.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::atomic::Ordering,
};

use patchbay_kernel::{Clock as _, Entropy as _, SeededEntropy};
use serde_json::{Value, json};

use crate::{
    rig::{Answer, PASSWORD, Rig, token},
    walk::{self, Operation, TAKES_STOCK, key_scopes, operations},
    whole_company,
};

on_both!(a_company_cannot_tell_that_another_is_there);

/// Between two steps; a token outlives a hundred of them.
const STEP_MS: i64 = 700;
/// Steps between two looks at everything.
const LOOK: u64 = 500;
/// Seats of chance that a step may use up.
const CHANCE: u64 = 1_000_000;
/// Ids of one kind that are remembered.
const REMEMBERED: usize = 40;
/// What is not done: the stock for rent is everybody's, a call goes on by itself when its request is over, and passwords cost a tenth of a second each.
const LEFT_OUT: [&str; 10] = [
    "number_check_call",
    "number_shop",
    "gateway_port_shop",
    "me_password",
    "second_factor_begin",
    "second_factor_confirm",
    "second_factor_renew",
    "second_factor_off",
    "my_session_end",
    "my_session_end_others",
];

pub fn setting(name: &str, usual: u64) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(usual)
}

/// One request, by a word for who asks.
#[derive(Clone, Debug, PartialEq)]
struct Request {
    operation: String,
    who: &'static str,
    method: String,
    path: String,
    body: Option<Value>,
    key: Option<String>,
}

/// A company in one of the worlds, and what it has learnt there.
#[derive(Default)]
struct Party {
    name: &'static str,
    tokens: BTreeMap<&'static str, String>,
    tenant: String,
    agents: u64,
    /// Ids of answers by prefix.
    ids: BTreeMap<String, Vec<String>>,
    /// Every id that an answer ever had.
    known: BTreeSet<String>,
    cursors: BTreeMap<String, String>,
    /// Numbers and gateway ports that are left to it.
    stock: Vec<String>,
}

/// Printed ids in a text.
fn ids(text: &str) -> impl Iterator<Item = &str> {
    let words = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
    words.filter(|word| word.rsplit_once('_').is_some_and(|(prefix, rest)| !prefix.is_empty() && rest.len() == 26))
}

fn pick<'a, T>(all: &'a [T], chance: &mut SeededEntropy) -> Option<&'a T> {
    all.get(usize::try_from(chance.below(all.len() as u64)).unwrap())
}

impl Party {
    async fn new(rig: &Rig, name: &'static str, stock: &[String]) -> Self {
        let session = rig.sign_up(name).await;
        let mut party = Self { name, stock: stock.to_vec(), ..Self::default() };
        party.tenant = session.json["me"]["company"]["id"].as_str().unwrap().to_owned();
        party.learn(&session.text);
        party.renew(rig).await;
        party
    }

    /// People sign in anew, before their tokens have run out; an agent or a key that was struck gets a successor.
    async fn renew(&mut self, rig: &Rig) {
        let domain = self.name.to_lowercase();
        let owner = token(&rig.sign_in(&format!("owner@{domain}.example.com"), PASSWORD).await.is(200));
        let mut agent = rig.sign_in(&format!("agent{}@{domain}.example.com", self.agents), PASSWORD).await;
        if agent.status != 200 {
            self.agents += 1;
            agent = rig.join(&owner, &format!("agent{}@{domain}.example.com", self.agents), "agent").await;
        }
        let key = self.tokens.get("key").cloned().unwrap_or_default();
        if rig.get("/v1/api-keys/current", &key).await.status != 200 {
            let made = rig.post("/v1/api-keys", &owner, json!({ "name": "Steps", "scopes": key_scopes() })).await;
            self.tokens.insert("key", made.json["secret"].as_str().unwrap_or_default().to_owned());
        }
        self.tokens.extend([("owner", owner), ("agent", token(&agent))]);
    }

    fn learn(&mut self, text: &str) {
        for id in ids(text) {
            let (prefix, _) = id.rsplit_once('_').unwrap();
            let all = self.ids.entry(prefix.to_owned()).or_default();
            if !all.iter().any(|known| known == id) {
                all.push(id.to_owned());
            }
            if all.len() > REMEMBERED {
                all.remove(0);
            }
            self.known.insert(id.to_owned());
        }
    }

    fn id(&self, prefix: &str, others: Option<&Self>, chance: &mut SeededEntropy) -> String {
        let from = others.filter(|_| chance.below(3) == 0).unwrap_or(self);
        let of_kind = from.ids.get(prefix).map_or(&[][..], Vec::as_slice);
        pick(of_kind, chance).cloned().unwrap_or_else(|| format!("{prefix}_{}", "0".repeat(26)))
    }

    /// What is asked next. `others` is whose ids are stolen.
    fn request(&self, all: &[Operation], others: Option<&Self>, chance: &mut SeededEntropy) -> Request {
        let methods = ["GET", "GET", "GET", "GET", "POST", "POST", "POST", "PATCH", "PATCH", "DELETE"];
        let method = pick(&methods, chance).copied().unwrap();
        let of_method: Vec<&Operation> = all.iter().filter(|one| one.method == method).collect();
        let operation = *pick(&of_method, chance).unwrap();
        let mut id = |prefix: &str, chance: &mut SeededEntropy| self.id(prefix, others, chance);
        let of = prefix_of(&operation.path);
        let takes_stock = TAKES_STOCK.contains(&operation.id.as_str());
        let named =
            if takes_stock { pick(&self.stock, chance).cloned().unwrap() } else { id(of.unwrap_or("seat"), chance) };
        let step = pick(&["company", "number", "seat", "mic_test", "test_call"], chance).copied().unwrap();
        let mut path = operation.path.replace("{id}", &named).replace("{step}", step).replace("{language}", "en");
        if method == "GET" && operation.lists {
            path = format!("{path}?limit={}", 1 + chance.below(20));
            if let Some(cursor) = self.cursors.get(&operation.id).filter(|_| chance.below(2) == 0) {
                path = format!("{path}&cursor={cursor}");
            }
            if operation.id == "call_list" && chance.below(2) == 0 {
                path = format!("{path}&seat={}", id("seat", chance));
            }
        }
        if operation.id == "member_remove" && chance.below(2) == 0 {
            path = format!("{path}?heir={}", id("mem", chance));
        }
        let body = operation.has_body.then(|| body(&operation.id, &mut id, chance));
        let repeats = method == "POST" && chance.below(4) == 0;
        let key = repeats.then(|| format!("step-{}", chance.below(20)));
        let who = pick(&["owner", "owner", "owner", "key", "agent"], chance).copied().unwrap();
        Request { operation: operation.id.clone(), who, method: method.to_owned(), path, body, key }
    }

    async fn ask(&mut self, rig: &Rig, request: &Request) -> Answer {
        let more: Vec<(&str, &str)> = request.key.iter().map(|key| ("idempotency-key", key.as_str())).collect();
        let token = self.tokens.get(request.who).map_or("", String::as_str);
        let answer = rig.send(&request.method, &request.path, token, request.body.clone(), &more).await;
        if answer.status < 300 {
            self.learn(&answer.text);
            if let Some(cursor) = answer.json["next_cursor"].as_str() {
                self.cursors.insert(request.operation.clone(), cursor.to_owned());
            }
        }
        answer
    }

    /// Everything that the owner can read, the lists from beginning to end if `whole`.
    async fn look(&self, rig: &Rig, all: &[Operation], whole: bool) -> BTreeMap<String, String> {
        let mut seen = BTreeMap::new();
        let owner = &self.tokens["owner"];
        for operation in all.iter().filter(|one| one.method == "GET") {
            let paths: Vec<String> = if operation.names_a_thing() {
                let of_kind = prefix_of(&operation.path).and_then(|prefix| self.ids.get(prefix));
                of_kind
                    .into_iter()
                    .flatten()
                    .map(|id| operation.path.replace("{id}", id).replace("{language}", "en"))
                    .collect()
            } else {
                vec![operation.path.clone()]
            };
            for path in paths {
                let mut page = if operation.lists { format!("{path}?limit=250") } else { path.clone() };
                loop {
                    // What is kept in memory may ask for chance or not.
                    let place = rig.seed.load(Ordering::SeqCst) / 100;
                    rig.seed.store((place + 1) * 100, Ordering::SeqCst);
                    let answer = rig.get(&page, owner).await;
                    assert!(answer.status < 500, "{page}: {}", answer.text);
                    let parameter = if operation.id == "event_list" { "after" } else { "cursor" };
                    let next = answer.json["next_cursor"].as_str().map(str::to_owned);
                    seen.insert(page, answer.text);
                    let Some(next) = next.filter(|_| whole) else { break };
                    page = format!("{path}?limit=250&{parameter}={next}");
                }
            }
        }
        seen
    }
}

/// Prefix of the ids that a path names.
fn prefix_of(path: &str) -> Option<&'static str> {
    let kinds = [
        ("members", "mem"),
        ("invitations", "inv"),
        ("departments", "dept"),
        ("prompts", "prm"),
        ("recordings", "rec"),
        ("voicemails", "vm"),
        ("callbacks", "cb"),
        ("teams", "team"),
        ("roles", "role"),
        ("queues", "que"),
        ("agents", "mem"),
        ("skills", "skl"),
        ("reason-codes", "rsn"),
        ("dispositions", "dsp"),
        ("sessions", "ses"),
        ("seats", "seat"),
        ("devices", "dev"),
        ("numbers", "num"),
        ("gateway-ports", "gwp"),
        ("caller-rules", "clr"),
        ("calls", "call"),
        ("api-keys", "key"),
        ("seat-tokens", "stk"),
        ("events", "evt"),
        ("webhooks", "whk"),
        ("flows", "flow"),
        ("flow-versions", "flv"),
        ("webhook-deliveries", "dlv"),
    ];
    let (before, _) = path.split_once("/{id}")?;
    let word = before.rsplit('/').next()?;
    kinds.into_iter().find(|(name, _)| *name == word).map(|(_, prefix)| prefix)
}

/// A body that has a fair hope of being taken.
fn body(operation: &str, id: &mut dyn FnMut(&str, &mut SeededEntropy) -> String, chance: &mut SeededEntropy) -> Value {
    let name = format!("Name {}", chance.below(60));
    let some = chance.below(3);
    match operation {
        "seat_create" if some == 0 => json!({ "member": id("mem", chance) }),
        "seat_create" => json!({ "label": name }),
        "seat_patch" => match some {
            0 => json!({ "member": id("mem", chance) }),
            1 => json!({ "displayed_numbers": [id("num", chance)] }),
            _ => json!({ "label": name, "extension": (100 + chance.below(300)).to_string() }),
        },
        "caller_rule_create" => json!({ "pattern": format!("+44{some}*"), "list": "block", "note": name }),
        "number_patch" if some == 0 => json!({ "label": name }),
        "number_patch" => json!({ "destination_kind": "seat", "destination_seat": id("seat", chance) }),
        "department_create" if some == 0 => json!({ "name": name }),
        "department_create" => json!({ "name": name, "parent": id("dept", chance) }),
        "department_patch" if some == 0 => json!({ "parent": id("dept", chance) }),
        "flow_create" => json!({ "name": name, "starter": "greeting" }),
        "flow_patch" if some == 0 => json!({ "name": name }),
        "flow_patch" => json!({ "samples": [], "revision": 1 + chance.below(3) }),
        "team_create" => json!({ "name": name, "department": id("dept", chance), "members": [id("mem", chance)] }),
        "team_patch" if some == 0 => json!({ "members": [id("mem", chance), id("mem", chance)] }),
        "team_patch" if some == 1 => json!({ "department": id("dept", chance) }),
        "department_patch" | "team_patch" | "role_patch" | "company_patch" => json!({ "name": name }),
        "queue_create" if some == 0 => {
            json!({ "name": name, "overflow": "queue", "overflow_queue": id("que", chance) })
        }
        "queue_create" | "queue_patch" => {
            json!({ "name": name, "members": [id("mem", chance)], "skills": [{ "skill": id("skl", chance), "level": 1 }] })
        }
        "skill_create" | "skill_patch" => {
            json!({ "name": name, "agents": [{ "member": id("mem", chance), "level": 2 }] })
        }
        "reason_code_create" | "reason_code_patch" => json!({ "name": name }),
        "disposition_create" | "disposition_patch" => json!({ "name": name, "queue": id("que", chance) }),
        "my_wrap_up" => json!({ "disposition": id("dsp", chance) }),
        "my_agent_state" | "agent_state" if some == 0 => json!({ "state": "not_ready", "reason": id("rsn", chance) }),
        "my_agent_state" | "agent_state" => json!({ "state": if some == 1 { "offline" } else { "ready" } }),
        "role_create" => json!({ "name": name, "permissions": ["seats:read", "calls:read"], "scope": "team" }),
        "member_patch" => match some {
            0 => json!({ "department": id("dept", chance) }),
            1 => json!({ "custom_role": id("role", chance) }),
            _ => json!({ "role": "supervisor" }),
        },
        "invitation_create" => {
            let email = format!("guest{}@guests.example.com", chance.below(40));
            if some == 0 {
                json!({ "email": email, "role": "agent", "custom_role": id("role", chance) })
            } else {
                json!({ "email": email, "role": "agent" })
            }
        }
        "device_create" | "seat_token_create" => json!({ "label": name }),
        "api_key_create" => json!({ "name": name, "scopes": ["seats:read"] }),
        "api_key_patch" => json!({ "name": name }),
        "webhook_create" => json!({ "url": "http://127.0.0.1:9/", "kinds": ["seat.*"] }),
        "webhook_replay" if some == 0 => json!({ "from_seq": 1 }),
        "webhook_replay" => json!({ "event": id("evt", chance) }),
        other => walk::body_of(other),
    }
}

struct World {
    rig: Rig,
    b: Party,
}

impl World {
    async fn new(url: &str) -> (Self, Vec<String>) {
        let rig = Rig::new(url).await;
        rig.seed.store(CHANCE, Ordering::SeqCst);
        let operator = rig.operator().await;
        let (_, ports, numbers) = whole_company::stock(&rig, &operator).await;
        let half = |all: &[String], at: usize| all.chunks(2).filter_map(|two| two.get(at).cloned()).collect::<Vec<_>>();
        let stock = |at: usize| [half(&ports, at), half(&numbers, at)].concat();
        let b = Party::new(&rig, "Borage", &stock(0)).await;
        (Self { rig, b }, stock(1))
    }

    /// The moment and the chance of a step.
    fn at(&self, step: u64, start_ms: i64) {
        let to = start_ms + i64::try_from(step).unwrap() * STEP_MS;
        self.rig.clock.pass_ms(to - self.rig.clock.wall().unix_ms());
        self.rig.seed.store((step + 10) * CHANCE, Ordering::SeqCst);
    }
}

async fn a_company_cannot_tell_that_another_is_there(rig: Rig) {
    // Of the store that the case brings only the kind counts.
    let postgres = rig.db.backend() == patchbay_tenancy::Backend::Postgres;
    play(postgres, setting("PATCHBAY_OPERATIONS", 1_000), |_| {}).await;
}

/// The two worlds, changed by `bent` before the first step.
async fn play(postgres: bool, steps: u64, bent: impl Fn(&Rig)) {
    let (mut files, mut urls) = (Vec::new(), Vec::new());
    for _ in 0..2 {
        if let Some(cluster) = patchbay_testkit::postgres().filter(|_| postgres) {
            urls.push(cluster.database().await);
        } else {
            files.push(patchbay_testkit::sqlite().await);
            urls.push(files.last().unwrap().url());
        }
    }
    let (mut alone, _) = World::new(&urls[0]).await;
    let (mut beside, stock_of_a) = World::new(&urls[1]).await;
    let a = Party::new(&beside.rig, "Aster", &stock_of_a).await;
    [&alone, &beside].into_iter().for_each(|world| bent(&world.rig));
    both(&mut alone, &mut beside, a, (steps, setting("PATCHBAY_SEED", 7))).await;
}

#[cfg(debug_assertions)]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn row_security_alone_hides_the_other_company() {
    if patchbay_testkit::postgres().is_some() {
        play(true, 500, |rig| rig.db.forget_filters()).await;
    }
}

#[cfg(debug_assertions)]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[should_panic(expected = "step ")]
async fn a_leak_is_noticed() {
    play(false, 500, |rig| rig.db.forget_filters()).await;
}

/// Steps of `a` and `b` by the toss of a coin, those of `b` in both worlds.
async fn both(alone: &mut World, beside: &mut World, mut a: Party, (steps, seed): (u64, u64)) {
    let mut all = operations();
    all.retain(|one| one.realm.as_deref() == Some("user") && !LEFT_OUT.contains(&one.id.as_str()));
    let start_ms = alone.rig.clock.wall().unix_ms().max(beside.rig.clock.wall().unix_ms()) + 1_000;
    let (mut of_b, mut done) = (0u64, BTreeMap::<String, u64>::new());
    for step in 0..steps {
        [&*alone, &*beside].into_iter().for_each(|world| world.at(step, start_ms));
        if step % LOOK == LOOK - 1 {
            look(alone, beside, &all, (step, false)).await;
            alone.b.renew(&alone.rig).await;
            beside.b.renew(&beside.rig).await;
            a.renew(&beside.rig).await;
            continue;
        }
        let mut chance = SeededEntropy::new(seed.wrapping_mul(1_000_003).wrapping_add(step));
        if chance.below(2) == 0 {
            let request = a.request(&all, Some(&beside.b), &mut chance);
            let answer = a.ask(&beside.rig, &request).await;
            assert!(answer.status < 500, "step {step}: {request:?}: {}", answer.text);
            let asked = format!("{} {:?}", request.path, request.body);
            let leak = ids(&answer.text).find(|id| beside.b.known.contains(*id) && !asked.contains(*id));
            assert!(leak.is_none(), "step {step}: {request:?} shows {leak:?}: {}", answer.text);
            if chance.below(20) == 0 {
                beside.rig.call(&a.tenant, None).await;
            }
            continue;
        }
        of_b += 1;
        let same = beside.b.request(&all, None, &mut chance.clone());
        let request = alone.b.request(&all, None, &mut chance);
        let calls = chance.below(20) == 0;
        let (left, right) = (alone.b.ask(&alone.rig, &request).await, beside.b.ask(&beside.rig, &request).await);
        assert!(
            request == same && left.status == right.status,
            "step {step}: {} {request:?}, {} {same:?}",
            left.status,
            right.status
        );
        let apart = difference(&left.text, &right.text);
        assert!(apart.is_none(), "step {step}: {request:?} {} {apart:?}", left.status);
        assert!(left.status < 500, "step {step}: {request:?}: {}", left.text);
        if left.status == 401 && request.who == "owner" {
            alone.b.renew(&alone.rig).await;
            beside.b.renew(&beside.rig).await;
        }
        if left.status < 300 {
            *done.entry(request.operation).or_default() += 1;
        }
        if calls {
            for world in [&*alone, &*beside] {
                world.rig.call(&world.b.tenant, None).await;
            }
        }
    }
    look(alone, beside, &all, (steps, true)).await;
    let heard: u64 = done.values().sum();
    assert!(heard * 4 > of_b, "of {of_b} operations only {heard} did something: {done:?}");
    assert!(done.len() > 40, "only these did something: {done:?}");
}

/// Where two texts part.
fn difference<'a>(left: &'a str, right: &'a str) -> Option<(&'a str, &'a str)> {
    let at = left.bytes().zip(right.bytes()).position(|(a, b)| a != b).unwrap_or(left.len().min(right.len()));
    let around = |text: &'a str| {
        let from = (0..=at.saturating_sub(120)).rev().find(|from| text.is_char_boundary(*from)).unwrap_or(0);
        let to = (at + 120..text.len()).find(|to| text.is_char_boundary(*to)).unwrap_or(text.len());
        &text[from..to]
    };
    (left != right).then(|| (around(left), around(right)))
}

async fn look(alone: &World, beside: &World, all: &[Operation], (step, whole): (u64, bool)) {
    let left = alone.b.look(&alone.rig, all, whole).await;
    let right = beside.b.look(&beside.rig, all, whole).await;
    assert_eq!(left.keys().collect::<Vec<_>>(), right.keys().collect::<Vec<_>>(), "step {step}");
    for (path, text) in &left {
        let apart = difference(text, &right[path]);
        assert!(apart.is_none(), "step {step}: {path} {apart:?}");
    }
}
