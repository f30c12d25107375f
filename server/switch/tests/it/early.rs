//! A caller without an offer: it hears early audio when it acknowledges our offer, and else with the answer.

use patchbay_sip::{Cmd, Event, LegId};

use crate::support::{
    Phone, World,
    phone::{Talk, policy, talk},
};

impl Phone {
    /// Our offer in progress that waits for the phone's answer; the PRACK takes it along.
    async fn takes_early_offer(&mut self, sip: LegId) -> Talk {
        let offer = self
            .wait("an early offer", |event| match event {
                Event::Progress { leg, code: 183, sdp } if *leg == sip => sdp.clone(),
                _ => None,
            })
            .await;
        let leg = self.open().await;
        let mine = self.engine.leg_answer(leg, &String::from_utf8(offer).unwrap(), &policy()).await.unwrap();
        self.signaling.command(Cmd::Accept { leg: sip, sdp: Some(mine.clone().into_bytes()) });
        Talk { sip, leg, mine }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_caller_without_an_offer_hears_the_far_end_before_it_answers() {
    let world = World::start().await;
    let mut gateway = world.way_out().await;
    let mut phone = world.phone("101").await;
    let sip = phone.dial_with("+14155550132", Vec::new());
    let incoming = gateway.incoming().await;
    let far = gateway.take(&incoming).await;
    let sdp = Some(far.mine.clone().into_bytes());
    gateway.signaling.command(Cmd::Ring { leg: far.sip, code: 183, sdp, extra: Vec::new() });
    let near = phone.takes_early_offer(sip).await;
    gateway.sing(&far, 1_400).await;
    assert!(phone.hears(&near, 1_400).await, "an announcement before the answer");
    gateway.say_yes(&far);
    phone.wait("the answer", |event| matches!(event, Event::Answered { leg, .. } if *leg == sip).then_some(())).await;
    talk((&phone, &near), (&gateway, &far)).await;
    phone.hang_up(&near);
    gateway.ended(far.sip).await;
    world.is_clean().await;
}
