//! Callers who mean harm, against the real gateway as a process: each is refused or bounded, memory stays flat, and a
//! good caller on another connection is served meanwhile.
//!
//! Who means harm comes from 127.0.0.2, good callers from 127.0.0.1; `GATEWAY_LIMIT_LOOPBACK` holds both to what a
//! peer may. Numbers are bounded: `HOSTILE_SCALE=20` multiplies the floods to their full size.

mod floods;
mod frames;
mod heads;
mod slow;
mod traces;

use std::net::SocketAddr;

use bytes::Bytes;
use throughline_testkit::{Process, SAFETY, comes_true};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpSocket, TcpStream};

use crate::stack::{frame, get_node, raw};
use crate::upstream::Upstream;

const PATH: &str = "/throughline.graph.v1.GraphService/GetNode";
const WEB: &str = "application/grpc-web+proto";

/// So that nothing ends because its time is up: a slow machine needs some to send a flood.
const UNHURRIED: [(&str, &str); 2] = [
    ("GATEWAY_PATIENCE", "3600"),
    ("GATEWAY_UNARY_TIMEOUT", "3600"),
];

/// How many of a flood.
fn scaled(number: usize) -> usize {
    let scale = std::env::var("HOSTILE_SCALE").ok();
    number * scale.map_or(1, |it| it.parse().expect("HOSTILE_SCALE is a number"))
}

/// A gateway as a process, before a service.
struct Stage {
    _upstream: Upstream,
    gateway: Process,
    metrics: String,
    idle: u64,
}

impl Stage {
    async fn start(variables: &[(&str, &str)]) -> Self {
        let upstream = Upstream::start().await;
        let url = upstream.url.clone();
        Self::before(upstream, &url, variables).await
    }

    async fn before(upstream: Upstream, url: &str, variables: &[(&str, &str)]) -> Self {
        let mut builder = Process::builder("throughline-gateway")
            .env("GATEWAY_LISTEN", "127.0.0.1:0")
            .env("GATEWAY_METRICS_LISTEN", "127.0.0.1:0")
            .env("GATEWAY_LIMIT_LOOPBACK", "true")
            .env("GATEWAY_GRAPH_URL", url);
        for (name, value) in variables {
            builder = builder.env(name, value);
        }
        let gateway = builder.spawn().await;
        gateway
            .wait_for_stderr(|log| log.contains("/metrics"))
            .await;
        let log = gateway.stderr();
        let (_, rest) = log.split_once("metrics on ").expect("it says where");
        let metrics = rest.split_whitespace().next().expect("a URL").to_owned();
        let mut stage = Self {
            _upstream: upstream,
            gateway,
            metrics,
            idle: 0,
        };
        // Warm: what the first call allocates is not what is looked for.
        stage.serves_good_callers().await;
        stage.idle = stage.resident();
        stage
    }

    fn addr(&self) -> SocketAddr {
        self.gateway.addr().parse().expect("an address")
    }

    async fn serves_good_callers(&self) {
        let call = raw(get_node(self.gateway.url())
            .body(frame("serde"))
            .expect("a request"));
        let answer = tokio::time::timeout(SAFETY, call).await.expect("in time");
        let said = String::from_utf8_lossy(&answer.body);
        assert!(said.contains("grpc-status:0"), "{answer:?}");
    }

    /// KiB.
    fn resident(&self) -> u64 {
        let id = self.gateway.id().expect("it runs");
        let status = std::fs::read_to_string(format!("/proc/{id}/status")).expect("its status");
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let number = line.and_then(|line| line.split_whitespace().next());
        number.expect("a number").parse().expect("a number")
    }

    /// It serves good callers, and at no time did it take much more than before.
    async fn is_unharmed(&self) {
        self.serves_good_callers().await;
        let (before, peak) = (self.idle, self.resident());
        #[allow(
            clippy::print_stdout,
            reason = "the figure is for whoever runs it by hand"
        )]
        {
            println!("memory: {before} KiB before, {peak} KiB at most");
        }
        assert!(
            peak < before * 2 + 16 * 1024,
            "{before} KiB before, {peak} KiB at most"
        );
    }

    async fn metric(&self, start: &str) -> u64 {
        let request = http::Request::get(&self.metrics);
        let text = raw(request.body(Vec::new()).expect("a request")).await.body;
        let text = String::from_utf8(text.to_vec()).expect("text");
        assert!(text.ends_with("# EOF\n"), "{text}");
        let line = text.lines().find_map(|line| line.strip_prefix(start));
        line.map_or(0, |line| line.trim().parse().expect("a number"))
    }

    async fn refused(&self, reason: &str) -> u64 {
        self.metric(&format!("throughline_refused_total{{reason=\"{reason}\"}}"))
            .await
    }

    /// Waits until something holds that has to be asked for.
    async fn until(&self, what: &str, holds: impl AsyncFn() -> bool) {
        assert!(
            comes_true(|| holds()).await,
            "waited in vain until {what}: {}",
            self.gateway.stderr()
        );
    }

    /// Waits until so many were refused for this.
    async fn until_refused(&self, reason: &str, least: usize) {
        let what = format!("{least} are refused for {reason}");
        let enough = async || self.refused(reason).await >= least as u64;
        self.until(&what, enough).await;
    }

    /// A connection from where harm comes from.
    async fn intruder(&self) -> TcpStream {
        let socket = TcpSocket::new_v4().expect("a socket");
        socket
            .bind("127.0.0.2:0".parse().expect("an address"))
            .expect("bound");
        socket.connect(self.addr()).await.expect("a connection")
    }

    /// The same, speaking HTTP/2.
    async fn intruder_h2(&self) -> h2::client::SendRequest<Bytes> {
        let (client, connection) = h2::client::Builder::new()
            .max_header_list_size(1 << 20)
            .handshake(self.intruder().await)
            .await
            .expect("a handshake");
        tokio::spawn(connection);
        client
    }

    /// What a request over HTTP/1 is answered, head and body.
    async fn answer(&self, lines: &str, body: &[u8]) -> String {
        let mut stream = self.intruder().await;
        let head = format!(
            "POST {PATH} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n{lines}content-length: {}\r\n\r\n",
            body.len()
        );
        stream.write_all(head.as_bytes()).await.ok();
        stream.write_all(body).await.ok();
        rest(stream).await
    }
}

/// All that still comes on a connection, to its end.
async fn rest(mut stream: TcpStream) -> String {
    let mut text = Vec::new();
    let read = stream.read_to_end(&mut text);
    let ended = tokio::time::timeout(SAFETY, read).await;
    ended.expect("the connection ends").ok();
    String::from_utf8_lossy(&text).into_owned()
}
