//! The proxy passes calls on in their own HTTP version, and tells what passed.

use http::{Request, Version};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Bytes;
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use throughline_testkit::RecordingProxy;

async fn check(version: Version) {
    // Two in a row: the first stands in for an upstream that is seen to get the call.
    let inner = RecordingProxy::start("http://127.0.0.1:1");
    let outer = RecordingProxy::start(&inner.url());
    let mut builder = Client::builder(TokioExecutor::new());
    builder.http2_only(version == Version::HTTP_2);
    let client = builder.build_http::<Full<Bytes>>();
    let request = Request::post(format!("{}/a.B/C?d", outer.url()))
        .header("baggage", "a=1")
        .header("baggage", "b=2")
        .header("sentry-trace", "x")
        .body(Full::from("hello"))
        .expect("a request");
    let response = client.request(request).await.expect("the proxy answers");
    // Nobody listens behind the inner one.
    assert_eq!(response.status(), 502);
    let body = response
        .into_body()
        .collect()
        .await
        .expect("a body")
        .to_bytes();
    assert!(String::from_utf8_lossy(&body).contains("Connect"));
    for proxy in [&outer, &inner] {
        let requests = proxy.wait_for(1).await;
        assert_eq!(requests.len(), 1);
        assert_eq!(requests[0].version, version);
        assert_eq!(requests[0].method, "POST");
        assert_eq!(requests[0].path, "/a.B/C?d");
        assert_eq!(requests[0].all("baggage"), ["a=1", "b=2"]);
        assert_eq!(requests[0].header("sentry-trace"), Some("x"));
        assert_eq!(requests[0].header("absent"), None);
    }
}

#[tokio::test]
async fn passes_h1() {
    check(Version::HTTP_11).await;
}

#[tokio::test]
async fn passes_h2() {
    check(Version::HTTP_2).await;
}
