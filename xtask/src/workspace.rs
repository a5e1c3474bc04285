//! Where this workspace lies, and the cargo that runs us.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use anyhow::{Context as _, bail};
use serde_json::Value;
use tokio::process::Command;

/// The workspace's root. Cargo runs us from anywhere within it.
pub(crate) fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here).to_owned()
}

/// A cargo command in the workspace's root.
pub(crate) fn cargo() -> Command {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| OsString::from("cargo"));
    let mut command = Command::new(cargo);
    command
        .current_dir(root())
        .stdin(Stdio::null())
        .kill_on_drop(true);
    command
}

/// The binaries that `up` starts.
#[derive(Debug)]
pub(crate) struct Binaries {
    /// `throughline`, the CLI, which carries the inspector.
    pub(crate) cli: PathBuf,
    /// `throughline-graph`.
    pub(crate) graph: PathBuf,
    /// `throughline-gateway`.
    pub(crate) gateway: PathBuf,
}

/// Builds the binaries with the dev profile, cargo's progress on stderr. Cargo
/// itself says where they lie, so that every way of choosing a target directory
/// is honoured.
pub(crate) async fn build() -> anyhow::Result<Binaries> {
    let packages = ["throughline", "throughline-graph", "throughline-gateway"];
    let built = executables(&packages.map(|package| ["--package", package]).concat()).await?;
    let find = |name: &str| find(&built, name);
    Ok(Binaries {
        cli: find(packages[0])?,
        graph: find(packages[1])?,
        gateway: find(packages[2])?,
    })
}

/// Builds the binary of the package that has its name, with more arguments for
/// cargo; says where it is.
pub(crate) async fn binary(package: &str, arguments: &[&str]) -> anyhow::Result<PathBuf> {
    let arguments = [&["--package", package], arguments].concat();
    find(&executables(&arguments).await?, package)
}

/// Builds packages for release; says where the binary of the first is. The
/// others lie beside it.
pub(crate) async fn release(packages: &[&str]) -> anyhow::Result<PathBuf> {
    let mut arguments = vec!["--release"];
    arguments.extend(packages.iter().flat_map(|package| ["--package", package]));
    let first = packages.first().context("a package to build")?;
    find(&executables(&arguments).await?, first)
}

fn find(built: &[(String, PathBuf)], name: &str) -> anyhow::Result<PathBuf> {
    let found = built.iter().find(|(built, _)| built == name);
    found
        .map(|(_, path)| path.clone())
        .with_context(|| format!("cargo built no {name}"))
}

/// Builds binaries; each with its path.
async fn executables(arguments: &[&str]) -> anyhow::Result<Vec<(String, PathBuf)>> {
    let mut command = cargo();
    command.args([
        "build",
        "--bins",
        "--message-format=json-render-diagnostics",
    ]);
    command.args(arguments).stderr(Stdio::inherit());
    let output = command.output().await.context("cargo cannot be run")?;
    if !output.status.success() {
        bail!("the build failed; cargo says why above");
    }
    let said = String::from_utf8_lossy(&output.stdout);
    Ok(said.lines().filter_map(executable).collect())
}

/// The binary that one of cargo's messages announces, if it announces one.
fn executable(message: &str) -> Option<(String, PathBuf)> {
    let message: Value = serde_json::from_str(message).ok()?;
    let path = message.get("executable")?.as_str()?;
    let name = message.get("target")?.get("name")?.as_str()?;
    Some((name.to_owned(), PathBuf::from(path)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cargos_messages_name_executables() {
        let built = r#"{"target":{"name":"throughline"},"executable":"/t/throughline"}"#;
        assert_eq!(
            executable(built),
            Some(("throughline".into(), "/t/throughline".into()))
        );
        assert_eq!(
            executable(r#"{"target":{"name":"x"},"executable":null}"#),
            None
        );
        assert_eq!(executable("not json"), None);
    }
}
