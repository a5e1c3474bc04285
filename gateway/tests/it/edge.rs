//! What is refused, and how; and what a browser needs besides the call itself.

use base64::Engine as _;
use http::{Method, Request};

use crate::stack::{Gateway, ORIGIN, Raw, frame, get_node, raw};
use crate::upstream::Upstream;

const PATH: &str = "/throughline.graph.v1.GraphService/GetNode";

async fn stack() -> (Upstream, Gateway) {
    let upstream = Upstream::start().await;
    let gateway = Gateway::start(&upstream.url).await;
    (upstream, gateway)
}

async fn preflight(gateway: &Gateway, origin: &str) -> Raw {
    let request = Request::options(format!("{}{PATH}", gateway.url()))
        .header("origin", origin)
        .header("access-control-request-method", "POST")
        .header(
            "access-control-request-headers",
            "content-type,x-grpc-web,sentry-trace,baggage,traceparent",
        );
    raw(request.body(Vec::new()).expect("a request")).await
}

#[tokio::test]
async fn a_preflight_of_a_listed_origin_is_allowed() {
    let (_upstream, gateway) = stack().await;
    let answer = preflight(&gateway, ORIGIN).await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("access-control-allow-origin"), Some(ORIGIN));
    let allowed = answer
        .header("access-control-allow-headers")
        .expect("headers");
    for name in [
        "content-type",
        "x-grpc-web",
        "x-user-agent",
        "grpc-timeout",
        "authorization",
        "sentry-trace",
        "baggage",
        "traceparent",
    ] {
        assert!(
            allowed.split(',').any(|it| it == name),
            "{name} in {allowed}"
        );
    }
    assert!(answer.header("access-control-max-age").is_some());
    assert!(answer.header("vary").expect("vary").contains("origin"));
    assert_eq!(answer.header("access-control-allow-credentials"), None);
}

#[tokio::test]
async fn a_preflight_of_another_origin_is_not() {
    let (_upstream, gateway) = stack().await;
    for origin in [
        "https://evil.example",
        "null",
        "http://localhost:4321.evil.example",
    ] {
        let answer = preflight(&gateway, origin).await;
        assert_eq!(
            answer.header("access-control-allow-origin"),
            None,
            "{origin}"
        );
    }
}

#[tokio::test]
async fn a_call_of_a_listed_origin_may_be_read() {
    let (_upstream, gateway) = stack().await;
    let request = get_node(&gateway.url()).header("origin", ORIGIN);
    let answer = raw(request.body(frame("details")).expect("a request")).await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("access-control-allow-origin"), Some(ORIGIN));
    assert_eq!(answer.header("grpc-status"), Some("5"));
    let exposed = answer
        .header("access-control-expose-headers")
        .expect("headers");
    for name in ["grpc-status", "grpc-message", "grpc-status-details-bin"] {
        assert!(
            exposed.split(',').any(|it| it == name),
            "{name} in {exposed}"
        );
    }
}

#[tokio::test]
async fn a_call_of_another_origin_is_refused_here() {
    let (_upstream, gateway) = stack().await;
    for origin in ["https://evil.example", "null"] {
        let request = get_node(&gateway.url()).header("origin", origin);
        let answer = raw(request.body(frame("serde")).expect("a request")).await;
        assert_eq!(answer.header("grpc-status"), Some("7"), "{answer:?}");
        assert_eq!(answer.header("access-control-allow-origin"), None);
        assert!(answer.body.is_empty());
    }
}

#[tokio::test]
async fn what_is_not_grpc_is_told_so_in_http() {
    let (_upstream, gateway) = stack().await;
    let check = async |method: Method, path: &str, content_type: &str, status: u16| {
        let request = Request::builder()
            .method(&method)
            .uri(format!("{}{path}", gateway.url()))
            .header("content-type", content_type);
        let answer = raw(request.body(frame("serde")).expect("a request")).await;
        assert_eq!(answer.status, status, "{method} {path} {content_type}");
        assert_eq!(answer.header("grpc-status"), None);
    };
    for content_type in [
        "text/plain",
        "application/json",
        "application/grpc",
        "application/grpc-web+json",
    ] {
        check(Method::POST, PATH, content_type, 415).await;
    }
    for method in [Method::GET, Method::PUT, Method::DELETE] {
        check(method, PATH, "application/grpc-web", 405).await;
    }
    check(Method::GET, "/", "text/plain", 404).await;
    check(Method::POST, "/api/1/envelope/", "text/plain", 404).await;
}

#[tokio::test]
async fn only_the_methods_of_the_admitted_service_are_there() {
    let (_upstream, gateway) = stack().await;
    for path in [
        "/throughline.graph.v1.GraphService/Nope",
        "/throughline.graph.v1.GraphService/",
        "/throughline.inspector.v1.InspectorService/GetTrace",
        "/grpc.health.v1.Health/Check",
        "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo",
        "/throughline.graph.v1.GraphService/GetNode/",
        "//throughline.graph.v1.GraphService/GetNode",
        "/throughline.graph.v1.GraphService/%47etNode",
    ] {
        let request = Request::post(format!("{}{path}", gateway.url()))
            .header("content-type", "application/grpc-web+proto");
        let answer = raw(request.body(frame("serde")).expect("a request")).await;
        assert_eq!(
            answer.header("grpc-status"),
            Some("12"),
            "{path}: {answer:?}"
        );
        // Clients of grpc-web do not look for a status under another content type.
        assert_eq!(
            answer.header("content-type"),
            Some("application/grpc-web+proto")
        );
    }
}

/// The answer's base64, decoded chunk by chunk: each frame may have its own padding.
fn decode(text: &[u8]) -> Vec<u8> {
    text.chunks(4)
        .flat_map(|four| {
            base64::prelude::BASE64_STANDARD
                .decode(four)
                .expect("base64")
        })
        .collect()
}

#[tokio::test]
async fn text_with_a_content_length_passes() {
    let (_upstream, gateway) = stack().await;
    let body = base64::prelude::BASE64_STANDARD.encode(frame("serde"));
    let request = Request::post(format!("{}{PATH}", gateway.url()))
        .header("content-type", "application/grpc-web-text")
        .header("accept", "application/grpc-web-text")
        .header("content-length", body.len());
    let answer = raw(request.body(body.into_bytes()).expect("a request")).await;
    assert_eq!(answer.status, 200);
    assert_eq!(
        answer.header("content-length"),
        None,
        "the size is not known beforehand"
    );
    let answer = decode(&answer.body);
    assert_eq!(answer[0], 0, "a message first");
    let text = String::from_utf8_lossy(&answer);
    assert!(text.contains("serde"), "{text}");
    assert!(text.contains("grpc-status:0"), "{text}");
}

#[tokio::test]
async fn health_is_plain() {
    let (_upstream, gateway) = stack().await;
    let request = Request::get(format!("{}/health", gateway.url()));
    let answer = raw(request.body(Vec::new()).expect("a request")).await;
    assert_eq!((answer.status, &answer.body[..]), (200, &b"ok\n"[..]));
}

#[tokio::test]
async fn a_head_that_never_ends_is_not_waited_for() {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    let upstream = Upstream::start().await;
    let mut limits = throughline_gateway::Limits::default();
    limits.header_read = std::time::Duration::from_millis(100);
    let gateway = Gateway::with(&upstream.url, limits).await;
    let mut stream = tokio::net::TcpStream::connect(gateway.addr)
        .await
        .expect("a connection");
    stream
        .write_all(b"POST / HTTP/1.1\r\nhost: x\r\nx-slow: ")
        .await
        .expect("half a head");
    // Shorter than hyper's own bound of 30 s, so that ours is seen to be the one that counts.
    let mut answer = Vec::new();
    let end = stream.read_to_end(&mut answer);
    let ended = tokio::time::timeout(std::time::Duration::from_secs(20), end);
    ended.await.expect("the connection ends").ok();
}
