//! Caller names: what a box may write and what it may be sent.

use serde::{Deserialize, Serialize};

/// What may stand in a display name towards a box.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NameRule {
    /// Anything, as UTF-8.
    #[default]
    Utf8,
    /// ASCII only: accents are dropped, a name in another script is not sent.
    Ascii,
    /// No name at all.
    None,
}

/// Longest name that is shown or sent, in characters. Analog caller ID carries 15, screens do not need a novel.
const LONGEST: usize = 48;

/// A display name as it came off the wire: UTF-8, or else ISO 8859-1, which FXO and GSM boxes send.
pub fn decode(bytes: &[u8]) -> String {
    match std::str::from_utf8(bytes) {
        Ok(text) => text.into(),
        Err(_) => bytes.iter().map(|byte| char::from(*byte)).collect(),
    }
}

/// A name worth showing: quotes, control characters and outer blanks removed. `None` for an empty one, for one that says that
/// there is none, and for one that repeats `number`.
pub fn worth_showing(name: &str, number: &str) -> Option<String> {
    let name = name.trim().trim_matches('"').replace("\\\"", "\"");
    let kept: String = name.chars().filter(|c| !c.is_control() && *c != '\u{fffd}').take(LONGEST).collect();
    let kept = kept.trim();
    let digits = |text: &str| text.chars().filter(char::is_ascii_digit).collect::<String>();
    let only_number = kept.chars().all(|c| c.is_ascii_digit() || "+-. ()".contains(c));
    let repeats = only_number && (digits(kept) == digits(number) || digits(number).ends_with(&digits(kept)));
    (!kept.is_empty() && !repeats && !says_nothing(kept)).then(|| kept.into())
}

/// Words that boxes write where they have no caller.
pub fn says_nothing(text: &str) -> bool {
    const WORDS: &[&str] = &[
        "anonymous",
        "unknown",
        "unavailable",
        "restricted",
        "private",
        "withheld",
        "blocked",
        "out of area",
        "no number",
        "not available",
        "p",
        "o",
    ];
    WORDS.iter().any(|word| text.trim().eq_ignore_ascii_case(word))
}

impl NameRule {
    /// The name as this box may be sent it.
    pub fn write(self, name: &str) -> Option<String> {
        let kept: String = name.chars().filter(|c| !c.is_control()).take(LONGEST).collect();
        let kept = match self {
            Self::Utf8 => kept,
            Self::Ascii => kept.chars().map(unaccented).collect::<Option<String>>()?,
            Self::None => return None,
        };
        let kept = kept.trim();
        (!kept.is_empty()).then(|| kept.into())
    }
}

/// The ASCII letter under an accent of western languages; `None` for what has no such letter.
fn unaccented(c: char) -> Option<char> {
    Some(match c {
        ' '..='~' => c,
        'À'..='Å' => 'A',
        'Ç' => 'C',
        'È'..='Ë' => 'E',
        'Ì'..='Ï' => 'I',
        'Ñ' => 'N',
        'Ò'..='Ö' | 'Ø' => 'O',
        'Ù'..='Ü' => 'U',
        'Ý' => 'Y',
        'ß' => 's',
        'à'..='å' => 'a',
        'ç' => 'c',
        'è'..='ë' => 'e',
        'ì'..='ï' => 'i',
        'ñ' => 'n',
        'ò'..='ö' | 'ø' => 'o',
        'ù'..='ü' => 'u',
        'ý' | 'ÿ' => 'y',
        '\u{a0}' => ' ',
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn latin_1_names_are_read() {
        assert_eq!(decode(b"Ren\xe9 M\xfcller"), "René Müller");
        assert_eq!(decode("René Müller".as_bytes()), "René Müller");
    }

    #[test]
    fn names_that_say_nothing_are_not_shown() {
        let number = "+14155550132";
        for name in ["", "  ", "\"\"", "Anonymous", "UNAVAILABLE", "4155550132", "+1 415 555 0132", "\u{1}\u{2}"] {
            assert_eq!(worth_showing(name, number), None, "{name:?}");
        }
        assert_eq!(worth_showing("\"René\u{7}\" ", number).as_deref(), Some("René"));
        assert_eq!(worth_showing("Studio 54", number).as_deref(), Some("Studio 54"));
    }

    #[test]
    fn names_are_sent_as_the_box_can_read_them() {
        assert_eq!(NameRule::Utf8.write("王小明").as_deref(), Some("王小明"));
        assert_eq!(NameRule::Ascii.write("René Müller").as_deref(), Some("Rene Muller"));
        assert_eq!(NameRule::Ascii.write("王小明"), None);
        assert_eq!(NameRule::None.write("Ann"), None);
        assert_eq!(NameRule::Utf8.write("a\r\nb").as_deref(), Some("ab"));
    }
}
