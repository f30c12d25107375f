//! Who may call a company: its block list and its allow list.

use std::fmt;

use crate::ingress::Caller;

/// Which list an entry is on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum List {
    /// Its calls are refused.
    Block,
    /// Its calls come through, whatever a wider entry says.
    Allow,
}

/// Whom an entry means.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Pattern {
    /// Callers that hide their number or have none.
    Anonymous,
    /// This number, with plus.
    Number(String),
    /// Every number that begins so, with plus.
    Begins(String),
    /// Everybody.
    Anybody,
}

/// An entry of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallerRule {
    /// Whom it means.
    pub pattern: Pattern,
    /// What becomes of their calls.
    pub list: List,
}

/// Digits of a number at least and at most. Source: ITU-T E.164; two digits already mean a country.
const DIGITS: std::ops::RangeInclusive<usize> = 1..=15;

impl Pattern {
    /// `anonymous`, `*`, `+442079460018` or `+44*`; signs between digits are passed over. `None` for anything else.
    pub fn parse(text: &str) -> Option<Self> {
        let text: String = text.trim().chars().filter(|c| !matches!(c, ' ' | '-' | '(' | ')' | '.' | '/')).collect();
        match text.as_str() {
            "anonymous" => return Some(Self::Anonymous),
            "*" => return Some(Self::Anybody),
            _ => {}
        }
        let (number, begins) = text.strip_suffix('*').map_or((text.as_str(), false), |head| (head, true));
        let digits = number.strip_prefix('+')?;
        let fine = DIGITS.contains(&digits.len()) && digits.bytes().all(|c| c.is_ascii_digit());
        if !fine || (!begins && digits.len() < 5) {
            return None;
        }
        let number = number.to_owned();
        Some(if begins { Self::Begins(number) } else { Self::Number(number) })
    }

    fn means(&self, caller: &Caller) -> bool {
        match (self, caller) {
            (Self::Anybody, _) | (Self::Anonymous, Caller::Anonymous) => true,
            (Self::Number(number), Caller::Number(caller)) => caller.as_str() == number,
            (Self::Begins(head), Caller::Number(caller)) => caller.as_str().starts_with(head.as_str()),
            _ => false,
        }
    }

    /// How much it says: a longer beginning more than a shorter one, a whole number most.
    fn closeness(&self) -> usize {
        match self {
            Self::Anybody => 0,
            Self::Begins(head) => head.len(),
            Self::Anonymous | Self::Number(_) => usize::MAX,
        }
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Anonymous => f.write_str("anonymous"),
            Self::Number(number) => f.write_str(number),
            Self::Begins(head) => write!(f, "{head}*"),
            Self::Anybody => f.write_str("*"),
        }
    }
}

/// The entry that keeps this caller out; `None` when nothing does. The closest entry decides; of two equal ones the allowing.
pub fn keeps_out<'a>(rules: &'a [CallerRule], caller: &Caller) -> Option<&'a CallerRule> {
    let decides = rules
        .iter()
        .filter(|rule| rule.pattern.means(caller))
        .max_by_key(|rule| (rule.pattern.closeness(), rule.list == List::Allow))?;
    (decides.list == List::Block).then_some(decides)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules(texts: &[(&str, List)]) -> Vec<CallerRule> {
        texts.iter().map(|(text, list)| CallerRule { pattern: Pattern::parse(text).unwrap(), list: *list }).collect()
    }

    fn caller(text: &str) -> Caller {
        match text {
            "" => Caller::Anonymous,
            text if text.starts_with('+') => Caller::Number(text.parse().unwrap()),
            text => Caller::Dialled(text.parse().unwrap()),
        }
    }

    #[test]
    fn patterns_are_read_as_people_write_them_and_shown_alike() {
        for (text, shown) in [
            ("+44 20 7946-0018", Some("+442079460018")),
            (" +44* ", Some("+44*")),
            ("anonymous", Some("anonymous")),
            ("*", Some("*")),
            ("0044", None),
            ("+44", None),
            ("+", None),
            ("+*", None),
            ("+44a*", None),
            ("+1234567890123456", None),
            ("", None),
        ] {
            assert_eq!(Pattern::parse(text).map(|pattern| pattern.to_string()).as_deref(), shown, "{text}");
        }
    }

    #[test]
    fn the_closest_entry_decides() {
        let all = rules(&[
            ("+44*", List::Block),
            ("+4420*", List::Allow),
            ("+442079460018", List::Block),
            ("anonymous", List::Block),
        ]);
        let out = |text: &str| keeps_out(&all, &caller(text)).map(|rule| rule.pattern.to_string());
        assert_eq!(out("+441612345678").as_deref(), Some("+44*"));
        assert_eq!(out("+442079460019"), None);
        assert_eq!(out("+442079460018").as_deref(), Some("+442079460018"));
        assert_eq!(out("").as_deref(), Some("anonymous"));
        assert_eq!(out("+14155550132"), None);
        assert_eq!(out("101"), None, "short numbers have no country");
    }

    #[test]
    fn an_allow_list_alone_is_a_block_of_everybody_else() {
        let all = rules(&[("*", List::Block), ("+1415*", List::Allow)]);
        assert!(keeps_out(&all, &caller("+14155550132")).is_none());
        for other in ["+12125550132", "", "101"] {
            assert!(keeps_out(&all, &caller(other)).is_some(), "{other}");
        }
        let both = rules(&[("+1415*", List::Block), ("+1415*", List::Allow)]);
        assert!(keeps_out(&both, &caller("+14155550132")).is_none());
        assert!(keeps_out(&[], &caller("")).is_none());
    }
}
