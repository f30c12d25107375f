//! Both ends of a WebSocket in memory.

use std::{
    convert::Infallible,
    pin::Pin,
    task::{Context, Poll},
};

use futures::{
    Sink, Stream,
    channel::mpsc::{Receiver, Sender, channel},
};

use patchbay_signaling::WebSocketFrame;

pub struct Pipe {
    to: Sender<WebSocketFrame>,
    from: Receiver<WebSocketFrame>,
}

pub fn pipe() -> (Pipe, Pipe) {
    let ((to_b, from_a), (to_a, from_b)) = (channel(8), channel(8));
    (Pipe { to: to_b, from: from_b }, Pipe { to: to_a, from: from_a })
}

impl Stream for Pipe {
    type Item = Result<WebSocketFrame, Infallible>;
    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        Pin::new(&mut self.from).poll_next(cx).map(|item| item.map(Ok))
    }
}

impl Sink<WebSocketFrame> for Pipe {
    type Error = futures::channel::mpsc::SendError;
    fn poll_ready(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        Pin::new(&mut self.to).poll_ready(cx)
    }
    fn start_send(mut self: Pin<&mut Self>, item: WebSocketFrame) -> Result<(), Self::Error> {
        Pin::new(&mut self.to).start_send(item)
    }
    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        Pin::new(&mut self.to).poll_flush(cx)
    }
    fn poll_close(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        Pin::new(&mut self.to).poll_close(cx)
    }
}
