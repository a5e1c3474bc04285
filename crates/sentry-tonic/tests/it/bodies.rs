//! Bodies of any kind, without a socket: what is forwarded, and in which order
//! a body and its call end.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::{HeaderMap, Request, Response};
use http_body::{Body, Frame, SizeHint};
use http_body_util::{BodyExt, Empty};
use sentry_tonic::{ClientLayer, ServerLayer};
use tower::{Layer, ServiceExt, service_fn};

use crate::stage::Side;

/// Frames, and a span that is open for as long as this lives.
struct Holding {
    frames: VecDeque<Frame<Bytes>>,
    span: Option<sentry_core::Span>,
}

impl Holding {
    /// One message and OK.
    fn new() -> Self {
        let mut trailers = HeaderMap::new();
        trailers.insert("grpc-status", "0".parse().unwrap());
        let data = Frame::data(Bytes::from_static(b"message"));
        let span = sentry_core::configure_scope(|scope| {
            let span = scope.get_span()?;
            Some(span.start_child("held", "held"))
        });
        Self {
            frames: [data, Frame::trailers(trailers)].into(),
            span,
        }
    }
}

impl Drop for Holding {
    fn drop(&mut self) {
        if let Some(span) = self.span.take() {
            span.finish();
        }
    }
}

impl Body for Holding {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        Poll::Ready(self.frames.pop_front().map(Ok))
    }

    fn is_end_stream(&self) -> bool {
        self.frames.is_empty()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(7)
    }
}

fn request() -> Request<Empty<Bytes>> {
    Request::post("/it.v1.Echo/Say")
        .header("content-type", "application/grpc")
        .body(Empty::new())
        .unwrap()
}

async fn answer<B>(_: Request<B>) -> Result<Response<Holding>, std::io::Error> {
    Ok(Response::new(Holding::new()))
}

#[test]
fn what_a_body_holds_ends_before_its_call() {
    let side = Side::new();
    let body = side.run(async {
        let service = ServerLayer::new().layer(service_fn(answer));
        let mut body = service.oneshot(request()).await.unwrap().into_body();
        while body.frame().await.is_some() {}
        body
    });
    let transaction = side.transaction();
    assert_eq!(transaction.spans.len(), 1, "{transaction:#?}");
    drop(body);
}

#[test]
fn hints_and_errors_come_through_as_they_are() {
    let side = Side::new();
    side.run(async {
        let server = ServerLayer::new().layer(service_fn(answer));
        let mut body = server.oneshot(request()).await.unwrap().into_body();
        assert_eq!(body.size_hint().exact(), Some(7));
        assert!(!body.is_end_stream());
        while body.frame().await.is_some() {}
        assert!(body.is_end_stream());

        let client = ClientLayer::new().layer(service_fn(answer));
        let mut body = client.oneshot(request()).await.unwrap().into_body();
        assert_eq!(body.size_hint().exact(), Some(7));
        while body.frame().await.is_some() {}
        assert!(body.is_end_stream());

        let refusing = service_fn(async |_: Request<Empty<Bytes>>| {
            Err::<Response<Holding>, _>(std::io::Error::from(std::io::ErrorKind::TimedOut))
        });
        let error: std::io::Error = ClientLayer::new()
            .layer(refusing)
            .oneshot(request())
            .await
            .unwrap_err();
        assert_eq!(error.kind(), std::io::ErrorKind::TimedOut);
        let error: std::io::Error = ServerLayer::new()
            .layer(refusing)
            .oneshot(request())
            .await
            .unwrap_err();
        assert_eq!(error.kind(), std::io::ErrorKind::TimedOut);
    });
}

#[test]
fn a_future_that_is_never_polled_leaves_a_call_that_was_cancelled() {
    let side = Side::new();
    side.run(async {
        let mut service = ServerLayer::new().layer(service_fn(answer));
        drop(tower::Service::call(&mut service, request()));
    });
    let status = crate::stage::trace_of(&side.transaction()).status;
    assert_eq!(status, Some(sentry_core::protocol::SpanStatus::Cancelled));
}

/// Panics when it is dropped.
struct Brittle(Holding);

impl Drop for Brittle {
    fn drop(&mut self) {
        panic!("in a destructor");
    }
}

impl Body for Brittle {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        Pin::new(&mut self.0).poll_frame(cx)
    }
}

#[test]
fn a_panic_in_a_destructor_is_an_event_and_the_answer_stands() {
    let side = Side::new();
    side.run(async {
        let service = ServerLayer::new().layer(service_fn(async |_: Request<_>| {
            Ok::<_, Infallible>(Response::new(Brittle(Holding::new())))
        }));
        let body = service.oneshot(request()).await.unwrap().into_body();
        let body = body.collect().await.unwrap();
        assert_eq!(body.trailers().unwrap()["grpc-status"], "0");
    });
    let call = crate::stage::trace_of(&side.transaction());
    assert_eq!(call.status, Some(sentry_core::protocol::SpanStatus::Ok));
    let events = side.sent().events;
    assert_eq!(events.len(), 1);
    let trace = crate::stage::trace_of_event(&events[0]);
    assert_eq!(trace.span_id, call.span_id);
}

#[test]
fn a_transaction_of_a_clients_own_has_the_scope_that_it_began_in() {
    let side = Side::new();
    let body = side.run(async {
        sentry_core::configure_scope(|scope| scope.set_tag("job", "nightly"));
        let client = ClientLayer::new().layer(service_fn(answer));
        client.oneshot(request()).await.unwrap().into_body()
    });
    // Ends on a thread whose hub is another.
    drop(body);
    assert_eq!(side.transaction().tags["job"], "nightly");
}
