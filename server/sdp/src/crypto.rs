//! SRTP keys in the description (SDES). Source: RFC 4568; suites of RFC 6188 and RFC 7714.

use base64::{Engine as _, engine::general_purpose};

/// Suites that we offer and take, best known first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Suite {
    /// AES_CM_128_HMAC_SHA1_80, mandatory.
    Aes128Sha80,
    /// AES_CM_128_HMAC_SHA1_32.
    Aes128Sha32,
    /// AES_256_CM_HMAC_SHA1_80.
    Aes256Sha80,
    /// AEAD_AES_128_GCM.
    Gcm128,
    /// AEAD_AES_256_GCM.
    Gcm256,
}

impl Suite {
    /// In the order that we offer.
    pub const ALL: [Self; 5] = [Self::Aes128Sha80, Self::Aes128Sha32, Self::Aes256Sha80, Self::Gcm128, Self::Gcm256];

    /// As the line is written.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Aes128Sha80 => "AES_CM_128_HMAC_SHA1_80",
            Self::Aes128Sha32 => "AES_CM_128_HMAC_SHA1_32",
            Self::Aes256Sha80 => "AES_256_CM_HMAC_SHA1_80",
            Self::Gcm128 => "AEAD_AES_128_GCM",
            Self::Gcm256 => "AEAD_AES_256_GCM",
        }
    }

    /// Bytes of master key and of master salt.
    pub const fn lengths(self) -> (usize, usize) {
        match self {
            Self::Aes128Sha80 | Self::Aes128Sha32 => (16, 14),
            Self::Aes256Sha80 => (32, 14),
            Self::Gcm128 => (16, 12),
            Self::Gcm256 => (32, 12),
        }
    }

    /// Bytes of both.
    pub const fn length(self) -> usize {
        self.lengths().0 + self.lengths().1
    }

    fn read(text: &str) -> Option<Self> {
        // Some makers write the 256-bit suite the way of the 128-bit one.
        if text.eq_ignore_ascii_case("AES_CM_256_HMAC_SHA1_80") {
            return Some(Self::Aes256Sha80);
        }
        Self::ALL.into_iter().find(|suite| text.eq_ignore_ascii_case(suite.as_str()))
    }
}

/// Random bytes enough for every suite; the first of them are the key and salt.
pub const KEY_BYTES: usize = 46;

/// One `a=crypto` line that we can use.
#[derive(Clone, PartialEq, Eq)]
pub struct Crypto {
    /// Its number; the answer repeats it.
    pub tag: u32,
    /// Which suite.
    pub suite: Suite,
    /// Master key, then master salt.
    pub key: Vec<u8>,
}

impl std::fmt::Debug for Crypto {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Crypto").field("tag", &self.tag).field("suite", &self.suite).finish_non_exhaustive()
    }
}

impl Crypto {
    /// Reads a line. `None` for suites that we do not know, keys of another length, a master key identifier (each packet would
    /// carry it) and session parameters that switch protection off.
    pub fn read(value: &str) -> Option<Self> {
        let mut words = value.split_ascii_whitespace();
        let tag = words.next()?.parse().ok()?;
        let suite = Suite::read(words.next()?)?;
        let inline = words.next()?.strip_prefix("inline:")?;
        if words.any(|word| {
            word.to_ascii_uppercase().starts_with("UNENCRYPTED") || word.eq_ignore_ascii_case("UNAUTHENTICATED_SRTP")
        }) {
            return None;
        }
        // Several keys are parted by `;`; after the key come its lifetime and a key identifier with its length.
        let mut parts = inline.split(';').next()?.split('|');
        let key = decode(parts.next()?)?;
        let named = parts.any(|part| part.contains(':'));
        (!named && key.len() == suite.length()).then_some(Self { tag, suite, key })
    }

    /// The value of the attribute.
    pub fn write(&self) -> String {
        format!("{} {} inline:{}", self.tag, self.suite.as_str(), general_purpose::STANDARD.encode(&self.key))
    }

    /// Our line for a suite: the first bytes of `secret`.
    pub fn ours(tag: u32, suite: Suite, secret: &[u8; KEY_BYTES]) -> Self {
        Self { tag, suite, key: secret[..suite.length()].to_vec() }
    }
}

fn decode(text: &str) -> Option<Vec<u8>> {
    let text = text.trim_end_matches('=');
    general_purpose::STANDARD_NO_PAD.decode(text).ok()
}
