//! Who registers with us, and where they can be reached.

use std::{
    collections::{BTreeSet, HashMap},
    sync::{Mutex, Weak},
    time::Duration,
};

use patchbay_kernel::{DeviceId, GatewayId, SeatId, TenantId, Tick};
use patchbay_plane::{ContactState, DeviceKind, GatewayState, Principal};
use patchbay_sip::{
    self as sip, Address, FlowId, Message, Name,
    bindings::{Bindings, Contact, Outcome},
};

use crate::exchange::{Exchange, lock};

/// Contacts of one user name that ring at once; older ones are left alone.
const RING_AT_ONCE: usize = 5;
/// How often contacts that were not refreshed are looked for.
const SWEEP_EVERY: Duration = Duration::from_secs(5);

/// The table of contacts and whose they are.
#[derive(Default)]
pub struct Registrar {
    table: Mutex<Table>,
}

#[derive(Default)]
struct Table {
    bindings: Bindings,
    owners: HashMap<String, Principal>,
    gateways: HashMap<GatewayId, BTreeSet<String>>,
}

/// A device that can be reached.
#[derive(Clone, Debug)]
pub struct Reached {
    /// Its SIP user name.
    pub username: String,
    /// Which.
    pub device: DeviceId,
    /// What it is.
    pub kind: DeviceKind,
    /// Where.
    pub contact: Contact,
}

/// What the plane is told of a user name.
struct News {
    username: String,
    principal: Principal,
    contacts: u32,
    newest: Option<Contact>,
}

impl Registrar {
    /// The contact that registered or refreshed last.
    pub fn newest_contact(&self, username: &str, now: Tick) -> Option<Contact> {
        lock(&self.table).bindings.newest(username, now).cloned()
    }

    /// Where a device is reached that registered or refreshed last.
    pub fn newest_of(&self, device: DeviceId, now: Tick) -> Option<Reached> {
        self.reached(now, |_, it| it == device).pop()
    }

    /// Devices of a seat that can be reached, softphones first.
    pub fn devices_of(&self, seat: SeatId, now: Tick) -> Vec<(DeviceId, Reached)> {
        let mut found = self.reached(now, |it, _| it == seat);
        found.sort_by_key(|reached| (reached.kind != DeviceKind::Browser, std::cmp::Reverse(reached.contact.seen_at)));
        found.into_iter().map(|reached| (reached.device, reached)).collect()
    }

    fn reached(&self, now: Tick, wanted: impl Fn(SeatId, DeviceId) -> bool) -> Vec<Reached> {
        let table = lock(&self.table);
        let found = table.owners.iter().filter_map(|(username, owner)| {
            let Principal::Device { seat, device, kind, .. } = owner else { return None };
            let contact = table.bindings.newest(username, now).filter(|_| wanted(*seat, *device))?.clone();
            Some(Reached { username: username.clone(), device: *device, kind: *kind, contact })
        });
        found.collect()
    }

    /// Contacts to ring, newest first.
    pub fn contacts(&self, username: &str, now: Tick) -> Vec<Contact> {
        let table = lock(&self.table);
        let mut live: Vec<Contact> =
            table.bindings.contacts(username).iter().filter(|contact| contact.expires_at > now).cloned().collect();
        drop(table);
        live.sort_by_key(|contact| std::cmp::Reverse(contact.seen_at));
        live.truncate(RING_AT_ONCE);
        live
    }

    /// Live contacts of a user name.
    pub fn count(&self, username: &str, now: Tick) -> usize {
        lock(&self.table).bindings.contacts(username).iter().filter(|contact| contact.expires_at > now).count()
    }

    /// User names of a seat's devices with a live contact.
    pub(crate) fn of_seat(&self, tenant: TenantId, seat: SeatId) -> Vec<String> {
        let is = |owner: &Principal| matches!(owner, Principal::Device { tenant: t, seat: s, .. } if *t == tenant && *s == seat);
        let table = lock(&self.table);
        table.owners.iter().filter(|(_, owner)| is(owner)).map(|(name, _)| name.clone()).collect()
    }

    /// Whether an account of this gateway is registered.
    pub fn has_gateway(&self, gateway: GatewayId) -> bool {
        lock(&self.table).gateways.get(&gateway).is_some_and(|accounts| !accounts.is_empty())
    }

    /// User names with a live contact: devices, gateways' accounts.
    pub fn registered(&self) -> (usize, usize) {
        let table = lock(&self.table);
        let gateways = table.owners.values().filter(|owner| matches!(owner, Principal::Gateway { .. })).count();
        (table.owners.len() - gateways, gateways)
    }

    fn take(
        &self,
        (username, principal): (&str, Principal),
        message: &Message,
        flow: FlowId,
        now: Tick,
    ) -> (Outcome, News) {
        let mut table = lock(&self.table);
        let outcome = table.bindings.register(username, message, flow, now);
        table.owners.insert(username.to_owned(), principal.clone());
        let news = table.news(username, principal, now);
        (outcome, news)
    }

    fn changed(&self, now: Tick, change: impl FnOnce(&mut Bindings) -> Vec<String>) -> Vec<News> {
        let mut table = lock(&self.table);
        let names = change(&mut table.bindings);
        let known: Vec<(String, Principal)> =
            names.into_iter().filter_map(|name| table.owners.get(&name).cloned().map(|owner| (name, owner))).collect();
        known.into_iter().map(|(name, owner)| table.news(&name, owner, now)).collect()
    }
}

impl Table {
    fn news(&mut self, username: &str, principal: Principal, now: Tick) -> News {
        let contacts = self.bindings.contacts(username).iter().filter(|contact| contact.expires_at > now).count();
        if let Principal::Gateway { gateway, .. } = principal {
            let accounts = self.gateways.entry(gateway).or_default();
            if contacts > 0 {
                accounts.insert(username.to_owned())
            } else {
                accounts.remove(username)
            };
        }
        if contacts == 0 {
            self.owners.remove(username);
        }
        News {
            username: username.to_owned(),
            principal,
            contacts: u32::try_from(contacts).unwrap_or(u32::MAX),
            newest: self.bindings.newest(username, now).cloned(),
        }
    }
}

impl Exchange {
    /// A REGISTER came.
    pub(crate) async fn register(&self, request: sip::RequestId, flow: FlowId, message: std::sync::Arc<Message>) {
        let (code, extra) = self.registered(flow, &message).await;
        self.command(sip::Cmd::Respond { request, code, extra });
    }

    async fn registered(&self, flow: FlowId, message: &Message) -> (u16, Vec<(String, String)>) {
        let proven = match self.prove(message, flow).await {
            Ok(proven) => proven,
            Err(unproven) => return (unproven.code, unproven.extra),
        };
        let wanted = message.get(Name::To).and_then(Address::parse).and_then(|to| to.uri()?.user_text());
        // Nobody registers for somebody else (`safety.md` C12).
        let Some(username) = proven.username.filter(|name| Some(name) == wanted.as_ref()) else {
            return (403, Vec::new());
        };
        let (outcome, news) = self.registrar.take((&username, proven.principal), message, flow, self.now());
        if outcome.changed {
            if let (Principal::Device { tenant, seat, .. }, Some(contact)) = (&news.principal, &news.newest) {
                self.lamp_of_newcomer(&username, contact.uri.clone(), (*tenant, *seat));
            }
            let device = match &news.principal {
                Principal::Device { device, .. } if news.contacts > 0 => Some(*device),
                _ => None,
            };
            self.report(news);
            if let Some(device) = device {
                self.came_back(device);
            }
        }
        (outcome.code, outcome.headers)
    }

    /// A connection closed: what was reached over it is gone.
    pub(crate) fn lost_flow(&self, flow: FlowId) {
        for news in self.registrar.changed(self.now(), |bindings| bindings.flow_down(flow)) {
            self.report(news);
        }
    }

    /// Forgets a user name.
    pub(crate) fn forget_username(&self, username: &str) {
        let forget = |bindings: &mut Bindings| {
            if bindings.forget(username) { vec![username.to_owned()] } else { Vec::new() }
        };
        for news in self.registrar.changed(self.now(), forget) {
            self.report(news);
        }
    }

    fn report(&self, news: News) {
        match news.principal {
            Principal::Device { tenant, seat, device, .. } => {
                self.outside.sink.contact_state(ContactState {
                    tenant,
                    seat,
                    device,
                    contacts: news.contacts,
                    user_agent: news.newest.and_then(|contact| contact.user_agent),
                });
                self.queues.reach(tenant, seat);
            }
            Principal::Gateway { gateway, .. } => {
                let (contact, user_agent) = news.newest.map_or((None, None), |it| (Some(it.uri), it.user_agent));
                let registered = news.contacts > 0;
                let state = GatewayState::Account { username: news.username, registered, contact, user_agent };
                self.outside.sink.gateway_state(gateway, state);
            }
        }
    }
}

/// Removes contacts that were not refreshed, while the exchange lives.
pub(crate) async fn sweep(exchange: Weak<Exchange>) {
    loop {
        tokio::time::sleep(SWEEP_EVERY).await;
        let Some(exchange) = exchange.upgrade() else { return };
        let now = exchange.now();
        for news in exchange.registrar.changed(now, |bindings| bindings.expire(now)) {
            exchange.report(news);
        }
        exchange.dim().await;
    }
}
