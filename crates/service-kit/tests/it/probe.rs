//! The example `probe` as a process, and calls to it.

use std::path::PathBuf;
use std::process::Command;
use std::sync::OnceLock;

use http::uri::PathAndQuery;
use throughline_testkit::{Collector, Process, ProcessBuilder, comes_true};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tonic::transport::{Channel, Endpoint};
use tonic::{Request, Status};
use tonic_prost::ProstCodec;

/// The example, built once for all tests of this binary.
pub(crate) fn probe() -> ProcessBuilder {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    let path = BUILT.get_or_init(|| {
        let build = Command::new(env!("CARGO"))
            .args(["build", "--quiet", "--example", "probe", "--manifest-path"])
            .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml"))
            .status();
        assert!(
            build.is_ok_and(|status| status.success()),
            "the example builds"
        );
        let own = std::env::current_exe().expect("a test is an executable");
        let profile = own
            .ancestors()
            .nth(2)
            .expect("it lies in target/<profile>/deps");
        profile.join("examples").join("probe")
    });
    Process::builder_at(path)
}

/// The example with its telemetry sent to `collector`.
pub(crate) fn traced(collector: &Collector) -> ProcessBuilder {
    probe().env("SENTRY_DSN", collector.dsn("probe"))
}

/// The example with its metrics to be read, and where.
pub(crate) async fn measured(builder: ProcessBuilder) -> (Process, String) {
    let process = builder
        .env("PROBE_METRICS_LISTEN", "127.0.0.1:0")
        .spawn()
        .await;
    process
        .wait_for_stderr(|log| log.contains("/metrics"))
        .await;
    let log = process.stderr();
    let (_, rest) = log.split_once("metrics on http://").expect("it says where");
    let (address, _) = rest.split_once('/').expect("a path");
    (process, address.to_owned())
}

/// The number of the metric whose line begins so; 0 where there is none.
pub(crate) async fn metric(address: &str, start: &str) -> u64 {
    let mut stream = TcpStream::connect(address).await.expect("it listens");
    let request = b"GET /metrics HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n";
    stream.write_all(request).await.expect("open");
    let mut text = String::new();
    stream.read_to_string(&mut text).await.expect("text");
    let line = text.lines().find_map(|line| line.strip_prefix(start));
    line.map_or(0, |line| line.trim().parse().expect("a number"))
}

/// Waits until that number is at least `least`.
pub(crate) async fn until_metric(address: &str, start: &str, least: u64) {
    until(start, async || metric(address, start).await >= least).await;
}

/// Waits until something holds that has to be asked for.
pub(crate) async fn until(what: &str, holds: impl AsyncFn() -> bool) {
    assert!(comes_true(|| holds()).await, "waited in vain until {what}");
}

/// Calls a method of the probe.
pub(crate) async fn call(url: &str, method: &'static str) -> Result<(), Status> {
    call_with(url, method, |_| ()).await
}

/// Calls a method of the probe with metadata.
pub(crate) async fn call_with(
    url: &str,
    method: &'static str,
    prepare: impl FnOnce(&mut Request<()>),
) -> Result<(), Status> {
    let channel = connect(url).await;
    let mut grpc = tonic::client::Grpc::new(channel);
    grpc.ready()
        .await
        .map_err(|error| Status::unavailable(error.to_string()))?;
    let mut request = Request::new(());
    prepare(&mut request);
    let path = PathAndQuery::from_static(method);
    let codec = ProstCodec::default();
    grpc.unary::<(), (), _>(request, path, codec)
        .await
        .map(|_| ())
}

pub(crate) async fn connect(url: &str) -> Channel {
    let endpoint = Endpoint::from_shared(url.to_owned()).expect("an announced URL is one");
    endpoint.connect().await.expect("the probe takes calls")
}
