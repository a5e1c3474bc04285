//! A raw HTTP/2 peer: keeps the heads that it is sent and answers as told,
//! right or wrong.

use std::convert::Infallible;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use http::{HeaderMap, Request, Response};
use http_body::Frame;
use http_body_util::{StreamBody, combinators::BoxBody};
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};

use crate::stage::{Served, Side};

pub(crate) type Answer = Response<BoxBody<Bytes, Infallible>>;

pub(crate) struct Peer {
    pub(crate) served: Served,
    heads: Arc<Mutex<Vec<HeaderMap>>>,
}

impl Peer {
    pub(crate) fn new(answer: impl Fn() -> Answer + Send + Sync + 'static) -> Self {
        let heads = Arc::new(Mutex::new(Vec::new()));
        let (answer, kept) = (Arc::new(answer), heads.clone());
        let served = Side::without_client().serve_by(move |listener| async move {
            loop {
                let (socket, _) = listener.accept().await.unwrap();
                let (answer, kept) = (answer.clone(), kept.clone());
                let service = service_fn(move |request: Request<_>| {
                    let _: &hyper::body::Incoming = request.body();
                    kept.lock().unwrap().push(request.headers().clone());
                    let response = answer();
                    async move { Ok::<_, Infallible>(response) }
                });
                tokio::spawn(
                    hyper::server::conn::http2::Builder::new(TokioExecutor::new())
                        .serve_connection(TokioIo::new(socket), service),
                );
            }
        });
        Self { served, heads }
    }

    /// Answers every call with an empty message and OK.
    pub(crate) fn agreeable() -> Self {
        Self::new(|| {
            let mut trailers = HeaderMap::new();
            trailers.insert("grpc-status", "0".parse().unwrap());
            answer([Frame::data(empty_message()), Frame::trailers(trailers)])
        })
    }

    /// The heads that it has been sent.
    pub(crate) fn heads(&self) -> Vec<HeaderMap> {
        self.heads.lock().unwrap().clone()
    }

    /// The head of the only request.
    pub(crate) fn head(&self) -> HeaderMap {
        let mut heads = self.heads();
        assert_eq!(heads.len(), 1);
        heads.remove(0)
    }
}

/// A gRPC response of these frames.
pub(crate) fn answer<const N: usize>(frames: [Frame<Bytes>; N]) -> Answer {
    let frames = futures_util::stream::iter(frames.map(Ok::<_, Infallible>));
    let body = BoxBody::new(StreamBody::new(frames));
    let mut response = Response::new(body);
    response
        .headers_mut()
        .insert("content-type", "application/grpc".parse().unwrap());
    response
}

/// The frame of a message without fields.
pub(crate) fn empty_message() -> Bytes {
    Bytes::from_static(&[0; 5])
}
