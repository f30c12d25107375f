//! A message as spans over one buffer.
//!
//! Lenient in: any method, Latin-1 text, folded lines, white space before the colon, compact names. What is wrong is recorded
//! as a [`Flaw`], so that an answer can still be built; only bytes that are not SIP at all are refused.

use std::{borrow::Cow, ops::Range};

use super::name::Name;

/// A request method. Case matters (RFC 3261 section 7.1); an unknown one is kept as it is.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Method {
    /// RFC 3261.
    Invite,
    /// RFC 3261.
    Ack,
    /// RFC 3261.
    Bye,
    /// RFC 3261.
    Cancel,
    /// RFC 3261.
    Register,
    /// RFC 3261.
    Options,
    /// RFC 6086.
    Info,
    /// RFC 3311.
    Update,
    /// RFC 3262.
    Prack,
    /// RFC 3515.
    Refer,
    /// RFC 6665.
    Notify,
    /// RFC 6665.
    Subscribe,
    /// RFC 3428.
    Message,
    /// RFC 3903.
    Publish,
    /// Anything else that is a token.
    Other(Box<str>),
}

impl Method {
    /// From the bytes of a start line or CSeq.
    pub fn of(bytes: &[u8]) -> Self {
        match bytes {
            b"INVITE" => Self::Invite,
            b"ACK" => Self::Ack,
            b"BYE" => Self::Bye,
            b"CANCEL" => Self::Cancel,
            b"REGISTER" => Self::Register,
            b"OPTIONS" => Self::Options,
            b"INFO" => Self::Info,
            b"UPDATE" => Self::Update,
            b"PRACK" => Self::Prack,
            b"REFER" => Self::Refer,
            b"NOTIFY" => Self::Notify,
            b"SUBSCRIBE" => Self::Subscribe,
            b"MESSAGE" => Self::Message,
            b"PUBLISH" => Self::Publish,
            other => Self::Other(String::from_utf8_lossy(other).into()),
        }
    }

    /// As written on the wire.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Invite => "INVITE",
            Self::Ack => "ACK",
            Self::Bye => "BYE",
            Self::Cancel => "CANCEL",
            Self::Register => "REGISTER",
            Self::Options => "OPTIONS",
            Self::Info => "INFO",
            Self::Update => "UPDATE",
            Self::Prack => "PRACK",
            Self::Refer => "REFER",
            Self::Notify => "NOTIFY",
            Self::Subscribe => "SUBSCRIBE",
            Self::Message => "MESSAGE",
            Self::Publish => "PUBLISH",
            Self::Other(text) => text,
        }
    }
}

/// What is wrong with a message that can still be answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flaw {
    /// Not `SIP/2.0`.
    Version,
    /// Start line with odd spacing or missing parts.
    StartLine,
    /// A line without a colon, with a name that is no token, or with a carriage return in its value: it is left out.
    HeaderLine,
    /// A Content-Length that is no number, or conflicts, or is longer than what came.
    Length,
    /// A status outside 100 to 699.
    Status,
    /// The Request-URI is in angle brackets or has spaces.
    RequestUri,
}

#[derive(Clone, Debug)]
struct Header {
    name: Name,
    raw: Range<u32>,
    value: Range<u32>,
}

#[derive(Clone, Debug)]
enum Start {
    Request { method: Method, uri: Range<u32> },
    Response { status: u16, phrase: Range<u32> },
}

/// One SIP message. Cheap to put behind an `Arc`: one buffer, one table.
#[derive(Clone, Debug)]
pub struct Message {
    bytes: Box<[u8]>,
    start: Start,
    headers: Vec<Header>,
    body: Range<u32>,
    flaws: Vec<Flaw>,
}

/// More headers than any honest message has; the rest is not read.
const MOST_HEADERS: usize = 256;

impl Message {
    /// Reads one datagram or one framed message. `None`: not SIP, not even a start line.
    pub fn parse(bytes: &[u8]) -> Option<Self> {
        let mut bytes: Box<[u8]> = bytes.into();
        let skip = bytes.iter().take_while(|b| matches!(b, b'\r' | b'\n')).count();
        let mut flaws = Vec::new();
        let (line, mut at) = line(&bytes, skip)?;
        let start = start_line(&bytes, line, &mut flaws)?;
        let mut headers = Vec::with_capacity(16);
        let mut ended = false;
        while at < bytes.len() {
            let (mut value, mut next) = line_at(&bytes, at);
            if value.is_empty() {
                at = next;
                ended = true;
                break;
            }
            // A folded value (RFC 3261 section 7.3.1) is made one line in our own copy.
            while next < bytes.len() && matches!(bytes[next], b' ' | b'\t') {
                bytes[value.end..next].fill(b' ');
                let (more, after) = line_at(&bytes, next);
                (value, next) = (value.start..more.end, after);
            }
            if headers.len() < MOST_HEADERS {
                match header(&bytes, value) {
                    Some(header) => headers.push(header),
                    None => flaws.push(Flaw::HeaderLine),
                }
            }
            at = next;
        }
        if !ended {
            flaws.push(Flaw::HeaderLine);
        }
        let mut message = Self { body: at as u32..bytes.len() as u32, bytes, start, headers, flaws };
        message.measure();
        Some(message)
    }

    fn measure(&mut self) {
        let here = self.body.end - self.body.start;
        match self.content_length() {
            Ok(Some(length)) if length <= here => {
                // What follows the body in a datagram is not ours (RFC 3261 section 18.3).
                self.body.end = self.body.start + length;
            }
            Ok(None) => {}
            Ok(Some(_)) | Err(()) => self.flaws.push(Flaw::Length),
        }
    }

    /// The one Content-Length; `Err` when it is no number or two of them differ.
    fn content_length(&self) -> Result<Option<u32>, ()> {
        self.all(Name::ContentLength).try_fold(None, |before, value| {
            let value = number::<u32>(value).ok_or(())?;
            if before.is_some_and(|before| before != value) { Err(()) } else { Ok(Some(value)) }
        })
    }

    fn text(&self, span: &Range<u32>) -> &[u8] {
        &self.bytes[span.start as usize..span.end as usize]
    }

    /// The method of a request.
    pub fn method(&self) -> Option<&Method> {
        match &self.start {
            Start::Request { method, .. } => Some(method),
            Start::Response { .. } => None,
        }
    }

    /// The status of a response.
    pub fn status(&self) -> Option<u16> {
        match &self.start {
            Start::Request { .. } => None,
            Start::Response { status, .. } => Some(*status),
        }
    }

    /// The reason phrase of a response.
    pub fn phrase(&self) -> Cow<'_, str> {
        match &self.start {
            Start::Request { .. } => Cow::Borrowed(""),
            Start::Response { phrase, .. } => text(self.text(phrase)),
        }
    }

    /// The Request-URI.
    pub fn request_uri(&self) -> Cow<'_, str> {
        match &self.start {
            Start::Request { uri, .. } => text(self.text(uri)),
            Start::Response { .. } => Cow::Borrowed(""),
        }
    }

    /// The first value of this header, trimmed.
    pub fn get(&self, name: Name) -> Option<&[u8]> {
        self.all(name).next()
    }

    /// The first value as text; Latin-1 is read as such.
    pub fn get_text(&self, name: Name) -> Option<Cow<'_, str>> {
        self.get(name).map(text)
    }

    /// Every line of this header.
    pub fn all(&self, name: Name) -> impl Iterator<Item = &[u8]> {
        self.headers.iter().filter(move |header| header.name == name).map(|header| self.text(&header.value))
    }

    /// Every element of a comma-separated header, over all its lines; commas in quotes and angle brackets do not part.
    pub fn list(&self, name: Name) -> impl Iterator<Item = &[u8]> {
        self.all(name).flat_map(split_list)
    }

    /// The value of a header that has no name of its own in [`Name`].
    pub fn other(&self, name: &str) -> Option<Cow<'_, str>> {
        let found = self.headers.iter().find(|header| self.text(&header.raw).eq_ignore_ascii_case(name.as_bytes()))?;
        Some(text(self.text(&found.value)))
    }

    /// Every header: name as written, value as text.
    pub fn headers(&self) -> impl Iterator<Item = (Cow<'_, str>, Cow<'_, str>)> {
        self.headers.iter().map(|header| (text(self.text(&header.raw)), text(self.text(&header.value))))
    }

    /// How often this header stands.
    pub fn count(&self, name: Name) -> usize {
        self.headers.iter().filter(|header| header.name == name).count()
    }

    /// The body.
    pub fn body(&self) -> &[u8] {
        self.text(&self.body)
    }

    /// What is wrong with it.
    pub fn flaws(&self) -> &[Flaw] {
        &self.flaws
    }

    /// Sequence number and method of CSeq.
    pub fn cseq(&self) -> Option<(u32, Method)> {
        let value = std::str::from_utf8(self.get(Name::CSeq)?).ok()?;
        let (number, method) = value.split_once(|c: char| c.is_ascii_whitespace())?;
        // RFC 3261 section 8.1.1.5: less than 2^31.
        let number = self::number::<u32>(number.as_bytes()).filter(|n| *n < 1 << 31)?;
        let method = method.trim().as_bytes();
        method.iter().all(|byte| is_token(*byte)).then(|| (number, Method::of(method)))
    }

    /// Whether the body is a session description.
    pub fn sdp(&self) -> Option<&[u8]> {
        let kind = self.get(Name::ContentType)?;
        let kind = kind.split(|b| *b == b';').next().unwrap_or_default().trim_ascii();
        (kind.eq_ignore_ascii_case(b"application/sdp") && !self.body().is_empty()).then(|| self.body())
    }
}

/// A number as the grammar has it: digits and nothing else. `parse` alone takes a sign, which the next reader does not.
pub(crate) fn number<T: std::str::FromStr>(digits: &[u8]) -> Option<T> {
    let plain = digits.iter().all(u8::is_ascii_digit);
    std::str::from_utf8(digits).ok().filter(|_| plain)?.parse().ok()
}

/// Bytes as text: UTF-8 where it is, else Latin-1 byte by byte. Old gateways send caller names in Latin-1.
pub fn text(bytes: &[u8]) -> Cow<'_, str> {
    match std::str::from_utf8(bytes) {
        Ok(text) => Cow::Borrowed(text),
        Err(_) => Cow::Owned(bytes.iter().map(|byte| char::from(*byte)).collect()),
    }
}

/// Splits at commas outside quotes and angle brackets.
pub fn split_list(value: &[u8]) -> impl Iterator<Item = &[u8]> {
    let (mut quoted, mut escaped, mut depth) = (false, false, 0usize);
    value
        .split(move |byte| {
            match byte {
                _ if escaped => escaped = false,
                b'\\' if quoted => escaped = true,
                b'"' => quoted = !quoted,
                b'<' if !quoted => depth += 1,
                b'>' if !quoted => depth = depth.saturating_sub(1),
                b',' if !quoted && depth == 0 => return true,
                _ => {}
            }
            false
        })
        .map(<[u8]>::trim_ascii)
        .filter(|part| !part.is_empty())
}

fn line(bytes: &[u8], at: usize) -> Option<(Range<usize>, usize)> {
    (at < bytes.len()).then(|| line_at(bytes, at))
}

/// The line that begins here, without its end, and where the next begins. A lone LF ends a line too.
fn line_at(bytes: &[u8], at: usize) -> (Range<usize>, usize) {
    match bytes[at..].iter().position(|b| *b == b'\n') {
        Some(length) => {
            let end = at + length;
            let cut = if end > at && bytes[end - 1] == b'\r' { end - 1 } else { end };
            (at..cut, end + 1)
        }
        None => (at..bytes.len(), bytes.len()),
    }
}

fn start_line(bytes: &[u8], line: Range<usize>, flaws: &mut Vec<Flaw>) -> Option<Start> {
    let whole = &bytes[line.clone()];
    let from = line.start;
    if whole.get(..4).is_some_and(|head| head.eq_ignore_ascii_case(b"SIP/")) {
        let space = whole.iter().position(|b| *b == b' ')?;
        if !whole[..space].eq_ignore_ascii_case(b"SIP/2.0") {
            flaws.push(Flaw::Version);
        }
        let rest = &whole[space + 1..];
        let digits = rest.iter().take_while(|b| b.is_ascii_digit()).count();
        let status = std::str::from_utf8(&rest[..digits]).ok()?.parse::<u32>().unwrap_or(0);
        if digits != 3 || !(100..700).contains(&status) {
            flaws.push(Flaw::Status);
        }
        let phrase = (from + space + 1 + digits + 1).min(line.end);
        return Some(Start::Response { status: status.min(999) as u16, phrase: phrase as u32..line.end as u32 });
    }
    let space = whole.iter().position(|b| *b == b' ')?;
    let version = whole.iter().rposition(|b| *b == b' ').filter(|at| *at > space)?;
    let method = &whole[..space];
    if method.is_empty() || !method.iter().all(|b| is_token(*b)) {
        return None;
    }
    let tail = whole[version + 1..].trim_ascii();
    if !tail.get(..4).is_some_and(|head| head.eq_ignore_ascii_case(b"SIP/")) {
        // `INVITE sip:a@b SIP/2.0 ` with trailing space is tolerated by reading the word before it.
        flaws.push(Flaw::StartLine);
        let trimmed = whole.trim_ascii_end();
        let again = trimmed.iter().rposition(|b| *b == b' ').filter(|at| *at > space)?;
        if !trimmed[again + 1..].get(..4).is_some_and(|head| head.eq_ignore_ascii_case(b"SIP/")) {
            return None;
        }
        let uri = from + space + 1..from + again;
        return Some(request(bytes, method, uri, flaws));
    }
    if !tail.eq_ignore_ascii_case(b"SIP/2.0") {
        flaws.push(Flaw::Version);
    }
    Some(request(bytes, method, from + space + 1..from + version, flaws))
}

fn request(bytes: &[u8], method: &[u8], uri: Range<usize>, flaws: &mut Vec<Flaw>) -> Start {
    let text = &bytes[uri.clone()];
    if text.is_empty() || text.iter().any(|b| matches!(b, b' ' | b'\t' | b'<' | b'>')) {
        flaws.push(Flaw::RequestUri);
    }
    Start::Request { method: Method::of(method), uri: uri.start as u32..uri.end as u32 }
}

fn header(bytes: &[u8], line: Range<usize>) -> Option<Header> {
    let whole = &bytes[line.clone()];
    let colon = whole.iter().position(|b| *b == b':')?;
    let name = whole[..colon].trim_ascii_end();
    if name.is_empty() || !name.iter().all(|b| is_token(*b)) {
        return None;
    }
    let value = &whole[colon + 1..];
    // A carriage return inside a value is the end of it for some readers and a part of it for others.
    if value.contains(&b'\r') {
        return None;
    }
    let lead = value.len() - value.trim_ascii_start().len();
    let start = line.start + colon + 1 + lead;
    let end = start + value.trim_ascii().len();
    let raw = line.start as u32..(line.start + name.len()) as u32;
    Some(Header { name: Name::of(name), raw, value: start as u32..end as u32 })
}

/// RFC 3261 section 25.1, `token`.
pub fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-.!%*_+`'~".contains(&byte)
}
