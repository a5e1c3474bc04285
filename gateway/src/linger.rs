//! The rest of a request that was answered before its end, over HTTP/1. Were it left unread, the connection would be
//! closed under a caller that still writes, who then sees a broken pipe in place of the answer. So it is read and thrown
//! away, within bounds. HTTP/2 has a reset for this.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Version, header};
use http_body::{Body, Frame, SizeHint};
use http_body_util::BodyExt as _;
use hyper::body::Incoming;

use crate::Limits;

/// A request's body whose rest is read when nobody wants it any more.
#[derive(Debug)]
pub(crate) struct Lingering {
    // None once it is over.
    inner: Option<Incoming>,
    // The time and the bytes that it may take.
    bounds: Option<(Duration, usize)>,
}

impl Lingering {
    /// The request with its body lingering where that is of use.
    pub(crate) fn of(request: Request<Incoming>, limits: &Limits) -> Request<Self> {
        // Who expects to be asked for the body is not asked when nobody wants it.
        let lingers =
            request.version() < Version::HTTP_2 && !request.headers().contains_key(header::EXPECT);
        let bounds = lingers.then_some((limits.linger, limits.linger_bytes));
        request.map(|inner| Self {
            inner: Some(inner),
            bounds,
        })
    }
}

impl Body for Lingering {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        let Some(inner) = &mut self.inner else {
            return Poll::Ready(None);
        };
        let frame = std::task::ready!(Pin::new(inner).poll_frame(context));
        if !matches!(frame, Some(Ok(_))) {
            self.inner = None;
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.inner.as_ref().is_none_or(Body::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        self.inner
            .as_ref()
            .map_or_else(|| SizeHint::with_exact(0), Body::size_hint)
    }
}

impl Drop for Lingering {
    fn drop(&mut self) {
        let rest = self.inner.take().filter(|rest| !rest.is_end_stream());
        let (Some(rest), Some((time, bytes))) = (rest, self.bounds) else {
            return;
        };
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            // Of the connection, not of the call: it must not hold the call's trace.
            runtime.spawn(async move { tokio::time::timeout(time, drain(rest, bytes)).await });
        }
    }
}

async fn drain(mut rest: Incoming, mut bytes: usize) {
    while let Some(Ok(frame)) = rest.frame().await {
        let length = frame.data_ref().map_or(0, Bytes::len);
        let Some(left) = bytes.checked_sub(length) else {
            return;
        };
        bytes = left;
    }
}
