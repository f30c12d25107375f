//! AES in counter mode with HMAC-SHA1 (RFC 3711 sections 4.1.1 and 4.2; RFC 6188 for keys of 256 bits).

use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;

use super::{
    MasterKey,
    derive::{Aes, Label, derive},
};

/// Bytes of an SRTCP tag, and of an SRTP tag unless it is cut to 32 bits (RFC 4568 section 6.2.2).
const TAG: usize = 10;
/// Bytes of the word that carries the SRTCP index and the flag E.
pub const INDEX: usize = 4;
/// The flag E: the packet is encrypted.
pub const ENCRYPTED: u32 = 1 << 31;
/// Bytes of an RTCP packet that stay in the clear.
pub const CONTROL_HEADER: usize = 8;

/// Keys for one kind of packet.
struct Keys {
    cipher: Aes,
    salt: [u8; 14],
    mac: Hmac<Sha1>,
}

impl Keys {
    fn new(master: &MasterKey, control: bool) -> Option<Self> {
        let (mut long, mut salt, mut auth) = ([0; 32], [0; 14], [0; 20]);
        let key = long.get_mut(..master.key.len())?;
        derive(master, Label::Encryption, control, key)?;
        derive(master, Label::Salt, control, &mut salt)?;
        derive(master, Label::Authentication, control, &mut auth)?;
        Some(Self { cipher: Aes::new(key)?, salt, mac: Hmac::new_from_slice(&auth).ok()? })
    }

    fn crypt(&self, ssrc: u32, index: u64, bytes: &mut [u8]) {
        let mut counter = [0; 16];
        counter[..14].copy_from_slice(&self.salt);
        let mix = u128::from(ssrc) << 64 | u128::from(index) << 16;
        self.cipher.apply((u128::from_be_bytes(counter) ^ mix).to_be_bytes(), bytes);
    }

    fn mac(&self, bytes: &[u8], more: &[u8]) -> Hmac<Sha1> {
        self.mac.clone().chain_update(bytes).chain_update(more)
    }
}

/// One direction's transform.
pub struct Counter {
    rtp: Keys,
    rtcp: Keys,
    tag: usize,
}

impl Counter {
    /// `short`: SRTP tags of 32 bits. `None`: a key or salt has the wrong length.
    pub fn new(master: &MasterKey, short: bool) -> Option<Self> {
        let (rtp, rtcp) = (Keys::new(master, false)?, Keys::new(master, true)?);
        Some(Self { rtp, rtcp, tag: if short { 4 } else { TAG } })
    }

    /// Seals a packet whose payload begins at `payload`; always `true`.
    pub fn seal_rtp(&self, packet: &mut Vec<u8>, payload: usize, ssrc: u32, index: u64) -> bool {
        self.rtp.crypt(ssrc, index, &mut packet[payload..]);
        let tag = self.rtp.mac(packet, &turns(index)).finalize().into_bytes();
        packet.extend_from_slice(&tag[..self.tag]);
        true
    }

    /// Opens one; `false`: not authentic, the packet is as it came.
    pub fn open_rtp(&self, packet: &mut Vec<u8>, payload: usize, ssrc: u32, index: u64) -> bool {
        let Some(end) = packet.len().checked_sub(self.tag).filter(|end| *end >= payload) else { return false };
        let (sealed, tag) = packet.split_at(end);
        if self.rtp.mac(sealed, &turns(index)).verify_truncated_left(tag).is_err() {
            return false;
        }
        packet.truncate(end);
        self.rtp.crypt(ssrc, index, &mut packet[payload..]);
        true
    }

    /// Seals an RTCP packet of at least [`CONTROL_HEADER`] bytes; always `true`.
    pub fn seal_rtcp(&self, packet: &mut Vec<u8>, ssrc: u32, index: u32) -> bool {
        self.rtcp.crypt(ssrc, u64::from(index), &mut packet[CONTROL_HEADER..]);
        packet.extend_from_slice(&(ENCRYPTED | index).to_be_bytes());
        let tag = self.rtcp.mac(packet, &[]).finalize().into_bytes();
        packet.extend_from_slice(&tag[..TAG]);
        true
    }

    /// The word with the index, where this transform puts it.
    pub fn control_word(packet: &[u8]) -> Option<u32> {
        let at = packet.len().checked_sub(TAG + INDEX).filter(|at| *at >= CONTROL_HEADER)?;
        packet[at..].first_chunk().map(|word| u32::from_be_bytes(*word))
    }

    /// Opens an SRTCP packet that has a [`Self::control_word`]; `false`: not authentic.
    pub fn open_rtcp(&self, packet: &mut Vec<u8>, ssrc: u32, index: u32) -> bool {
        let end = packet.len() - TAG;
        let (sealed, tag) = packet.split_at(end);
        if self.rtcp.mac(sealed, &[]).verify_truncated_left(tag).is_err() {
            return false;
        }
        packet.truncate(end - INDEX);
        self.rtcp.crypt(ssrc, u64::from(index), &mut packet[CONTROL_HEADER..]);
        true
    }
}

/// The roll-over counter, which the tag covers though it is not sent.
const fn turns(index: u64) -> [u8; 4] {
    ((index >> 16) as u32).to_be_bytes()
}
