//! A channel to a peer, with our layer on it. It knows no service's methods.

use std::task::{Context, Poll};

use http_body_util::Either;
use hyper_rustls::HttpsConnectorBuilder;
use hyper_util::client::legacy::connect::HttpConnector;
use sentry_tonic::{ClientBody, ClientLayer, ClientService};
use tonic::body::Body;
use tower::util::{MapResponse, ServiceExt};
use tower_layer::Layer;
use tower_service::Service;

use crate::call_context::CallContext;
use crate::deadline::{ClientDeadlineService, Deadline, DeadlineBody, OutlastBody};
use crate::framing::{AnswerBody, SizedClient};
use crate::{ClientDeadlineLayer, Error, Limits, SwitchedService, Telemetry, fault, shed};

type Transport = tonic::transport::Channel;
/// What [`connector`] makes.
pub type HttpsConnector = hyper_rustls::HttpsConnector<HttpConnector>;
type Timed = ClientDeadlineService<SizedClient<Transport>>;
type TimedBody = DeadlineBody<OutlastBody<AnswerBody<Body>>>;
type Traced = SwitchedService<ClientService<Timed>, Timed>;
type Answer = http::Response<Either<ClientBody<TimedBody>, TimedBody>>;
type Inner = MapResponse<Traced, fn(Answer) -> http::Response<Body>>;

/// A traced channel: what a generated client takes. It sends on what is left of the deadline of the call at hand, and the
/// faults that it asks for.
#[derive(Clone)]
pub struct Channel {
    inner: Inner,
}

/// A channel to the server at `url`, `http` or `https`. It connects when it is first used, and again when it has to.
/// A server that speaks TLS has to have a certificate of one of [`Telemetry::authorities`].
pub fn channel(url: &str, telemetry: &Telemetry) -> Result<Channel, Error> {
    let limits = telemetry.limits();
    channel_within(url, telemetry, limits)
}

/// [`channel`] within these bounds.
pub fn channel_within(url: &str, telemetry: &Telemetry, limits: &Limits) -> Result<Channel, Error> {
    let endpoint = tonic::transport::Endpoint::from_shared(url.to_owned())
        .map_err(|error| bad_url(url, error.to_string()))?
        .connect_timeout(limits.connect)
        .http2_keep_alive_interval(limits.keepalive_interval)
        .keep_alive_timeout(limits.keepalive_timeout)
        .http2_max_header_list_size(limits.header_list_bytes)
        .tcp_nodelay(true);
    if endpoint.uri().authority().is_none() {
        return Err(bad_url(url, "it names no host".to_owned()));
    }
    let transport = match endpoint.uri().scheme_str() {
        Some("http") => endpoint.connect_lazy(),
        Some("https") => endpoint.connect_with_connector_lazy(connector(telemetry, true)?),
        _ => return Err(bad_url(url, "it is neither http nor https".to_owned())),
    };
    let layer = ClientLayer::new()
        .target(url)
        .record_response_metadata([shed::HEADER]);
    let sized = SizedClient::new(transport, limits.message_bytes, limits.answer_bytes);
    let traced = telemetry
        .client_layer(layer)
        .layer(ClientDeadlineLayer::new(limits).layer(sized));
    Ok(Channel {
        inner: traced.map_response(|answer: Answer| answer.map(Body::new)),
    })
}

/// Connects by TCP, and by TLS where a URL says so; for HTTP/2 or for HTTP/1.1.
pub fn connector(telemetry: &Telemetry, http2: bool) -> Result<HttpsConnector, Error> {
    let mut tcp = HttpConnector::new();
    tcp.enforce_http(false);
    tcp.set_nodelay(true);
    tcp.set_connect_timeout(Some(telemetry.limits().connect));
    let tls = telemetry.authorities().client_config()?;
    let builder = HttpsConnectorBuilder::new()
        .with_tls_config(tls)
        .https_or_http();
    Ok(match http2 {
        true => builder.enable_http2().wrap_connector(tcp),
        false => builder.enable_http1().wrap_connector(tcp),
    })
}

fn bad_url(url: &str, reason: String) -> Error {
    Error::Url {
        url: url.to_owned(),
        reason,
    }
}

impl Service<http::Request<Body>> for Channel {
    type Response = http::Response<Body>;
    type Error = <Inner as Service<http::Request<Body>>>::Error;
    type Future = <Inner as Service<http::Request<Body>>>::Future;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, mut request: http::Request<Body>) -> Self::Future {
        // Here already, so that the trace can tell a deadline from a cancel where the call is dropped.
        if let Some(deadline) = Deadline::of_departing(request.headers()) {
            deadline.write(request.headers_mut());
        }
        if let Some(faults) = CallContext::with(|context| context.faults.clone()) {
            request.headers_mut().insert(fault::HEADER, faults);
        }
        self.inner.call(request)
    }
}

impl std::fmt::Debug for Channel {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Channel").finish_non_exhaustive()
    }
}
