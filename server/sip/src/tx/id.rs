//! The names of server transactions: keyed hashes, so that nobody can choose branches that collide.

use std::{
    collections::HashMap,
    hash::{BuildHasherDefault, DefaultHasher, Hash, Hasher},
};

use crate::wire::{message::Message, name::Name, via::Via};

/// What identifies a server transaction (RFC 3261 section 17.2.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TxId(pub u128);

impl Hash for TxId {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u64(self.0 as u64);
    }
}

/// The key is a hash already.
#[derive(Default)]
pub(crate) struct Direct(u64);

impl Hasher for Direct {
    fn finish(&self) -> u64 {
        self.0
    }
    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }
    fn write_u64(&mut self, word: u64) {
        // Names from counters must spread over the high bits too.
        self.0 = word.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ (word >> 32);
    }
}

pub(crate) type DirectMap<K, V> = HashMap<K, V, BuildHasherDefault<Direct>>;

/// Hashes with a secret in front.
pub(crate) struct Ids {
    high: DefaultHasher,
    low: DefaultHasher,
}

impl Ids {
    pub fn new(seed: &[u8; 32]) -> Self {
        let keyed = |half: u8| {
            let mut hasher = DefaultHasher::new();
            hasher.write(seed);
            hasher.write_u8(half);
            hasher
        };
        Self { high: keyed(0), low: keyed(1) }
    }

    fn hash(&self, parts: &[&[u8]]) -> TxId {
        let run = |mut hasher: DefaultHasher| {
            for part in parts {
                hasher.write_usize(part.len());
                hasher.write(part);
            }
            hasher.finish()
        };
        TxId(u128::from(run(self.high.clone())) << 64 | u128::from(run(self.low.clone())))
    }

    /// The transaction of a request; `method` is INVITE for an ACK, and for a CANCEL when its INVITE is looked for.
    pub fn transaction(&self, message: &Message, via: &Via, method: &str) -> TxId {
        match via.branch() {
            // The cookie is compared without case as RFC 3261 section 7.3.1 wants of tokens.
            Some(branch) if branch.len() > 7 && branch.as_bytes()[..7].eq_ignore_ascii_case(b"z9hG4bK") => {
                let port = via.port.unwrap_or(0).to_le_bytes();
                let host = via.host.to_ascii_lowercase();
                self.hash(&[branch.as_bytes(), host.as_bytes(), &port, method.as_bytes()])
            }
            _ => {
                // RFC 2543: no branch to trust. To tag and Request-URI are left out, so that the ACK is found by the same key.
                let header = |name| message.get(name).unwrap_or_default();
                let number = message.cseq().map_or(0, |(number, _)| number).to_le_bytes();
                let via = message.list(Name::Via).next().unwrap_or_default();
                self.hash(&[b"2543", header(Name::CallId), header(Name::From), &number, via, method.as_bytes()])
            }
        }
    }

    /// The request itself, whatever way it took (RFC 3261 section 8.2.2.2).
    pub fn request(&self, message: &Message, from_tag: &str, method: &str) -> TxId {
        let number = message.cseq().map_or(0, |(number, _)| number).to_le_bytes();
        let call_id = message.get(Name::CallId).unwrap_or_default();
        self.hash(&[b"merged", call_id, from_tag.as_bytes(), &number, method.as_bytes()])
    }
}

impl std::fmt::Debug for Ids {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Ids(..)")
    }
}
