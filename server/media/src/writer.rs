//! The writer's thread: hands what the recorder made to whoever keeps it. It is the only one that waits for a disk. Nobody waits
//! for it, and what waits for it has an end.

use std::{
    collections::HashMap,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering::Relaxed},
        mpsc::{Receiver, Sender, channel},
    },
    thread::JoinHandle,
};

use patchbay_kernel::RecordingId;
use patchbay_plane::{RecordingEnd, RecordingFault, RecordingOut};

/// Samples of a recording that may wait for the disk: twelve seconds of two channels, 384 kB. More is a store that is too slow.
const WAITING: u64 = 192_000;

/// What the recorder knows of a recording's way to its store.
#[derive(Default)]
pub struct Line {
    waiting: AtomicU64,
    broken: AtomicBool,
}

enum Job {
    Begin(RecordingId, Box<dyn RecordingOut>, Arc<Line>),
    Piece(RecordingId, Vec<i16>),
    End(RecordingId, RecordingEnd),
}

/// The thread as the recorder sees it. It ends when this is gone, after it has written what waits.
pub struct Writer(Sender<Job>);

impl Writer {
    /// Starts the thread. Errors: the system refuses one.
    pub fn start() -> std::io::Result<(Self, JoinHandle<()>)> {
        let (jobs, inbox) = channel();
        let thread = std::thread::Builder::new().name("media-writer".into()).spawn(move || run(&inbox))?;
        Ok((Self(jobs), thread))
    }

    /// Begins a recording.
    pub fn begin(&self, id: RecordingId, out: Box<dyn RecordingOut>) -> Arc<Line> {
        let line = Arc::<Line>::default();
        drop(self.0.send(Job::Begin(id, out, Arc::clone(&line))));
        line
    }

    /// The next samples, left and right in turn.
    ///
    /// # Errors
    /// When the store has failed, or takes less than is said.
    pub fn write(&self, id: RecordingId, line: &Line, stereo: Vec<i16>) -> Result<(), RecordingFault> {
        if line.broken.load(Relaxed) {
            return Err(RecordingFault::StoreFailed);
        }
        let length = stereo.len() as u64;
        if line.waiting.load(Relaxed) + length > WAITING {
            return Err(RecordingFault::StoreSlow);
        }
        line.waiting.fetch_add(length, Relaxed);
        drop(self.0.send(Job::Piece(id, stereo)));
        Ok(())
    }

    /// Nothing more comes. A recording whose store has failed has ended already, with what the store said.
    pub fn end(&self, id: RecordingId, how: RecordingEnd) {
        drop(self.0.send(Job::End(id, how)));
    }
}

struct Open {
    out: Box<dyn RecordingOut>,
    line: Arc<Line>,
    written: u64,
}

fn run(inbox: &Receiver<Job>) {
    let mut open: HashMap<RecordingId, Open> = HashMap::new();
    while let Ok(job) = inbox.recv() {
        match job {
            Job::Begin(id, out, line) => drop(open.insert(id, Open { out, line, written: 0 })),
            Job::Piece(id, stereo) => piece(&mut open, id, &stereo),
            Job::End(id, how) => {
                if let Some(one) = open.remove(&id) {
                    end(id, one, how);
                }
            }
        }
    }
}

fn piece(open: &mut HashMap<RecordingId, Open>, id: RecordingId, stereo: &[i16]) {
    let Some(one) = open.get_mut(&id) else { return };
    let done = catch_unwind(AssertUnwindSafe(|| one.out.write(stereo))).unwrap_or(Err(RecordingFault::Recorder));
    one.line.waiting.fetch_sub(stereo.len() as u64, Relaxed);
    match done {
        Ok(()) => one.written += stereo.len() as u64 / 2,
        Err(fault) => {
            one.line.broken.store(true, Relaxed);
            if let Some(one) = open.remove(&id) {
                let how = RecordingEnd { ms: one.written / 8, ..RecordingEnd::failed(fault) };
                end(id, one, how);
            }
        }
    }
}

fn end(id: RecordingId, one: Open, how: RecordingEnd) {
    if catch_unwind(AssertUnwindSafe(|| one.out.end(how))).is_err() {
        tracing::error!(recording = %id, "the end of a recording failed");
    }
}
