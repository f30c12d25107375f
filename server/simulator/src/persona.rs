//! The people behind the lines, as data.

use std::path::PathBuf;

use serde::Deserialize;

/// What a person does when called, or after their own call is answered.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Persona {
    /// Short name: `echo`.
    pub key: String,
    /// Shown to those who are called; the short name when absent.
    #[serde(default)]
    pub name: String,
    /// In words.
    pub does: String,
    /// Called numbers that end in one of these reach this person; the longest match wins.
    #[serde(default)]
    pub suffixes: Vec<String>,
    /// Milliseconds of ringing.
    #[serde(default = "two_seconds")]
    pub ring_ms: u64,
    /// What follows the ringing.
    #[serde(default)]
    pub outcome: Outcome,
    /// What is said after an answer.
    #[serde(default)]
    pub speech: Speech,
    /// Keys pressed one second after an answer.
    #[serde(default)]
    pub digits: String,
    /// Hangs up after so many milliseconds of talk; never by itself when absent.
    #[serde(default)]
    pub talk_ms: Option<u64>,
}

/// How the ringing ends.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Picks up.
    #[default]
    Answers,
    /// The network or the person says no: SIP status and Q.850 cause.
    Refuses {
        /// SIP status, 400 to 699.
        status: u16,
        /// Q.850 cause value.
        q850: u8,
    },
    /// Nobody picks up.
    RingsOut,
}

/// What is said.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Speech {
    /// Sends back what it hears.
    #[default]
    Echo,
    /// Not a single packet: audio flows one way only.
    Nothing,
    /// A steady tone.
    Tone {
        /// Hertz.
        hz: u16,
    },
    /// A WAV file, over and over.
    File {
        /// Where it is.
        path: PathBuf,
    },
}

impl Persona {
    /// What a phone shows when this person calls. Without quotes and backslashes, which end a display name (RFC 3261 25.1).
    pub fn shown(&self) -> String {
        let name = if self.name.trim().is_empty() { &self.key } else { &self.name };
        name.chars().filter(|it| !matches!(it, '"' | '\\') && !it.is_control()).collect()
    }
}

const fn two_seconds() -> u64 {
    2_000
}

/// Everybody who lives behind the lines.
#[derive(Clone, Debug)]
pub struct People(Vec<Persona>);

impl People {
    /// `more` people before those that are always there: a key or a suffix of theirs takes precedence.
    pub fn new(more: Vec<Persona>) -> Self {
        let mut people = more;
        people.extend(built_in());
        Self(people)
    }

    /// Who lives at this number. Everybody else's numbers reach the echo.
    pub fn at(&self, number: &str) -> &Persona {
        let fits = |persona: &Persona| {
            let lengths = persona.suffixes.iter().filter(|suffix| number.ends_with(suffix.as_str())).map(String::len);
            lengths.max()
        };
        let mut best: Option<(usize, &Persona)> = None;
        for persona in &self.0 {
            if let Some(length) = fits(persona)
                && best.is_none_or(|(longest, _)| length > longest)
            {
                best = Some((length, persona));
            }
        }
        best.map_or_else(|| self.named("echo").expect("the echo is built in"), |(_, persona)| persona)
    }

    /// The person with this key.
    pub fn named(&self, key: &str) -> Option<&Persona> {
        self.0.iter().find(|persona| persona.key == key)
    }

    /// Everybody.
    pub fn all(&self) -> &[Persona] {
        &self.0
    }
}

fn built_in() -> Vec<Persona> {
    let person = |key: &str, name: &str, suffix: &str, does: &str| Persona {
        key: key.to_owned(),
        name: name.to_owned(),
        does: does.to_owned(),
        suffixes: vec![suffix.to_owned()],
        ring_ms: two_seconds(),
        outcome: Outcome::Answers,
        speech: Speech::Echo,
        digits: String::new(),
        talk_ms: None,
    };
    let refuses = |status, q850| Outcome::Refuses { status, q850 };
    vec![
        person("echo", "Echo test", "43", "answers after 2 s and sends back what it hears"),
        Persona {
            ring_ms: 10_000,
            ..person("slow", "Rings long", "10", "lets it ring for 10 s, then answers and echoes")
        },
        Persona {
            speech: Speech::Tone { hz: 440 },
            ..person("tone", "Steady tone", "44", "answers and sounds 440 Hz")
        },
        Persona {
            digits: "1590*#".into(),
            ..person("keys", "Sends keys", "55", "answers, echoes and presses 1 5 9 0 * #")
        },
        Persona {
            talk_ms: Some(10_000),
            ..person("brief", "Short call", "66", "answers, echoes and hangs up after 10 s")
        },
        Persona {
            speech: Speech::Nothing,
            ..person("silent", "Silent line", "60", "answers and listens, but sends no audio")
        },
        Persona { outcome: refuses(486, 17), ring_ms: 300, ..person("busy", "Always busy", "17", "is busy") },
        Persona { outcome: Outcome::RingsOut, ..person("away", "Never answers", "19", "never picks up") },
        Persona { outcome: refuses(603, 21), ..person("decliner", "Declines", "21", "declines after 2 s") },
        Persona {
            outcome: refuses(404, 1),
            ring_ms: 300,
            ..person("unassigned", "No such number", "00", "is a number that does not exist")
        },
        Persona {
            outcome: refuses(503, 34),
            ring_ms: 300,
            ..person("congested", "Full network", "34", "is behind a full network (cause 34)")
        },
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_suffix_wins_and_everybody_else_echoes() {
        let special: Persona =
            toml::from_str("key = \"boss\"\ndoes = \"hangs up\"\nsuffixes = [\"017\"]\noutcome = { refuses = { status = 486, q850 = 17 } }")
                .unwrap();
        let people = People::new(vec![special]);
        assert_eq!(people.at("+12025550017").key, "boss");
        assert_eq!(people.at("+12025550117").key, "busy");
        assert_eq!(people.at("12025550123").key, "echo");
        assert_eq!(people.at("").key, "echo");
    }

    #[test]
    fn people_are_shown_by_name_and_nobody_breaks_the_header() {
        let people = People::new(Vec::new());
        assert_eq!(people.named("keys").unwrap().shown(), "Sends keys");
        assert!(people.all().iter().all(|one| one.shown() != one.key), "a built-in person has a name");
        let odd: Persona = toml::from_str("key = \"fax\"\ndoes = \"beeps\"\nname = 'The \"fax\" \\ box'").unwrap();
        assert_eq!(odd.shown(), "The fax  box");
        assert_eq!(Persona { name: String::new(), ..odd }.shown(), "fax");
    }

    #[test]
    fn keys_and_suffixes_are_unique() {
        let people = People::new(Vec::new());
        let mut keys: Vec<&str> = people.all().iter().map(|it| &*it.key).collect();
        let mut suffixes: Vec<&String> = people.all().iter().flat_map(|it| &it.suffixes).collect();
        let (key_count, suffix_count) = (keys.len(), suffixes.len());
        keys.sort_unstable();
        keys.dedup();
        suffixes.sort_unstable();
        suffixes.dedup();
        assert_eq!((keys.len(), suffixes.len()), (key_count, suffix_count));
    }
}
