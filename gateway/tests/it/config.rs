//! A bad value stops the start, names its variable, and ends with 64.

use throughline_testkit::Process;

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
