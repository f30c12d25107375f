//! Decides by opening hours.

use serde::{Deserialize, Serialize};

use super::{By, Exit, NodeKind};
use crate::{
    check::{About, Code},
    visit::{Step, Visit},
    zone::{self, Weekday},
};

/// Settings of hours.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Hours {
    /// IANA zone; the flow's own where empty.
    zone: String,
    /// When it is open.
    open: Vec<Open>,
}

/// Days and a time of day. Where it ends before it begins, it ends on the next day.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Open {
    days: Vec<Weekday>,
    /// `09:00`.
    from: String,
    /// `18:00`, not included; `24:00` is the end of the day.
    to: String,
}

impl NodeKind for Hours {
    fn exits(&self) -> Vec<Exit> {
        vec![Exit::needed("open", By::Flow), Exit::needed("closed", By::Flow)]
    }
    fn check(&self, about: &mut About<'_>) {
        if !self.zone.is_empty() {
            about.zone("zone", &self.zone);
        }
        if self.open.is_empty() {
            about.find(Code::MissingSetting, Some("open"), None);
        }
        about.holds("open", self.open.len() <= 50);
        for (at, open) in self.open.iter().enumerate() {
            about.holds(&format!("open/{at}/days"), !open.days.is_empty());
            about.holds(&format!("open/{at}/from"), zone::minute_of(&open.from).is_some_and(|minute| minute < 1440));
            about.holds(&format!("open/{at}/to"), zone::minute_of(&open.to).is_some() && open.to != open.from);
        }
    }
    fn enter(&self, visit: &mut Visit<'_>) -> Step {
        let zone = if self.zone.is_empty() { visit.zone() } else { &self.zone };
        let now = zone::local(visit.now().wall, zone);
        let is_open = self.open.iter().any(|open| open.holds(&now));
        Step::leave(if is_open { "open" } else { "closed" })
    }
}

impl Open {
    fn holds(&self, now: &zone::Local) -> bool {
        let (Some(from), Some(to)) = (zone::minute_of(&self.from), zone::minute_of(&self.to)) else { return false };
        let (today, since_yesterday) = (self.days.contains(&now.weekday), self.days.contains(&now.day_before));
        if from < to {
            today && (from..to).contains(&now.minute)
        } else {
            (today && now.minute >= from) || (since_yesterday && now.minute < to)
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::node::trial::Trial;
    use serde_json::json;

    fn at(moment: &str, settings: serde_json::Value) -> String {
        Trial::at(moment, "hours", settings).left_by().unwrap().to_owned()
    }

    #[test]
    fn working_hours_are_those_of_the_place() {
        let week = ["monday", "tuesday", "wednesday", "thursday", "friday"];
        let settings = json!({"zone": "Asia/Shanghai", "open": [{"days": week, "from": "09:00", "to": "18:00"}]});
        assert_eq!(at("2026-03-02T01:00:00Z", settings.clone()), "open", "Monday 9:00");
        assert_eq!(at("2026-03-02T00:59:59Z", settings.clone()), "closed");
        assert_eq!(at("2026-03-02T10:00:00Z", settings.clone()), "closed", "18:00 is not included");
        assert_eq!(at("2026-03-01T02:00:00Z", settings), "closed", "Sunday");
    }

    #[test]
    fn a_night_belongs_to_the_day_on_which_it_began() {
        let settings = json!({"zone": "UTC", "open": [{"days": ["friday"], "from": "22:00", "to": "06:00"}]});
        assert_eq!(at("2026-03-06T23:00:00Z", settings.clone()), "open", "Friday night");
        assert_eq!(at("2026-03-07T05:59:00Z", settings.clone()), "open", "Saturday before six");
        assert_eq!(at("2026-03-06T05:00:00Z", settings.clone()), "closed", "Friday before six");
        assert_eq!(at("2026-03-07T22:30:00Z", settings), "closed", "Saturday night");
    }

    #[test]
    fn hours_follow_summer_time() {
        let settings = json!({"zone": "America/New_York", "open": [{"days": ["monday"], "from": "09:00", "to": "24:00"}]});
        assert_eq!(at("2026-07-06T13:00:00Z", settings.clone()), "open");
        assert_eq!(at("2026-01-05T13:00:00Z", settings), "closed", "in winter that is eight o'clock");
    }

    #[test]
    fn the_check_sees_times_that_are_none() {
        let settings = json!({"zone": "Mars/Base", "open": [{"days": [], "from": "9", "to": "25:00"}]});
        let codes = Trial::codes("hours", settings);
        assert!(codes.contains(&"unknown_zone".to_owned()) && codes.contains(&"bad_setting".to_owned()));
    }
}
