//! A channel to a peer, with our layer on it. It knows no service's methods.

use std::task::{Context, Poll};

use http_body_util::Either;
use sentry_tonic::{ClientBody, ClientLayer, ClientService};
use tonic::body::Body;
use tower::util::{MapResponse, ServiceExt};
use tower_layer::Layer;
use tower_service::Service;

use crate::call_context::CallContext;
use crate::deadline::{ClientDeadlineService, Deadline, DeadlineBody};
use crate::{ClientDeadlineLayer, Error, Limits, SwitchedService, Telemetry, fault};

type Transport = tonic::transport::Channel;
type Timed = ClientDeadlineService<Transport>;
type Traced = SwitchedService<ClientService<Timed>, Timed>;
type Answer = http::Response<Either<ClientBody<DeadlineBody<Body>>, DeadlineBody<Body>>>;
type Inner = MapResponse<Traced, fn(Answer) -> http::Response<Body>>;

/// A traced channel: what a generated client takes. It sends on what is left of the deadline of the call at hand, and the
/// faults that it asks for.
#[derive(Clone)]
pub struct Channel {
    inner: Inner,
}

/// A channel to the server at `url`. It connects when it is first used, and again when it has to.
pub fn channel(url: &str, telemetry: &Telemetry) -> Result<Channel, Error> {
    let limits: &Limits = telemetry.limits();
    let endpoint = tonic::transport::Endpoint::from_shared(url.to_owned())
        .map_err(|error| bad_url(url, error.to_string()))?
        .connect_timeout(limits.connect)
        .http2_keep_alive_interval(limits.keepalive_interval)
        .keep_alive_timeout(limits.keepalive_timeout)
        .tcp_nodelay(true);
    if endpoint.uri().authority().is_none() {
        return Err(bad_url(url, "it names no host".to_owned()));
    }
    let layer = telemetry.client_layer(ClientLayer::new().target(url));
    let timed = ClientDeadlineLayer.layer(endpoint.connect_lazy());
    let traced = layer.layer(timed);
    Ok(Channel {
        inner: traced.map_response(|answer: Answer| answer.map(Body::new)),
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
