//! How a gateway port is named in an INVITE, on the way out and on the way in.

use serde::{Deserialize, Serialize};

use crate::uri::Uri;

/// The means by which a box tells its gateway ports apart.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "by", rename_all = "snake_case", deny_unknown_fields)]
pub enum PortSelect {
    /// It does not: the box chooses, or there is one.
    #[default]
    None,
    /// Each gateway port registers with an account of its own; the account is the name.
    Account,
    /// Digits before the dialled number: `lead`, then the number of the gateway port in `digits` digits.
    Prefix {
        /// Fixed digits first, may be empty.
        lead: String,
        /// Digits of the gateway port's number.
        digits: u8,
        /// What the box calls its first gateway port, 0 or 1.
        first: u16,
    },
    /// Trunk group parameters of RFC 4904 in the user part: `;tgrp=span1;trunk-context=example.com`.
    Tgrp {
        /// Before the number of the gateway port: `span`.
        lead: String,
        /// What the box calls its first gateway port, 0 or 1.
        first: u16,
    },
    /// A header of the box's own.
    Header {
        /// Its name.
        name: String,
        /// Before the number of the gateway port in the value, may be empty.
        lead: String,
        /// What the box calls its first gateway port, 0 or 1.
        first: u16,
    },
}

/// What an INVITE says of the gateway port that it came in on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PortHint {
    /// The gateway port's place in the box, from 1.
    Ordinal(u16),
    /// A trunk group's name that is not made of our own words.
    Group(String),
}

/// The parts of an outgoing INVITE that name the gateway port.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PortMarks {
    /// Goes before the dialled number.
    pub prefix: String,
    /// Goes after the user part, empty or beginning with `;`.
    pub user_parameters: String,
    /// An extra header.
    pub header: Option<(String, String)>,
}

impl PortSelect {
    /// The marks for the gateway port with this place in the box (from 1). `domain` is ours, for `trunk-context`.
    pub fn marks(&self, ordinal: u16, domain: &str) -> PortMarks {
        let place = |first: u16| (ordinal + first).saturating_sub(1);
        match self {
            Self::None | Self::Account => PortMarks::default(),
            Self::Prefix { lead, digits, first } => {
                let prefix = format!("{lead}{:0width$}", place(*first), width = usize::from(*digits));
                PortMarks { prefix, ..PortMarks::default() }
            }
            // RFC 4904 section 4: tgrp is meaningless without trunk-context.
            Self::Tgrp { lead, first } => {
                let user_parameters = format!(";tgrp={lead}{};trunk-context={domain}", place(*first));
                PortMarks { user_parameters, ..PortMarks::default() }
            }
            Self::Header { name, lead, first } => {
                let header = Some((name.clone(), format!("{lead}{}", place(*first))));
                PortMarks { header, ..PortMarks::default() }
            }
        }
    }

    /// What an INVITE says, and the called user part without a selecting prefix. `headers` have lower-case names.
    /// Source of the places where a trunk group may stand: RFC 4904 section 5 (Contact names the originating one).
    pub fn read<'a>(
        &self,
        user: &'a str,
        request: &Uri<'_>,
        headers: &[(String, String)],
    ) -> (Option<PortHint>, &'a str) {
        match self {
            Self::None | Self::Account => (None, user),
            Self::Prefix { lead, digits, first } => {
                let digits = usize::from(*digits);
                let tail = user
                    .strip_prefix(lead.as_str())
                    .filter(|tail| tail.is_char_boundary(digits) && tail.len() > digits);
                match tail.and_then(|tail| Some((ordinal(&tail[..digits], *first)?, &tail[digits..]))) {
                    Some((ordinal, rest)) => (Some(PortHint::Ordinal(ordinal)), rest),
                    None => (None, user),
                }
            }
            Self::Tgrp { lead, first } => {
                let contact =
                    headers.iter().find(|(name, _)| name == "contact").and_then(|(_, value)| Uri::parse(value));
                let group = contact
                    .as_ref()
                    .and_then(|uri| uri.user_parameter("tgrp"))
                    .or_else(|| request.user_parameter("tgrp"));
                (group.map(|group| named(group, lead, *first)), user)
            }
            Self::Header { name, lead, first } => {
                let value =
                    headers.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim());
                (value.map(|value| named(value, lead, *first)), user)
            }
        }
    }
}

fn named(value: &str, lead: &str, first: u16) -> PortHint {
    match value.strip_prefix(lead).and_then(|rest| ordinal(rest, first)) {
        Some(ordinal) => PortHint::Ordinal(ordinal),
        None => PortHint::Group(value.into()),
    }
}

/// The place in the box from 1, of a number that the box counts from `first`.
fn ordinal(text: &str, first: u16) -> Option<u16> {
    // `parse` alone would take `+1`, the beginning of a number.
    let place: u16 = text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok())??;
    place.checked_sub(first)?.checked_add(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_means_comes_back_as_it_went_out() {
        let means = [
            PortSelect::Prefix { lead: "8".into(), digits: 2, first: 1 },
            PortSelect::Prefix { lead: String::new(), digits: 2, first: 0 },
            PortSelect::Tgrp { lead: "span".into(), first: 1 },
            PortSelect::Header { name: "X-Gateway-Port".into(), lead: String::new(), first: 0 },
        ];
        for select in &means {
            for place in [1, 2, 16] {
                let marks = select.marks(place, "example.com");
                let user = format!("{}14155550132", marks.prefix);
                let text = format!("sip:{user}{}@gw", marks.user_parameters);
                let headers: Vec<_> =
                    marks.header.into_iter().map(|(name, value)| (name.to_lowercase(), value)).collect();
                let (hint, rest) = select.read(&user, &Uri::parse(&text).unwrap(), &headers);
                assert_eq!((hint, rest), (Some(PortHint::Ordinal(place)), "14155550132"), "{select:?}");
            }
        }
    }

    #[test]
    fn a_prefix_is_written_in_full() {
        let select = PortSelect::Prefix { lead: "8".into(), digits: 2, first: 1 };
        assert_eq!(select.marks(4, "d").prefix, "804");
    }

    #[test]
    fn the_originating_trunk_group_stands_in_the_contact() {
        let select = PortSelect::Tgrp { lead: "span".into(), first: 1 };
        let request = Uri::parse("sip:100@us").unwrap();
        let contact = [("contact".to_owned(), "<sip:gw;tgrp=span2;trunk-context=box@192.0.2.1>".to_owned())];
        assert_eq!(select.read("100", &request, &contact).0, Some(PortHint::Ordinal(2)));
        let foreign = [("contact".to_owned(), "<sip:gw;tgrp=west;trunk-context=box@192.0.2.1>".to_owned())];
        assert_eq!(select.read("100", &request, &foreign).0, Some(PortHint::Group("west".into())));
        assert_eq!(select.read("100", &request, &[]).0, None);
    }

    #[test]
    fn a_number_too_short_for_the_prefix_is_left_alone() {
        let select = PortSelect::Prefix { lead: "8".into(), digits: 2, first: 1 };
        let uri = Uri::default();
        for user in ["8", "80", "801", "911", "8é1", "8+14155550132"] {
            let (hint, rest) = select.read(user, &uri, &[]);
            assert_eq!((hint, rest), (None, user));
        }
    }
}
