//! The two bodies of a guarded call: the request's, which is followed, and the answer's, which ends with the verdict.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;
use throughline_service_kit::framing::{FrameReader, Violation};
use tokio::sync::oneshot;
use tonic::Status;

use super::{Pace, Verdict, refused, spoken};

pin_project! {
    /// A request's body that ends with an error where it breaks the rules, and never with trailers.
    pub(super) struct GuardedBody<B> {
        #[pin]
        inner: B,
        reader: FrameReader,
        pace: Pace,
        // Taken when the body is over.
        verdict: Option<oneshot::Sender<Status>>,
    }
}

impl<B> GuardedBody<B> {
    pub(super) fn new(
        inner: B,
        reader: FrameReader,
        pace: Pace,
        verdict: oneshot::Sender<Status>,
    ) -> Self {
        Self {
            inner,
            reader,
            pace,
            verdict: Some(verdict),
        }
    }
}

impl<B> Body for GuardedBody<B>
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
        if this.verdict.is_none() {
            return Poll::Ready(None);
        }
        let refusal = match this.inner.poll_frame(context) {
            Poll::Ready(Some(Ok(frame))) => match frame.into_data() {
                Ok(data) => {
                    this.pace.arrived(data.len());
                    match this.reader.read(&data) {
                        Ok(()) => {
                            if !this.reader.expects_more() {
                                this.pace.begin();
                            }
                            return Poll::Ready(Some(Ok(Frame::data(data))));
                        }
                        Err(violation) => of_violation(violation),
                    }
                }
                // No client of gRPC sends trailers: what came in them must not get into metadata that was checked.
                Err(_) => return over(this.verdict, this.reader),
            },
            Poll::Ready(None) => return over(this.verdict, this.reader),
            Poll::Ready(Some(Err(status))) => match of_text(&status) {
                Some(refusal) => refusal,
                None => {
                    *this.verdict = None;
                    return Poll::Ready(Some(Err(status)));
                }
            },
            Poll::Pending => {
                if !this.reader.expects_more() {
                    return Poll::Pending;
                }
                ready!(this.pace.poll_over(context));
                let late = "the request comes more slowly than is waited for";
                refused("body_slow", Status::resource_exhausted(late))
            }
        };
        refuse(this.verdict, refusal)
    }

    fn is_end_stream(&self) -> bool {
        self.verdict.is_none()
    }

    fn size_hint(&self) -> SizeHint {
        // Of a request in base64 it would be the size of that.
        SizeHint::default()
    }
}

type Sender = Option<oneshot::Sender<Status>>;
type Step = Poll<Option<Result<Frame<Bytes>, Status>>>;

fn over(verdict: &mut Sender, reader: &FrameReader) -> Step {
    match reader.end() {
        Ok(()) => {
            *verdict = None;
            Poll::Ready(None)
        }
        Err(violation) => refuse(verdict, of_violation(violation)),
    }
}

fn refuse(verdict: &mut Sender, status: Status) -> Step {
    if let Some(verdict) = verdict.take() {
        // Where nobody waits for it, the call is over already.
        verdict.send(status.clone()).ok();
    }
    Poll::Ready(Some(Err(status)))
}

fn of_violation(violation: Violation) -> Status {
    let reason = match violation {
        Violation::TooLong { .. } => "message_bytes",
        Violation::Several => "message_several",
        Violation::None => "message_none",
        Violation::Compressed => "message_compressed",
        Violation::Flags => "message_flags",
    };
    refused(reason, violation.into())
}

/// tonic-web calls a caller's base64 that is none an INTERNAL error, by words alone.
fn of_text(status: &Status) -> Option<Status> {
    let words = status.message().strip_prefix("tonic-web: ")?;
    let of_base64 = words.starts_with("Invalid ") || words.starts_with("malformed base64");
    of_base64.then(|| {
        refused(
            "message_base64",
            Status::invalid_argument("the request is not base64"),
        )
    })
}

pin_project! {
    /// An answer's body that ends with the verdict on the request, where one is spoken while it goes.
    pub(super) struct GuardedAnswer<B> {
        #[pin]
        inner: B,
        verdict: Option<Verdict>,
        over: bool,
    }
}

impl<B> GuardedAnswer<B> {
    pub(super) fn new(inner: B, verdict: Verdict) -> Self {
        Self {
            inner,
            verdict: Some(verdict),
            over: false,
        }
    }
}

impl<B> Body for GuardedAnswer<B>
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
        if *this.over {
            return Poll::Ready(None);
        }
        if let Some(status) = spoken(this.verdict, context) {
            *this.over = true;
            return Poll::Ready(Some(Err(status)));
        }
        this.inner.poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.over || self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}
