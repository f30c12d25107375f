//! Typed variables of a flow.

use serde::{Deserialize, Serialize};

/// What kind of value a variable holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ValueKind {
    /// Any text, digits that a caller keyed among it.
    #[default]
    Text,
    /// A whole number.
    Number,
    /// Yes or no.
    YesNo,
}

/// A value. As JSON: a string, a whole number or a boolean.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Value {
    /// Yes or no.
    YesNo(bool),
    /// A whole number.
    Number(i64),
    /// Text.
    Text(String),
}

impl Value {
    /// Of which kind it is.
    pub const fn kind(&self) -> ValueKind {
        match self {
            Self::Text(_) => ValueKind::Text,
            Self::Number(_) => ValueKind::Number,
            Self::YesNo(_) => ValueKind::YesNo,
        }
    }

    /// The value that a variable of this kind has before anybody sets it.
    pub const fn empty(kind: ValueKind) -> Self {
        match kind {
            ValueKind::Text => Self::Text(String::new()),
            ValueKind::Number => Self::Number(0),
            ValueKind::YesNo => Self::YesNo(false),
        }
    }

    /// Text read as this kind: a number that cannot be read is 0, anything but `true`, `yes` and `1` is no.
    pub fn read(kind: ValueKind, text: &str) -> Self {
        match kind {
            ValueKind::Text => Self::Text(text.chars().take(MAX_TEXT).collect()),
            ValueKind::Number => Self::Number(text.trim().parse().unwrap_or(0)),
            ValueKind::YesNo => Self::YesNo(matches!(text.trim(), "true" | "yes" | "1")),
        }
    }

    /// As people read it: `yes` and `no` are `true` and `false`.
    pub fn text(&self) -> String {
        match self {
            Self::Text(text) => text.clone(),
            Self::Number(number) => number.to_string(),
            Self::YesNo(flag) => flag.to_string(),
        }
    }

    /// Whether nothing was said: empty text, 0, no.
    pub fn is_empty(&self) -> bool {
        *self == Self::empty(self.kind())
    }
}

/// A variable that a flow declares.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Variable {
    /// Letters, digits and `_`, beginning with a letter; at most 40.
    pub name: String,
    /// What it holds.
    #[serde(default)]
    pub kind: ValueKind,
    /// What it holds at first; of the same kind.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub initial: Option<Value>,
}

/// The longest text that a variable keeps, in characters.
pub const MAX_TEXT: usize = 1000;

/// Variables that every call has. They can be read and never set by a flow.
pub const GIVEN: [&str; 5] = ["call.caller", "call.caller_name", "call.called", "call.extension", "call.language"];

/// Whether a flow may declare a variable of this name.
pub fn is_name(text: &str) -> bool {
    text.len() <= 40
        && text.starts_with(|first: char| first.is_ascii_lowercase())
        && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_reads_as_its_kind() {
        assert_eq!(Value::read(ValueKind::Number, " 42 "), Value::Number(42));
        assert_eq!(Value::read(ValueKind::Number, "many"), Value::Number(0));
        assert_eq!(Value::read(ValueKind::YesNo, "true"), Value::YesNo(true));
        assert_eq!(serde_json::from_str::<Value>("true").unwrap(), Value::YesNo(true));
        assert_eq!(serde_json::from_str::<Value>("7").unwrap(), Value::Number(7));
        assert_eq!(serde_json::from_str::<Value>("\"7\"").unwrap(), Value::Text("7".into()));
    }

    #[test]
    fn names_are_small_words() {
        assert!(
            is_name("account_2") && !is_name("call.caller") && !is_name("2nd") && !is_name("") && !is_name("Ärger")
        );
    }
}
