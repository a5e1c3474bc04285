//! Answers that the gateway gives itself. To whoever speaks gRPC they are gRPC errors in the response's head, which
//! is the same in grpc-web; a caller that speaks anything else gets an HTTP error.

use http::{HeaderValue, Response, StatusCode, header};
use tonic::Status;
use tonic::body::Body;

use crate::gate::Protocol;

/// A gRPC error without a body.
pub(crate) fn status(status: Status) -> Response<Body> {
    status.into_http()
}

/// The same in the protocol in which it was asked: clients of grpc-web take no other content type.
pub(crate) fn status_in(protocol: Protocol, status: Status) -> Response<Body> {
    let mut response = status.into_http();
    if protocol == Protocol::GrpcWeb {
        response.headers_mut().insert(
            header::CONTENT_TYPE,
            HeaderValue::from_static("application/grpc-web+proto"),
        );
    }
    response
}

/// An HTTP error, for a caller that does not speak gRPC.
pub(crate) fn http(code: StatusCode, sentence: &'static str) -> Response<Body> {
    let mut response = Response::new(Body::new(http_body_util::Full::from(sentence)));
    *response.status_mut() = code;
    response.headers_mut().insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("text/plain; charset=utf-8"),
    );
    response
}
