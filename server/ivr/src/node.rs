//! The closed list of node kinds, and what a kind must say of itself.

use std::borrow::Cow;

use serde::de::DeserializeOwned;
use serde_json::Value as Json;

use crate::{
    check::About,
    io::{Input, Target},
    sound::Sound,
    template::Escape,
    visit::{Step, Visit},
};

/// Who makes a call take an exit. A loop of [`By::Flow`] alone would turn for ever.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum By {
    /// The flow itself, or a caller who stays silent.
    Flow,
    /// The caller, by a key or by speaking.
    Caller,
    /// Other people: somebody who is rung or who works in a queue.
    Others,
}

/// A way out of a node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exit {
    /// Its name, the key in the node's `exits`.
    pub name: Cow<'static, str>,
    /// Whether a published flow must lead somewhere from here.
    pub needed: bool,
    /// Who takes it.
    pub by: By,
}

impl Exit {
    /// One that must lead somewhere.
    pub fn needed(name: impl Into<Cow<'static, str>>, by: By) -> Self {
        Self { name: name.into(), needed: true, by }
    }
    /// One that may be left open.
    pub fn open(name: impl Into<Cow<'static, str>>, by: By) -> Self {
        Self { name: name.into(), needed: false, by }
    }
    /// The one exit of a node that does one thing.
    pub fn next() -> Vec<Self> {
        vec![Self::needed("next", By::Flow)]
    }
}

/// What each kind of node is.
pub trait NodeKind: Send + Sync {
    /// Every way out, so that [`crate::check`] and the editor see dead ends.
    fn exits(&self) -> Vec<Exit>;
    /// What is wrong with the settings.
    fn check(&self, about: &mut About<'_>);
    /// The caller arrives.
    fn enter(&self, visit: &mut Visit<'_>) -> Step;
    /// Something happened while the caller was here.
    fn on(&self, _visit: &mut Visit<'_>, _input: &Input) -> Step {
        Step::Stay
    }
    /// Whether keys pressed here must not be seen by anybody.
    fn is_secret(&self) -> bool {
        false
    }
    /// The flow that is entered or gone to from here.
    fn other_flow(&self) -> Option<&str> {
        None
    }
    /// Everything that callers may hear here, so that it can be made ready before anybody calls.
    fn sounds(&self) -> Vec<Sound> {
        vec![]
    }
    /// What it refers to beyond the flow: kind of thing (`queue`, `prompt`, `seat`, `team`), its id.
    fn references(&self) -> Vec<(&'static str, &str)> {
        vec![]
    }
}

macro_rules! nodes {
    ($($(#[$doc:meta])* $name:ident = $module:ident;)*) => {
        $($(#[$doc])* pub mod $module;)*

        /// A kind with its settings.
        #[derive(Clone, Debug, PartialEq)]
        pub enum Kind { $($(#[$doc])* $name($module::$name),)* }

        impl Kind {
            /// The codes of all kinds.
            pub const ALL: &[&str] = &[$(stringify!($module)),*];

            /// As in the JSON form.
            pub const fn code(&self) -> &'static str {
                match self { $(Self::$name(_) => stringify!($module),)* }
            }

            /// Reads settings of that kind.
            ///
            /// # Errors
            /// In words: there is no such kind, or these are not its settings.
            pub fn read(code: &str, settings: Json) -> Result<Self, String> {
                match code {
                    $(stringify!($module) => read(settings).map(Self::$name),)*
                    _ => Err(format!("there is no node kind {code}")),
                }
            }

            /// Writes the settings.
            pub fn settings(&self) -> Json {
                match self { $(Self::$name(node) => serde_json::to_value(node).unwrap_or_default(),)* }
            }

            /// What all kinds have in common.
            pub fn node(&self) -> &dyn NodeKind {
                match self { $(Self::$name(node) => node,)* }
            }
        }
    };
}

nodes! {
    /// Where a call begins.
    Start = start;
    /// Plays sounds.
    Play = play;
    /// Speaks a text.
    Say = say;
    /// Offers keys.
    Menu = menu;
    /// Takes digits.
    Gather = gather;
    /// Decides by opening hours.
    Hours = hours;
    /// Decides by date.
    Holidays = holidays;
    /// Decides by variables.
    Branch = branch;
    /// Sets variables.
    Set = set;
    /// Asks a server.
    Http = http;
    /// Waits in a queue.
    Queue = queue;
    /// Rings somebody.
    Ring = ring;
    /// Hands the caller over.
    Transfer = transfer;
    /// Takes a message.
    Voicemail = voicemail;
    /// Offers a call back.
    Callback = callback;
    /// Asks how it was.
    Survey = survey;
    /// Asks whether the call may be recorded.
    Consent = consent;
    /// Enters another flow and comes back.
    Subflow = subflow;
    /// Goes to another flow, or back to the one that entered this one.
    Leave = leave;
    /// Chooses the language.
    Language = language;
    /// Sorts out unwanted callers.
    Blocklist = blocklist;
    /// Hangs up.
    Hangup = hangup;
}

fn read<K: DeserializeOwned>(settings: Json) -> Result<K, String> {
    K::deserialize(settings).map_err(|why| why.to_string())
}

/// The stored prompts among sounds.
fn prompts<'a>(sounds: impl IntoIterator<Item = &'a Sound>) -> Vec<(&'static str, &'a str)> {
    let prompt = |sound: &'a Sound| match sound {
        Sound::Prompt { prompt } if !prompt.is_empty() => Some(("prompt", prompt.as_str())),
        _ => None,
    };
    sounds.into_iter().filter_map(prompt).collect()
}

/// What a target refers to.
fn referred(target: &Target) -> Option<(&'static str, &str)> {
    match target {
        Target::Seat { seat } => Some(("seat", seat)),
        Target::Team { team } => Some(("team", team)),
        Target::Extension { .. } | Target::Number { .. } => None,
    }
}

/// A target as it is rung: variables filled in.
fn filled(target: &Target, visit: &Visit<'_>) -> Target {
    match target {
        Target::Extension { extension } => Target::Extension { extension: visit.fill(extension, Escape::None) },
        Target::Number { number } => Target::Number { number: visit.fill(number, Escape::None) },
        same => same.clone(),
    }
}

/// Whether somebody was chosen.
fn check_target(about: &mut About<'_>, field: &str, target: &Target) {
    match target {
        Target::Seat { seat: id } | Target::Team { team: id } => about.chosen(field, id),
        Target::Extension { extension: text } | Target::Number { number: text } => about.needed_text(field, text),
    }
}

#[cfg(test)]
pub(crate) mod trial;
