//! A bad value stops the start, names its variable, and ends with 64; services of others are admitted by file.

use prost::Message as _;
use prost_types::{
    FileDescriptorProto, FileDescriptorSet, MethodDescriptorProto, ServiceDescriptorProto,
};
use throughline_testkit::{Process, RecordingProxy};

use crate::stack::{frame, raw};

async fn check(variable: &str, value: &str) {
    let ended = Process::builder("throughline-gateway")
        .env("GATEWAY_LISTEN", "127.0.0.1:0")
        .env(variable, value)
        .output()
        .await;
    assert_eq!(
        ended.status.code(),
        Some(64),
        "{variable}={value}: {}",
        ended.stderr
    );
    assert!(ended.stderr.contains(variable), "{}", ended.stderr);
}

#[tokio::test]
async fn bad_values_are_named() {
    for (variable, value) in [
        ("GATEWAY_LISTEN", "nowhere"),
        ("GATEWAY_GRAPH_URL", "nonsense"),
        ("GATEWAY_GRAPH_URL", "http://127.0.0.1:1/path"),
        ("GATEWAY_ORIGINS", "*"),
        ("GATEWAY_ORIGINS", "http://a,b"),
        ("GATEWAY_TRUST", "some"),
        ("GATEWAY_DESCRIPTORS", "/nowhere/at/all"),
        ("GATEWAY_PASS_HEADERS", "no header"),
        ("GATEWAY_PASS_HEADERS", "x-a,sentry-trace"),
        ("GATEWAY_PASS_HEADERS", "x_a"),
        ("GATEWAY_PEER_RATE", "0"),
        ("GATEWAY_UNARY_TIMEOUT", "0"),
    ] {
        check(variable, value).await;
    }
}

#[tokio::test]
async fn an_unknown_service_is_named() {
    let ended = Process::builder("throughline-gateway")
        .args(["--service", "a.B"])
        .output()
        .await;
    assert_eq!(ended.status.code(), Some(64), "{}", ended.stderr);
    assert!(ended.stderr.contains("a.B"), "{}", ended.stderr);
}

#[tokio::test]
async fn a_service_of_others_is_admitted_by_its_descriptors() {
    let method = MethodDescriptorProto {
        name: Some("Z".to_owned()),
        ..Default::default()
    };
    let service = ServiceDescriptorProto {
        name: Some("Y".to_owned()),
        method: vec![method],
        ..Default::default()
    };
    let file = FileDescriptorProto {
        package: Some("x".to_owned()),
        service: vec![service],
        ..Default::default()
    };
    let set = FileDescriptorSet { file: vec![file] };
    let file = tempfile::NamedTempFile::new().expect("a file");
    std::fs::write(file.path(), set.encode_to_vec()).expect("a file that can be written");
    let behind = RecordingProxy::start("http://127.0.0.1:1");
    let gateway = Process::builder("throughline-gateway")
        .env("GATEWAY_LISTEN", "127.0.0.1:0")
        .env("GATEWAY_GRAPH_URL", behind.url())
        .env("GATEWAY_DESCRIPTORS", file.path())
        .args(["--service", "x.Y"])
        .spawn()
        .await;
    for (path, reached) in [
        ("/x.Y/Z", 1),
        ("/throughline.graph.v1.GraphService/GetNode", 1),
    ] {
        let request = http::Request::post(format!("{}{path}", gateway.url()))
            .header("content-type", "application/grpc-web+proto");
        raw(request.body(frame("a")).expect("a request")).await;
        assert_eq!(behind.requests().len(), reached, "{path}");
    }
}
