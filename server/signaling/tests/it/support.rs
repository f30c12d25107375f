//! Two ends on loopback.

pub mod clock;
pub mod pipe;

use std::{sync::Arc, time::Duration};

use patchbay_signaling::{Limits, Signaling, SignalingConfig, rustls};
use patchbay_sip::{Cmd, Event, FlowId, LegId, Route, StackConfig};
use rustls::pki_types::{CertificateDer, PrivatePkcs8KeyDer};
use tokio::sync::mpsc::UnboundedReceiver;

pub use clock::SystemClock;

/// One signalling and what it tells.
pub struct End {
    pub signaling: Signaling,
    pub events: UnboundedReceiver<Event>,
}

/// A certificate for `localhost`, and a client that believes in it alone.
pub fn tls() -> (Arc<rustls::ServerConfig>, Arc<rustls::ClientConfig>) {
    let made = rcgen::generate_simple_self_signed(vec!["localhost".into()]).unwrap();
    let certificate: CertificateDer<'static> = made.cert.der().clone();
    let key = PrivatePkcs8KeyDer::from(made.signing_key.serialize_der());
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let server = rustls::ServerConfig::builder_with_provider(provider.clone())
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.clone()], key.into())
        .unwrap();
    let mut roots = rustls::RootCertStore::empty();
    roots.add(certificate).unwrap();
    let client = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    (Arc::new(server), Arc::new(client))
}

pub async fn start(limits: Limits) -> End {
    let (server, client) = tls();
    start_with(limits, server, client).await
}

pub async fn start_with(limits: Limits, server: Arc<rustls::ServerConfig>, client: Arc<rustls::ClientConfig>) -> End {
    let any = "127.0.0.1:0".parse().unwrap();
    let config = SignalingConfig {
        listen: any,
        tls: Some((any, server)),
        tls_client: client,
        stack: StackConfig::new("pbx.test", "127.0.0.1"),
        limits,
    };
    let (signaling, events) = Signaling::start(config, Arc::new(SystemClock::start()), [7; 32]).await.unwrap();
    End { signaling, events }
}

impl End {
    pub async fn next(&mut self) -> Event {
        tokio::time::timeout(Duration::from_secs(5), self.events.recv()).await.expect("an event in time").unwrap()
    }

    pub fn dial(&self, flow: FlowId, uri: &str) -> LegId {
        let leg = self.signaling.new_leg();
        let to = Route { request_uri: uri.into(), flow, routes: Vec::new() };
        let from = "<sip:a@pbx.test>".into();
        self.signaling.command(Cmd::Dial {
            leg,
            to,
            from,
            extra: Vec::new(),
            sdp: b"v=0\r\no=a\r\n".to_vec(),
            auth: None,
        });
        leg
    }
}

/// A whole call from `a` to `b`: ring, answer, acknowledge, hang up.
pub async fn call(a: &mut End, b: &mut End, flow: FlowId, uri: &str) {
    let dialled = a.dial(flow, uri);
    let arrived = match b.next().await {
        Event::Invite { leg, message, .. } => {
            assert_eq!(message.body(), b"v=0\r\no=a\r\n");
            leg
        }
        other => panic!("an INVITE, not {other:?}"),
    };
    b.signaling.command(Cmd::Ring { leg: arrived, code: 180, sdp: None, extra: Vec::new() });
    match a.next().await {
        Event::Progress { leg, code: 180, .. } => assert_eq!(leg, dialled),
        other => panic!("180, not {other:?}"),
    }
    b.signaling.command(Cmd::Answer { leg: arrived, sdp: Some(b"v=0\r\no=b\r\n".to_vec()), extra: Vec::new() });
    match a.next().await {
        Event::Answered { leg, sdp, .. } => assert_eq!((leg, sdp.as_deref()), (dialled, Some(&b"v=0\r\no=b\r\n"[..]))),
        other => panic!("200, not {other:?}"),
    }
    assert!(matches!(b.next().await, Event::Acked { leg, .. } if leg == arrived));
    // The one that was called hangs up: its BYE must find the way back over the same flow.
    b.signaling.command(Cmd::Hangup { leg: arrived, code: None, extra: Vec::new() });
    assert!(matches!(a.next().await, Event::Ended { leg, .. } if leg == dialled));
}
