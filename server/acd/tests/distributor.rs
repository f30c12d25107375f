//! The distributor as a company sees it: one thing after another, with its own clock.

mod floor;
mod shop;

use floor::{call, person, rules};
use patchbay_acd::{
    agent::{Miss, Reason},
    distributor::{Effect, End, Outcome, State, Told, TurnKind, Wish, WrapUp},
    explain::Lost,
};
use patchbay_kernel::time::Span;
use shop::{Shop, at};

#[test]
fn a_caller_is_offered_answered_and_written_up() {
    let mut shop = Shop::new(vec![rules(1, &[1])], vec![person(1)]);
    shop.enter(9, 1, at(10));
    let offer = shop.offer_of(9).expect("offered at once");
    shop.told(9, offer, Told::Ringing, at(11));
    shop.told(9, offer, Told::Answered, at(14));
    assert_eq!(shop.state(1), State::OnCall(call(9)));
    shop.told(9, offer, Told::TalkOver, at(60));
    assert_eq!(shop.state(1), State::WrapUp(call(9)));
    shop.tick(at(89));
    assert_eq!(shop.state(1), State::WrapUp(call(9)));
    shop.tick(at(90));
    assert_eq!(shop.state(1), State::Ready);
    let visit = shop.visits.pop().unwrap();
    assert_eq!((visit.outcome, visit.waited), (Outcome::Answered, Span::secs(4)));
    assert!(matches!(visit.turns[0].kind, TurnKind::Offered { .. }) && visit.turns.len() == 2);
}

#[test]
fn who_does_not_answer_is_passed_over_and_the_second_time_set_away() {
    let mut shop = Shop::new(vec![rules(1, &[1, 2])], vec![person(1), person(2)]);
    shop.enter(9, 1, at(10));
    let first = shop.agent_of(9).unwrap();
    let offer = shop.offer_of(9).unwrap();
    shop.told(9, offer, Told::Missed(Miss::NoAnswer), at(30));
    let second = shop.agent_of(9).unwrap();
    assert_ne!(first, second, "somebody else");
    let offer = shop.offer_of(9).unwrap();
    shop.told(9, offer, Told::Answered, at(32));
    shop.enter(10, 1, at(40));
    let offer = shop.offer_of(10).unwrap();
    shop.told(10, offer, Told::Missed(Miss::NoAnswer), at(60));
    assert_eq!(shop.state_of(first), State::NotReady(Reason::Missed));
    assert_eq!(shop.offer_of(10), None, "nobody is left, the caller keeps waiting");
    assert_eq!(shop.machine.board(at(61)).queues[0].waiting[0].since, at(40), "at their place");
}

#[test]
fn a_phone_that_cannot_be_rung_is_no_fault_and_no_hurry() {
    let mut shop = Shop::new(vec![rules(1, &[1])], vec![person(1)]);
    shop.enter(9, 1, at(10));
    let offer = shop.offer_of(9).unwrap();
    shop.told(9, offer, Told::Missed(Miss::Unreachable), at(10));
    assert!(matches!(shop.state(1), State::Reconnecting(None)));
    assert_eq!(shop.offer_of(9), None, "not again and again");
    shop.tick(at(15));
    assert!(shop.offer_of(9).is_some(), "but after a moment");
}

#[test]
fn a_lost_word_is_noticed_and_the_ringing_taken_back() {
    let mut shop = Shop::new(vec![rules(1, &[1, 2])], vec![person(1), person(2)]);
    shop.enter(9, 1, at(10));
    let offer = shop.offer_of(9).unwrap();
    shop.tick(at(32));
    assert_eq!(shop.withdrawn, [offer]);
    shop.tick(at(34));
    assert!(shop.offer_of(9).is_some_and(|next| next != offer), "offered elsewhere all the same");
}

#[test]
fn an_answer_counts_even_when_its_offer_was_taken_back() {
    let mut shop = Shop::new(vec![rules(1, &[1])], vec![person(1)]);
    shop.enter(9, 1, at(10));
    let offer = shop.offer_of(9).unwrap();
    shop.tick(at(32));
    shop.told(9, offer, Told::Answered, at(33));
    assert_eq!(shop.state(1), State::OnCall(call(9)));
    assert_eq!(shop.visits[0].outcome, Outcome::Answered);
}

#[test]
fn a_caller_who_leaves_frees_the_agent_and_the_book_says_what_the_others_did() {
    let mut shop = Shop::new(vec![rules(1, &[1, 2])], vec![person(1), person(2)]);
    for (one, time) in [(5, 1), (6, 2)] {
        shop.enter(one, 1, at(time));
        let offer = shop.offer_of(one).unwrap();
        shop.told(one, offer, Told::Answered, at(time));
    }
    shop.told_over(5, at(20));
    shop.enter(9, 1, at(21));
    shop.leave(9, at(30));
    let visit = shop.visits.last().unwrap();
    assert_eq!((visit.outcome, visit.waited), (Outcome::Abandoned, Span::secs(9)));
    let TurnKind::Left { census } = visit.turns.last().unwrap().kind else { panic!("{visit:?}") };
    assert_eq!((census.on_call, census.wrap_up, census.ready), (1, 1, 0));
}

#[test]
fn a_caller_goes_on_to_the_next_queue_and_keeps_the_place() {
    let (mut one, mut two) = (rules(1, &[1]), rules(2, &[2]));
    one.max_wait = Some(Span::secs(60));
    one.overflow = Some(two.queue);
    two.max_length = Some(3);
    let mut shop = Shop::new(vec![one, two], vec![person(1), person(2)]);
    shop.busy(1, at(0));
    shop.busy(2, at(0));
    shop.enter(9, 1, at(10));
    shop.enter(8, 2, at(20));
    shop.tick(at(70));
    assert_eq!(shop.visits[0].outcome, Outcome::Overflowed);
    shop.gave(2, at(80));
    assert!(shop.offer_of(9).is_some() && shop.offer_of(8).is_none(), "who came first is first");
}

#[test]
fn full_deserted_and_overdue_callers_are_given_back() {
    let mut short = rules(1, &[1]);
    short.max_length = Some(1);
    short.max_wait = Some(Span::secs(30));
    let mut shop = Shop::new(vec![short, rules(2, &[7])], vec![person(1)]);
    shop.busy(1, at(0));
    shop.enter(5, 1, at(1));
    shop.enter(6, 1, at(2));
    shop.enter(7, 2, at(3));
    assert_eq!(shop.back, [(call(6), End::Full), (call(7), End::Nobody)]);
    shop.tick(at(31));
    assert_eq!(shop.back[2], (call(5), End::TimedOut));
    shop.enter(8, 1, at(40));
    shop.wish(1, Wish::Offline, at(41));
    shop.gave(1, at(42));
    shop.tick(at(69));
    assert_eq!(shop.back.len(), 3, "for a moment nobody being there is no reason");
    shop.tick(at(73));
    assert_eq!(shop.back[3].0, call(8));
}

#[test]
fn somebody_who_owes_a_disposition_is_not_ready_before() {
    let mut strict = rules(1, &[1]);
    strict.disposition_required = true;
    let mut shop = Shop::new(vec![strict], vec![person(1)]);
    shop.enter(9, 1, at(0));
    let offer = shop.offer_of(9).unwrap();
    shop.told(9, offer, Told::Answered, at(1));
    shop.told_over(9, at(10));
    shop.wish(1, Wish::Ready, at(20));
    assert!(!shop.machine.wrap_up(person(1).member, WrapUp::Done, at(21)));
    shop.tick(at(60));
    assert_eq!(shop.state(1), State::WrapUp(call(9)), "the time is up, the word is missing");
    assert!(shop.machine.wrap_up(person(1).member, WrapUp::Disposed(call(9)), at(61)));
    shop.drain();
    assert_eq!(shop.state(1), State::Ready);
}

#[test]
fn an_agent_on_a_call_of_their_own_is_left_alone() {
    let mut shop = Shop::new(vec![rules(1, &[1])], vec![person(1)]);
    shop.busy(1, at(0));
    assert!(matches!(shop.state(1), State::OnCall(_)));
    shop.enter(9, 1, at(1));
    assert_eq!(shop.offer_of(9), None);
    shop.gave(1, at(5));
    assert!(shop.offer_of(9).is_some());
}

#[test]
fn the_longest_idle_is_chosen_and_the_decision_says_why() {
    let mut shop = Shop::new(vec![rules(1, &[1, 2]), rules(2, &[3])], vec![person(1), person(2), person(3)]);
    shop.wish(1, Wish::NotReady(None), at(1));
    shop.wish(1, Wish::Ready, at(5));
    shop.enter(9, 1, at(10));
    assert_eq!(shop.agent_of(9), Some(person(2).member));
    let offer = shop.offer_of(9).unwrap();
    shop.told(9, offer, Told::Answered, at(11));
    let TurnKind::Offered { others, counts, census, .. } = &shop.visits[0].turns[0].kind else { panic!() };
    assert_eq!((others.len(), others[0].agent, others[0].why), (1, person(1).member, Lost::LessIdle));
    assert!(counts.iter().all(|one| one.why != Lost::LacksSkill), "who does not work here is no reason");
    assert_eq!(census.ready, 2);
}

#[test]
fn a_phone_that_is_gone_takes_no_offers_and_signs_out_after_a_while() {
    let mut shop = Shop::new(vec![rules(1, &[1, 2])], vec![person(1), person(2)]);
    shop.machine.reach(person(1).seat, false, at(1));
    shop.enter(9, 1, at(2));
    assert_eq!(shop.agent_of(9), Some(person(2).member));
    shop.tick(at(31));
    assert_eq!(shop.state(1), State::Offline);
    let standing = shop.standings.iter().rfind(|one| one.member == person(1).member).unwrap();
    assert_eq!(standing.state, State::Offline);
}

#[test]
fn an_agent_whose_page_is_gone_keeps_the_call_and_after_a_while_the_caller_is_first_in_line() {
    let mut shop = Shop::new(vec![rules(1, &[1, 2])], vec![person(1), person(2)]);
    shop.enter(8, 1, at(5));
    shop.enter(9, 1, at(10));
    let (offers, agents) = ([8, 9].map(|it| shop.offer_of(it).unwrap()), [8, 9].map(|it| shop.agent_of(it).unwrap()));
    shop.told(8, offers[0], Told::Answered, at(11));
    shop.told(9, offers[1], Told::Answered, at(12));
    // Away for a moment: the call is held for them, whatever their phone's registration does meanwhile.
    shop.told(9, offers[1], Told::Lost, at(20));
    assert_eq!(shop.state_of(agents[1]), State::Reconnecting(Some(call(9))));
    for no in [1, 2] {
        shop.machine.reach(person(no).seat, true, at(21));
    }
    assert_eq!(shop.state_of(agents[1]), State::Reconnecting(Some(call(9))));
    shop.told(9, offers[1], Told::Back, at(22));
    assert_eq!(shop.state_of(agents[1]), State::OnCall(call(9)));
    // And for good: others have waited long, yet this one goes first.
    shop.enter(3, 1, at(30));
    shop.told(9, offers[1], Told::Lost, at(400));
    let gone = [1, 2].map(person).into_iter().find(|it| it.member == agents[1]).unwrap();
    shop.machine.reach(gone.seat, false, at(401));
    shop.told(9, offers[1], Told::Requeue, at(420));
    assert_eq!(shop.offer_of(3), None);
    shop.told(8, offers[0], Told::TalkOver, at(430));
    shop.tick(at(500));
    let offered = shop.offer_of(9).expect("before who waited since second thirty");
    assert_ne!(offered, offers[1]);
    shop.told(9, offered, Told::Answered, at(501));
    assert_eq!(shop.visits.iter().filter(|visit| visit.call == call(9)).count(), 2, "two stays of one call");
}

#[test]
fn positions_and_waits_are_told() {
    let mut told = rules(1, &[1]);
    (told.announce_position, told.announce_wait) = (true, true);
    let mut shop = Shop::new(vec![told], vec![person(1)]);
    shop.busy(1, at(0));
    for one in 5..8 {
        shop.enter(one, 1, at(u64::from(one)));
    }
    shop.tick(at(12));
    let said: Vec<u32> = shop.said.iter().filter_map(|(_, position, _)| *position).collect();
    assert_eq!(said, [1, 2, 3]);
    assert!(shop.said.iter().all(|(_, _, wait)| wait.is_some()));
    let before = shop.said.len();
    shop.tick(at(40));
    assert_eq!(shop.said.len(), before, "not before the time between two");
}

#[test]
fn a_queue_that_is_removed_gives_its_callers_back() {
    let mut shop = Shop::new(vec![rules(1, &[1])], vec![person(1)]);
    shop.busy(1, at(0));
    shop.enter(9, 1, at(1));
    shop.company.queues.clear();
    shop.set(at(2));
    assert_eq!(shop.back, [(call(9), End::Failed)]);
    assert!(shop.machine.poll().is_none_or(|effect| !matches!(effect, Effect::Offer { .. })));
}
