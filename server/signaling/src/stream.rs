//! One connection, TCP or TLS alike: cuts what comes into messages, writes what waits.

use std::{sync::Arc, time::Duration};

use patchbay_kernel::{Bucket, Clock, Tick};
use patchbay_sip::{
    FlowId,
    wire::frame::{Frame, frame},
};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    sync::mpsc,
    time::timeout,
};

use crate::{
    config::Limits,
    places::Standing,
    queue::Waiting,
    shell::Heard,
    stats::{Counters, add},
};

/// Answer to a double CRLF. Source: RFC 5626 section 4.4.1.
pub(crate) const PONG: &[u8] = b"\r\n";

/// Room that an idle connection keeps, in bytes.
const SMALL: usize = 2_048;

/// What a connection's task needs besides the connection.
pub(crate) struct Line {
    pub flow: FlowId,
    pub standing: Arc<Standing>,
    pub limits: Arc<Limits>,
    pub clock: Arc<dyn Clock>,
    pub heard: mpsc::Sender<Heard>,
    pub counters: Arc<Counters>,
    /// Whether we chose the peer: its silence is no attack, and it may send as much as a known source.
    pub proven: bool,
}

impl Line {
    /// Until either direction ends.
    pub async fn run<S: AsyncRead + AsyncWrite>(self, io: S, waiting: Waiting) {
        let (reader, writer) = tokio::io::split(io);
        let (pongs, wanted) = mpsc::channel(4);
        tokio::select! {
            () = self.read(reader, pongs) => {}
            () = self.standing.leave.notified() => add(&self.counters.strangers_closed),
            () = write(writer, waiting, wanted, &self.limits, &self.counters) => {}
        }
    }

    /// Messages a second and at once.
    fn rate(&self) -> (u32, u32) {
        let factor = if self.proven { self.limits.known_factor.max(1) } else { 1 };
        (self.limits.messages_per_s.saturating_mul(factor), self.limits.burst.saturating_mul(factor))
    }

    async fn read(&self, reader: impl AsyncRead, pongs: mpsc::Sender<()>) {
        tokio::pin!(reader);
        let opened_at = self.clock.tick();
        let mut spoken = self.proven;
        let mut buffer = Vec::with_capacity(SMALL);
        let mut began: Option<Tick> = None;
        let mut bucket = Bucket::full(self.rate().1, opened_at);
        loop {
            let strange = !self.standing.is_signed_in();
            let patience = self.patience(began, spoken, opened_at);
            if patience.is_zero() {
                // A read that is always ready would never time out.
                return self.too_late(opened_at);
            }
            let before = buffer.len();
            match timeout(patience, reader.read_buf(&mut buffer)).await {
                Ok(Ok(0) | Err(_)) => return,
                Ok(Ok(_)) => {}
                // It may have signed in while we waited for less.
                Err(_) if strange && self.standing.is_signed_in() => continue,
                Err(_) => return self.too_late(opened_at),
            }
            let dribble = buffer.len() - before < 64;
            let Some(whole) = self.cut(&mut buffer, &pongs, &mut bucket).await else { return };
            spoken |= whole;
            if whole || buffer.is_empty() {
                began = None;
            }
            if buffer.is_empty() {
                // One large message does not make a large connection.
                buffer.shrink_to(SMALL);
                continue;
            }
            if buffer.len() > self.limits.strange_message_bytes && !self.standing.is_signed_in() {
                return add(&self.counters.unframed);
            }
            began = began.or_else(|| Some(self.clock.tick()));
            if dribble {
                // A peer that sends byte by byte makes us look at the same head again and again: not more often than this.
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        }
    }

    /// How long to wait for the next bytes.
    fn patience(&self, began: Option<Tick>, spoken: bool, opened_at: Tick) -> Duration {
        let now = self.clock.tick();
        let patience = match began {
            Some(began) => self.limits.message_within.saturating_sub(age(began, now)),
            None if spoken => self.limits.idle,
            None => self.limits.first_message_within.saturating_sub(age(opened_at, now)),
        };
        if self.standing.is_signed_in() {
            return patience;
        }
        patience.min(self.limits.sign_in_within.saturating_sub(age(opened_at, now)))
    }

    fn too_late(&self, opened_at: Tick) {
        let had_its_time = age(opened_at, self.clock.tick()) >= self.limits.sign_in_within;
        let strange = had_its_time && !self.standing.is_signed_in();
        add(if strange { &self.counters.strangers_closed } else { &self.counters.reads_timed_out });
    }

    /// Gives out every whole message; `Some(true)` when there was one, `None` when the connection must close.
    async fn cut(&self, buffer: &mut Vec<u8>, pongs: &mpsc::Sender<()>, bucket: &mut Bucket) -> Option<bool> {
        let (mut at, mut whole) = (0, false);
        let (per_s, burst) = self.rate();
        while at < buffer.len() {
            match frame(&buffer[at..]) {
                Frame::Need => break,
                Frame::KeepAlive(length) => {
                    // A ping that finds four answers waiting needs no fifth.
                    if length == 4 {
                        let _ = pongs.try_send(());
                    }
                    at += length;
                }
                Frame::Message(length) => {
                    while let Err(micros) = bucket.take(per_s, burst, self.clock.tick()) {
                        tokio::time::sleep(Duration::from_micros(micros)).await;
                    }
                    let bytes = buffer[at..at + length].to_vec();
                    self.heard.send(Heard::Message(self.flow, bytes)).await.ok()?;
                    at += length;
                    whole = true;
                }
                Frame::Close => {
                    add(&self.counters.unframed);
                    return None;
                }
            }
        }
        buffer.drain(..at);
        Some(whole)
    }
}

async fn write(
    writer: impl AsyncWrite,
    mut waiting: Waiting,
    mut pongs: mpsc::Receiver<()>,
    limits: &Limits,
    counters: &Counters,
) {
    tokio::pin!(writer);
    loop {
        let (mut batch, mut taken) = (Vec::new(), 0);
        tokio::select! {
            next = waiting.next() => match next {
                Some(bytes) => {
                    batch.extend_from_slice(&bytes);
                    taken = bytes.len();
                }
                None => break,
            },
            Some(()) = pongs.recv() => batch.extend_from_slice(PONG),
        }
        while batch.len() < 16 * 1024
            && let Some(bytes) = waiting.more()
        {
            batch.extend_from_slice(&bytes);
            taken += bytes.len();
        }
        let all = async {
            writer.write_all(&batch).await?;
            writer.flush().await
        };
        match timeout(limits.write_within, all).await {
            Ok(Ok(())) => waiting.written(taken),
            Ok(Err(_)) => return,
            Err(_) => return add(&counters.writes_timed_out),
        }
    }
    let _ = timeout(limits.write_within, writer.shutdown()).await;
}

fn age(since: Tick, now: Tick) -> Duration {
    Duration::from_micros(now.since(since).0)
}
