//! The layer: refuses by the request's head, and follows the body of what it lets through.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http::{HeaderValue, Method, Request, Response, StatusCode, header};
use http_body_util::{Either, Full};
use pin_project_lite::pin_project;
use tonic::body::Body;
use tower_layer::Layer;
use tower_service::Service;

use super::{FrameReader, FramedBody, SingleRequest};

/// Holds calls to the rules of gRPC.
#[derive(Clone, Debug)]
pub struct FramingLayer {
    methods: SingleRequest,
    message_bytes: usize,
}

impl FramingLayer {
    /// Takes messages of up to `message_bytes`, and one of them where `methods` says so.
    pub fn new(methods: SingleRequest, message_bytes: usize) -> Self {
        Self {
            methods,
            message_bytes,
        }
    }
}

impl<S> Layer<S> for FramingLayer {
    type Service = FramingService<S>;

    fn layer(&self, inner: S) -> FramingService<S> {
        FramingService {
            layer: self.clone(),
            inner,
        }
    }
}

/// The body of an answer: the service's, or the sentence of a refusal.
pub type Answer<R> = Either<R, Full<Bytes>>;

/// Holds calls to the rules of gRPC.
#[derive(Clone, Debug)]
pub struct FramingService<S> {
    layer: FramingLayer,
    inner: S,
}

impl<S, R> Service<Request<Body>> for FramingService<S>
where
    S: Service<Request<Body>, Response = Response<R>>,
{
    type Response = Response<Answer<R>>;
    type Error = S::Error;
    type Future = FramingFuture<S::Future>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        if let Some(refusal) = refusal(&request) {
            return FramingFuture {
                state: State::Refused {
                    answer: Some(refusal),
                },
            };
        }
        let messages = self.layer.methods.messages(request.uri().path());
        let reader = FrameReader::new(messages, self.layer.message_bytes);
        let request = request.map(|body| Body::new(FramedBody::new(body, reader)));
        FramingFuture {
            state: State::Call {
                inner: self.inner.call(request),
            },
        }
    }
}

/// The answer to what is not gRPC at all: in HTTP's terms, as gRPC's description of its protocol has it.
fn refusal(request: &Request<Body>) -> Option<Response<&'static str>> {
    let mut answer = Response::new("gRPC is spoken here\n");
    if request.method() != Method::POST {
        *answer.status_mut() = StatusCode::METHOD_NOT_ALLOWED;
        *answer.body_mut() = "gRPC is called by POST\n";
        let allowed = HeaderValue::from_static("POST");
        answer.headers_mut().insert(header::ALLOW, allowed);
        return Some(answer);
    }
    let spoken = request
        .headers()
        .get(header::CONTENT_TYPE)
        .and_then(|it| it.as_bytes().split(|byte| *byte == b';').next())
        .is_some_and(|it| {
            matches!(
                it.trim_ascii(),
                b"application/grpc" | b"application/grpc+proto"
            )
        });
    if spoken {
        return None;
    }
    *answer.status_mut() = StatusCode::UNSUPPORTED_MEDIA_TYPE;
    Some(answer)
}

pin_project! {
    /// The answer of a call, or its refusal.
    pub struct FramingFuture<F> {
        #[pin]
        state: State<F>,
    }
}

pin_project! {
    #[project = Projection]
    enum State<F> {
        Call { #[pin] inner: F },
        Refused { answer: Option<Response<&'static str>> },
    }
}

impl<F, R, E> Future for FramingFuture<F>
where
    F: Future<Output = Result<Response<R>, E>>,
{
    type Output = Result<Response<Answer<R>>, E>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        match self.project().state.project() {
            Projection::Call { inner } => {
                let answer = ready!(inner.poll(context));
                Poll::Ready(answer.map(|answer| answer.map(Either::Left)))
            }
            Projection::Refused { answer } => match answer.take() {
                Some(answer) => Poll::Ready(Ok(answer.map(|text| Either::Right(Full::from(text))))),
                None => Poll::Pending,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_grpc_is_refused_in_the_terms_of_http() {
        let status = |method: &str, content_type: Option<&str>| {
            let mut request = Request::builder().method(method);
            if let Some(content_type) = content_type {
                request = request.header(header::CONTENT_TYPE, content_type);
            }
            let request = request.body(Body::empty()).unwrap();
            refusal(&request).map(|answer| answer.status().as_u16())
        };
        for spoken in [
            "application/grpc",
            "application/grpc+proto",
            "application/grpc; charset=utf-8",
        ] {
            assert_eq!(status("POST", Some(spoken)), None, "{spoken}");
            assert_eq!(status("GET", Some(spoken)), Some(405), "{spoken}");
        }
        for other in [
            "application/grpc+json",
            "application/grpc-web",
            "image/jpeg",
            "",
        ] {
            assert_eq!(status("POST", Some(other)), Some(415), "{other}");
        }
        assert_eq!(status("POST", None), Some(415));
    }
}
