//! What the tests stand on: a hub whose envelopes are kept, a server on a
//! thread of its own, and a client of the echo service.

use std::future::Future;
use std::net::SocketAddr;
use std::sync::{Arc, Condvar, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

use futures_util::Stream;
use http::uri::PathAndQuery;
use sentry_core::protocol::{Context, EnvelopeItem, Event, TraceContext, Transaction};
use sentry_core::{ClientOptions, Envelope, Hub, Transport};
use sentry_tonic::{ClientLayer, ClientService, ServerLayer};
use tokio::net::TcpListener;
use tokio_stream::wrappers::TcpListenerStream;
use tonic::body::Body;
use tonic::client::GrpcService;
use tonic::transport::{Channel, Endpoint, Server};
use tonic::{IntoRequest, Request, Response, Status, Streaming};
use tonic_prost::ProstCodec;
use tower::Layer;

use crate::echo::{Echo, Note, note};

type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// Longest wait for something that must happen; no test that holds waits so long.
const PATIENCE: Duration = Duration::from_secs(60);

/// Keeps what a hub sends.
#[derive(Default)]
struct Kept {
    envelopes: Mutex<Vec<Envelope>>,
    arrived: Condvar,
}

impl Transport for Kept {
    fn send_envelope(&self, envelope: Envelope) {
        self.envelopes.lock().unwrap().push(envelope);
        self.arrived.notify_all();
    }
}

/// One process, as far as Sentry can tell: a client, its hub, what it sent.
pub(crate) struct Side {
    pub(crate) hub: Arc<Hub>,
    kept: Arc<Kept>,
}

impl Side {
    /// Samples everything.
    pub(crate) fn new() -> Self {
        Self::with(|options| options.traces_sample_rate(1.0))
    }

    /// No client at all.
    pub(crate) fn without_client() -> Self {
        Self {
            hub: Arc::new(Hub::new(None, Arc::default())),
            kept: Arc::default(),
        }
    }

    pub(crate) fn with(options: impl FnOnce(ClientOptions) -> ClientOptions) -> Self {
        let kept = Arc::new(Kept::default());
        let base = ClientOptions::new()
            .dsn("http://key@sentry.invalid/1")
            .release("it@1")
            .transport(kept.clone());
        let client = sentry_core::Client::from(options(base));
        Self {
            hub: Arc::new(Hub::new(Some(Arc::new(client)), Arc::default())),
            kept,
        }
    }

    /// Runs `future` on this thread, with this side's hub.
    pub(crate) fn run<F: Future>(&self, future: F) -> F::Output {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        Hub::run(self.hub.clone(), || runtime.block_on(future))
    }

    /// Runs `future` under a transaction that this side starts.
    pub(crate) fn run_in_transaction<F: Future>(&self, future: F) -> F::Output {
        let transaction = Hub::run(self.hub.clone(), || {
            sentry_core::start_transaction(sentry_core::TransactionContext::new("test", "test"))
        });
        self.hub
            .configure_scope(|scope| scope.set_span(Some(transaction.clone().into())));
        let output = self.run(future);
        self.hub.configure_scope(|scope| scope.set_span(None));
        Hub::run(self.hub.clone(), || transaction.finish());
        output
    }

    /// Serves `echo` behind `layer`, on a thread and a runtime of its own.
    pub(crate) fn serve(&self, layer: ServerLayer, echo: Echo) -> Served {
        self.serve_by(move |listener| async move {
            Server::builder()
                .layer(layer)
                .add_service(echo)
                .serve_with_incoming(TcpListenerStream::new(listener))
                .await
                .unwrap();
        })
    }

    /// Runs a server of any kind on a thread and a runtime of its own.
    pub(crate) fn serve_by<F, R>(&self, serve: F) -> Served
    where
        F: FnOnce(TcpListener) -> R + Send + 'static,
        R: Future<Output = ()>,
    {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
        let side = Self {
            hub: self.hub.clone(),
            kept: self.kept.clone(),
        };
        let thread = std::thread::spawn(move || {
            side.run(async {
                let listener = TcpListener::from_std(listener).unwrap();
                tokio::select! {
                    () = serve(listener) => {}
                    _ = stopped => {}
                }
            });
        });
        Served {
            address,
            stop: Some(stop),
            thread: Some(thread),
        }
    }

    /// Waits until what this side sent satisfies `done`, and returns all of it.
    pub(crate) fn wait_for(&self, done: impl Fn(&Sent) -> bool) -> Sent {
        let envelopes = self.kept.envelopes.lock().unwrap();
        let (envelopes, timeout) = self
            .kept
            .arrived
            .wait_timeout_while(envelopes, PATIENCE, |envelopes| !done(&Sent::of(envelopes)))
            .unwrap();
        let sent = Sent::of(&envelopes);
        assert!(!timeout.timed_out(), "never came: {sent:#?}");
        sent
    }

    /// The transaction of the only call, waited for.
    pub(crate) fn transaction(&self) -> Transaction<'static> {
        let mut sent = self.wait_for(|sent| !sent.transactions.is_empty());
        assert_eq!(sent.transactions.len(), 1, "{sent:#?}");
        sent.transactions.remove(0)
    }

    /// What has been sent so far.
    pub(crate) fn sent(&self) -> Sent {
        Sent::of(&self.kept.envelopes.lock().unwrap())
    }
}

/// The transactions and events among envelopes.
#[derive(Debug, Default)]
pub(crate) struct Sent {
    pub(crate) transactions: Vec<Transaction<'static>>,
    pub(crate) events: Vec<Event<'static>>,
}

impl Sent {
    fn of(envelopes: &[Envelope]) -> Self {
        let mut sent = Self::default();
        for item in envelopes.iter().flat_map(Envelope::items) {
            match item {
                EnvelopeItem::Transaction(transaction) => {
                    sent.transactions.push((**transaction).clone());
                }
                EnvelopeItem::Event(event) => sent.events.push((**event).clone()),
                _ => {}
            }
        }
        sent
    }
}

pub(crate) fn trace_of(transaction: &Transaction<'static>) -> TraceContext {
    trace_in(&transaction.contexts)
}

pub(crate) fn trace_of_event(event: &Event<'static>) -> TraceContext {
    trace_in(&event.contexts)
}

fn trace_in(contexts: &std::collections::BTreeMap<String, Context>) -> TraceContext {
    match contexts.get("trace") {
        Some(Context::Trace(trace)) => (**trace).clone(),
        other => panic!("no trace context: {other:?}"),
    }
}

/// A server that stops when this is dropped.
pub(crate) struct Served {
    pub(crate) address: SocketAddr,
    stop: Option<tokio::sync::oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Served {
    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub(crate) fn endpoint(&self) -> Endpoint {
        Endpoint::from_shared(self.url()).unwrap()
    }

    /// A client of the echo service with no layer of ours.
    pub(crate) fn bare(&self) -> Caller<Channel> {
        Caller::new(self.endpoint().connect_lazy())
    }

    /// A client of the echo service behind our layer.
    pub(crate) fn traced(&self) -> Caller<Traced> {
        Caller::new(ClientLayer::new().layer(self.endpoint().connect_lazy()))
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        self.stop.take();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// tonic's channel behind our layer.
pub(crate) type Traced = ClientService<Channel>;

/// A client of the echo service.
#[derive(Clone)]
pub(crate) struct Caller<S>(pub(crate) tonic::client::Grpc<S>);

impl<S> Caller<S>
where
    S: GrpcService<Body>,
    S::ResponseBody: http_body::Body<Data = bytes::Bytes> + Send + 'static,
    <S::ResponseBody as http_body::Body>::Error: Into<BoxError> + Send,
{
    pub(crate) fn new(service: S) -> Self {
        Self(tonic::client::Grpc::new(service))
    }

    async fn ready(&mut self) -> Result<(), Status> {
        self.0
            .ready()
            .await
            .map_err(|error| Status::from_error(error.into()))
    }

    pub(crate) async fn say(
        &mut self,
        request: impl IntoRequest<Note>,
    ) -> Result<Response<Note>, Status> {
        self.unary("/it.v1.Echo/Say", request).await
    }

    pub(crate) async fn unary(
        &mut self,
        path: &'static str,
        request: impl IntoRequest<Note>,
    ) -> Result<Response<Note>, Status> {
        self.ready().await?;
        let (path, codec) = (PathAndQuery::from_static(path), codec());
        self.0.unary(request.into_request(), path, codec).await
    }

    pub(crate) async fn split(
        &mut self,
        request: impl IntoRequest<Note>,
    ) -> Result<Response<Streaming<Note>>, Status> {
        self.ready().await?;
        let (path, codec) = (PathAndQuery::from_static("/it.v1.Echo/Split"), codec());
        self.0
            .server_streaming(request.into_request(), path, codec)
            .await
    }

    pub(crate) async fn join(&mut self, words: &[&str]) -> Result<Response<Note>, Status> {
        self.ready().await?;
        let (path, codec) = (PathAndQuery::from_static("/it.v1.Echo/Join"), codec());
        let request = Request::new(notes(words));
        self.0.client_streaming(request, path, codec).await
    }

    pub(crate) async fn chat(
        &mut self,
        words: &[&str],
    ) -> Result<Response<Streaming<Note>>, Status> {
        self.ready().await?;
        let (path, codec) = (PathAndQuery::from_static("/it.v1.Echo/Chat"), codec());
        let request = Request::new(notes(words));
        self.0.streaming(request, path, codec).await
    }
}

fn codec() -> ProstCodec<Note, Note> {
    ProstCodec::default()
}

fn notes(words: &[&str]) -> impl Stream<Item = Note> + Send + 'static {
    futures_util::stream::iter(words.iter().map(|word| note(*word)).collect::<Vec<_>>())
}

/// Reads a stream to its end: what came, and the status it ended with.
pub(crate) async fn drain(mut stream: Streaming<Note>) -> (Vec<String>, Result<(), Status>) {
    let mut words = Vec::new();
    loop {
        match stream.message().await {
            Ok(Some(note)) => words.push(note.text),
            Ok(None) => return (words, Ok(())),
            Err(status) => return (words, Err(status)),
        }
    }
}
