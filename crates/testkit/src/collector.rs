//! An in-process collector of Sentry envelopes, which can be told to behave badly.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt as _, Full};
use hyper::body::{Bytes, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use throughline_trace_model::{
    Encoding, Limits, Record, Source, TraceInput, TraceTree, decode_body, decode_envelope,
};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::server::ServerThread;
use crate::wait::Watched;

/// How a collector behaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Mode {
    /// It takes each envelope and answers at once.
    #[default]
    Answering,
    /// It accepts connections, reads, and never answers.
    Hanging,
    /// Its port is closed.
    Refusing,
    /// It answers one byte a second.
    Trickling,
}

/// An envelope as it came.
#[derive(Debug, Clone)]
pub struct Envelope {
    /// The project of the path that it was sent to.
    pub project: String,
    /// The key of its sender, which in tests is the service's name.
    pub key: String,
    /// The value of `content-encoding`, if any.
    pub encoding: Option<String>,
    /// The body, as sent.
    pub body: Bytes,
}

/// A collector on an ephemeral port that stays the same through all modes.
/// Dropping it closes the port and every connection.
pub struct Collector {
    addr: SocketAddr,
    mode: watch::Sender<Mode>,
    /// The mode that is in force by now.
    in_force: Watched<Option<Mode>>,
    /// Senders who waited for an answer in vain.
    given_up: Arc<AtomicUsize>,
    taken: Watched<Taken>,
    _thread: ServerThread,
}

/// What a collector has.
#[derive(Debug, Default)]
struct Taken {
    envelopes: Vec<Envelope>,
    records: Vec<Record>,
    problems: Vec<String>,
}

impl Collector {
    /// Starts a collector that answers.
    pub fn start() -> Self {
        let (mode, asked) = watch::channel(Mode::default());
        let in_force = Watched::new(None);
        let taken = Watched::<Taken>::default();
        let given_up = Arc::<AtomicUsize>::default();
        let told = Arc::clone(&given_up);
        let (reached, take) = (in_force.clone(), taken.clone());
        let (thread, addr) = ServerThread::start("collector", move || {
            let socket = bind(SocketAddr::from(([127, 0, 0, 1], 0)));
            let addr = socket.local_addr().expect("a bound port has an address");
            // Listening before the caller goes on, so that nobody is refused.
            (
                addr,
                serve(listen(socket), addr, asked, reached, told, take),
            )
        });
        Self {
            addr,
            mode,
            in_force,
            given_up,
            taken,
            _thread: thread,
        }
    }

    /// The DSN for a service: its name is the key, its project a number of its own.
    pub fn dsn(&self, service: &str) -> String {
        format!("http://{service}@{}/{}", self.addr, project(service))
    }

    /// Changes how the collector behaves; what is under way is cut off.
    pub fn set_mode(&self, mode: Mode) {
        self.in_force.update(|in_force| *in_force = None);
        self.mode.send_replace(mode);
    }

    /// Changes how the collector behaves, and waits until it does.
    pub async fn switch(&self, mode: Mode) {
        self.set_mode(mode);
        self.in_force
            .wait(
                |in_force| (*in_force == Some(mode)).then_some(()),
                |in_force| format!("the collector is in {in_force:?}, not in {mode:?}"),
            )
            .await;
    }

    /// How many senders gave up waiting for an answer of the hanging collector, and went.
    pub fn given_up(&self) -> usize {
        self.given_up.load(Ordering::Relaxed)
    }

    /// The envelopes taken so far.
    pub fn envelopes(&self) -> Vec<Envelope> {
        self.taken.read(|taken| taken.envelopes.clone())
    }

    /// The records of these envelopes.
    pub fn records(&self) -> Vec<Record> {
        self.taken.read(|taken| taken.records.clone())
    }

    /// What in these envelopes could not be read.
    pub fn problems(&self) -> Vec<String> {
        self.taken.read(|taken| taken.problems.clone())
    }

    /// The trace of this id, as far as it arrived.
    pub fn trace(&self, trace_id: &str) -> TraceTree {
        TraceTree::build(TraceInput::from_records(trace_id, self.records()))
    }

    /// Waits until the records satisfy `found`, and returns them.
    ///
    /// # Panics
    ///
    /// After [`SAFETY`](crate::SAFETY), with the records.
    pub async fn wait_for(&self, mut found: impl FnMut(&[Record]) -> bool) -> Vec<Record> {
        self.taken
            .wait(
                |taken| found(&taken.records).then(|| taken.records.clone()),
                Taken::to_string,
            )
            .await
    }

    /// Waits until the trace of this id satisfies `found`, and returns it.
    ///
    /// # Panics
    ///
    /// After [`SAFETY`](crate::SAFETY), with the records.
    pub async fn wait_for_trace(
        &self,
        trace_id: &str,
        found: impl Fn(&TraceTree) -> bool,
    ) -> TraceTree {
        self.taken
            .wait(
                |taken| {
                    let input = TraceInput::from_records(trace_id, taken.records.clone());
                    Some(TraceTree::build(input)).filter(|tree| found(tree))
                },
                |taken| format!("trace {trace_id}: {taken}"),
            )
            .await
    }

    /// Waits until there are `count` envelopes, and returns all.
    ///
    /// # Panics
    ///
    /// After [`SAFETY`](crate::SAFETY), with the records.
    pub async fn wait_for_envelopes(&self, count: usize) -> Vec<Envelope> {
        self.taken
            .wait(
                |taken| (taken.envelopes.len() >= count).then(|| taken.envelopes.clone()),
                Taken::to_string,
            )
            .await
    }
}

impl Taken {
    fn push(&mut self, envelope: Envelope) {
        let source = Source {
            project: envelope.project.clone(),
            key: Some(envelope.key.clone()),
            ..Source::default()
        };
        let limits = Limits::default();
        let encoding = Encoding::from_name(envelope.encoding.as_deref().unwrap_or_default());
        let plain =
            encoding.map(|encoding| decode_body(&envelope.body, encoding, limits.envelope_bytes));
        match plain {
            Some(Ok(plain)) => {
                let decoded = decode_envelope(&plain, &source, &limits);
                self.records.extend(decoded.records);
                let problems = decoded.problems.iter();
                self.problems
                    .extend(problems.map(|problem| format!("{problem:?}")));
            }
            unreadable => self
                .problems
                .push(format!("{:?}: {unreadable:?}", envelope.encoding)),
        }
        self.envelopes.push(envelope);
    }
}

impl std::fmt::Display for Taken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        writeln!(f, "the collector did not get what was waited for; it has:")?;
        for record in &self.records {
            match record {
                Record::Span(span) => writeln!(
                    f,
                    "  span {} of trace {} under {:?}: {} {} {} {}",
                    span.span_id,
                    span.trace_id,
                    span.parent_span_id,
                    span.service,
                    span.op,
                    span.name,
                    span.status
                ),
                Record::Event(event) => writeln!(
                    f,
                    "  event of trace {:?} in span {:?}: {} {} {}",
                    event.trace_id, event.span_id, event.service, event.level, event.title
                ),
                Record::Log(log) => {
                    writeln!(f, "  log {} {}: {}", log.service, log.level, log.body)
                }
                Record::LossReport(loss) => writeln!(f, "  {loss:?}"),
            }?;
        }
        writeln!(f, "  problems: {:?}", self.problems)
    }
}

/// The projects of the local stack; any other service gets one made of its name.
fn project(service: &str) -> u32 {
    match service {
        "throughline" | "cli" => 1,
        "gateway" => 2,
        "graph" => 3,
        other => {
            1000 + other
                .bytes()
                .fold(0, |sum, byte| (sum * 31 + u32::from(byte)) % 9000)
        }
    }
}

fn bind(addr: SocketAddr) -> TcpSocket {
    let socket = TcpSocket::new_v4().expect("a socket");
    // Connections of the last mode may linger on the port.
    socket
        .set_reuseaddr(true)
        .expect("a socket option that every Unix has");
    socket
        .bind(addr)
        .unwrap_or_else(|error| panic!("collector on {addr}: {error}"));
    socket
}

fn listen(socket: TcpSocket) -> TcpListener {
    socket.listen(1024).expect("a bound socket can listen")
}

async fn serve(
    mut listener: TcpListener,
    addr: SocketAddr,
    mut asked: watch::Receiver<Mode>,
    in_force: Watched<Option<Mode>>,
    given_up: Arc<AtomicUsize>,
    taken: Watched<Taken>,
) {
    loop {
        let mode = *asked.borrow_and_update();
        if mode == Mode::Refusing {
            drop(listener);
            // Bound and not listening: refused, and nobody else can take the port.
            let socket = bind(addr);
            in_force.update(|in_force| *in_force = Some(mode));
            if asked
                .wait_for(|mode| *mode != Mode::Refusing)
                .await
                .is_err()
            {
                return;
            }
            listener = listen(socket);
            continue;
        }
        in_force.update(|in_force| *in_force = Some(mode));
        let mut connections = JoinSet::new();
        let ended = loop {
            tokio::select! {
                changed = asked.changed() => break changed.is_err(),
                accepted = accept(&listener) => match mode {
                    Mode::Trickling => connections.spawn(trickle(accepted)),
                    Mode::Answering => connections.spawn(answer(accepted, taken.clone())),
                    Mode::Hanging | Mode::Refusing => connections.spawn(hang(accepted, given_up.clone())),
                },
            };
        };
        // What is under way is cut off.
        connections.shutdown().await;
        if ended {
            return;
        }
    }
}

async fn accept(listener: &TcpListener) -> TcpStream {
    loop {
        if let Ok((stream, _)) = listener.accept().await {
            return stream;
        }
    }
}

async fn hang(mut stream: TcpStream, given_up: Arc<AtomicUsize>) {
    let mut buffer = [0; 4096];
    while stream.read(&mut buffer).await.is_ok_and(|read| read > 0) {}
    given_up.fetch_add(1, Ordering::Relaxed);
}

async fn trickle(mut stream: TcpStream) {
    const ANSWER: &[u8] =
        b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}";
    let (mut from, mut to) = stream.split();
    let answer = async {
        for byte in ANSWER {
            tokio::time::sleep(Duration::from_secs(1)).await;
            if to.write_all(&[*byte]).await.is_err() {
                return;
            }
        }
    };
    let read = async {
        let mut buffer = [0; 4096];
        while from.read(&mut buffer).await.is_ok_and(|read| read > 0) {}
    };
    tokio::join!(answer, read);
}

async fn answer(stream: TcpStream, taken: Watched<Taken>) {
    stream.set_nodelay(true).ok();
    let service = service_fn(move |request| take(request, taken.clone()));
    http1::Builder::new()
        .serve_connection(TokioIo::new(stream), service)
        .await
        .ok();
}

async fn take(
    request: Request<Incoming>,
    taken: Watched<Taken>,
) -> Result<Response<Full<Bytes>>, hyper::Error> {
    let (head, body) = request.into_parts();
    let body = body.collect().await?.to_bytes();
    let header = |name| head.headers.get(name)?.to_str().ok().map(str::to_owned);
    let project = head
        .uri
        .path()
        .strip_prefix("/api/")
        .and_then(|rest| rest.strip_suffix("/envelope/"));
    let Some(project) = project else {
        let mut response = Response::new(Full::default());
        *response.status_mut() = StatusCode::NOT_FOUND;
        return Ok(response);
    };
    let auth = header("x-sentry-auth").unwrap_or_default();
    let envelope = Envelope {
        project: project.to_owned(),
        key: key(&auth).to_owned(),
        encoding: header("content-encoding"),
        body,
    };
    taken.update(|taken| taken.push(envelope));
    Ok(Response::new(Full::from("{}")))
}

/// The sender's key of an `X-Sentry-Auth` header.
fn key(auth: &str) -> &str {
    auth.trim_start_matches("Sentry ")
        .split(',')
        .find_map(|member| member.trim().strip_prefix("sentry_key="))
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_key() {
        assert_eq!(key("Sentry sentry_key=graph, sentry_version=7"), "graph");
        assert_eq!(key("Sentry sentry_version=7,sentry_key=x"), "x");
        assert_eq!(key(""), "");
    }
}
