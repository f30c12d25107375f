//! Somebody takes the place of a party: while they talk, while it rings, and when there is no such place.

use patchbay_call::{Branch, Call, EarlyMedia, Effect, Input, LegInput, LegNo, MediaLimits, MomentKind, Shape};
use patchbay_kernel::{EndCause, Tick, time::Span};

const CALLER: LegNo = LegNo::CALLER;
const FIRST: LegNo = LegNo(1);
const SECOND: LegNo = LegNo(2);

fn feed(call: &mut Call, input: Input) -> Vec<Effect> {
    call.handle(input, Tick::from_ms(7_000));
    std::iter::from_fn(|| call.poll()).collect()
}

fn leg(call: &mut Call, no: LegNo, what: LegInput) -> Vec<Effect> {
    feed(call, Input::Leg(no, what))
}

/// Two phones ring.
fn ringing() -> Call {
    let branch = Branch { needs_slot: false, carrier: false, silent_after: None };
    let mut call = Call::new(Shape {
        carrier_calls: false,
        stages: vec![vec![branch, branch]],
        first_stages: 0,
        called_first: false,
        ring_timeout: Span::secs(25),
        max_talk: Span::secs(3_600),
        early_media: EarlyMedia::PassThrough,
        media: MediaLimits::default(),
    });
    feed(&mut call, Input::Admitted);
    feed(&mut call, Input::StartRecorded);
    leg(&mut call, FIRST, LegInput::Progress { audio: false });
    call
}

fn talking() -> Call {
    let mut call = ringing();
    leg(&mut call, FIRST, LegInput::Answered);
    call
}

fn ended(no: LegNo, cause: EndCause) -> Effect {
    Effect::Note { leg: Some(no), kind: MomentKind::LegEnded { cause, sip_status: None } }
}

#[test]
fn either_party_of_a_talk_is_replaced_and_the_talk_goes_on() {
    for (no, cause) in [(CALLER, EndCause::CallerHungUp), (FIRST, EndCause::CalleeHungUp)] {
        let mut call = talking();
        let answered = call.answered_at();
        assert!(call.may_be_replaced(no) && !call.may_be_replaced(SECOND));
        assert_eq!(leg(&mut call, no, LegInput::Replaced), [ended(no, cause), Effect::Replace { leg: no, cause }]);
        assert_eq!(call.answered_at(), answered, "one talk, one answer");
        // Once more, by yet another phone.
        assert_eq!(leg(&mut call, no, LegInput::Replaced).len(), 2);
        let end = leg(&mut call, no, LegInput::Ended { cause: None });
        assert!(end.iter().any(|it| matches!(it, Effect::Close { cause: it, .. } if *it == cause)), "{end:?}");
    }
}

#[test]
fn who_takes_over_does_not_hold() {
    let mut call = talking();
    leg(&mut call, FIRST, LegInput::Held);
    let effects = leg(&mut call, FIRST, LegInput::Replaced);
    assert!(effects.ends_with(&[Effect::Unhold { leg: FIRST }]), "{effects:?}");
    assert!(!call.is_held());
    // The other party's hold stays.
    leg(&mut call, CALLER, LegInput::Held);
    leg(&mut call, FIRST, LegInput::Replaced);
    assert!(call.is_held());
}

#[test]
fn a_ringing_phone_is_replaced_by_one_that_has_answered() {
    let mut call = ringing();
    let effects = leg(&mut call, FIRST, LegInput::Replaced);
    let cause = EndCause::CallerCancelled;
    assert_eq!(effects[..2], [ended(FIRST, cause), Effect::Replace { leg: FIRST, cause }]);
    assert!(effects.contains(&Effect::AnswerCaller { leg: FIRST }));
    assert!(effects.contains(&Effect::HangUpLeg { leg: SECOND, cause }), "the other phones stop ringing");
    assert!(call.answered_at().is_some());
}

#[test]
fn where_nobody_is_nobody_is_replaced() {
    let mut call = ringing();
    assert!(!call.may_be_replaced(CALLER), "a caller who waits has no place to give");
    assert_eq!(leg(&mut call, CALLER, LegInput::Replaced), []);
    leg(&mut call, SECOND, LegInput::Failed { cause: EndCause::Busy, sip_status: Some(486) });
    assert!(!call.may_be_replaced(SECOND));
    let mut call = talking();
    leg(&mut call, CALLER, LegInput::Away);
    assert!(!call.may_be_replaced(CALLER) && call.may_be_replaced(FIRST));
    feed(&mut call, Input::HangUp(EndCause::EndedByApi));
    assert!(!call.may_be_replaced(FIRST));
    assert_eq!(leg(&mut call, FIRST, LegInput::Replaced), []);
}
