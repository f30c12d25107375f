//! An operator's test call tells what is wrong, step by step.

use patchbay_ivr::Heard;
use patchbay_kernel::{CallId, GatewayId, Secret, TenantId};
use patchbay_plane::{Direction, KeyedCode, Switch, TestCallAsk, TestVerdict, TestVerdictKind};

use crate::support::{Phone, World, bare_plan, id, line, trunk};

/// Places the test through this gateway while `far` does what it does.
async fn test<F: Future<Output = Phone>>(
    world: &World,
    gateway: GatewayId,
    at: std::net::SocketAddr,
    far: F,
) -> (TestVerdict, Phone) {
    test_with(world, (gateway, at), None, far).await
}

async fn test_with<F: Future<Output = Phone>>(
    world: &World,
    (gateway, at): (GatewayId, std::net::SocketAddr),
    code: Option<KeyedCode>,
    far: F,
) -> (TestVerdict, Phone) {
    let (call, out) = (id(CallId::new), trunk(gateway, at));
    let gateway_port = out.gateway_port;
    let mut plan = bare_plan(id(TenantId::new), call, vec![vec![line(out)]]);
    plan.direction = Direction::Test;
    *world.book.test_plan.lock().unwrap() = Some(plan);
    let ask = TestCallAsk { call, gateway_port, called: "+14155550132".into(), code };
    let (verdict, far) = tokio::join!(world.exchange.test_call(ask), far);
    (verdict.unwrap(), far)
}

fn passed(verdict: &TestVerdict) -> Vec<&str> {
    verdict.steps.iter().filter(|step| step.ok).map(|step| step.key.as_str()).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_echo_behind_the_line_is_audio_both_ways() {
    let world = World::start().await;
    let (mut gateway, gateway_id) = world.gateway().await;
    let at = gateway.addr();
    let (verdict, _far) = test(&world, gateway_id, at, async {
        let incoming = gateway.incoming().await;
        gateway.ring(&incoming);
        let talk = gateway.answer(&incoming).await;
        gateway.engine.echo(talk.leg).await.unwrap();
        gateway.ended(talk.sip).await;
        gateway
    })
    .await;
    assert_eq!(verdict.key, TestVerdictKind::Ok, "{verdict:?}");
    assert_eq!(
        passed(&verdict),
        ["registered", "invite", "ringing", "answered", "audio_received", "audio_sent", "hung_up"]
    );
    assert_eq!(world.news.record().await.started.direction, Direction::Test);
    world.is_clean().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn audio_that_is_not_ours_and_no_audio_at_all_are_told_apart() {
    let world = World::start().await;
    let (mut gateway, gateway_id) = world.gateway().await;
    let at = gateway.addr();
    let (verdict, mut gateway) = test(&world, gateway_id, at, async {
        let incoming = gateway.incoming().await;
        let talk = gateway.answer(&incoming).await;
        gateway.sing(&talk, 400).await;
        gateway.ended(talk.sip).await;
        gateway
    })
    .await;
    assert_eq!(verdict.key, TestVerdictKind::NoAudioSent, "{verdict:?}");
    let (verdict, _far) = test(&world, gateway_id, at, async {
        let incoming = gateway.incoming().await;
        let talk = gateway.answer(&incoming).await;
        gateway.engine.leg_close(talk.leg).await.unwrap();
        gateway.ended(talk.sip).await;
        gateway
    })
    .await;
    assert_eq!(verdict.key, TestVerdictKind::NoAudioReceived, "{verdict:?}");
    world.is_clean().await;
}

/// Calls, and whoever answers keys this in, a dash being a pause in which the signal is over.
async fn keys_in(world: &World, gateway: Phone, gateway_id: GatewayId, keys: &str) -> (TestVerdict, Phone) {
    let (mut gateway, at) = {
        let at = gateway.addr();
        (gateway, at)
    };
    let code = KeyedCode { tenant: id(TenantId::new), code: Secret::new("482913".into()), ask: Heard::Beep };
    test_with(world, (gateway_id, at), Some(code), async {
        let incoming = gateway.incoming().await;
        gateway.ring(&incoming);
        let talk = gateway.answer(&incoming).await;
        for key in keys.chars() {
            if key == '-' {
                tokio::time::sleep(std::time::Duration::from_millis(1_200)).await;
                continue;
            }
            gateway.engine.send_digit(talk.leg, key, 100).await.unwrap();
            tokio::time::sleep(std::time::Duration::from_millis(220)).await;
        }
        gateway.ended(talk.sip).await;
        gateway
    })
    .await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_answers_at_a_number_keys_in_the_code() {
    let world = World::start().await;
    let (gateway, gateway_id) = world.gateway().await;
    let (verdict, gateway) = keys_in(&world, gateway, gateway_id, "-11*111111-482913").await;
    assert_eq!(verdict.key, TestVerdictKind::CodeKeyed, "{verdict:?}");
    let (verdict, _gateway) = keys_in(&world, gateway, gateway_id, "-111111-222222-333333").await;
    assert_eq!(verdict.key, TestVerdictKind::WrongCode, "three tries and no more: {verdict:?}");
    world.is_clean().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn busy_and_refused_lines_say_so() {
    let world = World::start().await;
    let (mut gateway, gateway_id) = world.gateway().await;
    let at = gateway.addr();
    for (code, wanted) in
        [(486, TestVerdictKind::Busy), (403, TestVerdictKind::Refused), (404, TestVerdictKind::Refused)]
    {
        let verdict;
        (verdict, gateway) = test(&world, gateway_id, at, async {
            let incoming = gateway.incoming().await;
            gateway.refuse(&incoming, code);
            gateway
        })
        .await;
        assert_eq!((verdict.key, verdict.sip_code), (wanted, Some(code)), "{verdict:?}");
    }
    world.is_clean().await;
}
