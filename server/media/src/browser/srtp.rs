//! SRTP and SRTCP of one leg (RFC 3711), in place, for keys from DTLS and from SDES alike.

use rtc_crypto::RTCCrypto;
use rtc_srtp::{
    context::Context,
    option::{srtcp_replay_protection, srtp_replay_protection},
    protection_profile::ProtectionProfile,
};

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
    const fn foreign(self) -> ProtectionProfile {
        match self {
            Self::Aes128CmSha1_80 => ProtectionProfile::Aes128CmHmacSha1_80,
            Self::Aes128CmSha1_32 => ProtectionProfile::Aes128CmHmacSha1_32,
            Self::Aes256CmSha1_80 => ProtectionProfile::Aes256CmHmacSha1_80,
            Self::AeadAes128Gcm => ProtectionProfile::AeadAes128Gcm,
            Self::AeadAes256Gcm => ProtectionProfile::AeadAes256Gcm,
        }
    }
    /// Bytes of a master key and of a master salt.
    pub fn lengths(self) -> (usize, usize) {
        (self.foreign().key_len(), self.foreign().salt_len())
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
    /// Once a second or so: lets new sources be tried again.
    fn refill(&mut self);
}

/// Packets behind the newest that are still accepted once.
const REPLAY_WINDOW: usize = 128;
/// Sources that a party may have over the life of a leg; a browser has one, two after a change of track.
const MOST_SOURCES: usize = 8;
/// Unknown sources tried between two refills. An unauthentic packet with a new source costs a key derivation.
const TRIES: u32 = 32;

/// [`Srtp`] by `rtc-srtp`. One context for each source, made only once a packet of that source has proven authentic:
/// a single shared context would keep state for every source that a stranger invents.
pub struct Session {
    profile: Profile,
    remote: MasterKey,
    send: Context,
    sources: Vec<(u32, Context)>,
    tries: u32,
}

impl Session {
    /// A session with these keys. `None`: a key or salt has the wrong length.
    pub fn new(keys: &SrtpKeys, crypto: &dyn RTCCrypto) -> Option<Self> {
        let profile = keys.profile.foreign();
        let send = Context::new(&keys.local.key, &keys.local.salt, profile, None, None, crypto).ok()?;
        let session =
            Self { profile: keys.profile, remote: keys.remote.clone(), send, sources: Vec::new(), tries: TRIES };
        session.receiving().map(|_| session)
    }

    /// The other party's new key, as a re-INVITE may bring; our sending side goes on.
    pub fn rekey_remote(&mut self, remote: MasterKey) {
        if remote != self.remote {
            self.remote = remote;
            self.sources.clear();
        }
    }

    fn receiving(&self) -> Option<Context> {
        let provider = rtc_crypto::default_provider().ok()?;
        Context::new(
            &self.remote.key,
            &self.remote.salt,
            self.profile.foreign(),
            Some(srtp_replay_protection(REPLAY_WINDOW)),
            Some(srtcp_replay_protection(REPLAY_WINDOW)),
            provider.crypto(),
        )
        .ok()
    }

    fn unprotect(&mut self, packet: &mut Vec<u8>, source_at: usize, rtcp: bool) -> bool {
        let Some(source) = packet.get(source_at..source_at + 4).map(|b| u32::from_be_bytes([b[0], b[1], b[2], b[3]]))
        else {
            return false;
        };
        if let Some((_, context)) = self.sources.iter_mut().find(|(known, _)| *known == source) {
            return decrypt(context, packet, rtcp);
        }
        if self.tries == 0 || self.sources.len() == MOST_SOURCES {
            return false;
        }
        self.tries -= 1;
        let Some(mut context) = self.receiving() else { return false };
        let authentic = decrypt(&mut context, packet, rtcp);
        if authentic {
            self.sources.push((source, context));
            self.tries += 1;
        }
        authentic
    }
}

fn decrypt(context: &mut Context, packet: &mut Vec<u8>, rtcp: bool) -> bool {
    let plain = if rtcp { context.decrypt_rtcp(packet) } else { context.decrypt_rtp(packet) };
    put(packet, plain)
}

fn put<E>(packet: &mut Vec<u8>, result: Result<impl AsRef<[u8]>, E>) -> bool {
    let Ok(bytes) = result else { return false };
    packet.clear();
    packet.extend_from_slice(bytes.as_ref());
    true
}

impl Srtp for Session {
    fn protect_rtp(&mut self, packet: &mut Vec<u8>) -> bool {
        let sealed = self.send.encrypt_rtp(packet);
        put(packet, sealed)
    }
    fn protect_rtcp(&mut self, packet: &mut Vec<u8>) -> bool {
        let sealed = self.send.encrypt_rtcp(packet);
        put(packet, sealed)
    }
    fn unprotect_rtp(&mut self, packet: &mut Vec<u8>) -> bool {
        self.unprotect(packet, 8, false)
    }
    fn unprotect_rtcp(&mut self, packet: &mut Vec<u8>) -> bool {
        self.unprotect(packet, 4, true)
    }
    fn refill(&mut self) {
        self.tries = TRIES;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pair(profile: Profile) -> (Session, Session) {
        let (key, salt) = profile.lengths();
        let block: Vec<u8> = (0..2 * (key + salt)).map(|i| (i * 7) as u8).collect();
        let provider = rtc_crypto::default_provider().unwrap();
        let client = SrtpKeys::from_exporter(profile, &block, true).unwrap();
        let server = SrtpKeys::from_exporter(profile, &block, false).unwrap();
        (Session::new(&client, provider.crypto()).unwrap(), Session::new(&server, provider.crypto()).unwrap())
    }

    fn rtp(source: u32, sequence: u16) -> Vec<u8> {
        let mut packet = vec![0x80, 0];
        packet.extend_from_slice(&sequence.to_be_bytes());
        packet.extend_from_slice(&(u32::from(sequence) * 160).to_be_bytes());
        packet.extend_from_slice(&source.to_be_bytes());
        packet.extend_from_slice(&[0xd5; 160]);
        packet
    }

    #[test]
    fn what_one_side_seals_the_other_opens_once() {
        let counter = [Profile::Aes128CmSha1_80, Profile::Aes128CmSha1_32, Profile::Aes256CmSha1_80];
        for profile in counter.into_iter().chain([Profile::AeadAes128Gcm, Profile::AeadAes256Gcm]) {
            let (mut a, mut b) = pair(profile);
            let plain = rtp(9, 100);
            let mut packet = plain.clone();
            assert!(a.protect_rtp(&mut packet));
            let sealed = packet.clone();
            assert_ne!(&sealed[12..172], &plain[12..]);
            assert!(b.unprotect_rtp(&mut packet));
            assert_eq!(packet, plain);
            assert!(!b.unprotect_rtp(&mut sealed.clone()), "a repeated packet");
        }
    }

    #[test]
    fn the_sequence_number_may_wrap_and_packets_may_come_late() {
        let (mut a, mut b) = pair(Profile::Aes128CmSha1_80);
        let mut late = None;
        for step in 0..200u32 {
            let sequence = (65_400 + step) as u16;
            let mut packet = rtp(9, sequence);
            assert!(a.protect_rtp(&mut packet));
            if sequence == 65_535 {
                late = Some(packet);
                continue;
            }
            assert!(b.unprotect_rtp(&mut packet), "{sequence}");
            if sequence == 3 {
                assert!(b.unprotect_rtp(late.as_mut().unwrap()), "late over the wrap");
            }
        }
    }

    #[test]
    fn strangers_leave_no_state_and_no_source_of_theirs_is_kept() {
        let (mut a, mut b) = pair(Profile::Aes128CmSha1_80);
        for source in 0..5_000 {
            let mut packet = rtp(source, 1);
            packet.extend_from_slice(&[0; 10]);
            assert!(!b.unprotect_rtp(&mut packet));
        }
        assert!(b.sources.is_empty());
        b.refill();
        let mut packet = rtp(9, 1);
        assert!(a.protect_rtp(&mut packet) && b.unprotect_rtp(&mut packet));
    }

    #[test]
    fn control_packets_too() {
        let (mut a, mut b) = pair(Profile::AeadAes128Gcm);
        let plain = [0x80, 201, 0, 1, 0, 0, 0, 9];
        let mut packet = plain.to_vec();
        assert!(a.protect_rtcp(&mut packet));
        let sealed = packet.clone();
        assert!(b.unprotect_rtcp(&mut packet));
        assert_eq!(packet, plain);
        assert!(!b.unprotect_rtcp(&mut sealed.clone()), "a repeated packet");
    }
}
