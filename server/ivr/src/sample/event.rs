//! What a simulated call shows, a line each.

use serde::Serialize;

use crate::{
    io::{Effect, Outcome, Target},
    sound::Heard,
};

/// Something that happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema), schema(as = FlowHappening))]
pub struct Happening {
    /// Milliseconds since the call came.
    pub at_ms: u64,
    /// At which node.
    pub node: String,
    /// What.
    pub what: What,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema), schema(as = FlowWhat))]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum What {
    /// The call is answered.
    Answers,
    /// A text is spoken.
    Says {
        /// The text.
        text: String,
        /// Its language.
        language: String,
    },
    /// A stored prompt is played.
    Plays {
        /// Its id.
        prompt: String,
        /// In which language.
        language: String,
    },
    /// A tone asks the caller to speak.
    Beeps,
    /// The caller does not hear the rest.
    Interrupts,
    /// The caller presses a key.
    Key {
        /// Which.
        key: String,
    },
    /// A server is asked.
    Asks {
        /// `GET` or `POST`.
        method: String,
        /// Whole URL.
        url: String,
    },
    /// The caller waits in a queue.
    Queues {
        /// Which.
        queue: String,
    },
    /// The caller leaves the queue.
    LeavesQueue,
    /// Somebody is rung.
    Rings {
        /// Seat, team, extension or number of each.
        targets: Vec<String>,
        /// Whether the flow ends when somebody answers.
        for_good: bool,
    },
    /// Ringing stops.
    StopsRinging,
    /// A message is recorded.
    Records {
        /// Whose box.
        mailbox: String,
    },
    /// Recording stops.
    StopsRecording,
    /// A call back is promised.
    CallBack {
        /// Whom to call.
        number: String,
    },
    /// A question of a survey is answered.
    Survey {
        /// Which.
        question: String,
        /// With which key.
        score: u8,
    },
    /// The caller agrees to be recorded, or does not.
    Consent {
        /// Agreed.
        given: bool,
    },
    /// What is keyed is kept out of recordings, or no longer.
    Sensitive {
        /// It is.
        on: bool,
    },
    /// The flow is over.
    Ends {
        /// How.
        outcome: Outcome,
    },
}

impl What {
    /// An effect as it is shown; a play is as many as its sounds.
    pub(super) fn of(effect: Effect) -> Vec<Self> {
        let one = match effect {
            Effect::Play(_, heard) => return heard.into_iter().map(Self::of_sound).collect(),
            Effect::Answer => Self::Answers,
            Effect::StopPlaying => Self::Interrupts,
            Effect::Fetch(_, request) => Self::Asks { method: request.method.into(), url: request.url },
            Effect::Enqueue(_, wait) => Self::Queues { queue: wait.queue },
            Effect::LeaveQueue(_) => Self::LeavesQueue,
            Effect::Ring(_, ringing) => {
                Self::Rings { targets: ringing.targets.iter().map(name).collect(), for_good: ringing.for_good }
            }
            Effect::StopRinging(_) => Self::StopsRinging,
            Effect::Record(_, message) => Self::Records { mailbox: name(&message.mailbox) },
            Effect::StopRecording(_) => Self::StopsRecording,
            Effect::CallBack { number, .. } => Self::CallBack { number },
            Effect::Survey { question, score } => Self::Survey { question, score },
            Effect::Consent(given) => Self::Consent { given },
            Effect::Sensitive(on) => Self::Sensitive { on },
            Effect::End(outcome) => Self::Ends { outcome },
        };
        vec![one]
    }

    fn of_sound(heard: Heard) -> Self {
        match heard {
            Heard::Prompt { prompt, language } => Self::Plays { prompt, language: language.as_str().into() },
            Heard::Text { text, language, .. } => Self::Says { text, language: language.as_str().into() },
            Heard::Beep => Self::Beeps,
        }
    }
}

fn name(target: &Target) -> String {
    match target {
        Target::Seat { seat: name }
        | Target::Team { team: name }
        | Target::Extension { extension: name }
        | Target::Number { number: name } => name.clone(),
    }
}
