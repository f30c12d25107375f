//! The run: warm up, one random harm after the other, a verdict after each. The same seed does the same harms in the same order.

use std::time::{Duration, Instant};

use patchbay_kernel::{Entropy, SeededEntropy};
use patchbay_testkit::{Phone, PhoneConfig};
use serde_json::json;

use crate::{
    gateway::Gateway,
    harm::Harm,
    load::Load,
    verdict::{self, Base},
};
use patchbay_tests::{
    Server, Store,
    story::{self, DOMAIN, Scene, at_address, rack},
};

/// Calls that are tried at the same time.
const CALLERS: usize = 6;
/// Calls go on for so long between two harms.
const BETWEEN: Duration = Duration::from_secs(3);

/// One line of the table.
#[derive(Clone, Debug)]
pub struct Row {
    /// What was done.
    pub harm: Harm,
    /// Until the server was ready again, after the harm was over.
    pub ready_in: Option<Duration>,
    /// Calls tried while it went on and answered ones among them.
    pub calls: (u64, u64),
    /// What did not hold.
    pub broken: Vec<String>,
}

/// Everything that a harm may touch.
pub struct Chaos {
    /// Server, company, desk.
    pub scene: Scene,
    /// The far end of the trunk.
    pub gateway: Gateway,
    /// Calls without end.
    pub load: Load,
    chance: SeededEntropy,
    /// The server at rest, before any harm.
    pub base: Base,
}

impl Chaos {
    /// A server with one trunk and one company, warmed up by some calls.
    ///
    /// # Panics
    /// When the scene cannot be set.
    pub async fn begin(seed: u64) -> Self {
        let free = [("SIP__PHONE_CALLS_PER_S", "0"), ("SIP__COMPANY_CALLS_PER_S", "0"), ("LOG", "warn")];
        let server = Server::start_with(Store::Sqlite, false, &free).await;
        let operator = server.operator().await;
        let gateway = Gateway::start().await;
        let new = json!({"label": "Trunk", "profile": "generic_sip_trunk", "channels": 30});
        let trunk = rack(&operator, at_address(new, gateway.address())).await;
        let unused = Phone::start(PhoneConfig::new("unused", "none", DOMAIN, server.sip_address())).await;
        let scene = Scene::with(server, operator, trunk, unused).await;
        scene.allow_calls(60).await;
        let light = format!("/v1/operator/gateways/{}", scene.trunk.gateway);
        story::eventually("the trunk is online", async || scene.operator.get(&light).await["light"] == "online").await;
        let load = Load::start(&scene, CALLERS, seed).await;
        let (chance, base) = (SeededEntropy::new(seed), Base::default());
        let mut chaos = Self { scene, gateway, load, chance, base };
        chaos.load.go();
        tokio::time::sleep(Duration::from_secs(6)).await;
        chaos.load.rest().await;
        let mut broken = Vec::new();
        chaos.judge(&mut broken).await;
        assert!(broken.is_empty(), "before any harm: {broken:?}");
        chaos.base = verdict::base(&chaos.scene).await;
        chaos
    }

    /// Harms for so long; every kind comes once before one comes again.
    pub async fn harms(&mut self, all: &[Harm], length: Duration, mut tell: impl FnMut(&Row)) -> Vec<Row> {
        let (began, mut rows, mut left) = (Instant::now(), Vec::new(), Vec::new());
        while began.elapsed() < length {
            if left.is_empty() {
                left = all.to_vec();
            }
            let harm = left.swap_remove(self.chance.below(left.len() as u64) as usize);
            let row = self.harm(harm).await;
            tell(&row);
            rows.push(row);
        }
        rows
    }

    async fn harm(&mut self, harm: Harm) -> Row {
        let before = self.load.tally();
        let mut broken = Vec::new();
        self.load.go();
        tokio::time::sleep(BETWEEN).await;
        let seed = self.chance.next_u64();
        if let Err(why) = self.inflict(harm, seed).await {
            broken.push(why);
        }
        let ready_in = self.ready_again(&mut broken).await;
        tokio::time::sleep(BETWEEN).await;
        self.load.rest().await;
        self.judge(&mut broken).await;
        self.back_at_base(harm, &mut broken).await;
        let after = self.load.tally();
        Row { harm, ready_in, calls: (after.placed - before.placed, after.answered - before.answered), broken }
    }
}
