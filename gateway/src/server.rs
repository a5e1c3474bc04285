//! Connections: HTTP/1 and HTTP/2 on one port, each bounded, and a stop that lets calls end.

use std::convert::Infallible;
use std::net::SocketAddr;

use axum::Router;
use http::Request;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use hyper_util::server::graceful::GracefulShutdown;
use throughline_service_kit::{DrainEnd, Shutdown, Tls, TlsStream, metrics};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tower::Service as _;

use crate::Limits;
use crate::gate::Peer;
use crate::greeting::Greeted;
use crate::linger::Lingering;
use crate::peers::{Full, Peers};

/// Serves `app` until `shutdown` is requested and calls have ended, or `Limits::drain` is over: then `end` ends them, if
/// `app` was made with it.
pub async fn serve(
    listener: TcpListener,
    app: Router,
    peers: Peers,
    limits: Limits,
    tls: Option<Tls>,
    shutdown: Shutdown,
    end: DrainEnd,
) {
    let builder = builder(&limits);
    let graceful = GracefulShutdown::new();
    let mut connections = JoinSet::new();
    loop {
        let (stream, peer) = tokio::select! {
            () = shutdown.requested() => break,
            // Reaps what has ended, so that the set holds the living alone.
            Some(_) = connections.join_next() => continue,
            accepted = listener.accept() => match accepted {
                Ok(accepted) => accepted,
                Err(error) => {
                    tracing::warn!(%error, "a connection could not be accepted");
                    // Out of files, most likely: others have to end before the next try can do better.
                    tokio::time::sleep(limits.accept_pause).await;
                    continue;
                }
            },
        };
        let taken = match peers.connection(peer.ip()) {
            Ok(taken) => taken,
            Err(full) => {
                metrics::refused(match full {
                    Full::All => "connections",
                    Full::Peer => "peer_connections",
                });
                continue;
            }
        };
        // Trailers are a write of their own; without this they wait for the peer's acknowledgement.
        stream.set_nodelay(true).ok();
        let (builder, watcher) = (builder.clone(), graceful.watcher());
        let (app, limits, tls) = (app.clone(), limits.clone(), tls.clone());
        connections.spawn(async move {
            let _counted = (taken, metrics::connection());
            match tls {
                None => connection(builder, watcher, stream, peer, app, limits).await,
                Some(tls) => {
                    if let Some(stream) = handshake(&tls, stream, &limits).await {
                        connection(builder, watcher, stream, peer, app, limits).await;
                    }
                }
            }
        });
    }
    drop(listener);
    drain(graceful, &limits, &end).await;
}

async fn handshake(tls: &Tls, stream: TcpStream, limits: &Limits) -> Option<TlsStream<TcpStream>> {
    match tokio::time::timeout(limits.greeting, tls.accept(stream)).await {
        Ok(Ok(stream)) => return Some(stream),
        Ok(Err(error)) => tracing::debug!(%error, "a TLS handshake failed"),
        Err(_) => tracing::debug!("a TLS handshake took too long"),
    }
    metrics::refused("tls_handshake");
    None
}

async fn connection<T>(
    builder: auto::Builder<TokioExecutor>,
    watcher: hyper_util::server::graceful::Watcher,
    stream: T,
    peer: SocketAddr,
    app: Router,
    limits: Limits,
) where
    T: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    let patience = limits.greeting;
    let service = service_fn(move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(Peer(peer));
        let answer = app.clone().call(Lingering::of(request, &limits));
        async { Ok::<_, Infallible>(answer.await.unwrap_or_else(|never| match never {})) }
    });
    let connection = builder
        .serve_connection(TokioIo::new(Greeted::new(stream, patience)), service)
        .into_owned();
    if let Err(error) = watcher.watch(connection).await {
        tracing::debug!(%peer, error, "a connection ended badly");
    }
}

async fn drain(graceful: GracefulShutdown, limits: &Limits, end: &DrainEnd) {
    let mut ended = std::pin::pin!(graceful.shutdown());
    if tokio::time::timeout(limits.drain, &mut ended).await.is_ok() {
        return;
    }
    // Ended, not dropped: their callers get a status, and their transactions end with it before telemetry does.
    end.end_calls();
    let dropped = tokio::time::timeout(limits.drain_end, ended).await.is_err();
    tracing::warn!(
        drain = ?limits.drain,
        calls = end.ended(),
        dropped,
        "calls in flight were ended: they outlasted the drain"
    );
}

fn builder(limits: &Limits) -> auto::Builder<TokioExecutor> {
    let mut builder = auto::Builder::new(TokioExecutor::new());
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(limits.header_read)
        .max_buf_size(limits.http1_buffer_bytes);
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(limits.concurrent_streams)
        .max_pending_accept_reset_streams(limits.pending_resets)
        .max_local_error_reset_streams(limits.error_resets)
        .max_header_list_size(limits.header_list_bytes)
        .initial_stream_window_size(limits.stream_window_bytes)
        .initial_connection_window_size(limits.connection_window_bytes)
        .keep_alive_interval(limits.keepalive_interval)
        .keep_alive_timeout(limits.keepalive_timeout);
    builder
}
