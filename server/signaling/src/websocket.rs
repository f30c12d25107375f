//! SIP over WebSocket (RFC 7118): one message of the socket is one SIP message. Upgrade, Origin and ticket are the node's.

use futures::{Sink, SinkExt, Stream, StreamExt};
use patchbay_kernel::Bucket;
use patchbay_sip::wire::frame::{LONGEST_BODY, LONGEST_HEAD};
use tokio::{sync::mpsc, time::timeout};

use crate::{
    pulse::{Pulse, Silence},
    queue::Waiting,
    shell::Heard,
    stats::add,
    stream::{Line, PONG},
};

/// What a WebSocket carries, in both directions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WebSocketFrame {
    /// A text or binary message: one SIP message, or a CRLF keep-alive.
    Message(Vec<u8>),
    /// A ping. The socket answers those that come; it is told of them because they are a sign of life.
    Ping,
    /// The answer to a ping of ours.
    Pong,
}

/// What the listening half asks of the speaking half.
#[derive(Clone, Copy, Debug)]
enum Ask {
    /// Answer a CRLF keep-alive.
    Crlf,
    Ping,
}

impl Line {
    /// Until either direction ends.
    pub(crate) async fn run_websocket<S, E>(self, socket: S, waiting: Waiting)
    where
        S: Stream<Item = Result<WebSocketFrame, E>> + Sink<WebSocketFrame> + Send + 'static,
    {
        let (sink, stream) = Box::pin(socket).split();
        let (asks, asked) = mpsc::channel(4);
        tokio::select! {
            () = self.listen(stream, asks) => {}
            () = self.speak(sink, waiting, asked) => {}
        }
    }

    async fn listen<E>(
        &self,
        mut stream: impl Stream<Item = Result<WebSocketFrame, E>> + Unpin,
        asks: mpsc::Sender<Ask>,
    ) {
        let mut bucket = Bucket::full(self.limits.burst, self.clock.tick());
        let mut pulse = Pulse::new(&self.limits, self.clock.tick());
        loop {
            // What is there already is read before the wait of nothing ends.
            let frame = match timeout(pulse.wait(self.clock.tick()), stream.next()).await {
                Ok(Some(Ok(frame))) => frame,
                Ok(_) => return,
                Err(_) => match pulse.silent(self.clock.tick()) {
                    Silence::Fine => continue,
                    // A writer that has four things to say already is stuck: the silence behind it will tell.
                    Silence::Ping => {
                        let _ = asks.try_send(Ask::Ping);
                        continue;
                    }
                    Silence::Dead => {
                        add(&self.counters.pulses_lost);
                        tracing::info!(peer = %self.flow.peer(), "A WebSocket is closed: its pings stay without answer");
                        return;
                    }
                },
            };
            pulse.heard(self.clock.tick());
            if let WebSocketFrame::Message(bytes) = frame
                && !self.message(bytes, &asks, &mut bucket).await
            {
                return;
            }
        }
    }

    /// `false`: the connection must close.
    async fn message(&self, bytes: Vec<u8>, asks: &mpsc::Sender<Ask>, bucket: &mut Bucket) -> bool {
        if bytes.iter().all(|byte| matches!(byte, b'\r' | b'\n')) {
            if bytes.len() >= 4 {
                let _ = asks.try_send(Ask::Crlf);
            }
            return true;
        }
        if bytes.len() > LONGEST_HEAD + LONGEST_BODY {
            add(&self.counters.unframed);
            return false;
        }
        while let Err(micros) = bucket.take(self.limits.messages_per_s, self.limits.burst, self.clock.tick()) {
            tokio::time::sleep(std::time::Duration::from_micros(micros)).await;
        }
        self.heard.send(Heard::Message(self.flow, bytes)).await.is_ok()
    }

    async fn speak(
        &self,
        mut sink: impl Sink<WebSocketFrame> + Unpin,
        mut waiting: Waiting,
        mut asked: mpsc::Receiver<Ask>,
    ) {
        loop {
            let (frame, taken) = tokio::select! {
                next = waiting.next() => match next {
                    Some(bytes) => (WebSocketFrame::Message(bytes.to_vec()), bytes.len()),
                    None => break,
                },
                Some(ask) = asked.recv() => match ask {
                    Ask::Crlf => (WebSocketFrame::Message(PONG.to_vec()), 0),
                    Ask::Ping => (WebSocketFrame::Ping, 0),
                },
            };
            match timeout(self.limits.write_within, sink.send(frame)).await {
                Ok(Ok(())) => waiting.written(taken),
                Ok(Err(_)) => return,
                Err(_) => return add(&self.counters.writes_timed_out),
            }
        }
        let _ = timeout(self.limits.write_within, sink.close()).await;
    }
}
