//! What is kept of a SIP password: HA1 for MD5 and SHA-256. HA1 is as good as the password within its realm.

use md5::Md5;
use sha2::{Digest, Sha256};

use super::token::hex;

/// Both digests of `username:realm:password`, hex. Source: RFC 7616 section 3.4.2, RFC 8760.
#[derive(Clone, PartialEq, Eq)]
pub struct Ha1 {
    /// MD5, for phones of old.
    pub md5: String,
    /// SHA-256.
    pub sha256: String,
}

/// Of an account.
pub fn ha1(username: &str, realm: &str, password: &str) -> Ha1 {
    let text = format!("{username}:{realm}:{password}");
    Ha1 { md5: hex(&Md5::digest(text.as_bytes())), sha256: hex(&Sha256::digest(text.as_bytes())) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_of_rfc_7616_holds() {
        let made = ha1("Mufasa", "http-auth@example.org", "Circle of Life");
        assert_eq!(made.md5, "3d78807defe7de2157e2b0b6573a855f");
        assert_eq!(made.sha256, "7987c64c30e25f1b74be53f966b49b90f2808aa92faf9a00262392d7b4794232");
    }
}
