//! What a caller hears, and the keys that a caller presses.

use std::{collections::BTreeMap, fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// A language tag such as `en`, `zh-Hans`, `zh-Hant`. Source: BCP 47; compared as written.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Language(String);

/// Text that is not a language tag.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a language tag such as en or zh-Hans")]
pub struct NotALanguage;

impl Language {
    /// The tag.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Default for Language {
    fn default() -> Self {
        Self("en".into())
    }
}

impl FromStr for Language {
    type Err = NotALanguage;
    fn from_str(text: &str) -> Result<Self, NotALanguage> {
        let fits = (2..=16).contains(&text.len())
            && text.split('-').all(|part| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_alphanumeric()));
        fits.then(|| Self(text.into())).ok_or(NotALanguage)
    }
}

impl<'de> Deserialize<'de> for Language {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        String::deserialize(from)?.parse().map_err(serde::de::Error::custom)
    }
}

/// A key of a telephone: `0` to `9`, `*`, `#`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key(char);

impl Key {
    /// The key of this character; `None` when there is no such key.
    pub fn new(character: char) -> Option<Self> {
        (character.is_ascii_digit() || matches!(character, '*' | '#')).then_some(Self(character))
    }
    /// Its character.
    pub const fn as_char(self) -> char {
        self.0
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// What the author of a flow wants heard.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Sound {
    /// A stored prompt, which has a rendition per language itself.
    Prompt {
        /// Its id; empty while nobody chose one.
        prompt: String,
    },
    /// Text to be spoken, by language; may mention `{{variables}}`.
    Text {
        /// The text of each language.
        text: BTreeMap<Language, String>,
        /// A voice; the company's own choice for the language where empty.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        voice: Option<String>,
    },
}

/// What is played, chosen and filled in.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Heard {
    /// A stored prompt in this language.
    Prompt {
        /// Its id.
        prompt: String,
        /// The language of the call now.
        language: Language,
    },
    /// Text to be spoken.
    Text {
        /// What.
        text: String,
        /// In which language.
        language: Language,
        /// With which voice, where the author chose one.
        voice: Option<String>,
    },
    /// The tone after which one speaks.
    Beep,
}

impl Sound {
    /// Whether nothing would be heard.
    pub fn is_silent(&self) -> bool {
        match self {
            Self::Prompt { prompt } => prompt.is_empty(),
            Self::Text { text, .. } => text.values().all(|text| text.trim().is_empty()),
        }
    }

    /// The text for a caller of this language: that language, else the flow's first, else any.
    pub(crate) fn text_for<'a>(
        text: &'a BTreeMap<Language, String>,
        language: &'a Language,
        first: &'a Language,
    ) -> Option<(&'a Language, &'a str)> {
        let said = |language: &'a Language| {
            text.get(language).filter(|text| !text.trim().is_empty()).map(|text| (language, text.as_str()))
        };
        let any = || text.iter().find(|(_, text)| !text.trim().is_empty()).map(|(tag, text)| (tag, text.as_str()));
        said(language).or_else(|| said(first)).or_else(any)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_falls_back_to_the_first_language_and_then_to_any() {
        let (en, hans, hant): (Language, Language, Language) =
            ("en".parse().unwrap(), "zh-Hans".parse().unwrap(), "zh-Hant".parse().unwrap());
        let text = BTreeMap::from([(en.clone(), "Hello".into()), (hans.clone(), "您好".into())]);
        assert_eq!(Sound::text_for(&text, &hans, &en).unwrap().1, "您好");
        assert_eq!(Sound::text_for(&text, &hant, &en).unwrap().1, "Hello");
        assert_eq!(Sound::text_for(&text, &hant, &hant).unwrap().1, "Hello", "some language rather than silence");
        assert!(Sound::text_for(&BTreeMap::new(), &en, &en).is_none());
    }

    #[test]
    fn only_tags_are_languages() {
        for bad in ["", "e", "zh--Hans", "-en", "en_US", "averyveryverylongtag"] {
            assert!(bad.parse::<Language>().is_err(), "{bad}");
        }
    }
}
