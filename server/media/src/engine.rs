//! The engine's face: starts the workers, sends each order to the worker that owns the leg, and waits for its answer.

use std::{
    collections::HashMap,
    io,
    net::IpAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError, mpsc},
    thread::JoinHandle,
};

use patchbay_kernel::{Clock, LegId, RecordingId};
use patchbay_plane::{Channel, Codec, Figures, RecordingOut};
use tokio::sync::{mpsc as events, oneshot};

use crate::{
    answer::Answer,
    api::{Closed, Flowing, Heard, LegOpen, MediaError, MediaEvent, MediaPolicy, Play},
    browser::dtls::DtlsSettings,
    clip::PlayItem,
    fault::DtlsFaults,
    net::Bell,
    ports::UdpPorts,
    recorder::{self, Recorder},
    tap,
    worker::{Setup, Worker},
};

/// Where and how wide the engine works.
#[derive(Clone, Debug)]
pub struct EngineConfig {
    /// Address that the sockets are bound to.
    pub bind: IpAddr,
    /// Address that descriptions announce.
    pub advertised: IpAddr,
    /// UDP port of the first worker for browsers, the next workers take the following ones; 0: the system chooses.
    pub browser_udp_port: u16,
    /// First UDP port for RTP legs; even ones are used for RTP, the odd one above for RTCP where it is not multiplexed.
    pub rtp_first: u16,
    /// Last UDP port for RTP legs.
    pub rtp_last: u16,
    /// Worker threads; 0 counts as 1.
    pub workers: usize,
}

/// What the engine is doing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct EngineStats {
    /// Open legs.
    pub legs: usize,
    /// Legs of them that are bridged.
    pub bridged: usize,
    /// RTP packets received and believed.
    pub received: u64,
    /// RTP packets sent.
    pub sent: u64,
    /// Datagrams refused: unknown source, wrong address, not authentic, unreadable.
    pub refused: u64,
    /// UDP ports neither in use nor draining.
    pub free_udp_ports: usize,
}

/// An order that runs on the worker's own thread.
pub(crate) type Order = Box<dyn FnOnce(&mut Worker) + Send>;

struct Post {
    orders: mpsc::Sender<Order>,
    bell: Bell,
    browser_udp_port: u16,
}

struct Inner {
    posts: Vec<Post>,
    homes: Homes,
    threads: Mutex<Vec<JoinHandle<()>>>,
    ports: Arc<UdpPorts>,
    clock: Arc<dyn Clock>,
    recorder: Mutex<Option<Recorder>>,
}

/// Which worker owns which leg.
type Homes = Arc<Mutex<HashMap<LegId, usize>>>;

/// The media engine. Cheap to clone; all clones speak to the same workers.
#[derive(Clone)]
pub struct Engine(Arc<Inner>);

impl Engine {
    /// Starts the workers. `seed` feeds every secret, so it must come from the system's randomness outside of tests.
    /// Errors: a UDP port for browsers is taken, or the system refuses a thread.
    pub fn start(
        config: EngineConfig,
        clock: Arc<dyn Clock>,
        seed: [u8; 32],
    ) -> io::Result<(Self, events::UnboundedReceiver<MediaEvent>)> {
        Self::start_with_faults(config, clock, seed, None)
    }

    /// As [`Self::start`], with DTLS datagrams lost and late by `faults`: for tests.
    pub fn start_with_faults(
        config: EngineConfig,
        clock: Arc<dyn Clock>,
        seed: [u8; 32],
        faults: Option<DtlsFaults>,
    ) -> io::Result<(Self, events::UnboundedReceiver<MediaEvent>)> {
        let (news, receiver) = events::unbounded_channel();
        let ports = Arc::new(UdpPorts::new(config.rtp_first, config.rtp_last));
        let dtls = Arc::new(DtlsSettings::new().map_err(io::Error::other)?);
        let processors = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        let (mut posts, mut threads) = (Vec::new(), Vec::new());
        for index in 0..config.workers.max(1) {
            let (orders, inbox) = mpsc::channel();
            let setup = Setup {
                index,
                config: config.clone(),
                clock: Arc::clone(&clock),
                seed: of_worker(seed, index),
                ports: Arc::clone(&ports),
                dtls: Arc::clone(&dtls),
                news: news.clone(),
                inbox,
                faults,
            };
            let worker = Worker::new(setup)?;
            posts.push(Post { orders, bell: worker.bell(), browser_udp_port: worker.browser_udp_port() });
            let name = format!("media-{index}");
            let pinned = (processors > 1).then_some(index % processors);
            threads.push(std::thread::Builder::new().name(name).spawn(move || worker.run(pinned))?);
        }
        let (recorder, recording) = Recorder::start(Arc::clone(&clock))?;
        threads.extend(recording);
        let inner = Inner {
            posts,
            homes: Homes::default(),
            threads: Mutex::new(threads),
            ports,
            clock,
            recorder: Mutex::new(Some(recorder)),
        };
        Ok((Self(Arc::new(inner)), receiver))
    }

    /// The UDP ports that browsers speak to, one for each worker.
    pub fn browser_udp_ports(&self) -> Vec<u16> {
        self.0.posts.iter().map(|post| post.browser_udp_port).collect()
    }

    /// Opens a leg; opening it again does nothing. All legs of a call share a worker. Errors: no UDP port, or stopped.
    pub fn leg_open(&self, open: LegOpen) -> Answer<()> {
        self.opening(open, |_| Ok(()))
    }

    /// [`Self::leg_open`] and [`Self::leg_offer`] in one order.
    pub fn leg_open_offer(&self, open: LegOpen, policy: &MediaPolicy) -> Answer<String> {
        let (leg, policy) = (open.leg, policy.clone());
        self.opening(open, move |worker| worker.offer(leg, &policy))
    }

    /// [`Self::leg_open`] and [`Self::leg_answer`] in one order.
    pub fn leg_open_answer(&self, open: LegOpen, offer: &str, policy: &MediaPolicy) -> Answer<String> {
        let (leg, offer, policy) = (open.leg, offer.to_owned(), policy.clone());
        self.opening(open, move |worker| worker.answer(leg, &offer, &policy))
    }

    /// An offer for the party. Errors: no such leg.
    pub fn leg_offer(&self, leg: LegId, policy: &MediaPolicy) -> Answer<String> {
        let policy = policy.clone();
        self.at(leg, move |worker| worker.offer(leg, &policy))
    }

    /// The answer to the party's offer, the first or a later one. Errors: unreadable, nothing in common, SRTP at odds.
    pub fn leg_answer(&self, leg: LegId, offer: &str, policy: &MediaPolicy) -> Answer<String> {
        let (offer, policy) = (offer.to_owned(), policy.clone());
        self.at(leg, move |worker| worker.answer(leg, &offer, &policy))
    }

    /// Takes the party's answer to our offer; what was agreed on. Errors as in [`Self::leg_answer`].
    pub fn leg_accept(&self, leg: LegId, answer: &str) -> Answer<Option<Codec>> {
        let answer = answer.to_owned();
        self.at(leg, move |worker| worker.accept(leg, &answer).map(|()| worker.codec(leg)))
    }

    /// Which way the last description lets audio flow; both ways when there is none.
    pub async fn leg_flowing(&self, leg: LegId) -> Flowing {
        self.at(leg, move |worker| Ok(worker.flowing(leg))).await.unwrap_or(Flowing::Both)
    }

    /// The negotiated codec, once there is one.
    pub async fn leg_codec(&self, leg: LegId) -> Option<Codec> {
        self.at(leg, move |worker| Ok(worker.codec(leg))).await.ok().flatten()
    }

    /// Closes a leg and says how it was and what it spoke; its peer, if bridged, hears nothing more. Errors: no such leg.
    pub fn leg_close(&self, leg: LegId) -> Answer<Closed> {
        let answer = self.at(leg, move |worker| {
            let codec = worker.codec(leg);
            worker.close(leg).map(|figures| Closed { figures, codec }).ok_or(MediaError::NoLeg)
        });
        self.homes().remove(&leg);
        answer
    }

    /// How a leg is now.
    pub async fn leg_figures(&self, leg: LegId) -> Option<Figures> {
        self.at(leg, move |worker| Ok(worker.figures(leg))).await.ok().flatten()
    }

    /// Joins two legs, each hears the other; what was played to them ends, former bridges of theirs end. Errors: no such
    /// leg, or they cannot share a worker.
    pub async fn bridge(&self, a: LegId, b: LegId) -> Result<(), MediaError> {
        self.bridging(a, b).await?.await
    }

    /// [`Self::bridge`], done when the order is given: nobody waits for the worker, except where a leg must move first.
    pub async fn bridging(&self, a: LegId, b: LegId) -> Result<Answer<()>, MediaError> {
        let (home_a, home_b) = (self.home(a)?, self.home(b)?);
        if home_a != home_b {
            self.unite((a, home_a), (b, home_b)).await?;
        }
        Ok(self.at(a, move |worker| worker.bridge(a, b)))
    }

    /// Moves the leg that has a socket of its own to the other's worker.
    async fn unite(&self, a: (LegId, usize), b: (LegId, usize)) -> Result<(), MediaError> {
        for (moving, staying) in [(a.0, b.1), (b.0, a.1)] {
            if self.shift(moving, staying).await? {
                return Ok(());
            }
        }
        Err(MediaError::Io("two browser legs on different workers".to_owned()))
    }

    /// Lets these legs hear each other, each all but itself; former bridges of theirs end, and what was played to them. Who is in a
    /// conference already stays without a break. Errors: no such leg, or they cannot share a worker.
    pub async fn mix(&self, legs: &[LegId]) -> Result<(), MediaError> {
        let Some((first, rest)) = legs.split_first() else { return Ok(()) };
        for (at, leg) in rest.iter().enumerate() {
            let (home, there) = (self.home(*first)?, self.home(*leg)?);
            if home == there || self.shift(*leg, home).await? {
                continue;
            }
            // A browser's leg stays where it is: the others come to it.
            for earlier in &legs[..=at] {
                if !self.shift(*earlier, there).await? {
                    return Err(MediaError::Io("two browser legs on different workers".to_owned()));
                }
            }
        }
        let (first, legs) = (*first, legs.to_vec());
        self.at(first, move |worker| worker.mix(&legs)).await
    }

    /// Moves a leg to this worker; `false`: its socket is not its own.
    async fn shift(&self, leg: LegId, to: usize) -> Result<bool, MediaError> {
        let home = self.home(leg)?;
        if home == to {
            return Ok(true);
        }
        let Some(taken) = self.on(home, move |worker| Ok(worker.release(leg))).await? else { return Ok(false) };
        let moved = self.on(to, move |worker| worker.adopt(taken)).await;
        match moved {
            Ok(()) => self.homes().insert(leg, to),
            // It is closed: what it had has been given back.
            Err(_) => self.homes().remove(&leg),
        };
        moved.map(|()| true)
    }

    /// Parts a leg from its peer or its conference: silence both ways. Errors: no such leg.
    pub fn unbridge(&self, leg: LegId) -> Answer<()> {
        self.at(leg, move |worker| worker.unbridge(leg))
    }

    /// The party hears itself. Errors: no such leg.
    pub fn echo(&self, leg: LegId) -> Answer<()> {
        self.at(leg, move |worker| worker.echo(leg))
    }

    /// Plays something to the party instead of its peer's audio. Errors: no such leg.
    pub fn play(&self, leg: LegId, play: Play) -> Answer<()> {
        self.at(leg, move |worker| worker.play(leg, play))
    }

    /// Plays these clips to the party one after the other instead of its peer's audio, from the next frame on; what was played
    /// before fades. A party that cannot be reached yet hears them from their beginning once it can; one that holds us misses
    /// them. News tell the end of each. Errors: no such leg.
    pub fn play_clips(&self, leg: LegId, items: Vec<PlayItem>) -> Answer<()> {
        self.at(leg, move |worker| worker.play_clips(leg, items))
    }

    /// Puts clips behind those that are played, without a gap; begins with them where none are. Errors: no such leg.
    pub fn queue_clips(&self, leg: LegId, items: Vec<PlayItem>) -> Answer<()> {
        self.at(leg, move |worker| worker.queue_clips(leg, items))
    }

    /// Ends what is played, with a fade of a few milliseconds. Errors: no such leg.
    pub fn stop_play(&self, leg: LegId) -> Answer<()> {
        self.at(leg, move |worker| worker.stop_play(leg))
    }

    /// Begins a recording; what is said comes with [`Self::record_leg`]. It ends by [`Self::record_stop`], or when every leg that
    /// it heard is closed. One that runs already, or an engine that has stopped, ends `out` at once.
    pub fn record(&self, recording: RecordingId, out: Box<dyn RecordingOut>) {
        self.recorder_does(recorder::Order::Begin(recording, self.0.clock.tick(), out));
    }

    /// What the leg's party says goes into the recording from now on, on this channel, copied off the path of packets; told
    /// twice it is heard once. Errors: no such leg, or as many recordings hear it as can.
    pub fn record_leg(&self, recording: RecordingId, leg: LegId, channel: Channel) -> Answer<()> {
        let recorder = self.recorder();
        self.at(leg, move |worker| {
            let (tap, spout) = tap::tap(recording);
            if let (true, Some(recorder)) = (worker.tap(leg, tap)?, recorder) {
                recorder.tell(recorder::Order::Hear(recording, channel, spout));
            }
            Ok(())
        })
    }

    /// The recording is silent from now on.
    pub fn record_pause(&self, recording: RecordingId) {
        self.recorder_does(recorder::Order::Pause(recording, self.0.clock.tick()));
    }

    /// The recording hears again.
    pub fn record_resume(&self, recording: RecordingId) {
        self.recorder_does(recorder::Order::Resume(recording, self.0.clock.tick()));
    }

    /// Ends the recording.
    pub fn record_stop(&self, recording: RecordingId) {
        self.recorder_does(recorder::Order::Stop(recording, self.0.clock.tick()));
    }

    fn recorder(&self) -> Option<Recorder> {
        self.0.recorder.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn recorder_does(&self, order: recorder::Order) {
        match self.recorder() {
            Some(recorder) => recorder.tell(order),
            None => recorder::refuse(order),
        }
    }

    /// Sends a digit for `ms` milliseconds by RFC 4733, or as a tone where the party does not take events; digits queue.
    /// Errors: no such leg.
    pub fn send_digit(&self, leg: LegId, digit: char, ms: u32) -> Answer<()> {
        self.at(leg, move |worker| worker.send_digit(leg, digit, ms))
    }

    /// How much of this frequency the party sent in the last half second; `None` without audio.
    pub async fn hear(&self, leg: LegId, hz: u16) -> Option<Heard> {
        self.at(leg, move |worker| Ok(worker.hear(leg, hz))).await.ok().flatten()
    }

    /// Sums over all workers.
    pub async fn stats(&self) -> EngineStats {
        let mut sum = EngineStats { free_udp_ports: self.0.ports.free(self.0.clock.tick()), ..EngineStats::default() };
        for index in 0..self.0.posts.len() {
            let Ok(one) = self.on(index, |worker| Ok(worker.stats())).await else { continue };
            sum.legs += one.legs;
            sum.bridged += one.bridged;
            sum.received += one.received;
            sum.sent += one.sent;
            sum.refused += one.refused;
        }
        sum
    }

    /// Whether every worker takes orders.
    pub async fn answers(&self) -> bool {
        for index in 0..self.0.posts.len() {
            if self.on(index, |_| Ok(())).await.is_err() {
                return false;
            }
        }
        true
    }

    /// Stops the workers, saying goodbye to browsers; later orders fail with [`MediaError::Stopped`].
    pub async fn stop(&self) {
        for index in 0..self.0.posts.len() {
            let stopped = self.on(index, |worker| {
                worker.stop();
                Ok(())
            });
            drop(stopped.await);
        }
        // Its thread ends what runs and then itself.
        drop(self.0.recorder.lock().unwrap_or_else(PoisonError::into_inner).take());
        let threads = std::mem::take(&mut *self.0.threads.lock().unwrap_or_else(PoisonError::into_inner));
        for thread in threads {
            drop(tokio::task::spawn_blocking(move || thread.join()).await);
        }
        self.homes().clear();
    }

    fn at<T: Send + 'static>(
        &self,
        leg: LegId,
        order: impl FnOnce(&mut Worker) -> Result<T, MediaError> + Send + 'static,
    ) -> Answer<T> {
        match self.home(leg) {
            Ok(home) => self.on(home, order),
            Err(why) => Answer::failed(why),
        }
    }

    fn on<T: Send + 'static>(
        &self,
        index: usize,
        order: impl FnOnce(&mut Worker) -> Result<T, MediaError> + Send + 'static,
    ) -> Answer<T> {
        let post = &self.0.posts[index];
        let (reply, answer) = oneshot::channel();
        // Nobody may be left to hear the answer; the order stands all the same.
        let order: Order = Box::new(move |worker| drop(reply.send(order(worker))));
        if post.orders.send(order).is_err() {
            return Answer::failed(MediaError::Stopped);
        }
        post.bell.ring();
        Answer::of(answer)
    }

    /// Opens a leg and goes on with it. Its worker is known from now on, so that orders may follow at once.
    fn opening<T: Send + 'static>(
        &self,
        open: LegOpen,
        then: impl FnOnce(&mut Worker) -> Result<T, MediaError> + Send + 'static,
    ) -> Answer<T> {
        let leg = open.leg;
        let home = {
            let mut homes = self.homes();
            let near = open.near.and_then(|near| homes.get(&near).copied());
            let home = near.unwrap_or_else(|| (open.call.uuid().as_u128() % self.0.posts.len() as u128) as usize);
            *homes.entry(leg).or_insert(home)
        };
        let homes = Arc::clone(&self.0.homes);
        self.on(home, move |worker| match worker.open(open) {
            Ok(()) => then(worker),
            Err(why) => {
                homes.lock().unwrap_or_else(PoisonError::into_inner).remove(&leg);
                Err(why)
            }
        })
    }

    fn home(&self, leg: LegId) -> Result<usize, MediaError> {
        self.homes().get(&leg).copied().ok_or(MediaError::NoLeg)
    }

    fn homes(&self) -> MutexGuard<'_, HashMap<LegId, usize>> {
        self.0.homes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn of_worker(mut seed: [u8; 32], index: usize) -> [u8; 32] {
    for (byte, salt) in seed.iter_mut().zip((index as u64).to_le_bytes()) {
        *byte ^= salt;
    }
    seed
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{api::MediaLegKind, leg::Link};
    use patchbay_kernel::{CallId, SeededEntropy, Tick, Wall};
    use patchbay_plane::SrtpMode;

    /// Time that stands.
    struct Standing;

    impl Clock for Standing {
        fn tick(&self) -> Tick {
            Tick::from_ms(1)
        }
        fn wall(&self) -> Wall {
            Wall::from_unix_ms(1)
        }
    }

    #[tokio::test]
    async fn a_leg_that_cannot_move_gives_back_what_it_had() {
        let config = EngineConfig {
            bind: [127, 0, 0, 1].into(),
            advertised: [127, 0, 0, 1].into(),
            browser_udp_port: 0,
            rtp_first: 9_400,
            rtp_last: 9_499,
            workers: 2,
        };
        let (engine, _news) = Engine::start(config, Arc::new(Standing), [5; 32]).unwrap();
        let (born, mut chance) = (Wall::from_unix_ms(1), SeededEntropy::new(1));
        let (call, leg) = (CallId::new(born, &mut chance), LegId::new(born, &mut chance));
        let kind = MediaLegKind::gateway(SrtpMode::Off, false);
        engine.leg_open(LegOpen { leg, call, kind, near: None }).await.unwrap();
        let rests = |engine: &Engine| engine.0.ports.all();
        assert_eq!(rests(&engine), 49, "one is in use");
        let home = engine.home(leg).unwrap();
        let taken = engine.on(home, move |worker| Ok(worker.release(leg))).await.unwrap().unwrap();
        let refused = engine.on(1 - home, move |worker| {
            // The wait refuses what it knows already.
            if let Link::Rtp(link) = &taken.link {
                worker.poll.add(&link.socket, 99).unwrap();
            }
            let slots = worker.slots.len();
            let refused = worker.adopt(taken).unwrap_err();
            assert!(worker.slots.len() <= slots + 1 && worker.slots.iter().all(Option::is_none));
            Ok(refused)
        });
        assert!(matches!(refused.await, Ok(MediaError::Io(_))));
        assert_eq!(rests(&engine), 50, "and it was given back");
        engine.stop().await;
    }
}
