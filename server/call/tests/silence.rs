//! What the story of a call says of a party from whom no audio comes.

use patchbay_call::{
    Branch, Call, EarlyMedia, Effect, Input, LegInput, LegNo, MediaLimits, MomentKind, Quiet, Shape, Unreached,
};
use patchbay_kernel::{Tick, time::Span};

const LINE: LegNo = LegNo(1);

/// A call that rings at a line.
fn ringing() -> Call {
    let branch = Branch { needs_slot: false, carrier: true, silent_after: None };
    let mut call = Call::new(Shape {
        carrier_calls: false,
        stages: vec![vec![branch]],
        first_stages: 0,
        called_first: false,
        ring_timeout: Span::secs(25),
        max_talk: Span::secs(3_600),
        early_media: EarlyMedia::PassThrough,
        media: MediaLimits::default(),
    });
    for input in [Input::Admitted, Input::StartRecorded] {
        call.handle(input, Tick::ZERO);
    }
    while call.poll().is_some() {}
    call
}

fn did(call: &mut Call, leg: LegNo, what: LegInput) -> Vec<Effect> {
    call.handle(Input::Leg(leg, what), Tick::ZERO);
    std::iter::from_fn(|| call.poll()).collect()
}

const fn silent(for_ms: u64, why: Quiet) -> LegInput {
    LegInput::Silent { for_ms, why }
}

fn note(kind: MomentKind) -> [Effect; 1] {
    [Effect::Note { leg: Some(LINE), kind }]
}

#[test]
fn silence_is_told_once_with_what_is_known_of_it() {
    let mut call = ringing();
    assert_eq!(did(&mut call, LINE, silent(9_000, Quiet::Never)), [], "it only rings");
    did(&mut call, LINE, LegInput::Answered);
    assert_eq!(did(&mut call, LINE, silent(2_000, Quiet::Never)), [], "a pause");
    let told = note(MomentKind::Silent { for_ms: 7_000, why: Quiet::Never });
    assert_eq!(did(&mut call, LINE, silent(7_000, Quiet::Never)), told);
    assert_eq!(did(&mut call, LINE, silent(12_000, Quiet::Never)), [], "once");
    assert_eq!(did(&mut call, LINE, LegInput::FirstAudio), note(MomentKind::FirstAudio));
    assert_eq!(did(&mut call, LINE, silent(2_000, Quiet::Stopped)), []);
    assert_eq!(did(&mut call, LINE, LegInput::Audible), [], "nobody noticed");
    assert_eq!(did(&mut call, LINE, silent(7_000, Quiet::Lost)).len(), 1, "a new spell");
    assert_eq!(did(&mut call, LINE, LegInput::Audible), note(MomentKind::Audible));
}

#[test]
fn muted_and_held_parties_are_no_fault_and_end_nothing() {
    let mut call = ringing();
    did(&mut call, LINE, LegInput::Answered);
    for leg in [LegNo::CALLER, LINE, LegNo::CALLER, LINE] {
        assert_eq!(did(&mut call, leg, silent(400_000, Quiet::Paused)), []);
    }
    did(&mut call, LegNo::CALLER, LegInput::Held);
    for leg in [LegNo::CALLER, LINE] {
        assert_eq!(did(&mut call, leg, silent(400_000, Quiet::Stopped)), []);
    }
    did(&mut call, LegNo::CALLER, LegInput::Resumed);
    assert_eq!(did(&mut call, LINE, silent(2_000, Quiet::Stopped)), [], "what was silent on hold does not count");
    assert!(!call.is_closed());
}

#[test]
fn a_first_packet_ends_the_count_towards_the_time_limit() {
    let mut call = ringing();
    did(&mut call, LINE, LegInput::Answered);
    did(&mut call, LINE, silent(32_000, Quiet::Never));
    did(&mut call, LINE, LegInput::FirstAudio);
    assert_eq!(did(&mut call, LegNo::CALLER, silent(32_000, Quiet::Stopped)).len(), 1);
    assert!(!call.is_closed(), "only one side is silent");
    let end = did(&mut call, LINE, silent(31_000, Quiet::Stopped));
    assert!(end.iter().any(|effect| matches!(effect, Effect::Close { .. })), "{end:?}");
}

#[test]
fn the_moment_reads_as_the_record_keeps_it() {
    let old: MomentKind = serde_json::from_str(r#"{"kind":"silent","for_ms":7000}"#).unwrap();
    assert_eq!(old, MomentKind::Silent { for_ms: 7_000, why: Quiet::Stopped });
    let new = serde_json::to_string(&MomentKind::Silent { for_ms: 7_000, why: Quiet::Lost }).unwrap();
    assert_eq!(new, r#"{"kind":"silent","for_ms":7000,"why":"lost"}"#);
}

#[test]
fn our_audio_that_does_not_arrive_is_told_while_both_talk() {
    let mut call = ringing();
    let unheard = LegInput::Unheard { for_ms: 9_000, why: Unreached::Reported };
    assert_eq!(did(&mut call, LINE, unheard.clone()), [], "it only rings");
    did(&mut call, LINE, LegInput::Answered);
    let told = note(MomentKind::Unheard { for_ms: 9_000, why: Unreached::Reported });
    assert_eq!(did(&mut call, LINE, unheard.clone()), told);
    assert_eq!(did(&mut call, LINE, LegInput::HeardAgain), note(MomentKind::HeardAgain));
    did(&mut call, LINE, LegInput::Held);
    assert_eq!(did(&mut call, LINE, unheard), [], "on hold there is nothing to hear");
}
