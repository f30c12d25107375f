//! An INVITE with Replaces: a phone takes the place of another, picks up for one that rings, and where it may not.

use std::sync::Arc;

use patchbay_kernel::EndCause;
use patchbay_plane::{LegRole, MomentKind, Principal};
use patchbay_sip::{ClientAuth, Cmd, End, Event, Message, Name, Route};

use crate::support::{
    DOMAIN, PASSWORD, Phone, Wire, World, device, id,
    phone::{Incoming, Talk, policy, talk},
    plan,
};

fn tag(message: &Message, name: Name) -> String {
    let address = patchbay_sip::Address::parse(message.get(name).unwrap()).unwrap();
    address.tag().unwrap_or_default().to_owned()
}

fn call_id(message: &Message) -> String {
    message.get_text(Name::CallId).unwrap().into_owned()
}

/// The dialog of a call that this phone placed, as the switch knows it.
fn placed(answer: &Arc<Message>) -> String {
    format!("{};to-tag={};from-tag={}", call_id(answer), tag(answer, Name::To), tag(answer, Name::From))
}

impl Wire {
    /// The dialog of a call that came to a phone and rings or is answered there, as the switch knows it.
    fn taken(&self, incoming: &Incoming) -> String {
        let (seen, id) = (self.0.lock().unwrap(), call_id(&incoming.message));
        let own = |it: &&Message| it.status().is_some_and(|code| code > 100) && call_id(it) == id;
        let response = seen.iter().find(own).expect("an answer of the phone");
        format!("{id};to-tag={};from-tag={}", tag(response, Name::From), tag(response, Name::To))
    }
}

impl Phone {
    /// An INVITE that wants the place of this dialog, with an offer of its own.
    async fn take_place(&mut self, replaces: &str) -> Talk {
        let leg = self.open().await;
        let mine = self.engine.leg_offer(leg, &policy()).await.unwrap();
        let sip = self.ask_place(replaces, mine.clone().into_bytes());
        Talk { sip, leg, mine }
    }

    fn ask_place(&self, replaces: &str, sdp: Vec<u8>) -> patchbay_sip::LegId {
        let sip = self.signaling.new_leg();
        let auth =
            ClientAuth { username: self.name.clone(), password: PASSWORD.to_owned(), realm: Some(DOMAIN.into()) };
        self.signaling.command(Cmd::Dial {
            leg: sip,
            to: Route { request_uri: format!("sip:any@{DOMAIN}"), flow: self.flow, routes: Vec::new() },
            from: format!("<sip:{}@{DOMAIN}>", self.name),
            extra: vec![("Replaces".into(), replaces.to_owned()), ("Require".into(), "replaces".into())],
            sdp,
            auth: (self.name != "gateway").then_some(auth),
        });
        sip
    }
}

impl World {
    /// A phone of another company.
    async fn stranger(&self, username: &str) -> Phone {
        let principal = Principal::Device {
            tenant: id(patchbay_kernel::TenantId::new),
            seat: id(patchbay_kernel::SeatId::new),
            device: id(patchbay_kernel::DeviceId::new),
            kind: patchbay_plane::DeviceKind::SipPhone,
            name: username.to_owned(),
        };
        self.book.know(crate::support::credential(username, principal));
        Phone::start(username, self.signaling.udp_addr()).await
    }
}

/// Calls to a number of three digits go to that seat.
fn seats(world: &World) {
    let tenant = world.tenant;
    world.book.route_by(move |ask| {
        let user = ask.invite.request_uri.trim_start_matches("sip:").split('@').next().unwrap_or_default().to_owned();
        Ok(plan(tenant, ask, vec![vec![device(&user)]]))
    });
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_phone_takes_the_place_of_the_caller() {
    let world = World::start().await;
    seats(&world);
    let (mut ann, mut bob, mut cid) = (world.phone("101").await, world.phone("102").await, world.phone("103").await);
    let first = ann.dial("102").await;
    let incoming = bob.incoming().await;
    let far = bob.answer(&incoming).await;
    let answer = ann.answered(&first).await;
    talk((&ann, &first), (&bob, &far)).await;
    let second = cid.take_place(&placed(&answer)).await;
    let taken = cid.answered(&second).await;
    assert_eq!(ann.ended(first.sip).await.0, End::Bye, "whose place is taken is free");
    talk((&cid, &second), (&bob, &far)).await;
    // And back again, from the place that was taken; this time without an offer.
    let sip = ann.ask_place(&placed(&taken), Vec::new());
    let offer = ann
        .wait("the answer", |event| match event {
            Event::Answered { leg, sdp, .. } if *leg == sip => sdp.clone(),
            _ => None,
        })
        .await;
    let leg = ann.open().await;
    let mine = ann.engine.leg_answer(leg, &String::from_utf8(offer).unwrap(), &policy()).await.unwrap();
    ann.signaling.command(Cmd::Accept { leg: sip, sdp: Some(mine.clone().into_bytes()) });
    assert_eq!(cid.ended(second.sip).await.0, End::Bye);
    let third = Talk { sip, leg, mine };
    talk((&ann, &third), (&bob, &far)).await;
    bob.hang_up(&far);
    assert_eq!(ann.ended(third.sip).await.0, End::Bye);
    world.is_clean().await;
    let records = world.news.records.lock().unwrap().clone();
    let [record] = &records[..] else { panic!("one call, one record: {records:?}") };
    assert_eq!(record.cause, EndCause::CalleeHungUp);
    let callers: Vec<_> = record.legs.iter().filter(|leg| leg.role == LegRole::Caller).collect();
    assert_eq!(callers.iter().map(|leg| leg.party.as_str()).collect::<Vec<_>>(), ["101", "103", "101"]);
    assert!(callers.iter().all(|leg| leg.answered_at.is_some() && leg.figures.is_some()), "{callers:?}");
    let takers = record.timeline.iter().filter_map(|moment| match &moment.kind {
        MomentKind::TakenOver { party } => Some((moment.leg, party.as_str())),
        _ => None,
    });
    let takers: Vec<_> = takers.collect();
    assert_eq!(takers, [(Some(callers[1].leg), "103"), (Some(callers[2].leg), "101")]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_phone_picks_up_for_one_that_rings() {
    let world = World::start().await;
    seats(&world);
    let (mut gateway, _) = world.gateway().await;
    let (mut bob, mut cid) = (world.phone("102").await, world.phone("103").await);
    let wire = Arc::new(Wire::default());
    world.signaling.tap(wire.clone());
    let outside = gateway.dial("102").await;
    let incoming = bob.incoming().await;
    bob.ring(&incoming);
    gateway.rings(&outside).await;
    let picked = cid.take_place(&format!("{};early-only", wire.taken(&incoming))).await;
    let cid_answer = cid.answered(&picked).await;
    gateway.answered(&outside).await;
    assert_eq!(bob.ended(incoming.sip).await.0, End::Cancel);
    talk((&gateway, &outside), (&cid, &picked)).await;
    // The called party's place, while the caller holds: the silence goes on until it does not.
    let dialog = placed(&cid_answer);
    let mut outside = outside;
    gateway.turn(&mut outside, "sendonly").await;
    let mut dora = world.phone("104").await;
    let second = dora.take_place(&dialog).await;
    dora.answered(&second).await;
    assert_eq!(cid.ended(picked.sip).await.0, End::Bye);
    dora.sing(&second, 1_400).await;
    assert!(gateway.hears_not(&outside, 1_400).await);
    gateway.turn(&mut outside, "sendrecv").await;
    talk((&gateway, &outside), (&dora, &second)).await;
    dora.hang_up(&second);
    assert_eq!(gateway.ended(outside.sip).await.0, End::Bye);
    world.is_clean().await;
    let record = world.news.records.lock().unwrap().first().cloned().expect("a record");
    let called: Vec<_> = record.legs.iter().filter(|leg| leg.role == LegRole::Called).collect();
    let told: Vec<_> = called.iter().map(|leg| (leg.party.as_str(), leg.answered_at.is_some(), leg.cause)).collect();
    assert_eq!(
        told,
        [
            ("102", false, Some(EndCause::CallerCancelled)),
            ("103", true, Some(EndCause::CalleeHungUp)),
            ("104", true, Some(EndCause::CalleeHungUp)),
        ]
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_may_not_take_a_place_hears_why_and_nothing_changes() {
    let world = World::start().await;
    seats(&world);
    let (mut ann, mut bob, cid) = (world.phone("101").await, world.phone("102").await, world.phone("103").await);
    let first = ann.dial("102").await;
    let incoming = bob.incoming().await;
    let far = bob.answer(&incoming).await;
    let dialog = placed(&ann.answered(&first).await);
    // A phone of another company: to it there is no such call.
    let stranger = world.stranger("901").await;
    let (gateway, _) = world.gateway().await;
    let refusals = [
        (0, dialog.clone(), 481),
        (1, dialog.clone(), 481),
        (2, dialog.replace(";to-tag=", ";to-tag=0.0."), 481),
        (2, dialog.replace("from-tag=", "from-tag=x"), 481),
        (2, format!("{dialog};early-only"), 486),
        (2, "nonsense".to_owned(), 400),
    ];
    let mut wanting = [stranger, gateway, cid];
    for (who, replaces, code) in refusals {
        let phone = &mut wanting[who];
        let wants = phone.take_place(&replaces).await;
        assert_eq!(phone.refused(&wants).await.0, code, "{} wants {replaces}", phone.name);
        phone.engine.leg_close(wants.leg).await.unwrap();
    }
    let [_, _, mut cid] = wanting;
    // Audio that we do not speak: the call stays where it is.
    let sip = cid.ask_place(
        &dialog,
        b"v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n\
        m=audio 4000 RTP/AVP 99\r\na=rtpmap:99 speex/8000\r\n"
            .to_vec(),
    );
    assert_eq!(cid.leg_refused(sip).await.0, 488);
    // A guess at the password, as for every call.
    let mut thief = Phone::start("101", world.signaling.udp_addr()).await;
    thief.name = "104".to_owned();
    let wants = thief.take_place(&dialog).await;
    assert_eq!(thief.refused(&wants).await.0, 401);
    talk((&ann, &first), (&bob, &far)).await;
    ann.hang_up(&first);
    assert_eq!(bob.ended(far.sip).await.0, End::Bye);
    // When the call is over there is no place to take.
    let wants = cid.take_place(&dialog).await;
    let code = cid.refused(&wants).await.0;
    assert!(matches!(code, 481 | 603), "{code}");
    world.is_clean().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_line_takes_the_place_of_a_line_of_the_same_gateway() {
    let world = World::start().await;
    let mut gateway = world.way_out().await;
    let (mut ann, mut cid) = (world.phone("101").await, world.phone("103").await);
    let wire = Arc::new(Wire::default());
    world.signaling.tap(wire.clone());
    let first = ann.dial("+14155550132").await;
    let incoming = gateway.incoming().await;
    let outside = gateway.answer(&incoming).await;
    ann.answered(&first).await;
    let dialog = wire.taken(&incoming);
    let wants = cid.take_place(&dialog).await;
    assert_eq!(cid.refused(&wants).await.0, 481, "a line is the carrier's");
    let taken = gateway.take_place(&dialog).await;
    gateway.answered(&taken).await;
    assert_eq!(gateway.ended(outside.sip).await.0, End::Bye);
    talk((&gateway, &taken), (&ann, &first)).await;
    assert_eq!(world.slots.taken(), 2, "the line is taken by one call");
    ann.hang_up(&first);
    assert_eq!(gateway.ended(taken.sip).await.0, End::Bye);
    world.is_clean().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_party_of_a_transferred_call_is_replaced_too() {
    let world = World::start().await;
    seats(&world);
    let (mut ann, mut bob) = (world.phone("101").await, world.phone("102").await);
    let (mut cid, mut dora) = (world.phone("103").await, world.phone("104").await);
    let first = ann.dial("102").await;
    let incoming = bob.incoming().await;
    let near = bob.answer(&incoming).await;
    let dialog = placed(&ann.answered(&first).await);
    bob.signaling.command(Cmd::Refer { leg: near.sip, refer_to: "<sip:103@pbx.test>".into() });
    let incoming = cid.incoming().await;
    let far = cid.answer(&incoming).await;
    assert_eq!(bob.ended(near.sip).await.0, End::Bye);
    talk((&ann, &first), (&cid, &far)).await;
    let taken = dora.take_place(&dialog).await;
    dora.answered(&taken).await;
    assert_eq!(ann.ended(first.sip).await.0, End::Bye);
    talk((&dora, &taken), (&cid, &far)).await;
    // The other call knows where its party's audio is now.
    let mut far = far;
    cid.turn(&mut far, "sendonly").await;
    cid.turn(&mut far, "sendrecv").await;
    talk((&dora, &taken), (&cid, &far)).await;
    dora.hang_up(&taken);
    assert_eq!(cid.ended(far.sip).await.0, End::Bye);
    world.is_clean().await;
}
