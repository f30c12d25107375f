//! Many calls at once that cross each other's signals: whatever the order, each leaves one record and nothing else.

use std::{collections::HashSet, time::Duration};

use patchbay_kernel::{Entropy, SeededEntropy};
use patchbay_sip::{Cmd, Event};

use crate::support::{World, line, plan, trunk};

const CALLS: usize = 120;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn calls_that_are_cancelled_answered_and_hung_up_in_any_order_leave_one_record_each() {
    let world = World::start().await;
    let (mut caller, _) = world.gateway().await;
    let (mut called, gateway_id) = world.gateway().await;
    let (tenant, mut out) = (world.tenant, trunk(gateway_id, called.addr()));
    out.resource.limit = 1_000;
    world.book.route_by(move |ask| {
        let mut plan = plan(tenant, ask, vec![vec![line(out.clone())]]);
        plan.resources.clear();
        Ok(plan)
    });
    let sample = caller.dial("0").await;
    let answer = {
        let incoming = called.incoming().await;
        let talk = called.take(&incoming).await;
        called.refuse(&incoming, 486);
        talk.mine.into_bytes()
    };
    caller.refused(&sample).await;
    let offer = sample.mine.into_bytes();
    let far = called.signaling.clone();
    let far_side = tokio::spawn(async move {
        let mut chance = SeededEntropy::new(5);
        loop {
            let arrived = called.wait_for(Duration::from_secs(3), |event| match event {
                Event::Invite { leg, .. } => Some(*leg),
                _ => None,
            });
            let Some(leg) = arrived.await else { return };
            let (far, answer, wait, what) = (far.clone(), answer.clone(), chance.below(120), chance.below(10));
            tokio::spawn(async move {
                far.command(Cmd::Ring { leg, code: 180, sdp: None, extra: Vec::new() });
                tokio::time::sleep(Duration::from_millis(wait)).await;
                match what {
                    0 => far.command(Cmd::Refuse { leg, code: 486, extra: Vec::new() }),
                    1 => far.command(Cmd::Refuse { leg, code: 500, extra: Vec::new() }),
                    _ => far.command(Cmd::Answer { leg, sdp: Some(answer), extra: Vec::new() }),
                }
                tokio::time::sleep(Duration::from_millis(wait / 2)).await;
                if what < 6 {
                    far.command(Cmd::Hangup { leg, code: None, extra: Vec::new() });
                }
            });
        }
    });
    let mut chance = SeededEntropy::new(6);
    let mut going = Vec::new();
    for _ in 0..CALLS {
        let sip = caller.dial_with("+14155550132", offer.clone());
        let (near, wait) = (caller.signaling.clone(), chance.below(160));
        going.push(tokio::spawn(async move {
            tokio::time::sleep(Duration::from_millis(wait)).await;
            near.command(Cmd::Hangup { leg: sip, code: None, extra: Vec::new() });
        }));
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    for call in going {
        call.await.unwrap();
    }
    for _ in 0..250 {
        if world.news.records.lock().unwrap().len() > CALLS {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let records = world.news.records.lock().unwrap().clone();
    let calls: HashSet<_> = records.iter().map(|record| record.started.call).collect();
    assert_eq!((records.len(), calls.len()), (CALLS + 1, CALLS + 1), "one record each, the sample's too");
    let causes: HashSet<&str> = records.iter().map(|record| record.cause.code()).collect();
    assert!(causes.len() >= 4, "a mixture, not only {causes:?}");
    assert!(!causes.contains("internal"), "{causes:?}");
    far_side.await.unwrap();
    world.is_clean().await;
    let stats = world.signaling.stats();
    assert_eq!((stats.panics, stats.rate_dropped), (0, 0));
}
