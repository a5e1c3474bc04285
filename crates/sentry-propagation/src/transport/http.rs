//! One request to the collector and what became of it: bounded in time and in what is read of the answer.
//! It knows no queue and no losses.

use bytes::Bytes;
use http::header::{CONTENT_TYPE, HeaderMap, HeaderName, RETRY_AFTER, USER_AGENT};
use http::{Method, Request, StatusCode, Uri};
use http_body_util::{BodyExt, Full, Limited};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use sentry_core::TransportOptions;
use sentry_types::Dsn;

use super::Limits;

const AUTH: HeaderName = HeaderName::from_static("x-sentry-auth");
const RATE_LIMITS: HeaderName = HeaderName::from_static("x-sentry-rate-limits");
const ENVELOPE: &str = "application/x-sentry-envelope";
/// hyper accepts no smaller buffer.
const LEAST_HEAD_BYTES: usize = 8192;

#[cfg(feature = "tls")]
type Connector = hyper_rustls::HttpsConnector<HttpConnector>;
#[cfg(not(feature = "tls"))]
type Connector = HttpConnector;

/// What became of a request.
#[derive(Debug)]
pub(super) enum Outcome {
    /// The collector answered.
    Answered(Answer),
    /// There was no answer within the bound.
    TimedOut,
    /// There was no connection, or it broke.
    Unreachable,
}

/// What the collector answered.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) rate_limits: Option<String>,
    pub(super) retry_after: Option<String>,
}

/// The way to a collector.
#[derive(Clone, Debug)]
pub(super) struct Collector {
    client: Client<Connector, Full<Bytes>>,
    uri: Uri,
    dsn: Dsn,
    user_agent: String,
    limits: Limits,
}

impl Collector {
    /// The collector that the options name, unless its address is none or TLS cannot be set up.
    pub(super) fn new(options: &TransportOptions, limits: &Limits) -> Result<Self, String> {
        let uri = options.dsn.envelope_api_url().as_str().parse();
        let client = Client::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .pool_max_idle_per_host(limits.requests_in_flight)
            .http1_max_buf_size(limits.response_head_bytes.max(LEAST_HEAD_BYTES))
            .build(connector(limits)?);
        Ok(Self {
            client,
            uri: uri.map_err(|error: http::uri::InvalidUri| error.to_string())?,
            dsn: options.dsn.clone(),
            user_agent: options.user_agent.clone().into_owned(),
            limits: limits.clone(),
        })
    }

    /// Sends an envelope.
    pub(super) async fn send(&self, envelope: Bytes) -> Outcome {
        match tokio::time::timeout(self.limits.request, self.attempts(envelope)).await {
            Ok(outcome) => outcome,
            Err(_) => Outcome::TimedOut,
        }
    }

    /// A kept connection may have died with an earlier collector: what breaks before an answer is sent once more. A
    /// refused connection is not: that collector is down.
    async fn attempts(&self, envelope: Bytes) -> Outcome {
        for last in [false, true] {
            let response = match self.client.request(self.request(envelope.clone())).await {
                Ok(response) => response,
                Err(error) if last || error.is_connect() => break,
                Err(_) => continue,
            };
            let answer = Answer {
                status: response.status(),
                rate_limits: text(response.headers(), &RATE_LIMITS),
                retry_after: text(response.headers(), &RETRY_AFTER),
            };
            // Read to the end, so that the connection is used again; the answer stands whatever becomes of that.
            let body = Limited::new(response.into_body(), self.limits.response_body_bytes);
            let _ = tokio::time::timeout(self.limits.request / 4, body.collect()).await;
            return Outcome::Answered(answer);
        }
        Outcome::Unreachable
    }

    fn request(&self, envelope: Bytes) -> Request<Full<Bytes>> {
        let mut request = Request::new(Full::new(envelope));
        *request.method_mut() = Method::POST;
        *request.uri_mut() = self.uri.clone();
        let auth = self.dsn.to_auth(Some(&self.user_agent)).to_string();
        for (name, value) in [
            (AUTH, auth.as_str()),
            (USER_AGENT, self.user_agent.as_str()),
            (CONTENT_TYPE, ENVELOPE),
        ] {
            // A user agent that is no header is left out; the collector does not need it.
            if let Ok(value) = value.parse() {
                request.headers_mut().insert(name, value);
            }
        }
        request
    }
}

fn text(headers: &HeaderMap, name: &HeaderName) -> Option<String> {
    headers.get(name)?.to_str().ok().map(ToOwned::to_owned)
}

fn tcp(limits: &Limits) -> HttpConnector {
    let mut tcp = HttpConnector::new();
    tcp.set_nodelay(true);
    tcp.set_connect_timeout(Some(limits.connect));
    tcp
}

#[cfg(feature = "tls")]
fn connector(limits: &Limits) -> Result<Connector, String> {
    let mut tcp = tcp(limits);
    tcp.enforce_http(false);
    // The provider is named, because a process with two of them has no default.
    let builder = hyper_rustls::HttpsConnectorBuilder::new()
        .with_provider_and_webpki_roots(rustls::crypto::ring::default_provider())
        .map_err(|error| error.to_string())?;
    Ok(builder.https_or_http().enable_http1().wrap_connector(tcp))
}

#[cfg(not(feature = "tls"))]
fn connector(limits: &Limits) -> Result<Connector, String> {
    Ok(tcp(limits))
}
