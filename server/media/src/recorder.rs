//! The recorder's thread: takes what taps brought, puts it into two channels by time, hands it to the writer. It waits for nothing
//! but time.

use std::{
    collections::HashMap,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc,
        mpsc::{Receiver, RecvTimeoutError, Sender, channel},
    },
    thread::JoinHandle,
    time::Duration,
};

use patchbay_kernel::{Clock, RecordingId, Tick, time::Span};
use patchbay_plane::{Channel, RecordingEnd, RecordingFault, RecordingOut};

use crate::{
    tap::Spout,
    track::{Track, place},
    writer::{Line, Writer},
};

/// Between two looks.
const LOOK: Duration = Duration::from_millis(50);
/// So long a packet is waited for before its place is written, in samples: 400 ms.
const LAG: i64 = 3_200;
/// A recording ends after so long, whatever the call does.
const LONGEST: Span = Span::secs(6 * 3_600);
/// Samples of each channel that are handed on at once.
const PIECE: i64 = 8_000;
/// A pause is remembered for so long after its end: packets of it may still be on their way.
const REMEMBERED: Span = Span::secs(10);

/// An order to the thread.
pub enum Order {
    /// Begin a recording.
    Begin(RecordingId, Tick, Box<dyn RecordingOut>),
    /// What this leg says belongs to it, on this channel.
    Hear(RecordingId, Channel, Spout),
    /// It is silent from then on.
    Pause(RecordingId, Tick),
    /// It hears again from then on.
    Resume(RecordingId, Tick),
    /// It ends.
    Stop(RecordingId, Tick),
}

/// The thread as others see it. It ends when all of these are gone, after it has ended what runs.
#[derive(Clone)]
pub struct Recorder(Sender<Order>);

impl Recorder {
    /// Starts the thread and its writer. Errors: the system refuses one.
    pub fn start(clock: Arc<dyn Clock>) -> std::io::Result<(Self, [JoinHandle<()>; 2])> {
        let (orders, inbox) = channel();
        let (writer, writing) = Writer::start()?;
        let run = move || Desk { clock, writer, open: HashMap::new() }.run(&inbox);
        let thread = std::thread::Builder::new().name("media-recorder".into()).spawn(run)?;
        Ok((Self(orders), [thread, writing]))
    }
    /// Gives it an order; nothing after it has ended.
    pub fn tell(&self, order: Order) {
        if let Err(unheard) = self.0.send(order) {
            refuse(unheard.0);
        }
    }
}

/// What nobody will do: whoever would keep a recording is told.
pub fn refuse(order: Order) {
    if let Order::Begin(_, _, out) = order {
        out.end(RecordingEnd::failed(RecordingFault::Recorder));
    }
}

struct Open {
    id: RecordingId,
    line: Arc<Line>,
    from: Tick,
    legs: Vec<(Channel, Spout, Track)>,
    /// Somebody was heard: it ends when the last of them is gone.
    heard: bool,
    written: i64,
    lost: u64,
    /// Pauses and their ends, also those that are over and whose packets may still come.
    pauses: Vec<(Tick, Option<Tick>)>,
    stop: Option<Tick>,
}

struct Desk {
    clock: Arc<dyn Clock>,
    writer: Writer,
    open: HashMap<RecordingId, Open>,
}

impl Desk {
    fn run(mut self, inbox: &Receiver<Order>) {
        loop {
            match inbox.recv_timeout(LOOK) {
                Ok(order) => self.order(order),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => break,
            }
            while let Ok(order) = inbox.try_recv() {
                self.order(order);
            }
            self.look(false);
        }
        self.look(true);
    }

    fn look(&mut self, last: bool) {
        let (now, writer) = (self.clock.tick(), &self.writer);
        self.open.retain(|id, one| {
            if last {
                one.stop.get_or_insert(now);
            }
            // What a decoder makes of a stranger's bytes must not end the recordings of others.
            catch_unwind(AssertUnwindSafe(|| one.look(now, writer))).unwrap_or_else(|_| {
                writer.end(*id, RecordingEnd::failed(RecordingFault::Recorder));
                false
            })
        });
    }

    fn order(&mut self, order: Order) {
        match order {
            Order::Begin(id, ..) if self.open.contains_key(&id) => refuse(order),
            Order::Begin(id, from, out) => {
                let line = self.writer.begin(id, out);
                let one = Open {
                    id,
                    line,
                    from,
                    legs: Vec::new(),
                    heard: false,
                    written: 0,
                    lost: 0,
                    pauses: Vec::new(),
                    stop: None,
                };
                self.open.insert(id, one);
            }
            Order::Hear(id, channel, spout) => {
                if let Some(one) = self.open.get_mut(&id) {
                    one.heard = true;
                    one.legs.push((channel, spout, Track::default()));
                }
            }
            Order::Pause(id, at) => self.open.get_mut(&id).into_iter().for_each(|one| one.paused(at)),
            Order::Resume(id, at) => {
                let last = self.open.get_mut(&id).and_then(|one| one.pauses.last_mut());
                if let Some((_, until @ None)) = last {
                    *until = Some(at);
                }
            }
            Order::Stop(id, at) => {
                if let Some(one) = self.open.get_mut(&id) {
                    one.stop.get_or_insert(at);
                }
            }
        }
    }
}

impl Open {
    /// Takes what was heard and hands on what is due; `false`: it is over.
    fn look(&mut self, now: Tick, writer: &Writer) -> bool {
        for (_, spout, track) in &mut self.legs {
            while let Some(packet) = spout.next() {
                let within = |(since, until): &(Tick, Option<Tick>)| {
                    packet.at >= *since && until.is_none_or(|until| packet.at < until)
                };
                let muted = self.pauses.iter().any(within);
                let after = self.stop.is_some_and(|stop| packet.at > stop);
                if !muted && !after {
                    track.take(&packet, self.from);
                }
            }
            self.lost += spout.missed();
        }
        self.pauses.retain(|(_, until)| until.is_none_or(|until| now.since(until) < REMEMBERED));
        let gone = self.heard && self.legs.iter().all(|(_, spout, _)| spout.is_over());
        if gone || now.since(self.from) > LONGEST {
            self.stop.get_or_insert(now);
        }
        let until = match self.stop {
            Some(stop) => place(stop, self.from),
            None => place(now, self.from) - LAG,
        };
        let fault = self.write(until, self.stop.is_some(), writer).err();
        // A leg that is gone has said all, once its last words are written.
        let written = self.written;
        self.legs.retain(|(_, spout, track)| !(spout.is_over() && track.is_before(written)));
        if self.stop.is_none() && fault.is_none() {
            return true;
        }
        writer.end(self.id, RecordingEnd { ms: self.written.unsigned_abs() / 8, lost: self.lost, fault });
        false
    }

    /// Hands on everything before this place, in pieces; less than a piece only when it is the last.
    fn write(&mut self, until: i64, last: bool, writer: &Writer) -> Result<(), RecordingFault> {
        while self.written < until {
            let piece = (until - self.written).min(PIECE);
            if piece < PIECE && !last {
                break;
            }
            let length = usize::try_from(piece).unwrap_or(0);
            let mut sides = [vec![0; length], vec![0; length]];
            for (channel, _, track) in &mut self.legs {
                let side = match channel {
                    Channel::Left => &mut sides[0],
                    Channel::Right => &mut sides[1],
                };
                track.drain(self.written + piece, side);
            }
            let [left, right] = sides;
            let stereo: Vec<i16> = left.into_iter().zip(right).flat_map(|(left, right)| [left, right]).collect();
            self.written += piece;
            writer.write(self.id, &self.line, stereo)?;
        }
        Ok(())
    }

    /// Silent from then on: also what was heard since and is not written yet.
    fn paused(&mut self, at: Tick) {
        if self.pauses.last().is_some_and(|(_, until)| until.is_none()) {
            return;
        }
        self.pauses.push((at, None));
        for (_, _, track) in &mut self.legs {
            track.hush(place(at, self.from));
        }
    }
}
