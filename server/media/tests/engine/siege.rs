//! Every attack on the audio of a call, at every time of it: before the first word, in the call, after a re-INVITE, on hold
//! and after it. The proof is the tone at both ends while the attack goes on. The attacker knows UDP ports, SSRC, sequence
//! numbers and timestamps; a wiretapper has the party's packets too.

use std::{
    net::{SocketAddr, UdpSocket},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    thread::JoinHandle,
    time::Duration,
};

use patchbay_codec::CodecId;
use patchbay_kernel::LegId;
use patchbay_media::MediaLegKind;
use patchbay_plane::Codec;

use crate::{
    party::{self, Party, rtp},
    rig::{Rig, gateway, pass, policy},
};

/// What no honest party says: the loudest sample of its law.
const MARK: [u8; 160] = [0x80; 160];
const SSRC: u32 = 0x1234_5678;

type Shot = fn(&mut Gun);
/// Whence each packet that came back to an attacker came, and how it began.
type Loot = Arc<Mutex<Vec<(SocketAddr, Vec<u8>)>>>;

struct Gun {
    socket: UdpSocket,
    to: SocketAddr,
    step: u32,
}

impl Gun {
    fn fire(&self, bytes: &[u8]) {
        // A full buffer is the attacker's loss.
        drop(self.socket.send_to(bytes, self.to));
    }
    fn number(&mut self) -> u32 {
        self.step = self.step.wrapping_add(1);
        self.step
    }
}

/// One attacker: fires about 400 times a second until dropped, and counts what comes back.
struct Attacker {
    stop: Arc<AtomicBool>,
    stolen: Loot,
    thread: Option<JoinHandle<()>>,
}

impl Attacker {
    fn new(from: &str, to: SocketAddr, shot: Shot) -> Self {
        let socket = UdpSocket::bind(from).unwrap();
        socket.set_nonblocking(true).unwrap();
        let (stop, stolen) = (Arc::new(AtomicBool::new(false)), Loot::default());
        let (stopped, loot) = (stop.clone(), stolen.clone());
        let thread = std::thread::spawn(move || {
            let mut gun = Gun { socket, to, step: 0 };
            let mut buffer = [0; 2_048];
            while !stopped.load(Relaxed) {
                for _ in 0..2 {
                    shot(&mut gun);
                }
                while let Ok((length, from)) = gun.socket.recv_from(&mut buffer) {
                    loot.lock().unwrap().push((from, buffer[..length.min(24)].to_vec()));
                }
                std::thread::sleep(Duration::from_millis(5));
            }
        });
        Self { stop, stolen, thread: Some(thread) }
    }
}

impl Drop for Attacker {
    fn drop(&mut self) {
        self.stop.store(true, Relaxed);
        drop(self.thread.take().map(JoinHandle::join));
    }
}

/// Audio in the party's name: numbers all around the ones that it uses.
fn inject(gun: &mut Gun) {
    let n = gun.number();
    gun.fire(&rtp(0, 65_400u16.wrapping_add(n as u16), n.wrapping_mul(160), SSRC, &MARK));
}
/// Audio of another source, as of a box that began anew.
fn usurp(gun: &mut Gun) {
    let n = gun.number();
    gun.fire(&rtp(0, n as u16, n.wrapping_mul(160), 0xdead_0000 | (n >> 8), &MARK));
}
/// Digits nobody pressed.
fn digits(gun: &mut Gun) {
    let n = gun.number();
    gun.fire(&rtp(101, n as u16, n.wrapping_mul(800), SSRC, &[5, 0x8a, 3, 0x20]));
}
/// Reports and farewells in everybody's name.
fn control(gun: &mut Gun) {
    let n = gun.number();
    let ssrc = SSRC.to_be_bytes();
    let mut packet = match n % 3 {
        0 => vec![0x80, 201, 0, 1],
        1 => vec![0x81, 203, 0, 1],
        _ => vec![0x81, 200, 0xff, 0xff],
    };
    packet.extend(ssrc);
    packet.extend([0xff; 64]);
    gun.fire(&packet);
}
/// What is no RTP: STUN, a ClientHello, cut headers, endless lists of sources, huge datagrams.
fn garbage(gun: &mut Gun) {
    let n = gun.number();
    match n % 6 {
        0 => gun.fire(&[0, 1, 0, 0, 0x21, 0x12, 0xa4, 0x42, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]),
        1 => gun.fire(&[22, 254, 253, 0, 0, 0, 0, 0, 0, 0, n as u8, 0, 4, 1, 0, 0, 0]),
        2 => gun.fire(&rtp(0, 1, 1, SSRC, &MARK)[..(n % 12) as usize]),
        3 => gun.fire(&{
            let mut packet = rtp(0, n as u16, n, SSRC, &MARK);
            packet[0] = 0xbf;
            packet
        }),
        4 => gun.fire(&[0x80; 9_000]),
        _ => gun.fire(&[]),
    }
}

const ATTACKS: [(&str, Shot); 5] =
    [("inject", inject), ("usurp", usurp), ("digits", digits), ("control", control), ("garbage", garbage)];

struct Siege {
    rig: Rig,
    a: Party,
    b: Party,
    leg_a: LegId,
    to: [SocketAddr; 2],
}

impl Siege {
    async fn lay(kind: MediaLegKind) -> Self {
        let mut rig = Rig::new(2);
        let (a, b) = (Party::new(CodecId::Pcmu), Party::new(CodecId::Pcmu));
        let (leg_a, to_a) = rig.answered(kind, &a, "0 101").await;
        let (leg_b, to_b) = rig.answered(kind, &b, "0 101").await;
        rig.engine.bridge(leg_a, leg_b).await.unwrap();
        Self { rig, a, b, leg_a, to: [to_a, to_b] }
    }

    async fn turn(&self, direction: &str) {
        let pcmu = policy(&[Codec::Pcmu]);
        self.rig.engine.leg_answer(self.leg_a, &self.a.description("0 101", direction), &pcmu).await.unwrap();
    }

    /// Every attack on both UDP ports from every stranger at once, for `ms`; nothing may come back to any.
    async fn attacked(&mut self, when: &str, strangers: &[&str], ms: u64) {
        let attackers: Vec<(&str, Attacker)> = strangers
            .iter()
            .flat_map(|from| ATTACKS.iter().map(move |(name, shot)| (from, name, *shot)))
            .flat_map(|(from, name, shot)| self.to.map(|to| (*name, Attacker::new(from, to, shot))))
            .collect();
        pass(ms).await;
        for (name, attacker) in &attackers {
            let stolen = attacker.stolen.lock().unwrap();
            assert!(stolen.is_empty(), "{when}: {name} stole {} packets, first {:?}", stolen.len(), stolen[0]);
        }
        drop(attackers);
        assert_eq!(self.rig.digits(), "", "{when}: digits nobody pressed");
    }

    async fn tones(&mut self, when: &str, strangers: &[&str], held: bool) {
        pass(60).await;
        self.a.take();
        self.b.take();
        self.attacked(when, strangers, 600).await;
        let (at_a, at_b) = (self.a.take(), self.b.take());
        for heard in [&at_a, &at_b] {
            assert!(heard.iter().all(|packet| packet.payload != MARK), "{when}: something was put in");
        }
        assert!(self.b.share(&at_b, 440) > 0.95, "{when}: b hears {}", self.b.share(&at_b, 440));
        if held {
            assert!(at_a.is_empty(), "{when}: a holds and hears nothing");
        } else {
            assert!(self.a.share(&at_a, 1_000) > 0.95, "{when}: a hears {}", self.a.share(&at_a, 1_000));
            assert!(at_a.len() > 15 && at_b.len() > 15, "{when}: {} {}", at_a.len(), at_b.len());
        }
    }
}

async fn siege(kind: MediaLegKind, early: &[&str], later: &[&str]) {
    let mut siege = Siege::lay(kind).await;
    siege.attacked("before the first word", early, 300).await;
    siege.a.talk(siege.to[0], 440);
    siege.b.talk(siege.to[1], 1_000);
    siege.tones("in the call", later, false).await;
    siege.turn("a=sendrecv\r\n").await;
    siege.tones("after a re-INVITE", later, false).await;
    siege.turn("a=sendonly\r\n").await;
    siege.tones("on hold", later, true).await;
    siege.turn("").await;
    siege.tones("after the hold", later, false).await;
    assert!(siege.rig.engine.stats().await.refused > 1_000);
    siege.rig.engine.stop().await;
}

#[tokio::test]
async fn a_gateway_leg_under_siege() {
    siege(gateway(), &["127.0.0.2:0", "127.0.0.1:0"], &["127.0.0.2:0", "127.0.0.1:0"]).await;
}

#[tokio::test]
async fn a_phone_leg_under_siege() {
    // A phone may begin from another UDP port of its host, so only other hosts are strangers at first.
    siege(MediaLegKind::phone(), &["127.0.0.2:0"], &["127.0.0.2:0", "127.0.0.1:0"]).await;
}

#[tokio::test]
async fn a_box_that_is_followed_within_its_host_under_siege() {
    let kind = MediaLegKind::gateway(patchbay_plane::SrtpMode::Off, true);
    siege(kind, &["127.0.0.2:0"], &["127.0.0.2:0", "127.0.0.1:0"]).await;
}

/// Everything that a sealed party sent, as a wiretapper has it.
type Tap = Arc<Mutex<Vec<Vec<u8>>>>;

#[tokio::test]
async fn a_sealed_leg_under_siege_of_a_wiretapper() {
    let mut rig = Rig::new(2);
    let kind = MediaLegKind::gateway(patchbay_plane::SrtpMode::Required, false);
    let (leg, b) = (rig.open(kind).await, Party::new(CodecId::Pcmu));
    let socket = Arc::new(UdpSocket::bind("127.0.0.1:0").unwrap());
    let pcmu = policy(&[Codec::Pcmu]);
    let offer = crate::attack::secure_offer(socket.local_addr().unwrap());
    let answer = rig.engine.leg_answer(leg, &offer, &pcmu).await.unwrap();
    let to = party::announced(&answer);
    let (leg_b, to_b) = rig.answered(gateway(), &b, "0 101").await;
    rig.engine.bridge(leg, leg_b).await.unwrap();
    b.talk(to_b, 1_000);
    let (tap, stop) = (Tap::default(), Arc::new(AtomicBool::new(false)));
    let sealed = crate::attack::Sealed::speak(socket.clone(), to, &answer, tap.clone(), stop.clone());
    let attackers: Vec<JoinHandle<usize>> = ["127.0.0.1:0", "127.0.0.2:0"]
        .map(|from| {
            let (tap, stop, socket) = (tap.clone(), stop.clone(), socket.clone());
            let gun = UdpSocket::bind(from).unwrap();
            gun.set_nonblocking(true).unwrap();
            std::thread::spawn(move || {
                let (mut stolen, mut buffer) = (0, [0; 2_048]);
                while !stop.load(Relaxed) {
                    // Copies, at once and again, from elsewhere and (by a forged source) from the party's own address.
                    let copies: Vec<Vec<u8>> = tap.lock().unwrap().iter().rev().take(6).cloned().collect();
                    for (at, copy) in copies.iter().enumerate() {
                        let mut bent = copy.clone();
                        bent[12 + at] ^= 1;
                        for packet in [copy, &bent, &rtp(0, at as u16, 7, SSRC, &MARK)] {
                            drop(gun.send_to(packet, to));
                            drop(socket.send_to(packet, to));
                        }
                    }
                    while gun.recv_from(&mut buffer).is_ok() {
                        stolen += 1;
                    }
                    std::thread::sleep(Duration::from_millis(10));
                }
                stolen
            })
        })
        .into();
    for when in ["in the call", "after a re-INVITE"] {
        pass(200).await;
        b.take();
        sealed.take();
        pass(800).await;
        let (mut at_b, at_a) = (b.take(), sealed.take());
        // Copies overtake each other; numbers tell the order, as in any phone.
        let first = at_b[0].sequence;
        at_b.sort_by_key(|packet| packet.sequence.wrapping_sub(first) as i16);
        assert!(b.share(&at_b, 440) > 0.95, "{when}: b hears {} of {}", b.share(&at_b, 440), at_b.len());
        let mut numbers: Vec<u16> = at_b.iter().map(|packet| packet.sequence).collect();
        numbers.dedup();
        assert_eq!(numbers.len(), at_b.len(), "{when}: nothing twice");
        assert!(sealed.share(&at_a, 1_000) > 0.95, "{when}: a hears {}", sealed.share(&at_a, 1_000));
        rig.engine.leg_answer(leg, &offer, &pcmu).await.unwrap();
    }
    stop.store(true, Relaxed);
    let stolen: usize = attackers.into_iter().map(|attacker| attacker.join().unwrap()).sum();
    assert_eq!(stolen, 0, "nothing is sent to who copies");
    rig.engine.stop().await;
}
