//! Dialogs before the answer of a call of ours, one for each branch that rings: reliable progress and its PRACK (RFC 3262
//! section 4).

use std::sync::Arc;

use super::{Session, State};
use crate::{
    api::Event,
    dialog::Dialog,
    flow::FlowId,
    incoming::contact,
    slot::Key,
    stack::Stack,
    tx::{New, Owner, client::to_tag},
    wire::{
        message::{Message, Method},
        name::Name,
        option::{lists, rseq},
    },
};

/// Forks whose requests are known before one of them answers.
const MOST_EARLY: usize = 16;

/// One branch that rings.
#[derive(Debug)]
pub(crate) struct Early {
    pub tag: String,
    /// RSeq of the last reliable response; 0: none yet.
    rseq: u32,
    /// Made when it is needed: by the first reliable response.
    more: Option<Box<More>>,
}

#[derive(Debug)]
struct More {
    dialog: Dialog,
    /// The peer's description that came reliably.
    sdp: Option<Vec<u8>>,
    /// The peer's offer waits for the owner's answer; the PRACK for this number takes it.
    prack_due: Option<u32>,
}

impl Early {
    pub fn dialog_mut(&mut self) -> Option<&mut Dialog> {
        self.more.as_mut().map(|more| &mut more.dialog)
    }

    /// Offer and answer have crossed reliably.
    pub fn is_agreed(&self) -> bool {
        self.more.as_ref().is_some_and(|more| more.sdp.is_some() && more.prack_due.is_none())
    }

    /// Its dialog as far as it got, and what was agreed in it.
    pub fn into_parts(self) -> Option<(Dialog, Option<Vec<u8>>)> {
        self.more.map(|more| (more.dialog, more.sdp))
    }
}

impl Stack {
    pub(crate) fn progress(&mut self, owner: Owner, tx: Key, message: &Message) {
        let Owner::Invite(key) = owner else { return };
        let code = message.status().unwrap_or(100);
        let Some(Session { id, state: State::Calling { early, .. }, .. }) = self.sessions.get_mut(key) else { return };
        if code == 100 {
            return;
        }
        let (leg, tag) = (*id, to_tag(message));
        let place = early.iter().position(|it| it.tag == tag);
        let place = place.or_else(|| {
            (!tag.is_empty() && early.len() < MOST_EARLY).then(|| {
                early.push(Early { tag, rseq: 0, more: None });
                early.len() - 1
            })
        });
        if let (Some(place), Some(number)) = (place, reliable(message)) {
            let before = early[place].rseq;
            // RFC 3262 section 4: a repeat, or one that came too early and will come again.
            if before != 0 && number != before.wrapping_add(1) {
                self.io.counters.absorbed += 1;
                return;
            }
            early[place].rseq = number;
            self.progress_reliably(key, tx, place, message);
        }
        self.io.event(Event::Progress { leg, code, sdp: message.sdp().map(<[u8]>::to_vec) });
    }

    fn progress_reliably(&mut self, key: Key, tx: Key, place: usize, message: &Message) {
        let Some(client) = self.clients.get(tx) else { return };
        let flow = client.flow;
        let request = Message::parse(&client.request).expect("our own request can be read");
        let Some(Session { state: State::Calling { early, .. }, .. }) = self.sessions.get_mut(key) else { return };
        let it = &mut early[place];
        let number = it.rseq;
        let more = it.more.get_or_insert_with(|| {
            let dialog = Dialog::of_response(&request, message, &it.tag, flow);
            Box::new(More { dialog, sdp: None, prack_due: None })
        });
        if let Some(target) = contact(message) {
            more.dialog.target = target;
        }
        let described = message.sdp().filter(|_| more.sdp.is_none()).map(<[u8]>::to_vec);
        let offer = described.is_some() && request.sdp().is_none();
        if described.is_some() {
            more.sdp = described;
        }
        if offer {
            more.prack_due = Some(number);
        } else {
            self.send_prack(key, place, number, None);
        }
    }

    fn send_prack(&mut self, key: Key, place: usize, number: u32, sdp: Option<&[u8]>) {
        let Some(Session { state: State::Calling { tx, early, .. }, .. }) = self.sessions.get_mut(key) else { return };
        let Some(client) = self.clients.get(*tx) else { return };
        let invite = Message::parse(&client.request).and_then(|request| request.cseq()).map_or(1, |(number, _)| number);
        let Some(dialog) = early[place].dialog_mut() else { return };
        dialog.local_cseq += 1;
        let flow = dialog.next_hop();
        let new = New { owner: Owner::Told(key), method: Method::Prack, flow, random: self.chance.u32() };
        let (config, dialog) = (&self.config, &*dialog);
        self.clients.start(&mut self.io, new, |branch| {
            let mut writer = dialog.request(&Method::Prack, dialog.local_cseq, &config.via(flow, branch));
            writer.header(Name::RAck, &format!("{number} {invite} INVITE"));
            writer.header(Name::UserAgent, &config.user_agent);
            writer.sdp(sdp)
        });
    }

    /// The owner's answer to an offer that came in a reliable provisional response. `false`: none waits for one.
    pub(super) fn answer_early(&mut self, key: Key, sdp: Option<&[u8]>) -> bool {
        let Some(Session { state: State::Calling { early, .. }, .. }) = self.sessions.get_mut(key) else {
            return false;
        };
        let due = |it: &mut Early| it.more.as_mut().and_then(|more| more.prack_due.take());
        let Some((place, number)) = early.iter_mut().enumerate().find_map(|(at, it)| Some((at, due(it)?))) else {
            return false;
        };
        self.send_prack(key, place, number, sdp);
        true
    }

    /// The dialog of the branch that answered: its route set is that of the 2xx (RFC 3261 section 13.2.2.4), its numbers go on.
    pub(super) fn settle_early(
        &mut self,
        key: Key,
        request: &Message,
        message: &Arc<Message>,
        flow: FlowId,
    ) -> (Dialog, Option<Vec<u8>>) {
        let tag = to_tag(message);
        let mut dialog = Dialog::of_response(request, message, &tag, flow);
        let Some(Session { state: State::Calling { early, .. }, .. }) = self.sessions.get_mut(key) else {
            return (dialog, None);
        };
        let known = early.iter().position(|it| it.tag == tag).map(|place| early.swap_remove(place));
        let Some((before, sdp)) = known.and_then(Early::into_parts) else { return (dialog, None) };
        dialog.local_cseq = dialog.local_cseq.max(before.local_cseq);
        dialog.remote_cseq = before.remote_cseq;
        if contact(message).is_none() {
            dialog.target = before.target;
        }
        (dialog, sdp)
    }
}

/// The number of a reliable provisional response.
fn reliable(message: &Message) -> Option<u32> {
    if lists(message, Name::Require, "100rel") { rseq(message) } else { None }
}
