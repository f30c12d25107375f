//! Registrations that we hold with carriers and gateways: refreshed at 80 % of their life, tried again with back-off.

use std::{
    sync::{
        Arc, Mutex, Weak,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    time::Duration,
};

use patchbay_plane::{GatewayState, HeldRegistration, RegistrationState};
use patchbay_sip::{self as sip, Address, FlowId, Message, Name};
use tokio::{sync::Notify, task::JoinHandle};

use crate::{
    exchange::{Exchange, lock},
    identity::escape_user,
    resolve::{net, usual},
};

/// No answer within this time is unreachable.
const WITHIN: Duration = Duration::from_secs(10);
/// First pause after no answer; doubled each time.
const FIRST_PAUSE_S: u64 = 2;
/// First pause after a refusal: a wrong password does not get better by asking often.
const REFUSED_PAUSE_S: u64 = 60;
/// Longest pause.
const LONGEST_PAUSE_S: u64 = 600;

/// One registration that is held until [`Self::give_up`].
pub(crate) struct Held {
    shared: Arc<Shared>,
    task: JoinHandle<()>,
}

struct Shared {
    wanted: HeldRegistration,
    flow: Mutex<Option<FlowId>>,
    registered: AtomicBool,
    ending: AtomicBool,
    wake: Notify,
}

impl Held {
    /// Registers at once.
    pub fn start(exchange: &Arc<Exchange>, wanted: HeldRegistration) -> Self {
        let shared = Arc::new(Shared {
            wanted,
            flow: Mutex::default(),
            registered: AtomicBool::new(false),
            ending: AtomicBool::new(false),
            wake: Notify::new(),
        });
        let task = tokio::spawn(hold(Arc::downgrade(exchange), shared.clone()));
        Self { shared, task }
    }

    /// What the directory wants.
    pub fn wanted(&self) -> &HeldRegistration {
        &self.shared.wanted
    }

    /// Whether it is for exactly this.
    pub fn is_for(&self, other: &HeldRegistration) -> bool {
        let same = |it: &HeldRegistration| {
            (
                it.gateway,
                it.gateway_port,
                it.registrar.clone(),
                it.transport.clone(),
                it.username.clone(),
                it.password.clone(),
                it.realm.clone(),
                it.expires_s,
            )
        };
        same(&self.shared.wanted) == same(other)
    }

    /// Whether the registrar took it.
    pub fn is_registered(&self) -> bool {
        self.shared.registered.load(Relaxed)
    }

    /// A connection broke.
    pub fn lost_flow(&self, flow: FlowId) {
        if *lock(&self.shared.flow) == Some(flow) {
            self.shared.wake.notify_one();
        }
    }

    /// Takes the registration back; the task ends when the registrar has answered, or has not.
    pub fn give_up(self) -> JoinHandle<()> {
        self.shared.ending.store(true, Relaxed);
        self.shared.wake.notify_one();
        self.task
    }
}

async fn hold(exchange: Weak<Exchange>, shared: Arc<Shared>) {
    let Some(strong) = exchange.upgrade() else { return };
    let call_id = format!("{:016x}{:016x}@{}", strong.chance(u64::MAX), strong.chance(u64::MAX), strong.config.domain);
    drop(strong);
    let (mut cseq, mut failures, mut expires_s) = (1, 0_u32, shared.wanted.expires_s.max(60));
    loop {
        let Some(strong) = exchange.upgrade() else { return };
        let ending = shared.ending.load(Relaxed);
        let wish = if ending { 0 } else { expires_s };
        let (code, message) = strong.register_with(&shared, (call_id.clone(), cseq), wish).await;
        // A challenge costs a number of its own.
        cseq += 2;
        if ending {
            return strong.tell_held(&shared, RegistrationState::Removed);
        }
        let (state, pause_s) = match (code, &message) {
            (200..300, Some(message)) => {
                failures = 0;
                let expires_s = granted(message, wish);
                (RegistrationState::Registered { expires_s }, u64::from(expires_s) * 8 / 10)
            }
            (423, Some(message)) if failures == 0 => {
                failures += 1;
                expires_s = min_expires(message).unwrap_or(expires_s).clamp(60, 86_400);
                (refused(code, message), 0)
            }
            (_, Some(message)) => {
                failures += 1;
                (refused(code, message), backoff(REFUSED_PAUSE_S, failures))
            }
            (_, None) => {
                failures += 1;
                (RegistrationState::Unreachable, backoff(FIRST_PAUSE_S, failures))
            }
        };
        shared.registered.store(matches!(state, RegistrationState::Registered { .. }), Relaxed);
        let spread = strong.chance(pause_s * 50 + 1);
        strong.tell_held(&shared, state);
        drop(strong);
        tokio::select! {
            () = tokio::time::sleep(Duration::from_millis(pause_s * 1_000 + spread)) => {}
            () = shared.wake.notified() => {}
        }
    }
}

impl Exchange {
    async fn register_with(
        &self,
        shared: &Shared,
        dialog: (String, u32),
        expires_s: u32,
    ) -> (u16, Option<Arc<Message>>) {
        let wanted = &shared.wanted;
        let (host, udp_port) = host_of(&wanted.registrar);
        let over = net(&wanted.transport);
        let Some(flow) = self.flow_to(&host, udp_port, over).await else { return (503, None) };
        *lock(&shared.flow) = Some(flow);
        let user = escape_user(&wanted.username);
        let (contact, address) = (self.signaling.contact(over), format!("<sip:{user}@{host}>"));
        let number = if udp_port == 0 || udp_port == usual(over) { String::new() } else { format!(":{udp_port}") };
        let auth = sip::ClientAuth {
            username: wanted.username.clone(),
            password: wanted.password.expose().clone(),
            realm: wanted.realm.clone(),
        };
        let transport = match over {
            sip::Net::Udp => String::new(),
            other => format!(";transport={}", other.parameter()),
        };
        self.ask(WITHIN, |request| sip::Cmd::Send {
            request,
            method: "REGISTER".into(),
            to: sip::Route { request_uri: format!("sip:{host}{number}{transport}"), flow, routes: Vec::new() },
            from: address.clone(),
            to_address: address,
            dialog: Some(dialog),
            extra: vec![
                ("Contact".into(), format!("<sip:{user}@{contact}{transport}>")),
                ("Expires".into(), expires_s.to_string()),
            ],
            auth: Some(auth),
        })
        .await
    }

    fn tell_held(&self, shared: &Shared, state: RegistrationState) {
        let gateway_port = shared.wanted.gateway_port;
        self.outside.sink.gateway_state(shared.wanted.gateway, GatewayState::Held { gateway_port, state });
    }
}

fn refused(code: u16, message: &Message) -> RegistrationState {
    RegistrationState::Refused { code, phrase: message.phrase().chars().take(80).collect() }
}

/// Doubled with every failure.
fn backoff(first_s: u64, failures: u32) -> u64 {
    (first_s << failures.saturating_sub(1).min(10)).min(LONGEST_PAUSE_S)
}

/// The life time granted: that of our contact, else Expires, else what we asked for. With several contacts of one account the
/// shortest is refreshed in time for all.
fn granted(message: &Message, asked: u32) -> u32 {
    let contacts = message.list(Name::Contact).filter_map(Address::parse);
    let shortest = contacts.filter_map(|contact| contact.param("expires")?.parse::<u32>().ok()).min();
    let header = || message.get_text(Name::Expires)?.trim().parse().ok();
    shortest.or_else(header).unwrap_or(asked).clamp(10, 86_400)
}

fn min_expires(message: &Message) -> Option<u32> {
    message.get_text(Name::MinExpires)?.trim().parse().ok()
}

/// Host and number of `host`, `host:5070` or `[v6]:5070`; 0 when there is none.
pub(crate) fn host_of(registrar: &str) -> (String, u16) {
    match sip::wire::uri::host_port(registrar) {
        Ok((host, udp_port)) => (host, udp_port.unwrap_or(0)),
        Err(_) => (registrar.to_owned(), 0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pause_grows_and_stops_growing() {
        assert_eq!([1, 2, 3, 20].map(|n| backoff(2, n)), [2, 4, 8, 600]);
        assert_eq!([1, 2, 9].map(|n| backoff(60, n)), [60, 120, 600]);
    }

    #[test]
    fn the_granted_time_is_the_registrar_s() {
        let read = |headers: &str| {
            let text =
                format!("SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP h;branch=z9hG4bK1\r\n{headers}Content-Length: 0\r\n\r\n");
            granted(&Message::parse(text.as_bytes()).unwrap(), 300)
        };
        assert_eq!(read("Contact: <sip:a@h>;expires=120, <sip:b@h>;expires=90\r\nExpires: 600\r\n"), 90);
        assert_eq!(read("Contact: <sip:a@h>\r\nExpires: 600\r\n"), 600);
        assert_eq!(read(""), 300);
        assert_eq!(read("Contact: <sip:a@h>;expires=0\r\n"), 10);
    }
}
