//! The answer to an order: the order is on its way as soon as it was given, whether or not anybody waits.

use std::{
    future::Future,
    pin::Pin,
    task::{Context, Poll},
};

use tokio::sync::oneshot;

use crate::api::MediaError;

/// What a worker will say to an order. Dropping it changes nothing for the order, and orders to one worker are obeyed in the
/// order in which they were given: who does not need the answer need not wait.
#[derive(Debug)]
pub struct Answer<T>(Result<oneshot::Receiver<Result<T, MediaError>>, MediaError>);

impl<T> Answer<T> {
    pub(crate) const fn of(receiver: oneshot::Receiver<Result<T, MediaError>>) -> Self {
        Self(Ok(receiver))
    }

    pub(crate) const fn failed(why: MediaError) -> Self {
        Self(Err(why))
    }
}

impl<T> Future for Answer<T> {
    type Output = Result<T, MediaError>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        match &mut self.0 {
            Ok(receiver) => Pin::new(receiver).poll(context).map(|heard| heard.unwrap_or(Err(MediaError::Stopped))),
            Err(why) => Poll::Ready(Err(why.clone())),
        }
    }
}
