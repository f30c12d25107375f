//! Payload types: which number is which codec, and which are telephone events.

use patchbay_codec::CodecId;

use crate::description::Media;

/// Codecs of a stream that we know, with their payload types, in the stream's order.
pub fn codecs(media: &Media) -> Vec<(u8, CodecId)> {
    payload_types(media).filter_map(|number| Some((number, codec(media, number)?))).collect()
}

/// Telephone events of a stream: payload type and clock in Hz. Source: RFC 4733 section 7.1.
pub fn events(media: &Media) -> Vec<(u8, u32)> {
    payload_types(media)
        .filter_map(|number| {
            let (name, clock) = rtpmap(media, number)?;
            name.eq_ignore_ascii_case("telephone-event").then_some((number, clock))
        })
        .collect()
}

fn payload_types(media: &Media) -> impl Iterator<Item = u8> {
    media.formats.iter().filter_map(|format| format.parse().ok()).filter(|number| *number < 128)
}

/// A static payload type needs no `a=rtpmap`, but when there is one it decides.
fn codec(media: &Media, number: u8) -> Option<CodecId> {
    match rtpmap(media, number) {
        Some((name, clock)) => CodecId::find(name, clock),
        None => CodecId::of_static(number),
    }
}

fn rtpmap(media: &Media, number: u8) -> Option<(&str, u32)> {
    media.attributes("rtpmap").find_map(|value| {
        let (key, coding) = value.split_once(char::is_whitespace)?;
        if key.parse() != Ok(number) {
            return None;
        }
        let mut parts = coding.trim().split('/');
        Some((parts.next()?.trim(), parts.next()?.trim().parse().ok()?))
    })
}
