//! Orders about calls that are up: hold, resume, digits, signals and blind transfer without the phone's doing.

use std::time::Duration;

use patchbay_kernel::{CallId, EndCause, SeatId};
use patchbay_plane::{
    CallOrder, Hearer, LiveState, MomentKind, OrderAsk, Principal, Refusal, Signal, Switch, Target, Unobeyed,
};
use patchbay_sip::End;

use crate::support::{Phone, World, device, id, line, phone::Talk, phone::talk, plan, trunk};

pub struct Scene {
    pub world: World,
    pub seat: Phone,
    pub near: Talk,
    pub gateway: Phone,
    pub far: Talk,
    pub call: CallId,
    seat_id: SeatId,
}

/// Seat 101 talks to a number; 102 is a colleague.
pub async fn talking() -> Scene {
    talking_in(World::start().await).await
}

/// The same in this world.
pub async fn talking_in(world: World) -> Scene {
    let mut seat = world.phone("101").await;
    let Principal::Device { seat: seat_id, .. } = world.book.credential_of("101").principal else { unreachable!() };
    let (mut gateway, gateway_id) = world.gateway().await;
    let (tenant, out) = (world.tenant, trunk(gateway_id, gateway.addr()));
    world.book.route_by(move |ask| {
        let target = |user: &str| -> Result<Target, Refusal> {
            match user {
                "102" => Ok(device("102")),
                "999" => {
                    Err(Refusal { cause: EndCause::NotFound, tenant: Some(tenant), text: "no such number".into() })
                }
                _ => Ok(line(out.clone())),
            }
        };
        let user = ask.invite.request_uri.trim_start_matches("sip:").split('@').next().unwrap_or_default().to_owned();
        Ok(plan(tenant, ask, vec![vec![target(&user)?]]))
    });
    let near = seat.dial("+14155550132").await;
    let incoming = gateway.incoming().await;
    let far = gateway.answer(&incoming).await;
    seat.answered(&near).await;
    let call = world.exchange.live(None)[0].call;
    Scene { world, seat, near, gateway, far, call, seat_id }
}

impl Scene {
    pub async fn order(&self, order: CallOrder) -> Result<Option<CallId>, Unobeyed> {
        let ask = OrderAsk { tenant: self.world.tenant, call: self.call, seat: self.seat_id, order };
        self.world.exchange.order(ask).await
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hold_by_order_silences_both_until_an_order_ends_it() {
    let mut scene = talking().await;
    talk((&scene.seat, &scene.near), (&scene.gateway, &scene.far)).await;
    scene.order(CallOrder::Hold).await.unwrap();
    scene.order(CallOrder::Hold).await.unwrap();
    assert!(scene.gateway.hears_not(&scene.far, 600).await, "the held party hears nothing of the seat");
    assert!(scene.seat.hears_not(&scene.near, 1_400).await, "nor the seat of it");
    assert_eq!(scene.world.exchange.live(None)[0].state, LiveState::Held);
    scene.seat.turn(&mut scene.near, "sendrecv").await;
    assert_eq!(
        scene.world.exchange.live(None)[0].state,
        LiveState::Held,
        "a new description of the phone ends no order"
    );
    scene.order(CallOrder::Resume).await.unwrap();
    assert!(scene.gateway.hears(&scene.far, 600).await && scene.seat.hears(&scene.near, 1_400).await, "audio is back");
    scene.seat.hang_up(&scene.near);
    scene.gateway.ended(scene.far.sip).await;
    let record = scene.world.news.record().await;
    let count = |kind: MomentKind| record.timeline.iter().filter(|moment| moment.kind == kind).count();
    assert_eq!((count(MomentKind::Held), count(MomentKind::Resumed)), (1, 1));
    scene.world.is_clean().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn digits_and_signals_reach_the_party_that_is_meant() {
    let mut scene = talking().await;
    scene.seat.sing(&scene.near, 600).await;
    scene.gateway.sing(&scene.far, 1_400).await;
    assert!(scene.gateway.hears(&scene.far, 600).await);
    scene.order(CallOrder::Digits("4#2".parse().unwrap())).await.unwrap();
    let pressed = [scene.gateway.digit().await, scene.gateway.digit().await, scene.gateway.digit().await];
    assert_eq!(pressed, ['4', '#', '2']);
    scene.order(CallOrder::Play(Signal::Tone(2_000), Hearer::Other)).await.unwrap();
    assert!(scene.gateway.hears(&scene.far, 2_000).await);
    assert!(scene.seat.hears(&scene.near, 1_400).await, "the seat hears its party all the while");
    scene.order(CallOrder::StopPlay).await.unwrap();
    assert!(scene.gateway.hears(&scene.far, 600).await, "the two hear each other again");
    scene.seat.hang_up(&scene.near);
    scene.gateway.ended(scene.far.sip).await;
    scene.world.is_clean().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_order_sends_the_other_party_to_a_colleague() {
    let mut scene = talking().await;
    let mut colleague = scene.world.phone("102").await;
    scene.order(CallOrder::Transfer("102".parse().unwrap())).await.unwrap();
    let incoming = colleague.incoming().await;
    assert_eq!(scene.order(CallOrder::Transfer("102".parse().unwrap())).await, Err(Unobeyed::UnderWay));
    let there = colleague.answer(&incoming).await;
    assert_eq!(scene.seat.ended(scene.near.sip).await.0, End::Bye, "the seat is free again");
    talk((&scene.gateway, &scene.far), (&colleague, &there)).await;
    assert_eq!(scene.order(CallOrder::Hold).await, Err(Unobeyed::NotTalking), "it has left the call");
    colleague.hang_up(&there);
    assert_eq!(scene.gateway.ended(scene.far.sip).await.0, End::Bye);
    scene.world.is_clean().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_transfer_that_fails_gives_the_party_back() {
    let mut scene = talking().await;
    let mut colleague = scene.world.phone("102").await;
    let refused = scene.order(CallOrder::Transfer("999".parse().unwrap())).await;
    assert!(matches!(refused, Err(Unobeyed::Refused(why)) if why.cause == EndCause::NotFound));
    scene.order(CallOrder::Transfer("102".parse().unwrap())).await.unwrap();
    let incoming = colleague.incoming().await;
    colleague.ring(&incoming);
    tokio::time::sleep(Duration::from_millis(200)).await;
    colleague.refuse(&incoming, 486);
    talk((&scene.seat, &scene.near), (&scene.gateway, &scene.far)).await;
    scene.gateway.hang_up(&scene.far);
    scene.seat.ended(scene.near.sip).await;
    scene.world.is_clean().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_is_not_on_the_call_orders_nothing() {
    let mut scene = talking().await;
    let ask = |tenant, call, seat| OrderAsk { tenant, call, seat, order: CallOrder::Hold };
    let (world, seat_id, call) = (&scene.world, scene.seat_id, scene.call);
    let (foreign, nobody) = (id(patchbay_kernel::TenantId::new), id(SeatId::new));
    for ask in
        [ask(foreign, call, seat_id), ask(world.tenant, id(CallId::new), seat_id), ask(world.tenant, call, nobody)]
    {
        assert_eq!(world.exchange.order(ask).await, Err(Unobeyed::NoCall));
    }
    assert_eq!(world.exchange.live(None)[0].state, LiveState::Talking);
    scene.seat.hang_up(&scene.near);
    scene.gateway.ended(scene.far.sip).await;
    scene.world.is_clean().await;
}
