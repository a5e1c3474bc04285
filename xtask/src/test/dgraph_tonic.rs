//! The client over the crate dgraph-tonic: a workspace of its own, whose old dependencies stay out of ours.

use super::steps;
use super::tally::Tally;
use crate::workspace;

/// Its manifest, from the root.
const MANIFEST: &str = "interop/dgraph-tonic/Cargo.toml";

/// Checks and tests it, against the double and, where there is one, a real Dgraph.
pub(crate) async fn run(tally: &mut Tally) -> anyhow::Result<()> {
    let mut fetch = workspace::cargo();
    fetch.args(["fetch", "--quiet", "--manifest-path", MANIFEST]);
    if !fetch.status().await?.success() {
        tally.skip("dgraph-tonic", "cargo cannot fetch what it stands on");
        return Ok(());
    }
    // Both build into one folder: what is the same in both is built once.
    let mut clippy = workspace::cargo();
    clippy
        .args(["clippy", "--quiet", "--manifest-path", MANIFEST])
        .args(["--all-features", "--all-targets", "--target-dir", "target"])
        .args(["--", "--deny", "warnings"]);
    let passed = steps::run("dgraph-tonic: clippy", clippy).await?;
    tally.step("dgraph-tonic: clippy", passed);
    let mut tests = workspace::cargo();
    tests
        .args(["test", "--quiet", "--manifest-path", MANIFEST])
        .args(["--all-features", "--target-dir", "target", "--no-fail-fast"]);
    super::run_tests(tests, tally).await
}
