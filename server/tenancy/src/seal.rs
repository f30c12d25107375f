//! Secrets that must be read again (a carrier's password): sealed with a key that lives outside the database.
//!
//! ChaCha20-Poly1305 (RFC 8439) with a random nonce; the context, such as `gateway:<uuid>`, is authenticated with the text, so a
//! sealed value copied to another row does not open.

use std::{io, path::Path};

use base64::{Engine as _, engine::general_purpose::STANDARD_NO_PAD};
use kernel::{Entropy, Secret};
use patchbay_kernel as kernel;
use ring::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};

use crate::StoreError;

const KEY_BYTES: usize = 32;
const VERSION: &str = "v1";

/// Seals and opens. Cheap to share behind an `Arc`.
pub struct Sealer {
    key: LessSafeKey,
    mark: String,
}

impl std::fmt::Debug for Sealer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Sealer({})", self.mark)
    }
}

impl Sealer {
    /// With this key.
    pub fn new(key: &[u8; KEY_BYTES]) -> Self {
        let digest = ring::digest::digest(&ring::digest::SHA256, key);
        let mark = STANDARD_NO_PAD.encode(&digest.as_ref()[..6]);
        let key = UnboundKey::new(&CHACHA20_POLY1305, key).expect("the key has the algorithm's length");
        Self { key: LessSafeKey::new(key), mark }
    }

    /// With the key in this file, which is made (readable by its owner alone) when it is missing. Fails as the file system does,
    /// and when the file does not hold 32 bytes in base 64.
    pub fn open(file: &Path, chance: &mut dyn Entropy) -> io::Result<Self> {
        match std::fs::read_to_string(file) {
            Ok(text) => {
                let bytes = STANDARD_NO_PAD.decode(text.trim()).ok().and_then(|bytes| bytes.try_into().ok());
                let key: [u8; KEY_BYTES] = bytes.ok_or_else(|| io::Error::other("not a key of 32 bytes in base 64"))?;
                Ok(Self::new(&key))
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let mut key = [0; KEY_BYTES];
                chance.fill(&mut key);
                write_private(file, &STANDARD_NO_PAD.encode(key))?;
                Ok(Self::new(&key))
            }
            Err(error) => Err(error),
        }
    }

    /// What tells this key from others without telling the key: kept in the settings, so that a start with a wrong key is noticed.
    pub fn mark(&self) -> &str {
        &self.mark
    }

    /// Seal `text` for one place.
    pub fn seal(&self, text: &str, context: &str, chance: &mut dyn Entropy) -> String {
        let mut nonce = [0; NONCE_LEN];
        chance.fill(&mut nonce);
        let mut bytes = text.as_bytes().to_vec();
        self.key
            .seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::from(context), &mut bytes)
            .expect("a text is shorter than the algorithm's limit");
        let body = [nonce.as_slice(), &bytes].concat();
        format!("{VERSION}:{}:{}", self.mark, STANDARD_NO_PAD.encode(body))
    }

    /// Open what was sealed for this place. [`StoreError::Sealed`] when it does not fit.
    pub fn unseal(&self, sealed: &str, context: &str) -> Result<Secret<String>, StoreError> {
        let mut parts = sealed.splitn(3, ':');
        let (Some(VERSION), Some(_), Some(body)) = (parts.next(), parts.next(), parts.next()) else {
            return Err(StoreError::Sealed);
        };
        let mut body = STANDARD_NO_PAD.decode(body).map_err(|_| StoreError::Sealed)?;
        let (nonce, bytes) = body.split_at_mut_checked(NONCE_LEN).ok_or(StoreError::Sealed)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| StoreError::Sealed)?;
        let plain = self.key.open_in_place(nonce, Aad::from(context), bytes).map_err(|_| StoreError::Sealed)?;
        String::from_utf8(plain.to_vec()).map(Secret::new).map_err(|_| StoreError::Sealed)
    }
}

fn write_private(file: &Path, text: &str) -> io::Result<()> {
    use std::io::Write;
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(file)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;
    use kernel::SeededEntropy;

    #[test]
    fn a_secret_opens_only_where_it_was_sealed() {
        let chance = &mut SeededEntropy::new(3);
        let sealer = Sealer::new(&[7; 32]);
        let sealed = sealer.seal("s3cret", "gateway:1", chance);
        assert!(!sealed.contains("s3cret"));
        assert_eq!(sealer.unseal(&sealed, "gateway:1").unwrap().expose(), "s3cret");
        assert!(matches!(sealer.unseal(&sealed, "gateway:2"), Err(StoreError::Sealed)));
        assert!(matches!(Sealer::new(&[8; 32]).unseal(&sealed, "gateway:1"), Err(StoreError::Sealed)));
        assert_ne!(sealed, sealer.seal("s3cret", "gateway:1", chance), "every sealing has its own nonce");
        let mut damaged = sealed.into_bytes();
        let last = damaged.len() - 1;
        damaged[last] ^= 1;
        assert!(sealer.unseal(std::str::from_utf8(&damaged).unwrap(), "gateway:1").is_err());
        for text in ["", "v1", "v1:x:", "v2:x:AAAA", "v1:x:AAAA"] {
            assert!(matches!(sealer.unseal(text, "gateway:1"), Err(StoreError::Sealed)), "{text}");
        }
    }

    #[test]
    fn the_key_file_is_made_once_and_private() {
        let folder = std::env::temp_dir().join(format!("patchbay-seal-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let file = folder.join("seal.key");
        let first = Sealer::open(&file, &mut SeededEntropy::new(1)).unwrap();
        let second = Sealer::open(&file, &mut SeededEntropy::new(2)).unwrap();
        assert_eq!(first.mark(), second.mark());
        #[cfg(unix)]
        assert_eq!(std::os::unix::fs::PermissionsExt::mode(&file.metadata().unwrap().permissions()) & 0o777, 0o600);
        std::fs::write(&file, "short").unwrap();
        assert!(Sealer::open(&file, &mut SeededEntropy::new(3)).is_err());
        std::fs::remove_dir_all(&folder).unwrap();
    }
}
