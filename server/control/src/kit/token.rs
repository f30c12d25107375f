//! Opaque tokens: 256 bits of chance that leave us once; we keep their hash.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use patchbay_kernel::{Entropy, Secret};
use sha2::{Digest, Sha256};

/// A new token, safe in URLs and cookies.
pub fn new(chance: &mut dyn Entropy) -> Secret<String> {
    let mut bytes = [0; 32];
    chance.fill(&mut bytes);
    Secret::new(URL_SAFE_NO_PAD.encode(bytes))
}

/// What is stored: SHA-256 in hex. A token has enough entropy to need no salt and no slow hash.
pub fn hash(token: &str) -> String {
    hex(&Sha256::digest(token.as_bytes()))
}

/// Lower-case hex.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        use std::fmt::Write;
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// A password that people can type: 20 characters without look-alikes, 5 bits each. It begins with a letter: what begins with a dash
/// is taken for an option where it is pasted into a command.
pub fn password(chance: &mut dyn Entropy) -> Secret<String> {
    const ALPHABET: &[u8; 32] = b"abcdefghjkmnpqrstuvwxyz23456789-";
    let mut bytes = [0; 20];
    chance.fill(&mut bytes);
    let letter = |(at, byte): (usize, &u8)| ALPHABET[usize::from(byte & 31) % if at == 0 { 23 } else { 32 }] as char;
    Secret::new(bytes.iter().enumerate().map(letter).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use patchbay_kernel::SeededEntropy;

    #[test]
    fn tokens_are_long_and_differ() {
        let chance = &mut SeededEntropy::new(1);
        let (one, two) = (new(chance), new(chance));
        assert_eq!(one.expose().len(), 43);
        assert_ne!(one.expose(), two.expose());
        assert_eq!(hash("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
        for _ in 0..1_000 {
            let made = password(chance);
            assert!(made.expose().len() == 20 && made.expose().starts_with(|c: char| c.is_ascii_lowercase()));
        }
    }
}
