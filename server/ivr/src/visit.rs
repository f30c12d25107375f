//! A caller at a node: what the node sees, remembers and may ask for.

use std::borrow::Cow;
use std::collections::{BTreeMap, VecDeque};

use patchbay_kernel::{Tick, time::Span};

use crate::{
    graph::NodeName,
    io::{Effect, Message, Now, Outcome, Request, Ringing, Ticket, Wait},
    limits::MAX_PLAY,
    sound::{Heard, Language, Sound},
    template::{self, Escape},
    value::ValueKind,
    variables::Variables,
};

/// What comes of an input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// The caller stays.
    Stay,
    /// The caller leaves by this exit.
    Leave(Cow<'static, str>),
    /// The caller enters another flow and comes back by the exit `done`.
    Enter(String),
    /// The caller goes to another flow for good.
    Goto(String),
    /// The caller goes back to the flow that entered this one; where there is none, the call ends.
    Return,
    /// The flow is over.
    End(Outcome),
}

impl Step {
    /// By this exit.
    pub fn leave(exit: impl Into<Cow<'static, str>>) -> Self {
        Self::Leave(exit.into())
    }
    /// By the only exit.
    pub const fn next() -> Self {
        Self::Leave(Cow::Borrowed("next"))
    }
}

/// What a node remembers while a caller is there.
#[derive(Clone, Debug, Default)]
pub struct Memory {
    /// How often it has asked.
    pub tries: u8,
    /// Keys so far.
    pub keys: String,
    /// Which of several things it does.
    pub stage: usize,
    /// What plays.
    pub(crate) play: Option<Ticket>,
    /// What was asked of others.
    pub(crate) job: Option<Ticket>,
    pub(crate) deadline: Option<Tick>,
}

/// What a call has with it from node to node.
#[derive(Debug)]
pub(crate) struct Desk {
    pub variables: Variables,
    pub language: Language,
    pub tickets: u32,
    pub answered: bool,
    pub out: VecDeque<Effect>,
}

/// A caller at a node.
pub struct Visit<'a> {
    pub(crate) now: Now,
    pub(crate) memory: &'a mut Memory,
    pub(crate) desk: &'a mut Desk,
    pub(crate) zone: &'a str,
    pub(crate) first: &'a Language,
    pub(crate) exits: &'a BTreeMap<String, NodeName>,
}

impl Visit<'_> {
    /// What the node remembers.
    pub fn memory(&mut self) -> &mut Memory {
        self.memory
    }
    /// Both times.
    pub const fn now(&self) -> Now {
        self.now
    }
    /// The flow's time zone.
    pub const fn zone(&self) -> &str {
        self.zone
    }
    /// Whether this exit leads anywhere.
    pub fn is_wired(&self, exit: &str) -> bool {
        self.exits.contains_key(exit)
    }

    /// Answers the caller, once.
    pub fn answer(&mut self) {
        if !self.desk.answered {
            self.desk.answered = true;
            self.desk.out.push_back(Effect::Answer);
        }
    }

    /// Plays sounds, one after another; `false` when there is nothing to hear.
    pub fn play<'s>(&mut self, sounds: impl IntoIterator<Item = &'s Sound>) -> bool {
        let heard: Vec<Heard> = sounds.into_iter().filter_map(|sound| self.heard(sound)).collect();
        self.play_heard(heard)
    }

    pub(crate) fn play_heard(&mut self, heard: Vec<Heard>) -> bool {
        self.stop_playing();
        if heard.is_empty() {
            return false;
        }
        self.answer();
        let ticket = self.ticket();
        self.memory.play = Some(ticket);
        self.memory.deadline = Some(self.now.tick + MAX_PLAY);
        self.desk.out.push_back(Effect::Play(ticket, heard));
        true
    }

    /// Stops what plays, if anything does.
    pub fn stop_playing(&mut self) {
        if self.memory.play.take().is_some() {
            self.desk.out.push_back(Effect::StopPlaying);
        }
    }

    /// Whether something plays.
    pub const fn is_playing(&self) -> bool {
        self.memory.play.is_some()
    }

    /// Asks for [`crate::Input::Deadline`] so many seconds from now, instead of any earlier wish.
    pub fn wake_in(&mut self, seconds: u32) {
        self.memory.deadline = Some(self.now.tick + Span::secs(seconds.into()));
    }

    /// Sends a request.
    pub fn fetch(&mut self, request: Request) {
        self.wake_in(request.timeout_s + 1);
        let ticket = self.job();
        self.desk.out.push_back(Effect::Fetch(ticket, request));
    }

    /// Waits in a queue.
    pub fn enqueue(&mut self, wait: Wait) {
        self.answer();
        let ticket = self.job();
        self.desk.out.push_back(Effect::Enqueue(ticket, wait));
    }

    /// Leaves the queue.
    pub fn leave_queue(&mut self) {
        if let Some(ticket) = self.memory.job.take() {
            self.desk.out.push_back(Effect::LeaveQueue(ticket));
        }
    }

    /// Rings somebody.
    pub fn ring(&mut self, ringing: Ringing) {
        if ringing.hears == crate::io::Hears::Music {
            self.answer();
        }
        // The shell ends the ringing; this is for a shell that does not.
        self.wake_in(ringing.seconds + 5);
        let ticket = self.job();
        self.desk.out.push_back(Effect::Ring(ticket, ringing));
    }

    /// Stops ringing.
    pub fn stop_ringing(&mut self) {
        if let Some(ticket) = self.memory.job.take() {
            self.desk.out.push_back(Effect::StopRinging(ticket));
        }
    }

    /// Records a message.
    pub fn record(&mut self, message: Message) {
        self.answer();
        self.wake_in(message.max_s + 5);
        let ticket = self.job();
        self.desk.out.push_back(Effect::Record(ticket, message));
    }

    /// Ends the recording; it tells its length.
    pub fn stop_recording(&mut self) {
        if let Some(ticket) = self.memory.job {
            self.desk.out.push_back(Effect::StopRecording(ticket));
        }
    }

    /// Orders something that nothing comes back from.
    pub fn order(&mut self, effect: Effect) {
        self.desk.out.push_back(effect);
    }

    /// Text with its variables filled in.
    pub fn fill(&self, text: &str, escape: Escape) -> String {
        template::fill(text, &self.desk.variables, escape)
    }

    /// A variable as text.
    pub fn text(&self, name: &str) -> String {
        self.desk.variables.text(name)
    }
    /// The kind of a variable; `None` where no flow declared it.
    pub fn kind(&self, name: &str) -> Option<ValueKind> {
        self.desk.variables.kind(name)
    }
    /// Sets a variable from text. What every call is given cannot be set by settings: [`crate::check`] refuses those names.
    pub fn set(&mut self, name: &str, text: &str) {
        self.desk.variables.set_text(name, text);
    }
    /// Adds to a number.
    pub fn add(&mut self, name: &str, amount: i64) {
        self.desk.variables.add(name, amount);
    }
    /// Changes the language from here on.
    pub fn speak(&mut self, language: &Language) {
        self.desk.language = language.clone();
        self.desk.variables.set_text("call.language", language.as_str());
    }

    /// What of a sound the caller hears.
    pub(crate) fn heard(&self, sound: &Sound) -> Option<Heard> {
        if sound.is_silent() {
            return None;
        }
        match sound {
            Sound::Prompt { prompt } => {
                Some(Heard::Prompt { prompt: prompt.clone(), language: self.desk.language.clone() })
            }
            Sound::Text { text, voice } => {
                let (language, text) = Sound::text_for(text, &self.desk.language, self.first)?;
                let text = self.fill(text, Escape::None);
                Some(Heard::Text { text, language: language.clone(), voice: voice.clone() })
            }
        }
    }

    fn ticket(&mut self) -> Ticket {
        self.desk.tickets += 1;
        Ticket(self.desk.tickets)
    }

    fn job(&mut self) -> Ticket {
        let ticket = self.ticket();
        self.memory.job = Some(ticket);
        ticket
    }
}
