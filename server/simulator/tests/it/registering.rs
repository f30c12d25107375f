//! Accounts register with a digest, keep their registration, and take it back.

use std::{collections::BTreeMap, net::SocketAddr, sync::Arc, time::Duration};

use patchbay_simulator::Simulator;
use patchbay_sip::{
    Address, Message, Name, Writer,
    digest::{Credentials, Realm, StoredHa1},
};
use patchbay_testkit::clock::RealClock;
use tokio::{net::UdpSocket, time::timeout};

use crate::support::{DOMAIN, config};

/// Challenges each REGISTER once and takes what proves the password; contact and seconds by user name.
struct Registrar {
    socket: UdpSocket,
    realm: Realm,
    taken: BTreeMap<String, (String, u32)>,
}

impl Registrar {
    async fn serve(&mut self) {
        let mut buffer = vec![0; 4_096];
        let (length, from) = self.socket.recv_from(&mut buffer).await.expect("a datagram");
        let Some(message) = Message::parse(&buffer[..length]).filter(|it| it.method().is_some()) else { return };
        let reply = self.judge(&message, from);
        self.socket.send_to(&reply, from).await.expect("loopback");
    }

    fn judge(&mut self, message: &Message, from: SocketAddr) -> Vec<u8> {
        let claimed = message.get(Name::Authorization).and_then(Credentials::parse);
        let Some(claimed) = claimed else {
            let mut answer = Writer::response(message, 401, Some("t"), from);
            for challenge in self.realm.challenges(from.ip(), 1_000, false) {
                answer.header(Name::WwwAuthenticate, &challenge);
            }
            return answer.done();
        };
        let stored = StoredHa1::of(&claimed.username, DOMAIN, "secret");
        if self.realm.verify(&claimed, &stored, ("REGISTER", from.ip()), 1_001).is_err() {
            return Writer::response(message, 403, Some("t"), from).done();
        }
        let contact = message.get(Name::Contact).and_then(Address::parse).expect("a contact");
        let expires = message.get_text(Name::Expires).and_then(|it| it.parse().ok()).expect("a life time");
        self.taken.insert(claimed.username.clone(), (contact.uri_text.clone(), expires));
        let mut answer = Writer::response(message, 200, Some("t"), from);
        answer.header(Name::Contact, &format!("<{}>;expires={expires}", contact.uri_text));
        answer.done()
    }

    async fn until(&mut self, done: impl Fn(&BTreeMap<String, (String, u32)>) -> bool) {
        timeout(Duration::from_secs(10), async {
            while !done(&self.taken) {
                self.serve().await;
            }
        })
        .await
        .unwrap_or_else(|_| panic!("{:?}", self.taken));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_account_registers_and_is_taken_back() {
    let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let platform = socket.local_addr().unwrap();
    let mut registrar = Registrar { socket, realm: Realm::new(DOMAIN, [1; 32]), taken: BTreeMap::new() };
    let simulator =
        Simulator::start(config(platform, Vec::new()), Arc::new(RealClock::start()), [5; 32]).await.unwrap();
    registrar.until(|taken| taken.len() == 3).await;
    let (fxo, gsm) = (simulator.address("fxo").unwrap(), simulator.address("gsm").unwrap());
    let contact = |user: &str| registrar.taken[user].0.clone();
    assert_eq!(contact("line1"), format!("sip:line1@{fxo};line=1"));
    assert_eq!(contact("line2"), format!("sip:line2@{fxo};line=2"), "the contact names the line");
    assert_eq!(contact("wren"), format!("sip:wren@{gsm}"));
    assert!(registrar.taken.values().all(|(_, expires)| *expires == 300));
    let stopping = tokio::spawn(async move { simulator.stop().await });
    registrar.until(|taken| taken.values().all(|(_, expires)| *expires == 0)).await;
    timeout(Duration::from_secs(5), stopping).await.expect("it stops").unwrap();
}
