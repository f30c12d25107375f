//! Consultations and conferences: who hears whom, told by a tone of each party.

use std::time::Duration;

use patchbay_plane::{CallOrder, Unobeyed};
use patchbay_sip::End;

use crate::{
    steer::{Scene, talking},
    support::{Phone, phone::Talk},
};

const SEAT: u16 = 600;
const OUTSIDE: u16 = 1_400;
const ASKED: u16 = 2_100;

/// The seat, the party outside and the colleague who is asked; all say their tones.
async fn consulting() -> (Scene, Phone, Talk) {
    let scene = talking().await;
    let mut colleague = scene.world.phone("102").await;
    scene.seat.sing(&scene.near, SEAT).await;
    scene.gateway.sing(&scene.far, OUTSIDE).await;
    assert!(scene.gateway.hears(&scene.far, SEAT).await);
    let second = scene.order(CallOrder::Consult("102".parse().unwrap())).await.unwrap();
    assert!(second.is_some(), "the second call has a name");
    let incoming = colleague.incoming().await;
    colleague.ring(&incoming);
    let there = colleague.answer(&incoming).await;
    colleague.sing(&there, ASKED).await;
    assert!(colleague.hears(&there, SEAT).await, "the colleague hears the seat");
    (scene, colleague, there)
}

/// Whether this party hears exactly these tones, within three seconds; of a conference it hears several at once.
async fn hears_just(phone: &Phone, talk: &Talk, wanted: &[u16]) -> bool {
    for _ in 0..60 {
        tokio::time::sleep(Duration::from_millis(50)).await;
        let mut right = true;
        for hz in [SEAT, OUTSIDE, ASKED] {
            let heard =
                phone.engine.hear(talk.leg, hz).await.is_some_and(|it| it.share > 0.15 && it.level_dbfs > -45.0);
            right &= heard == wanted.contains(&hz);
        }
        if right {
            return true;
        }
    }
    false
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_is_asked_and_who_waits_change_places_and_the_seat_brings_them_together() {
    let (mut scene, mut colleague, there) = consulting().await;
    assert!(hears_just(&scene.seat, &scene.near, &[ASKED]).await, "the seat talks to the colleague alone");
    assert!(hears_just(&scene.gateway, &scene.far, &[]).await, "who waits hears none of them");
    let music = scene.gateway.engine.hear(scene.far.leg, 440).await.map(|it| it.level_dbfs);
    assert!(music.is_some_and(|level| level > -50.0), "but music: {music:?}");
    scene.order(CallOrder::Swap).await.unwrap();
    assert!(
        hears_just(&scene.seat, &scene.near, &[OUTSIDE]).await && hears_just(&scene.gateway, &scene.far, &[SEAT]).await
    );
    assert!(hears_just(&colleague, &there, &[]).await);
    scene.order(CallOrder::Swap).await.unwrap();
    assert!(hears_just(&colleague, &there, &[SEAT]).await);
    scene.order(CallOrder::Complete).await.unwrap();
    assert_eq!(scene.seat.ended(scene.near.sip).await.0, End::Bye, "the seat is free");
    assert!(hears_just(&colleague, &there, &[OUTSIDE]).await && hears_just(&scene.gateway, &scene.far, &[ASKED]).await);
    scene.gateway.hang_up(&scene.far);
    assert_eq!(colleague.ended(there.sip).await.0, End::Bye);
    scene.world.is_clean().await;
    assert_eq!(scene.world.news.records.lock().unwrap().len(), 2, "one record for each call");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn three_hear_each_other_and_two_go_on_when_the_seat_leaves() {
    let (mut scene, colleague, there) = consulting().await;
    scene.order(CallOrder::Merge).await.unwrap();
    assert!(hears_just(&scene.seat, &scene.near, &[OUTSIDE, ASKED]).await, "the seat hears both");
    assert!(hears_just(&scene.gateway, &scene.far, &[SEAT, ASKED]).await, "the party outside hears both");
    assert!(hears_just(&colleague, &there, &[SEAT, OUTSIDE]).await, "the colleague hears both");
    scene.order(CallOrder::Hold).await.unwrap();
    assert!(hears_just(&scene.seat, &scene.near, &[]).await, "who holds a conference leaves it for a while");
    assert!(hears_just(&colleague, &there, &[OUTSIDE]).await, "and the others talk on");
    scene.order(CallOrder::Resume).await.unwrap();
    assert!(hears_just(&colleague, &there, &[SEAT, OUTSIDE]).await);
    scene.seat.hang_up(&scene.near);
    assert!(hears_just(&colleague, &there, &[OUTSIDE]).await && hears_just(&scene.gateway, &scene.far, &[ASKED]).await);
    colleague.hang_up(&there);
    assert_eq!(scene.gateway.ended(scene.far.sip).await.0, End::Bye, "the last one is not left alone");
    scene.world.is_clean().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cancelled_or_refused_question_leads_back() {
    let (scene, mut colleague, there) = consulting().await;
    assert_eq!(scene.order(CallOrder::Consult("102".parse().unwrap())).await, Err(Unobeyed::UnderWay));
    scene.order(CallOrder::CancelConsult).await.unwrap();
    assert_eq!(colleague.ended(there.sip).await.0, End::Bye);
    assert!(
        hears_just(&scene.seat, &scene.near, &[OUTSIDE]).await && hears_just(&scene.gateway, &scene.far, &[SEAT]).await
    );
    assert_eq!(scene.order(CallOrder::Swap).await, Err(Unobeyed::NotTalking));
    scene.order(CallOrder::Consult("102".parse().unwrap())).await.unwrap();
    let incoming = colleague.incoming().await;
    assert!(hears_just(&scene.gateway, &scene.far, &[]).await);
    colleague.refuse(&incoming, 486);
    assert!(hears_just(&scene.gateway, &scene.far, &[SEAT]).await, "back without an order");
    let mut scene = scene;
    scene.gateway.hang_up(&scene.far);
    assert_eq!(scene.seat.ended(scene.near.sip).await.0, End::Bye);
    scene.world.is_clean().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_leaves_while_it_rings_has_transferred() {
    let mut scene = talking().await;
    let mut colleague = scene.world.phone("102").await;
    scene.gateway.sing(&scene.far, OUTSIDE).await;
    scene.order(CallOrder::Consult("102".parse().unwrap())).await.unwrap();
    let incoming = colleague.incoming().await;
    colleague.ring(&incoming);
    tokio::time::sleep(Duration::from_millis(200)).await;
    scene.order(CallOrder::Complete).await.unwrap();
    assert_eq!(scene.seat.ended(scene.near.sip).await.0, End::Bye);
    let there = colleague.answer(&incoming).await;
    colleague.sing(&there, ASKED).await;
    assert!(hears_just(&colleague, &there, &[OUTSIDE]).await && hears_just(&scene.gateway, &scene.far, &[ASKED]).await);
    colleague.hang_up(&there);
    assert_eq!(scene.gateway.ended(scene.far.sip).await.0, End::Bye);
    scene.world.is_clean().await;
}
