//! An agent's day, told: every state has a way out, and nobody is punished for what was not their doing.

use patchbay_acd::{
    Agent, Limits, State,
    agent::{Effect, Input, Miss, Reason, Refusal},
};
use patchbay_kernel::{
    Entropy, SeededEntropy,
    time::{Span, Tick},
};

type One = Agent<u32, &'static str>;

fn at(seconds: u64) -> Tick {
    Tick::ZERO + Span::secs(seconds)
}

fn ready() -> One {
    let mut agent = Agent::new(Limits::default(), at(0));
    agent.handle(Input::SignIn, at(0)).expect("fits the state");
    agent
}

fn on_call() -> One {
    let mut agent = ready();
    agent.handle(Input::Offer(1), at(0)).expect("fits the state");
    agent.handle(Input::Answered(1), at(5)).expect("fits the state");
    agent
}

#[test]
fn a_call_goes_from_offer_to_wrap_up_and_back_to_ready() {
    let mut agent = on_call();
    assert_eq!(agent.state(), State::OnCall(1));
    agent.handle(Input::Ended(1, Span::secs(30)), at(60)).unwrap();
    assert_eq!((agent.state(), agent.deadline()), (State::WrapUp(1), Some(at(90))));
    assert_eq!(agent.poll(at(89)), None);
    assert_eq!(agent.poll(at(90)), None);
    assert_eq!((agent.state(), agent.since()), (State::Ready, at(90)));
}

#[test]
fn only_a_ready_agent_is_offered_a_call() {
    let mut agent = ready();
    agent.handle(Input::Offer(1), at(0)).unwrap();
    assert_eq!(agent.handle(Input::Offer(2), at(1)), Err(Refusal::NotReady));
    assert_eq!(agent.handle(Input::Answered(2), at(1)), Err(Refusal::OtherCall));
    let mut away = ready();
    away.handle(Input::NotReady(Reason::Code("lunch")), at(1)).unwrap();
    assert_eq!(away.handle(Input::Offer(1), at(2)), Err(Refusal::NotReady));
}

#[test]
fn a_pause_that_is_wanted_in_a_call_begins_after_wrap_up() {
    let mut agent = on_call();
    agent.handle(Input::NotReady(Reason::Code("lunch")), at(10)).unwrap();
    assert_eq!(agent.state(), State::OnCall(1));
    agent.handle(Input::Ended(1, Span::secs(10)), at(20)).unwrap();
    agent.handle(Input::WrapDone, at(25)).unwrap();
    assert_eq!(agent.state(), State::NotReady(Reason::Code("lunch")));
}

#[test]
fn two_unanswered_offers_in_a_row_set_an_agent_away_and_it_can_be_undone() {
    let mut agent = ready();
    for (call, from) in [(1, 0), (2, 30)] {
        agent.handle(Input::Offer(call), at(from)).unwrap();
        agent.handle(Input::Missed(call, Miss::NoAnswer), at(from + 20)).unwrap();
    }
    assert_eq!((agent.state(), agent.missed()), (State::NotReady(Reason::Missed), 2));
    agent.handle(Input::UndoMiss, at(60)).unwrap();
    assert_eq!((agent.state(), agent.missed()), (State::Ready, 1));
    assert_eq!(agent.handle(Input::UndoMiss, at(61)), Err(Refusal::WrongState), "once");
}

#[test]
fn an_answered_call_wipes_out_a_miss() {
    let mut agent = ready();
    agent.handle(Input::Offer(1), at(0)).unwrap();
    agent.handle(Input::Missed(1, Miss::Declined), at(2)).unwrap();
    agent.handle(Input::Offer(2), at(3)).unwrap();
    agent.handle(Input::Answered(2), at(4)).unwrap();
    assert_eq!(agent.missed(), 0);
}

#[test]
fn a_phone_that_could_not_ring_and_a_caller_who_left_cost_nothing() {
    for miss in [Miss::Unreachable, Miss::CallerLeft] {
        let mut agent = ready();
        for call in 0..5 {
            agent.handle(Input::Offer(call), at(0)).unwrap();
            agent.handle(Input::Missed(call, miss), at(1)).unwrap();
        }
        assert_eq!((agent.state(), agent.missed()), (State::Ready, 0), "{miss:?}");
    }
}

#[test]
fn an_offer_that_nobody_ends_ends_by_itself() {
    let mut agent = ready();
    agent.handle(Input::Offer(1), at(0)).unwrap();
    assert_eq!(agent.poll(at(20)), Some(Effect::Withdraw(1)));
    assert_eq!((agent.state(), agent.missed()), (State::Ready, 1));
}

#[test]
fn wrap_up_can_be_extended_but_not_for_ever() {
    let mut agent = on_call();
    agent.handle(Input::Ended(1, Span::secs(30)), at(100)).unwrap();
    agent.handle(Input::Extend(Span::secs(60)), at(120)).unwrap();
    assert_eq!(agent.deadline(), Some(at(180)));
    agent.handle(Input::Extend(Span::secs(9_000)), at(170)).unwrap();
    assert_eq!(agent.deadline(), Some(at(700)));
    assert_eq!(agent.poll(at(700)), Some(Effect::Repaired(1)));
    assert_eq!(agent.state(), State::Ready);
}

#[test]
fn a_lost_page_gets_its_call_back_within_the_grace_and_loses_it_after() {
    let mut back = on_call();
    back.handle(Input::Lost, at(50)).unwrap();
    assert_eq!(back.state(), State::Reconnecting(Some(1)));
    back.handle(Input::Back, at(60)).unwrap();
    assert_eq!(back.state(), State::OnCall(1));

    let mut gone = on_call();
    gone.handle(Input::Lost, at(50)).unwrap();
    assert_eq!(gone.poll(at(80)), Some(Effect::Requeue(1)));
    assert_eq!(gone.state(), State::Offline);
}

#[test]
fn a_page_lost_while_ringing_gives_the_call_to_somebody_else() {
    let mut agent = ready();
    agent.handle(Input::Offer(1), at(0)).unwrap();
    assert_eq!(agent.handle(Input::Lost, at(3)), Ok(Some(Effect::Withdraw(1))));
    agent.handle(Input::Back, at(6)).unwrap();
    assert_eq!((agent.state(), agent.missed()), (State::Ready, 0));
}

#[test]
fn a_pause_outlives_a_lost_page() {
    let mut agent = ready();
    agent.handle(Input::NotReady(Reason::Code("lunch")), at(1)).unwrap();
    agent.handle(Input::Lost, at(2)).unwrap();
    agent.handle(Input::Back, at(3)).unwrap();
    assert_eq!(agent.state(), State::NotReady(Reason::Code("lunch")));
}

#[test]
fn a_call_that_lasts_beyond_belief_is_asked_after_and_then_repaired() {
    let limit = Limits::default().call_longest;
    let mut agent = on_call();
    assert_eq!(agent.poll(at(5) + limit), Some(Effect::AskAfter(1)));
    agent.handle(Input::Alive(1), at(6) + limit).unwrap();
    assert_eq!(agent.poll(at(100) + limit), None);
    assert_eq!(agent.poll(at(6) + limit + limit), Some(Effect::AskAfter(1)));
    assert_eq!(agent.poll(at(36) + limit + limit), Some(Effect::Repaired(1)));
    assert_eq!(agent.state(), State::Ready);
}

#[test]
fn signing_out_in_a_call_waits_for_its_end() {
    let mut agent = on_call();
    agent.handle(Input::SignOut, at(6)).unwrap();
    assert_eq!(agent.state(), State::OnCall(1));
    agent.handle(Input::Ended(1, Span::default()), at(9)).unwrap();
    assert_eq!(agent.state(), State::Offline);
}

/// Whatever happens in whatever order, time alone leads out of every state with a call in it.
#[test]
fn nobody_is_stuck_after_any_sequence() {
    for seed in 0..3_000 {
        let mut chance = SeededEntropy::new(seed);
        let mut agent: One = Agent::new(Limits::default(), at(0));
        let mut now = at(0);
        for _ in 0..40 {
            now = now + Span::ms(chance.below(40_000));
            let call = chance.below(3) as u32;
            let input = match chance.below(14) {
                0 => Input::SignIn,
                1 => Input::SignOut,
                2 => Input::Ready,
                3 => Input::NotReady(Reason::Code("lunch")),
                4 | 5 => Input::Offer(call),
                6 | 7 => Input::Answered(call),
                8 => Input::Missed(call, Miss::NoAnswer),
                9 => Input::UndoMiss,
                10 => Input::Ended(call, Span::secs(chance.below(900))),
                11 => Input::Extend(Span::secs(chance.below(900))),
                12 => Input::Lost,
                _ => Input::Back,
            };
            let before = agent.state();
            if agent.handle(input, now).is_err() {
                assert_eq!(agent.state(), before, "a refused input changes nothing");
            }
            agent.poll(now);
        }
        let mut polls = 0;
        while let Some(due) = agent.deadline() {
            now = now.max(due);
            agent.poll(now);
            polls += 1;
            assert!(polls < 10, "seed {seed}: {:?} never ends", agent.state());
        }
        let rests = matches!(agent.state(), State::Offline | State::Ready | State::NotReady(_));
        assert!(rests, "seed {seed}: stuck in {:?}", agent.state());
    }
}
