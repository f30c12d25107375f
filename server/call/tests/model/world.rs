//! The switch in small: obeys effects as the real one does, keeps count of what is open, and judges after every event.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use patchbay_call::{Call, Effect, Input, LegInput, LegNo, MomentKind};
use patchbay_kernel::{EndCause, Tick, time::Span};

use crate::{
    reference::Reference,
    script::{Mood, Script, What, branches},
};

/// One call with everything around it.
pub struct World {
    call: Call,
    reference: Reference,
    mood: Mood,
    /// We place the call: the caller is dialled.
    placed: bool,
    now: Tick,
    /// Slots taken and not given back.
    slots: BTreeSet<LegNo>,
    /// SIP sessions that are not over.
    open: BTreeSet<LegNo>,
    /// Legs that the media engine has open.
    media: BTreeSet<LegNo>,
    final_answers: u32,
    starts: u32,
    closes: u32,
    ends_told: BTreeMap<LegNo, u32>,
    story: Option<Vec<String>>,
}

type Judged = Result<(), String>;

fn must(holds: bool, what: impl FnOnce() -> String) -> Judged {
    if holds { Ok(()) } else { Err(what()) }
}

impl World {
    pub fn new(call: Call, script: &Script, tell: bool) -> Self {
        Self {
            call,
            reference: Reference::new(script.shape()),
            mood: script.mood,
            placed: script.first_stages > 0,
            now: Tick::ZERO,
            slots: BTreeSet::new(),
            open: if script.first_stages > 0 { BTreeSet::new() } else { BTreeSet::from([LegNo::CALLER]) },
            media: BTreeSet::new(),
            final_answers: 0,
            starts: 0,
            closes: 0,
            ends_told: BTreeMap::new(),
            story: tell.then(Vec::new),
        }
    }

    pub fn told(&mut self) -> Vec<String> {
        self.story.take().unwrap_or_default()
    }

    pub fn is_over(&self) -> bool {
        self.closes == 1 && self.call.is_closed()
    }

    /// For the test of the judge.
    pub fn reference_is_over(&mut self) {
        self.reference.is_over();
    }

    pub fn play(&mut self, script: &Script) -> Judged {
        let first = self.taken(&[Effect::Admit])?;
        self.obey_all(first)?;
        for step in &script.steps {
            self.now = self.now + Span::ms(step.after_ms);
            // The switch sleeps until a deadline, not beyond it.
            while let Some(due) = self.call.deadline().filter(|due| *due <= self.now) {
                let now = std::mem::replace(&mut self.now, due);
                self.feed(Input::Deadline)?;
                self.now = now;
                must(self.call.deadline().is_none_or(|next| next > due), || {
                    format!("a deadline at {due:?} stays after it came")
                })?;
            }
            match &step.what {
                What::Leg(leg, deed) => self.does(LegNo(*leg), deed.clone())?,
                What::Seek(by, stages, for_good) => self.feed(Input::Seek {
                    by: LegNo(*by),
                    stages: branches(stages),
                    within: Span::secs(15),
                    for_good: *for_good,
                })?,
                What::StopSeeking => self.feed(Input::StopSeeking)?,
                What::HangUp(cause) => self.feed(Input::HangUp(*cause))?,
                What::TooEarly => self.feed(Input::Deadline)?,
                What::Deadline => self.next_deadline()?,
            }
        }
        // Time alone ends every call.
        for _ in 0..40 {
            self.next_deadline()?;
        }
        must(self.is_over(), || "it never ends".into())?;
        for late in [LegInput::Answered, LegInput::Ended { cause: None }, LegInput::Held, LegInput::Away] {
            for leg in 0..6 {
                self.feed(Input::Leg(LegNo(leg), late.clone()))?;
            }
        }
        Ok(())
    }

    fn next_deadline(&mut self) -> Judged {
        match self.call.deadline() {
            Some(due) => {
                self.now = self.now.max(due);
                self.feed(Input::Deadline)
            }
            None => must(self.is_over(), || "nothing will ever end it".into()),
        }
    }

    /// A party acts. Its session is over by itself when it leaves or refuses.
    fn does(&mut self, leg: LegNo, deed: LegInput) -> Judged {
        if matches!(deed, LegInput::Ended { .. } | LegInput::Failed { .. }) {
            self.open.remove(&leg);
            if leg != LegNo::CALLER {
                self.media.remove(&leg);
            }
        }
        self.feed(Input::Leg(leg, deed))
    }

    fn feed(&mut self, input: Input) -> Judged {
        let effects = self.handled(input)?;
        self.obey_all(effects)?;
        self.at_rest()
    }

    /// What one input leads to, and whether the reference agrees.
    fn handled(&mut self, input: Input) -> Result<Vec<Effect>, String> {
        if let Some(story) = &mut self.story {
            story.push(format!("{:>9} ms  {input:?}", self.now.as_ms()));
        }
        let expected = self.reference.step(&input, self.now);
        self.call.handle(input, self.now);
        self.taken(&expected)
    }

    fn taken(&mut self, expected: &[Effect]) -> Result<Vec<Effect>, String> {
        let effects: Vec<Effect> = std::iter::from_fn(|| self.call.poll()).collect();
        if let Some(story) = &mut self.story {
            story.extend(effects.iter().map(|effect| format!("              -> {effect:?}")));
        }
        let sorted = |all: &mut dyn Iterator<Item = &Effect>| {
            let mut texts: Vec<String> = all
                .filter(|effect| !matches!(effect, Effect::Note { .. }))
                .map(|effect| format!("{effect:?}"))
                .collect();
            texts.sort();
            texts
        };
        let (got, wanted) = (sorted(&mut effects.iter()), sorted(&mut expected.iter()));
        must(got == wanted, || format!("the reference wants {wanted:?}, the machine does {got:?}"))?;
        Ok(effects)
    }

    /// In order; what is answered at once is fed before the next effect, as the switch does.
    fn obey_all(&mut self, effects: Vec<Effect>) -> Judged {
        let mut queue = VecDeque::from(effects);
        while let Some(effect) = queue.pop_front() {
            must(self.closes == 0, || format!("{effect:?} after the close"))?;
            if let Some(answer) = self.obey(effect)? {
                queue.extend(self.handled(answer)?);
            }
        }
        Ok(())
    }

    fn obey(&mut self, effect: Effect) -> Result<Option<Input>, String> {
        let bit = |word: u16, leg: LegNo| word >> (leg.0 % 10) & 1 == 1;
        match effect {
            Effect::Admit => {
                let refused = Input::NotAdmitted { label: "company".into(), cause: EndCause::Congested };
                return Ok(Some(if self.mood.admits { Input::Admitted } else { refused }));
            }
            Effect::RecordStart => {
                self.starts += 1;
                return Ok(Some(if self.mood.records { Input::StartRecorded } else { Input::StartNotRecorded }));
            }
            Effect::TakeSlot { leg, .. } => {
                let granted = bit(self.mood.lines, leg);
                if granted {
                    must(self.slots.insert(leg), || format!("{leg:?} takes two slots"))?;
                }
                let refused = LegInput::SlotRefused { label: format!("line {}", leg.0), cause: EndCause::Congested };
                return Ok(Some(Input::Leg(leg, if granted { LegInput::SlotGranted } else { refused })));
            }
            Effect::GiveSlotBack { leg } => {
                must(self.slots.remove(&leg), || format!("{leg:?} gives back what it has not"))?;
                self.media.remove(&leg);
            }
            Effect::Dial { leg, .. } => return self.dial(leg, bit(self.mood.dials, leg)),
            Effect::RingCaller { audio, .. } => {
                must(self.starts == 1 && self.final_answers == 0, || {
                    "ringing without a record or after the answer".into()
                })?;
                must(audio.is_none_or(|leg| self.open.contains(&leg)), || {
                    format!("early audio of {audio:?}, who is gone")
                })?;
            }
            Effect::TakeCaller { leg } => {
                must(self.open.remove(&leg) && self.open.insert(LegNo::CALLER), || {
                    format!("{leg:?} cannot be the caller")
                })?;
                if self.slots.remove(&leg) {
                    self.slots.insert(LegNo::CALLER);
                }
                self.media.remove(&leg);
                self.media.insert(LegNo::CALLER);
            }
            Effect::AnswerCaller { leg } => {
                self.final_answers += 1;
                must(self.open.contains(&leg), || format!("answered with {leg:?}, who is gone"))?;
                if !self.mood.answers && !self.placed {
                    // The switch refuses the caller before it says so.
                    self.open.remove(&LegNo::CALLER);
                    let failed = LegInput::Failed { cause: EndCause::NoCommonMedia, sip_status: None };
                    return Ok(Some(Input::Leg(LegNo::CALLER, failed)));
                }
                self.media.insert(LegNo::CALLER);
            }
            Effect::JoinCaller { leg } => {
                must(self.final_answers == 1 && self.open.contains(&leg), || {
                    format!("joined to {leg:?}, who is gone")
                })?;
            }
            Effect::Returned { leg, .. } => {
                must(!self.open.contains(&leg), || format!("{leg:?} has left, and is there"))?;
                self.media.remove(&leg);
            }
            Effect::SoughtInVain { .. } => {}
            Effect::RefuseCaller { .. } => {
                self.final_answers += 1;
                must(self.open.remove(&LegNo::CALLER), || "a caller who is gone is refused".into())?;
            }
            Effect::HangUpLeg { leg, .. } => {
                must(self.open.remove(&leg), || format!("{leg:?} is hung up, and is gone already"))?;
                self.media.remove(&leg);
            }
            Effect::Hold { .. } | Effect::Unhold { .. } => {}
            // The place of one who was transferred is taken by the party of the linked call.
            Effect::PassDigit { to, .. } => {
                let there = self.open.contains(&to) || self.reference.away() == Some(to);
                must(there, || format!("a digit to {to:?}, who is gone"))?;
            }
            Effect::Note { leg, kind } => self.noted(leg, &kind)?,
            Effect::Close { .. } => {
                self.closes += 1;
                // What the switch gives back and closes at the end of every call.
                self.slots.clear();
                self.media.clear();
            }
            // Who takes the place has its number, its slot and its session.
            Effect::Replace { leg, .. }
            | Effect::Lose { leg }
            | Effect::Park { leg }
            | Effect::Comfort { leg }
            | Effect::Recall { leg }
            | Effect::Regain { leg, .. } => {
                must(self.open.contains(&leg), || format!("the place of {leg:?}, who is gone"))?
            }
        }
        Ok(None)
    }

    fn dial(&mut self, leg: LegNo, works: bool) -> Result<Option<Input>, String> {
        must(self.starts == 1, || "dialled before the start was recorded".into())?;
        if !works {
            return Ok(Some(Input::Leg(leg, LegInput::Failed { cause: EndCause::Unreachable, sip_status: None })));
        }
        must(self.open.insert(leg), || format!("{leg:?} is dialled twice"))?;
        self.media.insert(leg);
        Ok(None)
    }

    /// The story of the call: one end, and at most one for each leg that is not replaced.
    fn noted(&mut self, leg: Option<LegNo>, kind: &MomentKind) -> Judged {
        if let (MomentKind::LegEnded { .. }, Some(leg)) = (kind, leg) {
            *self.ends_told.entry(leg).or_default() += 1;
        }
        Ok(())
    }

    /// Nothing moves: what is open, taken and told must fit.
    fn at_rest(&self) -> Judged {
        must(self.final_answers <= 1, || "two final answers".into())?;
        must(self.starts <= 1 && self.closes <= 1, || "two starts or two closes".into())?;
        must(self.call.is_closed() == (self.closes == 1), || "closed without a close".into())?;
        let alive = self.reference.alive();
        let caller_has = |leg: LegNo| leg == LegNo::CALLER && self.reference.caller_has_line();
        let strays: Vec<_> = self.slots.iter().filter(|leg| !alive.contains(leg) && !caller_has(**leg)).collect();
        must(strays.is_empty(), || format!("slots of legs that are gone: {strays:?}"))?;
        let strays: Vec<_> = self.media.iter().filter(|leg| **leg != LegNo::CALLER && !alive.contains(leg)).collect();
        must(strays.is_empty(), || format!("media of legs that are gone: {strays:?}"))?;
        if self.closes == 1 {
            must(self.open.is_empty(), || format!("still on the line after the close: {:?}", self.open))?;
            return must(self.call.deadline().is_none(), || "a deadline after the close".into());
        }
        must(self.call.is_held() == self.reference.is_held(), || {
            format!("held: {} in the machine, {} in truth", self.call.is_held(), self.reference.is_held())
        })?;
        let open: BTreeSet<LegNo> = self.open.iter().copied().filter(|leg| *leg != LegNo::CALLER).collect();
        must(open == self.reference.on_the_wire(), || {
            format!("on the line {open:?}, in truth {:?}", self.reference.on_the_wire())
        })?;
        must(self.call.deadline().is_some(), || "no deadline: it could ring for ever".into())
    }
}
