//! Passes a call on to the service, and its answer back, without decoding a message. What the gateway itself fails at
//! becomes a gRPC status for the caller and one event; a status that the service sent is the service's own
//! affair and makes no event here, so that one failure is one event.

use std::convert::Infallible;
use std::error::Error as StdError;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::{HeaderName, Request, Response, StatusCode, Version, header};
use sentry_tonic::Relayed;
use tonic::body::Body;
use tonic::{Code, ConnectError, Status, TimeoutExpired};
use tower::{Service, ServiceExt as _};

use crate::{answer, body, headers};

pub(crate) type BoxError = Box<dyn StdError + Send + Sync>;

/// The innermost service: it calls the one behind the gateway.
#[derive(Clone, Debug)]
pub struct Proxy<C> {
    channel: C,
    passed: Arc<[HeaderName]>,
    details: bool,
}

impl<C> Proxy<C> {
    /// A proxy to the service that `channel` reaches. `passed`: what goes on beside the headers that always do. `details`: what
    /// a service says of its INTERNAL errors comes back.
    pub fn new(channel: C, passed: Vec<HeaderName>, details: bool) -> Self {
        Self {
            channel,
            passed: passed.into(),
            details,
        }
    }
}

impl<C, B> Service<Request<Body>> for Proxy<C>
where
    C: Service<Request<Body>, Response = Response<B>> + Clone + Send + 'static,
    C::Error: Into<BoxError>,
    C::Future: Send,
    B: http_body::Body<Data = Bytes> + Send + 'static,
    B::Error: Into<BoxError>,
{
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response<Body>, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        // Each call waits for the channel by itself, as a clone of it.
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, mut request: Request<Body>) -> Self::Future {
        *request.version_mut() = Version::HTTP_2;
        headers::keep_for_service(request.headers_mut(), &self.passed);
        let request = request.map(|inner| Body::new(body::Unsized::new(inner)));
        let call = self.channel.clone().oneshot(request);
        let details = self.details;
        Box::pin(async move {
            Ok(match call.await {
                Ok(response) => pass_back(response, details),
                Err(error) => answer::status(failure(error.into())),
            })
        })
    }
}

fn pass_back<B>(mut response: Response<B>, details: bool) -> Response<Body>
where
    B: http_body::Body<Data = Bytes> + Send + 'static,
    B::Error: Into<BoxError>,
{
    let status_in_head = response.headers().contains_key("grpc-status");
    let content_type = response.headers().get(header::CONTENT_TYPE);
    let is_grpc = content_type.is_some_and(|it| it.as_bytes().starts_with(b"application/grpc"));
    if !status_in_head && (response.status() != StatusCode::OK || !is_grpc) {
        tracing::error!(status = %response.status(), ?content_type, "what answered is not a gRPC service");
        let code = code_of_http(response.status());
        return answer::status(Status::new(code, "what answered is not a gRPC service"));
    }
    headers::keep_for_caller(response.headers_mut());
    if !details {
        headers::generalize(response.headers_mut());
    }
    response.extensions_mut().insert(Relayed);
    response.map(|inner| Body::new(body::Answer::new(inner, status_in_head, details)))
}

/// The gRPC code that stands for an HTTP status, as gRPC's own document on it has them.
fn code_of_http(status: StatusCode) -> Code {
    match status.as_u16() {
        400 => Code::Internal,
        401 => Code::Unauthenticated,
        403 => Code::PermissionDenied,
        404 => Code::Unimplemented,
        429 | 502 | 503 | 504 => Code::Unavailable,
        _ => Code::Unknown,
    }
}

/// The status of a call that failed between gateway and service. What it was in full goes into the log and the event:
/// a stranger need not know the addresses behind.
pub(crate) fn failure(error: BoxError) -> Status {
    let mut source: Option<&(dyn StdError + 'static)> = Some(&*error);
    while let Some(cause) = source {
        if cause.is::<TimeoutExpired>() {
            tracing::debug!("the caller's deadline passed");
            return Status::deadline_exceeded("the deadline passed before the service answered");
        }
        if cause.is::<ConnectError>() {
            tracing::error!(
                error = &*error as &dyn StdError,
                "the service cannot be reached"
            );
            return Status::unavailable("the service cannot be reached");
        }
        source = cause.source();
    }
    let text = chain(&*error);
    match Status::from_error(error).code() {
        code @ (Code::Cancelled | Code::DeadlineExceeded) => {
            tracing::debug!(error = text, "the call was cancelled on the way");
            Status::new(code, "the call was cancelled on the way")
        }
        code @ (Code::Internal | Code::ResourceExhausted | Code::PermissionDenied) => {
            tracing::error!(error = text, "the service broke the call off");
            Status::new(code, "the service broke the call off")
        }
        _ => {
            tracing::error!(error = text, "the connection to the service was lost");
            Status::unavailable("the connection to the service was lost")
        }
    }
}

/// Whether the service itself reset the stream because what wrote its answer failed; all else breaks off without its knowing.
pub(crate) fn is_reset_by_service(error: &(dyn StdError + 'static)) -> bool {
    let mut source = Some(error);
    while let Some(cause) = source {
        if let Some(h2) = cause.downcast_ref::<h2::Error>() {
            return h2.is_reset()
                && h2.is_remote()
                && h2.reason() == Some(h2::Reason::INTERNAL_ERROR);
        }
        source = cause.source();
    }
    false
}

fn chain(error: &dyn StdError) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        source = cause.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failures_have_codes_and_give_nothing_away() {
        let check = |error: BoxError, code: Code| {
            let status = failure(error);
            assert_eq!(status.code(), code);
            assert!(!status.message().contains("10.0.0.7"), "{status}");
        };
        check(Box::new(TimeoutExpired(())), Code::DeadlineExceeded);
        check(
            Box::new(ConnectError("10.0.0.7:5 refused".into())),
            Code::Unavailable,
        );
        check("10.0.0.7 went away".into(), Code::Unavailable);
        check(Box::new(Status::internal("10.0.0.7")), Code::Internal);
        check(Box::new(Status::cancelled("10.0.0.7")), Code::Cancelled);
    }
}
