//! What goes on of a request's headers, seen behind the gateway.

use throughline_testkit::RecordingProxy;

use crate::stack::{Gateway, ORIGIN, frame, get_node, raw};
use crate::upstream::Upstream;

#[tokio::test]
async fn a_browsers_headers_stay_here() {
    let upstream = Upstream::start().await;
    let proxy = RecordingProxy::start(&upstream.url);
    let gateway = Gateway::start(&proxy.url()).await;
    let request = get_node(&gateway.url())
        .header("origin", ORIGIN)
        .header("cookie", "session=1")
        .header("referer", "http://localhost:4321/page")
        .header("accept-language", "de")
        .header("sec-fetch-mode", "cors")
        .header("sec-ch-ua", "x")
        .header("x-forwarded-for", "192.0.2.1")
        .header("x-throughline-trust", "s3cret")
        .header("x-throughline-fault", "graph=panic")
        .header("grpc-trace-bin", "AAAA")
        .header("tracestate", "a=b")
        .header("authorization", "Bearer token")
        .header("x-request-id", "r1")
        .header("x-user-agent", "connect-es")
        .header("grpc-timeout", "30S")
        .header("custom-bin", "AAEC");
    let answer = raw(request.body(frame("serde")).expect("a request")).await;
    assert_eq!(answer.header("custom-bin"), Some("AAEC"), "{answer:?}");

    let seen = &proxy.requests()[0];
    let mut names: Vec<_> = seen.headers.iter().map(|(name, _)| name.as_str()).collect();
    names.sort_unstable();
    assert_eq!(
        names,
        [
            "authorization",
            "content-type",
            "custom-bin",
            "grpc-timeout",
            "te",
            "user-agent",
            "x-grpc-web",
            "x-request-id",
            "x-user-agent"
        ]
    );
    // The channel's own, not the caller's.
    assert!(
        seen.header("user-agent")
            .expect("one")
            .starts_with("tonic/")
    );
    assert_eq!(seen.header("content-type"), Some("application/grpc"));
    assert_eq!(seen.header("authorization"), Some("Bearer token"));
}

#[tokio::test]
async fn details_pass_as_they_came() {
    let upstream = Upstream::start().await;
    let gateway = Gateway::start(&upstream.url).await;
    let direct = crate::stack::grpc(&upstream.url)
        .await
        .get_node(throughline_api::graph::v1::GetNodeRequest {
            id: "details".to_owned(),
            ..Default::default()
        })
        .await
        .expect_err("details");
    let answer = raw(get_node(&gateway.url())
        .body(frame("details"))
        .expect("a request"))
    .await;
    let passed = answer.header("grpc-status-details-bin").expect("details");
    let passed = base64::Engine::decode(
        &base64::prelude::BASE64_STANDARD_NO_PAD,
        passed.trim_end_matches('='),
    );
    assert_eq!(passed.expect("base64"), direct.details());
    assert_eq!(
        answer.header("grpc-message"),
        Some("no%20such%20node:%20gr%C3%B6%C3%9Fer")
    );
}
