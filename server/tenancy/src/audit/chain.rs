//! The chain: each line seals its own text and the seal of the line before it, so that none can be changed, taken out or put in
//! without every later seal being wrong.

use ring::digest::{SHA256, digest};
use serde::Serialize;

use super::Record;

/// The seal before the first line.
pub const FIRST: &str = "";

/// The seal of a line: SHA-256 in hex of the seal before it, a line feed, and the line's text.
pub fn seal(before: &str, record: &str) -> String {
    let sum = digest(&SHA256, format!("{before}\n{record}").as_bytes());
    sum.as_ref().iter().fold(String::with_capacity(64), |mut text, byte| {
        use std::fmt::Write;
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// A line as it is in the store.
#[derive(Clone, Debug)]
pub struct Link {
    /// Its id, printed.
    pub id: String,
    /// Its place.
    pub seq: i64,
    /// Its text; `None`, like its seal, for lines from before there was a chain.
    pub record: Option<String>,
    /// Its seal.
    pub hash: Option<String>,
    /// The columns that the log is searched by.
    pub columns: Columns,
}

/// What stands beside the text to be searched; it must say the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Columns {
    /// Milliseconds since 1970.
    pub at_ms: i64,
    /// Who.
    pub actor: String,
    /// What.
    pub action: String,
    /// On which kind of thing.
    pub entity: String,
    /// On which.
    pub entity_id: String,
}

/// What is wrong with a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Flaw {
    /// Lines before it are missing.
    Missing,
    /// Its text or its seal was changed.
    Altered,
    /// The columns beside its text were changed.
    Relabelled,
    /// Lines after the last one are missing.
    Cut,
}

/// The first line that does not hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Broken {
    /// Its place, or the place where it should be.
    pub seq: i64,
    /// Its id; empty when there is no such line.
    pub id: String,
    /// Why.
    pub flaw: Flaw,
}

/// What a whole chain was found to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// Lines that hold, up to the first that does not.
    pub lines: i64,
    /// Of these, lines from before there was a chain: only their places are sure.
    pub older: i64,
    /// Seal of the last line that holds: note it elsewhere, and nobody can write the log anew.
    pub seal: String,
    /// The first that does not hold.
    pub broken: Option<Broken>,
}

/// Walks a chain from its first line to its last.
#[derive(Debug)]
pub struct Chain {
    next: i64,
    seal: String,
    older: i64,
    broken: Option<Broken>,
}

impl Default for Chain {
    fn default() -> Self {
        Self { next: 1, seal: FIRST.into(), older: 0, broken: None }
    }
}

impl Chain {
    /// The next line, in the order in which they were written. False once one was broken: no more need be shown.
    pub fn walk(&mut self, link: &Link) -> bool {
        if self.broken.is_none() {
            match self.flaw(link) {
                None => {
                    self.next += 1;
                    self.older += i64::from(link.hash.is_none());
                    self.seal = link.hash.clone().unwrap_or_default();
                }
                Some(flaw) => self.broken = Some(Broken { seq: self.next, id: link.id.clone(), flaw }),
            }
        }
        self.broken.is_none()
    }

    fn flaw(&self, link: &Link) -> Option<Flaw> {
        if link.seq != self.next {
            return Some(if link.seq > self.next { Flaw::Missing } else { Flaw::Altered });
        }
        if link.record.is_none() && link.hash.is_none() && self.seal == FIRST {
            return None;
        }
        let (Some(text), Some(hash)) = (&link.record, &link.hash) else { return Some(Flaw::Altered) };
        if *hash != seal(&self.seal, text) {
            return Some(Flaw::Altered);
        }
        let Ok(said) = serde_json::from_str::<Record>(text) else { return Some(Flaw::Altered) };
        let Record { id, seq, at_ms, actor, action, entity, entity_id, .. } = said;
        let columns = Columns { at_ms, actor, action, entity, entity_id };
        let same = link.columns == columns && id == link.id && seq == link.seq;
        (!same).then_some(Flaw::Relabelled)
    }

    /// After the last line: `head` is the place and seal that the store remembers as the last.
    pub fn end(mut self, head: Option<(i64, String)>) -> Verdict {
        let (last, seal) = head.unwrap_or((0, FIRST.into()));
        if self.broken.is_none() && (last != self.next - 1 || seal != self.seal) {
            self.broken = Some(Broken { seq: self.next, id: String::new(), flaw: Flaw::Cut });
        }
        Verdict { lines: self.next - 1, older: self.older, seal: self.seal, broken: self.broken }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::Origin;

    fn links(count: i64) -> Vec<Link> {
        let mut before = FIRST.to_owned();
        let link = |seq| {
            let columns = Columns {
                at_ms: seq,
                actor: "usr_a".into(),
                action: "seat.updated".into(),
                entity: "seat".into(),
                entity_id: format!("seat_{seq}"),
            };
            let record = Record {
                seq,
                id: format!("aud_{seq}"),
                at_ms: seq,
                actor: columns.actor.clone(),
                acting_as: None,
                action: columns.action.clone(),
                entity: columns.entity.clone(),
                entity_id: columns.entity_id.clone(),
                body: serde_json::json!({}),
                changes: Vec::new(),
                more_changes: 0,
                from: Origin::default(),
            };
            let text = serde_json::to_string(&record).unwrap();
            before = seal(&before, &text);
            Link { id: record.id, seq, record: Some(text), hash: Some(before.clone()), columns }
        };
        (1..=count).map(link).collect()
    }

    fn judged(links: &[Link], whole: &[Link]) -> Option<(i64, Flaw)> {
        let mut chain = Chain::default();
        for link in links {
            if !chain.walk(link) {
                break;
            }
        }
        let last = whole.last().map(|link| (link.seq, link.hash.clone().unwrap()));
        chain.end(last).broken.map(|broken| (broken.seq, broken.flaw))
    }

    #[test]
    fn a_whole_chain_holds() {
        let all = links(9);
        assert_eq!(judged(&all, &all), None);
        assert_eq!(judged(&[], &[]), None);
    }

    #[test]
    fn the_first_broken_line_is_named() {
        let all = links(9);
        let broken = |change: &dyn Fn(&mut Vec<Link>)| {
            let mut some = all.clone();
            change(&mut some);
            judged(&some, &all)
        };
        let reworded = |links: &mut Vec<Link>| {
            links[4].record = links[4].record.as_ref().map(|text| text.replace("usr_a", "usr_b"));
        };
        assert_eq!(broken(&reworded), Some((5, Flaw::Altered)));
        let resealed = |links: &mut Vec<Link>| {
            reworded(links);
            links[4].hash = Some(seal(links[3].hash.as_ref().unwrap(), links[4].record.as_ref().unwrap()));
        };
        assert_eq!(broken(&resealed), Some((5, Flaw::Relabelled)), "its columns say otherwise");
        let renamed = |links: &mut Vec<Link>| {
            resealed(links);
            links[4].columns.actor = "usr_b".into();
        };
        assert_eq!(broken(&renamed), Some((6, Flaw::Altered)), "the line after it seals the old one");
        assert_eq!(broken(&|links| drop(links.remove(4))), Some((5, Flaw::Missing)));
        assert_eq!(broken(&|links| links.swap(3, 4)), Some((4, Flaw::Missing)));
        assert_eq!(broken(&|links| links.truncate(7)), Some((8, Flaw::Cut)));
        assert_eq!(broken(&|links| links[6].columns.action = "seat.created".into()), Some((7, Flaw::Relabelled)));
        let emptied = |links: &mut Vec<Link>| {
            links[..3].iter_mut().for_each(|link| (link.record, link.hash) = (None, None));
        };
        assert_eq!(broken(&emptied), Some((4, Flaw::Altered)), "the line after them seals what they were");
        assert_eq!(broken(&|links| (links[4].record, links[4].hash) = (None, None)), Some((5, Flaw::Altered)));
    }

    #[test]
    fn lines_from_before_the_chain_are_counted() {
        let before = Link { record: None, hash: None, ..links(1)[0].clone() };
        let mut chain = Chain::default();
        assert!(chain.walk(&before));
        let verdict = chain.end(Some((1, FIRST.into())));
        assert_eq!((verdict.lines, verdict.older, verdict.broken), (1, 1, None));
    }
}
