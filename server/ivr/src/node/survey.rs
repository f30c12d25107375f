//! Asks how it was: one key per question.

use serde::{Deserialize, Serialize};

use super::{By, Exit, NodeKind};
use crate::{
    check::{About, Code},
    io::{Effect, Input},
    sound::Sound,
    visit::{Step, Visit},
};

/// Settings of a survey.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Survey {
    /// Questions in order.
    questions: Vec<Question>,
    /// Seconds to wait after each.
    wait_s: u32,
    /// How often each is asked.
    tries: u8,
}

/// One question.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Question {
    /// Under which name answers are kept.
    name: String,
    /// What is asked.
    #[serde(default)]
    prompt: Option<Sound>,
    /// Lowest key.
    #[serde(default = "one")]
    min: u8,
    /// Highest key.
    #[serde(default = "five")]
    max: u8,
}

const fn one() -> u8 {
    1
}
const fn five() -> u8 {
    5
}

impl Default for Survey {
    fn default() -> Self {
        Self { questions: vec![], wait_s: 5, tries: 2 }
    }
}

impl NodeKind for Survey {
    fn exits(&self) -> Vec<Exit> {
        vec![Exit::needed("done", By::Caller), Exit::open("silent", By::Flow)]
    }
    fn check(&self, about: &mut About<'_>) {
        if self.questions.is_empty() {
            about.find(Code::MissingSetting, Some("questions"), None);
        }
        about.holds("questions", self.questions.len() <= 10);
        about.within("wait_s", self.wait_s, 1..=60);
        about.within("tries", self.tries, 1..=9);
        for (at, question) in self.questions.iter().enumerate() {
            about.sound(&format!("questions/{at}/prompt"), question.prompt.as_ref());
            about.holds(&format!("questions/{at}/name"), (1..=40).contains(&question.name.len()));
            about.holds(&format!("questions/{at}/max"), question.min < question.max && question.max <= 9);
            if self.questions[..at].iter().any(|other| other.name == question.name) {
                about.find(Code::DuplicateChoice, Some(&format!("questions/{at}/name")), Some(&question.name));
            }
        }
    }
    fn enter(&self, visit: &mut Visit<'_>) -> Step {
        self.ask(visit, 0)
    }
    fn on(&self, visit: &mut Visit<'_>, input: &Input) -> Step {
        let stage = visit.memory().stage;
        let Some(question) = self.questions.get(stage) else { return Step::leave("done") };
        match input {
            Input::Key(key) => {
                visit.stop_playing();
                match key.as_char().to_digit(10).and_then(|digit| u8::try_from(digit).ok()) {
                    Some(score) if (question.min..=question.max).contains(&score) => {
                        visit.order(Effect::Survey { question: question.name.clone(), score });
                        self.ask(visit, stage + 1)
                    }
                    _ => self.again(visit),
                }
            }
            Input::PlayEnded(_) => {
                visit.wake_in(self.wait_s.clamp(1, 60));
                Step::Stay
            }
            Input::Deadline => self.again(visit),
            _ => Step::Stay,
        }
    }
    fn sounds(&self) -> Vec<Sound> {
        self.questions.iter().filter_map(|question| question.prompt.clone()).collect()
    }
    fn references(&self) -> Vec<(&'static str, &str)> {
        super::prompts(self.questions.iter().filter_map(|question| question.prompt.as_ref()))
    }
}

impl Survey {
    fn ask(&self, visit: &mut Visit<'_>, stage: usize) -> Step {
        let Some(question) = self.questions.get(stage) else { return Step::leave("done") };
        visit.memory().stage = stage;
        visit.memory().tries = 1;
        self.speak(visit, question)
    }
    fn again(&self, visit: &mut Visit<'_>) -> Step {
        let (stage, tries) = (visit.memory().stage, visit.memory().tries);
        if tries >= self.tries {
            return Step::leave(if visit.is_wired("silent") { "silent" } else { "done" });
        }
        visit.memory().tries += 1;
        match self.questions.get(stage) {
            Some(question) => self.speak(visit, question),
            None => Step::leave("done"),
        }
    }
    fn speak(&self, visit: &mut Visit<'_>, question: &Question) -> Step {
        if !visit.play(&question.prompt) {
            visit.answer();
            visit.wake_in(self.wait_s.clamp(1, 60));
        }
        Step::Stay
    }
}

#[cfg(test)]
mod tests {
    use crate::{io::Effect, node::trial::Trial};
    use serde_json::json;

    #[test]
    fn each_question_takes_one_key_of_its_scale() {
        let prompt = json!({"kind": "prompt", "prompt": "p"});
        let mut trial = Trial::of(
            "survey",
            json!({"questions": [{"name": "service", "prompt": prompt}, {"name": "again", "prompt": prompt, "min": 0, "max": 1}]}),
        );
        trial.key('9');
        trial.key('4');
        trial.key('0');
        let scores: Vec<(String, u8)> = trial
            .effects
            .iter()
            .filter_map(|effect| match effect {
                Effect::Survey { question, score } => Some((question.clone(), *score)),
                _ => None,
            })
            .collect();
        assert_eq!(scores, [("service".to_owned(), 4), ("again".to_owned(), 0)]);
        assert_eq!(trial.left_by(), Some("done"));
    }
}
