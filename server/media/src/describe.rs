//! Session descriptions of legs: our offers and answers, and what the party's mean for its leg.

use std::net::SocketAddr;

use patchbay_kernel::LegId;
use patchbay_plane::Codec;
use patchbay_sdp::{Agreed, Description, Policy, Refused, SdesAgreed, Setup, Suite, formats};

use crate::{
    api::{Flowing, MediaError, MediaPolicy},
    browser::{
        dtls::Handshake,
        srtp::{MasterKey, Profile, Session, SrtpKeys},
    },
    leg::{Leg, Link},
    wire,
    worker::Worker,
};

/// What was agreed with a party.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Terms {
    /// The codec that we send.
    pub codec: Codec,
    /// Payload type under which the party wants it.
    pub payload_type: u8,
    /// Payload type and clock in Hz of events that the party takes.
    pub event: Option<(u8, u32)>,
    /// Audio that the party may send, by payload type.
    pub audio_in: Vec<(u8, Codec)>,
    /// Payload type and clock in Hz of events that the party may send.
    pub event_in: Vec<(u8, u32)>,
    /// We may send.
    pub sends: bool,
    /// We may be sent to.
    pub receives: bool,
    /// RTP and RTCP share a UDP port.
    pub rtcp_mux: bool,
    /// Where the party wants RTCP, when it said so.
    pub rtcp: Option<SocketAddr>,
}

/// What a payload type stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Audio.
    Audio(Codec),
    /// Telephone events.
    Event {
        /// Clock of the format in Hz.
        rate: u32,
    },
    /// Comfort noise: the party announces a silence (RFC 3389).
    Comfort,
}

/// Payload type of comfort noise beside G.711 (RFC 3551 section 6). Gateways send it without having said so.
const COMFORT: u8 = 13;

impl Terms {
    fn of(agreed: &Agreed) -> Self {
        let held_by_address = agreed.remote.is_none() && agreed.ice.is_none();
        Self {
            codec: wire::codec_of(agreed.codec),
            payload_type: agreed.send_payload,
            event: agreed.events.map(|events| (events.send_payload, events.clock)),
            audio_in: agreed.receivable.iter().map(|(number, id)| (*number, wire::codec_of(*id))).collect(),
            event_in: agreed.receivable_events.clone(),
            sends: agreed.may_send() && !held_by_address,
            receives: agreed.direction.receives(),
            rtcp_mux: agreed.rtcp_mux,
            rtcp: agreed.remote_rtcp,
        }
    }

    /// What a payload type of the party stands for; `None` for one that was not agreed.
    pub fn kind(&self, payload_type: u8) -> Option<Kind> {
        let audio = self.audio_in.iter().find(|(known, _)| *known == payload_type);
        let event = self.event_in.iter().find(|(known, _)| *known == payload_type);
        let comfort = payload_type == COMFORT && matches!(self.codec, Codec::Pcmu | Codec::Pcma);
        audio
            .map(|(_, codec)| Kind::Audio(*codec))
            .or(event.map(|(_, rate)| Kind::Event { rate: *rate }))
            .or(comfort.then_some(Kind::Comfort))
    }
}

/// Codecs in the audio description of `offer`, in its order; empty when it cannot be read.
pub fn offered_codecs(offer: &[u8]) -> Vec<Codec> {
    let text = String::from_utf8_lossy(offer);
    let Ok(description) = Description::parse(&text) else { return Vec::new() };
    let audio = description.media.iter().find(|media| media.is_audio());
    audio
        .map(|media| formats::codecs(media).into_iter().map(|(_, id)| wire::codec_of(id)).collect())
        .unwrap_or_default()
}

fn refused(why: Refused) -> MediaError {
    match why {
        Refused::NoCommonCodec => MediaError::NoCommonCodec,
        Refused::Security(_) => MediaError::Srtp,
        Refused::Unreadable(_) | Refused::NoAudio | Refused::Address => MediaError::Sdp(why.to_string()),
    }
}

fn wanted(policy: &MediaPolicy) -> Policy {
    Policy::new(policy.codecs.iter().map(|codec| wire::codec_id(*codec)).collect())
}

impl Worker {
    /// An offer of ours.
    pub(crate) fn offer(&mut self, id: LegId, policy: &MediaPolicy) -> Result<String, MediaError> {
        let leg = self.leg(id).ok_or(MediaError::NoLeg)?;
        let policy = wanted(policy);
        let text = patchbay_sdp::offer(&mut leg.local, &policy);
        leg.offered = Some((text.clone(), policy));
        Ok(text)
    }

    /// The answer to an offer of the party.
    pub(crate) fn answer(&mut self, id: LegId, offer: &str, policy: &MediaPolicy) -> Result<String, MediaError> {
        let slot = *self.by_id.get(&id).ok_or(MediaError::NoLeg)?;
        self.follow_restart(slot, offer);
        let leg = self.leg(id).ok_or(MediaError::NoLeg)?;
        let mut policy = wanted(policy);
        if let Link::Browser(link) = &leg.link
            && link.described
        {
            // Who opened the association stays who opened it (RFC 8842 section 5.3).
            policy.dtls_active = link.handshake.is_active();
        }
        let (text, agreed) = patchbay_sdp::answer(offer, &mut leg.local, &policy).map_err(refused)?;
        leg.offered = None;
        self.agree(slot, &agreed)?;
        Ok(text)
    }

    /// The party's answer to our offer. A repeated one changes nothing.
    pub(crate) fn accept(&mut self, id: LegId, answer: &str) -> Result<(), MediaError> {
        let slot = *self.by_id.get(&id).ok_or(MediaError::NoLeg)?;
        let leg = self.leg(id).ok_or(MediaError::NoLeg)?;
        let Some((ours, policy)) = &leg.offered else { return Err(MediaError::Sdp("nothing was offered".to_owned())) };
        let agreed = patchbay_sdp::accept(ours, answer, &leg.local, policy).map_err(refused)?;
        self.agree(slot, &agreed)
    }

    /// A browser's offer with another ICE fragment than the one known is a restart: our answer must carry new credentials.
    fn follow_restart(&mut self, slot: usize, offer: &str) {
        let Ok(description) = Description::parse(offer) else { return };
        let audio = description.media.iter().find(|media| media.is_audio());
        let Some(theirs) = audio.and_then(|media| description.of_media(media, "ice-ufrag")).map(str::to_owned) else {
            return;
        };
        let restarts = match self.slots[slot].as_deref_mut().map(|leg| &mut leg.link) {
            Some(Link::Browser(link)) => link.ice.learn(&theirs),
            _ => false,
        };
        if restarts {
            let mut next = self.credentials(slot);
            next.theirs = Some(theirs);
            let Some(leg) = self.slots[slot].as_deref_mut() else { return };
            leg.local.security = self.dtls.security(&next);
            if let Link::Browser(link) = &mut leg.link {
                link.ice.restart(next);
            }
            // Fragments that no generation knows any more name nobody.
            self.forget_fragments(slot);
        }
    }

    fn forget_fragments(&mut self, slot: usize) {
        let Some(Link::Browser(link)) = self.slots[slot].as_ref().map(|leg| &leg.link) else { return };
        let alive: Vec<String> = link.ice.fragments().map(str::to_owned).collect();
        self.by_fragment.retain(|fragment, at| *at != slot || alive.contains(fragment));
    }

    /// Puts an agreement into force.
    fn agree(&mut self, slot: usize, agreed: &Agreed) -> Result<(), MediaError> {
        let (now, instant) = (self.now, self.instant());
        let dtls = self.dtls.clone();
        let leg = self.slots[slot].as_deref_mut().ok_or(MediaError::NoLeg)?;
        let mut steps = Vec::new();
        match &mut leg.link {
            Link::Browser(link) => {
                let (Some(ice), Some(fingerprint)) = (&agreed.ice, agreed.fingerprint) else {
                    return Err(MediaError::Srtp);
                };
                link.ice.learn(&ice.ufrag);
                let active = agreed.setup == Some(Setup::Active);
                let fresh = link.fingerprint.is_some_and(|known| known != fingerprint);
                let turned = !link.described && link.handshake.is_active() != active;
                if fresh || turned {
                    *link.handshake = Handshake::new(&dtls, active, instant);
                    link.srtp = None;
                }
                link.fingerprint = Some(fingerprint);
                link.described = true;
                link.handshake.expect(&[fingerprint], &mut steps);
            }
            Link::Rtp(link) => {
                match (&agreed.sdes, &mut link.srtp) {
                    (Some(keys), Some((used, session))) if used.suite == keys.suite && used.send == keys.send => {
                        session.rekey_remote(split(&keys.receive, keys.suite));
                        *used = keys.clone();
                    }
                    // Another suite would use key and packet numbers of the old one again.
                    (Some(_), Some(_)) if leg.out.packets > 0 => return Err(MediaError::Srtp),
                    (Some(keys), _) => {
                        let session = Session::new(&sdes(keys)).ok_or(MediaError::Srtp)?;
                        link.srtp = Some((keys.clone(), session));
                        link.secure = true;
                    }
                    (None, _) if link.secure => return Err(MediaError::Srtp),
                    (None, _) => {}
                }
                if let Some(remote) = agreed.remote {
                    link.latch.describe(remote, now);
                }
            }
        }
        adopt(leg, agreed, now);
        self.take_steps(slot, steps);
        self.begin_handshake(slot);
        Ok(())
    }
}

fn adopt(leg: &mut Leg, agreed: &Agreed, now: patchbay_kernel::Tick) {
    let terms = Terms::of(agreed);
    let held_by_address = agreed.remote.is_none() && agreed.ice.is_none();
    leg.flowing = if agreed.held() || held_by_address { Flowing::HeldByParty } else { Flowing::Both };
    let expected = leg.flowing == Flowing::Both && terms.receives;
    leg.terms = Some(terms);
    match (&leg.link, expected) {
        (_, false) => leg.watch.excuse(),
        // A browser is expected to speak once its keys are there.
        (Link::Browser(link), true) if link.srtp.is_none() => {}
        (_, true) => leg.watch.expect(now),
    }
}

const fn profile(suite: Suite) -> Profile {
    match suite {
        Suite::Aes128Sha80 => Profile::Aes128CmSha1_80,
        Suite::Aes128Sha32 => Profile::Aes128CmSha1_32,
        Suite::Aes256Sha80 => Profile::Aes256CmSha1_80,
        Suite::Gcm128 => Profile::AeadAes128Gcm,
        Suite::Gcm256 => Profile::AeadAes256Gcm,
    }
}

fn split(key_and_salt: &[u8], suite: Suite) -> MasterKey {
    let (key, salt) = key_and_salt.split_at(suite.lengths().0.min(key_and_salt.len()));
    MasterKey { key: key.to_vec(), salt: salt.to_vec() }
}

fn sdes(keys: &SdesAgreed) -> SrtpKeys {
    SrtpKeys {
        profile: profile(keys.suite),
        local: split(&keys.send, keys.suite),
        remote: split(&keys.receive, keys.suite),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codecs_come_in_the_order_of_the_offer() {
        let offer = "v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\n\
                     m=audio 4000 RTP/AVP 8 111 9 0 101\r\na=rtpmap:111 opus/48000/2\r\na=rtpmap:101 telephone-event/8000\r\n";
        assert_eq!(offered_codecs(offer.as_bytes()), [Codec::Pcma, Codec::Opus, Codec::Pcmu]);
        assert!(offered_codecs(b"\xff").is_empty());
    }
}
