//! A carrier's registrar that takes everybody: counts who comes, answers probes.

use std::{
    net::{Ipv4Addr, SocketAddr},
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering::Relaxed},
    },
};

use patchbay_sip::{Cmd, Event, Message, Method, Name};

use crate::peer::Peer;

/// Seconds that it grants.
const EXPIRES_S: u32 = 300;

/// It runs until the test ends.
pub struct Registrar {
    address: SocketAddr,
    taken: Arc<AtomicU32>,
}

impl Registrar {
    /// On loopback.
    ///
    /// # Panics
    /// When no UDP port is left.
    pub async fn start() -> Self {
        let mut peer = Peer::start((Ipv4Addr::LOCALHOST, 0).into()).await;
        let (address, taken) = (peer.signaling.udp_addr(), Arc::new(AtomicU32::new(0)));
        let count = taken.clone();
        tokio::spawn(async move {
            while let Some(event) = peer.events.recv().await {
                let Event::Request { request, message, .. } = event else { continue };
                let extra = if message.method() == Some(&Method::Register) {
                    count.fetch_add(1, Relaxed);
                    granted(&message)
                } else {
                    Vec::new()
                };
                peer.signaling.command(Cmd::Respond { request, code: 200, extra });
            }
        });
        Self { address, taken }
    }

    /// Where.
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Registrations so far.
    pub fn taken(&self) -> u32 {
        self.taken.load(Relaxed)
    }
}

fn granted(message: &Message) -> Vec<(String, String)> {
    let contact = message.get_text(Name::Contact).map(|contact| ("Contact".to_owned(), contact.to_string()));
    contact.into_iter().chain([("Expires".to_owned(), EXPIRES_S.to_string())]).collect()
}
