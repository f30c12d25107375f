//! Flows that look for somebody: who answers talks with the caller, who does not gives the caller back.

use patchbay_ivr::{Outcome, Target as Wanted};
use patchbay_kernel::{CallId, EndCause, FlowId, SeatId};
use patchbay_plane::{
    CallOrder, First, OrderAsk, PlaceAsk, Placed, Refusal, RoutePlan, Stage, Switch, Target, Unobeyed,
};
use patchbay_sip::End;
use serde_json::{Value, json};

use crate::{
    flows::{dialled, flow, menu, presses, prompt, target, way},
    support::{World, bare_plan, device, id, line, phone::talk, trunk},
};

/// Rings whoever has this extension; the exits lead to tones of their own.
fn rings(extension: &str, more: Value) -> Value {
    let mut settings = json!({"targets": [{"kind": "extension", "extension": extension}], "seconds": 5});
    settings.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    json!({
        "in": {"kind": "start", "exits": {"next": "menu"}},
        "menu": {"kind": "menu", "settings": {"prompt": prompt(700), "choices": [{"keys": "1"}]},
            "exits": {"1": "sales", "no_input": "bye"}},
        "sales": {"kind": "play", "settings": {"sounds": [prompt(1_100)]}, "exits": {"next": "ring"}},
        "ring": {"kind": "ring", "settings": settings,
            "exits": {"no_answer": "sorry", "busy": "engaged", "failed": "sorry", "after": "rate"}},
        "sorry": {"kind": "play", "settings": {"sounds": [prompt(500)]}, "exits": {"next": "bye"}},
        "engaged": {"kind": "play", "settings": {"sounds": [prompt(900)]}, "exits": {"next": "bye"}},
        "rate": {"kind": "survey", "settings": {"questions": [{"name": "helpful", "prompt": prompt(1_700)}]},
            "exits": {"done": "bye"}},
        "bye": {"kind": "hangup"},
    })
}

impl World {
    /// Extensions are user names of phones.
    fn extensions(&self) {
        self.book.ring_by(|ask| {
            let one = |wanted: &Wanted| match wanted {
                Wanted::Extension { extension } => device(extension),
                other => panic!("{other:?}"),
            };
            Ok(vec![Stage { targets: ask.targets.iter().map(one).collect() }])
        });
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn from_the_prompt_to_the_seat_and_back_to_the_flow() {
    let world = World::start().await;
    world.prompts(&[700, 1_100, 1_700], 1_000);
    world.extensions();
    let mut seat = world.phone("201").await;
    let mut gateway = world.led_into(rings("201", json!({"seconds": 30}))).await;
    let talk_of_caller = dialled(&mut gateway).await;
    assert!(gateway.hears(&talk_of_caller, 700).await, "the menu");
    presses(&gateway, &talk_of_caller, '1').await;
    assert!(gateway.hears(&talk_of_caller, 1_100).await, "what is behind the key");
    let incoming = seat.incoming().await;
    seat.ring(&incoming);
    // Two frequencies at once: each has about half of the energy.
    let mut rung = false;
    for _ in 0..60 {
        let heard = gateway.engine.hear(talk_of_caller.leg, 440).await;
        rung |= heard.is_some_and(|it| it.share > 0.3 && it.level_dbfs > -40.0);
        if rung {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    assert!(rung, "ringback");
    let talk_of_seat = seat.answer(&incoming).await;
    talk((&gateway, &talk_of_caller), (&seat, &talk_of_seat)).await;
    gateway.engine.stop_play(talk_of_caller.leg).await.unwrap();
    presses(&gateway, &talk_of_caller, '9').await;
    assert_eq!(seat.digit().await, '9', "a key is the seat's while they talk");
    seat.hang_up(&talk_of_seat);
    assert!(gateway.hears(&talk_of_caller, 1_700).await, "the caller is the flow's again");
    presses(&gateway, &talk_of_caller, '5').await;
    gateway.ended(talk_of_caller.sip).await;
    let record = world.news.record().await;
    let last: Vec<_> = way(&record).into_iter().skip(3).collect();
    assert_eq!(last, [("ring", "", Some("after")), ("rate", "5", Some("done")), ("bye", "", None)]);
    let answers: Vec<_> =
        record.flow.as_ref().unwrap().answers.iter().map(|it| (it.question.as_str(), it.score)).collect();
    assert_eq!(answers, [("helpful", 5)]);
    let rung = record.legs.iter().find(|leg| leg.party == "201").expect("the seat's leg is in the record");
    assert!(rung.answered_at.is_some() && rung.cause == Some(EndCause::CalleeHungUp), "{rung:?}");
    let answer = &record.flow.as_ref().unwrap().answers[0];
    assert_eq!((answer.seat, answer.queue), (rung.seat, None), "it is about whom the caller talked with");
    assert_eq!(record.started.seat, rung.seat, "the call is about the seat that took it");
    assert!(record.answered_at < rung.answered_at, "the flow answered first");
    world.is_clean().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_does_not_answer_or_is_busy_gives_the_caller_back() {
    let world = World::start().await;
    world.prompts(&[500, 700, 900, 1_100], 1_000);
    world.extensions();
    let mut seat = world.phone("201").await;
    let mut gateway = world.led_into(rings("201", json!({"hears": "music"}))).await;
    for (busy, hears, exit) in [(false, 500, "no_answer"), (true, 900, "busy")] {
        world.news.records.lock().unwrap().clear();
        let caller = dialled(&mut gateway).await;
        assert!(gateway.hears(&caller, 700).await);
        presses(&gateway, &caller, '1').await;
        let incoming = seat.incoming().await;
        seat.ring(&incoming);
        if busy {
            seat.refuse(&incoming, 486);
        }
        let mut heard = gateway.hears(&caller, hears).await;
        if !busy {
            assert_eq!(seat.ended(incoming.sip).await.0, End::Cancel, "after five seconds it rings no more");
            heard = gateway.hears(&caller, hears).await;
        }
        assert!(heard, "{exit}");
        gateway.ended(caller.sip).await;
        assert_eq!(way(&world.news.record().await)[3], ("ring", "", Some(exit)));
        world.is_clean().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_caller_who_gives_up_silences_all_who_ring() {
    let world = World::start().await;
    world.prompts(&[700, 1_100], 400);
    world.extensions();
    let (mut one, mut two) = (world.phone("201").await, world.phone("202").await);
    let targets = json!([{"kind": "extension", "extension": "201"}, {"kind": "extension", "extension": "202"}]);
    let mut gateway = world.led_into(rings("201", json!({"targets": targets}))).await;
    let caller = dialled(&mut gateway).await;
    presses(&gateway, &caller, '1').await;
    let (first, second) = (one.incoming().await, two.incoming().await);
    one.ring(&first);
    two.ring(&second);
    gateway.hang_up(&caller);
    assert_eq!((one.ended(first.sip).await.0, two.ended(second.sip).await.0), (End::Cancel, End::Cancel));
    let record = world.news.record().await;
    assert_eq!(
        (record.cause, record.flow.as_ref().unwrap().outcome),
        (EndCause::CallerHungUp, Some(Outcome::CallerHungUp))
    );
    world.is_clean().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_caller_who_was_not_answered_hears_ringing_and_then_the_first_who_answers() {
    let world = World::start().await;
    world.extensions();
    let (mut one, mut two) = (world.phone("201").await, world.phone("202").await);
    let targets = json!([{"kind": "extension", "extension": "201"}, {"kind": "extension", "extension": "202"}]);
    let nodes = json!({
        "in": {"kind": "ring", "settings": {"targets": targets, "seconds": 20}, "exits": {"no_answer": "bye"}},
        "bye": {"kind": "hangup"},
    });
    let mut gateway = world.led_into(nodes).await;
    let caller = gateway.dial("+14155550132").await;
    let (first, second) = (one.incoming().await, two.incoming().await);
    one.ring(&first);
    two.ring(&second);
    assert_eq!(gateway.rings(&caller).await.0, 180);
    let talk_of_two = two.answer(&second).await;
    gateway.answered(&caller).await;
    assert_eq!(one.ended(first.sip).await.0, End::Cancel);
    talk((&gateway, &caller), (&two, &talk_of_two)).await;
    // There is nothing after the talk: its end is the call's.
    two.hang_up(&talk_of_two);
    gateway.ended(caller.sip).await;
    let record = world.news.record().await;
    assert_eq!((record.cause, record.flow.as_ref().unwrap().outcome), (EndCause::CalleeHungUp, Some(Outcome::Talked)));
    world.is_clean().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_caller_is_handed_over_to_a_number_for_good() {
    let world = World::start().await;
    let nodes = json!({
        "in": {"kind": "transfer", "settings": {"to": {"kind": "number", "number": "+14155550188"}}, "exits": {"failed": "bye"}},
        "bye": {"kind": "hangup"},
    });
    let mut gateway = world.led_into(nodes).await;
    let (mut outside, id) = world.gateway().await;
    let out = trunk(id, outside.addr());
    world.book.ring_by(move |ask| {
        assert_eq!(ask.targets, [Wanted::Number { number: "+14155550188".into() }]);
        Ok(vec![Stage { targets: vec![line(out.clone())] }])
    });
    let caller = gateway.dial("+14155550132").await;
    let incoming = outside.incoming().await;
    let far = outside.answer(&incoming).await;
    gateway.answered(&caller).await;
    talk((&gateway, &caller), (&outside, &far)).await;
    assert_eq!(world.slots.taken(), 2, "the company's and the line's");
    outside.hang_up(&far);
    gateway.ended(caller.sip).await;
    let record = world.news.record().await;
    assert_eq!(record.flow.as_ref().unwrap().outcome, Some(Outcome::Transferred));
    assert_eq!(record.cause, EndCause::CalleeHungUp);
    world.is_clean().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_of_that_name_is_an_exit_of_its_own() {
    let world = World::start().await;
    world.prompts(&[500, 700, 1_100], 600);
    world.book.ring_by(|ask| {
        let text = "There is no extension 999".into();
        Err(Refusal { cause: EndCause::NotFound, tenant: Some(ask.tenant), text })
    });
    let mut gateway = world.led_into(rings("999", json!({}))).await;
    let caller = dialled(&mut gateway).await;
    assert!(gateway.hears(&caller, 700).await);
    presses(&gateway, &caller, '1').await;
    assert!(gateway.hears(&caller, 500).await);
    gateway.ended(caller.sip).await;
    assert_eq!(way(&world.news.record().await)[3], ("ring", "", Some("failed")));
    // Whose phone is not there counts as such too.
    world.news.records.lock().unwrap().clear();
    world.book.ring_by(|_| Ok(vec![Stage { targets: vec![device("404")] }]));
    let caller = dialled(&mut gateway).await;
    assert!(gateway.hears(&caller, 700).await);
    presses(&gateway, &caller, '1').await;
    gateway.ended(caller.sip).await;
    assert_eq!(way(&world.news.record().await)[3], ("ring", "", Some("failed")));
    world.is_clean().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_of_the_company_says_where_a_caller_goes() {
    let world = World::start().await;
    world.prompts(&[900], 600);
    let nodes = json!({
        "in": {"kind": "http", "settings": {"url": "https://crm.example.com/who?n={{call.caller}}",
            "read": [{"at": "/vip", "variable": "vip"}]}, "exits": {"ok": "which", "failed": "bye"}},
        "which": {"kind": "branch", "settings": {"cases": [{"name": "vip", "all": [
            {"variable": "vip", "is": "equal", "value": "yes"}]}]}, "exits": {"vip": "welcome", "otherwise": "bye"}},
        "welcome": {"kind": "play", "settings": {"sounds": [prompt(900)]}, "exits": {"next": "bye"}},
        "bye": {"kind": "hangup"},
    });
    let mut gateway = world.led_into_with(json!([{"name": "vip"}]), nodes).await;
    let caller = dialled(&mut gateway).await;
    assert!(gateway.hears(&caller, 900).await, "what the server said decides");
    gateway.ended(caller.sip).await;
    let asked = world.book.fetched.lock().unwrap().clone();
    assert_eq!(asked[0].url, "https://crm.example.com/who?n=%2B14155550777");
    world.is_clean().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_seat_sends_its_caller_to_a_flow_and_leaves() {
    let world = World::start().await;
    world.prompts(&[700, 900, 1_100], 1_000);
    let mut seat = world.phone("201").await;
    let Target::Device(rung) = device("201") else { panic!("a device") };
    let (of_seat, target_device) = (rung.seat, Target::Device(rung));
    world.book.ring_by(move |_| Ok(vec![Stage { targets: vec![target_device.clone()] }]));
    let mut gateway = world.led_into(rings("201", json!({}))).await;
    let caller = dialled(&mut gateway).await;
    assert!(gateway.hears(&caller, 700).await);
    presses(&gateway, &caller, '1').await;
    let incoming = seat.incoming().await;
    let talk_of_seat = seat.answer(&incoming).await;
    talk((&gateway, &caller), (&seat, &talk_of_seat)).await;
    gateway.engine.stop_play(caller.leg).await.unwrap();
    let pay = json!({"schema": 1, "start": "ask", "nodes": {
        "ask": {"kind": "menu", "settings": {"prompt": prompt(900), "choices": [{"keys": "2"}]}, "exits": {"2": "bye", "no_input": "bye"}},
        "bye": {"kind": "hangup"},
    }});
    let Target::Flow(flow) = target("Payment", ("flow_9", 1), &pay) else { panic!("a flow") };
    let id = id(FlowId::new);
    world.book.flows.lock().unwrap().insert(id, flow);
    let call = world.exchange.live(None)[0].call;
    let order = |order| OrderAsk { tenant: world.tenant, call, seat: of_seat, order };
    let unknown = world.exchange.clone().order(order(CallOrder::ToFlow(crate::support::id(FlowId::new)))).await;
    assert!(matches!(unknown, Err(Unobeyed::Refused(why)) if why.cause == EndCause::NotFound), "and they talk on");
    assert_eq!(world.exchange.clone().order(order(CallOrder::ToFlow(id))).await, Ok(Some(call)), "in the same call");
    seat.ended(talk_of_seat.sip).await;
    assert!(gateway.hears(&caller, 900).await, "the caller is in the other flow");
    presses(&gateway, &caller, '2').await;
    gateway.ended(caller.sip).await;
    let record = world.news.record().await;
    let kept = record.flow.as_ref().unwrap();
    let flows: Vec<&str> = kept.path.iter().map(|step| step.flow.as_str()).collect();
    assert_eq!(flows, ["flow_1", "flow_1", "flow_1", "flow_1", "flow_9", "flow_9"], "one way through both");
    assert!(kept.path.windows(2).all(|pair| pair[0].entered_ms <= pair[1].entered_ms), "{:?}", kept.path);
    assert_eq!((kept.path[4].keys.as_str(), kept.outcome), ("2", Some(Outcome::HungUp)));
    let leg = record.legs.iter().find(|leg| leg.party == "201").unwrap();
    assert_eq!((leg.cause, record.cause), (Some(EndCause::CalleeHungUp), EndCause::CalleeHungUp));
    world.is_clean().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_draft_is_called_from_the_seat_of_who_draws_it() {
    let world = World::start().await;
    world.prompts(&[700, 1_100], 1_000);
    let mut seat = world.phone("201").await;
    let draft = flow(menu(json!({})));
    let tenant = world.tenant;
    world.book.place_by(move |ask| {
        assert!(ask.draft.is_some());
        let stages = vec![vec![device("201")], vec![draft.clone()]];
        let placed = Some(Placed { first_stages: 1, called_first: false, auto_answer: true });
        Ok(RoutePlan { placed, ..bare_plan(tenant, ask.call, stages) })
    });
    let ask = PlaceAsk {
        call: id(CallId::new),
        tenant,
        seat: id(SeatId::new),
        called: "*43".parse().unwrap(),
        first: First::Seat,
        displayed: None,
        auto_answer: true,
        draft: Some(id(FlowId::new)),
    };
    world.exchange.clone().place(ask).await.unwrap();
    let incoming = seat.incoming().await;
    let talk = seat.answer(&incoming).await;
    assert!(seat.hears(&talk, 700).await, "the menu of the draft");
    presses(&seat, &talk, '1').await;
    assert!(seat.hears(&talk, 1_100).await, "a key leads on");
    seat.ended(talk.sip).await;
    assert_eq!(way(&world.news.record().await)[1], ("menu", "1", Some("1")));
    world.is_clean().await;
}
