//! A proxy on loopback between dgraph-tonic and one alpha: puts the headers on a call that its ticket stands for, speaks
//! TLS, and keeps one connection where dgraph-tonic makes one for each transaction. It decodes no message, and takes
//! nothing from who has no ticket.

use std::{convert::Infallible, net::Ipv4Addr, sync::Arc};

use http::{HeaderMap, HeaderValue, Request, Response, Uri, header::USER_AGENT, uri::Scheme};
use http_body_util::{Either, Empty};
use hyper::body::{Bytes, Incoming};
use hyper::server::conn::http2;
use hyper::service::service_fn;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::{Client, connect::HttpConnector};
use hyper_util::rt::{TokioExecutor, TokioIo};
use parking_lot::Mutex;
use throughline_dgraph_client::Error;
use tokio::net::TcpListener;
use tokio::task::AbortHandle;

use crate::{TonicOptions, error::UNREACHED, ticket::Tickets};

type Upstream = Client<HttpsConnector<HttpConnector>, Incoming>;
type Answer = Response<Either<Incoming, Empty<Bytes>>>;

/// The proxy; it ends with this value.
pub(crate) struct Proxy {
    upstream: Upstream,
    scheme: Scheme,
    window: u32,
    tickets: Arc<Tickets>,
    listening: Mutex<Vec<AbortHandle>>,
}

impl Proxy {
    pub(crate) fn new(tickets: Arc<Tickets>, options: &TonicOptions) -> Result<Self, Error> {
        let mut http = HttpConnector::new();
        http.enforce_http(false);
        http.set_nodelay(true);
        let (mut tls, scheme) = match &options.tls {
            Some(tls) => (Arc::unwrap_or_clone(tls.config()?), Scheme::HTTPS),
            None => (unused()?, Scheme::HTTP),
        };
        // The connector names the protocol itself.
        tls.alpn_protocols.clear();
        let connector = HttpsConnectorBuilder::new()
            .with_tls_config(tls)
            .https_or_http()
            .enable_http2()
            .wrap_connector(http);
        let upstream = Client::builder(TokioExecutor::new())
            .http2_only(true)
            .http2_initial_stream_window_size(options.limits.window)
            .build(connector);
        Ok(Self {
            upstream,
            scheme,
            window: options.limits.window,
            tickets,
            listening: Mutex::default(),
        })
    }

    /// Begins to listen for calls to this alpha; where, as dgraph-tonic wants it.
    #[expect(
        clippy::disallowed_methods,
        reason = "it outlives the call that found no proxy yet, and is of none"
    )]
    pub(crate) fn listen(&self, alpha: &str) -> Result<String, Error> {
        let bad = |problem: &str| Error::Options(format!("no proxy for {alpha:?}: {problem}"));
        let authority = alpha.parse().map_err(|_| bad("write host:port"))?;
        let listener = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0));
        let listener = listener.and_then(|listener| {
            listener.set_nonblocking(true)?;
            TcpListener::from_std(listener)
        });
        let listener = listener.map_err(|_| bad("there is no port on loopback"))?;
        let origin = listener
            .local_addr()
            .map_err(|_| bad("it has no address"))?;
        let route = Arc::new(Route {
            upstream: self.upstream.clone(),
            scheme: self.scheme.clone(),
            authority,
            tickets: Arc::clone(&self.tickets),
        });
        let accepts = tokio::spawn(accept(listener, route, self.window));
        self.listening.lock().push(accepts.abort_handle());
        Ok(format!("http://{origin}"))
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        for listening in self.listening.lock().iter() {
            listening.abort();
        }
    }
}

/// Where the calls of one port go.
struct Route {
    upstream: Upstream,
    scheme: Scheme,
    authority: http::uri::Authority,
    tickets: Arc<Tickets>,
}

#[expect(
    clippy::disallowed_methods,
    reason = "a connection is of no call: what is of one goes by its ticket"
)]
async fn accept(listener: TcpListener, route: Arc<Route>, window: u32) {
    while let Ok((stream, _)) = listener.accept().await {
        // Without it a small call waits for the acknowledgement of the one before.
        let _ = stream.set_nodelay(true);
        let route = Arc::clone(&route);
        let service = service_fn(move |request| {
            let route = Arc::clone(&route);
            async move { Ok::<_, Infallible>(route.pass(request).await) }
        });
        let serve = http2::Builder::new(TokioExecutor::new())
            .initial_stream_window_size(window)
            .serve_connection(TokioIo::new(stream), service);
        // It ends with its connection, which is to say with its transaction.
        tokio::spawn(serve);
    }
}

impl Route {
    async fn pass(&self, mut request: Request<Incoming>) -> Answer {
        let agent = request.headers_mut().remove(USER_AGENT);
        let ticket = agent.and_then(|agent| self.tickets.headers(agent.as_bytes()));
        let Some(along) = ticket else {
            return refusal(16, false);
        };
        request.headers_mut().extend(along);
        let mut to = std::mem::take(request.uri_mut()).into_parts();
        to.scheme = Some(self.scheme.clone());
        to.authority = Some(self.authority.clone());
        match Uri::from_parts(to) {
            Ok(to) => *request.uri_mut() = to,
            Err(_) => return refusal(13, true),
        }
        match self.upstream.request(request).await {
            Ok(answer) => answer.map(Either::Left),
            Err(error) => refusal(14, error.is_connect()),
        }
    }
}

/// What the connector wants to have where no TLS is spoken: it trusts nobody.
fn unused() -> Result<rustls::ClientConfig, Error> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(provider);
    let config = config.with_safe_default_protocol_versions();
    let config = config.map_err(|_| Error::Options("no protocol version".to_owned()))?;
    let nobody = config.with_root_certificates(rustls::RootCertStore::empty());
    Ok(nobody.with_no_client_auth())
}

/// An answer of the proxy's own, by its gRPC code.
fn refusal(code: u16, unreached: bool) -> Answer {
    let mut headers = HeaderMap::new();
    headers.insert("content-type", HeaderValue::from_static("application/grpc"));
    headers.insert("grpc-status", HeaderValue::from(code));
    if unreached {
        headers.insert(UNREACHED, HeaderValue::from_static("1"));
    }
    let mut answer = Response::new(Either::Right(Empty::new()));
    *answer.headers_mut() = headers;
    answer
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
mod tests {
    use super::*;
    use crate::ticket::Puncher;

    #[tokio::test]
    async fn it_takes_nothing_without_a_ticket() {
        let tickets = Arc::new(Tickets::default());
        let proxy = Proxy::new(Arc::clone(&tickets), &TonicOptions::default()).unwrap();
        // Nobody listens there: who gets so far is told so.
        let origin = proxy.listen("127.0.0.1:1").unwrap();
        let ask = || async {
            let client = dgraph_tonic::Client::new_with_endpoint_config(&origin, Puncher);
            let refused = client.unwrap().check_version().await.unwrap_err();
            crate::error::error(&refused)
        };
        assert_eq!(ask().await, Error::Credentials);
        let ticket = tickets.issue(HeaderMap::new());
        assert_eq!(ticket.present(ask()).await, Error::Unreachable);
        drop(ticket);
        assert_eq!(ask().await, Error::Credentials);
    }
}
