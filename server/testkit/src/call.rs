//! One call as a scripted phone has it.

use std::{sync::Arc, time::Duration};

use patchbay_sdp::{Agreed, Description};
use patchbay_signaling::Signaling;
use patchbay_simulator::audio::{Heard, Saying, Talk};
use patchbay_sip::{Address, Cmd, End, Event, LegId, Message, Name};
use tokio::{
    sync::{Mutex, mpsc},
    time::{Instant, sleep, timeout},
};

use crate::phone::PATIENCE;

/// Share of the energy from which a tone counts as heard.
const CLEAR: f32 = 0.9;
/// Softest tone that counts, dBFS.
const AUDIBLE: f32 = -40.0;

/// What the other side did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Happened {
    /// A provisional answer, with or without early audio.
    Progress(u16, bool),
    /// It answered.
    Answered,
    /// It refused; for 503 without an answer the flow broke.
    Refused(u16),
    /// It changed the session; true: it holds us now.
    Changed(bool),
    /// It took a change of ours.
    Accepted,
    /// It refused a change of ours.
    Rejected(u16),
    /// An INFO with this content type and body.
    Info(String, String),
    /// It acknowledged our answer.
    Acked,
    /// The session is over.
    Ended(End, Option<String>),
}

/// The call. Changes by the other side are accepted without being asked for.
pub struct Call {
    /// Its SIP leg.
    pub leg: LegId,
    /// The INVITE, when it came in.
    pub invite: Option<Arc<Message>>,
    signaling: Signaling,
    talk: Arc<Mutex<Talk>>,
    news: mpsc::UnboundedReceiver<(Happened, Option<Arc<Message>>)>,
    seen: Vec<Happened>,
    /// The last whole response that came.
    pub response: Option<Arc<Message>>,
}

impl Call {
    pub(crate) fn new(
        leg: LegId,
        signaling: Signaling,
        talk: Talk,
        invite: Option<Arc<Message>>,
        inbox: mpsc::UnboundedReceiver<Event>,
    ) -> Self {
        let talk = Arc::new(Mutex::new(talk));
        let (to, news) = mpsc::unbounded_channel();
        tokio::spawn(follow(leg, signaling.clone(), talk.clone(), inbox, to));
        Self { leg, invite, signaling, talk, news, seen: Vec::new(), response: None }
    }

    /// A header of the INVITE that came in.
    pub fn header(&self, name: &str) -> Option<String> {
        let message = self.invite.as_ref()?;
        message.headers().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.into_owned())
    }

    /// User part of From of the INVITE that came in.
    pub fn caller(&self) -> Option<String> {
        Address::parse(self.invite.as_ref()?.get(Name::From)?)?.uri()?.user_text()
    }

    /// Display name of From.
    pub fn caller_name(&self) -> Option<String> {
        Address::parse(self.invite.as_ref()?.get(Name::From)?)?.name
    }

    /// The Request-URI of the INVITE that came in.
    pub fn request_uri(&self) -> Option<String> {
        self.invite.as_ref().map(|message| message.request_uri().into_owned())
    }

    /// Says that it rings.
    pub fn ring(&self) {
        self.signaling.command(Cmd::Ring { leg: self.leg, code: 180, sdp: None, extra: Vec::new() });
    }

    /// Answers with audio before the answer, saying this.
    ///
    /// # Panics
    /// When the offer does not suit the phone.
    pub async fn ring_with_audio(&self, saying: Saying) {
        let sdp = self.describe().await;
        self.talk.lock().await.say(saying);
        self.signaling.command(Cmd::Ring { leg: self.leg, code: 183, sdp: Some(sdp), extra: Vec::new() });
    }

    /// Picks up.
    ///
    /// # Panics
    /// When the offer does not suit the phone.
    pub async fn answer(&self) {
        let sdp = Some(self.describe().await);
        self.signaling.command(Cmd::Answer { leg: self.leg, sdp, extra: Vec::new() });
    }

    /// Refuses: 486 busy, 603 declined, 503...
    pub fn refuse(&self, code: u16) {
        self.signaling.command(Cmd::Refuse { leg: self.leg, code, extra: Vec::new() });
    }

    /// Hangs up; before the answer this is CANCEL or a refusal.
    pub fn hang_up(&self) {
        self.signaling.command(Cmd::Hangup { leg: self.leg, code: None, extra: Vec::new() });
    }

    /// Holds the other side; whether it took it.
    pub async fn hold(&mut self) -> bool {
        self.change(true).await
    }

    /// Takes it off hold; whether it took it.
    pub async fn resume(&mut self) -> bool {
        self.change(false).await
    }

    /// Presses keys as telephone events.
    pub async fn press(&self, keys: &str) {
        self.talk.lock().await.press(keys);
    }

    /// Presses a key as SIP INFO.
    pub fn press_by_info(&self, key: char) {
        let body = format!("Signal={key}\r\nDuration=100\r\n").into_bytes();
        let content_type = "application/dtmf-relay".to_owned();
        self.signaling.command(Cmd::Info { leg: self.leg, content_type, body });
    }

    /// Says this from now on.
    pub async fn say(&self, saying: Saying) {
        self.talk.lock().await.say(saying);
    }

    /// What was heard lately at this frequency.
    pub async fn heard(&self, hz: u16) -> Heard {
        self.talk.lock().await.heard(hz)
    }

    /// Waits until this tone is heard clearly; what was heard at last.
    ///
    /// # Errors
    /// What was heard instead after five seconds.
    pub async fn hears(&self, hz: u16) -> Result<Heard, Heard> {
        self.hears_until(hz, |heard| heard.share > CLEAR && heard.level_dbfs > AUDIBLE).await
    }

    /// Waits until nothing of this tone is heard any more: silence, or no packets for half a second.
    ///
    /// # Errors
    /// What was heard still after five seconds.
    pub async fn hears_no_more(&self, hz: u16) -> Result<Heard, Heard> {
        for _ in 0..10 {
            let before = self.heard(hz).await;
            sleep(Duration::from_millis(500)).await;
            let after = self.heard(hz).await;
            if after.packets == before.packets || after.level_dbfs < AUDIBLE || after.share < 1.0 - CLEAR {
                return Ok(after);
            }
        }
        Err(self.heard(hz).await)
    }

    /// Keys that the other side pressed, once there are `count` or five seconds have passed.
    pub async fn keys(&self, count: usize) -> String {
        for _ in 0..100 {
            let keys = self.talk.lock().await.keys();
            if keys.len() >= count {
                return keys;
            }
            sleep(Duration::from_millis(50)).await;
        }
        self.talk.lock().await.keys()
    }

    /// Figures begin anew.
    pub async fn listen_anew(&self) {
        self.talk.lock().await.listen_anew();
    }

    /// What is agreed about the audio now.
    pub async fn agreed(&self) -> Option<Agreed> {
        self.talk.lock().await.agreed().cloned()
    }

    /// The offer of the INVITE that came in.
    pub fn offer(&self) -> Option<Description> {
        let sdp = self.invite.as_ref()?.sdp()?;
        Description::parse(&String::from_utf8_lossy(sdp)).ok()
    }

    /// Waits for the outcome of a call that we placed: answered, or refused with this status.
    ///
    /// # Errors
    /// The status of the refusal.
    ///
    /// # Panics
    /// When neither comes in ten seconds.
    pub async fn answered(&mut self) -> Result<(), u16> {
        self.wait("an answer", |it| match it {
            Happened::Answered => Some(Ok(())),
            Happened::Refused(code) => Some(Err(*code)),
            _ => None,
        })
        .await
    }

    /// Waits for a provisional answer of 180 or more; its status and whether audio came with it.
    ///
    /// # Panics
    /// When none comes in ten seconds.
    pub async fn ringing(&mut self) -> (u16, bool) {
        self.wait("ringing", |it| match it {
            Happened::Progress(code, audio) if *code >= 180 => Some((*code, *audio)),
            _ => None,
        })
        .await
    }

    /// Waits until the session is over.
    ///
    /// # Panics
    /// When it is not in ten seconds.
    pub async fn ended(&mut self) -> End {
        self.wait("the end", |it| match it {
            Happened::Ended(how, _) => Some(*how),
            _ => None,
        })
        .await
    }

    /// Waits for the first event, seen already or still to come, of which `pick` makes something. Events are used up.
    ///
    /// # Panics
    /// When none comes in ten seconds: with `what` and everything that was seen.
    pub async fn wait<T>(&mut self, what: &str, pick: impl Fn(&Happened) -> Option<T>) -> T {
        let found = self.wait_within(PATIENCE, &pick).await;
        found.unwrap_or_else(|| panic!("{what} did not come; seen: {:?}", self.seen))
    }

    /// As [`Self::wait`], with a time limit and without a panic.
    pub async fn wait_within<T>(&mut self, within: Duration, pick: impl Fn(&Happened) -> Option<T>) -> Option<T> {
        if let Some(at) = self.seen.iter().position(|it| pick(it).is_some()) {
            return pick(&self.seen.remove(at));
        }
        let until = Instant::now() + within;
        loop {
            let left = until.saturating_duration_since(Instant::now());
            let (happened, response) = timeout(left, self.news.recv()).await.ok()??;
            self.response = response.or(self.response.take());
            match pick(&happened) {
                Some(found) => return Some(found),
                None => self.seen.push(happened),
            }
        }
    }

    async fn change(&mut self, hold: bool) -> bool {
        let sdp = self.talk.lock().await.offer(hold).into_bytes();
        self.signaling.command(Cmd::Offer { leg: self.leg, sdp });
        self.wait("an answer to our change", |it| match it {
            Happened::Accepted => Some(true),
            Happened::Rejected(_) => Some(false),
            _ => None,
        })
        .await
    }

    async fn describe(&self) -> Vec<u8> {
        let mut talk = self.talk.lock().await;
        let offer = self.invite.as_ref().and_then(|invite| invite.sdp());
        match offer {
            Some(offer) => talk.answer(offer).expect("an offer that suits the phone").into_bytes(),
            None => talk.offer(false).into_bytes(),
        }
    }

    async fn hears_until(&self, hz: u16, enough: impl Fn(&Heard) -> bool) -> Result<Heard, Heard> {
        for _ in 0..100 {
            let heard = self.heard(hz).await;
            if enough(&heard) {
                return Ok(heard);
            }
            sleep(Duration::from_millis(50)).await;
        }
        Err(self.heard(hz).await)
    }
}

/// Takes events as they come, so that changes are answered while the test looks elsewhere.
async fn follow(
    leg: LegId,
    signaling: Signaling,
    talk: Arc<Mutex<Talk>>,
    mut inbox: mpsc::UnboundedReceiver<Event>,
    news: mpsc::UnboundedSender<(Happened, Option<Arc<Message>>)>,
) {
    while let Some(event) = inbox.recv().await {
        let mut response = None;
        let happened = match event {
            Event::Progress { code, sdp, .. } => {
                let early = accept(&talk, sdp).await;
                Happened::Progress(code, early)
            }
            Event::Answered { sdp, message, .. } => {
                accept(&talk, sdp).await;
                response = Some(message);
                Happened::Answered
            }
            Event::Refused { code, message, .. } => {
                response = message;
                Happened::Refused(code)
            }
            Event::Acked { sdp, .. } => {
                accept(&talk, sdp).await;
                Happened::Acked
            }
            Event::Offer { sdp, .. } => {
                let mut talk = talk.lock().await;
                let described = match sdp {
                    Some(offer) => talk.answer(&offer),
                    None => Ok(talk.offer(false)),
                };
                let command = match described {
                    Ok(text) => Cmd::Accept { leg, sdp: Some(text.into_bytes()) },
                    Err(_) => Cmd::Reject { leg, code: 488 },
                };
                signaling.command(command);
                Happened::Changed(talk.agreed().is_some_and(Agreed::held))
            }
            Event::Accepted { sdp, .. } => {
                accept(&talk, sdp).await;
                Happened::Accepted
            }
            Event::Rejected { code, .. } => Happened::Rejected(code),
            Event::Info { content_type, body, .. } => {
                Happened::Info(content_type, String::from_utf8_lossy(&body).into_owned())
            }
            Event::Ended { how, reason, .. } => Happened::Ended(how, reason),
            Event::Invite { .. }
            | Event::Refer { .. }
            | Event::Referred { .. }
            | Event::Request { .. }
            | Event::Reply { .. }
            | Event::FlowDown { .. } => continue,
        };
        let _ = news.send((happened, response));
    }
}

async fn accept(talk: &Mutex<Talk>, sdp: Option<Vec<u8>>) -> bool {
    match sdp {
        Some(sdp) => talk.lock().await.accept(&sdp).is_ok(),
        None => false,
    }
}
