//! OTLP as a real Dgraph sent it and as exporters send, on every port.

use std::io::Read as _;
use std::net::SocketAddr;
use std::time::Duration;

use flate2::Compression;
use flate2::read::GzEncoder;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::collector::trace::v1::trace_service_client::TraceServiceClient;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue};
use opentelemetry_proto::tonic::resource::v1::Resource;
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span};
use prost::Message as _;
use throughline_api::inspector::v1::{GetIntakeRequest, Trace};
use throughline_inspector::{Inspector, Limits, Listen, Options};
use throughline_service_kit::Shutdown;
use tonic::codec::CompressionEncoding;

use crate::{Running, envelope, http, id, reference, start, start_with};

const PROTOBUF: (&str, &str) = ("content-type", "application/x-protobuf");
const JSON: (&str, &str) = ("content-type", "application/json");

fn request(service: &str, spans: Vec<Span>) -> ExportTraceServiceRequest {
    let name = KeyValue {
        key: "service.name".to_owned(),
        value: Some(AnyValue {
            value: Some(Value::StringValue(service.to_owned())),
        }),
        ..KeyValue::default()
    };
    let resource = Resource {
        attributes: vec![name],
        ..Resource::default()
    };
    ExportTraceServiceRequest {
        resource_spans: vec![ResourceSpans {
            resource: Some(resource),
            scope_spans: vec![ScopeSpans {
                spans,
                ..ScopeSpans::default()
            }],
            ..ResourceSpans::default()
        }],
    }
}

/// A span of trace `trace`, below `parent`, from second 100 to 101.
fn span(trace: u32, span: u64, parent: u64) -> Span {
    Span {
        trace_id: u128::from(trace).to_be_bytes().to_vec(),
        span_id: span.to_be_bytes().to_vec(),
        parent_span_id: parent.to_be_bytes().to_vec(),
        name: "Server.Query".to_owned(),
        start_time_unix_nano: 100_000_000_000,
        end_time_unix_nano: 101_000_000_000,
        ..Span::default()
    }
}

fn gzip(plain: &[u8]) -> Vec<u8> {
    let mut packed = Vec::new();
    let mut encoder = GzEncoder::new(plain, Compression::fast());
    encoder.read_to_end(&mut packed).unwrap();
    packed
}

async fn post(address: SocketAddr, body: &ExportTraceServiceRequest) {
    let answer = http::post(address, "/v1/traces", &[PROTOBUF], &body.encode_to_vec()).await;
    assert_eq!(answer.status, 200, "{answer:?}");
}

/// Waits for a condition that only a call can see.
async fn until(mut holds: impl AsyncFnMut() -> bool) {
    let waited = tokio::time::timeout(Duration::from_secs(30), async {
        while !holds().await {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    });
    waited.await.unwrap();
}

impl Running {
    /// How many spans of the trace are stored; 0 if it is not known.
    async fn spans(&mut self, trace: u32) -> i64 {
        let request = throughline_api::inspector::v1::GetTraceRequest {
            trace: reference(&id(trace)),
            wait: None,
        };
        let found: Option<Trace> = match self.client.get_trace(request).await {
            Ok(answer) => answer.into_inner().trace,
            Err(_) => None,
        };
        found.map_or(0, |trace| trace.summary.unwrap().span_count)
    }

    async fn items(&mut self, name: &str) -> i64 {
        let intake = self.client.get_intake(GetIntakeRequest {}).await.unwrap();
        let items = intake.into_inner().items;
        let found = items.into_iter().find(|item| item.r#type == name);
        found.map_or(0, |item| item.count)
    }
}

#[tokio::test]
async fn each_form_of_request_on_each_port() {
    let dir = tempfile::tempdir().unwrap();
    let any = "127.0.0.1:0".parse().unwrap();
    let options = Options {
        listen: any,
        otlp_grpc: Listen::At(any),
        otlp_http: Listen::At(any),
        max_age: Duration::MAX,
        ..Options::in_dir(dir.path())
    };
    let inspector = Inspector::start_with(&options, Limits::default(), Shutdown::new())
        .await
        .unwrap();
    let mut running = Running {
        client: crate::connect(inspector.local_addr()).await,
        inspector,
        _dir: dir,
    };
    let mut ports = vec![running.inspector.local_addr()];
    ports.extend(running.inspector.otlp_addrs());
    assert_eq!(ports.len(), 3);
    let mut trace = 0;
    for port in ports {
        for (kind, packed) in [
            (PROTOBUF, false),
            (PROTOBUF, true),
            (JSON, false),
            (JSON, true),
        ] {
            trace += 1;
            let body = request("shop", vec![span(trace, 1, 0)]);
            let plain = match kind {
                PROTOBUF => body.encode_to_vec(),
                _ => serde_json::to_vec(&body).unwrap(),
            };
            let (body, encoding) = if packed {
                (gzip(&plain), "gzip")
            } else {
                (plain, "identity")
            };
            let headers = [kind, ("content-encoding", encoding)];
            let answer = http::post(port, "/v1/traces", &headers, &body).await;
            assert_eq!(answer.status, 200, "{kind:?} {packed} {answer:?}");
            assert!(answer.headers.contains(kind.1), "{answer:?}");
            assert_eq!(running.spans(trace).await, 1, "{kind:?} {packed}");
        }
        for packed in [false, true] {
            trace += 1;
            let url = format!("http://{port}");
            let mut client = TraceServiceClient::connect(url).await.unwrap();
            if packed {
                client = client.send_compressed(CompressionEncoding::Gzip);
            }
            client
                .export(request("shop", vec![span(trace, 1, 0)]))
                .await
                .unwrap();
            assert_eq!(running.spans(trace).await, 1, "gRPC, packed: {packed}");
        }
    }
}

#[tokio::test]
async fn what_is_no_request_is_refused_and_says_why() {
    let running = start().await;
    let address = running.inspector.local_addr();
    let check = async |headers: &[(&str, &str)], body: &[u8], status: u16, says: &str| {
        let answer = http::post(address, "/v1/traces", headers, body).await;
        let text = String::from_utf8_lossy(&answer.body).into_owned();
        assert_eq!(answer.status, status, "{headers:?} {text}");
        assert!(text.contains(says), "{text}");
    };
    check(&[], b"", 415, "application/x-protobuf").await;
    check(
        &[("content-type", "text/plain")],
        b"",
        415,
        "application/json",
    )
    .await;
    check(&[PROTOBUF], b"\xff\xff", 400, "").await;
    check(&[JSON], b"{\"resourceSpans\": 7}", 400, "invalid type").await;
    check(
        &[PROTOBUF, ("content-encoding", "gzip")],
        b"no gzip",
        400,
        "body_broken",
    )
    .await;
    check(
        &[PROTOBUF, ("content-encoding", "lzma")],
        b"",
        415,
        "body_encoding",
    )
    .await;
}

#[tokio::test]
async fn a_compressed_bomb_is_refused_by_both_protocols() {
    let running = start_with(Limits {
        body_bytes: 1 << 20,
        envelope_bytes: 1 << 20,
        ..Limits::default()
    })
    .await;
    let address = running.inspector.local_addr();
    let bomb = gzip(&vec![0; 64 << 20]);
    assert!(bomb.len() < 1 << 20);
    let headers = [PROTOBUF, ("content-encoding", "gzip")];
    let answer = http::post(address, "/v1/traces", &headers, &bomb).await;
    assert_eq!(answer.status, 413, "{answer:?}");
    let mut large = span(1, 1, 0);
    large.name = "x".repeat(8 << 20);
    let mut client = TraceServiceClient::connect(format!("http://{address}"))
        .await
        .unwrap()
        .send_compressed(CompressionEncoding::Gzip);
    let refused = client
        .export(request("shop", vec![large]))
        .await
        .unwrap_err();
    assert_ne!(refused.code(), tonic::Code::Ok);
    // And the next one is taken.
    client
        .export(request("shop", vec![span(1, 1, 0)]))
        .await
        .unwrap();
}

#[tokio::test]
async fn of_a_noisy_source_only_what_another_hop_reported_is_kept() {
    let mut running = start().await;
    let address = running.inspector.local_addr();
    // Nobody asked for this one, and this one came too early.
    post(address, &request("dgraph.alpha", vec![span(1, 11, 0)])).await;
    post(
        address,
        &request("dgraph.alpha", vec![span(2, 21, 2), span(2, 22, 21)]),
    )
    .await;
    assert_eq!((running.spans(1).await, running.spans(2).await), (0, 0));
    // A service whose name only begins alike is none of it.
    post(address, &request("dgraphite", vec![span(3, 31, 0)])).await;
    assert_eq!(running.spans(3).await, 1);
    running
        .send("graph", &envelope(2, 2, 0, "rpc.server", 99, 102))
        .await;
    until(async || running.spans(2).await == 3).await;
    // From then on its spans are stored as they come.
    post(address, &request("dgraph.alpha", vec![span(2, 23, 21)])).await;
    assert_eq!(running.spans(2).await, 4);
    assert_eq!(running.spans(1).await, 0);
    assert_eq!(running.items("otlp_span").await, 5);
}

#[tokio::test]
async fn what_nobody_reports_is_dropped_and_counted() {
    let mut running = start_with(Limits {
        otlp_wait: Duration::ZERO,
        otlp_sweep: Duration::from_millis(10),
        ..Limits::default()
    })
    .await;
    let address = running.inspector.local_addr();
    post(
        address,
        &request("dgraph.zero", vec![span(1, 11, 0), span(1, 12, 11)]),
    )
    .await;
    until(async || running.items("otlp_span_unreported").await == 2).await;
    running
        .send("graph", &envelope(1, 2, 0, "rpc.server", 99, 102))
        .await;
    assert_eq!(running.spans(1).await, 1);
}

#[tokio::test]
async fn the_children_of_one_query_are_bounded() {
    let mut running = start_with(Limits {
        otlp_children: 3,
        ..Limits::default()
    })
    .await;
    let address = running.inspector.local_addr();
    running
        .send("graph", &envelope(1, 2, 0, "rpc.server", 99, 102))
        .await;
    let spans = (0..10).map(|n| span(1, 100 + n, 2)).collect();
    post(address, &request("dgraph.alpha", spans)).await;
    assert_eq!(running.spans(1).await, 4);
    assert_eq!(running.items("otlp_span_left_out").await, 7);
    let trace = format!("{:?}", running.trace(&id(1)).await);
    assert!(trace.contains("otel.siblings_left_out"), "{trace}");
}
