//! One end of a call's audio, as cheap as it can be: a second of a tone encoded once and sent in a loop; what comes in is
//! counted by sequence numbers, and decoded only while the end listens.

use std::{
    io,
    net::{IpAddr, Ipv4Addr, UdpSocket},
};

use patchbay_codec::{CodecId, Decoder, FRAME, measure, tone::Sine};
use patchbay_kernel::{Entropy, SeededEntropy};
use patchbay_rtp::{Header, Packet, is_rtp};
use patchbay_sdp::{Agreed, Author, LocalMedia, Policy, Refused, Security, accept, answer, offer};

/// Loudness of what is said, dBFS.
const LOUDNESS: f64 = -12.0;
/// Packets of one second.
const SECOND: usize = 50;
/// Packets after the answer before the end listens for the first time, and from one time to the next.
const FIRST: u32 = 100;
const BETWEEN: u32 = 500;
/// Samples that are measured as one, and how many such blocks decide: more than half of them must be clear. A packet that a busy
/// machine skips shifts the tone, which spoils one block and none of the others.
const BLOCK: usize = 800;
const BLOCKS: usize = 5;
/// Beats that these packets may take to arrive.
const PATIENCE: u32 = 100;
/// Times in a row that a tone must not be heard to be missed.
const TRIES: u8 = 3;
/// Share of the energy from which a tone counts as heard.
const CLEAR: f32 = 0.9;
/// Softest tone that counts, dBFS.
const AUDIBLE: f32 = -40.0;

/// What one end sent and heard in one call.
#[derive(Clone, Copy, Debug, Default)]
pub struct Tally {
    /// Packets sent.
    pub sent: u64,
    /// Packets received.
    pub received: u64,
    /// Packets that the sequence numbers say were lost.
    pub lost: u64,
    /// Times that the tone was heard.
    pub heard: u64,
    /// Times that it was heard, but not at the first try.
    pub again: u64,
    /// Times that it was not, at none of the tries.
    pub missed: u64,
    /// What was heard at worst: share of the energy in thousandths.
    pub worst: u32,
}

/// The end. Its socket lives as long as the load, its call does not.
pub struct End {
    socket: UdpSocket,
    codec: CodecId,
    sound: Vec<Vec<u8>>,
    hears: u16,
    local: LocalMedia,
    policy: Policy,
    offered: String,
    chance: SeededEntropy,
    talk: Option<Talk>,
}

struct Talk {
    agreed: Agreed,
    sequence: u16,
    timestamp: u32,
    at: usize,
    beats: u32,
    last: Option<u16>,
    decoder: Box<dyn Decoder>,
    ear: Ear,
    tally: Tally,
}

enum Ear {
    Rests { until: u32 },
    Listens { since: u32, samples: Vec<i16>, tried: u8 },
}

impl End {
    /// Says one tone in this codec and wants to hear another; frequencies in Hz.
    ///
    /// # Errors
    /// When no UDP port is left.
    pub fn open(codec: CodecId, says: u16, hears: u16) -> io::Result<Self> {
        let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0))?;
        socket.set_nonblocking(true)?;
        let mut chance = SeededEntropy::new(u64::from(says) << 16 | u64::from(hears));
        let local = LocalMedia {
            address: IpAddr::V4(Ipv4Addr::LOCALHOST),
            udp_port: socket.local_addr()?.port(),
            rtcp_udp_port: None,
            security: Security::Plain,
            ssrc: chance.next_u64() as u32,
            cname: format!("load-{says}"),
            author: Author::new(chance.next_u64()),
        };
        Ok(Self {
            socket,
            codec,
            sound: second_of(codec, says),
            hears,
            local,
            policy: Policy::new(vec![codec]),
            offered: String::new(),
            chance,
            talk: None,
        })
    }

    /// An offer for the next call.
    pub fn offer(&mut self) -> String {
        self.offered = offer(&mut self.local, &self.policy);
        self.offered.clone()
    }

    /// Our answer; audio follows it.
    ///
    /// # Errors
    /// Why there is none.
    pub fn answer(&mut self, offered: &str) -> Result<String, Refused> {
        let (text, agreed) = answer(offered, &mut self.local, &self.policy)?;
        self.agree(agreed);
        Ok(text)
    }

    /// Takes the answer to our last offer.
    ///
    /// # Errors
    /// Why it is no answer.
    pub fn accept(&mut self, answered: &str) -> Result<(), Refused> {
        let agreed = accept(&self.offered, answered, &self.local, &self.policy)?;
        self.agree(agreed);
        Ok(())
    }

    fn agree(&mut self, agreed: Agreed) {
        if let Some(talk) = &mut self.talk {
            talk.agreed = agreed;
            return;
        }
        // What is left of the call before.
        let mut bytes = [0; 2_048];
        while self.socket.recv_from(&mut bytes).is_ok() {}
        self.talk = Some(Talk {
            agreed,
            sequence: self.chance.next_u64() as u16,
            timestamp: self.chance.next_u64() as u32,
            at: 0,
            beats: 0,
            last: None,
            decoder: self.codec.spec().decoder(),
            ear: Ear::Rests { until: FIRST },
            tally: Tally { worst: 1_000, ..Tally::default() },
        });
    }

    /// The call is over: what became of its audio.
    pub fn over(&mut self) -> Tally {
        self.talk.take().map(|talk| talk.tally).unwrap_or_default()
    }

    /// Each 20 ms: takes what has come, sends one packet.
    pub fn beat(&mut self, bytes: &mut [u8]) {
        let Some(talk) = &mut self.talk else { return };
        talk.beats += 1;
        while let Ok((length, from)) = self.socket.recv_from(bytes) {
            if talk.agreed.remote == Some(from) {
                talk.hear(&bytes[..length], self.codec, self.hears);
            }
        }
        talk.look();
        let Some(to) = talk.agreed.remote else { return };
        talk.sequence = talk.sequence.wrapping_add(1);
        talk.timestamp = talk.timestamp.wrapping_add(self.codec.spec().step());
        talk.at = (talk.at + 1) % self.sound.len();
        let header = Header {
            marker: talk.tally.sent == 0,
            payload_type: talk.agreed.send_payload,
            sequence: talk.sequence,
            timestamp: talk.timestamp,
            ssrc: self.local.ssrc,
        };
        let payload = &self.sound[talk.at];
        bytes[..12].copy_from_slice(&header.bytes());
        bytes[12..12 + payload.len()].copy_from_slice(payload);
        if self.socket.send_to(&bytes[..12 + payload.len()], to).is_ok() {
            talk.tally.sent += 1;
        }
    }
}

impl Talk {
    fn hear(&mut self, bytes: &[u8], codec: CodecId, hz: u16) {
        let Some(packet) = Packet::parse(bytes).filter(|_| is_rtp(bytes)) else { return };
        let header = packet.header();
        if header.payload_type != self.agreed.receive_payload {
            return;
        }
        self.tally.received += 1;
        let gap = self.last.map_or(0, |last| header.sequence.wrapping_sub(last).wrapping_sub(1));
        // A late packet looks like a gap of nearly 65,536.
        if gap < 1_000 {
            self.tally.lost += u64::from(gap);
            self.last = Some(header.sequence);
        }
        let Ear::Listens { samples, tried, .. } = &mut self.ear else {
            // Who joins a stream of Opus late hears a steady tone wrong for long: it predicts from what was before.
            if codec == CodecId::Opus {
                self.decoder.decode(packet.payload(), &mut Vec::new());
            }
            return;
        };
        self.decoder.decode(packet.payload(), samples);
        if samples.len() < BLOCKS * BLOCK {
            return;
        }
        let mut shares: Vec<f32> = samples.chunks_exact(BLOCK).map(|block| measure::share(block, hz)).collect();
        shares.sort_by(f32::total_cmp);
        let share = shares[shares.len() / 2];
        let heard = share >= CLEAR && measure::level_dbfs(samples) >= AUDIBLE;
        self.tally.worst = self.tally.worst.min((share * 1_000.0) as u32);
        let tried = *tried;
        self.judge(heard, tried);
    }

    /// Whether it is time to listen, or too late for what should have been heard.
    fn look(&mut self) {
        match &self.ear {
            Ear::Rests { until } if self.beats >= *until => self.listen(0),
            Ear::Listens { since, tried, .. } if self.beats >= since + PATIENCE => {
                let tried = *tried;
                self.tally.worst = 0;
                self.judge(false, tried);
            }
            _ => {}
        }
    }

    fn listen(&mut self, tried: u8) {
        self.ear = Ear::Listens { since: self.beats, samples: Vec::new(), tried };
    }

    fn judge(&mut self, heard: bool, tried: u8) {
        if !heard && tried + 1 < TRIES {
            self.listen(tried + 1);
            return;
        }
        if heard {
            self.tally.heard += 1;
            self.tally.again += u64::from(tried > 0);
        } else {
            self.tally.missed += 1;
        }
        self.ear = Ear::Rests { until: self.beats + BETWEEN };
    }
}

/// One second of a tone; a whole number of its waves fits, so that it can go round and round.
fn second_of(codec: CodecId, hz: u16) -> Vec<Vec<u8>> {
    let (mut sine, mut encoder) = (Sine::new(hz, LOUDNESS), codec.spec().encoder());
    let mut payloads = Vec::with_capacity(SECOND);
    // The first second settles the encoder.
    for packet in 0..2 * SECOND {
        let (mut samples, mut payload) = ([0; FRAME], Vec::new());
        sine.fill(&mut samples);
        encoder.encode(&samples, &mut payload);
        if packet >= SECOND {
            payloads.push(payload);
        }
    }
    payloads
}
