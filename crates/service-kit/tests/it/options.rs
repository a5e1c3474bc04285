//! Wrong values stop the start: exit code 64, with the flag and the variable named.

use crate::probe::probe;

async fn check(variable: &str, value: &str, flag: &str) {
    let finished = probe().env(variable, value).output().await;
    assert_eq!(
        finished.status.code(),
        Some(64),
        "{variable}={value}: {}",
        finished.stderr
    );
    for name in [variable, flag] {
        assert!(
            finished.stderr.contains(name),
            "{name} is not named: {}",
            finished.stderr
        );
    }
    assert_eq!(finished.stdout, "");
}

#[tokio::test]
async fn a_bad_variable_is_named() {
    check("SENTRY_DSN", "nonsense", "--sentry-dsn").await;
    check(
        "SENTRY_TRACES_SAMPLE_RATE",
        "1.5",
        "--sentry-traces-sample-rate",
    )
    .await;
    check("LOG_FORMAT", "xml", "--log-format").await;
    check("RUST_LOG", "a=b=c", "--log-filter").await;
    check("TRACE_LAYERS", "top", "--trace-layers").await;
    check("PROBE_LISTEN", "everywhere", "--listen").await;
    check("THROUGHLINE_FAULTS", "perhaps", "--faults").await;
}

#[tokio::test]
async fn a_bad_flag_is_named() {
    let finished = probe().args(["--log-format", "xml"]).output().await;
    assert_eq!(finished.status.code(), Some(64));
    assert!(
        finished.stderr.contains("--log-format"),
        "{}",
        finished.stderr
    );
    let finished = probe().arg("--no-such-flag").output().await;
    assert_eq!(finished.status.code(), Some(64));
}

#[tokio::test]
async fn help_is_no_error() {
    let finished = probe().arg("--help").output().await;
    assert_eq!(finished.status.code(), Some(0));
    assert!(
        finished.stdout.contains("SENTRY_DSN"),
        "{}",
        finished.stdout
    );
    assert!(
        !finished.stdout.contains("TRACE_LAYERS"),
        "it is for tests only"
    );
}

#[tokio::test]
async fn an_empty_dsn_is_none() {
    let process = probe().env("SENTRY_DSN", "").spawn().await;
    assert!(process.stop().await.status.success());
}
