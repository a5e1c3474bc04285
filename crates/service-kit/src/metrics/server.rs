//! The numbers as text, on a port of their own: it is for operators, and callers never reach it. It knows HTTP/1 alone,
//! and one path.

use std::convert::Infallible;
use std::net::SocketAddr;

use http::{HeaderValue, Request, Response, StatusCode, header};
use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use prometheus_client::registry::Registry;

use super::{COUNTS, lost};
use crate::spawn::detached;
use crate::{Error, Shutdown, Telemetry};

/// What the text is: Prometheus and all that read OpenMetrics take it.
pub const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// The text, now.
pub fn text(telemetry: &Telemetry) -> String {
    encode(&registry(telemetry))
}

/// Listens on `address` and answers `/metrics` until `shutdown` is requested, without holding up whoever calls this.
pub async fn serve(
    address: SocketAddr,
    telemetry: &Telemetry,
    shutdown: Shutdown,
) -> Result<(), Error> {
    let listener = crate::listen(address).await?;
    let registry = std::sync::Arc::new(registry(telemetry));
    let limits = telemetry.limits().clone();
    if let Ok(address) = listener.local_addr() {
        tracing::info!("metrics on http://{address}/metrics");
    }
    let mut http = hyper::server::conn::http1::Builder::new();
    http.timer(TokioTimer::new())
        .header_read_timeout(limits.metrics_read)
        .keep_alive(false);
    // Each takes one request and is bounded in time, so few are open at once; more wait in the listener's queue.
    let open = std::sync::Arc::new(tokio::sync::Semaphore::new(limits.metrics_connections));
    detached(async move {
        loop {
            let Ok(permit) = open.clone().acquire_owned().await else {
                return;
            };
            let accepted = tokio::select! {
                () = shutdown.requested() => return,
                accepted = listener.accept() => accepted,
            };
            let Ok((stream, _)) = accepted else { continue };
            let (registry, http) = (registry.clone(), http.clone());
            detached(async move {
                let answer = service_fn(|request| std::future::ready(answer(&request, &registry)));
                let serving = http.serve_connection(TokioIo::new(stream), answer);
                tokio::time::timeout(limits.metrics_read, serving)
                    .await
                    .ok();
                drop(permit);
            });
        }
    });
    Ok(())
}

fn answer(
    request: &Request<Incoming>,
    registry: &Registry,
) -> Result<Response<Full<Bytes>>, Infallible> {
    if request.uri().path() != "/metrics" {
        let mut nothing = Response::new(Full::from("metrics are at /metrics\n"));
        *nothing.status_mut() = StatusCode::NOT_FOUND;
        return Ok(nothing);
    }
    let mut answer = Response::new(Full::from(encode(registry)));
    answer
        .headers_mut()
        .insert(header::CONTENT_TYPE, HeaderValue::from_static(CONTENT_TYPE));
    Ok(answer)
}

fn registry(telemetry: &Telemetry) -> Registry {
    let mut registry = Registry::with_prefix("throughline");
    COUNTS.register(&mut registry);
    registry.register_collector(Box::new(lost::Read::new(telemetry.losses_reader())));
    registry
}

fn encode(registry: &Registry) -> String {
    let mut text = String::new();
    // Writing into a String does not fail.
    let _ = prometheus_client::encoding::text::encode(&mut text, registry);
    text
}
