//! Lists, tails, and who may read.

use throughline_api::inspector::v1::{GetTraceRequest, ListTracesRequest, TailTracesRequest};
use tonic::Code;

use crate::{envelope, http, id, reference, start};

const LIST: &str = "/throughline.inspector.v1.TraceService/ListTraces";
/// A grpc-web frame of an empty message.
const EMPTY: &[u8] = &[0, 0, 0, 0, 0];

#[tokio::test]
async fn pages() {
    let mut running = start().await;
    for n in 1..=5 {
        running
            .send(
                if n == 2 { "a" } else { "b" },
                &envelope(n, 1, 0, "task", 100 + n, 200),
            )
            .await;
    }
    let mut seen = Vec::new();
    let mut page_token = String::new();
    loop {
        let request = ListTracesRequest {
            page_size: 2,
            page_token,
            service: "b".to_owned(),
        };
        let page = running
            .client
            .list_traces(request)
            .await
            .unwrap()
            .into_inner();
        assert!(page.traces.len() <= 2);
        seen.extend(page.traces.into_iter().map(|trace| trace.trace_id));
        page_token = page.next_page_token;
        if page_token.is_empty() {
            break;
        }
    }
    assert_eq!(seen, [id(5), id(4), id(3), id(1)]);
    for (page_size, page_token) in [(-1, ""), (1, "nonsense")] {
        let request = ListTracesRequest {
            page_size,
            page_token: page_token.to_owned(),
            ..Default::default()
        };
        let refused = running.client.list_traces(request).await.unwrap_err();
        assert_eq!(refused.code(), Code::InvalidArgument);
    }
}

#[tokio::test]
async fn a_trace_is_told_by_prefix() {
    let mut running = start().await;
    for n in [0x1a, 0x1b] {
        running
            .send("web", &envelope(n, 1, 0, "task", 100, 101))
            .await;
    }
    let mut code = async |prefix: &str| {
        let request = GetTraceRequest {
            trace: reference(prefix),
            wait: None,
        };
        running
            .client
            .get_trace(request)
            .await
            .map_or_else(|status| status.code(), |_| Code::Ok)
    };
    assert_eq!(code(&id(0x1a)).await, Code::Ok);
    assert_eq!(code(&id(0x1a)[..31]).await, Code::InvalidArgument);
    assert_eq!(code("ffff").await, Code::NotFound);
    assert_eq!(code("xyz").await, Code::InvalidArgument);
}

#[tokio::test]
async fn a_tail_tells_of_growth_and_ends_with_the_inspector() {
    let mut running = start().await;
    let request = TailTracesRequest {
        service: "web".to_owned(),
    };
    let mut tail = running
        .client
        .tail_traces(request)
        .await
        .unwrap()
        .into_inner();
    running
        .send("other", &envelope(1, 1, 0, "task", 100, 101))
        .await;
    running
        .send("web", &envelope(2, 1, 0, "task", 100, 101))
        .await;
    let summary = tail.message().await.unwrap().unwrap().summary.unwrap();
    assert_eq!((&*summary.trace_id, summary.span_count), (&*id(2), 1));
    running
        .send("web", &envelope(2, 2, 1, "task", 100, 101))
        .await;
    let summary = tail.message().await.unwrap().unwrap().summary.unwrap();
    assert_eq!((&*summary.trace_id, summary.span_count), (&*id(2), 2));
    running.inspector.stop().await.unwrap();
    assert!(matches!(tail.message().await, Ok(None) | Err(_)));
}

#[tokio::test]
async fn grpc_web_and_who_may_use_it() {
    let running = start().await;
    let address = running.inspector.local_addr();
    let kind = ("content-type", "application/grpc-web+proto");
    let answer = http::post(address, LIST, &[kind], EMPTY).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    assert!(
        String::from_utf8_lossy(&answer.body).contains("grpc-status:0"),
        "{answer:?}"
    );
    assert!(
        !answer.headers.contains("access-control-allow-origin"),
        "{answer:?}"
    );

    let port = address.port();
    let check = async |host: &str, origin: Option<&str>, want: u16| {
        let mut headers = vec![kind, ("host", host)];
        headers.extend(origin.map(|origin| ("origin", origin)));
        let answer = http::post(address, LIST, &headers, EMPTY).await;
        assert_eq!(answer.status, want, "{host} {origin:?}");
    };
    check(
        &format!("localhost:{port}"),
        Some("http://localhost:4321"),
        200,
    )
    .await;
    check("evil.example", None, 403).await;
    check(
        &format!("127.0.0.1:{port}"),
        Some("http://evil.example"),
        403,
    )
    .await;
    check(&format!("127.0.0.1:{port}"), Some("null"), 403).await;
}

#[tokio::test]
async fn a_page_of_this_machine_may_read() {
    let running = start().await;
    let address = running.inspector.local_addr();
    let origin = ("origin", "http://localhost:4321");
    let asked = [
        origin,
        ("access-control-request-method", "POST"),
        (
            "access-control-request-headers",
            "content-type,grpc-timeout,x-grpc-web",
        ),
    ];
    let answer = http::request(address, "OPTIONS", LIST, &asked, b"").await;
    for wanted in [
        "access-control-allow-origin: http://localhost:4321",
        "access-control-allow-methods: post",
        "grpc-timeout",
    ] {
        assert!(answer.headers.contains(wanted), "{wanted}: {answer:?}");
    }
    let headers = [("content-type", "application/grpc-web+proto"), origin];
    let answer = http::post(address, LIST, &headers, EMPTY).await;
    assert!(
        answer
            .headers
            .contains("access-control-allow-origin: http://localhost:4321"),
        "{answer:?}"
    );
}

#[tokio::test]
async fn any_page_may_send_and_none_elsewhere_may_read() {
    let running = start().await;
    let address = running.inspector.local_addr();
    let ask = async |path: &str| {
        let headers = [
            ("origin", "http://shop.test"),
            ("access-control-request-method", "POST"),
            (
                "access-control-request-headers",
                "x-sentry-auth,content-type",
            ),
        ];
        http::request(address, "OPTIONS", path, &headers, b"").await
    };
    let answer = ask("/api/1/envelope/").await;
    assert_eq!(answer.status, 200, "{answer:?}");
    for wanted in [
        "allow-origin: *",
        "allow-methods: post",
        "allow-headers: x-sentry-auth",
        "max-age: 3600",
    ] {
        assert!(
            answer.headers.contains(&format!("access-control-{wanted}")),
            "{wanted}: {answer:?}"
        );
    }
    let answer = ask(LIST).await;
    assert!(
        !answer.headers.contains("access-control-allow"),
        "{answer:?}"
    );
    let answer = http::request(address, "GET", "/health", &[], b"").await;
    assert_eq!(answer.status, 200);
    assert!(
        answer.headers.contains("x-powered-by: spotlight-by-sentry"),
        "{answer:?}"
    );
}
