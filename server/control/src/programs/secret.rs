//! What a program shows: `pb_key_` or `pb_seat_`, a handle of 12 characters that may be shown again, a secret of 32 that may not,
//! and 6 of checksum, by which our edge, clients and secret scanners tell a key from noise without asking anybody.

use patchbay_kernel::{Entropy, Secret};

use crate::kit::token;

const ALPHABET: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const HANDLE: usize = 12;
/// 32 characters of 62 are 190 bits.
const SECRET: usize = 32;
const CHECK: usize = 6;

/// What a secret opens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The API, for a program.
    Key,
    /// One seat's softphone, for a browser.
    Seat,
}

impl Kind {
    const ALL: [Self; 2] = [Self::Key, Self::Seat];

    /// What it begins with: a contract with everybody who looks for lost keys.
    pub const fn prefix(self) -> &'static str {
        match self {
            Self::Key => "pb_key_",
            Self::Seat => "pb_seat_",
        }
    }
}

/// A new secret on its way out.
pub struct Minted {
    /// The part that is kept to find it by and may be shown.
    pub handle: String,
    /// SHA-256 of all of it, hex: with so much chance in it no slow hash is needed.
    pub hash: String,
    /// All of it: shown once.
    pub text: Secret<String>,
}

/// Draws a secret.
pub fn mint(kind: Kind, chance: &mut dyn Entropy) -> Minted {
    let mut body = String::with_capacity(HANDLE + SECRET);
    while body.len() < HANDLE + SECRET {
        let mut bytes = [0; 64];
        chance.fill(&mut bytes);
        // Of 256 bytes 248 are four times the alphabet: the rest would make some letters likelier.
        let fair = bytes.iter().filter(|byte| **byte < 248).map(|byte| ALPHABET[usize::from(*byte % 62)] as char);
        body.extend(fair.take(HANDLE + SECRET - body.len()));
    }
    let text = format!("{}{body}{}", kind.prefix(), check(kind, &body));
    Minted { handle: body[..HANDLE].to_owned(), hash: token::hash(&text), text: Secret::new(text) }
}

/// What was presented, once its form is right.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Presented {
    /// What it says it opens.
    pub kind: Kind,
    /// To find it by.
    pub handle: String,
    /// To compare with.
    pub hash: String,
}

/// Whether a bearer means to be one of these at all.
pub fn is_ours(text: &str) -> bool {
    text.starts_with("pb_")
}

/// `None` for what cannot be one: another length, letter or checksum.
pub fn read(text: &str) -> Option<Presented> {
    let kind = Kind::ALL.into_iter().find(|kind| text.starts_with(kind.prefix()))?;
    let rest = &text[kind.prefix().len()..];
    if rest.len() != HANDLE + SECRET + CHECK || !rest.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return None;
    }
    let (body, said) = rest.split_at(HANDLE + SECRET);
    (check(kind, body) == said).then(|| Presented { kind, handle: body[..HANDLE].to_owned(), hash: token::hash(text) })
}

/// CRC-32 of all that stands before it, six digits of base 62.
fn check(kind: Kind, body: &str) -> String {
    let mut crc = crc32fast::Hasher::new();
    crc.update(kind.prefix().as_bytes());
    crc.update(body.as_bytes());
    let sum = u64::from(crc.finalize());
    let digit = |at: u32| ALPHABET[usize::try_from(sum / 62u64.pow(at) % 62).unwrap_or(0)] as char;
    (0..6).rev().map(digit).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use patchbay_kernel::SeededEntropy;

    #[test]
    fn what_is_minted_is_read() {
        let chance = &mut SeededEntropy::new(3);
        for kind in Kind::ALL {
            let made = mint(kind, chance);
            let read = read(made.text.expose()).unwrap();
            assert_eq!(read, Presented { kind, handle: made.handle.clone(), hash: made.hash.clone() });
            assert!(made.text.expose().starts_with(&format!("{}{}", kind.prefix(), made.handle)));
        }
        assert_ne!(mint(Kind::Key, chance).handle, mint(Kind::Key, chance).handle);
    }

    #[test]
    fn one_wrong_letter_is_noise() {
        let made = mint(Kind::Key, &mut SeededEntropy::new(4));
        let text = made.text.expose();
        for at in "pb_key_".len()..text.len() {
            let mut bent = text.clone().into_bytes();
            bent[at] = if bent[at] == b'a' { b'b' } else { b'a' };
            assert_eq!(read(std::str::from_utf8(&bent).unwrap()), None, "letter {at}");
        }
        let seat = text.replacen("pb_key_", "pb_seat_", 1);
        for noise in
            ["", "pb_", "pb_key_", "pb_live_abc", &text[..text.len() - 1], &seat, &format!("{text}0"), "pb_key_ä"]
        {
            assert_eq!(read(noise), None, "{noise}");
        }
    }
}
