//! Bodies on their way through: neither tells its size, and an answer always ends with a gRPC status.
//!
//! Sizes go because they are not those of what goes out: a base64 request reports the size of its base64, and
//! HTTP/2 would write that as `content-length` of the decoded one, which resets the stream.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::{Buf as _, Bytes};
use http::HeaderMap;
use http_body::{Body, Frame};
use pin_project_lite::pin_project;
use tonic::Status;

use crate::headers;
use crate::proxy::{BoxError, failure, is_reset_by_service};

pin_project! {
    /// A request's body without its size and without frames that carry nothing: those that end a stream come in as
    /// empty data, and a service's connection takes a hundred of them in its life before it is broken off as abuse.
    pub(crate) struct Unsized<B> {
        #[pin]
        inner: B,
    }
}

impl<B> Unsized<B> {
    pub(crate) fn new(inner: B) -> Self {
        Self { inner }
    }
}

impl<B: Body> Body for Unsized<B> {
    type Data = B::Data;
    type Error = B::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<B::Data>, B::Error>>> {
        let mut inner = self.project().inner;
        loop {
            let frame = ready!(inner.as_mut().poll_frame(context));
            let empty = |data: &B::Data| data.remaining() == 0;
            let is_empty = matches!(&frame, Some(Ok(frame)) if frame.data_ref().is_some_and(empty));
            if !is_empty {
                return Poll::Ready(frame);
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }
}

pin_project! {
    /// A service's answer without its size. It ends with a status, or with an error that is one.
    pub(crate) struct Answer<B> {
        #[pin]
        inner: B,
        // Whether the status has gone by, in the head or in trailers.
        ended: bool,
        // Whether what a service says of its INTERNAL errors comes back.
        details: bool,
    }
}

impl<B> Answer<B> {
    /// `status_in_head`: nothing but the end may follow.
    pub(crate) fn new(inner: B, status_in_head: bool, details: bool) -> Self {
        Self {
            inner,
            ended: status_in_head,
            details,
        }
    }
}

impl<B> Body for Answer<B>
where
    B: Body<Data = Bytes>,
    B::Error: Into<BoxError>,
{
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        let this = self.project();
        if *this.ended {
            return Poll::Ready(None);
        }
        let mut frame = ready!(this.inner.poll_frame(context));
        if let Some(Ok(frame)) = &mut frame
            && let Some(trailers) = frame.trailers_mut()
            && !*this.details
        {
            headers::generalize(trailers);
        }
        *this.ended = !matches!(&frame, Some(Ok(frame)) if frame.is_data());
        Poll::Ready(Some(match frame {
            Some(Err(error)) => {
                let error = error.into();
                let reset = is_reset_by_service(&*error);
                let status = failure(error);
                match reset {
                    // As good as a status: the service saw its own body fail, and has told of it.
                    true => Ok(trailers(&status)),
                    false => Err(status),
                }
            }
            Some(Ok(frame)) => Ok(frame),
            None => Err(Status::unknown(
                "the service ended its answer without a status",
            )),
        }))
    }

    fn is_end_stream(&self) -> bool {
        self.ended
    }
}

pin_project! {
    /// A body that breaks off with a status in place of an error: the caller gets an error of gRPC and not a torn
    /// connection. Outside of the trace, which is to see the error itself.
    pub(crate) struct Whole<B> {
        #[pin]
        inner: B,
        broken: bool,
    }
}

impl<B> Whole<B> {
    pub(crate) fn new(inner: B) -> Self {
        Self {
            inner,
            broken: false,
        }
    }
}

impl<B> Body for Whole<B>
where
    B: Body<Data = Bytes>,
    B::Error: Into<BoxError>,
{
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let this = self.project();
        if *this.broken {
            return Poll::Ready(None);
        }
        Poll::Ready(ready!(this.inner.poll_frame(context)).map(|frame| {
            Ok(frame.unwrap_or_else(|error| {
                *this.broken = true;
                trailers(&Status::from_error(error.into()))
            }))
        }))
    }

    fn is_end_stream(&self) -> bool {
        self.broken || self.inner.is_end_stream()
    }
}

fn trailers(status: &Status) -> Frame<Bytes> {
    let mut trailers = HeaderMap::new();
    // It fails on a message that no header can hold, which percent-encoding rules out.
    if status.add_header(&mut trailers).is_err() {
        trailers.insert("grpc-status", (status.code() as i32).into());
    }
    Frame::trailers(trailers)
}
