//! The lines of the routing protocol, version 1.

use std::{borrow::Cow, marker::PhantomData};

use serde::{Deserialize, Deserializer, de};

/// The answer that says no more than that.
pub const OK: &str = r#"{"ok":true}"#;

/// Why no further line is read.
#[derive(Debug, PartialEq, Eq)]
pub enum Stop {
    /// The asker has done.
    End,
    /// A line that cannot be answered, and why.
    Malformed(String),
}

impl From<serde_json::Error> for Stop {
    fn from(why: serde_json::Error) -> Self {
        Self::Malformed(why.to_string())
    }
}

/// A line that says what was wrong with the one before.
pub fn error(why: &str) -> String {
    serde_json::json!({ "error": why }).to_string()
}

/// Which question it is.
#[derive(Deserialize)]
pub struct Head<'a> {
    #[serde(rename = "type", borrow)]
    pub kind: Cow<'a, str>,
}

/// A name that is taken from the line as it stands there.
#[derive(Deserialize, PartialEq, Eq, Hash, Clone, Debug)]
#[serde(transparent)]
pub struct Name<'a>(#[serde(borrow)] pub Cow<'a, str>);

#[derive(Deserialize)]
pub struct Hello {
    pub v: u32,
    pub skills: Vec<String>,
    pub sl_s: f64,
    pub classes: Vec<i64>,
}

/// Skill to level, in the order of the line.
pub struct Levels<'a>(pub Vec<(Name<'a>, u8)>);

impl<'de: 'a, 'a> Deserialize<'de> for Levels<'a> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Visitor<'a>(PhantomData<&'a ()>);
        impl<'de: 'a, 'a> de::Visitor<'de> for Visitor<'a> {
            type Value = Levels<'a>;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("skills with levels")
            }
            fn visit_map<M: de::MapAccess<'de>>(self, mut map: M) -> Result<Self::Value, M::Error> {
                let mut levels = Vec::with_capacity(8);
                while let Some(entry) = map.next_entry()? {
                    levels.push(entry);
                }
                Ok(Levels(levels))
            }
        }
        from.deserialize_map(Visitor(PhantomData))
    }
}

/// What a question looks at.
#[derive(Deserialize)]
pub struct State<'a> {
    /// Seconds since the start.
    pub t: f64,
    /// Agent, skills, idle for.
    #[serde(borrow)]
    pub idle: Vec<(i64, Levels<'a>, f64)>,
    /// Call, skill, class, waited.
    pub waiting: Vec<(i64, Name<'a>, i64, f64)>,
    /// Agent, skills, seconds in the call.
    pub busy: Vec<(i64, Levels<'a>, f64)>,
    /// What happened since the last line.
    pub ev: Vec<Vec<serde_json::Value>>,
}

/// Whose wait is asked for.
#[derive(Deserialize)]
pub struct Whose<'a> {
    pub call: i64,
    #[serde(borrow)]
    pub skill: Name<'a>,
    pub class: i64,
    /// Callers ahead as the asker counts them; the list tells the same and more.
    #[expect(dead_code, reason = "read to be checked, no more")]
    #[serde(default)]
    pub ahead: u32,
}
