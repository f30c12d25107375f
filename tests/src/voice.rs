//! One end of an audio stream in plain RTP: a UDP socket, a frame each 20 ms, ears.

use std::{
    collections::VecDeque,
    io,
    net::{IpAddr, SocketAddr},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use patchbay_codec::{CodecId, Decoder, Encoder, FRAME, tone::Sine};
use patchbay_kernel::Entropy;
use patchbay_rtp::{EventReceiver, EventSender, Header, Packet, is_rtp};
use patchbay_sdp::{Agreed, Author, Direction, LocalMedia, Policy, Refused, Security, accept, answer, offer};
use tokio::{net::UdpSocket, sync::mpsc, task::JoinHandle};

use crate::ear::{Ear, Heard, Holes};

/// What is said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Speech {
    /// Sends back what it hears.
    Echo,
    /// A steady tone.
    Tone(u16),
    /// Silence, sent as packets.
    Quiet,
    /// No packet at all.
    Nothing,
}

/// Loudness of what a person says, dBFS.
const LOUDNESS: f64 = -12.0;
/// Milliseconds of one key.
const KEY_MS: u32 = 100;
/// Milliseconds of silence between keys.
const BETWEEN_KEYS_FRAMES: u32 = 5;
/// Frames of echo kept back against jitter.
const ECHO_DELAY: usize = 2;

struct Shared {
    agreed: Option<Agreed>,
    speech: Speech,
    keys: VecDeque<char>,
    ear: Ear,
    holes: Option<Holes>,
    echo: VecDeque<[i16; FRAME]>,
}

/// One end. Its socket and task end with it.
pub struct Voice {
    local: LocalMedia,
    policy: Policy,
    last_offer: String,
    shared: Arc<Mutex<Shared>>,
    task: JoinHandle<()>,
}

impl Drop for Voice {
    fn drop(&mut self) {
        self.task.abort();
    }
}

fn lock(shared: &Mutex<Shared>) -> MutexGuard<'_, Shared> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Voice {
    /// Opens a UDP port on this address. Keys that are heard come out of `keys`.
    ///
    /// # Errors
    /// When no UDP port can be bound.
    pub async fn open(
        address: IpAddr,
        codecs: Vec<CodecId>,
        speech: Speech,
        chance: &mut dyn Entropy,
    ) -> io::Result<(Self, mpsc::UnboundedReceiver<char>)> {
        let socket = UdpSocket::bind((address, 0)).await?;
        let udp_port = socket.local_addr()?.port();
        let ssrc = chance.next_u64() as u32;
        let local = LocalMedia {
            address,
            udp_port,
            rtcp_udp_port: None,
            security: Security::Plain,
            ssrc,
            cname: format!("{:016x}", chance.next_u64()),
            author: Author::new(chance.next_u64()),
        };
        let shared = Arc::new(Mutex::new(Shared {
            agreed: None,
            speech,
            keys: VecDeque::new(),
            ear: Ear::default(),
            holes: None,
            echo: VecDeque::new(),
        }));
        let (pressed, keys) = mpsc::unbounded_channel();
        let stream = Stream {
            socket,
            shared: shared.clone(),
            pressed,
            sequence: chance.next_u64() as u16,
            timestamp: chance.next_u64() as u32,
            ssrc,
            coding: None,
            event: None,
            events: None,
            sine: None,
        };
        let task = tokio::spawn(stream.run());
        let voice = Self { local, policy: Policy::new(codecs), last_offer: String::new(), shared, task };
        Ok((voice, keys))
    }

    /// An offer; `hold`: we do not want to listen.
    pub fn offer(&mut self, hold: bool) -> String {
        self.policy.direction = if hold { Direction::SendOnly } else { Direction::SendRecv };
        self.last_offer = offer(&mut self.local, &self.policy);
        self.last_offer.clone()
    }

    /// Our answer to an offer; audio follows it.
    ///
    /// # Errors
    /// Why there is none.
    pub fn answer(&mut self, offered: &str) -> Result<String, Refused> {
        let (text, agreed) = answer(offered, &mut self.local, &self.policy)?;
        lock(&self.shared).agreed = Some(agreed);
        Ok(text)
    }

    /// Takes the answer to our last offer.
    ///
    /// # Errors
    /// Why it is no answer.
    pub fn accept(&mut self, answered: &str) -> Result<(), Refused> {
        let agreed = accept(&self.last_offer, answered, &self.local, &self.policy)?;
        lock(&self.shared).agreed = Some(agreed);
        Ok(())
    }

    /// Says this from now on.
    pub fn speak(&self, speech: Speech) {
        lock(&self.shared).speech = speech;
    }

    /// Presses keys, one after the other, as RFC 4733 events.
    pub fn press(&self, keys: &str) {
        lock(&self.shared).keys.extend(keys.chars());
    }

    /// What was heard lately.
    pub fn heard(&self, hz: u16, ms: usize) -> Heard {
        lock(&self.shared).ear.measure(hz, ms)
    }

    /// Watches for holes in this tone from now on.
    pub fn watch(&self, hz: u16) {
        lock(&self.shared).holes = Some(Holes::watch(hz));
    }

    /// The longest hole in the tone that is watched, milliseconds.
    pub fn longest_hole_ms(&self) -> Option<u64> {
        lock(&self.shared).holes.map(|holes| holes.longest_ms())
    }

    /// Measures only what comes from now on.
    pub fn listen_anew(&self) {
        lock(&self.shared).ear.forget();
    }
}

struct Coding {
    codec: CodecId,
    encoder: Box<dyn Encoder>,
    decoder: Box<dyn Decoder>,
}

struct Stream {
    socket: UdpSocket,
    shared: Arc<Mutex<Shared>>,
    pressed: mpsc::UnboundedSender<char>,
    sequence: u16,
    timestamp: u32,
    ssrc: u32,
    coding: Option<Coding>,
    event: Option<(EventSender, u32)>,
    events: Option<EventReceiver>,
    sine: Option<(u16, Sine)>,
}

impl Stream {
    async fn run(mut self) {
        let mut beat = tokio::time::interval(Duration::from_millis(20));
        let mut bytes = [0; 2_048];
        loop {
            tokio::select! {
                _ = beat.tick() => {
                    if let Some((packet, to)) = self.next_packet() {
                        let _ = self.socket.send_to(&packet, to).await;
                    }
                }
                heard = self.socket.recv_from(&mut bytes) => {
                    if let Ok((length, _)) = heard {
                        self.hear(&bytes[..length]);
                    }
                }
            }
        }
    }

    fn next_packet(&mut self) -> Option<(Vec<u8>, SocketAddr)> {
        let shared = self.shared.clone();
        let mut shared = lock(&shared);
        if let Some(holes) = &mut shared.holes {
            holes.beat();
        }
        let agreed = shared.agreed.clone()?;
        let (remote, step) = (agreed.remote.filter(|_| agreed.may_send())?, agreed.codec.spec().step());
        self.timestamp = self.timestamp.wrapping_add(step);
        if let Some(packet) = self.key(&mut shared, &agreed) {
            return Some((packet, remote));
        }
        let mut samples = [0; FRAME];
        if !self.say(&mut shared, &mut samples) {
            return None;
        }
        let mut payload = Vec::with_capacity(FRAME);
        self.coding(agreed.codec).encoder.encode(&samples, &mut payload);
        Some((self.packet(agreed.send_payload, false, self.timestamp, &payload), remote))
    }

    /// A packet of the key that is being pressed, if one is.
    fn key(&mut self, shared: &mut Shared, agreed: &Agreed) -> Option<Vec<u8>> {
        let events = agreed.events?;
        if let Some((sender, pause)) = &mut self.event {
            if let Some(event) = sender.next_packet() {
                return Some(self.packet(events.send_payload, event.marker, event.timestamp, &event.payload));
            }
            if *pause > 0 {
                *pause -= 1;
                return None;
            }
            self.event = None;
        }
        let digit = shared.keys.pop_front()?;
        let sender = EventSender::new(digit, KEY_MS, events.clock, self.timestamp)?;
        self.event = Some((sender, BETWEEN_KEYS_FRAMES));
        None
    }

    /// What is said in this frame; `false` for nothing at all.
    fn say(&mut self, shared: &mut Shared, samples: &mut [i16; FRAME]) -> bool {
        match shared.speech {
            Speech::Nothing => return false,
            Speech::Quiet => {}
            Speech::Echo => {
                if shared.echo.len() > ECHO_DELAY
                    && let Some(frame) = shared.echo.pop_front()
                {
                    *samples = frame;
                }
            }
            Speech::Tone(hz) => {
                let (_, sine) = match &mut self.sine {
                    Some(playing) if playing.0 == hz => playing,
                    other => other.insert((hz, Sine::new(hz, LOUDNESS))),
                };
                sine.fill(samples);
            }
        }
        true
    }

    fn packet(&mut self, payload_type: u8, marker: bool, timestamp: u32, payload: &[u8]) -> Vec<u8> {
        self.sequence = self.sequence.wrapping_add(1);
        let header = Header { marker, payload_type, sequence: self.sequence, timestamp, ssrc: self.ssrc };
        let mut bytes = Vec::with_capacity(12 + payload.len());
        header.write(payload, &mut bytes);
        bytes
    }

    fn hear(&mut self, bytes: &[u8]) {
        let Some(packet) = Packet::parse(bytes).filter(|_| is_rtp(bytes)) else { return };
        let shared = self.shared.clone();
        let mut shared = lock(&shared);
        let Some(agreed) = shared.agreed.clone() else { return };
        let header = packet.header();
        if let Some(events) = agreed.events.filter(|events| events.receive_payload == header.payload_type) {
            let receiver = self.events.get_or_insert_with(|| EventReceiver::new(events.clock));
            for pressed in receiver.heard(header.timestamp, packet.payload()) {
                let _ = self.pressed.send(pressed.digit);
            }
            return;
        }
        let Some((_, codec)) = agreed.receivable.iter().find(|(kind, _)| *kind == header.payload_type) else { return };
        let mut samples = Vec::with_capacity(FRAME);
        self.coding(*codec).decoder.decode(packet.payload(), &mut samples);
        shared.ear.hear(&samples);
        if let Some(holes) = &mut shared.holes {
            holes.hear(&samples);
        }
        if shared.speech == Speech::Echo {
            for frame in samples.chunks_exact(FRAME) {
                if let Ok(frame) = frame.try_into() {
                    shared.echo.push_back(frame);
                }
            }
            while shared.echo.len() > 10 {
                shared.echo.pop_front();
            }
        }
    }

    fn coding(&mut self, codec: CodecId) -> &mut Coding {
        let stale = self.coding.as_ref().is_none_or(|coding| coding.codec != codec);
        if stale {
            let spec = codec.spec();
            self.coding = Some(Coding { codec, encoder: spec.encoder(), decoder: spec.decoder() });
        }
        self.coding.as_mut().expect("made above when it was missing")
    }
}
