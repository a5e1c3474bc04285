//! A service of one unary method that gives back what it gets, without generated
//! code, and its caller.

use std::convert::Infallible;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use http::uri::PathAndQuery;
use tonic::body::Body;
use tonic::client::GrpcService;
use tonic::server::NamedService;
use tonic::{Request, Response, Status};
use tonic_prost::ProstCodec;
use tower::{Service, service_fn};

/// The one message.
#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct Note {
    #[prost(string, tag = "1")]
    pub(super) text: String,
}

#[derive(Clone)]
pub(super) struct Echo;

impl NamedService for Echo {
    const NAME: &'static str = "bench.v1.Echo";
}

impl Service<http::Request<Body>> for Echo {
    type Response = http::Response<Body>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<Body>) -> Self::Future {
        Box::pin(async move {
            let mut grpc = tonic::server::Grpc::new(ProstCodec::<Note, Note>::default());
            let say = service_fn(|request: Request<Note>| async move {
                Ok::<_, Status>(Response::new(request.into_inner()))
            });
            Ok(grpc.unary(say, request).await)
        })
    }
}

type BoxError = Box<dyn std::error::Error + Send + Sync>;

pub(super) async fn say<S>(
    caller: &mut tonic::client::Grpc<S>,
    request: Request<Note>,
) -> anyhow::Result<Note>
where
    S: GrpcService<Body>,
    S::Error: Into<BoxError>,
    S::ResponseBody: http_body::Body<Data = bytes::Bytes> + Send + 'static,
    <S::ResponseBody as http_body::Body>::Error: Into<BoxError> + Send,
{
    let ready = caller.ready().await;
    ready.map_err(|error| anyhow::Error::from_boxed(error.into()))?;
    let path = PathAndQuery::from_static("/bench.v1.Echo/Say");
    let codec = ProstCodec::<Note, Note>::default();
    Ok(caller.unary(request, path, codec).await?.into_inner())
}
