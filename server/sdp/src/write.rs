//! Our own descriptions.

use patchbay_codec::CodecId;

use crate::{
    attribute::{Direction, Setup, fingerprint_text},
    crypto::Crypto,
    local::{LocalMedia, Security, net},
};

/// The audio stream that we write.
pub(crate) struct Audio {
    pub protocol: String,
    pub codecs: Vec<(u8, CodecId)>,
    /// Payload type and clock.
    pub events: Vec<(u8, u32)>,
    pub direction: Direction,
    pub mux: bool,
    pub crypto: Vec<Crypto>,
    pub setup: Option<Setup>,
    pub mid: Option<String>,
    pub bundle: bool,
}

/// One stream of ours, or the refusal of one of theirs.
pub(crate) enum Stream {
    Audio(Audio),
    /// The `m=` line and the mid to repeat.
    Declined {
        head: String,
        mid: Option<String>,
    },
}

/// The whole text.
pub(crate) fn description(local: &mut LocalMedia, streams: &[Stream]) -> String {
    let mut rest = String::from("s=-\r\n");
    rest.push_str(&format!("c=IN {}\r\nt=0 0\r\n", net(local.address)));
    let bundled: Vec<&str> = streams.iter().filter_map(bundled_mid).collect();
    if !bundled.is_empty() {
        rest.push_str(&format!("a=group:BUNDLE {}\r\n", bundled.join(" ")));
    }
    if matches!(local.security, Security::Dtls { .. }) {
        rest.push_str("a=ice-lite\r\na=msid-semantic: WMS *\r\n");
    }
    for stream in streams {
        match stream {
            Stream::Audio(audio) => put_audio(local, audio, &mut rest),
            Stream::Declined { head, mid } => {
                rest.push_str(head);
                if let Some(mid) = mid {
                    rest.push_str(&format!("a=mid:{mid}\r\n"));
                }
            }
        }
    }
    format!("v=0\r\n{}{rest}", local.author.origin(local.address, &rest))
}

fn bundled_mid(stream: &Stream) -> Option<&str> {
    match stream {
        Stream::Audio(audio) if audio.bundle => audio.mid.as_deref(),
        Stream::Audio(_) | Stream::Declined { .. } => None,
    }
}

fn put_audio(local: &LocalMedia, audio: &Audio, text: &mut String) {
    let numbers = audio.codecs.iter().map(|it| it.0).chain(audio.events.iter().map(|it| it.0));
    let formats: Vec<String> = numbers.map(|number| number.to_string()).collect();
    text.push_str(&format!("m=audio {} {} {}\r\n", local.udp_port, audio.protocol, formats.join(" ")));
    let mut put = |value: &str| {
        text.push_str("a=");
        text.push_str(value);
        text.push_str("\r\n");
    };
    for (number, codec) in &audio.codecs {
        let spec = codec.spec();
        put(&format!("rtpmap:{number} {}", spec.rtpmap()));
        if !spec.parameters.is_empty() {
            put(&format!("fmtp:{number} {}", spec.parameters));
        }
    }
    for (number, clock) in &audio.events {
        put(&format!("rtpmap:{number} telephone-event/{clock}"));
        put(&format!("fmtp:{number} 0-15"));
    }
    put("ptime:20");
    put(audio.direction.as_str());
    if let Some(mid) = &audio.mid {
        put(&format!("mid:{mid}"));
    }
    match local.rtcp_udp_port {
        Some(udp_port) if !audio.mux && Some(udp_port) != local.udp_port.checked_add(1) => {
            put(&format!("rtcp:{udp_port}"))
        }
        _ => {}
    }
    if audio.mux {
        put("rtcp-mux");
    }
    for crypto in &audio.crypto {
        put(&format!("crypto:{}", crypto.write()));
    }
    if let Security::Dtls { ufrag, pwd, fingerprint } = &local.security {
        put(&format!("ice-ufrag:{ufrag}"));
        put(&format!("ice-pwd:{pwd}"));
        put(&format!("fingerprint:{}", fingerprint_text(fingerprint)));
        put(&format!("setup:{}", audio.setup.unwrap_or(Setup::ActPass).as_str()));
        // One host candidate of the highest priority (RFC 8445 section 5.1.2), and nothing to wait for after it.
        put(&format!("candidate:1 1 udp 2130706431 {} {} typ host", local.address, local.udp_port));
        put("end-of-candidates");
        put("msid:patchbay audio");
        put(&format!("ssrc:{} cname:{}", local.ssrc, local.cname));
    }
}
