//! The certificate that every browser leg of this process shows; known to browsers by its fingerprint alone.

use sha2::{Digest, Sha256};

/// SHA-256 of a certificate in DER.
pub type Fingerprint = [u8; 32];

/// An ECDSA P-256 certificate, self-signed, made when the engine starts and gone with it.
pub struct Certificate {
    /// The certificate in DER.
    pub(super) certificate: Vec<u8>,
    /// The private key, PKCS #8 in DER.
    pub(super) private_key: Vec<u8>,
    /// What the descriptions announce (`a=fingerprint:sha-256`).
    pub fingerprint: Fingerprint,
}

impl Certificate {
    /// A fresh one. Errors are those of the key generator, in words.
    pub fn generate() -> Result<Self, String> {
        let made =
            rcgen::generate_simple_self_signed(vec!["patchbay.invalid".to_owned()]).map_err(|e| e.to_string())?;
        let certificate = made.cert.der().to_vec();
        let fingerprint = digest(&certificate);
        Ok(Self { certificate, private_key: made.signing_key.serialize_der(), fingerprint })
    }
}

/// SHA-256 of a certificate in DER.
pub fn digest(der: &[u8]) -> Fingerprint {
    Sha256::digest(der).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_certificate_is_another() {
        let (one, two) = (Certificate::generate().unwrap(), Certificate::generate().unwrap());
        assert_eq!(one.fingerprint, digest(&one.certificate));
        assert_ne!(one.fingerprint, two.fingerprint);
    }
}
