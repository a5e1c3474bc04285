//! The body of an answer that may be doomed: to a panic, or to break off after so many messages.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;
use tokio::time::Sleep;
use tonic::Status;

use super::{Fault, WHY, fire};
use crate::call_context::CallContext;

/// One byte of flags, four of length.
const HEADER: usize = 5;
/// Long enough for what went before to be on the wire, also where the connection's thread has to wait for its turn.
const PAUSE: Duration = Duration::from_millis(500);

/// What will become of a body.
#[derive(Debug)]
pub(super) struct Doom {
    hop: &'static str,
    fault: Fault,
    count: Count,
    /// Before a reset, which overtakes what has not been written yet.
    pause: Option<Pin<Box<Sleep>>>,
}

impl Doom {
    pub(super) fn panic(hop: &'static str) -> Self {
        Self {
            hop,
            fault: Fault::PanicStream,
            count: Count::of(0),
            pause: None,
        }
    }

    pub(super) fn reset(hop: &'static str, messages: u32) -> Self {
        Self {
            hop,
            fault: Fault::ResetAfter(messages),
            count: Count::of(messages),
            pause: None,
        }
    }

    fn poll_pause(&mut self, context: &mut Context<'_>) -> Poll<()> {
        if self.fault == Fault::PanicStream {
            return Poll::Ready(());
        }
        let sleep = || Box::pin(tokio::time::sleep(PAUSE));
        self.pause.get_or_insert_with(sleep).as_mut().poll(context)
    }

    fn strike(&self) -> Status {
        fire(self.hop, self.fault);
        assert!(self.fault != Fault::PanicStream, "{WHY}");
        // As it is for whoever sees the stream reset by INTERNAL_ERROR.
        Status::internal(WHY)
    }
}

/// How much of a body is let through: so many whole messages.
#[derive(Debug)]
struct Count {
    messages: u32,
    header: Vec<u8>,
    /// What is still to come of a message.
    left: usize,
}

impl Count {
    fn of(messages: u32) -> Self {
        Self {
            messages,
            header: Vec::with_capacity(HEADER),
            left: 0,
        }
    }

    /// How many of these bytes belong to messages that are let through.
    fn of_data(&mut self, data: &[u8]) -> usize {
        let mut at = 0;
        while at < data.len() && self.messages > 0 {
            if self.header.len() < HEADER {
                self.header.push(data[at]);
                at += 1;
                if let [_, length @ ..] = &self.header[..]
                    && let Ok(length) = length.try_into()
                {
                    self.left = u32::from_be_bytes(length) as usize;
                }
            } else {
                let part = self.left.min(data.len() - at);
                self.left -= part;
                at += part;
            }
            if self.header.len() == HEADER && self.left == 0 {
                self.header.clear();
                self.messages -= 1;
            }
        }
        at
    }
}

pin_project! {
    /// The body of an answer through [`FaultService`](super::FaultService).
    pub struct FaultBody<B> {
        #[pin]
        inner: B,
        // None where the call asks for no faults.
        carried: Option<CallContext>,
        doom: Option<Doom>,
    }
}

impl<B> FaultBody<B> {
    pub(super) fn new(inner: B, carried: Option<CallContext>, doom: Option<Doom>) -> Self {
        Self {
            inner,
            carried,
            doom,
        }
    }
}

impl<B: Default> Default for FaultBody<B> {
    fn default() -> Self {
        Self::new(B::default(), None, None)
    }
}

impl<B> Body for FaultBody<B>
where
    B: Body<Data = Bytes, Error = Status>,
{
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        let this = self.project();
        let _entered = this.carried.clone().map(CallContext::enter);
        match this.doom {
            Some(doom) if doom.count.messages == 0 => {
                ready!(doom.poll_pause(context));
                return Poll::Ready(Some(Err(doom.strike())));
            }
            _ => {}
        }
        let frame = ready!(this.inner.poll_frame(context));
        let Some(doom) = this.doom else {
            return Poll::Ready(frame);
        };
        Poll::Ready(frame.map(|frame| {
            frame.map(|frame| match frame.into_data() {
                Ok(data) => {
                    let passed = doom.count.of_data(&data);
                    Frame::data(data.slice(..passed))
                }
                Err(rest) => rest,
            })
        }))
    }

    fn is_end_stream(&self) -> bool {
        self.doom.is_none() && self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        match self.doom {
            Some(_) => SizeHint::default(),
            None => self.inner.size_hint(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_messages_pass_however_they_are_cut() {
        let two = [0, 0, 0, 0, 1, 7, 0, 0, 0, 0, 0, 0, 0];
        for (messages, passed) in [(0, 0), (1, 6), (2, 11), (3, 13)] {
            for size in 1..two.len() {
                let mut count = Count::of(messages);
                let parts = two.chunks(size).map(|part| count.of_data(part));
                assert_eq!(parts.sum::<usize>(), passed, "{messages} by {size}");
            }
        }
    }
}
