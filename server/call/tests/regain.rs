//! A device that is gone without a word: its party's place is kept, filled again, or given up.

use patchbay_call::{Branch, Call, EarlyMedia, Effect, Input, LegInput, LegNo, MediaLimits, MomentKind, Quiet, Shape};
use patchbay_kernel::{Blame, EndCause, Tick, time::Span};

const CALLER: LegNo = LegNo::CALLER;
const AGENT: LegNo = LegNo(1);

struct Story(Call, Tick);

impl Story {
    /// The caller talks with the agent since second ten.
    fn talking() -> Self {
        let branch = Branch { needs_slot: false, carrier: false, silent_after: None };
        let mut story = Self(
            Call::new(Shape {
                carrier_calls: true,
                stages: vec![vec![branch]],
                first_stages: 0,
                called_first: false,
                ring_timeout: Span::secs(25),
                max_talk: Span::secs(3_600),
                early_media: EarlyMedia::PassThrough,
                media: MediaLimits::default(),
            }),
            Tick::from_ms(10_000),
        );
        story.feed(Input::Admitted);
        story.feed(Input::StartRecorded);
        story.leg(AGENT, LegInput::Answered);
        story
    }

    fn feed(&mut self, input: Input) -> Vec<Effect> {
        self.0.handle(input, self.1);
        std::iter::from_fn(|| self.0.poll()).collect()
    }

    fn leg(&mut self, no: LegNo, what: LegInput) -> Vec<Effect> {
        self.feed(Input::Leg(no, what))
    }

    fn lost(&mut self) -> Vec<Effect> {
        self.leg(AGENT, LegInput::Lost { silent_ms: 0 })
    }

    /// So much later: all that time brought, woken only when the call wants to be.
    fn later(&mut self, ms: u64) -> Vec<Effect> {
        let until = self.1 + Span::ms(ms);
        let mut effects = Vec::new();
        while let Some(due) = self.0.deadline().filter(|due| *due <= until) {
            self.1 = due;
            effects.extend(self.feed(Input::Deadline));
        }
        self.1 = until;
        effects
    }
}

fn note(kind: MomentKind) -> Effect {
    Effect::Note { leg: Some(AGENT), kind }
}

fn cause_of(effects: &[Effect]) -> Option<(EndCause, Blame)> {
    effects.iter().find_map(|effect| match effect {
        Effect::Close { cause, blame, .. } => Some((*cause, *blame)),
        _ => None,
    })
}

#[test]
fn who_comes_back_at_once_has_the_place_again_and_the_gap_is_told() {
    let mut story = Story::talking();
    assert_eq!(story.lost(), [Effect::Lose { leg: AGENT }]);
    assert!(story.0.is_lost(AGENT) && story.0.is_parted() && !story.0.is_held());
    assert_eq!(story.later(300), []);
    let back = story.leg(AGENT, LegInput::Regained);
    assert_eq!(
        back,
        [note(MomentKind::Lost), note(MomentKind::Regained { for_ms: 300 }), Effect::Regain { leg: AGENT, anew: true }]
    );
    assert!(!story.0.is_parted());
    assert_eq!(story.later(60_000), [], "nothing is left of it");
    let end = story.leg(AGENT, LegInput::Ended { cause: None });
    assert_eq!(cause_of(&end), Some((EndCause::CalleeHungUp, Blame::Callee)));
}

#[test]
fn a_hang_up_that_follows_the_end_of_audio_is_a_hang_up_and_no_loss() {
    let mut story = Story::talking();
    story.lost();
    story.1 = story.1 + Span::ms(30);
    let end = story.leg(AGENT, LegInput::Ended { cause: None });
    assert_eq!(cause_of(&end), Some((EndCause::CalleeHungUp, Blame::Callee)));
    assert!(!end.contains(&note(MomentKind::Lost)), "{end:?}");
}

#[test]
fn who_is_away_is_called_again_the_other_hears_music_and_after_twenty_seconds_it_is_over() {
    let mut story = Story::talking();
    story.lost();
    assert_eq!(story.later(1_999), [note(MomentKind::Lost)]);
    assert_eq!(story.later(1), [Effect::Comfort { leg: AGENT }, Effect::Recall { leg: AGENT }]);
    // What is known by then changes nothing.
    assert_eq!(story.leg(AGENT, LegInput::Silent { for_ms: 2_000, why: Quiet::Stopped }), []);
    assert_eq!(story.leg(AGENT, LegInput::Ended { cause: Some(EndCause::FlowLost) }), []);
    assert_eq!(story.lost(), []);
    let recalls = story.later(17_999);
    assert_eq!(recalls, vec![Effect::Recall { leg: AGENT }; 5]);
    let end = story.later(1);
    assert!(end.contains(&Effect::HangUpLeg { leg: AGENT, cause: EndCause::FlowLost }), "{end:?}");
    assert!(end.contains(&Effect::HangUpLeg { leg: CALLER, cause: EndCause::FlowLost }), "{end:?}");
    assert_eq!(cause_of(&end), Some((EndCause::FlowLost, Blame::Callee)));
    assert!(story.0.is_closed());
}

#[test]
fn audio_that_comes_again_is_enough() {
    let mut story = Story::talking();
    let lost = story.leg(AGENT, LegInput::Lost { silent_ms: 2_000 });
    let expected = [
        Effect::Lose { leg: AGENT },
        note(MomentKind::Lost),
        Effect::Comfort { leg: AGENT },
        Effect::Recall { leg: AGENT },
    ];
    assert_eq!(lost, expected, "after two seconds of silence there is nothing to wait for");
    story.later(1_500);
    let back = story.leg(AGENT, LegInput::Audible);
    assert_eq!(back, [note(MomentKind::Regained { for_ms: 3_500 }), Effect::Regain { leg: AGENT, anew: false }]);
    assert_eq!(story.leg(AGENT, LegInput::Audible), [], "once");
}

#[test]
fn a_hold_outlasts_a_reload_and_its_music_goes_on() {
    let mut story = Story::talking();
    story.leg(AGENT, LegInput::Held);
    story.lost();
    let waiting = story.later(3_000);
    assert!(!waiting.contains(&Effect::Comfort { leg: AGENT }), "{waiting:?}");
    story.leg(AGENT, LegInput::Regained);
    assert!(story.0.is_held_by(AGENT));
    assert_eq!(story.leg(AGENT, LegInput::Resumed), [note(MomentKind::Resumed), Effect::Unhold { leg: AGENT }]);
}

#[test]
fn a_leg_whose_signalling_alone_was_lost_is_replaced_without_a_word() {
    let mut story = Story::talking();
    assert_eq!(story.leg(AGENT, LegInput::Regained), [Effect::Regain { leg: AGENT, anew: true }]);
}

#[test]
fn who_is_parked_waits_for_whoever_picks_up_and_who_parked_is_asked_again() {
    let mut story = Story::talking();
    let parked = story.leg(AGENT, LegInput::Parked { slot: 7 });
    assert_eq!(parked, [note(MomentKind::Parked { slot: 7 }), Effect::Park { leg: AGENT }]);
    assert!(story.0.is_parked(AGENT) && story.0.is_parted() && !story.0.may_be_lost(AGENT));
    assert_eq!(story.leg(AGENT, LegInput::Lost { silent_ms: 0 }), [], "nobody is there to be missed");
    assert_eq!(story.later(119_999), []);
    assert_eq!(story.later(1), [Effect::Recall { leg: AGENT }]);
    assert_eq!(story.later(120_000), [Effect::Recall { leg: AGENT }]);
    let picked = story.leg(AGENT, LegInput::Regained);
    assert_eq!(picked, [Effect::Regain { leg: AGENT, anew: true }, note(MomentKind::PickedUp)]);
    assert!(!story.0.is_parted());
    let end = story.leg(AGENT, LegInput::Ended { cause: None });
    assert_eq!(cause_of(&end), Some((EndCause::CalleeHungUp, Blame::Callee)));
    // Who waits may hang up.
    let mut story = Story::talking();
    story.leg(AGENT, LegInput::Parked { slot: 1 });
    let end = story.leg(CALLER, LegInput::Ended { cause: None });
    assert_eq!(cause_of(&end), Some((EndCause::CallerHungUp, Blame::Caller)));
    assert_eq!(story.0.deadline(), None);
}

#[test]
fn nobody_is_lost_who_does_not_talk() {
    let mut story = Story::talking();
    assert!(!story.0.may_be_lost(LegNo(2)) && story.0.may_be_lost(CALLER));
    story.leg(AGENT, LegInput::Away);
    assert!(!story.0.may_be_lost(AGENT));
    assert_eq!(story.lost(), []);
    assert_eq!(story.leg(AGENT, LegInput::Regained), []);
    // The one who is left may be, and is missed as long.
    assert_eq!(story.leg(CALLER, LegInput::Lost { silent_ms: 0 }), [Effect::Lose { leg: CALLER }]);
    let end = story.later(20_000);
    assert_eq!(cause_of(&end), Some((EndCause::FlowLost, Blame::Carrier)));
}

#[test]
fn the_other_one_may_hang_up_meanwhile() {
    let mut story = Story::talking();
    story.lost();
    let end = story.leg(CALLER, LegInput::Ended { cause: None });
    assert_eq!(cause_of(&end), Some((EndCause::CallerHungUp, Blame::Caller)));
    assert!(end.contains(&Effect::HangUpLeg { leg: AGENT, cause: EndCause::CallerHungUp }), "{end:?}");
    assert_eq!(story.0.deadline(), None);
}
