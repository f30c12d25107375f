//! The task behind one RTP end.

use std::{
    collections::VecDeque,
    net::SocketAddr,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use patchbay_codec::{Decoder, Encoder, FRAME, tone::Player};
use patchbay_kernel::{Clock, Tick};
use patchbay_rtp::{
    Compound, EventReceiver, EventSender, Header, Packet, Reception, Report, SenderInfo, is_rtcp,
    rtcp::{self, middle},
};
use patchbay_sdp::Agreed;
use tokio::{
    net::UdpSocket,
    sync::mpsc,
    time::{Instant, Interval, MissedTickBehavior, interval, interval_at},
};

use super::{
    ear::Ear,
    mouth::{Mouth, Saying, tones},
};

/// Frames of silence between two keys.
const BETWEEN_KEYS: u32 = 4;
/// Time between reports.
const REPORT_EVERY: Duration = Duration::from_secs(5);

/// What the task is told.
#[derive(Debug)]
pub(super) enum Order {
    Agree(Box<Agreed>),
    Say(Saying),
    Press(String),
}

/// A key being pressed.
enum Key {
    Event(EventSender),
    Tones(Player, u32),
    Pause(u32),
}

struct End {
    rtp: UdpSocket,
    rtcp: UdpSocket,
    clock: Arc<dyn Clock>,
    ear: Arc<Mutex<Ear>>,
    agreed: Option<Agreed>,
    codec: Option<(Box<dyn Encoder>, Box<dyn Decoder>)>,
    events: Option<EventReceiver>,
    mouth: Mouth,
    keys: VecDeque<char>,
    key: Option<Key>,
    header: Header,
    sent: (u32, u32),
    reception: Option<(u32, Reception)>,
    /// Middle of the peer's last sender report, and when it came.
    report: Option<(u32, Tick)>,
}

/// Runs until the orders end.
pub(super) async fn run(
    (rtp, rtcp): (UdpSocket, UdpSocket),
    (sequence, timestamp, ssrc): (u16, u32, u32),
    clock: Arc<dyn Clock>,
    mut inbox: mpsc::UnboundedReceiver<Order>,
    ear: Arc<Mutex<Ear>>,
) {
    let mut end = End {
        rtp,
        rtcp,
        clock,
        ear,
        agreed: None,
        codec: None,
        events: None,
        mouth: Mouth::Nothing,
        keys: VecDeque::new(),
        key: None,
        header: Header { marker: true, payload_type: 0, sequence, timestamp, ssrc },
        sent: (0, 0),
        reception: None,
        report: None,
    };
    let (mut frames, mut reports) = timers();
    let (mut buffer, mut report_buffer) = ([0; 2_048], [0; 2_048]);
    loop {
        tokio::select! {
            order = inbox.recv() => match order {
                Some(order) => end.obey(order),
                None => return,
            },
            _ = frames.tick() => end.frame().await,
            _ = reports.tick() => end.send_report().await,
            got = end.rtp.recv_from(&mut buffer) => {
                // An ICMP refusal of the peer is told here; it ends nothing.
                if let Ok((length, from)) = got {
                    end.hear(&buffer[..length], from).await;
                }
            }
            got = end.rtcp.recv_from(&mut report_buffer) => {
                if let Ok((length, _)) = got {
                    end.read_report(&report_buffer[..length]);
                }
            }
        }
    }
}

fn timers() -> (Interval, Interval) {
    let mut frames = interval(Duration::from_millis(20));
    // A late frame is sent at once, so that the stream keeps its 50 packets a second.
    frames.set_missed_tick_behavior(MissedTickBehavior::Burst);
    (frames, interval_at(Instant::now() + REPORT_EVERY, REPORT_EVERY))
}

impl End {
    fn obey(&mut self, order: Order) {
        match order {
            Order::Agree(agreed) => {
                let spec = agreed.codec.spec();
                if self.agreed.as_ref().is_none_or(|before| before.codec != agreed.codec) {
                    self.codec = Some((spec.encoder(), spec.decoder()));
                    self.reception = None;
                }
                if self.agreed.as_ref().and_then(|before| before.events) != agreed.events {
                    self.events = agreed.events.map(|events| EventReceiver::new(events.clock));
                }
                self.agreed = Some(*agreed);
            }
            Order::Say(saying) => {
                self.mouth = Mouth::new(saying);
                self.header.marker = true;
            }
            Order::Press(keys) => self.keys.extend(keys.chars()),
        }
    }

    /// Where to send, when we may.
    fn target(&self) -> Option<SocketAddr> {
        self.agreed.as_ref().filter(|agreed| agreed.may_send())?.remote
    }

    /// Every 20 ms: a key, or what the mouth says.
    async fn frame(&mut self) {
        let Some(agreed) = &self.agreed else { return };
        let (step, payload_type, events) = (agreed.codec.spec().step(), agreed.send_payload, agreed.events);
        if self.key.is_none()
            && let Some(digit) = self.keys.pop_front()
        {
            self.key = match events {
                Some(events) => EventSender::new(digit, 100, events.clock, self.header.timestamp).map(Key::Event),
                None => tones(digit).map(|(player, frames)| Key::Tones(player, frames)),
            };
        }
        let mut samples = self.mouth.frame();
        match &mut self.key {
            Some(Key::Event(sender)) => {
                if let (Some(packet), Some(events)) = (sender.next_packet(), events) {
                    let header = Header {
                        marker: packet.marker,
                        payload_type: events.send_payload,
                        timestamp: packet.timestamp,
                        ..self.header
                    };
                    self.send(header, &packet.payload).await;
                    self.header.timestamp = self.header.timestamp.wrapping_add(step);
                    return;
                }
                self.key = Some(Key::Pause(BETWEEN_KEYS));
            }
            Some(Key::Tones(player, left)) if *left > 0 => {
                *left -= 1;
                let mut frame = [0; FRAME];
                player.fill(&mut frame);
                samples = Some(frame);
            }
            Some(Key::Tones(..)) => self.key = Some(Key::Pause(BETWEEN_KEYS)),
            Some(Key::Pause(left)) if *left > 0 => *left -= 1,
            Some(Key::Pause(_)) => self.key = None,
            None => {}
        }
        if let (Some(samples), Some((encoder, _))) = (samples, &mut self.codec) {
            let mut payload = Vec::with_capacity(FRAME);
            encoder.encode(&samples, &mut payload);
            let header = Header { payload_type, ..self.header };
            self.send(header, &payload).await;
            self.header.marker = false;
        }
        // An echo moves its clock with the packets that come.
        if !matches!(self.mouth, Mouth::Echo) || self.key.is_some() {
            self.header.timestamp = self.header.timestamp.wrapping_add(step);
        }
    }

    async fn send(&mut self, header: Header, payload: &[u8]) {
        let Some(to) = self.target() else { return };
        let mut bytes = Vec::with_capacity(payload.len() + 12);
        header.write(payload, &mut bytes);
        // What a full socket or a vanished peer refuses is lost, as on any network.
        let _ = self.rtp.send_to(&bytes, to).await;
        self.header.sequence = self.header.sequence.wrapping_add(1);
        self.sent = (self.sent.0.wrapping_add(1), self.sent.1.wrapping_add(payload.len() as u32));
    }

    async fn hear(&mut self, bytes: &[u8], from: SocketAddr) {
        if is_rtcp(bytes) {
            return self.read_report(bytes);
        }
        let Some(agreed) = &self.agreed else { return };
        // Nothing but the agreed party is listened to.
        if agreed.remote.is_none_or(|remote| remote.ip() != from.ip()) {
            return;
        }
        let Some(packet) = Packet::parse(bytes) else { return };
        let (header, payload, now) = (packet.header(), packet.payload(), self.clock.tick());
        let is_event = agreed.events.is_some_and(|events| events.receive_payload == header.payload_type);
        let is_audio = agreed.receivable.iter().any(|(number, _)| *number == header.payload_type);
        let (step, clock, send_payload) = (agreed.codec.spec().step(), agreed.codec.spec().clock, agreed.send_payload);
        if self.reception.as_ref().is_none_or(|(ssrc, _)| *ssrc != header.ssrc) {
            self.reception = Some((header.ssrc, Reception::new(clock)));
        }
        if let Some((_, reception)) = &mut self.reception {
            reception.packet(header.sequence, header.timestamp, is_audio, now);
        }
        if is_event && let Some(events) = &mut self.events {
            let mut ear = self.ear.lock().unwrap_or_else(PoisonError::into_inner);
            ear.keys.extend(events.heard(header.timestamp, payload).map(|pressed| pressed.digit));
        } else if is_audio && let Some((_, decoder)) = &mut self.codec {
            let mut samples = Vec::with_capacity(FRAME);
            decoder.decode(payload, &mut samples);
            self.ear.lock().unwrap_or_else(PoisonError::into_inner).hear(&samples, now);
            if matches!(self.mouth, Mouth::Echo) && self.key.is_none() {
                let header = Header { payload_type: send_payload, marker: header.marker, ..self.header };
                self.send(header, payload).await;
                self.header.timestamp = self.header.timestamp.wrapping_add(step);
            }
        }
    }

    fn read_report(&mut self, bytes: &[u8]) {
        for report in rtcp::parse(bytes) {
            if let Report::Sender { info, .. } = report {
                self.report = Some((middle(info.ntp), self.clock.tick()));
            }
        }
    }

    /// A sender report when we have sent, with a block about what we hear.
    async fn send_report(&mut self) {
        let Some(to) = self.agreed.as_ref().and_then(|agreed| agreed.remote_rtcp) else { return };
        let (last, delay) = self.report.map_or((0, 0), |(middle, at)| {
            let us = self.clock.tick().since(at).0;
            (middle, u32::try_from(us * 65_536 / 1_000_000).unwrap_or(u32::MAX))
        });
        let block = self.reception.as_mut().map(|(ssrc, reception)| reception.block(*ssrc, last, delay));
        let info = SenderInfo {
            ntp: rtcp::ntp(self.clock.wall()),
            timestamp: self.header.timestamp,
            packets: self.sent.0,
            octets: self.sent.1,
        };
        let ssrc = self.header.ssrc;
        let compound = if self.sent.0 > 0 {
            Compound::new().sender(ssrc, &info, block.as_slice())
        } else {
            Compound::new().receiver(ssrc, block.as_slice())
        };
        let bytes = compound.name(ssrc, &format!("sim-{ssrc:08x}")).into_bytes();
        let _ = self.rtcp.send_to(&bytes, to).await;
    }
}
