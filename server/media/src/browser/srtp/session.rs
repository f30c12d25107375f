//! Protection of one leg: two transforms, and for each source its indexes.

use super::{
    MasterKey, Profile, Srtp, SrtpKeys,
    aead::Aead,
    counter::{CONTROL_HEADER, Counter, ENCRYPTED},
    index::Seen,
};

/// Sources of one direction over the life of a leg; a browser has one, two after a change of track.
const MOST_SOURCES: usize = 8;
/// The last SRTCP index (RFC 3711 section 3.4: 31 bits).
const LAST_CONTROL: u32 = (1 << 31) - 1;

enum Transform {
    Counter(Box<Counter>),
    Aead(Box<Aead>),
}

impl Transform {
    fn new(profile: Profile, master: &MasterKey) -> Option<Self> {
        if (master.key.len(), master.salt.len()) != profile.lengths() {
            return None;
        }
        match profile {
            Profile::Aes128CmSha1_80 | Profile::Aes256CmSha1_80 => {
                Counter::new(master, false).map(|it| Self::Counter(Box::new(it)))
            }
            Profile::Aes128CmSha1_32 => Counter::new(master, true).map(|it| Self::Counter(Box::new(it))),
            Profile::AeadAes128Gcm | Profile::AeadAes256Gcm => Aead::new(master).map(|it| Self::Aead(Box::new(it))),
        }
    }
}

/// What is known of one source.
struct Source {
    ssrc: u32,
    rtp: Seen,
    rtcp: Seen,
    /// The next SRTCP index to send.
    next_control: u32,
}

impl Source {
    fn new(ssrc: u32) -> Self {
        Self { ssrc, rtp: Seen::default(), rtcp: Seen::default(), next_control: 0 }
    }
}

/// [`Srtp`] for both directions. Of what is received a source is remembered only once a packet of it has proven authentic,
/// so that strangers leave no state.
pub struct Session {
    profile: Profile,
    remote: MasterKey,
    send: Transform,
    receive: Transform,
    sending: Vec<Source>,
    receiving: Vec<Source>,
}

impl Session {
    /// A session with these keys. `None`: a key or salt has the wrong length.
    pub fn new(keys: &SrtpKeys) -> Option<Self> {
        Some(Self {
            profile: keys.profile,
            remote: keys.remote.clone(),
            send: Transform::new(keys.profile, &keys.local)?,
            receive: Transform::new(keys.profile, &keys.remote)?,
            sending: Vec::with_capacity(1),
            receiving: Vec::with_capacity(1),
        })
    }

    /// The other party's new key, as a re-INVITE may bring; our sending side goes on. A key of the wrong length changes
    /// nothing.
    pub fn rekey_remote(&mut self, remote: MasterKey) {
        if remote == self.remote {
            return;
        }
        if let Some(receive) = Transform::new(self.profile, &remote) {
            self.receive = receive;
            self.remote = remote;
            self.receiving.clear();
        }
    }

    /// The source that we send as; a ninth one is refused, for forgetting one could use its indexes twice.
    fn sending(&mut self, ssrc: u32) -> Option<&mut Source> {
        let at = match self.sending.iter().position(|source| source.ssrc == ssrc) {
            Some(at) => at,
            None if self.sending.len() == MOST_SOURCES => return None,
            None => {
                self.sending.push(Source::new(ssrc));
                self.sending.len() - 1
            }
        };
        self.sending.get_mut(at)
    }

    fn seal_rtp(&mut self, packet: &mut Vec<u8>) -> Option<bool> {
        let (payload, sequence, ssrc) = rtp(packet)?;
        let source = self.sending(ssrc)?;
        let index = source.rtp.guess(sequence)?;
        // The same index again would give away the key stream.
        if !source.rtp.is_fresh(index) {
            return None;
        }
        source.rtp.mark(index);
        Some(match &self.send {
            Transform::Counter(it) => it.seal_rtp(packet, payload, ssrc, index),
            Transform::Aead(it) => it.seal_rtp(packet, payload, ssrc, index),
        })
    }

    fn seal_rtcp(&mut self, packet: &mut Vec<u8>) -> Option<bool> {
        let ssrc = rtcp(packet)?;
        let source = self.sending(ssrc)?;
        let index = source.next_control;
        if index > LAST_CONTROL {
            return None;
        }
        source.next_control += 1;
        Some(match &self.send {
            Transform::Counter(it) => it.seal_rtcp(packet, ssrc, index),
            Transform::Aead(it) => it.seal_rtcp(packet, ssrc, index),
        })
    }

    fn open_rtp(&mut self, packet: &mut Vec<u8>) -> Option<()> {
        let (payload, sequence, ssrc) = rtp(packet)?;
        let at = self.receiving.iter().position(|source| source.ssrc == ssrc);
        let index = at.map_or(Some(u64::from(sequence)), |at| {
            let seen = &self.receiving[at].rtp;
            seen.guess(sequence).filter(|index| seen.is_fresh(*index))
        })?;
        let authentic = match &self.receive {
            Transform::Counter(it) => it.open_rtp(packet, payload, ssrc, index),
            Transform::Aead(it) => it.open_rtp(packet, payload, ssrc, index),
        };
        authentic.then_some(())?;
        self.received(at, ssrc)?.rtp.mark(index);
        Some(())
    }

    fn open_rtcp(&mut self, packet: &mut Vec<u8>) -> Option<()> {
        let ssrc = rtcp(packet)?;
        let word = match &self.receive {
            Transform::Counter(_) => Counter::control_word(packet)?,
            Transform::Aead(_) => Aead::control_word(packet)?,
        };
        // Nobody agreed to reports in the clear (UNENCRYPTED_SRTCP of RFC 4568 section 6.3.2).
        let index = (word & ENCRYPTED != 0).then_some(word & LAST_CONTROL)?;
        let at = self.receiving.iter().position(|source| source.ssrc == ssrc);
        at.is_none_or(|at| self.receiving[at].rtcp.is_fresh(u64::from(index))).then_some(())?;
        let authentic = match &self.receive {
            Transform::Counter(it) => it.open_rtcp(packet, ssrc, index),
            Transform::Aead(it) => it.open_rtcp(packet, ssrc, index),
        };
        authentic.then_some(())?;
        self.received(at, ssrc)?.rtcp.mark(u64::from(index));
        Some(())
    }

    /// The source of an authentic packet.
    fn received(&mut self, at: Option<usize>, ssrc: u32) -> Option<&mut Source> {
        let at = match at {
            Some(at) => at,
            None if self.receiving.len() == MOST_SOURCES => return None,
            None => {
                self.receiving.push(Source::new(ssrc));
                self.receiving.len() - 1
            }
        };
        self.receiving.get_mut(at)
    }
}

impl Srtp for Session {
    fn protect_rtp(&mut self, packet: &mut Vec<u8>) -> bool {
        self.seal_rtp(packet).unwrap_or(false)
    }
    fn protect_rtcp(&mut self, packet: &mut Vec<u8>) -> bool {
        self.seal_rtcp(packet).unwrap_or(false)
    }
    fn unprotect_rtp(&mut self, packet: &mut Vec<u8>) -> bool {
        self.open_rtp(packet).is_some()
    }
    fn unprotect_rtcp(&mut self, packet: &mut Vec<u8>) -> bool {
        self.open_rtcp(packet).is_some()
    }
}

/// Where the payload of a plain or sealed packet begins, its sequence number and its source. `None`: no RTP of version 2, or
/// its header claims more than is there.
fn rtp(packet: &[u8]) -> Option<(usize, u16, u32)> {
    let fixed: &[u8; 12] = packet.first_chunk()?;
    if fixed[0] >> 6 != 2 {
        return None;
    }
    let mut payload = 12 + 4 * usize::from(fixed[0] & 0x0f);
    if fixed[0] & 0x10 != 0 {
        let words: &[u8; 2] = packet.get(payload + 2..)?.first_chunk()?;
        payload += 4 + 4 * usize::from(u16::from_be_bytes(*words));
    }
    let sequence = u16::from_be_bytes([fixed[2], fixed[3]]);
    let ssrc = u32::from_be_bytes([fixed[8], fixed[9], fixed[10], fixed[11]]);
    (payload <= packet.len()).then_some((payload, sequence, ssrc))
}

/// The source of a plain or sealed RTCP packet.
fn rtcp(packet: &[u8]) -> Option<u32> {
    let header: &[u8; CONTROL_HEADER] = packet.first_chunk()?;
    let [_, _, _, _, a, b, c, d] = *header;
    (header[0] >> 6 == 2).then_some(u32::from_be_bytes([a, b, c, d]))
}
