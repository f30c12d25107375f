//! Session timers (RFC 4028): agreed for each leg, refreshed by one side, the end of a session that nobody refreshes.

use patchbay_kernel::{Tick, time::Span};

use super::{Change, Session, State};
use crate::{
    api::End,
    incoming::Incoming,
    slot::Key,
    stack::Stack,
    wire::{
        message::{Message, Method},
        name::Name,
        option::{Refresher, lists, seconds, session_expires},
        write::Writer,
    },
};

/// Until it is looked again whether the session is free for a refresh.
const SOON: Span = Span::secs(2);

/// What was agreed.
#[derive(Debug)]
pub(crate) struct SessionTimer {
    /// Session-Expires, seconds.
    pub interval: u32,
    /// We refresh.
    pub ours: bool,
    /// The peer takes UPDATE; else the refresh is a re-INVITE with our description as it is.
    update: bool,
    refresh_at: Option<Tick>,
    expires_at: Tick,
}

/// What a 2xx of ours says of it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Terms {
    interval: u32,
    ours: bool,
    known: bool,
}

impl Terms {
    pub fn write(self, writer: &mut Writer) {
        let who = if self.ours { "uas" } else { "uac" };
        writer.header(Name::SessionExpires, &format!("{};refresher={who}", self.interval));
        if self.known {
            writer.header(Name::Require, "timer");
        }
    }
}

impl SessionTimer {
    pub fn wakes_at(&self) -> Tick {
        self.refresh_at.map_or(self.expires_at, |at| at.min(self.expires_at))
    }

    /// RFC 4028 section 10: half of the interval to the refresh, a third or 32 s before its end to the BYE.
    fn restart(&mut self, now: Tick) {
        let whole = u64::from(self.interval);
        self.refresh_at = self.ours.then(|| now + Span::secs(whole / 2));
        self.expires_at = now + Span::secs(whole - (whole / 3).min(32));
    }

    /// Session-Expires of a request of ours that refreshes.
    pub fn request_header(&self) -> String {
        format!("{};refresher={}", self.interval, if self.ours { "uac" } else { "uas" })
    }
}

impl Stack {
    /// The least interval, when the request asks for less and could ask again (RFC 4028 section 9).
    pub(crate) fn too_small(&self, message: &Message) -> Option<u32> {
        let (asked, _) = session_expires(message)?;
        (asked < self.config.min_se && lists(message, Name::Supported, "timer")).then_some(self.config.min_se)
    }

    /// What a 2xx of ours to INVITE or UPDATE says of the timer; it runs from now.
    pub(super) fn agree(&mut self, key: Key, request: &Message) -> Option<Terms> {
        let (now, most, least) = (self.io.now, self.config.session_expires, self.config.min_se);
        let session = self.sessions.get_mut(key)?;
        let asked = session_expires(request);
        if asked.is_none() && session.timer.as_ref().is_none_or(|timer| !timer.ours) {
            session.timer = None;
            return None;
        }
        let known = lists(request, Name::Supported, "timer");
        let before = session.timer.as_ref().map(|timer| (timer.interval, timer.ours));
        let (wanted, who) = asked.unwrap_or_else(|| (before.map_or(most, |it| it.0), None));
        if wanted < least {
            return None;
        }
        // It may be made shorter, but not shorter than somebody on the way allows.
        let floor = seconds(request, "Min-SE").unwrap_or(0).max(least);
        let interval = if most == 0 { wanted } else { wanted.min(most.max(floor)) };
        let ours = match who {
            Some(who) => who == Refresher::Uas,
            None => before.map_or(!known, |(_, ours)| ours),
        };
        let update = lists(request, Name::Allow, "UPDATE");
        let mut timer = SessionTimer { interval, ours, update, refresh_at: None, expires_at: now };
        timer.restart(now);
        session.timer = Some(timer);
        Some(Terms { interval, ours, known })
    }

    /// What a 2xx of the peer says of the timer.
    pub(super) fn agreed(&mut self, key: Key, message: &Message) {
        let (now, least) = (self.io.now, self.config.min_se);
        let Some(session) = self.sessions.get_mut(key) else { return };
        match session_expires(message) {
            Some((interval, who)) if interval >= least => {
                let ours = who != Some(Refresher::Uas);
                let update = lists(message, Name::Allow, "UPDATE")
                    || (message.get(Name::Allow).is_none() && session.timer.as_ref().is_some_and(|timer| timer.update));
                let mut timer = SessionTimer { interval, ours, update, refresh_at: None, expires_at: now };
                timer.restart(now);
                session.timer = Some(timer);
            }
            // A peer that does not know the extension answers a refresh of ours all the same.
            _ => match &mut session.timer {
                Some(timer) if timer.ours => timer.restart(now),
                _ => session.timer = None,
            },
        }
        session.rearm(&mut self.io, key);
    }

    /// Refresh, or the end.
    pub(super) fn wake_timer(&mut self, key: Key) {
        let now = self.io.now;
        let Some(session) = self.sessions.get_mut(key) else { return };
        let (free, up) = (Self::is_free(session), matches!(session.state, State::Up { .. }));
        let Some(timer) = session.timer.as_mut().filter(|_| up) else { return };
        if timer.expires_at <= now {
            return self.bye_and_end(key, End::Expired);
        }
        if timer.refresh_at.is_none_or(|at| at > now) {
            return;
        }
        timer.refresh_at = if free { None } else { Some(now + SOON) };
        if free {
            let method = if timer.update { Method::Update } else { Method::Invite };
            self.refresh(key, &method);
        }
    }

    fn refresh(&mut self, key: Key, method: &Method) {
        let described = self.sessions.get(key).and_then(|session| session.described.clone());
        match (method, described) {
            (Method::Invite, Some(sdp)) => self.start_refresh(key, method, &sdp),
            // Without a description of ours a re-INVITE would ask the peer for one; an UPDATE is harmless.
            _ => self.start_refresh(key, &Method::Update, &[]),
        }
    }

    /// A refresh of ours was refused. `true`: it is seen to.
    pub(super) fn refresh_refused(
        &mut self,
        key: Key,
        code: u16,
        message: Option<&Message>,
        wait: Option<Span>,
    ) -> bool {
        let now = self.io.now;
        let Some(session) = self.sessions.get_mut(key) else { return true };
        let Some(timer) = &mut session.timer else { return true };
        match code {
            408 | 481 => return false,
            405 | 501 if session.described.is_some() => {
                timer.update = false;
                timer.refresh_at = Some(now);
            }
            // There is no way to refresh it: the timer ends, the call does not.
            405 | 501 => session.timer = None,
            422 => {
                let least = message.and_then(|message| seconds(message, "Min-SE")).unwrap_or(0);
                timer.interval = timer.interval.max(least.min(86_400));
                timer.refresh_at = Some(now + SOON);
            }
            // Once more before it expires.
            _ => timer.refresh_at = Some(now + wait.unwrap_or(Span::secs(10))),
        }
        session.rearm(&mut self.io, key);
        true
    }

    /// A refresh that is too short (422) is refused before anything else. `true`: it was.
    pub(super) fn refuse_short(&mut self, key: Key, tx: Key, it: &Incoming) -> bool {
        let Some(least) = self.too_small(&it.message) else { return false };
        self.refuse_invite(key, tx, 422, &[("Min-SE".into(), least.to_string())]);
        true
    }

    /// Notes the description that we gave last, where a refresh may need it.
    pub(super) fn described(session: &mut Session, sdp: Option<&[u8]>) {
        let refreshes = session.timer.as_ref().is_some_and(|timer| timer.ours && !timer.update);
        if let (true, Some(sdp)) = (refreshes, sdp) {
            session.described = Some(sdp.into());
        }
    }

    pub(super) fn is_refresh(session: &Session) -> bool {
        matches!(session.change, Change::Ours { refresh: true, .. })
    }
}
