//! Whatever the order of events, a call keeps its promises.

use std::collections::BTreeMap;

use patchbay_call::{Branch, Call, EarlyMedia, Effect, Input, LegInput, LegNo, MediaLimits, Quiet, Shape};
use patchbay_kernel::{EndCause, Tick, time::Span};
use proptest::prelude::*;

fn shape(stages: &[usize], needs_slot: bool) -> Shape {
    let branch = Branch { needs_slot, carrier: needs_slot, silent_after: Some(Span::secs(4)) };
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

fn leg_input() -> impl Strategy<Value = LegInput> {
    prop_oneof![
        3 => Just(LegInput::SlotGranted),
        1 => Just(LegInput::SlotRefused { label: "line 7".into(), cause: EndCause::Congested }),
        2 => any::<bool>().prop_map(|audio| LegInput::Progress { audio }),
        2 => Just(LegInput::Answered),
        1 => prop_oneof![Just(EndCause::Busy), Just(EndCause::CarrierFailed), Just(EndCause::Declined), Just(EndCause::Congested)]
            .prop_map(|cause| LegInput::Failed { cause, sip_status: Some(cause.sip_status()) }),
        1 => Just(LegInput::Ended { cause: None }),
        1 => Just(LegInput::Held),
        1 => Just(LegInput::Away),
        1 => Just(LegInput::Replaced),
        2 => Just(LegInput::Lost { silent_ms: 0 }),
        1 => Just(LegInput::Regained),
        1 => Just(LegInput::Parked { slot: 1 }),
        1 => Just(LegInput::Audible),
        1 => Just(LegInput::Resumed),
        1 => Just(LegInput::Digit('5')),
        1 => (0u64..400_000).prop_map(|for_ms| LegInput::Silent { for_ms, why: Quiet::Stopped }),
    ]
}

fn input() -> impl Strategy<Value = Input> {
    prop_oneof![
        3 => Just(Input::Admitted),
        1 => Just(Input::NotAdmitted { label: "company limit".into(), cause: EndCause::Congested }),
        3 => Just(Input::StartRecorded),
        1 => Just(Input::StartNotRecorded),
        12 => (0u16..5, leg_input()).prop_map(|(leg, what)| Input::Leg(LegNo(leg), what)),
        2 => (1u16..4, 0usize..3, any::<bool>()).prop_map(|(by, size, for_good)| Input::Seek {
            by: LegNo(by),
            stages: vec![vec![Branch { needs_slot: for_good, carrier: false, silent_after: None }; size]],
            within: Span::secs(20),
            for_good,
        }),
        1 => Just(Input::StopSeeking),
        1 => Just(Input::HangUp(EndCause::EndedByApi)),
        2 => Just(Input::Deadline),
    ]
}

/// What the effects so far say, and whether they may be said.
#[derive(Default)]
struct Judge {
    recorded: bool,
    final_answers: u32,
    closed: u32,
    dialled: BTreeMap<LegNo, bool>,
    slots: BTreeMap<LegNo, bool>,
    ended: BTreeMap<LegNo, u32>,
}

impl Judge {
    fn see(&mut self, effect: &Effect) {
        assert_eq!(self.closed, 0, "nothing follows the close, yet: {effect:?}");
        match effect {
            Effect::RecordStart => self.recorded = true,
            Effect::TakeSlot { leg, .. } => assert!(self.slots.insert(*leg, false).is_none()),
            Effect::Dial { leg, .. } => {
                assert!(self.recorded, "dialled before the start was recorded");
                assert!(self.dialled.insert(*leg, true).is_none(), "a leg is dialled once");
            }
            Effect::RingCaller { .. } => assert!(self.recorded && self.final_answers == 0),
            Effect::AnswerCaller { leg } => {
                assert!(self.dialled.contains_key(leg));
                self.final_answers += 1;
            }
            Effect::JoinCaller { leg } => {
                assert!(
                    self.dialled.contains_key(leg) && self.final_answers == 1,
                    "joined before the caller was answered"
                );
            }
            Effect::RefuseCaller { .. } => self.final_answers += 1,
            Effect::HangUpLeg { leg, .. } => *self.ended.entry(*leg).or_default() += 1,
            Effect::Replace { leg, .. } => {
                assert!(!self.ended.contains_key(leg), "nobody takes the place of one who has left");
                assert!(*leg == LegNo::CALLER || self.dialled.contains_key(leg));
            }
            Effect::Close { .. } => self.closed += 1,
            Effect::Admit
            | Effect::GiveSlotBack { .. }
            | Effect::Hold { .. }
            | Effect::Unhold { .. }
            | Effect::PassDigit { .. }
            | Effect::TakeCaller { .. }
            | Effect::SoughtInVain { .. }
            | Effect::Returned { .. }
            | Effect::Lose { .. }
            | Effect::Park { .. }
            | Effect::Comfort { .. }
            | Effect::Recall { .. }
            | Effect::Regain { .. }
            | Effect::Note { .. } => {}
        }
        assert!(self.final_answers <= 1, "one final answer to the caller");
        assert!(self.ended.values().all(|n| *n <= 1), "a leg is hung up once");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn one_answer_one_close_nothing_after(
        stages in prop::collection::vec(0usize..3, 0..3),
        slots in any::<bool>(),
        steps in prop::collection::vec((input(), 0u64..9_000), 0..60),
    ) {
        let (mut call, mut judge, mut now) = (Call::new(shape(&stages, slots)), Judge::default(), Tick::ZERO);
        while let Some(effect) = call.poll() { judge.see(&effect); }
        for (input, ms) in steps {
            now = now + Span::ms(ms);
            call.handle(input, now);
            while let Some(effect) = call.poll() { judge.see(&effect); }
        }
        call.handle(Input::HangUp(EndCause::Shutdown), now);
        while let Some(effect) = call.poll() { judge.see(&effect); }
        prop_assert_eq!(judge.closed, 1);
        prop_assert!(call.is_closed());
        prop_assert_eq!(call.deadline().filter(|at| *at > now), None);
    }
}
