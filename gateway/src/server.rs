//! Connections: HTTP/1 and HTTP/2 on one port, each bounded, and a stop that lets calls end.

use std::net::{IpAddr, SocketAddr};

use axum::Router;
use http::Request;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::TokioTimer;
use hyper_util::server::conn::auto;
use throughline_service_kit::connections::{CallTasks, Connections, Terms};
use throughline_service_kit::{DrainEnd, Shutdown, Tls};
use tokio::net::TcpListener;
use tower::Service as _;

use crate::Limits;
use crate::gate::Peer;
use crate::linger::Lingering;
use crate::peers::{Full, Peers};
use crate::workers::Seat;

/// Serves connections at these seats in turn, until `shutdown` is requested and calls have ended, or `Limits::drain` is
/// over: then `end` ends them, if their apps were made with it.
pub async fn serve(
    listener: TcpListener,
    seats: Vec<Seat>,
    peers: Peers,
    limits: Limits,
    tls: Option<Tls>,
    shutdown: Shutdown,
    end: DrainEnd,
) {
    let terms = Terms {
        greeting: limits.greeting,
        age: limits.connection_age,
        grace: limits.connection_grace,
        close_wait: limits.close_wait,
        accept_pause: limits.accept_pause,
    };
    let admit = |peer: IpAddr| {
        peers.connection(peer).map_err(|full| match full {
            Full::All => "connections",
            Full::Peer => "peer_connections",
        })
    };
    let mut turns = seats.iter().cycle();
    let here = || Seat::here(Router::new());
    let turn = || {
        let Seat { runtime, app } = turns.next().cloned().unwrap_or_else(here);
        (runtime, app)
    };
    let service = |app: Router, peer: SocketAddr| {
        let limits = limits.clone();
        service_fn(move |mut request: Request<Incoming>| {
            request.extensions_mut().insert(Peer(peer));
            app.clone().call(Lingering::of(request, &limits))
        })
    };
    let connections = Connections::new(|calls| builder(calls, &limits), terms, tls, admit);
    let open = connections
        .serve_on(listener, turn, service, shutdown)
        .await;
    open.drain(limits.drain, limits.drain_end, &end).await;
}

fn builder(calls: CallTasks, limits: &Limits) -> auto::Builder<CallTasks> {
    let mut builder = auto::Builder::new(calls);
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
