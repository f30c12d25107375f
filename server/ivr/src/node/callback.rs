//! Offers a call back.

use serde::{Deserialize, Serialize};

use super::{By, Exit, NodeKind};
use crate::{
    check::{About, Code},
    io::{Effect, Input},
    sound::{Key, Sound},
    template::Escape,
    visit::{Step, Visit},
};

/// Settings of the offer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Callback {
    /// The offer.
    prompt: Option<Sound>,
    /// The key that accepts it.
    accept_key: String,
    /// Whom to call; may mention `{{variables}}`.
    number: String,
    /// The queue that calls back; empty: the company.
    queue: String,
    /// Seconds to wait after the prompt.
    wait_s: u32,
}

impl Default for Callback {
    fn default() -> Self {
        Self {
            prompt: None,
            accept_key: "1".into(),
            number: "{{call.caller}}".into(),
            queue: String::new(),
            wait_s: 5,
        }
    }
}

impl NodeKind for Callback {
    fn exits(&self) -> Vec<Exit> {
        vec![Exit::needed("accepted", By::Caller), Exit::needed("declined", By::Flow)]
    }
    fn check(&self, about: &mut About<'_>) {
        about.sound("prompt", self.prompt.as_ref());
        about.needed_text("number", &self.number);
        about.within("wait_s", self.wait_s, 1..=60);
        let mut keys = self.accept_key.chars();
        let one = keys.next().is_some_and(|key| Key::new(key).is_some()) && keys.next().is_none();
        if !one {
            about.find(Code::BadSetting, Some("accept_key"), None);
        }
    }
    fn enter(&self, visit: &mut Visit<'_>) -> Step {
        // A withheld number cannot be called.
        if visit.fill(&self.number, Escape::None).trim().is_empty() {
            return Step::leave("declined");
        }
        if !visit.play(&self.prompt) {
            visit.answer();
            visit.wake_in(self.wait_s.clamp(1, 60));
        }
        Step::Stay
    }
    fn on(&self, visit: &mut Visit<'_>, input: &Input) -> Step {
        match input {
            Input::Key(key) if self.accept_key.starts_with(key.as_char()) => {
                let number = visit.fill(&self.number, Escape::None);
                visit.order(Effect::CallBack { number, queue: self.queue.clone() });
                Step::leave("accepted")
            }
            Input::Key(_) | Input::Deadline => Step::leave("declined"),
            Input::PlayEnded(_) => {
                visit.wake_in(self.wait_s.clamp(1, 60));
                Step::Stay
            }
            _ => Step::Stay,
        }
    }
    fn sounds(&self) -> Vec<Sound> {
        self.prompt.iter().cloned().collect()
    }
    fn references(&self) -> Vec<(&'static str, &str)> {
        let queue = (!self.queue.is_empty()).then_some(("queue", self.queue.as_str()));
        super::prompts(&self.prompt).into_iter().chain(queue).collect()
    }
}

#[cfg(test)]
mod tests {
    use crate::{io::Effect, node::trial::Trial};
    use serde_json::json;

    fn offered() -> Trial {
        Trial::of("callback", json!({"prompt": {"kind": "prompt", "prompt": "p"}, "queue": "q1"}))
    }

    #[test]
    fn the_key_makes_a_promise_and_nothing_else_does() {
        let mut yes = offered();
        yes.key('1');
        let promise = Effect::CallBack { number: "+14155550100".into(), queue: "q1".into() };
        assert!(yes.effects.contains(&promise));
        assert_eq!(yes.left_by(), Some("accepted"));
        let mut no = offered();
        no.play_ended();
        no.after(5);
        assert_eq!(no.left_by(), Some("declined"));
        assert!(!no.effects.contains(&promise));
        assert_eq!(Trial::of("callback", json!({"number": "{{account}}"})).left_by(), Some("declined"));
    }
}
