//! SIP accounts of gateways: user names that are unique in the installation, passwords that are shown once.

use kernel::{Entropy, Secret};
use patchbay_kernel as kernel;

use crate::kit::{
    digest::{Ha1, ha1},
    token,
};

/// Letters and digits that are not mistaken for one another when typed off a screen.
const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

/// A new account, the only moment at which its password is known.
pub struct NewAccount {
    /// SIP user name.
    pub username: String,
    /// Password in the clear.
    pub password: Secret<String>,
    /// What is kept of it.
    pub ha1: Ha1,
}

impl NewAccount {
    /// An account with this user name in the digest realm `realm`.
    pub fn make(username: String, realm: &str, chance: &mut dyn Entropy) -> Self {
        let password = token::password(chance);
        let ha1 = ha1(&username, realm, password.expose());
        Self { username, password, ha1 }
    }
}

/// The common part of a gateway's user names: `kestrel-16-k3fx9a`. The chance part keeps them unique among boxes of one name.
pub fn stem(label: &str, chance: &mut dyn Entropy) -> String {
    let mut slug = String::new();
    for c in label.chars() {
        match c.to_ascii_lowercase() {
            c @ ('a'..='z' | '0'..='9') => slug.push(c),
            _ if slug.ends_with('-') || slug.is_empty() => {}
            _ => slug.push('-'),
        }
        if slug.len() >= 20 {
            break;
        }
    }
    let slug = slug.trim_end_matches('-');
    let slug = if slug.is_empty() { "gateway" } else { slug };
    format!("{slug}-{}", letters(6, chance))
}

/// The user name of a gateway port's own account: `kestrel-16-k3fx9a-07`.
pub fn port_username(stem: &str, ordinal: u16) -> String {
    format!("{stem}-{ordinal:02}")
}

fn letters(count: usize, chance: &mut dyn Entropy) -> String {
    let mut bytes = vec![0; count];
    chance.fill(&mut bytes);
    bytes.iter().map(|byte| char::from(ALPHABET[usize::from(byte & 31)])).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use kernel::SeededEntropy;

    #[test]
    fn user_names_are_clean_and_differ() {
        let chance = &mut SeededEntropy::new(4);
        let (one, two) = (stem("Kestrel 16 (hall)", chance), stem("Kestrel 16 (hall)", chance));
        assert!(one.starts_with("kestrel-16-hall-") && one != two);
        assert!(stem("网关", chance).starts_with("gateway-"));
        assert!(port_username(&one, 7).ends_with("-07"));
        assert!(port_username(&stem(&"x".repeat(99), chance), 48).len() <= 32);
    }

    #[test]
    fn a_password_is_long_and_never_printed() {
        let chance = &mut SeededEntropy::new(4);
        let account = NewAccount::make("a".into(), "r", chance);
        assert!(account.password.expose().len() >= 16);
        assert!(!format!("{:?}", account.password).contains(account.password.expose()));
        assert_ne!(account.password, NewAccount::make("a".into(), "r", chance).password);
    }
}
