//! A channel to a peer, with our layer on it. It knows no service's methods.

use std::task::{Context, Poll};

use tonic::body::Body;
use tonic::codegen::Service;

use crate::{Error, Limits, Telemetry};

/// A traced channel: what a generated client takes.
#[derive(Clone, Debug)]
pub struct Channel {
    inner: tonic::transport::Channel,
}

/// A channel to the server at `url`. It connects when it is first used, and again when it has to.
pub fn channel(url: &str, telemetry: &Telemetry) -> Result<Channel, Error> {
    let limits = Limits::default();
    let endpoint = tonic::transport::Endpoint::from_shared(url.to_owned())
        .map_err(|error| bad_url(url, &error))?
        .connect_timeout(limits.connect)
        .http2_keep_alive_interval(limits.keepalive_interval)
        .keep_alive_timeout(limits.keepalive_timeout)
        .tcp_nodelay(true);
    let _ = telemetry.layers().client();
    Ok(Channel {
        inner: endpoint.connect_lazy(),
    })
}

fn bad_url(url: &str, error: &tonic::transport::Error) -> Error {
    Error::Url {
        url: url.to_owned(),
        reason: error.to_string(),
    }
}

impl Service<http::Request<Body>> for Channel {
    type Response = http::Response<Body>;
    type Error = tonic::transport::Error;
    type Future = tonic::transport::channel::ResponseFuture;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: http::Request<Body>) -> Self::Future {
        self.inner.call(request)
    }
}
