//! What a reader wants of a feed.

use crate::{events::routes::named, kit::problem::Problem};

/// The word for what no log keeps: calls that are up, devices that come and go.
const LIVE: &str = "live";

/// Event types, and perhaps the news.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Topics {
    /// These types; `None` for all.
    kinds: Option<Vec<&'static str>>,
    /// Steps of calls and registrations as they happen.
    pub live: bool,
}

impl Topics {
    /// Of a query: `call.*,seat.created,live`; without one everything. 422 for what is no topic.
    pub fn parse(text: Option<&str>) -> Result<Self, Problem> {
        let Some(text) = text.map(str::trim).filter(|text| !text.is_empty()) else {
            return Ok(Self { kinds: None, live: true });
        };
        let (live, kinds): (Vec<&str>, Vec<&str>) = text.split(',').map(str::trim).partition(|one| *one == LIVE);
        Ok(Self { kinds: Some(named(&kinds.join(","))?), live: !live.is_empty() })
    }

    /// Whether events of this type are wanted.
    pub fn wants(&self, kind: &str) -> bool {
        self.kinds.as_ref().is_none_or(|kinds| kinds.contains(&kind))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn topics_are_types_and_the_word_live() {
        let all = Topics::parse(None).unwrap();
        assert!(all.live && all.wants("seat.created"));
        let calls = Topics::parse(Some("call.*, live")).unwrap();
        assert!(calls.live && calls.wants("call.ended") && !calls.wants("seat.created"));
        let live = Topics::parse(Some("live")).unwrap();
        assert!(live.live && !live.wants("call.ended"));
        assert!(!Topics::parse(Some("seat.created")).unwrap().live);
        assert!(Topics::parse(Some("seats")).is_err());
    }
}
