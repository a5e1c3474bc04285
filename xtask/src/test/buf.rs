//! `buf lint` over `proto/`, by the npm package that carries buf's binary.

use std::process::Stdio;

use anyhow::Context as _;
use tokio::process::Command;

use super::steps;
use crate::workspace;

/// The package and the version that is known to be content with `proto/`.
pub(super) const PACKAGE: &str = "@bufbuild/buf@1.75.0";

/// What came of it.
pub(crate) enum Outcome {
    /// It ran, and was content or not.
    Ran(bool),
    /// It could not be had, and why.
    Skipped(String),
}

/// Lints the protocol; installs buf into `target/xtask/node` first if it is not
/// there.
pub(crate) async fn lint() -> anyhow::Result<Outcome> {
    let root = workspace::root();
    let node = root.join("target/xtask/node");
    let buf = node.join("node_modules/.bin/buf");
    if !is_fit(&buf).await {
        std::fs::create_dir_all(&node)
            .with_context(|| format!("{} cannot be made", node.display()))?;
        let installed = Command::new("npm")
            .args(["install", "--no-audit", "--no-fund", "--prefix"])
            .arg(&node)
            .arg(PACKAGE)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .kill_on_drop(true)
            .status()
            .await;
        match installed {
            Ok(status) if status.success() => {}
            Ok(_) => return Ok(Outcome::Skipped(format!("npm cannot install {PACKAGE}"))),
            Err(error) => return Ok(Outcome::Skipped(format!("npm: {error}"))),
        }
    }
    let mut command = Command::new(&buf);
    command
        .arg("lint")
        .current_dir(root.join("proto"))
        .stdin(Stdio::null())
        .kill_on_drop(true);
    Ok(Outcome::Ran(steps::run("buf lint", command).await?))
}

async fn is_fit(buf: &std::path::Path) -> bool {
    let version = PACKAGE.rsplit('@').next().unwrap_or_default();
    let output = Command::new(buf)
        .arg("--version")
        .stdin(Stdio::null())
        .output()
        .await;
    output.is_ok_and(|output| String::from_utf8_lossy(&output.stdout).trim() == version)
}
