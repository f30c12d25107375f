//! A carrier whose name stands for two addresses, and the first of them is out of order.

use std::net::{Ipv4Addr, SocketAddr};

use hickory_resolver::proto::{
    op::{Message, OpCode, ResponseCode},
    rr::{Name, RData, Record, RecordType, rdata::SRV},
};
use patchbay_kernel::EndCause;
use patchbay_plane::{Destination, MomentKind};
use tokio::net::UdpSocket;

use crate::support::{Phone, World, line, phone::talk, plan, trunk};

/// A name server where `carrier.test` has these UDP ports of ours, best first.
async fn names(udp_ports: [u16; 2]) -> SocketAddr {
    let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let at = socket.local_addr().unwrap();
    tokio::spawn(async move {
        let mut buffer = vec![0; 4_096];
        while let Ok((length, peer)) = socket.recv_from(&mut buffer).await {
            let question = Message::from_vec(&buffer[..length]).unwrap();
            let query = question.queries[0].clone();
            let mut answer = Message::response(question.metadata.id, OpCode::Query);
            let record = |data| Record::from_rdata(query.name().clone(), 60, data);
            let host = Name::from_ascii("host.carrier.test.").unwrap();
            match (query.name().to_ascii().to_lowercase().as_str(), query.query_type()) {
                ("_sip._udp.carrier.test.", RecordType::SRV) => {
                    for (priority, udp_port) in (1..).zip(udp_ports) {
                        answer.add_answer(record(RData::SRV(SRV::new(priority, 0, udp_port, host.clone()))));
                    }
                }
                ("host.carrier.test.", RecordType::A) => {
                    answer.add_answer(record(RData::A(Ipv4Addr::LOCALHOST.into())));
                }
                _ => answer.metadata.response_code = ResponseCode::NXDomain,
            }
            answer.add_query(query.clone());
            socket.send_to(&answer.to_vec().unwrap(), peer).await.unwrap();
        }
    });
    at
}

/// A world where calls go to `carrier.test`, whose first address is `first`; and the carrier at the second.
async fn a_carrier_by_name(first: SocketAddr) -> (World, Phone) {
    let world = World::start().await;
    let (gateway, id) = world.gateway().await;
    world.signaling.use_name_server(names([first.port(), gateway.addr().port()]).await);
    let mut target = trunk(id, gateway.addr());
    target.destination = Destination::Address { host: "carrier.test".into(), udp_port: 0, transport: "udp".into() };
    target.answer_within_s = 1;
    let tenant = world.tenant;
    world.book.route_by(move |ask| Ok(plan(tenant, ask, vec![vec![line(target.clone())]])));
    (world, gateway)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_address_that_is_silent_costs_a_second_and_not_the_call() {
    let deaf = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
    let (world, mut gateway) = a_carrier_by_name(deaf.local_addr().unwrap()).await;
    let mut seat = world.phone("101").await;
    let call = seat.dial("+14155550132").await;
    let incoming = gateway.incoming().await;
    assert!(incoming.message.request_uri().contains("@carrier.test"), "the name, not the address, is asked for");
    assert_eq!(world.slots.taken(), 2, "one line for both tries, and the caller");
    let far = gateway.answer(&incoming).await;
    seat.answered(&call).await;
    talk((&seat, &call), (&gateway, &far)).await;
    seat.hang_up(&call);
    gateway.ended(far.sip).await;
    let record = world.news.record().await;
    assert_eq!(record.timeline.iter().filter(|moment| moment.kind == MomentKind::FailedOver).count(), 1);
    let causes: Vec<Option<EndCause>> = record.legs[1..].iter().map(|leg| leg.cause).collect();
    assert_eq!(causes[0], Some(EndCause::CarrierSilent), "each try is in the record");
    world.is_clean().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_address_that_has_no_time_is_followed_by_the_next_and_a_busy_number_is_not() {
    let other = World::start().await;
    let (mut full, _) = other.gateway().await;
    let (world, mut gateway) = a_carrier_by_name(full.addr()).await;
    let mut seat = world.phone("101").await;
    let call = seat.dial("+14155550132").await;
    let incoming = full.incoming().await;
    full.refuse(&incoming, 503);
    let incoming = gateway.incoming().await;
    gateway.refuse(&incoming, 486);
    assert_eq!(seat.refused(&call).await.0, 486);
    world.is_clean().await;
    let call = seat.dial("+14155550132").await;
    let incoming = full.incoming().await;
    full.refuse(&incoming, 486);
    assert_eq!(seat.refused(&call).await.0, 486, "who is busy here is busy there");
    world.is_clean().await;
}
