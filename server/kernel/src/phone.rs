//! Telephone numbers, parsed once at the door.

use std::{fmt, str::FromStr};

/// A public telephone number: `+` and 2 to 15 digits, the first not zero. `Display` prints it whole, `Debug` masks it.
/// Source: ITU-T E.164.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct E164(Box<str>);

/// Text that is not an international number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not an international number (+ and 2 to 15 digits)")]
pub struct NotE164;

impl E164 {
    /// With the plus: `+14155550132`.
    pub fn as_str(&self) -> &str {
        &self.0
    }
    /// Digits without the plus.
    pub fn digits(&self) -> &str {
        &self.0[1..]
    }
    /// For logs and people who may not see it: `+1415***0132` keeps four digits at the end.
    pub fn masked(&self) -> String {
        mask(&self.0)
    }
}

impl FromStr for E164 {
    type Err = NotE164;
    fn from_str(text: &str) -> Result<Self, NotE164> {
        let digits = text.strip_prefix('+').ok_or(NotE164)?;
        let fits =
            (2..=15).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit()) && !digits.starts_with('0');
        fits.then(|| Self(text.into())).ok_or(NotE164)
    }
}

/// What a person or a gateway dialled: digits, `*`, `#`, an optional leading plus; 1 to 32 characters. Extensions, short codes
/// and emergency numbers are dial strings and never [`E164`].
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DialString(Box<str>);

/// Text that cannot be dialled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not dialable (digits, * and #, up to 32)")]
pub struct NotDialable;

impl DialString {
    /// As dialled, separators removed.
    pub fn as_str(&self) -> &str {
        &self.0
    }
    /// The number it is, when it is written internationally (`+...`).
    pub fn e164(&self) -> Option<E164> {
        self.0.parse().ok()
    }
}

impl FromStr for DialString {
    type Err = NotDialable;
    fn from_str(text: &str) -> Result<Self, NotDialable> {
        let kept: String =
            text.chars().filter(|c| !matches!(c, ' ' | '-' | '.' | '(' | ')' | '/' | '\u{a0}')).collect();
        let body = kept.strip_prefix('+').unwrap_or(&kept);
        let fits = (1..=32).contains(&body.len()) && body.bytes().all(|b| b.is_ascii_digit() || b == b'*' || b == b'#');
        fits.then(|| Self(kept.into())).ok_or(NotDialable)
    }
}

fn mask(text: &str) -> String {
    let (head, tail) = (text.len().min(4), text.len().saturating_sub(4));
    if tail <= head { "***".into() } else { format!("{}***{}", &text[..head], &text[tail..]) }
}

macro_rules! text_type {
    ($name:ident) => {
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&mask(&self.0))
            }
        }
        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
                to.serialize_str(&self.0)
            }
        }
        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                let text = <std::borrow::Cow<'de, str>>::deserialize(from)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
    };
}
text_type!(E164);
text_type!(DialString);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn international_numbers_only() {
        assert!("+14155550132".parse::<E164>().is_ok());
        for bad in ["14155550132", "+", "+0123", "+1415555013a", "+1234567890123456", ""] {
            assert!(bad.parse::<E164>().is_err(), "{bad}");
        }
    }

    #[test]
    fn separators_are_not_dialled() {
        assert_eq!("(415) 555-0132".parse::<DialString>().unwrap().as_str(), "4155550132");
        assert_eq!("*21#".parse::<DialString>().unwrap().as_str(), "*21#");
        assert!("12a".parse::<DialString>().is_err());
    }

    #[test]
    fn debug_hides_the_middle() {
        let number: E164 = "+14155550132".parse().unwrap();
        assert_eq!(format!("{number:?}"), "+141***0132");
    }
}
