//! A request's body that ends with an error where the request breaks the rules, and never with trailers.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use http_body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;
use tonic::Status;

use super::{FrameReader, Violation};

pin_project! {
    /// The body of a request that is followed as it goes by.
    pub struct FramedBody<B> {
        #[pin]
        inner: B,
        reader: FrameReader,
        over: bool,
    }
}

impl<B> FramedBody<B> {
    /// A body that `reader` follows.
    pub fn new(inner: B, reader: FrameReader) -> Self {
        Self {
            inner,
            reader,
            over: false,
        }
    }
}

impl<B> Body for FramedBody<B>
where
    B: Body<Data = bytes::Bytes, Error = Status>,
{
    type Data = B::Data;
    type Error = Status;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Self::Data>, Status>>> {
        let this = self.project();
        if *this.over {
            return Poll::Ready(None);
        }
        let frame = ready!(this.inner.poll_frame(context));
        let data = match frame {
            Some(Ok(frame)) => frame.into_data(),
            Some(Err(error)) => {
                *this.over = true;
                return Poll::Ready(Some(Err(error)));
            }
            None => Err(Frame::trailers(http::HeaderMap::new())),
        };
        let followed = match &data {
            Ok(data) => this.reader.read(data),
            // No client of gRPC sends trailers. What came in them must not get into metadata that was checked before.
            Err(_) => this.reader.end(),
        };
        *this.over = data.is_err() || followed.is_err();
        Poll::Ready(match (followed, data) {
            (Err(violation), _) => Some(Err(refusal(violation))),
            (Ok(()), Ok(data)) => Some(Ok(Frame::data(data))),
            (Ok(()), Err(_)) => None,
        })
    }

    fn is_end_stream(&self) -> bool {
        self.over
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}

fn refusal(violation: Violation) -> Status {
    tracing::debug!(%violation, "a request breaks the rules of gRPC");
    violation.into()
}
