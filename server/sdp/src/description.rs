//! A description as lines: read leniently, nothing thrown away. Source: RFC 8866.

use std::net::IpAddr;

use patchbay_codec::CodecId;

use crate::{
    attribute::{Direction, Setup},
    formats,
};

/// Longest description that is read, bytes. Browsers with video write about 8 KB.
const LONGEST: usize = 64 * 1024;
/// Most streams that are read; each must be answered.
const MOST_MEDIA: usize = 32;

/// Why a description cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SdpError {
    /// No bytes, or more than 64 KB.
    #[error("empty or too long")]
    Length,
    /// It does not begin with `v=0`.
    #[error("does not begin with v=0")]
    Version,
    /// An `m=` line that names no stream.
    #[error("a media line that cannot be read")]
    MediaLine,
    /// More streams than anybody needs.
    #[error("too many streams")]
    TooMany,
}

/// One line, its type and the rest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// The letter before `=`.
    pub kind: char,
    /// What stands after it, untouched.
    pub value: String,
}

/// A whole description.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Description {
    /// Lines before the first stream, `v=` included.
    pub session: Vec<Line>,
    /// The streams in order.
    pub media: Vec<Media>,
}

/// One stream.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Media {
    /// `audio`, `video`, `application`...
    pub kind: String,
    /// 0: declined.
    pub udp_port: u16,
    /// `RTP/AVP`, `UDP/TLS/RTP/SAVPF`...
    pub protocol: String,
    /// Payload types, or whatever the protocol lists.
    pub formats: Vec<String>,
    /// Lines that follow.
    pub lines: Vec<Line>,
}

impl Description {
    /// Reads a description. Lines may end in CRLF, LF or CR; lines that are no `x=` are skipped, unknown ones are kept.
    ///
    /// # Errors
    /// [`SdpError`] when it is no description at all, or unreasonably large.
    pub fn parse(text: &str) -> Result<Self, SdpError> {
        if text.is_empty() || text.len() > LONGEST {
            return Err(SdpError::Length);
        }
        let mut description = Self::default();
        for line in text.split(['\r', '\n']).filter_map(read_line) {
            if description.session.is_empty() && (line.kind != 'v' || line.value.trim() != "0") {
                return Err(SdpError::Version);
            }
            if line.kind == 'm' {
                if description.media.len() == MOST_MEDIA {
                    return Err(SdpError::TooMany);
                }
                description.media.push(read_media(&line.value).ok_or(SdpError::MediaLine)?);
            } else if let Some(media) = description.media.last_mut() {
                media.lines.push(line);
            } else {
                description.session.push(line);
            }
        }
        if description.session.is_empty() { Err(SdpError::Version) } else { Ok(description) }
    }

    /// As text, lines ended by CRLF.
    pub fn write(&self) -> String {
        let mut text = String::new();
        let mut put = |kind: char, value: &str| {
            text.push(kind);
            text.push('=');
            text.push_str(value);
            text.push_str("\r\n");
        };
        for line in &self.session {
            put(line.kind, &line.value);
        }
        for media in &self.media {
            put('m', &format!("{} {} {} {}", media.kind, media.udp_port, media.protocol, media.formats.join(" ")));
            for line in &media.lines {
                put(line.kind, &line.value);
            }
        }
        text
    }

    /// Value of a session-level attribute; empty for one without a value.
    pub fn attribute(&self, name: &str) -> Option<&str> {
        attributes(&self.session, name).next()
    }

    /// Value of an attribute of the stream, or of the session when the stream has none.
    pub fn of_media<'a>(&'a self, media: &'a Media, name: &str) -> Option<&'a str> {
        media.attribute(name).or_else(|| self.attribute(name))
    }

    /// The address of a stream; `None` when there is none or it is a host name.
    pub fn address(&self, media: &Media) -> Option<IpAddr> {
        let line = media.lines.iter().chain(&self.session).find(|line| line.kind == 'c')?;
        let mut words = line.value.split_ascii_whitespace();
        // IN, IP4 or IP6, then the address; multicast adds /ttl.
        words.nth(2)?.split('/').next()?.parse().ok()
    }

    /// Direction of a stream as its author sees it. The address 0.0.0.0 is the old way to hold (RFC 3264 section 8.4): such an
    /// author does not listen. With ICE it says nothing: browsers write it before they have a candidate.
    pub fn direction(&self, media: &Media) -> Direction {
        let stated = media.direction().or_else(|| self.session.iter().find_map(Direction::of)).unwrap_or_default();
        match self.address(media) {
            Some(address) if address.is_unspecified() && self.of_media(media, "ice-ufrag").is_none() => {
                stated.without_receiving()
            }
            _ => stated,
        }
    }

    /// Setup role of a stream (RFC 4145).
    pub fn setup(&self, media: &Media) -> Option<Setup> {
        self.of_media(media, "setup").and_then(Setup::read)
    }

    /// Codecs of the first audio stream, in its order.
    pub fn audio_codecs(&self) -> Vec<CodecId> {
        let audio = self.media.iter().find(|media| media.is_audio());
        audio.map(|media| formats::codecs(media).into_iter().map(|(_, codec)| codec).collect()).unwrap_or_default()
    }
}

impl Media {
    /// An audio stream that is not declined.
    pub fn is_audio(&self) -> bool {
        self.kind.eq_ignore_ascii_case("audio") && self.udp_port != 0
    }

    /// Value of an attribute; empty for one without a value.
    pub fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes(name).next()
    }

    /// Values of every attribute of this name.
    pub fn attributes<'a>(&'a self, name: &str) -> impl Iterator<Item = &'a str> + use<'a> {
        attributes(&self.lines, name)
    }

    fn direction(&self) -> Option<Direction> {
        self.lines.iter().find_map(Direction::of)
    }
}

fn attributes<'a>(lines: &'a [Line], name: &str) -> impl Iterator<Item = &'a str> + use<'a> {
    let name = name.to_owned();
    lines.iter().filter(|line| line.kind == 'a').filter_map(move |line| {
        let (key, value) = line.value.split_once(':').unwrap_or((&line.value, ""));
        key.trim().eq_ignore_ascii_case(&name).then_some(value.trim())
    })
}

fn read_line(text: &str) -> Option<Line> {
    let (kind, value) = text.split_once('=')?;
    let mut letters = kind.trim().chars();
    let kind = letters.next().filter(|_| letters.next().is_none())?;
    Some(Line { kind: kind.to_ascii_lowercase(), value: value.trim_end().to_owned() })
}

fn read_media(value: &str) -> Option<Media> {
    // Tokens; our answer repeats them.
    if !value.bytes().all(|byte| byte.is_ascii_graphic() || byte.is_ascii_whitespace()) {
        return None;
    }
    let mut words = value.split_ascii_whitespace();
    let kind = words.next()?.to_owned();
    // `port/count` for layered coding.
    let udp_port = words.next()?.split('/').next()?.parse().ok()?;
    let protocol = words.next()?.to_owned();
    Some(Media { kind, udp_port, protocol, formats: words.map(str::to_owned).collect(), lines: Vec::new() })
}
