//! Simulated gateways: inside `serve --demo`, or as a process of its own (`patchbay simulate`).

use std::{net::SocketAddr, path::Path, sync::Arc};

use patchbay_control::inventory::demo::{Demo, DemoPeer, seed_demo};
use patchbay_control::inventory::gateway_new::Realm;
use patchbay_control::inventory::own_demo::renew_simulated;
use patchbay_kernel::{E164, Entropy as _};
use patchbay_plane::{Lab, Switch as _};
use patchbay_simulator::{Account, GatewayConfig, Kind, Simulator, SimulatorConfig};
use patchbay_tenancy::Stamp;

use crate::{
    cli,
    clock::{SystemClock, SystemEntropy},
    config::Config,
    wire::Node,
};

/// UDP port of the simulated E1 box above the server's own; a free one when it is taken.
const ABOVE: u16 = 10;

/// Racks the demo's gateways and plays them.
///
/// # Errors
/// A sentence that says what could not be started and why.
pub async fn start(config: &Config, node: &Node) -> Result<Arc<Simulator>, String> {
    let server = node.signaling.udp_addr();
    let trunk = free_address(server);
    let registrar = server.to_string();
    let say = |why: patchbay_tenancy::StoreError| format!("the demo's inventory: {why}");
    let stamp = Stamp::system(node.clock.wall(), Box::new(SystemEntropy));
    let mut tx = node.database.system().begin(stamp).await.map_err(say)?;
    let realm = Realm { domain: &config.sip.domain, registrar: &registrar, sealer: &node.sealer };
    let peer = DemoPeer { host: trunk.ip().to_string(), udp_port: trunk.port() };
    let demo = seed_demo(&mut tx, &realm, &peer).await.map_err(say)?;
    let own = renew_simulated(&mut tx, &realm).await.map_err(say)?;
    tx.commit().await.map_err(say)?;
    node.directory.forget_credentials();
    node.exchange.reload_gateways();
    let simulated = simulated(server, &config.sip.domain, trunk, demo);
    let simulator = Simulator::start(simulated, node.clock.clone(), seed())
        .await
        .map_err(|why| format!("the simulated gateways: {why}"))?;
    let lab: Arc<dyn Lab> = simulator.clone();
    for (racked, numbers) in own {
        let key = racked.key.clone();
        lab.rack(racked).await.map_err(|why| format!("a company's simulated gateway: {why}"))?;
        numbers.iter().for_each(|(place, number)| lab.move_in(&key, *place, number.as_str()));
    }
    let _ = node.lab.set(lab);
    Ok(simulator)
}

fn free_address(server: SocketAddr) -> SocketAddr {
    let wanted = SocketAddr::new(server.ip(), server.port().saturating_add(ABOVE));
    let bound = std::net::UdpSocket::bind(wanted).or_else(|_| std::net::UdpSocket::bind((server.ip(), 0)));
    bound.and_then(|socket| socket.local_addr()).unwrap_or(wanted)
}

fn simulated(server: SocketAddr, domain: &str, trunk: SocketAddr, demo: Demo) -> SimulatorConfig {
    let any = SocketAddr::new(server.ip(), 0);
    let texts = |numbers: Vec<E164>| numbers.iter().map(|number| number.as_str().to_owned()).collect::<Vec<_>>();
    let lines = demo.analog.into_iter().map(|port| Account {
        username: port.username,
        password: port.password,
        number: port.number.as_str().to_owned(),
    });
    let spans = demo.trunk.channels.div_ceil(30).max(1);
    let boxes = [
        ("Kestrel 16", any, Kind::Analog { lines: lines.collect() }),
        ("Falcon E1", trunk, Kind::Trunk { numbers: texts(demo.trunk.numbers), spans }),
        (
            "Wren 4",
            any,
            Kind::Wireless {
                username: demo.wireless.username,
                password: demo.wireless.password,
                numbers: texts(demo.wireless.numbers),
            },
        ),
    ];
    let mut config = SimulatorConfig::new(server, domain);
    config.audio = server.ip();
    config.gateways =
        boxes.into_iter().map(|(label, listen, kind)| GatewayConfig { label: label.into(), listen, kind }).collect();
    config
}

fn seed() -> [u8; 32] {
    let mut seed = [0; 32];
    SystemEntropy.fill(&mut seed);
    seed
}

/// `patchbay simulate FILE`: until interrupted.
///
/// # Errors
/// A sentence that names the file and what is wrong with it.
pub async fn simulate(file: Option<&Path>) -> Result<(), String> {
    let Some(path) = file else {
        cli::print(SimulatorConfig::EXAMPLE);
        return Ok(());
    };
    let text = std::fs::read_to_string(path).map_err(|why| format!("{}: {why}", path.display()))?;
    let config = SimulatorConfig::parse(&text).map_err(|why| format!("{}: {why}", path.display()))?;
    let labels: Vec<String> = config.gateways.iter().map(|gateway| gateway.label.clone()).collect();
    let simulator =
        Simulator::start(config, Arc::new(SystemClock::start()), seed()).await.map_err(|why| why.to_string())?;
    for label in labels {
        let address = simulator.address(&label).map_or_else(|| "nowhere".into(), |address| address.to_string());
        cli::print(&format!("{label} listens at {address}"));
    }
    let _ = tokio::signal::ctrl_c().await;
    simulator.stop().await;
    Ok(())
}
