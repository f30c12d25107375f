//! Attributes with few values.

use crate::description::Line;

/// Which way a stream flows, as the author of the description sees it. Source: RFC 3264 section 5.1.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Direction {
    /// Sends and listens.
    #[default]
    SendRecv,
    /// Only sends: it holds the other side.
    SendOnly,
    /// Only listens.
    RecvOnly,
    /// Neither.
    Inactive,
}

impl Direction {
    /// As the attribute is written.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::SendRecv => "sendrecv",
            Self::SendOnly => "sendonly",
            Self::RecvOnly => "recvonly",
            Self::Inactive => "inactive",
        }
    }
    /// Whether its author sends.
    pub const fn sends(self) -> bool {
        matches!(self, Self::SendRecv | Self::SendOnly)
    }
    /// Whether its author listens.
    pub const fn receives(self) -> bool {
        matches!(self, Self::SendRecv | Self::RecvOnly)
    }
    /// The same stream as the other side sees it.
    pub const fn reversed(self) -> Self {
        Self::of_parts(self.receives(), self.sends())
    }
    /// What both allow.
    pub const fn and(self, other: Self) -> Self {
        Self::of_parts(self.sends() && other.sends(), self.receives() && other.receives())
    }
    /// The author stops listening.
    pub const fn without_receiving(self) -> Self {
        Self::of_parts(self.sends(), false)
    }

    const fn of_parts(sends: bool, receives: bool) -> Self {
        match (sends, receives) {
            (true, true) => Self::SendRecv,
            (true, false) => Self::SendOnly,
            (false, true) => Self::RecvOnly,
            (false, false) => Self::Inactive,
        }
    }

    pub(crate) fn of(line: &Line) -> Option<Self> {
        let known = [Self::SendRecv, Self::SendOnly, Self::RecvOnly, Self::Inactive];
        let value = (line.kind == 'a').then(|| line.value.trim())?;
        known.into_iter().find(|direction| value.eq_ignore_ascii_case(direction.as_str()))
    }
}

/// Who opens the DTLS association. Source: RFC 4145 section 4, RFC 5763 section 5.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Setup {
    /// This side opens it.
    Active,
    /// This side waits.
    Passive,
    /// Either: the answerer chooses.
    ActPass,
}

impl Setup {
    /// As the attribute is written.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Passive => "passive",
            Self::ActPass => "actpass",
        }
    }

    pub(crate) fn read(text: &str) -> Option<Self> {
        [Self::Active, Self::Passive, Self::ActPass].into_iter().find(|it| text.eq_ignore_ascii_case(it.as_str()))
    }
}

/// The SHA-256 fingerprint of a certificate, from the value of `a=fingerprint`. Source: RFC 8122 section 5.
pub fn fingerprint(value: &str) -> Option<[u8; 32]> {
    let (hash, pairs) = value.split_once(' ')?;
    if !hash.eq_ignore_ascii_case("sha-256") {
        return None;
    }
    let mut bytes = [0; 32];
    let mut pairs = pairs.trim().split(':');
    for byte in &mut bytes {
        let pair = pairs.next().filter(|pair| pair.len() == 2 && pair.bytes().all(|it| it.is_ascii_hexdigit()))?;
        *byte = u8::from_str_radix(pair, 16).ok()?;
    }
    pairs.next().is_none().then_some(bytes)
}

/// As `a=fingerprint` writes it.
pub fn fingerprint_text(bytes: &[u8; 32]) -> String {
    let pairs: Vec<String> = bytes.iter().map(|byte| format!("{byte:02X}")).collect();
    format!("sha-256 {}", pairs.join(":"))
}
