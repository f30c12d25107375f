//! Encrypted audio towards gateways (RFC 4568): where it is required there is no other, where it is optional it is agreed in
//! the open.

use patchbay_kernel::EndCause;
use patchbay_plane::SrtpMode;

use crate::support::{Phone, World, line, phone::Talk, plan, trunk};

async fn scene(ours: SrtpMode, theirs: SrtpMode) -> (World, Phone, Phone) {
    let world = World::start().await;
    let seat = world.phone("101").await;
    let (mut gateway, gateway_id) = world.gateway().await;
    gateway.srtp = theirs;
    let (tenant, mut out) = (world.tenant, trunk(gateway_id, gateway.addr()));
    out.srtp = ours;
    world.book.route_by(move |ask| Ok(plan(tenant, ask, vec![vec![line(out.clone())]])));
    (world, seat, gateway)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn both_hear_each_other_in_every_mode_that_agrees() {
    use SrtpMode::{Off, Optional, Required};
    for (ours, theirs, secure) in [(Required, Required, true), (Optional, Optional, true), (Optional, Off, false)] {
        let (world, mut seat, mut gateway) = scene(ours, theirs).await;
        let call = seat.dial("+14155550132").await;
        let incoming = gateway.incoming().await;
        let far = gateway.answer(&incoming).await;
        assert_eq!(far.mine.contains("a=crypto:"), secure, "{ours:?} {theirs:?}: {}", far.mine);
        seat.answered(&call).await;
        seat.sing(&call, 600).await;
        gateway.sing(&far, 1_400).await;
        assert!(gateway.hears(&far, 600).await && seat.hears(&call, 1_400).await, "{ours:?} {theirs:?}");
        seat.hang_up(&call);
        gateway.ended(far.sip).await;
        world.is_clean().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_gateway_that_answers_in_the_clear_is_refused_with_the_cause() {
    let (world, mut seat, mut gateway) = scene(SrtpMode::Required, SrtpMode::Off).await;
    let call = seat.dial("+14155550132").await;
    let incoming = gateway.incoming().await;
    let leg = gateway.open().await;
    let mine = gateway.engine.leg_offer(leg, &crate::support::phone::policy()).await.unwrap();
    gateway.say_yes(&Talk { sip: incoming.sip, leg, mine });
    assert_eq!(seat.refused(&call).await.0, 488);
    let record = world.news.record().await;
    assert_eq!((record.cause, record.answered_at), (EndCause::NoSecureMedia, None));
    gateway.ended(incoming.sip).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_gateway_that_declines_encryption_is_named_so() {
    let (world, mut seat, mut gateway) = scene(SrtpMode::Required, SrtpMode::Off).await;
    let call = seat.dial("+14155550132").await;
    let incoming = gateway.incoming().await;
    gateway.refuse(&incoming, 488);
    assert_eq!(seat.refused(&call).await.0, 488);
    assert_eq!(world.news.record().await.cause, EndCause::NoSecureMedia);
    world.is_clean().await;
}
