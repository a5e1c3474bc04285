//! Binaries of the workspace as children. `throughline --version` is the one that
//! needs nothing around it; servers are covered by the tests of each service.

use throughline_testkit::Process;

#[tokio::test]
async fn runs_to_the_end_and_captures() {
    let finished = Process::builder("throughline")
        .arg("--version")
        .output()
        .await;
    assert!(finished.status.success(), "{}", finished.stderr);
}

#[tokio::test]
#[should_panic(expected = "ended before it listens")]
async fn a_child_that_ends_early_is_no_server() {
    Process::builder("throughline")
        .arg("--version")
        .spawn()
        .await;
}

#[tokio::test]
#[should_panic(expected = "no binary nonsense")]
async fn an_unknown_binary_is_named() {
    Process::builder("nonsense").output().await;
}
