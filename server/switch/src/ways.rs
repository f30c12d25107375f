//! Where the branches of a plan go: every contact of a device at once, the addresses of a gateway one after the other.

use std::net::{IpAddr, SocketAddr};

use patchbay_plane::{Destination, RoutePlan, Stage, Target};
use patchbay_sip as sip;

use crate::{exchange::Exchange, resolve::net};

/// Addresses of one name that one call tries.
const MOST_ADDRESSES: usize = 3;

/// Where one branch goes, when that is known before it is dialled.
#[derive(Clone, Debug)]
pub(crate) enum Way {
    /// A contact of a device.
    Contact(sip::Route),
    /// One of a gateway's addresses. All of a call's are chosen at once: asked again, their order may be another.
    Address(SocketAddr),
}

/// The ways of every branch, by stage; `None`: it is looked up when it is dialled.
pub(crate) type Ways = Vec<Vec<Option<Way>>>;

/// Writes a plan out. A device with several contacts rings on all of them: one branch per contact. A gateway whose name stands for
/// several addresses gets a stage for each, so that one which is silent or refuses does not cost the call (RFC 3263 section 4.3).
pub(crate) async fn ways(exchange: &Exchange, plan: &mut RoutePlan) -> Ways {
    let first = plan.placed.map_or(0, |placed| placed.first_stages);
    let (stages, all, more) = written_out(exchange, std::mem::take(&mut plan.stages), first).await;
    plan.stages = stages;
    if let Some(placed) = &mut plan.placed {
        placed.first_stages += more;
    }
    all
}

/// The same for stages that come to a plan later.
pub(crate) async fn more_ways(exchange: &Exchange, stages: Vec<Stage>) -> (Vec<Stage>, Ways) {
    let (stages, all, _) = written_out(exchange, stages, 0).await;
    (stages, all)
}

/// Stages and ways, and how many stages came to the `first` ones.
async fn written_out(exchange: &Exchange, stages: Vec<Stage>, first: usize) -> (Vec<Stage>, Ways, usize) {
    let now = exchange.now();
    let (mut out, mut all, mut more) = (Vec::with_capacity(stages.len()), Vec::with_capacity(stages.len()), 0);
    for (at, mut stage) in stages.into_iter().enumerate() {
        let addresses = addresses(exchange, &stage).await;
        if !addresses.is_empty() {
            if at < first {
                more += addresses.len() - 1;
            }
            for address in addresses {
                out.push(stage.clone());
                all.push(vec![Some(Way::Address(address))]);
            }
            continue;
        }
        let (mut targets, mut ways) = (Vec::new(), Vec::new());
        for target in stage.targets.drain(..) {
            let contacts = match &target {
                Target::Device(device) => exchange.registrar.contacts(&device.username, now),
                Target::Trunk(_) | Target::Service(_) | Target::Flow(_) => Vec::new(),
            };
            ways.extend(contacts.iter().map(|contact| Some(Way::Contact(contact.route()))));
            targets.extend(std::iter::repeat_n(target.clone(), contacts.len()));
            if contacts.is_empty() {
                ways.push(None);
                targets.push(target);
            }
        }
        out.push(Stage { targets });
        all.push(ways);
    }
    (out, all, more)
}

/// The addresses of a gateway that rings alone and is known by a name.
async fn addresses(exchange: &Exchange, stage: &Stage) -> Vec<SocketAddr> {
    let [Target::Trunk(trunk)] = &stage.targets[..] else { return Vec::new() };
    let Destination::Address { host, udp_port, transport } = &trunk.destination else { return Vec::new() };
    if host.trim_matches(['[', ']']).parse::<IpAddr>().is_ok() {
        return Vec::new();
    }
    let mut found = exchange.locate(host, *udp_port, net(transport)).await;
    found.truncate(MOST_ADDRESSES);
    found
}
