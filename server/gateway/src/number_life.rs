//! The life of a number: which step leads from which state to which, and who may take it.
//!
//! ```text
//! available ── hold ──> reserved ── claim ──> assigned ── release ──> quarantined ── time ──> available
//!     │                    └──── let go, time ────> available             └── take back ──> assigned
//!     └── port in ──> porting_in ── ported in ──> reserved                  any but assigned ──> retired
//! ```

use kernel::{Uuid, Wall};
use patchbay_kernel as kernel;

/// Where a number stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum State {
    /// Can be claimed.
    Available,
    /// Held by a company while it shops, or kept back by the operator.
    Reserved,
    /// A company has it.
    Assigned,
    /// On its way from another carrier.
    PortingIn,
    /// Rests after a release, so that callers of the former owner die out.
    Quarantined,
    /// Out of service for good.
    Retired,
}

impl State {
    /// Every one of them.
    pub const ALL: [Self; 6] =
        [Self::Available, Self::Reserved, Self::Assigned, Self::PortingIn, Self::Quarantined, Self::Retired];

    /// As stored and sent.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Available => "available",
            Self::Reserved => "reserved",
            Self::Assigned => "assigned",
            Self::PortingIn => "porting_in",
            Self::Quarantined => "quarantined",
            Self::Retired => "retired",
        }
    }

    /// Back from [`Self::as_str`].
    pub fn stored(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == text)
    }
}

/// All that decides what may become of a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Life {
    /// Where it stands.
    pub state: State,
    /// Whose it is; with [`State::Assigned`] alone.
    pub owner: Option<Uuid>,
    /// Who holds it, who may take it back, or for whom it is on its way.
    pub kept_for: Option<Uuid>,
    /// End of a hold or of a rest.
    pub until: Option<Wall>,
}

/// Something that happens to a number. Companies are named by their id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Step {
    /// A company keeps it for itself until then while it makes up its mind; again: the hold is longer.
    Hold(Uuid, Wall),
    /// A company gives its hold up.
    LetGo(Uuid),
    /// A company takes it.
    Claim(Uuid),
    /// A company gives it back; it rests until then.
    Release(Uuid, Wall),
    /// The company that gave it back takes it again.
    TakeBack(Uuid),
    /// A hold or a rest is over.
    TimeUp,
    /// The operator keeps it back from the shop.
    KeepBack,
    /// The operator opens it to everybody.
    Open,
    /// It is on its way from another carrier, for this company or for the shop.
    PortIn(Option<Uuid>),
    /// It has arrived: held until then for the company that it was ported for, else open to everybody.
    PortedIn(Wall),
    /// The operator takes it out of service for good.
    Retire,
}

/// Why a step is not possible.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
pub enum Refused {
    /// Somebody else has or holds it, or it rests. One answer for all, so that it is no oracle.
    #[error("not available")]
    Unavailable,
    /// This company has nothing to do with it.
    #[error("not yours")]
    NotYours,
    /// A company has it and must release it first.
    #[error("a company has it")]
    Assigned,
    /// It is out of service for good.
    #[error("out of service for good")]
    Retired,
    /// No way leads from here to there.
    #[error("a number that is {} cannot do this", .0.as_str())]
    NotSo(State),
}

impl Life {
    /// A number that is new in the inventory.
    pub const NEW: Self = Self { state: State::Available, owner: None, kept_for: None, until: None };

    /// Whether the time of its hold or rest is over. What has no end has not ended.
    pub fn is_over(&self, now: Wall) -> bool {
        matches!(self.state, State::Reserved | State::Quarantined) && self.until.is_some_and(|until| until <= now)
    }

    /// Whether this company could take it now.
    pub fn is_open_to(&self, company: Uuid, now: Wall) -> bool {
        match self.state {
            State::Available => true,
            State::Reserved => self.is_over(now) || (self.until.is_some() && self.kept_for == Some(company)),
            State::Quarantined => self.is_over(now),
            State::Assigned | State::PortingIn | State::Retired => false,
        }
    }

    /// What becomes of it.
    pub fn step(&self, step: Step, now: Wall) -> Result<Self, Refused> {
        use State::{Assigned, Available, PortingIn, Quarantined, Reserved, Retired};
        let open = |state, kept_for, until| Ok(Self { state, owner: None, kept_for, until });
        match (step, self.state) {
            (Step::Hold(company, until), _) if self.is_open_to(company, now) => {
                open(Reserved, Some(company), Some(until))
            }
            (Step::Claim(company), _) if self.is_open_to(company, now) => {
                Ok(Self { state: Assigned, owner: Some(company), kept_for: None, until: None })
            }
            (Step::Hold(..) | Step::Claim(_), _) => Err(Refused::Unavailable),
            (Step::LetGo(company), Reserved) if self.kept_for == Some(company) && self.until.is_some() => {
                open(Available, None, None)
            }
            (Step::Release(company, until), Assigned) if self.owner == Some(company) => {
                open(Quarantined, Some(company), Some(until))
            }
            (Step::TakeBack(company), Quarantined) if self.kept_for == Some(company) => {
                Ok(Self { state: Assigned, owner: Some(company), kept_for: None, until: None })
            }
            (Step::LetGo(_) | Step::Release(..) | Step::TakeBack(_), _) => Err(Refused::NotYours),
            (Step::TimeUp, _) if self.is_over(now) => open(Available, None, None),
            (_, Assigned) => Err(Refused::Assigned),
            (_, Retired) => Err(Refused::Retired),
            (Step::KeepBack, Available | PortingIn | Quarantined) => open(Reserved, None, None),
            (Step::Open, Reserved | PortingIn | Quarantined) => open(Available, None, None),
            (Step::PortIn(company), Available | Reserved | PortingIn) => open(PortingIn, company, None),
            (Step::PortedIn(until), PortingIn) => match self.kept_for {
                Some(company) => open(Reserved, Some(company), Some(until)),
                None => open(Available, None, None),
            },
            (Step::Retire, _) => open(Retired, None, None),
            (_, state) => Err(Refused::NotSo(state)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: Uuid = Uuid::from_u128(1);
    const B: Uuid = Uuid::from_u128(2);
    const NOW: Wall = Wall(1_000);
    const LATER: Wall = Wall(2_000);
    const LAST: Wall = Wall(3_000);

    fn after(steps: &[(Step, Wall)]) -> Result<Life, Refused> {
        steps.iter().try_fold(Life::NEW, |life, (step, now)| life.step(*step, *now))
    }

    #[test]
    fn a_hold_keeps_others_out_until_it_lapses() {
        let held = after(&[(Step::Hold(A, LATER), NOW)]).unwrap();
        assert_eq!(held.step(Step::Claim(B), NOW), Err(Refused::Unavailable));
        assert_eq!(held.step(Step::Hold(B, LAST), NOW), Err(Refused::Unavailable));
        assert_eq!(held.step(Step::LetGo(B), NOW), Err(Refused::NotYours));
        assert_eq!(held.step(Step::Claim(A), NOW).unwrap().owner, Some(A));
        assert_eq!(held.step(Step::Hold(A, LAST), NOW).unwrap().until, Some(LAST), "its own hold may be longer");
        assert_eq!(held.step(Step::LetGo(A), NOW), Ok(Life::NEW));
        assert_eq!(held.step(Step::TimeUp, NOW), Err(Refused::NotSo(State::Reserved)));
        assert_eq!(held.step(Step::TimeUp, LATER), Ok(Life::NEW));
        assert_eq!(held.step(Step::Claim(B), LATER).unwrap().owner, Some(B));
    }

    #[test]
    fn what_the_operator_keeps_back_is_nobody_s_and_never_lapses() {
        let kept = after(&[(Step::KeepBack, NOW)]).unwrap();
        for step in [Step::Claim(A), Step::Hold(A, LAST)] {
            assert_eq!(kept.step(step, LAST), Err(Refused::Unavailable));
        }
        assert!(kept.step(Step::TimeUp, LAST).is_err() && kept.step(Step::LetGo(A), LAST).is_err());
        assert_eq!(kept.step(Step::Open, NOW), Ok(Life::NEW));
    }

    #[test]
    fn a_released_number_rests_and_only_its_owner_takes_it_back() {
        let owned = after(&[(Step::Claim(A), NOW)]).unwrap();
        assert_eq!(owned.step(Step::Release(B, LATER), NOW), Err(Refused::NotYours));
        assert_eq!(owned.step(Step::Retire, NOW), Err(Refused::Assigned));
        let resting = owned.step(Step::Release(A, LATER), NOW).unwrap();
        assert_eq!(resting.step(Step::Claim(A), NOW), Err(Refused::Unavailable), "not through the shop");
        assert_eq!(resting.step(Step::TakeBack(B), NOW), Err(Refused::NotYours));
        assert_eq!(resting.step(Step::TakeBack(A), NOW), Ok(owned));
        assert_eq!(resting.step(Step::Claim(B), LATER).unwrap().owner, Some(B));
        let opened = resting.step(Step::Open, NOW).unwrap();
        assert_eq!(opened.step(Step::TakeBack(A), NOW), Err(Refused::NotYours), "the operator let it go");
    }

    #[test]
    fn a_ported_number_waits_for_the_company_it_was_ported_for() {
        let coming = after(&[(Step::PortIn(Some(A)), NOW)]).unwrap();
        assert_eq!(coming.step(Step::Claim(A), NOW), Err(Refused::Unavailable));
        let here = coming.step(Step::PortedIn(LATER), NOW).unwrap();
        assert_eq!(here.step(Step::Claim(B), NOW), Err(Refused::Unavailable));
        assert_eq!(here.step(Step::Claim(A), NOW).unwrap().state, State::Assigned);
        assert_eq!(after(&[(Step::PortIn(None), NOW), (Step::PortedIn(LATER), NOW)]), Ok(Life::NEW));
    }

    #[test]
    fn whatever_happens_only_an_assigned_number_has_an_owner() {
        let steps = [
            Step::Hold(A, LATER),
            Step::Hold(B, LAST),
            Step::LetGo(A),
            Step::Claim(A),
            Step::Claim(B),
            Step::Release(A, LATER),
            Step::TakeBack(A),
            Step::TakeBack(B),
            Step::TimeUp,
            Step::KeepBack,
            Step::Open,
            Step::PortIn(Some(B)),
            Step::PortIn(None),
            Step::PortedIn(LAST),
            Step::Retire,
        ];
        let (mut seen, mut open) = (std::collections::HashSet::from([Life::NEW]), vec![Life::NEW]);
        while let Some(life) = open.pop() {
            assert_eq!(life.owner.is_some(), life.state == State::Assigned, "{life:?}");
            assert!(life.state != State::Retired || (life.kept_for, life.until) == (None, None), "{life:?}");
            for (step, now) in steps.iter().flat_map(|step| [NOW, LATER, LAST].map(|now| (*step, now))) {
                let Ok(next) = life.step(step, now) else { continue };
                assert_ne!(life.state, State::Retired, "nothing leads back: {step:?}");
                if let (Some(owner), Some(other)) = (life.owner, next.owner) {
                    assert_eq!(owner, other, "{step:?} takes a number away from its owner");
                }
                if seen.insert(next) {
                    open.push(next);
                }
            }
        }
        let states: std::collections::HashSet<State> = seen.iter().map(|life| life.state).collect();
        assert_eq!(states.len(), State::ALL.len(), "every state is reached");
    }

    #[test]
    fn states_are_stored_by_name() {
        for state in State::ALL {
            assert_eq!(State::stored(state.as_str()), Some(state));
        }
        assert_eq!(State::stored("lost"), None);
    }
}
