//! Values that cannot be printed by accident.

use std::fmt;

/// A value whose `Debug` and `Display` say nothing. Read it with [`Secret::expose`].
#[derive(Clone, PartialEq, Eq, serde::Deserialize)]
#[serde(transparent)]
pub struct Secret<T>(T);

impl<T> Secret<T> {
    /// Wrap.
    pub const fn new(value: T) -> Self {
        Self(value)
    }
    /// The value itself; every call is a place to review.
    pub const fn expose(&self) -> &T {
        &self.0
    }
    /// Unwrap.
    pub fn into_inner(self) -> T {
        self.0
    }
}

impl<T> fmt::Debug for Secret<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[secret]")
    }
}

impl<T> fmt::Display for Secret<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[secret]")
    }
}

/// Whether a secret and what was shown for it are equal, in a time that does not tell how much was right. Nothing proves nothing:
/// `false` for two empty ones.
pub fn same(secret: impl AsRef<[u8]>, shown: impl AsRef<[u8]>) -> bool {
    let (secret, shown) = (secret.as_ref(), shown.as_ref());
    let differs = secret.iter().zip(shown).fold(0, |differs, (a, b)| differs | (a ^ b));
    secret.len() == shown.len() && differs == 0 && !secret.is_empty()
}

/// Personal text that logs show only by its first and last character.
#[derive(Clone, PartialEq, Eq)]
pub struct Masked<T>(pub T);

impl<T: fmt::Display> fmt::Debug for Masked<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl<T: fmt::Display> fmt::Display for Masked<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = self.0.to_string();
        let mut chars = text.chars();
        match (chars.next(), chars.next_back()) {
            (Some(first), Some(last)) => write!(f, "{first}***{last}"),
            _ => f.write_str("***"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_whole_secret_is_the_same() {
        assert!(same("abc", b"abc"));
        for shown in ["", "ab", "abd", "abcd", "ABC"] {
            assert!(!same("abc", shown), "{shown}");
        }
        assert!(!same("", ""));
    }
}
