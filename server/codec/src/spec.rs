//! What a codec is: one row of [`ALL`], and both directions over samples.

use crate::{g711, opus};

/// Samples a second, everywhere in this product.
pub const RATE: u32 = 8_000;
/// Samples of one packet: 20 ms.
pub const FRAME: usize = 160;

/// The codecs there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CodecId {
    /// G.711 mu-law.
    Pcmu,
    /// G.711 A-law.
    Pcma,
    /// Opus (RFC 6716).
    Opus,
}

/// One codec as RTP and SDP know it.
#[derive(Clone, Copy, Debug)]
pub struct CodecSpec {
    /// Which one.
    pub id: CodecId,
    /// Encoding name of `a=rtpmap`, compared without regard to case.
    pub name: &'static str,
    /// Static payload type (RFC 3551), or the dynamic one that we offer.
    pub payload_type: u8,
    /// Whether the payload type alone names it, without `a=rtpmap`.
    pub is_static: bool,
    /// RTP clock in Hz. Opus always says 48000, whatever it encodes (RFC 7587 section 4.1).
    pub clock: u32,
    /// Channels of `a=rtpmap`. Opus always says 2 (RFC 7587 section 7).
    pub channels: u8,
    /// `a=fmtp` that we write, empty for none.
    pub parameters: &'static str,
    encoder: fn() -> Box<dyn Encoder>,
    decoder: fn() -> Box<dyn Decoder>,
}

/// Every codec, best known first.
pub const ALL: &[CodecSpec] = &[
    CodecSpec {
        id: CodecId::Pcmu,
        name: "PCMU",
        payload_type: 0,
        is_static: true,
        clock: 8_000,
        channels: 1,
        parameters: "",
        encoder: || Box::new(g711::G711Encoder::new(g711::Law::Mu)),
        decoder: || Box::new(g711::G711Decoder::new(g711::Law::Mu)),
    },
    CodecSpec {
        id: CodecId::Pcma,
        name: "PCMA",
        payload_type: 8,
        is_static: true,
        clock: 8_000,
        channels: 1,
        parameters: "",
        encoder: || Box::new(g711::G711Encoder::new(g711::Law::A)),
        decoder: || Box::new(g711::G711Decoder::new(g711::Law::A)),
    },
    CodecSpec {
        id: CodecId::Opus,
        name: "opus",
        payload_type: 111,
        is_static: false,
        clock: 48_000,
        channels: 2,
        parameters: "minptime=10;useinbandfec=1",
        encoder: || Box::new(opus::OpusEncoder::new()),
        decoder: || Box::new(opus::OpusDecoder::new()),
    },
];

impl CodecSpec {
    /// A fresh encoder.
    pub fn encoder(&self) -> Box<dyn Encoder> {
        (self.encoder)()
    }
    /// A fresh decoder.
    pub fn decoder(&self) -> Box<dyn Decoder> {
        (self.decoder)()
    }
    /// RTP timestamp units of one packet of 20 ms.
    pub const fn step(&self) -> u32 {
        self.clock / 50
    }
    /// What `a=rtpmap` says after the payload type: `PCMU/8000`, `opus/48000/2`.
    pub fn rtpmap(&self) -> String {
        match self.channels {
            1 => format!("{}/{}", self.name, self.clock),
            channels => format!("{}/{}/{channels}", self.name, self.clock),
        }
    }
}

impl CodecId {
    /// Its row of [`ALL`].
    pub fn spec(self) -> &'static CodecSpec {
        ALL.iter().find(|spec| spec.id == self).expect("every codec has a row")
    }
    /// The codec behind an encoding name and a clock in Hz.
    pub fn find(name: &str, clock: u32) -> Option<Self> {
        ALL.iter().find(|spec| spec.name.eq_ignore_ascii_case(name) && spec.clock == clock).map(|spec| spec.id)
    }
    /// The codec behind a static payload type.
    pub fn of_static(payload_type: u8) -> Option<Self> {
        ALL.iter().find(|spec| spec.is_static && spec.payload_type == payload_type).map(|spec| spec.id)
    }
}

/// Samples to payload.
pub trait Encoder: Send {
    /// Appends the payload of these samples (8 kHz mono, 20 ms) to `into`. A frame that the codec cannot take appends nothing.
    fn encode(&mut self, samples: &[i16], into: &mut Vec<u8>);
    /// How much of what we send the peer says it loses, 0 to 1: codecs with repair turn it on.
    fn expect_loss(&mut self, _share: f64) {}
}

/// Payload to samples.
pub trait Decoder: Send {
    /// Appends the samples (8 kHz mono) of this payload to `into`. A payload that makes no sense is concealed as if lost.
    fn decode(&mut self, payload: &[u8], into: &mut Vec<i16>);
    /// Appends 20 ms in place of a packet that never came.
    fn conceal(&mut self, into: &mut Vec<i16>);
    /// The stream began earlier and went another way until now: what is decoded first is blended in from what would have followed
    /// `before`, so that nobody hears the joint.
    fn join(&mut self, before: &[i16]);
    /// As [`Self::conceal`], when the packet after the lost one is there already: it may carry repair data.
    fn recover(&mut self, _following: &[u8], into: &mut Vec<i16>) {
        self.conceal(into);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{measure, tone::Sine};

    #[test]
    fn every_codec_carries_a_tone() {
        for spec in ALL {
            let (mut encoder, mut decoder, mut sine) = (spec.encoder(), spec.decoder(), Sine::new(440, -12.0));
            let mut heard = Vec::new();
            for _ in 0..50 {
                let mut frame = [0; FRAME];
                sine.fill(&mut frame);
                let mut payload = Vec::new();
                encoder.encode(&frame, &mut payload);
                decoder.decode(&payload, &mut heard);
            }
            assert_eq!(heard.len(), 50 * FRAME, "{}", spec.name);
            let settled = &heard[10 * FRAME..];
            assert!(measure::share(settled, 440) > 0.97, "{}: {}", spec.name, measure::share(settled, 440));
            assert!((measure::level_dbfs(settled) + 12.0).abs() < 1.0, "{}", spec.name);
            assert!(measure::share(settled, 620) < 0.01, "{}", spec.name);
        }
    }

    #[test]
    fn names_and_payload_types_lead_back() {
        for spec in ALL {
            assert_eq!(CodecId::find(&spec.name.to_ascii_lowercase(), spec.clock), Some(spec.id));
            assert_eq!(spec.id.spec().rtpmap().split('/').next(), Some(spec.name));
        }
        assert_eq!(CodecId::of_static(8), Some(CodecId::Pcma));
        assert_eq!(CodecId::of_static(111), None);
        assert_eq!(CodecId::find("PCMU", 16_000), None);
    }
}
