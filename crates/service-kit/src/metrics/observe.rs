//! The layer that counts calls: outermost, so that what is refused further in is seen too. It knows methods by a list that
//! it is given; all others are one.

use std::collections::HashSet;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Instant;

use http::{HeaderMap, Request, Response};
use http_body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;
use tower_layer::Layer;
use tower_service::Service;

use super::{COUNTS, Call, InUse, Method};

/// What is not on the list.
const OTHER: &str = "other";

/// The methods that are counted by name, as `package.Service/Method`.
#[derive(Clone, Debug, Default)]
pub struct Names(Arc<HashSet<Arc<str>>>);

impl Names {
    /// Of these paths, with their slash or without.
    pub fn of<'a>(paths: impl IntoIterator<Item = &'a str>) -> Self {
        let names = paths
            .into_iter()
            .map(|path| path.trim_start_matches('/').into());
        Self(Arc::new(names.collect()))
    }

    fn name(&self, path: &str) -> Arc<str> {
        let name = path.strip_prefix('/').and_then(|path| self.0.get(path));
        name.cloned().unwrap_or_else(|| OTHER.into())
    }
}

/// Counts calls.
#[derive(Clone, Debug, Default)]
pub struct ObserveLayer {
    names: Names,
}

impl ObserveLayer {
    /// Counts these by name.
    pub fn new(names: Names) -> Self {
        Self { names }
    }
}

impl<S> Layer<S> for ObserveLayer {
    type Service = ObservedService<S>;

    fn layer(&self, inner: S) -> ObservedService<S> {
        ObservedService {
            names: self.names.clone(),
            inner,
        }
    }
}

/// Counts calls.
#[derive(Clone, Debug)]
pub struct ObservedService<S> {
    names: Names,
    inner: S,
}

impl<S, A, B> Service<Request<A>> for ObservedService<S>
where
    S: Service<Request<A>, Response = Response<B>>,
{
    type Response = Response<ObservedBody<B>>;
    type Error = S::Error;
    type Future = ObservedFuture<S::Future>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: Request<A>) -> Self::Future {
        let running = Running {
            method: self.names.name(request.uri().path()),
            since: Instant::now(),
            code: None,
            _in_flight: InUse::of(COUNTS.in_flight.clone()),
        };
        ObservedFuture {
            inner: self.inner.call(request),
            running: Some(running),
        }
    }
}

/// A call that has not ended. When it goes without a code, its caller has gone.
#[derive(Debug)]
struct Running {
    method: Arc<str>,
    since: Instant,
    code: Option<&'static str>,
    _in_flight: InUse,
}

impl Running {
    fn head<B>(&mut self, response: &Response<B>) {
        self.code = code(response.headers());
        if self.code.is_none() && !response.status().is_success() {
            self.code = Some("HTTP");
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let method = self.method.clone();
        let code = self.code.unwrap_or("CANCELLED");
        COUNTS.calls.get_or_create(&Call { method, code }).inc();
        let method = self.method.clone();
        COUNTS
            .latencies
            .get_or_create(&Method { method })
            .observe(self.since.elapsed().as_secs_f64());
    }
}

pin_project! {
    /// The answer of a call that is counted.
    #[derive(Debug)]
    pub struct ObservedFuture<F> {
        #[pin]
        inner: F,
        running: Option<Running>,
    }
}

impl<F, B, E> Future for ObservedFuture<F>
where
    F: Future<Output = Result<Response<B>, E>>,
{
    type Output = Result<Response<ObservedBody<B>>, E>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let answer = ready!(this.inner.poll(context));
        let mut running = this.running.take();
        Poll::Ready(answer.map(|answer| {
            if let Some(running) = &mut running {
                running.head(&answer);
            }
            answer.map(|inner| ObservedBody { inner, running })
        }))
    }
}

pin_project! {
    /// The body of an answer; the call ends with it.
    #[derive(Debug)]
    pub struct ObservedBody<B> {
        #[pin]
        inner: B,
        running: Option<Running>,
    }
}

impl<B: Body> Body for ObservedBody<B> {
    type Data = B::Data;
    type Error = B::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<B::Data>, B::Error>>> {
        let this = self.project();
        let frame = ready!(this.inner.poll_frame(context));
        if let Some(running) = this.running {
            match &frame {
                Some(Ok(frame)) => {
                    if let Some(trailers) = frame.trailers_ref() {
                        running.code = code(trailers).or(running.code);
                    }
                }
                Some(Err(_)) => running.code = running.code.or(Some("UNKNOWN")),
                // HTTP without gRPC, such as an answer to a preflight.
                None => running.code = running.code.or(Some("HTTP")),
            }
        }
        if !matches!(frame, Some(Ok(_))) {
            *this.running = None;
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}

/// The name of the code in these headers or trailers.
fn code(headers: &HeaderMap) -> Option<&'static str> {
    let code = headers.get("grpc-status")?;
    Some(sentry_tonic::Code::from_header(code.as_bytes()).name())
}
