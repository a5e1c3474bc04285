//! The example `probe` as a process, and calls to it.

use std::path::PathBuf;
use std::process::Command;
use std::sync::OnceLock;

use http::uri::PathAndQuery;
use throughline_testkit::{Collector, Process, ProcessBuilder};
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
