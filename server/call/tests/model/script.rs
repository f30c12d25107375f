//! What happens in one sequence: the shape of the call, what the platform grants, and what parties, time and others do.

use patchbay_call::{Branch, EarlyMedia, LegInput, MediaLimits, Quiet, Shape};
use patchbay_kernel::{EndCause, time::Span};
use proptest::prelude::*;

/// One sequence.
#[derive(Clone, Debug)]
pub struct Script {
    pub carrier_calls: bool,
    /// For each branch whether it takes a line.
    pub stages: Vec<Vec<bool>>,
    /// Of a call that we place: so many of them are for the caller's place.
    pub first_stages: usize,
    pub called_first: bool,
    pub early: EarlyMedia,
    pub mood: Mood,
    pub steps: Vec<Step>,
}

/// What the platform says when it is asked.
#[derive(Clone, Copy, Debug)]
pub struct Mood {
    /// The company's slots are granted.
    pub admits: bool,
    /// The start is written.
    pub records: bool,
    /// A bit for each leg: its line is free.
    pub lines: u16,
    /// A bit for each leg: an INVITE can be sent.
    pub dials: u16,
    /// The caller's offer suits.
    pub answers: bool,
}

/// Something, after so many milliseconds.
#[derive(Clone, Debug)]
pub struct Step {
    pub after_ms: u64,
    pub what: What,
}

/// Who does what.
#[derive(Clone, Debug)]
pub enum What {
    /// This leg; 0 is the caller. Also one that was given up long ago, or was never dialled: messages cross on the wire.
    Leg(u16, LegInput),
    /// This leg wants others rung, for each branch whether it takes a line; and whether it leaves then.
    Seek(u16, Vec<Vec<bool>>, bool),
    /// It does no more.
    StopSeeking,
    /// Somebody with the right to do so ends the call.
    HangUp(EndCause),
    /// The next deadline comes.
    Deadline,
    /// A timer fires though nothing is due.
    TooEarly,
}

impl Script {
    /// Two devices ring, one answers.
    pub fn plain() -> Self {
        let did = |leg, what| Step { after_ms: 500, what: What::Leg(leg, what) };
        Self {
            carrier_calls: false,
            stages: vec![vec![false, true]],
            first_stages: 0,
            called_first: false,
            early: EarlyMedia::PassThrough,
            mood: Mood { admits: true, records: true, lines: u16::MAX, dials: u16::MAX, answers: true },
            steps: vec![
                did(1, LegInput::Progress { audio: false }),
                did(2, LegInput::Answered),
                did(0, LegInput::Ended { cause: None }),
            ],
        }
    }

    /// The plan of the call.
    pub fn shape(&self) -> Shape {
        Shape {
            carrier_calls: self.carrier_calls,
            stages: branches(&self.stages),
            first_stages: self.first_stages,
            called_first: self.called_first,
            ring_timeout: Span::secs(25),
            max_talk: Span::secs(3_600),
            early_media: self.early,
            media: MediaLimits::default(),
        }
    }
}

/// Lines and devices as branches.
pub fn branches(stages: &[Vec<bool>]) -> Vec<Vec<Branch>> {
    let branch = |line: &bool| Branch {
        needs_slot: *line,
        carrier: *line,
        silent_after: Some(if *line { Span::secs(4) } else { Span::secs(8) }),
    };
    stages.iter().map(|stage| stage.iter().map(branch).collect()).collect()
}

fn failure() -> impl Strategy<Value = EndCause> {
    prop::sample::select(vec![
        EndCause::Busy,
        EndCause::Declined,
        EndCause::NoAnswer,
        EndCause::NotFound,
        EndCause::Congested,
        EndCause::CarrierFailed,
        EndCause::FlowLost,
        EndCause::Unreachable,
        EndCause::NoCommonMedia,
    ])
}

fn deed() -> impl Strategy<Value = LegInput> {
    let quiet = prop::sample::select(vec![Quiet::Never, Quiet::Stopped, Quiet::Lost, Quiet::Paused]);
    prop_oneof![
        4 => any::<bool>().prop_map(|audio| LegInput::Progress { audio }),
        4 => Just(LegInput::Answered),
        3 => (failure(), any::<bool>()).prop_map(|(cause, told)| LegInput::Failed { cause, sip_status: told.then(|| cause.sip_status()) }),
        2 => Just(LegInput::Ended { cause: None }),
        1 => Just(LegInput::Ended { cause: Some(EndCause::FlowLost) }),
        2 => Just(LegInput::Held),
        2 => Just(LegInput::Resumed),
        1 => Just(LegInput::PutOnHold),
        1 => Just(LegInput::TakenOffHold),
        2 => Just(LegInput::Away),
        2 => Just(LegInput::Replaced),
        1 => Just(LegInput::Digit('5')),
        1 => Just(LegInput::FirstAudio),
        2 => (prop::sample::select(vec![2_000, 7_000, 29_000, 31_000, 301_000]), quiet)
            .prop_map(|(for_ms, why)| LegInput::Silent { for_ms, why }),
        1 => Just(LegInput::Audible),
        1 => any::<bool>().prop_map(|granted| if granted { LegInput::SlotGranted } else {
            LegInput::SlotRefused { label: "late".into(), cause: EndCause::Congested }
        }),
    ]
}

fn step() -> impl Strategy<Value = Step> {
    let what = prop_oneof![
        20 => (0u16..6, deed()).prop_map(|(leg, deed)| What::Leg(leg, deed)),
        4 => (0u16..4, prop::collection::vec(prop::collection::vec(any::<bool>(), 0..3), 0..3), any::<bool>())
            .prop_map(|(by, stages, for_good)| What::Seek(by, stages, for_good)),
        1 => Just(What::StopSeeking),
        1 => Just(What::HangUp(EndCause::EndedByApi)),
        2 => Just(What::Deadline),
        1 => Just(What::TooEarly),
    ];
    (0u64..3_000, what).prop_map(|(after_ms, what)| Step { after_ms, what })
}

/// Any sequence: up to three stages of up to three branches, up to twenty-four events.
pub fn scripts() -> impl Strategy<Value = Script> {
    let mostly = || prop::bool::weighted(0.95);
    let bits = || prop::collection::vec(prop::bool::weighted(0.85), 10);
    let word = |bits: Vec<bool>| bits.iter().enumerate().fold(0, |word, (at, bit)| word | u16::from(*bit) << at);
    let mood =
        (mostly(), mostly(), bits(), bits(), mostly()).prop_map(move |(admits, records, lines, dials, answers)| Mood {
            admits,
            records,
            lines: word(lines),
            dials: word(dials),
            answers,
        });
    let early = prop::sample::select(vec![EarlyMedia::PassThrough, EarlyMedia::OwnRingback, EarlyMedia::None]);
    let stages = prop::collection::vec(prop::collection::vec(any::<bool>(), 0..4), 0..4);
    let steps = prop::collection::vec(step(), 0..24);
    let placed = prop_oneof![2 => Just((0, false)), 1 => (1usize..3, any::<bool>())];
    (any::<bool>(), stages, placed, early, mood, steps).prop_map(
        |(carrier_calls, stages, placed, early, mood, steps)| Script {
            carrier_calls,
            stages,
            first_stages: placed.0,
            called_first: placed.1,
            early,
            mood,
            steps,
        },
    )
}
