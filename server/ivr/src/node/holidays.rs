//! Decides by date.

use serde::{Deserialize, Serialize};

use super::{By, Exit, NodeKind};
use crate::{
    check::{About, Code},
    visit::{Step, Visit},
    zone,
};

/// Settings of holidays.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Holidays {
    /// IANA zone; the flow's own where empty.
    zone: String,
    /// The days.
    days: Vec<Day>,
}

/// One day.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Day {
    /// `2026-12-25`.
    date: String,
    /// What it is called.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    name: String,
    /// Whether it is one in every year.
    #[serde(default)]
    yearly: bool,
}

impl NodeKind for Holidays {
    fn exits(&self) -> Vec<Exit> {
        vec![Exit::needed("holiday", By::Flow), Exit::needed("otherwise", By::Flow)]
    }
    fn check(&self, about: &mut About<'_>) {
        if !self.zone.is_empty() {
            about.zone("zone", &self.zone);
        }
        if self.days.is_empty() {
            about.find(Code::MissingSetting, Some("days"), None);
        }
        about.holds("days", self.days.len() <= 400);
        for (at, day) in self.days.iter().enumerate() {
            about.holds(&format!("days/{at}/date"), zone::date_of(&day.date).is_some());
        }
    }
    fn enter(&self, visit: &mut Visit<'_>) -> Step {
        let zone = if self.zone.is_empty() { visit.zone() } else { &self.zone };
        let today = zone::local(visit.now().wall, zone).date;
        let is_holiday = self.days.iter().any(|day| {
            zone::date_of(&day.date).is_some_and(|date| {
                (date.1, date.2) == (today.1, today.2) && (day.yearly || date.0 == today.0)
            })
        });
        Step::leave(if is_holiday { "holiday" } else { "otherwise" })
    }
}

#[cfg(test)]
mod tests {
    use crate::node::trial::Trial;
    use serde_json::json;

    #[test]
    fn a_day_is_one_in_its_year_or_in_every_year() {
        let settings = json!({"zone": "Asia/Tokyo", "days": [
            {"date": "2026-12-25", "name": "Christmas", "yearly": true}, {"date": "2026-02-17"},
        ]});
        let at = |moment: &str| Trial::at(moment, "holidays", settings.clone()).left_by().unwrap().to_owned();
        assert_eq!(at("2029-12-24T15:00:00Z"), "holiday", "it is the 25th in Tokyo");
        assert_eq!(at("2026-02-17T03:00:00Z"), "holiday");
        assert_eq!(at("2027-02-17T03:00:00Z"), "otherwise");
        assert_eq!(at("2026-12-25T15:00:00Z"), "otherwise", "it is the 26th in Tokyo");
    }
}
