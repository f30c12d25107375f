//! One leg: a party's path, what was agreed with it, what it sends and what it is sent.

use std::net::{SocketAddr, UdpSocket};

use patchbay_kernel::{LegId, Tick};
use patchbay_plane::{Codec, Figures, SrtpMode};
use patchbay_sdp::{LocalMedia, Policy, SdesAgreed};

use crate::{
    api::Flowing,
    browser::{
        certificate::Fingerprint,
        dtls::Handshake,
        ice::Ice,
        srtp::{Session, Srtp},
    },
    control::Control,
    describe::Terms,
    digits::{DigitsIn, DigitsOut},
    ear::Ear,
    keys::Keys,
    latch::Latch,
    mixer::Member,
    net,
    outgoing::Outgoing,
    play::Playing,
    reach::Reach,
    reception::Reception,
    tap::Tap,
    transcode::Transcoder,
    watch::Watch,
};

/// Where a leg's party is heard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Route {
    /// Nowhere.
    Silence,
    /// By the leg in this slot.
    Peer(usize),
    /// By the party itself.
    Echo,
    /// By the others of its conference.
    Mix,
}

/// A browser's path: the worker's one UDP port, an address that proved itself by STUN, keys by DTLS.
pub struct BrowserLink {
    /// Credentials and addresses.
    pub ice: Ice,
    /// DTLS.
    pub handshake: Box<Handshake>,
    /// Once the keys are released.
    pub srtp: Option<Session>,
    /// The browser described itself at least once: the role is settled.
    pub described: bool,
    /// The certificate that the browser announced.
    pub fingerprint: Option<Fingerprint>,
}

/// A gateway's or phone's path: a UDP port of its own.
pub struct RtpLink {
    /// RTP, and RTCP where it is multiplexed.
    pub socket: UdpSocket,
    /// RTCP on the UDP port above, when the party wants it there.
    pub control: Option<UdpSocket>,
    /// The system has been asked for it.
    pub control_asked: bool,
    /// Our UDP port.
    pub udp_port: u16,
    /// Whom we believe.
    pub latch: Latch,
    /// What the leg was opened with.
    pub mode: SrtpMode,
    /// SRTP is required, or was agreed: nothing leaves or is believed without it.
    pub secure: bool,
    /// SRTP and its keys, once both sides' are known.
    pub srtp: Option<(SdesAgreed, Session)>,
}

/// The path to the party.
pub enum Link {
    /// A browser.
    Browser(Box<BrowserLink>),
    /// Anything with plain or SDES RTP.
    Rtp(Box<RtpLink>),
}

impl Link {
    /// Where RTP goes, when it may go anywhere.
    pub fn target(&self) -> Option<SocketAddr> {
        match self {
            Self::Browser(link) => link.ice.bound().filter(|_| link.srtp.is_some()),
            Self::Rtp(link) => link.latch.target().filter(|_| link.secure == link.srtp.is_some()),
        }
    }
    /// SRTP, where it is used and ready.
    pub fn srtp(&mut self) -> Option<&mut Session> {
        match self {
            Self::Browser(link) => link.srtp.as_mut(),
            Self::Rtp(link) => link.srtp.as_mut().map(|(_, session)| session),
        }
    }
}

/// One leg.
pub struct Leg {
    /// Its name.
    pub id: LegId,
    /// When it was opened.
    pub opened: Tick,
    /// Its path.
    pub link: Link,
    /// What was agreed, once it was.
    pub terms: Option<Terms>,
    /// Our end, as descriptions tell it.
    pub local: LocalMedia,
    /// Our last offer, and what it wanted.
    pub offered: Option<(String, Policy)>,
    /// Which way the party's last description lets audio flow.
    pub flowing: Flowing,
    /// Where the party is heard.
    pub route: Route,
    /// What the party is sent.
    pub out: Outgoing,
    /// What came from the party, in numbers.
    pub reception: Reception,
    /// Reports to and from the party.
    pub control: Control,
    /// Recent audio of the party.
    pub ear: Ear,
    /// Digits from the party.
    pub digits_in: DigitsIn,
    /// Digits from the party that are tones, where its kind says so.
    pub keys: Option<Box<Keys>>,
    /// Digits to the party.
    pub digits_out: DigitsOut,
    /// What the party is played.
    pub playing: Option<Playing>,
    /// The codec bridge for what this leg is sent, while its source speaks another codec.
    pub transcoder: Option<Box<Transcoder>>,
    /// Its place in a conference.
    pub member: Option<Box<Member>>,
    /// Recordings that hear the party; after a hand-over more than one call's.
    pub taps: Vec<Tap>,
    /// Silence and first media.
    pub watch: Watch,
    /// Whether the party gets what we send.
    pub reach: Reach,
    /// Datagrams that were refused.
    pub refused: u64,
}

impl Leg {
    /// The negotiated codec.
    pub fn codec(&self) -> Option<Codec> {
        self.terms.as_ref().map(|terms| terms.codec)
    }

    /// Whether anything may be sent to the party now, and where to.
    pub fn may_send(&self) -> Option<SocketAddr> {
        let terms = self.terms.as_ref()?;
        if terms.sends { self.link.target() } else { None }
    }

    /// Whether the party hears something of ours instead of its peer.
    pub fn is_played_to(&self) -> bool {
        self.playing.is_some() || self.digits_out.is_busy()
    }

    /// Whether 20 ms frames of ours are due: something is played, dialled, or said in another codec or in a conference, or
    /// listened for.
    pub fn generates(&self) -> bool {
        self.is_played_to() || self.transcoder.is_some() || self.keys.is_some() || self.member.is_some()
    }

    /// Makes a whole RTP packet ready to leave, and tells where to; `None`: it must not leave.
    pub fn seal(&mut self, packet: &mut Vec<u8>) -> Option<SocketAddr> {
        let target = self.may_send()?;
        self.link.srtp().is_none_or(|srtp| srtp.protect_rtp(packet)).then_some(target)
    }

    /// Sends what stands in `packet`, a whole RTP packet with `payload` bytes of payload, at once; the buffer is used up.
    pub fn send_rtp(&mut self, packet: &mut Vec<u8>, payload: usize, browser: &UdpSocket) {
        let Some(target) = self.seal(packet) else { return };
        let socket = match &self.link {
            Link::Browser(_) => browser,
            Link::Rtp(link) => &link.socket,
        };
        // A full buffer loses the packet, as a full wire would.
        if net::send(socket, packet, target) {
            self.out.count(payload);
        }
    }

    /// Media passes, RTCP has a UDP port of its own, and it is not open yet.
    pub fn wants_control(&self) -> bool {
        let Link::Rtp(link) = &self.link else { return false };
        let apart = self.terms.as_ref().is_some_and(|terms| !terms.rtcp_mux);
        apart && !link.control_asked && (self.out.packets > 0 || self.reception.last().is_some())
    }

    /// Sends a compound RTCP packet.
    pub fn send_rtcp(&mut self, packet: &mut Vec<u8>, browser: &UdpSocket) {
        let Some(target) = self.link.target() else { return };
        if self.link.srtp().is_some_and(|srtp| !srtp.protect_rtcp(packet)) {
            return;
        }
        let multiplexed = self.terms.as_ref().is_some_and(|terms| terms.rtcp_mux);
        let (socket, target) = match &self.link {
            Link::Browser(_) => (browser, target),
            Link::Rtp(link) if multiplexed => (&link.socket, target),
            Link::Rtp(link) => {
                let Some(control) = &link.control else { return };
                let announced = self.terms.as_ref().and_then(|terms| terms.rtcp).filter(|at| at.ip() == target.ip());
                let above = SocketAddr::new(target.ip(), target.port().wrapping_add(1));
                (control, announced.unwrap_or(above))
            }
        };
        // Reports are repeated; a lost one is no loss.
        drop(socket.send_to(packet, target));
    }

    /// How the leg is now.
    pub fn figures(&self) -> Figures {
        let quality = self.reception.quality();
        Figures {
            received: quality.received,
            sent: self.out.packets,
            lost: quality.lost,
            jitter_ms: quality.jitter_ms,
            rtt_ms: self.control.rtt_ms(),
            remote_loss: self.control.remote_loss(),
            mos: self.reception.mos(self.control.rtt_ms()),
            level_dbfs: self.ear.level_dbfs(),
            first_packet_ms: self.watch.first_packet().map(|at| at.since(self.opened).as_ms()),
            mos_steps: self.reception.steps().to_vec(),
            mos_min: self.reception.worst(),
            mos_avg: self.reception.mean(),
        }
    }
}
