//! The inspector as a whole, on a real port.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod checking;
mod durability;
mod http;
mod ingest;
mod otlp;
mod reading;

use std::time::Duration;

use throughline_api::inspector::v1::trace_ref::Ref;
use throughline_api::inspector::v1::trace_service_client::TraceServiceClient;
use throughline_api::inspector::v1::{GetTraceRequest, Trace, TraceRef};
use throughline_inspector::{Inspector, Limits, Options};
use throughline_service_kit::Shutdown;
use tonic::transport::Channel;

/// A running inspector with a client; its data goes when it is dropped.
struct Running {
    inspector: Inspector,
    client: TraceServiceClient<Channel>,
    _dir: tempfile::TempDir,
}

async fn start() -> Running {
    start_with(Limits::default()).await
}

async fn start_with(limits: Limits) -> Running {
    let dir = tempfile::tempdir().unwrap();
    let listen = "127.0.0.1:0".parse().unwrap();
    // The fixtures' clocks may stand in the past.
    let options = Options {
        listen,
        max_age: Duration::MAX,
        ..Options::in_dir(dir.path())
    };
    let inspector = Inspector::start_with(&options, limits, Shutdown::new())
        .await
        .unwrap();
    let client = connect(inspector.local_addr()).await;
    Running {
        inspector,
        client,
        _dir: dir,
    }
}

async fn connect(address: std::net::SocketAddr) -> TraceServiceClient<Channel> {
    TraceServiceClient::connect(format!("http://{address}"))
        .await
        .unwrap()
}

impl Running {
    /// Sends an envelope as a plain client does; it must be accepted.
    async fn send(&self, project: &str, envelope: &str) {
        let path = format!("/api/{project}/envelope/");
        let answer = http::post(self.inspector.local_addr(), &path, &[], envelope.as_bytes()).await;
        assert_eq!(answer.status, 200, "{answer:?}");
    }

    async fn trace(&mut self, id: &str) -> Trace {
        let request = GetTraceRequest {
            trace: reference(id),
            wait: None,
        };
        self.client
            .get_trace(request)
            .await
            .unwrap()
            .into_inner()
            .trace
            .unwrap()
    }
}

fn reference(id: &str) -> Option<TraceRef> {
    Some(TraceRef {
        r#ref: Some(Ref::Id(id.to_owned())),
    })
}

fn id(trace: u32) -> String {
    format!("{trace:032x}")
}

/// An envelope of one span: `id parent op name start end`, times in s.
fn envelope(trace: u32, span: u32, parent: u32, op: &str, start: u32, end: u32) -> String {
    let trace = id(trace);
    let parent = if parent == 0 {
        String::new()
    } else {
        format!("\"parent_span_id\":\"{parent:016x}\",")
    };
    format!(
        "{{\"trace\":{{\"trace_id\":\"{trace}\",\"sampled\":\"true\"}}}}\n{{\"type\":\"transaction\"}}\n\
         {{\"transaction\":\"p.S/M\",\"start_timestamp\":{start},\"timestamp\":{end},\"contexts\":{{\"trace\":\
         {{\"trace_id\":\"{trace}\",\"span_id\":\"{span:016x}\",{parent}\"op\":\"{op}\",\"status\":\"ok\"}}}}}}\n"
    )
}
