//! What waits for one connection's reader: never more than a number of bytes, never a wait for the sender.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering::Relaxed},
};

use tokio::sync::mpsc;

use crate::places::Standing;

/// The sender's end. When the last one is dropped, the connection writes what waits and closes.
#[derive(Clone)]
pub(crate) struct Queue {
    sender: mpsc::UnboundedSender<Arc<[u8]>>,
    waiting: Arc<AtomicUsize>,
    most: usize,
    /// Of the connection.
    pub standing: Arc<Standing>,
}

/// The connection's end.
pub(crate) struct Waiting {
    receiver: mpsc::UnboundedReceiver<Arc<[u8]>>,
    waiting: Arc<AtomicUsize>,
}

/// A queue for at most `most` bytes.
pub(crate) fn queue(most: usize, standing: Arc<Standing>) -> (Queue, Waiting) {
    let (sender, receiver) = mpsc::unbounded_channel();
    let waiting = Arc::new(AtomicUsize::new(0));
    (Queue { sender, waiting: waiting.clone(), most, standing }, Waiting { receiver, waiting })
}

impl Queue {
    /// Queues a message; `false` when it does not fit or nobody writes any more.
    pub fn push(&self, bytes: Arc<[u8]>) -> bool {
        let length = bytes.len();
        if self.waiting.fetch_add(length, Relaxed) + length > self.most {
            self.waiting.fetch_sub(length, Relaxed);
            return false;
        }
        self.sender.send(bytes).is_ok()
    }
}

impl Waiting {
    /// The next message; `None` when the owner let go of the connection and all is written.
    pub async fn next(&mut self) -> Option<Arc<[u8]>> {
        self.receiver.recv().await
    }

    /// A further message that waits already.
    pub fn more(&mut self) -> Option<Arc<[u8]>> {
        self.receiver.try_recv().ok()
    }

    /// So many bytes have been written.
    pub fn written(&self, length: usize) {
        self.waiting.fetch_sub(length, Relaxed);
    }
}
