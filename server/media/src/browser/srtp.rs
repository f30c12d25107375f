//! SRTP and SRTCP of one leg (RFC 3711), in place, for keys from DTLS and from SDES alike.
//!
//! Own code over the ciphers of others: the library that it replaced took a new buffer and a new key schedule for each packet.
//! `oracle_tests` holds it against that library, packet by packet.

mod aead;
mod counter;
mod derive;
mod index;
mod session;

#[cfg(test)]
mod oracle_tests;

pub use session::Session;

/// How packets are protected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Profile {
    /// AES_CM_128_HMAC_SHA1_80.
    Aes128CmSha1_80,
    /// AES_CM_128_HMAC_SHA1_32: SDES only.
    Aes128CmSha1_32,
    /// AES_256_CM_HMAC_SHA1_80 (RFC 6188): SDES only.
    Aes256CmSha1_80,
    /// AEAD_AES_128_GCM (RFC 7714).
    AeadAes128Gcm,
    /// AEAD_AES_256_GCM.
    AeadAes256Gcm,
}

impl Profile {
    /// Bytes of a master key and of a master salt.
    pub const fn lengths(self) -> (usize, usize) {
        match self {
            Self::Aes128CmSha1_80 | Self::Aes128CmSha1_32 => (16, 14),
            Self::Aes256CmSha1_80 => (32, 14),
            Self::AeadAes128Gcm => (16, 12),
            Self::AeadAes256Gcm => (32, 12),
        }
    }
}

/// A master key with its salt.
#[derive(Clone, PartialEq, Eq)]
pub struct MasterKey {
    /// The key.
    pub key: Vec<u8>,
    /// The salt.
    pub salt: Vec<u8>,
}

/// Keys of both directions.
#[derive(Clone, PartialEq, Eq)]
pub struct SrtpKeys {
    /// How.
    pub profile: Profile,
    /// For what we send.
    pub local: MasterKey,
    /// For what we receive.
    pub remote: MasterKey,
}

impl SrtpKeys {
    /// Splits the DTLS exporter's block (RFC 5764 section 4.2); `client` when we were the DTLS client.
    pub fn from_exporter(profile: Profile, block: &[u8], client: bool) -> Option<Self> {
        let (key, salt) = profile.lengths();
        let (keys, salts) = block.get(..2 * (key + salt))?.split_at(2 * key);
        let of_client = MasterKey { key: keys[..key].to_vec(), salt: salts[..salt].to_vec() };
        let of_server = MasterKey { key: keys[key..].to_vec(), salt: salts[salt..].to_vec() };
        let (local, remote) = if client { (of_client, of_server) } else { (of_server, of_client) };
        Some(Self { profile, local, remote })
    }
}

/// Protection of one leg. Each call turns the packet in the buffer into its other form and keeps the buffer.
pub trait Srtp: Send {
    /// RTP to SRTP. `false`: the packet must not leave.
    fn protect_rtp(&mut self, packet: &mut Vec<u8>) -> bool;
    /// RTCP to SRTCP.
    fn protect_rtcp(&mut self, packet: &mut Vec<u8>) -> bool;
    /// SRTP to RTP. `false`: not authentic, repeated or too old; the buffer is then of no use.
    fn unprotect_rtp(&mut self, packet: &mut Vec<u8>) -> bool;
    /// SRTCP to RTCP.
    fn unprotect_rtcp(&mut self, packet: &mut Vec<u8>) -> bool;
}
