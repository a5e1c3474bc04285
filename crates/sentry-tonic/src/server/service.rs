//! The service: takes in the trace of each request, and calls what is inside
//! in the call's own hub.

use std::sync::Arc;
use std::task::{Context, Poll};

use http::{Method, Request, Response, header};
use tower_service::Service;

use super::call::Call;
use super::layer::Config;
use super::{ServerBody, ServerFuture};

/// What [`ServerLayer`](super::ServerLayer) makes of a service.
#[derive(Clone)]
pub struct ServerService<S> {
    inner: S,
    config: Arc<Config>,
}

impl<S> ServerService<S> {
    pub(super) fn new(inner: S, config: Arc<Config>) -> Self {
        Self { inner, config }
    }

    /// Whether this request is a gRPC call that is to be traced. Preflights and
    /// whatever else shares the port are not; nor is grpc-web, whose status is
    /// hidden in its body until tonic-web, further inside, has made it gRPC.
    fn traces<B>(&self, request: &Request<B>) -> bool {
        request.method() == Method::POST
            && request
                .headers()
                .get(header::CONTENT_TYPE)
                .is_some_and(|value| is_grpc(value.as_bytes()))
            && !(self.config.skip)(request.uri().path())
    }
}

impl<S, A, B> Service<Request<A>> for ServerService<S>
where
    S: Service<Request<A>, Response = Response<B>>,
    S::Error: 'static,
    B: http_body::Body,
    B::Error: 'static,
{
    type Response = Response<ServerBody<B>>;
    type Error = S::Error;
    type Future = ServerFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request<A>) -> Self::Future {
        if !self.traces(&request) {
            return ServerFuture::untraced(self.inner.call(request));
        }
        let mut call = Call::arrive(Arc::clone(&self.config), &mut request);
        match call.run(|| self.inner.call(request)) {
            Ok(future) => ServerFuture::traced(future, call),
            Err(payload) => {
                call.begin();
                call.panicked(payload);
                ServerFuture::panicked(call)
            }
        }
    }
}

/// `application/grpc`, alone or with a format (`+proto`) or parameters.
fn is_grpc(content_type: &[u8]) -> bool {
    content_type
        .strip_prefix(b"application/grpc")
        .is_some_and(|rest| matches!(rest.first(), None | Some(b'+' | b';' | b' ')))
}

impl<S: std::fmt::Debug> std::fmt::Debug for ServerService<S> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ServerService")
            .field("inner", &self.inner)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn content_types() {
        for (value, expected) in [
            ("application/grpc", true),
            ("application/grpc+proto", true),
            ("application/grpc;charset=utf-8", true),
            ("application/grpc-web", false),
            ("application/grpc-web-text+proto", false),
            ("application/json", false),
            ("", false),
        ] {
            assert_eq!(is_grpc(value.as_bytes()), expected, "{value}");
        }
    }
}
