//! What a queue looks like and what may be wished of one.

use kernel::{MemberId, QueueId, SkillId};
use patchbay_kernel as kernel;
use sea_orm::ActiveValue::Set;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use utoipa::ToSchema;

use super::{people::QueueMember, row::queue};
use crate::kit::{
    body::{Check, nullable},
    problem::Problem,
    words::words,
};

/// Members that a queue may have.
pub const MEMBERS_MOST: usize = 1_000;
/// Requirements that a queue may have, relaxations counted.
const SKILLS_MOST: usize = 40;

words! {
    /// Which of the agents who can serve a caller gets the call.
    Strategy {
        /// Who can do least besides, then who is idle longest.
        LeastSkilled = "least_skilled",
        /// Who is idle longest.
        LongestIdle = "longest_idle",
        /// Who has the best levels.
        BestLevel = "best_level",
    }
    /// What becomes of callers whom the queue cannot keep.
    Overflow {
        /// The call ends.
        HangUp = "hang_up",
        /// Another queue, with the place kept.
        Queue = "queue",
    }
}

/// A queue.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Queue {
    /// `que_..`
    pub id: String,
    /// Name, unique in the company.
    pub name: String,
    /// Which agent is chosen.
    pub strategy: Strategy,
    /// Seconds that an agent is rung before the next one is.
    pub ring_s: i32,
    /// Seconds for writing up a call.
    pub wrap_up_s: i32,
    /// Whether writing up ends only with a disposition.
    pub disposition_required: bool,
    /// Most callers at once; absent: no limit.
    pub max_length: Option<i32>,
    /// Longest wait in seconds; absent: no limit.
    pub max_wait_s: Option<i32>,
    /// What becomes of those beyond these limits.
    pub overflow: Overflow,
    /// `que_..` that they go to.
    pub overflow_queue: Option<String>,
    /// The target: so many seconds
    pub service_level_s: i32,
    /// for so many per cent of the callers.
    pub service_level_percent: i32,
    /// Callers are told their position.
    pub announce_position: bool,
    /// Callers are told how long it will take.
    pub announce_wait: bool,
    /// Seconds between announcements.
    pub announce_every_s: i32,
    /// Id of the prompt that waiting callers hear; absent: the usual music.
    pub music_prompt: Option<String>,
    /// Seconds that a caller waits for the agent they talked to before, before anybody gets them.
    pub sticky_hold_s: i32,
    /// Seconds that the last free holder of a rare skill is kept for those who need it.
    pub rare_hold_s: i32,
    /// What is asked of agents, and what less after a while.
    pub skills: Vec<QueueSkill>,
    /// Who works in it, of those you see, by name.
    pub members: Vec<QueueMember>,
    /// Since when.
    #[serde(with = "time::serde::rfc3339")]
    pub created_at: OffsetDateTime,
}

/// A level of a skill that is asked for from a waiting time on.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct QueueSkill {
    /// `skl_..`
    #[schema(value_type = String)]
    pub skill: SkillId,
    /// From so many seconds of waiting on; 0: from the start.
    #[serde(default)]
    pub after_s: i32,
    /// The least level, 1 to 5; 0: no longer asked for.
    pub level: i32,
}

/// What is wished of a queue. Absent fields get what is usual, or stay as they are.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
pub struct QueueWish {
    /// Name; needed for a new one.
    pub name: Option<String>,
    /// `least_skilled` unless told otherwise.
    pub strategy: Option<Strategy>,
    /// 5 to 120, usually 20.
    pub ring_s: Option<i32>,
    /// 0 to 600, usually 30.
    pub wrap_up_s: Option<i32>,
    /// Usually not.
    pub disposition_required: Option<bool>,
    /// 1 to 5,000; `null`: no limit.
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<i32>)]
    pub max_length: Option<Option<i32>>,
    /// 10 to 14,400; `null`: no limit.
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<i32>)]
    pub max_wait_s: Option<Option<i32>>,
    /// `hang_up` unless told otherwise.
    pub overflow: Option<Overflow>,
    /// `que_..`; with `overflow` `queue`.
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<String>)]
    pub overflow_queue: Option<Option<QueueId>>,
    /// 5 to 600, usually 20.
    pub service_level_s: Option<i32>,
    /// 1 to 100, usually 80.
    pub service_level_percent: Option<i32>,
    /// Usually not.
    pub announce_position: Option<bool>,
    /// Usually not.
    pub announce_wait: Option<bool>,
    /// 15 to 600, usually 60.
    pub announce_every_s: Option<i32>,
    /// `null`: the usual music.
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<String>)]
    pub music_prompt: Option<Option<String>>,
    /// 0 to 120, usually 0.
    pub sticky_hold_s: Option<i32>,
    /// 0 to 120, usually 45.
    pub rare_hold_s: Option<i32>,
    /// All that is asked of agents from now on.
    pub skills: Option<Vec<QueueSkill>>,
    /// Everybody who works in it from now on (`mem_..`), of those you see.
    #[schema(value_type = Option<Vec<String>>)]
    pub members: Option<Vec<MemberId>>,
}

impl QueueWish {
    /// What is wrong with it, all at once.
    pub fn checked(&self) -> Result<(), Problem> {
        let mut check = Check::default();
        self.name.iter().for_each(|name| check.name(name, "name"));
        let mut within = |value: Option<i32>, field: &str, least: i32, most: i32| {
            let holds = value.is_none_or(|value| (least..=most).contains(&value));
            check.need(holds, field, "out_of_range", &format!("From {least} to {most}."));
        };
        within(self.ring_s, "ring_s", 5, 120);
        within(self.wrap_up_s, "wrap_up_s", 0, 600);
        within(self.max_length.flatten(), "max_length", 1, 5_000);
        within(self.max_wait_s.flatten(), "max_wait_s", 10, 14_400);
        within(self.service_level_s, "service_level_s", 5, 600);
        within(self.service_level_percent, "service_level_percent", 1, 100);
        within(self.announce_every_s, "announce_every_s", 15, 600);
        within(self.sticky_hold_s, "sticky_hold_s", 0, 120);
        within(self.rare_hold_s, "rare_hold_s", 0, 120);
        let music = self.music_prompt.iter().flatten().all(|text| (1..=100).contains(&text.chars().count()));
        check.need(music, "music_prompt", "invalid", "The id of a prompt.");
        let few = self.members.as_ref().is_none_or(|members| members.len() <= MEMBERS_MOST);
        check.need(few, "members", "too_many", &format!("A queue has at most {MEMBERS_MOST} members."));
        if let Some(skills) = &self.skills {
            check.need(skills.len() <= SKILLS_MOST, "skills", "too_many", &format!("At most {SKILLS_MOST} lines."));
            if let Some(why) = misfit(skills) {
                check.need(false, "skills", "invalid", why);
            }
        }
        check.done()
    }

    /// Puts what is wished into the row; overflow, skills and members have rows of their own to be looked at.
    pub fn onto(&self, row: &mut queue::ActiveModel) {
        self.name.iter().for_each(|name| row.name = Set(name.trim().to_owned()));
        self.strategy.iter().for_each(|strategy| row.strategy = Set(strategy.as_str().to_owned()));
        self.ring_s.into_iter().for_each(|value| row.ring_s = Set(value));
        self.wrap_up_s.into_iter().for_each(|value| row.wrap_up_s = Set(value));
        self.disposition_required.into_iter().for_each(|value| row.disposition_required = Set(value));
        self.max_length.into_iter().for_each(|value| row.max_length = Set(value));
        self.max_wait_s.into_iter().for_each(|value| row.max_wait_s = Set(value));
        self.service_level_s.into_iter().for_each(|value| row.service_level_s = Set(value));
        self.service_level_percent.into_iter().for_each(|value| row.service_level_percent = Set(value));
        self.announce_position.into_iter().for_each(|value| row.announce_position = Set(value));
        self.announce_wait.into_iter().for_each(|value| row.announce_wait = Set(value));
        self.announce_every_s.into_iter().for_each(|value| row.announce_every_s = Set(value));
        self.music_prompt.iter().for_each(|value| row.music_prompt = Set(value.clone()));
        self.sticky_hold_s.into_iter().for_each(|value| row.sticky_hold_s = Set(value));
        self.rare_hold_s.into_iter().for_each(|value| row.rare_hold_s = Set(value));
    }
}

/// A new queue before anything is wished.
pub fn usual() -> queue::ActiveModel {
    queue::ActiveModel {
        strategy: Set(Strategy::LeastSkilled.as_str().to_owned()),
        ring_s: Set(20),
        wrap_up_s: Set(30),
        disposition_required: Set(false),
        max_length: Set(None),
        max_wait_s: Set(None),
        overflow: Set(Overflow::HangUp.as_str().to_owned()),
        overflow_queue_id: Set(None),
        service_level_s: Set(20),
        service_level_percent: Set(80),
        announce_position: Set(false),
        announce_wait: Set(false),
        announce_every_s: Set(60),
        music_prompt: Set(None),
        sticky_hold_s: Set(0),
        rare_hold_s: Set(45),
        ..Default::default()
    }
}

/// A requirement begins at the start with a level, comes at most once for a moment, and only ever falls.
fn misfit(skills: &[QueueSkill]) -> Option<&'static str> {
    let in_range =
        |one: &QueueSkill| (0..=3_600).contains(&one.after_s) && (i32::from(one.after_s == 0)..=5).contains(&one.level);
    if !skills.iter().all(in_range) {
        return Some("Levels are 1 to 5, times 0 to 3,600 seconds; 0 ends a requirement that has begun.");
    }
    for one in skills {
        let mut same: Vec<_> = skills.iter().filter(|other| other.skill == one.skill).collect();
        same.sort_by_key(|other| other.after_s);
        if same.first().is_none_or(|first| first.after_s != 0) {
            return Some("A skill is asked for from the start, or not at all.");
        }
        if same.windows(2).any(|two| two[0].after_s == two[1].after_s || two[0].level <= two[1].level) {
            return Some("What is asked for falls with the wait, each time once.");
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(skill: u128, after_s: i32, level: i32) -> QueueSkill {
        QueueSkill { skill: SkillId::from_uuid(kernel::Uuid::from_u128(skill)), after_s, level }
    }

    #[test]
    fn what_is_asked_for_begins_at_the_start_and_falls() {
        assert_eq!(misfit(&[line(1, 0, 3), line(1, 30, 2), line(1, 60, 0), line(2, 0, 1)]), None);
        for bad in [
            vec![line(1, 30, 2)],
            vec![line(1, 0, 0)],
            vec![line(1, 0, 6)],
            vec![line(1, 0, 2), line(1, 0, 1)],
            vec![line(1, 0, 2), line(1, 30, 3)],
            vec![line(1, 0, 2), line(1, 9_000, 1)],
        ] {
            assert!(misfit(&bad).is_some(), "{bad:?}");
        }
    }

    #[test]
    fn every_number_has_its_bounds() {
        let wish = |text: &str| serde_json::from_str::<QueueWish>(text).unwrap();
        assert!(wish(r#"{"ring_s":20,"max_length":null,"max_wait_s":600}"#).checked().is_ok());
        for bad in [r#"{"ring_s":4}"#, r#"{"wrap_up_s":601}"#, r#"{"max_length":0}"#, r#"{"name":" "}"#] {
            assert!(wish(bad).checked().is_err(), "{bad}");
        }
    }
}
