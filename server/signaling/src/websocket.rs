//! SIP over WebSocket (RFC 7118): one message of the socket is one SIP message. Upgrade, Origin and ticket are the node's.

use futures::{Sink, SinkExt, Stream, StreamExt};
use patchbay_sip::wire::frame::{LONGEST_BODY, LONGEST_HEAD};
use tokio::{sync::mpsc, time::timeout};

use crate::{
    gate::Bucket,
    queue::Waiting,
    shell::Heard,
    stats::add,
    stream::{Line, PONG},
};

impl Line {
    /// Until either direction ends.
    pub(crate) async fn run_websocket<S, E>(self, socket: S, waiting: Waiting)
    where
        S: Stream<Item = Result<Vec<u8>, E>> + Sink<Vec<u8>> + Send + 'static,
    {
        let (sink, stream) = Box::pin(socket).split();
        let (pongs, wanted) = mpsc::channel(4);
        tokio::select! {
            () = self.listen(stream, pongs) => {}
            () = self.speak(sink, waiting, wanted) => {}
        }
    }

    async fn listen<E>(&self, mut stream: impl Stream<Item = Result<Vec<u8>, E>> + Unpin, pongs: mpsc::Sender<()>) {
        let (per_s, burst) = (self.limits.messages_per_s, self.limits.burst);
        let mut bucket = Bucket::full(burst, self.clock.tick());
        loop {
            let bytes = match timeout(self.limits.idle, stream.next()).await {
                Ok(Some(Ok(bytes))) => bytes,
                Ok(_) => return,
                Err(_) => return add(&self.counters.reads_timed_out),
            };
            if bytes.iter().all(|byte| matches!(byte, b'\r' | b'\n')) {
                if bytes.len() >= 4 {
                    let _ = pongs.try_send(());
                }
                continue;
            }
            if bytes.len() > LONGEST_HEAD + LONGEST_BODY {
                return add(&self.counters.unframed);
            }
            while let Err(micros) = bucket.take(per_s, burst, self.clock.tick()) {
                tokio::time::sleep(std::time::Duration::from_micros(micros)).await;
            }
            if self.heard.send(Heard::Message(self.flow, bytes)).await.is_err() {
                return;
            }
        }
    }

    async fn speak(&self, mut sink: impl Sink<Vec<u8>> + Unpin, mut waiting: Waiting, mut pongs: mpsc::Receiver<()>) {
        loop {
            let bytes = tokio::select! {
                next = waiting.next() => match next {
                    Some(bytes) => bytes,
                    None => break,
                },
                Some(()) = pongs.recv() => PONG.into(),
            };
            match timeout(self.limits.write_within, sink.send(bytes.to_vec())).await {
                Ok(Ok(())) if *bytes == *PONG => {}
                Ok(Ok(())) => waiting.written(bytes.len()),
                Ok(Err(_)) => return,
                Err(_) => return add(&self.counters.writes_timed_out),
            }
        }
        let _ = timeout(self.limits.write_within, sink.close()).await;
    }
}
