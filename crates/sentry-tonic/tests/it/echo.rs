//! A service of four methods, one for each kind of call, written by hand. Each
//! method is a closure that a test may replace.

use std::convert::Infallible;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use futures_util::{Stream, StreamExt};
use tonic::body::Body;
use tonic::server::NamedService;
use tonic::{Request, Response, Status, Streaming};
use tonic_prost::ProstCodec;
use tower::{Service, service_fn};

/// The one message.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct Note {
    #[prost(string, tag = "1")]
    pub(crate) text: String,
}

pub(crate) fn note(text: impl Into<String>) -> Note {
    Note { text: text.into() }
}

pub(crate) type Boxed<T> = Pin<Box<dyn Future<Output = T> + Send>>;
pub(crate) type Notes = Pin<Box<dyn Stream<Item = Result<Note, Status>> + Send>>;
type Method<A, B> = Arc<dyn Fn(Request<A>) -> Boxed<Result<Response<B>, Status>> + Send + Sync>;

#[derive(Clone)]
pub(crate) struct Echo {
    say: Method<Note, Note>,
    split: Method<Note, Notes>,
    join: Method<Streaming<Note>, Note>,
    chat: Method<Streaming<Note>, Notes>,
}

impl Echo {
    /// Echoes on every method.
    pub(crate) fn new() -> Self {
        Self {
            say: method(|request: Request<Note>| async { Ok(Response::new(request.into_inner())) }),
            split: method(|request: Request<Note>| async move {
                let words: Vec<_> = request
                    .into_inner()
                    .text
                    .split(' ')
                    .map(|word| Ok(note(word)))
                    .collect();
                Ok(Response::new(futures_util::stream::iter(words).boxed()))
            }),
            join: method(|request: Request<Streaming<Note>>| async {
                let mut notes = request.into_inner();
                let mut all = Vec::new();
                while let Some(note) = notes.message().await? {
                    all.push(note.text);
                }
                Ok(Response::new(note(all.join(" "))))
            }),
            chat: method(|request: Request<Streaming<Note>>| async {
                Ok(Response::new(request.into_inner().boxed()))
            }),
        }
    }

    pub(crate) fn say<F, R>(mut self, f: F) -> Self
    where
        F: Fn(Request<Note>) -> R + Send + Sync + 'static,
        R: Future<Output = Result<Response<Note>, Status>> + Send + 'static,
    {
        self.say = method(f);
        self
    }

    pub(crate) fn split<F, R>(mut self, f: F) -> Self
    where
        F: Fn(Request<Note>) -> R + Send + Sync + 'static,
        R: Future<Output = Result<Response<Notes>, Status>> + Send + 'static,
    {
        self.split = method(f);
        self
    }

    pub(crate) fn chat<F, R>(mut self, f: F) -> Self
    where
        F: Fn(Request<Streaming<Note>>) -> R + Send + Sync + 'static,
        R: Future<Output = Result<Response<Notes>, Status>> + Send + 'static,
    {
        self.chat = method(f);
        self
    }
}

fn method<A, B, F, R>(f: F) -> Method<A, B>
where
    F: Fn(Request<A>) -> R + Send + Sync + 'static,
    R: Future<Output = Result<Response<B>, Status>> + Send + 'static,
{
    Arc::new(move |request| Box::pin(f(request)))
}

impl NamedService for Echo {
    const NAME: &'static str = "it.v1.Echo";
}

impl Service<http::Request<Body>> for Echo {
    type Response = http::Response<Body>;
    type Error = Infallible;
    type Future = Boxed<Result<Self::Response, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<Body>) -> Self::Future {
        let Self {
            say,
            split,
            join,
            chat,
        } = self.clone();
        Box::pin(async move {
            let mut grpc = tonic::server::Grpc::new(ProstCodec::<Note, Note>::default());
            let method = request.uri().path().rsplit('/').next().map(str::to_owned);
            Ok(match method.as_deref() {
                Some("Say") => grpc.unary(service_fn(move |r| say(r)), request).await,
                Some("Split") => {
                    grpc.server_streaming(service_fn(move |r| split(r)), request)
                        .await
                }
                Some("Join") => {
                    grpc.client_streaming(service_fn(move |r| join(r)), request)
                        .await
                }
                Some("Chat") => grpc.streaming(service_fn(move |r| chat(r)), request).await,
                _ => Status::unimplemented("no such method").into_http(),
            })
        })
    }
}
