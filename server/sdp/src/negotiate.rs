//! Offer and answer for one audio stream. Source: RFC 3264, RFC 8829 for browsers, RFC 5763, RFC 4568.

use patchbay_codec::CodecId;

use crate::{
    agree::{Agreed, Events, Refused, SdesAgreed, Transport, browser},
    attribute::{Direction, Setup},
    crypto::{Crypto, KEY_BYTES, Suite},
    description::{Description, Media},
    formats,
    local::{LocalMedia, Policy, Security},
    write::{Audio, Stream, description},
};

/// Payload type that we offer for telephone events beside G.711.
const EVENTS_8000: u8 = 101;
/// Payload type that we offer for telephone events beside Opus.
const EVENTS_48000: u8 = 110;

/// Our offer. Call it again to offer anew on the same leg: the version rises only when something changed.
pub fn offer(local: &mut LocalMedia, policy: &Policy) -> String {
    let codecs: Vec<(u8, CodecId)> = policy.codecs.iter().map(|codec| (codec.spec().payload_type, *codec)).collect();
    let clocks: Vec<u32> = policy.codecs.iter().map(|codec| codec.spec().clock).collect();
    let events = [(EVENTS_8000, 8_000), (EVENTS_48000, 48_000)];
    let (protocol, crypto, browser) = match &local.security {
        Security::Plain => ("RTP/AVP", Vec::new(), false),
        Security::Sdes(secret) => ("RTP/SAVP", our_keys(secret), false),
        Security::Opportunistic(secret) => ("RTP/AVP", our_keys(secret), false),
        Security::Dtls { .. } => ("UDP/TLS/RTP/SAVPF", Vec::new(), true),
    };
    let audio = Audio {
        protocol: protocol.to_owned(),
        codecs,
        events: events.into_iter().filter(|(_, clock)| clocks.contains(clock)).collect(),
        direction: policy.direction,
        mux: browser || local.rtcp_udp_port.is_none(),
        crypto,
        setup: browser.then_some(Setup::ActPass),
        mid: browser.then(|| "0".to_owned()),
        bundle: browser,
    };
    description(local, &[Stream::Audio(audio)])
}

/// Our answer to `offer`: the first codec of the policy that it has, with the offer's own payload types.
///
/// # Errors
/// [`Refused`] when the two sides share no audio stream, codec or protection.
pub fn answer(offer: &str, local: &mut LocalMedia, policy: &Policy) -> Result<(String, Agreed), Refused> {
    let theirs = Description::parse(offer)?;
    if !theirs.media.iter().any(Media::is_audio) {
        return Err(Refused::NoAudio);
    }
    // Phones that leave protection to us offer the same audio twice; the first stream that fits is taken.
    let mut refusal = Refused::NoAudio;
    for (at, media) in theirs.media.iter().enumerate().filter(|(_, media)| media.is_audio()) {
        match agree_on_offer(&theirs, media, local, policy) {
            Ok((agreed, crypto)) => return Ok((write_answer(&theirs, at, local, &agreed, crypto), agreed)),
            Err(why) => refusal = why,
        }
    }
    Err(refusal)
}

/// What the answer to our offer means.
///
/// # Errors
/// [`Refused`] when the answer declines, or names what was not offered.
pub fn accept(our_offer: &str, answer: &str, local: &LocalMedia, policy: &Policy) -> Result<Agreed, Refused> {
    let (ours, theirs) = (Description::parse(our_offer)?, Description::parse(answer)?);
    let offered = ours.media.first().ok_or(Refused::NoAudio)?;
    let media = theirs.media.first().filter(|media| media.is_audio()).ok_or(Refused::NoAudio)?;
    let offered_codecs = formats::codecs(offered);
    let number_of = |codec| offered_codecs.iter().find(|(_, known)| *known == codec).map(|(number, _)| *number);
    let answered: Vec<(u8, CodecId)> =
        formats::codecs(media).into_iter().filter(|(_, codec)| policy.codecs.contains(codec)).collect();
    let (send_payload, receive_payload, codec) = answered
        .iter()
        .find_map(|(number, codec)| Some((*number, number_of(*codec)?, *codec)))
        .ok_or(Refused::NoCommonCodec)?;
    // Who offers must take whatever it offered (RFC 3264 section 5.1): Chromium answers with Opus alone and still sends the PCMU
    // that stands first in our offer.
    let receivable = offered_codecs.iter().filter(|(_, codec)| policy.codecs.contains(codec)).copied().collect();
    let their_events = formats::events(media);
    // Chromium beside Opus counts digits at 8000 Hz where both clocks were offered.
    let receivable_events = formats::events(offered);
    let events = receivable_events.iter().copied().find_map(|(receive_payload, clock)| {
        let (send_payload, _) = their_events.iter().find(|(_, theirs)| *theirs == clock)?;
        (clock == codec.spec().clock).then_some(Events { send_payload: *send_payload, receive_payload, clock })
    });
    let (ice, fingerprint, setup, sdes) = match &local.security {
        Security::Plain if is_protected(media) => return Err(Refused::Security("plain RTP was offered")),
        Security::Plain => (None, None, None, None),
        Security::Sdes(_) if !is_protected(media) => return Err(Refused::Security("SRTP is required")),
        Security::Sdes(_) => (None, None, None, Some(accept_keys(offered, media)?)),
        Security::Opportunistic(_) if wants_keys(media) => (None, None, None, Some(accept_keys(offered, media)?)),
        Security::Opportunistic(_) => (None, None, None, None),
        Security::Dtls { .. } => {
            let (ice, hash) = browser(&theirs, media)?;
            let setup = match theirs.setup(media) {
                Some(Setup::Passive) => Setup::Active,
                // `actpass` in an answer is wrong (RFC 5763 section 5); who writes it still opens the association in practice.
                Some(Setup::Active | Setup::ActPass) | None => Setup::Passive,
            };
            (Some(ice), Some(hash), Some(setup), None)
        }
    };
    let transport = Transport::read(&theirs, media, ice.is_some())?;
    let remote_direction = theirs.direction(media);
    Ok(Agreed {
        codec,
        send_payload,
        receive_payload,
        receivable,
        events,
        receivable_events,
        remote: transport.remote,
        remote_rtcp: transport.remote_rtcp,
        rtcp_mux: transport.rtcp_mux,
        direction: policy.direction.and(remote_direction.reversed()),
        remote_direction,
        ice,
        fingerprint,
        setup,
        sdes,
        ptime: transport.ptime,
    })
}

/// What we make of one stream of an offer, and the `a=crypto` line of ours.
fn agree_on_offer(
    theirs: &Description,
    media: &Media,
    local: &LocalMedia,
    policy: &Policy,
) -> Result<(Agreed, Option<Crypto>), Refused> {
    let mut crypto = None;
    let (mut ice, mut fingerprint, mut setup, mut sdes) = (None, None, None, None);
    match &local.security {
        Security::Plain if is_protected(media) => return Err(Refused::Security("only SRTP is offered")),
        Security::Plain => {}
        Security::Sdes(secret) => {
            if !is_protected(media) {
                return Err(Refused::Security("SRTP is required"));
            }
            (sdes, crypto) = answer_keys(media, secret)?;
        }
        Security::Opportunistic(secret) if wants_keys(media) => (sdes, crypto) = answer_keys(media, secret)?,
        Security::Opportunistic(_) => {}
        Security::Dtls { .. } => {
            let (credentials, hash) = browser(theirs, media)?;
            (ice, fingerprint) = (Some(credentials), Some(hash));
            setup = Some(match theirs.setup(media) {
                Some(Setup::Active) => Setup::Passive,
                Some(Setup::ActPass) | None if !policy.dtls_active => Setup::Passive,
                _ => Setup::Active,
            });
        }
    }
    let offered = formats::codecs(media);
    let (payload, codec) = policy
        .codecs
        .iter()
        .find_map(|codec| offered.iter().find(|(_, theirs)| theirs == codec))
        .copied()
        .ok_or(Refused::NoCommonCodec)?;
    // Of several telephone events the one with the codec's clock counts, not the first; some clients list only 8000 beside Opus.
    let listed = formats::events(media);
    let fitting = listed.iter().find(|(_, clock)| *clock == codec.spec().clock).or(listed.first());
    let events =
        fitting.map(|(number, clock)| Events { send_payload: *number, receive_payload: *number, clock: *clock });
    let transport = Transport::read(theirs, media, ice.is_some())?;
    let remote_direction = theirs.direction(media);
    let agreed = Agreed {
        codec,
        send_payload: payload,
        receive_payload: payload,
        receivable: vec![(payload, codec)],
        events,
        receivable_events: events.iter().map(|events| (events.receive_payload, events.clock)).collect(),
        remote: transport.remote,
        remote_rtcp: transport.remote_rtcp,
        rtcp_mux: transport.rtcp_mux,
        direction: policy.direction.and(remote_direction.reversed()),
        remote_direction,
        ice,
        fingerprint,
        setup,
        sdes,
        ptime: transport.ptime,
    };
    Ok((agreed, crypto))
}

fn write_answer(
    theirs: &Description,
    chosen: usize,
    local: &mut LocalMedia,
    agreed: &Agreed,
    crypto: Option<Crypto>,
) -> String {
    let mut crypto = Some(crypto.into_iter().collect());
    let bundled = |mid: &str| {
        let group = theirs.attribute("group").unwrap_or_default();
        let mut words = group.split_ascii_whitespace();
        words.next().is_some_and(|word| word.eq_ignore_ascii_case("BUNDLE")) && words.any(|word| word == mid)
    };
    let streams: Vec<Stream> = theirs
        .media
        .iter()
        .enumerate()
        .map(|(at, media)| {
            // A token (RFC 5888 section 4): what is none is not repeated.
            let mid = media.attribute("mid").filter(|mid| mid.bytes().all(|byte| byte.is_ascii_graphic()));
            let mid = mid.map(str::to_owned);
            if at != chosen {
                let head = format!("m={} 0 {} {}\r\n", media.kind, media.protocol, media.formats.join(" "));
                return Stream::Declined { head, mid };
            }
            Stream::Audio(Audio {
                protocol: media.protocol.clone(),
                codecs: vec![(agreed.receive_payload, agreed.codec)],
                events: agreed.events.iter().map(|events| (events.receive_payload, events.clock)).collect(),
                direction: agreed.direction,
                mux: agreed.rtcp_mux,
                crypto: crypto.take().unwrap_or_default(),
                setup: agreed.setup,
                bundle: mid.as_deref().is_some_and(bundled),
                mid,
            })
        })
        .collect();
    description(local, &streams)
}

/// Our `a=crypto` lines of an offer, one for each suite.
fn our_keys(secret: &[u8; KEY_BYTES]) -> Vec<Crypto> {
    Suite::ALL.into_iter().enumerate().map(|(at, suite)| Crypto::ours(at as u32 + 1, suite, secret)).collect()
}

/// The first line of theirs that we can use, and ours to it.
fn answer_keys(media: &Media, secret: &[u8; KEY_BYTES]) -> Result<(Option<SdesAgreed>, Option<Crypto>), Refused> {
    let chosen =
        media.attributes("crypto").find_map(Crypto::read).ok_or(Refused::Security("no key that we can use"))?;
    let ours = Crypto::ours(chosen.tag, chosen.suite, secret);
    let agreed = SdesAgreed { suite: chosen.suite, send: ours.key.clone(), receive: chosen.key };
    Ok((Some(agreed), Some(ours)))
}

/// What their answer makes of our lines.
fn accept_keys(offered: &Media, answered: &Media) -> Result<SdesAgreed, Refused> {
    let theirs =
        answered.attributes("crypto").find_map(Crypto::read).ok_or(Refused::Security("no key that we can use"))?;
    let ours = offered
        .attributes("crypto")
        .filter_map(Crypto::read)
        .find(|line| line.tag == theirs.tag && line.suite == theirs.suite)
        .ok_or(Refused::Security("a suite that was not offered"))?;
    Ok(SdesAgreed { suite: ours.suite, send: ours.key, receive: theirs.key })
}

/// Whether a stream asks for SRTP, by its profile or by its keys: then it must not become a plain one unseen.
fn wants_keys(media: &Media) -> bool {
    is_protected(media) || media.attribute("crypto").is_some()
}

fn is_protected(media: &Media) -> bool {
    media.protocol.to_ascii_uppercase().contains("SAVP")
}

impl Agreed {
    /// The other side holds us: it does not listen.
    pub const fn held(&self) -> bool {
        !self.remote_direction.receives()
    }
    /// Whether we may send now.
    pub const fn may_send(&self) -> bool {
        self.direction.sends()
    }
    /// Whether this description lets audio flow both ways.
    pub fn both_ways(&self) -> bool {
        self.direction == Direction::SendRecv
    }
}
