//! Takes a message.

use serde::{Deserialize, Serialize};

use super::{By, Exit, NodeKind};
use crate::{
    check::{About, Code},
    io::{Input, Message, Target},
    sound::{Heard, Sound},
    visit::{Step, Visit},
};

/// Settings of a voicemail.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Voicemail {
    /// Whose box: a seat's, a team's, or whoever has an extension.
    mailbox: Option<Target>,
    /// Said before the beep.
    greeting: Option<Sound>,
    /// Longest message in seconds.
    max_s: u32,
    /// Seconds of silence that end it.
    silence_s: u32,
    /// The key that ends it; empty: none.
    end_key: String,
}

impl Default for Voicemail {
    fn default() -> Self {
        Self { mailbox: None, greeting: None, max_s: 120, silence_s: 5, end_key: "#".into() }
    }
}

impl NodeKind for Voicemail {
    fn exits(&self) -> Vec<Exit> {
        vec![Exit::needed("recorded", By::Caller), Exit::open("empty", By::Flow)]
    }
    fn check(&self, about: &mut About<'_>) {
        match &self.mailbox {
            Some(Target::Number { .. }) => about.find(Code::BadSetting, Some("mailbox"), None),
            Some(mailbox) => super::check_target(about, "mailbox", mailbox),
            None => about.find(Code::MissingSetting, Some("mailbox"), None),
        }
        about.sound("greeting", self.greeting.as_ref());
        about.within("max_s", self.max_s, 5..=600);
        about.within("silence_s", self.silence_s, 2..=30);
    }
    fn enter(&self, visit: &mut Visit<'_>) -> Step {
        let greeting = self.greeting.as_ref().and_then(|sound| visit.heard(sound));
        visit.play_heard(greeting.into_iter().chain([Heard::Beep]).collect());
        Step::Stay
    }
    fn on(&self, visit: &mut Visit<'_>, input: &Input) -> Step {
        match input {
            Input::PlayEnded(_) => {
                let Some(mailbox) = &self.mailbox else { return Self::left(visit, 0) };
                let mailbox = super::filled(mailbox, visit);
                let (max_s, silence_s) = (self.max_s.clamp(5, 600), self.silence_s.clamp(2, 30));
                visit.record(Message { mailbox, max_s, silence_s });
                Step::Stay
            }
            Input::Key(key) if self.end_key.starts_with(key.as_char()) => {
                visit.stop_recording();
                Step::Stay
            }
            Input::Recorded(_, seconds) => Self::left(visit, *seconds),
            Input::Deadline => Self::left(visit, 0),
            _ => Step::Stay,
        }
    }
    fn sounds(&self) -> Vec<Sound> {
        self.greeting.iter().cloned().collect()
    }
    fn references(&self) -> Vec<(&'static str, &str)> {
        let mailbox = self.mailbox.iter().filter_map(super::referred).filter(|(_, id)| !id.is_empty());
        super::prompts(&self.greeting).into_iter().chain(mailbox).collect()
    }
}

impl Voicemail {
    fn left(visit: &Visit<'_>, seconds: u32) -> Step {
        Step::leave(if seconds == 0 && visit.is_wired("empty") { "empty" } else { "recorded" })
    }
}

#[cfg(test)]
mod tests {
    use crate::{
        io::{Effect, Input},
        node::trial::Trial,
    };
    use serde_json::json;

    fn greeted() -> Trial {
        let greeting = json!({"kind": "prompt", "prompt": "p"});
        let mut trial = Trial::of("voicemail", json!({"mailbox": {"kind": "seat", "seat": "s"}, "greeting": greeting}));
        assert_eq!(trial.said(), ["<p>", "<beep>"]);
        trial.play_ended();
        trial
    }

    #[test]
    fn a_message_ends_by_key() {
        let mut trial = greeted();
        trial.key('#');
        assert!(trial.effects.iter().any(|effect| matches!(effect, Effect::StopRecording(_))));
        trial.job(|ticket| Input::Recorded(ticket, 9));
        assert_eq!(trial.left_by(), Some("recorded"));
    }

    #[test]
    fn nothing_said_has_an_exit_of_its_own() {
        let mut trial = greeted();
        trial.wire("empty");
        trial.job(|ticket| Input::Recorded(ticket, 0));
        assert_eq!(trial.left_by(), Some("empty"));
    }
}
