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
