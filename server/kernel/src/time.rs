//! Two times that must never be mixed: the monotonic one that timers use and the one on the wall.

use std::ops::{Add, Sub};

/// Monotonic microseconds since the node started. Can be zero, printed and stored, so tests are scripts and logs replay.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Tick(pub u64);

impl Tick {
    /// The start of the node, or of a test.
    pub const ZERO: Self = Self(0);
    /// `ms` milliseconds after [`Self::ZERO`].
    pub const fn from_ms(ms: u64) -> Self {
        Self(ms * 1_000)
    }
    /// Whole milliseconds since [`Self::ZERO`].
    pub const fn as_ms(self) -> u64 {
        self.0 / 1_000
    }
    /// Microseconds since `earlier`; zero when `earlier` is later.
    pub const fn since(self, earlier: Self) -> Span {
        Span(self.0.saturating_sub(earlier.0))
    }
}

/// A length of monotonic time in microseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span(pub u64);

impl Span {
    /// Of `ms` milliseconds.
    pub const fn ms(ms: u64) -> Self {
        Self(ms * 1_000)
    }
    /// Of `s` seconds.
    pub const fn secs(s: u64) -> Self {
        Self(s * 1_000_000)
    }
    /// Whole milliseconds.
    pub const fn as_ms(self) -> u64 {
        self.0 / 1_000
    }
}

impl Add<Span> for Tick {
    type Output = Self;
    fn add(self, span: Span) -> Self {
        Self(self.0.saturating_add(span.0))
    }
}

impl Sub<Span> for Tick {
    type Output = Self;
    fn sub(self, span: Span) -> Self {
        Self(self.0.saturating_sub(span.0))
    }
}

/// An instant on the wall: microseconds since 1970-01-01 UTC.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(transparent)]
pub struct Wall(pub i64);

impl Wall {
    /// From whole milliseconds since 1970.
    pub const fn from_unix_ms(ms: i64) -> Self {
        Self(ms * 1_000)
    }
    /// Whole milliseconds since 1970.
    pub const fn unix_ms(self) -> i64 {
        self.0.div_euclid(1_000)
    }
    /// Whole seconds since 1970.
    pub const fn unix_s(self) -> i64 {
        self.0.div_euclid(1_000_000)
    }
    /// Milliseconds from `earlier` to here, negative when `earlier` is later.
    pub const fn ms_since(self, earlier: Self) -> i64 {
        (self.0 - earlier.0).div_euclid(1_000)
    }
    /// `ms` milliseconds later.
    pub const fn plus_ms(self, ms: i64) -> Self {
        Self(self.0 + ms * 1_000)
    }
    /// `s` seconds later.
    pub const fn plus_s(self, s: i64) -> Self {
        Self(self.0 + s * 1_000_000)
    }
    /// As the row type; out of range becomes 1970.
    pub fn to_offset(self) -> time::OffsetDateTime {
        time::OffsetDateTime::from_unix_timestamp_nanos(i128::from(self.0) * 1_000)
            .unwrap_or(time::OffsetDateTime::UNIX_EPOCH)
    }
    /// From the row type.
    pub fn from_offset(at: time::OffsetDateTime) -> Self {
        Self((at.unix_timestamp_nanos() / 1_000) as i64)
    }
}

/// Where shells, and only shells, get both times from.
pub trait Clock: Send + Sync {
    /// Monotonic time.
    fn tick(&self) -> Tick;
    /// Time on the wall.
    fn wall(&self) -> Wall;
}
