//! The connections of a server: how many there are, how long they may take to say something, how old they get, TLS where
//! there is a certificate, and a stop that lets calls end. The gateway and every service stand on it.
//!
//! It knows HTTP, and nothing of the calls that go over it.

mod calls;
mod closing;
mod greeting;
mod life;

use std::convert::Infallible;
use std::error::Error as StdError;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use http::{Request, Response};
use http_body::Body;
use hyper::body::Incoming;
use hyper::service::Service;
use hyper_util::server::conn::auto;
use life::Life;
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Handle;
use tokio::task::JoinSet;

pub use self::calls::CallTasks;
use crate::{DrainEnd, Shutdown, Tls, TlsStream, metrics};

/// What every connection is held to. The numbers are those of its server's limits.
#[derive(Clone, Copy, Debug)]
pub struct Terms {
    /// How long it may take to say which HTTP it speaks, its TLS handshake included.
    pub greeting: Duration,
    /// After how long it is told to go; it is a tenth longer or shorter, so that those that came together do not go together.
    pub age: Duration,
    /// How long it may stay to end its calls when it was told so.
    pub grace: Duration,
    /// How long it waits, when all is said, for its peer to close too: a reset would take the last answer away.
    pub close_wait: Duration,
    /// How long no connection is accepted after one could not be.
    pub accept_pause: Duration,
}

/// How connections are served.
#[derive(Debug)]
pub struct Connections<A> {
    http: auto::Builder<CallTasks>,
    calls: CallTasks,
    terms: Terms,
    tls: Option<Tls>,
    admit: A,
}

impl<A, G> Connections<A>
where
    A: Fn(IpAddr) -> Result<G, &'static str>,
    G: Send + 'static,
{
    /// Served by what `http` makes, on these terms. `admit` gives a connection its place, or says why there is none.
    pub fn new(
        http: impl FnOnce(CallTasks) -> auto::Builder<CallTasks>,
        terms: Terms,
        tls: Option<Tls>,
        admit: A,
    ) -> Self {
        let calls = CallTasks::default();
        Self {
            http: http(calls.clone()),
            calls,
            terms,
            tls,
            admit,
        }
    }

    /// Accepts from `listener` until `shutdown` is requested, and serves each by what `service` makes for its peer. Those that
    /// are open then are told to go, and handed back.
    pub async fn serve<S, B>(
        self,
        listener: TcpListener,
        service: impl Fn(SocketAddr) -> S,
        shutdown: Shutdown,
    ) -> Open
    where
        S: Service<Request<Incoming>, Response = Response<B>, Error = Infallible> + Send + 'static,
        S::Future: Send + 'static,
        B: Body + Send + 'static,
        B::Data: Send,
        B::Error: Into<Box<dyn StdError + Send + Sync>>,
    {
        let here = || (Handle::current(), &service);
        self.serve_on(listener, here, |service, peer| service(peer), shutdown)
            .await
    }

    /// The same, each on the runtime whose turn it is: what `turn` says beside it, `service` is made of.
    pub async fn serve_on<T, S, B>(
        self,
        listener: TcpListener,
        mut turn: impl FnMut() -> (Handle, T),
        service: impl Fn(T, SocketAddr) -> S,
        shutdown: Shutdown,
    ) -> Open
    where
        S: Service<Request<Incoming>, Response = Response<B>, Error = Infallible> + Send + 'static,
        S::Future: Send + 'static,
        B: Body + Send + 'static,
        B::Data: Send,
        B::Error: Into<Box<dyn StdError + Send + Sync>>,
    {
        let mut open = JoinSet::new();
        let life = Arc::new(Life::new(self.http, self.terms, shutdown.clone()));
        loop {
            let (stream, peer) = tokio::select! {
                () = shutdown.requested() => break,
                // Reaps what has ended, so that the set holds the living alone.
                Some(_) = open.join_next() => continue,
                accepted = listener.accept() => match accepted {
                    Ok(accepted) => accepted,
                    Err(error) => {
                        tracing::warn!(%error, "a connection could not be accepted");
                        // Out of files, most likely: others have to end before the next try can do better.
                        tokio::time::sleep(self.terms.accept_pause).await;
                        continue;
                    }
                },
            };
            let place = match (self.admit)(peer.ip()) {
                Ok(place) => place,
                Err(reason) => {
                    metrics::refused(reason);
                    continue;
                }
            };
            // Trailers are a write of their own; without this they wait for the peer's acknowledgement.
            stream.set_nodelay(true).ok();
            // Whoever serves it waits for its bytes.
            let Ok(stream) = stream.into_std() else {
                continue;
            };
            let (runtime, of) = turn();
            let (life, tls, service) = (life.clone(), self.tls.clone(), service(of, peer));
            let greeting = self.terms.greeting;
            let served = async move {
                let _counted = (place, metrics::connection());
                let Ok(stream) = TcpStream::from_std(stream) else {
                    return;
                };
                match tls {
                    None => life.of(stream, peer, service).await,
                    Some(tls) => {
                        if let Some(stream) = handshake(&tls, stream, greeting).await {
                            life.of(stream, peer, service).await;
                        }
                    }
                }
            };
            open.spawn_on(served, &runtime);
        }
        Open {
            connections: open,
            calls: self.calls,
        }
    }
}

async fn handshake(
    tls: &Tls,
    stream: TcpStream,
    greeting: Duration,
) -> Option<TlsStream<TcpStream>> {
    match tokio::time::timeout(greeting, tls.accept(stream)).await {
        Ok(Ok(stream)) => return Some(stream),
        Ok(Err(error)) => tracing::debug!(%error, "a TLS handshake failed"),
        Err(_) => tracing::debug!("a TLS handshake took too long"),
    }
    metrics::refused("tls_handshake");
    None
}

/// The connections that are open still, which end with this, and the calls that have not ended.
#[derive(Debug)]
#[must_use = "they end with this"]
pub struct Open {
    connections: JoinSet<()>,
    calls: CallTasks,
}

impl Open {
    /// Waits until all have ended, for no longer than `bound`. Then `end` ends their calls, and they have `more` to go.
    pub async fn drain(mut self, bound: Duration, more: Duration, end: &DrainEnd) {
        if self.ended(bound).await {
            return;
        }
        // Ended, not dropped: their callers get a status, and their transactions end with it before telemetry does.
        end.end_calls();
        let dropped = !self.ended(more).await;
        tracing::warn!(
            drain = ?bound,
            calls = end.ended(),
            dropped,
            "calls in flight were ended: they outlasted the drain"
        );
    }

    async fn ended(&mut self, bound: Duration) -> bool {
        let ended = async {
            while self.connections.join_next().await.is_some() {}
            // Who left a call, and then its connection, may be gone before the call has ended.
            self.calls.ended().await;
        };
        tokio::time::timeout(bound, ended).await.is_ok()
    }
}
