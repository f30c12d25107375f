//! Lamps of telephones that say whether messages wait (RFC 3842). Whoever subscribed is told of every change in its dialog; a
//! telephone that is registered and never subscribed is told unasked, as many of them expect.

use std::{
    collections::HashSet,
    sync::{Arc, Mutex, Weak},
    time::Duration,
};

use patchbay_kernel::{SeatId, TenantId, Tick, time::Span};
use patchbay_plane::{Principal, Waiting};
use patchbay_sip::{self as sip, Address, FlowId, Message, Name, Route};
use tokio::sync::mpsc;

use crate::exchange::{Exchange, lock};

/// The event package.
pub(crate) const PACKAGE: &str = "message-summary";
/// Shortest and longest life of a subscription, and where none is asked for, seconds.
const LIFE_S: (u32, u32, u32) = (60, 3_600, 3_600);
/// Subscriptions of one user name.
const MOST: usize = 10;
/// A telephone that has just registered may be about to subscribe.
const PATIENCE: Duration = Duration::from_secs(2);
/// Who does not answer by then does not see it.
const WITHIN: Duration = Duration::from_secs(33);

/// Who is told.
pub(crate) struct Lamps {
    subscriptions: Mutex<Vec<Subscription>>,
    /// Contacts that want no news unasked, until they register anew.
    deaf: Mutex<HashSet<String>>,
    changed: mpsc::UnboundedSender<(TenantId, SeatId)>,
    changes: Mutex<Option<mpsc::UnboundedReceiver<(TenantId, SeatId)>>>,
}

impl Default for Lamps {
    fn default() -> Self {
        let (changed, changes) = mpsc::unbounded_channel();
        Self { subscriptions: Mutex::default(), deaf: Mutex::default(), changed, changes: Mutex::new(Some(changes)) }
    }
}

/// One dialog of SUBSCRIBE. Source: RFC 6665 section 4.
#[derive(Clone, Debug)]
struct Subscription {
    username: String,
    tenant: TenantId,
    seat: SeatId,
    call_id: String,
    /// From of our NOTIFYs, tag included.
    ours: String,
    /// To of our NOTIFYs, tag included.
    theirs: String,
    to: Route,
    cseq: u32,
    expires_at: Tick,
}

impl Lamps {
    /// It may be different from now on.
    pub(crate) fn changed(&self, tenant: TenantId, seat: SeatId) {
        // Nobody hears it any more when the exchange ends.
        let _ = self.changed.send((tenant, seat));
    }

    fn has(&self, username: &str) -> bool {
        lock(&self.subscriptions).iter().any(|one| one.username == username)
    }

    /// Whose news are due, each with the number of its next request.
    fn next_of(&self, which: impl Fn(&Subscription) -> bool) -> Vec<Subscription> {
        let mut all = lock(&self.subscriptions);
        let due = all.iter_mut().filter(|one| which(one));
        due.map(|one| {
            one.cseq += 1;
            one.clone()
        })
        .collect()
    }

    /// Keeps it, or keeps it alive; `false`: there are too many, or it was there and is no more.
    fn keep(&self, new: Subscription, is_refresh: bool) -> bool {
        let mut all = lock(&self.subscriptions);
        if let Some(old) = all.iter_mut().find(|one| one.is(&new.call_id, &new.theirs)) {
            (old.expires_at, old.to) = (new.expires_at, new.to);
            return true;
        }
        let full = all.iter().filter(|one| one.username == new.username).count() >= MOST;
        if is_refresh || full {
            return false;
        }
        all.push(new);
        true
    }

    fn forget(&self, call_id: &str, theirs: &str) {
        lock(&self.subscriptions).retain(|one| !one.is(call_id, theirs));
    }

    fn expired(&self, now: Tick) -> Vec<Subscription> {
        let gone = self.next_of(|one| one.expires_at <= now);
        lock(&self.subscriptions).retain(|one| one.expires_at > now);
        gone
    }
}

impl Subscription {
    fn is(&self, call_id: &str, theirs: &str) -> bool {
        self.call_id == call_id && self.theirs == theirs
    }
}

/// A refusal: status and headers.
type Refused = (u16, Vec<(String, String)>);

impl Exchange {
    /// A SUBSCRIBE came. `tag` is that of our answer.
    pub(crate) async fn subscribe(&self, request: sip::RequestId, flow: FlowId, tag: &str, message: &Message) {
        let respond = |code, extra| self.command(sip::Cmd::Respond { request, code, extra });
        match self.subscribed(flow, tag, message).await {
            Err((code, extra)) => respond(code, extra),
            Ok((subscription, life_s)) => {
                respond(200, vec![("Expires".to_owned(), life_s.to_string())]);
                // RFC 6665 section 4.2.1.2: the first news comes at once, also when it is the last.
                let key = (subscription.call_id, subscription.theirs);
                let told = self.lamps.next_of(|one| one.is(&key.0, &key.1));
                if life_s == 0 {
                    self.lamps.forget(&key.0, &key.1);
                }
                for one in told {
                    let waiting = self.waiting_at(one.tenant, one.seat).await;
                    let state = if life_s == 0 { "terminated;reason=timeout".into() } else { active(&one, self.now()) };
                    self.tell_subscriber(one, waiting, state);
                }
            }
        }
    }

    async fn subscribed(&self, flow: FlowId, tag: &str, message: &Message) -> Result<(Subscription, u32), Refused> {
        let package = message.get_text(Name::Event).unwrap_or_default();
        if !package.split(';').next().is_some_and(|name| name.trim().eq_ignore_ascii_case(PACKAGE)) {
            return Err((489, vec![("Allow-Events".to_owned(), PACKAGE.to_owned())]));
        }
        let proven = self.prove(message, flow).await.map_err(|unproven| (unproven.code, unproven.extra))?;
        let Principal::Device { tenant, seat, .. } = proven.principal else { return Err((403, Vec::new())) };
        let to = message.get(Name::To).and_then(Address::parse).ok_or((400, Vec::new()))?;
        let wanted = to.uri().and_then(|uri| uri.user_text());
        // Nobody looks into another's box.
        let username = proven.username.filter(|name| Some(name) == wanted.as_ref()).ok_or((403, Vec::new()))?;
        let asked = message.get_text(Name::Expires).and_then(|text| text.trim().parse::<u32>().ok());
        let (shortest, longest, usual) = LIFE_S;
        let life_s = asked.unwrap_or(usual).min(longest);
        if life_s > 0 && life_s < shortest {
            return Err((423, vec![("Min-Expires".to_owned(), shortest.to_string())]));
        }
        let contact = message.list(Name::Contact).next().and_then(Address::parse).ok_or((400, Vec::new()))?;
        let is_refresh = to.tag().is_some();
        let our_tag = to.tag().unwrap_or(tag).to_owned();
        let text = |name| message.get_text(name).map(|text| text.into_owned()).ok_or((400, Vec::new()));
        let theirs = text(Name::From)?;
        let routes = message.list(Name::RecordRoute).map(|one| String::from_utf8_lossy(one).into_owned()).collect();
        let subscription = Subscription {
            ours: format!("<{}>;tag={our_tag}", to.uri_text),
            call_id: text(Name::CallId)?,
            theirs,
            to: Route { request_uri: contact.uri_text, flow, routes },
            username,
            tenant,
            seat,
            cseq: 0,
            expires_at: self.now() + Span::secs(life_s.into()),
        };
        if !self.lamps.keep(subscription.clone(), is_refresh) {
            return Err(if is_refresh { (481, Vec::new()) } else { (503, vec![("Retry-After".into(), "60".into())]) });
        }
        Ok((subscription, life_s))
    }

    async fn waiting_at(&self, tenant: TenantId, seat: SeatId) -> Waiting {
        self.outside.directory.waiting(tenant, seat).await.unwrap_or_else(|why| {
            tracing::warn!(%seat, error = %why, "a telephone is not told whether messages wait");
            Waiting::default()
        })
    }

    fn tell_subscriber(&self, one: Subscription, waiting: Waiting, state: String) {
        let Some(exchange) = self.me.upgrade() else { return };
        let (call_id, theirs) = (one.call_id.clone(), one.theirs.clone());
        let body = summary(&one.username, &self.config.domain, waiting);
        let asked = self.begin_asking(|request| sip::Cmd::Tell {
            request,
            to: one.to,
            from: one.ours,
            to_address: one.theirs,
            dialog: Some((one.call_id, one.cseq)),
            extra: headers(state),
            body: (BODY.to_owned(), body.into_bytes()),
        });
        tokio::spawn(async move {
            // RFC 6665 section 4.2.2: who does not take it, or is not there, is told no more.
            if !(200..300).contains(&exchange.answer_to(asked, WITHIN).await.0) {
                exchange.lamps.forget(&call_id, &theirs);
            }
        });
    }

    /// Tells a telephone that never asked.
    async fn tell_unasked(&self, username: &str, waiting: Waiting) {
        for contact in self.registrar.contacts(username, self.now()) {
            // The page has a number of its own.
            if self.trusted(contact.flow).is_some() || lock(&self.lamps.deaf).contains(&contact.uri) {
                continue;
            }
            let address = format!("<sip:{username}@{}>", self.config.domain);
            let body = summary(username, &self.config.domain, waiting);
            let to = contact.route();
            let news = |request| sip::Cmd::Tell {
                request,
                to,
                from: address.clone(),
                to_address: address,
                dialog: None,
                extra: headers("terminated;reason=noresource".to_owned()),
                body: (BODY.to_owned(), body.into_bytes()),
            };
            let (code, _) = self.ask(WITHIN, news).await;
            if (400..500).contains(&code) && code != 408 {
                lock(&self.lamps.deaf).insert(contact.uri);
            }
        }
    }

    /// A telephone has registered: it may be about to subscribe, else it is told what waits.
    pub(crate) fn lamp_of_newcomer(&self, username: &str, contact: String, (tenant, seat): (TenantId, SeatId)) {
        let Some(exchange) = self.me.upgrade() else { return };
        lock(&self.lamps.deaf).remove(&contact);
        let username = username.to_owned();
        tokio::spawn(async move {
            tokio::time::sleep(PATIENCE).await;
            let waiting = exchange.waiting_at(tenant, seat).await;
            if waiting.new > 0 && !exchange.lamps.has(&username) {
                exchange.tell_unasked(&username, waiting).await;
            }
        });
    }

    /// Ends subscriptions that nobody refreshed.
    pub(crate) async fn dim(&self) {
        for one in self.lamps.expired(self.now()) {
            let waiting = self.waiting_at(one.tenant, one.seat).await;
            self.tell_subscriber(one, waiting, "terminated;reason=timeout".into());
        }
    }
}

/// Tells of changes, one after the other, so that the last one is told last.
pub(crate) async fn light(exchange: Weak<Exchange>) {
    let changes = exchange.upgrade().and_then(|exchange| lock(&exchange.lamps.changes).take());
    let Some(mut changes) = changes else { return };
    while let Some((tenant, seat)) = changes.recv().await {
        let Some(exchange) = exchange.upgrade() else { return };
        let waiting = exchange.waiting_at(tenant, seat).await;
        let now = exchange.now();
        let told = exchange.lamps.next_of(|one| one.seat == seat && one.tenant == tenant && one.expires_at > now);
        let subscribed: HashSet<String> = told.iter().map(|one| one.username.clone()).collect();
        for one in told {
            let state = active(&one, now);
            exchange.tell_subscriber(one, waiting, state);
        }
        let others = exchange.registrar.of_seat(tenant, seat);
        let others: Vec<String> = others.into_iter().filter(|name| !subscribed.contains(name)).collect();
        // A telephone that does not answer keeps nobody waiting.
        let unasked = Arc::clone(&exchange);
        tokio::spawn(async move {
            for username in others {
                unasked.tell_unasked(&username, waiting).await;
            }
        });
    }
}

fn active(one: &Subscription, now: Tick) -> String {
    format!("active;expires={}", one.expires_at.since(now).as_ms() / 1_000)
}

fn headers(state: String) -> Vec<(String, String)> {
    vec![("Event".to_owned(), PACKAGE.to_owned()), ("Subscription-State".to_owned(), state)]
}

/// Type of the body. Source: RFC 3842 section 5.
const BODY: &str = "application/simple-message-summary";

fn summary(username: &str, domain: &str, waiting: Waiting) -> String {
    let any = if waiting.new > 0 { "yes" } else { "no" };
    let Waiting { new, old } = waiting;
    format!(
        "Messages-Waiting: {any}\r\nMessage-Account: sip:{username}@{domain}\r\nVoice-Message: {new}/{old} (0/0)\r\n"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_summary_is_that_of_the_rfc() {
        assert_eq!(
            summary("bob", "pbx.test", Waiting { new: 2, old: 8 }),
            "Messages-Waiting: yes\r\nMessage-Account: sip:bob@pbx.test\r\nVoice-Message: 2/8 (0/0)\r\n"
        );
        assert!(summary("bob", "pbx.test", Waiting::default()).starts_with("Messages-Waiting: no\r\n"));
    }
}
