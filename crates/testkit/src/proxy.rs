//! A reverse proxy that records the heads of the requests which pass, in both
//! HTTP versions: what really went from one hop to the next.

use std::net::SocketAddr;

use http::{Request, Response, Uri, Version};
use http_body_util::{BodyExt as _, Full, combinators::UnsyncBoxBody};
use hyper::body::{Bytes, Incoming};
use hyper::service::service_fn;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use tokio::net::TcpListener;

use crate::server::ServerThread;
use crate::wait::Watched;

/// The head of a request as it arrived at the proxy.
#[derive(Debug, Clone)]
pub struct RecordedRequest {
    /// The HTTP version it came in.
    pub version: Version,
    /// The method.
    pub method: String,
    /// The path, with the query.
    pub path: String,
    /// The headers: lines of one name keep their order.
    pub headers: Vec<(String, String)>,
}

impl RecordedRequest {
    /// The values of all lines of a header, in order.
    pub fn all(&self, name: &str) -> Vec<&str> {
        self.headers
            .iter()
            .filter(|(header, _)| header == name)
            .map(|(_, value)| value.as_str())
            .collect()
    }

    /// The value of a header that has one line or none.
    ///
    /// # Panics
    ///
    /// When there are several lines of that name.
    pub fn header(&self, name: &str) -> Option<&str> {
        let all = self.all(name);
        assert!(all.len() < 2, "several lines of {name}: {all:?}");
        all.first().copied()
    }
}

/// A proxy in front of one hop. Dropping it ends it and its connections.
pub struct RecordingProxy {
    addr: SocketAddr,
    requests: Watched<Vec<RecordedRequest>>,
    _thread: ServerThread,
}

impl RecordingProxy {
    /// Starts a proxy for `target`, an `http://host:port` without a path.
    pub fn start(target: &str) -> Self {
        let target: Uri = target.parse().expect("the target of a proxy is a URL");
        let requests = Watched::<Vec<RecordedRequest>>::default();
        let record = requests.clone();
        let (thread, addr) = ServerThread::start("recording-proxy", move || {
            let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
            let addr = listener.local_addr().expect("a bound port has an address");
            (addr, serve(listener, Forward::new(target, record)))
        });
        Self {
            addr,
            requests,
            _thread: thread,
        }
    }

    /// Where the proxy listens: `http://127.0.0.1:PORT`.
    pub fn url(&self) -> String {
        format!("http://{}", self.addr)
    }

    /// The requests so far, in the order in which they arrived.
    pub fn requests(&self) -> Vec<RecordedRequest> {
        self.requests.read(Clone::clone)
    }

    /// Forgets the requests so far.
    pub fn clear(&self) {
        self.requests.update(Vec::clear);
    }

    /// Waits until `count` requests have arrived, and returns all that did.
    ///
    /// # Panics
    ///
    /// After [`SAFETY`](crate::SAFETY), with the requests.
    pub async fn wait_for(&self, count: usize) -> Vec<RecordedRequest> {
        self.requests
            .wait(
                |requests| (requests.len() >= count).then(|| requests.clone()),
                |requests| format!("waited for {count} requests, saw {requests:#?}"),
            )
            .await
    }
}

type Body = UnsyncBoxBody<Bytes, hyper::Error>;

#[derive(Clone)]
struct Forward {
    target: Uri,
    h1: Client<HttpConnector, Incoming>,
    h2: Client<HttpConnector, Incoming>,
    record: Watched<Vec<RecordedRequest>>,
}

impl Forward {
    fn new(target: Uri, record: Watched<Vec<RecordedRequest>>) -> Self {
        let mut connector = HttpConnector::new();
        connector.set_nodelay(true);
        let mut builder = Client::builder(TokioExecutor::new());
        Self {
            target,
            h1: builder.build(connector.clone()),
            h2: builder.http2_only(true).build(connector),
            record,
        }
    }

    async fn call(self, mut request: Request<Incoming>) -> Result<Response<Body>, hyper::Error> {
        let path = request
            .uri()
            .path_and_query()
            .map_or("/", |path| path.as_str());
        let recorded = RecordedRequest {
            version: request.version(),
            method: request.method().to_string(),
            path: path.to_owned(),
            headers: request
                .headers()
                .iter()
                .map(|(name, value)| {
                    let value = String::from_utf8_lossy(value.as_bytes());
                    (name.to_string(), value.into_owned())
                })
                .collect(),
        };
        let uri = Uri::builder()
            .scheme("http")
            .authority(
                self.target
                    .authority()
                    .map_or("", |authority| authority.as_str()),
            )
            .path_and_query(path)
            .build();
        self.record.update(|requests| requests.push(recorded));
        *request.uri_mut() = uri.expect("made of the parts of two URIs");
        let client = if request.version() == Version::HTTP_2 {
            &self.h2
        } else {
            &self.h1
        };
        Ok(match client.request(request).await {
            Ok(response) => response.map(|body| body.boxed_unsync()),
            Err(error) => {
                let message = Full::from(format!("recording proxy: {error:?}"));
                let mut response =
                    Response::new(message.map_err(|never| match never {}).boxed_unsync());
                *response.status_mut() = http::StatusCode::BAD_GATEWAY;
                response
            }
        })
    }
}

async fn serve(listener: std::net::TcpListener, forward: Forward) {
    listener
        .set_nonblocking(true)
        .expect("a listener can be made non-blocking");
    let listener = TcpListener::from_std(listener).expect("a listener within a runtime");
    loop {
        let Ok((stream, _)) = listener.accept().await else {
            continue;
        };
        stream.set_nodelay(true).ok();
        let forward = forward.clone();
        tokio::spawn(async move {
            let service = service_fn(move |request| forward.clone().call(request));
            let server = auto::Builder::new(TokioExecutor::new());
            server
                .serve_connection(TokioIo::new(stream), service)
                .await
                .ok();
        });
    }
}
