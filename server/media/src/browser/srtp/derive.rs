//! Session keys from master keys (RFC 3711 section 4.3, RFC 6188 section 3, RFC 7714 section 11), with a key derivation rate
//! of zero: derived once, for all sources alike.

use aes::{
    Aes128Enc, Aes256Enc,
    cipher::{InnerIvInit, KeyInit, StreamCipherCore},
};
use ctr::{CtrCore, flavors::Ctr128BE};

use super::MasterKey;

/// Which key is derived; SRTP's labels, SRTCP's are three higher.
#[derive(Clone, Copy)]
pub enum Label {
    /// For the cipher.
    Encryption = 0,
    /// For the message authentication.
    Authentication = 1,
    /// For the initialisation vectors.
    Salt = 2,
}

/// Distance from an SRTP label to the SRTCP label of the same kind.
const CONTROL: u8 = 3;

/// AES as a block cipher in counter mode, with a key of either length.
pub enum Aes {
    /// 128 bits.
    Short(Aes128Enc),
    /// 256 bits.
    Long(Aes256Enc),
}

impl Aes {
    /// `None`: neither 16 nor 32 bytes.
    pub fn new(key: &[u8]) -> Option<Self> {
        match key.len() {
            16 => Aes128Enc::new_from_slice(key).ok().map(Self::Short),
            32 => Aes256Enc::new_from_slice(key).ok().map(Self::Long),
            _ => None,
        }
    }

    /// Adds the key stream that begins at this counter to `bytes`.
    pub fn apply(&self, counter: [u8; 16], bytes: &mut [u8]) {
        match self {
            Self::Short(cipher) => {
                CtrCore::<_, Ctr128BE>::inner_iv_init(cipher, &counter.into()).apply_keystream_partial(bytes.into());
            }
            Self::Long(cipher) => {
                CtrCore::<_, Ctr128BE>::inner_iv_init(cipher, &counter.into()).apply_keystream_partial(bytes.into());
            }
        }
    }
}

/// Fills `key` with the session key of this label. `None`: the master key or salt has a length that no profile has.
pub fn derive(master: &MasterKey, label: Label, control: bool, key: &mut [u8]) -> Option<()> {
    let mut counter = [0; 16];
    // A salt of 12 bytes stands for one of 14 that ends in zeros (RFC 7714 section 11).
    counter.get_mut(..14)?.get_mut(..master.salt.len())?.copy_from_slice(&master.salt);
    counter[7] ^= label as u8 + if control { CONTROL } else { 0 };
    key.fill(0);
    Aes::new(&master.key)?.apply(counter, key);
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes(hex: &str) -> Vec<u8> {
        (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap()).collect()
    }

    /// RFC 3711 appendix B.2.
    #[test]
    fn the_key_stream_is_that_of_the_rfc() {
        let cipher = Aes::new(&bytes("2B7E151628AED2A6ABF7158809CF4F3C")).unwrap();
        let mut stream = vec![0; 0xff02 * 16];
        let counter: [u8; 16] = bytes("F0F1F2F3F4F5F6F7F8F9FAFBFCFD0000").try_into().unwrap();
        cipher.apply(counter, &mut stream);
        let first = "E03EAD0935C95E80E166B16DD92B4EB4D23513162B02D0F72A43A2FE4A5F97AB41E95B3BB0A2E8DD477901E4FCA894C0";
        assert_eq!(stream[..48], bytes(first));
        let last = "EC8CDF7398607CB0F2D21675EA9EA1E4362B7C3C6773516318A077D7FC5073AE6A2CC3787889374FBEB4C81B17BA6C44";
        assert_eq!(stream[0xfeff * 16..0xff02 * 16], bytes(last));
    }

    /// RFC 3711 appendix B.3.
    #[test]
    fn derived_keys_are_those_of_the_rfc() {
        let master =
            MasterKey { key: bytes("E1F97A0D3E018BE0D64FA32C06DE4139"), salt: bytes("0EC675AD498AFEEBB6960B3AABE6") };
        let (mut cipher, mut salt, mut auth) = ([1; 16], [1; 14], [1; 94]);
        derive(&master, Label::Encryption, false, &mut cipher).unwrap();
        derive(&master, Label::Salt, false, &mut salt).unwrap();
        derive(&master, Label::Authentication, false, &mut auth).unwrap();
        assert_eq!(cipher.as_slice(), bytes("C61E7A93744F39EE10734AFE3FF7A087"));
        assert_eq!(salt.as_slice(), bytes("30CBBC08863D8C85D49DB34A9AE1"));
        let expected = [
            "CEBE321F6FF7716B6FD4AB49AF256A156D38BAA48F0A0ACF3C34E2359E6CDBCE",
            "E049646C43D9327AD175578EF72270986371C10C9A369AC2F94A8C5FBCDDDC25",
            "6D6E919A48B610EF17C2041E474035766B68642C59BBFC2F34DB60DBDFB2",
        ];
        assert_eq!(auth.as_slice(), bytes(&expected.concat()));
    }

    #[test]
    fn odd_lengths_are_refused() {
        let master = |key: usize, salt: usize| MasterKey { key: vec![1; key], salt: vec![2; salt] };
        let mut out = [0; 16];
        assert!(derive(&master(15, 14), Label::Salt, false, &mut out).is_none());
        assert!(derive(&master(16, 15), Label::Salt, false, &mut out).is_none());
    }
}
