//! Ordinary calls, told step by step.

use patchbay_call::{Branch, Call, EarlyMedia, Effect, Input, LegInput, LegNo, MediaLimits, Quiet, Shape};
use patchbay_kernel::{Blame, EndCause, Tick, time::Span};

const CALLER: LegNo = LegNo::CALLER;
const FIRST: LegNo = LegNo(1);
const SECOND: LegNo = LegNo(2);

fn shape(stages: &[usize], line: bool) -> Shape {
    let branch = Branch { needs_slot: line, carrier: line, silent_after: line.then_some(Span::secs(4)) };
    Shape {
        carrier_calls: false,
        stages: stages.iter().map(|n| vec![branch; *n]).collect(),
        first_stages: 0,
        called_first: false,
        ring_timeout: Span::secs(25),
        max_talk: Span::secs(3_600),
        early_media: EarlyMedia::PassThrough,
        media: MediaLimits::default(),
    }
}

/// Feeds inputs one second apart and answers with the effects that are not notes.
struct Script(Call, Tick);

impl Script {
    fn begin(stages: &[usize], line: bool) -> Self {
        let mut script = Self(Call::new(shape(stages, line)), Tick::ZERO);
        assert_eq!(script.drain(), [Effect::Admit]);
        assert_eq!(script.step(Input::Admitted), [Effect::RecordStart]);
        script
    }
    fn drain(&mut self) -> Vec<Effect> {
        std::iter::from_fn(|| self.0.poll()).filter(|effect| !matches!(effect, Effect::Note { .. })).collect()
    }
    fn step(&mut self, input: Input) -> Vec<Effect> {
        self.1 = self.1 + Span::secs(1);
        self.0.handle(input, self.1);
        self.drain()
    }
    fn leg(&mut self, leg: LegNo, what: LegInput) -> Vec<Effect> {
        self.step(Input::Leg(leg, what))
    }
}

fn failed(cause: EndCause) -> LegInput {
    LegInput::Failed { cause, sip_status: Some(cause.sip_status()) }
}

fn silent(for_ms: u64) -> LegInput {
    LegInput::Silent { for_ms, why: Quiet::Stopped }
}

fn cause_of(effects: &[Effect]) -> Option<(EndCause, Blame)> {
    effects.iter().find_map(|effect| match effect {
        Effect::Close { cause, blame, .. } => Some((*cause, *blame)),
        _ => None,
    })
}

#[test]
fn two_devices_ring_and_the_first_to_answer_wins() {
    let mut call = Script::begin(&[2], false);
    let dialled = call.step(Input::StartRecorded);
    assert_eq!(dialled.len(), 2);
    assert_eq!(
        call.leg(SECOND, LegInput::Progress { audio: false }),
        [Effect::RingCaller { audio: None, ringback: false }]
    );
    assert_eq!(call.leg(FIRST, LegInput::Progress { audio: false }), []);
    assert_eq!(
        call.leg(FIRST, LegInput::Answered),
        [Effect::AnswerCaller { leg: FIRST }, Effect::HangUpLeg { leg: SECOND, cause: EndCause::CallerCancelled }]
    );
    let end = call.leg(FIRST, LegInput::Ended { cause: None });
    assert_eq!(cause_of(&end), Some((EndCause::CalleeHungUp, Blame::Callee)));
    assert_eq!(end[0], Effect::HangUpLeg { leg: CALLER, cause: EndCause::CalleeHungUp });
}

#[test]
fn the_carrier_s_fault_tries_the_next_line_and_gives_the_slot_back() {
    let mut call = Script::begin(&[1, 1], true);
    assert_eq!(call.step(Input::StartRecorded), [Effect::TakeSlot { leg: FIRST, stage: 0, branch: 0 }]);
    assert_eq!(call.leg(FIRST, LegInput::SlotGranted), [Effect::Dial { leg: FIRST, stage: 0, branch: 0 }]);
    assert_eq!(
        call.leg(FIRST, failed(EndCause::CarrierFailed)),
        [Effect::GiveSlotBack { leg: FIRST }, Effect::TakeSlot { leg: SECOND, stage: 1, branch: 0 }]
    );
    assert_eq!(call.leg(SECOND, LegInput::SlotGranted), [Effect::Dial { leg: SECOND, stage: 1, branch: 0 }]);
}

#[test]
fn busy_never_tries_another_line() {
    let mut call = Script::begin(&[1, 1], true);
    call.step(Input::StartRecorded);
    call.leg(FIRST, LegInput::SlotGranted);
    let end = call.leg(FIRST, failed(EndCause::Busy));
    assert_eq!(cause_of(&end), Some((EndCause::Busy, Blame::Callee)));
}

#[test]
fn a_full_line_is_named_in_the_refusal() {
    let mut call = Script::begin(&[1], true);
    call.step(Input::StartRecorded);
    let end = call.leg(FIRST, LegInput::SlotRefused { label: "FXO port 7".into(), cause: EndCause::Congested });
    assert!(end.iter().any(|effect| matches!(effect,
        Effect::RefuseCaller { cause: EndCause::Congested, detail: Some(text), .. } if text == "FXO port 7")));
}

#[test]
fn a_caller_who_gives_up_cancels_every_ringing_device() {
    let mut call = Script::begin(&[2], false);
    call.step(Input::StartRecorded);
    let end = call.leg(CALLER, LegInput::Ended { cause: None });
    assert_eq!(end.iter().filter(|effect| matches!(effect, Effect::HangUpLeg { .. })).count(), 2);
    assert_eq!(cause_of(&end), Some((EndCause::CallerCancelled, Blame::Caller)));
}

#[test]
fn a_silent_line_is_given_up_after_its_limit() {
    let mut call = Script::begin(&[1, 1], true);
    call.step(Input::StartRecorded);
    call.leg(FIRST, LegInput::SlotGranted);
    call.1 = call.0.deadline().expect("a silent line has a deadline");
    let next = call.step(Input::Deadline);
    assert!(next.contains(&Effect::HangUpLeg { leg: FIRST, cause: EndCause::CarrierSilent }));
    assert!(next.contains(&Effect::TakeSlot { leg: SECOND, stage: 1, branch: 0 }));
}

#[test]
fn ringing_out_is_no_answer() {
    let mut call = Script::begin(&[1], false);
    call.step(Input::StartRecorded);
    call.leg(FIRST, LegInput::Progress { audio: false });
    call.1 = Tick::ZERO + Span::secs(40);
    assert_eq!(cause_of(&call.step(Input::Deadline)), Some((EndCause::NoAnswer, Blame::Callee)));
}

#[test]
fn hold_is_told_once_and_silence_on_hold_ends_nothing() {
    let mut call = Script::begin(&[1], false);
    call.step(Input::StartRecorded);
    call.leg(FIRST, LegInput::Answered);
    assert_eq!(call.leg(CALLER, LegInput::Held), [Effect::Hold { leg: CALLER }]);
    assert_eq!(call.leg(CALLER, LegInput::Held), []);
    call.leg(CALLER, silent(40_000));
    assert_eq!(call.leg(FIRST, silent(40_000)), []);
    assert_eq!(call.leg(CALLER, LegInput::Resumed), [Effect::Unhold { leg: CALLER }]);
}

#[test]
fn a_phone_that_held_while_it_rang_takes_its_hold_along() {
    let mut call = Script::begin(&[2], false);
    call.step(Input::StartRecorded);
    assert_eq!(call.leg(SECOND, LegInput::Held), [Effect::Hold { leg: SECOND }]);
    call.leg(FIRST, LegInput::Answered);
    assert!(!call.0.is_held(), "the call of the phone that answered would be silent for ever");
    call.leg(CALLER, silent(31_000));
    assert!(cause_of(&call.leg(FIRST, silent(31_000))).is_some(), "silence counts");
}

#[test]
fn both_silent_for_thirty_seconds_is_a_media_timeout() {
    let mut call = Script::begin(&[1], false);
    call.step(Input::StartRecorded);
    call.leg(FIRST, LegInput::Answered);
    assert_eq!(call.leg(CALLER, silent(30_000)), []);
    let end = call.leg(FIRST, silent(30_500));
    assert_eq!(cause_of(&end), Some((EndCause::MediaTimeout, Blame::Carrier)));
}

#[test]
fn a_lost_connection_is_the_doing_of_its_own_side() {
    for (carrier_calls, line, lost, blame) in [
        (false, true, CALLER, Blame::Caller),
        (false, true, FIRST, Blame::Carrier),
        (false, false, FIRST, Blame::Callee),
        (true, false, CALLER, Blame::Carrier),
        (true, false, FIRST, Blame::Callee),
    ] {
        let mut call = Script(Call::new(Shape { carrier_calls, ..shape(&[1], line) }), Tick::ZERO);
        for input in [Input::Admitted, Input::StartRecorded] {
            call.step(input);
        }
        call.leg(FIRST, LegInput::SlotGranted);
        call.leg(FIRST, LegInput::Answered);
        let end = call.leg(lost, LegInput::Ended { cause: Some(EndCause::FlowLost) });
        assert_eq!(cause_of(&end), Some((EndCause::FlowLost, blame)), "{lost:?} carrier_calls {carrier_calls}");
    }
    let mut call = Script::begin(&[1], true);
    call.step(Input::StartRecorded);
    let end = call.leg(CALLER, LegInput::Ended { cause: Some(EndCause::FlowLost) });
    assert_eq!(cause_of(&end), Some((EndCause::FlowLost, Blame::Caller)), "before an answer too");
}

#[test]
fn no_ringing_without_a_record() {
    let mut call = Script::begin(&[1], false);
    let end = call.step(Input::StartNotRecorded);
    assert_eq!(cause_of(&end), Some((EndCause::Internal, Blame::Us)));
}

#[test]
fn a_transferred_party_leaves_and_the_call_lives_on_with_the_other() {
    for (leaves, stays, at_end) in [(CALLER, FIRST, EndCause::CalleeHungUp), (FIRST, CALLER, EndCause::CallerHungUp)] {
        let mut call = Script::begin(&[1], false);
        call.step(Input::StartRecorded);
        assert_eq!(call.leg(leaves, LegInput::Away), [], "nobody is transferred out of a call that rings");
        call.leg(FIRST, LegInput::Answered);
        // The one who transfers had put the other on hold: with it the hold goes.
        assert_eq!(call.leg(leaves, LegInput::Held), [Effect::Hold { leg: leaves }]);
        let gone = call.leg(leaves, LegInput::Away);
        assert!(matches!(gone.as_slice(), [Effect::HangUpLeg { leg, .. }] if *leg == leaves), "{gone:?}");
        assert!(!call.0.is_held());
        // Its own farewell, its silence and a second transfer are no news.
        for late in [LegInput::Ended { cause: None }, silent(400_000), LegInput::Away, LegInput::Resumed] {
            assert_eq!(call.leg(leaves, late), []);
        }
        assert_eq!(call.leg(stays, LegInput::Away), [], "somebody must stay");
        assert_eq!(call.leg(stays, LegInput::Held), [Effect::Hold { leg: stays }]);
        assert_eq!(call.leg(stays, LegInput::Resumed), [Effect::Unhold { leg: stays }]);
        let end = call.leg(stays, LegInput::Ended { cause: None });
        assert_eq!(cause_of(&end).map(|it| it.0), Some(at_end));
        assert!(!end.contains(&Effect::HangUpLeg { leg: leaves, cause: at_end }), "{end:?}");
    }
}

#[test]
fn who_stays_after_a_transfer_is_hung_up_with_the_call() {
    let mut call = Script::begin(&[1], false);
    call.step(Input::StartRecorded);
    call.leg(FIRST, LegInput::Answered);
    call.leg(CALLER, LegInput::Away);
    let end = call.step(Input::HangUp(EndCause::CalleeHungUp));
    assert_eq!(end[0], Effect::HangUpLeg { leg: FIRST, cause: EndCause::CalleeHungUp });
    assert!(cause_of(&end).is_some());
}

/// A call that we place: one device of the seat, then the line; or the other way round.
fn placed(called_first: bool) -> Script {
    let branch = |line: bool| Branch { needs_slot: line, carrier: line, silent_after: None };
    let stages = if called_first {
        vec![vec![branch(true)], vec![branch(false)]]
    } else {
        vec![vec![branch(false)], vec![branch(true)]]
    };
    let shape = Shape { stages, first_stages: 1, called_first, ..shape(&[], false) };
    let mut script = Script(Call::new(shape), Tick::ZERO);
    assert_eq!(script.drain(), [Effect::Admit]);
    assert_eq!(script.step(Input::Admitted), [Effect::RecordStart]);
    script
}

#[test]
fn a_placed_call_rings_the_seat_then_dials_the_number_and_joins_them() {
    let mut call = placed(false);
    assert_eq!(call.step(Input::StartRecorded), [Effect::Dial { leg: FIRST, stage: 0, branch: 0 }]);
    assert_eq!(call.leg(FIRST, LegInput::Progress { audio: false }), [], "there is nobody to be told");
    let came = call.leg(FIRST, LegInput::Answered);
    assert_eq!(came, [Effect::TakeCaller { leg: FIRST }, Effect::TakeSlot { leg: SECOND, stage: 1, branch: 0 }]);
    assert_eq!(call.0.answered_at(), None, "an agent who waits for the other party does not talk yet");
    assert_eq!(call.leg(SECOND, LegInput::SlotGranted), [Effect::Dial { leg: SECOND, stage: 1, branch: 0 }]);
    let rings = call.leg(SECOND, LegInput::Progress { audio: false });
    assert_eq!(rings, [Effect::RingCaller { audio: None, ringback: true }], "its own device does not ring any more");
    assert_eq!(call.leg(SECOND, LegInput::Answered), [Effect::AnswerCaller { leg: SECOND }]);
    let end = call.leg(CALLER, LegInput::Ended { cause: None });
    assert_eq!(cause_of(&end), Some((EndCause::CallerHungUp, Blame::Caller)));
}

#[test]
fn a_seat_that_does_not_answer_costs_no_line() {
    let mut call = placed(false);
    call.step(Input::StartRecorded);
    let end = call.leg(FIRST, failed(EndCause::Declined));
    assert_eq!(cause_of(&end).map(|it| it.0), Some(EndCause::Declined));
    assert!(
        !end.iter().any(|it| matches!(it, Effect::RefuseCaller { .. } | Effect::TakeSlot { .. } | Effect::Dial { .. })),
        "{end:?}"
    );
}

#[test]
fn who_was_dialled_first_is_hung_up_when_the_other_does_not_come() {
    let mut call = placed(false);
    call.step(Input::StartRecorded);
    call.leg(FIRST, LegInput::Answered);
    call.leg(SECOND, LegInput::SlotGranted);
    let end = call.leg(SECOND, failed(EndCause::Busy));
    assert!(end.contains(&Effect::HangUpLeg { leg: CALLER, cause: EndCause::Busy }), "{end:?}");
    assert_eq!(cause_of(&end), Some((EndCause::Busy, EndCause::Busy.blame())));
}

#[test]
fn the_number_first_and_its_hang_up_is_the_called_party_s() {
    let mut call = placed(true);
    assert_eq!(call.step(Input::StartRecorded), [Effect::TakeSlot { leg: FIRST, stage: 0, branch: 0 }]);
    call.leg(FIRST, LegInput::SlotGranted);
    let came = call.leg(FIRST, LegInput::Answered);
    assert_eq!(came, [Effect::TakeCaller { leg: FIRST }, Effect::Dial { leg: SECOND, stage: 1, branch: 0 }]);
    call.leg(SECOND, LegInput::Answered);
    let end = call.leg(CALLER, LegInput::Ended { cause: None });
    assert_eq!(cause_of(&end), Some((EndCause::CalleeHungUp, Blame::Callee)));
}

#[test]
fn a_hold_by_order_outlasts_what_the_device_says() {
    let mut call = Script::begin(&[1], false);
    call.step(Input::StartRecorded);
    call.leg(FIRST, LegInput::Answered);
    assert_eq!(call.leg(FIRST, LegInput::PutOnHold), [Effect::Hold { leg: FIRST }]);
    assert_eq!(call.leg(FIRST, LegInput::Held), [], "once");
    assert_eq!(call.leg(FIRST, LegInput::Resumed), [], "a device that describes itself anew ends its own hold alone");
    assert!(call.0.is_held_by(FIRST) && !call.0.is_held_by(CALLER));
    assert_eq!(call.leg(FIRST, LegInput::TakenOffHold), [Effect::Unhold { leg: FIRST }]);
    assert_eq!(call.leg(FIRST, LegInput::TakenOffHold), []);
    assert!(!call.0.is_held());
}

/// A flow has answered the caller and looks for somebody at two devices.
fn seeking(for_good: bool) -> Script {
    let mut call = Script::begin(&[1], false);
    call.step(Input::StartRecorded);
    assert_eq!(call.leg(FIRST, LegInput::Answered), [Effect::AnswerCaller { leg: FIRST }]);
    let device = Branch { needs_slot: false, carrier: false, silent_after: Some(Span::secs(8)) };
    let seek = Input::Seek { by: FIRST, stages: vec![vec![device; 2]], within: Span::secs(20), for_good };
    let dialled = [2, 3].map(|no: u16| Effect::Dial { leg: LegNo(no), stage: 1, branch: usize::from(no) - 2 });
    assert_eq!(call.step(seek), dialled);
    call
}

#[test]
fn who_is_found_talks_and_the_flow_has_the_caller_back() {
    let mut call = seeking(false);
    assert_eq!(call.leg(SECOND, LegInput::Progress { audio: true }), [], "the caller was answered long ago");
    let joined = call.leg(SECOND, LegInput::Answered);
    let third = Effect::HangUpLeg { leg: LegNo(3), cause: EndCause::CallerCancelled };
    assert_eq!(joined, [Effect::JoinCaller { leg: SECOND }, third]);
    assert_eq!(call.leg(CALLER, LegInput::Digit('1')), [Effect::PassDigit { to: SECOND, digit: '1' }]);
    assert_eq!(call.leg(SECOND, LegInput::Ended { cause: None }), [Effect::Returned { leg: SECOND, lost: false }]);
    let end = call.step(Input::HangUp(EndCause::CalleeHungUp));
    assert_eq!(cause_of(&end), Some((EndCause::CalleeHungUp, Blame::Callee)));
}

#[test]
fn a_flow_that_hands_over_for_good_leaves() {
    let mut call = seeking(true);
    let joined = call.leg(SECOND, LegInput::Answered);
    assert_eq!(joined[0], Effect::JoinCaller { leg: SECOND });
    assert!(joined.contains(&Effect::HangUpLeg { leg: FIRST, cause: EndCause::CalleeHungUp }));
    let end = call.leg(SECOND, LegInput::Ended { cause: None });
    assert_eq!(cause_of(&end), Some((EndCause::CalleeHungUp, Blame::Callee)));
}

#[test]
fn nobody_found_is_told_and_the_flow_goes_on() {
    let mut call = seeking(false);
    assert_eq!(call.leg(SECOND, failed(EndCause::Busy)), []);
    let vain = call.leg(LegNo(3), failed(EndCause::Unreachable));
    assert_eq!(vain, [Effect::SoughtInVain { cause: EndCause::Busy }], "the one that most tells why");
    let device = Branch { needs_slot: false, carrier: false, silent_after: None };
    let again = Input::Seek { by: FIRST, stages: vec![vec![device]], within: Span::secs(20), for_good: false };
    assert_eq!(call.step(again), [Effect::Dial { leg: LegNo(4), stage: 2, branch: 0 }]);
    assert_eq!(call.step(Input::StopSeeking), [Effect::HangUpLeg { leg: LegNo(4), cause: EndCause::CallerCancelled }]);
    let end = call.leg(CALLER, LegInput::Ended { cause: None });
    assert_eq!(cause_of(&end), Some((EndCause::CallerHungUp, Blame::Caller)));
}

#[test]
fn a_flow_that_has_not_answered_rings_others_too() {
    let mut call = Script::begin(&[1], false);
    call.step(Input::StartRecorded);
    let device = Branch { needs_slot: false, carrier: false, silent_after: None };
    call.step(Input::Seek { by: FIRST, stages: vec![vec![device]], within: Span::secs(5), for_good: false });
    assert_eq!(
        call.leg(SECOND, LegInput::Progress { audio: false }),
        [Effect::RingCaller { audio: None, ringback: false }]
    );
    for _ in 0..3 {
        assert_eq!(call.step(Input::Deadline), []);
    }
    let vain = call.step(Input::Deadline);
    assert_eq!(vain.last(), Some(&Effect::SoughtInVain { cause: EndCause::NoAnswer }));
    assert_eq!(call.leg(FIRST, LegInput::Answered), [Effect::AnswerCaller { leg: FIRST }], "and then it speaks itself");
}
