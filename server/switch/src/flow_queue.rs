//! A caller whom the flow has sent to a queue: what the queue tells the call, and what becomes of its offers.
//!
//! While the caller waits, music and announcements are the queue's; an offer is a search of the flow for one seat. The place is kept
//! for as long as the agent talks, see [`Waiting`].

use patchbay_call::Input;
use patchbay_ivr::{
    Heard, Input as Happened, Language, Target, Ticket,
    io::{Hears, QueueEnd, Wait},
};
use patchbay_kernel::{EndCause, PromptId, time::Span};
use patchbay_media::{Clip, PlayId, PlayItem};
use tokio::sync::mpsc;

use crate::{
    call_task::{CallMessage, CallTask},
    flow::Search,
    queues::{Entry, FromQueue, Miss, OfferId, Told, Waiting},
};

/// Names of what a queue has played or rung; a flow counts its own from 1 on and never comes so far.
const FIRST: u32 = 1 << 31;

/// A caller's stay in a queue.
#[derive(Debug)]
pub(crate) struct Stay {
    /// What the flow calls it.
    pub(crate) ticket: Ticket,
    waiting: Waiting,
    /// Whom the queue wants rung, or who talks.
    offer: Option<OfferId>,
    /// What the caller hears; `None`: the usual music.
    music: Option<Clip>,
    /// Names given so far.
    names: u32,
    /// The agent has parked the caller: whoever talks now, the queue did not lead to them.
    pub(crate) released: bool,
}

impl Stay {
    fn name(&mut self) -> Ticket {
        self.names += 1;
        Ticket(FIRST + self.names)
    }

    fn tell(&self, told: Told) {
        if let Some(offer) = self.offer {
            self.waiting.tell(offer, told);
        }
    }

    /// The agent's phone is being rung.
    pub(crate) fn rings(&self) {
        self.tell(Told::Ringing);
    }

    /// The agent has answered.
    pub(crate) fn answered(&self) {
        self.tell(Told::Answered);
    }

    /// The agent has left, the caller has not.
    pub(crate) fn talk_is_over(&self) {
        self.tell(Told::TalkOver);
    }

    /// The agent has left the caller to whoever picks up.
    pub(crate) fn release(&mut self) {
        self.tell(Told::TalkOver);
        self.released = true;
    }

    /// The agent is lost, and the caller waits again.
    pub(crate) fn talk_was_cut(&mut self) {
        self.tell(Told::Requeue);
        self.offer = None;
    }

    /// Nothing rings any more.
    pub(crate) fn missed(&mut self, cause: EndCause) {
        self.tell(Told::Missed(miss(cause)));
        self.offer = None;
    }
}

impl CallTask {
    /// What the queue must know of a talk that it led to.
    pub(crate) fn tell_queue(&self, told: Told) {
        if let Some(stay) = self.flow.as_ref().filter(|flow| flow.is_joined()).and_then(|flow| flow.stay.as_ref()) {
            stay.tell(told);
        }
    }

    /// The flow sends the caller to a queue.
    pub(crate) fn enqueue(&mut self, ticket: Ticket, wait: &Wait) {
        let Ok(queue) = wait.queue.parse() else {
            return self.tell_flow(Happened::Queued(ticket, QueueEnd::Failed));
        };
        if self.talked.queue != Some(queue) {
            self.talked.queue = Some(queue);
            self.talked.since = Some(self.exchange.wall());
        }
        self.keep_for_queue(queue);
        let entry = Entry {
            tenant: self.plan.tenant,
            call: self.plan.call,
            queue,
            priority_s: wait.priority_s,
            max_wait_s: wait.max_wait_s,
            caller: self.book.start().caller.clone(),
            language: self.flow.as_ref().map(|flow| flow.language().as_str().to_owned()),
        };
        let mut waiting = self.exchange.queues.enter(entry);
        let (_, silent) = mpsc::unbounded_channel();
        let mut events = std::mem::replace(&mut waiting.events, silent);
        let door = self.door.clone();
        tokio::spawn(async move {
            while let Some(event) = events.recv().await {
                if door.send(CallMessage::Queue(ticket, event)).is_err() {
                    return;
                }
            }
        });
        if let Some(flow) = &mut self.flow {
            flow.stay = Some(Stay { ticket, waiting, offer: None, music: None, names: 0, released: false });
        }
    }

    /// The flow takes the caller out of the queue.
    pub(crate) async fn leave_queue(&mut self, ticket: Ticket) {
        let Some(flow) = self.flow.as_mut().filter(|flow| flow.stay.as_ref().is_some_and(|stay| stay.ticket == ticket))
        else {
            return;
        };
        (flow.stay, flow.playing) = (None, None);
        if flow.search.take().is_some() {
            self.feed(Input::StopSeeking).await;
        }
        self.hush();
    }

    /// What the queue says, unless the flow has left it.
    pub(crate) async fn queue_says(&mut self, ticket: Ticket, event: FromQueue) {
        let Some(flow) = self.flow.as_mut() else { return };
        let talks = flow.is_joined();
        let language = flow.language().clone();
        let Some(stay) = flow.stay.as_mut().filter(|stay| stay.ticket == ticket) else { return };
        match event {
            // The queue has not heard yet that somebody answered.
            FromQueue::Offer { .. } if talks => stay.answered(),
            FromQueue::Offer { offer, seat, ring_s } => {
                stay.offer = Some(offer);
                let name = stay.name();
                flow.search = Some(Search {
                    ticket: name,
                    within: Span::secs(ring_s.into()),
                    hears: Hears::Music,
                    for_good: false,
                });
                self.look_for(name, vec![Target::Seat { seat: seat.to_string() }]);
            }
            FromQueue::Withdraw { offer } if stay.offer == Some(offer) => {
                if talks {
                    return stay.answered();
                }
                flow.search = None;
                self.feed(Input::StopSeeking).await;
                if let Some(stay) = self.flow.as_mut().and_then(|flow| flow.stay.as_mut()) {
                    stay.missed(EndCause::CallerCancelled);
                }
            }
            FromQueue::Withdraw { offer } => stay.waiting.tell(offer, Told::Missed(Miss::CallerLeft)),
            FromQueue::Say { .. } | FromQueue::Music { .. } if talks => {}
            FromQueue::Say { position, wait } => {
                let words = standing(&language, position, wait);
                let name = stay.name();
                if let Some(text) = words {
                    flow.playing = Some((name, None));
                    self.fetch_sounds(name, vec![Heard::Text { text, language, voice: None }]);
                }
            }
            FromQueue::Music { prompt, .. } => {
                stay.music = None;
                self.fetch_music(ticket, prompt, language);
            }
            FromQueue::Back(end) => {
                (flow.stay, flow.playing) = (None, None);
                if flow.search.take().is_some() {
                    self.feed(Input::StopSeeking).await;
                }
                self.hush();
                self.tell_flow(Happened::Queued(ticket, end));
            }
        }
    }

    fn fetch_music(&self, ticket: Ticket, prompt: Option<PromptId>, language: Language) {
        let (exchange, door, tenant) = (self.exchange.clone(), self.door.clone(), self.plan.tenant);
        tokio::spawn(async move {
            let clip = match prompt {
                Some(prompt) => exchange.clip_of(tenant, &Heard::Prompt { prompt: prompt.to_string(), language }).await,
                None => None,
            };
            // The call may be over.
            let _ = door.send(CallMessage::QueueMusic(ticket, clip));
        });
    }

    /// The music of the queue is here.
    pub(crate) fn queue_music(&mut self, ticket: Ticket, clip: Option<Clip>) {
        let Some(flow) = &mut self.flow else { return };
        let Some(stay) = flow.stay.as_mut().filter(|stay| stay.ticket == ticket) else { return };
        stay.music = clip;
        // An announcement that plays is heard to its end.
        if flow.playing.is_none() {
            self.play_queue_music();
        }
    }

    /// Goes on with the music of the queue, where the caller waits in one.
    pub(crate) fn play_queue_music(&mut self) {
        let caller = self.side(patchbay_call::LegNo::CALLER).filter(|side| side.media_open).map(|side| side.leg);
        let Some(flow) = self.flow.as_ref().filter(|flow| !flow.is_joined()) else { return };
        let (Some(caller), Some(stay)) = (caller, &flow.stay) else { return };
        match stay.music.clone() {
            Some(clip) => drop(self.exchange.media.play_clips(caller, vec![PlayItem::forever(PlayId(0), clip)])),
            None => self.exchange.media_hold_music(caller),
        }
    }
}

/// What an agent's phone made of an offer.
pub(crate) const fn miss(cause: EndCause) -> Miss {
    match cause {
        EndCause::NoAnswer => Miss::NoAnswer,
        EndCause::Busy | EndCause::Declined => Miss::Declined,
        EndCause::CallerCancelled | EndCause::CallerHungUp => Miss::CallerLeft,
        _ => Miss::Unreachable,
    }
}

/// Where the caller stands, in words; `None` where nothing is to be said.
fn standing(language: &Language, position: Option<u32>, wait: Option<Span>) -> Option<String> {
    // Rounded up: who is answered sooner is glad of it.
    let minutes = wait.map(|wait| wait.as_ms().div_ceil(60_000).max(1));
    let sentences: [Option<String>; 2] = match language.as_str() {
        "zh-Hans" | "zh" => [
            position.map(|at| format!("您目前排在第{at}位。")),
            minutes.map(|minutes| format!("预计等待时间约{minutes}分钟。")),
        ],
        "zh-Hant" => [
            position.map(|at| format!("您目前排在第{at}位。")),
            minutes.map(|minutes| format!("預計等候時間約{minutes}分鐘。")),
        ],
        _ => [
            position.map(|at| match at {
                1 => "You are next in line.".to_owned(),
                at => format!("You are number {at} in line."),
            }),
            minutes.map(|minutes| match minutes {
                1 => "The wait is about one minute.".to_owned(),
                minutes => format!("The wait is about {minutes} minutes."),
            }),
        ],
    };
    let text = sentences.into_iter().flatten().collect::<Vec<_>>().join(" ");
    (!text.is_empty()).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_caller_is_told_in_words_where_they_stand() {
        let said = |language: &str, position, wait: Option<u64>| {
            standing(&language.parse().unwrap(), position, wait.map(Span::secs)).unwrap_or_default()
        };
        assert_eq!(said("en", Some(1), Some(20)), "You are next in line. The wait is about one minute.");
        assert_eq!(said("en", Some(4), Some(150)), "You are number 4 in line. The wait is about 3 minutes.");
        assert_eq!(said("en-GB", None, Some(61)), "The wait is about 2 minutes.");
        assert_eq!(said("zh-Hans", Some(3), None), "您目前排在第3位。");
        assert_eq!(said("zh-Hant", None, Some(600)), "預計等候時間約10分鐘。");
        assert_eq!(said("en", None, None), "");
    }

    #[test]
    fn only_who_was_rung_in_vain_is_to_blame() {
        assert_eq!(
            [EndCause::NoAnswer, EndCause::Declined, EndCause::Busy].map(|cause| miss(cause).counts()),
            [true; 3]
        );
        assert_eq!([EndCause::Unreachable, EndCause::CallerCancelled].map(|cause| miss(cause).counts()), [false; 2]);
    }
}
