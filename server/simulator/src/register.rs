//! Accounts of a box, kept registered with the platform.

use std::{sync::Arc, time::Duration};

use patchbay_sip::{ClientAuth, Cmd, Message, Name, Route};
use tokio::{sync::watch, time::sleep};

use crate::{dialect::Signing, gateway::Gateway};

/// Seconds asked for.
const EXPIRES_S: u32 = 300;
/// First and longest pause after a refusal.
const PAUSES: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(60));

/// Registers, refreshes, and takes it back when `stop` says so.
pub(crate) async fn keep(gateway: Arc<Gateway>, account: Signing, mut stop: watch::Receiver<bool>) {
    let dialog = format!("{}-{}@simulator", account.username, gateway.signaling.new_request().0);
    let (mut sequence, mut pause) = (0u32, PAUSES.0);
    loop {
        sequence += 1;
        let (code, message) = send(&gateway, &account, (&dialog, sequence), EXPIRES_S).await;
        // A challenge took a sequence number of its own.
        sequence += 1;
        let next = if code == 200 {
            pause = PAUSES.0;
            let granted = message.as_deref().and_then(granted).unwrap_or(EXPIRES_S);
            Duration::from_secs(u64::from(granted.max(10)) * 4 / 5)
        } else {
            let username = &account.username;
            tracing::warn!(username, code, "The simulated gateway port {username} was not registered");
            pause = (pause * 2).min(PAUSES.1);
            pause
        };
        tokio::select! {
            () = sleep(next) => {}
            _ = stop.wait_for(|stopped| *stopped) => break,
        }
    }
    sequence += 1;
    send(&gateway, &account, (&dialog, sequence), 0).await;
}

async fn send(
    gateway: &Gateway,
    account: &Signing,
    (dialog, sequence): (&str, u32),
    expires: u32,
) -> (u16, Option<Arc<Message>>) {
    let (user, domain) = (&account.username, &gateway.domain);
    let address = format!("<sip:{user}@{domain}>");
    let here = gateway.signaling.udp_addr();
    let contact = format!("<sip:{user}@{here}{}>", account.parameters);
    gateway
        .ask(|request| Cmd::Send {
            request,
            method: "REGISTER".to_owned(),
            to: Route { request_uri: format!("sip:{domain}"), flow: gateway.platform, routes: Vec::new() },
            from: address.clone(),
            to_address: address,
            dialog: Some((dialog.to_owned(), sequence)),
            extra: vec![("Contact".to_owned(), contact), ("Expires".to_owned(), expires.to_string())],
            auth: Some(ClientAuth {
                username: user.clone(),
                password: account.password.clone(),
                realm: Some(domain.clone()),
            }),
        })
        .await
}

/// Seconds granted: the `expires` of a contact, else the header.
fn granted(message: &Message) -> Option<u32> {
    let contact = message.list(Name::Contact).filter_map(patchbay_sip::Address::parse).next();
    let of_contact = contact.and_then(|contact| contact.param("expires")?.parse().ok());
    of_contact.or_else(|| message.get_text(Name::Expires)?.trim().parse().ok())
}
