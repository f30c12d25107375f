//! AES in Galois/counter mode (RFC 7714).

use ring::aead::{AES_128_GCM, AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};

use super::{
    MasterKey,
    counter::{CONTROL_HEADER, ENCRYPTED, INDEX},
    derive::{Label, derive},
};

/// Bytes of a tag.
const TAG: usize = 16;

/// Keys for one kind of packet.
struct Keys {
    cipher: LessSafeKey,
    salt: [u8; 12],
}

impl Keys {
    fn new(master: &MasterKey, control: bool) -> Option<Self> {
        let algorithm = if master.key.len() == 16 { &AES_128_GCM } else { &AES_256_GCM };
        let (mut long, mut salt) = ([0; 32], [0; 12]);
        let key = long.get_mut(..master.key.len())?;
        derive(master, Label::Encryption, control, key)?;
        derive(master, Label::Salt, control, &mut salt)?;
        Some(Self { cipher: LessSafeKey::new(UnboundKey::new(algorithm, key).ok()?), salt })
    }

    /// Two bytes of zero, the source and the 48-bit index, mixed with the salt (sections 8.1 and 9.1).
    fn nonce(&self, ssrc: u32, index: u64) -> Nonce {
        let mut bytes = [0; 12];
        bytes[2..6].copy_from_slice(&ssrc.to_be_bytes());
        bytes[6..].copy_from_slice(&index.to_be_bytes()[2..]);
        for (byte, salt) in bytes.iter_mut().zip(self.salt) {
            *byte ^= salt;
        }
        Nonce::assume_unique_for_key(bytes)
    }
}

/// One direction's transform.
pub struct Aead {
    rtp: Keys,
    rtcp: Keys,
}

impl Aead {
    /// `None`: a key or salt has the wrong length.
    pub fn new(master: &MasterKey) -> Option<Self> {
        Some(Self { rtp: Keys::new(master, false)?, rtcp: Keys::new(master, true)? })
    }

    /// Seals a packet whose payload begins at `payload`.
    pub fn seal_rtp(&self, packet: &mut Vec<u8>, payload: usize, ssrc: u32, index: u64) -> bool {
        let (header, body) = packet.split_at_mut(payload);
        let nonce = self.rtp.nonce(ssrc, index);
        let sealed = self.rtp.cipher.seal_in_place_separate_tag(nonce, Aad::from(&*header), body);
        sealed.map(|tag| packet.extend_from_slice(tag.as_ref())).is_ok()
    }

    /// Opens one; `false`: not authentic, and the packet is of no use.
    pub fn open_rtp(&self, packet: &mut Vec<u8>, payload: usize, ssrc: u32, index: u64) -> bool {
        let Some(end) = packet.len().checked_sub(TAG).filter(|end| *end >= payload) else { return false };
        let (header, body) = packet.split_at_mut(payload);
        let opened = self.rtp.cipher.open_in_place(self.rtp.nonce(ssrc, index), Aad::from(&*header), body).is_ok();
        packet.truncate(end);
        opened
    }

    /// Seals an RTCP packet of at least [`CONTROL_HEADER`] bytes.
    pub fn seal_rtcp(&self, packet: &mut Vec<u8>, ssrc: u32, index: u32) -> bool {
        let word = (ENCRYPTED | index).to_be_bytes();
        let aad = Aad::from(associated(packet, word));
        let nonce = self.rtcp.nonce(ssrc, u64::from(index));
        let sealed = self.rtcp.cipher.seal_in_place_separate_tag(nonce, aad, &mut packet[CONTROL_HEADER..]);
        sealed
            .map(|tag| {
                packet.extend_from_slice(tag.as_ref());
                packet.extend_from_slice(&word);
            })
            .is_ok()
    }

    /// The word with the index, where this transform puts it.
    pub fn control_word(packet: &[u8]) -> Option<u32> {
        packet.len().checked_sub(TAG + INDEX).filter(|at| *at >= CONTROL_HEADER)?;
        packet.last_chunk().map(|word| u32::from_be_bytes(*word))
    }

    /// Opens an SRTCP packet that has a [`Self::control_word`]; `false`: not authentic.
    pub fn open_rtcp(&self, packet: &mut Vec<u8>, ssrc: u32, index: u32) -> bool {
        let end = packet.len() - INDEX;
        let aad = associated(packet, (ENCRYPTED | index).to_be_bytes());
        packet.truncate(end);
        let nonce = self.rtcp.nonce(ssrc, u64::from(index));
        let opened = self.rtcp.cipher.open_in_place(nonce, Aad::from(aad), &mut packet[CONTROL_HEADER..]).is_ok();
        packet.truncate(end - TAG);
        opened
    }
}

/// What the tag of an encrypted SRTCP packet covers in the clear (section 9.2).
fn associated(packet: &[u8], word: [u8; INDEX]) -> [u8; CONTROL_HEADER + INDEX] {
    let mut aad = [0; CONTROL_HEADER + INDEX];
    aad[..CONTROL_HEADER].copy_from_slice(&packet[..CONTROL_HEADER]);
    aad[CONTROL_HEADER..].copy_from_slice(&word);
    aad
}
