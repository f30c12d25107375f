//! Names of carriers, asked for at a name server of our own.

use std::{
    net::{Ipv4Addr, SocketAddr},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed},
    },
    time::Duration,
};

use crate::support::start;
use hickory_resolver::proto::{
    op::{Message, OpCode, ResponseCode},
    rr::{Name, RData, Record, RecordType, rdata::SRV},
};
use patchbay_signaling::{Limits, Wanted};
use patchbay_sip::{Cmd, Event, Net, Route};
use tokio::net::UdpSocket;

/// Answers for `carrier.example`: two hosts by SRV, records good for a second.
struct Names {
    at: SocketAddr,
    asked: Arc<AtomicUsize>,
    mute: Arc<AtomicBool>,
}

impl Names {
    async fn start(first: u16, second: u16) -> Self {
        let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        let at = socket.local_addr().unwrap();
        let (asked, mute) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicBool::new(false)));
        let (counted, muted) = (asked.clone(), mute.clone());
        tokio::spawn(async move {
            let mut buffer = vec![0; 4_096];
            while let Ok((length, peer)) = socket.recv_from(&mut buffer).await {
                if muted.load(Relaxed) {
                    continue;
                }
                let answer = answer(&Message::from_vec(&buffer[..length]).unwrap(), (first, second));
                // A denial without SOA record is not kept by anybody (RFC 2308 section 5).
                counted.fetch_add(answer.answers.len().min(1), Relaxed);
                socket.send_to(&answer.to_vec().unwrap(), peer).await.unwrap();
            }
        });
        Self { at, asked, mute }
    }
}

fn answer(question: &Message, (first, second): (u16, u16)) -> Message {
    let mut answer = Message::response(question.metadata.id, OpCode::Query);
    let query = question.queries[0].clone();
    let name = query.name().clone();
    let record = |data| Record::from_rdata(name.clone(), 1, data);
    let target = |text: &str| Name::from_ascii(text).unwrap();
    match (name.to_ascii().to_lowercase().as_str(), query.query_type()) {
        ("_sip._udp.carrier.example.", RecordType::SRV) => {
            answer.add_answer(record(RData::SRV(SRV::new(1, 0, first, target("a.carrier.example.")))));
            answer.add_answer(record(RData::SRV(SRV::new(2, 0, second, target("a.carrier.example.")))));
        }
        ("a.carrier.example.", RecordType::A) => {
            answer.add_answer(record(RData::A(Ipv4Addr::LOCALHOST.into())));
        }
        _ => answer.metadata.response_code = ResponseCode::NXDomain,
    }
    answer.add_query(query);
    answer
}

fn carrier() -> Wanted {
    Wanted { host: "carrier.example".into(), port: None, net: None }
}

#[tokio::test]
async fn answers_are_kept_for_their_time_and_last_ones_for_the_time_without() {
    let end = start(Limits::default()).await;
    let names = Names::start(5_001, 5_002).await;
    end.signaling.use_name_server(names.at);
    let found = end.signaling.locate(&carrier()).await;
    let ports: Vec<(Net, u16)> = found.iter().map(|it| (it.net, it.address.port())).collect();
    assert_eq!(ports, [(Net::Udp, 5_001), (Net::Udp, 5_002)]);
    let asked = names.asked.load(Relaxed);
    assert_eq!(end.signaling.locate(&carrier()).await, found);
    assert_eq!(names.asked.load(Relaxed), asked, "within the TTL nobody is asked");
    tokio::time::sleep(Duration::from_millis(2_100)).await;
    assert_eq!(end.signaling.locate(&carrier()).await, found);
    assert!(names.asked.load(Relaxed) > asked, "after the TTL somebody is");
    tokio::time::sleep(Duration::from_millis(2_100)).await;
    names.mute.store(true, Relaxed);
    assert_eq!(end.signaling.locate(&carrier()).await, found, "the last answer is better than none");
    let address = Wanted { host: "192.0.2.1".into(), port: None, net: Some(Net::Tls) };
    assert_eq!(end.signaling.locate(&address).await[0].address, "192.0.2.1:5061".parse().unwrap());
}

#[tokio::test]
async fn a_silent_host_is_tried_last() {
    let (a, mut b) = (start(Limits::default()).await, start(Limits::default()).await);
    // Nobody speaks SIP at the first address.
    let silent = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let first = silent.local_addr().unwrap().port();
    let names = Names::start(first, b.signaling.udp_addr().port()).await;
    a.signaling.use_name_server(names.at);
    let target = a.signaling.locate(&carrier()).await.remove(0);
    assert_eq!(target.address.port(), first);
    a.dial(a.signaling.open(target.net, target.address, None), "sip:b@carrier.example");
    tokio::time::sleep(Duration::from_millis(4_200)).await;
    let target = a.signaling.locate(&carrier()).await.remove(0);
    assert_eq!(target.address, b.signaling.udp_addr(), "the first has not said a word for 4 s");
    let leg = a.signaling.new_leg();
    let to = Route {
        request_uri: "sip:b@carrier.example".into(),
        flow: a.signaling.open(target.net, target.address, None),
        routes: Vec::new(),
    };
    a.signaling.command(Cmd::Dial {
        leg,
        to,
        from: "<sip:a@pbx.test>".into(),
        extra: Vec::new(),
        sdp: b"v=0\r\n".to_vec(),
        auth: None,
    });
    assert!(matches!(b.next().await, Event::Invite { .. }));
}
